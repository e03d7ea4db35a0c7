"""Over what a bundle reaches: one semester, or a school year with all its semesters entered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.core import calendar
from models.core.errors import NotFound
from models.core.school_calendar import SemesterSpan, year_title
from models.kept.bundles import ONE_SEMESTER
from models.kept.school import SCHOOL_YEAR


@dataclass(frozen=True)
class Reach:
    """The semesters a bundle tells of, oldest first; without `is_year` it is one."""

    terms: tuple[SemesterSpan, ...]
    is_year: bool = False

    @property
    def code(self) -> str:
        """How it is asked for: `2025-2026-1`, a school year `2025-2026`."""
        return self.terms[0].school_year if self.is_year else self.terms[0].code

    @property
    def title(self) -> str:
        """How pages and papers name it."""
        return year_title(self.code) if self.is_year else self.terms[0].title

    @property
    def word(self) -> str:
        """What it is, as the register of bundles says it."""
        return SCHOOL_YEAR if self.is_year else ONE_SEMESTER

    @property
    def first(self) -> date:
        """The first day of all."""
        return self.terms[0].first

    @property
    def last(self) -> date:
        """The last day of all."""
        return self.terms[-1].last

    @property
    def holds(self) -> str:
        """Which semesters a school year has so far; "" of one semester, which its title names."""
        return "、".join(term.place for term in self.terms) if self.is_year else ""

    def each(self) -> tuple[Reach, ...]:
        """Return every semester by itself."""
        return tuple(Reach((term,)) for term in self.terms)


def reach_called(code: str) -> Reach:
    """Return the semester or the school year of that code; NotFound, naming those there are."""
    if code.count("-") != 1:
        return Reach((calendar.semester_called(code),))
    terms = calendar.school_calendar().of_year(code)
    if not terms:
        known = "、".join(years()) or "还没有学年"
        raise NotFound(f"没有学年 {code}，请从这些学年中选：{known}")
    return Reach(terms, is_year=True)


def years() -> list[str]:
    """Return the codes of the school years that have a semester, oldest first."""
    return list(
        dict.fromkeys(semester.school_year for semester in calendar.school_calendar().semesters)
    )
