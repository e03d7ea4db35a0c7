"""What inspectors complain of: every declared fault is found where it is planted, and then mended.

The test is made from the declarations: a fault that is added is tested with the rest. A register
with such a field and no fault declared must say here why not.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from admin.documents.before_print import complaints
from compliance.findings import paperwork
from compliance.findings.catalogue import inspect, look_of
from models.core.conditions import Asks
from models.core.database import database, writing
from models.core.display import Page
from models.core.gates import every_row, row
from models.core.register import REGISTERS, parent_register, register_of
from tests.spoiled import Spoiler

DAY = date(2025, 10, 6)
FAULTS = paperwork.faults()
NAMES = [f"{one.finding} {one.register} {one.told}" for one in FAULTS]
# Dates of a consent of somebody, and why nobody must have given it earlier or later.
DAYS = re.compile("批准日期|审批日期|审核日期|验收日期|答复日期|回执日期|签署日期")
DAYS_APART = {
    ("opinion", "answered_on"): "the meeting stands above; a rule refuses an earlier day",
}
SIGNERS = re.compile("签字|审核人|验收人|批准人|审批人|答复人|接收人|督查人|意见$|^意见")
SIGNERS_APART = {
    ("care-diary", "class_teacher_remark"): "the check is a record of its own, 结对记录查阅",
    ("disclosure", "outside"): "only where somebody outside approved, beside one of the school",
    ("notice", "recipient"): "told to somebody or to a role, nobody signs",
    ("notification", "recipient"): "told by voice; whom is what the duty asks",
}
SCANS = re.compile("扫描件|签收|签名|签字|承诺书|书面报告|会签|回执|卷内目录")
SCANS_APART = {
    ("home-visit", "signature"): "the paper is signed when it is printed; the photo is the proof",
    ("hand-in", "scan"): "what was handed in is the record itself",
    ("letter", "scan"): "a child's letter bears no seal",
    ("open-letter", "receipt"): "the slips are counted by class, not kept one by one",
}


def meets(made, fault, one, where):
    """Write what makes a record meet a condition."""
    columns = {}
    for name, asked in where.items():
        if name not in fault.of.fields:
            attach(made, fault, one, name)
        else:
            columns[name] = value(made, fault.of, one, name, asked)
    if columns:
        made.put(fault.register, one, **columns)


def attach(made, fault, one, name):
    made.photo(fault.register, one, evidence=name)


def value(made, register, one, name, asked):
    field = register.spec(name).field
    asked = Asks(filled=asked) if isinstance(asked, bool) else asked
    if isinstance(asked, Asks):
        if asked.filled is False or asked.none_of:
            return None
        if asked.contains:
            return f"第1册{asked.contains}"
        if asked.not_before:
            model = register.model
            then = every_row(register).where(model.id == one).get().__data__[asked.not_before]
            return day(field, then)
        if asked.any_of:
            return asked.any_of[0]
        return something(made, field)
    return asked[0] if isinstance(asked, list) else asked


def something(made, field):
    if isinstance(field, ForeignKeyField):
        register = register_of(field.rel_model)
        found = every_row(register).first()
        return found.id if found else made.add(register.slug)
    if isinstance(field, DateField | DateTimeField):
        return day(field, DAY)
    if isinstance(field, BooleanField):
        return True
    if isinstance(field, IntegerField):
        return 1
    assert isinstance(field, CharField | TextField), field
    return "某某"


def day(field, then):
    then = then.date() if isinstance(then, datetime) else then
    return datetime(then.year, then.month, then.day, 12) if is_moment(field) else then


def is_moment(field):
    return isinstance(field, DateTimeField)


def spoil(made, fault, one):
    """Take away whatever mends: a field is blank, a later day lies before the earlier."""
    for where in fault.mended:
        for name, asked in where.items():
            if name not in fault.of.fields:
                continue
            field = fault.of.spec(name).field
            if isinstance(asked, Asks) and asked.not_before:
                earlier = fault.of.spec(asked.not_before).field
                made.put(fault.register, one, **{asked.not_before: day(earlier, DAY)})
                made.put(fault.register, one, **{name: day(field, DAY - timedelta(days=1))})
            elif not (isinstance(asked, Asks) and asked.contains):
                made.put(fault.register, one, **{name: None})


def a_record(made, register):
    parent = parent_register(register)
    if parent is None:
        return made.add(register.slug)
    lines = {register.slug: [made.factory.minimal(register)]}
    return made.line(register.slug, made.add(parent.slug, lines))


def found(world, fault):
    look = look_of(world.clerk, fault.finding)
    return {hit.id for hit in paperwork.faulty(fault, look)}


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_planted_fault_is_found_in_both_places_and_gone_when_mended(world, app, fault):
    made = Spoiler(world)
    one = a_record(made, fault.of)
    meets(made, fault, one, fault.when)
    if fault.grace:
        made.put(fault.register, one, **{fault.of.happened: DAY})
    spoil(made, fault, one)
    assert one in found(world, fault)
    told = {(f.at, f.record_id) for f in inspect(world.clerk) if f.kind.id == fault.finding}
    assert (fault.register, one) in told
    assert fault.told in printed(world, app, fault, one)
    meets(made, fault, one, fault.mended[-1])
    assert one not in found(world, fault)
    assert fault.told not in printed(world, app, fault, one)


def printed(world, app, fault, one):
    register = fault.of
    record = row(world.clerk, register, one)
    with app.test_request_context():
        page = Page(world.clerk, register, (record,), "detail")
        return "\n".join(one["text"] for one in complaints(page, register, (record,)))


def covered(finding):
    return {(one.register, name) for one in FAULTS if one.finding == finding for name in one.names}


@pytest.mark.parametrize(
    ("finding", "words", "apart"),
    [("F1805", DAYS, DAYS_APART), ("F1806", SIGNERS, SIGNERS_APART)],
)
def test_no_register_with_such_a_field_is_left_out(finding, words, apart):
    such = {
        (register.slug, name)
        for register in REGISTERS.values()
        for name, spec in register.fields.items()
        if words.search(spec.label)
        and not (register.sealed or register.procedure or spec.readonly or spec.required)
        and isinstance(spec.field, DateField | DateTimeField) == (finding == "F1805")
    }
    assert such - covered(finding) == set(apart)


def test_no_signed_paper_without_its_scan_is_left_out():
    such = {
        (register.slug, kind)
        for register in REGISTERS.values()
        for kind, label in register.evidence.items()
        if SCANS.search(label)
    }
    assert such - covered("F1807") - covered("F1808") == set(SCANS_APART)


def test_a_volume_is_mended_by_any_of_its_papers_and_told_once(world):
    made = Spoiler(world)
    bound = {"carrier": "纸质", "box": "05", "bound_on": "2025-11-05", "filed_on": "2025-11-05"}
    first, second = (made.add("archive-item", volume="第1册", **bound) for _ in range(2))
    other = made.add("archive-item", volume="第2册", **bound)
    fault = next(one for one in FAULTS if one.together)
    assert found(world, fault) >= {first, other}
    assert second not in found(world, fault)
    made.photo("archive-item", second, evidence="contents")
    assert first not in found(world, fault)
    assert other in found(world, fault)
    with database.atomic(), writing():
        photo = REGISTERS["photo"].model
        photo.update(deleted_at="2025-11-12 09:00:00").where(photo.record_id == second).execute()
    assert first in found(world, fault)


def test_a_deleted_record_is_not_told(world):
    made = Spoiler(world)
    fault = next(one for one in FAULTS if one.register == "hand-in" and one.finding == "F1806")
    one = made.add("hand-in", received_by="", handed_on="2025-11-05")
    assert one in found(world, fault)
    made.drop("hand-in", one)
    assert one not in found(world, fault)


class Less:
    """A surface without one field."""

    def __init__(self, surface, hidden):
        self.surface, self.hidden = surface, hidden

    def __contains__(self, name):
        return name != self.hidden and name in self.surface

    def __getattr__(self, name):
        return getattr(self.surface, name)


def test_who_may_not_see_a_field_is_not_told_of_it(world, app):
    fault = next(one for one in FAULTS if one.told == "家长意见空着")
    made = Spoiler(world)
    one = made.visit(opinion="")
    record = row(world.clerk, fault.of, one)
    with app.test_request_context():
        page = Page(world.clerk, fault.of, (record,), "detail")
        page.surface = Less(page.surface, "opinion")
        texts = [one["text"] for one in complaints(page, fault.of, (record,))]
    assert not [text for text in texts if "家长意见" in text]


def test_a_survey_of_the_child_looks_at_the_family(world):
    made = Spoiler(world)
    made.put("guardian", world.guardian_b, changed_at="2024-10-01 10:00:00")
    look = look_of(world.clerk, paperwork.STALE)

    def stale():
        query = paperwork.stale(REGISTERS["guardian"], look)
        return {one.id for one in query}

    assert world.guardian_b in stale()
    made.add("census", child=world.child_b, surveyed_on="2025-11-03")
    assert world.guardian_b not in stale()
