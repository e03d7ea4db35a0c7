"""The nightly backup: once a day by itself, at the first look of the day."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from admin.frame.context import Runtime
from models.core import jobs
from models.core.database import database
from models.core.jobs import Running, job_of
from models.school import backups

KIND = "backup"


def folder_of(data_dir: Path) -> Path:
    """Return where backups go: SCHOOL_BACKUP, else a folder inside the data folder."""
    said = os.environ.get("SCHOOL_BACKUP", "").strip()
    return Path(said) if said else data_dir / "backups"


def ask_daily(now: datetime) -> bool:
    """Put today's backup into the queue unless it was asked for; PostgreSQL has its own means."""
    return not database.for_update and jobs.ask_daily(KIND, "每日备份", now)


def run(_given: Mapping[str, Any], running: Running, installed: Runtime) -> Mapping[str, Any]:
    """Back up; a failure stands in the job with what to do.

    The manifest names the job, so that a backup whose worker died afterwards is not made twice.
    """
    running.progress("备份", 0, 1)
    target = folder_of(installed.data_dir)
    # Its number alone would be another job's in a school brought back from an older backup.
    asked = job_of(running.job_id)
    mark = f"{running.job_id} {asked.created_at if asked else ''}"
    made = backups.made_for(target, mark) or backups.backup(
        installed.data_dir, target, installed.clock.now(), job=mark
    )
    return {"folder": made.folder.name, "audit": made.manifest["audit"]}
