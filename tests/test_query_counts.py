"""What a page costs in queries, for few rows and for many."""

from __future__ import annotations

import pytest

from models.core import search_text, service
from models.core.actor import SYSTEM
from models.core.database import database
from models.core.gates import rows
from models.core.register import REGISTERS
from tests.factory import Factory
from tests.which_fields import BY_PROCEDURE

pytestmark = pytest.mark.usefixtures("as_served")

MOST = 5
# A list the inspector looks at is logged, and the names to mask in free text are read.
FOR_THE_INSPECTOR = 2
FEW, MANY = 3, 60
# Made by the product, or sealed: no row of them is copied.
NOT_COPIED = {"bundle", "counselling", "mind-file", "photo", "photo-child", "correction", "user"}
# There are never many of them, and the whole calendar hangs on each.
NOT_COPIED |= {"school", "semester", "semester-close", "holiday"}
# Sheets have a page of their own, which is counted in tests.test_evaluation_pages.
NOT_COPIED |= set(BY_PROCEDURE)
COPIED = [slug for slug in REGISTERS if slug not in NOT_COPIED]


def queries(client, address):
    assert client.get(address).status_code == 200
    before = database.obj.query_count
    client.get(address)
    return database.obj.query_count - before


def copies(world, slug, many):
    """Have `many` living rows of a register: copies of one, with other business keys."""
    register = REGISTERS[slug]
    acting = world.clerk
    first = next(iter(rows(SYSTEM, register)), None) or Factory(acting).save(register)
    keyed = {name for key in register.key for name in key}
    with service.work(acting):
        for number in range(rows(SYSTEM, register).count(), many):
            record = register.model(**{**first.__data__, "id": None})
            record.entered_by, record.entered_at = world.alice.user_id, acting.now
            if not _distinguish(register, record, keyed, number):
                return False
            search_text.refresh(register, record)
            record.save(force_insert=True)
    return True


def _distinguish(register, record, keyed, number):
    """Give a copy business keys of its own; False where only links and words are keys."""
    if not register.key:
        return True
    for name in keyed:
        spec = register.fields[name]
        if spec.field.null:
            setattr(record, name, None)
            continue
        if spec.target is None and not getattr(spec.field, "words", None):
            value = getattr(record, name)
            if isinstance(value, str):
                setattr(record, name, f"{value[:6]}{number}")
                continue
        return False
    return True


@pytest.mark.parametrize("slug", COPIED)
def test_a_list_page_does_not_grow_with_its_rows(client_as, world, slug):
    people = {name: client_as(name) for name in ("clerk", "alice", "inspector")}
    address = f"/r/{slug}/?size=100"
    if not copies(world, slug, FEW):
        pytest.skip("one row a child or a year: the list cannot be made longer by copying")
    readers = {n: c for n, c in people.items() if c.get(address).status_code == 200}
    few = {name: queries(client, address) for name, client in readers.items()}
    copies(world, slug, MANY)
    many = {name: queries(client, address) for name, client in readers.items()}
    most = {name: MOST + (FOR_THE_INSPECTOR if name == "inspector" else 0) for name in many}
    assert all(many[name] <= most[name] for name in many), many
    assert all(many[name] <= few[name] + 1 for name in many), (few, many)


def test_a_teachers_day_does_not_grow_with_what_was_recorded(client_as, world):
    alice = client_as("alice")
    few = queries(alice, "/today")
    copies(world, "talk", MANY)
    alice.get("/today")
    many = queries(alice, "/today")
    assert many <= few + 1
    assert many <= 20
