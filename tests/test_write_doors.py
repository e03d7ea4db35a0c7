"""What one door refuses, all refuse: new, edited, imported, in bulk, on lines, restored, undone."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from admin.registers import actions
from models.core import service
from models.core.actor import SYSTEM
from models.core.database import database
from models.core.errors import Invalid, Locked, RecordsError
from models.core.gates import row
from models.core.register import REGISTERS
from tests.doors import (
    TYPED,
    Doors,
    Fault,
    LeftOut,
    faults,
    later,
    otherwise,
    told_at,
    traces,
)
from tests.lock_states import LOCKED, another, apart, closed, finished


@pytest.fixture(autouse=True)
def inside_the_app(app):
    """Forms are made inside the running app."""
    with app.test_request_context():
        yield


def opened(door, raw):
    """Whether healthy values go through the door; nothing of it stays."""
    with database.atomic() as transaction:
        try:
            return door.write(raw) is not None
        finally:
            transaction.rollback()


def refusal(door, raw):
    """What the door says to values, and at which fields; None when it lets them in."""
    try:
        with database.atomic() as transaction:
            door.write(raw)
            transaction.rollback()
    except LeftOut as error:
        return None, str(error)
    except RecordsError as error:
        return told_at(error), str(error)
    return set(), ""


def let_in(door, tried, healthy, said):
    """The faults the door does not refuse at their field; a bulk step says what an edit says."""
    for fault in filter(door.takes, tried):
        raw = healthy | fault.raw
        # A line that says nothing is no line, as an empty row of a form is none.
        if not any(raw.values()) and "line" in door.name:
            continue
        names, text = refusal(door, raw)
        if names is None:
            names = {fault.field} if text == said[fault.name] else {text}
        said[fault.name] = text
        if fault.field not in names:
            yield door.name, fault.name, names


def leftovers(doors, tried, healthy, said, register):
    """What the doors let in of the faults, and which of them leave something behind."""
    found = []
    for door in doors:
        before = traces(register)
        found += let_in(door, tried, healthy, said)
        if traces(register) != before:
            found.append((door.name, "leaves something behind"))
    return found


@pytest.mark.parametrize("slug", TYPED)
def test_a_value_refused_when_a_record_is_new_is_refused_at_every_door(slug, app, world):
    register = REGISTERS[slug]
    doors = Doors(app, world.clerk, register)
    tried, said = list(faults(doors)), {}
    assert [door.name for door in doors.new() if not opened(door, doors.healthy)] == []
    assert leftovers(doors.new(), tried, doors.healthy, said, register) == []
    record = doors.factory.save(register)
    assert leftovers(doors.change(record), tried, {}, said, register) == []


# ---- business keys

KEYED = [(slug, key) for slug in TYPED for key in REGISTERS[slug].key]
# What has to stand beside a key, and beside another one.
BESIDE = {"id_number": {"born_on": "2012-05-06", "sex": "女", "id_number": "520624201205060063"}}
APART = {
    "semester": {"first_day": "2030-09-02", "last_day": "2031-01-17"},
    "evaluation-ballot": {"school_year": "2026-2027"},
}


def two_of(doors, key):
    """The values of two records with different keys."""
    keyed = {n: doors.healthy.get(n) or doors.factory.value(doors.register.spec(n)) for n in key}
    taken = doors.healthy | keyed | BESIDE.get(key[-1], {})
    free = taken | {n: otherwise(doors.factory, doors.register, n, taken[n]) for n in key}
    return taken, free | APART.get(doors.register.slug, {})


@pytest.mark.parametrize(("slug", "key"), KEYED, ids=lambda part: "".join(part))
def test_a_key_in_use_is_refused_at_every_door(slug, key, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    doors = Doors(app, clerk, register)
    taken, free = two_of(doors, key)
    holder = service.create(clerk, register, taken, doors.lines)
    clash, said = Fault("a key in use", {name: taken[name] for name in key}, key[-1]), {}
    assert leftovers(doors.new(), [clash], free, said, register) == []
    other = service.create(clerk, register, free, doors.lines)
    assert leftovers(doors.change(other), [clash], {}, said, register) == []
    if register.permanent:
        return
    service.delete(clerk, register, holder.id)
    service.update(clerk, register, other.id, clash.raw, other.version)
    with pytest.raises(Invalid) as refused:
        service.restore(clerk, register, holder.id)
    assert set(refused.value.errors) == {key[-1]}


# ---- the day it happened

DATED = [slug for slug in TYPED if REGISTERS[slug].happened]
OPEN_ENDED = [slug for slug in DATED if REGISTERS[slug].open_until]


@pytest.mark.parametrize("slug", [s for s in DATED if not REGISTERS[s].planned])
def test_a_day_that_lies_ahead_is_refused_at_every_door(slug, app, world):
    register = REGISTERS[slug]
    doors = Doors(app, world.clerk, register)
    name, said = register.happened, {}
    ahead = [Fault("lies ahead", {name: later(world.clerk, register, 3)}, name)]
    assert leftovers(doors.new(), ahead, doors.healthy, said, register) == []
    record = doors.factory.save(register)
    assert leftovers(doors.change(record), ahead, {}, said, register) == []


@pytest.mark.parametrize("slug", [s for s in DATED if REGISTERS[s].locks])
def test_a_late_record_wants_its_reason_at_every_door_and_keeps_it(slug, app, world):
    register, name, said = REGISTERS[slug], REGISTERS[slug].happened, {}
    doors = Doors(app, world.clerk, register)
    late = [
        Fault("late", {name: later(world.clerk, register, -9), "late_reason": ""}, "late_reason")
    ]
    assert leftovers(doors.new(), late, doors.healthy, said, register) == []
    record = doors.factory.save(register)
    if not record.late_reason:
        assert leftovers(doors.change(record), late, {}, said, register) == []
    for door in doors.change(record)[:3]:
        with database.atomic() as transaction:
            door.write({**late[0].raw, "late_reason": "停电"})
            assert row(SYSTEM, register, record.id).late_reason == "停电", door.name
            transaction.rollback()


# ---- the closed semester

HOLIDAY = "2025-08-20"


@pytest.mark.parametrize("slug", LOCKED)
def test_a_closed_semester_is_closed_at_every_door(slug, app, world):
    register, said = REGISTERS[slug], {}
    doors = Doors(app, world.clerk, register)
    healthy = doors.healthy | finished(doors)
    record = doors.new()[0].write(healthy)
    change = another(doors, record)
    whole = [door for door in doors.change(record) if door.fields is None]
    assert [door.name for door in whole if not opened(door, change)] == []
    closed(world)
    inside = [Fault("in a closed semester", change, "Locked")]
    assert leftovers(doors.new(), inside, healthy, said, register) == []
    assert leftovers(doors.change(record), inside, {}, said, register) == []


@pytest.mark.parametrize("slug", [slug for slug in LOCKED if not REGISTERS[slug].parent])
def test_nothing_moves_into_or_out_of_a_closed_semester(slug, app, world):
    register, said = REGISTERS[slug], {}
    doors = Doors(app, world.clerk, register)
    name = register.happened
    day = {name: f"{HOLIDAY} 08:00" if " " in later(world.clerk, register, 0) else HOLIDAY}
    healthy = doors.healthy | finished(doors)
    inside = service.create(world.clerk, register, healthy, doors.lines)
    outside = service.create(
        world.clerk, register, apart(doors, healthy) | day | {"late_reason": "停电"}, doors.lines
    )
    closed(world)
    out = [Fault("moved out", day | {"late_reason": "停电"}, "Locked")]
    into = [Fault("moved in", {name: healthy[name]}, "Locked")]
    assert leftovers(doors.change(inside), out, {}, said, register) == []
    assert leftovers(doors.change(outside), into, {}, said, register) == []


@pytest.mark.parametrize("slug", [slug for slug in LOCKED if not REGISTERS[slug].parent])
def test_nothing_is_deleted_in_or_restored_into_a_closed_semester(slug, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    doors = Doors(app, clerk, register)
    healthy = doors.healthy | finished(doors)
    binned = service.create(clerk, register, healthy, doors.lines)
    service.delete(clerk, register, binned.id)
    kept = service.create(clerk, register, healthy, doors.lines)
    closed(world)
    before = traces(register)
    for step, record in ((service.delete, kept), (service.restore, binned)):
        with pytest.raises(Locked):
            step(clerk, register, record.id)
    for action, record in (("delete", kept), ("restore", binned)):
        step = MultiDict({"action": action, "ids": f"{record.id}:1", "confirm": "1"})
        with database.atomic() as transaction:
            shown = actions.bulk(clerk, register, step)
            transaction.rollback()
        assert [reason for _label, reason in shown["left"] if "封存" in reason]
    assert traces(register) == before


@pytest.mark.parametrize("slug", [slug for slug in OPEN_ENDED if slug in LOCKED])
def test_an_unfinished_record_is_not_begun_in_a_closed_semester(slug, app, world):
    register, said = REGISTERS[slug], {}
    doors = Doors(app, world.clerk, register)
    closed(world)
    begun = [Fault("begun in a closed semester", {}, "Locked")]
    assert leftovers(doors.new(), begun, doors.healthy, said, register) == []
