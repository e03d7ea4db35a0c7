"""A roster becomes child files and class totals, in one batch that can be undone."""

from __future__ import annotations

import json
from datetime import date

import pytest

from models.core import audit, service, undo
from models.core.errors import Denied, Invalid
from models.core.gates import every_row
from models.core.register import find
from models.intake import RosterAnswers, read_roster
from models.intake.import_family import split_place
from models.intake.import_roster import import_roster, plan_roster
from models.intake.report import STOP, UPDATE, Choices
from models.kept.left_behind import migration_today
from tests.workbooks import DATA, id_number, workbook

EXPECTED = json.loads((DATA / "roster.xlsx.expect.json").read_text("utf-8"))
HEAD = (
    *("姓名", "性别", "身份证号", "学籍号", "班级", "家庭住址", "是否留守儿童"),
    *("父亲姓名", "父亲电话", "父亲务工地点", "母亲姓名", "母亲电话", "母亲情况"),
    *("监护人姓名", "监护人关系", "监护人电话"),
)


@pytest.fixture
def real():
    return read_roster((DATA / "roster.xlsx").read_bytes())


def pupil(number=1, name="周小山", **changed):
    said = {
        "姓名": name,
        "性别": "男" if number % 2 else "女",
        "身份证号": id_number(sequence=number),
        "班级": "八（1）班",
        "是否留守儿童": "双亲留守",
        "父亲姓名": "周大山",
        "父亲电话": "13900001111",
        "父亲务工地点": "江苏省苏州市昆山市",
        "母亲姓名": "郑水莲",
        "监护人姓名": "周老山",
        "监护人关系": "爷爷",
        "监护人电话": "13900002222",
    } | changed
    return tuple(said.get(head) for head in HEAD)


def roster(*rows):
    return read_roster(workbook(("名册", [HEAD, *rows])))


def living(slug):
    return list(every_row(find(slug)).order_by(find(slug).model.id))


def of_child(slug, child_id):
    return [record for record in living(slug) if record.child_id == child_id]


def child_named(name):
    (found,) = [child for child in living("child") if child.name == name]
    return found


def test_the_real_roster_gives_exactly_the_rows_it_should(world, real):
    report = import_roster(world.clerk, real, Choices(), "花名册")
    assert (len(report.rows), report.accepted, report.left_behind) == (
        EXPECTED["rows"],
        EXPECTED["good"],
        EXPECTED["left_behind_good"],
    )
    assert [row.errors[0].code for row in report.refused] == [why for _, why in EXPECTED["bad"]]
    assert report.written["留守儿童登记"] == EXPECTED["left_behind_good"]
    assert audit.verify().intact


def test_only_left_behind_pupils_become_records(world, real):
    before = len(living("child"))
    import_roster(world.clerk, real, Choices(), "花名册")
    assert len(living("child")) - before == EXPECTED["left_behind_good"]
    others = {row.pupil.id_number for row in real.good if not row.is_left_behind}
    assert not others & {child.id_number for child in living("child")}


def test_every_good_pupil_is_counted_into_the_class(world, real):
    import_roster(world.clerk, real, Choices(), "花名册")
    # 七（1）班 and 七（2）班 were there with 45 pupils each; a smaller file does not shrink them.
    new = [found for found in living("school-class") if found.pupils != 45]
    kept = [row for row in real.good if not (row.pupil.grade == 7 and row.pupil.class_number < 3)]
    assert sum(found.pupils for found in new) == len(kept)
    assert sum(found.boys for found in new) == sum(row.pupil.sex == "1" for row in kept)


def test_a_class_total_larger_than_the_file_stays_and_is_pointed_out(world):
    report = import_roster(world.clerk, roster(pupil(班级="七（1）班")), Choices(), "名册")
    assert any("原登记 45 人" in text for text in report.warnings)
    assert {c.name: c.pupils for c in living("school-class")}["七（1）班"] == 45


def test_a_left_behind_child_comes_with_parents_guardian_and_class(world):
    import_roster(world.clerk, roster(pupil()), Choices(), "名册")
    child = child_named("周小山")
    assert (child.id_number, child.sex, child.born_on) == (id_number(), "男", date(2012, 9, 1))
    assert (child.identified_on, child.guardianship) == (world.clerk.today, "祖父母监护")
    assert [(p.relation, p.name) for p in of_child("parent", child.id)] == [
        ("父亲", "周大山"),
        ("母亲", "郑水莲"),
    ]
    father = of_child("parent-state", child.id)[0]
    assert (father.state, father.province, father.city, father.county) == (
        "外出",
        "江苏省",
        "苏州市",
        "昆山市",
    )
    (guardian,) = of_child("guardian", child.id)
    assert (guardian.name, guardian.relation, guardian.phone) == ("周老山", "祖父", "13900002222")
    (enrolment,) = of_child("enrolment", child.id)
    assert enrolment.since == date(2025, 9, 1)
    assert migration_today([child], world.clerk.today) == ["双亲外出"]


def test_a_child_on_file_is_left_alone_unless_the_clerk_wants_an_update(world):
    import_roster(world.clerk, roster(pupil()), Choices(), "第一次")
    again = roster(pupil(家庭住址="青山村三组", 父亲电话="13900009999"))
    report = import_roster(world.clerk, again, Choices(), "第二次")
    assert report.counts == {"left-alone": 1}
    assert child_named("周小山").address is None
    report = import_roster(world.clerk, again, Choices(existing=UPDATE), "第三次")
    assert report.rows[0].changes == [("现住址", "", "青山村三组")]
    child = child_named("周小山")
    assert child.address == "青山村三组"
    assert of_child("parent", child.id)[0].phone == "13900009999"
    assert len(of_child("parent", child.id)) == 2
    assert len(of_child("enrolment", child.id)) == 1


def test_an_empty_cell_of_a_roster_clears_nothing(world):
    import_roster(world.clerk, roster(pupil(家庭住址="青山村三组")), Choices(), "第一次")
    import_roster(world.clerk, roster(pupil()), Choices(existing=UPDATE), "第二次")
    assert child_named("周小山").address == "青山村三组"


def test_children_are_matched_by_number_never_by_name(world):
    import_roster(world.clerk, roster(pupil(1)), Choices(), "第一次")
    report = import_roster(world.clerk, roster(pupil(3)), Choices(existing=UPDATE), "第二次")
    assert report.counts == {"new": 1}
    assert [child.name for child in living("child")].count("周小山") == 2


def test_a_child_without_id_number_is_found_by_school_number(world):
    number = f"G{id_number()}"
    import_roster(world.clerk, roster(pupil(学籍号=number)), Choices(), "第一次")
    nameless = pupil(身份证号="暂无", 学籍号=number)
    without = read_roster(workbook(("名册", [(*HEAD, "出生日期"), (*nameless, "2012-09-01")])))
    assert plan_roster(world.clerk, without, Choices()).counts == {"left-alone": 1}


def test_moving_to_another_class_ends_one_enrolment_and_begins_another(world):
    later = world.actor("clerk", now=world.clerk.now.replace(year=2026, month=3, day=10))
    import_roster(world.clerk, roster(pupil()), Choices(), "秋")
    import_roster(later, roster(pupil(班级="八（2）班")), Choices(existing=UPDATE), "春")
    first, second = of_child("enrolment", child_named("周小山").id)
    assert (first.until, second.since) == (date(2026, 3, 1), date(2026, 3, 2))


def test_another_guardian_is_added_beside_the_first_with_a_warning(world):
    import_roster(world.clerk, roster(pupil()), Choices(), "第一次")
    changed = pupil(监护人姓名="郑老太", 监护人关系="外婆")
    report = import_roster(world.clerk, roster(changed), Choices(existing=UPDATE), "第二次")
    assert [g.rank for g in of_child("guardian", child_named("周小山").id)] == [1, 2]
    assert any("第 2 监护人" in p.message for p in report.rows[0].warnings)


def test_a_file_of_nothing_but_bad_rows_is_no_success(world):
    with pytest.raises(Invalid, match="都不能导入"):
        import_roster(world.clerk, roster(pupil(姓名=None)), Choices(), "名册")


@pytest.mark.parametrize(
    ("choices", "message"),
    [(Choices(wrong=STOP), "有 1 行不能导入"), (Choices(existing=STOP), "1 名儿童已在册")],
)
def test_with_stop_nothing_of_the_file_is_written(world, choices, message):
    import_roster(world.clerk, roster(pupil(1)), Choices(), "第一次")
    before = audit.head()
    mixed = roster(pupil(1), pupil(2, "周小河"), pupil(4, None))
    with pytest.raises(Invalid, match=message):
        import_roster(world.clerk, mixed, choices, "第二次")
    assert audit.head() == before


def test_looking_first_writes_nothing(world, real):
    before = audit.head()
    report = plan_roster(world.clerk, real, Choices())
    assert report.accepted == EXPECTED["good"]
    assert audit.head() == before


@pytest.mark.parametrize("name", ["alice", "leadership", "counsellor", "inspector"])
def test_nobody_but_the_clerk_imports(world, real, name):
    with pytest.raises(Denied):
        plan_roster(world.actors[name], real, Choices())


def test_the_whole_batch_is_undone_at_once(world, real):
    kept = {slug: len(living(slug)) for slug in ("child", "parent", "guardian", "school-class")}
    report = import_roster(world.clerk, real, Choices(), "花名册")
    undone = undo.undo(world.clerk, report.batch)
    assert undone.left == []
    assert {slug: len(living(slug)) for slug in kept} == kept
    assert audit.verify().intact


def test_undoing_leaves_what_was_changed_since(world):
    report = import_roster(world.clerk, roster(pupil()), Choices(), "名册")
    child = child_named("周小山")
    service.update(world.clerk, find("child"), child.id, {"bed": "201-3"}, child.version)
    undone = undo.undo(world.clerk, report.batch)
    assert [(title, why) for title, _name, why in undone.left][:1] == [
        ("留守儿童登记", "之后又被改过")
    ]
    assert child_named("周小山").bed == "201-3"


def test_a_record_saved_meanwhile_is_noticed_inside_the_transaction(world, monkeypatch):
    """The same child comes in through the form between checking and writing."""
    opened = service.work
    clerk, entered = world.clerk, []

    def work_after_somebody_else(actor, batch=None, **more):
        if not entered:
            entered.append(1)
            import_roster(clerk, roster(pupil()), Choices(), "抢先")
        return opened(actor, batch, **more)

    file = roster(pupil(), pupil(2, "周小河"))
    monkeypatch.setattr("models.intake.import_roster.service.work", work_after_somebody_else)
    report = import_roster(clerk, file, Choices(), "名册")
    assert report.counts == {"new": 1, "left-alone": 1}
    assert [child.name for child in living("child")].count("周小山") == 1


def test_without_a_left_behind_column_the_answer_decides(world):
    head = [name for name in HEAD if name != "是否留守儿童"]
    row = [cell for name, cell in zip(HEAD, pupil(), strict=True) if name != "是否留守儿童"]
    data = workbook(("名册", [head, row]))
    assert read_roster(data).asks_left_behind
    for answer, verdict in (("9", "new"), ("0", "counted")):
        answered = read_roster(data, RosterAnswers(left_behind=answer))
        assert plan_roster(world.clerk, answered, Choices()).counts == {verdict: 1}


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("江苏省昆山市", {"province": "江苏省", "city": "昆山市", "county": None}),
        ("上海市松江区", {"province": "上海市", "city": None, "county": "松江区"}),
        ("广东东莞", {"province": "广东", "city": None, "county": "东莞"}),
        ("昆山市", {"city": "昆山市"}),
        ("省外", {"note": "省外"}),
        (None, {}),
    ],
)
def test_a_place_of_work_is_parted(place, parts):
    assert split_place(place) == parts
