"""What a roster says of the family: what is concluded from it, and what a second roster changes."""

from __future__ import annotations

from datetime import date

import pytest

from models.core import audit, codes
from models.intake import read_roster
from models.intake.import_family import guardianship
from models.intake.import_roster import import_roster, plan_roster, start_of
from models.intake.left_behind import reconcile
from models.intake.report import UPDATE, Choices
from models.intake.rows import Guardian, Parent, RosterRow
from tests.test_roster_import import HEAD, child_named, living, of_child, pupil, roster
from tests.workbooks import workbook

AGAIN = Choices(existing=UPDATE)

KIND_OF = {
    "父亲监护": ("51", "57"),
    "母亲监护": ("52", "58"),
    "祖父母监护": ("61", "62"),
    "外祖父母监护": ("63", "64"),
    "朋友邻居监护": ("99",),
}


@pytest.mark.parametrize("relation", [code for code, *_words in codes.RELATION.rows])
def test_the_kind_of_guardianship_follows_from_the_relation(relation):
    row = RosterRow("名册", 2, guardian=Guardian("周老山", relation))
    expected = next((kind for kind, taken in KIND_OF.items() if relation in taken), "亲戚监护")
    assert guardianship(row) == expected


def test_without_a_guardian_or_a_relation_nothing_is_concluded():
    assert guardianship(RosterRow("名册", 2)) is None
    assert (
        guardianship(RosterRow("名册", 2, guardian=Guardian("周老山", "97", unsure=True))) is None
    )


def settled(label, father=None, mother=None, **more):
    """A row after reconciling, with parents in the given states ("-" for a parent not named)."""
    states = (("51", "周大山", father), ("52", "郑水莲", mother))
    parents = [Parent(code, name, ("1",), state) for code, name, state in states if state != "-"]
    row = RosterRow("名册", 2, parents=parents, left_behind=label, **more)
    row.guardian = row.guardian or Guardian("周老山", "61", ("2",))
    reconcile(row)
    return row


@pytest.mark.parametrize(
    ("label", "father", "mother", "becomes", "states"),
    [
        # Both parents are away: what nobody said of a parent is concluded.
        ("2", None, None, "2", ["away", "away"]),
        ("2", "away", None, "2", ["away", "away"]),
        ("2", "home", None, "2", ["home", "away"]),
        ("2", "dead", None, "2", ["dead", "away"]),
        # One is away: only where the other is known it can be told which.
        ("1", None, None, "1", [None, None]),
        ("1", "home", None, "1", ["home", "away"]),
        ("1", "away", None, "1", ["away", None]),
        ("1", None, "dead", "1", ["away", "dead"]),
        ("1", None, "-", "1", [None]),
        # Left behind in a way not said: as the parents' states tell.
        ("9", "away", "away", "2", ["away", "away"]),
        ("9", "away", "home", "1", ["away", "home"]),
        ("9", "home", "home", "9", ["home", "home"]),
        ("9", "away", None, "9", ["away", None]),
        ("9", "dead", "away", "1", ["dead", "away"]),
        # Not left behind: nothing is concluded.
        ("0", None, None, "0", [None, None]),
        ("0", "away", None, "0", ["away", None]),
        (None, None, None, None, [None, None]),
    ],
)
def test_label_and_parents_are_settled_with_each_other(label, father, mother, becomes, states):
    row = settled(label, father, mother)
    assert row.left_behind == becomes
    assert [parent.state for parent in row.parents] == states
    given = [state for state in (father, mother) if state != "-"]
    assert [p.inferred for p in row.parents] == [
        before is None and after is not None for before, after in zip(given, states, strict=True)
    ]


@pytest.mark.parametrize(
    ("label", "father", "mother", "noticed"),
    [
        ("0", "away", "home", "写的是非留守，但父母一栏有人外出"),
        ("0", "home", "home", None),
        ("2", "home", "away", "写的是双亲留守，但父母一栏有人在家"),
        ("2", "away", "away", None),
        ("1", "away", "away", "写的是单亲留守，但父母都外出"),
        ("1", "away", "home", None),
        ("1", "home", "home", "写的是留守儿童，但父母都在家"),
        ("9", "home", "home", "写的是留守儿童，但父母都在家"),
        ("1", "home", "dead", None),
    ],
)
def test_a_label_the_parents_contradict_is_noticed_and_left(label, father, mother, noticed):
    row = settled(label, father, mother)
    told = [p.message for p in row.warnings if p.code == "left-behind-contradiction"]
    assert [message[: len(noticed)] for message in told] == [noticed] if noticed else told == []


def test_an_employer_becomes_the_place_of_a_parent_concluded_to_be_away():
    parent = Parent("51", "周大山", ("1",), None, None, "某电子厂")
    row = RosterRow("名册", 2, parents=[parent], left_behind="2")
    reconcile(row)
    assert (parent.place, parent.workplace) == ("某电子厂", None)


def test_a_left_behind_child_without_guardian_or_phone_is_pointed_out():
    def noticed(label, state, guardian, phones):
        parents = [Parent("51", "周大山", phones, state)]
        row = RosterRow("名册", 2, parents=parents, left_behind=label, guardian=guardian)
        reconcile(row)
        return {p.code for p in row.warnings} - {"left-behind-contradiction"}

    named = Guardian("周老山", "61")
    assert noticed("2", "away", None, ()) == {"guardian-missing", "phone-missing"}
    assert noticed("2", "away", None, ("1",)) == {"guardian-missing"}
    assert noticed("1", "home", None, ("1",)) == set()  # A parent at home is the guardian.
    assert noticed("2", "away", named, ()) == {"phone-missing"}
    assert noticed("2", "away", Guardian("周老山", "61", ("2",)), ()) == set()
    assert noticed("0", "away", None, ()) == set()


# ---- into the registers ------------------------------------------------------------------------


def test_the_same_roster_again_changes_nothing(world):
    file = roster(pupil(家庭住址="青山村三组"), pupil(2, "周小河", 母亲情况="去世"))
    import_roster(world.clerk, file, Choices(), "第一次")
    before = audit.head()
    report = import_roster(world.clerk, file, AGAIN, "第二次")
    assert report.counts == {"same": 2}
    assert report.batch is None
    assert [row.changes for row in report.rows] == [[], []]
    assert audit.head() == before


@pytest.mark.parametrize(
    ("said", "state", "able"),
    [
        ("在家务农", "在家", True),
        ("外出务工", "外出", True),
        ("离异", "离异", True),
        ("去世", "死亡", False),
        ("失联", "失联", False),
        ("服刑", "服刑", False),
        ("重病", "重残或重病", False),
    ],
)
def test_the_state_of_a_parent_is_kept_with_whether_it_allows_guarding(world, said, state, able):
    import_roster(world.clerk, roster(pupil(母亲情况=said)), Choices(), "名册")
    child = child_named("周小山").id
    mother = of_child("parent", child)[1]
    (found,) = [one for one in of_child("parent-state", child) if one.parent_id == mother.id]
    assert (found.state, found.able_to_guard) == (state, able)
    assert found.since == start_of(world.clerk.today) == date(2025, 9, 1)
    assert "起始日期未写" in found.note


def test_a_state_is_added_only_when_it_changed(world):
    import_roster(world.clerk, roster(pupil(母亲情况="在家")), Choices(), "第一次")
    child = child_named("周小山").id
    later = world.actor("clerk", now=world.clerk.now.replace(year=2026, month=3, day=10))
    assert len(of_child("parent-state", child)) == 2
    import_roster(later, roster(pupil(母亲情况="在家")), AGAIN, "没有变")
    assert len(of_child("parent-state", child)) == 2
    import_roster(later, roster(pupil(母亲情况="外出")), AGAIN, "变了")
    states = [(one.state, one.since) for one in of_child("parent-state", child)]
    assert states[2:] == [("外出", date(2026, 3, 2))]


def test_a_parent_of_another_name_is_pointed_out_and_not_changed(world):
    import_roster(world.clerk, roster(pupil()), Choices(), "第一次")
    other = roster(pupil(父亲姓名="周二山", 父亲电话="13900007777"))
    report = import_roster(world.clerk, other, AGAIN, "第二次")
    assert [p.message for p in report.rows[0].warnings] == [
        "父亲与已登记的姓名不同，没有改，请核对"
    ]
    assert [(p.name, p.phone) for p in of_child("parent", child_named("周小山").id)] == [
        ("周大山", "13900001111"),
        ("郑水莲", None),
    ]


def test_a_guardian_without_a_relation_is_kept_as_some_relative_and_pointed_out(world):
    report = import_roster(
        world.clerk, roster(pupil(监护人姓名="吴老三", 监护人关系=None)), Choices(), "名册"
    )
    assert any("没有写与学生的关系" in p.message for p in report.rows[0].warnings)
    child = child_named("周小山")
    assert [(g.name, g.relation) for g in of_child("guardian", child.id)] == [
        ("吴老三", "其他亲属")
    ]
    assert child.guardianship is None


def test_what_is_known_of_a_guardian_is_completed_not_doubled(world):
    import_roster(world.clerk, roster(pupil(监护人电话=None)), Choices(), "第一次")
    import_roster(world.clerk, roster(pupil(监护人电话="13900002299")), AGAIN, "第二次")
    import_roster(world.clerk, roster(pupil(监护人电话=None)), AGAIN, "第三次")
    (guardian,) = of_child("guardian", child_named("周小山").id)
    assert (guardian.phone, guardian.rank) == ("13900002299", 1)


def test_another_class_within_the_semester_corrects_the_enrolment(world):
    import_roster(world.clerk, roster(pupil()), Choices(), "第一次")
    import_roster(world.clerk, roster(pupil(班级="八（2）班")), AGAIN, "第二次")
    (enrolment,) = of_child("enrolment", child_named("周小山").id)
    classes = {found.id: found.name for found in living("school-class")}
    assert classes[enrolment.school_class_id] == "八（2）班"
    assert (enrolment.since, enrolment.until) == (date(2025, 9, 1), None)


def test_a_second_phone_of_a_parent_and_of_the_pupil_is_kept(world):
    head = (*HEAD, "联系电话")
    row = (*pupil(父亲电话="13900001111、13900003333"), "13900005555 13900006666")
    report = import_roster(
        world.clerk, read_roster(workbook(("名册", [head, row]))), Choices(), "名册"
    )
    assert report.accepted == 1
    child = child_named("周小山")
    father = of_child("parent", child.id)[0]
    assert (father.phone, father.phone_2) == ("13900001111", "13900003333")
    assert (child.family_phone, child.remarks) == ("13900005555", "其他电话：13900006666")


def test_a_roster_without_classes_enrols_nobody(world):
    place = HEAD.index("班级")
    rows = [(*row[:place], *row[place + 1 :]) for row in (HEAD, pupil())]
    import_roster(world.clerk, read_roster(workbook(("名册", rows))), Choices(), "名册")
    assert of_child("enrolment", child_named("周小山").id) == []


def test_a_known_child_is_told_what_an_update_would_change(world):
    import_roster(world.clerk, roster(pupil(家庭住址="青山村三组")), Choices(), "第一次")
    before = audit.head()
    report = plan_roster(world.clerk, roster(pupil(家庭住址="青山村五组")), AGAIN)
    assert report.counts == {"changed": 1}
    assert report.rows[0].changes == [("现住址", "青山村三组", "青山村五组")]
    assert audit.head() == before


def test_class_totals_grow_with_a_larger_file_and_never_shrink(world):
    def total():
        (found,) = [c for c in living("school-class") if c.name == "八（1）班"]
        return found.pupils, found.boys

    import_roster(world.clerk, roster(pupil(1), pupil(2, "周小河")), Choices(), "两人")
    assert total() == (2, 1)
    report = import_roster(world.clerk, roster(pupil(3, "周小海")), Choices(), "一人")
    assert total() == (2, 1)
    assert any("原登记 2 人，这次只有 1 人" in text for text in report.warnings)
    three = roster(pupil(1), pupil(2, "周小河"), pupil(3, "周小海"))
    report = import_roster(world.clerk, three, Choices(), "三人")
    assert total() == (3, 2)
    assert report.warnings == []
