"""What every list is asked by besides its own fields: class, paired teacher, kind, what lacks."""

from __future__ import annotations

import re

import pytest

from admin.registers.list import Marks
from models.core import service
from models.core.gates import rows
from models.core.listing import ListRequest, selection
from models.core.questions import COMPLETE, LACKING, LACKS, questions
from models.core.register import REGISTERS, find
from models.core.rights import may
from models.core.whose import child_column

pytestmark = pytest.mark.usefixtures("as_served")

CLASS, TEACHER, KIND = "enrolment-school_class", "pairing-teacher", "migration"
TALK, CHILD = find("talk"), find("child")
OF_CHILDREN = [one for one in REGISTERS.values() if child_column(one) is not None]


def found(actor, register, **filters):
    """The records a list shows under some filters, and what it did not understand."""
    query, problems = selection(actor, register, ListRequest(filters=filters))
    return list(query), problems


def ids(actor, register, **filters):
    records, problems = found(actor, register, **filters)
    assert problems == {}
    return {record.id for record in records}


@pytest.fixture
def talks(world):
    """A talk of each teacher with the own child, and one of Bob with Alice's child."""
    said = {"talked_at": "2025-11-11 12:00", "topic": "近况"}
    pairs = [("child_a", "staff_alice"), ("child_b", "staff_bob"), ("child_a", "staff_bob")]
    for child, teacher in pairs:
        raw = said | {"child": getattr(world, child), "teacher": getattr(world, teacher)}
        service.create(world.clerk, TALK, raw)
    return world


@pytest.mark.parametrize("register", OF_CHILDREN, ids=lambda one: one.slug)
def test_every_list_about_children_is_asked_by_class_teacher_and_kind(world, register):
    asked = questions(world.clerk, register)
    targets = {one.target.slug for one in asked.values() if one.target}
    targets |= {REGISTERS_BY[spec.target] for spec in register.links if spec.filter}
    assert {"school-class", "staff"} <= targets
    assert KIND in asked


REGISTERS_BY = {one.model: one.slug for one in REGISTERS.values()}


@pytest.mark.parametrize(
    "register", [one for one in REGISTERS.values() if not one.sealed], ids=lambda one: one.slug
)
def test_what_lacks_is_what_the_list_marks_so(talks, register):
    clerk = talks.clerk
    if LACKING not in questions(clerk, register):
        assert not register.wants
        return
    lacking, complete = (ids(clerk, register, **{LACKING: word}) for word in (LACKS, COMPLETE))
    records = list(rows(clerk, register))
    marks = Marks(clerk, register, records, evidence=bool(register.happened))
    assert lacking == {record.id for record in records if marks.missing(record)}
    assert complete == {record.id for record in records} - lacking


def test_a_list_shows_what_was_said_with_the_children_of_a_class(talks):
    asked = {CLASS: str(talks.class_1)}
    children = ids(talks.clerk, CHILD, **asked)
    assert talks.child_a in children
    assert talks.child_b not in children
    shown, _problems = found(talks.clerk, TALK, **asked)
    assert {talk.child_id for talk in shown} == {talks.child_a}


def test_a_list_is_narrowed_to_the_children_paired_with_a_teacher(talks):
    assert ids(talks.clerk, CHILD, **{TEACHER: str(talks.staff_bob)}) == {talks.child_b}


def test_a_list_is_narrowed_to_a_kind_of_absence(talks):
    words = questions(talks.clerk, CHILD)[KIND].words
    by_word = [ids(talks.clerk, CHILD, **{KIND: word}) for word in words]
    everybody = {record.id for record in rows(talks.clerk, CHILD)}
    assert set().union(*by_word) == everybody
    assert sum(map(len, by_word)) == len(everybody)


def test_a_kept_talk_does_not_tell_a_teacher_the_class_of_another_ones_child(talks):
    mine = {talk.child_id for talk in rows(talks.bob, TALK)}
    assert mine == {talks.child_a, talks.child_b}
    assert ids(talks.bob, TALK, **{CLASS: str(talks.class_1)}) == set()
    for word in questions(talks.bob, TALK)[KIND].words:
        shown, _problems = found(talks.bob, TALK, **{KIND: word})
        assert {talk.child_id for talk in shown} <= {talks.child_b}


@pytest.mark.parametrize("who", ["clerk", "leadership", "alice", "inspector"])
def test_nobody_is_asked_by_what_may_not_be_read(world, who):
    actor = world.actor(who)
    for register in REGISTERS.values():
        for one in questions(actor, register).values():
            assert may(actor, "read", register)
            assert one.target is None or may(actor, "read", one.target)


@pytest.mark.parametrize(("name", "raw"), [(CLASS, "x"), (KIND, "谁知道"), (LACKING, "1")])
def test_nonsense_is_told_and_narrows_nothing(talks, name, raw):
    records, problems = found(talks.clerk, CHILD, **{name: raw})
    assert list(problems) == [name]
    assert len(records) == rows(talks.clerk, CHILD).count()


def test_the_page_offers_the_questions_first_and_names_what_was_chosen(client_as, talks):
    client = client_as("clerk")
    text = client.get(f"/r/talk/?f.{CLASS}={talks.class_1}&f.{LACKING}=还差").get_data(as_text=True)
    names = re.findall(r'name="(f\.[^"]+)"', text.partition('id="filters"')[2])
    assert names[0] == f"f.{CLASS}"
    assert f"f.{LACKING}" in names
    assert f"f.{KIND}" in names
    assert "班级：七（1）班" in text
    assert "情况：还差" in text
    assert CLASS not in re.sub(r"<[^>]*>", "", text)


def test_the_list_of_children_tells_how_many_are_on_the_roster_today(client_as, world):
    child = rows(world.clerk, CHILD).where(CHILD.model.id == world.child_b).get()
    left = {"left_on": "2025-11-01", "left_why": CHILD.fields["left_why"].field.words[0]}
    service.update(world.clerk, CHILD, child.id, left, child.version)
    every = rows(world.clerk, CHILD).count()
    text = client_as("clerk").get("/r/child/").get_data(as_text=True)
    assert f"留守儿童登记 {every} 名，今天在册 {every - 1} 名" in text


def test_amounts_of_money_are_summed_and_pieces_of_different_kinds_are_not(client_as, world):
    asset = find("asset")
    goods = {"kind": "设备", "acquired_on": "2025-09-10"}
    before = sum(one.quantity * (one.unit_price or 0) for one in rows(world.clerk, asset))
    for number, (unit, quantity, price) in enumerate([("台", 4, "4200"), ("盒", 30, "1.50")]):
        said = {"number": f"ZC-{number}", "name": "物品", "unit": unit, "quantity": quantity}
        service.create(world.clerk, asset, goods | said | {"unit_price": price})
    text = client_as("clerk").get("/r/asset/").get_data(as_text=True)
    foot = text.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert f'<td class="number">{16845 + before // 100}.00</td>' in foot
    assert ">34<" not in foot
    assert re.search(r'<td class="number"[^>]*>16800.00</td>', text)
