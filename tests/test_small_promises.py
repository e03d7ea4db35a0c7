"""Small promises nothing else holds: what counts once, what ends with whom, who types what."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from compliance.judged.counting import _minutes
from compliance.judged.sources import _still_there
from compliance.ordered.burden_plan import _typed
from exports.documents.calendars import _day
from models.core.boxes import LEADERSHIP, TEACHER
from models.core.gates import every_row
from models.core.register import REGISTERS, find

DAY = date(2025, 11, 10)


def test_openings_that_overlap_count_once():
    afternoon, later = _minutes("2025-11-10 14:00 15:00"), _minutes("2025-11-10 14:30 15:30")
    next_day = _minutes("2025-11-11 14:00 14:30")
    assert len({*afternoon, *later}) == 90
    assert len({*_minutes("2025-11-10 14:00 14:30"), *next_day}) == 60


def test_a_post_ends_with_the_last_day_of_whoever_holds_it(scratch):
    staff, post = scratch(find("staff")), scratch(find("post"))
    gone, leaving = staff.add(left_on=date(2025, 11, 9)), staff.add(left_on=DAY)
    staying = staff.add(left_on=None)
    for holder in (gone, leaving, staying):
        post.add(staff=holder)
    held = every_row(find("post")).where(*_still_there(find("post"), DAY))
    holders = {record.staff_id for record in held}
    assert holders & {gone, leaving, staying} == {leaving, staying}


class Plain:
    """Shows a field as it is."""

    def text(self, record, name):
        return getattr(record, name)


def test_an_event_of_several_days_stands_on_each_day_of_the_printed_calendar(world):
    def event(title, first, last=None):
        return SimpleNamespace(title=title, starts_on=first, ends_on=last)

    events = [event("读书周", DAY, date(2025, 11, 12)), event("家长会", DAY)]
    days = [date(2025, 11, number) for number in (9, 10, 11, 12, 13)]
    shown = ["\n".join(_day(day, Plain(), events).splitlines()[1:]) for day in days]
    assert shown == ["", "读书周\n家长会", "读书周", "读书周", ""]


@pytest.mark.parametrize(("responsible", "typed"), [("teacher", 0), ("leader", 1)])
def test_a_teacher_is_asked_to_type_only_what_teachers_enter(responsible, typed):
    """The leadership's own registers are no teacher's load; what the office types is nobody's."""
    of_leaders = next(
        slug
        for slug, register in REGISTERS.items()
        if LEADERSHIP in register.creates and TEACHER not in register.creates
    )
    found = _typed(SimpleNamespace(responsible=responsible), [SimpleNamespace(register=of_leaders)])
    assert len(found) == typed
