"""The kit papers are made of: blocks drawn to PDF, measured on the page, and shown as HTML."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from pypdf import PdfReader

from exports.documents.paper import laid_out
from exports.pdf.blocks import (
    CARDS,
    FORM,
    FORM_ACROSS,
    OFFICIAL,
    Cards,
    Cell,
    CutLine,
    Drawing,
    Grid,
    Index,
    Mark,
    Row,
    Sealed,
    Shape,
    Spread,
    Text,
    Title,
    Turn,
    label,
    ticks,
)
from exports.pdf.errors import RenderFailed
from exports.pdf.imprint import Imprint

MM = 72 / 25.4
IMPRINT = Imprint("云岭中学", "测试", datetime(2025, 11, 12, 10, 30), "陈文员")


def drawn(tmp_path, *blocks, geometry=FORM):
    target = tmp_path / "paper.pdf"
    laid_out("测试", "", *blocks, geometry=geometry).write(target, IMPRINT)
    return PdfReader(io.BytesIO(target.read_bytes())).pages


def places(page):
    """Every written run with where it begins, in points."""
    found = []

    def visit(text, _cm, matrix, _font, size):
        # The total of pages is a form of its own, which tells its place in its own terms.
        if text.strip() and matrix[4]:
            found.append((text.strip(), matrix[4], matrix[5], size))

    page.extract_text(visitor_text=visit)
    return found


def test_all_options_stand_there_and_the_chosen_ones_are_ticked():
    assert ticks(("走读", "住校"), "住校") == "☐走读　☑住校"
    assert ticks(("低保", "特困", "孤儿"), ["低保", "孤儿"]) == "☑低保　☐特困　☑孤儿"
    assert ticks(("走读", "住校")) == "☐走读　☐住校"


@pytest.mark.parametrize("geometry", [FORM, FORM_ACROSS, OFFICIAL])
def test_what_is_written_stays_within_the_margins(tmp_path, geometry):
    long = "很长的一段话，" * 60
    grid = Grid((3, 7), tuple(Row((label("内容"), Cell(long))) for _ in range(6)))
    pages = drawn(tmp_path, Title("标题" * 12), grid, Text(long, indent=2), geometry=geometry)
    assert len(pages) > 1
    for page in pages:
        assert float(page.mediabox.width) == pytest.approx(geometry.width * MM, abs=0.1)
        for text, x, y, size in places(page):
            assert x >= geometry.left * MM - 0.1, text
            assert y >= 5 * MM
            assert y + size <= (geometry.height - 5) * MM
    written = "".join("".join(page.extract_text().split()) for page in pages)
    # Nothing is lost where rows go on overleaf.
    assert written.count("很") == 7 * 60


def test_a_grid_repeats_its_head_and_keeps_rows_that_belong_together(tmp_path):
    head = Row((label("序号"), label("姓名")))
    body = [Row((Cell(str(n)), Cell(f"学生{n}"))) for n in range(60)]
    pages = drawn(tmp_path, Grid((1, 3), (head, *body), head=1))
    assert len(pages) == 3
    assert all("姓名" in page.extract_text() for page in pages)
    joined = [
        Row((Cell("月份", down=3), Cell("甲"))),
        Row((Cell("乙"),)),
        Row((Cell("丙"),), 200),
    ]
    first, second = drawn(tmp_path, Grid((1, 3), (Row((Cell("x"), Cell("y")), 60), *joined)))
    assert "甲" not in first.extract_text()
    assert all(word in second.extract_text() for word in "甲乙丙")


def test_a_row_that_is_wider_than_its_grid_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="wider than its grid"):
        drawn(tmp_path, Grid((1, 1), (Row((Cell("一", across=3),)),)))


def test_four_cards_share_a_sheet_and_one_that_is_too_full_is_refused(tmp_path):
    cards = tuple((Text(f"卡片{n}"),) for n in range(6))
    pages = drawn(tmp_path, Cards(cards), geometry=CARDS)
    assert len(pages) == 2
    assert [f"卡片{n}" in pages[0].extract_text() for n in range(6)] == [True] * 4 + [False] * 2
    with pytest.raises(RenderFailed, match="一张卡放不下"):
        drawn(tmp_path, Cards((((Text("太长" * 2000)),),)), geometry=CARDS)


def test_the_page_shows_what_the_paper_has(tmp_path):
    blocks = (
        Title("组织网络图", "第一学期"),
        Spread(("学校：云岭中学", "2025年11月12日")),
        Grid((1, 2), (Row((label("姓名"), Cell("<b>张小雨</b>"))),)),
        Drawing(80, 20, (Shape(0, 0, 30, 10, "组长"), Shape(15, 10, 0, 5)), "组长一人"),
        CutLine("回　执"),
        Sealed("云岭中学", "2025年11月12日"),
        Turn(),
        Text("第二页"),
    )
    paper = laid_out("测试", "", *blocks)
    assert "&lt;b&gt;张小雨" in paper.body
    assert '<svg class="sheet-drawing"' in paper.body
    assert 'aria-label="组长一人"' in paper.body
    assert "style=" not in paper.body
    pages = drawn(tmp_path, *blocks)
    text = pages[0].extract_text()
    assert len(pages) == 2
    for word in ("组织网络图", "云岭中学", "张小雨", "组长", "回"):
        assert word in text
    # The chart is drawn in lines, not as a picture.
    assert "/XObject" not in pages[0]["/Resources"] or not pages[0].images


def test_the_index_of_a_bound_book_tells_the_page_each_record_begins_on(tmp_path):
    blocks = []
    for name in ("张小雨", "曾思源", "单明"):
        blocks += [Mark(name), Title(name), Turn()]
    pages = drawn(tmp_path, *blocks, Index("目录"))
    assert len(pages) == 4
    words = pages[-1].extract_text().split()
    for number, name in enumerate(("张小雨", "曾思源", "单明"), start=1):
        at = words.index(name)
        assert words[at - 1] == words[at + 1] == str(number)


def test_the_same_blocks_give_the_same_bytes(tmp_path):
    grid = Grid((1, 2), (Row((label("姓名"), Cell("张小雨"))),))
    paper = laid_out("测试", "", Title("表"), grid)
    files = []
    for name in ("a.pdf", "b.pdf"):
        paper.write(tmp_path / name, IMPRINT)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
