"""代理, 任课: whoever stands in for a teacher sees, owes and is credited for those days alone."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from compliance.evaluated.facts import facts
from compliance.evaluated.year import Year
from compliance.judged.evaluation import Evaluation
from compliance.judged.evidence import evidence
from compliance.judged.placement import Placement
from compliance.judged.standing_in import Post
from compliance.judged.store import refresh, verdicts
from compliance.judged.subjects import Subject, responsible
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duty_called
from compliance.told.owing import covered_today
from models.core import calendar, scopes, service
from models.core.actor import Actor, system
from models.core.database import within
from models.core.errors import Invalid
from models.core.gates import every_row, rows
from models.core.register import find
from tests.test_compliance_store import AUTUMN, EVERYTHING, add, change, talk
from tests.test_duties_ask import put, tried
from tests.world import NOON, TODAY

# Three whole weeks, and the one in the middle.
FIRST, LAST = date(2025, 10, 20), date(2025, 10, 26)
BEFORE, DURING, AFTER = date(2025, 10, 16), date(2025, 10, 22), date(2025, 10, 29)
YEAR = Year("2025-2026")


def stand_in(world, **said):
    """Charlie stands in for Alice for a week, in everything unless said otherwise."""
    usual = {"teacher": world.staff_alice, "substitute": world.staff_charlie}
    return add("substitution", **usual | {"since": FIRST, "until": LAST} | said)


def state(world, code, subject, day):
    """The state and the count of the period of a duty in which a day lies."""
    span = calendar.school_calendar().semester(AUTUMN)
    for one in Evaluation(span, TODAY).judge(duty_called(code, AUTUMN)):
        if one.subject.id == subject:
            for verdict in one.verdicts:
                if verdict.period.first <= day <= verdict.period.last:
                    return verdict.state, verdict.counted
    raise LookupError(code)


def teacher(world, staff, day):
    return Actor(role="teacher", staff_id=staff, now=datetime.combine(day, datetime.min.time()))


def sees(world, staff, day):
    actor = teacher(world, staff, day)
    return {one.id for one in rows(actor, find("child"))}


@pytest.mark.parametrize("how", ["everything", "pairing"])
def test_the_talk_of_a_substitute_counts_for_the_pairing_on_the_days_of_standing_in(world, how):
    days = (BEFORE, DURING, AFTER)

    def counted():
        return [state(world, "talk-weekly", world.pairing_a, day)[1] for day in days]

    before = counted()
    for day in days:
        talk(world, world.child_a, world.staff_charlie, day)
    assert counted() == before
    stand_in(world, **({"pairing": world.pairing_a} if how == "pairing" else {}))
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [0, 1, 0]


def test_a_talk_of_the_first_and_of_the_last_day_counts_and_of_the_days_around_does_not(world):
    stand_in(world, since=date(2025, 10, 21), until=date(2025, 10, 23))
    for day, counted in (("20", 0), ("21", 1), ("23", 2), ("24", 2)):
        talk(world, world.child_a, world.staff_charlie, date(2025, 10, int(day)))
        assert state(world, "talk-weekly", world.pairing_a, DURING)[1] == counted, day


def test_whoever_stands_in_for_another_pairing_or_a_class_counts_for_no_pairing(world):
    add("pairing", teacher=world.staff_alice, child=world.child_c, since="2025-09-05")
    stand_in(world, school_class=world.class_1)
    talk(world, world.child_a, world.staff_charlie, DURING)
    assert state(world, "talk-weekly", world.pairing_a, DURING) == (State.MISSED, 0)


def test_an_act_before_the_pairing_or_after_it_does_not_count(world):
    change("school", world.school, adopted=EVERYTHING + "、张大庙小学")
    # The talks of acting parents are asked a month, so that a part of it may be a pairing's.
    change("pairing", world.pairing_a, kind="代理家长", since="2025-10-08", until="2025-12-24")
    counted = []
    for day in ("2025-10-07", "2025-10-08", "2025-12-24", "2025-12-25"):
        talk(world, world.child_a, world.staff_alice, date.fromisoformat(day))
        span = calendar.school_calendar().semester(AUTUMN)
        evaluation = Evaluation(span, date(2026, 1, 15))
        (judged,) = (
            one
            for one in evaluation.judge(duty_called("talk-monthly", AUTUMN))
            if one.subject.id == world.pairing_a
        )
        counted.append(sum(verdict.counted for verdict in judged.verdicts))
    assert [one - counted[0] for one in counted] == [0, 1, 2, 2]


def test_the_records_shown_are_those_that_made_the_number(world):
    stand_in(world)
    for day in (BEFORE, DURING, AFTER):
        talk(world, world.child_a, world.staff_charlie, day)
    refresh(TODAY)
    duty = duty_called("talk-weekly", AUTUMN)
    found = verdicts(world.clerk, AUTUMN, duty=duty.code)
    (verdict,) = [one for one in found if one.subject == world.pairing_a]
    span = calendar.school_calendar().semester(AUTUMN)
    (judged,) = [
        one for one in Evaluation(span, TODAY).judge(duty) if one.subject.id == world.pairing_a
    ]
    periods = [one.period for one in judged.verdicts]
    shown = evidence(world.clerk, duty, verdict, periods, TODAY)
    days = [record.talked_at.date() for one in shown for record in one.records]
    assert DURING in days
    assert BEFORE not in days
    assert AFTER not in days
    assert sum(one.counted for one in judged.verdicts) == len(days)


def test_the_period_is_the_substitutes_and_the_teacher_is_out_of_it(world):
    change("pairing", world.pairing_a, until=None)
    before = facts(YEAR, TODAY)
    of_alice = before[world.staff_alice].counts["talk-weekly"]
    assert (
        world.staff_charlie not in before or "talk-weekly" not in before[world.staff_charlie].counts
    )
    stand_in(world)
    talk(world, world.child_a, world.staff_charlie, DURING)
    after = facts(YEAR, TODAY)
    own, theirs = (
        after[who].counts["talk-weekly"] for who in (world.staff_alice, world.staff_charlie)
    )
    assert (of_alice.judged - own.judged, theirs.judged) == (1, 1)
    assert theirs.of(State.DONE) + theirs.of(State.BACK_FILLED) == 1


def test_whoever_stands_in_for_half_of_a_week_or_less_does_not_answer_for_it(world):
    duty = duty_called("talk-weekly", AUTUMN)
    pairing = Subject("pairing", world.pairing_a, (), world.child_a, world.staff_alice)
    week = {"last": LAST, "first": FIRST}
    for until, whose in (("2025-10-21", world.staff_alice), ("2025-10-22", world.staff_charlie)):
        made = stand_in(world, until=until)
        assert responsible(duty, pairing, placement=Placement(), **week) == (whose,)
        service.delete(system(datetime(2025, 11, 11, 12)), find("substitution"), made)


def test_a_day_is_the_substitutes_from_the_first_to_the_last_one_of_standing_in(world):
    stand_in(world, until="2025-10-24")
    post, days = Post(world.staff_alice, world.child_a), [19, 20, 24, 25]
    answering = [Placement().absences.answering(post, *[date(2025, 10, n)] * 2) for n in days]
    alice, charlie = world.staff_alice, world.staff_charlie
    assert answering == [alice, charlie, charlie, alice]
    owing = [
        [one.substitute for one in covered_today(teacher(world, charlie, date(2025, 10, n)))]
        for n in days
    ]
    assert owing == [[], [charlie], [charlie], []]


def test_an_absence_from_a_pairing_in_the_recycle_bin_is_one_from_nothing(world):
    stand_in(world, pairing=world.pairing_a)
    assert [one.child for one in Placement().absences.all] == [world.child_a]
    with tried():
        put("pairing", lambda m: m.id == world.pairing_a, deleted_at=NOON)
        assert Placement().absences.all == ()


def test_the_leave_of_a_teacher_excuses_no_day_on_which_somebody_stands_in(world):
    add(
        "excuse",
        first=date(2025, 10, 13),
        last=LAST,
        kind="教师病假",
        reason="住院",
        teacher=world.staff_alice,
    )
    assert state(world, "talk-weekly", world.pairing_a, DURING)[0] is State.EXCUSED
    stand_in(world)
    assert state(world, "talk-weekly", world.pairing_a, DURING)[0] is State.MISSED
    assert state(world, "talk-weekly", world.pairing_a, BEFORE)[0] is State.EXCUSED


def test_a_substitute_reads_the_children_on_exactly_those_days(world):
    own = sees(world, world.staff_charlie, DURING)
    assert world.child_a not in own
    stand_in(world)
    assert world.child_a in sees(world, world.staff_charlie, FIRST)
    assert world.child_a in sees(world, world.staff_charlie, LAST)
    for day in (date(2025, 10, 19), date(2025, 10, 27)):
        assert sees(world, world.staff_charlie, day) == own
    assert world.child_a in sees(world, world.staff_alice, DURING)


@pytest.mark.parametrize("post", ["pairing", "class"])
def test_a_substitute_in_one_post_reads_only_the_children_of_it(world, post):
    named = {"pairing": world.pairing_a} if post == "pairing" else {"school_class": world.class_1}
    stand_in(world, **named)
    actor = teacher(world, world.staff_charlie, DURING)
    child = find("child")
    paired, led = (
        {record.id for record in every_row(child).where(within(child.model.id, ids(actor)))}
        for ids in (scopes.paired_children, scopes.class_children)
    )
    assert (world.child_a in paired, world.child_a in led) == (post == "pairing", post == "class")


def test_a_deleted_absence_gives_nothing(world):
    made = stand_in(world)
    service.delete(system(datetime(2025, 11, 11, 12)), find("substitution"), made)
    assert world.child_a not in sees(world, world.staff_charlie, DURING)
    assert not Placement().absences.all


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"substitute": "staff_alice"}, "substitute"),
        ({"pairing": "pairing_b"}, "pairing"),
        ({"school_class": "class_2"}, "school_class"),
        ({"since": "2025-10-25", "until": "2025-10-21"}, "until"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_at_its_field(world, said, field):
    raw = {name: getattr(world, value, value) for name, value in said.items()}
    with pytest.raises(Invalid) as refused:
        stand_in(world, **raw)
    assert field in refused.value.errors


def test_two_colleagues_do_not_stand_in_for_one_post_at_a_time(world):
    stand_in(world, pairing=world.pairing_a)
    with pytest.raises(Invalid):
        stand_in(world, substitute=world.staff_bob)
    with pytest.raises(Invalid):
        stand_in(
            world, substitute=world.staff_bob, pairing=world.pairing_a, since=LAST, until=AFTER
        )
    stand_in(world, substitute=world.staff_bob, school_class=world.class_1)
    stand_in(world, substitute=world.staff_bob, since=AFTER, until=AFTER)


def test_a_class_teachers_substitute_visits_as_the_class_teacher(world):
    visit = {
        "child": world.child_a,
        "manner": "入户",
        "met": "祖父母",
        "findings": "生活正常",
        "at_school": "学习认真",
    }

    def visited(day):
        lines = {"home-visitor": [service.LineInput({"staff": world.staff_charlie})]}
        add("home-visit", visited_at=f"{day} 17:00", lines=lines, **visit)
        return state(world, "visit-class-teacher", world.child_a, DURING)[1]

    stand_in(world, school_class=world.class_1)
    base = state(world, "visit-class-teacher", world.child_a, DURING)[1]
    assert [visited(day) - base for day in (BEFORE, DURING, AFTER)] == [0, 1, 1]


def test_a_subject_teachers_visit_counts_for_the_own_class_and_days(world):
    change("school", world.school, adopted="四新中学、思渠中学、回龙学校、张大庙小学")
    visit = {"manner": "入户", "met": "祖父母", "findings": "生活正常", "at_school": "学习认真"}

    def visited(day):
        lines = {"home-visitor": [service.LineInput({"staff": world.staff_charlie})]}
        child = world.child_a
        add("home-visit", child=child, visited_at=f"{day} 17:00", lines=lines, **visit)
        return state(world, "visit-teachers", world.child_a, DURING)[1] - base

    base = state(world, "visit-teachers", world.child_a, DURING)[1]
    assert visited(BEFORE) == 0
    taught = {"subject": "数学", "since": FIRST, "until": LAST}
    post = add("teaching-post", school_class=world.class_2, staff=world.staff_charlie, **taught)
    assert visited(DURING) == 0
    change("teaching-post", post, school_class=world.class_1)
    assert visited(AFTER) == 1


def test_a_post_from_which_only_a_whole_absence_frees(world):
    stand_in(world, pairing=world.pairing_a)
    absences = Placement().absences
    assert absences.standing_in(Post(world.staff_alice, world.child_a), DURING)
    assert not absences.standing_in(Post(world.staff_alice), DURING)
    assert not absences.standing_in(Post(world.staff_alice, None, world.class_1), DURING)


def test_an_absence_without_an_end_holds_until_one_is_entered(world):
    made = stand_in(world, until=None)
    assert world.child_a in sees(world, world.staff_charlie, date(2026, 6, 1))
    with pytest.raises(Invalid):
        stand_in(world, substitute=world.staff_bob, since=date(2026, 6, 1), until=date(2026, 6, 2))
    change("substitution", made, until=LAST)
    assert world.child_a not in sees(world, world.staff_charlie, date(2026, 6, 1))
