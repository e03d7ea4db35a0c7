"""Rules that several pages ask, asked of all of them: consent to photos, records of a semester."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from peewee import DateTimeField

from compliance.checklists.archive_state import ArchiveList
from compliance.findings.catalogue import catalogue
from compliance.findings.children import consent_withdrawn
from compliance.findings.look import Look
from compliance.told.clause_state import clause_states
from exports.bundle.declaration import BOOK, Source
from exports.bundle.photos import photos_of
from exports.bundle.reach import Reach
from exports.bundle.selection import selected
from models.core import calendar, service
from models.core.actor import system
from models.core.gates import every_row
from models.core.masking import TextMask
from models.core.register import REGISTERS, register_of
from models.core.semester_records import in_semester, semester_in_parts
from models.kept.photos import Photo
from models.photos.view import without_consent
from models.school import semester_close
from tests.bundle_school import SEMESTER, add_photo, consent
from tests.world import NOON, TODAY

KINDS = {kind.id: kind for kind, _check in catalogue()}
VISIT = REGISTERS["home-visit"]

# What the guardian said, in order of entry, and whether the photo may be shown today: the decision
# given last up to that day counts, its withdrawal included.
DECISIONS = {
    "never asked": ([], False),
    "agreed": ([("2025-09-05", None)], True),
    "agreed today": ([("2025-11-12", None)], True),
    "for publicity only": ([("2025-09-05", None, "对外宣传")], False),
    "withdrawn": ([("2025-09-05", "2025-10-01")], False),
    "withdrawn today": ([("2025-09-05", "2025-11-12")], False),
    "an old one withdrawn, a new one given": (
        [("2025-03-01", "2025-04-01"), ("2025-09-05", None)],
        True,
    ),
    "the newer one withdrawn": ([("2025-03-01", None), ("2025-09-05", "2025-10-01")], False),
    "the newer one withdrawn, entered first": (
        [("2025-09-05", "2025-10-01"), ("2025-03-01", None)],
        False,
    ),
    "both of one day, the one entered last withdrawn": (
        [("2025-09-05", None), ("2025-09-05", "2025-10-01")],
        False,
    ),
    "withdrawn for publicity": (
        [("2025-09-05", None), ("2025-09-06", "2025-10-01", "对外宣传")],
        True,
    ),
}


def decide(world, said):
    for given, withdrawn, *purpose in said:
        more = {"purpose": purpose[0]} if purpose else {}
        consent(world.child_a, NOON, given_on=given, withdrawn_on=withdrawn, **more)


def test_a_photo_is_shown_and_shipped_by_one_decision(world, data_dir):
    number = add_photo(data_dir, "home-visit", world.visit_a, [world.child_a])
    photo = every_row(register_of(Photo)).where(Photo.id == number).get()
    visit = every_row(VISIT).where(VISIT.model.id == world.visit_a).get()
    reader = world.inspector
    wrong = {}
    for called, (said, shown) in DECISIONS.items():
        decide(world, said)
        on_screen = not without_consent([photo], TODAY)
        mask = TextMask(reader)
        (chosen,) = photos_of(reader, VISIT, [visit], data_dir / "files", mask)
        if (on_screen, not chosen.withheld) != (shown, shown):
            wrong[called] = (on_screen, not chosen.withheld)
        _forget_consents()
    assert wrong == {}


def test_a_withdrawal_dated_ahead_counts_on_its_day_and_at_once_for_what_leaves_the_school(
    world, data_dir
):
    number = add_photo(data_dir, "home-visit", world.visit_a, [world.child_a])
    photo = every_row(register_of(Photo)).where(Photo.id == number).get()
    visit = every_row(VISIT).where(VISIT.model.id == world.visit_a).get()
    decide(world, [("2025-09-05", "2025-12-01")])
    days = (date(2025, 11, 30), date(2025, 12, 1))
    assert [bool(without_consent([photo], day)) for day in days] == [False, True]
    mask = TextMask(world.inspector)
    (chosen,) = photos_of(world.inspector, VISIT, [visit], data_dir / "files", mask)
    assert chosen.withheld


def test_a_withdrawn_consent_is_told_unless_the_same_purpose_was_agreed_to_again(world):
    wrong = {}
    for called, (said, shown) in DECISIONS.items():
        decide(world, said)
        found = consent_withdrawn(Look(NOON, KINDS["F421"], None))
        withdrawn = any(one[1] for one in said if len(one) == 2) and not shown
        about_photos = [one for one in found if one.id in _consents_for_photos()]
        if bool(about_photos) != withdrawn:
            wrong[called] = len(about_photos)
        _forget_consents()
    assert wrong == {}


def _consents():
    register = REGISTERS["consent"]
    return list(every_row(register).where(register.model.child.is_null(False)))


def _consents_for_photos():
    return {one.id for one in _consents() if one.purpose == "照片存档"}


def _forget_consents():
    for one in _consents():
        service.delete(system(NOON), REGISTERS["consent"], one.id)


# ---- records of a semester ----------------------------------------------------------------------

# Acts in a holiday count for the semester just ended (duties.md). The autumn semester of the test
# school is from 1 September to 23 January, the next begins on 2 March.
DAYS = {
    date(2025, 8, 31): False,
    date(2025, 9, 1): True,
    date(2026, 1, 23): True,
    date(2026, 1, 28): True,
    date(2026, 3, 1): True,
    date(2026, 3, 2): False,
}
LATER = datetime(2026, 6, 30, 10)
DATED = [
    one
    for one in REGISTERS.values()
    if one.happened and not one.sealed and not one.parent and one.locks
]


def counted(world):
    """Return per place that counts a semester's records: slug → number of records."""
    actor = replace(world.clerk, now=LATER)
    semester = calendar.school_calendar().semester(SEMESTER)
    record = next(one for one in calendar.semesters() if one.code == SEMESTER)
    states = clause_states(actor, semester)
    kept = [
        check
        for one in states.values()
        if one.clause.record_only and not one.clause.where
        for check in one.checks
        if check.records is not None
    ]
    listed = [one for item in ArchiveList(actor, semester).states() for one in item.sources]
    return {
        "clause page": {check.code: check.records for check in kept},
        "semester close": {one.register.slug: one.records for one in semester_close.review(record)},
        "archive list": {
            one.source.slug: one.found
            for one in listed
            if not (one.source.where or one.source.per or one.source.waived)
        },
        "bundle": {
            one.slug: selected(actor, one, _all_of(one), Reach((semester,))).count()
            for one in DATED
        },
        "table of the semester": {
            one.slug: sum(map(len, semester_in_parts(actor, one, semester))) for one in DATED
        },
    }


def _all_of(register):
    return Source(title="全部", make=BOOK, register=register.slug, at_least=1, supplier="文员")


def test_a_record_of_the_holiday_belongs_to_the_semester_before_it_on_every_page(scratch, world):
    before = counted(world)
    by_day = [register for register in DATED if "semester" not in register.fields]
    rows = [scratch(register) for register in by_day]
    for row in rows:
        row.add()
    wrong = []
    for day, belongs in DAYS.items():
        for row in rows:
            column = row.model._meta.fields[row.register.happened]
            moment = datetime.combine(day, time(9))
            row.put(**{column.name: moment if isinstance(column, DateTimeField) else day})
        for place, numbers in counted(world).items():
            for register in by_day:
                slug = register.slug
                if slug not in numbers and slug not in before[place]:
                    continue
                more = numbers.get(slug, 0) - before[place].get(slug, 0)
                if more != int(belongs):
                    wrong.append((place, slug, str(day), more))
    assert wrong == []


def standing(register, day):
    """How many records belong to the semester as they stood on a day."""
    autumn = calendar.semester_called(SEMESTER)
    return every_row(register).where(in_semester(register, autumn, day)).count()


def test_a_record_that_names_a_semester_belongs_to_that_one_on_every_page(scratch, world):
    """Plan, letter, summary and the like count for the semester named, whatever their date.

    As the records stood on a day, those of later days are not there yet.
    """
    naming = [one for one in DATED if "semester" in one.fields]
    assert naming
    before = counted(world)
    for register in naming:
        row = scratch(register)
        column = row.model._meta.fields[register.happened]
        day = date(2026, 4, 1)
        moment = datetime.combine(day, time(9)) if isinstance(column, DateTimeField) else day
        before_day, on_day = (standing(register, day - timedelta(days=n)) for n in (1, 0))
        row.add(**{column.name: moment, "semester": world.autumn})
        assert standing(register, day - timedelta(days=1)) == before_day, register.slug
        assert standing(register, day) == on_day + 1, register.slug
    wrong = [
        (place, one.slug)
        for place, numbers in counted(world).items()
        for one in naming
        if one.slug in numbers or one.slug in before[place]
        if numbers.get(one.slug, 0) - before[place].get(one.slug, 0) != 1
    ]
    assert wrong == []
