"""What a bundle counts as there and as missing, for every source the product declares."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec
import pytest
from peewee import DateTimeField

from exports.bundle import photos
from exports.bundle.declaration import (
    EVERY_MONTH,
    PHOTOS,
    BundleDeclaration,
    Part,
    declaration,
)
from exports.bundle.reach import reach_called
from exports.bundle.selection import CHUNK, chunks
from exports.bundle.survey import CLERK_MARKS, NO_RECORDS, NOT_KEPT, Surveyor
from models.core import service
from models.core.actor import Actor, system
from models.core.boxes import INSPECTOR
from models.core.fields import WordField
from models.core.gates import every_row
from models.core.register import REGISTERS, find
from models.core.service import LineInput
from models.photos import view
from tests.bundle_school import SEMESTER, add_photo, consent, every_record
from tests.factory import Factory

TODAY = date(2025, 11, 12)
# Late enough that nothing lies ahead.
LATE = datetime(2026, 7, 2, 9, 0)
FIRST, UNTIL = date(2025, 9, 1), date(2026, 3, 1)


# What the rules of a register ask for when the source asks for a certain kind.
BESIDES = {
    "child": {"born_on": "2012-01-01"},
    "plan": {"week": 3},
    "summary": {"month": "2025-11"},
}


class School:
    """Makes records for one source after the other, and looks at that source alone."""

    def __init__(self, world, data_dir):
        self.world, self.data_dir = world, data_dir
        self.actor = system(LATE, "测试")
        self.factory = Factory(self.actor)
        self.reach = reach_called(SEMESTER)

    def look(self, source, today=TODAY, role=INSPECTOR):
        reader = Actor(role=role, now=datetime.combine(today, time()), name="督查版")
        surveyor = Surveyor(reader, self.reach, self.data_dir / "files", today)
        part = Part(1, "S03-18(1)", "一", (source,))
        return surveyor.survey(BundleDeclaration((part,), ())).parts[0].sources[0]

    def raw(self, source, register, day, **changed):
        """What one would type for a record of the source that happened on the day."""
        raw = self.factory.minimal(register)
        raw |= {
            name: one[0] if isinstance(one, list) else one for name, one in source.where.items()
        }
        if source.during:
            raw[register.span[0]] = str(day)
        elif register.happened:
            column = getattr(register.model, register.happened)
            raw[register.happened] = (
                f"{day} 08:00" if isinstance(column, DateTimeField) else str(day)
            )
        if "semester" in register.fields:
            raw["semester"] = self.world.autumn if FIRST <= day <= UNTIL else self.world.spring
        raw |= BESIDES.get(register.slug, {})
        if register.slug == "meeting":
            raw["school_class"] = self.world.class_1
        if register.slug == "statistics-table":
            self.factory.made += 1
            raw["edition"] = str(self.factory.made)
        if register.slug == "asset":
            raw["number"] = f"ZC-{self.factory.made}-{day}"
        if "late_reason" not in raw and register.happened and register.locks:
            raw["late_reason"] = "补录"
        return {**raw, **changed}

    def add(self, source, register=None, day=TODAY, whole=True, **changed):
        """Save a record of the source; a whole one has everything the source needs."""
        register = register or source.registers[0]
        lines = self.factory.lines(register)
        needs = {need.partition("|")[0]: need for need in source.needs} if whole else {}
        if "sign-in" in needs:
            lines["attendee"] = [LineInput({"staff": self.world.staff_alice})]
        if "minutes" in needs:
            changed.setdefault("content", "都到了")
        raw = self.raw(source, register, day, **changed)
        record = service.create(self.actor, register, raw, lines)
        if "photo" in needs:
            self.photo(register, record.id)
        return record

    def photo(self, register, record_id, **said):
        self.factory.made += 1
        colour = f"#{self.factory.made * 7919 % 0xFFFFFF:06x}"
        said = {"mark": "无人脸", "now": LATE} | said
        return add_photo(
            self.data_dir, register.slug, record_id, said.pop("on", ()), colour, **said
        )

    def delete(self, register, record_id):
        service.delete(self.actor, register, record_id)


@pytest.fixture
def school(world, data_dir):
    return School(world, data_dir)


def sources(make_photos):
    return [
        source
        for part in declaration().parts
        for source in part.sources
        if source.registers and (source.make == PHOTOS) is make_photos
    ]


def counted(state):
    return state.found, state.met, state.asked, len(state.missing)


def test_a_register_not_kept_yet_is_asked_for_and_not_met(school):
    source = every_record("no-such-register", make="sheets", at_least=2, supplier="信息员")
    state = school.look(source)
    assert counted(state) == (0, 0, 2, 1)
    (missing,) = state.missing
    assert (missing.why, missing.supplier) == (NOT_KEPT, "信息员")


def test_every_register_of_the_bundle_is_kept():
    unkept = [s.slug for part in declaration().parts for s in part.sources if not s.registers]
    assert unkept == []


def test_every_source_counts_a_whole_record_of_the_semester_and_forgets_a_deleted_one(school):
    wrong = []
    for source in sources(make_photos=False):
        before = school.look(source)
        record = school.add(source)
        after = school.look(source)
        if after.found != before.found + 1:
            wrong.append(f"{source.title}: a record is not found")
        if source.per != EVERY_MONTH and before.found == 0 and after.missing:
            wrong.append(f"{source.title}: {after.missing}")
        register = source.registers[0]
        for photo in every_row(find("photo")).where(find("photo").model.record_id == record.id):
            school.delete(find("photo"), photo.id)
        if register.permanent:
            continue
        school.delete(register, record.id)
        if counted(school.look(source)) != counted(before):
            wrong.append(f"{source.title}: a deleted record still counts")
    assert wrong == []


def test_what_nobody_entered_is_missing_once_with_its_register_and_supplier(school):
    missed = 0
    for source in sources(make_photos=False):
        state = school.look(source)
        if state.found or source.per == EVERY_MONTH:
            continue
        assert counted(state) == (0, 0, source.at_least, 1), source.title
        (missing,) = state.missing
        assert (missing.why, missing.register) == (NO_RECORDS, source.slug), source.title
        assert (missing.supplier, missing.record_id) == (source.supplier, None), source.title
        missed += 1
    assert missed > 10


def test_too_few_records_are_told_with_how_many_there_are(school):
    (source,) = [s for s in sources(make_photos=False) if s.slug == "plan"]
    three = msgspec.structs.replace(source, at_least=3)
    school.add(three)
    school.add(three)
    state = school.look(three)
    assert counted(state) == (2, 2, 3, 1)
    assert state.missing[0].why == "要有 3 份，现有 2 份"
    school.add(three)
    school.add(three)
    assert counted(school.look(three)) == (4, 3, 3, 0)


# The semester's first day, the last day of the holidays after it, and the days beyond.
EDGES = {FIRST: 1, UNTIL: 1, FIRST - timedelta(days=1): 0, UNTIL + timedelta(days=1): 0}


def test_only_what_happened_from_the_first_day_to_the_end_of_the_holidays_counts(school):
    wrong = []
    dated = [s for s in sources(make_photos=False) if s.registers[0].happened and not s.during]
    assert len(dated) >= 4
    for source in dated:
        for day, counts in EDGES.items():
            before = school.look(source).found
            school.add(source, day=day, whole=False)
            if school.look(source).found != before + counts:
                wrong.append((source.title, str(day)))
    assert wrong == []


def test_an_act_counts_to_the_last_minute_of_the_holidays(school):
    source = next(s for s in sources(make_photos=False) if s.slug == "meeting")
    for moment, counts in ((f"{UNTIL} 23:59", 1), ("2026-03-02 00:00", 0), (f"{FIRST} 00:00", 1)):
        before = school.look(source).found
        school.add(source, whole=False, held_at=moment)
        assert school.look(source).found == before + counts, moment


def of_semester(school, source, record_semester, day):
    """How many more records the source has once one is added that names a semester."""
    before = school.look(source).found
    school.add(source, day=day, semester=getattr(school.world, record_semester))
    return school.look(source).found - before


def test_a_record_without_a_day_belongs_to_the_semester_it_names(school):
    (slug, *_others) = [
        slug
        for slug, register in REGISTERS.items()
        if not register.happened and not register.parent and "semester" in register.fields
    ]
    every = every_record(slug)
    assert of_semester(school, every, "autumn", UNTIL + timedelta(days=30)) == 1
    assert of_semester(school, every, "spring", FIRST) == 0


def test_a_plan_or_summary_belongs_to_the_semester_it_names_whenever_it_was_written(school):
    naming = [s for s in sources(make_photos=False) if "semester" in s.registers[0].fields]
    assert naming
    for source in naming:
        assert of_semester(school, source, "autumn", UNTIL + timedelta(days=30)) == 1
        assert of_semester(school, source, "spring", UNTIL) == 0


def test_a_child_counts_from_being_identified_to_leaving(school):
    (source,) = [s for s in sources(make_photos=False) if s.during]
    cases = {
        ("2024-09-05", None): 1,
        ("2024-09-05", str(FIRST)): 1,
        ("2024-09-05", str(FIRST - timedelta(days=1))): 0,
        (str(UNTIL), None): 1,
        (str(UNTIL + timedelta(days=1)), None): 0,
    }
    for (since, until), counts in cases.items():
        before = school.look(source).found
        left = {"left_on": until, "left_why": "转学"} if until else {}
        school.add(source, identified_on=since, **left)
        assert school.look(source).found == before + counts, (since, until)


def test_a_record_that_is_not_of_the_sources_kind_does_not_count(school):
    wrong = []
    filtered = [s for s in sources(make_photos=False) if s.where]
    assert len(filtered) >= 8
    for source in filtered:
        register = source.registers[0]
        for name, wanted in source.where.items():
            field = register.fields[name].field
            assert isinstance(field, WordField), "words are what sources are told apart by"
            taken = wanted if isinstance(wanted, list) else [wanted]
            before = school.look(source).found
            for other in [word for word in field.words if word not in taken][:2]:
                school.add(source, whole=False, **{name: other})
            if school.look(source).found != before:
                wrong.append((source.title, name))
            for word in taken:
                school.add(source, whole=False, **{name: word})
            if school.look(source).found != before + len(taken):
                wrong.append((source.title, taken))
    assert wrong == []


def test_each_thing_a_record_needs_is_asked_for_by_itself(school):
    needy = [s for s in sources(make_photos=False) if s.needs]
    assert needy
    for source in needy:
        base = counted(school.look(source))
        bare = school.add(source, whole=False, content="")
        found, met, asked, missing = counted(school.look(source))
        one_there = int(base[0] == 0)  # The first record also meets the number asked for.
        assert (found, asked) == (base[0] + 1, base[2] + len(source.needs)), source.title
        assert met == base[1] + one_there
        assert missing == base[3] + len(source.needs) - one_there
        told = {one.why for one in school.look(source).missing if one.record_id == bare.id}
        assert told == {"没有签到表", "没有会议纪要", "没有照片"}, source.title
        school.photo(source.registers[0], bare.id)
        school.photo(source.registers[0], bare.id, evidence="sign-in")
        told = {one.why for one in school.look(source).missing if one.record_id == bare.id}
        assert told == {"没有会议纪要"}, "an attachment serves as well as lines"
        current = every_row(find("meeting")).where(find("meeting").model.id == bare.id).get()
        service.update(school.actor, find("meeting"), bare.id, {"content": "有"}, current.version)
        told = [one for one in school.look(source).missing if one.record_id == bare.id]
        assert told == []


def test_each_month_begun_asks_for_its_own_records(school):
    (source,) = [s for s in sources(make_photos=False) if s.per == EVERY_MONTH]
    assert source.at_least == 2
    state = school.look(source)
    assert counted(state) == (0, 0, 6, 3)  # September, October, November
    assert [one.title[-9:] for one in state.missing] == [
        "（2025-09）",
        "（2025-10）",
        "（2025-11）",
    ]
    for day in ("2025-10-01", "2025-10-31", "2025-10-15", "2025-11-01"):
        school.add(source, day=date.fromisoformat(day))
    state = school.look(source)
    assert counted(state) == (4, 3, 6, 2)
    assert [one.why for one in state.missing] == ["要有 2 条，现有 0 条", "要有 2 条，现有 1 条"]
    # A semester that is over asks for the months to its last day, not to the end of the holidays.
    assert school.look(source, today=date(2026, 7, 1)).asked == 10
    assert school.look(source, today=date(2025, 9, 1)).asked == 2


def test_a_part_is_whole_only_when_nothing_is_missing(school):
    (source,) = [s for s in sources(make_photos=False) if s.per == EVERY_MONTH]
    for day in ("2025-09-01", "2025-09-02", "2025-10-01", "2025-10-02", "2025-11-01"):
        school.add(source, day=date.fromisoformat(day))
    reader = Actor(role=INSPECTOR, now=datetime(2025, 11, 12))

    def percent(*chosen):
        surveyor = Surveyor(reader, school.reach, school.data_dir / "files", TODAY)
        part = Part(1, "S03-18(1)", "一", chosen)
        return surveyor.survey(BundleDeclaration((part,), ())).parts[0].percent

    assert percent(source) == 83  # five of six, rounded down
    school.add(source, day=date(2025, 11, 2))
    assert percent(source) == 100
    (other,) = [s for s in sources(make_photos=False) if s.slug == "open-letter"]
    assert percent(source, other) == 85  # six of seven
    assert percent(other) == 0


# ---- photos ------------------------------------------------------------------------------------


def test_every_photo_source_counts_the_photos_of_each_of_its_registers(school):
    wrong = []
    for source in sources(make_photos=True):
        for register in source.registers:
            state = school.look(source)
            record = school.add(source, register, whole=False)
            if counted(school.look(source)) != counted(state):
                wrong.append((register.slug, "a record without a photo changes the count"))
            photo = school.photo(register, record.id)
            after = school.look(source)
            if (after.found, len(after.photos)) != (state.found + 1, len(state.photos) + 1):
                wrong.append((register.slug, "a photo is not found"))
            if after.missing:
                wrong.append((register.slug, [one.why for one in after.missing]))
            school.delete(find("photo"), photo)
            if counted(school.look(source)) != counted(state):
                wrong.append((register.slug, "a deleted photo counts"))
            school.photo(register, record.id, evidence="scan")
            if counted(school.look(source)) != counted(state):
                wrong.append((register.slug, "a scan counts as a photo"))
            if register.happened:
                early = school.add(source, register, FIRST - timedelta(days=1), whole=False)
                school.photo(register, early.id)
                if counted(school.look(source)) != counted(state):
                    wrong.append((register.slug, "a photo of another semester counts"))
    assert wrong == []


def test_a_photo_that_stays_at_home_is_listed_with_why_and_who_can_help(school, world):
    source = next(s for s in sources(make_photos=True) if "home-visit" in s.slugs)
    visit = find("home-visit")
    record = school.add(source, visit, whole=False, child=world.child_b)
    nameless = school.photo(visit, record.id, mark=None)
    refused = school.photo(visit, record.id, mark=None, on=[world.child_a, world.child_b])
    consent(world.child_a)
    lost = school.photo(visit, record.id)
    school.photo(visit, record.id)
    find_photo = find("photo").model
    path = every_row(find("photo")).where(find_photo.id == lost).get().path
    (school.data_dir / "files" / path).unlink()
    state = school.look(source)
    why = {chosen.photo.id: chosen.withheld for chosen in state.photos if chosen.withheld}
    assert why == {
        nameless: view.NO_CHILDREN,
        refused: view.NO_CONSENT,
        lost: photos.NO_FILE,
    }
    assert counted(state) == (1, 1, 4, 3)
    told = {(one.why, one.supplier, one.register, one.record_id) for one in state.missing}
    assert told == {
        (view.NO_CHILDREN, CLERK_MARKS, "home-visit", record.id),
        (view.NO_CONSENT, CLERK_MARKS, "home-visit", record.id),
        (photos.NO_FILE, source.supplier, "home-visit", record.id),
    }


def test_photos_of_a_deleted_record_count_for_nothing(school):
    source = next(s for s in sources(make_photos=True) if s.slugs == ("meeting",))
    state = counted(school.look(source))
    record = school.add(source, whole=False)
    school.photo(find("meeting"), record.id)
    assert school.look(source).found == 1
    school.delete(find("meeting"), record.id)
    assert counted(school.look(source)) == state


def test_too_few_photos_are_one_more_thing_missing(school):
    source = next(s for s in sources(make_photos=True) if s.slugs == ("meeting",))
    three = msgspec.structs.replace(source, at_least=3)
    record = school.add(source, whole=False)
    school.photo(find("meeting"), record.id)
    school.photo(find("meeting"), record.id, mark=None)
    state = school.look(three)
    # Two photos, of which one may go; three are wanted, of which one is there.
    assert counted(state) == (1, 2, 5, 2)
    assert state.missing[-1].why == "要有 3 份，现有 1 份"


# ---- order -------------------------------------------------------------------------------------


def test_records_stand_in_the_order_of_their_days_also_beyond_one_chunk(school, monkeypatch):
    monkeypatch.setattr("exports.bundle.selection.CHUNK", 2)
    assert CHUNK == 500
    (source,) = [s for s in sources(make_photos=False) if s.per == EVERY_MONTH]
    register = source.registers[0]
    days = ["2025-11-03", "2025-09-20", "2025-10-05", "2025-09-02", "2025-10-05"]
    made = [school.add(source, day=date.fromisoformat(day)).id for day in days]
    model = register.model
    order = [getattr(model, register.order.lstrip("-")), model.id]
    found = [record.id for part in chunks(every_row(register), order) for record in part]
    assert found == [made[3], made[1], made[2], made[4], made[0]]


def test_an_unknown_register_is_no_source_of_anything(school):
    state = school.look(every_record("no-such", at_least=2))
    assert counted(state) == (0, 0, 2, 1)
