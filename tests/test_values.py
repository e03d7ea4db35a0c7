"""The rules for single values: what is accepted, how it is normalised, what is refused and why."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from models.core import values
from models.core.errors import BadValue
from models.core.values import Refusal

GOOD_IDS = ["11010519491231002X", "440524188001010014"]
digits17 = st.tuples(
    st.sampled_from(["110105", "522224", "522225", "341321"]),
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)),
    st.integers(0, 999),
).map(lambda parts: f"{parts[0]}{parts[1]:%Y%m%d}{parts[2]:03}")


def code_of(call, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert any("\u4e00" <= char <= "\u9fff" for char in str(caught.value))
    return caught.value.code


@pytest.mark.parametrize("number", GOOD_IDS)
def test_the_published_id_numbers_are_accepted(number):
    assert values.clean_id_number(number) == number


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X ",
        "'11010519491231002X",
    ],
)
def test_an_id_number_typed_otherwise_is_the_same_number(typed):
    assert values.clean_id_number(typed) == "11010519491231002X"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (5.222252012030536e17, "number-cell"),
        (522225201203053600, "number-cell"),
        ("5.22225E+17", "number-cell"),
        ("522225201203053000", "number-cell"),
        ("110105194912310021", "check-digit"),
        ("110105491231002", "id-format"),
        ("1101051949123100", "id-format"),
        ("11010519491331002X", "id-date"),
        ("", "id-missing"),
        (None, "id-missing"),
    ],
)
def test_a_wrong_id_number_is_refused_with_its_reason(raw, code):
    assert code_of(values.clean_id_number, raw) == code


def test_a_numeric_cell_says_to_set_the_column_to_text():
    with pytest.raises(BadValue, match="请把该列设为文本格式后重新填写"):
        values.clean_id_number(5.222252012030536e17)


@given(digits17)
def test_the_check_character_agrees_with_an_independent_library(seventeen):
    number = seventeen + values.check_character(seventeen)
    assert values.check_character(seventeen) == ric.calc_check_digit(number)
    assert values.clean_id_number(number) == number
    assert values.birth_of_id(number) == ric.get_birth_date(number)
    assert values.sex_of_id(number) == {1: "1", 0: "2"}[int(number[16]) % 2]


@given(digits17, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(seventeen, place, shift):
    number = seventeen + values.check_character(seventeen)
    other = str((int(number[place]) + shift) % 10)
    with pytest.raises(BadValue):
        values.clean_id_number(number[:place] + other + number[place + 1 :])


def test_an_unknown_district_is_only_noticed():
    number = "99010520120901001"
    number += values.check_character(number)
    assert values.clean_id_number(number) == number
    assert not values.district_is_known(number)


@pytest.mark.parametrize(
    "number", ["G11010519491231002X", "g11010519491231002x", "L522225201209011234"]
)
def test_school_numbers_of_each_kind_are_accepted(number):
    assert values.clean_school_number(number) == number.upper()


@pytest.mark.parametrize(
    "number", ["11010519491231002X", "G110105194912310021", "X110105194912310021", 5.2e17, None]
)
def test_a_wrong_school_number_is_refused(number):
    assert code_of(values.clean_school_number, number) == "school-number"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13812345678", "13812345678"),
        (13812345678.0, "13812345678"),
        ("１３８ 1234-5678", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("13812345678（父）", "13812345678"),
        ("0856—8120041", "0856-8120041"),
        ("（0856）8120041", "0856-8120041"),
        ("08568120041", "0856-8120041"),
        ("010-62345678", "010-62345678"),
        ("0856-8120041转12", "0856-8120041-12"),
    ],
)
def test_a_phone_number_is_normalised(typed, kept):
    assert values.clean_phone(typed) == kept


@pytest.mark.parametrize("typed", ["12812345678", "1381234567", "8120041", "无", "", None, "12355"])
def test_what_is_no_phone_number_is_refused(typed):
    assert code_of(values.clean_phone, typed) == "phone"


def test_a_service_number_is_accepted_only_where_asked_for():
    assert values.clean_phone("12355", service=True) == "12355"
    assert values.clean_phone("400-810-0000", service=True) == "4008100000"


@pytest.mark.parametrize(
    "cell",
    [
        "13812345678/13987654321",
        "13812345678、13987654321",
        "13812345678 13987654321",
        "1381234567813987654321",
        "父：13812345678\n母：13987654321",
        "13812345678或13987654321",
    ],
)
def test_two_numbers_in_one_cell_are_both_kept(cell):
    assert values.clean_phones(cell) == ["13812345678", "13987654321"]


def test_spaces_inside_one_number_do_not_split_it():
    assert values.clean_phones("138 1234 5678") == ["13812345678"]


@pytest.mark.parametrize(
    "written",
    [
        "2012-09-01",
        "2012.9.1",
        "2012/9/1",
        "20120901",
        20120901.0,
        "2012年9月1日",
        "２０１２年９月１日",
        "二〇一二年九月一日",
        "2012-09-01 00:00:00",
        41153,
        41153.25,
        "41153",
        dt.date(2012, 9, 1),
        dt.datetime(2012, 9, 1, 8, 30),
    ],
)
def test_a_date_is_read_however_it_is_written(written):
    assert values.clean_date(written) == dt.date(2012, 9, 1)


@pytest.mark.parametrize("written", ["2012.9", 2012.9, "2012年9月", "201209", "2012-09"])
def test_a_month_alone_is_read_as_its_first_day_and_marked(written):
    assert values.read_date(written) == (dt.date(2012, 9, 1), True)
    assert code_of(values.clean_date, written) == "date"


@pytest.mark.parametrize(
    "written",
    ["12.9.1", "2012.2.30", "2012", "9月1日", 2012.1, True, "明天", "", None, "2412-01-01"],
)
def test_what_is_no_full_date_is_refused(written):
    assert code_of(values.read_date, written) == "date"


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31)))
def test_every_date_survives_each_way_of_writing(day):
    ways = [
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    ]
    ways.append((day - dt.date(1899, 12, 30)).days)
    assert {values.clean_date(way) for way in ways} == {day}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("马\u3000欢勇", "马欢勇"),
        (" 张 三 ", "张三"),
        ("买买提•阿里", "买买提·阿里"),
        ("买买提．阿里", "买买提·阿里"),
        ("买买提.阿里", "买买提·阿里"),
        ("张\u200b三\u202e", "张三"),
        ("龙䶮雨", "龙䶮雨"),
        ("\U0002ca02明", "\U0002ca02明"),
        ("Anna  Smith", "Anna Smith"),
    ],
)
def test_a_name_is_normalised_without_losing_a_character(typed, kept):
    assert values.clean_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"), [("", "name-missing"), ("\u3000", "name-missing"), (12, "name-format")]
)
def test_what_is_no_name_is_refused(typed, code):
    assert code_of(values.clean_name, typed) == code


@pytest.mark.parametrize(
    "written",
    [
        "七（1）班",
        "七(1)班",
        "7.1班",
        "701",
        701.0,
        "初一1班",
        "初一（1）班",
        "七年级1班",
        "七年级（一）班",
        "七 年级 1 班",
        "7年级01班",
        "初中一年级1班",
        "七1班",
        "7-1",
    ],
)
def test_a_class_is_read_however_it_is_written(written):
    assert values.clean_class_name(written) == (7, 1)


@given(st.integers(1, 9), st.integers(1, 60))
def test_the_shown_class_name_is_read_back(grade, number):
    assert values.clean_class_name(values.class_label(grade, number)) == (grade, number)
    assert values.clean_class_parts(f"{grade}年级", f"{number}班") == (grade, number)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("七年级", "class-number"),
        ("初三", "class-number"),
        ("高一1班", "class"),
        ("31", "class"),
        ("", "class-missing"),
        ("大班", "class"),
    ],
)
def test_what_is_no_class_is_refused(written, code):
    assert code_of(values.clean_class_name, written) == code


@pytest.mark.parametrize(
    ("written", "truth"),
    [
        ("是", True),
        ("√", True),
        ("有", True),
        (1, True),
        ("否", False),
        ("无", False),
        (False, False),
    ],
)
def test_yes_and_no_are_read(written, truth):
    assert values.clean_bool(written) is truth


def test_anything_but_yes_and_no_is_refused():
    assert code_of(values.clean_bool, "也许") == "bool"


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("12.50元", 1250),
        ("￥1,250", 125000),
        (0.1 + 0.2, 30),
        (19.99, 1999),
        ("0", 0),
        ("壹仟贰佰伍拾元", 125_000),
        ("人民币 壹仟贰佰伍拾元整", 125_000),
        ("拾元", 1_000),
        ("壹仟零伍元叁角", 100_530),
        ("贰拾万零叁佰圆伍角陆分", 20_030_056),
        ("叁万零贰元正", 3_000_200),
    ],
)
def test_money_is_kept_in_fen(typed, fen):
    assert values.clean_money_fen(typed) == fen


@pytest.mark.parametrize(
    "typed",
    [
        "1.234",
        "-3",
        "很多",
        "1,25",
        "",
        "1e99",
        True,
        "nan",
        "壹仟贰元",
        "叁万贰元",
        "贰佰壹仟元",
        "元整",
        "万元",
        "零元",
    ],
)
def test_what_is_no_amount_is_refused(typed):
    assert code_of(values.clean_money_fen, typed) == "number"


@given(st.integers(-(10**9), 10**9))
def test_a_decimal_survives_as_a_scaled_integer(scaled):
    assert values.clean_scaled(f"{scaled / 10:.1f}", 1) == scaled
    assert values.clean_scaled(scaled / 10, 1) == scaled


def test_limits_are_named_in_the_message():
    with pytest.raises(BadValue, match=r"最大为 250\.0"):
        values.clean_scaled("300cm", 1, unit="cm", high=2500)
    assert code_of(values.clean_int, "3.5") == "number"


@pytest.mark.parametrize(
    "typed",
    [
        "3'25\"",
        "3’25”",
        "3′25″",
        "3:25",
        "3：25",
        "3分25秒",
        "205秒",
        dt.time(3, 25),
        dt.time(0, 3, 25),
    ],
)
def test_a_running_time_is_read_in_seconds(typed):
    assert values.clean_duration_seconds(typed) == 205


@pytest.mark.parametrize("typed", ["3.25", 3.25, 205, "3:75", "", None])
def test_a_doubtful_running_time_is_refused(typed):
    assert code_of(values.clean_duration_seconds, typed) == "duration"


def test_moments_are_whole_seconds_without_zone():
    expected = dt.datetime(2026, 3, 1, 14, 5)
    for typed in ("2026-03-01T14:05", "2026年3月1日14:05", "2026/3/1 下午2点5分"):
        assert values.clean_datetime(typed) == expected
    assert values.clean_datetime("2026-03-01") == dt.datetime(2026, 3, 1)
    assert code_of(values.clean_datetime, "2026-03-01上午") == "time"
    assert code_of(values.clean_time, "25:00") == "time"


def test_invisible_characters_are_stripped_but_line_breaks_stay():
    assert values.clean_text("\u202e一\x00行\u200b\r\n二行 \u3000") == "一行\n二行"


def test_masks_show_no_more_than_agreed():
    assert values.mask_name("欧阳娜娜") == "欧**"
    assert values.mask_id_number("11010519491231002X") == "**************002X"
    assert values.mask_school_number("G11010519491231002X") == "***************002X"
    assert values.mask_phone("13812345678") == "138****5678"
    assert values.mask_phone("0856-8120041") == "0856-****041"
    assert values.mask_address("某县和平镇花园村二组12号") == "某县和平镇花园村**"
    assert values.mask_address("和平镇三组") == "和平镇**"


def test_names_inside_a_text_are_masked_longest_first():
    masked = values.mask_names_in("张三丰与张三谈话，李 四在场", ["张三", "张三丰", "李四", "在"])
    assert masked == "张**与张**谈话，李**在场"


@pytest.mark.parametrize(
    "nonsense", ["", None, "²", "９", "-1", "+1", "1e3", " 1", "1.0", "9" * 5000]
)
def test_what_is_no_number_in_an_address_is_none_at_all(nonsense):
    assert values.whole(nonsense) is None


def test_a_number_in_an_address_stays_within_its_bounds():
    assert [values.whole(text) for text in ("0", "007", str(2**63 - 1))] == [0, 7, 2**63 - 1]
    assert values.whole(str(2**63)) is None
    assert [values.whole(str(n), least=1, most=3) for n in range(5)] == [None, 1, 2, 3, None]
