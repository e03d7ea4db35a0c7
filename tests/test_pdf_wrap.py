"""Line breaking: what a reader of Chinese expects at the edge of a line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.pdf.text import printable
from exports.pdf.wrap import CANNOT_END, CANNOT_START, wrap_text


def one_em(char: str) -> float:
    return 0.5 if ord(char) < 0x2E80 else 1.0


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        ("今天家访三户", 3, ["今天家", "访三户"]),
        ("孩子很好，奶奶放心。", 4, ["孩子很", "好，奶奶", "放心。"]),
        ("电话13812345678已接通", 6, ["电话", "13812345678", "已接通"]),
        ("谈了（学习）情况", 3, ["谈了", "（学", "习）情", "况"]),
        ("他家里说——好的", 5, ["他家里说——", "好的"]),
        ("他家里又说——好的", 5.5, ["他家里又", "说——好的"]),
        ("第一行\n第二行", 9, ["第一行", "第二行"]),
        ("一\n\n二", 9, ["一", "", "二"]),
        ("call home today", 5, ["call home", "today"]),
        ("", 5, [""]),
    ],
)
def test_a_line_ends_where_a_reader_expects_it(text, limit, lines):
    assert wrap_text(text, limit, one_em) == lines


def test_a_run_too_long_for_a_line_is_cut_hard():
    lines = wrap_text("网址" + "a" * 25, 5, one_em)
    assert "".join(lines) == "网址" + "a" * 25
    assert max(sum(map(one_em, line)) for line in lines) <= 5


@given(st.text(alphabet="家访谈心，。（）“”—…ab12 ；", max_size=60), st.integers(4, 12))
def test_nothing_is_lost_and_no_line_is_too_wide(text, limit):
    lines = wrap_text(text, limit, one_em)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(sum(map(one_em, line)) <= limit for line in lines)


@given(st.text(alphabet="家访，。（ab12", max_size=60), st.integers(5, 12))
def test_a_number_or_word_that_fits_on_a_line_is_never_cut(text, limit):
    lines = wrap_text(text, limit, one_em)
    for word in re.findall(r"[ab12]+", text):
        if len(word) * 0.5 <= limit:
            assert any(word in line for line in lines)


@given(st.text(alphabet="家访\n谈", max_size=30))
def test_every_line_feed_ends_a_line_and_empty_lines_are_kept(text):
    assert wrap_text(text, 99, one_em) == text.split("\n")


@given(st.text(alphabet="家访谈心，。（）ab", min_size=1, max_size=40))
def test_no_line_begins_with_a_closing_or_ends_with_an_opening_mark_when_it_can_help_it(text):
    lines = wrap_text(text, 10, one_em)
    for before, after in zip(lines, lines[1:], strict=False):
        marks = CANNOT_START | CANNOT_END
        if set(before) - marks and any(
            a not in CANNOT_END and b not in CANNOT_START and not (a + b).isascii()
            for a, b in zip(before, before[1:], strict=False)
        ):
            assert after[0] not in CANNOT_START
            assert before[-1] not in CANNOT_END


def test_control_bidi_and_invisible_characters_never_reach_the_paper():
    typed = "张\u202e三\u200b\x07\ufe0f\r\n李\t四\u2028王\ufeff"
    assert printable(typed) == "张三\n李 四\n王"
