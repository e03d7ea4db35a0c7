"""The lock: register × door × (open, finished, nothing to finish), before and after closing.

A record begun in time takes what it declares as its finishing and nothing else, until it is
finished; its lines, photos and corrections stand and fall with it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from werkzeug.datastructures import MultiDict

from admin.registers import actions
from models.core import batches, lock, service
from models.core.actor import SYSTEM
from models.core.database import database, mark, writing
from models.core.errors import Locked, RecordsError
from models.core.gates import every_row, row
from models.core.register import REGISTERS, line_registers, parent_register, register_of
from models.core.service import LineInput
from models.core.undo import undo
from models.kept.archive import Correction, correctable
from models.kept.photos import Photo
from models.photos import store
from models.school import semester_close
from tests.doors import Doors, LeftOut, newest, otherwise, traces
from tests.lock_states import LOCKED, STATES, apart, begun, closed, finishing, unrelated

PHOTOS, CORRECTIONS = register_of(Photo), register_of(Correction)
TOKEN = "lock-token-1"
LASTING = [slug for slug in LOCKED if REGISTERS[slug].open_until]
CASES = [(slug, state) for slug in LOCKED for state in STATES if begun(slug, state) is not None]
OPEN, FINISHED = "open", "finished"
# The closing, and a day inside what was closed.
AFTER, DAY = datetime(2026, 1, 30, 9, 0), date(2025, 11, 11)


@pytest.fixture(autouse=True)
def inside_the_app(app):
    """Forms are made inside the running app."""
    with app.test_request_context():
        yield


def doors_for(doors, record, raw):
    """The doors that take these values: a bulk step sets one of the fields it offers."""
    for door in doors.change(record):
        if door.fields is None or (len(raw) == 1 and set(raw) <= door.fields):
            yield door


def outcome(door, raw):
    """None where the values go through the door, else why not; nothing of it stays."""
    with database.atomic() as transaction:
        try:
            door.write(raw)
            return None
        except LeftOut as error:
            return Locked if "封存" in str(error) else str(error)
        except RecordsError as error:
            return type(error)
        finally:
            transaction.rollback()


def outcomes(doors, record, raw):
    return {door.name: outcome(door, raw) for door in doors_for(doors, record, raw)}


def made(app, actor, slug, state):
    """A record of the register in the state given, and its doors."""
    doors = Doors(app, actor, REGISTERS[slug])
    return doors, doors.new()[0].write(doors.healthy | begun(slug, state)(doors))


# ---- fields


@pytest.mark.parametrize(("slug", "state"), CASES)
def test_after_closing_only_what_is_left_to_finish_is_written(slug, state, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    doors, record = made(app, clerk, slug, state)
    finish, other = finishing(doors), unrelated(doors, record)
    if state == FINISHED:
        ends = register.open_until
        value = record.__data__[ends]
        finish = {ends: otherwise(doors.factory, register, ends, value)}
    tried = [raw for raw in (finish, other, finish | other) if raw]
    if state == OPEN:
        assert set(outcomes(doors, record, finish).values()) == {None}
    assert set(outcomes(doors, record, other).values()) == {None}
    closed(world)
    before = traces(register)
    for raw in tried:
        goes = state == OPEN and raw == finish
        found = outcomes(doors, record, raw)
        assert set(found.values()) == {None if goes else Locked}, raw
    assert traces(register) == before


@pytest.mark.parametrize("slug", LASTING)
def test_what_was_finished_after_closing_is_closed_from_then_on(slug, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    doors, record = made(app, clerk, slug, OPEN)
    closed(world)
    finish = finishing(doors)
    next(iter(doors.change(record))).write(finish)
    ends = register.open_until
    assert row(SYSTEM, register, record.id).__data__[ends] is not None
    for raw in ({ends: ""}, unrelated(doors, record)):
        assert set(outcomes(doors, record, raw).values()) == {Locked}


@pytest.mark.parametrize("state", [OPEN, FINISHED])
@pytest.mark.parametrize("slug", LASTING)
def test_what_was_finished_after_closing_is_told_apart(slug, state, app, world):
    """封存后完成: record and count say so, of nothing else; the numbers of the closing stay."""
    register, later = REGISTERS[slug], AFTER + timedelta(days=1)
    doors, record = made(app, world.clerk, slug, state)
    leader = world.actor("leadership", now=AFTER)
    step = semester_close.close(leader, world.autumn, "已审核", semester_close.Numbers(5, 1))
    semester = row(SYSTEM, REGISTERS["semester"], world.autumn)

    def told():
        dated = [(row(SYSTEM, register, record.id), DAY)]
        late = semester_close.finished_after_closing(register, dated)
        return late, semester_close.finished_since(semester, step)

    assert told() == (set(), 0)
    if state == OPEN:
        late = Doors(app, replace(world.clerk, now=later), register)
        next(iter(late.change(record))).write(finishing(doors))
    else:
        # Written since, by the product, and not its end: a link that moved in a merge.
        model = register.model
        with writing():
            model.update(changed_at=later).where(mark(model._meta.table_name)).execute()
    assert told() == (({record.id}, 1) if state == OPEN else (set(), 0))
    kept = semester_close.last_closing(world.autumn)
    assert (kept.records, kept.lacking) == (5, 1)


@pytest.mark.parametrize("slug", LASTING)
def test_every_single_finishing_field_is_let_through_by_the_lock(slug, app, world):
    """Whatever else is wrong with the value alone: the lock is not what refuses it."""
    register, clerk = REGISTERS[slug], world.clerk
    doors, record = made(app, clerk, slug, OPEN)
    closed(world)
    for name in register.finishing:
        if name in register.fields:
            value = doors.factory.value(register.spec(name))
            found = outcomes(doors, record, {name: value})
            assert Locked not in found.values(), name


# ---- the days of an own act


@pytest.mark.parametrize(
    ("slug", "state"),
    [
        (s, t)
        for s, t in CASES
        if s in LASTING and "teacher" in (parent_register(REGISTERS[s]) or REGISTERS[s]).creates
    ],
)
def test_after_the_days_a_teacher_writes_only_what_is_left_to_finish(slug, state, app, world):
    register = REGISTERS[slug]
    doors, record = made(app, world.clerk, slug, state)
    owner = doors._owner_of(record) if register.parent else record
    with database.atomic(), writing():
        type(owner).update(entered_by=world.alice.user_id).where(
            type(owner).id == owner.id
        ).execute()
    finish, other = finishing(doors), unrelated(doors, record)
    for days in (6, 8):
        late = replace(world.alice, now=world.alice.now + timedelta(days=days))
        doors.actor = late
        door = doors.change(record)[0]
        with database.atomic() as transaction:
            plain = outcome(door, other)
            ends = outcome(door, finish)
            transaction.rollback()
        if days == 6:
            assert plain is None
            continue
        assert plain is not None
        assert (ends is None) == (state == OPEN)


@pytest.mark.parametrize(
    "slug",
    [s for s in LASTING if (home := parent_register(REGISTERS[s])) and "teacher" in home.creates],
)
def test_a_line_whose_records_days_are_over_takes_its_finishing_alone(slug, app, world):
    """Also written by itself, not in its record's form."""
    register = REGISTERS[slug]
    doors, record = made(app, world.clerk, slug, OPEN)
    owner = doors._owner_of(record)
    with database.atomic(), writing():
        for one in (owner, record):
            type(one).update(entered_by=world.alice.user_id).where(type(one).id == one.id).execute()
    late = replace(world.alice, now=world.alice.now + timedelta(days=8))

    def written(raw):
        with database.atomic() as transaction:
            try:
                service.update(late, register, record.id, raw, record.version)
            except RecordsError as error:
                return type(error)
            finally:
                transaction.rollback()

    assert written(unrelated(doors, record)) is Locked
    assert written(finishing(doors)) is None


# ---- deleting, restoring, undoing


@pytest.mark.parametrize(("slug", "state"), CASES)
def test_nothing_comes_or_goes_in_a_closed_semester_whatever_its_state(slug, state, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    doors, record = made(app, clerk, slug, state)
    if register.parent:
        owner, lines = doors._owner_of(record), {slug: [LineInput({}, record.id, remove=True)]}
        closed(world)
        before = traces(register)
        with pytest.raises(Locked):
            service.update(clerk, doors.parent, owner.id, {}, owner.version, lines)
        assert traces(register) == before
        return
    binned = doors.new()[0].write(apart(doors, doors.healthy | begun(slug, state)(doors)))
    service.delete(clerk, register, binned.id)
    closed(world)
    before = traces(register)
    for step, one in ((service.delete, record), (service.restore, binned)):
        with pytest.raises(Locked):
            step(clerk, register, one.id)
    for action, one in (("delete", record), ("restore", binned)):
        posted = MultiDict({"action": action, "ids": f"{one.id}:1", "confirm": "1"})
        with database.atomic() as transaction:
            shown = actions.bulk(clerk, register, posted)
            transaction.rollback()
        assert shown["done"] == 0
    assert traces(register) == before


@pytest.mark.parametrize(("slug", "state"), CASES)
def test_a_batch_from_before_the_closing_is_not_undone_in_it(slug, state, app, world):
    """Neither what it added (a line with its record) nor what it changed is taken back."""
    register, clerk = REGISTERS[slug], world.clerk
    doors = Doors(app, clerk, register)
    batch = _imported(doors, begun(slug, state)(doors))
    record = newest(register)
    changed = _changed(doors, record, unrelated(doors, record))
    closed(world)
    before = every_row(register).count(), row(SYSTEM, register, record.id).version
    for number in (changed, batch):
        report = undo(clerk, number)
        assert (report.undone, bool(report.left)) == (0, True)
    assert (every_row(register).count(), row(SYSTEM, register, record.id).version) == before


def _imported(doors, more):
    with service.work(doors.actor) as current:
        batch = batches.open_batch(doors.actor, "import", "导入")
        current.batch = batch.id
        if doors.parent is None:
            service.create(
                doors.actor, doors.register, doors.healthy | more, doors.lines, current=current
            )
        else:
            lines = {doors.register.slug: [LineInput(doors.healthy | more)]}
            owner = row(SYSTEM, doors.parent, doors.owner.id)
            service.update(
                doors.actor, doors.parent, owner.id, {}, owner.version, lines, current=current
            )
    return batch.id


def _changed(doors, record, raw):
    with service.work(doors.actor) as current:
        batch = batches.open_batch(doors.actor, "bulk", "改一批")
        current.batch = batch.id
        stored = row(SYSTEM, doors.register, record.id)
        if doors.parent is None:
            service.update(
                doors.actor, doors.register, record.id, raw, stored.version, current=current
            )
        else:
            owner = doors._owner_of(record)
            lines = {doors.register.slug: [LineInput(raw, record.id, stored.version)]}
            service.update(
                doors.actor, doors.parent, owner.id, {}, owner.version, lines, current=current
            )
    return batch.id


# ---- new lines, photos, corrections


@pytest.mark.parametrize(
    ("slug", "state"), [(s, t) for s, t in CASES if line_registers(REGISTERS[s])]
)
def test_a_closed_record_takes_new_lines_only_where_it_declares_them(slug, state, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    _doors, record = made(app, clerk, slug, state)
    raws = {}
    for lines in line_registers(register):
        inner = Doors(app, clerk, lines)
        raws[lines.slug] = inner.healthy
    closed(world)
    for line, raw in raws.items():
        stored = row(SYSTEM, register, record.id)
        allowed = state == OPEN and line in register.finishing
        owned = REGISTERS[line]
        tries = (
            lambda stored=stored, line=line, raw=raw: service.update(
                clerk, register, record.id, {}, stored.version, {line: [LineInput(raw)]}
            ),
            lambda owned=owned, raw=raw: service.create(
                clerk, owned, {**raw, owned.parent: record.id}
            ),
        )
        for attempt in tries:
            with database.atomic() as transaction:
                try:
                    attempt()
                    assert allowed, line
                except Locked:
                    assert not allowed, line
                finally:
                    transaction.rollback()


def photo_row(actor, slug, kind, record_id=0, token=TOKEN):
    """A photo as an upload leaves it, waiting under its token."""
    given = {
        "register": slug,
        "record_id": record_id,
        "evidence": kind,
        "sha256": "a" * 64,
        "path": "aa/none.jpg",
        "kind": "jpeg",
        "upload_token": token,
    }
    return service.create(actor, PHOTOS, {}, given=given)


def tied(actor, register, record, kind):
    """Tie a waiting photo to a record, as the form does."""
    photo_row(actor, register.slug, kind)
    with service.work(actor) as current:
        stored = row(SYSTEM, register, record.id)
        return store.attach(
            actor,
            register,
            stored,
            token=TOKEN,
            captions={},
            removed=set(),
            current=current,
        )[-1]


@pytest.mark.parametrize(("slug", "state"), [(s, t) for s, t in CASES if REGISTERS[s].evidence])
def test_a_closed_record_takes_photos_only_where_it_declares_them(slug, state, app, world):
    register, clerk = REGISTERS[slug], world.clerk
    _doors, record = made(app, clerk, slug, state)
    for kind in register.evidence:
        with database.atomic() as transaction:
            assert tied(clerk, register, record, kind).record_id == record.id
            transaction.rollback()
    closed(world)
    for kind in register.evidence:
        allowed = state == OPEN and kind in register.finishing
        with database.atomic() as transaction:
            try:
                tied(clerk, register, record, kind)
                assert allowed, kind
            except Locked:
                assert not allowed, kind
            finally:
                transaction.rollback()
        with database.atomic() as transaction:
            try:
                photo_row(clerk, slug, kind, record.id)
                assert allowed, kind
            except Locked:
                assert not allowed, kind
            finally:
                transaction.rollback()


@pytest.mark.parametrize(("slug", "state"), [(s, t) for s, t in CASES if REGISTERS[s].evidence])
def test_photos_of_a_closed_record_are_neither_changed_nor_removed_nor_brought_back(
    slug, state, app, world
):
    register, clerk = REGISTERS[slug], world.clerk
    _doors, record = made(app, clerk, slug, state)
    kind = next(iter(register.evidence))
    kept, binned = (tied(clerk, register, record, kind) for _ in range(2))
    service.delete(clerk, PHOTOS, binned.id)
    child = {"photo-child": [LineInput({"child": world.child_a})]}
    closed(world)
    before = traces(PHOTOS)
    steps = (
        lambda: service.update(clerk, PHOTOS, kept.id, {"matter": "改"}, kept.version),
        lambda: service.update(clerk, PHOTOS, kept.id, {}, kept.version, child),
        lambda: service.delete(clerk, PHOTOS, kept.id),
        lambda: service.restore(clerk, PHOTOS, binned.id),
        lambda: store.remove(clerk, kept),
        lambda: store.restore(clerk, binned.id),
    )
    for step in steps:
        with pytest.raises(Locked):
            step()
    for action, one in (("delete", kept), ("restore", binned), ("set", kept)):
        posted = MultiDict(
            {
                "action": action,
                "ids": f"{one.id}:{row(SYSTEM, PHOTOS, one.id, deleted=None).version}",
            }
            | {"confirm": "1", "field": "note", "value": "改"}
        )
        with database.atomic() as transaction:
            assert actions.bulk(clerk, PHOTOS, posted)["done"] == 0, action
            transaction.rollback()
    assert traces(PHOTOS) == before


def test_a_photo_of_a_record_in_the_bin_is_as_closed_as_its_record(world):
    register, clerk = REGISTERS["home-visit"], world.clerk
    record = row(SYSTEM, register, world.visit_a)
    kind = next(iter(register.evidence))
    kept, binned = (tied(clerk, register, record, kind) for _ in range(2))
    service.delete(clerk, PHOTOS, binned.id)
    service.delete(clerk, register, record.id)
    closed(world)
    before = traces(PHOTOS)
    for step in (
        lambda: service.update(clerk, PHOTOS, kept.id, {"matter": "改"}, kept.version),
        lambda: service.delete(clerk, PHOTOS, kept.id),
        lambda: service.restore(clerk, PHOTOS, binned.id),
    ):
        with pytest.raises(Locked):
            step()
    assert traces(PHOTOS) == before


@pytest.mark.parametrize(("slug", "state"), [(s, t) for s, t in CASES if correctable(REGISTERS[s])])
def test_a_closed_record_takes_no_corrections(slug, state, app, world):
    clerk = world.clerk
    _doors, record = made(app, clerk, slug, state)
    raw = {"register": slug, "record_id": record.id, "text": "更正"}
    written = service.create(clerk, CORRECTIONS, raw)
    closed(world)
    for step in (
        lambda: service.create(clerk, CORRECTIONS, raw),
        lambda: service.update(clerk, CORRECTIONS, written.id, {"text": "另"}, written.version),
        lambda: service.delete(clerk, CORRECTIONS, written.id),
    ):
        with pytest.raises(Locked):
            step()


NEVER_LOCKED = [slug for slug, one in REGISTERS.items() if one.happened and not one.locks]


@pytest.mark.parametrize("slug", NEVER_LOCKED)
def test_what_is_never_locked_stays_open_in_a_closed_semester(slug, world):
    register = REGISTERS[slug]
    closed(world)
    assert lock.shut_with(register, register.model(**{register.happened: DAY})) is None
