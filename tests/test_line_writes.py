"""A line is written like a record: it stands in the chain, and its record's version goes with it.

Tried for every register of lines that somebody types and may change later.
"""

from __future__ import annotations

import pytest
from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core import service
from models.core.actor import SYSTEM
from models.core.audit import AuditEntry
from models.core.errors import Invalid, NotFound
from models.core.fields import WordField
from models.core.gates import every_row, row
from models.core.register import REGISTERS, parent_register, register_of
from models.core.service import LineInput
from tests.factory import MADE_BY_PRODUCT, Factory

LINES = [
    slug
    for slug, declared in REGISTERS.items()
    if declared.parent
    and not (declared.sealed or declared.permanent)
    and slug not in MADE_BY_PRODUCT
]


class Written:
    """A line on its record, written by the clerk."""

    def __init__(self, actor, slug):
        self.actor, self.register = actor, REGISTERS[slug]
        self.home = parent_register(self.register)
        self.line = Factory(actor).save(self.register)
        self.number = getattr(self.line, f"{self.register.parent}_id")

    def record(self):
        return row(SYSTEM, self.home, self.number)

    def write(self, **given):
        line = row(SYSTEM, self.register, self.line.id)
        remove = given.pop("remove", False)
        lines = {self.register.slug: [LineInput(given, line.id, line.version, remove)]}
        service.update(self.actor, self.home, self.number, {}, self.record().version, lines)

    def change(self):
        """Change the first field that takes another value."""
        for name, spec in self.register.fields.items():
            if spec.computed is not None or name == self.register.parent:
                continue
            for value in other_values(spec, getattr(self.line, spec.field.column_name)):
                try:
                    self.write(**{name: value})
                except Invalid:
                    continue
                if getattr(row(SYSTEM, self.register, self.line.id), name) != getattr(
                    self.line, name
                ):
                    return
        raise AssertionError(f"no field of {self.register.slug} takes another value")

    def noted(self, action):
        found = AuditEntry.select().where(
            AuditEntry.register == self.register.slug,
            AuditEntry.record_id == self.line.id,
            AuditEntry.action == action,
        )
        return found.count()


def other_values(spec, standing):
    kind = spec.field
    if spec.target is not None:
        found = every_row(register_of(spec.target)).limit(4)
        return [one.id for one in found if one.id != standing]
    if isinstance(kind, WordField):
        return [word for word in kind.words if word != standing][:2]
    if isinstance(kind, BooleanField):
        return ["" if standing else "1"]
    if isinstance(kind, DateField):
        return ["2025-11-11", "2025-11-10"]
    if isinstance(kind, IntegerField):
        return ["1", "3"]
    return ["改过的", "2"] if isinstance(kind, (CharField, TextField)) else []


@pytest.mark.parametrize("slug", LINES)
def test_a_change_to_a_line_stands_in_the_chain_and_moves_its_record(world, slug):
    written = Written(world.clerk, slug)
    before = written.record().version
    written.change()
    assert (written.noted("create"), written.noted("update")) == (1, 1)
    assert written.record().version == before + 1


@pytest.mark.parametrize("slug", LINES)
def test_a_line_taken_away_stands_in_the_chain_and_moves_its_record(world, slug):
    written = Written(world.clerk, slug)
    before = written.record().version
    written.write(remove=True)
    assert row(SYSTEM, written.register, written.line.id) is None
    assert written.noted("delete") == 1
    assert written.record().version == before + 1


def test_a_record_saved_with_its_lines_is_one_version_and_one_step(world):
    written = Written(world.clerk, "attendee")
    record, line = written.record(), written.line
    lines = {"attendee": [LineInput({}, line.id, line.version, remove=True)]}
    noted = AuditEntry.select().where(
        AuditEntry.register == "meeting", AuditEntry.record_id == record.id
    )
    before, title = noted.count(), {"title": "换了名称的会"}
    service.update(world.clerk, written.home, record.id, title, record.version, lines)
    assert written.record().version == record.version + 1
    assert noted.count() == before + 1


@pytest.mark.parametrize("given", [{"remove": True}, {"values": {"name": "别人"}}])
def test_a_line_is_reached_through_its_own_record_alone(world, given):
    attendees, meetings = REGISTERS["attendee"], REGISTERS["meeting"]
    line = Factory(world.clerk).save(attendees)
    other = Factory(world.clerk).save(meetings)
    posted = LineInput(**{"values": {}, "id": line.id, "version": line.version} | given)
    with pytest.raises(NotFound):
        service.update(world.clerk, meetings, other.id, {}, other.version, {"attendee": [posted]})
    stored = row(SYSTEM, attendees, line.id)
    assert (stored.version, stored.meeting_id) == (line.version, line.meeting_id)
