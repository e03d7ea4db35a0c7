"""The duty teacher: the home opened and closed, calls entered before and finished after."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.audit import AccessLog
from models.core.gates import every_row
from models.core.register import find
from tests.factory import Factory

CALL, OPENING, THERE = find("family-call"), find("opening"), find("opening-child")


def newest(register):
    return every_row(register).order_by(register.model.id.desc()).first()


def only_parent(world, child, relation="父亲"):
    parent = find("parent")
    return (
        every_row(parent)
        .where(parent.model.child == child, parent.model.relation == relation)
        .first()
    )


@pytest.fixture
def room(world):
    raw = Factory(world.clerk).minimal(find("room")) | {"name": "之家", "kind": "留守儿童之家"}
    return service.create(world.clerk, find("room"), raw).id


def change(world, slug, record, **raw):
    return service.update(world.clerk, find(slug), record.id, raw, record.version)


def ring(client, world, child, callee, **more):
    said = {"child": child, "callee": callee, "matter_kind": "问候", "way": "电话", "once": "one"}
    return client.post("/call-desk", data=said | more)


def test_a_call_is_entered_before_it_is_made_and_finished_after(client_as, world, clock):
    alice, father = client_as("alice"), only_parent(world, world.child_a)
    page = alice.get(f"/call-desk?child={world.child_a}").text
    assert father.name in page
    assert father.phone in page
    assert ring(alice, world, world.child_a, f"父亲/{father.name}").status_code == 303
    call = newest(CALL)
    assert (call.begun_at, call.ended_at) == (clock.now(), None)
    assert call.duty_teacher_id == world.staff_alice
    assert call.number == father.phone
    assert call.late_reason is None
    clock.advance(minutes=9)
    assert 'data-since="2025-11-12T10:30:00"' in alice.get("/call-desk").text
    alice.post(f"/call-desk/{call.id}/finish", data={"mood": "高兴"})
    assert (str(newest(CALL).ended_at), newest(CALL).mood) == ("10:39:00", "高兴")
    assert "data-since" not in alice.get("/call-desk").text


def test_a_call_that_nobody_answered_is_taken_back(client_as, world):
    alice, father = client_as("alice"), only_parent(world, world.child_a)
    ring(alice, world, world.child_a, f"父亲/{father.name}")
    call = newest(CALL)
    told = alice.post(f"/call-desk/{call.id}/finish", follow_redirects=True).text
    assert "不到一分钟" in told
    assert newest(CALL).ended_at is None
    alice.post(f"/call-desk/{call.id}/give-up")
    assert not every_row(CALL).where(CALL.model.id == call.id).exists()


def test_an_order_of_the_court_is_told_and_held_at_every_door(client_as, world):
    father = only_parent(world, world.child_a)
    change(world, "parent", father, barred="法院裁定或人身安全保护令", barred_since="2025-11-01")
    alice = client_as("alice")
    page = alice.get(f"/call-desk?child={world.child_a}").text
    assert "登记为不予通话：法院裁定或人身安全保护令" in page
    assert f'value="父亲/{father.name}"' not in page
    before = every_row(CALL).count()
    refused = ring(alice, world, world.child_a, f"父亲/{father.name}")
    assert refused.status_code == 422
    assert "不予通话" in refused.text
    typed = {
        "child": world.child_a,
        "begun_at": "2025-11-12T10:30",
        "way": "电话",
        "callee": "父亲",
        "matter_kind": "问候",
        "duty_teacher": world.staff_alice,
    }
    assert alice.post("/r/family-call/new", data=typed).status_code == 422
    assert every_row(CALL).count() == before


def test_a_bar_holds_from_its_day_on(client_as, world):
    father = only_parent(world, world.child_a)
    change(world, "parent", father, barred="监护人书面要求", barred_since="2025-11-13")
    answer = ring(client_as("alice"), world, world.child_a, f"父亲/{father.name}")
    assert answer.status_code == 303


def test_the_numbers_of_other_children_are_given_while_the_own_opening_runs(client_as, world, room):
    charlie, father = client_as("charlie"), only_parent(world, world.child_b)
    asked = f"/call-desk?child={world.child_b}"
    page = charlie.get(asked).text
    assert father.phone not in page
    assert "开始本次开放" in page
    assert ring(charlie, world, world.child_b, f"父亲/{father.name}").status_code == 403
    assert charlie.post("/opening", data={"room": room, "programme": "交流"}).status_code == 303
    assert father.phone in charlie.get(asked).text
    look = AccessLog.select().order_by(AccessLog.id.desc()).get()
    assert (look.register, look.record_id, look.detail) == (
        "child",
        world.child_b,
        "亲情电话值班",
    )
    assert father.phone not in client_as("alice").get(asked).text
    assert ring(charlie, world, world.child_b, f"父亲/{father.name}").status_code == 303


def test_one_button_opens_the_home_and_one_closes_it(client_as, world, room, clock):
    raw = Factory(world.clerk).minimal(find("week-programme"))
    raw |= {"weekday": "星期三", "programme": "文体", "since": "2025-09-01"}
    service.create(world.clerk, find("week-programme"), raw)
    alice = client_as("alice")
    assert "文体（今天的安排）" in alice.get("/opening").text
    alice.post("/opening", data={"room": room, "programme": "文体"})
    opened = newest(OPENING)
    assert (str(opened.starts_at), opened.ends_at) == ("10:30:00", None)
    assert opened.duty_teacher_id == world.staff_alice
    again = alice.post("/opening", data={"room": room, "programme": "文体"})
    assert again.status_code == 422
    page = alice.get("/opening").text
    assert "张小雨" in page
    assert "曾思源" in page
    clock.advance(minutes=50)
    there = {"child": [world.child_a, world.child_b], "safety_note": "平安"}
    assert alice.post("/opening/close", data=there).status_code == 303
    closed = newest(OPENING)
    assert (closed.minutes, closed.children_count, closed.safety_note) == (50, 2, "平安")
    lines = every_row(THERE).where(THERE.model.opening == closed.id)
    assert {line.child_id for line in lines} == {world.child_a, world.child_b}
    assert alice.post("/opening/close", data=there).status_code == 404


def test_an_opening_begun_by_mistake_is_taken_back(client_as, world, room):
    alice = client_as("alice")
    alice.post("/opening", data={"room": room, "programme": "图书"})
    opened = newest(OPENING)
    assert client_as("bob").post("/opening/take-back").status_code == 404
    assert alice.post("/opening/take-back").status_code == 303
    assert not every_row(OPENING).where(OPENING.model.id == opened.id).exists()
    assert "现在开放" in alice.get("/opening").text


def test_a_closing_that_is_refused_keeps_the_roll_call(client_as, world, room):
    alice = client_as("alice")
    alice.post("/opening", data={"room": room, "programme": "图书"})
    refused = alice.post("/opening/close", data={"child": [world.child_a]})
    assert refused.status_code == 422
    assert "结束时间要晚于开始时间" in refused.text
    assert f'value="{world.child_a}" checked' in refused.text
    assert newest(OPENING).ends_at is None
    assert every_row(THERE).count() == 0
