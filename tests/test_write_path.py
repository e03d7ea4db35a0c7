"""The one write path below the pages: versions, locks, the bin, batches, the chain of changes."""

from __future__ import annotations

import json

import pytest

from models.core import audit, batches, listing, service
from models.core.actor import SYSTEM
from models.core.database import database
from models.core.errors import Conflict, Denied, InUse, Invalid, Locked, NotFound
from models.core.gates import directory, every_row, row, rows
from models.core.register import find
from models.core.undo import undo
from tests.factory import Factory

TALK, CHILD, VISIT = find("talk"), find("child"), find("home-visit")


def talk_of(world, **changed):
    raw = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-11-11 12:00",
        "topic": "图书角",
        "content": "想当图书管理员",
    }
    return service.create(world.alice, TALK, raw | changed)


def test_the_second_editor_is_told_the_first_ones_text_and_overwrites_nothing(world):
    made = talk_of(world)
    service.update(world.alice, TALK, made.id, {"content": "甲的话"}, made.version)
    with pytest.raises(Conflict) as met:
        service.update(world.clerk, TALK, made.id, {"content": "乙的话"}, made.version)
    assert met.value.record.content == "甲的话"
    assert row(SYSTEM, TALK, made.id).content == "甲的话"


def test_of_two_saves_of_one_moment_one_is_told(world, monkeypatch):
    """Another process saves between the reading and the writing of the first."""
    made, checked = talk_of(world), service.validation.check

    def check_while_another_saves(*given, **more):
        same = TALK.model.update(version=made.version + 1, content="乙的话")
        same.where(TALK.model.id == made.id, TALK.model.version == made.version).execute()
        return checked(*given, **more)

    monkeypatch.setattr(service.validation, "check", check_while_another_saves)
    with pytest.raises(Conflict):
        service.update(world.alice, TALK, made.id, {"content": "甲的话"}, made.version)


def test_only_what_changed_is_written_and_audited(world):
    made = talk_of(world)
    service.update(world.alice, TALK, made.id, {"content": "新", "topic": "图书角"}, made.version)
    payload = json.loads(audit.entries_of("talk", made.id)[0].payload)
    assert payload["changes"] == {"content": ["想当图书管理员", "新"]}


def test_a_save_that_changes_nothing_leaves_version_and_chain_alone(world):
    made = talk_of(world)
    before = audit.head()
    service.update(world.alice, TALK, made.id, {"topic": "图书角"}, made.version)
    assert row(SYSTEM, TALK, made.id).version == made.version
    assert audit.head() == before


def test_what_nobody_types_is_not_taken_from_what_is_posted(world):
    made = talk_of(world, version="9", entered_by="1", deleted_at="2025-01-01", act="forged")
    stored = row(SYSTEM, TALK, made.id)
    assert (stored.version, stored.entered_by) == (1, world.alice.user_id)
    assert stored.deleted_at is None
    assert stored.act is None


def test_a_record_others_hang_on_is_not_deleted(world):
    with pytest.raises(InUse) as met:
        service.delete(world.clerk, CHILD, world.child_a)
    assert "谈心记录" in str(met.value)
    assert row(SYSTEM, CHILD, world.child_a) is not None


def test_what_is_deleted_is_gone_from_everywhere_and_comes_back_with_its_lines(world):
    clerk, visitors = world.clerk, find("home-visitor")
    visitor = visitors.model.visit == world.visit_a
    service.delete(clerk, VISIT, world.visit_a)
    assert row(clerk, VISIT, world.visit_a) is None
    assert not every_row(visitors).where(visitor).exists()
    asked = listing.ListRequest(search="干净")
    assert listing.listed(clerk, VISIT, asked).total == 0
    named = directory(VISIT, VISIT.model.id).where(VISIT.model.deleted_at.is_null(True))
    assert world.visit_a not in [found for (found,) in named.tuples()]
    with pytest.raises(NotFound):
        service.update(clerk, VISIT, world.visit_a, {"findings": "x"}, 1)
    service.restore(clerk, VISIT, world.visit_a)
    assert row(clerk, VISIT, world.visit_a).findings == "家里干净，奶奶能照顾。"
    assert every_row(visitors).where(visitor).count() == 1


def test_restoring_a_record_whose_number_was_taken_meanwhile_is_refused(world):
    asset, clerk = find("asset"), world.clerk
    service.delete(clerk, asset, world.asset)
    old = row(clerk, asset, world.asset, deleted=True)
    raw = {"number": old.number, "kind": old.kind, "name": "新的", "unit": "台", "quantity": "1"}
    service.create(clerk, asset, raw | {"unit_price": "5.00"})
    with pytest.raises(Invalid):
        service.restore(clerk, asset, world.asset)
    assert row(clerk, asset, world.asset) is None


def test_a_key_that_is_not_filled_in_altogether_is_no_key(world):
    classes = find("school-class")
    raw = Factory(world.clerk).minimal(classes) | {"name": "特长班", "entry_year": ""}
    for _time in range(2):
        service.create(world.clerk, classes, raw)
    service.create(world.clerk, classes, raw | {"entry_year": "2025"})
    with pytest.raises(Invalid, match="已有"):
        service.create(world.clerk, classes, raw | {"entry_year": "2025"})


def closed(world):
    """Close the running semester as the product does."""
    semester = find("semester")
    stored = row(SYSTEM, semester, world.autumn)
    acting = SYSTEM.__class__(role="system", now=world.clerk.now)
    given = {"closed_on": "2025-11-12"}
    service.update(acting, semester, stored.id, {}, stored.version, given=given)


def test_a_closed_semester_can_neither_be_added_to_nor_changed_nor_emptied(world):
    made = talk_of(world)
    closed(world)
    for step in (
        lambda: talk_of(world),
        lambda: service.update(world.clerk, TALK, made.id, {"topic": "x"}, made.version),
        lambda: service.delete(world.clerk, TALK, made.id),
    ):
        with pytest.raises((Locked, Invalid)):
            step()
    assert row(SYSTEM, TALK, made.id).topic == "图书角"


def test_a_late_record_wants_its_reason(world):
    with pytest.raises(Invalid) as met:
        talk_of(world, talked_at="2025-10-20 12:00")
    assert "补录原因" in met.value.errors["late_reason"]
    assert talk_of(world, talked_at="2025-10-20 12:00", late_reason="外出培训").late_reason


def test_undoing_a_batch_puts_back_what_nobody_touched_since(world):
    clerk = world.clerk
    with service.work(clerk) as current:
        batch = batches.open_batch(clerk, "bulk", "试")
        current.batch = batch.id
        for number in (world.talk_a, world.talk_b):
            service.update(clerk, TALK, number, {"topic": "改了"}, 1, current=current)
        batches.close_batch(batch, {"updated": 2})
    service.update(clerk, TALK, world.talk_b, {"content": "又改"}, 2)
    report = undo(clerk, batch.id)
    assert (report.undone, len(report.left)) == (1, 1)
    assert row(SYSTEM, TALK, world.talk_a).topic == "开学适应"
    assert row(SYSTEM, TALK, world.talk_b).topic == "改了"
    assert audit.verify().intact


def test_a_failed_write_leaves_neither_record_nor_audit_nor_search_text(world):
    before, many = audit.head(), every_row(TALK).count()
    good = {"child": world.child_a, "teacher": world.staff_alice, "talked_at": "2025-11-11"}

    def save_both():
        with service.work(world.alice) as current:
            service.create(world.alice, TALK, good | {"topic": "一"}, current=current)
            service.create(world.alice, TALK, {"topic": "二"}, current=current)

    with pytest.raises(Invalid):
        save_both()
    assert (audit.head(), every_row(TALK).count()) == (before, many)


def test_a_role_without_the_verb_writes_nothing_by_any_entrance(world):
    for actor in (world.inspector, world.charlie, world.actor("alice", role="inspector")):
        for step in (
            lambda who: service.create(who, TALK, {"child": world.child_a, "topic": "x"}),
            lambda who: service.update(who, TALK, world.talk_a, {"topic": "x"}, 1),
            lambda who: service.delete(who, TALK, world.talk_a),
            lambda who: service.restore(who, TALK, world.talk_a),
        ):
            with pytest.raises((Denied, NotFound, Invalid)):
                step(actor)
    assert row(SYSTEM, TALK, world.talk_a).version == 1


def tamper(sql, *values):
    database.execute_sql(sql.replace("?", database.param), values)


def test_the_chain_breaks_where_an_entry_was_altered(world):
    count, _hash = audit.head()
    assert audit.verify().intact
    tamper("UPDATE audit_entry SET who = 'x' WHERE id = ?", count // 2)
    assert audit.verify().broken_at == count // 2


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET payload = '{}' WHERE id = 5",
        "DELETE FROM audit_entry WHERE id = 5",
        "DELETE FROM audit_entry WHERE id = (SELECT MAX(id) FROM audit_entry)",
        "UPDATE audit_head SET hash = 'x'",
    ],
)
def test_no_entry_can_be_altered_or_cut_off_unnoticed(world, sql):
    tamper(sql)
    assert not audit.verify().intact


def test_the_chain_survives_erasing_a_payload(world):
    anchor = audit.head()[1]
    tamper("UPDATE audit_entry SET payload = NULL WHERE id = 5")
    report = audit.verify(anchor)
    assert report.intact
    assert report.anchor_found


def test_the_search_text_of_the_inspectors_level_holds_no_name(world):
    made = talk_of(world, content="张小雨说想妈妈")
    stored = rows(SYSTEM, TALK).where(TALK.model.id == made.id).get()
    assert "张小雨" not in stored.search_open
    assert "张小雨" in stored.search_staff
