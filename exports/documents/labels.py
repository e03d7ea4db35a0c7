"""Labels to be cut out or printed on sticky sheets: of assets, of the spines of archive boxes."""

from __future__ import annotations

from typing import Any

from compliance.ordered.papers import document
from exports.documents.looked import looked
from exports.documents.paper import Asked, Paper, laid_out, no_paper
from exports.pdf.blocks import (
    LABELS,
    Block,
    Cards,
    Cell,
    Drawing,
    Geometry,
    Grid,
    Row,
    Shape,
    Text,
    label,
)
from models.core.boxes import Box
from models.core.display import Page
from models.core.register import register_of
from models.core.semester_records import in_semester
from models.kept.archive import ArchiveItem
from models.kept.assets import Asset

# Three by six labels of 60 × 43 mm, their bars 7 mm high.
ACROSS, DOWN, BARS = 3, 6, 7.0
# Five spines of 36 × 190 mm, for boxes 40 thick (DA/T 22: the box is 310 × 220).
SPINES = Geometry(210, 297, 53, 15, 54, 15, running=False)
SPINES_ACROSS = 5
# Signs that are turned where a line runs from above.
UPRIGHT = str.maketrans("（）—", "︵︶︱")
RETENTIONS = {"Y": "永久", "D30": "30年", "D10": "10年"}
BOXES = {box.number: box.title for box in Box if box.number.isdigit()}
BOX_NAMES = {number: f"{number} {title}" for number, title in BOXES.items()}
# What the register of archived files keeps as codes (DA/T 22), in plain words.
IN_WORDS = {"retention": RETENTIONS, "box": BOX_NAMES}


@document("asset-labels", "资产标签", source=("asset", "room", "staff"), about="asset")
def asset_labels(asked: Asked) -> Paper:
    """A label for each asset: number, name, model, place, keeper, day, and the number in bars."""
    page = Page(asked.reader, register_of(Asset), asked.records, "pdf")
    cards = tuple(_asset(asked, page, asset) for asset in asked.records)
    grid = Cards(cards, ACROSS, DOWN, gutter=2, pad=2.5)
    return laid_out("资产标签", asked.semester.title, grid, geometry=LABELS)


def _asset(asked: Asked, page: Any, asset: Any) -> tuple[Block, ...]:
    number = page.text(asset, "number")
    where = page.text(asset, "room") or page.text(asset, "place")
    words = (
        (("名称", page.text(asset, "name")),),
        (("规格", page.text(asset, "model_name")),),
        (("存放", where), ("保管", page.text(asset, "keeper"))),
        (("取得", page.text(asset, "acquired_on")),),
    )
    cells = tuple(_pairs(row) for row in words)
    return (
        Text(f"{asked.school}　资产标签", 8, "centre", leading=1.6),
        Grid((9, 22, 9, 16), cells, size=8, pad=0.4),
        Text("", 3),
        *bars(number),
        Text(number, 8, "centre", leading=1.2),
    )


def _pairs(pairs: tuple[tuple[str, str], ...]) -> Row:
    """One line of a label: a pair over its whole width, or two beside each other."""
    if len(pairs) == 1:
        word, text = pairs[0]
        return Row((Cell(word, align="centre"), Cell(_short(text, 15), 3)), 4)
    (word, text), (word_2, text_2) = pairs
    shown = (Cell(_short(text, 6)), Cell(word_2, align="centre"), Cell(_short(text_2, 4)))
    return Row((Cell(word, align="centre"), *shown), 4)


def _short(text: str, most: int) -> str:
    """A label has one line for each thing; what is longer goes on after its first words."""
    return text if len(text) <= most else text[: most - 1] + "…"


def bars(number: str) -> tuple[Drawing, ...]:
    """Return the number in bars (Code 128), nothing for one the code has no signs for."""
    if not number.isascii() or not number:
        return ()
    from reportlab.graphics.barcode.code128 import Code128

    code = Code128(number)
    code.validate()
    code.encode()
    code.decompose()
    module, x, shapes = 0.28, 0.0, []
    for sign in code.decomposed:
        # Small letters are spaces, capitals bars; a is one module wide.
        wide = (ord(sign.lower()) - ord("a") + 1) * module
        if sign.isupper():
            shapes.append(Shape(x, 0, wide, BARS, "", frame=False, filled=True))
        x += wide
    return (Drawing(x, BARS, tuple(shapes), f"条码 {number}"),)


@document("box-labels", "档案盒标签", clauses=("Q20-3",), source=("archive-item",))
def box_labels(asked: Asked) -> Paper:
    """The spine of each box of the semester's files: school, year, period, class, first and last.

    A box holds one year, one period, one class (DA/T 22); the number of the box is left to pencil.
    """
    items = looked(asked.reader, ArchiveItem, in_semester(register_of(ArchiveItem), asked.semester))
    held: dict[tuple[str, str, str], list[str]] = {}
    for item in items:
        key = (item.box, item.retention, str(item.filed_on.year))
        held.setdefault(key, []).append(items.text(item, "archive_code"))
    cards = tuple(_spine(asked, *key, sorted(filter(None, held[key]))) for key in sorted(held))
    title = "档案盒标签"
    if not cards:
        why = f"{asked.semester.title}还没有归档文件。在“归档文件”里登记以后，这里就有每盒的标签。"
        return no_paper(title, asked.semester.title, why)
    grid = Cards(cards, SPINES_ACROSS, 1, gutter=0, pad=2)
    return laid_out(title, asked.semester.title, grid, geometry=SPINES)


def _spine(
    asked: Asked, box: str, retention: str, year: str, codes: list[str]
) -> tuple[Block, ...]:
    """What stands on one spine, from above; the school's name one character to a line."""
    first, last = (codes[0], codes[-1]) if codes else ("", "")
    said = (
        ("年度", year, 12),
        ("保管期限", RETENTIONS.get(retention, retention), 12),
        ("门类", f"{box} {BOXES.get(box, '')}", 20),
        ("起件号", _last_part(first), 14),
        ("止件号", _last_part(last), 14),
        ("盒号", "", 16),
    )
    cells = tuple(
        Row((label(word), Cell(text, align="centre", size=10)), high) for word, text, high in said
    )
    return (
        Text(
            "\n".join(asked.school[:14].translate(UPRIGHT)), 13, "centre", bold=True, leading=1.25
        ),
        Grid((12, 20), cells),
    )


def _last_part(code: str) -> str:
    """The number of the item, which is the last part of its 档号."""
    return code.rpartition("-")[2]
