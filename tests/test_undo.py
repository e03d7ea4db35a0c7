"""Taking a batch back: what it added, changed, deleted and restored, and what has to stay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from admin.registers import actions
from models.core import audit, batches, service
from models.core.actor import SYSTEM, system
from models.core.batches import BatchBefore
from models.core.errors import Invalid
from models.core.gates import every_row, row
from models.core.register import find
from models.core.touches import Touch
from models.core.undo import undo

TALK, VISIT, ASSET, PAIRING = map(find, ("talk", "home-visit", "asset", "pairing"))
VISITOR, SEMESTER = find("home-visitor"), find("semester")


def in_a_batch(actor, *steps):
    """Do steps as one batch: (register, number, values to change)."""
    with service.work(actor) as current:
        batch = batches.open_batch(actor, "bulk", "改一批")
        current.batch = batch.id
        for register, number, raw in steps:
            version = row(SYSTEM, register, number).version
            service.update(actor, register, number, raw, version, current=current)
    return batch.id


def bulk(app, actor, register, action, *numbers):
    """Delete or restore records in one bulk step and return its batch."""
    posted = MultiDict(
        [("action", action), ("confirm", "1"), *(("ids", f"{n}:1") for n in numbers)]
    )
    with app.test_request_context():
        shown = actions.bulk(actor, register, posted)
    assert shown["left"] == []
    return shown["batch"].id


def reasons(report):
    return [reason for _title, _label, reason in report.left]


def test_a_batch_is_undone_once_and_forgets_what_was_before(world):
    batch = in_a_batch(world.clerk, (TALK, world.talk_a, {"topic": "改了"}))
    assert BatchBefore.select().where(BatchBefore.batch == batch).count() == 1
    assert undo(world.clerk, batch).undone == 1
    assert row(SYSTEM, TALK, world.talk_a).topic == "开学适应"
    assert BatchBefore.select().where(BatchBefore.batch == batch).count() == 0
    assert undo(world.clerk, batch).undone == 1  # what the first time did
    with pytest.raises(Invalid, match="已经撤销"):
        undo(world.leadership, batch)
    assert row(SYSTEM, TALK, world.talk_a).version == 3


def test_of_two_who_undo_a_batch_at_one_moment_the_second_is_told(world, monkeypatch):
    batch = in_a_batch(world.clerk, (TALK, world.talk_a, {"topic": "改了"}))
    real, other = batches.befores_of, replace(world.clerk, user_id=world.leadership.user_id)

    def overtaken(number):
        monkeypatch.setattr(batches, "befores_of", real)
        assert undo(other, batch).undone == 1
        return real(number)

    monkeypatch.setattr(batches, "befores_of", overtaken)
    with pytest.raises(Invalid, match="已经撤销"):
        undo(world.clerk, batch)
    assert row(SYSTEM, TALK, world.talk_a).version == 3


def test_what_was_added_and_changed_in_one_batch_goes_into_the_bin(world):
    with service.work(world.clerk) as current:
        batch = batches.open_batch(world.clerk, "bulk", "加一条")
        current.batch = batch.id
        raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": "近况"}
        raw |= {"talked_at": "2025-11-11 12:00"}
        made = service.create(world.clerk, TALK, raw, current=current)
        service.update(world.clerk, TALK, made.id, {"topic": "改了"}, 1, current=current)
    assert undo(world.clerk, batch.id).undone == 1
    assert row(SYSTEM, TALK, made.id) is None


def test_a_record_changed_twice_in_a_batch_goes_back_to_what_it_was_before(world):
    steps = [(TALK, world.talk_a, {"topic": text}) for text in ("一", "二")]
    assert undo(world.clerk, in_a_batch(world.clerk, *steps)).undone == 1
    assert row(SYSTEM, TALK, world.talk_a).topic == "开学适应"


def test_the_reason_of_a_late_change_goes_with_it(world):
    raw = {"talked_at": "2025-10-01 12:00", "late_reason": "停电"}
    batch = in_a_batch(world.clerk, (TALK, world.talk_a, raw))
    assert row(SYSTEM, TALK, world.talk_a).late_reason == "停电"
    undo(world.clerk, batch)
    assert row(SYSTEM, TALK, world.talk_a).late_reason is None


def test_what_was_moved_is_moved_back_and_both_children_are_touched(world):
    batch = in_a_batch(world.clerk, (TALK, world.talk_a, {"child": world.child_c}))
    last = Touch.select().order_by(Touch.id.desc()).get().id
    undo(world.clerk, batch)
    (touch,) = Touch.select().where(Touch.id > last)
    assert (touch.register, touch.record_id) == ("talk", world.talk_a)
    assert str([world.child_a, world.child_c]) in touch.links


def test_what_a_bulk_step_deleted_comes_back_with_its_lines(app, world):
    clerk = world.clerk
    lines = every_row(VISITOR).where(VISITOR.model.visit == world.visit_a).count()
    batch = bulk(app, clerk, VISIT, "delete", world.visit_a)
    assert row(SYSTEM, VISIT, world.visit_a) is None
    report = undo(clerk, batch)
    assert (report.undone, report.left) == (1, [])
    assert row(SYSTEM, VISIT, world.visit_a) is not None
    assert every_row(VISITOR).where(VISITOR.model.visit == world.visit_a).count() == lines > 0


def test_what_a_bulk_step_restored_goes_back_into_the_bin(app, world):
    clerk = world.clerk
    service.delete(clerk, VISIT, world.visit_a)
    batch = bulk(app, clerk, VISIT, "restore", world.visit_a)
    assert row(SYSTEM, VISIT, world.visit_a) is not None
    assert reasons(undo(clerk, batch)) == []
    assert row(SYSTEM, VISIT, world.visit_a) is None
    assert not every_row(VISITOR).where(VISITOR.model.visit == world.visit_a).exists()


def test_a_record_deleted_and_brought_back_since_is_left_alone(app, world):
    clerk = world.clerk
    batch = bulk(app, clerk, TALK, "delete", world.talk_a)
    service.restore(clerk, TALK, world.talk_a)
    version = row(SYSTEM, TALK, world.talk_a).version
    assert undo(clerk, batch).undone == 0
    assert row(SYSTEM, TALK, world.talk_a).version == version
    again = in_a_batch(clerk, (TALK, world.talk_a, {"topic": "改了"}))
    service.delete(clerk, TALK, world.talk_a)
    assert undo(clerk, again).undone == 0
    binned = row(clerk, TALK, world.talk_a, deleted=True)
    assert (binned.topic, binned.version) == ("改了", version + 2)


def test_a_key_taken_since_is_left_and_the_rest_is_undone(world):
    clerk = world.clerk
    batch = in_a_batch(
        clerk,
        (TALK, world.talk_a, {"topic": "改了"}),
        (ASSET, world.asset, {"number": "ZC-900"}),
        (TALK, world.talk_b, {"topic": "改了"}),
    )
    raw = {"number": "ZC-001", "kind": "设备", "name": "新的", "unit": "台", "quantity": "1"}
    service.create(clerk, ASSET, raw | {"unit_price": "5.00"})
    report = undo(clerk, batch)
    assert report.undone == 2
    assert ["资产" in title for title, _label, _reason in report.left] == [True]
    assert row(SYSTEM, ASSET, world.asset).number == "ZC-900"
    assert row(SYSTEM, TALK, world.talk_a).topic == "开学适应"
    assert audit.verify().intact


def test_a_place_taken_since_is_left(world):
    clerk = world.clerk
    batch = in_a_batch(clerk, (PAIRING, world.pairing_a, {"until": "2025-10-01"}))
    raw = {"teacher": world.staff_alice, "child": world.child_a, "since": "2025-11-01"}
    service.create(clerk, PAIRING, raw)
    assert len(reasons(undo(clerk, batch))) == 1
    assert str(row(SYSTEM, PAIRING, world.pairing_a).until) == "2025-10-01"


def test_nothing_is_pointed_into_the_bin(world):
    clerk = world.clerk
    spare = service.create(clerk, find("staff"), {"name": "周转", "sex": "女"})
    raw = {"child": world.child_a, "teacher": spare.id, "talked_at": "2025-11-11", "topic": "一"}
    talk = service.create(clerk, TALK, raw)
    batch = in_a_batch(clerk, (TALK, talk.id, {"teacher": world.staff_alice}))
    service.delete(clerk, find("staff"), spare.id)
    assert "回收站" in "".join(reasons(undo(clerk, batch)))
    assert row(SYSTEM, TALK, talk.id).teacher_id == world.staff_alice


def closed(world):
    acting = system(world.clerk.now)
    stored = row(SYSTEM, SEMESTER, world.autumn)
    service.update(acting, SEMESTER, stored.id, {"closed_on": "2025-11-12"}, stored.version)


def test_nothing_moves_back_into_a_semester_closed_since(app, world):
    clerk = world.clerk
    out = {"talked_at": "2025-08-20 12:00", "late_reason": "停电"}
    moved = in_a_batch(clerk, (TALK, world.talk_a, out))
    deleted = bulk(app, clerk, TALK, "delete", world.talk_b)
    closed(world)
    for batch in (moved, deleted):
        assert "封存" in "".join(reasons(undo(clerk, batch)))
    assert str(row(SYSTEM, TALK, world.talk_a).talked_at.date()) == "2025-08-20"
    assert row(SYSTEM, TALK, world.talk_b) is None


def test_a_record_others_point_to_since_is_left_until_they_go_too(world):
    clerk = world.clerk
    with service.work(clerk) as current:
        batch = batches.open_batch(clerk, "import", "一批")
        current.batch = batch.id
        made = service.create(clerk, find("staff"), {"name": "新来", "sex": "女"}, current=current)
    raw = {"child": world.child_a, "teacher": made.id, "talked_at": "2025-11-11", "topic": "一"}
    talk = service.create(clerk, TALK, raw)
    assert reasons(undo(clerk, batch.id)) == ["已有其他记录与它相关"]
    assert row(SYSTEM, find("staff"), made.id) is not None
    assert row(SYSTEM, TALK, talk.id) is not None
