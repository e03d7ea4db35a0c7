"""Forms as schools print them: a record on a ruled grid, laid out by data (`forms.toml`).

A row of a form is written as `field | field | field`. A field may be followed by `=label`, by `*n`
(so many shares of the row's width) and by `@mm` (free text, so high). `child.sex` is a field of the
record that `child` links to. A field with a short list of words prints all of them, the chosen ones
ticked; on a form without a record everything stands empty, to be filled in by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from peewee import BooleanField, TextField

from compliance.ordered.declaration import ClauseId, Filter
from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper, Printing, laid_out
from exports.documents.pictures import photos_for
from exports.pdf.blocks import (
    FORM,
    Block,
    Cell,
    Grid,
    Mark,
    Picture,
    Pictures,
    Row,
    Spread,
    Text,
    Title,
    Turn,
    label,
    ticks,
)
from models.core import calendar, toml
from models.core.actor import Actor
from models.core.display import HIDDEN, Page
from models.core.errors import BadDeclaration
from models.core.fields import FieldSpec, WordField, WordsField
from models.core.gates import rows, surface
from models.core.register import REGISTERS, Register, line_registers, register_of
from models.core.toml import Declared, Slug
from models.core.toml import Text as Words
from models.core.validation import happened_on

FILE = Path(__file__).parent / "forms.toml"

# The grid: 24 columns, a label takes three of them, the photo four.
COLUMNS, LABEL, PHOTO = 24, 3, 4
PHOTO_ROWS = 4
PRINTED, BY_HAND = 9.0, 11.0
# So many columns of a register of lines stand on its table, and so many empty rows below them.
MOST_LINE_COLUMNS, BLANK_LINES = 6, 3
# A filled form leaves room for one more line, to be added by hand.
MORE_LINES = 1
# A choice whose words do not stand in so many lines is written out, not ticked.
MOST_LINES = 2.2
# How many characters a column of the grid holds in a line.
PER_COLUMN = 1.85
NO_PHOTO = "贴照片处\n（近期免冠一寸照片）"

_BRACED = re.compile(r"\{([a-z_.]+)\}")
_PAIR = re.compile(
    r"^(?P<name>[a-z_0-9.]+)(=(?P<label>[^*@]+))?(\*(?P<share>\d))?(@(?P<high>\d+))?$"
)


class Form(Declared, frozen=True):
    """A form as written in the file; `rows` as the head of this module says."""

    code: Slug
    title: Words
    register: Slug
    rows: Annotated[tuple[Words, ...], Meta(min_length=1)]
    clauses: tuple[ClauseId, ...] = ()
    where: Filter = {}
    above: tuple[Words, ...] = ()
    lines: tuple[Slug, ...] = ()
    photo: bool = False
    pictures: int = 0
    signed: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()
    issued: str = ""


class FormFile(Declared, frozen=True):
    """The file of forms."""

    form: tuple[Form, ...]


@dataclass(frozen=True)
class Pair:
    """A label and what is filled in beside it."""

    name: str
    label: str = ""
    share: int = 1
    high: int = 0


@cache
def forms() -> Mapping[str, Form]:
    """Return the forms by the codes of their documents."""
    return {one.code: one for one in toml.read(FILE, FormFile).form}


def pairs_of(row: str) -> list[Pair]:
    """Return the pairs of a row as written; BadDeclaration when it cannot be read."""
    found = []
    for part in row.split("|"):
        said = _PAIR.match(part.strip())
        if said is None:
            raise BadDeclaration(f"forms.toml：看不懂“{part.strip()}”，写法如 place=地点*2@30")
        found.append(
            Pair(said["name"], said["label"] or "", int(said["share"] or 1), int(said["high"] or 0))
        )
    return found


class Facts:
    """What a reader sees of some records and of what they link to, in few queries.

    Without records every text is empty: that is the blank form.
    """

    def __init__(self, reader: Actor, register: Register, records: Sequence[Any]) -> None:
        self.reader, self.register, self.records = reader, register, list(records)
        self._page = Page(reader, register, self.records, "pdf")
        self._linked: dict[str, tuple[Page, dict[int, Any]]] = {}
        self._lines: dict[str, tuple[Page, dict[int, list[Any]]]] = {}

    def name(self, record: Any) -> str:
        """Return what a record is called for the reader."""
        return self._page.label(record)

    def linked(self, name: str) -> tuple[Page, dict[int, Any]]:
        """Return the page and the records that the field `name` links to, by their ids."""
        if name not in self._linked:
            target = register_of(self.register.fields[name].target)
            ids = {n for record in self.records if (n := record.__data__.get(name))}
            query = rows(self.reader, target).where(target.model.id.in_(sorted(ids)))
            found = list(query) if ids else []
            page = Page(self.reader, target, found, "pdf")
            self._linked[name] = (page, {one.id: one for one in found})
        return self._linked[name]

    def lines(self, slug: str) -> tuple[Page, dict[int, list[Any]]]:
        """Return the page and the lines of one register of lines, by the records they belong to."""
        if slug not in self._lines:
            register = REGISTERS[slug]
            column = getattr(register.model, register.parent)
            ids = [record.id for record in self.records]
            query = rows(self.reader, register).where(column.in_(ids))
            found = list(query.order_by(register.model.id)) if ids else []
            by_record: dict[int, list[Any]] = {}
            for line in found:
                by_record.setdefault(line.__data__[register.parent], []).append(line)
            self._lines[slug] = (Page(self.reader, register, found, "pdf"), by_record)
        return self._lines[slug]

    def spec(self, name: str) -> FieldSpec | None:
        """Return the declaration behind a name, None for what is worked out."""
        link, _, inner = name.partition(".")
        if not inner:
            return self.register.fields.get(name)
        return register_of(self.register.fields[link].target).fields.get(inner)

    def shows(self, name: str) -> bool:
        """Return whether the reader may know of the field at all."""
        link = name.partition(".")[0]
        derived = any(one.name == link for one in self.register.derived)
        return derived or link in self._page.surface

    def rest(self, record: Any, known: Collection[str]) -> list[Pair]:
        """Return the filled fields of a record that no row of its form has a place for."""
        found = []
        for name, _label in self._page.columns():
            spec = self.register.fields.get(name)
            if name in known or (spec is not None and spec.readonly and spec.computed is None):
                continue
            text = self.text(record, name).strip()
            if text and text != HIDDEN:
                found.append(Pair(name))
        return found

    def asked(self, known: Collection[str]) -> list[Pair]:
        """Return the fields a record is not whole without and the form has no place for."""
        return [
            Pair(one.name)
            for one in surface(self.reader, self.register, "form").fields
            if (one.spec.required or one.spec.wanted)
            and not one.spec.readonly
            and one.name not in known
        ]

    def label(self, name: str) -> str:
        """Return what the field is called."""
        link, _, inner = name.partition(".")
        register = register_of(self.register.fields[link].target) if inner else self.register
        spec = register.fields.get(inner or name)
        if spec is not None:
            return spec.label
        return next(one.label for one in register.derived if one.name == (inner or name))

    def text(self, record: Any | None, name: str) -> str:
        """Return what the reader sees in a field, "" on a blank form."""
        if record is None:
            return ""
        link, _, inner = name.partition(".")
        if not inner:
            return self._page.text(record, name)
        page, found = self.linked(link)
        target = found.get(record.__data__.get(link))
        return page.text(target, inner) if target is not None else ""

    def filled(self, record: Any | None, name: str, room: float) -> str:
        """Return the text of a cell that has room for so many characters in a line.

        Words to choose from all stand there, the chosen ones ticked, where two lines hold them.
        """
        text, spec = self.text(record, name), self.spec(name)
        if text == HIDDEN or spec is None or "." in name:
            return text
        if isinstance(spec.field, BooleanField):
            return ticks(("是", "否"), text)
        if isinstance(spec.field, WordField | WordsField):
            words = tuple(spec.field.words)
            if sum(len(word) + 2 for word in words) <= room * MOST_LINES:
                return ticks(words, [word for word in words if word in text.split("、")])
        return text


def grid_rows(
    facts: Facts, record: Any | None, written: Iterable[Sequence[Pair]], columns: int
) -> Iterator[Row]:
    """Yield the rows of a grid of `columns` columns for one record, or for a blank form."""
    least = PRINTED if record is not None else BY_HAND
    for row in written:
        pairs = [pair for pair in row if facts.shows(pair.name)]
        if not pairs:
            continue
        shares = sum(pair.share for pair in pairs)
        room, high = columns - LABEL * len(pairs), 0
        cells: list[Cell] = []
        for place, pair in enumerate(pairs):
            wide = room * pair.share // shares
            if place == len(pairs) - 1:
                wide = columns - sum(cell.across for cell in cells) - LABEL
            cells.append(label(pair.label or facts.label(pair.name), LABEL))
            text = facts.filled(record, pair.name, wide * PER_COLUMN)
            cells.append(Cell(text, wide, top=bool(pair.high)))
            high = max(high, pair.high)
        yield Row(tuple(cells), max(least, high))


def with_photo(grid: list[Row], picture: Picture | None) -> list[Row]:
    """Return the rows with the photo's box at the right of the first ones."""
    first, *rest = grid[:PHOTO_ROWS]
    count = len(grid[:PHOTO_ROWS])
    box = Cell(NO_PHOTO, PHOTO, count, "centre", size=9, picture=picture)
    high = max(first.height, PRINTED + 2)
    head = [Row((*first.cells, box), high)]
    head += [Row(row.cells, max(row.height, PRINTED + 2)) for row in rest]
    return [*head, *grid[PHOTO_ROWS:]]


def _line_grid(facts: Facts, slug: str, record: Any | None, blank: int) -> Grid:
    """Return the lines of a record as a table, with blank rows for what comes later."""
    register = REGISTERS[slug]
    shown = [f for f in surface(facts.reader, register, "pdf").fields if f.name != register.parent]
    page, by_record = facts.lines(slug)
    found = by_record.get(record.id, []) if record is not None else []
    if record is not None:
        # What nobody filled in needs no column of its own, but the first ones stand anyhow.
        shown = [
            f
            for place, f in enumerate(shown)
            if place < MOST_LINE_COLUMNS or any(page.text(one, f.name) for one in found)
        ]
    shown = shown if record is not None else shown[:MOST_LINE_COLUMNS]
    head = Row((label("序号"), *(label(f.spec.label) for f in shown)))
    body = [
        Row((Cell(str(n), align="centre"), *(Cell(page.text(one, f.name)) for f in shown)))
        for n, one in enumerate(found, start=1)
    ]
    empty = [Row(tuple(Cell() for _ in range(len(shown) + 1)), BY_HAND) for _ in range(blank)]
    return Grid((12, *(158 / len(shown) for _ in shown)), (head, *body, *empty), head=1)


def form_blocks(
    asked: Printing, form: Form, facts: Facts, record: Any | None, pictures: Sequence[Picture]
) -> list[Block]:
    """Return one filled form, or with no record the blank one.

    A filled field that the form has no place for gets a row of its own at the end of the grid; on
    a blank form one that a record is not whole without.
    """
    written = _written(form)
    if form.photo:
        grid = list(grid_rows(facts, record, written[:PHOTO_ROWS], COLUMNS - PHOTO))
        grid += grid_rows(facts, record, written[PHOTO_ROWS:], COLUMNS)
        grid = with_photo(grid, pictures[-1] if pictures else None)
    else:
        grid = list(grid_rows(facts, record, written, COLUMNS))
    known = {pair.name for row in written for pair in row} | _named_above(form)
    link = calendar.semester_link(facts.register)
    asked = replace(asked, term=_term(asked, facts, record))
    # The semester stands above the grid, and once only.
    known |= {link} if link and "{term}" in "".join(form.above) else set()
    rest = facts.rest(record, known) if record is not None else facts.asked(known)
    grid += grid_rows(facts, record, [[pair] for pair in rest], COLUMNS)
    above = tuple(_particular(asked, facts, record, word) for word in form.above)
    blocks: list[Block] = [
        Title(form.title),
        Spread(above or (f"学校：{asked.school}", asked.term)),
        Grid((1,) * COLUMNS, tuple(grid)),
    ]
    for slug in form.lines:
        blocks.append(Text(REGISTERS[slug].title, bold=True, before=3))
        blank = BLANK_LINES if record is None else MORE_LINES
        blocks.append(_line_grid(facts, slug, record, blank=blank))
    if form.signed:
        blocks.append(Spread(form.signed, before=5))
    blocks += [Text(note, size=9) for note in form.notes]
    if form.pictures and not form.photo and pictures:
        shown = tuple(pictures[: form.pictures])
        blocks += [Turn(), Text("照片", bold=True), Pictures(shown)]
    return blocks


def _term(asked: Printing, facts: Facts, record: Any | None) -> str:
    """Return the semester a record belongs to; the one printed for when it has neither."""
    if record is None:
        return asked.term
    link = calendar.semester_link(facts.register)
    if link and (named := facts.text(record, link)):
        return named
    day = happened_on(facts.register, record)
    span = calendar.school_calendar().semester_for_visit(day) if day is not None else None
    return span.title if span is not None else asked.term


@cache
def _rows_of(rows_: tuple[str, ...]) -> list[list[Pair]]:
    return [pairs_of(row) for row in rows_]


def _written(form: Form) -> list[list[Pair]]:
    return _rows_of(form.rows)


def _named_above(form: Form) -> set[str]:
    return {name for word in form.above for name in _BRACED.findall(word)}


def _particular(asked: Printing, facts: Facts, record: Any | None, word: str) -> str:
    """Return one part of the line above the grid: a word as it stands, or a field in braces."""

    def value(found: re.Match[str]) -> str:
        if found[1] in ("school", "term"):
            return asked.school if found[1] == "school" else asked.term
        return facts.text(record, found[1]) or "________"

    return _BRACED.sub(value, word)


def sheets_of_records(
    asked: Printing, register: Register, form: Form, chunks: Iterable[Sequence[Any]]
) -> Iterator[Block]:
    """Yield the forms of many records, each on a sheet of its own, some hundred at a time."""
    begun = False
    for records in chunks:
        facts = Facts(asked.reader, register, records)
        wanted = form.photo or form.pictures
        size = "thumb" if form.photo else "display"
        pictures = photos_for(asked, register, records, size) if wanted else {}
        for record in records:
            if begun:
                yield Turn()
            begun = True
            yield Mark(facts.name(record))
            yield from form_blocks(asked, form, facts, record, pictures.get(record.id, []))


def filled_forms(asked: Asked, form: Form) -> Paper:
    """Return the form of each record asked for, one after the other."""
    register = REGISTERS[form.register]
    blocks = sheets_of_records(asked.printing, register, form, [asked.records])
    alone = asked.records[0] if len(asked.records) == 1 else None
    facts = Facts(asked.reader, register, asked.records[:1])
    title = f"{form.title}（{facts.name(alone)}）" if alone is not None else form.title
    return laid_out(title, asked.semester.title, *blocks, geometry=FORM)


def blank_form_of(printing: Printing, form: Form) -> Paper:
    """Return the form with nothing filled in, but for the school and the semester."""
    facts = Facts(printing.reader, REGISTERS[form.register], [])
    blocks = form_blocks(printing, form, facts, None, [])
    return laid_out(form.title, printing.term, *blocks, geometry=FORM)


@cache
def form_for(register: Register) -> Form:
    """Return the form of a register: the one drawn for it, else one made from its declaration."""
    drawn = next((f for f in forms().values() if f.register == register.slug and not f.where), None)
    return drawn or _from_declaration(register)


def _from_declaration(register: Register) -> Form:
    """Two short fields in a row, free texts each in their own, lines as tables below."""
    rows_: list[str] = []
    short: list[str] = []
    for spec in register.fields.values():
        if spec.readonly and spec.computed is None:
            continue
        long = isinstance(spec.field, TextField) and not isinstance(spec.field, WordsField)
        many = isinstance(spec.field, WordField | WordsField) and len(spec.field.words) > 3
        if long or many:
            rows_ += [" | ".join(short)] if short else []
            short = []
            rows_.append(f"{spec.name}@24" if long else spec.name)
            continue
        short.append(spec.name)
        if len(short) == 2:
            rows_.append(" | ".join(short))
            short = []
    rows_ += [" | ".join(short)] if short else []
    lines = tuple(one.slug for one in line_registers(register))
    return Form(
        code=register.slug if "-" in register.slug else f"{register.slug}-form",
        title=register.title,
        register=register.slug,
        rows=tuple(rows_),
        lines=lines,
        signed=("填表人（签名）：", "审核人（签名）：", "日期：　　年　　月　　日"),
    )


@cache
def declare_forms() -> None:
    """Declare the document of every form; once, at the start, because modules import no data."""
    for form in forms().values():

        def make(asked: Asked, form: Form = form) -> Paper:
            return filled_forms(asked, form)

        document(
            form.code,
            form.title,
            clauses=form.clauses,
            source=(form.register,),
            about=form.register,
            where=form.where,
            roles=STAFF,
            issued=form.issued,
        )(make)
