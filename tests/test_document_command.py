"""All documents of a school from the command line: sound PDFs, whole texts, the same bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import datetime

import pytest
from pypdf import PdfReader

from admin.commands.documents_page import PAGE, PICTURED, documents_text
from app import main
from compliance.ordered.papers import DOCUMENTS
from exports.pdf import sheet as sheets
from exports.pdf.blocks import OFFICIAL
from models.core import calendar
from models.core.clock import Clock

# All documents are drawn once, by one worker: drawing them takes longer than all the tests.
pytestmark = pytest.mark.xdist_group("small demo")

MM = 72 / 25.4
# One of every way a paper is laid out; each is made twice.
TWICE = ("growth-booklet", "open-letter", "statistics-table", "asset-labels", "wall-poster")
PRINTER_EDGE = 5 * MM


@pytest.fixture(scope="module")
def school(small_demo):
    """A demo school in its own folder, and the command on it."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SCHOOL_DATA", str(small_demo))
    patch.delenv("DATABASE_URL", raising=False)
    yield small_demo.parent
    patch.undo()
    calendar.forget()


@pytest.fixture(scope="module")
def made(school):
    """Every document the school can make, drawn while each line is watched."""
    patch = pytest.MonkeyPatch()
    fitted, cut, pages = sheets.Sheet.fitted, [], {}

    def noted(sheet, line, size, room, font=sheets.REGULAR):
        shown = fitted(sheet, line, size, room, font)
        if shown != line:
            cut.append(line)
        return shown

    write = sheets.Sheet.write

    def sized(sheet, x, y, line, size, font=sheets.REGULAR):
        pages.setdefault(sheet.imprint.title, []).append(
            (x, y, x + sheet.widths[font].of(line) * size, size, line, sheet.paper)
        )
        write(sheet, x, y, line, size, font)

    patch.setattr(sheets.Sheet, "fitted", noted)
    patch.setattr(sheets.Sheet, "write", sized)
    assert main(["document", "--all", "--out", str(school / "all")]) == 0
    patch.undo()
    return school / "all", pages, cut


def test_every_document_is_made_in_one_command(made):
    names = [path.name for path in made[0].iterdir()]
    for document in DOCUMENTS.values():
        # No guardian of the demo school has agreed to a copy for the village.
        if document.maker is not None and document.code != "village-copy":
            assert any(name.startswith(document.code + "-") for name in names), document.code


def test_every_file_is_a_sound_pdf_with_its_fonts_in_subsets(made):
    if shutil.which("qpdf") is None or shutil.which("pdffonts") is None:
        pytest.skip("qpdf OR pdffonts IS NOT INSTALLED: the PDFs were NOT checked")
    for path in made[0].iterdir():
        done = subprocess.run(
            ["qpdf", "--check", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (path.name, done.stderr)
        told = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True)
        fonts = told.stdout.splitlines()[2:]
        assert fonts, path.name
        for font in fonts:
            embedded, subset = font.split()[-5:-3]
            assert (embedded, subset) == ("yes", "yes"), (path.name, font)


def test_nothing_is_written_beyond_what_a_printer_reaches_and_nothing_is_cut(made):
    _folder, pages, cut = made
    assert pages
    for title, written in pages.items():
        for x, y, end, size, line, (width, height) in written:
            assert x >= PRINTER_EDGE - 0.1, (title, line)
            assert end <= width - PRINTER_EDGE + 0.1, (title, line)
            assert PRINTER_EDGE <= y <= height - PRINTER_EDGE - size * 0.7, (title, line)
    # Only the running lines are shortened: they repeat what the sheet says at length.
    titles = set(pages)
    assert [line for line in cut if line not in titles and "制作" not in line] == []


def test_no_character_lacks_its_glyph(made):
    for path in made[0].iterdir():
        text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True)
        text = text.stdout.decode()
        assert "�" not in text, path.name
        assert "本页有字体中没有的字" not in text, path.name
        assert any("一" <= char <= "鿿" for char in text), path.name


def test_what_is_drawn_can_be_read_back(made):
    path = next(made[0].glob("open-letter-*"))
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(path).pages)
    drawn = [line for *_r, line, _p in made[1][PdfReader(path).metadata.title] if line.strip()]
    assert len(drawn) > 10
    for line in drawn:
        assert "".join(line.split()) in text


def test_official_papers_keep_the_geometry_of_the_standard(made):
    found = []

    def visit(text, _cm, matrix, _font, size):
        if text.strip():
            found.append((matrix[4], matrix[5], size, text.strip()))

    path = next(made[0].glob("open-letter-*"))
    for page in PdfReader(path).pages:
        found.clear()
        page.extract_text(visitor_text=visit)
        assert float(page.mediabox.height) == pytest.approx(297 * MM, abs=0.1)
        body = [one for one in found if not one[3].startswith("—")]
        assert min(x for x, *_ in body) == pytest.approx(OFFICIAL.left * MM, abs=0.5)
        assert max(y + size for _x, y, size, _t in body) <= (297 - OFFICIAL.top) * MM + 3
        assert min(y for _x, y, *_ in body) >= OFFICIAL.bottom * MM - 0.1
        assert any(size == 16 for *_xy, size, _t in body)
        assert any(text.startswith("—") for *_r, text in found)


@pytest.mark.parametrize("code", TWICE)
def test_the_same_records_give_the_same_bytes_on_another_day(
    made, school, monkeypatch, code, capsys
):
    first = next(path for path in made[0].iterdir() if path.name.startswith(code + "-"))
    monkeypatch.setattr(Clock, "now", lambda _self: datetime(2031, 5, 6, 7, 8))
    assert main(["document", "--all", "--only", code, "--out", str(school / "again")]) == 0
    again = school / "again" / first.name
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, again)]
    assert digests[0] == digests[1]


def test_the_page_of_the_documents_is_current_and_its_pictures_are_there():
    assert PAGE.read_text("utf-8") == documents_text(), "run: python app.py document --docs"
    assert len(set(PICTURED)) == 12
    for code in PICTURED:
        assert (PAGE.parent / "screenshots" / f"document-{code}.png").is_file(), code


def test_the_list_tells_every_document_as_json(capsys):
    assert main(["document", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in listed] == list(DOCUMENTS)
    assert {one["made_by"] for one in listed} == {"document", "page"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no-such"], "没有代码为"),
        (["talk-record"], "--for"),
        (["register-book"], "--of"),
        (["talk-record", "--for", "x"], "编号"),
        (["talk-record", "--for", "99999999"], "没有找到"),
        (["inspection-bundle"], "自己的页面"),
    ],
)
def test_a_wrong_order_is_answered_plainly_and_writes_nothing(school, words, told, capsys):
    target = school / "wrong.pdf"
    assert main(["document", *words, "--out", str(target)]) == 1
    assert told in capsys.readouterr().err
    assert not target.exists()
