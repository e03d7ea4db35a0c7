"""The daily upkeep: what nobody has to think of, done once a day by the worker.

An office PC is off at night, so the first look of the day asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin.frame.context import Runtime
from admin.work import bundle_work, damage, orphans, print_work
from models.core import computed, jobs, search_blocks, service, verification
from models.core.actor import system
from models.core.database import database
from models.core.jobs import Running
from models.photos import store
from models.school import accounts, entry_times, review_tasks

KIND = "upkeep"


def ask_daily(now: datetime) -> bool:
    """Put today's upkeep into the queue unless it was asked for already; return whether it was."""
    return jobs.ask_daily(KIND, "每日整理", now)


def run(_given: Mapping[str, Any], running: Running, installed: Runtime) -> Mapping[str, Any]:
    """Clear away given-up uploads and old doors, list what time has brought about, tidy up."""
    now = installed.clock.now()
    if not database.for_update:
        running.progress("检查数据库", 0, 4)
        damage.look(installed.data_dir, now, full=True)
    running.progress("整理检索", 1, 4)
    search_blocks.catch_up(lambda done, total: running.progress("整理检索", done, total))
    running.progress("查找要核对的事", 1, 4)
    with running.effect() as outcome:
        outcome["photos"] = store.give_up_waiting(now)
        outcome["doors"] = accounts.forget_old(now)
        outcome["times"] = entry_times.forget_old()
        outcome["computed"] = computed.set_right(now)
        outcome["tasks"] = review_tasks.refresh(now)
        with service.work(system(now)):
            verification.close_access_days(system(now))
    # Files go after the rows that name them; what a dead worker left goes the next day.
    running.progress("清理没有保存的照片", 2, 4)
    store.forget_given_up(now, installed.originals, installed.cache)
    bundle_work.forget_full(now, installed.bundles)
    print_work.forget_old(now, installed)
    orphans.sweep(installed, now)
    running.progress("整理数据库", 3, 4)
    if not database.for_update:
        # SQLite keeps its idea of the tables' sizes; PostgreSQL does so by itself.
        database.execute_sql("PRAGMA optimize")
    return outcome
