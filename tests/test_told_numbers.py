"""What boards and clauses add up: shares, running periods, sentences, the gravest state, trends."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from compliance.judged.naming import standing_of
from compliance.judged.store import DutySum
from compliance.judged.verdict import GRAVEST, PeriodVerdict, State, standing
from compliance.ordered.catalogue import duties
from compliance.ordered.periods import Frequency, periods
from compliance.ordered.regulations import clauses
from compliance.told import progress, trend
from compliance.told.clause_state import (
    Check,
    ClauseState,
    gravest,
    school_semester,
    standing_of_system,
)
from compliance.told.progress import Line, Share, latest, owed, running, share_of
from models.core.register import find
from models.core.school_calendar import SchoolCalendar, SemesterSpan
from models.core.service import LineInput, create
from models.school import semester_close
from models.school.semester_close import Numbers
from tests.spoiled import Spoiler
from tests.test_judge import AUTUMN, SCHOOL, SPRING
from tests.test_semester_close import AFTER, later, stored

WEEKS = periods(Frequency.WEEK, AUTUMN, SCHOOL)


# ---- shares ------------------------------------------------------------------------------------


def test_met_are_done_back_filled_and_late_and_asked_are_those_missed_and_open_too():
    counted = Counter({letter: 10**place for place, letter in enumerate("DBLMOENX")})
    assert share_of(counted) == Share(met=111, asked=11_111, missed=1_000)
    summed = DutySum(1, [counted, Counter("DDM")])
    assert summed.share() == (113, 1_114)
    assert summed.share([1]) == (2, 3)
    assert summed.share([]) == (0, 0)


@pytest.mark.parametrize(
    ("met", "asked", "percent"), [(0, 0, None), (0, 3, 0), (2, 3, 66), (199, 200, 99), (3, 3, 100)]
)
def test_a_hundred_percent_means_all_and_nothing_asked_has_none(met, asked, percent):
    assert Share(met, asked).percent == percent
    added = Share(met, asked, 1) + Share(1, 1, 2)
    assert added == Share(met + 1, asked + 1, 3)


def test_the_running_period_is_the_one_the_day_lies_in():
    for day, now, begun in (
        (date(2025, 8, 31), None, None),
        (date(2025, 9, 1), 0, 0),
        (date(2025, 9, 7), 0, 0),
        (date(2025, 9, 8), 1, 1),
        (AUTUMN.last, 20, 20),
        (AUTUMN.last + timedelta(days=1), None, 20),
    ):
        assert (running(WEEKS, day), latest(WEEKS, day)) == (now, begun), day


def line(code, letters, every="", at=0):
    """A duty's line: per period the letters of its subjects."""
    (duty,) = (one for one in duties() if one.code == code)
    duty = replace(duty, every=Frequency(every)) if every else duty
    sums = [Counter(one) for one in letters]
    return Line(duty, WEEKS[: len(sums)], DutySum(len(letters[0]), sums), at)


def test_what_is_open_is_what_the_running_period_still_asks():
    one = line("talk-weekly", ["DMOO", "OOOO"])
    assert (one.open, replace_running(one, 1).open, replace_running(one, None).open) == (2, 4, 0)
    assert one.share() == Share(1, 8, 1)
    assert one.share([0]) == Share(1, 4, 1)


def replace_running(one, index):
    return one._replace(running=index)


def test_the_shortest_running_period_says_what_is_owed():
    weekly, monthly = line("talk-weekly", ["OOD"]), line("visit-monthly", ["OOO"])
    assert owed([]) == ""
    assert owed([line("talk-weekly", ["DD"])]) == ""
    assert owed([monthly, weekly]) == "本周还有 2 次谈心未做"
    assert owed([monthly]) == "本月还有 3 次家访未做"
    many = [weekly, line("care-diary", ["O"], "week"), line("visit-monthly", ["OOO"], "week")]
    assert owed(many) == "本周还有 3 次家访、2 次谈心等未做"
    # Two duties that ask for one act are one act.
    twice = [weekly, line("talk-monthly", ["OOOO"], "week")]
    assert owed(twice) == "本周还有 4 次谈心未做"


# ---- the gravest -------------------------------------------------------------------------------

ORDER = "MOLBDEN"


def test_the_gravest_state_of_all_is_shown():
    assert "".join(state.value for state in GRAVEST) == ORDER
    period = WEEKS[0]
    for place, letter in enumerate(ORDER):
        lighter = [PeriodVerdict(period, State(one), 0, 1) for one in ORDER[place:]]
        assert standing([reversed(lighter)]) is State(letter)
        summed = DutySum(1, [Counter(ORDER[place:])])
        assert standing_of(duties()[0], summed, has_records=True) is State(letter)
        assert standing_of(duties()[0], summed, has_records=False) is State.NO_DATA
    assert standing_of(duties()[0], DutySum(0, [Counter("D")]), has_records=True) is State.NO_DATA
    gone = DutySum(1, [Counter({"M": 0, "D": 1})])
    assert standing_of(duties()[0], gone, has_records=True) is State.DONE


CLAUSE = next(iter(clauses().values()))
# No data is graver than a pass and lighter than what is missed or open.
OF_CLAUSES = "MOXLBDEN"


def state_of(letters, *, adopted=True, records=None):
    checks = [
        Check("duty", f"{place}", "", State(one), Share(1, 2, 1))
        for place, one in enumerate(letters)
    ]
    if records is not None:
        checks.append(Check("register", "talk", "", records=records))
    return ClauseState(CLAUSE, adopted, "", tuple(checks))


def test_a_clause_is_as_grave_as_the_gravest_of_its_checks():
    for place, letter in enumerate(OF_CLAUSES):
        one = state_of(OF_CLAUSES[place:][::-1])
        assert one.state is State(letter)
        assert one.standing == State(letter).slug
        assert gravest([one, state_of("N")]) is State(letter)
    assert state_of("DD", records=5).share == Share(2, 4, 2)


@pytest.mark.parametrize(
    ("letters", "adopted", "records", "expected"),
    [
        ("", True, 0, State.NO_DATA.slug),
        ("", True, 3, "recorded"),
        ("D", True, 0, State.DONE.slug),
        ("M", False, 3, State.NOT_DUE.slug),
        ("", False, 3, State.NOT_DUE.slug),
    ],
)
def test_a_clause_that_only_keeps_records_is_never_missed(letters, adopted, records, expected):
    one = state_of(letters, adopted=adopted, records=records)
    assert one.standing == expected
    assert standing_of_system([one]) == expected


def test_a_system_stands_by_what_is_adopted_of_it():
    aside, done, kept = state_of("M", adopted=False), state_of("D"), state_of("", records=2)
    assert standing_of_system([aside, done, kept]) == State.DONE.slug
    assert standing_of_system([aside, kept]) == "recorded"
    assert standing_of_system([aside, state_of("", records=0), kept]) == "recorded"
    assert standing_of_system([aside]) == State.NOT_DUE.slug
    assert standing_of_system([done, state_of("X")]) == State.NO_DATA.slug
    assert gravest([aside]) is None


# ---- against last semester ---------------------------------------------------------------------


def test_the_semester_before_is_the_last_one_that_ended():
    earlier = SemesterSpan("2024-2025-2", date(2025, 2, 17), date(2025, 7, 4))
    calendar = SchoolCalendar((earlier, AUTUMN, SPRING))
    assert trend.before(SPRING, calendar) == AUTUMN
    assert trend.before(AUTUMN, calendar) == earlier
    assert trend.before(earlier, calendar) is None


def test_weeks_are_whole_when_their_sunday_is_over():
    for day, weeks in (
        (date(2025, 8, 20), 0),
        (date(2025, 9, 7), 0),
        (date(2025, 9, 8), 1),
        (date(2025, 9, 14), 1),
        (date(2025, 9, 15), 2),
        (AUTUMN.last, 20),
        (AUTUMN.last + timedelta(days=1), None),
    ):
        assert trend.whole_weeks(AUTUMN, day, SCHOOL) == weeks, day


def test_a_period_is_over_on_its_last_day():
    assert trend.over(WEEKS, date(2025, 9, 13)) == [0]
    assert trend.over(WEEKS, date(2025, 9, 14)) == [0, 1]
    assert trend.over(WEEKS, date(2025, 9, 6)) == []


def test_a_change_is_told_in_points_where_both_have_data():
    half, all_, none = Share(1, 2), Share(2, 2), Share(0, 0)
    kind = trend.Kind
    assert trend.Trend(kind.COMPARED, all_, half).change == 50
    assert trend.Trend(kind.COMPARED, half, all_).change == -50
    assert trend.Trend(kind.COMPARED, none, half).change is None
    assert trend.Trend(kind.COMPARED, half, none).change is None
    assert trend.Trend(kind.NO_DATA, all_, half).change is None


# ---- closing a semester ------------------------------------------------------------------------


def test_a_semester_is_closed_from_its_last_day_on(world):
    def close(day):
        actor = world.actor("leadership", now=datetime.combine(day, datetime.min.time()))
        return semester_close.close(actor, world.autumn, "已审核", Numbers(0, 0))

    with pytest.raises(Exception, match="才结束"):
        close(date(2026, 1, 22))
    assert close(date(2026, 1, 23)).step == semester_close.CLOSE


def test_what_is_reviewed_is_what_happened_from_the_first_day_to_the_last_of_the_holiday(world):
    semester = stored("semester", world.autumn)

    def talks():
        return {one.register.slug: one.records for one in semester_close.review(semester)}["talk"]

    made = Spoiler(world)
    assert talks() == 2
    for at, count in (
        ("2025-08-31 23:59:59", 1),
        ("2025-09-01 00:00:00", 2),
        ("2026-03-01 23:59:59", 2),
        ("2026-03-02 00:00:00", 1),
    ):
        made.put("talk", world.talk_a, talked_at=at)
        assert talks() == count, at
    made.put("talk", world.talk_a, talked_at="2025-11-03 10:00:00", deleted_at=AFTER)
    assert talks() == 1


def test_the_numbers_of_a_closing_stay_whatever_happens_then(world):
    given = Numbers(5, 1, 3, {"talk-weekly": (4, 9)})
    actor = later(world, "leadership")
    first = semester_close.close(actor, world.autumn, "已审核", given)
    again = semester_close.reopen(actor, world.autumn, "补录")
    assert (again.records, again.lacking, again.findings) == (5, 1, 3)
    assert semester_close.last_closing(world.autumn).id == first.id
    second = semester_close.close(actor, world.autumn, "补完", Numbers(6, 0, 2, {}))
    newest = semester_close.last_closing(world.autumn)
    assert (newest.id, newest.records) == (second.id, 6)
    assert semester_close.duties_then(stored("semester-close", first.id)) == {"talk-weekly": (4, 9)}
    assert semester_close.last_closing(world.spring) is None
    with pytest.raises(Exception, match="已经封存过"):
        semester_close.close(actor, world.autumn, "再封", given)
    with pytest.raises(Exception, match="没有封存"):
        semester_close.reopen(actor, world.spring, "误封")


def test_what_came_in_since_the_closing_is_what_was_entered_after_it(world):
    given = Numbers(0, 0)
    step = semester_close.close(later(world, "leadership"), world.autumn, "已审核", given)
    semester = stored("semester", world.autumn)
    made = Spoiler(world)
    lines = {"home-visitor": [LineInput({"staff": world.staff_bob})]}
    raw = {"child": world.child_b, "visited_at": "2026-02-02 10:00", "manner": "入户"}
    actor = world.actor("clerk", now=AFTER + timedelta(days=40))
    visit = create(actor, find("home-visit"), raw | {"late_reason": "补记"}, lines).id
    for said, count in (
        ({}, 1),
        ({"visited_at": "2025-09-01 00:00:00"}, 1),
        ({"visited_at": "2025-08-31 23:59:59"}, 0),
        ({"visited_at": "2026-03-01 23:59:59"}, 1),
        ({"visited_at": "2026-03-02 00:00:00"}, 0),
        ({"visited_at": "2026-02-02 10:00:00", "entered_at": AFTER}, 0),
        ({"entered_at": AFTER + timedelta(seconds=1)}, 1),
        ({"deleted_at": AFTER}, 0),
    ):
        if said:
            made.put("home-visit", visit, **said)
        assert semester_close.since_closing(semester, step) == count, said


def test_a_semester_is_asked_for_by_its_code_else_by_the_day(world):
    assert school_semester("2025-2026-2", date(2025, 11, 12)).code == "2025-2026-2"
    assert school_semester("", date(2025, 11, 12)).code == "2025-2026-1"
    assert school_semester("", date(2026, 2, 12)).code == "2025-2026-1"
    assert school_semester("1999-2000-1", date(2025, 11, 12)) is None
    assert progress.RUNNING.keys() == set(Frequency)
