"""A semester set up on one page: what lacks is named, what still fits is carried over."""

from __future__ import annotations

from datetime import date

import pytest

from models.core import calendar, service
from models.core.errors import AlreadyDone, Denied, Invalid
from models.core.gates import every_row
from models.core.register import find
from models.school import semester_setup as setup

SPRING = date(2026, 3, 2)
FEBRUARY = date(2026, 2, 20)


@pytest.fixture
def spring(world):
    return setup.semester_called(world.spring)


def change(world, slug, number, **raw):
    register = find(slug)
    record = every_row(register).where(register.model.id == number).get()
    service.update(world.clerk, register, number, raw, record.version)


def keys(world, spring, day=SPRING):
    return {one.key for one in setup.carried(world.clerk, spring, day)}


@pytest.fixture
def ended(world):
    change(world, "class-teacher", world.class_teacher, until="2026-01-31")
    return f"class-teacher-{world.class_teacher}"


def test_the_coming_semester_is_meant_and_what_begins_late_owes_nothing_before(world, spring):
    assert setup.meant(FEBRUARY).id == world.spring
    assert setup.meant(date(2025, 11, 12)).id == world.autumn
    assert setup.first_day(spring, FEBRUARY) == SPRING
    assert setup.first_day(spring, date(2026, 3, 20)) == date(2026, 3, 20)
    assert setup.first_day(spring, date(2027, 3, 20)) == spring.last_day


def test_every_line_tells_what_is_lacking(world, spring):
    change(world, "pairing", world.pairing_b, until="2026-01-31")
    lines = {line.code: line for line in setup.lines(world.clerk, spring, SPRING)}
    assert len(lines) == 9
    assert lines["enrolment"].state == setup.DONE
    assert lines["class-teacher"].lacking == ("七（2）班没有班主任",)
    assert set(lines["pairing"].lacking) == {"单明没有结对教师", "曾思源没有结对教师"}
    assert lines["pairing"].found == "1 / 3"
    assert lines["post"].state == setup.OPEN
    assert len(lines["class-size"].lacking) == 2


def test_what_still_holds_is_not_proposed_and_what_ended_is_once(world, spring, ended):
    assert {key for key in keys(world, spring) if "size" not in key} == {ended}


def test_what_ended_before_the_last_day_of_the_semester_is_not_proposed(world, spring):
    change(world, "class-teacher", world.class_teacher, until="2026-01-22")
    assert not any(key.startswith("class-teacher") for key in keys(world, spring))


def test_a_place_taken_meanwhile_is_not_proposed(world, spring, ended):
    raw = {"school_class": world.class_1, "staff": world.staff_bob, "since": "2026-02-10"}
    service.create(world.clerk, find("class-teacher"), raw)
    assert ended not in keys(world, spring)


def test_a_colleague_who_left_is_not_proposed(world, spring, ended):
    change(world, "staff", world.staff_alice, left_on="2026-01-31")
    assert ended not in keys(world, spring)


def test_a_class_without_children_is_not_proposed(world, spring, ended):
    for number in (world.enrolment_a, world.enrolment_c):
        change(world, "enrolment", number, until="2026-01-31")
        found = keys(world, spring)
    assert ended not in found
    assert f"school-class-{world.class_1}" not in found
    assert f"class-size-{world.class_1}" not in found
    assert f"enrolment-{world.enrolment_a}" in found


def test_a_preview_writes_nothing_and_the_same_form_sent_twice_writes_once(world, spring, ended):
    before = every_row(find("class-teacher")).count()
    chosen = keys(world, spring)
    assert setup.preview(world.clerk, spring, SPRING, chosen).problems == []
    assert every_row(find("class-teacher")).count() == before
    setup.prepare(world.clerk, spring, SPRING, chosen, token="semester/a")
    with pytest.raises(AlreadyDone):
        setup.prepare(world.clerk, spring, SPRING, chosen, token="semester/a")
    assert every_row(find("class-teacher")).count() == before + 1
    assert keys(world, spring) == set()
    with pytest.raises(Invalid, match="没有勾选"):
        setup.prepare(world.clerk, spring, SPRING, chosen)


def test_only_the_clerk_sets_a_semester_up(world, spring):
    for name in ("leadership", "alice", "inspector"):
        with pytest.raises(Denied):
            setup.lines(world.actor(name), spring, SPRING)
        with pytest.raises(Denied):
            setup.prepare(world.actor(name), spring, SPRING, {"class-teacher-1"})


def test_a_day_outside_the_semester_is_refused(client_as, world):
    said = {"semester": world.spring, "day": "2026-08-01", "carry": "class-teacher-1"}
    assert client_as("clerk").post("/year/semester", data=said).status_code == 422
    assert calendar.semester_on(date(2026, 8, 1)) is None


def days(world, spring, kind, first, last, name=""):
    edges = date.fromisoformat(first), date.fromisoformat(last)
    return setup.note_days(world.clerk, spring, kind, edges, name)


def test_days_of_the_calendar_are_written_here_and_change_what_is_a_school_day(world, spring):
    assert days(world, spring, "本校放假", "2026-05-18", "2026-05-20", "农忙假") == 3
    assert days(world, spring, "本校上课", "2026-05-23", "2026-05-23") == 1
    found = calendar.school_calendar()
    assert not found.is_school_day(date(2026, 5, 19))
    assert found.is_school_day(date(2026, 5, 23))
    assert days(world, spring, setup.EXAMS, "2026-06-22", "2026-06-26") == 5
    (exams,) = every_row(find("calendar-event"))
    assert (exams.title, str(exams.ends_on)) == ("考试周", "2026-06-26")


@pytest.mark.parametrize(
    ("kind", "first", "last", "field"),
    [
        ("放学", "2026-05-18", "2026-05-18", "kind"),
        ("放假", "2026-05-18", "2026-05-17", "until"),
        ("放假", "2025-05-18", "2026-05-18", "until"),
        ("放假", "2026-05-18", "2027-05-18", "until"),
    ],
)
def test_days_that_are_none_of_the_semester_are_refused(world, spring, kind, first, last, field):
    before = every_row(find("holiday")).count()
    with pytest.raises(Invalid) as refused:
        days(world, spring, kind, first, last)
    assert field in refused.value.errors
    assert every_row(find("holiday")).count() == before


def test_a_day_the_calendar_has_is_named_and_nothing_written_over_it(client_as, world, spring):
    days(world, spring, "本校放假", "2026-05-19", "2026-05-19")
    before = every_row(find("holiday")).count()
    clerk = client_as("clerk")
    said = {"semester": spring.id, "kind": "本校放假", "since": "2026-05-18", "until": "2026-05-20"}
    answer = clerk.post("/year/semester/days", data=said | {"once": "a", "title": "农忙假"})
    assert answer.status_code == 422
    assert "05-19 本校放假" in answer.text
    assert "农忙假" in answer.text
    assert every_row(find("holiday")).count() == before
    again = said | {"since": "2026-05-20", "until": "", "once": "b"}
    for _time in range(2):
        assert clerk.post("/year/semester/days", data=again).status_code == 303
    assert every_row(find("holiday")).count() == before + 1
    made = every_row(find("holiday")).order_by(find("holiday").model.id.desc()).first()
    clerk.post(f"/imports/batches/{made.batch}/undo")
    assert every_row(find("holiday")).count() == before
    with pytest.raises(Denied):
        setup.note_days(world.alice, spring, "放假", (SPRING, SPRING), "")
