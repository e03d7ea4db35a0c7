"""Long work: the Job table is the truth, whoever does the work only reads and marks it."""

from __future__ import annotations

from peewee import AutoField, BooleanField, CharField, DateTimeField, IntegerField, TextField

from models.database import Base

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
STATES: dict[str, str] = {
    WAITING: "排队中",
    RUNNING: "进行中",
    DONE: "已完成",
    FAILED: "没有完成",
    CANCELLED: "已取消",
}


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

    class Meta:
        table_name = "job"
