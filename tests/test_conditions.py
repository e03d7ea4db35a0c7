"""The `where` of a duty as SQL: equal, any of, filled and empty, one of several words, a link."""

from __future__ import annotations

import pytest

from compliance.ordered.conditions import condition
from models.core.database import database, writing
from models.core.gates import every_row
from models.core.register import REGISTERS
from tests.spoiled import Spoiler

# register, filter, what the record says, whether it counts
CASES = [
    ("talk", {"risk": "无"}, {"risk": "无"}, True),
    ("talk", {"risk": "无"}, {"risk": "关注"}, False),
    ("talk", {"risk": "无"}, {"risk": None}, False),
    ("talk", {"risk": ["关注", "转心理"]}, {"risk": "关注"}, True),
    ("talk", {"risk": ["关注", "转心理"]}, {"risk": "转心理"}, True),
    ("talk", {"risk": ["关注", "转心理"]}, {"risk": "无"}, False),
    # Filled and empty, of a field that is no yes-or-no field.
    ("talk", {"measure": True}, {"measure": "已转介"}, True),
    ("talk", {"measure": True}, {"measure": ""}, False),
    ("talk", {"measure": True}, {"measure": None}, False),
    ("talk", {"measure": False}, {"measure": "已转介"}, False),
    ("talk", {"measure": False}, {"measure": ""}, True),
    ("talk", {"measure": False}, {"measure": None}, True),
    # Several words: one of those asked for is enough, and part of a word is none.
    ("talk", {"aspects": "情绪"}, {"aspects": "、学习、情绪、"}, True),
    ("talk", {"aspects": "情绪"}, {"aspects": "、学习、"}, False),
    ("talk", {"aspects": "情绪"}, {"aspects": None}, False),
    ("talk", {"aspects": ["学习", "情绪"]}, {"aspects": "、情绪、"}, True),
    ("talk", {"aspects": ["学习", "情绪"]}, {"aspects": "、学习、"}, True),
    ("talk", {"aspects": ["学习", "情绪"]}, {"aspects": "、生活、"}, False),
    ("talk", {"aspects": "情"}, {"aspects": "、情绪、"}, False),
    # Every field must say what is asked.
    ("talk", {"risk": "无", "measure": True}, {"risk": "无", "measure": "已谈"}, True),
    ("talk", {"risk": "无", "measure": True}, {"risk": "无", "measure": ""}, False),
    ("talk", {"risk": "无", "measure": True}, {"risk": "关注", "measure": "已谈"}, False),
    ("talk", {}, {"risk": "关注"}, True),
    # A yes-or-no field is asked by its own word.
    ("incident", {"in_school": True}, {"in_school": True}, True),
    ("incident", {"in_school": True}, {"in_school": False}, False),
    ("incident", {"in_school": False}, {"in_school": False}, True),
    ("incident", {"in_school": False}, {"in_school": True}, False),
    # Through a link.
    ("talk", {"teacher__phone": True}, {}, True),
    ("talk", {"teacher__phone": False}, {}, False),
    ("talk", {"teacher__name": "王爱丽"}, {}, True),
    ("talk", {"teacher__name": "李博"}, {}, False),
]


def put(slug, record, **said):
    model = REGISTERS[slug].model
    with database.atomic(), writing():
        model.update(**said).where(model.id == record).execute()


@pytest.fixture
def records(world):
    return {"talk": world.talk_a, "incident": Spoiler(world).add("incident")}


def test_a_record_counts_when_it_says_what_is_asked(records):
    for slug, where, said, expected in CASES:
        register, record = REGISTERS[slug], records[slug]
        if said:
            put(slug, record, **said)
        query = every_row(register).where(register.model.id == record)
        assert query.where(condition(register, where)).exists() is expected, (where, said)


def test_a_link_to_a_record_in_the_bin_leads_nowhere(records, world):
    talk = REGISTERS["talk"]
    where = condition(talk, {"teacher__name": "王爱丽"})
    assert every_row(talk).where(where).exists()
    put("staff", world.staff_alice, deleted_at="2025-11-12 10:00:00")
    assert not every_row(talk).where(where).exists()
