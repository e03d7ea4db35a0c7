"""The list of a register as a page: columns, cells, filters, paging, links to what may be done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request, url_for
from peewee import BooleanField, DateField, DateTimeField, fn

from compliance.ordered.catalogue import systems_of_registers
from compliance.ordered.regulations import system_called
from models.core import labels as naming
from models.core.actor import Actor
from models.core.converters import converter_of, show
from models.core.display import Page, page
from models.core.fields import FieldSpec, WordField, WordsField
from models.core.gates import row, rows, surface
from models.core.incomplete import may_lack
from models.core.listing import PAGE_SIZES, Listed, ListRequest, listed, read_request, selection
from models.core.lock import closed_with
from models.core.questions import questions
from models.core.register import OWN_ROW, Register, register_of
from models.core.rights import VERBS, left_to_finish, may, may_on
from models.core.scopes import own_ids
from models.core.spans import holds_on
from models.core.validation import (
    asked_of,
    handed_in_on,
    happened_on,
    is_backfilled,
    missing_evidence,
    missing_wanted,
)
from models.core.whose import about
from models.photos.view import photos_of
from models.school.semester_close import finished_after_closing

# The panel's links to pages of other modules; shown only where the module is there.
EXPORT, TEMPLATE, IMPORT = "tables.export", "tables.template", "imports.start"
BOOK, BLANK = "books.book", "books.blank"


def view_list(actor: Actor, register: Register, *, deleted: bool = False) -> dict[str, Any]:
    """Return everything the list's template shows, in at most five queries."""
    asked = replace(read_request(request.args), deleted=deleted)
    found = listed(actor, register, asked)
    shown = page(actor, register, found.records, "list")
    columns = _columns(actor, register, shown, asked)
    filtered = bool(asked.filters or asked.search)
    if found.records and not deleted:
        _sum(actor, register, asked, columns)
    # Of what happened, a list tells the missing photo too; of people and things, their page does.
    marks = Marks(actor, register, found.records, evidence=bool(register.happened))
    own = own_ids(actor, register, found.records)
    names = _names_of_filters(actor, register, asked)
    return {
        "asked": asked,
        "records": found.records,
        "heading": heading(register, found, filtered=filtered, deleted=deleted)
        + ("" if filtered or deleted else on_the_roster(actor, register)),
        "columns": columns,
        "rows": [_row(actor, shown, record, columns, marks, own) for record in found.records],
        "paging": _paging(asked, found),
        "filters": _filters(actor, register, asked, names),
        "chosen": _chosen(actor, register, asked, found, names),
        "filtered": filtered,
        "clear_url": request.path,
        "links": links(actor, register),
        "sources": sources(register),
        "searchable": bool(surface(actor, register, "search").fields or register.links),
    }


def heading(register: Register, found: Listed, *, filtered: bool, deleted: bool) -> str:
    """Return the list's title, which is its answer: what, and how many."""
    many = f"{found.total}+" if found.capped else str(found.total)
    many = f"{many} {'名' if register.of_people else '条'}"
    if deleted:
        return f"{register.title}回收站 {many}"
    return f"{register.title}{' 找到' if filtered else ''} {many}"


def on_the_roster(actor: Actor, register: Register) -> str:
    """Return how many of the children are on the roster today: those who left are kept beside."""
    if register.about != OWN_ROW or not any(register.span):
        return ""
    today = rows(actor, register).where(holds_on(register.model, actor.today)).count()
    return f"，今天在册 {today} 名"


def query(**changes: Any) -> str:
    """Return this page's address with some parameters changed; None takes one away."""
    args = {key: value for key, value in request.args.items() if value}
    for key, value in changes.items():
        name = key.replace("__", ".")
        args.pop(name, None)
        if value not in (None, ""):
            args[name] = str(value)
    return f"{request.path}?{urlencode(args)}" if args else request.path


def _columns(
    actor: Actor, register: Register, shown: Page, asked: ListRequest
) -> list[dict[str, Any]]:
    sortable = surface(actor, register, "sort")
    columns = [
        _column(register, name, label, asked, sortable=name in sortable)
        for name, label in _person_first(register, shown.columns())
    ]
    for place, column in enumerate(columns[:3], start=1):
        column["card"] = place
    if register.happened or may_lack(register):
        columns.append({"key": "", "label": "情况", "card": 3})
    return columns


def _person_first(register: Register, columns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The child a record is about heads its row."""
    return sorted(columns, key=lambda column: column[0] != about(register))


def _column(
    register: Register, name: str, label: str, asked: ListRequest, *, sortable: bool
) -> dict[str, Any]:
    spec = register.fields.get(name)
    column: dict[str, Any] = {"key": name, "label": label}
    derived = next((one for one in register.derived if one.name == name), None)
    if derived is not None and derived.field is not None:
        column["number"] = converter_of(derived.field).number
    if spec is not None:
        converter = converter_of(spec.field)
        column["number"] = converter.number
        column["long"] = converter.widget == "textarea"
        column["label"] = f"{label}（{spec.unit}）" if spec.unit else label
    if sortable:
        sort = asked.sort or register.order
        up, down = sort == name, sort == f"-{name}"
        column["sorted"] = "asc" if up else "desc" if down else ""
        column["sort_url"] = query(sort=f"-{name}" if up else name, page=None)
    return column


class Marks:
    """What is told of each record beside its fields: 补录, 封存, 封存后完成, what is missing.

    Asks one query for the kinds of photos the records have, where the register wants any and
    `evidence` is to be told.
    """

    def __init__(
        self, actor: Actor, register: Register, records: list[Any], *, evidence: bool = True
    ) -> None:
        self.register = register
        asked = evidence and register.wants and not register.sealed
        ids = [record.id for record in records if record.deleted_at is None] if asked else []
        self._kinds = {
            number: {photo.evidence for photo in photos}
            for number, photos in photos_of(actor, register, ids).items()
        }
        dated = ((record, happened_on(register, record)) for record in records)
        self.finished_late = finished_after_closing(register, dated)

    def missing(self, record: Any) -> list[str]:
        """Return the labels of wanted fields and evidence the record lacks."""
        fields = [spec.label for spec in missing_wanted(self.register, record)]
        kinds = self._kinds.get(record.id)
        return fields + ([] if kinds is None else missing_evidence(self.register, record, kinds))

    def cell(self, record: Any) -> Any:
        """Return the marks as a table cell."""
        found: list[dict[str, str]] = []
        if closed_with(self.register, record) is not None:
            left = left_to_finish(self.register, record)
            late = "封存后完成" if record.id in self.finished_late else "已封存"
            found.append({"text": "已封存，待补填" if left else late})
        if is_backfilled(self.register, record):
            found.append({"text": "◆ 补录"})
        if handed_in_on(self.register, record) is not None:
            found.append({"text": "纸质"})
        missing = self.missing(record)
        if missing:
            named = missing[0] if len(missing) == 1 else f"{len(missing)} 项"
            found.append({"text": f"还差 {named}", "tone": "partly"})
        return {"chips": found} if found else {"text": "齐全"}


def _row(
    actor: Actor,
    shown: Page,
    record: Any,
    columns: list[dict[str, Any]],
    marks: Marks,
    own: frozenset[int],
) -> dict[str, Any]:
    register = shown.register
    cells = [
        marks.cell(record) if not column["key"] else _cell(shown, record, column["key"])
        for column in columns
    ]
    if not cells[0]:
        cells[0] = shown.label(record)
    shown_row: dict[str, Any] = {"id": record.id, "cells": cells, "url": ""}
    if record.deleted_at is not None:
        if may(actor, "restore", register):
            restore = url_for(f"{register.slug}.restore", rid=record.id)
            shown_row["actions"] = [
                {"word": "恢复", "url": restore, "icon": "restore", "post": True}
            ]
        return shown_row
    shown_row["url"] = url_for(f"{register.slug}.detail", rid=record.id)
    if closed_with(register, record) is not None and not left_to_finish(register, record):
        return shown_row
    if not register.parent and may_on(actor, "edit", register, record, own):
        edit = url_for(f"{register.slug}.edit", rid=record.id)
        shown_row["actions"] = [{"word": "修改", "url": edit, "icon": "edit"}]
    return shown_row


def _cell(shown: Page, record: Any, name: str) -> Any:
    text = shown.text(record, name)
    found = shown.surface.get(name)
    if found is None:
        return text
    if found.masked and text:
        return {"masked": text}
    empty = not text and asked_of(shown.register, record, found.spec)
    return {"unfilled": True} if empty else text


def _sum(
    actor: Actor, register: Register, asked: ListRequest, columns: list[dict[str, Any]]
) -> None:
    """Put the sums of everything asked for under the number columns: one query."""
    model = register.model
    specs = [spec for column in columns if (spec := register.fields.get(column["key"]))]
    summed = {spec.name: (spec.field, getattr(model, spec.name)) for spec in specs if spec.sum}
    for derived in register.derived:
        if derived.list and derived.total:
            summed[derived.name] = (derived.field, derived.total(model))
    if not summed:
        return
    chosen, _problems = selection(actor, register, asked)
    sums = chosen.select(*(fn.SUM(amount) for _field, amount in summed.values())).tuples()
    for (name, (kind, _amount)), total in zip(summed.items(), sums.first() or (), strict=False):
        column = next(column for column in columns if column["key"] == name)
        column["total"] = show(kind, int(total)) if total is not None else ""


def _paging(asked: ListRequest, found: Listed) -> dict[str, Any]:
    last = found.pages
    return {
        "number": found.page,
        "pages": None if found.capped else last,
        "total": found.total,
        "total_word": f"{found.total}+ 条" if found.capped else "",
        "prev_url": query(page=found.page - 1) if found.page > 1 else "",
        "next_url": query(page=found.page + 1) if found.page < last else "",
        "first_url": query(page=None),
        "last_url": "" if found.capped else query(page=last),
        "sizes": [
            {"n": size, "url": query(size=size, page=None), "active": size == asked.size}
            for size in PAGE_SIZES
        ],
    }


def _filters(
    actor: Actor, register: Register, asked: ListRequest, names: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the filter inputs: the questions, and each declared filter on the actor's surface."""
    declared = surface(actor, register, "filter").fields
    of_fields = [_filter(field.spec, asked, names) for field in declared]
    return [*_besides(actor, register, asked, names), *of_fields]


def _besides(
    actor: Actor, register: Register, asked: ListRequest, names: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the inputs of what no field of the register says; they come first."""
    inputs: list[dict[str, Any]] = []
    for question in questions(actor, register).values():
        given: dict[str, Any] = {"name": f"f.{question.name}", "label": question.label}
        given["value"] = asked.filters.get(question.name)
        if question.target is None:
            inputs.append(given | {"kind": "choice", "options": [(w, w) for w in question.words]})
        else:
            url = url_for(f"{question.target.slug}.pick")
            inputs.append(given | {"kind": "picker", "url": url, "text": names.get(question.name)})
    return inputs


def _filter(spec: FieldSpec, asked: ListRequest, names: dict[str, str]) -> dict[str, Any]:
    given = {"name": f"f.{spec.name}", "label": spec.label, "value": asked.filters.get(spec.name)}
    none = [("-", "（未填）")] if spec.field.null else []
    if isinstance(spec.field, (DateField, DateTimeField)):
        since, until = (asked.filters.get(f"{spec.name}.{edge}", "") for edge in ("from", "to"))
        return given | {"kind": "span", "since": since, "until": until}
    if isinstance(spec.field, WordsField):
        return given | {"kind": "choice", "options": [(w, w) for w in spec.field.words]}
    if isinstance(spec.field, WordField):
        return given | {"kind": "choice", "options": [(w, w) for w in spec.field.words] + none}
    if isinstance(spec.field, BooleanField):
        return given | {"kind": "choice", "options": [("是", "是"), ("否", "否")]}
    if spec.target is not None:
        target = register_of(spec.target)
        url = url_for(f"{target.slug}.pick")
        return given | {"kind": "picker", "url": url, "text": names.get(spec.name)}
    return given | {"kind": "text"}


def _chosen(
    actor: Actor, register: Register, asked: ListRequest, found: Listed, names: dict[str, str]
) -> list[dict[str, str]]:
    """Return the conditions that hold, in words, each with the address without it."""
    allowed = surface(actor, register, "filter")
    besides = questions(actor, register)
    items = []
    for key, value in asked.filters.items():
        name, _, edge = key.partition(".")
        one = allowed.get(name)
        label = one.spec.label if one else besides[key].label if key in besides else ""
        word = names.get(name) or ("未填" if value == "-" else value)
        edge_word = {"from": "从", "to": "到"}.get(edge, "")
        # What the reader may not filter by is called as it was typed, whether there is such a
        # field or not.
        said = f"{label or key[:40]}{edge_word}：{word[:100]}"
        if not label:
            said = f"{said}（未使用：{found.problems[key]}）"
        elif key in found.problems:
            said = f"{said}（没有看懂，未使用：{found.problems[key]}）"
        items.append({"text": said, "remove_url": query(**{f"f__{key.replace('.', '__')}": None})})
    if asked.search:
        items.append({"text": f"查找：{asked.search}", "remove_url": query(q=None, page=None)})
    return items


def _names_of_filters(actor: Actor, register: Register, asked: ListRequest) -> dict[str, str]:
    """Name the records filtered by; only those within the actor's rows have a name."""
    names: dict[str, str] = {}
    targets = {question.name: question.target for question in questions(actor, register).values()}
    targets |= {spec.name: register_of(spec.target) for spec in register.links}
    for key, value in asked.filters.items():
        target = targets.get(key)
        if target is None:
            continue
        linked = row(actor, target, value, deleted=None)
        if linked is None:
            names[key] = "（指定的一项）"
        else:
            found = naming.labels(actor, {target: [linked.id]})
            names[key] = found.get((target.slug, linked.id), "")
    return names


def link(endpoint: str, **values: Any) -> str:
    """Return the address of a page of another module, "" when that module is not there."""
    if endpoint not in current_app.view_functions:
        return ""
    return url_for(endpoint, **values)


def links(actor: Actor, register: Register) -> dict[str, str]:
    """Return the addresses of what the actor may do with the list; "" for what is not allowed.

    Export and book take the list's own filters along.
    """
    slug = register.slug
    allowed = {verb: bool(may(actor, verb, register)) for verb in VERBS}
    writes = not register.parent
    asked = {key: value for key, value in request.args.items() if value and key not in _PLACE}
    return {
        "list": url_for(f"{slug}.index_view"),
        "add": url_for(f"{slug}.new") if allowed["create"] and writes else "",
        "roll_call": link("rollcall.start", slug=slug)
        if allowed["create"] and register.many
        else "",
        "bulk": url_for(f"{slug}.bulk") if allowed["bulk"] and writes else "",
        "bin": url_for(f"{slug}.bin") if allowed["restore"] and writes else "",
        "export": link(EXPORT, slug=slug, **asked) if allowed["export"] else "",
        "book": link(BOOK, slug=slug, **asked) if allowed["print"] else "",
        "import": link(IMPORT, slug=slug) if allowed["import"] else "",
        "template": link(TEMPLATE, slug=slug) if allowed["import"] else "",
        "blank": link(BLANK, slug=slug) if allowed["print"] else "",
    }


# Where in the list the reader stands says nothing about what to export.
_PLACE = frozenset({"page", "size", "bin"})


def sources(register: Register) -> list[dict[str, str]]:
    """Return the regulations that ask for a register, with their pages where there are any."""
    found = []
    for code in systems_of_registers().get(register.slug, ()):
        system = system_called(code)
        title = f"{system.title}（{code}）" if system is not None else code
        found.append({"title": title, "url": link("regulations.show", code=code)})
    return found
