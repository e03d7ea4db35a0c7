"""A school in which all is done: its package lacks nothing, its self-inspection finds no error."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import load_workbook

from compliance.checklists.archive_state import ArchiveList
from compliance.findings.catalogue import inspect
from compliance.judged.verdict import State
from compliance.ordered.papers import DOCUMENTS
from exports.bundle.declaration import EVERY_MONTH, PHOTOS, SIGNED, declaration
from exports.bundle.reach import reach_called
from exports.bundle.survey import survey_of
from exports.documents.paper import Asked
from models.core import service
from models.core.actor import system
from models.core.database import mark, writing
from models.core.gates import every_row
from models.core.register import find
from models.school import signing
from tests.bundle_school import SEMESTER, YEAR, build
from tests.factory import Factory
from tests.test_bundle_survey import School
from tests.world import NOON

# Days well within the semesters, for whatever needs only one.
DAYS = {"2025-2026-1": date(2025, 11, 10), "2025-2026-2": date(2026, 4, 13)}


@dataclass
class Done:
    """A school in which all is done: what its bundle reaches over, and when it is looked at."""

    code: str
    now: datetime
    school: School

    @property
    def clerk(self):
        return self.school.world.actor("clerk", now=self.now)

    @property
    def reach(self):
        return reach_called(self.code)


SPANS = {"a semester": (SEMESTER, NOON), "a school year": (YEAR, datetime(2026, 6, 24, 10, 30))}


@pytest.fixture(params=SPANS.values(), ids=SPANS.keys())
def done(request, world, data_dir):
    """Everything done for a semester, and for a school year of two."""
    return all_done(world, data_dir, *request.param)


def all_done(world, data_dir, code, now):
    """Supply every source of the eight parts, as the people who answer for it would."""
    school = School(world, data_dir)
    # Nothing is changed later than the day it is looked at: later months would be asked for too.
    school.actor = system(now, "测试")
    school.factory = Factory(school.actor)
    for school.reach in reach_called(code).each():
        for part in declaration().parts:
            for source in part.sources:
                _supply(school, source)
    _everybody_is_cared_for(school)
    return Done(code, now, school)


def _supply(school, source):
    (term,) = school.reach.terms
    today, day = school.actor.today, DAYS[term.code]
    if source.make == SIGNED:
        _sign(school, source, term)
    elif source.per == EVERY_MONTH:
        for one in _two_of_each_month(term, today):
            school.add(source, day=one)
    elif source.make != PHOTOS and not school.look(source, today).found:
        school.add(source, day=day)
    elif source.make == PHOTOS and not school.look(source, today).found:
        record = school.add(source, source.registers[0], day=day)
        school.photo(source.registers[0], record.id, now=school.actor.now)
    for one in school.look(source, today).missing:
        _complete(school, find(one.register), one.record_id)


def _two_of_each_month(term, today):
    days = (term.first + timedelta(days=number) for number in range((term.last - term.first).days))
    return [day for day in days if day.day in (4, 10) and day <= today]


def _complete(school, register, record_id):
    """Write the minutes of a meeting that was entered without, and take its picture."""
    record = every_row(register).where(register.model.id == record_id).get()
    if not record.content:
        given = {"content": "通报了家访情况"}
        service.update(school.actor, register, record_id, given, record.version)
        school.photo(register, record_id, now=school.actor.now)


def _everybody_is_cared_for(school):
    """Each child has a paired teacher, each class teacher a number to be reached under."""
    staff, child, pairing = find("staff"), find("child"), find("pairing")
    for number, one in enumerate(every_row(staff).where(staff.model.phone.is_null())):
        given = {"phone": f"139856711{number:02d}"}
        service.update(school.actor, staff, one.id, given, one.version)
    teachers, classes = find("class-teacher"), find("school-class")
    led = {one.school_class_id for one in every_row(teachers)}
    for one in every_row(classes):
        if one.id not in led:
            staff_id = school.world.staff_bob
            raw = {"school_class": one.id, "staff": staff_id, "since": "2025-09-01"}
            service.create(school.actor, teachers, raw)
    paired = {one.child_id for one in every_row(pairing)}
    for one in every_row(child):
        if one.id not in paired:
            raw = {"child": one.id, "teacher": school.world.staff_alice, "since": "2025-09-01"}
            service.create(school.actor, pairing, raw)


def _sign(school, source, term):
    """Sign the table of a semester on one of its days."""
    leader = school.world.actor("leadership", now=datetime.combine(DAYS[term.code], time(9)))
    folders = (school.data_dir / "files", school.data_dir / "cache")
    content = DOCUMENTS["statistics-table"].maker(Asked(leader, "云岭中学", term, *folders)).content
    signing.sign(leader, find(source.slug), term, content, leader.today)


def test_its_package_lacks_nothing_and_its_self_inspection_finds_no_error(done, data_dir, tmp_path):
    survey = survey_of(done.clerk, done.reach)
    assert [(one.part, one.source, one.title, one.why) for one in survey.missing] == []
    assert [part.percent for part in survey.parts] == [100] * 8
    built = build(data_dir, tmp_path / "bundle.zip", reach=done.code)
    assert built.survey.missing == []
    assert [(check.name, check.text) for check in built.checks if not check.passed] == []
    with zipfile.ZipFile(built.path) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("/文件清单.xlsx")]
        lists = load_workbook(io.BytesIO(archive.read(name)))
    assert lists["缺件清单"].max_row == 1
    assert lists["文件清单"].max_row == 1 + len(built.items)
    errors = [
        (one.kind.id, one.subject, one.message)
        for one in inspect(done.clerk)
        if one.kind.level == "error"
    ]
    assert errors == []


def test_the_last_archive_item_is_the_package_and_turns_when_a_signed_table_is_gone(done):
    """The demand of S03-18, which the package itself answers, semester by semester."""
    table = find("statistics-table")
    for term in done.reach.terms:
        state = ArchiveList(done.clerk, term).states()[-1]
        assert (state.state, state.parts) == (State.DONE, (8, 8))
    with writing():
        table.model.delete().where(mark(table.table)).execute()
    for term in done.reach.terms:
        assert ArchiveList(done.clerk, term).states()[-1].state is State.DUE
