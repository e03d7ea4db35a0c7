"""工作负担: what is asked of a teacher per week is the fewest entries that keep all duties."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.boards.burden import number
from compliance.judged.evaluation import periods_of
from compliance.judged.store import refresh
from compliance.ordered import adoption
from compliance.ordered.burden_plan import (
    Act,
    Ask,
    asks_of,
    entry_minutes,
    is_entered_by_teachers,
    plan,
)
from compliance.ordered.catalogue import duties, duty_called, fingerprint
from compliance.ordered.in_force import in_force
from compliance.ordered.regulations import clauses
from compliance.told.burden import burden, costs, per_week, usual
from compliance.told.entered import WEEKS, entered_by_staff
from models.core import calendar, service
from models.core.actor import system
from models.core.errors import Invalid
from models.core.gates import row
from models.core.register import find
from tests.test_boards import add_child, queries, text_of
from tests.world import NOON

AUTUMN = "2025-2026-1"
WORDS = ("甲", "乙", "丙")


def span(code=AUTUMN):
    return calendar.school_calendar().semester(code)


def ask(code, rate, *choices):
    return Ask(code, choices or (("talk", ()),), Fraction(rate))


def only(*words):
    return (("kind", frozenset(words)),)


def total(acts):
    return sum((act.rate for act in acts), Fraction(0))


def load_of(person, at=NOON):
    return burden(replace(person, now=at), span()).of(person.staff_id)


def entries_of(person, code):
    load = load_of(person)
    return sum((one.entries for one in load.items if one.duty.code == code), Fraction(0))


def pair(world, child, staff, since="2025-09-01"):
    raw = {"child": child, "teacher": staff, "kind": "结对教师", "since": since}
    return service.create(system(NOON), find("pairing"), raw).id


def test_one_weekly_talk_also_is_the_talk_of_the_month():
    acts = plan([ask("monthly", "1/4"), ask("weekly", 1), ask("fortnightly", "1/2")])
    assert total(acts) == 1
    assert {act.duty for act in acts} == {"weekly"}
    assert {code for act in acts for code in act.also} == {"monthly", "fortnightly"}


def test_what_excludes_each_other_is_entered_twice():
    acts = plan([ask("one", 1, ("meeting", only("甲"))), ask("two", 1, ("meeting", only("乙")))])
    assert total(acts) == 2


def test_an_entry_bound_to_one_kind_is_no_longer_free_for_another():
    free = [ask("any", 1, ("talk", ()))]
    both = [ask("a", "1/2", ("talk", only("甲"))), ask("b", "1/2", ("talk", only("乙")))]
    assert total(plan([*free, *both])) == 1
    more = ask("c", "1/2", ("talk", only("丙")))
    assert total(plan([*free, *both, more])) == Fraction(3, 2)


def test_a_duty_with_a_choice_is_met_by_what_is_done_anyway():
    acts = plan([ask("meet", 1, ("talk", ()), ("visit", ())), ask("visit", 1, ("visit", ()))])
    assert [(act.register, act.rate) for act in acts] == [("visit", 1)]


def test_what_was_begun_is_counted_first():
    begun = [Act("talk", "talk", (), Fraction(3))]
    acts = plan([ask("leader", "1/4")], begun)
    assert total(acts) == 3


ASKS = st.lists(
    st.builds(
        Ask,
        st.sampled_from(["d1", "d2", "d3", "d4", "d5"]),
        st.lists(
            st.tuples(
                st.sampled_from(["talk", "visit"]),
                st.sets(st.sampled_from(WORDS), max_size=2).map(
                    lambda words: only(*words) if words else ()
                ),
            ),
            min_size=1,
            max_size=2,
        ).map(tuple),
        st.fractions(min_value=Fraction(1, 20), max_value=5, max_denominator=20),
    ),
    max_size=6,
    unique_by=lambda one: one.duty,
)


@given(ASKS)
def test_a_plan_meets_every_ask_and_never_asks_for_more_than_their_sum(asks):
    acts = plan(asks)
    assert total(acts) <= sum((one.rate for one in asks), Fraction(0))
    for one in asks:
        served = [act for act in acts if one.duty in (act.duty, *act.also)]
        assert total(served) >= one.rate
        for act in served:
            assert any(
                act.register == register and all(act_words(act, name) <= words for name, words in w)
                for register, w in one.choices
            )


def act_words(act, name):
    return dict(act.where)[name]


@given(ASKS, st.randoms())
def test_a_plan_does_not_depend_on_the_order_of_the_asks(asks, random):
    mixed = list(asks)
    random.shuffle(mixed)
    assert total(plan(mixed)) == total(plan(asks))


def test_a_weekly_talk_with_each_paired_child_is_as_many_entries_a_week(world):
    assert entries_of(world.alice, "talk-weekly") == 1
    pair(world, world.child_c, world.staff_alice)
    assert entries_of(world.alice, "talk-weekly") == 2
    record = row(system(NOON), find("pairing"), world.pairing_a)
    ended = {"until": "2025-10-31", "end_reason": "教师调动"}
    service.update(system(NOON), find("pairing"), world.pairing_a, ended, record.version)
    assert entries_of(world.alice, "talk-weekly") == 1


def test_what_is_due_once_a_semester_is_spread_over_its_weeks(world):
    # Alice leads the class of two of the children.
    weeks = calendar.school_calendar().weeks(span())
    assert entries_of(world.alice, "visit-class-teacher") == Fraction(2, weeks)
    assert entries_of(world.bob, "visit-class-teacher") == 0


def test_periods_a_week_has_of_every_frequency(world):
    school_calendar, weeks = calendar.school_calendar(), calendar.school_calendar().weeks(span())
    rate = {
        one.every.value: per_week(one, span(), school_calendar)
        for one in duties()
        if is_entered_by_teachers(one)
    }
    assert rate["week"] == 1
    months = len(periods_of(duty_called("talk-monthly"), span(), school_calendar))
    assert rate["month"] == Fraction(months, weeks)
    year = weeks + school_calendar.weeks(span("2025-2026-2"))
    assert rate["school-year"] == Fraction(1, year)


def test_nobody_is_asked_for_what_must_only_hold_or_may_happen(world):
    for code in ("registration", "contact-chain", "incident-30", "fitness-followed", "evaluation"):
        assert not is_entered_by_teachers(duty_called(code)), code


def test_every_regular_duty_of_a_teacher_is_in_the_meter_or_said_to_be_the_offices(all_sets):
    found = burden(all_sets.clerk, span())
    entered = [duty for duty in duties() if is_entered_by_teachers(duty)]
    assert len(entered) > 20
    for duty in entered:
        assert asks_of(duty, Fraction(1))
        assert duty not in found.elsewhere


@pytest.mark.usefixtures("all_sets")
def test_two_teachers_of_one_child_are_asked_for_half_a_call_each(world):
    pair(world, world.child_b, world.staff_charlie)
    assert entries_of(world.bob, "child-call-weekly") == Fraction(1, 2)
    assert entries_of(world.charlie, "child-call-weekly") == Fraction(1, 2)
    assert entries_of(world.bob, "talk-weekly") == 1


def test_a_week_of_holidays_still_says_what_a_week_usually_asks(world):
    holiday = datetime(2025, 10, 3, 9)
    load = burden(replace(world.alice, now=holiday), span()).of(world.alice.staff_id)
    assert load.entries == load_of(world.alice).entries
    spans = periods_of(duty_called("talk-weekly"), span(), calendar.school_calendar())
    assert spans[usual(spans, holiday.date())].code == "w04"
    assert usual(spans, date(2025, 8, 1)) is None
    assert [usual(spans, spans[0].first - timedelta(days=n)) for n in (0, 1)] == [0, None]


def test_the_schools_own_minutes_change_the_minutes_and_no_verdict(world):
    before, mark = load_of(world.alice), fingerprint(AUTUMN)
    assert before.minutes == before.entries
    assert entry_minutes(duty_called("talk-weekly")) == 1
    adoption.set_number(
        world.clerk, "talk-weekly", "录入分钟", "4", world.autumn, "十月试填三十条，平均四分钟"
    )
    after = load_of(world.alice)
    assert after.entries == before.entries
    assert after.minutes == before.minutes + 3
    assert fingerprint(AUTUMN) == mark
    (told,) = (
        one
        for one in adoption.numbers(duty_called("talk-weekly"), AUTUMN)
        if one.what == "录入分钟"
    )
    assert (told.shipped, told.value, told.reason) == ("1", "4", "十月试填三十条，平均四分钟")


def test_minutes_are_whole_and_only_of_what_teachers_enter(world):
    for value in ("0", "半", "-1"):
        with pytest.raises(Invalid):
            adoption.set_number(
                world.clerk, "talk-weekly", "录入分钟", value, world.autumn, "试一试"
            )
    with pytest.raises(Invalid):
        adoption.set_number(world.clerk, "registration", "录入分钟", "2", world.autumn, "试一试")


def test_the_clauses_page_does_not_call_the_minutes_a_changed_demand(client_as, world):
    adoption.set_number(world.clerk, "talk-weekly", "录入分钟", "4", world.autumn, "试填三十条得出")
    assert "试填三十条得出" not in text_of(client_as("clerk").get("/regulations/S12"))
    assert "试填三十条得出" in text_of(client_as("clerk").get("/regulations/numbers/talk-weekly"))


def test_entries_are_counted_for_the_account_that_made_them(world):
    before = entered_by_staff(NOON.date())[world.staff_alice]
    raw = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-11-11 12:00",
        "topic": "近况",
    }
    service.create(world.alice, find("talk"), raw)
    service.create(world.clerk, find("talk"), raw | {"talked_at": "2025-11-11 15:00"})
    assert entered_by_staff(NOON.date())[world.staff_alice] == before + 1
    assert entered_by_staff(NOON.date(), world.staff_bob)[world.staff_alice] == 0
    assert world.staff_clerk not in entered_by_staff(NOON.date())


def test_what_happened_longer_ago_is_no_longer_counted(world):
    service.create(
        world.alice,
        find("talk"),
        {
            "child": world.child_a,
            "teacher": world.staff_alice,
            "talked_at": "2025-11-11 12:00",
            "topic": "近况",
        },
    )
    assert WEEKS == 4
    assert entered_by_staff(date(2025, 12, 9))[world.staff_alice] == 1
    assert entered_by_staff(date(2025, 12, 10))[world.staff_alice] == 0


@pytest.mark.parametrize("role", ["clerk", "leadership", "inspector"])
def test_the_list_of_teachers_has_the_heaviest_first_and_can_be_sorted(client_as, all_sets, role):
    page = text_of(client_as(role).get("/board/burden"))
    names = ["王爱丽", "李博"]
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)
    turned = text_of(client_as(role).get("/board/burden?sort=entries"))
    places = [turned.index(name) for name in names]
    assert places == sorted(places, reverse=True)
    assert 'aria-sort="ascending"' in turned
    for sort in ("name", "-minutes", "made", "x", "-"):
        text_of(client_as(role).get(f"/board/burden?sort={sort}"))


def test_a_teacher_reads_only_the_own_figures(client_as, all_sets):
    page = text_of(client_as("alice").get("/board/burden"))
    assert "您每周要录" in page
    assert "李博" not in page
    bob = client_as("alice").get(f"/board/burden/{all_sets.staff_bob}")
    assert bob.status_code == 404
    assert "您没有要定期录入的任务" in text_of(client_as("charlie").get("/board/burden"))
    own = load_of(all_sets.alice)
    assert own == burden(all_sets.clerk, span()).of(all_sets.staff_alice)


def test_only_the_office_is_led_to_where_the_minutes_are_set(client_as, all_sets):
    url = f"/board/burden/{all_sets.staff_alice}"
    assert "/regulations/numbers/" in text_of(client_as("clerk").get(url))
    for name in ("inspector", "alice"):
        assert "/regulations/numbers/" not in text_of(client_as(name).get(url))


@pytest.mark.parametrize("staff", ["999999", "9223372036854775808"])
def test_nobody_elses_load_is_found(client_as, world, staff):
    assert client_as("clerk").get(f"/board/burden/{staff}").status_code == 404


def test_the_board_says_what_is_asked_and_that_minutes_are_an_estimate(client_as, all_sets):
    entries, minutes = burden(all_sets.clerk, span()).average
    page = text_of(client_as("clerk").get("/board/"))
    (tile,) = re.findall(r'<a class="tile" href="/board/burden.*?</a>', page, re.DOTALL)
    assert number(entries) in tile
    assert f"约 {number(minutes)} 分钟（估计）" in tile
    assert "您的工作负担" in text_of(client_as("alice").get("/board/"))


def test_the_queries_of_the_burden_do_not_grow_with_the_children(client_as, all_sets):
    urls = ("/board/burden", f"/board/burden/{all_sets.staff_alice}")
    few = [queries(client_as("clerk"), url) for url in urls]
    for number_ in range(25):
        add_child(all_sets, number_)
    refresh(NOON.date())
    many = [queries(client_as("clerk"), url) for url in urls]
    assert all(after <= before for after, before in zip(many, few, strict=True)), (few, many)


def test_a_school_without_semester_is_told_to_enter_one_here_too(client_as, world):
    make, register = system(NOON), find("semester")
    for record in (world.autumn, world.spring):
        service.delete(make, register, record)
    assert "还没有登记学期" in text_of(client_as("clerk").get("/board/burden"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(0), "0"),
        (Fraction(5), "5"),
        (Fraction(1, 20), "0.1"),
        (Fraction(1, 25), "不到 0.1"),
        (Fraction(93, 10), "9.3"),
        (Fraction(185, 20), "9.3"),
        (Fraction(20), "20"),
    ],
)
def test_rates_are_rounded_half_up_to_one_decimal(value, shown):
    assert number(value) == shown


# ---- what each regulation costs -----------------------------------------------------------------


def asking(code):
    """The regulations with an adopted clause that orders a duty, read the long way."""
    force = in_force(AUTUMN)
    duty = duty_called(code, AUTUMN)
    return {clauses()[one].system for one in duty.clauses if force.adopts(one)}


def test_every_entry_is_counted_with_each_regulation_that_asks_for_it(all_sets):
    found = burden(all_sets.clerk, span())
    items = [item for load in found.loads for item in load.items]
    for item in items:
        assert sum(rate for _duties, rate in item.served) == item.entries
    by_system = {one.system: one for one in costs(found, span())}
    for regulation, cost in by_system.items():
        served = [
            rate
            for item in items
            for codes, rate in item.served
            if any(regulation in asking(code) for code in codes)
        ]
        assert cost.entries == sum(served)
        assert Fraction(0) <= cost.saved <= cost.entries
        assert Fraction(0) <= cost.saved_minutes <= cost.minutes
    assert sum(one.saved for one in by_system.values()) <= sum(item.entries for item in items)
    assert any(one.saved for one in by_system.values())


def test_what_is_said_to_be_saved_is_not_asked_for_without_the_regulation(all_sets):
    found = burden(all_sets.clerk, span())
    before = sum(load.entries for load in found.loads)
    dearest = max(costs(found, span()), key=lambda one: one.saved)
    for clause in [one for one in clauses().values() if one.system == dearest.system]:
        adoption.adopt(all_sets.leadership, clause.id, all_sets.autumn, "只为试算", adopted=False)
    after = burden(all_sets.clerk, span())
    assert dearest.system not in {one.system for one in costs(after, span())}
    assert before - sum(load.entries for load in after.loads) >= dearest.saved


def test_the_page_tells_the_cost_of_each_regulation_to_the_office_alone(client_as, all_sets):
    page = text_of(client_as("clerk").get("/board/burden"))
    assert "每套制度要录多少" in page
    dearest = costs(burden(all_sets.clerk, span()), span())[0]
    assert f'/{dearest.system}"' in page.partition('id="costs"')[2]
    assert "每套制度要录多少" not in text_of(client_as("alice").get("/board/burden"))
