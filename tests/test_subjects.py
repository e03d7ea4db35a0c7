"""Who is a subject, on which days, and who answers for it: every dated row beside its edges."""

from __future__ import annotations

from datetime import date
from typing import get_args

from compliance.judged.excused import Excuses
from compliance.judged.placement import Placement
from compliance.judged.stretches import crossed
from compliance.judged.subjects import Subject, Subjects, couples, responsible
from compliance.ordered.catalogue import duties, duty_called
from compliance.ordered.duty import SubjectKind
from models.core import service
from models.core.actor import system
from models.core.register import REGISTERS
from tests.factory import Factory
from tests.spoiled import Of, Spoiler
from tests.test_duties_ask import put, tried
from tests.world import NOON

GONE = {"deleted_at": "2025-11-12"}
LAST = date(2025, 11, 1)


def day(text):
    return date.fromisoformat(text) if text else None


def span(*ends):
    return tuple((day(first), day(last)) for first, last in ends)


WHOLE = span(("2025-09-05", None))
ENDED, LEFT = {"until": "2025-11-01"}, {"left_on": "2025-11-01"}
TO_THE_END = span(("2025-09-05", "2025-11-01"))
# Of what began with the semester, before anybody was identified.
BEGUN, BEGUN_AND_ENDED = span(("2025-09-01", None)), span(("2025-09-01", "2025-11-01"))
STAYED = {"joined_on": "2025-09-10", "left_on": "2025-11-01"}
# kind, whose, where something is changed, what it says then, when the subject is there; None: never
CASES = [
    ("child", "child_a", "child_a", {}, WHOLE),
    ("child", "child_a", "child_a", LEFT, TO_THE_END),
    ("child", "child_a", "child_a", GONE, None),
    # Whose class ended stays, until it is entered as gone (docs/rules.md, Verdicts).
    ("child", "child_a", "enrolment_a", ENDED, WHOLE),
    ("child", "child_a", "enrolment_a", {"since": "2025-10-01"}, span(("2025-10-01", None))),
    ("child", "child_a", "enrolment_a", {"until": "2025-09-04"}, WHOLE),
    ("child", "child_a", "enrolment_a", GONE, WHOLE),
    ("child", "child_a", "enrolment_b", GONE, WHOLE),
    ("pairing", "pairing_a", "pairing_a", {}, WHOLE),
    ("pairing", "pairing_a", "pairing_a", {"since": "2025-10-01"}, span(("2025-10-01", None))),
    ("pairing", "pairing_a", "pairing_a", ENDED, TO_THE_END),
    ("pairing", "pairing_a", "pairing_a", GONE, None),
    ("pairing", "pairing_a", "child_a", GONE, None),
    ("pairing", "pairing_a", "child_a", LEFT, TO_THE_END),
    ("teacher", "staff_alice", "pairing_a", {}, WHOLE),
    ("teacher", "staff_alice", "pairing_a", ENDED, TO_THE_END),
    ("teacher", "staff_alice", "pairing_a", {"until": "2025-09-05"}, span(("2025-09-05",) * 2)),
    ("teacher", "staff_alice", "pairing_a", {"until": "2025-09-04"}, None),
    ("teacher", "staff_alice", "pairing_a", GONE, None),
    # A pairing that nobody closed ends with the child and with the teacher.
    ("teacher", "staff_alice", "child_a", LEFT, TO_THE_END),
    ("teacher", "staff_alice", "staff_alice", LEFT, TO_THE_END),
    ("acting-parent", "staff_alice", "pairing_a", {}, None),
    ("acting-parent", "staff_alice", "pairing_a", {"kind": "代理家长"}, WHOLE),
    ("class-teacher", "staff_alice", "class_teacher", {}, BEGUN),
    ("class-teacher", "staff_alice", "class_teacher", ENDED, BEGUN_AND_ENDED),
    ("class-teacher", "staff_alice", "class_teacher", GONE, None),
    ("class-teacher", "staff_alice", "staff_alice", LEFT, BEGUN_AND_ENDED),
    # Who teaches has a subject or a class; the gate is not taught (S11-1, Q07-6, H02-1).
    ("subject-teacher", "staff_bob", "staff_bob", {}, None),
    ("subject-teacher", "staff_bob", "staff_bob", {"subject": "数学"}, ((date.min, None),)),
    ("class", "class_2", "enrolment_b", {}, BEGUN),
    ("class", "class_2", "enrolment_b", ENDED, BEGUN_AND_ENDED),
    ("class", "class_2", "enrolment_b", GONE, None),
    ("guardian", "guardian_a", "guardian_a", {}, WHOLE),
    ("guardian", "guardian_a", "guardian_a", ENDED, TO_THE_END),
    ("guardian", "guardian_a", "child_a", LEFT, TO_THE_END),
    ("guardian", "guardian_a", "guardian_a", GONE, None),
    ("staff", "staff_bob", "staff_bob", {}, ((date.min, None),)),
    ("staff", "staff_bob", "staff_bob", STAYED, span(("2025-09-10", "2025-11-01"))),
    ("staff", "staff_bob", "staff_bob", GONE, None),
]
REGISTER = {
    "class_teacher": "class-teacher",
    "class": "school-class",
}


def slug_of(name):
    return REGISTER.get(name) or REGISTER.get(name.split("_")[0]) or name.split("_")[0]


def test_a_subject_is_there_on_the_days_its_rows_say(world):
    wrong = []
    for kind, whose, where, said, expected in CASES:
        with tried():
            put(slug_of(where), lambda m, where=where: m.id == getattr(world, where), **said)
            found = {one.id: one for one in Subjects(Placement()).of(kind)}
            subject = found.get(getattr(world, whose))
            if (None if subject is None else subject.spans) != expected:
                wrong.append((kind, where, said, subject and subject.spans))
    assert wrong == []


def test_every_kind_of_subject_is_known(world):
    assert {duty.subject for duty in duties()} <= set(get_args(SubjectKind))
    subjects = Subjects(Placement())
    assert subjects.of("school") == [Subject("school", 0, ((date.min, None),))]
    for kind in {*get_args(SubjectKind)} - {"topic"}:
        assert isinstance(subjects.of(kind), list)


def test_a_subject_names_the_child_and_the_colleague_behind_it(world):
    subjects = Subjects(Placement())
    (pairing,) = (one for one in subjects.of("pairing") if one.id == world.pairing_b)
    assert (pairing.child, pairing.staff) == (world.child_b, world.staff_bob)
    (child,) = (one for one in subjects.of("child") if one.id == world.child_a)
    assert (child.child, child.staff, child.school_class) == (world.child_a, None, None)
    (klass,) = (one for one in subjects.of("class") if one.id == world.class_2)
    assert (klass.child, klass.staff, klass.school_class) == (None, None, world.class_2)
    (teacher,) = (one for one in subjects.of("teacher") if one.id == world.staff_bob)
    assert (teacher.child, teacher.staff) == (None, world.staff_bob)
    (guardian,) = (one for one in subjects.of("guardian") if one.id == world.guardian_a)
    assert guardian.child == world.child_a


def test_stretches_are_crossed_day_by_day():
    own = (day("2025-09-10"), day("2025-09-20"))
    for other, expected in (
        (("2025-09-01", "2025-09-09"), ()),
        (("2025-09-01", "2025-09-10"), span(("2025-09-10", "2025-09-10"))),
        (("2025-09-20", None), span(("2025-09-20", "2025-09-20"))),
        (("2025-09-21", None), ()),
        (("2025-09-12", "2025-09-14"), span(("2025-09-12", "2025-09-14"))),
        (("2025-09-01", None), (own,)),
    ):
        assert crossed(own, span(other)) == expected
    assert crossed((day("2025-09-10"), None), span(("2025-09-01", None))) == span(
        ("2025-09-10", None)
    )


def test_the_class_teacher_of_the_last_day_and_the_paired_of_the_last_day_answer(world):
    def answers(code, **named):
        duty = duty_called(code)
        subject = Subject(duty.subject, 0, (), **named)
        return responsible(duty, subject, LAST, Placement())

    alice, bob = world.staff_alice, world.staff_bob
    child, led = {"child": world.child_a}, {"school_class": world.class_1}
    for where, said, by_class, by_pairing in (
        ("class_teacher", {}, (alice,), (alice,)),
        ("class_teacher", {"until": "2025-10-31"}, (), (alice,)),
        ("class_teacher", {"until": "2025-11-01"}, (alice,), (alice,)),
        ("class_teacher", {"since": "2025-11-01"}, (alice,), (alice,)),
        ("class_teacher", {"since": "2025-11-02"}, (), (alice,)),
        ("pairing_a", {"until": "2025-10-31"}, (alice,), ()),
        ("pairing_a", {"until": "2025-11-01"}, (alice,), (alice,)),
        ("pairing_a", {"since": "2025-11-02"}, (alice,), ()),
        ("pairing_a", {"teacher": bob}, (alice,), (bob,)),
        ("enrolment_a", {"until": "2025-10-31"}, (), (alice,)),
        ("enrolment_a", {"school_class": world.class_2}, (), (alice,)),
    ):
        with tried():
            put(slug_of(where), lambda m, where=where: m.id == getattr(world, where), **said)
            assert answers("visit-class-teacher", **child) == by_class, (where, said)
            assert answers("child-call-weekly", **child) == by_pairing, (where, said)
            if where == "class_teacher":
                assert answers("seminar", **led) == by_class
    assert answers("talk-weekly", child=world.child_a, staff=bob) == (bob,)
    assert answers("talk-leader", staff=bob) == (bob,)
    assert answers("subsidy", **child) == ()


def test_of_two_rows_of_one_day_the_newer_one_holds(world):
    made = Spoiler(world)
    raw = {"school_class": world.class_1, "staff": world.staff_bob}
    raw |= {"since": "2025-11-01", "until": ""}
    with tried():
        put("class-teacher", until="2025-10-31")
        # Nobody leads any more is a change too.
        assert Placement().steady(day("2025-11-02")) == day("2025-11-01")
        assert Placement().steady(day("2025-10-31")) == day("2025-09-01")
        made.add("class-teacher", **raw)
        placement = Placement()
        assert placement.leaders_of(world.class_1, day("2025-10-31")) == [world.staff_alice]
        assert placement.leaders_of(world.class_1, day("2025-11-01")) == [world.staff_bob]
        steady = {placement.steady(day(f"2025-{text}")) for text in ("09-15", "10-31")}
        assert steady == {day("2025-09-01")}
        assert placement.steady(day("2025-11-01")) == day("2025-11-01")
        assert placement.steady(day("2025-08-31")) == date.min
    said = {"school_class": world.class_1, "staff": world.staff_bob, "entered_at": NOON}
    with tried():
        REGISTERS["class-teacher"].model.create(since="2025-10-15", **said)
        duty, placement = duty_called("seminar"), Placement()
        led = Subject("class", world.class_1, (), school_class=world.class_1)
        assert responsible(duty, led, day("2025-10-14"), placement) == (world.staff_alice,)
        assert responsible(duty, led, day("2025-10-15"), placement) == (world.staff_bob,)
        child = Subject("child", world.child_a, (), child=world.child_a)
        visit = duty_called("visit-class-teacher")
        assert responsible(visit, child, day("2025-10-15"), placement) == (world.staff_bob,)
    said = {"child": world.child_a, "school_class": world.class_2, "entered_at": NOON}
    with tried():
        REGISTERS["enrolment"].model.create(since="2025-10-01", **said)
        placement = Placement()
        assert placement.class_of(world.child_a, day("2025-09-30")) == world.class_1
        assert placement.class_of(world.child_a, day("2025-10-01")) == world.class_2


def test_a_pairing_ends_when_the_teacher_leaves(world):
    with tried():
        put("staff", lambda m: m.id == world.staff_alice, left_on="2025-11-01")
        # The earlier of its two ends, whichever that is.
        for until, last in ((None, "11-01"), ("2025-11-20", "11-01"), ("2025-10-15", "10-15")):
            put("pairing", lambda m: m.id == world.pairing_a, until=until)
            (one,) = (s for s in Subjects(Placement()).of("pairing") if s.id == world.pairing_a)
            assert one.spans == span(("2025-09-05", f"2025-{last}")), until


def test_two_rows_of_one_couple_that_meet_are_one_subject(world):
    made = Spoiler(world)
    made.change("pairing", world.pairing_b, until="2025-10-15")
    made.add("pairing", teacher=Of("staff_bob"), child=Of("child_b"), since="2025-10-16")
    kept = Subjects(Placement()).of("pairing")
    found = [one for one in couples(kept) if one.child == world.child_b]
    assert [one.spans for one in found] == [WHOLE]
    assert len(found[0].rows) == 2


def test_an_excuse_of_a_pairing_is_no_excuse_for_a_child_or_colleague_of_the_same_number(world):
    excuse = REGISTERS["excuse"]
    named = {"child": None, "pairing": world.pairing_a}
    service.create(system(NOON), excuse, Factory(system(NOON)).minimal(excuse) | named)
    placement = Placement()
    excuses, subjects = Excuses(placement), Subjects(placement)
    excused = {
        (one.kind, one.id)
        for duty in duties()
        for one in subjects.of(duty.subject)
        if excuses.spans(duty, one)
    }
    assert excused == {("pairing", world.pairing_a)}
    numbers = {one.id for kind in ("child", "teacher") for one in subjects.of(kind)}
    assert world.pairing_a in numbers
