"""The form of a register, built from its surface: fields in sections, short ones first, lines.

WTForms carries the inputs; every judgement is the write path's. A posted field that is not on the
actor's surface never reaches the service, because only fields of the form are read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from peewee import DateField, DateTimeField
from wtforms import HiddenField
from wtforms.form import BaseForm

from admin.frame.form_fields import (
    PickerField,
    TextAreaField,
    describe_input,
    initial_of,
    input_for,
    posted_of,
    was_posted,
)
from admin.registers.form_lines import LineBlock, line_blocks
from admin.registers.lately import lately
from models.core import labels as naming
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.display import Page
from models.core.gates import Surface, SurfaceField, surface
from models.core.lock import Limit, Lock
from models.core.register import Register, register_of
from models.core.validation import is_backfilled, may_link

# Fewer fields than this are not worth hiding behind "more".
WORTH_HIDING = 4


@dataclass
class Section:
    """Some fields of a form under one heading."""

    title: str
    fields: list[Any] = field(default_factory=list)


@dataclass
class FormPage:
    """A form ready to be shown or read.

    `short` stands open, `more` behind a fold (unless `open_more`); `fixed` are masked values that
    the actor may see but not write, as (label, text). The ids of an `untrusted` one
    came from the address or a post. A `limit` leaves only what is still to be finished in the form;
    `stands` says the rest of the short form, as (label, text).
    """

    register: Register
    form: Any
    short: list[Section]
    more: list[Section]
    lines: list[LineBlock]
    fixed: list[tuple[str, str]]
    record: Any = None
    open_more: bool = False
    ask_late: bool = False
    untrusted: bool = False
    theirs: dict[str, str] = field(default_factory=dict)
    limit: Limit | None = None
    stands: list[tuple[str, str]] = field(default_factory=list)

    @property
    def fields(self) -> list[Any]:
        """The inputs of the record itself."""
        return [one for section in (*self.short, *self.more) for one in section.fields]

    def raw(self) -> dict[str, Any]:
        """Return what was posted, for the service; a masked input left blank means unchanged."""
        raw = {}
        for one in self.fields:
            if not was_posted(one):
                continue
            value = posted_of(one)
            if one.masked_text and not value:
                continue
            raw[one.short_name] = value
        if self.form["late_reason"].raw_data:
            raw["late_reason"] = self.form["late_reason"].data
        return raw

    def many(self) -> list[str]:
        """Return the ids posted in the field that takes several records of one act."""
        if self.register.many not in self.form:
            return []
        field = self.form[self.register.many]
        return field.ids() if field.multiple else []

    def focus_first_empty(self, but: Collection[str]) -> None:
        """Put the cursor into the first input that is still to be filled."""
        for one in self.fields:
            if one.short_name not in but and not one.data and one.show_if == "":
                one.render_kw = {**(one.render_kw or {}), "autofocus": True}
                return

    def put_errors(self, errors: Mapping[str, str]) -> None:
        """Show each message at its field, those of lines in the line, the rest above the form."""
        for name, message in errors.items():
            head, _, rest = name.partition(".")
            block = next((b for b in self.lines if b.register.slug == head), None)
            if block is not None:
                block.put_error(rest, message)
                self.form.form_errors.append(f"{block.register.title}：{message}")
            elif name in self.form:
                self.form[name].errors = [message]
            else:
                self.form.form_errors.append(message)
        self.ask_late = self.ask_late or "late_reason" in errors
        hidden = {one.short_name for section in self.more for one in section.fields}
        self.open_more = self.open_more or bool(hidden & set(errors))


def form_page(
    actor: Actor,
    register: Register,
    *,
    record: Any = None,
    posted: Any = None,
    prefill: Mapping[str, Any] | None = None,
    joining: Mapping[str, Sequence[int]] | None = None,
) -> FormPage:
    """Return the form for a new record, or for `record`; `posted` are the request's form values.

    `prefill` stands in place of defaults or stored values; `joining` gives per line register the
    children to add as new lines.
    """
    allowed = surface(actor, register, "form")
    limit = Lock(actor).limit(register, record) if record else None
    writable = [f for f in allowed.fields if f.writable and f.name != register.parent]
    # What is posted all the same stays, so that the write path tells who typed it why not.
    asked = {*(limit.names if limit is not None else ()), *(posted or ())}
    standing = [f for f in writable if limit is not None and f.name not in asked]
    writable = [f for f in writable if f not in standing]
    given = _stored(writable, record) if record else _defaults(actor, register, writable)
    given |= dict(prefill or {})
    form = _unfilled(writable)
    form.process(posted, data=given)
    shown = Page(actor, register, [record], "form") if record else None
    _prepare(register, form, writable, record, shown)
    page = FormPage(
        register=register,
        form=form,
        short=[],
        more=[],
        lines=line_blocks(actor, register, record, posted, joining or {}, limit),
        fixed=_fixed(allowed, record, shown),
        record=record,
        ask_late=limit is None
        and bool(record and (record.late_reason or is_backfilled(register, record))),
        limit=limit,
        stands=_stands(register, standing, record, shown),
    )
    page.short, page.more = _sections(register, form, writable)
    page.open_more = record is not None
    if form["late_reason"].data and limit is None:
        page.ask_late = True
    page.untrusted = posted is not None or bool(prefill)
    if posted is None:
        name_links(actor, page)
    if record is None:
        for name, texts in lately(actor, register).items():
            if name in form:
                form[name].lately = texts
    return page


def _unfilled(writable: list[SurfaceField]) -> Any:
    inputs = {f.name: input_for(f.spec) for f in writable}
    inputs["version"] = HiddenField()
    inputs["late_reason"] = TextAreaField(
        "补录原因", description="为什么过了这么久才登记", render_kw={"rows": 2, "maxlength": 200}
    )
    # Fields stay in the form's dictionary: as attributes, "process" or "data" would break it.
    return BaseForm(inputs)


def _stored(writable: list[SurfaceField], record: Any) -> dict[str, Any]:
    given = {
        f.name: initial_of(f.spec, record.__data__.get(f.name)) for f in writable if not f.masked
    }
    return given | {"version": record.version, "late_reason": record.late_reason or ""}


def _defaults(actor: Actor, register: Register, writable: list[SurfaceField]) -> dict[str, Any]:
    """Return what a new record most likely says: now, the declared defaults, the actor as doer."""
    given: dict[str, Any] = {}
    doers = [name for name in register.act_by if "." not in name][:1]
    for surface_field in writable:
        declared = surface_field.spec.field
        value = (
            surface_field.spec.default
            if surface_field.spec.default is not None
            else declared.default
        )
        value = None if callable(value) else value
        if surface_field.name == register.happened or (
            surface_field.name == "since" and not declared.null
        ):
            value = _moment(declared, actor)
        if surface_field.name in doers and actor.role != CLERK:
            value = actor.staff_id
        if value is not None and value != "":
            given[surface_field.name] = initial_of(surface_field.spec, value)
    return given


def _moment(declared: Any, actor: Actor) -> datetime | date | None:
    if isinstance(declared, DateTimeField):
        return actor.now.replace(second=0)
    return actor.today if isinstance(declared, DateField) else None


def _prepare(
    register: Register, form: Any, writable: list[SurfaceField], record: Any, shown: Page | None
) -> None:
    """Hang on each input what the template needs beside WTForms' own."""
    for surface_field in writable:
        made = form[surface_field.name]
        describe_input(made, register, surface_field)
        if surface_field.masked and record is not None and shown is not None:
            made.masked_text = shown.text(record, surface_field.name)
            if made.masked_text:
                made.flags.required = False
                made.render_kw = {
                    **(made.render_kw or {}),
                    "placeholder": f"已登记 {made.masked_text}，不改请留空",
                }
        if surface_field.name == register.many and record is None and isinstance(made, PickerField):
            made.multiple = True
            made.description = made.description or "可以选多名，每人一条，一起保存"
            made.render_kw["data-multiple"] = "1"
    form["late_reason"].flags.required = True


def _fixed(allowed: Surface, record: Any, shown: Page | None) -> list[tuple[str, str]]:
    if record is None or shown is None:
        return []
    return [
        (f.spec.label, shown.text(record, f.name))
        for f in allowed.fields
        if f.masked and not f.writable and shown.text(record, f.name)
    ]


def _stands(
    register: Register, standing: list[SurfaceField], record: Any, shown: Page | None
) -> list[tuple[str, str]]:
    """Return what a limited form says of the record it finishes: the fields of its short form."""
    if record is None or shown is None:
        return []
    named = [f for f in standing if f.spec.short or f.name == register.happened]
    texts = [(f.spec.label, shown.text(record, f.name)) for f in named]
    return [(label, text) for label, text in texts if text]


def _sections(
    register: Register, form: Any, writable: list[SurfaceField]
) -> tuple[list[Section], list[Section]]:
    """Return the short form's section and, behind it, the declared sections of the rest."""
    shorts = [spec.name for spec in register.ordered("short")]
    rest = [f for f in writable if f.name not in shorts and not f.spec.required]
    if not shorts or len(rest) < WORTH_HIDING:
        return _by_section(register, form, writable), []
    must = [f.name for f in writable if f.spec.required and f.name not in shorts]
    names = [name for name in shorts if name in form] + must
    first = Section("", [form[name] for name in names])
    return [first], _by_section(register, form, rest)


def _by_section(register: Register, form: Any, chosen: list[SurfaceField]) -> list[Section]:
    """Group fields by the declared section; a section lasts until the next one begins."""
    names = {f.name for f in chosen}
    sections: dict[str, Section] = {}
    title = ""
    for name, spec in register.fields.items():
        title = spec.section or title
        if name in names:
            sections.setdefault(title, Section(title)).fields.append(form[name])
    return list(sections.values())


def name_links(actor: Actor, page: FormPage) -> None:
    """Write beside each picked id what it is called, in one query.

    Ids that come from the address or the post are named only when the actor may pick them. A posted
    form that saves well is never shown, so whoever shows one calls this first.
    """
    groups = [(page.register, page.record, page.fields)]
    for block in page.lines:
        groups += [(block.register, form.stored, list(form.inputs)) for form in block.forms]
    wanted: dict[Register, set[int]] = {}
    found: list[tuple[PickerField, Register, list[int]]] = []
    for register, record, inputs in groups:
        for made in inputs:
            if not isinstance(made, PickerField):
                continue
            ids = made.numbers()
            if page.untrusted:
                ids = [one for one in ids if _nameable(actor, register, made, record, one)]
            target = register_of(made.spec.target)
            wanted.setdefault(target, set()).update(ids)
            found.append((made, target, ids))
    names = naming.labels(actor, wanted)
    for made, target, ids in found:
        known = [i for i in ids if (target.slug, i) in names]
        made.chosen = tuple({"id": i, "text": names[target.slug, i]} for i in known)
        made.render_kw["data-picker-text"] = made.chosen[0]["text"] if made.chosen else ""
        if not known and not made.multiple:
            made.data = ""


def _nameable(actor: Actor, register: Register, made: Any, record: Any, linked: int) -> bool:
    stands = record is not None and record.__data__.get(made.spec.name) == linked
    return stands or may_link(actor, register, made.spec, linked)
