"""Free text of documents for the inspector: every child of the school is masked in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.core import service
from models.core.actor import SYSTEM
from models.core.display import Page
from models.core.fields import WordsField
from models.core.gates import rows
from models.core.masking import TextMask
from models.core.register import find


@pytest.fixture
def gone(world):
    """A child that has left the register, and one in the recycle bin."""
    children = find("child")
    raw = {"sex": "男", "born_on": "2012-12-12", "identified_on": "2025-09-05"}
    raw["no_id_reason"] = "户口正在办理"
    binned = service.create(world.clerk, children, raw | {"name": "田禾"})
    service.delete(world.clerk, children, binned.id)
    left = service.create(world.clerk, children, raw | {"name": "石小川"})
    return service.update(
        world.clerk, children, left.id, {"left_on": "2025-10-01", "left_why": "转学"}, 1
    )


SAID = "张小雨、曾 思源、田禾和石小川的电话13985670002；王爱丽、李奶奶说"


def test_children_present_past_and_deleted_are_masked_and_staff_are_not(world, gone):
    mask = TextMask(world.inspector)
    assert mask(SAID) == "张**、曾**、田**和石**的电话139****0002；王爱丽、李奶奶说"
    assert mask(SAID, ["李奶奶"]) == "张**、曾**、田**和石**的电话139****0002；王爱丽、李**说"
    assert mask("") == ""


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "counsellor"])
def test_whoever_reads_names_reads_the_text_as_written(world, name):
    assert TextMask(world.actors[name])(SAID, ["李奶奶"]) == SAID


def test_the_families_of_children_are_masked_in_documents_too(world):
    said = TextMask(world.inspector)("张秀英和张奶奶来了")
    assert said == "张**和张**来了"


def family(world, name):
    """A parent of child A called so."""
    raw = {"child": world.child_a, "relation": "继父或养父", "name": name, "phone": "13985670009"}
    service.create(world.clerk, find("parent"), raw)


def test_a_name_that_staff_and_family_share_is_masked_only_where_the_family_is_meant(world):
    family(world, "王爱丽")
    mask = TextMask(world.inspector)
    assert mask("王爱丽主持") == "王爱丽主持"
    assert mask("王爱丽主持", children={world.child_b}) == "王爱丽主持"
    assert mask("王爱丽来校", children={world.child_a}) == "王**来校"
    later = replace(world.inspector, now=world.inspector.now + timedelta(days=400))
    raw = {"left_on": "2026-06-30"}
    staff = rows(SYSTEM, find("staff")).where(find("staff").model.id == world.staff_alice).get()
    service.update(world.clerk, find("staff"), staff.id, raw, staff.version)
    assert TextMask(world.inspector)("王爱丽主持") == "王爱丽主持"
    assert TextMask(later)("王爱丽主持") == "王**主持"


def test_a_name_in_the_name_of_a_colleague_leaves_the_colleague_alone(world):
    family(world, "王爱")
    mask = TextMask(world.inspector)
    assert mask("王爱丽和王爱来了") == "王爱丽和王**来了"


def test_a_name_that_is_an_ordinary_word_is_masked_where_a_person_is_meant(world):
    family(world, "文明")
    mask = TextMask(world.inspector)
    assert mask("文明礼貌教育") == "文明礼貌教育"
    assert mask("文明的奶奶来校，文明同学请假") == "文**的奶奶来校，文**同学请假"
    assert mask("文明礼貌教育", children={world.child_a}) == "文**礼貌教育"
    assert mask.masker.left_words("文明礼貌", world.inspector.today) == {"文明"}


def test_what_a_relative_is_called_is_no_name(world):
    family(world, "奶奶")
    assert TextMask(world.inspector)("奶奶在家") == "奶奶在家"


def test_hotlines_and_the_numbers_of_the_school_stay(world):
    school = find("school")
    raw = {"phone": "0856-8120041"}
    standing = rows(SYSTEM, school).get()
    service.update(world.clerk, school, standing.id, raw, standing.version)
    said = "学校0856-8120041，电话8120041，家里0856-8120042"
    assert TextMask(world.inspector)(said) == "学校0856-8120041，电话8120041，家里0856-****042"


def test_a_child_called_by_its_given_name_is_masked_where_it_is_meant(world):
    mask = TextMask(world.inspector)
    assert mask("小雨今天来了", children={world.child_a}) == "**今天来了"
    assert mask("小雨同学来了，今天下小雨") == "**同学来了，今天下小雨"
    assert mask("小雨的妈妈和王爱丽", children={world.child_b}) == "**的妈妈和王爱丽"
    drawn = replace(world.inspector, unmasked=frozenset({world.child_a}))
    assert TextMask(drawn)("张小雨说小雨", children={world.child_a}) == "张小雨说小雨"


def test_a_closed_word_is_never_a_name(world):
    family(world, "文明")
    talk = rows(SYSTEM, find("talk")).where(find("talk").model.id == world.talk_a).get()
    words = [spec for spec in find("talk").fields.values() if isinstance(spec.field, WordsField)]
    assert words
    talk.__data__[words[0].name] = "、文明、"
    talk.__data__["content"] = "文明来校"
    page = Page(world.inspector, find("talk"), [talk], "detail")
    assert page.text(talk, words[0].name) == "文明"
    assert page.text(talk, "content") == "文**来校"
