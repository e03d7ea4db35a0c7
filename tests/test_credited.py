"""Who is credited by another is told on the own first page, without a message for each record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.told.credited import DAYS, credited
from models.core import service
from models.core.actor import SYSTEM
from models.core.gates import row
from models.core.register import REGISTERS, find
from models.core.service import LineInput
from tests.factory import Factory
from tests.test_photo_store import new_visit
from tests.world import NOON


def talk(world, teacher, by, day="2025-11-11 12:00"):
    raw = {
        "child": world.child_a,
        "teacher": teacher,
        "talked_at": day,
        "topic": "近况",
        "content": "最近作业写得快，和奶奶相处得好。",
    }
    return service.create(by, find("talk"), raw)


def told(actor):
    return [(one.register.slug, one.record_id) for one in credited(actor)]


def test_what_the_clerk_enters_for_a_teacher_is_told_to_that_teacher_alone(world):
    record = talk(world, world.staff_alice, world.clerk)
    assert told(world.alice) == [("talk", record.id)]
    assert told(world.bob) == told(world.clerk) == []


def test_what_one_enters_oneself_is_not(world):
    talk(world, world.staff_alice, world.alice)
    assert told(world.alice) == []


def test_who_is_credited_by_a_line_is_told(world):
    visit = new_visit(world)  # by Alice
    lines = {"home-visitor": [LineInput({"staff": world.staff_charlie})]}
    service.update(world.clerk, find("home-visit"), visit.id, {}, visit.version, lines)
    assert told(world.charlie) == [("home-visit", visit.id)]


def test_who_is_named_by_a_later_edit_is_told_then(world):
    record = talk(world, world.staff_bob, world.clerk)
    assert told(world.alice) == []
    later = replace(world.clerk, now=NOON + timedelta(hours=1))
    service.update(later, find("talk"), record.id, {"teacher": world.staff_alice}, record.version)
    assert told(world.alice) == [("talk", record.id)]
    assert told(world.bob) == []


def test_only_what_the_colleague_may_read_is_told(world):
    made, left_out = Factory(world.clerk), set()
    for register in REGISTERS.values():
        (name,) = [one for one in register.act_by if "." not in one][:1] or [""]
        if not name or not register.happened or register.sealed or register.parent:
            continue
        raw = made.minimal(register) | {name: world.staff_alice}
        record = service.create(world.clerk, register, raw)
        readable = row(world.alice, register, record.id) is not None
        assert ((register.slug, record.id) in told(world.alice)) == readable, register.slug
        left_out |= set() if readable else {register.slug}
    assert left_out == {"supervision", "scoring-sheet"}


def test_after_some_days_or_in_the_recycle_bin_it_is_told_no_more(world):
    record = talk(world, world.staff_alice, world.clerk)
    for days, expected in ((DAYS, 1), (DAYS + 1, 0)):
        assert len(told(replace(world.alice, now=NOON + timedelta(days=days)))) == expected
    service.delete(world.clerk, find("talk"), record.id)
    assert told(world.alice) == []


@pytest.mark.usefixtures("as_served")
@pytest.mark.parametrize(
    ("person", "by", "first_page"),
    [
        ("alice", "clerk", "/today"),
        ("leadership", "clerk", "/inbox"),
        ("clerk", "leadership", "/desk"),
    ],
)
def test_it_stands_on_the_first_page_and_opens_the_record(client_as, world, person, by, first_page):
    browser = client_as(person)
    if person == "clerk":
        user = row(SYSTEM, find("user"), world.user_clerk)
        service.update(world.clerk, find("user"), user.id, {"staff": world.staff_bob}, user.version)
    assert "替您登记" not in browser.get(first_page).text
    staff = world.staff_bob if person == "clerk" else getattr(world, f"staff_{person}")
    record = talk(world, staff, getattr(world, by))
    page = browser.get(first_page).text
    assert "同事近 7 天替您登记了 1 条" in page
    assert f'href="/r/talk/{record.id}"' in page
    assert browser.get(f"/r/talk/{record.id}").status_code == 200
