"""What one row of a roster says, as plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a row: the field, a stable code, and a sentence for the clerk."""

    field: str
    code: str
    message: str


@dataclass
class Pupil:
    """The pupil's own columns; codes are those of `models.core.codes`, None where nothing was read.

    `id_reason` says why there is no ID number. `distance_m` is in metres. `entry_class` is a class
    named by the year its pupils entered school, such as 2024级1班: (year, number).
    """

    name: str = ""
    former_name: str | None = None
    sex: str | None = None
    birth: dt.date | None = None
    ethnic: str | None = None
    id_kind: str = "1"
    id_number: str | None = None
    id_reason: str | None = None
    school_number: str | None = None
    grade: int | None = None
    class_number: int | None = None
    entry_class: tuple[int, int] | None = None
    number_in_class: int | None = None
    boarding: str | None = None
    travel: str | None = None
    distance_m: int | None = None
    home_address: str | None = None
    registered_address: str | None = None
    household: str | None = None
    health: str | None = None
    disability: str | None = None
    hardships: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    remark: str | None = None


@dataclass
class Parent:
    """One parent of the row.

    `relation` is a code of `RELATION`, `name` None where only a state or a remark stands in its
    place. `state` is a code of `PARENT_STATE`, None when the row does not tell; `inferred` says
    that it was concluded from the left-behind label and no cell states it.
    """

    relation: str
    name: str | None
    phones: tuple[str, ...] = ()
    state: str | None = None
    place: str | None = None
    workplace: str | None = None
    id_number: str | None = None
    inferred: bool = False


@dataclass
class Guardian:
    """The guardian named in the row; `relation` is a code of `RELATION`.

    `unsure` says that the row does not tell the relation, or in a word nobody knows.
    """

    name: str
    relation: str
    phones: tuple[str, ...] = ()
    address: str | None = None
    id_number: str | None = None
    age: int | None = None
    unsure: bool = False


@dataclass
class RosterRow:
    """One pupil of the roster; `number` is the row number the spreadsheet program shows.

    `others` are those named beside the first guardian.

    `left_behind` is a code of `LEFT_BEHIND`, None when the roster has no such column and the
    clerk has not answered.
    """

    sheet: str
    number: int
    pupil: Pupil = field(default_factory=Pupil)
    parents: list[Parent] = field(default_factory=list)
    guardian: Guardian | None = None
    others: list[Guardian] = field(default_factory=list)
    left_behind: str | None = None
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Return whether the row can be taken over."""
        return not self.errors

    @property
    def is_left_behind(self) -> bool:
        """Return whether the row says that the pupil is left behind, in whatever way."""
        return self.left_behind in ("1", "2", "9")
