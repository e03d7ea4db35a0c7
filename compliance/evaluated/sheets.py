"""What a sheet says: facts as JSON, the score proposed, ballots, last year's figure, outcomes.

A sheet keeps its facts as the text made here; whatever is shown or worked out of it afterwards is
read from that text, so that a signed sheet says the same for ever.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from compliance.evaluated.departments import department_lines
from compliance.evaluated.facts import Count, facts
from compliance.evaluated.score import (
    PLACES,
    Line,
    blended,
    facts_score,
    final,
    half_up,
    lines,
)
from compliance.evaluated.year import Year, year_called
from compliance.judged.verdict import Credits, State
from compliance.ordered.catalogue import duty_called
from compliance.ordered.reading import tuples
from models.core.gates import every_row
from models.core.register import register_of
from models.core.spans import holds_within
from models.kept.evaluation import (
    BALLOT_WORTH,
    FEWEST_ANSWERS,
    OF_DEPARTMENT,
    OF_TEACHER,
    SIDES,
    YEAR_END,
    EvaluationBallot,
)
from models.kept.pairings import Pairing
from models.kept.staff import Staff
from models.school.evaluations import Draft, newest


class Ballots(NamedTuple):
    """Anonymous answers about one teacher: how many, and their mean out of 100.

    `score` is None below the fewest answers that may be shown.
    """

    answers: int
    score: Fraction | None


def credits_of(settings: Any | None) -> Credits:
    """Return what a period earns by a year's settings."""
    if settings is None:
        return Credits()
    return Credits(done_late=Fraction(settings.late_credit, PLACES))


def shares_of(settings: Any) -> dict[str, int]:
    """Return the share of each side in percent."""
    return {name: getattr(settings, f"{name}_share") for name in SIDES}


def ballots(code: str) -> dict[int, Ballots]:
    """Return the answers of a year per teacher, all kinds of people together."""
    heaps: dict[int, Counter[str]] = {}
    for row in every_row(register_of(EvaluationBallot)).where(EvaluationBallot.school_year == code):
        heap = heaps.setdefault(row.teacher_id, Counter())
        heap.update({name: getattr(row, name) for name in BALLOT_WORTH})
    return {teacher: _mean(heap) for teacher, heap in heaps.items()}


def _mean(heap: Counter[str]) -> Ballots:
    answers = sum(heap.values())
    if answers < FEWEST_ANSWERS:
        return Ballots(answers, None)
    return Ballots(
        answers, Fraction(sum(heap[name] * BALLOT_WORTH[name] for name in heap), answers)
    )


def drafts(code: str, settings: Any | None, today: date) -> list[Draft]:
    """Return the draft of every sheet of a year: teachers with facts, other staff, departments."""
    year = year_called(code)
    assert year is not None
    found = facts(year, today)
    paired = _ids(Pairing, Pairing.teacher, year)
    staff = _ids(Staff, Staff.id, year) | set(found)
    said, before = ballots(code), scores_before(year)
    credits_ = credits_of(settings)
    drafted = []
    for who in sorted(staff):
        own = lines(found[who], credits_) if who in found else []
        kind = OF_TEACHER if who in paired else YEAR_END
        answers = said.get(who, Ballots(0, None))
        drafted.append(_draft(kind, who, own, today, before.get((kind, who)), answers))
    for department, own in department_lines(year, today, credits_).items():
        last = before.get((OF_DEPARTMENT, department))
        drafted.append(_draft(OF_DEPARTMENT, department, own, today, last, Ballots(0, None)))
    return drafted


def _ids(model: Any, column: Any, year: Year) -> set[int]:
    query = every_row(register_of(model)).where(holds_within(model, year.first, year.last))
    return {one for (one,) in tuples(query.select(column))}


def scores_before(year: Year) -> dict[tuple[str, int], int]:
    """Return last year's signed scores (hundredths) by kind and subject."""
    if year.is_calendar_year:
        code = str(int(year.code) - 1)
    else:
        code = f"{int(year.code[:4]) - 1}-{year.code[:4]}"
    return {
        (one.kind, one.department_id if one.kind == OF_DEPARTMENT else one.teacher_id): one.score
        for one in newest(code)
        if one.signed_on is not None and one.score is not None
    }


def _draft(
    kind: str, subject: int, own: list[Line], today: date, before: int | None, answers: Ballots
) -> Draft:
    exact = facts_score(own)
    told: dict[str, Any] = {
        "as_of": today.isoformat(),
        "lines": [
            {
                "duty": line.duty.code,
                "title": line.duty.title,
                "weight": line.weight,
                "letters": dict(line.counted.letters),
                "partial": str(line.counted.partial),
                "judged": line.counted.judged,
                "credit": str(line.credit),
            }
            for line in own
        ],
        "exact": None if exact is None else str(exact),
        "before": before,
        "answers": answers.answers,
        "others": None if answers.score is None else str(answers.score),
        "sides": ["others"] if answers.score is not None else [],
    }
    return Draft(kind, subject, None if exact is None else half_up(exact * PLACES), told)


def facts_on(sheet: Any) -> dict[str, Any]:
    """Return the facts a sheet was drafted with."""
    found: dict[str, Any] = json.loads(sheet.facts or "{}")
    return found


def as_of(sheet: Any) -> date:
    """Return the day a sheet's facts were taken on."""
    return date.fromisoformat(facts_on(sheet)["as_of"])


def redraft(sheet: Any, draft: Draft) -> None:
    """Put a new draft's facts on a sheet in memory, to see what they would come to."""
    sheet.facts = json.dumps(draft.facts, ensure_ascii=False)


def lines_on(sheet: Any) -> list[Line]:
    """Return the duties on a sheet with the numbers frozen on it."""
    found = []
    for one in facts_on(sheet).get("lines", []):
        duty = duty_called(one["duty"])
        if duty is not None:
            count = Count(Counter(one["letters"]), Fraction(one["partial"]))
            found.append(Line(duty, count, Fraction(one["credit"]), one["weight"], one["title"]))
    return found


def sides_on(sheet: Any) -> dict[str, Fraction | None]:
    """Return the score of each side of a sheet, None where it was not given."""
    told = facts_on(sheet)

    def exact(said: str | None) -> Fraction | None:
        return None if said is None else Fraction(said)

    def kept(hundredths: int | None) -> Fraction | None:
        return None if hundredths is None else Fraction(hundredths, PLACES)

    return {
        "facts": exact(told.get("exact")),
        "leadership": kept(sheet.leadership_score),
        "self": kept(sheet.self_score),
        "others": exact(told.get("others")),
    }


def proposal(sheet: Any, settings: Any, points: int) -> int | None:
    """Return the score (hundredths) that sides, shares and points come to, None without one.

    A paired teacher of whom nothing was due has no score, whatever anybody thinks.
    """
    sides = sides_on(sheet)
    if sheet.kind == OF_TEACHER and sides["facts"] is None:
        return None
    return final(blended(sides, shares_of(settings)), points)


class Place(NamedTuple):
    """A sheet's place among those of its kind; `tied` with others of the same score."""

    place: int
    tied: bool


def ranking(sheets: Iterable[Any]) -> dict[int, Place]:
    """Return the place of every sheet with a score among those of its kind; equal scores tie."""
    scores: dict[str, list[int]] = {}
    listed = [sheet for sheet in sheets if sheet.score is not None]
    for sheet in listed:
        scores.setdefault(sheet.kind, []).append(sheet.score)
    return {
        sheet.id: Place(
            1 + sum(other > sheet.score for other in scores[sheet.kind]),
            scores[sheet.kind].count(sheet.score) > 1,
        )
        for sheet in listed
    }


def outcomes(sheets: Collection[Any]) -> Mapping[str, int]:
    """Return how many signed sheets have which outcome."""
    return Counter(
        sheet.outcome for sheet in sheets if sheet.signed_on is not None and sheet.outcome
    )


def gaps(sheet: Any, settings: Any) -> list[str]:
    """Return what a sheet lacks before it can be decided, as words."""
    sides = sides_on(sheet)
    found = [
        SIDES[name]
        for name, share in shares_of(settings).items()
        if share and sides[name] is None and not (name == "facts" and sheet.kind == YEAR_END)
    ]
    return [f"缺{one}" for one in found]


def met(line: Line) -> int:
    """Return how many periods of a line were met in any way."""
    return sum(line.counted.of(one) for one in (State.DONE, State.BACK_FILLED, State.DONE_LATE))
