"""Facts and score of a teacher's year: the examples of the rules, and a slow second reckoning."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest
from evaluation_oracle import WEIGHTS, in_words, on_paper, reckon
from evaluation_oracle import score as slow_score
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.evaluated import facts as kept
from compliance.evaluated import score
from compliance.evaluated.facts import Count, Facts, facts
from compliance.evaluated.year import Year, year_called, year_of
from compliance.judged.tables import NOBODY, TeacherFact
from compliance.judged.verdict import State
from compliance.ordered import catalogue
from models.core import calendar, service
from models.core.actor import system
from models.core.database import database
from models.core.errors import RecordsError
from models.core.gates import every_row
from models.core.register import find
from tests.examples import few_examples
from tests.test_compliance_store import EDITS, Editor, add, change
from tests.world import TODAY

YEAR = Year("2025-2026")
AUTUMN, SPRING = date(2025, 9, 1), date(2026, 3, 2)


def count(**letters):
    return Count(Counter({State[name.upper()].value: n for name, n in letters.items()}))


def two_duties(talks, visits):
    """The worked example: talks of weight 2, visits of weight 3."""
    codes = ("talk-weekly", "visit-class-teacher")
    duties = {one.code: one for one in catalogue.duties() if one.code in codes}
    return Facts(duties, {"talk-weekly": talks, "visit-class-teacher": visits})


EXAMPLE = two_duties(count(done=30, done_late=2, missed=4), count(done=3, missed=1))


def test_the_worked_example_comes_to_79_44_and_with_three_points_to_8_24_of_ten():
    exact = score.facts_score(score.lines(EXAMPLE))
    assert exact == 100 * (2 * Fraction(31, 36) + 3 * Fraction(3, 4)) / 5
    assert score.final(exact) == 7944
    assert score.final(exact, 300) == 8244
    assert score.year_end(8244, 100) == 824


def test_open_excused_and_not_due_periods_are_in_no_sum():
    more = two_duties(
        count(done=30, done_late=2, missed=4, excused=5, due=3), count(done=3, missed=1, due=9)
    )
    assert score.facts_score(score.lines(more)) == score.facts_score(score.lines(EXAMPLE))


def test_a_duty_of_which_nothing_was_due_leaves_both_sums():
    without = two_duties(count(done=3, missed=1), count(excused=4))
    assert score.facts_score(score.lines(without)) == 75


def test_nothing_due_at_all_is_no_score_and_never_zero():
    nothing = two_duties(count(excused=3), count(due=1))
    exact = score.facts_score(score.lines(nothing))
    assert exact is None
    assert score.final(exact, 500) is None
    assert score.year_end(None, 100) is None


def test_what_was_missed_in_part_earns_its_part():
    part = two_duties(Count(Counter(M=2), Fraction(3, 4)), count(done=1))
    assert score.facts_score(score.lines(part)) == 100 * (2 * Fraction(3, 8) + 3) / 5


@pytest.mark.parametrize(("points", "hundredths"), [(3000, 10000), (-9000, 0)])
def test_points_keep_a_score_within_0_and_100(points, hundredths):
    assert score.final(score.facts_score(score.lines(EXAMPLE)), points) == hundredths


def test_a_half_is_rounded_up_once():
    assert score.final(Fraction(82445, 1000)) == 8245
    assert score.final(Fraction(824449, 10000)) == 8244


def test_sides_enter_by_their_shares_and_one_without_a_score_enters_neither_sum():
    shares = {"facts": 60, "leadership": 30, "self": 10}
    sides = {"facts": Fraction(80), "leadership": Fraction(90), "self": Fraction(100)}
    assert score.blended(sides, shares) == 85
    assert score.blended(sides | {"self": None}, shares) == Fraction(7500, 90)
    assert score.blended(dict.fromkeys(sides), shares) is None


def test_the_gain_of_a_duty_is_what_doing_all_of_it_would_have_added():
    lines = score.lines(EXAMPLE)
    before = score.facts_score(lines)
    talks_done = two_duties(count(done=36), count(done=3, missed=1))
    assert before + score.gain(lines[0], lines) == score.facts_score(score.lines(talks_done))


def test_years_are_called_by_their_code():
    assert year_called("2025-2026") == YEAR
    assert year_called("2026") == Year("2026")
    for wrong in ("2025-2027", "25-26", "", "2025-2026-1"):
        assert year_called(wrong) is None
    assert year_of(date(2025, 8, 31)) == Year("2024-2025")
    assert year_of(date(2025, 9, 1)) == YEAR
    assert year_of(date(2025, 9, 1), calendar_year=True) == Year("2025")


# A generated year.


class Made:
    """A generated year: changes of people first, then what they did."""

    def __init__(self, world):
        self.world = world
        self.children = [world.child_a, world.child_b, world.child_c]
        self.staff = [world.staff_alice, world.staff_bob, world.staff_charlie]
        self.classes = [world.class_1, world.class_2]

    def pair(self, teacher, child, since, length):
        until = since + timedelta(days=length) if length < 300 else None
        self.add("pairing", teacher=teacher, child=child, kind="代理家长", since=since, until=until)

    def unpair(self, _teacher, child, since, _length):
        """The pairing the school began with ends; Charlie's child never had one."""
        if child != self.world.child_c:
            number = "ab"[child != self.world.child_a]
            change("pairing", self.world.ids[f"pairing_{number}"], until=since)

    def move(self, _teacher, child, since, _length):
        """The child goes to the other class."""
        number = self.children.index(child)
        change("enrolment", self.world.ids[f"enrolment_{'abc'[number]}"], until=since)
        other = self.classes[number != 1]
        self.add("enrolment", child=child, school_class=other, since=since + timedelta(days=1))

    def leave(self, _teacher, child, since, _length):
        change("child", child, left_on=since, left_why="父母返乡")

    def lead(self, teacher, child, since, _length):
        """The class gets another class teacher, or its first one."""
        which = self.classes[child == self.world.child_b]
        if which == self.world.class_1:
            change("class-teacher", self.world.class_teacher, until=since)
        self.add(
            "class-teacher", school_class=which, staff=teacher, since=since + timedelta(days=1)
        )

    def excuse(self, teacher, child, since, length):
        whom = {"teacher": teacher} if length % 2 else {"child": child}
        until = since + timedelta(days=length)
        self.add("excuse", first=since, last=until, kind="其他", reason="住院", **whom)

    def retire(self, teacher, _child, since, _length):
        change("staff", teacher, left_on=since)

    def stand(self, teacher, child, since, length):
        """Somebody stands in for the teacher: in all, for the child, or in a class."""
        substitute = self.staff[(self.staff.index(teacher) + 1) % 3]
        which = {"pairing": self.world.pairing_a} if length % 3 == 1 else {}
        if length % 3 == 2:
            which = {"school_class": self.classes[child == self.world.child_b]}
        until = since + timedelta(days=length) if length < 300 else None
        self.add(
            "substitution",
            teacher=teacher,
            substitute=substitute,
            since=since,
            until=until,
            **which,
        )

    def excuse_all(self, *_):
        for teacher in self.staff:
            self.add(
                "excuse",
                first=AUTUMN,
                last=date(2026, 8, 31),
                kind="教师病假",
                reason="长期病假",
                teacher=teacher,
            )

    def add(self, slug, **raw):
        with suppress(RecordsError):
            add(slug, **raw)

    def change(self, what, *said):
        with suppress(RecordsError):
            getattr(self, what)(*said)


WHO = st.sampled_from(["staff_alice", "staff_bob", "staff_charlie"])
WHOM = st.sampled_from(["child_a", "child_b", "child_c"])
DAYS = st.dates(AUTUMN, date(2026, 7, 10))
KINDS = ["pair", "pair", "unpair", "move", "leave", "lead", "retire", "stand", "stand"]
KINDS += ["excuse", "excuse", "excuse_all"]
CHANGES = st.lists(
    st.tuples(st.sampled_from(KINDS), WHO, WHOM, DAYS, st.integers(0, 400)), max_size=5
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["talk", "talk", "visit"]),
        WHO,
        WHOM,
        DAYS,
        st.integers(0, 12),
        st.sampled_from([0, 0, 7, 14, 30]),
    ),
    max_size=6,
)


def act(world, what, teacher, child, day, lag):
    """Write an act down `lag` days after it happened, with everything a duty may ask of it."""
    if what == "talk":
        raw = {"topic": "近况", "content": "说了学习和家里的事", "aspects": "学习"}
        raw |= {"talked_at": f"{day} 09:00", "teacher": teacher}
        slug, lines = "talk", None
    else:
        raw = {"met": "祖父母", "purpose": "了解情况", "findings": "在家都好", "manner": "入户"}
        raw |= {"at_school": "上课专心", "visited_at": f"{day} 09:00"}
        slug, lines = "home-visit", {"home-visitor": [service.LineInput({"staff": teacher})]}
    actor = system(datetime.combine(day + timedelta(days=lag), time(10)))
    service.create(actor, find(slug), {"child": child, "late_reason": "外出", **raw}, lines)


def write_year(world, changes, acts):
    made = Made(world)
    change("school", world.school, adopted="四新中学、张大庙小学")
    # The monthly talk is asked of acting parents alone (Z01-3).
    for pairing in (world.pairing_a, world.pairing_b):
        change("pairing", pairing, kind="代理家长")
    for what, teacher, child, day, length in changes:
        made.change(what, world.ids[teacher], world.ids[child], day, length)
    for what, teacher, child, first, lag, every in acts:
        for day in (first + timedelta(days=every * n) for n in range(12 if every else 1)):
            if day <= date(2026, 7, 20):
                act(world, what, world.ids[teacher], world.ids[child], day, lag)


@settings(
    max_examples=few_examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=CHANGES, acts=ACTS, today=st.dates(date(2025, 11, 12), date(2026, 9, 30)))
def test_facts_and_score_agree_with_a_slow_reckoning_of_a_generated_year(
    world, changes, acts, today
):
    with database.atomic() as whole:
        write_year(world, changes, acts)
        slow = reckon(today)
        found = facts(YEAR, today)
        assert in_words(found, WEIGHTS) == on_paper(slow)
        for who, one in found.items():
            lines = [line for line in score.lines(one) if line.duty.code in WEIGHTS]
            assert score.facts_score(lines) == slow_score(slow.get(who, {}))
        whole.rollback()
    calendar.forget()


# Facts that are kept follow every write.


@settings(
    max_examples=few_examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=st.lists(EDITS, min_size=1, max_size=3))
def test_kept_facts_are_those_of_adding_up_anew(world, batches):
    with database.atomic() as whole:
        change("school", world.school, adopted="四新中学、思渠中学、回龙学校")
        editor = Editor(world)
        facts(YEAR, TODAY)
        for edits in batches:
            for edit in edits:
                editor.apply(*edit)
            followed = facts(YEAR, TODAY)
            TeacherFact.delete().execute()
            assert facts(YEAR, TODAY) == followed
        whole.rollback()
    calendar.forget()


def test_after_one_record_only_the_teachers_it_concerns_are_added_up_anew(world):
    facts(YEAR, TODAY)
    raw = {"child": world.child_b, "teacher": world.staff_bob, "topic": "近况"}
    add("talk", talked_at="2025-11-10 09:00", **raw)
    kept.refresh(TODAY)
    aged = {one.staff for one in TeacherFact.select() if not one.body}
    assert aged == {world.staff_bob}
    facts(YEAR, TODAY)
    assert all(one.body or one.staff == NOBODY for one in TeacherFact.select())


def test_what_moves_an_absent_teachers_periods_moves_the_facts_of_who_stood_in(world):
    bob = {"teacher": world.staff_alice, "substitute": world.staff_bob}
    add("substitution", **bob, since="2025-09-15", until="2025-10-31", reason="病假")
    before = facts(YEAR, TODAY)
    week = {"first": "2025-10-13", "last": "2025-10-19"}
    add("excuse", child=world.child_a, kind="停课", reason="停课", **week)
    found = facts(YEAR, TODAY)
    assert found[world.staff_bob].counts != before[world.staff_bob].counts
    TeacherFact.delete().execute()
    assert facts(YEAR, TODAY) == found


def test_facts_of_some_teachers_are_theirs_out_of_all(world):
    whole = facts(YEAR, TODAY)
    assert world.staff_charlie not in whole
    assert facts(YEAR, TODAY, [world.staff_alice]) == {world.staff_alice: whole[world.staff_alice]}


def test_a_semester_no_longer_stored_is_judged_anew(world):
    """Two years on, the verdicts of the autumn are not kept any more."""
    before = facts(YEAR, date(2026, 8, 31))
    for code, first, last in (
        ("2026-2027-1", "2026-09-01", "2027-01-20"),
        ("2026-2027-2", "2027-03-01", "2027-07-05"),
    ):
        add("semester", code=code, title=code, first_day=first, last_day=last)
    after = facts(YEAR, date(2027, 4, 1))
    assert {who: one.counts for who, one in after.items()} == {
        who: one.counts for who, one in before.items()
    }
    add(
        "talk",
        child=world.child_b,
        teacher=world.staff_bob,
        topic="近况",
        content="补谈",
        talked_at="2025-11-10 09:00",
    )
    assert facts(YEAR, date(2027, 4, 1)) != after


def test_a_calendar_year_takes_the_periods_that_end_in_it(world):
    day = date(2026, 8, 31)
    school = facts(YEAR, day)[world.staff_bob].counts["talk-weekly"]
    halves = [facts(Year(str(n)), day)[world.staff_bob].counts["talk-weekly"] for n in (2025, 2026)]
    assert halves[0] + halves[1] == school
    assert all(half.judged for half in halves)


def test_a_duty_once_a_school_year_is_counted_once(world):
    change("school", world.school, adopted="四新中学、思渠中学、回龙学校")
    one = facts(YEAR, date(2026, 9, 1))[world.staff_alice]
    own = [code for code, duty in one.duties.items() if duty.every.value == "school-year"]
    assert [one.counts[code].judged for code in own] == [2 for _ in own]


def test_the_leave_of_a_class_teacher_excuses_what_a_class_teacher_answers_for(world):
    day = date(2026, 2, 1)
    before = facts(YEAR, day)[world.staff_alice].counts["visit-class-teacher"]
    add(
        "excuse",
        first="2025-09-01",
        last="2026-01-23",
        kind="教师病假",
        reason="产假",
        teacher=world.staff_alice,
    )
    after = facts(YEAR, day)[world.staff_alice].counts["visit-class-teacher"]
    assert (before.of(State.MISSED), before.of(State.EXCUSED)) == (1, 0)
    assert (after.of(State.MISSED), after.of(State.EXCUSED)) == (0, 1)


def test_the_leave_of_who_no_longer_leads_the_class_excuses_nothing(world):
    day = date(2026, 2, 1)
    post = find("class-teacher")
    led = every_row(post).where(post.model.staff == world.staff_alice).get()
    change("class-teacher", led.id, until="2025-09-30")
    since = {"school_class": led.school_class_id, "since": "2025-10-01"}
    add("class-teacher", staff=world.staff_bob, **since)
    leave = {"first": "2025-10-01", "last": "2026-01-23", "kind": "教师病假", "reason": "产假"}
    before = facts(YEAR, day)[world.staff_bob].counts["visit-class-teacher"]
    add("excuse", teacher=world.staff_alice, **leave)
    assert facts(YEAR, day)[world.staff_bob].counts["visit-class-teacher"] == before
    assert before.judged


def test_facts_cost_a_fixed_number_of_queries(world):
    facts(YEAR, TODAY)
    before = database.obj.query_count
    facts(YEAR, TODAY)
    assert database.obj.query_count - before <= 8
