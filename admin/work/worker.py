"""Does the work of the Job table: claims what waits, does it, marks how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin.frame.context import Runtime
from admin.work import (
    backup_work,
    bundle_work,
    import_work,
    mail_work,
    names_work,
    print_work,
    upkeep_work,
)
from models.core import calendar, jobs
from models.core.clock import Clock
from models.core.database import trouble_of
from models.core.errors import NotNow, RecordsError

log = logging.getLogger(__name__)

# Gets the arguments, the running job and the installation; returns the result. What changes records
# notes it itself, in the transaction of the change (`Running.effect`, or a receipt).
Handler = Callable[[Mapping[str, Any], jobs.Running, Runtime], Mapping[str, Any]]

UNEXPECTED = "没有做成，不是您的操作有误；请再试一次，还不行请告诉维护人员"


@dataclass(frozen=True)
class Kind:
    """One kind of job: who does it."""

    handler: Handler


KINDS: dict[str, Kind] = {
    backup_work.KIND: Kind(backup_work.run),
    bundle_work.KIND: Kind(bundle_work.run),
    import_work.KIND: Kind(import_work.run),
    upkeep_work.KIND: Kind(upkeep_work.run),
    names_work.KIND: Kind(names_work.run),
    mail_work.KIND: Kind(mail_work.run),
    print_work.KIND: Kind(print_work.run),
}


def run_waiting(data_dir: Path, clock: Clock) -> int:
    """Do every waiting job, the oldest first, and return how many were done.

    A job whose worker has fallen silent is waiting too.
    """
    count = 0
    try:
        jobs.requeue_stale(clock.now())
        while (job := jobs.next_waiting()) is not None:
            count += run_job(job.id, Runtime(data_dir, clock))
    except NotNow as error:
        # Nothing can be noted either: what was begun falls silent and is taken up again later.
        log.warning("the work waits: %s", error)
    return count


def run_job(job_id: int, installed: Runtime) -> bool:
    """Do one job unless another worker was quicker; a failure is noted, never raised on.

    What nobody foresaw is noted as well, and then raised, so that it reaches the log.
    """
    if not jobs.claim(job_id, installed.clock.now()):
        return False
    running = jobs.Running(job_id, installed.clock)
    job = jobs.job_of(job_id)
    assert job is not None
    kind = KINDS.get(job.kind)
    if kind is None:
        running.end(jobs.FAILED, "这个版本的程序不会做这项工作")
        return True
    # The names and settings other processes wrote since the last job.
    calendar.refresh()
    try:
        with jobs.beating(running):
            result = kind.handler(job.given, running, installed)
    except jobs.JobCancelled as stopped:
        running.end(jobs.CANCELLED, str(stopped))
    except OSError as error:
        full = trouble_of(error)
        running.end(jobs.FAILED, str(full or UNEXPECTED))
        if full is None:
            raise
        log.warning("job %s (%s) failed: %s", job_id, job.kind, error)
    except RecordsError as error:
        log.warning("job %s (%s) failed: %s", job_id, job.kind, error)
        running.end(jobs.FAILED, str(error))
    except BaseException:
        running.end(jobs.FAILED, UNEXPECTED)
        raise
    else:
        running.end(jobs.DONE, result=result)
    return True
