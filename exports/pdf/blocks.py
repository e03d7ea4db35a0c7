"""What a paper is made of: blocks that are drawn on the sheet and shown on the page alike.

Lengths are millimetres, letter sizes points. A paper is a geometry and a list of blocks; nothing
here draws (`laid_out` does) and nothing knows a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Align = Literal["left", "centre", "right"]

# 二号, 三号, 四号, 小四, 五号, 小五 in points.
ERHAO, SANHAO, SIHAO, XIAOSI, WUHAO, XIAOWU = 22.0, 16.0, 14.0, 12.0, 10.5, 9.0
# Five characters of it stand in a label cell.
LABEL_SIZE = 10.0
TICKED, UNTICKED = "☑", "☐"
NOT_APPLICABLE, NONE = "—", "无"


@dataclass(frozen=True)
class Geometry:
    """The paper and its margins; `head` and `foot` are how far the running lines are from its edge.

    Nothing is printed within 5 mm of the edge. Without `running` the sheet carries no head.
    `official` sheets carry nothing but `— 1 —`, odd at the right, even at the left (GB/T 9704).
    """

    width: float
    height: float
    top: float
    right: float
    bottom: float
    left: float
    head: float = 12
    foot: float = 9
    running: bool = True
    official: bool = False

    @property
    def body(self) -> float:
        """The width of the body."""
        return self.width - self.left - self.right


# Official papers (GB/T 9704); forms with their binding edge left, or above when they lie across.
OFFICIAL = Geometry(210, 297, 37, 26, 35, 28, foot=24, official=True)
FORM = Geometry(210, 297, 22, 15, 18, 25)
FORM_ACROSS = Geometry(297, 210, 25, 18, 18, 20)
CARDS = Geometry(297, 210, 8, 8, 8, 8, running=False)
LABELS = Geometry(210, 297, 10, 10, 10, 10, running=False)
# A bound book of half the paper's size.
BOOKLET = Geometry(148, 210, 18, 12, 15, 20)
POSTER = Geometry(210, 297, 20, 18, 20, 18, running=False)
POSTER_A3 = Geometry(297, 420, 28, 25, 28, 25, running=False)


@dataclass(frozen=True)
class Picture:
    """A photo on paper: the key its page finds it by, its file, and what stands below."""

    key: str
    path: Path
    caption: str = ""


@dataclass(frozen=True)
class Title:
    """The title of the paper, centred; a second line in smaller letters."""

    text: str
    second: str = ""
    size: float = ERHAO


@dataclass(frozen=True)
class Text:
    """A paragraph. `indent` is the first line's, in characters; line feeds start new paragraphs."""

    text: str
    size: float = XIAOSI
    align: Align = "left"
    indent: int = 0
    bold: bool = False
    leading: float = 1.5
    before: float = 0


@dataclass(frozen=True)
class Spread:
    """A line outside the grid: the first part left, the last right, others evenly between."""

    parts: tuple[str, ...]
    size: float = WUHAO
    before: float = 1.5


@dataclass(frozen=True)
class Cell:
    """One cell of a grid; `across` and `down` are how many columns and rows it takes."""

    text: str = ""
    across: int = 1
    down: int = 1
    align: Align = "left"
    bold: bool = False
    top: bool = False
    size: float = 0
    picture: Picture | None = None


def label(text: str, across: int = 1, down: int = 1) -> Cell:
    """Return a label cell: centred, not shaded, because such forms are photocopied."""
    return Cell(text, across, down, "centre", size=LABEL_SIZE)


def number(text: str | int, across: int = 1) -> Cell:
    """Return a cell with a number, at the right."""
    return Cell(str(text), across, align="right")


def long_text(text: str, across: int = 1) -> Cell:
    """Return a cell for free text, which begins at its top."""
    return Cell(text, across, top=True)


def ticks(options: tuple[str, ...], chosen: object = ()) -> str:
    """Return all options, each with its box; those among `chosen` (one word or several) ticked."""
    ticked = {chosen} if isinstance(chosen, str) else set(chosen or ())  # type: ignore[call-overload]
    return "　".join(f"{TICKED if option in ticked else UNTICKED}{option}" for option in options)


@dataclass(frozen=True)
class Row:
    """A row of a grid, at least `height` high: 9 printed, 11 for handwriting.

    A `heading` over the rows that follow is not left behind at the foot of a sheet.
    """

    cells: tuple[Cell, ...]
    height: float = 9
    heading: bool = False


@dataclass(frozen=True)
class Grid:
    """A ruled table. `widths` share the body's width; the first `head` rows repeat on each page.

    `pad` is the room between a rule and what is written. One that is `whole` is not begun on a
    sheet that cannot hold all of it, if another can.
    """

    widths: tuple[float, ...]
    rows: tuple[Row, ...]
    head: int = 0
    size: float = WUHAO
    pad: float = 1.3
    whole: bool = False


@dataclass(frozen=True)
class Pictures:
    """Photos with their captions, `across` in a row, each at most `height` high."""

    items: tuple[Picture, ...]
    across: int = 2
    height: float = 72


@dataclass(frozen=True)
class Shape:
    """A part of a drawing: a box with its text, or a line when `text` is None.

    x and y are the upper left corner, from the drawing's own; a line goes to (x + w, y + h).
    """

    x: float
    y: float
    w: float
    h: float
    text: str | None = None
    size: float = WUHAO
    bold: bool = False
    frame: bool = True
    filled: bool = False


@dataclass(frozen=True)
class Drawing:
    """A chart in vectors, `width` × `height`, told in `words` to whoever cannot see it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    words: str


@dataclass(frozen=True)
class Sealed:
    """The close of an official paper: signature and date at the right, room for the round seal."""

    signature: str
    date: str
    room: float = 45


@dataclass(frozen=True)
class Cards:
    """Cards to be cut out, `across` × `down` on a sheet, each a list of blocks."""

    cards: tuple[tuple[Block, ...], ...]
    across: int = 2
    down: int = 2
    gutter: float = 3
    pad: float = 4


@dataclass(frozen=True)
class CutLine:
    """The line a slip is cut off along, with what it is called."""

    text: str


@dataclass(frozen=True)
class Rule:
    """A line across the body, `weight` points heavy, as below the masthead of a news sheet."""

    weight: float = 1.0


@dataclass(frozen=True)
class Together:
    """Blocks that stand on one sheet: begun on the next one when this one cannot hold them all."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Turn:
    """The next sheet begins here."""


@dataclass(frozen=True)
class Mark:
    """Here begins what the index of a bound book calls so; nothing is drawn."""

    name: str


@dataclass(frozen=True)
class Index:
    """The list of all marks drawn so far, each with the page it stands on."""

    title: str


Block = (
    Title
    | Text
    | Spread
    | Grid
    | Pictures
    | Drawing
    | Sealed
    | Cards
    | CutLine
    | Rule
    | Together
    | Turn
    | Mark
    | Index
)


def pictures_in(blocks: tuple[Block, ...]) -> list[Picture]:
    """Return all photos of a paper."""
    found: list[Picture] = []
    for block in blocks:
        if isinstance(block, Pictures):
            found += block.items
        elif isinstance(block, Grid):
            found += [c.picture for row in block.rows for c in row.cells if c.picture is not None]
        elif isinstance(block, Cards):
            found += [picture for card in block.cards for picture in pictures_in(card)]
        elif isinstance(block, Together):
            found += pictures_in(block.blocks)
    return found
