"""What ends with somebody's going, and what counts once although two records tell of it."""

from __future__ import annotations

from datetime import date

from compliance.judged.counting import _minutes
from compliance.judged.sources import _still_there
from models.core.gates import every_row
from models.core.register import find

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
