"""The one tree of domain errors; `app.py` maps each to a page once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RecordsError(Exception):
    """Base of every error the product raises on purpose; `str()` is a Chinese sentence."""


class BadDeclaration(RecordsError):
    """A register, duty or regulation is declared wrongly; stops the start."""


class BadValue(RecordsError, ValueError):
    """One value cannot be accepted; the message says what is wrong and what to do."""


class Invalid(RecordsError):
    """A record cannot be saved; `errors` maps field name (or "" for the whole) to a message."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = dict(errors)


class Conflict(RecordsError):
    """Somebody else saved the record meanwhile; nothing was written.

    `theirs` maps the fields both changed to the value now stored.
    """

    def __init__(self, record: Any, theirs: Mapping[str, Any]) -> None:
        super().__init__("这条记录刚被别人改过，请核对两份内容后再保存")
        self.record = record
        self.theirs = dict(theirs)


class Denied(RecordsError):
    """The actor has no right to do this."""

    def __init__(self, message: str = "您没有这项权限，需要时请联系文员") -> None:
        super().__init__(message)


class TooOften(Denied):
    """Something was tried too often; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"试的次数太多了，请 {seconds} 秒后再试")
        self.seconds = seconds


class NotFound(RecordsError):
    """No such record within the actor's rows."""

    def __init__(
        self, message: str = "没有找到这条记录，可能已被删除，或不在您的查看范围内"
    ) -> None:
        super().__init__(message)


class Locked(RecordsError):
    """The record takes this no more: it was reviewed, or its semester or its days are over."""


class InUse(RecordsError):
    """The record cannot be deleted while others depend on it; `dependents` maps title to count."""

    def __init__(self, dependents: Mapping[str, int]) -> None:
        listed = "、".join(f"{title} {count} 条" for title, count in dependents.items())
        super().__init__(f"还有记录与它相关，不能删除：{listed}")
        self.dependents = dict(dependents)


class AlreadyDone(RecordsError):
    """The same post was done before; `outcome` is what it made, nothing was written now."""

    def __init__(self, outcome: Mapping[str, Any]) -> None:
        super().__init__("这一份已经提交过，没有重复登记")
        self.outcome = dict(outcome)


class NotNow(RecordsError):
    """The records cannot be written at present, whoever asks; what was sent may be sent again."""


class Busy(NotNow):
    """Others have been writing for so long that this one has waited enough."""

    def __init__(self) -> None:
        super().__init__("别人正在保存一大批内容，还没轮到；请稍等一会儿再试")


class DiskFull(NotNow):
    """The disk of the records takes no more."""

    def __init__(self) -> None:
        super().__init__(
            "放记录的磁盘满了，什么都存不进去；请文员在主机上腾出空间"
            "（先删旧的资料包和别的大文件，不要动数据文件夹），腾出以后再试"
        )


class ReadOnly(NotNow):
    """The data folder or its disk does not let itself be written."""

    def __init__(self) -> None:
        super().__init__(
            "数据文件夹不让写：磁盘可能是只读的，或程序换了用户；请维护人员核对权限后再试"
        )


class BadFile(RecordsError):
    """An uploaded file is not what it must be, too large, or damaged."""
