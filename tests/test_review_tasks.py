"""What must be looked at: each cause makes one task, once, and nobody leaves silently."""

from datetime import datetime

import pytest

from models.core import service
from models.core.errors import Denied
from models.core.gates import every_row, rows
from models.core.register import find
from models.kept.children import EXPIRING, KEPT, LEFT, RENEWED, RETURNED, SIXTEEN, UNGUARDED
from models.school import review_tasks

TASKS = find("review-task")


def tasks(kind=None):
    found = every_row(TASKS).order_by(TASKS.model.id)
    return [task for task in found if kind in (None, task.kind)]


def child(world):
    declared = find("child")
    return every_row(declared).where(declared.model.id == world.child_a).get()


def exits(world, actor):
    raw = {"left_on": str(actor.today), "left_why": "年满16周岁"}
    service.update(actor, find("child"), world.child_a, raw, child(world).version)


def test_turning_sixteen_makes_a_task_on_the_birthday_and_no_exit(world):
    review_tasks.refresh(datetime(2028, 5, 5, 8, 0))
    assert not tasks(SIXTEEN)
    review_tasks.refresh(datetime(2028, 5, 6, 8, 0))
    (task,) = tasks(SIXTEEN)
    assert (task.child_id, str(task.due_on)) == (world.child_a, "2028-05-06")
    assert child(world).left_on is None


def test_a_parents_return_makes_a_task_and_no_exit(world):
    parents = find("parent")
    mother = every_row(parents).where(parents.model.child == world.child_a).first()
    raw = {"child": world.child_a, "parent": mother.id, "state": "在家", "since": "2025-11-10"}
    service.create(world.clerk, find("parent-state"), raw)
    review_tasks.refresh(world.clerk.now)
    (task,) = tasks(RETURNED)
    assert task.child_id == world.child_a
    assert child(world).left_on is None


def test_a_parent_who_was_always_at_home_makes_no_task(world):
    review_tasks.refresh(world.clerk.now)
    assert not tasks(RETURNED)


def test_a_task_is_made_once_also_after_somebody_deleted_it(world):
    moment = datetime(2028, 5, 6, 8, 0)
    assert review_tasks.refresh(moment) > 0
    made = len(tasks())
    assert review_tasks.refresh(moment) == 0
    service.delete(world.actor("clerk", now=moment), TASKS, tasks(SIXTEEN)[0].id)
    assert review_tasks.refresh(moment) == 0
    assert len(tasks()) == made - 1


def agreement(world, until, signed="2024-11-20"):
    raw = {
        "kind": "知情同意书",
        "child": world.child_a,
        "signed_on": signed,
        "valid_until": until,
        "late_reason": "补登",
    }
    return service.create(world.clerk, find("agreement"), raw)


def test_an_agreement_about_to_end_is_told_a_month_before_and_settled_by_its_successor(world):
    agreement(world, "2025-12-20")
    review_tasks.refresh(world.clerk.now)
    assert not tasks(EXPIRING)
    review_tasks.refresh(datetime(2025, 11, 20, 8, 0))
    assert len(tasks(EXPIRING)) == 1
    agreement(world, "2026-12-20", signed="2025-11-12")
    review_tasks.refresh(datetime(2025, 11, 21, 8, 0))
    assert tasks(EXPIRING)[0].outcome == RENEWED


def test_a_guardianship_that_ended_with_nobody_after_it_makes_a_task(world):
    guardians = find("guardian")
    (one,) = every_row(guardians).where(guardians.model.child == world.child_c)
    service.update(world.clerk, guardians, one.id, {"until": "2025-11-01"}, one.version)
    review_tasks.refresh(world.clerk.now)
    assert [task.child_id for task in tasks(UNGUARDED)] == [world.child_c]


def test_a_child_that_left_settles_its_open_tasks(world):
    moment = datetime(2028, 5, 6, 8, 0)
    review_tasks.refresh(moment)
    exits(world, world.actor("clerk", now=moment))
    review_tasks.refresh(moment)
    assert {task.outcome for task in tasks() if task.child_id == world.child_a} == {LEFT}


def test_the_clerk_decides_and_a_teacher_only_sees_own_childrens_tasks(world):
    moment = datetime(2028, 5, 6, 8, 0)
    review_tasks.refresh(moment)
    task = tasks(SIXTEEN)[0]
    with pytest.raises(Denied):
        review_tasks.decide(world.actor("alice", now=moment), task.id, KEPT)
    review_tasks.decide(world.actor("clerk", now=moment), task.id, KEPT, "仍无人照护")
    (task,) = tasks(SIXTEEN)
    assert (task.outcome, task.decided_by, task.note) == (KEPT, "陈文员", "仍无人照护")
    review_tasks.refresh(moment)
    assert tasks(SIXTEEN)[0].outcome == KEPT
    assert rows(world.alice, TASKS).count() == 1
    assert rows(world.charlie, TASKS).count() == 0
    assert rows(world.inspector, TASKS).count() == 0


# ---- the page -----------------------------------------------------------------------------------


def test_the_page_offers_to_keep_or_to_prepare_the_exit(client_as, world, clock):
    clock.moment = datetime(2028, 5, 6, 8, 0)
    clerk = client_as("clerk")
    page = clerk.get("/review/").text
    assert "已满 16 周岁" in page
    assert "张小雨" in page
    (task,) = tasks(SIXTEEN)
    exit_form = clerk.get(
        f"/r/child/{world.child_a}/edit?left_on=2028-05-06&left_why=年满16周岁"
    ).text
    assert 'value="2028-05-06"' in exit_form
    answer = clerk.post(f"/review/{task.id}", data={"outcome": KEPT})
    assert answer.status_code == 303
    assert tasks(SIXTEEN)[0].outcome == KEPT
    assert child(world).left_on is None


def test_saving_a_parents_return_makes_the_task_at_once(client_as, world):
    parents = find("parent")
    parent = every_row(parents).where(parents.model.child == world.child_a).first()
    said = {
        "child": world.child_a,
        "parent": parent.id,
        "state": "在家",
        "since": "2025-11-11",
        "able_to_guard": "True",
    }
    assert client_as("clerk").post("/r/parent-state/new", data=said).status_code == 302
    assert len(tasks(RETURNED)) == 1


def test_a_teacher_sees_the_page_without_buttons_and_an_inspector_not_at_all(client_as, world):
    assert client_as("alice").get("/review/").status_code == 200
    assert client_as("inspector").get("/review/").status_code == 403
