"""Who is in the invented school, as the story of its days needs to know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass
class Ref:
    """A record made or being made; negative until its work is written."""

    number: int
    record: Any = None


@dataclass(frozen=True)
class Kin:
    """A parent or guardian of one child."""

    id: int
    relation: str
    name: str
    phone: str | None


@dataclass
class ChildFacts:
    """One child: what the texts and the conditions of the story ask."""

    id: int
    name: str
    girl: bool
    born_on: date
    school_class: int
    boarding: bool
    economy: str
    address: str
    mothers_side: bool
    parents: list[Kin] = field(default_factory=list)
    guardian: Kin | None = None
    guardian_age: int = 0
    guardian_schooling: str = ""
    left_on: date | None = None


@dataclass
class Pair:
    """One teacher's pairing with one child, while it lasts."""

    id: int
    teacher: int
    child: int
    kind: str


@dataclass
class ClassFacts:
    """One class: its name, grade and who leads it."""

    id: int
    name: str
    grade: int
    leader: int
    pupils: int
    boys: int


@dataclass
class Roll:
    """Everybody in the invented school and everything made so far."""

    staff: list[int] = field(default_factory=list)
    staff_name: dict[int, str] = field(default_factory=dict)
    subject_of: dict[int, str] = field(default_factory=dict)
    users: dict[int, int] = field(default_factory=dict)
    classes: dict[int, ClassFacts] = field(default_factory=dict)
    children: dict[int, ChildFacts] = field(default_factory=dict)
    pairs: dict[int, Pair] = field(default_factory=dict)
    diligence: dict[int, float] = field(default_factory=dict)
    made: dict[str, list[Ref]] = field(default_factory=dict)
    named: dict[tuple[str, str], Ref] = field(default_factory=dict)
    records: dict[tuple[str, int], Any] = field(default_factory=dict)
    turn: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    seated: set[int] = field(default_factory=set)
    filed: set[int] = field(default_factory=set)

    @property
    def principal(self) -> int:
        """The head of the school."""
        return self.staff[0]

    @property
    def vice(self) -> int:
        """The deputy head, who looks after the home."""
        return self.staff[1]

    @property
    def hero(self) -> int:
        """The teacher whose account is shown."""
        return self.staff[2]

    @property
    def counsellor(self) -> int:
        """The teacher of psychology."""
        return self.staff[3]

    @property
    def lazy(self) -> int:
        """The teacher who leaves things undone."""
        return self.staff[4]

    @property
    def clerk(self) -> int:
        """Who keeps the archive."""
        return self.staff[-1]

    @property
    def teachers(self) -> list[int]:
        """All who teach."""
        return self.staff[2:]

    def teacher_of(self, child: int) -> int:
        """Return the paired teacher, else the class teacher."""
        pair = self.pairs.get(child)
        return pair.teacher if pair else self.leader_of(child)

    def count(self, what: str) -> int:
        """Return the next number of a series."""
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def leader_of(self, child: int) -> int:
        """Return the child's class teacher."""
        return self.classes[self.children[child].school_class].leader

    def there(self, child: int, day: date) -> bool:
        """Return whether the child is still in the register on the day."""
        left = self.children[child].left_on
        return left is None or day < left
