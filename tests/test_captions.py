"""Handed-out copies say where they come from; the picture above the caption stays untouched."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFont

from exports.documents.captions import caption_copy, wrap_caption
from models.core.errors import BadFile

LINES = ("四新中学 · 中秋亲情通话", "2025年10月6日 · 亲情室 · 摄影：王老师")
FONTS = Path(__file__).parent.parent / "static" / "fonts"


@pytest.fixture(scope="module")
def font():
    """The embedded Chinese font; a Latin one of the PDF library where it is not there."""
    import reportlab

    chinese = FONTS / "NotoSansSC-Regular.ttf"
    return chinese if chinese.is_file() else Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


@pytest.fixture
def display(tmp_path):
    path = tmp_path / "display.jpg"
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(path, quality=90)
    return path


def test_the_caption_stands_below_the_picture_and_the_picture_stays(display, tmp_path, font):
    caption_copy(display, tmp_path / "copy.jpg", LINES, font)
    with Image.open(display) as before, Image.open(tmp_path / "copy.jpg") as after:
        assert after.width == before.width
        assert after.height > before.height
        picture = after.crop((0, 0, 800, 592))
        difference = ImageChops.difference(picture, before.crop((0, 0, 800, 592)))
        assert max(high for _low, high in difference.getextrema()) < 24
        band = after.crop((0, 600, 800, after.height)).convert("L")
        assert band.getextrema()[0] < 90
        assert band.getextrema()[1] > 250


def test_the_caption_never_leaves_the_copy(display, tmp_path, font):
    caption_copy(display, tmp_path / "copy.jpg", ["很长的活动名称" * 60, "a" * 500], font)
    with Image.open(tmp_path / "copy.jpg") as after:
        band = after.crop((0, 604, 800, after.height)).convert("L")
        right_edge = band.crop((792, 0, 800, band.height))
        last_row = band.crop((0, band.height - 3, 800, band.height))
        assert right_edge.getextrema()[0] > 230
        assert last_row.getextrema()[0] > 230


def test_the_same_picture_and_lines_give_the_same_bytes(display, tmp_path, font):
    caption_copy(display, tmp_path / "a.jpg", LINES, font)
    caption_copy(display, tmp_path / "b.jpg", LINES, font)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_other_words_give_other_bytes(display, tmp_path, font):
    caption_copy(display, tmp_path / "a.jpg", ["2025-10-06"], font)
    caption_copy(display, tmp_path / "b.jpg", ["2025-10-07"], font)
    assert (tmp_path / "a.jpg").read_bytes() != (tmp_path / "b.jpg").read_bytes()


@pytest.mark.parametrize("lines", [(), ("", "  "), ("\u202e\x07",)])
def test_without_words_there_is_no_band(lines, display, tmp_path, font):
    caption_copy(display, tmp_path / "copy.jpg", lines, font)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert copy.size == (800, 600)


def test_control_and_bidi_characters_are_not_printed(display, tmp_path, font):
    caption_copy(display, tmp_path / "a.jpg", ["2025\u202e-10\x07-06\n2"], font)
    caption_copy(display, tmp_path / "b.jpg", ["2025-10-06 2"], font)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_a_thumbnail_can_carry_a_caption_too(tmp_path, font):
    Image.new("RGB", (40, 30)).save(tmp_path / "tiny.jpg")
    caption_copy(tmp_path / "tiny.jpg", tmp_path / "copy.jpg", LINES, font)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert copy.width == 40


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0"])
def test_a_broken_display_copy_is_a_bad_file(content, tmp_path, font):
    (tmp_path / "broken.jpg").write_bytes(content)
    with pytest.raises(BadFile, match="重新上传"):
        caption_copy(tmp_path / "broken.jpg", tmp_path / "copy.jpg", LINES, font)
    assert not (tmp_path / "copy.jpg").exists()


def test_a_row_does_not_begin_with_a_comma_and_numbers_stay_whole(font):
    letters = ImageFont.truetype(font, 20)
    width = letters.getlength("活动在亲情室举行") + 1
    assert wrap_caption("活动在亲情室举行，人到齐", letters, width) == [
        "活动在亲情室举行，",
        "人到齐",
    ]
    narrow = letters.getlength("2025-10-06") + 1
    assert wrap_caption("在2025-10-06", letters, narrow) == ["在", "2025-10-06"]


def test_a_long_line_is_cut_after_two_rows(font):
    letters = ImageFont.truetype(font, 20)
    rows = wrap_caption("事由" * 100, letters, 200)
    assert len(rows) == 2
    assert rows[1].endswith("…")
    assert all(letters.getlength(row) <= 200 for row in rows)
