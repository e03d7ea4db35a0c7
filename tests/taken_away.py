"""Taking the proof of a demand away: a record removed or spoiled, a line short, a right lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from compliance.checklists.hardware import AREA, ASSET, BOOK, PERIODICAL, POSTING, ROOM, SIGN
from compliance.judged import safeguards
from compliance.judged.sources import registers_read
from compliance.ordered.catalogue import duty_called
from models.core import rights, service
from models.core.database import writing
from models.core.errors import InUse
from models.core.fields import OPEN
from models.core.gates import every_row
from models.core.register import find, parent_register, register_of
from models.core.service import LineInput
from models.kept.archive import ArchiveItem
from models.kept.calls import FamilyCall, callee_is_allowed, entered_before
from models.kept.counselling import Counselling
from models.kept.talks import HomeVisit
from tests.meeting_founding import AUTUMN

# Never deleted by hand, and so that a verdict turns when one word is taken out of them.
SPOILT = {
    "incident": {"in_school": ""},
    "enrolment": {"until": "2025-09-02"},
    "class-teacher": {"until": "2025-09-02"},
}
# Where a duty asks for another word of it.
SPOILT_FOR = {"danger-measures": {"measures": ""}}


def take_away(made, duty, register, record):
    """Remove a record, or spoil the one word the duty needs where it cannot be removed."""
    above = parent_register(register)
    if register.permanent and register.slug not in SPOILT:
        put(made, register, record.id, deleted_at=made.actor.now)
    elif register.sealed or (register.final and getattr(record, register.final)):
        put(made, register, record.id, **_spoilt(made, duty, register))
    elif register.slug in SPOILT:
        said = SPOILT_FOR.get(duty.code, SPOILT[register.slug])
        service.update(made.actor, register, record.id, said, record.version)
    elif above is not None:
        owner = record.__data__[register.parent]
        whole = every_row(above).where(above.model.id == owner).first()
        if whole is None:
            return
        gone = [LineInput({}, record.id, record.version, remove=True)]
        service.update(made.actor, above, owner, {}, whole.version, {register.slug: gone})
    else:
        try:
            service.delete(made.actor, register, record.id)
        except InUse:
            blank(made, duty, register, record)


def _spoilt(made, duty, register):
    """A word the duty asks for is gone, else the whole record."""
    asked = [name for name in (duty.measure.field, *duty.measure.fields) if name]
    empty = [name for name in asked if not register.fields[name].required]
    return {empty[0]: None} if empty else {"deleted_at": made.actor.now}


def blank(made, duty, register, record):
    """Empty one field the duty asks to be filled in, else move the record out of the semester."""
    asked = [name for part in duty.parts for name in part.fields] or list(duty.measure.fields)
    empty = [n for n in asked if n in register.fields and not register.fields[n].required]
    raw = {empty[0]: ""} if empty else {register.happened: "2025-08-20"}
    if not empty and register.happened.endswith("_at"):
        raw[register.happened] += " 10:00"
    service.update(made.actor, register, record.id, raw, record.version)


def put(made, register, number, **columns):
    """Write past the rules, as nobody can on a page; what reads the record is told."""
    model = register.model
    with service.work(made.actor) as current, writing():
        record = every_row(register).where(model.id == number).first()
        before = service.snapshot(register, record)
        model.update(**columns).where(model.id == number).execute()
        current.touch(register, before, before)


def clear(made, register, where):
    """Take every record of a register away that a clause means."""
    for record in list(made.matching(register, where)):
        put(made, register, record.id, deleted_at=made.actor.now)


# ---- checklists ---------------------------------------------------------------------------------


# What makes each record that a line counts count no more, by how it is counted.
SHORT = {
    ASSET: {"condition": "待修"},
    AREA: {"area_m2": "59"},
    SIGN: {"sign": ""},
    ROOM: {"closed_on": "2025-10-30"},
    BOOK: {"copies": "1"},
    PERIODICAL: {"until": "2025-10-30"},
}


def spoil_line(made, line):
    """Make a line of hardware short; returns the registers touched."""
    if line.counted == POSTING:
        return _take_down(made, line)
    register = find(line.register)
    counted = every_row(register)
    if line.counted == ASSET:
        room = made.room(line.room)
        wanted = register.model.checklist_item == line.item
        counted = counted.where(wanted, register.model.room == room)
    elif register.slug == "room":
        counted = counted.where(register.model.kind == line.room)
    for one in list(counted):
        made.change(register.slug, one.id, **SHORT[line.counted])
    return {register.slug}


def _take_down(made, line):
    posting, regulation = find("wall-posting"), find("regulation")
    topics = {one.id: one.topic for one in every_row(regulation)}
    for one in list(every_row(posting)):
        if topics[one.document_id] == line.topic and kind_of_room(one.room_id) == line.room:
            put(made, posting, one.id, removed_on=date(2025, 10, 30))
    return {"wall-posting", "regulation"}


def kind_of_room(number):
    room = find("room")
    return every_row(room).where(room.model.id == number).first().kind


def registers_of_item(item):
    """Return the slugs of the registers an archive item is judged by."""
    read = {one.register.slug for one in item.sources} | set(item.photos) | {"photo"}
    for code in item.duties:
        read |= registers_read(duty_called(code, AUTUMN))
    return read


def spoil_item(made, item, proofs):
    """Take away what one source of an archive item holds, else what proves its first duty."""
    asked = [one for one in item.sources if not one.waived]
    if asked:
        clear(made, asked[0].register, asked[0].where)
        return {asked[0].register.slug}
    duty = duty_called(item.duties[0], AUTUMN)
    touched = set()
    for register, record in proofs(made, duty):
        take_away(made, duty, register, record)
        above = parent_register(register)
        touched |= {register.slug} | ({above.slug} if above else set())
    return touched


# ---- permissions --------------------------------------------------------------------------------


def _without(rule):
    def broken(monkeypatch):
        register = register_of(FamilyCall)
        kept = tuple(one for one in register.rules if one is not rule)
        monkeypatch.setitem(register.__dict__, "rules", kept)

    return broken


def _unsealed(monkeypatch):
    monkeypatch.setitem(register_of(Counselling).__dict__, "sealed", False)


def _handed_out(monkeypatch):
    """The rights table lets a counsellor export what is sealed."""
    decided = rights.may

    def generous(actor, verb, register):
        return register.sealed if verb == "export" else decided(actor, verb, register)

    monkeypatch.setattr(safeguards, "may", generous)


def _remark_shown(monkeypatch):
    fields = register_of(HomeVisit).fields
    monkeypatch.setitem(fields, "private_remark", replace(fields["private_remark"], secret=OPEN))


def _never_final(monkeypatch):
    monkeypatch.setitem(register_of(ArchiveItem).__dict__, "final", "")


BROKEN_RIGHTS = {
    "sealed": _unsealed,
    "anonymised-export": _handed_out,
    "private-remark": _remark_shown,
    "call-logged-first": _without(entered_before),
    "call-allowed-callee": _without(callee_is_allowed),
    "archive-locked": _never_final,
}
