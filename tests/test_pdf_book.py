"""Register books: complete, legible by machines, the same bytes every time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from exports.pdf.book import BookColumn, Cover, write_book
from exports.pdf.columns import ACROSS_WIDTH, PADDING, choose_layout
from exports.pdf.imprint import Imprint
from exports.pdf.sheet import CharWidths
from exports.pdf.stamp import stamp_personal_copy
from exports.pdf.wrap import wrap_text
from tests.paper import watched

ROOT = Path(__file__).parents[1]
IMPRINT = Imprint(
    school="青坪中学留守儿童之家",
    title="家访记录册",
    subtitle="2025—2026学年第一学期",
    made_at=datetime(2025, 12, 30, 16, 5),
    made_by="王文员",
    edition="督查版·已遮蔽",
)
COLUMNS = [BookColumn("序号", align="centre"), BookColumn("学生"), BookColumn("情况")]
# The first is named by the standard's 8,105, the last two lie beyond U+FFFF.
RARE = "㛃䶮𫟼𠅤"

pytestmark = pytest.mark.filterwarnings("error")


def needs(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} IS NOT INSTALLED: the PDF was NOT checked by another program")


def output(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def book(target: Path, rows, **more) -> Path:
    write_book(target, columns=COLUMNS, rows=iter(rows), imprint=IMPRINT, **more)
    return target


def numbered(count: int) -> list[list[str]]:
    return [[str(n), f"张{n}", "已家访，孩子情况良好。" * (n % 4 + 1)] for n in range(1, count + 1)]


@pytest.fixture(scope="module")
def hundred(tmp_path_factory) -> Path:
    rows = [*numbered(99), ["100", RARE, "☐ 未签 ☑ 已签 ☒ ✔ ● ◐ ○ ◇ ◆"]]
    target = tmp_path_factory.mktemp("book") / "book.pdf"
    return book(target, rows, cover=Cover((("档号", "06·2025-D10-0003"),)), blank_rows=5)


def test_every_row_header_and_page_number_can_be_read_back(hundred):
    needs("pdftotext")
    text = output("pdftotext", "-layout", hundred, "-")
    pages = text.split("\f")[1:-1]
    for number in range(1, 100):
        assert f"张{number}" in text
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页共{len(pages)}页" in "".join(page.split())
        assert "序号" in page
        assert "2025年12月30日 16:05 由 王文员 制作" in page
        assert "督查版·已遮蔽" in page


def test_rare_characters_and_symbols_survive_copying_from_the_pdf(hundred):
    needs("pdftotext")
    text = output("pdftotext", hundred, "-")
    for char in RARE + "☐☑☒✔●◐○◇◆":
        assert char in text


def test_the_file_is_sound_and_all_fonts_are_embedded_subsets_with_unicode(hundred):
    needs("qpdf")
    needs("pdffonts")
    output("qpdf", "--check", hundred)
    fonts = output("pdffonts", hundred).splitlines()[2:]
    assert fonts
    for font in fonts:
        assert font.split()[-5:-2] == ["yes", "yes", "yes"], font


BUILD = """
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.test_pdf_book import book, numbered, Cover
book(Path(sys.argv[1]), numbered(300), cover=Cover((("档号", "1"),)), blank_rows=3)
"""


def test_two_builds_under_different_clocks_are_the_same_bytes(tmp_path):
    files = []
    for zone, epoch, seed in (("Asia/Shanghai", "1000000000", "1"), ("UTC+9", "1700000000", "2")):
        target = tmp_path / f"{seed}.pdf"
        subprocess.run(
            [sys.executable, "-c", BUILD, str(target), str(ROOT)],
            env={"TZ": zone, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
        )
        files.append(target.read_bytes())
    assert files[0] == files[1]


def test_the_creation_date_is_the_made_at_of_the_imprint(hundred):
    info = PdfReader(hundred).metadata
    assert info["/CreationDate"] == info["/ModDate"] == "D:20251230160500+08'00'"
    assert info.title == "家访记录册"


def test_a_row_taller_than_a_page_goes_on_overleaf_without_losing_a_character(tmp_path):
    needs("pdftotext")
    sentences = [f"第{n}句话。" for n in range(1, 900)]
    target = book(tmp_path / "long.pdf", [["1", "张三", "\n".join(sentences)], ["2", "李四", "好"]])
    words = Counter(output("pdftotext", "-raw", target, "-").split())
    assert {sentence: words[sentence] for sentence in sentences} == dict.fromkeys(sentences, 1)
    text = output("pdftotext", target, "-")
    assert len(PdfReader(target).pages) > 2
    assert "李四" in text


# Each begins at its left edge, so that a line tells by its place which column it is of.
LEFT = [BookColumn("序号"), BookColumn("学生"), BookColumn("情况")]


def left_book(target, rows):
    write_book(target, columns=LEFT, rows=iter(rows), imprint=IMPRINT)


def columns_of(paper):
    """The lines of each column, left to right, in the order they were drawn."""
    lines = paper.body(but=IMPRINT.subtitle)
    places = sorted({line.x for line in lines})
    return [[line for line in lines if line.x == x] for x in places]


def stories():
    """Rows of every height from a line to several pages, so that every foot of a page is met."""
    for number in range(1, 100):
        long = "".join(f"{number}之{k}句话，" for k in range(number * 7 % 61))
        short = "\n".join(f"{number}的{k}" for k in range(number * 5 % 17))
        yield [str(number), short, long * 3 if number % 31 == 0 else long]
    yield ["100", "末", "".join(f"末之{k}句话。" for k in range(900))]


def test_every_character_of_every_row_is_drawn_once_and_in_order_across_all_pages(
    tmp_path, monkeypatch
):
    paper, rows = watched(monkeypatch), list(stories())
    left_book(tmp_path / "book.pdf", rows)
    for column, place in zip(columns_of(paper), range(3), strict=True):
        expected = "".join(row[place].replace("\n", "") for row in rows)
        assert "".join(line.text for line in column) == expected


def test_no_line_is_drawn_over_another_or_off_the_page_and_no_page_is_left_half_empty(
    tmp_path, monkeypatch
):
    paper = watched(monkeypatch)
    left_book(tmp_path / "book.pdf", stories())
    sheet, columns = paper.sheet, columns_of(paper)
    pages = range(1, sheet.page + 1)
    assert len(pages) > 15
    for column in columns:
        for page in pages:
            heights = [line.y for line in column if line.page == page]
            assert heights == sorted(heights, reverse=True)
            gaps = [above - below for above, below in zip(heights, heights[1:], strict=False)]
            assert not gaps or min(gaps) > 10
    lines = [line for column in columns for line in column]
    lowest = [min(line.y for line in lines if line.page == page) for page in pages]
    body = sheet.top - sheet.bottom
    assert len([line for line in paper.lines if line.y < sheet.bottom]) == 3 * len(pages)
    assert max(lowest[:-1]) < sheet.bottom + 0.4 * body


def test_a_page_is_filled_to_the_last_row_and_one_row_more_opens_the_next(tmp_path, monkeypatch):
    paper = watched(monkeypatch)

    def pages(count):
        paper.clear()
        left_book(tmp_path / "book.pdf", [[str(n), "张", "好"] for n in range(count)])
        return Counter(line.page for line in columns_of(paper)[2])

    many = pages(160)
    first, others = many[1], set(list(many.values())[1:-1])
    assert len(others) == 1  # Every page without the title holds as many rows as the next.
    assert first < min(others)
    assert pages(first) == {1: first}
    assert pages(first + 1) == {1: first, 2: 1}


def test_an_empty_register_says_so_and_blank_rows_make_a_book_to_write_in(tmp_path):
    needs("pdftotext")
    assert "本册暂无记录" in output("pdftotext", book(tmp_path / "none.pdf", []), "-")
    blank = book(tmp_path / "blank.pdf", [], blank_rows=40)
    assert "本册暂无记录" not in output("pdftotext", blank, "-")
    assert len(PdfReader(blank).pages) == 2


@pytest.mark.parametrize("position", [3, 450])
def test_a_character_no_font_has_is_stood_in_for_and_named_below_its_page(tmp_path, position):
    needs("pdftotext")
    rows = numbered(500)
    rows[position - 1][1] = "张\U0001f600"
    pages = output("pdftotext", book(tmp_path / "book.pdf", rows), "-").split("\f")
    (page,) = [page for page in pages if "张〓" in page]
    assert "〓 代替字库中没有的字：U+1F600" in page
    assert sum("〓" in other for other in pages) == 1


def test_no_character_stops_a_book(tmp_path):
    every = [chr(point) for start in range(0x80, 0x110000, 0x400) for point in (start, start + 77)]
    rows = [["1", "题", " ".join(every)], ["2", "emoji", "👨‍👩‍👧👍🏽🇨🇳"]]
    title = replace(IMPRINT, title="册😀", school="校🏫", made_by="员\ue863")
    cover = Cover((("学期🎉", "值\U00030edd"),))
    target = tmp_path / "book.pdf"
    columns = [BookColumn(label) for label in ("号🔢", "名", "文")]
    write_book(target, columns=columns, rows=iter(rows), imprint=title, cover=cover)
    assert len(PdfReader(target).pages) >= 2


def test_a_failed_rebuild_keeps_the_earlier_book(tmp_path):
    earlier = book(tmp_path / "book.pdf", numbered(2)).read_bytes()

    def cut():
        yield from numbered(300)
        raise OSError("the records end in the middle")

    with pytest.raises(OSError, match="in the middle"):
        book(tmp_path / "book.pdf", cut())
    assert (tmp_path / "book.pdf").read_bytes() == earlier


def test_a_wide_register_lies_across_and_a_narrow_one_stands_upright():
    narrow = [BookColumn("序号", 12), BookColumn("姓名", 25)]
    wide = [BookColumn(f"第{n}栏", 30) for n in range(8)]
    assert not choose_layout(narrow, [], len).landscape
    layout = choose_layout(wide, [], len)
    assert layout.landscape
    assert sum(layout.widths) == pytest.approx(261 * 72 / 25.4)


def test_a_phone_number_is_not_broken_even_in_a_crowded_table():
    columns = [BookColumn("电话"), *(BookColumn(f"说明{n}") for n in range(6))]
    rows = [["13812345678", *(["长" * 60] * 6)]]
    layout = choose_layout(columns, rows, lambda text: len(text) * 0.55)
    assert layout.widths[0] > 11 * 0.55 * layout.size


def test_where_there_is_no_room_words_give_way_before_numbers_and_names():
    columns = [BookColumn(f"栏{n}") for n in range(12)]
    columns += [BookColumn("内容", 62), BookColumn("反映", 62)]
    texts = ["2026-11-24", "赵悦瑶", "心理和法律方面的服务", "15078991827"]
    row = [texts[n % 4] for n in range(12)] + ["很长的话" * 20] * 2
    layout = choose_layout(columns, [row] * 3, CharWidths().of)
    for text, width in zip(row[:12], layout.widths, strict=False):
        if text in (texts[0], texts[1], texts[3]):
            room = (width - 2 * PADDING) / layout.size
            assert wrap_text(text, room, CharWidths().of) == [text], text
    assert sum(layout.widths) <= ACROSS_WIDTH + 0.01


def test_a_personal_copy_carries_the_name_on_every_page_and_leaves_the_source_alone(
    hundred, tmp_path
):
    needs("pdftotext")
    before = hundred.read_bytes()
    copy = tmp_path / "copy.pdf"
    stamp_personal_copy(hundred, copy, "李老师 2025年12月31日 08:12 下载")
    pages = output("pdftotext", copy, "-").split("\f")[:-1]
    assert len(pages) == len(PdfReader(hundred).pages)
    assert all("李老师 2025年12月31日 08:12 下载" in page for page in pages)
    assert hundred.read_bytes() == before


def test_declaring_a_book_loads_no_drawing_library():
    code = (
        "import sys, exports.pdf.book, exports.pdf.html, exports.pdf.stamp;"
        "heavy = {'reportlab', 'xhtml2pdf', 'pypdf', 'PIL'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_program_starts_without_drawing_libraries_and_dictionaries():
    code = (
        "import sys, app;"
        "heavy = {'reportlab', 'xhtml2pdf', 'pypdf', 'PIL', 'pypinyin'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
