"""The seal holds: who comes to the key and with whose consent, when it leaves, what it opens.

The content itself is looked for everywhere in test_counselling; here every condition of the way to
the key is taken away once.
"""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from admin.sealed import guard
from models.core import sealing, service
from models.core.boxes import ROLES
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, surface
from models.core.register import REGISTERS, find
from models.core.rights import VERBS, may
from models.core.sealing import WrongKey
from models.kept.counselling import FILES, SESSIONS
from models.school import accounts
from models.sealed import counselling, decisions, keys
from models.sealed import requests as asking
from tests import costs
from tests.sealed_people import PASSPHRASE, colleague, session, started
from tests.test_counselling import _no_key_is_left, card, counsellor, saved
from tests.test_leaders import deputy_of

__all__ = ["_no_key_is_left", "counsellor"]

NEW = "另一句安静的话 77"


def user_of(world, name):
    users = find("user")
    return every_row(users).where(users.model.id == world.actors[name].user_id).get()


@pytest.fixture
def two(world):
    """Two counsellors with the same key: the first one's and Alice's."""
    actor, recovery = started(world)
    second = colleague(world)
    code = keys.admit(actor, second.user_id)
    return actor, replace(second, sealed_key=keys.enter(second, code, NEW, NEW)), recovery


# ---- how strong ---------------------------------------------------------------------------------


def test_a_secret_is_stretched_as_much_as_is_agreed_and_salted_anew_each_time():
    assert costs.PASSPHRASE >= 2**17
    assert (sealing.SCRYPT_R, sealing.SCRYPT_P) == (8, 1)
    assert (sealing.KEY_BYTES, sealing.NONCE_BYTES) == (32, 12)
    key = sealing.new_data_key()
    assert len(key) == 32
    first, second = (sealing.wrap(key, PASSPHRASE, "passphrase:1") for _time in range(2))
    assert first.salt != second.salt
    assert first.box != second.box
    letters = sealing.new_recovery_key()
    assert re.fullmatch(r"(?:[A-HJKMNP-Z2-7]{5}-){7}[A-HJKMNP-Z2-7]{5}", letters)
    assert letters != sealing.new_recovery_key()


@pytest.mark.parametrize(
    ("said", "again", "field"),
    [
        ("短口令12", "短口令12", "passphrase"),
        ("一二三四五六七八九", "一二三四五六七八九", "passphrase"),
        ("一一二二三三四四一一二二", "一一二二三三四四一一二二", "passphrase"),
        (NEW, NEW + "8", "again"),
        ("school-4321", "school-4321", "passphrase"),
        ("woaini5201314", "woaini5201314", "passphrase"),
        ("我爱你我爱你我爱你一", "我爱你我爱你我爱你一", "passphrase"),
        ("liushouertong88", "liushouertong88", "passphrase"),
        ("云岭中学2025", "云岭中学2025", "passphrase"),
        ("13800138009", "13800138009", "passphrase"),
        ("qwertyuiop12", "qwertyuiop12", "passphrase"),
    ],
)
def test_a_weak_mistyped_or_borrowed_passphrase_is_refused(world, said, again, field):
    with pytest.raises(Invalid) as met:
        keys.start(world.counsellor, said, again)
    assert set(met.value.errors) == {field}
    assert not keys.is_started()


@pytest.mark.parametrize(
    "said", [PASSPHRASE, NEW, "山羊 水壶 铁轨 星期", "一只小猫坐在高高的窗台上"]
)
def test_a_sentence_of_ones_own_is_strong_enough(world, said):
    keys.check_passphrase(world.counsellor, said, said)


def test_a_key_wrapped_in_an_earlier_time_opens_and_is_stretched_further(world, monkeypatch):
    actor, recovery = started(world)
    kept = keys._living(keys.PASSPHRASE, actor.user_id)
    # As it was wrapped before the cost stood beside the salt.
    monkeypatch.setattr(sealing, "FIRST_N", sealing.SCRYPT_N // 2)
    now, cost = sealing.SCRYPT_N, sealing.SCRYPT_N // 2
    monkeypatch.setattr(sealing, "SCRYPT_N", cost)
    old = sealing.wrap(actor.sealed_key, PASSPHRASE, f"passphrase:{actor.user_id}")
    monkeypatch.setattr(sealing, "SCRYPT_N", now)
    keys.SealedKey.update(salt=old.salt.partition("$")[2], box=old.box).where(
        keys.SealedKey.id == kept.get().id
    ).execute()
    with pytest.raises(WrongKey):
        keys.unlock(world.counsellor, NEW)
    assert sealing.Wrapped(kept.get().salt, kept.get().box).cost == cost
    assert keys.unlock(world.counsellor, PASSPHRASE) == actor.sealed_key
    assert sealing.Wrapped(kept.get().salt, kept.get().box).cost == now
    assert keys.unlock(world.counsellor, PASSPHRASE) == actor.sealed_key


def test_the_key_lies_nowhere_but_wrapped(world):
    actor, recovery = started(world)
    boxes = [one.box for one in keys.SealedKey.select()]
    assert len(boxes) == 2
    for box in boxes:
        raw = sealing._bytes(box)
        assert actor.sealed_key not in raw
    assert recovery not in "".join(boxes)
    assert repr(actor).count("sealed_key") == 0


# ---- who comes to it ----------------------------------------------------------------------------


def test_another_passphrase_and_another_printed_key_end_the_ones_before(world):
    actor, recovery = started(world)
    keys.change_passphrase(actor, NEW, NEW)
    with pytest.raises(WrongKey):
        keys.unlock(world.counsellor, PASSPHRASE)
    assert keys.unlock(world.counsellor, NEW) == actor.sealed_key
    renewed = keys.renew_recovery(actor)
    for printed, opens in ((recovery, False), (renewed, True)):
        request = asking.ask(world.counsellor, asking.RECOVERY)
        decisions.approve(world.leadership, request.id)
        if opens:
            assert keys.recover(world.counsellor, printed, NEW, NEW) == actor.sealed_key
        else:
            with pytest.raises(WrongKey):
                keys.recover(world.counsellor, printed, NEW, NEW)
    ended = [one for one in keys.SealedKey.select() if one.ended_at is not None]
    assert ended
    assert all(one.box == one.salt == "" for one in ended)


def test_a_code_is_for_one_counsellor_and_opens_once(world):
    actor, _recovery = started(world)
    second = colleague(world)
    code = keys.admit(actor, second.user_id)
    with pytest.raises(WrongKey):
        keys.enter(world.counsellor, code, NEW, NEW)
    assert not keys.has_code(world.counsellor)
    assert keys.has_code(second)
    assert keys.enter(second, code, NEW, NEW) == actor.sealed_key
    assert not keys.has_code(second)
    with pytest.raises(WrongKey):
        keys.enter(second, code, NEW, NEW)


def test_a_code_is_given_by_who_holds_the_key_to_a_counsellor_alone(world):
    actor, _recovery = started(world)
    second = colleague(world)
    with pytest.raises(Denied):
        keys.admit(second, second.user_id)
    for other in ("clerk", "leadership", "bob", "inspector"):
        with pytest.raises(Invalid):
            keys.admit(actor, world.actors[other].user_id)
    for step in (keys.change_passphrase, keys.renew_recovery):
        with pytest.raises(Denied):
            step(*((second, NEW, NEW) if step is keys.change_passphrase else (second,)))


def test_no_approval_serves_for_somebody_else_something_else_or_when_it_was_refused(world, two):
    actor, second, recovery = two
    mine = asking.ask(actor, asking.RECOVERY)
    with pytest.raises(Denied):
        keys.recover(replace(actor, sealed_key=None), recovery, NEW, NEW)
    decisions.approve(world.leadership, mine.id)
    with pytest.raises(Denied):
        keys.recover(replace(second, sealed_key=None), recovery, NEW, NEW)
    for kind in (asking.LOST, asking.DISCLOSURE, asking.TAKEOVER):
        assert asking.granted(actor, kind) is None
    theirs = asking.ask(second, asking.RECOVERY)
    decisions.refuse(world.leadership, theirs.id)
    with pytest.raises(Denied):
        keys.recover(second, recovery, NEW, NEW)
    with pytest.raises(NotFound):
        decisions.approve(world.leadership, theirs.id)


@pytest.mark.parametrize("kind", list(asking.KINDS))
def test_each_request_is_made_by_its_own_people_and_decided_by_leadership_alone(world, kind):
    deputy_of(world)
    by_design = {
        asking.ROLE: {"clerk", "leadership"},
        asking.RECOVERY: {"counsellor"},
        asking.DISCLOSURE: {"counsellor"},
        asking.TAKEOVER: {"counsellor"},
        asking.LOST: {"counsellor"},
    }[kind]
    asked = {"subject_id": world.alice.user_id, "subject": "GA-01", "ground": asking.GROUNDS[0]}
    for name in ("clerk", "leadership", "alice", "counsellor", "inspector"):
        actor = world.actors[name]
        if name in by_design:
            request = asking.ask(actor, kind, **asked)
            assert asking.ask(actor, kind, **asked).id == request.id, "asked twice is asked once"
            for other in ("clerk", "alice", "counsellor", "inspector"):
                for decide in (decisions.approve, decisions.refuse):
                    with pytest.raises(Denied):
                        decide(world.actors[other], request.id)
        else:
            with pytest.raises(Denied):
                asking.ask(actor, kind, **asked)


def test_nobody_decides_about_oneself_whatever_account_one_uses(world):
    """A request of one's own, of one's own second account, and a role for oneself."""
    deputy = deputy_of(world)
    twin = replace(world.leadership, user_id=world.leadership.user_id + 100)
    own = decisions.ask_role(world.leadership, world.alice.user_id)
    for actor in (world.leadership, twin):
        for decide in (decisions.approve, decisions.refuse):
            with pytest.raises(Denied):
                decide(actor, own.id)
    about = decisions.ask_role(world.clerk, world.leadership.user_id)
    for decide in (decisions.approve, decisions.refuse):
        with pytest.raises(Denied, match="关于自己"):
            decide(world.leadership, about.id)
    assert user_of(world, "leadership").role == ROLES["leadership"]
    other = replace(twin, user_id=deputy.id, staff_id=world.staff_bob)
    assert decisions.refuse(other, about.id).state == "refused"


def test_a_ground_for_breaking_confidentiality_is_chosen_not_written(world):
    for ground in ("", "张小雨说要伤害自己"):
        with pytest.raises(Invalid):
            asking.ask(world.counsellor, asking.DISCLOSURE, subject_id=1, ground=ground)
    assert asking.SealedRequest.select().count() == 0


def test_an_approval_to_break_confidentiality_is_for_one_session(world):
    actor, _recovery = started(world)
    one, other = session(world, actor), session(world, actor, case_code="GA-02")
    request = asking.ask(
        actor, asking.DISCLOSURE, subject_id=one.id, subject="GA-01", ground=asking.GROUNDS[0]
    )
    with pytest.raises(Denied):
        counselling.disclose(actor, one.id, "原因", one.version)
    decisions.approve(world.leadership, request.id)
    with pytest.raises(Denied):
        counselling.disclose(actor, other.id, "原因", other.version)
    told = counselling.disclose(actor, one.id, "原因", one.version)
    assert told.disclosed_on == actor.today
    with pytest.raises(Denied):
        counselling.disclose(actor, one.id, "再一次", told.version)


# ---- what it opens ------------------------------------------------------------------------------


def test_who_holds_the_same_key_still_opens_own_sessions_alone(world, two):
    """The keyed hash of a child is one for all counsellors; the rows are not."""
    actor, second, _recovery = two
    mine = session(world, actor)
    theirs = session(world, second, counsellor=second.staff_id, case_code="GA-01")
    for one, own, other in ((actor, mine, theirs), (second, theirs, mine)):
        assert [r.id for r in counselling.of_child(one, SESSIONS, world.child_a)] == [own.id]
        assert [r.id for r in counselling.of_case(one, "GA-01")] == [own.id]
        assert counselling.opened(one, SESSIONS, own.id).complaint == "想妈妈"
        with pytest.raises(NotFound):
            counselling.opened(one, SESSIONS, other.id)
        with pytest.raises(NotFound):
            service.update(one, SESSIONS, other.id, {"complaint": "别的"}, other.version)
        with pytest.raises(NotFound):
            service.delete(one, SESSIONS, other.id)
    assert counselling.of_child(actor, SESSIONS, world.child_b) == []


def test_a_payload_put_into_another_row_opens_nowhere(world):
    actor, _recovery = started(world)
    one, other = session(world, actor), session(world, actor, complaint="别的")
    other.payload = one.payload
    assert sealing.unseal(actor, SESSIONS, [other]) == [other]
    note = service.create(
        actor,
        FILES,
        {
            "case_code": "GA-01",
            "observed_on": "2025-11-10",
            "counsellor": actor.staff_id,
            "child": world.child_a,
            "observations": "安静",
        },
    )
    note.payload = one.payload
    assert sealing.unseal(actor, FILES, [note]) == [note]


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "counsellor", "inspector"])
def test_a_sealed_register_is_never_exported_printed_imported_or_changed_in_bulk(world, name):
    for register in (one for one in REGISTERS.values() if one.sealed):
        for key in (None, b"k" * 32):
            actor = replace(world.actors[name], sealed_key=key)
            allowed = {verb for verb in VERBS if may(actor, verb, register)}
            reads = {"read"} if name != "alice" else set()
            writes = {"create", "edit", "delete", "restore"}
            opened = name == "counsellor" and key is not None
            assert allowed == reads | (writes if opened else set()), (register.slug, key)
            sealed = {n for n, s in register.fields.items() if s.secret.value == "sealed"}
            for where in ("list", "detail", "form", "search", "sort", "filter", "history"):
                met = sealed & set(surface(actor, register, where).names)
                assert not met or opened, (where, met)
            for where in ("list", "search", "sort", "filter"):
                assert not sealed & set(surface(actor, register, where).names), where


# ---- when it leaves -----------------------------------------------------------------------------


def test_a_key_is_held_fifteen_minutes_from_its_last_use_to_the_second(world):
    now, idle = world.counsellor.now, timedelta(minutes=15)
    assert idle == keys.IDLE
    for late, held in ((idle, True), (idle + timedelta(seconds=1), False)):
        ring = keys.KeyRing()
        ring.put(5, 1, b"key", now)
        assert (ring.get(5, 1, now + late) is not None) is held
        assert len(ring) == held
        ring.drop_all()
    ring = keys.KeyRing()
    ring.put(5, 1, b"key", now)
    for minutes in (14, 28, 42):
        assert ring.get(5, 1, now + timedelta(minutes=minutes)) == b"key"
    # A clock that was put back holds nothing longer.
    assert ring.get(5, 1, now) is None
    assert len(ring) == 0


def test_a_key_is_dropped_by_its_timer_when_no_request_comes_any_more(world, monkeypatch):
    monkeypatch.setattr(keys, "IDLE", timedelta(milliseconds=30))
    ring = keys.KeyRing()
    ring.put(5, 1, b"key", world.counsellor.now)
    (timer,) = [held.timer for held in ring._held.values()]
    assert timer.daemon
    timer.join(10)
    assert len(ring) == 0
    ring.put(6, 1, b"key", world.counsellor.now)
    (timer,) = [held.timer for held in ring._held.values()]
    ring.drop(6)
    timer.join(10)
    assert not timer.is_alive()
    assert threading.active_count() < 50


def test_a_sweep_leaves_the_living_and_asks_at_most_once_a_minute(world):
    ring, now, asked = keys.KeyRing(), world.counsellor.now, []

    def living(ids):
        asked.append(sorted(ids))
        return [5]

    ring.put(5, 1, b"key", now)
    ring.put(6, 2, b"key", now)
    ring.sweep(now, living)
    ring.put(7, 2, b"key", now)
    ring.sweep(now + timedelta(seconds=59), living)
    assert len(ring) == 2
    ring.sweep(now + timedelta(seconds=60), living)
    assert asked == [[5, 6], [5, 7]]
    assert ring.get(5, 1, now) == b"key"
    assert ring.get(7, 2, now) is None
    ring.drop_all()
    assert len(ring) == 0
    ring.sweep(now + timedelta(hours=1), living)
    assert len(asked) == 2


def through_the_form(world, **changed):
    """Change the counsellor's account as the clerk does in the form of any register."""
    user = user_of(world, "counsellor")
    service.update(world.clerk, find("user"), user.id, changed, user.version)


ENDINGS = {
    "shut": lambda world: through_the_form(world, disabled=True),
    "run out": lambda world: through_the_form(world, expires_on="2025-11-11"),
    "a teacher again": lambda world: through_the_form(world, role=ROLES["teacher"]),
    "signed out everywhere": lambda world: accounts.end_all_sessions(
        world.counsellor.user_id, world.counsellor.now
    ),
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_the_key_goes_with_the_account_whoever_asks_next(
    counsellor, world, app, client_as, clock, ending
):
    ring = app.extensions[guard._RING]
    assert len(ring) == 1
    clock.advance(minutes=2)
    client_as("clerk").get("/account")
    assert len(ring) == 1
    ENDINGS[ending](world)
    clock.advance(minutes=2)
    client_as("clerk").get("/account")
    assert len(ring) == 0


def test_a_second_browser_of_the_counsellor_has_to_open_the_seal_itself(
    counsellor, world, client_as, app
):
    rid = saved(counsellor, world)
    second = client_as("counsellor")
    answer = second.get(f"/sealed/counselling/{rid}")
    assert answer.status_code == 303
    assert "/sealed/keys" in answer.location
    second.post("/sign-out")
    assert len(app.extensions[guard._RING]) == 1
    assert counsellor.get(f"/sealed/counselling/{rid}").status_code == 200


# ---- pages --------------------------------------------------------------------------------------


def test_no_sealed_page_keeps_a_draft(counsellor, world):
    rid = saved(counsellor, world)
    forms = 0
    for page in (
        "counselling/new",
        f"counselling/{rid}/edit",
        f"counselling/{rid}",
        "mind-file/new",
        "child",
        "case/GA-01/anonymous",
        "keys",
    ):
        answer = counsellor.get(f"/sealed/{page}")
        assert answer.headers["Cache-Control"] == "no-store", page
        assert "data-draft-key" not in answer.text, page
        own = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
        for form, inside in re.findall(r"(<form[^>]*>)(.*?)</form>", own, re.S):
            typed = re.search(r"<textarea|<select|<input(?![^>]*hidden)", inside)
            assert "data-no-draft" in form or not typed, (page, form)
            forms += bool(typed)
    assert forms >= 7


def test_a_refused_card_and_a_conflict_tell_the_content_to_their_writer_alone(
    counsellor, world, client_as, caplog
):
    rid = saved(counsellor, world)
    wrong = counsellor.post(f"/sealed/counselling/{rid}/edit", data=card(world, version="99"))
    assert wrong.status_code == 409
    assert wrong.headers["Cache-Control"] == "no-store"
    assert "QZXMARKER" in wrong.text
    for name in ("clerk", "leadership", "alice", "inspector"):
        answer = client_as(name).post(
            f"/sealed/counselling/{rid}/edit", data=card(world, version="1")
        )
        assert answer.status_code == 403, name
        assert "QZXMARKER" not in answer.text
    assert "QZXMARKER" not in caplog.text
