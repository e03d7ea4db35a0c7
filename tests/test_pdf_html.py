"""Laid-out documents: faithful, confined to named photos, the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from exports.pdf.errors import RenderFailed
from exports.pdf.html import render_html
from exports.pdf.imprint import Imprint
from models.core.errors import NotFound
from tests.test_pdf_book import RARE, ROOT, needs, output

IMPRINT = Imprint(
    school="青坪中学", title="家访记录表", made_at=datetime(2025, 9, 1, 8), made_by="王文员"
)


def no_photo(number: str) -> Path:
    raise NotFound


def render(html: str, **more) -> bytes:
    return render_html(html, imprint=IMPRINT, images=more.pop("images", no_photo), **more)


def text_of(data: bytes, tmp_path: Path) -> str:
    needs("pdftotext")
    (tmp_path / "document.pdf").write_bytes(data)
    return output("pdftotext", "-layout", tmp_path / "document.pdf", "-")


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (400, 300), "#7a9e9f").save(path)
    return path


def test_a_document_carries_school_pages_maker_and_rare_characters(tmp_path):
    body = f"<h1>家访记录表</h1><p>{RARE} ☐☑☒✔</p><pdf:nextpage><p>第二张</p>"
    text = text_of(render(body), tmp_path)
    for expected in (*RARE, *"☐☑☒✔", "青坪中学", "2025年9月1日 08:00 由 王文员 制作"):
        assert expected in text
    assert "第1页共2页" in "".join(text.split())
    assert "第2页共2页" in "".join(text.split())


def test_all_fonts_of_a_document_with_photo_list_and_link_are_embedded(tmp_path, photo):
    needs("pdffonts")
    needs("qpdf")
    body = (
        "<ul><li>一</li><li><b>二</b></li></ul><a name='here'></a><p><i>斜</i></p>"
        "<table class='photos'><tr><td><img src='app-photo:7'><p>说明</p></td></tr></table>"
    )
    target = tmp_path / "photo.pdf"
    target.write_bytes(render(body, images=lambda number: photo))
    assert len(PdfReader(target).pages[0].images) == 1
    output("qpdf", "--check", target)
    for font in output("pdffonts", target).splitlines()[2:]:
        assert font.split()[-5:-2] == ["yes", "yes", "yes"], font


def test_the_photo_is_asked_for_by_its_number(photo):
    asked = []

    def images(number: str) -> Path:
        asked.append(number)
        return photo

    render("<img src='app-photo:41' style='height: 3cm'>", images=images)
    assert set(asked) == {"41"}


@pytest.mark.parametrize(
    "source",
    ["/etc/passwd", "../models/errors.py", "file:///etc/passwd", "http://127.0.0.1/x.png"],
)
def test_no_other_image_source_is_accepted(source):
    with pytest.raises(RenderFailed):
        render(f"<p>一</p><img src='{source}'>")


@pytest.mark.parametrize(
    "html",
    [
        "<style>@import url('/etc/hosts');</style><p>一</p>",
        "<link rel='stylesheet' href='http://127.0.0.1/x.css'><p>一</p>",
        "<style>p {{ background-image: url('{beside}'); }}</style><p>一</p>",
        "<pdf:insertpdf src='{beside}'>",
        "<style>@font-face {{ font-family: x; src: url('{font}'); }}</style>"
        "<p style='font-family: x'>a</p>",
    ],
)
def test_no_style_or_tag_reaches_a_file_beside_the_photos(html, photo):
    beside = photo.with_name("secret.jpg")
    Image.new("RGB", (40, 30)).save(beside)
    font = ROOT / "static" / "fonts" / "DejaVuSans-Symbols.ttf"
    body = (
        html.replace("{beside}", str(beside))
        .replace("{font}", str(font))
        .replace("{{", "{")
        .replace("}}", "}")
    )
    with pytest.raises(RenderFailed):
        render(body + "<img src='app-photo:1' style='height: 2cm'>", images=lambda number: photo)


def test_a_missing_photo_fails_with_the_reason_of_the_photo_library():
    with pytest.raises(NotFound):
        render("<img src='app-photo:9'>")


@pytest.mark.parametrize("typed", ["\U0001f600", "&#128512;", "&#x1F600;", "\ue863", "\U00031234"])
def test_a_character_no_font_has_is_stood_in_for_and_named(tmp_path, typed):
    needs("pdftotext")
    target = tmp_path / "page.pdf"
    target.write_bytes(render(f"<p>今天孩子{typed}很高兴</p>"))
    text = output("pdftotext", target, "-")
    point = ord(unescape(typed))
    assert "今天孩子〓很高兴" in text
    assert f"〓 代替字库中没有的字：U+{point:04X}" in text


def test_rare_ideographs_and_spaces_of_any_width_are_drawn(tmp_path):
    needs("pdftotext")
    needs("pdffonts")
    target = tmp_path / "page.pdf"
    target.write_bytes(render("<p>𠮷田𤭢㐀﨑⻢丽<b>𠀋</b>甲\u2009乙</p>"))
    text = output("pdftotext", target, "-")
    for char in "𠮷田𤭢㐀﨑⻢𠀋":
        assert char in text
    assert "甲 乙" in text
    assert "〓" not in text
    assert "RareHan" in output("pdffonts", target)
    target.write_bytes(render("<p>田</p>"))
    assert "RareHan" not in output("pdffonts", target)


def test_a_paragraph_cut_at_the_foot_of_a_page_gains_no_spaces(tmp_path):
    sentence = "孩子在校表现良好并按时完成作业"
    text = text_of(render(f"<div class='prose'><p>{sentence * 80}</p></div>"), tmp_path)
    lines = [line.strip() for line in text.splitlines() if "孩子" in line or "作业" in line]
    assert "".join(lines).count(sentence) == 80
    assert all(" " not in line for line in lines)


def test_a_text_of_many_lines_and_a_table_of_many_rows_come_out_whole(tmp_path):
    sentences = [f"第{n}句话。" for n in range(1, 120)]
    cells = [f"第{n}格里。" for n in range(1, 120)]
    rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    body = f"<p>{'<br/>'.join(sentences)}</p><table class='grid'>{rows}</table>"
    words = Counter(text_of(render(body), tmp_path).split())
    assert {word: words[word] for word in (*sentences, *cells)} == dict.fromkeys(
        (*sentences, *cells), 1
    )


def test_line_breaks_are_kept_numbers_stay_whole_and_no_line_begins_with_a_comma(tmp_path):
    words = "联系电话13812345678，每周六晚8:30通话；孩子说：“很好。”"
    text = text_of(render(f"<p>第一行<br>第二行</p><p>{words * 20}</p>"), tmp_path)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert "第一行" in lines
    assert "第二行" in lines
    assert text.count("13812345678") == 20
    assert not [line for line in lines if line[0] in "，。；：”"]


def test_the_heading_of_a_long_table_repeats_on_every_page(tmp_path):
    rows = "".join(f"<tr><td>{n}</td><td>内容</td></tr>" for n in range(120))
    table = f"<table class='grid'><thead><tr><th>序号</th><th>事项</th></tr></thead>{rows}</table>"
    pages = text_of(render(table), tmp_path).split("\f")[:-1]
    assert len(pages) > 3
    assert all("事项" in page for page in pages)


def test_margins_follow_the_standard_for_official_documents(tmp_path):
    needs("pdftotext")
    target = tmp_path / "margins.pdf"
    target.write_bytes(render(f"<p>{'正文' * 2000}</p>"))
    boxes = output("pdftotext", "-bbox", target, "-").splitlines()
    edges = [
        [float(part.split('"')[1]) for part in line.split()[1:5]]
        for line in boxes
        if "正文正文" in line
    ]
    mm = 72 / 25.4
    assert min(edge[0] for edge in edges) == pytest.approx(28 * mm, abs=2)
    assert max(edge[2] for edge in edges) <= (210 - 26) * mm + 1
    assert min(edge[1] for edge in edges) >= 37 * mm - 6
    assert max(edge[3] for edge in edges) <= (297 - 35) * mm + 6


def test_a_landscape_document_lies_across():
    page = PdfReader(BytesIO(render("<p>一</p>", landscape=True))).pages[0]
    assert page.mediabox.width > page.mediabox.height


BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.test_pdf_html import render
body = "<h1>一</h1><p>☑ 二</p><img src='app-photo:1' style='height: 3cm'><ul><li>三</li></ul>"
Path(sys.argv[1]).write_bytes(render(body, images=lambda number: Path(sys.argv[3])))
"""


def test_two_documents_under_different_clocks_are_the_same_bytes(tmp_path, photo):
    files = []
    for zone, epoch, seed in (("Asia/Shanghai", "1000000000", "1"), ("UTC+9", "1700000000", "2")):
        target = tmp_path / f"{seed}.pdf"
        subprocess.run(
            [sys.executable, "-c", BUILD, str(target), str(ROOT), str(photo)],
            env={"TZ": zone, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
        )
        files.append(target.read_bytes())
    assert files[0] == files[1]
    assert PdfReader(target).metadata["/CreationDate"] == "D:20250901080000+08'00'"
