"""A class teacher's page: only the own class, each child once, taken back by its maker alone."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.errors import AlreadyDone, Denied, Invalid, NotFound
from models.core.gates import every_row
from models.core.register import find
from models.school import class_work as work
from tests.world import TODAY

SAME = "情况无变化"


def census(actor, world, children, day=TODAY, manner="上门", result=SAME, changes=""):
    answers = {number: work.Answer(result, changes) for number in children}
    return lambda: work.census(actor, world.class_1, day, manner, answers)


def standing(slug):
    return list(every_row(find(slug)))


def test_a_teacher_has_the_class_led_today_and_the_clerk_all(world):
    assert [one.id for one in work.classes(world.alice)] == [world.class_1]
    assert work.classes(world.bob) == []
    assert {one.id for one in work.classes(world.clerk)} == {world.class_1, world.class_2}
    with pytest.raises(NotFound):
        work.class_called(world.alice, world.class_2)
    with pytest.raises(Denied):
        work.classes(world.inspector)


def test_a_substitute_leads_the_class_for_the_days_written(world):
    raw = {"teacher": world.staff_alice, "substitute": world.staff_bob, "since": str(TODAY)}
    service.create(world.clerk, find("substitution"), raw | {"until": str(TODAY)})
    assert [one.id for one in work.classes(world.bob)] == [world.class_1]
    work.save(world.bob, census(world.bob, world, [world.child_c]), "摸底")
    (made,) = standing("census")
    assert made.surveyor_id == world.staff_bob


def test_a_child_of_another_class_is_not_written_and_nobody_twice(world):
    chosen = [world.child_a, world.child_b]
    steps = census(world.alice, world, chosen)
    assert work.preview(world.alice, steps).problems == []
    assert standing("census") == []
    work.save(world.alice, steps, "摸底", token="a")
    assert [one.child_id for one in standing("census")] == [world.child_a]
    with pytest.raises(AlreadyDone):
        work.save(world.alice, steps, "摸底", token="a")
    with pytest.raises(Invalid, match="还没有填"):
        work.save(world.alice, steps, "摸底", token="b")


def test_the_clerk_writes_in_the_class_teachers_name(world):
    work.save(world.clerk, census(world.clerk, world, [world.child_a]), "摸底")
    (made,) = standing("census")
    assert made.surveyor_id == world.staff_alice
    answers = {world.child_b: work.Answer(SAME, "")}
    with pytest.raises(Invalid, match="还没有班主任"):
        work.census(world.clerk, world.class_2, TODAY, "上门", answers)


def test_the_own_pairings_are_not_checked_by_oneself(world):
    assert work.week_of(world.alice, world.class_1) == []
    raw = {"teacher": world.staff_bob, "child": world.child_a, "since": "2025-09-01"}
    service.create(world.clerk, find("pairing"), raw | {"kind": "代理家长"})
    talk = {"child": world.child_a, "teacher": world.staff_bob, "topic": "作业", "content": "好"}
    service.create(world.bob, find("talk"), talk | {"talked_at": "2025-11-11 12:00"})
    (week,) = work.week_of(world.alice, world.class_1)
    assert (week.teacher.id, week.children, week.checked) == (world.staff_bob, 1, False)
    assert week.counts == {"谈心记录": 1}
    steps = work.check(
        world.alice, world.class_1, {world.staff_bob: "看过", world.staff_alice: "x"}
    )
    assert len(steps) == 1
    work.save(world.alice, lambda: steps, "查阅")
    assert work.week_of(world.alice, world.class_1)[0].checked


def test_a_batch_is_taken_back_by_its_maker_only(client_as, world):
    said = {"class": world.class_1, "step": "do", "day": str(TODAY), "manner": "上门"}
    said |= {f"result-{world.child_a}": SAME, "once": "one"}
    assert client_as("alice").post("/class-work/census", data=said).status_code == 303
    batch = standing("census")[0].batch
    said = {"class": world.class_1}
    assert client_as("clerk").post(f"/class-work/undo/{batch}", data=said).status_code == 404
    assert client_as("bob").post(f"/class-work/undo/{batch}", data=said).status_code == 404
    assert len(standing("census")) == 1
    client_as("alice").post(f"/class-work/undo/{batch}", data=said)
    assert standing("census") == []


def test_a_day_to_come_and_an_unknown_manner_are_refused(client_as, world):
    alice = client_as("alice")
    said = {"class": world.class_1, "step": "do", f"result-{world.child_a}": SAME}
    wrong = ({"day": "2025-11-13", "manner": "上门"}, {"day": str(TODAY), "manner": "托人"})
    for one in wrong:
        assert alice.post("/class-work/census", data=said | one).status_code == 422
    assert standing("census") == []


SAID = {
    "study": "作业认真",
    "life": "按时作息",
    "conduct": "团结同学",
    "mental_health": "开朗",
    "suggestions": "多通电话",
}


def test_reports_are_written_child_by_child_to_the_guardian_of_today(world):
    answers = {world.child_a: SAID, world.child_b: SAID}

    def steps():
        return work.report(world.alice, world.class_1, "微信", answers)

    assert work.preview(world.alice, steps).problems == []
    assert standing("semester-report") == []
    work.save(world.alice, steps, "学期通报", token="a")
    # Of another class nothing is written, and of nobody twice.
    (made,) = standing("semester-report")
    assert (made.child_id, made.teacher_id, made.study) == (
        world.child_a,
        world.staff_alice,
        SAID["study"],
    )
    guardian = next((one for one in standing("guardian") if one.child_id == world.child_a), None)
    assert made.guardian_id == (guardian.id if guardian else None)
    assert (made.sent_on is None) == (guardian is None)
    with pytest.raises(Invalid, match="还没有填"):
        work.save(world.alice, steps, "学期通报", token="b")


def test_a_report_that_was_begun_is_asked_for_the_rest_and_taken_back(client_as, world):
    alice = client_as("alice")
    said = {f"{name}-{world.child_a}": text for name, text in SAID.items()}
    base = {"class": world.class_1, "once": "one", "manner": ""}
    short = base | said | {f"life-{world.child_a}": " "}
    answer = alice.post("/class-work/report", data=short | {"step": "preview"})
    assert answer.status_code == 422
    assert "请填写生活情况" in answer.text
    assert SAID["conduct"] in answer.text
    checked = alice.post("/class-work/report", data=base | said | {"step": "preview"})
    assert "还没有写入任何记录" in checked.text
    assert standing("semester-report") == []
    alice.post("/class-work/report", data=base | said | {"step": "do"})
    (made,) = standing("semester-report")
    assert made.sent_on is None
    alice.post(f"/class-work/undo/{made.batch}", data={"class": world.class_1})
    assert standing("semester-report") == []
    assert client_as("bob").post("/class-work/report", data=base | said).status_code == 404
