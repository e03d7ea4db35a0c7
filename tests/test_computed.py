"""What is worked out of a record is what the record says, whatever wrote the two of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from peewee import IntegerField

from admin.work import upkeep_work, worker
from models.core import audit, computed, service
from models.core.actor import SYSTEM
from models.core.database import database, writing
from models.core.gates import row, rows
from models.core.register import REGISTERS, find
from tests.factory import Factory
from tests.lock_states import closed
from tests.world import NOON, StandingClock

FITNESS = find("fitness-test")
RECKONED = [
    (register.slug, spec.name)
    for register in REGISTERS.values()
    for spec in computed.reckoned(register)
    if not register.sealed
]


def made(world, slug):
    register = REGISTERS[slug]
    return next(iter(rows(SYSTEM, register)), None) or Factory(world.clerk).save(register)


def spoil(slug, record, **said):
    """Write past the form, as a repair by hand or an older version would."""
    model = REGISTERS[slug].model
    with writing():
        model.update(said).where(model.id == record.id).execute()


def value(slug, record, name):
    return getattr(row(SYSTEM, REGISTERS[slug], record.id), name)


def other(spec, stands):
    """A value of the field's kind that is not the one that stands."""
    if isinstance(spec.field, IntegerField):
        return (stands or 0) + 7
    return "别的" if stands != "别的" else "另外的"


def test_every_register_with_such_values_is_tried():
    assert {slug for slug, _name in RECKONED} >= {"fitness-test", "opening", "supervision"}


@pytest.mark.parametrize(("slug", "name"), RECKONED)
def test_a_stored_value_that_is_not_what_the_record_says_is_set_right(world, slug, name):
    record = made(world, slug)
    computed.set_right(NOON)
    right = value(slug, record, name)
    spoil(slug, record, **{name: other(REGISTERS[slug].fields[name], right)})
    assert value(slug, record, name) != right
    assert computed.set_right(NOON) == 1
    assert value(slug, record, name) == right
    assert computed.set_right(NOON) == 0
    assert audit.verify().intact


def test_the_nightly_upkeep_reckons_the_index_of_a_changed_height_anew(world, data_dir):
    record = made(world, "fitness-test")
    raw = {"height_cm": "150", "weight_kg": "45"}
    record = service.update(world.clerk, FITNESS, record.id, raw, record.version)
    assert value("fitness-test", record, "bmi") == 200
    spoil("fitness-test", record, height_cm=1600)
    upkeep_work.ask_daily(NOON)
    worker.run_waiting(data_dir, StandingClock())
    assert value("fitness-test", record, "bmi") == 176
    assert audit.entries_of("fitness-test", record.id)[0].hat == "system"


def test_what_says_what_was_true_when_saved_is_left_alone(world):
    incident = made(world, "incident")
    told = {"incident": incident.id, "recipient_kind": "监护人", "staff": world.staff_alice}
    moment = incident.occurred_at + timedelta(minutes=10)
    note = service.create(world.clerk, find("notification"), told | {"notified_at": str(moment)})
    spoil("notification", note, limit_minutes=45)
    assert computed.set_right(NOON) == 0
    assert value("notification", note, "limit_minutes") == 45


def test_what_lies_in_the_recycle_bin_waits_for_its_restoring(world):
    record = made(world, "fitness-test")
    spoil("fitness-test", record, bmi=1)
    service.delete(world.clerk, FITNESS, record.id)
    assert computed.set_right(NOON) == 0
    service.restore(world.clerk, FITNESS, record.id)
    computed.set_right(NOON)
    assert value("fitness-test", record, "bmi") != 1


@pytest.mark.parametrize(("slug", "name"), RECKONED)
def test_such_a_value_follows_from_the_record_alone(world, slug, name):
    """One that looks at other records says what was true then, and is marked `as_saved`."""
    record = row(SYSTEM, REGISTERS[slug], made(world, slug).id)
    before = database.obj.query_count
    REGISTERS[slug].fields[name].computed(record)
    assert database.obj.query_count == before


def test_a_closed_semester_keeps_no_wrong_value(world):
    record = made(world, "fitness-test")
    spoil("fitness-test", record, bmi=1)
    closed(world)
    assert computed.set_right(NOON) == 1
    assert value("fitness-test", record, "bmi") != 1
