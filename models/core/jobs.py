"""Long work: the Job table is the truth, whoever does the work only reads and marks it.

A queue may wake the worker, but what is to be done, how far it is and whether it is to stop stands
here alone, so that a lost wake-up or a killed worker loses no work. What a job changes and the note
that it is done are one transaction (`Running.effect`): a second try finds both or neither.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from peewee import AutoField, BooleanField, CharField, DateTimeField, IntegerField, TextField

from models.core.clock import Clock
from models.core.database import Base, connected, transaction
from models.core.errors import RecordsError

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
STATES: dict[str, str] = {
    WAITING: "排队中",
    RUNNING: "进行中",
    DONE: "已完成",
    FAILED: "没有完成",
    CANCELLED: "已取消",
}
OPEN_STATES = (WAITING, RUNNING)

# A worker shows every few seconds that it lives; silent for this long, it is taken for dead.
BEAT_SECONDS = 2
STALE_SECONDS = 8
# Work whose worker died this often is not begun again: it may be what kills it.
MOST_TRIES = 3
SILENT = "后台程序没有回音，正在重新接上；不用再点一次，会自动接着做"
GIVEN_UP = f"做到一半时后台程序断了 {MOST_TRIES} 次，不再自动重做；请告诉维护人员，再重新提交"


class JobCancelled(RecordsError):
    """Somebody asked the job to stop; raised at its next step."""


class Job(Base):
    """One piece of long work: what, for whom, how far.

    `arguments` and `result` are JSON; `heartbeat` tells whether the worker still lives; `cancel`
    asks it to stop.
    """

    id = AutoField()
    kind = CharField()
    title = CharField()
    arguments = TextField(default="{}")
    state = CharField(default=WAITING, index=True)
    step = CharField(default="")
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    message = TextField(default="")
    result = TextField(default="{}")
    cancel = BooleanField(default=False)
    requested_by = IntegerField(null=True)
    created_at = DateTimeField()
    heartbeat = DateTimeField(null=True)
    finished_at = DateTimeField(null=True)
    tries = IntegerField(default=0)

    class Meta:
        table_name = "job"

    @property
    def is_open(self) -> bool:
        """Whether the work is still waiting or being done."""
        return self.state in OPEN_STATES

    def is_silent(self, now: datetime) -> bool:
        """Whether it is being done by a worker that has not shown itself for too long."""
        beat = self.heartbeat
        heard = beat is not None and abs(now - beat) <= timedelta(seconds=STALE_SECONDS)
        return bool(self.state == RUNNING and not heard)

    @property
    def given(self) -> dict[str, Any]:
        """The arguments as data."""
        found: dict[str, Any] = json.loads(self.arguments)
        return found

    @property
    def found(self) -> dict[str, Any]:
        """The result as data."""
        found: dict[str, Any] = json.loads(self.result)
        return found


def arguments_of(given: Mapping[str, Any]) -> str:
    """Return arguments as they are kept: the same data give the same text."""
    return json.dumps(given, ensure_ascii=False, sort_keys=True)


def ask(
    kind: str, title: str, given: Mapping[str, Any], now: datetime, user_id: int | None = None
) -> Any:
    """Put a job into the queue and return it; the same open job is not queued twice."""
    arguments = arguments_of(given)
    twin = Job.get_or_none(
        Job.kind == kind, Job.arguments == arguments, Job.state.in_(OPEN_STATES), ~Job.cancel
    )
    if twin is not None:
        return twin
    return Job.create(
        kind=kind, title=title, arguments=arguments, created_at=now, requested_by=user_id
    )


def ask_daily(kind: str, title: str, now: datetime) -> bool:
    """Put the day's job of a kind into the queue unless the day has one; return whether it did."""
    start = datetime.combine(now.date(), datetime.min.time())
    if Job.select().where(Job.kind == kind, Job.created_at >= start).exists():
        return False
    ask(kind, title, {"day": now.date().isoformat()}, now)
    return True


def job_of(job_id: int) -> Any | None:
    """Return the job, or None."""
    return Job.get_or_none(Job.id == job_id)


def newest(kind: str) -> Any | None:
    """Return the job of that kind asked for last, or None."""
    return Job.select().where(Job.kind == kind).order_by(Job.id.desc()).first()


def next_waiting() -> Any | None:
    """Return the job that has waited longest, or None."""
    return Job.select().where(Job.state == WAITING).order_by(Job.id).first()


def claim(job_id: int, now: datetime) -> bool:
    """Take a waiting job; False when another worker was quicker or it was cancelled."""
    taken = (
        Job.update(state=RUNNING, heartbeat=now, message="", tries=Job.tries + 1)
        .where(Job.id == job_id, Job.state == WAITING)
        .execute()
    )
    return bool(taken)


def cancel(job_id: int, now: datetime) -> None:
    """Ask a job to stop: a waiting one ends at once, a running one at its next step."""
    Job.update(state=CANCELLED, finished_at=now, cancel=True).where(
        Job.id == job_id, Job.state == WAITING
    ).execute()
    Job.update(cancel=True).where(Job.id == job_id, Job.state == RUNNING).execute()


def requeue_stale(now: datetime, seconds: int = STALE_SECONDS) -> int:
    """Put running jobs whose worker has fallen silent back into the queue; return how many.

    A heartbeat in the future counts as silence too: the demo's clock may have been set back.
    """
    limit = timedelta(seconds=seconds)
    silent = (
        Job.heartbeat.is_null(True) | (Job.heartbeat < now - limit) | (Job.heartbeat > now + limit)
    )
    Job.update(state=CANCELLED, finished_at=now).where(
        Job.state == RUNNING, silent, Job.cancel
    ).execute()
    Job.update(state=FAILED, finished_at=now, message=GIVEN_UP).where(
        Job.state == RUNNING, silent, Job.tries >= MOST_TRIES
    ).execute()
    revived = Job.update(state=WAITING, step="", done=0, total=0).where(
        Job.state == RUNNING, silent
    )
    return int(revived.execute())


@dataclass
class Running:
    """A claimed job while it is being done: `progress` marks how far it is."""

    job_id: int
    clock: Clock
    _marked: tuple[str, datetime] | None = field(default=None, repr=False)

    def progress(self, step: str, done: int = 0, total: int = 0) -> None:
        """Note the step; at most once a second within a step. Raises JobCancelled when asked."""
        now = self.clock.now()
        if self._marked == (step, now) and done != total:
            return
        self._marked = (step, now)
        Job.update(step=step, done=done, total=total, heartbeat=now).where(
            Job.id == self.job_id
        ).execute()
        job = job_of(self.job_id)
        if job is None or job.cancel:
            raise JobCancelled("已按要求停下")

    @contextmanager
    def effect(self) -> Iterator[dict[str, Any]]:
        """Hold the transaction of what the job changes; what is put in the outcome is noted in it.

        The job is done with its commit: who dies before it leaves neither, after it both.
        """
        outcome: dict[str, Any] = {}
        with transaction():
            yield outcome
            self.end(DONE, result=outcome)

    def end(self, state: str, message: str = "", result: Mapping[str, Any] | None = None) -> None:
        """Close the job; one that noted its end with its effect stays as it ended."""
        Job.update(
            state=state,
            message=message,
            result=json.dumps(result or {}, ensure_ascii=False),
            finished_at=self.clock.now(),
        ).where(Job.id == self.job_id, Job.state == RUNNING).execute()


@contextmanager
def beating(running: Running, seconds: float = BEAT_SECONDS) -> Iterator[None]:
    """Show from a second thread that the worker lives, also within one long step."""
    stop = threading.Event()

    def beat() -> None:
        with connected():
            while not stop.wait(seconds):
                Job.update(heartbeat=running.clock.now()).where(
                    Job.id == running.job_id, Job.state == RUNNING
                ).execute()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
