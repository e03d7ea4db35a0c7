"""Saving what a form posted: one record or one act with several children, photos, conflicts."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict

from admin.frame.form_fields import PickerField, initial_of
from admin.registers.form import FormPage
from admin.registers.photo_forms import form_values
from models.core import audit, batches, receipts, service
from models.core.actor import Actor
from models.core.display import page as display
from models.core.errors import Invalid
from models.core.gates import row
from models.core.register import Register, register_of
from models.core.values import folds_told, whole
from models.photos.store import attach
from models.school import entry_times
from models.school.pupils import Pupil

# One act is entered for at most this many children at once.
MANY_CAP = 200
ROLL_CALL_WORD = "一起登记："
_BEGINNING = datetime(2020, 1, 1)
# Says how a post travels, not what it records.
_HOW_SENT = frozenset({"csrf_token", "sent_as", "another", "opened"})


def save_new(actor: Actor, page: FormPage, request: Request) -> tuple[list[Any], Any | None]:
    """Create what the form says; return the records and, of several children, their batch."""
    register, raw = page.register, page.raw()
    ids = page.many()
    if len(ids) > MANY_CAP:
        raise Invalid({register.many: f"一次最多为 {MANY_CAP} 名学生登记，请分几次"})
    if len(set(ids)) > 1:
        return _save_act(
            actor, page, request, [({**raw, register.many: one}, "") for one in dict.fromkeys(ids)]
        )
    one = {**raw, register.many: ids[0]} if ids else raw
    lines = {block.register.slug: block.inputs() for block in page.lines}
    with _work_once(actor, request) as current:
        saved = service.create(actor, register, one, lines, current=current)
        _attach(actor, register, saved, request, current)
        current.outcome = {"records": [saved.id]}
    return [saved], None


def fresh_token() -> str:
    """Return the token a form carries, so that the same post sent again is one record."""
    return secrets.token_urlsafe(18)


def opened_at(now: datetime) -> str:
    """Return what a form carries of the moment it was opened."""
    return str(round((now - _BEGINNING).total_seconds()))


def note_time(register: Register, opened: str, records: int, now: datetime) -> None:
    """Note how long a form was open that was saved; of what is sealed nothing is noted."""
    began = whole(opened, least=1) if opened.isascii() else None
    if began is not None and not register.sealed:
        seconds = (now - _BEGINNING).total_seconds() - began
        entry_times.note(register.slug, seconds, records, now.date())


def typed_again(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return what a form to be checked carries on to the next step, but for what steers it."""
    steering = ("step", "csrf_token", "once")
    return [(name, text) for name, text in form.items(multi=True) if name not in steering]


def token_of(request: Request) -> str:
    """Return what tells this post from every other, "" when its form carries no token.

    An entry a phone kept without network has an identity of its own, whatever stands in it.
    """
    kept = request.form.get("sent_as", "")
    return f"sent/{kept[:64]}" if kept else _page_token(request)


def _page_token(request: Request) -> str:
    """Return the token of the form that was open, "" without one.

    The contents belong to it: who goes back to a form and writes another child's talk into it
    sends the old token with a new record.
    """
    token = request.form.get("once", "")
    if not token:
        return ""
    posted = sorted((key, value) for key, value in request.form.items(multi=True))
    texts = [[key, value] for key, value in posted if key not in _HOW_SENT]
    return f"{token[:40]}/{hashlib.sha256(json.dumps(texts).encode()).hexdigest()}"


@contextmanager
def _work_once(actor: Actor, request: Request) -> Iterator[service.Work]:
    """Hold the transaction of a post that is done once; AlreadyDone when it was.

    An entry the phone kept because the answer to its form was lost has been written already.
    """
    with service.work(actor, token=token_of(request)) as current:
        if request.form.get("sent_as"):
            receipts.demand_first(actor, _page_token(request))
        yield current


def folded_inputs(register: Register, form: Mapping[str, str]) -> list[str]:
    """Return a sentence per input of which a character was replaced by the usual form of it."""
    return [
        f"{spec.label}里的{told}，请核对"
        for name, spec in register.fields.items()
        if (told := folds_told(form.get(name)))
    ]


def save_roll_call(
    actor: Actor,
    page: FormPage,
    request: Request,
    chosen: Sequence[Pupil],
    own: tuple[str, Mapping[int, str]],
) -> Any:
    """Create one row per chosen child as one batch, tied by `act`, and return the batch.

    `own` is a field and the text each child has of its own in it. A refusal names its child.
    """
    raw, many = page.raw(), page.register.many
    field, texts = own
    each = []
    for pupil in chosen:
        text = {field: texts[pupil.id]} if pupil.id in texts else {}
        each.append(({**raw, many: str(pupil.id), **text}, pupil.name))
    return _save_act(actor, page, request, each)[1]


def _save_act(
    actor: Actor, page: FormPage, request: Request, each: Sequence[tuple[dict[str, Any], str]]
) -> tuple[list[Any], Any]:
    """Create one row per child, with whom a refusal is to name, as a batch that can be undone."""
    register, act = page.register, uuid.uuid4().hex if len(each) > 1 else None
    lines = {block.register.slug: block.inputs() for block in page.lines}
    saved: list[Any] = []
    with _work_once(actor, request) as current:
        batch = batches.open_batch(actor, batches.ROLL_CALL, f"{ROLL_CALL_WORD}{register.title}")
        current.batch = batch.id
        for one, name in each:
            with _naming(name, first=not saved):
                saved.append(service.create(actor, register, one, lines, act=act, current=current))
        _attach(actor, register, saved[0], request, current)
        batches.close_batch(batch, {"created": len(saved)})
        current.outcome = {"records": [record.id for record in saved], "batch": batch.id}
    return saved, batch


@contextmanager
def _naming(name: str, *, first: bool) -> Iterator[None]:
    """Say which child a refusal is about; the first child's tells of the common fields."""
    try:
        yield
    except Invalid as error:
        if first or not name:
            raise
        told = {field: f"{name}：{text}" for field, text in error.errors.items()}
        raise Invalid(told) from error


def carried(register: Register, record: Any) -> dict[str, str]:
    """Return what the next record of a stack most likely shares: the day, who, where.

    The child and every text are left to be typed.
    """
    names = [register.happened] if register.happened else []
    names += [
        spec.name
        for spec in register.links
        if register_of(spec.target).carried and not spec.readonly
    ]
    found = {
        name: str(initial_of(register.fields[name], record.__data__.get(name))) for name in names
    }
    found["late_reason"] = record.late_reason or ""
    return {name: text for name, text in found.items() if text}


def save_changes(actor: Actor, page: FormPage, request: Request) -> Any:
    """Write the changes of the form and return the record; Conflict when somebody was quicker."""
    # What was sent, not what the form would fill in: without a version nothing is written.
    register, version = page.register, whole(request.form.get("version")) or 0
    lines = {block.register.slug: block.inputs() for block in page.lines}
    with service.work(actor) as current:
        saved = service.update(
            actor, register, page.record.id, page.raw(), version, lines, current=current
        )
        _attach(actor, register, saved, request, current)
    return saved


def _attach(actor: Actor, register: Register, record: Any, request: Request, current: Any) -> None:
    token, captions, removed = form_values(request.form)
    if not register.evidence or not (token or captions or removed):
        return
    attach(
        actor,
        register,
        record,
        token=token,
        captions=captions,
        removed=removed,
        current=current,
    )


def merge(actor: Actor, page: FormPage, seen: int) -> list[str]:
    """Lay the texts of two editors side by side in the form; return the labels taken over.

    A field only the other changed takes the other's value; a field both changed keeps mine in the
    input and offers theirs beside it, a masked one by leaving it blank. The form then stands at the
    present version.
    """
    register = page.register
    record = row(actor, register, page.record.id)
    if record is None:
        return []
    bases = _bases(register, record.id, seen)
    shown = display(actor, register, [record], "form")
    taken = []
    for made in page.fields:
        name = made.short_name
        found = shown.surface.get(name)
        if name not in bases or found is None or not made.raw_data:
            continue
        if found.masked:
            # Typed anew over what the other typed: what would be replaced is told under its mask.
            if made.data:
                made.theirs, made.theirs_value = shown.text(record, name) or "（空）", '""'
            continue
        theirs = initial_of(found.spec, record.__data__.get(name))
        mine, base = made.data or "", initial_of(found.spec, bases[name]) or ""
        if isinstance(made, PickerField):
            mine = (made.ids() or [""])[-1]
        if mine == (theirs or ""):
            continue
        if mine == base:
            _take(made, theirs, shown.text(record, name))
            taken.append(found.spec.label)
        else:
            made.theirs = shown.text(record, name) or "（空）"
            made.theirs_value = json.dumps(theirs, ensure_ascii=False)
    page.form["version"].data = record.version
    _merge_lines(actor, page)
    page.open_more = True
    return taken


def _bases(register: Register, record_id: int, seen: int) -> dict[str, Any]:
    """Return the values at version `seen` of the fields changed since, from the audit entries."""
    bases: dict[str, Any] = {}
    for entry in reversed(audit.entries_of(register.slug, record_id)):
        if entry.version > seen:
            changes = json.loads(entry.payload or "{}").get("changes", {})
            for name, (old, _new) in changes.items():
                if name in register.fields and name not in bases:
                    declared = register.fields[name].field
                    bases[name] = declared.python_value(old) if old is not None else None
    return bases


def _take(made: Any, theirs: Any, text: str) -> None:
    made.data, made.raw_data = theirs, None
    if isinstance(made, PickerField):
        made.chosen = ({"id": theirs, "text": text},) if theirs else ()
        made.render_kw["data-picker-text"] = text if theirs else ""


def _merge_lines(actor: Actor, page: FormPage) -> None:
    """Show beside each of my lines what somebody else has made of it meanwhile."""
    for block in page.lines:
        for form in block.forms:
            stored = form.stored
            if stored is None:
                # A line somebody removed is offered as a new one, so that mine is not lost.
                form["id"].data = form["version"].data = ""
                continue
            if str(form["version"].data) != str(stored.version):
                shown = display(actor, block.register, [stored], "form")
                texts = [f"{label} {shown.text(stored, n)}" for n, label in shown.columns()]
                form.theirs = "；".join(text for text in texts if not text.endswith(" "))
                form["version"].data = stored.version
