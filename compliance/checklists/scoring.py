"""自评打分: the unofficial indicator tree, what the records suggest, and starting a sheet from it.

The tree of `data/scoring.toml` is ours and no standard of anybody's; a school changes it on its
own sheet. Points are scaled by ten and given in half steps (docs/rules.md, Records and law).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from compliance.checklists.archive_state import FINE, ArchiveList
from compliance.checklists.hardware import hardware
from compliance.judged.store import DutySum, totals
from compliance.judged.verdict import State
from compliance.ordered.catalogue import is_on
from compliance.ordered.duty import Duty
from models.core import service, toml
from models.core.actor import Actor
from models.core.errors import BadDeclaration
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.core.service import LineInput
from models.core.toml import Declared, Text
from models.kept.supervision import HALF_STEP, ScoringSheet

FILE = Path(__file__).parent.parent / "data" / "scoring.toml"
TOTAL = 1000
_STEPS = "分值的十倍，按 0.5 分一档，如 25"

Code = Annotated[str, Meta(pattern=r"^A\d(\.\d)?$", description="指标编号，如 A1 或 A1.2")]


class Indicator(Declared, frozen=True):
    """One indicator; one without a parent heads a group and its points are the group's sum."""

    id: Code
    title: Text
    points: Annotated[int, Meta(ge=HALF_STEP, multiple_of=HALF_STEP, description=_STEPS)]
    parent: Code | Literal[""] = ""
    standard: str = ""
    how_checked: str = ""
    duties: tuple[Text, ...] = ()
    checklist: tuple[Text, ...] = ()
    boxes: tuple[Text, ...] = ()


class Sheet(Declared, frozen=True):
    """The head of the file."""

    title: Text


class ScoringFile(Declared, frozen=True):
    """The file of the scoring sheet."""

    sheet: Sheet
    indicator: tuple[Indicator, ...]


@dataclass(frozen=True)
class Tree:
    """The sheet as it ships: its title, and the indicators in order, groups before their own."""

    title: str
    indicators: tuple[Indicator, ...]

    def group(self, indicator: Indicator) -> str:
        """Return the title of the group an indicator stands in."""
        return next((one.title for one in self.indicators if one.id == indicator.parent), "")


@cache
def tree() -> Tree:
    """Return the tree; BadDeclaration when points do not add up."""
    file = toml.read(FILE, ScoringFile)
    found = file.indicator
    heads = [indicator for indicator in found if not indicator.parent]
    if sum(one.points for one in heads) != TOTAL:
        raise BadDeclaration("打分表各类分值之和不是 100 分")
    for head in heads:
        if (
            sum(indicator.points for indicator in found if indicator.parent == head.id)
            != head.points
        ):
            raise BadDeclaration(f"打分表 {head.id} 下各项分值之和不等于 {head.points / 10:g} 分")
    return Tree(file.sheet.title, found)


def start(actor: Actor, semester: Any, title: str = "") -> Any:
    """Save a new sheet of a semester with all indicators, not scored yet, and return it."""
    shipped = tree()
    lines = [
        LineInput(
            {
                "code": indicator.id,
                "group": shipped.group(indicator),
                "title": indicator.title,
                "standard": indicator.standard,
                "points": f"{indicator.points / 10:g}",
                "how_checked": indicator.how_checked,
            }
        )
        for indicator in shipped.indicators
        if indicator.parent
    ]
    raw = {
        "title": title or shipped.title,
        "semester": semester.id,
        "made_on": actor.today,
        "made_by": actor.staff_id,
    }
    return service.create(actor, register_of(ScoringSheet), raw, {"scoring-line": lines})


@dataclass(frozen=True)
class Suggestion:
    """What the records suggest for an indicator: a score scaled by ten, and the facts behind it."""

    score: int
    facts: tuple[str, ...]


def suggestions(
    actor: Actor, semester: SemesterSpan, duties: Iterable[Duty]
) -> dict[str, Suggestion]:
    """Return per indicator what the school's records suggest; without any fact, nothing."""
    summed = totals(actor, semester.code)
    on = {duty.code: duty for duty in duties if is_on(duty)}
    states = {one.item.id: one for one in ArchiveList(actor, semester).states()}
    lines = {one.line.id: one for one in hardware(actor.today, semester)}
    found = {}
    for indicator in tree().indicators:
        shares: list[Fraction] = []
        facts = []
        for code in indicator.duties:
            share = _share(summed.get(code)) if code in on else None
            if share is not None:
                shares.append(share)
                facts.append(f"{on[code].title} {int(share * 100)}%")
        for name in indicator.checklist:
            chosen = [line for line in lines.values() if _named(name, line.line.id)]
            if chosen:
                met = sum(one.is_met for one in chosen)
                shares.append(Fraction(met, len(chosen)))
                facts.append(f"硬件 {met}/{len(chosen)} 项")
            elif name in states:
                shares.append(_WORTH.get(states[name].state, Fraction(0)))
                facts.append(f"档案第 {states[name].item.number} 项{states[name].state.word}")
        if shares:
            score = indicator.points * sum(shares, Fraction(0)) / len(shares)
            found[indicator.id] = Suggestion(int(score) // HALF_STEP * HALF_STEP, tuple(facts))
    return found


_WORTH = {state: Fraction(1) for state in FINE} | {State.DUE: Fraction(1, 2)}


def _share(summed: DutySum | None) -> Fraction | None:
    met, judged = summed.share() if summed is not None else (0, 0)
    return Fraction(met, judged) if judged else None


def _named(name: str, line: str) -> bool:
    return line.startswith(name[:-1]) if name.endswith("*") else line == name
