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
# The last resort before a number is broken.
_SMALLEST = 7.0
_WIDEST_TEXT = 26.0  # ems, for long free text
_NARROW_TEXT = 7.0  # ems, down to which free text may be squeezed
_NAME = 4.0  # ems, of words that are not torn
_NARROWEST = 2.0  # ems, that any text needs
_SQUEEZED = 0.6  # of its width is left to a column of given width where others have none
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
    """What a column needs in points: wanted, least, and what a number in it may not go below."""

    least: float
    wanted: float
    hard: float


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
    if sum(need.hard for need in needs) > ACROSS_WIDTH:
        size = _SMALLEST
        needs = _needs(columns, sample, width_of, size)
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
            wide = column.width * MM
            needs.append(_Need(wide, wide, wide * _SQUEEZED))
            continue
        cells = [row[position] for row in sample]
        ems = _ems(column.label, cells, width_of)
        needs.append(_Need(*(one * size + 2 * PADDING for one in ems)))
    return needs


def _ems(
    label: str, cells: Sequence[str], width_of: Callable[[str], float]
) -> tuple[float, float, float]:
    """Least and wanted width of a column's text, and that of its longest number, in ems."""
    heading = width_of(label)
    lines = sorted(max(map(width_of, cell.split("\n"))) for cell in cells)
    # Nine rows of ten stay on one line; the long tenth wraps.
    usual = lines[(len(lines) - 1) * 9 // 10] if lines else heading
    wanted = min(max(usual, heading, 2.0), _WIDEST_TEXT)
    numbers = [width_of(run) for cell in cells for run in _UNBROKEN.findall(cell)]
    unbroken = min(max(numbers, default=0.0), _WIDEST_TEXT / 2)
    # A label may wrap in two; a number may not.
    least = max(min(wanted, _NARROW_TEXT), unbroken, min(heading, max(heading / 2, 3.0)))
    # A name of a few signs is no more torn than a number.
    names = max((line for line in lines if line <= _NAME), default=0.0)
    return least, max(wanted, least), min(least, max(unbroken, names, _NARROWEST))


def _share(needs: Sequence[_Need], room: float) -> tuple[float, ...]:
    """Share `room` out: the least to each, then up to the wanted, then the rest in proportion.

    Where there is not even the least for all, words give way before numbers do.
    """
    least, wanted = sum(need.least for need in needs), sum(need.wanted for need in needs)
    hard = sum(need.hard for need in needs)
    if hard >= room:
        return tuple(need.hard * room / hard for need in needs)
    if least >= room:
        part = (room - hard) / (least - hard) if least > hard else 0.0
        return tuple(need.hard + (need.least - need.hard) * part for need in needs)
    if wanted > room:
        part = (room - least) / (wanted - least)
        return tuple(need.least + (need.wanted - need.least) * part for need in needs)
    return tuple(need.wanted * room / wanted for need in needs)
