"""What a picker offers: living records by name, initials or part of it, and as far as one may know.

Who may pick what is the matrix's; here is what the offered words themselves tell.
"""

from __future__ import annotations

import pytest

from admin.registers.picker import CAP, pick
from models.core import service
from models.core.errors import Denied
from models.core.register import find

CHILDREN, STAFF = find("child"), find("staff")
ASKED = {"sex": "男", "identified_on": "2025-09-05", "no_id_reason": "户口正在办理"}
BY_NAME, OWN_ROWS = "family-call.child", "talk.child"


def offered(actor, target, place, typed):
    return {one["text"]: one["hint"] for one in pick(actor, target, place, typed)["results"]}


@pytest.fixture
def named(world):
    """Two more children of child A's name, one of them deleted; they are nobody's."""
    raw = ASKED | {"name": "张小雨"}
    service.create(world.clerk, CHILDREN, raw | {"born_on": "2013-03-03"})
    gone = service.create(world.clerk, CHILDREN, raw | {"born_on": "2011-01-01"})
    service.delete(world.clerk, CHILDREN, gone.id)


@pytest.mark.parametrize("typed", ["张小雨", "小雨", "zxy", "ZXY", " zhangxiaoyu "])
def test_living_children_are_found_by_name_part_and_initials_and_told_apart(world, named, typed):
    found = pick(world.alice, CHILDREN, BY_NAME, typed)["results"]
    assert [one["text"] for one in found] == ["张小雨", "张小雨"]
    assert {one["hint"] for one in found} == {"七（1）班 · 2012 年生", "2013 年生"}


def test_from_the_directory_a_teacher_picks_any_child_and_else_the_own_ones(world, named):
    assert set(offered(world.alice, CHILDREN, BY_NAME, "曾思源")) == {"曾思源"}
    assert offered(world.alice, CHILDREN, OWN_ROWS, "曾思源") == {}
    assert offered(world.alice, CHILDREN, "", "曾思源") == {}
    assert set(offered(world.alice, CHILDREN, OWN_ROWS, "")) == {"张小雨", "单明"}
    # A form the reader does not write opens nothing.
    for place in (
        "family-call.nothing",
        "nothing.child",
        "family-call.duty_teacher",
        "family-call",
    ):
        assert offered(world.alice, CHILDREN, place, "曾思源") == {}, place
    assert offered(world.inspector, CHILDREN, BY_NAME, "曾") == {}


def test_the_inspector_picks_by_number_alone_and_is_told_the_class_alone(world):
    found = pick(world.inspector, CHILDREN, "", "")["results"]
    assert {one["text"] for one in found} == {"张**", "曾**", "单**"}
    assert {one["hint"] for one in found} == {"七（1）班", "七（2）班"}
    parents = pick(world.inspector, find("parent"), "", "")["results"]
    assert parents
    assert all(one["text"].endswith("**") for one in parents)
    assert all(one["hint"] in ("张**", "曾**", "单**") for one in parents)


def test_a_persons_child_stands_beside_it_as_far_as_the_reader_may_know(world):
    found = offered(world.clerk, find("parent"), "", "张建国")
    assert found == {"张建国 父亲": "张小雨"}
    assert offered(world.bob, find("parent"), "", "张建国") == {}


def test_a_deleted_colleague_is_not_offered_and_no_more_than_twenty_are(world):
    made = [
        service.create(world.clerk, STAFF, {"name": f"周甲{n}", "sex": "女"})
        for n in range(CAP + 2)
    ]
    assert CAP == 20
    assert len(pick(world.alice, STAFF, "talk.teacher", "周甲")["results"]) == CAP
    service.delete(world.clerk, STAFF, made[0].id)
    assert offered(world.alice, STAFF, "talk.teacher", "周甲0") == {}
    assert set(offered(world.alice, STAFF, "talk.teacher", "周甲1")) >= {"周甲1"}


def test_what_one_may_not_read_is_not_picked_from(world):
    with pytest.raises(Denied):
        pick(world.alice, find("care-centre"), "", "")
    with pytest.raises(Denied):
        pick(world.inspector, find("user"), "", "")
