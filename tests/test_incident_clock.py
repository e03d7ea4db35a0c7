"""The clock of an incident (Q01-1): to the second, from the occurrence, notices that stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from compliance.judged.evaluation import Evaluation
from compliance.judged.verdict import State
from compliance.ordered.adoption import adopt, set_number
from compliance.ordered.catalogue import duties, duty_called
from compliance.told.incidents import notify, steps
from models.core import calendar, service
from models.core.audit import AccessLog, entries_of
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row
from models.core.register import find, register_of
from models.core.service import LineInput
from models.kept.incidents import LIMIT_DUTIES, LIMITS, MINUTES, Notification
from tests.world import NOON

INCIDENT, NOTICE = find("incident"), find("notification")
OCCURRED = datetime(2025, 11, 12, 10, 0)


@pytest.fixture
def incident(world):
    """A fall at ten o'clock of child A, entered at once by Charlie, who does not teach her."""
    actor = world.actor("charlie", now=OCCURRED + timedelta(minutes=5))
    raw = {"occurred_at": OCCURRED, "place": "操场", "kind": "人身伤害", "in_school": "1"}
    lines = {"incident-person": [LineInput({"child": world.child_a, "role": "受害"})]}
    return service.create(actor, INCIDENT, raw, lines)


def told(world, incident, kind="监护人", at=OCCURRED, **said):
    raw = {
        "recipient_kind": kind,
        "notified_at": at,
        "staff": world.staff_charlie,
        "reached": True,
        **said,
    }
    return notify(world.actor("charlie", now=max(at, NOON)), incident.id, raw)


def standing(incident, now):
    query = every_row(register_of(Notification)).where(Notification.incident == incident.id)
    return {step.recipient: step for step in steps(incident, query, now)}


@pytest.mark.parametrize(
    ("kind", "seconds", "state"),
    [
        ("监护人", 30 * 60, State.DONE),
        ("监护人", 30 * 60 + 1, State.DONE_LATE),
        ("父母", 60 * 60, State.DONE),
        ("父母", 60 * 60 + 1, State.DONE_LATE),
        ("教育局", 120 * 60, State.DONE),
        ("政府", 120 * 60 + 1, State.DONE_LATE),
    ],
)
def test_the_verdict_is_to_the_second(world, incident, kind, seconds, state):
    at = OCCURRED + timedelta(seconds=seconds)
    told(world, incident, kind, at)
    step = standing(incident, at)[kind]
    assert (step.state, step.seconds_taken) == (state, seconds)


@pytest.mark.parametrize(
    ("minutes", "late"), [(0, []), (30, []), (31, ["监护人"]), (61, ["监护人", "父母"])]
)
def test_untold_steps_run_out_one_by_one(incident, minutes, late):
    found = standing(incident, OCCURRED + timedelta(minutes=minutes))
    assert [name for name, step in found.items() if step.state is State.MISSED] == late


def test_an_incident_entered_late_starts_overdue(client_as, world):
    raw = {"occurred_at": NOON - timedelta(hours=3), "place": "校门口", "kind": "交通"}
    late = service.create(world.alice, INCIDENT, raw)
    assert {step.state for step in standing(late, NOON).values()} == {State.MISSED}
    page = client_as("alice").get(f"/r/incident/{late.id}").text
    assert "已超 2小时30分0秒" in page


def test_the_school_may_count_from_the_discovery(world):
    found = NOON - timedelta(minutes=10)
    raw = {
        "occurred_at": NOON - timedelta(hours=3),
        "discovered_at": found,
        "place": "宿舍",
        "kind": "走失",
    }
    incident = service.create(world.alice, INCIDENT, raw)
    school = row(world.clerk, find("school"), world.school)
    service.update(
        world.clerk, find("school"), school.id, {"clock_from": "发现时间"}, school.version
    )
    step = standing(incident, NOON)["监护人"]
    assert (step.state, step.deadline) == (State.DUE, found + timedelta(minutes=30))


def judged(incident):
    span = calendar.school_calendar().semester("2025-2026-1")
    found = {}
    for code, recipient in LIMIT_DUTIES.items():
        duty = duty_called(code, span.code)
        (one,) = Evaluation(span, NOON.date()).judge(duty)
        assert one.subject.id == incident.id
        found[recipient] = one.verdicts[0].state
    return found


@pytest.mark.parametrize("clock_from", ["发生时间", "发现时间"])
@pytest.mark.parametrize("own", [{}, {"incident-30": "10", "incident-120b": "180"}])
def test_clock_and_verdict_count_by_the_same_minutes_from_the_same_moment(world, clock_from, own):
    adopt(world.leadership, "思渠中学", world.autumn, "会议决定")
    school = row(world.clerk, find("school"), world.school)
    service.update(world.clerk, find("school"), school.id, {"clock_from": clock_from}, 1)
    for code, minutes in own.items():
        set_number(world.clerk, code, MINUTES, minutes, world.autumn, "离镇上远")
    occurred = OCCURRED - timedelta(days=1)
    discovered = occurred + timedelta(minutes=50)
    raw = {"occurred_at": occurred, "discovered_at": discovered, "place": "宿舍", "kind": "走失"}
    incident = service.create(world.charlie, INCIDENT, raw)
    after = {"监护人": 20, "父母": 75, "教育局": 170, "政府": 175}
    for recipient, minutes in after.items():
        told(world, incident, recipient, occurred + timedelta(minutes=minutes))
    shown = {name: step.state for name, step in standing(incident, NOON).items()}
    assert judged(incident) == shown
    late = {name for name, state in shown.items() if state is State.DONE_LATE}
    begun = 50 if clock_from == "发现时间" else 0
    limits = {"监护人": 30, "父母": 60, "教育局": 120, "政府": 120}
    limits |= {LIMIT_DUTIES[code]: int(minutes) for code, minutes in own.items()}
    assert late == {name for name, taken in after.items() if taken - begun > limits[name]}


def test_the_minutes_are_the_schools_own_from_their_semester_on(client_as, world, incident):
    set_number(world.clerk, "incident-60", MINUTES, "45", world.spring, "下学期收紧")
    assert standing(incident, NOON)["父母"].minutes == 60
    set_number(world.clerk, "incident-60", MINUTES, "50", world.autumn, "要求更快")
    assert standing(incident, NOON)["父母"].minutes == 50
    page = client_as("clerk").get(f"/r/incident/{incident.id}").text
    assert f'data-deadline="{(OCCURRED + timedelta(minutes=50)).isoformat()}"' in page
    assert "/regulations/numbers/incident-60" in page
    assert (
        "/regulations/numbers/" not in client_as("charlie").get(f"/r/incident/{incident.id}").text
    )
    assert told(world, incident, "父母", NOON).limit_minutes == 50


def test_the_limits_are_those_of_the_duties():
    declared = {one.code: one for one in duties() if one.measure.minutes is not None}
    assert {
        code: (one.sources[0].where["recipient_kind"], one.measure.minutes)
        for code, one in declared.items()
    } == {code: (recipient, LIMITS[recipient]) for code, recipient in LIMIT_DUTIES.items()}


def test_an_attempt_that_reached_nobody_does_not_stop_the_clock(world, incident):
    told(world, incident, at=OCCURRED + timedelta(minutes=3), reached=False)
    assert standing(incident, NOON)["监护人"].told_at is None
    told(world, incident, at=OCCURRED + timedelta(minutes=9))
    assert standing(incident, NOON)["监护人"].seconds_taken == 9 * 60


def test_out_of_school_there_is_no_deadline(world, incident):
    service.update(world.clerk, INCIDENT, incident.id, {"in_school": "0"}, incident.version)
    assert steps(row(world.clerk, INCIDENT, incident.id), [], NOON) == ()


def test_the_times_of_an_incident_never_change(world, incident):
    for who in ("clerk", "charlie"):
        version = row(world.clerk, INCIDENT, incident.id).version
        moved = {"occurred_at": OCCURRED + timedelta(minutes=20)}
        with pytest.raises(Invalid) as refused:
            service.update(world.actors[who], INCIDENT, incident.id, moved, version)
        assert "时间保存后不能改" in str(refused.value)


def test_a_notice_never_changes_and_is_never_taken_away(world, incident):
    notice = told(world, incident, at=OCCURRED + timedelta(minutes=9))
    for who in ("clerk", "charlie"):
        actor = world.actors[who]
        for change in (
            {"notified_at": OCCURRED + timedelta(minutes=1)},
            {"recipient": "别人"},
            {"reached": "0"},
        ):
            version = row(actor, INCIDENT, incident.id).version
            lines = {"notification": [LineInput(change, id=notice.id, version=notice.version)]}
            with pytest.raises(Invalid):
                service.update(actor, INCIDENT, incident.id, {}, version, lines)
        version = row(actor, INCIDENT, incident.id).version
        away = {"notification": [LineInput({}, id=notice.id, remove=True)]}
        with pytest.raises(Denied):
            service.update(actor, INCIDENT, incident.id, {}, version, away)
    kept = row(world.clerk, NOTICE, notice.id)
    assert (kept.notified_at, kept.version) == (OCCURRED + timedelta(minutes=9), 1)


@pytest.mark.parametrize("who", ["clerk", "charlie", "leadership"])
def test_nobody_deletes_an_incident(world, incident, who):
    with pytest.raises(Denied):
        service.delete(world.actors[who], INCIDENT, incident.id)


def test_what_was_wrong_is_corrected_by_one_notice_more(world, incident):
    told(world, incident, at=OCCURRED + timedelta(minutes=9), content="打错了号码", reached=False)
    told(world, incident, at=OCCURRED + timedelta(minutes=12), content="更正：已告知奶奶")
    query = every_row(register_of(Notification)).where(Notification.incident == incident.id)
    assert query.count() == 2
    version = row(world.clerk, INCIDENT, incident.id).version
    assert version == incident.version + 2
    assert entries_of("incident", incident.id)[0].who == "赵强"


def test_a_notice_is_neither_before_the_incident_nor_ahead(world, incident):
    with pytest.raises(Invalid):
        told(world, incident, at=OCCURRED - timedelta(minutes=1))
    raw = {
        "recipient_kind": "父母",
        "notified_at": NOON + timedelta(minutes=5),
        "staff": world.staff_charlie,
    }
    with pytest.raises(Invalid):
        notify(world.charlie, incident.id, raw)


def test_the_leadership_adds_a_notice_to_what_a_teacher_entered(world, incident):
    raw = {
        "recipient_kind": "教育局",
        "notified_at": NOON,
        "staff": world.staff_leadership,
        "reached": True,
    }
    notify(world.leadership, incident.id, raw)
    assert standing(incident, NOON)["教育局"].state is State.DONE


def test_a_stranger_adds_nothing(world, incident):
    raw = {"recipient_kind": "父母", "notified_at": NOON, "staff": world.staff_bob}
    with pytest.raises(NotFound):
        notify(world.bob, incident.id, raw)
    with pytest.raises(Denied):
        notify(world.inspector, incident.id, raw)


# ---- pages --------------------------------------------------------------------------------------


def test_any_teacher_opens_an_incident_at_once_and_lands_on_the_clock(client_as, world):
    client = client_as("charlie")
    data = {"occurred_at": "2025-11-12T10:20", "place": "食堂", "kind": "食品", "in_school": "True"}
    answer = client.post("/r/incident/new", data=data, follow_redirects=True)
    assert answer.status_code == 200
    assert 'data-deadline="2025-11-12T10:50:00"' in answer.text
    assert 'data-now="2025-11-12T10:30:00"' in answer.text


def test_whoever_opened_it_can_ring_the_family_with_one_tap_and_the_look_is_logged(
    client_as, world, incident
):
    page = client_as("charlie").get(f"/r/incident/{incident.id}").text
    assert 'href="tel:13985670001"' in page
    assert 'href="tel:13985670002"' in page
    assert 'href="tel:120"' in page
    looked = AccessLog.select().where(AccessLog.detail == "突发事件联系电话").get()
    assert (looked.who, looked.register, looked.record_id) == ("赵强", "child", world.child_a)


def test_the_authoritys_number_comes_from_the_schools_settings(client_as, world, incident):
    page = client_as("clerk").get(f"/r/incident/{incident.id}").text
    assert "请在学校设置里登记" in page
    school = row(world.clerk, find("school"), world.school)
    phone = {"bureau_phone": "0856-7220001"}
    service.update(world.clerk, find("school"), school.id, phone, school.version)
    page = client_as("clerk").get(f"/r/incident/{incident.id}").text
    assert 'href="tel:0856-7220001"' in page


def test_the_inspector_gets_no_numbers_and_no_form(client_as, incident):
    page = client_as("inspector").get(f"/r/incident/{incident.id}").text
    assert "tel:" not in page
    assert "登记一次通报" not in page
    assert "张小雨" not in page


def test_a_closed_incident_shows_no_numbers_any_more(client_as, world, incident):
    service.update(world.clerk, INCIDENT, incident.id, {"closed_on": "2025-11-12"}, 1)
    assert "tel:13985670001" not in client_as("charlie").get(f"/r/incident/{incident.id}").text


def test_a_notice_is_saved_from_the_page(client_as, world, incident):
    client = client_as("charlie")
    data = {
        "recipient_kind": "监护人",
        "notified_at": "2025-11-12T10:21:07",
        "manner": "电话",
        "reached": "1",
        "content": "已送校医室",
    }
    url = f"/incidents/{incident.id}/notices"
    page = client.post(url, data=data, follow_redirects=True).text
    assert "10:21:07 通报，用时 21分7秒，按时" in page
    wrong = client.post(url, data=data | {"notified_at": "2025-11-12T09:00"})
    assert wrong.status_code == 422
    assert "不能早于事件发生时间" in wrong.text
    assert "已送校医室" in wrong.text


def test_another_teacher_does_not_find_the_incident(client_as, incident):
    client = client_as("bob")
    assert client.get(f"/r/incident/{incident.id}").status_code == 404
    assert client.post(f"/incidents/{incident.id}/notices", data={}).status_code == 404


def test_open_incidents_stand_first_with_their_steps(client_as, incident):
    page = client_as("leadership").get("/incidents/").text
    assert "1 件突发事件还没有办结" in page
    assert "马上登记突发事件" in page
    assert "没有未办结的突发事件" in client_as("bob").get("/incidents/").text
