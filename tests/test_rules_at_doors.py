"""Every cross-field rule holds at every door: typed, imported, edited, on a line, restored."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.converters import clean
from models.core.database import database, writing
from models.core.errors import RecordsError
from models.core.register import REGISTERS, parent_register, register_of
from tests.doors import NOT_TYPED, TYPED, Doors, ghost, newest, told_at, traces
from tests.test_register_rules import CASES, REASON, Saving, attempt, named
from tests.test_write_doors import inside_the_app  # noqa: F401
from tests.which_fields import BY_PROCEDURE


def refused_at(step, *given):
    """The fields a step is refused at; none where it goes through."""
    with database.atomic() as transaction:
        try:
            step(*given)
        except RecordsError as error:
            return told_at(error)
        finally:
            transaction.rollback()
    return set()


def values(saving, case, which):
    """All the values of a case, those it does not name as they stand in a minimal record."""
    register = REGISTERS[case["register"]]
    told = {**dict.fromkeys({**case["accepted"], **case["refused"]}, ""), **case[which]}
    return {**saving.factory.minimal(register), **REASON, **saving.meant(told)}


# The cases whose fault lies in the record itself, not in its owner or its lines.
OWN = [case for case in CASES if not {"refused_of", "refused_lines"} & set(case)]
# What a procedure alone writes has no doors: nobody gets as far as the rule.
OWN = [case for case in OWN if case["register"] not in BY_PROCEDURE]


@pytest.mark.parametrize("case", OWN, ids=named)
def test_a_rule_that_holds_for_a_new_record_holds_at_every_door(case, app, world):
    register = REGISTERS[case["register"]]
    saving = Saving(world.clerk, case)
    saving.prepare(case)
    doors = Doors(app, world.clerk, register)
    wrong = values(saving, case, "refused")
    expected = {"Locked"} if register.final in case["accepted"] else {case["field"]}
    if not case.get("change") and not register.parent:
        for door in doors.new():
            assert case["field"] in refused_at(door.write, wrong), door.name
    record = attempt(saving, case, "accepted")
    record = newest(register) if register.parent else record
    before = traces(register)
    for door in doors.change(record):
        if door.fields is None:
            assert expected <= refused_at(door.write, wrong), door.name
    assert traces(register) == before


def put(register, number, raw):
    """Write values past the rules, as they may have become true while the record lay aside."""
    model = register.model
    stored = {name: clean(register.spec(name).field, raw[name]) for name in raw}
    with database.atomic(), writing():
        model.update(**stored).where(model.id == number).execute()


def binned(clerk, register, record):
    """Delete a record, a line with the record it belongs to; return which lies in the bin."""
    parent = parent_register(register)
    if parent is None:
        return register, service.delete(clerk, register, record.id).id
    return parent, service.delete(clerk, parent, record.__data__[register.parent]).id


# Rules that ask what stands beside a record.
NEIGHBOURS = [
    case
    for case in OWN
    if "setup" in case
    and not {"change", "beside"} & set(case)
    and not REGISTERS[case["register"]].permanent
]


@pytest.mark.parametrize("case", NEIGHBOURS, ids=named)
def test_what_is_restored_fits_what_stands_meanwhile(case, world):
    register = REGISTERS[case["register"]]
    saving = Saving(world.clerk, case)
    saving.prepare(case)
    record = attempt(saving, case, "accepted")
    record = newest(register) if register.parent else record
    owner, number = binned(world.clerk, register, record)
    assert refused_at(service.restore, world.clerk, owner, number) == set()
    wrong = values(saving, case, "refused")
    put(register, record.id, {n: v for n, v in wrong.items() if n in register.fields})
    before = traces(register)
    assert case["field"] in refused_at(service.restore, world.clerk, owner, number)
    assert traces(register) == before


DELETED = [s for s in TYPED if not (parent_register(REGISTERS[s]) or REGISTERS[s]).permanent]


@pytest.mark.parametrize("slug", DELETED)
def test_what_is_restored_points_to_nothing_in_the_bin(slug, app, world):
    register = REGISTERS[slug]
    record = Doors(app, world.clerk, register).factory.save(register)
    owner, number = binned(world.clerk, register, record)
    assert refused_at(service.restore, world.clerk, owner, number) == set()
    for spec in register.links:
        if spec.name != register.parent and register_of(spec.target).slug not in NOT_TYPED:
            with database.atomic() as transaction:
                put(register, record.id, {spec.name: ghost(register_of(spec.target))})
                found = refused_at(service.restore, world.clerk, owner, number)
                assert spec.name in found
                transaction.rollback()
