"""Every register's rows on several days, for everybody, against rules worked out a second time.

What ended, is still to come, was deleted, restored or handed to somebody else is in the school of
`tests.matrix_time`; whose it is then says `tests.whose_rows`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from models.core.gates import rows
from models.core.register import REGISTERS
from models.core.rights import may_on
from tests import whose_rows
from tests.conftest import taken_back
from tests.matrix_time import DAYS, TERMS, WAYS, at
from tests.whose_rows import may_change, person_of
from tests.world import NOON, TODAY

WHO = ("alice", "bob", "charlie", "counsellor", "clerk", "leadership", "inspector")


@pytest.fixture
def school(time_school, worker_app, clock):
    """The school in time inside a transaction that is rolled back."""
    with taken_back(time_school.folder, worker_app, clock):
        yield time_school


def people(made):
    """Everybody, a second counsellor, and a teacher without an account or a record as staff."""
    found = {name: made.world.actors[name] for name in WHO}
    alice, bob = made.world.alice, made.world.bob
    return found | {
        "another counsellor": replace(bob, role="counsellor"),
        "Alice's account alone": replace(alice, staff_id=None),
        "Alice without an account": replace(alice, user_id=None),
    }


def ids_of(actor, slug, deleted=False):
    register = REGISTERS[slug]
    query = rows(actor, register, deleted=deleted).select(register.model.id)
    return {one for (one,) in query.tuples()}


def test_every_register_says_what_teachers_see_of_it():
    told = " ".join(whose_rows.SEEN_BY_TEACHERS.values()).split()
    whole = [slug for slug, register in REGISTERS.items() if not register.parent]
    assert sorted(told) == sorted(whole)


def asked(who, day):
    """The registers asked on a day: on other days than today those whose rows hang on the day."""
    if day == TODAY:
        return list(REGISTERS)
    if who.role not in whose_rows.TEACHERS:
        return []
    lasting = (whose_rows.EVERYTHING, whose_rows.NOTHING, whose_rows.RECORD)
    homes = {slug: whose_rows.parent_slug(slug) or slug for slug in REGISTERS}
    return [
        slug
        for slug, home in homes.items()
        if whose_rows.rule_of(home) not in lasting or slug in whose_rows.NARROWER
    ]


def test_everybody_reads_the_rows_of_the_day_and_no_others(school, facts):
    wrong = []
    for name, actor in people(school).items():
        who = person_of(actor)
        for day in DAYS:
            asking = replace(actor, now=at(day))
            for slug in asked(who, day):
                got, due = ids_of(asking, slug), facts.seen(who, slug, day)
                if got != due:
                    wrong.append(f"{name} {slug} {day}: {got - due} too many, {due - got} lacking")
    assert not wrong, "\n" + "\n".join(wrong[:30])


@pytest.mark.parametrize("deleted", [True, None])
def test_the_recycle_bin_keeps_to_the_same_rows(school, facts, deleted):
    wrong = []
    for name in ("alice", "clerk", "inspector"):
        actor = school.world.actors[name]
        for slug in REGISTERS:
            got = ids_of(actor, slug, deleted)
            due = facts.seen(person_of(actor), slug, TODAY, deleted=deleted)
            if got != due:
                wrong.append(f"{name} {slug}: {got - due} too many, {due - got} lacking")
    assert not wrong, "\n" + "\n".join(wrong[:30])


def test_the_school_in_time_holds_every_state_for_alice_on_every_day(school, facts):
    """Else nothing above would be told: each register has rows she reads and rows she does not."""
    alice = person_of(school.world.alice)
    for day in DAYS:
        own = facts.children(alice, day)
        for way in WAYS:
            states = {state: school.children[way, state] in own for state in TERMS}
            assert {True, False} <= set(states.values()), (way, day)
    for slug, register in REGISTERS.items():
        home = whose_rows.parent_slug(slug) or slug
        if whose_rows.rule_of(home) in (whose_rows.EVERYTHING, whose_rows.NOTHING):
            continue
        whole = {row["id"] for row in facts.living(slug)}
        seen = facts.seen(alice, slug, TODAY)
        assert seen or register.sealed, slug
        assert whole - seen or len(whole) < 2, slug


# ---- how long one's own acts are changed ---------------------------------------------------------

# When a record was entered and last changed, as seen from NOON.
WRITTEN = {
    "just now": (NOON, NOON),
    "today at midnight": (datetime(2025, 11, 12), datetime(2025, 11, 12)),
    "yesterday at the last second": (datetime(2025, 11, 11, 23, 59, 59),) * 2,
    "yesterday, changed today": (NOON - timedelta(days=1), NOON - timedelta(hours=1)),
    "three days ago": (NOON - timedelta(days=3),) * 2,
    "three days and a second ago": (NOON - timedelta(days=3, seconds=1),) * 2,
    "seven days ago to the second": (NOON - timedelta(days=7),) * 2,
    "a second longer ago": (NOON - timedelta(days=7, seconds=1),) * 2,
    "eight days ago, changed today": (NOON - timedelta(days=8), NOON),
    "three weeks ago, changed yesterday": (NOON - timedelta(days=21), NOON - timedelta(days=1)),
}


def own_and_others(register, alice, bob):
    """Unsaved records by whose act they are: (why, values)."""
    yield "entered by Alice", {"entered_by": alice.user_id, "changed_by": bob.user_id}
    yield "changed by Alice", {"entered_by": bob.user_id, "changed_by": alice.user_id}
    yield "entered by the product", {"entered_by": None, "changed_by": None}
    for name in register.act_by:
        if "." not in name:
            said = {"entered_by": bob.user_id, "changed_by": bob.user_id}
            yield f"naming Alice as {name}", {**said, name: alice.staff_id}


def written(register):
    """Records of a register entered at every moment, open and closed where it says so."""
    for when, (entered, changed) in WRITTEN.items():
        values = {"entered_at": entered, "changed_at": changed, "version": 2}
        if not register.open_until:
            yield when, values
            continue
        name, word = whose_rows.WAITS.get(register.slug, ("", None))
        waits = {name: word} if name else {}
        yield f"{when}, open", {**values, **waits, register.open_until: None}
        yield f"{when}, nothing to finish", {**values, register.open_until: None}
        yield f"{when}, finished", {**values, **waits, register.open_until: TODAY}


@pytest.mark.parametrize("days", [7, 3])
def test_own_acts_are_edited_for_days_and_deleted_on_the_day_of_entry(world, days):
    wrong, edited = [], 0
    actors = {name: replace(world.actors[name], edit_days=days) for name in WHO}
    actors["Alice's account alone"] = replace(actors["alice"], staff_id=None)
    actors["Alice without an account"] = replace(actors["alice"], user_id=None)
    for register in REGISTERS.values():
        columns = [one.column_name for one in register.model._meta.sorted_fields]
        for whose, hands in own_and_others(register, world.alice, world.bob):
            for when, times in written(register):
                record = register.model(**{**hands, **times})
                plain = {record._meta.fields[n].column_name: v for n, v in record.__data__.items()}
                plain = dict.fromkeys(columns) | plain
                for name, actor in actors.items():
                    for verb in ("edit", "delete"):
                        got = bool(may_on(actor, verb, register, record))
                        who = person_of(actor)
                        due = may_change(who, verb, register.slug, plain, NOON, days)
                        edited += got
                        if got != due:
                            wrong.append(f"{name} {verb} {register.slug} {whose} {when}: {got}")
    assert not wrong, "\n" + "\n".join(wrong[:30])
    assert edited
