"""`audit verify` finds what was done behind the record of changes, and says what it left out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from peewee import BooleanField

from admin.commands.audit import noted_heads, told
from models.core import audit, installation, service, verification
from models.core.actor import SYSTEM, system
from models.core.audit import AccessLog, AuditEntry, AuditHead
from models.core.database import database, writing
from models.core.gates import rows
from models.core.register import REGISTERS, find
from models.core.row_marks import MarkedFields
from models.school import draws
from tests.factory import Factory
from tests.world import NOON


def behind(sql, *values):
    """Do something to the database as somebody would who has its file."""
    with writing():
        database.execute_sql(sql, values)


def verify(anchor=None):
    return verification.verify(anchor, noted_heads())


def said(report):
    return "\n".join(told(report))


def filled():
    """The registers that have rows in the school of the tests."""
    return [r for r in REGISTERS.values() if rows(SYSTEM, r, deleted=None).exists()]


def close(day):
    with service.work(system(day)):
        return verification.close_access_days(system(day))


def test_an_untouched_school_is_intact_and_every_record_was_compared(world):
    report = verify()
    assert report.intact, said(report)
    assert report.records > 50
    assert report.unmarked == 0
    assert "没有核对：附件文件" in said(report)


def test_every_column_of_every_register_changed_behind_the_service_is_found(world):
    """One column after the other, taken back each time."""
    tried = 0
    for register in filled():
        model = register.model
        record = rows(SYSTEM, register, deleted=None).order_by(model.id).first()
        for name in register.fields:
            if name not in model._meta.fields:
                continue
            field = model._meta.fields[name]
            column = field.column_name
            with database.atomic() as taken_back:
                other = "5" if record.__data__.get(name) != 5 else "6"
                if isinstance(field, BooleanField):
                    other = int(not record.__data__.get(name))
                other = "2001-02-03" if "Date" in type(field).__name__ else other
                behind("PRAGMA defer_foreign_keys=ON")
                try:
                    behind(
                        f'UPDATE "{register.table}" SET "{column}" = ? WHERE id = ?',
                        other,
                        record.id,
                    )
                    changed = (
                        rows(SYSTEM, register, deleted=None).where(model.id == record.id).first()
                    )
                    assert verification.strays_among(register, [changed]) == 1, (
                        register.slug,
                        name,
                    )
                    tried += 1
                finally:
                    taken_back.rollback()
    assert tried > 100


@pytest.mark.parametrize(
    ("sql", "how"),
    [
        ("UPDATE talk SET content = '改过' WHERE id = {talk_a}", "changed"),
        ("UPDATE talk SET version = version + 1 WHERE id = {talk_a}", "changed"),
        ("UPDATE talk SET deleted_at = '2025-11-12 10:00:00' WHERE id = {talk_a}", "changed"),
        ("UPDATE talk SET entered_by = NULL WHERE id = {talk_a}", "changed"),
        ("DELETE FROM talk WHERE id = {talk_a}", "removed"),
        ("DELETE FROM audit_entry WHERE register = 'talk'", "added"),
    ],
)
def test_a_record_changed_added_or_removed_behind_the_service_is_named(world, sql, how):
    behind("PRAGMA foreign_keys=OFF")
    behind(sql.format(**world.ids))
    report = verify()
    assert not report.intact
    assert {(s.register, s.how) for s in report.strays} == {("talk", how)}
    assert "谈心" in said(report)


def test_an_emptied_chain_beside_records_is_found(world):
    behind("DELETE FROM audit_entry")
    behind("UPDATE audit_head SET entries = 0, hash = ?, doubt = NULL", audit.GENESIS)
    report = verify()
    assert not report.intact
    assert "操作记录被清空过" in said(report)


@pytest.mark.parametrize("head_kept", [True, False])
def test_a_cut_tail_with_a_rewritten_head_is_found_also_after_the_next_write(world, head_kept):
    count, _hash = audit.head()
    behind("DELETE FROM audit_entry WHERE id > ?", count - 3)
    last = AuditEntry.get(AuditEntry.id == count - 3)
    if head_kept:
        behind("UPDATE audit_head SET entries = ?, hash = ?", last.id, last.hash)
    else:
        behind("DELETE FROM audit_head")
        behind("INSERT INTO audit_head (id, entries, hash) VALUES (1, ?, ?)", last.id, last.hash)
    assert verify().chain.doubt == last.id
    asset = {"number": "ZC-9", "kind": "设备", "name": "桌", "unit": "张", "quantity": 1}
    service.create(world.clerk, find("asset"), asset)
    assert verify().chain.broken_at is None
    assert verify().chain.doubt == last.id
    assert not verify().intact


def test_a_head_noted_with_a_draw_must_be_in_the_chain(world):
    draw = draws.begin(world.clerk)
    assert verify().chain.lost == ()
    behind("UPDATE draw SET head = ?", "f" * 64)
    assert verify().chain.lost == ("f" * 64,)
    assert draw.head in {entry.hash for entry in AuditEntry.select()}


HEADED = [r.slug for r in REGISTERS.values() if "head" in r.fields and not r.spec("head").target]


def test_the_head_is_noted_with_all_that_is_signed_or_leaves_the_school():
    assert set(HEADED) == {"bundle", "semester-close", "statistics-table", "evaluation"}


@pytest.mark.parametrize("slug", HEADED)
def test_every_head_noted_in_a_register_must_be_in_the_chain(world, slug):
    """Packages, closings, signed tables and sheets: a head of another chain is told."""
    register = find(slug)
    factory = Factory(system(NOON))
    given = factory.minimal(register)
    for name, spec in register.fields.items():
        # What the product sets itself is required by the table, not by the form.
        if not spec.field.null and spec.field.default is None:
            given.setdefault(name, factory.value(spec))
    with service.work(system(NOON)) as current:
        made = service.create(
            system(NOON), register, given | {"head": audit.head()[1]}, current=current
        )
    assert verify().chain.lost == ()
    behind(f'UPDATE "{register.table}" SET head = ? WHERE id = ?', "f" * 64, made.id)
    assert verify().chain.lost == ("f" * 64,)


def test_what_was_written_at_a_moment_is_not_after_it(world):
    talk, second = find("talk"), timedelta(seconds=1)
    service.update(world.clerk, talk, world.talk_a, {"topic": "新"}, 1)
    for since, expected in ((NOON - second, {world.talk_a}), (NOON, set())):
        assert audit.set_since("talk", [world.talk_a], "topic", since) == expected
        assert audit.set_since("talk", [world.talk_a], "content", since) == set()


def test_an_erased_change_may_have_been_one_of_any_field(world):
    talk, names = find("talk"), frozenset({"topic"})
    began = audit.last_change("talk", world.talk_a, names)
    service.update(world.clerk, talk, world.talk_a, {"content": "又谈了住校"}, 1)
    assert audit.last_change("talk", world.talk_a, names) == began < NOON
    assert audit.last_change("talk", world.talk_a, frozenset({"content"})) == NOON
    newest = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    AuditEntry.update(payload=None).where(AuditEntry.id == newest.id).execute()
    assert audit.last_change("talk", world.talk_a, names) == NOON
    assert audit.last_change("talk", 10**6, names) is None


def test_an_erased_payload_is_counted_and_named_and_no_fault(world):
    newest = (
        AuditEntry.select()
        .where(AuditEntry.register == "talk")
        .order_by(AuditEntry.id.desc())
        .first()
    )
    behind("UPDATE audit_entry SET payload = NULL WHERE id = ?", newest.id)
    report = verify()
    assert report.intact
    assert report.chain.erased == (newest.id,)
    assert report.unmarked == 1
    assert f"1 条的内容已按决定清除（第 {newest.id} 条）" in said(report)


def test_a_column_that_came_later_alarms_nobody(world, monkeypatch):
    """The marks name the fields they cover; here the newest field is one they do not know."""
    from models.core import row_marks

    real = row_marks.fields_of
    monkeypatch.setattr(row_marks, "fields_of", lambda r: real(r).removesuffix(",version"))
    entry = AuditEntry.select().where(AuditEntry.register == "talk").first()
    number, _mark = json.loads(entry.payload)["row"]
    assert MarkedFields.get_by_id(number).names == real(find("talk"))
    assert verify().intact


def test_names_of_fields_taken_off_a_mark_do_not_loosen_it(world):
    behind("UPDATE marked_fields SET names = 'act,batch'")
    assert not verify().intact


def test_the_marks_cannot_be_made_without_the_key(world, monkeypatch):
    monkeypatch.setitem(installation._known, "key", b"x" * 32)
    report = verify()
    assert report.chain.doubt is not None
    assert report.strays


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM access_log",
        "DELETE FROM access_log WHERE id = (SELECT MIN(id) FROM access_log)",
        "UPDATE access_log SET who = 'x'",
        "UPDATE access_log SET at = '2025-11-11 09:00:00'",
    ],
)
def test_a_closed_day_of_the_access_log_cannot_be_emptied_or_altered(world, sql):
    for _time in range(3):
        audit.log_access(world.clerk, "view", "child", world.child_a)
    assert verify().open == 3
    assert close(NOON + timedelta(hours=1)) == 0, "the day is not over"
    assert close(NOON + timedelta(days=1)) == 1
    assert close(NOON + timedelta(days=1)) == 0
    report = verify()
    assert (report.intact, report.looks, report.open) == (True, 3, 0)
    behind(sql)
    report = verify()
    assert report.days
    assert "查看记录有 1 天" in said(report)
    assert AccessLog.select().count() <= 3


def test_the_head_is_signed_from_the_first_start_on(world):
    assert audit.is_signed(AuditHead.get())
    audit.begin_chain()
    assert audit.is_signed(AuditHead.get())
