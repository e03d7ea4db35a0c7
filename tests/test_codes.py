"""Closed vocabularies: labels, synonyms and refusals."""

from __future__ import annotations

import pytest

from models.core import codes
from models.core.errors import BadDeclaration, BadValue

TABLES = [table for table in vars(codes).values() if isinstance(table, codes.CodeTable)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_every_label_is_read_back_as_its_code(table):
    for code, label in table.choices:
        assert table.code_of(label) == code
        assert table.label(code) == label
        assert code in table


@pytest.mark.parametrize(
    ("table", "written", "label"),
    [
        (codes.ETHNIC, "汉", "汉族"),
        (codes.ETHNIC, "土家 族", "土家族"),
        (codes.ETHNIC, 36, "毛南族"),
        (codes.ETHNIC, "46", "德昂族"),
        (codes.ETHNIC, 1.0, "汉族"),
        (codes.RELATION, "爸爸", "父亲"),
        (codes.RELATION, "外婆", "外祖母"),
        (codes.RELATION, "姑", "姑母"),
        (codes.SEX, "１", "男"),
        (codes.BOARDING, "寄宿", "住校"),
        (codes.LEFT_BEHIND, "双亲留守", "双亲留守儿童"),
        (codes.LEFT_BEHIND, "非留守", "非留守儿童"),
        (codes.LEFT_BEHIND, "父母双方外出务工", "双亲留守儿童"),
    ],
)
def test_what_schools_write_is_understood(table, written, label):
    assert table.label(table.code_of(written)) == label


def test_the_56_groups_stand_in_the_order_of_the_standard():
    assert [code for code, _ in codes.ETHNIC.choices][:56] == [f"{n:02}" for n in range(1, 57)]


@pytest.mark.parametrize("written", ["1", "2", 1, "01"])
def test_a_bare_number_never_says_left_behind(written):
    with pytest.raises(BadValue, match="双亲留守"):
        codes.LEFT_BEHIND.code_of(written)


def test_a_refusal_lists_what_is_allowed():
    with pytest.raises(BadValue, match="走读、住校"):
        codes.BOARDING.code_of("半走读")


def test_one_word_for_two_codes_stops_the_start():
    with pytest.raises(BadDeclaration):
        codes.CodeTable("坏表", (("a", "甲", "同"), ("b", "乙", "同")))
