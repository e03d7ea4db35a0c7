"""From facts to a score, in exact fractions, rounded half-up once (docs/rules.md).

Score = 100 × Σ weight × share ÷ Σ weight over the duties of which a period was judged; sides beside
the facts enter by their shares; points are added, the sum is kept within 0 and 100. Scores, points
and shares are whole numbers of hundredths on their way in and out, as the registers keep them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor
from typing import NamedTuple

from compliance.evaluated.facts import Count, Facts
from compliance.judged.verdict import Credits
from compliance.ordered.duty import Duty

PLACES = 100
FULL = Fraction(100)


class Line(NamedTuple):
    """One duty in a score: what was counted, what that earns, its weight and title then."""

    duty: Duty
    counted: Count
    credit: Fraction
    weight: int
    title: str

    @property
    def share(self) -> Fraction | None:
        """Credit ÷ periods judged; None where none was, which leaves both sums."""
        return self.credit / self.counted.judged if self.counted.judged else None


def lines(facts: Facts, credits_: Credits | None = None) -> list[Line]:
    """Return the duties of a teacher's facts in the order they are declared."""
    earned = credits_ or Credits()
    return [
        Line(duty, counted, counted.credit(earned), duty.weight, duty.title)
        for code, duty in facts.duties.items()
        if (counted := facts.counts.get(code)) is not None
    ]


def facts_score(found: Iterable[Line]) -> Fraction | None:
    """Return the score of the facts, 0 to 100; None where nothing was judged, never zero."""
    shares = [(line.weight, line.share) for line in found]
    weights = sum(weight for weight, share in shares if share is not None)
    if not weights:
        return None
    return (
        FULL * sum((w * share for w, share in shares if share is not None), Fraction(0)) / weights
    )


def gain(line: Line, found: Iterable[Line]) -> Fraction:
    """Return how much higher the facts' score were, had all of one duty's periods been done."""
    weights = sum(one.weight for one in found if one.share is not None)
    if line.share is None or not weights:
        return Fraction(0)
    return FULL * line.weight * (1 - line.share) / weights


def blended(sides: Mapping[str, Fraction | None], shares: Mapping[str, int]) -> Fraction | None:
    """Return the sides' scores weighed by the shares; a side without a score is in neither sum."""
    given = [(shares.get(name, 0), score) for name, score in sides.items() if score is not None]
    whole = sum(share for share, _ in given)
    if not whole:
        return None
    return sum((share * score for share, score in given), Fraction(0)) / whole


def final(score: Fraction | None, points: int = 0) -> int | None:
    """Return score plus points (hundredths) as hundredths, within 0 and 100, rounded once."""
    if score is None:
        return None
    return half_up(min(max(score + Fraction(points, PLACES), Fraction(0)), FULL) * PLACES)


def year_end(score: int | None, tenths: int) -> int | None:
    """Return the points of the year-end total: score × share (tenths of a percent), hundredths."""
    return None if score is None else half_up(Fraction(score * tenths, 1000))


def half_up(value: Fraction) -> int:
    """Return the nearest whole number, a half upwards."""
    return floor(value + Fraction(1, 2))
