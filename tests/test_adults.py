"""One adult of several children: recognised, changed once, trained once; seen by child."""

from __future__ import annotations

import pytest

from compliance.judged.evaluation import Evaluation
from compliance.judged.placement import Placement
from compliance.judged.subjects import Subjects
from compliance.ordered.catalogue import duty_called
from models.core import audit, batches, calendar, service, undo
from models.core.actor import system
from models.core.database import writing
from models.core.errors import Invalid
from models.core.gates import every_row, row
from models.core.register import find
from models.intake.imports import import_table, plan_table
from models.intake.report import Choices
from models.intake.table import read_table
from models.kept.adults import is_same_adult, persons
from models.school.merging import merge
from tests.workbooks import id_number, workbook
from tests.world import EARLIER, NOON

PARENT, GUARDIAN = find("parent"), find("guardian")
ZHANG = {"name": "张建国", "phone": "13985670002"}
ONE, OTHER = id_number("19800101", 1), id_number("19800101", 3)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ZHANG, ZHANG, True),
        (ZHANG, {"name": "张建国", "phone": None, "phone_2": "13985670002"}, True),
        (ZHANG, {**ZHANG, "name": "张建军"}, False),
        (ZHANG, {**ZHANG, "phone": "13985670003"}, False),
        ({"name": "张建国"}, {"name": "张建国"}, False),
        ({**ZHANG, "id_number": ONE}, {**ZHANG, "id_number": OTHER}, False),
        ({**ZHANG, "id_number": ONE}, ZHANG, True),
        ({"name": "张建国", "id_number": ONE}, {**ZHANG, "id_number": ONE}, True),
    ],
)
def test_which_rows_are_one_adult(one, other, same):
    assert is_same_adult(one, other) is same
    assert persons([(4, one), (9, other)]) == ([(4, 9)] if same else [(4,), (9,)])


def test_a_chain_of_alike_rows_is_one_adult():
    first, last = {**ZHANG, "phone_2": "13985670005"}, {"name": "张建国", "phone": "13985670005"}
    assert persons([(3, last), (1, first), (2, ZHANG)]) == [(1, 2, 3)]


@pytest.fixture
def sibling(world):
    """Child B as a brother of child A: the same father and grandmother, the father a guardian."""
    maker = system(EARLIER, "测试")
    for register, own, theirs in (
        (PARENT, world.father_a, world.father_b),
        (GUARDIAN, world.guardian_a, world.guardian_b),
    ):
        said = stored(register, own)
        raw = {name: said[name] for name in ("name", "phone")}
        service.update(maker, register, theirs, raw, stored(register, theirs)["version"])
    given = {"child": world.child_b, "relation": "父亲", "rank": 2, "since": "2025-02-10", **ZHANG}
    return service.create(maker, GUARDIAN, given).id


def stored(register, number):
    return every_row(register).where(register.model.id == number).get().__data__


def change(actor, register, number, **raw):
    return service.update(actor, register, number, raw, stored(register, number)["version"])


def test_a_changed_telephone_changes_once(world, sibling):
    with writing():
        PARENT.model.update(entered_by=world.alice.user_id, entered_at=NOON).where(
            PARENT.model.id == world.father_a
        ).execute()
    change(world.alice, PARENT, world.father_a, phone="13985679999", trade="木工")
    both = stored(PARENT, world.father_b), stored(GUARDIAN, sibling)
    assert [one["phone"] for one in both] == ["13985679999"] * 2
    assert stored(PARENT, world.father_c)["phone"] == "13985670002"
    assert both[0]["trade"] == "木工"
    assert audit.verify().intact


def test_what_stood_otherwise_and_another_person_are_left_alone(world, sibling):
    change(world.clerk, PARENT, world.father_b, workplace="苏州市")
    assert stored(PARENT, world.father_a)["workplace"] == "苏州市"
    change(world.clerk, PARENT, world.father_a, workplace=None)
    assert stored(PARENT, world.father_b)["workplace"] == "苏州市"
    change(world.clerk, PARENT, world.father_a, name="张建军", phone="13985670007")
    assert stored(PARENT, world.father_b)["phone"] == "13985670002"
    assert stored(PARENT, world.father_b)["name"] == "张建国"


def test_undoing_the_change_takes_all_rows_back(world, sibling):
    with service.work(world.clerk) as current:
        batch = batches.open_batch(world.clerk, "import", "测试")
        current.batch = batch.id
        number, version = world.father_a, stored(PARENT, world.father_a)["version"]
        raw = {"phone": "13985679999"}
        service.update(world.clerk, PARENT, number, raw, version, current=current)
        batches.close_batch(batch, {})
    assert stored(PARENT, world.father_b)["phone"] == "13985679999"
    assert undo.undo(world.clerk, batch.id).left == []
    assert {stored(PARENT, n)["phone"] for n in (world.father_a, world.father_b)} == {"13985670002"}


def test_a_teacher_sees_the_adult_of_the_own_child_alone(world, sibling):
    assert row(world.alice, PARENT, world.father_a) is not None
    assert row(world.alice, PARENT, world.father_b) is None


def test_a_guardian_of_siblings_is_trained_once_as_one_person(world, sibling):
    subjects = {one.id: one for one in Subjects(Placement()).of("guardian")}
    assert subjects[world.guardian_a].rows == (world.guardian_a, world.guardian_b)
    assert world.guardian_b not in subjects
    maker = system(EARLIER, "测试")
    meeting = service.create(
        maker,
        find("meeting"),
        {
            "kind": "监护人培训",
            "held_at": "2025-10-20 09:00",
            "place": "会议室",
            "chair": world.staff_alice,
            "title": "监护人培训",
        },
        {"attendee": [service.LineInput({"child": world.child_b, "guardian": world.guardian_b})]},
    )
    assert meeting.id
    semester = next(s for s in calendar.school_calendar().semesters if s.code == "2025-2026-1")
    duty = duty_called("guardian-trained")
    judged = Evaluation(semester, NOON.date()).judge(duty)
    counted = {one.subject.id: sum(v.counted for v in one.verdicts) for one in judged}
    assert counted == {world.guardian_a: 1, world.guardian_c: 0, sibling: 0}


def test_merging_twins_of_one_child_keeps_the_sibling_and_one_person(world, sibling):
    twin = service.create(
        system(EARLIER, "测试"),
        GUARDIAN,
        {"child": world.child_a, "name": "张奶奶", "relation": "祖母", "rank": 2,
         "phone": "13985670001", "since": "2025-02-11"},
    ).id  # fmt: skip
    merge(world.clerk, GUARDIAN, world.guardian_a, twin)
    (one,) = [s for s in Subjects(Placement()).of("guardian") if s.id == world.guardian_a]
    assert one.rows == (world.guardian_a, world.guardian_b)
    assert stored(GUARDIAN, world.guardian_b)["child"] == world.child_b


HEAD = ["学生", "家访时间", "方式", "目的", "家访教师"]
VISIT = ["2025-11-08 10:00", "入户", "看看兄弟俩", "王爱丽"]


def visits(world, *names):
    table = read_table(
        workbook(("家访", [HEAD, *([name, *VISIT] for name in names)])), find("home-visit")
    )
    return import_table(world.clerk, table, Choices(), "家访")


def test_one_visit_names_siblings(world):
    report = visits(world, "张小雨、曾思源（七（2）班）")
    assert [row.refused for row in report.rows] == [False, False]
    assert "每名记一条" in report.rows[0].warnings[0].message
    model = find("home-visit").model
    made = list(every_row(find("home-visit")).where(model.purpose == "看看兄弟俩"))
    assert {one.child_id for one in made} == {world.child_a, world.child_b}
    assert made[0].act
    assert made[0].act == made[1].act
    visitors = find("home-visitor")
    for one in made:
        (visitor,) = every_row(visitors).where(visitors.model.visit == one.id)
        assert visitor.staff_id == world.staff_alice


def test_a_sibling_nobody_knows_is_told_and_the_other_one_imported(world):
    report = visits(world, "张小雨、张大雨、张不雨")
    assert [row.refused for row in report.rows] == [False, True, True]
    (reason,) = report.reasons().values()
    assert "张大雨" in reason
    assert "张不雨" in reason


@pytest.mark.parametrize("said", ["张小雨/七年级一班", "张小雨、2012"])
def test_what_is_no_list_of_names_is_asked(world, said):
    with pytest.raises(Invalid):
        visits(world, said)


def test_an_amount_for_two_pupils_is_asked(world):
    rows = [
        ["学生", "资助类型", "金额", "发放日期"],
        ["张小雨、曾思源", "助学金", 500, "2025-10-10"],
    ]
    table = read_table(workbook(("资助", rows)), find("subsidy"))
    (row,) = plan_table(world.clerk, table, Choices()).rows
    assert any("一格里写了几个名字" in problem.message for problem in row.errors)
