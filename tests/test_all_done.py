"""A school in which all is done: its package lacks nothing, its self-inspection finds no error."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from openpyxl import load_workbook

from compliance.checklists.archive_state import ArchiveList
from compliance.findings.catalogue import inspect
from compliance.judged.verdict import State
from compliance.ordered.papers import DOCUMENTS
from exports.bundle.declaration import EVERY_MONTH, PHOTOS, SIGNED, declaration
from exports.bundle.survey import survey_of
from exports.documents.paper import Asked
from models.core import calendar, service
from models.core.actor import system
from models.core.database import mark, writing
from models.core.gates import every_row
from models.core.register import find
from models.school import signing
from tests.bundle_school import SEMESTER, build
from tests.factory import Factory
from tests.test_bundle_survey import School
from tests.world import NOON

# Two days of each month of the semester up to the day it is looked at.
DAY = date(2025, 11, 10)
NEWS_DAYS = [date(2025, month, day) for month in (9, 10, 11) for day in (4, 10)]


@pytest.fixture
def done(world, data_dir):
    """Every source of the eight parts supplied, as the people who answer for it would."""
    school = School(world, data_dir)
    # Nothing is changed later than the day it is looked at: later months would be asked for too.
    school.actor = system(NOON, "测试")
    school.factory = Factory(school.actor)
    for part in declaration().parts:
        for source in part.sources:
            _supply(school, source)
    _everybody_is_cared_for(school)
    return school


def _supply(school, source):
    if source.make == SIGNED:
        _sign(school, source)
    elif source.per == EVERY_MONTH:
        for day in NEWS_DAYS:
            school.add(source, day=day)
    elif source.make != PHOTOS and not school.look(source).found:
        school.add(source, day=DAY)
    elif source.make == PHOTOS and not school.look(source).found:
        record = school.add(source, source.registers[0], day=DAY)
        school.photo(source.registers[0], record.id, now=NOON)
    for one in school.look(source).missing:
        _complete(school, find(one.register), one.record_id)


def _complete(school, register, record_id):
    """Write the minutes of a meeting that was entered without, and take its picture."""
    record = every_row(register).where(register.model.id == record_id).get()
    if not record.content:
        given = {"content": "通报了家访情况"}
        service.update(school.actor, register, record_id, given, record.version)
        school.photo(register, record_id, now=NOON)


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


def _sign(school, source):
    world, term = school.world, calendar.semester_called(SEMESTER)
    folders = (school.data_dir / "files", school.data_dir / "cache")
    asked = Asked(world.leadership, "云岭中学", term, *folders)
    content = DOCUMENTS["statistics-table"].maker(asked).content
    signing.sign(world.leadership, find(source.slug), term, content, world.leadership.today)


def test_its_package_reports_nothing_missing(done, world, data_dir, tmp_path):
    survey = survey_of(world.clerk, calendar.semester_called(SEMESTER))
    assert [(one.part, one.source, one.title, one.why) for one in survey.missing] == []
    assert [part.percent for part in survey.parts] == [100] * 8
    built = build(data_dir, tmp_path / "bundle.zip")
    assert built.survey.missing == []
    assert [(check.name, check.text) for check in built.checks if not check.passed] == []
    with zipfile.ZipFile(built.path) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("/文件清单.xlsx")]
        lists = load_workbook(io.BytesIO(archive.read(name)))
    assert lists["缺件清单"].max_row == 1
    assert lists["文件清单"].max_row == 1 + len(built.items)
    states = ArchiveList(world.clerk, calendar.semester_called(SEMESTER)).states()
    assert states[-1].state is State.DONE
    assert states[-1].parts == (8, 8)


def test_the_last_archive_item_turns_when_the_signed_table_is_gone(done, world):
    """The demand of S03-18, which the package itself answers."""
    term = calendar.semester_called(SEMESTER)
    assert ArchiveList(world.clerk, term).states()[-1].state is State.DONE
    table = find("statistics-table")
    with writing():
        table.model.delete().where(mark(table.table)).execute()
    assert ArchiveList(world.clerk, term).states()[-1].state is State.DUE


def test_its_self_inspection_finds_no_error(done, world):
    errors = [
        (one.kind.id, one.subject, one.message)
        for one in inspect(world.clerk)
        if one.kind.level == "error"
    ]
    assert errors == []
