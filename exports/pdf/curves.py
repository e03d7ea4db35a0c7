"""Small charts in vectors for a page of one person: a curve over days, bars by month.

Drawn for a phone's width: letters stay readable when the whole chart is 330 points wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exports.pdf.blocks import Drawing, Shape

WIDE = 112.0
# A curve: the room it swings in, the row of its days, and how near two points may come.
SWING, DAYS_ROW, NEAR = 26.0, 7.0, 16.0
DOT = 1.4
SIZE = 10
# Bars: the column of words before them, a month's column, and the height of one row.
WORDS, COLUMN, BAR_ROW = 16.0, 8.0, 17.0


def curve(points: Sequence[tuple[date, float]], unit: str) -> Drawing:
    """Return what was measured on some days, oldest first, as dots joined by a line."""
    places = _places([day for day, _ in points])
    heights = _heights([number for _, number in points])
    shapes: list[Shape] = []
    for number, ((day, measured), x, y) in enumerate(zip(points, places, heights, strict=True)):
        if number:
            before, above = places[number - 1], heights[number - 1]
            shapes.append(Shape(before, above, x - before, y - above))
        shapes.append(Shape(x - DOT / 2, y - DOT / 2, DOT, DOT, "", frame=False, filled=True))
        shapes.append(_word(x, y - 7, f"{measured:g}"))
        shapes.append(_word(x, 8 + SWING + 1, f"{day:%y-%m}"))
    words = "；".join(f"{day.isoformat()} {measured:g}{unit}" for day, measured in points)
    return Drawing(WIDE, 8 + SWING + DAYS_ROW, tuple(shapes), words)


def _places(days: Sequence[date]) -> list[float]:
    """Where each day lies: in proportion to time, but never too near the one before to read."""
    span = max((days[-1] - days[0]).days, 1)
    room = WIDE - NEAR
    places: list[float] = []
    for day in days:
        wanted = (day - days[0]).days / span * room
        places.append(max(wanted, places[-1] + NEAR) if places else wanted)
    shrink = min(1.0, room / places[-1]) if places[-1] else 1.0
    return [NEAR / 2 + place * shrink for place in places]


def _heights(numbers: Sequence[float]) -> list[float]:
    least, most = min(numbers), max(numbers)
    if least == most:
        return [8 + SWING / 2 for _ in numbers]
    return [8 + (most - number) / (most - least) * (SWING - 2) for number in numbers]


def _word(middle: float, y: float, text: str) -> Shape:
    return Shape(middle - NEAR / 2, y, NEAR, 5, text, size=SIZE, frame=False)


def bars_by_month(
    months: Sequence[tuple[int, int]], counted: Sequence[tuple[str, Sequence[int]]]
) -> Drawing:
    """Return one row of bars for each act, one column for each (year, month); all to one scale."""
    most = max((max(numbers) for _, numbers in counted), default=0) or 1
    shapes: list[Shape] = []
    for row, (word, numbers) in enumerate(counted):
        foot = (row + 1) * BAR_ROW
        shapes.append(Shape(0, foot - 6, WORDS - 2, 5, word, size=SIZE, frame=False))
        shapes.append(Shape(WORDS, foot, len(months) * COLUMN, 0))
        for place, number in enumerate(numbers):
            if number:
                x, high = WORDS + place * COLUMN, (BAR_ROW - 7) * number / most
                bar = Shape(x + 1.5, foot - high, COLUMN - 3, high, "", frame=False, filled=True)
                shapes += [
                    bar,
                    Shape(x, foot - high - 5, COLUMN, 5, str(number), SIZE, frame=False),
                ]
    below = len(counted) * BAR_ROW + 1
    for place, (_year, month) in enumerate(months):
        x = WORDS + place * COLUMN
        shapes.append(Shape(x, below, COLUMN, 5, str(month), size=SIZE, frame=False))
    shapes.append(Shape(0, below, WORDS - 2, 5, "月", size=SIZE, frame=False))
    said = (f"{word}：{_told(months, numbers)}" for word, numbers in counted)
    return Drawing(WORDS + len(months) * COLUMN, below + 6, tuple(shapes), "；".join(said))


def _told(months: Sequence[tuple[int, int]], numbers: Sequence[int]) -> str:
    told = [f"{y}年{m}月 {n} 次" for (y, m), n in zip(months, numbers, strict=True) if n]
    return "，".join(told) or "没有"
