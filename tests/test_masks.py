"""What a mask leaves of a value: exactly what is agreed, whatever the value looks like."""

from __future__ import annotations

import pytest

from models.core import values

WHOLE = {
    values.mask_name: ("张小雨", "张三", "岑", "欧阳娜娜", "阿依古丽·买买提"),
    values.mask_id_number: ("11010519491231002X", "520624201205060020", "1234", "12345", "X"),
    values.mask_phone: ("13985671234", "0856-8120041", "021-61234567-803", "12345", "0856-812"),
    values.mask_address: ("某县和平镇花园村二组12号", "和平镇三组", "某县城关", "世纪城3栋", "号"),
}


@pytest.mark.parametrize(
    ("mask", "value", "left"),
    [
        (values.mask_name, "张三", "张**"),
        (values.mask_name, "阿依古丽·买买提", "阿**"),
        (values.mask_name, "岑", "岑**"),
        (values.mask_id_number, "520624201205060020", "**************0020"),
        (values.mask_id_number, "12345", "*2345"),
        (values.mask_id_number, "1234", "****"),
        (values.mask_id_number, "X", "*"),
        (values.mask_phone, "13985671234", "139****1234"),
        (values.mask_phone, "021-61234567", "021-****567"),
        (values.mask_phone, "0856-8120041-803", "0856-****041"),
        (values.mask_phone, "0856-812", "********"),
        (values.mask_phone, "12345", "*****"),
        (values.mask_phone, "139856712345", "************"),
        (values.mask_address, "某县和平镇花园村二组12号", "某县和平镇花园村**"),
        (values.mask_address, "云岭街道学府社区3栋", "云岭街道学府社区**"),
        (values.mask_address, "云岭镇街上居委会5号", "云岭镇街上居委会**"),
        (values.mask_address, "某县和平镇花园村", "某县和平镇花园村"),
        (values.mask_address, "和平镇三组", "和平镇**"),
        (values.mask_address, "某县和平镇三组", "某县和平镇**"),
        (values.mask_address, "某区和平街道三组", "某区和平街道**"),
        (values.mask_address, "某县和平乡三组", "某县和平乡**"),
        (values.mask_address, "某市某县城关12号", "某市某县**"),
        (values.mask_address, "某市城关12号", "某市**"),
        (values.mask_address, "某省某州城关12号", "某省某州**"),
        (values.mask_address, "某区城关12号", "某区**"),
        (values.mask_address, "三组12号", "**"),
    ],
)
def test_a_mask_leaves_exactly_what_is_agreed(mask, value, left):
    assert mask(value) == left


@pytest.mark.parametrize("mask", list(WHOLE))
def test_nothing_stays_nothing(mask):
    assert mask("") == ""


@pytest.mark.parametrize("mask", [values.mask_name, values.mask_id_number, values.mask_phone])
def test_what_is_masked_is_never_the_value_itself(mask):
    for value in WHOLE[mask]:
        assert mask(value) != value


def test_the_mask_of_a_name_does_not_tell_how_long_it_is():
    assert {len(values.mask_name(name)) for name in WHOLE[values.mask_name]} == {3}


def test_every_number_in_a_text_is_masked_and_the_words_around_it_stay():
    said = "妈妈13985671234，爸爸 19912345678；办公室0856-8120041转803，上海021-61234567"
    assert values.mask_numbers(said) == (
        "妈妈139****1234，爸爸 199****5678；办公室0856-****041转803，上海021-****567"
    )


@pytest.mark.parametrize("said", ["2025-10-28 16:20", "六级12345678", "第0856次", "身高156"])
def test_what_is_no_phone_number_stays_as_written(said):
    assert values.mask_numbers(said) == said


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("张小雨和妈妈李秀英通话", ["张小雨", "李秀英"], "张**和妈妈李**通话"),
        ("张小雨、张小雨", ["张小雨"], "张**、张**"),
        ("“张”小雨，张*小(雨)", ["张小雨"], "“张**，张**)"),
        ("张 小雨和张小\u3000雨", ["张小雨"], "张**和张**"),
        ("买买提.阿里", ["买买提xA里", "买买提.阿里"], "买**"),
        ("三丰张三丰", ["张三", "张三丰"], "三丰张**"),
        ("李大李大明", ["李大", "李大明"], "李**李**"),
        ("今天田禾没有来", [], "今天田禾没有来"),
        ("田野里的田", ["田"], "田野里的田"),
        ("", ["张小雨"], ""),
    ],
)
def test_names_are_masked_wherever_they_stand_and_nothing_else_is(text, names, left):
    assert values.mask_names_in(text, names) == left


def test_a_mask_is_not_masked_again():
    """One pass: 张** must not become the start of another name."""
    assert values.mask_names_in("张小雨**", ["张小雨", "张**"]) == "张****"


# ---- written otherwise ---------------------------------------------------------------------------

OTHERWISE = [
    "138 1234 5678",
    "139-8765-4321",
    "１３８１２３４５６７８",
    "08561234567",
    "0856 1234567",
    "（0856）1234567",
    "+8613812345678",
    "0086 138 1234 5678",
    "138\n1234\t5678",
    "1 3 8 1 2 3 4 5 6 7 8",
    "138.1234.5678",
    "138（1234）5678",
    "一三八一二三四五六七八",
    "壹叁捌壹贰叁肆伍陆柒捌",
    "①③⑧①②③④⑤⑥⑦⑧",
    "138,1234,5678",
    "138：1234：5678",
    "138*1234*5678",
    "86-856-8120042",
    "8120041",
]


def test_a_phone_number_is_masked_however_it_is_written():
    plain = [said for said in OTHERWISE if values.mask_numbers(f"电话{said}。") == f"电话{said}。"]
    assert not plain


def test_an_identity_number_in_a_text_is_masked():
    said = values.mask_numbers(values.mask_names_in("身份证520624201205060020号", ["张小雨"]))
    assert "520624201205060020" not in said


def test_a_name_split_by_a_line_break_is_masked():
    plain = [s for s in ("张\n小雨", "张  小雨", "张\t小雨") if "小雨" in _masked(s)]
    assert not plain


def _masked(said):
    return values.mask_names_in(said, ["张小雨"])


def test_an_address_is_never_shown_below_village_town_or_district():
    said = values.mask_address("贵阳市观山湖区金阳南路6号世纪城龙耀苑小区3栋2单元501")
    assert said == "贵阳市观山湖区**"


IDENTITIES = [
    "520624201205060020",
    "520624 20120506 0020",
    "520624-20120506-002X",
    "５２０６２４２０１２０５０６００２０",
    "520624120506002",
    "G520624201205060020",
    "6222021234567890123",
    "520624，20120506，0020",
    "6222 0212 3456 7890 123",
]


@pytest.mark.parametrize("number", IDENTITIES)
def test_an_identity_number_is_masked_however_it_is_written(number):
    for said in (f"证件{number}。", f"{number}", f"号{number}\n"):
        left = values.mask_numbers(said)
        assert "20120506" not in left.replace(" ", "").replace("-", ""), said
        assert "120506" not in left
        assert "123456789" not in left


@pytest.mark.parametrize(
    "said",
    [
        "编号20251028001",
        "价格1,234,567.00",
        "2025年10月28日",
        "13.5 14.2 16.1 17",
        "sha256 3f786850e387550fdab836ed7e6dc881de23001b13812345678000000000000f",
        "七（1）班135人",
    ],
)
def test_what_only_looks_like_a_number_of_somebody_stays(said):
    assert values.mask_numbers(said) == said


@pytest.mark.parametrize("said", ["身份证后六位060020", "护照E12345678", "VX：zxy12345"])
def test_part_of_a_number_that_is_said_to_be_one_is_masked(said):
    assert values.mask_numbers(said).endswith("****")


def test_a_public_number_stays_and_an_account_does_not():
    said = "热线0856-8120041，电话 8120041，微信号：wx_abc1，QQ 12345678"
    left = "热线0856-8120041，电话 8120041，微信号：****，QQ ****"
    assert values.mask_numbers(said, {"08568120041", "8120041"}) == left


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("住云岭镇大坪村3组12号", "住云岭镇大坪村**"),
        ("住大坪村 3 组 12 号，门口", "住大坪村**，门口"),
        ("在大坪村吴家湾见面", "在大坪村**见面"),
        ("三组12号", "**"),
        ("金阳南路6号世纪城龙耀苑小区3栋2单元501", "**"),
        ("在人民路12号集合", "在**集合"),
        ("家在世纪城３栋", "家在**"),
        ("街上居委会5号", "街上居委会**"),
        ("大坪村·吴家湾", "大坪村**"),
        ("云岭镇正街", "云岭镇**"),
        ("云岭街12号附3号", "**"),
        ("阳光花园 B 栋 2-301", "**"),
        ("阳光小区3-2-501", "**"),
        ("安置房5栋302", "安置房**"),
        ("第3组同学讨论", "第3组同学讨论"),
        ("一组二组各做一题", "一组二组各做一题"),
        ("10月12号3楼会议室", "10月12号3楼会议室"),
        ("学校1号楼、教学楼3楼", "学校1号楼、教学楼3楼"),
        ("大坪村小学有3个班", "大坪村小学有3个班"),
        ("去大坪村家访", "去大坪村家访"),
    ],
)
def test_a_text_says_nothing_below_the_village(said, left):
    assert values.mask_places(said) == left


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("北京市海淀区中关村大街27号", "北京市海淀区**"),
        ("广东省东莞市某电子厂", "广东省东莞市**"),
        ("城市花园3栋", "**"),
        ("世纪城西区5栋", "**"),
        ("东方花园小区", "**"),
        ("贵州省铜仁市思南县思唐街道城北社区3组", "贵州省铜仁市思南县思唐街道城北社区**"),
        ("张小雨家，大坪村3组", "**"),
    ],
)
def test_on_doubt_less_of_an_address_is_shown(address, left):
    assert values.mask_address(address) == left
