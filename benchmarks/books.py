"""How long a register book takes, beside plain ReportLab platypus printing the same rows.

Three sizes show whether time is linear in the rows and memory flat; each runs in a process of its
own, so that its highest memory is its own. Run from the project's folder:
python -m benchmarks.books [--scale ROWS] [--json]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import big_school, measuring
from exports.documents.book_of import cells_of, columns_of, layout_of, write_register_book
from exports.pdf.imprint import Imprint
from models.core.actor import Actor
from models.core.database import connected, open_database
from models.core.listing import ListRequest, every

CLERK = Actor("clerk", big_school.NOW, 1, None, "文员", "benchmark")
ROWS = 5000
FONT = Path("static/fonts/NotoSansSC-Regular.ttf")


def main() -> int:
    """Print seconds and memory of a book of a fifth, of the whole and of four times the rows."""
    said = measuring.arguments(__doc__, ROWS, "rows of the book")
    rows = []
    with tempfile.TemporaryDirectory(prefix="books-benchmark-") as name:
        for count in (said.scale // 5, said.scale, said.scale * 4):
            folder = Path(name) / str(count)
            measuring.in_child(lambda folder=folder, count=count: made(folder, count))
            own = measuring.in_child(lambda folder=folder: book(folder))
            plain = measuring.in_child(lambda folder=folder: platypus(folder))
            ratio = round(own["seconds"] / plain["seconds"], 2)
            rows.append({"rows": count, **own, **beside(plain), "ratio": ratio})
    for row in rows:
        row["ms per row"] = round(row["seconds"] * 1000 / row["rows"], 2)
    measuring.report(said, "books", rows)
    return 0


def beside(plain: dict[str, Any]) -> dict[str, Any]:
    """Name the peer's figures."""
    return {f"platypus {key}": value for key, value in plain.items()}


def made(folder: Path, count: int) -> dict[str, Any]:
    """Make a school with as many talks."""
    big_school.make(folder, count, children=200, teachers=20)
    return {}


def chunks() -> Any:
    """Yield the talks as the panel hands them to the book."""
    return every(CLERK, big_school.register("talk"), ListRequest())


def imprint() -> Imprint:
    """Return what is printed on every page."""
    made_at = datetime(2026, 6, 12, 10, 30)
    return Imprint(title="谈心记录", school="云岭中学", made_at=made_at, made_by="文员")


def book(folder: Path) -> dict[str, Any]:
    """Write the register book, records read from the database and all."""
    open_database(folder)
    target = folder / "book.pdf"
    talk = big_school.register("talk")
    with connected():
        taken = measuring.seconds(
            lambda: write_register_book(target, CLERK, talk, chunks, imprint())
        )
    return {"seconds": round(taken, 2), "kb": target.stat().st_size // 1024}


def platypus(folder: Path) -> dict[str, Any]:
    """Write the same cells as one platypus LongTable with wrapped paragraphs."""
    open_database(folder)
    target = folder / "platypus.pdf"
    with connected():
        taken = measuring.seconds(lambda: plain_table(target))
    return {"seconds": round(taken, 2), "kb": target.stat().st_size // 1024}


def plain_table(target: Path) -> None:
    """Read the cells and let platypus lay them out, as its manual shows."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(TTFont("school", str(FONT)))
    style = ParagraphStyle("cell", fontName="school", fontSize=8, leading=10, wordWrap="CJK")
    talk = big_school.register("talk")
    layout = layout_of(CLERK, talk)
    labels = [column.label for column in columns_of(layout)]

    def paragraphs(cells: Sequence[str]) -> list[Any]:
        return [Paragraph(cell.replace("\n", "<br/>"), style) for cell in cells]

    cells = cells_of(CLERK, talk, layout, chunks)
    table = LongTable([paragraphs(row) for row in (labels, *cells)], widths(labels), repeatRows=1)
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.25, colors.black)])
    SimpleDocTemplate(str(target), pagesize=landscape(A4)).build([table])


def widths(labels: Sequence[str]) -> list[float]:
    """Return widths in points: a narrow number, a wide last column, the rest alike."""
    room = 690.0
    first, last = 30.0, 200.0
    return [first, *[(room - first - last) / (len(labels) - 2)] * (len(labels) - 2), last]


if __name__ == "__main__":
    sys.exit(main())
