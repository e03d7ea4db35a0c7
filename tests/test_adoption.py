"""What a school follows: adopted documents, clauses set aside, numbers of its own, by semester."""

from __future__ import annotations

from datetime import date

import pytest

from compliance.judged import store
from compliance.judged.evaluation import Evaluation
from compliance.judged.verdict import State
from compliance.ordered import adoption
from compliance.ordered.catalogue import duties, duties_on, duty_called, is_on
from compliance.ordered.in_force import in_force
from compliance.told.clause_state import clause_states
from models.core import calendar, service
from models.core.actor import system
from models.core.errors import Denied, Invalid
from models.core.gates import every_row, row
from models.core.register import find
from tests.test_duties import five_sets  # noqa: F401 - a fixture
from tests.world import NOON

AUTUMN, SPRING = "2025-2026-1", "2025-2026-2"
TODAY = NOON.date()


def add(slug, lines=None, **raw):
    register = find(slug)
    if register.happened:
        raw.setdefault("late_reason", "补登")
    return service.create(system(NOON), register, raw, lines).id


def change(slug, record_id, **raw):
    register = find(slug)
    record = row(system(NOON), register, record_id)
    return service.update(system(NOON), register, record_id, raw, record.version)


def talk(child, staff, day):
    return add(
        "talk",
        child=child,
        teacher=staff,
        talked_at=f"{day} 12:00",
        topic="近况",
        content="说到学习",
    )


def states(code, subject, as_of=TODAY, semester=AUTUMN):
    span = calendar.school_calendar().semester(semester)
    found = Evaluation(span, as_of).judge(duty_called(code, semester))
    return {
        verdict.period.code: verdict.state
        for one in found
        if one.subject.id == subject
        for verdict in one.verdicts
    }


def test_a_duty_is_on_when_one_of_its_clauses_is_adopted(world):
    assert is_on(duty_called("talk-weekly"), AUTUMN)
    assert not is_on(duty_called("home-meeting"), AUTUMN)
    adoption.adopt(world.leadership, "思渠中学", world.autumn, "领导小组会议决定")
    assert is_on(duty_called("home-meeting"), AUTUMN)


def test_a_decision_takes_effect_from_its_semester_on(world):
    adoption.adopt(world.leadership, "思渠中学", world.spring, "下学期起")
    assert not is_on(duty_called("home-meeting"), AUTUMN)
    assert is_on(duty_called("home-meeting"), SPRING)
    adoption.set_number(world.clerk, "talk-weekly", "次数", "2", world.spring, "下学期加密")
    assert duty_called("talk-weekly", AUTUMN).measure.least == 1
    assert duty_called("talk-weekly", SPRING).measure.least == 2


def test_setting_the_only_adopted_clause_aside_turns_the_duty_off(five_sets):  # noqa: F811
    assert is_on(duty_called("load-teacher-min"), AUTUMN)
    reason = "按 Q04-0 每人 1 至 2 名执行"
    adoption.adopt(five_sets.leadership, "Q07-6", five_sets.autumn, reason, adopted=False)
    assert not is_on(duty_called("load-teacher-min"), AUTUMN)
    assert in_force(AUTUMN).refused == {"Q07-6": reason}
    adoption.adopt(five_sets.leadership, "Q07-6", five_sets.autumn, "恢复采用")
    assert is_on(duty_called("load-teacher-min"), AUTUMN)


def test_parts_of_clauses_nobody_adopted_are_not_asked(world):
    (duty,) = (one for one in duties_on(AUTUMN) if one.code == "documents-on-file")
    asked = {part.title for part in duty.parts if part.on}
    assert "资产管理制度" in asked
    assert "留守学生管理办法" not in asked


def test_a_number_changes_the_verdicts_of_its_semester(five_sets):  # noqa: F811
    before = states("talk-weekly", five_sets.pairing_a)
    assert before["w09"] is State.DONE
    adoption.set_number(five_sets.clerk, "talk-weekly", "次数", "2", five_sets.autumn, "多谈")
    assert states("talk-weekly", five_sets.pairing_a)["w09"] is State.MISSED
    kept = store.verdicts(five_sets.clerk, AUTUMN, duty="talk-weekly")
    letters = next(one.letters for one in kept if one.subject == five_sets.pairing_a)
    assert letters[8] == State.MISSED.value


def test_a_number_of_one_part_and_a_need_can_be_set(five_sets):  # noqa: F811
    clerk, autumn = five_sets.clerk, five_sets.autumn
    adoption.set_number(clerk, "archive-08", "次数", "3", autumn, "器材多", part="器材使用")
    assert [part.least for part in duty_called("archive-08", AUTUMN).parts] == [3, 1, 1]
    adoption.set_number(clerk, "visit-class-teacher", "需要", "photo", autumn, "都要留照片")
    assert duty_called("visit-class-teacher", AUTUMN).needs == ("photo",)


def test_a_frequency_of_ours_can_be_changed_and_one_of_the_clause_cannot(five_sets):  # noqa: F811
    clerk, autumn = five_sets.clerk, five_sets.autumn
    adoption.set_number(clerk, "fitness", "频次", "每学年", autumn, "一年测一次")
    assert duty_called("fitness", AUTUMN).every.word == "每学年"
    with pytest.raises(Invalid):
        adoption.set_number(clerk, "talk-weekly", "频次", "每月", autumn, "太密")


def test_a_standard_of_judging_holds_for_all_duties(five_sets):  # noqa: F811
    assert states("talk-weekly", five_sets.pairing_a)["w05"] is State.EXCUSED
    adoption.set_number(five_sets.clerk, "", "周上课日", "1", five_sets.autumn, "短周也谈")
    assert in_force(AUTUMN).thresholds.week_days == 1
    assert states("talk-weekly", five_sets.pairing_a)["w05"] is not State.EXCUSED


def test_a_closed_semester_keeps_the_numbers_it_was_judged_by(world):
    change("semester", world.autumn, closed_on="2026-01-25")
    with pytest.raises(Invalid, match="已经封存"):
        adoption.set_number(world.clerk, "talk-weekly", "次数", "2", world.autumn, "多谈")
    with pytest.raises(Invalid, match="已经封存"):
        adoption.adopt(world.leadership, "思渠中学", world.autumn, "补采用")
    adoption.set_number(world.clerk, "talk-weekly", "次数", "2", world.spring, "多谈")
    assert duty_called("talk-weekly", AUTUMN).measure.least == 1


def test_the_settings_do_not_change_a_closed_semester_behind_its_back(world):
    change("school", world.school, adopted="四新中学、回龙学校")
    change("semester", world.autumn, closed_on="2026-01-25")
    with pytest.raises(Invalid, match="采用情况"):
        change("school", world.school, adopted="思渠中学")
    change("school", world.school, phone="0856-7220000")
    assert in_force(AUTUMN).letters == {"S", "H"}
    adoption.adopt(world.leadership, "思渠中学", world.spring, "下学期起采用")
    assert in_force(AUTUMN).letters == {"S", "H"}
    assert in_force(SPRING).letters == {"S", "H", "Q"}


def test_a_decision_is_never_moved_to_another_semester_or_altered(world):
    made = adoption.set_number(world.clerk, "talk-weekly", "次数", "2", world.autumn, "多谈")
    took = adoption.adopt(world.leadership, "思渠中学", world.autumn, "会议决定")
    change("semester", world.autumn, closed_on="2026-01-25")
    for slug, one, raw in (
        ("duty-setting", made, {"semester": world.spring}),
        ("duty-setting", made, {"value": "1", "semester": world.spring}),
        ("adoption", took, {"semester": world.spring}),
        ("adoption", took, {"adopted": "", "semester": world.spring}),
    ):
        with pytest.raises(Invalid, match="不能改"):
            change(slug, one.id, **raw)
    assert duty_called("talk-weekly", AUTUMN).measure.least == 2
    assert "Q" in in_force(AUTUMN).letters


def test_what_an_incident_was_counted_from_stays_in_a_closed_semester(world):
    raw = {"occurred_at": "2025-11-11 10:00", "place": "宿舍", "kind": "走失", "in_school": "1"}
    add("incident", discovered_at="2025-11-11 10:40", **raw)
    change("semester", world.autumn, closed_on="2026-01-25")
    with pytest.raises(Invalid, match="计时起点"):
        change("school", world.school, clock_from="发现时间")


def test_every_decision_keeps_its_reason_and_stays(world):
    clerk, autumn = world.clerk, world.autumn
    adoption.set_number(clerk, "talk-weekly", "次数", "2", autumn, "先试两次")
    adoption.set_number(clerk, "talk-weekly", "次数", "1", autumn, "改回一次")
    said = [one.reason for one in adoption.history(duty_called("talk-weekly"))]
    assert said == ["改回一次", "先试两次"]
    with pytest.raises(Denied):
        service.delete(clerk, find("duty-setting"), every_row(find("duty-setting")).first().id)


def test_what_does_not_exist_is_refused(world):
    for what in ("某某中学", "S99-1", "Q07-99"):
        with pytest.raises(Invalid):
            adoption.adopt(world.leadership, what, world.autumn, "试")
    with pytest.raises(Invalid):
        adoption.set_number(world.clerk, "no-such-duty", "次数", "2", world.autumn, "试")
    with pytest.raises(Invalid, match="理由"):
        adoption.adopt(world.leadership, "思渠中学", world.autumn, "  ")


def test_where_documents_disagree_the_strictest_is_named(five_sets):  # noqa: F811
    found = {one.title: one for one in adoption.conflicts(AUTUMN)}
    assert found["教师与孩子谈心的次数"].strictest.code == "talk-weekly"
    assert found["代理家长入户看望"].strictest.code == "visit-monthly"
    assert found["班主任入户家访"].strictest.code == "visit-class-teacher-photo"
    assert found["每人结对几名孩子"].strictest is None


TALKS, BACK_HOME = "教师与孩子谈心的次数", "返乡家长会"


@pytest.mark.parametrize(
    ("adopted", "titles"),
    [
        ("四新中学", [BACK_HOME]),
        ("留守儿童相关制度", []),
        ("回龙学校", [TALKS]),
        ("张大庙小学", []),
        ("四新中学、张大庙小学", [TALKS, BACK_HOME]),
    ],
)
def test_documents_conflict_where_two_of_their_duties_bind_one_act(world, adopted, titles):
    change("school", world.school, adopted=adopted)
    assert [one.title for one in adoption.conflicts(AUTUMN)] == titles


def test_every_number_that_is_offered_can_be_set(five_sets):  # noqa: F811
    for duty in duties():
        for one in adoption.numbers(duty, AUTUMN):
            adoption.set_number(
                five_sets.clerk, duty.code, one.what, one.value, five_sets.autumn, "照旧", one.part
            )
    span = calendar.school_calendar().semester(AUTUMN)
    before = {duty.code: duty for duty in duties()}
    for duty in duties_on(AUTUMN):
        assert duty.measure == before[duty.code].measure
        Evaluation(span, TODAY).judge(duty)


# The cases of the brief, on the school's own calendar.


def test_a_school_that_adopts_all_five_keeps_a_row_and_a_verdict_per_clause(five_sets):  # noqa: F811
    span = calendar.school_calendar().semester(AUTUMN)
    found = clause_states(five_sets.clerk, span)
    assert len(found) == 280
    assert all(one.adopted for one in found.values())
    assert states("talk-weekly", five_sets.pairing_a)["w08"] is State.MISSED
    assert states("talk-halfmonth", five_sets.pairing_a)["2025-10b"] is State.DONE
    assert states("talk-monthly", five_sets.pairing_a)["2025-10"] is State.DONE


def test_a_pairing_that_starts_mid_month_owes_from_the_first_full_period(five_sets):  # noqa: F811
    pair = {"teacher": five_sets.staff_bob, "child": five_sets.child_c, "kind": "代理家长"}
    made = add("pairing", **pair, since="2025-10-15")
    weeks = states("talk-weekly", made)
    assert (weeks["w07"], weeks["w08"]) == (State.NOT_DUE, State.MISSED)
    months = states("talk-monthly", made, as_of=date(2025, 12, 5))
    assert (months["2025-10"], months["2025-11"]) == (State.NOT_DUE, State.MISSED)


def test_nothing_is_owed_for_a_child_after_it_left(five_sets):  # noqa: F811
    change("child", five_sets.child_b, left_on="2025-10-31", left_why="转学")
    assert states("talk-weekly", five_sets.pairing_b)["w10"] is State.NOT_DUE
    assert (
        states("talk-monthly", five_sets.pairing_b, date(2025, 12, 5))["2025-11"] is State.NOT_DUE
    )


def test_the_holiday_week_is_excused_and_a_record_in_it_still_counts(five_sets):  # noqa: F811
    assert states("talk-weekly", five_sets.pairing_a)["w05"] is State.EXCUSED
    talk(five_sets.child_a, five_sets.staff_alice, "2025-09-30")
    assert states("talk-weekly", five_sets.pairing_a)["w05"] is State.BACK_FILLED


def test_a_make_up_saturday_is_a_school_day(five_sets):  # noqa: F811
    days = states("opening-day", 0)
    assert days["2025-10-11"] is State.MISSED
    assert "2025-10-12" not in days
    room = add("room", name="之家", kind="留守儿童之家")
    add(
        "opening",
        opened_on="2025-10-11",
        room=room,
        programme="图书",
        starts_at="12:00",
        ends_at="13:10",
        duty_teacher=five_sets.staff_bob,
    )
    assert states("opening-day", 0)["2025-10-11"] is State.BACK_FILLED


def test_a_semester_that_ends_mid_week_ends_its_last_week(five_sets):  # noqa: F811
    change("semester", five_sets.autumn, last_day="2026-01-21")
    weeks = states("talk-weekly", five_sets.pairing_a, as_of=date(2026, 2, 1))
    last = sorted(weeks)[-1]
    assert weeks[last] is State.MISSED
    change("semester", five_sets.autumn, last_day="2026-01-20")
    assert states("talk-weekly", five_sets.pairing_a, date(2026, 2, 1))[last] is State.EXCUSED


def test_a_second_teacher_owes_talks_of_his_own(five_sets):  # noqa: F811
    made = add("pairing", teacher=five_sets.staff_bob, child=five_sets.child_a, since="2025-09-01")
    assert states("talk-weekly", five_sets.pairing_a)["w09"] is State.DONE
    assert states("talk-weekly", made)["w09"] is State.MISSED


def test_a_leap_day_belongs_to_its_month(world):
    change("school", world.school, adopted="张大庙小学")
    change("pairing", world.pairing_a, kind="代理家长")
    add(
        "semester",
        code="2027-2028-2",
        title="2027—2028学年第二学期",
        first_day="2028-02-14",
        last_day="2028-07-05",
    )
    register = find("talk")
    late = system(NOON.replace(year=2028, month=3, day=1))
    raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": "近况"}
    raw["content"] = "说到学习"
    service.create(late, register, {**raw, "talked_at": "2028-02-29 12:00"})
    found = states("talk-monthly", world.pairing_a, date(2028, 3, 20), "2027-2028-2")
    assert found["2028-02"] is State.DONE
    assert found["2028-03"] is State.DUE


def test_the_load_of_a_teacher_is_judged_by_each_documents_own_range(five_sets):  # noqa: F811
    change("staff", five_sets.staff_alice, subject="语文")
    assert states("load-teacher-one", five_sets.staff_alice)["now"] is State.DONE
    assert states("load-staff", five_sets.staff_alice)["now"] is State.DONE
    assert states("load-teacher-min", five_sets.staff_alice)["now"] is State.MISSED
    # Two pairings as acting parent are fewer than Q02-3's four.
    assert states("load-acting-parent", five_sets.staff_alice)["now"] is State.MISSED


def test_a_study_group_needs_a_senior_leader_and_pupils_of_two_grades(five_sets):  # noqa: F811
    members = [
        service.LineInput({"child": one, "since": "2025-09-01"})
        for one in (five_sets.child_a, five_sets.child_b)
    ]
    group = add(
        "study-group",
        {"study-group-member": members},
        name="大坪组",
        leader=five_sets.child_b,
        guiding_teacher=five_sets.staff_bob,
        since="2025-09-01",
    )
    add("group-session", study_group=group, held_on="2025-11-05", content="作业")
    assert states("group-weekly", group)["w10"] is State.MISSED
    change("school-class", five_sets.class_2, grade=9)
    assert states("group-weekly", group)["w10"] is State.DONE
    change("study-group", group, leader=five_sets.child_a)
    assert states("group-weekly", group)["w10"] is State.MISSED


def test_the_leadership_group_lacks_the_offices_nobody_represents(five_sets):  # noqa: F811
    parts = [part.title for part in duty_called("leadership-complete", AUTUMN).parts]
    head, led = parts.index("校长任组长"), parts.index("各班班主任")
    assert states("leadership-complete", head)["now"] is State.MISSED
    raw = {"duties": "总负责", "since": "2025-09-01"}
    add(
        "leadership-member", staff=five_sets.staff_leadership, position="组长", office="校长", **raw
    )
    assert states("leadership-complete", head)["now"] is State.DONE
    assert states("leadership-complete", led)["now"] is State.MISSED
    add("leadership-member", staff=five_sets.staff_alice, position="成员", office="班主任", **raw)
    assert states("leadership-complete", led)["now"] is State.DONE


def test_an_incident_is_judged_by_the_minute(five_sets):  # noqa: F811
    made = add("incident", occurred_at="2025-11-11 10:00", place="操场", kind="其他", in_school="1")
    assert states("incident-30", made)["2025-2026-1"] is State.MISSED
    register = find("incident")
    record = row(system(NOON), register, made)
    told = {
        "recipient_kind": "监护人",
        "notified_at": "2025-11-11 10:31",
        "staff": five_sets.staff_bob,
    }
    lines = {"notification": [service.LineInput(told)]}
    service.update(system(NOON), register, made, {}, record.version, lines)
    assert states("incident-30", made)["2025-2026-1"] is State.DONE_LATE
    assert states("incident-60", made)["2025-2026-1"] is State.MISSED


def test_only_children_flagged_poor_are_asked_about(five_sets):  # noqa: F811
    assert states("subsidy", five_sets.child_a) == {}
    change("child", five_sets.child_a, hardship="低保")
    assert states("subsidy", five_sets.child_a)["2025-2026-1"] is State.DUE
    change("child", five_sets.child_a, hardship="残疾")
    assert states("subsidy", five_sets.child_a) == {}
