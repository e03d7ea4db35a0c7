"""What an import says about each row, before and after it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.core.errors import Invalid, RecordsError
from models.core.register import Register
from models.intake import Problem

# What to do with rows whose record is already there, and with rows that are wrong.
SKIP, UPDATE, STOP = "skip", "update", "stop"
CHOICES = {SKIP: "跳过", UPDATE: "用表格内容更新", STOP: "整批不导入"}

# Whether acts without a time of day that equal another one are that one.
ASK, ONE, TWO = "ask", "one", "two"
ALIKE_CHOICES = {
    ASK: "先不导入，我再核对",
    ONE: "是同一件事，不再登记",
    TWO: "是另一件事，照样登记",
}

NEW, CHANGED, SAME, LEFT_ALONE, COUNTED, REFUSED = (
    "new",
    "changed",
    "same",
    "left-alone",
    "counted",
    "refused",
)
VERDICTS = {
    NEW: "新增",
    CHANGED: "更新",
    SAME: "没有变化",
    LEFT_ALONE: "已有，跳过",
    COUNTED: "只计入班级人数",
    REFUSED: "不能导入",
}


def problems_of(register: Register, error: RecordsError) -> list[Problem]:
    """Return what is wrong as problems of a row, each naming its column."""
    errors = error.errors if isinstance(error, Invalid) else {"": str(error)}
    return [Problem(name, "refused", _named(register, name, text)) for name, text in errors.items()]


def _named(register: Register, name: str, message: str) -> str:
    spec = register.fields.get(name)
    return message if spec is None or spec.label in message else f"{spec.label}：{message}"


@dataclass(frozen=True)
class Choices:
    """What the clerk decided: for rows already there, for rows that are wrong, for acts alike.

    `alike` is about acts without a time of day that equal another one; they are refused until it
    is answered.
    """

    existing: str = SKIP
    wrong: str = SKIP
    alike: str = ASK


@dataclass
class RowVerdict:
    """One row of the file: what will happen (or has happened) to it, and why.

    `changes` are (label, old text, new text) of an update. `alike` says that the row's act may be
    another's double.
    """

    sheet: str
    number: int
    label: str
    verdict: str
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    alike: bool = False

    @property
    def refused(self) -> bool:
        """Whether the row cannot be imported."""
        return self.verdict == REFUSED

    def refuse(self, problem: Problem) -> None:
        """Take the row out, with the reason."""
        self.verdict = REFUSED
        self.errors.append(problem)


@dataclass
class ImportReport:
    """The whole file: verdict of every row, warnings about the file, and what was written.

    `batch` is the number of the batch that can be undone, None before and for nothing written;
    `written` counts created and changed records by register title.
    """

    rows: list[RowVerdict] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped: list[tuple[str, int, str]] = field(default_factory=list)
    batch: int | None = None
    written: dict[str, int] = field(default_factory=dict)
    left_behind: int | None = None

    def count(self, verdict: str) -> int:
        """Return how many rows have the verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def accepted(self) -> int:
        """How many rows are right."""
        return len(self.rows) - self.count(REFUSED)

    @property
    def refused(self) -> list[RowVerdict]:
        """The rows that cannot be imported."""
        return [row for row in self.rows if row.refused]

    @property
    def asks_alike(self) -> int:
        """How many rows may be the same act as another: 0 asks nothing."""
        return sum(row.alike for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each verdict that occurs."""
        return {verdict: n for verdict in VERDICTS if (n := self.count(verdict))}

    def reasons(self) -> dict[tuple[str, int], str]:
        """Return why each refused row of (sheet, row number) was not imported, or not for whom."""
        told: dict[tuple[str, int], list[str]] = {}
        for row in self.refused:
            told.setdefault((row.sheet, row.number), []).extend(p.message for p in row.errors)
        return {where: "；".join(dict.fromkeys(texts)) for where, texts in told.items()}

    def summary(self) -> dict[str, Any]:
        """Return what the page of the result shows, as plain data."""
        return {
            "rows": len(self.rows),
            "counts": self.counts,
            "written": self.written,
            "batch": self.batch,
            "left_behind": self.left_behind,
            "warnings": self.warnings,
            "refused": [
                [row.sheet, row.number, row.label, "；".join(p.message for p in row.errors)]
                for row in self.refused
            ],
            "fields": [[problem.field for problem in row.errors] for row in self.refused],
            "refused_count": len(self.refused),
        }

    def as_json(self) -> dict[str, object]:
        """Return plain data for the command line."""
        said: dict[str, object] = {
            "rows": len(self.rows),
            "accepted": self.accepted,
            "refused": [
                {
                    "sheet": row.sheet,
                    "row": row.number,
                    "field": problem.field,
                    "code": problem.code,
                    "reason": problem.message,
                }
                for row in self.refused
                for problem in row.errors[:1]
            ],
            "verdicts": self.counts,
            "written": self.written,
            "batch": self.batch,
            "warnings": [{"sheet": "", "row": None, "reason": text} for text in self.warnings]
            + [
                {"sheet": row.sheet, "row": row.number, "field": p.field, "reason": p.message}
                for row in self.rows
                for p in row.warnings
            ],
        }
        if self.left_behind is not None:
            said["left_behind"] = self.left_behind
        return said
