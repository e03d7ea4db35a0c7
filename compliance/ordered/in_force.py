"""What is in force in a semester: the documents adopted, the clauses set aside, the own numbers.

The school's settings say what it adopted at set-up; every later decision is an Adoption or a
DutySetting from a semester on, the newest of which counts. Read once and kept with the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import reduce
from typing import Any

from msgspec.structs import replace

from compliance.ordered.declaration import CLAUSE
from compliance.ordered.duty import Deadline, Duty, Measure, Part
from compliance.ordered.periods import Frequency, Thresholds
from models.core import calendar
from models.kept.school import REGULATION_SETS, STANDARDS, Adoption, DutySetting, decided

# The letter that the clauses of a set begin with, in the order of models.school.REGULATION_SETS.
SET_LETTERS = dict(zip(REGULATION_SETS, "SGQHZ", strict=True))
STANDARD_FIELDS = dict(zip(STANDARDS, (one.name for one in fields(Thresholds)), strict=True))
FREQUENCIES = {frequency.word: frequency for frequency in Frequency}
# What a duty's records must hold: the one setting that is no number.
NEEDED = "需要"


@dataclass(frozen=True)
class Setting:
    """One number a school set: of a duty, or of one of its parts."""

    what: str
    value: str
    part: str = ""
    reason: str = ""
    semester: int = 0


@dataclass(frozen=True)
class InForce:
    """The documents adopted (by letter), the clauses set aside with the reason, the numbers."""

    letters: frozenset[str]
    refused: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)

    def adopts(self, clause: str) -> bool:
        """Return whether a clause is adopted."""
        return clause[0] in self.letters and clause not in self.refused

    def asks(self, duty: Duty) -> bool:
        """Return whether one of the duty's clauses is adopted."""
        return any(map(self.adopts, duty.clauses))

    def apply(self, duty: Duty) -> Duty:
        """Return the duty as it is in force: the school's numbers, the parts that are asked."""
        duty = reduce(changed, self.settings.get(duty.code, ()), duty)
        if not any(part.clauses for part in duty.parts):
            return duty
        parts = (
            replace(part, on=not part.clauses or any(map(self.adopts, part.clauses)))
            for part in duty.parts
        )
        return replace(duty, parts=tuple(parts))


def in_force(semester: str = "") -> InForce:
    """Return what is in force in a semester, by its code; without one, all decisions so far."""
    found: InForce = calendar.remember(f"in force {semester}", lambda: _read(semester))
    return found


def _read(semester: str) -> InForce:
    known = {one.id: one for one in calendar.semesters()}
    upto = next((one.first_day for one in known.values() if one.code == semester), None)
    letters, refused = _adopted(upto)
    settings: dict[str, dict[tuple[str, str], Setting]] = {}
    for row in decided(DutySetting, upto):
        made = Setting(row.what, row.value, row.part or "", row.reason, row.semester_id)
        settings.setdefault(row.duty or "", {})[made.what, made.part] = made
    standards = settings.pop("", {})
    values = {
        STANDARD_FIELDS[standard.what]: int(standard.value) for standard in standards.values()
    }
    return InForce(
        letters=letters or frozenset(SET_LETTERS.values()),
        refused=refused,
        settings={code: tuple(theirs.values()) for code, theirs in settings.items()},
        thresholds=Thresholds(**values),
    )


def _adopted(upto: Any) -> tuple[frozenset[str], dict[str, str]]:
    school = calendar.school()
    chosen = (school.adopted or "") if school is not None else ""
    letters = {letter for word, letter in SET_LETTERS.items() if f"、{word}、" in chosen}
    refused: dict[str, str] = {}
    for row in decided(Adoption, upto):
        letter = SET_LETTERS.get(row.what)
        if letter is None and row.adopted:
            refused.pop(row.what, None)
        elif letter is None:
            refused[row.what] = row.reason
        elif row.adopted:
            letters.add(letter)
        else:
            letters.discard(letter)
    return frozenset(letters), refused


def changed(duty: Duty, setting: Setting) -> Duty:
    """Return the duty with one number of the school in place of its own."""
    if setting.part:
        parts = tuple(
            _changed_part(part, setting) if part.title == setting.part else part
            for part in duty.parts
        )
        return replace(duty, parts=parts)
    match setting.what:
        case "次数" | "上限" | "时限（分钟）":
            return replace(duty, measure=_measured(duty.measure, setting))
        case "频次":
            return replace(duty, every=FREQUENCIES[setting.value])
        case "时限（天）" | "时限（周）" if duty.deadline is not None:
            return replace(duty, deadline=_dated(duty.deadline, setting))
        case "权重":
            return replace(duty, weight=int(setting.value))
        case what if what == NEEDED:
            return replace(duty, needs=needs_in(setting.value))
    return duty


def needs_in(value: str) -> tuple[str, ...]:
    """Return the needs a setting names, joined by 、; 无 means none."""
    return tuple(dict.fromkeys(word for word in value.split("、") if word and word != "无"))


def _measured(measure: Measure, setting: Setting) -> Measure:
    number = int(setting.value)
    if setting.what == "次数":
        return replace(measure, least=number)
    if setting.what == "上限":
        return replace(measure, most=number)
    return replace(measure, minutes=number)


def _dated(deadline: Deadline, setting: Setting) -> Deadline:
    number = int(setting.value)
    if setting.what == "时限（天）":
        return replace(deadline, days=number)
    return replace(deadline, weeks=number)


def _changed_part(part: Part, setting: Setting) -> Part:
    if setting.what == "次数":
        return replace(part, least=int(setting.value))
    return replace(part, needs=needs_in(setting.value)) if setting.what == NEEDED else part


def is_clause(text: str) -> bool:
    """Return whether a text is the id of a clause, as against the name of a document."""
    return re.fullmatch(CLAUSE, text) is not None
