"""The fewest entries that keep several duties at once: an entry that serves two is typed once.

Several regulations ask for the same act in different measure; a weekly talk also is the monthly
one. Rates are entries per week, as exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from compliance.ordered.duty import Duty, MeasureKind, Source
from compliance.ordered.in_force import in_force
from compliance.ordered.periods import Frequency
from models.core import toml
from models.core.boxes import LEADERSHIP, TEACHER
from models.core.errors import BadDeclaration
from models.core.fields import WordsField
from models.core.register import REGISTERS, find
from models.core.toml import Declared, Positive, Slug
from models.kept.school import ENTRY_MINUTES

DATA = Path(__file__).parent.parent / "data" / "burden.toml"
# What comes round; a state that must hold and an event that may happen ask for no number a week.
ROUNDS = frozenset(Frequency) - {Frequency.NOW, Frequency.EVENT, Frequency.ONCE}
# Measures that a number of records can meet.
BY_ENTRIES = frozenset({MeasureKind.COUNT, MeasureKind.DISTINCT, MeasureKind.SUM})
# What an entry must be, per field: one of these words.
Where = tuple[tuple[str, frozenset[object]], ...]


@dataclass(frozen=True)
class Ask:
    """Entries a duty, or one of its parts, asks for: any of the choices will do."""

    duty: str
    choices: tuple[tuple[str, Where], ...]
    rate: Fraction


@dataclass(frozen=True)
class Act:
    """Entries of one kind that are planned: `duty` asks for them, `also` are served by them."""

    duty: str
    register: str
    where: Where
    rate: Fraction
    also: tuple[str, ...] = ()


def is_entered_by_teachers(duty: Duty) -> bool:
    """Return whether a duty asks a teacher or a leader for entries of their own, regularly."""
    charged = duty.responsible in ("teacher", "class-teacher")
    leads = duty.responsible == "leader" and duty.subject == "leadership-member"
    if not (charged or leads) or duty.every not in ROUNDS or duty.measure.kind not in BY_ENTRIES:
        return False
    return all(_typed(duty, sources) for sources, _ in _wanted(duty))


def asks_of(duty: Duty, per_week: Fraction) -> tuple[Ask, ...]:
    """Return what a duty asks of one subject; `per_week` is how many of its periods a week has."""
    return tuple(
        Ask(
            duty.code,
            tuple((one.register, _where(one)) for one in _typed(duty, sources)),
            per_week * least,
        )
        for sources, least in _wanted(duty)
    )


def _wanted(duty: Duty) -> list[tuple[tuple[Source, ...], int]]:
    """The heaps a duty reads, with the number of entries each asks for."""
    if duty.parts:
        return [(part.sources, part.least) for part in duty.parts if part.on and part.least]
    # A sum of minutes or the like can be met by one entry.
    least = 1 if duty.measure.kind is MeasureKind.SUM else duty.measure.least
    return [(duty.sources, least)]


def _typed(duty: Duty, sources: Iterable[Source]) -> list[Source]:
    """The sources whose records those who answer may type themselves; the office does the rest."""
    roles = {TEACHER} | ({LEADERSHIP} if duty.responsible == "leader" else set())
    return [source for source in sources if roles & set(REGISTERS[source.register].creates)]


def _where(source: Source) -> Where:
    """What the entry must be; of a field that takes several words, all can be had at once."""
    fields = REGISTERS[source.register].fields
    return tuple(
        (name, frozenset(value) if isinstance(value, list) else frozenset((value,)))
        for name, value in sorted(source.where.items())
        if name not in fields or not isinstance(fields[name].field, WordsField)
    )


def plan(asks: Iterable[Ask], begun: Sequence[Act] = ()) -> list[Act]:
    """Return the acts that meet all asks, `begun` ones counted first.

    The most frequent asks go first and the choosier before the freer, so that these are met by
    what is done anyway; an act bound to a word is no longer free to be another.
    """
    acts = list(begun)
    for ask in sorted(asks, key=_order):
        missing, after = ask.rate, []
        for act in acts:
            bound = _bound(act, ask) if missing > 0 else None
            if bound is None:
                after.append(act)
                continue
            taken = min(missing, act.rate)
            missing -= taken
            after.append(replace(act, where=bound, rate=taken, also=(*act.also, ask.duty)))
            if taken < act.rate:
                after.append(replace(act, rate=act.rate - taken))
        if missing > 0:
            register, where = ask.choices[0]
            after.append(Act(ask.duty, register, where, missing))
        acts = after
    return acts


def _order(ask: Ask) -> tuple[Fraction, int, int, str]:
    return -ask.rate, len(ask.choices), -len(ask.choices[0][1]), ask.duty


def _bound(act: Act, ask: Ask) -> Where | None:
    """What an act must be to serve the ask as well, None when it cannot."""
    for register, where in ask.choices:
        if register == act.register:
            merged = _merged(act.where, where)
            if merged is not None:
                return merged
    return None


def _merged(first: Where, second: Where) -> Where | None:
    found = dict(first)
    for name, words in second:
        both = found.get(name, words) & words
        if not both:
            return None
        found[name] = both
    return tuple(sorted(found.items()))


def entry_minutes(
    duty: Duty, semester: str | None = None, measured: Mapping[str, Fraction] | None = None
) -> int | Fraction:
    """Return the minutes one entry for a duty takes to type.

    With a semester as the school set it for that, else as `measured` of the register's own forms,
    else as the data estimates it.
    """
    if semester is not None:
        for setting in in_force(semester).settings.get(duty.code, ()):
            if setting.what == ENTRY_MINUTES:
                return int(setting.value)
    estimates = minutes()
    first = next(iter(duty.registers), "")
    if measured is not None and first in measured:
        return measured[first]
    return estimates.get(first, estimates["default"])


class BurdenFile(Declared, frozen=True):
    """The file of estimates: minutes per entry by register, and `default`."""

    minutes: dict[Slug, Positive]


@cache
def minutes() -> Mapping[str, int]:
    """Return the minutes one entry takes, by register and "default"."""
    found = toml.read(DATA, BurdenFile).minutes
    unknown = sorted(slug for slug in found if slug != "default" and find(slug) is None)
    if unknown:
        raise BadDeclaration(f"{DATA.name} 里没有登记 {unknown[0]}")
    return found
