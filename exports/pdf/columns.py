"""Chooses orientation, letter size and column widths of a register book."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

MM = 72 / 25.4
# Paper left to the table between the margins of `sheet.UPRIGHT` and `sheet.ACROSS`, in points.
UPRIGHT_WIDTH, ACROSS_WIDTH = 167 * MM, 261 * MM

# Space between a rule and the text, in points, on each side.
PADDING = 4.5
_LETTER_SIZES = (10.5, 9.0, 8.0)
_WIDEST_TEXT = 26.0  # ems, for long free text
_NARROW_TEXT = 7.0  # ems, down to which free text may be squeezed
_UNBROKEN = re.compile(r"[!-~]+")

Align = Literal["left", "centre", "right"]


@dataclass(frozen=True)
class BookColumn:
    """One column of a register book.

    `width` is in millimetres; without it the width follows from the label and the first rows.
    """

    label: str
    width: float | None = None
    align: Align = "left"


@dataclass(frozen=True)
class Layout:
    """The chosen paper, letter size in points and column widths in points."""

    landscape: bool
    size: float
    widths: tuple[float, ...]


@dataclass(frozen=True)
class _Need:
    """What a column needs: the least and the wanted width in points."""

    least: float
    wanted: float


def choose_layout(
    columns: Sequence[BookColumn],
    sample: Sequence[Sequence[str]],
    width_of: Callable[[str], float],
) -> Layout:
    """Fit the columns on A4, upright when they fit, else across, else in smaller letters.

    `sample` is the first rows; `width_of` gives the width of a line at size 1.
    """
    for size in _LETTER_SIZES:
        needs = _needs(columns, sample, width_of, size)
        squeezed = sum(max(need.least, 0.6 * need.wanted) for need in needs)
        for landscape, room in ((False, UPRIGHT_WIDTH), (True, ACROSS_WIDTH)):
            if squeezed <= room:
                return Layout(landscape, size, _share(needs, room))
    return Layout(True, size, _share(needs, ACROSS_WIDTH))


def _needs(
    columns: Sequence[BookColumn],
    sample: Sequence[Sequence[str]],
    width_of: Callable[[str], float],
    size: float,
) -> list[_Need]:
    needs = []
    for position, column in enumerate(columns):
        if column.width is not None:
            needs.append(_Need(column.width * MM, column.width * MM))
            continue
        cells = [row[position] for row in sample]
        least, wanted = _ems(column.label, cells, width_of)
        needs.append(_Need(least * size + 2 * PADDING, wanted * size + 2 * PADDING))
    return needs


def _ems(label: str, cells: Sequence[str], width_of: Callable[[str], float]) -> tuple[float, float]:
    """Least and wanted width of a column's text, in ems."""
    heading = width_of(label)
    lines = sorted(max(map(width_of, cell.split("\n"))) for cell in cells)
    # Nine rows of ten stay on one line; the long tenth wraps.
    usual = lines[(len(lines) - 1) * 9 // 10] if lines else heading
    wanted = min(max(usual, heading, 2.0), _WIDEST_TEXT)
    numbers = [width_of(run) for cell in cells for run in _UNBROKEN.findall(cell)]
    unbroken = min(max(numbers, default=0.0), _WIDEST_TEXT / 2)
    # A label may wrap in two; a number may not.
    least = max(min(wanted, _NARROW_TEXT), unbroken, min(heading, max(heading / 2, 3.0)))
    return least, max(wanted, least)


def _share(needs: Sequence[_Need], room: float) -> tuple[float, ...]:
    """Share `room` out: the least to each, then up to the wanted, then the rest in proportion."""
    least, wanted = sum(need.least for need in needs), sum(need.wanted for need in needs)
    if least >= room:
        return tuple(need.least * room / least for need in needs)
    if wanted > room:
        part = (room - least) / (wanted - least)
        return tuple(need.least + (need.wanted - need.least) * part for need in needs)
    return tuple(need.wanted * room / wanted for need in needs)
