"""The encryption of sealed records: what opens a payload, what does not, and what is kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from models.core import sealing, service
from models.core.boxes import COUNSELLOR, ROLES
from models.core.database import connected, database, open_database
from models.core.errors import Conflict, Denied, Invalid, NotFound
from models.core.register import find
from models.core.sealing import Shut, WrongKey
from models.kept.counselling import SESSIONS
from models.sealed import counselling, decisions, keys, leaders, messages, requests
from tests.sealed_people import PASSPHRASE, colleague, session, started
from tests.world import NOON

PLACE = "counselling:7"


def test_a_payload_opens_with_its_key_at_its_own_row():
    key = sealing.new_data_key()
    payload = sealing.encrypt(key, {"complaint": "睡不着"}, PLACE)
    assert sealing.decrypt(key, payload, PLACE) == {"complaint": "睡不着"}


def test_a_payload_opens_at_no_other_row_and_with_no_other_key():
    key = sealing.new_data_key()
    payload = sealing.encrypt(key, {"complaint": "睡不着"}, PLACE)
    for other_key, place in ((key, "counselling:8"), (sealing.new_data_key(), PLACE)):
        with pytest.raises(WrongKey):
            sealing.decrypt(other_key, payload, place)


@pytest.mark.parametrize("damage", ["", "1.x", "1.x.y.z", "1.abc.AAAA", "1.a.!!"])
def test_a_damaged_payload_is_refused_in_words(damage):
    with pytest.raises(WrongKey):
        sealing.decrypt(sealing.new_data_key(), damage, PLACE)


def test_a_changed_byte_is_noticed():
    key = sealing.new_data_key()
    payload = sealing.encrypt(key, {"risk": "一般"}, PLACE)
    flipped = payload[:-6] + ("A" if payload[-6] != "A" else "B") + payload[-5:]
    with pytest.raises(WrongKey):
        sealing.decrypt(key, flipped, PLACE)


def test_the_same_text_is_never_sealed_alike_and_short_texts_are_equally_long():
    key = sealing.new_data_key()
    one = sealing.encrypt(key, {"risk": "一般"}, PLACE)
    assert one != sealing.encrypt(key, {"risk": "一般"}, PLACE)
    assert len(one) == len(sealing.encrypt(key, {"complaint": "很长的话" * 20}, PLACE))


def test_a_wrapped_key_opens_for_its_secret_and_its_holder_alone():
    key = sealing.new_data_key()
    wrapped = sealing.wrap(key, "安静的操场 42", "passphrase:1")
    assert sealing.unwrap(wrapped, "安静的操场 42", "passphrase:1") == key
    for secret, holder in (("安静的操场 43", "passphrase:1"), ("安静的操场 42", "passphrase:2")):
        with pytest.raises(WrongKey):
            sealing.unwrap(wrapped, secret, holder)


def test_a_recovery_key_is_read_however_it_is_typed():
    printed = sealing.new_recovery_key()
    assert sealing.plain_recovery_key(f"  {printed.lower().replace('-', ' ')} ") == printed
    assert sealing.new_recovery_key() != printed


def test_a_childs_hash_differs_by_child_by_key_and_by_register():
    key, files = sealing.new_data_key(), find("mind-file")
    hashes = {
        sealing.child_hash(key, SESSIONS, 1),
        sealing.child_hash(key, SESSIONS, 2),
        sealing.child_hash(key, files, 1),
        sealing.child_hash(sealing.new_data_key(), SESSIONS, 1),
    }
    assert len(hashes) == 4


def test_no_column_of_the_table_holds_a_sealed_field(world):
    columns = {column.name for column in database.get_columns("counselling")}
    sealed = {n for n, spec in SESSIONS.fields.items() if spec.secret.value == "sealed"}
    assert "child" in sealed
    assert not columns & (sealed | {f"{name}_id" for name in sealed})


def test_a_query_reads_a_sealed_field_as_nothing(world):
    actor, _recovery = started(world)
    session(world, actor)
    model = SESSIONS.model
    with_gate = counselling.rows(actor, SESSIONS)
    assert with_gate.where(model.child == world.child_a).count() == 0
    assert with_gate.where(model.child.is_null(True)).count() == 1


def test_without_the_key_nothing_sealed_is_written_or_read(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    with pytest.raises(Denied):
        service.create(world.counsellor, SESSIONS, {"case_code": "GA-2"})
    with pytest.raises(Denied):
        service.update(world.counsellor, SESSIONS, record.id, {"complaint": "x"}, record.version)
    with pytest.raises(Shut):
        counselling.opened(world.counsellor, SESSIONS, record.id)
    shut = counselling.row(world.clerk, SESSIONS, record.id)
    assert shut.is_shut
    assert shut.complaint is None


def test_two_counsellors_writing_at_once_get_a_conflict_and_lose_nothing(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    counselling.save_session(actor, {"complaint": "甲"}, record_id=record.id, version=1)
    with pytest.raises(Conflict):
        counselling.save_session(actor, {"complaint": "乙"}, record_id=record.id, version=1)
    assert counselling.opened(actor, SESSIONS, record.id).complaint == "甲"


def test_a_session_is_written_on_by_its_counsellor_however_old_and_what_is_emptied_is_gone(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    later = replace(actor, now=NOON + timedelta(days=60))
    said = {"complaint": "", "starts_at": "14:05"}
    counselling.save_session(later, said, record_id=record.id, version=1)
    opened = counselling.opened(later, SESSIONS, record.id)
    assert (opened.complaint, str(opened.starts_at)[:5], opened.version) == (None, "14:05", 2)


def test_a_record_sealed_under_a_lost_key_is_never_written_over(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    other = replace(actor, sealed_key=sealing.new_data_key())
    with pytest.raises(WrongKey):
        service.update(other, SESSIONS, record.id, {"complaint": "新"}, 1)
    assert counselling.opened(actor, SESSIONS, record.id).complaint


def test_the_passphrase_opens_and_the_login_password_does_not(world):
    actor, _recovery = started(world)
    assert keys.unlock(world.counsellor, PASSPHRASE) == actor.sealed_key
    with pytest.raises(WrongKey):
        keys.unlock(world.counsellor, "school-4321")
    with pytest.raises(Invalid) as refused:
        keys.change_passphrase(actor, "school-4321", "school-4321")
    assert "登录密码" in refused.value.errors["passphrase"]


def test_resetting_the_login_password_does_not_change_what_opens_the_seal(world):
    actor, _recovery = started(world)
    user = find("user")
    system = replace(world.clerk, role="system")
    stored = counselling.row(system, user, world.counsellor.user_id)
    from models.school.accounts import hash_password

    raw = {"password_hash": hash_password("brand-new-pass")}
    service.update(system, user, stored.id, raw, stored.version)
    with pytest.raises(WrongKey):
        keys.unlock(world.counsellor, "brand-new-pass")
    assert keys.unlock(world.counsellor, PASSPHRASE) == actor.sealed_key


def test_nobody_but_a_counsellor_starts_or_opens_the_seal(world):
    for name in ("clerk", "leadership", "alice", "inspector"):
        with pytest.raises(Denied):
            keys.start(world.actors[name], PASSPHRASE, PASSPHRASE)
        with pytest.raises(Denied):
            keys.unlock(world.actors[name], PASSPHRASE)


def test_the_seal_is_started_once(world):
    started(world)
    with pytest.raises(Denied):
        keys.start(world.counsellor, PASSPHRASE, PASSPHRASE)


def test_the_clerk_cannot_make_a_counsellor_alone(world):
    user = counselling.row(world.clerk, find("user"), world.alice.user_id)
    with pytest.raises(Invalid) as refused:
        service.update(
            world.clerk, find("user"), user.id, {"role": ROLES[COUNSELLOR]}, user.version
        )
    assert "role" in refused.value.errors


def test_a_leader_does_not_approve_an_own_request(world):
    paper = leaders.Paper("吴主任（县教育局）", "aa/bb/paper.jpg", "c" * 64)
    request = decisions.ask_role(world.leadership, world.alice.user_id, paper)
    with pytest.raises(Denied):
        decisions.approve(world.leadership, request.id)
    with pytest.raises(Denied):
        decisions.approve(world.clerk, request.id)


def test_an_approved_role_is_granted_and_told_to_all_counsellors(world):
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    assert messages.unread(world.leadership) == 1
    decisions.approve(world.leadership, request.id)
    user = counselling.row(world.clerk, find("user"), world.alice.user_id)
    assert user.role_code == COUNSELLOR
    assert any("王爱丽" in one.text for one in messages.notices_of(world.counsellor))
    with pytest.raises(NotFound):
        decisions.approve(world.leadership, request.id)


def test_the_role_alone_opens_nothing_and_a_code_of_a_colleague_does(world):
    actor, _recovery = started(world)
    second = colleague(world)
    with pytest.raises(WrongKey):
        keys.unlock(second, PASSPHRASE)
    code = keys.admit(actor, second.user_id)
    key = keys.enter(second, code.lower(), "another quiet place", "another quiet place")
    assert key == actor.sealed_key
    with pytest.raises(WrongKey):
        keys.enter(second, code, "another quiet place", "another quiet place")


def test_a_code_lasts_a_day(world):
    actor, _recovery = started(world)
    second = colleague(world)
    code = keys.admit(actor, second.user_id)
    late = replace(second, now=second.now + timedelta(days=1, seconds=1))
    with pytest.raises(WrongKey):
        keys.enter(late, code, "another quiet place", "another quiet place")


def test_the_recovery_key_opens_only_after_approval_and_only_once(world):
    actor, recovery = started(world)
    said = (recovery, "remembered again 1", "remembered again 1")
    with pytest.raises(Denied):
        keys.recover(world.counsellor, *said)
    request = requests.ask(world.counsellor, requests.RECOVERY)
    decisions.approve(world.leadership, request.id)
    assert keys.recover(world.counsellor, *said) == actor.sealed_key
    assert keys.unlock(world.counsellor, "remembered again 1") == actor.sealed_key
    with pytest.raises(Denied):
        keys.recover(world.counsellor, *said)
    assert any("恢复密钥" in one.text for one in messages.notices_of(world.counsellor))


def test_an_approval_is_good_for_a_week(world):
    started(world)
    request = requests.ask(world.counsellor, requests.RECOVERY)
    decisions.approve(world.leadership, request.id)
    late = replace(world.counsellor, now=world.counsellor.now + timedelta(days=8))
    assert requests.granted(world.counsellor, requests.RECOVERY)
    assert requests.granted(late, requests.RECOVERY) is None


def test_a_restored_folder_is_read_with_the_recovery_key(world, data_dir, tmp_path):
    actor, recovery = started(world)
    record = session(world, actor, complaint="只有我们知道")
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    clean = tmp_path / "restored"
    shutil.copytree(data_dir, clean)
    database.close()
    open_database(clean)
    with connected():
        request = requests.ask(world.counsellor, requests.RECOVERY)
        decisions.approve(world.leadership, request.id)
        key = keys.recover(world.counsellor, recovery, "a new place 99", "a new place 99")
        restored = counselling.opened(
            replace(world.counsellor, sealed_key=key), SESSIONS, record.id
        )
        assert restored.complaint == "只有我们知道"
        assert restored.child == world.child_a
    open_database(data_dir).connect()


def test_after_a_lost_key_new_records_are_possible_and_old_ones_say_so(world):
    actor, _recovery = started(world)
    old = session(world, actor)
    request = requests.ask(world.counsellor, requests.LOST)
    decisions.approve(world.leadership, request.id)
    assert not keys.is_started()
    fresh, _recovery = started(world)
    new = session(world, fresh, case_code="GA-9")
    assert counselling.opened(fresh, SESSIONS, new.id).complaint
    with pytest.raises(WrongKey):
        counselling.opened(fresh, SESSIONS, old.id)
    assert [line.case_code for line in counselling.index(world.clerk, *_autumn())] == [
        "GA-01",
        "GA-9",
    ]


def _autumn():
    from datetime import date

    return date(2025, 9, 1), date(2026, 1, 31)


def test_the_key_ring_forgets_an_idle_key_and_a_stranger_finds_none(world):
    ring, now = keys.KeyRing(), world.counsellor.now
    ring.put(5, 1, b"key", now)
    assert ring.get(5, 1, now + timedelta(minutes=14)) == b"key"
    assert ring.get(6, 1, now) is None
    assert ring.get(5, 1, now + timedelta(minutes=40)) is None
    assert len(ring) == 0
    ring.put(5, 1, b"key", now)
    assert ring.get(5, 2, now) is None
    ring.put(7, 1, b"key", now)
    ring.sweep(now, lambda ids: [])
    assert len(ring) == 0
