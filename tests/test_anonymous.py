"""Hiding who a case is about: each kind of word, each way it is written, and what must stay."""

from __future__ import annotations

import pytest

from models.sealed.anonymous import Hidden, anonymise, place_words, spoken_names

PEOPLE = {"张小雨": "来访者", "张秀英": "家人", "李博": "某老师", "欧阳 明": "某同学"}


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        # names, whole and spoken
        ("张小雨想妈妈", "来访者想妈妈"),
        ("小雨想妈妈", "来访者想妈妈"),
        ("张 小 雨、小\u3000雨", "来访者、来访者"),
        ("李博说", "某老师说"),
        ("博说得好", "博说得好"),
        ("欧阳明和阳明", "某同学和某同学"),
        # schools and classes
        ("在云岭中学上学", "某校上学"),
        ("镇中心小学附属幼儿园", "某校某校"),
        ("七（1）班的", "某班的"),
        ("七年级(2)班", "某班"),
        ("7年级3班", "某班"),
        # days
        ("2025年10月28日来", "某日来"),
        ("10月28号来", "某日来"),
        ("2025-10-28来", "某日来"),
        ("2025/10/28、2025.1.2", "某日、某日"),
        # ways to reach somebody
        ("邮箱 xiaoyu.z@mail.example.cn 。", "邮箱 某账号 。"),
        ("微信号：zhang_99，", "某账号，"),
        ("QQ12345678", "某账号"),
        ("抖音 xiaoyu99", "某账号"),
        # numbers
        ("电话13985670002", "电话＊＊"),
        ("座机0856-8120041", "座机＊＊"),
        ("身份证52062420120506002X。", "身份证＊＊。"),
        ("学籍G520624201205060020", "学籍＊＊"),
        ("１３９８５６７", "＊＊"),
        # places
        ("去了东莞市打工", "去某地打工"),
        ("大坪村的", "某地的"),
    ],
)
def test_every_kind_of_word_that_tells_who_it_is_is_hidden(text, hidden):
    assert anonymise(text, PEOPLE).text == hidden


@pytest.mark.parametrize("text", ["12岁，两次，第1次", "想妈妈，睡不好", "一般、关注", ""])
def test_what_tells_nobody_stays_as_written(text):
    assert anonymise(text, PEOPLE) == Hidden(text)


def test_known_places_and_schools_are_hidden_wherever_they_stand():
    said = "住大坪村3组，从云岭镇来，路过学府路；云岭学堂里"
    found = anonymise(said, {}, ["云岭镇大坪村 3 组", "云岭镇学府路 1 号"], ["云岭学堂"])
    for word in ("大坪", "云岭", "学府"):
        assert word not in found.text
    assert place_words("云岭镇大坪村 3 组") == ["云岭镇", "大坪村"]


def test_who_is_nearest_gives_the_word_where_two_are_spoken_of_alike():
    assert anonymise("小雨来了", {"张小雨": "来访者", "王小雨": "某同学"}).text == "来访者来了"
    assert anonymise("小雨来了", {"王小雨": "某同学", "张小雨": "来访者"}).text == "某同学来了"


def test_a_name_is_spoken_whole_or_by_a_given_name_of_two():
    assert spoken_names("张小雨") == ["张小雨", "小雨"]
    assert spoken_names("李博") == ["李博"]
    assert spoken_names("阿依·古丽") == ["阿依·古丽", "阿依古丽", "古丽"]
    assert spoken_names("岑") == []


def test_how_often_what_was_replaced_is_told():
    found = anonymise("张小雨和小雨，13985670002，东莞市", PEOPLE)
    assert found.counts == {"来访者": 2, "＊＊": 1, "某地": 1}
