"""What is drawn of fitness tests: each value against the test before, as a table and as bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from exports.documents.looked import Looked, looked
from exports.pdf.blocks import Block, Cell, Drawing, Grid, Row, Shape, Text, label
from models.core.actor import Actor
from models.kept.growth import FitnessTest

# What is compared: field and title with its unit.
MEASURES = (
    ("height_cm", "身高（厘米）"),
    ("weight_kg", "体重（千克）"),
    ("vital_capacity_ml", "肺活量（毫升）"),
    ("run_50m", "50米跑（秒）"),
    ("sit_and_reach_cm", "坐位体前屈（厘米）"),
    ("rope_skips", "跳绳（次/分）"),
    ("sit_ups", "仰卧起坐（次/分）"),
    ("vision_left", "左眼视力"),
    ("vision_right", "右眼视力"),
)


@dataclass(frozen=True)
class Compared:
    """One measure this time and last: texts, and both numbers where both are numbers."""

    title: str
    now: str
    before: str
    numbers: tuple[float, float] | None

    @property
    def change(self) -> str:
        """The change in words, "" where there is nothing to compare."""
        if self.numbers is None:
            return ""
        change = round(self.numbers[0] - self.numbers[1], 1)
        return f"＋{change:g}" if change > 0 else f"－{-change:g}" if change < 0 else "不变"


def earlier_tests(reader: Actor, tests: Iterable[Any]) -> Looked:
    """Return all tests of the children tested, oldest first, as the reader sees them."""
    children = sorted({one.child_id for one in tests})
    return looked(reader, FitnessTest, FitnessTest.child.in_(children), order=FitnessTest.tested_on)


def compared(tests: Looked, test: Any) -> list[Compared]:
    """Return each measure taken in a test beside that child's test before it."""
    before = next(
        (
            record
            for record in reversed(tests.records)
            if record.child_id == test.child_id and record.tested_on < test.tested_on
        ),
        None,
    )
    found = []
    for name, title in MEASURES:
        text, earlier = tests.text(test, name), tests.text(before, name)
        if text:
            found.append(Compared(title, text, earlier, _numbers(text, earlier)))
    return found


def _numbers(text: str, earlier: str) -> tuple[float, float] | None:
    try:
        return float(text), float(earlier)
    except ValueError:
        return None


def table_of(measured: Sequence[Compared]) -> Grid:
    """Return the measures with their change, a row each."""
    rows = [Row(tuple(map(label, ("项目", "这次", "上次", "变化"))))]
    rows += [
        Row(
            (Cell(one.title), *(Cell(t, align="centre") for t in (one.now, one.before, one.change)))
        )
        for one in measured
    ]
    return Grid((60, 36, 36, 38), tuple(rows), head=1)


def chart_of(measured: Sequence[Compared]) -> tuple[Block, ...]:
    """Return the bars of what can be compared, nothing where there was no test before."""
    drawn = [(one.title, *one.numbers) for one in measured if one.numbers is not None]
    return (Text("", 6), bars_against(drawn)) if drawn else ()


def bars_against(measured: Sequence[tuple[str, float, float]]) -> Drawing:
    """Return two bars for each measure: this time's filled, last time's as a frame.

    What is below nought, as a reach can be, has no bar; its number stands beside it.
    """
    high, shapes, said = 9.0, [], []
    for place, (word, now, before) in enumerate(measured):
        y, most = place * (high + 3), max(now, before, 0) or 1
        shapes.append(Shape(0, y, 44, high, word, size=9, frame=False))
        shapes.append(
            Shape(46, y, 90 * max(now, 0) / most, high / 2 - 0.4, "", frame=False, filled=True)
        )
        shapes.append(Shape(46, y + high / 2, 90 * max(before, 0) / most, high / 2 - 0.4, ""))
        shapes.append(Shape(138, y, 30, high / 2, f"这次 {now:g}", size=8, frame=False))
        shapes.append(
            Shape(138, y + high / 2, 30, high / 2, f"上次 {before:g}", size=8, frame=False)
        )
        said.append(f"{word}这次{now:g}，上次{before:g}")
    return Drawing(168, len(measured) * (high + 3), tuple(shapes), "；".join(said))
