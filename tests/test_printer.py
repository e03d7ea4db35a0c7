"""What an office printer asks for, measured on the pages: 5 mm of edge, a bound edge, tiles."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import datetime

import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from compliance.ordered.papers import DOCUMENTS
from exports.documents.paper import laid_out
from exports.pdf.blocks import FORM, POSTER_A3, Grid, Row, Text, Title, Turn, label
from exports.pdf.imposed import DUPLEX, TILES, UNPRINTABLE
from exports.pdf.imprint import Imprint
from tests.test_documents import MAY_HAVE_NOTHING, address

MM = 72 / 25.4
IMPRINT = Imprint("云岭中学", "表", datetime(2025, 11, 12, 10, 30), "陈文员")
GRID = Grid((1, 1), (Row((label("姓名"), label("班级"))),))


def ink(path):
    """Per page the millimetres from left, top, right, bottom to the first ink, from a picture.

    That picture has no colour: what is told, is told by shape and word.
    """
    prefix = path.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "50", path, prefix], check=True)
    found = []
    for picture in sorted(path.parent.glob(f"{prefix.name}-*.ppm")):
        with Image.open(picture) as image:
            red, green, blue = image.split()
            for one, other in ((red, green), (green, blue), (red, blue)):
                assert ImageChops.difference(one, other).getextrema()[1] < 20, path
            grey = image.convert("L")
            box = grey.point(lambda v: 255 if v < 200 else 0).getbbox()
            assert box is not None
            far = (image.width - box[2], image.height - box[3])
            found.append(tuple(n * 25.4 / 50 for n in (box[0], box[1], *far)))
        picture.unlink()
    return found


def drawn(tmp_path, paper, sides=""):
    target = tmp_path / "paper.pdf"
    paper.write(target, IMPRINT, sides)
    subprocess.run(["qpdf", "--check", target], check=True, capture_output=True)
    return target


def test_every_document_keeps_the_edge_a_printer_does_not_reach(client_as, tmp_path):
    clerk, close = client_as("clerk"), []
    made = [(one.code, address(one)) for one in DOCUMENTS.values() if one.maker]
    # A book in columns, beside that of a sheet per record.
    made.append(("columns", "/documents/register-book?of=school-class"))
    for code, url in made:
        if url is None:
            continue
        answer = clerk.get(url.replace("?", "/pdf?"))
        if code in MAY_HAVE_NOTHING and answer.status_code == 302:
            continue
        path = tmp_path / f"{code}.pdf"
        path.write_bytes(answer.data)
        close += [(code, one) for one in ink(path) if min(one) < UNPRINTABLE]
    assert not close


def test_the_bound_edge_of_every_second_page_lies_at_the_right(tmp_path):
    paper = laid_out("表", "", Title("表"), GRID, Turn(), GRID, Turn(), GRID, geometry=FORM)
    plain = ink(drawn(tmp_path, paper))
    both = ink(drawn(tmp_path, paper, DUPLEX))
    assert [round(left) for left, *_ in plain] == [25, 25, 25]
    assert [round(left) for left, *_ in both] == [25, 15, 25]
    assert [round(right) for _, _, right, _ in both] == [15, 25, 15]


def test_a_poster_stands_on_two_sheets_that_overlap(tmp_path):
    text = "\n".join(f"第{n}条 要关心留守儿童" for n in range(1, 25))
    paper = laid_out("制度", "", Title("制度"), Text(text, 20), geometry=POSTER_A3)
    target = drawn(tmp_path, paper, TILES)
    pages = PdfReader(target).pages
    sizes = [
        (round(float(p.mediabox.width) / MM), round(float(p.mediabox.height) / MM)) for p in pages
    ]
    assert sizes == [(297, 210)] * 2
    upper, lower = ink(target)
    assert min(upper[0], upper[1], upper[2], lower[0], lower[2], lower[3]) >= UNPRINTABLE
    assert len(PdfReader(drawn(tmp_path, paper)).pages) == 1


@pytest.mark.parametrize("sides", [DUPLEX, "nonsense"])
def test_the_page_offers_printing_on_both_sides(client_as, world, sides):
    clerk = client_as("clerk")
    page = clerk.get(f"/documents/talk-record?for={world.talk_a}").text
    assert re.search(r'sides=duplex"', page)
    sent = clerk.get(f"/documents/talk-record/pdf?for={world.talk_a}&sides={sides}")
    assert PdfReader(io.BytesIO(sent.data)).pages
