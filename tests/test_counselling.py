"""心理咨询: who sees what of a sealed session, and that its content leaks nowhere."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

import pytest
from werkzeug.routing import BuildError

from admin.sealed import guard
from models.core import audit, service
from models.core.database import database
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import rows, surface
from models.core.register import REGISTERS
from models.core.rights import VERBS, may
from models.core.validation import missing_wanted
from models.kept.counselling import FILES, LATE_REASONS, SESSIONS
from models.sealed import counselling, decisions, messages, requests
from models.sealed.anonymous import anonymise
from models.sealed.anonymous_case import anonymous_case
from tests.sealed_people import PASSPHRASE, colleague, session, started

PLAIN = ("case_code", "held_on", "counsellor", "finished_on", "sealed_on", "received_by")
MARKER = "QZXMARKER"
SECRET = f"张小雨{MARKER}想妈妈"


@pytest.fixture(autouse=True)
def _no_key_is_left(worker_app):
    yield
    worker_app.extensions[guard._RING].drop_all()


@pytest.fixture
def counsellor(client_as):
    """The counsellor's browser with the seal started and open."""
    client = client_as("counsellor")
    said = {"step": "start", "passphrase": PASSPHRASE, "again": PASSPHRASE}
    answer = client.post("/sealed/keys", data=said)
    assert answer.status_code == 200
    client.recovery = re.search(r"<strong>([A-Z2-7-]{47})</strong>", answer.text).group(1)
    return client


def card(world, **changed):
    said = {
        "case_code": "GA-01",
        "held_on": "2025-11-10",
        "child": str(world.child_a),
        "complaint": SECRET,
        "risk": "一般",
        "starts_at": "14:00",
        "ends_at": "14:40",
    }
    return said | changed


def saved(client, world, **changed):
    answer = client.post("/sealed/counselling/new", data=card(world, **changed))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


# ---- rights and surfaces


@pytest.mark.parametrize("slug", ["counselling", "mind-file"])
@pytest.mark.parametrize("name", ["clerk", "leadership", "inspector"])
def test_the_office_reads_number_and_date_and_writes_nothing(world, slug, name):
    actor, register = world.actors[name], REGISTERS[slug]
    assert may(actor, "read", register)
    assert not any(may(actor, verb, register) for verb in VERBS if verb != "read")
    for where in ("list", "detail", "form", "export", "pdf", "history", "search", "filter"):
        shown = surface(actor, register, where)
        assert not any(one.spec.secret.value == "sealed" or one.writable for one in shown.fields)
    assert surface(actor, SESSIONS, "list").names == PLAIN


@pytest.mark.parametrize("name", ["alice", "bob", "charlie"])
def test_a_teacher_does_not_even_see_that_there_are_sessions(world, name):
    actor, _recovery = started(world)
    session(world, actor)
    assert not may(world.actors[name], "read", SESSIONS)
    assert rows(world.actors[name], SESSIONS).count() == 0


def test_a_counsellor_sees_own_sessions_only(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    second = replace(colleague(world), sealed_key=actor.sealed_key)
    with pytest.raises(NotFound):
        counselling.opened(second, SESSIONS, record.id)
    assert rows(world.clerk, SESSIONS).count() == 1


def test_an_unopened_record_is_incomplete_only_by_its_plain_fields(world):
    actor, _recovery = started(world)
    record = session(world, actor, complaint="")
    shut = counselling.row(world.clerk, SESSIONS, record.id)
    assert [s.name for s in missing_wanted(SESSIONS, shut)] == [
        "finished_on",
        "sealed_on",
        "received_by",
    ]
    opened = counselling.opened(actor, SESSIONS, record.id)
    assert "complaint" in [s.name for s in missing_wanted(SESSIONS, opened)]


# ---- rules: one refused and one accepted case each


REFUSED = [
    ({"case_code": "张小雨"}, "case_code"),
    ({"ends_at": "13:40"}, "ends_at"),
    ({"disclosed_on": "2025-11-10"}, "disclosure_reason"),
    ({"disclosed_on": "2025-11-10", "disclosure_reason": "x"}, "disclosure_approved_by"),
    ({"handed_over_to": "self", "handover_reason": "累"}, "handed_over_to"),
    ({"handed_over_to": "other"}, "handover_reason"),
    ({"finished_on": "2025-11-09"}, "finished_on"),
    ({"finished_on": "2025-11-11", "sealed_on": "2025-11-10", "received_by": "other"}, "sealed_on"),
    ({"finished_on": "2025-11-11", "sealed_on": "2025-11-11"}, "received_by"),
    ({"sealed_on": "2025-11-11", "received_by": "other"}, "finished_on"),
    ({"counsellor": "other"}, "counsellor"),
    ({"held_on": "2025-11-01", "late_reason": SECRET}, "late_reason"),
    ({"held_on": "2025-11-01"}, "late_reason"),
    ({"child": ""}, "child"),
    ({"child": "999999"}, "child"),
]
ACCEPTED = [
    {"case_code": "个案2025-01"},
    {"starts_at": "14:00", "ends_at": "14:40"},
    {"handed_over_to": "other", "handover_reason": "状态不佳"},
    {"finished_on": "2025-11-11", "sealed_on": "2025-11-12", "received_by": "other"},
    {"held_on": "2025-11-01", "late_reason": LATE_REASONS[0]},
    {"disclosed_on": "2025-11-10", "disclosure_reason": "x", "disclosure_approved_by": "other"},
]


def _people(world, raw):
    ids = {"self": world.staff_counsellor, "other": world.staff_clerk}
    return {name: ids.get(value, value) for name, value in raw.items()}


@pytest.mark.parametrize(("raw", "field"), REFUSED, ids=str)
def test_a_card_that_contradicts_itself_is_refused_at_its_field(world, raw, field):
    actor, _recovery = started(world)
    with pytest.raises(Invalid) as refused:
        session(world, actor, **_people(world, raw))
    assert field in refused.value.errors
    assert SECRET not in str(refused.value)
    assert rows(world.clerk, SESSIONS).count() == 0


@pytest.mark.parametrize("raw", ACCEPTED, ids=str)
def test_a_card_that_agrees_is_saved(world, raw):
    actor, _recovery = started(world)
    assert session(world, actor, **_people(world, raw)).id


# ---- steps


def test_a_crisis_is_told_to_the_leadership_without_content(world):
    actor, _recovery = started(world)
    record = session(world, actor, complaint=SECRET, risk="关注")
    assert messages.notices_of(world.leadership) == []
    counselling.save_session(actor, {"risk": "危机"}, record_id=record.id, version=1)
    counselling.save_session(actor, {"background": "又"}, record_id=record.id, version=2)
    told = [one.text for one in messages.notices_of(world.leadership)]
    assert len(told) == 1
    assert "GA-01" in told[0]
    assert "2025-11-10" in told[0]
    assert "孙静" in told[0]
    assert not any(word in told[0] for word in (MARKER, "张小雨", "妈妈"))


def test_a_session_handed_over_is_seen_by_the_other_and_no_more_by_the_first(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    second = replace(colleague(world), sealed_key=actor.sealed_key)
    counselling.hand_over(actor, record.id, second.staff_id, "状态不佳", 1)
    with pytest.raises(NotFound):
        counselling.opened(actor, SESSIONS, record.id)
    taken = counselling.opened(second, SESSIONS, record.id)
    assert taken.handover_reason == "状态不佳"
    assert any("GA-01" in one.text for one in messages.notices_of(second))
    counselling.save_session(second, {"background": "续"}, record_id=record.id, version=2)


def test_a_session_is_not_handed_to_somebody_who_is_no_counsellor(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    for to in (world.staff_bob, world.staff_counsellor, "abc"):
        with pytest.raises(Invalid):
            counselling.hand_over(actor, record.id, to, "状态不佳", 1)


def test_a_case_of_an_absent_colleague_is_taken_over_after_approval_unopened(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    second = replace(colleague(world), sealed_key=actor.sealed_key)
    request = requests.ask(second, requests.TAKEOVER, subject="GA-01")
    with pytest.raises(NotFound):
        counselling.opened(second, SESSIONS, record.id)
    decisions.approve(world.leadership, request.id)
    assert counselling.opened(second, SESSIONS, record.id).complaint == "想妈妈"


def test_confidentiality_is_broken_with_reason_approval_and_notice(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    with pytest.raises(Denied):
        counselling.disclose(actor, record.id, "有危险", 1)
    with pytest.raises(Invalid):
        requests.ask(actor, requests.DISCLOSURE, subject_id=record.id, ground=SECRET)
    request = requests.ask(
        actor, requests.DISCLOSURE, subject_id=record.id, ground=requests.GROUNDS[0]
    )
    decisions.approve(world.leadership, request.id)
    with pytest.raises(Invalid):
        counselling.disclose(actor, record.id, "", 1)
    done = counselling.disclose(actor, record.id, SECRET, 1)
    assert done.disclosure_approved_by == world.staff_leadership
    for person in (world.leadership, world.counsellor):
        texts = [one.text for one in messages.notices_of(person)]
        assert any("突破保密" in text for text in texts)
        assert not any(MARKER in text for text in texts)


def test_what_changed_is_audited_by_a_digest_alone(world):
    actor, _recovery = started(world)
    record = session(world, actor, complaint=SECRET)
    counselling.save_session(actor, {"complaint": "别的"}, record_id=record.id, version=1)
    entries = audit.entries_of("counselling", record.id)
    payload = json.loads(entries[0].payload)
    assert payload["sealed"] == "内容已改"
    assert payload["changes"] == {}
    assert len(payload["digest"]) == 64
    assert [words for _entry, words in counselling.history_of(SESSIONS, record.id)] == [
        "修改，内容已改",
        "登记",
    ]


def test_a_record_is_deleted_softly_and_restored(world):
    actor, _recovery = started(world)
    record = session(world, actor)
    service.delete(actor, SESSIONS, record.id)
    with pytest.raises(NotFound):
        counselling.opened(actor, SESSIONS, record.id)
    service.restore(actor, SESSIONS, record.id)
    assert counselling.opened(actor, SESSIONS, record.id).complaint == "想妈妈"


def test_the_records_of_a_child_are_found_by_the_keyed_hash(world):
    actor, _recovery = started(world)
    session(world, actor)
    session(world, actor, child=world.child_b, case_code="GA-02")
    found = counselling.of_child(actor, SESSIONS, world.child_b)
    assert [record.case_code for record in found] == ["GA-02"]


# ---- the anonymised case


def test_an_anonymised_case_names_nobody_and_no_place(world):
    actor, _recovery = started(world)
    session(
        world,
        actor,
        complaint="张小雨说妈妈张秀英在东莞市打工，电话 13985670002；小雨住云岭镇大坪村。",
        background="七（1）班王爱丽老师 2025-10-28 告诉云岭中学，曾思源也在。微信 abc12345",
    )
    session(world, actor, held_on="2025-11-12", complaint="张 小 雨好些了")
    text = anonymous_case(actor, "GA-01").text
    for told in (
        "张小雨", "小雨", "秀英", "东莞", "139", "云岭", "大坪", "七（1）", "爱丽", "2025", "思源",
        "abc12345", "GA-01", "孙静", "小 雨",
    ):  # fmt: skip
        assert told not in text, told
    assert "来访者" in text
    assert "首次之后 2 天" in text
    assert "女生，12 至 14 岁" in text  # thirteen on the day


def test_anonymising_again_changes_nothing():
    once = anonymise("张小雨在云岭镇，1398567 号", {"张小雨": "来访者"}, ["云岭镇"], []).text
    assert anonymise(once, {"张小雨": "来访者"}, ["云岭镇"], []).text == once


def test_the_anonymised_case_is_handed_out_only_after_reading_and_logged_without_content(
    counsellor, world
):
    saved(counsellor, world)
    page = "/sealed/case/GA-01/anonymous"
    assert "来访者" in counsellor.get(page).text
    said = {"text": f"张小雨改过的稿 {MARKER}", "purpose": "教学"}
    assert counsellor.post(page, data=said).status_code == 422
    answer = counsellor.post(page, data=said | {"read": "1"})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "张小雨" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    logged = audit.AccessLog.select().order_by(audit.AccessLog.id.desc()).first()
    assert logged.detail == "匿名案例，用于教学"


# ---- pages


def test_a_card_is_saved_listed_opened_and_changed(counsellor, world):
    rid = saved(counsellor, world)
    assert "GA-01" in counsellor.get("/sealed/counselling/").text
    assert SECRET in counsellor.get(f"/sealed/counselling/{rid}").text
    form = counsellor.get(f"/sealed/counselling/{rid}/edit")
    assert "data-no-draft" in form.text
    assert "data-draft-key" not in form.text
    changed = card(world, complaint="好些了", version="1")
    assert counsellor.post(f"/sealed/counselling/{rid}/edit", data=changed).status_code == 303
    assert "好些了" in counsellor.get(f"/sealed/counselling/{rid}").text
    again = counsellor.post(
        f"/sealed/counselling/{rid}/edit", data=card(world, complaint="第三稿", version="1")
    )
    assert again.status_code == 409
    assert "第三稿" in again.text
    assert "好些了" in again.text


def test_an_observation_is_saved_and_found_by_its_child(counsellor, world):
    said = {
        "case_code": "GA-01",
        "observed_on": "2025-11-10",
        "child": str(world.child_a),
        "observations": SECRET,
    }
    assert counsellor.post("/sealed/mind-file/new", data=said).status_code == 303
    assert "GA-01" in counsellor.get("/sealed/mind-file/").text
    found = counsellor.post("/sealed/child", data={"child": str(world.child_a)})
    assert SECRET in found.text
    assert FILES.model.select().where(counselling.rows(world.clerk, FILES)._where).count() == 1


def test_a_wrong_card_keeps_what_was_typed(counsellor, world):
    answer = counsellor.post("/sealed/counselling/new", data=card(world, ends_at="13:00"))
    assert answer.status_code == 422
    assert SECRET in answer.text
    assert "结束时间要晚于开始时间" in answer.text


@pytest.mark.parametrize("page", ["", "new", "1", "1/edit"])
def test_without_the_passphrase_the_pages_ask_for_it(client_as, world, page):
    answer = client_as("counsellor").get(f"/sealed/counselling/{page}")
    assert answer.status_code == 303
    assert answer.location.startswith("/sealed/keys")


def test_typing_longer_than_the_key_lasts_loses_nothing(counsellor, world, clock):
    clock.advance(minutes=16)
    answer = counsellor.post("/sealed/counselling/new", data=card(world))
    assert answer.status_code == 403
    assert SECRET in answer.text
    assert rows(world.clerk, SESSIONS).count() == 0
    wrong = counsellor.post("/sealed/counselling/new", data=card(world, passphrase="wrong one 1"))
    assert wrong.status_code == 403
    right = counsellor.post("/sealed/counselling/new", data=card(world, passphrase=PASSPHRASE))
    assert right.status_code == 303


def test_signing_out_puts_the_key_away(counsellor, world, app):
    ring = app.extensions[guard._RING]
    assert len(ring) == 1
    counsellor.post("/sign-out")
    assert len(ring) == 0


def test_a_session_ended_elsewhere_puts_the_key_away(counsellor, world, app, client_as, clock):
    from models.school import accounts

    accounts.end_all_sessions(world.counsellor.user_id, clock.now())
    clock.advance(minutes=2)
    client_as("clerk").get("/account")
    assert len(app.extensions[guard._RING]) == 0


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "inspector"])
def test_nobody_else_opens_a_sealed_page(counsellor, world, client_as, name):
    rid = saved(counsellor, world)
    client = client_as(name)
    for page in (
        "", "keys", "child", "counselling/", f"counselling/{rid}", "counselling/new",
        f"counselling/{rid}/edit", "case/GA-01/anonymous", "pick/child/counselling.child",
    ):  # fmt: skip
        answer = client.get(f"/sealed/{page}")
        assert answer.status_code == 403, page
        assert MARKER not in answer.text


def test_without_tls_sealed_pages_open_on_the_host_alone(counsellor, world, app):
    away = {"REMOTE_ADDR": "192.168.1.20"}
    for page in ("counselling/", "keys", "counselling/new"):
        answer = counsellor.get(f"/sealed/{page}", environ_overrides=away)
        assert answer.status_code == 403
        assert "主机" in answer.text
    app.extensions["runtime"].tls = True
    assert counsellor.get("/sealed/counselling/", environ_overrides=away).status_code == 200
    app.extensions["runtime"].tls = False
    mapped = {"REMOTE_ADDR": "::ffff:127.0.0.1"}
    assert counsellor.get("/sealed/counselling/", environ_overrides=mapped).status_code == 200


def test_sealed_pages_are_never_stored(counsellor, world):
    rid = saved(counsellor, world)
    for page in ("counselling/", f"counselling/{rid}", "keys", "child", "case/GA-01/anonymous"):
        assert counsellor.get(f"/sealed/{page}").headers["Cache-Control"] == "no-store"


def test_a_record_under_a_lost_key_is_stated_not_crashed_on(counsellor, world):
    rid = saved(counsellor, world)
    with service.work(world.clerk):
        SESSIONS.model.update(payload="1.abc.AAAA").where(SESSIONS.model.id == rid).execute()
    assert "打不开" in counsellor.get("/sealed/counselling/").text
    answer = counsellor.get(f"/sealed/counselling/{rid}")
    assert answer.status_code == 403
    assert "打不开" in answer.text


def test_the_recovery_key_is_shown_once_and_works_from_the_page(
    counsellor, world, client_as, clock
):
    assert counsellor.recovery not in counsellor.get("/sealed/keys").text
    clock.advance(minutes=20)
    counsellor.post("/sealed/keys", data={"step": "ask-recovery"})
    request = requests.SealedRequest.get()
    leader = client_as("leadership")
    assert "使用恢复密钥" in leader.get("/sealed-office/").text
    leader.post(
        f"/sealed-office/request/{request.id}", data={"decision": "approve", "old": "school-4321"}
    )
    said = {
        "step": "recover",
        "recovery": counsellor.recovery,
        "passphrase": "新的地方 20251112",
        "again": "新的地方 20251112",
    }
    assert counsellor.post("/sealed/keys", data=said).status_code == 303
    assert counsellor.get("/sealed/counselling/").status_code == 200


def test_the_steps_of_a_session_work_from_its_page(counsellor, world, client_as):
    rid = saved(counsellor, world, finished_on="2025-11-11")
    place = f"/sealed/counselling/{rid}/step"
    said = {"step": "envelope", "sealed_on": "2025-11-12", "received_by": world.staff_clerk}
    assert counsellor.post(place, data=said).status_code == 303
    assert rows(world.clerk, SESSIONS).first().sealed_on.isoformat() == "2025-11-12"
    wrong = {"step": "hand-over", "handed_over_to": world.staff_bob, "handover_reason": MARKER}
    assert counsellor.post(place, data=wrong).status_code == 422
    ask = {"step": "ask-disclosure", "ground": requests.GROUNDS[1]}
    assert counsellor.post(place, data=ask).status_code == 303
    client_as("leadership").post(
        f"/sealed-office/request/{requests.SealedRequest.get().id}",
        data={"decision": "approve", "old": "school-4321"},
    )
    done = {"step": "disclose", "disclosure_reason": SECRET}
    assert counsellor.post(place, data=done).status_code == 303
    assert "突破保密" in counsellor.get(f"/sealed/counselling/{rid}").text
    assert counsellor.post(f"/sealed/counselling/{rid}/delete").status_code == 303
    assert "回收站" in counsellor.get("/sealed/counselling/?bin=1").text
    assert counsellor.post(f"/sealed/counselling/{rid}/restore").status_code == 303


@pytest.mark.parametrize("name", ["clerk", "leadership", "counsellor", "inspector"])
def test_the_index_shows_number_and_date_only(counsellor, world, client_as, name):
    saved(counsellor, world)
    page = client_as(name).get("/sealed-office/counselling-index").text
    assert "GA-01" in page
    assert "2025-11-10" in page
    assert not any(word in page for word in (MARKER, "张小雨"))


# ---- nothing leaks


def _fill_everything(client, world, client_as, clock):
    """Walk every road the content could take, and return the session's number."""
    rid = saved(client, world, risk="危机", background=f"背景{MARKER}", arrangement=MARKER)
    client.post("/sealed/counselling/new", data=card(world, ends_at="1:00", late_reason=MARKER))
    client.post(f"/sealed/counselling/{rid}/edit", data=card(world, version="1", referral="家长"))
    client.post(f"/sealed/counselling/{rid}/edit", data=card(world, version="1", referral="无"))
    place = f"/sealed/counselling/{rid}/step"
    client.post(place, data={"step": "ask-disclosure", "ground": requests.GROUNDS[0]})
    request = requests.SealedRequest.get()
    client_as("leadership").post(
        f"/sealed-office/request/{request.id}", data={"decision": "approve", "old": "school-4321"}
    )
    client.post(place, data={"step": "disclose", "disclosure_reason": SECRET})
    client.post("/sealed/child", data={"child": str(world.child_a)})
    client.get("/sealed/pick/child/counselling.child?q=张小雨")
    client.post("/sealed/case/GA-01/anonymous", data={"text": SECRET, "purpose": "教学"})
    client.post(f"/sealed/counselling/{rid}/edit", data=card(world, version=MARKER))
    clock.advance(minutes=16)
    client.post("/sealed/counselling/new", data=card(world))
    client.post("/sealed/keys", data={"step": "unlock", "passphrase": PASSPHRASE})
    return rid


def test_the_content_stands_nowhere_in_the_data_folder(
    counsellor, world, client_as, data_dir, clock, caplog
):
    caplog.set_level(logging.DEBUG)
    _fill_everything(counsellor, world, client_as, clock)
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    for path in files:
        held = path.read_bytes()
        for secret in (MARKER, SECRET, PASSPHRASE, counsellor.recovery):
            assert secret.encode() not in held, path.name
            assert secret.encode("utf-16-le") not in held, path.name
    assert MARKER not in caplog.text
    assert PASSPHRASE not in caplog.text


def test_no_table_tells_which_child_was_counselled(counsellor, world, client_as, clock):
    rid = _fill_everything(counsellor, world, client_as, clock)
    about = ("counselling", "mind_file", "sealed_request", "sealed_notice", "sealed_key")
    for table in about:
        for line in database.execute_sql(f'SELECT * FROM "{table}" /*gate:{table}*/').fetchall():
            assert not any("张小雨" in str(value) for value in line), table
    for entry in audit.AuditEntry.select().where(audit.AuditEntry.register == "counselling"):
        assert "张小雨" not in entry.payload
        assert "child" not in entry.payload
    for look in audit.AccessLog.select():
        assert "张小雨" not in look.detail
        assert look.register != "child"
    touched = database.execute_sql(
        "SELECT links FROM touch WHERE register = 'counselling' AND record_id = ?", (rid,)
    ).fetchall()
    assert touched
    assert all(json.loads(links).get("child", []) == [] for (links,) in touched)


# One view class makes the pages of all registers; a few stand for them.
WATCHED = ("counselling", "mind-file", "child", "talk")


def _addresses(app, rid, child):
    """Every address that is read, filled in for the session, its child and a few registers."""
    filled = {"slug": "counselling", "code": "GA-01", "child_id": child}
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        register = REGISTERS.get(rule.endpoint.partition(".")[0])
        watched = register is None or register.slug in WATCHED
        if "GET" not in rule.methods or rule.endpoint in UNWATCHED or not watched:
            continue
        given = {name: filled.get(name, rid) for name in rule.arguments}
        if register is not None and register.slug == "child" and "rid" in given:
            given["rid"] = child
        try:
            address = adapter.build(rule.endpoint, given)
        except (BuildError, ValueError):
            continue
        yield rule.endpoint, address
        if not given and (register is not None or "search" in rule.endpoint):
            yield rule.endpoint, f"{address}?q={MARKER}&f.complaint={MARKER}&sort=complaint"


UNWATCHED = ("static", "admin.static", "sessions.sign_in")


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "counsellor", "inspector"])
def test_no_page_of_anybody_shows_the_content_but_the_opened_one(
    counsellor, world, client_as, app, clock, name
):
    rid = _fill_everything(counsellor, world, client_as, clock)
    client = counsellor if name == "counsellor" else client_as(name)
    visited, opened = 0, 0
    for endpoint, address in _addresses(app, rid, world.child_a):
        answer = client.get(address)
        visited += 1
        assert answer.status_code < 500, address
        shown = any(told.encode() in answer.data for told in (SECRET, f"背景{MARKER}"))
        if endpoint.startswith("sealed") and name == "counsellor":
            opened += shown
        else:
            assert not shown, address
    assert visited > 20
    assert (opened > 0) == (name == "counsellor")
