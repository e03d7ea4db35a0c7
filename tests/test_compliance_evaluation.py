"""The records of the built school, judged: by whom, for whom, and on which day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compliance.judged.evaluation import Evaluation
from compliance.judged.subjects import responsible
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duty_called
from models.core import calendar, service
from models.core.actor import system
from models.core.database import database
from models.core.gates import row
from models.core.register import find
from tests.world import NOON

TODAY = NOON.date()


def change(world, slug, record_id, by="clerk", **raw):
    register = find(slug)
    record = row(world.actor(by), register, record_id)
    return service.update(world.actor(by), register, record_id, raw, record.version)


def add(world, slug, by="clerk", lines=None, now=NOON, **raw):
    actor = world.actor(by, now=now)
    return service.create(actor, find(slug), raw, lines).id


def visit(world, child, staff, at, **raw):
    lines = {"home-visitor": [service.LineInput({"staff": one}) for one in staff]}
    said = {"met": "祖父母", "findings": "生活正常", "at_school": "学习认真"}
    raw = {"manner": "入户", "late_reason": "山路不通，回校后补登", **said, **raw}
    return add(world, "home-visit", lines=lines, child=child, visited_at=at, **raw)


def photo(world, slug, record_id, evidence="photo"):
    return service.create(
        system(NOON),
        find("photo"),
        {
            "register": slug,
            "record_id": record_id,
            "evidence": evidence,
            "sha256": "0" * 64,
            "path": "x",
            "kind": "jpg",
        },
    )


def judged(code, as_of=TODAY, semester="2025-2026-1"):
    span = calendar.school_calendar().semester(semester)
    evaluation = Evaluation(span, as_of)
    return {one.subject.id: one for one in evaluation.judge(duty_called(code))}


def states(one):
    return {verdict.period.code: verdict.state for verdict in one.verdicts}


def test_a_talk_counts_for_the_week_and_the_pairing_it_was_held_in(all_sets):
    found = judged("talk-weekly")
    mine, his = states(found[all_sets.pairing_a]), states(found[all_sets.pairing_b])
    assert (mine["w09"], his["w09"]) == (State.DONE, State.DONE)
    assert (mine["w08"], mine["w10"], mine["w11"]) == (State.MISSED, State.MISSED, State.DUE)
    assert mine["w05"] is State.EXCUSED


def test_a_talk_of_another_teacher_does_not_count_for_the_pairing(all_sets):
    add(
        all_sets,
        "talk",
        child=all_sets.child_a,
        teacher=all_sets.staff_bob,
        talked_at="2025-11-05 10:00",
        topic="补课",
    )
    assert states(judged("talk-weekly")[all_sets.pairing_a])["w10"] is State.MISSED


def test_a_visit_counts_only_with_its_photo_and_by_the_class_teacher(all_sets):
    code, semester = "visit-class-teacher-photo", "2025-2026-1"
    assert states(judged(code)[all_sets.child_a])[semester] is State.DUE
    other = visit(all_sets, all_sets.child_c, [all_sets.staff_bob], "2025-11-01 10:00")
    photo(all_sets, "home-visit", other)
    photo(all_sets, "home-visit", all_sets.visit_a)
    found = judged(code)
    assert states(found[all_sets.child_a])[semester] is State.DONE
    assert states(found[all_sets.child_c])[semester] is State.DUE


def test_one_visit_of_two_teachers_counts_once(all_sets):
    made = visit(
        all_sets,
        all_sets.child_c,
        [all_sets.staff_bob, all_sets.staff_alice],
        "2025-11-08 10:00",
    )
    photo(all_sets, "home-visit", made)
    verdict = judged("visit-class-teacher-photo")[all_sets.child_c].verdicts[0]
    assert (verdict.state, verdict.counted) == (State.DONE, 1)


def test_one_visit_of_two_teachers_is_one_visit_to_the_child_and_one_of_each(all_sets):
    both = [all_sets.staff_alice, all_sets.staff_bob]
    # Both count for the child: the one leads its class, the other teaches it.
    teaches = {"subject": "语文", "since": "2025-09-01"}
    add(all_sets, "teaching-post", school_class=all_sets.class_1, staff=both[1], **teaches)
    change(all_sets, "pairing", all_sets.pairing_a, kind="代理家长")
    acting = {"kind": "代理家长", "since": "2025-09-01"}
    add(all_sets, "pairing", teacher=both[1], child=all_sets.child_a, **acting)
    visit(all_sets, all_sets.child_a, both, "2025-11-08 10:00")
    # With the visit of October.
    assert judged("visit-teachers")[all_sets.child_a].verdicts[0].counted == 2
    own = [
        one
        for one in judged("visit-acting-parent").values()
        if one.subject.child == all_sets.child_a
    ]
    assert [one.verdicts[0].counted for one in own] == [2, 1]


def test_a_telephone_call_is_no_visit(all_sets):
    made = visit(
        all_sets, all_sets.child_c, [all_sets.staff_alice], "2025-11-01 10:00", manner="电话"
    )
    photo(all_sets, "home-visit", made)
    verdict = judged("visit-class-teacher-photo")[all_sets.child_c].verdicts[0]
    assert (verdict.state, verdict.counted) == (State.DUE, 0)


def test_the_class_teacher_of_the_day_of_the_visit_must_have_made_it(all_sets):
    change(all_sets, "class-teacher", all_sets.class_teacher, until="2025-10-31")
    add(
        all_sets,
        "class-teacher",
        school_class=all_sets.class_1,
        staff=all_sets.staff_bob,
        since="2025-11-01",
    )
    early = visit(all_sets, all_sets.child_c, [all_sets.staff_alice], "2025-10-31 18:00")
    late = visit(all_sets, all_sets.child_c, [all_sets.staff_alice], "2025-11-01 18:00")
    photo(all_sets, "home-visit", late)
    assert judged("visit-class-teacher-photo")[all_sets.child_c].verdicts[0].counted == 0
    photo(all_sets, "home-visit", early)
    assert judged("visit-class-teacher-photo")[all_sets.child_c].verdicts[0].counted == 1


def test_the_class_teacher_of_the_last_day_answers_for_the_period(all_sets):
    change(all_sets, "class-teacher", all_sets.class_teacher, until="2025-10-31")
    add(
        all_sets,
        "class-teacher",
        school_class=all_sets.class_1,
        staff=all_sets.staff_bob,
        since="2025-11-01",
    )
    duty = duty_called("visit-class-teacher-photo")
    span = calendar.school_calendar().semester("2025-2026-1")
    evaluation = Evaluation(span, TODAY)
    (one,) = [j for j in evaluation.judge(duty) if j.subject.id == all_sets.child_c]
    who = [
        responsible(duty, one.subject, day, evaluation.placement)
        for day in (date(2025, 10, 31), span.last)
    ]
    assert who == [(all_sets.staff_alice,), (all_sets.staff_bob,)]


def test_a_meeting_needs_its_minutes(all_sets):
    october = "2025-10"
    assert states(judged("home-meeting")[0])[october] is State.MISSED
    change(all_sets, "meeting", all_sets.meeting, content="逐班核对谈心次数，议定补谈名单。")
    assert states(judged("home-meeting")[0])[october] is State.DONE


def test_an_attached_scan_is_minutes_too(all_sets):
    photo(all_sets, "meeting", all_sets.meeting, evidence="minutes")
    assert states(judged("home-meeting")[0])["2025-10"] is State.DONE


def test_a_deleted_record_counts_for_nothing(all_sets):
    service.delete(all_sets.clerk, find("talk"), all_sets.talk_a)
    assert states(judged("talk-weekly")[all_sets.pairing_a])["w09"] is State.MISSED


def test_a_pairing_ends_when_the_child_leaves(all_sets):
    change(all_sets, "child", all_sets.child_a, left_on="2025-11-05", left_why="父母返乡")
    assert states(judged("talk-weekly")[all_sets.pairing_a])["w10"] is State.NOT_DUE


def test_what_happened_after_the_day_looked_from_is_ignored(all_sets):
    found = states(judged("talk-weekly", as_of=date(2025, 10, 27))[all_sets.pairing_a])
    assert (found["w08"], found["w09"], found["w10"]) == (
        State.MISSED,
        State.DUE,
        State.NOT_DUE,
    )


@pytest.mark.parametrize("whom", ["child", "teacher", "pairing"])
def test_an_excuse_for_the_child_the_teacher_or_the_pairing_excuses_the_weeks(all_sets, whom):
    who = {
        "child": all_sets.child_a,
        "teacher": all_sets.staff_alice,
        "pairing": all_sets.pairing_a,
    }[whom]
    add(
        all_sets,
        "excuse",
        by="leadership",
        first="2025-11-03",
        last="2025-11-09",
        kind="学生生病",
        reason="住院",
        **{whom: who},
    )
    found = judged("talk-weekly")
    assert states(found[all_sets.pairing_a])["w10"] is State.EXCUSED
    assert states(found[all_sets.pairing_b])["w10"] is State.MISSED


def test_an_excuse_from_another_duty_does_not_excuse(all_sets):
    add(
        all_sets,
        "excuse",
        by="leadership",
        first="2025-11-03",
        last="2025-11-09",
        kind="学生生病",
        reason="住院",
        child=all_sets.child_a,
        duty="home-meeting",
    )
    assert states(judged("talk-weekly")[all_sets.pairing_a])["w10"] is State.MISSED


def test_a_late_entry_is_back_filled(all_sets):
    add(
        all_sets,
        "talk",
        child=all_sets.child_a,
        teacher=all_sets.staff_alice,
        talked_at="2025-10-22 10:00",
        topic="期中准备",
        content="说到复习",
        late_reason="当周外出培训",
    )
    assert states(judged("talk-weekly")[all_sets.pairing_a])["w08"] is State.BACK_FILLED


def test_a_duty_no_adopted_clause_asks_for_is_off(world):
    assert set(states(judged("home-meeting")[0]).values()) == {State.NOT_DUE}


def test_the_number_of_queries_does_not_grow_with_the_children(all_sets):
    queries_of("talk-weekly")  # fills what is kept between requests
    few = queries_of("talk-weekly")
    for number in range(20):
        child = add(
            all_sets,
            "child",
            name=f"吴同学{number}",
            sex="男",
            born_on="2012-03-04",
            no_id_reason="正在补办",
            identified_on="2025-09-01",
        )
        add(
            all_sets,
            "enrolment",
            child=child,
            school_class=all_sets.class_1,
            since=date(2025, 9, 1) + timedelta(days=number),
        )
        add(all_sets, "pairing", teacher=all_sets.staff_bob, child=child, since="2025-09-01")
    queries_of("talk-weekly")  # a new child makes what is kept be read again
    assert queries_of("talk-weekly") == few


def queries_of(code):
    before = database.obj.query_count
    judged(code)
    return database.obj.query_count - before
