"""Forms as schools print them: a record on a ruled grid, laid out by data (`forms.toml`).

A row of a form is written as `field | field | field`. A field may be followed by `=label`, by `~`
(its word alone, not all there are to tick), by `*n` (so many shares of the row's width) and by
`@mm` (free text, so high). `child.sex` is a field of the record that `child` links to; `_` is no
field but room for a hand. A field with a short list of words prints all of them, the chosen ones
ticked; a number carries its unit; on a form without a record everything stands empty.
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
from exports.documents.fitness import chart_of, compared, earlier_tests
from exports.documents.looked import Looked
from exports.documents.paper import Asked, Paper, Printing, laid_out
from exports.documents.pictures import photos_for
from exports.documents.slips import slip
from exports.pdf.blocks import (
    FORM,
    WUHAO,
    XIAOSI,
    Block,
    Cell,
    Grid,
    Mark,
    Picture,
    Pictures,
    Row,
    Rule,
    Spread,
    Text,
    Title,
    Together,
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
from models.core.rights import may
from models.core.spans import holds_on
from models.core.toml import Declared, Slug
from models.core.toml import Text as Words
from models.core.validation import happened_on

FILE = Path(__file__).parent / "forms.toml"

# The grid: 24 columns, a label takes three of them, the photo four.
COLUMNS, LABEL, PHOTO = 24, 3, 4
PHOTO_ROWS, PHOTO_HIGH = 4, 42.0
PRINTED, BY_HAND = 9.0, 11.0
# So many columns of a register of lines stand on its table, and so many empty rows below them.
MOST_LINE_COLUMNS, BLANK_LINES = 6, 2
# A filled form leaves room for one more line, to be added by hand.
MORE_LINES = 1
# So many empty rows has a table of a child's family on a blank form.
BLANK_FAMILY = 2
SMALL = 9.0
# A choice whose words do not stand in so many lines is written out, not ticked.
MOST_LINES = 2.2
# How many characters a column of the grid holds in a line.
PER_COLUMN = 1.85
# A line to write on.
GAP = "________"
NO_PHOTO = "贴照片处\n（近期免冠一寸照片）"

_BRACED = re.compile(r"\{([a-z_.]+)\}")
_PAIR = re.compile(
    r"^(?P<name>[a-z_0-9.]+)(=(?P<label>[^*@~]+))?(?P<plain>~)?(\*(?P<share>\d))?(@(?P<high>\d+))?$"
)
# Room for handwriting stands where a field's name does.
BY_PEN = "_"
# How wide a letter is in Chinese signs; so many signs a column of lines has room for.
_NARROW, _LEAST, _MOST = 0.55, 4.0, 22.0
# From so many columns on, lines are set in smaller letters.
_MANY_COLUMNS = 7
# What a form has no place for stands two to a row when it is no longer than so many signs.
_SHORT = 12


class Family(Declared, frozen=True):
    """A table of records that belong to the one on the form: a child's parents, who is paired.

    `columns` are fields, each with its `=label`.
    """

    register: Slug
    title: Words
    columns: Annotated[tuple[Words, ...], Meta(min_length=2)]


class Form(Declared, frozen=True):
    """A form as written in the file; `rows` as the head of this module says.

    `family` are tables of what belongs to the record, `lines` of its own lines. `high` is how high
    a printed row is at least. A `chart` draws a fitness test against the one before. With `slip` it
    ends in one to be signed at home and brought back. On a sheet stand `on_sheet` of them.
    """

    code: Slug
    title: Words
    register: Slug
    rows: Annotated[tuple[Words, ...], Meta(min_length=1)]
    clauses: tuple[ClauseId, ...] = ()
    where: Filter = {}
    above: tuple[Words, ...] = ()
    family: tuple[Family, ...] = ()
    lines: tuple[Slug, ...] = ()
    high: float = PRINTED
    slip: bool = False
    on_sheet: int = 1
    chart: bool = False
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
    plain: bool = False


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
            Pair(
                said["name"],
                said["label"] or "",
                int(said["share"] or 1),
                int(said["high"] or 0),
                bool(said["plain"]),
            )
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
        self._tests: Looked | None = None
        self._family: dict[str, tuple[Page, dict[int, list[Any]]]] = {}
        self._family_columns: dict[Family, list[Pair]] = {}

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
            self._lines[slug] = self._naming(REGISTERS[slug], REGISTERS[slug].parent)
        return self._lines[slug]

    def family(self, slug: str) -> tuple[Page, dict[int, list[Any]]]:
        """Return the page and the records of a register that name these, as they stand today."""
        if slug not in self._family:
            register = REGISTERS[slug]
            link = next(one for one in register.links if one.target is self.register.model)
            standing = holds_on(register.model, self.reader.today) if any(register.span) else None
            self._family[slug] = self._naming(register, link.name, standing)
        return self._family[slug]

    def _naming(
        self, register: Register, link: str, standing: Any | None = None
    ) -> tuple[Page, dict[int, list[Any]]]:
        """Return the rows of a register that name these records by a link, by whom they name."""
        column, ids = getattr(register.model, link), [record.id for record in self.records]
        query = rows(self.reader, register).where(column.in_(ids))
        if standing is not None:
            query = query.where(standing)
        found = list(query.order_by(register.model.id)) if ids else []
        by_record: dict[int, list[Any]] = {}
        for one in found:
            by_record.setdefault(one.__data__[link], []).append(one)
        return Page(self.reader, register, found, "pdf"), by_record

    def family_columns(self, family: Family) -> list[Pair]:
        """Return the columns of a table of what belongs to the record; none if it is not seen."""
        if family not in self._family_columns:
            self._family_columns[family] = self._columns_of(family)
        return self._family_columns[family]

    def _columns_of(self, family: Family) -> list[Pair]:
        register = REGISTERS[family.register]
        if not may(self.reader, "read", register):
            return []
        page, _by_record = self.family(family.register)
        derived = {one.name for one in register.derived}
        pairs = [pair for text in family.columns for pair in pairs_of(text)]
        return [pair for pair in pairs if pair.name in derived or pair.name in page.surface]

    def family_texts(self, family: Family, record: Any | None) -> list[list[str]]:
        """Return the texts of such a table, a row for each of what belongs to the record."""
        pairs = self.family_columns(family)
        if not pairs or record is None:
            return []
        page, by_record = self.family(family.register)
        return [
            [page.text(one, pair.name) for pair in pairs] for one in by_record.get(record.id, [])
        ]

    def chart(self, test: Any) -> tuple[Block, ...]:
        """Return the bars of a fitness test against the child's test before it."""
        if self._tests is None:
            self._tests = earlier_tests(self.reader, self.records)
        return chart_of(compared(self._tests, test))

    def spec(self, name: str) -> FieldSpec | None:
        """Return the declaration behind a name, None for what is worked out."""
        link, _, inner = name.partition(".")
        if not inner:
            return self.register.fields.get(name)
        return register_of(self.register.fields[link].target).fields.get(inner)

    def shows(self, name: str) -> bool:
        """Return whether the reader may know of the field at all."""
        if name == BY_PEN:
            return True
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
            Pair(field.name)
            for field in surface(self.reader, self.register, "form").fields
            if (field.spec.required or field.spec.wanted)
            and not field.spec.readonly
            and field.name not in known
        ]

    def label(self, name: str) -> str:
        """Return what the field is called."""
        link, _, inner = name.partition(".")
        register = register_of(self.register.fields[link].target) if inner else self.register
        spec = register.fields.get(inner or name)
        if spec is not None:
            return spec.label
        return next(
            derived.label for derived in register.derived if derived.name == (inner or name)
        )

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

    def filled(self, record: Any | None, pair: Pair, room: float) -> str:
        """Return the text of a cell that has room for so many characters in a line.

        Words to choose from all stand there, the chosen ones ticked, where two lines hold them; a
        number has its unit, which stands on a blank form as well.
        """
        name = pair.name
        if name == BY_PEN:
            return ""
        text, spec = self.text(record, name), self.spec(name)
        if text == HIDDEN or spec is None:
            return text
        if unit := unit_beside(spec, pair.label):
            return f"{text or '　　　'} {unit}" if text or record is None else ""
        if "." in name or pair.plain:
            return text
        if isinstance(spec.field, BooleanField):
            return ticks(("是", "否"), text)
        if isinstance(spec.field, WordField | WordsField):
            words = tuple(spec.field.words)
            if sum(len(word) + 2 for word in words) <= room * MOST_LINES:
                return ticks(words, [word for word in words if word in text.split("、")])
        return text


def unit_beside(spec: FieldSpec, word: str = "") -> str:
    """Return the unit that stands beside a number, "" where its label says it."""
    return "" if "（" in (word or spec.label) else spec.unit


def grid_rows(
    facts: Facts,
    record: Any | None,
    written: Iterable[Sequence[Pair]],
    columns: int,
    printed: float = PRINTED,
) -> Iterator[Row]:
    """Yield the rows of a grid of `columns` columns for one record, or for a blank form."""
    least = printed if record is not None else min(BY_HAND, printed + 2)
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
            text = facts.filled(record, pair, wide * PER_COLUMN)
            cells.append(Cell(text, wide, top=bool(pair.high)))
            high = max(high, pair.high)
        yield Row(tuple(cells), max(least, high))


def with_photo(grid: list[Row], picture: Picture | None) -> list[Row]:
    """Return the rows with the photo's box at the right of the first ones."""
    first, *rest = grid[:PHOTO_ROWS]
    count = len(grid[:PHOTO_ROWS])
    box = Cell(NO_PHOTO, PHOTO, count, "centre", size=9, picture=picture)
    high = max(first.height, PHOTO_HIGH / count)
    head = [Row((*first.cells, box), high)]
    head += [Row(row.cells, max(row.height, PHOTO_HIGH / count)) for row in rest]
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
    heads = [_headed(f.spec) for f in shown]
    texts = [[page.text(one, f.name) for f in shown] for one in found]
    head = Row((label("序号"), *map(label, heads)))
    body = [
        Row((Cell(str(n), align="centre"), *map(Cell, cells)))
        for n, cells in enumerate(texts, start=1)
    ]
    empty = [Row(tuple(Cell() for _ in range(len(shown) + 1)), BY_HAND) for _ in range(blank)]
    size = SMALL if len(shown) >= _MANY_COLUMNS else WUHAO
    return Grid((12, *shares(heads, texts, 158)), (head, *body, *empty), head=1, size=size)


def _headed(spec: FieldSpec) -> str:
    """The heading of a column, with the unit of its numbers."""
    unit = unit_beside(spec)
    return f"{spec.label}（{unit}）" if unit else spec.label


def shares(heads: Sequence[str], texts: Sequence[Sequence[str]], room: float) -> list[float]:
    """Share the room of a table out among its columns by what stands in them, in millimetres."""
    wanted = []
    for place, word in enumerate(heads):
        lines = [line for cells in texts for line in cells[place].split("\n")]
        longest = max(map(_signs, lines), default=0.0)
        # A heading may stand on two lines.
        wanted.append(min(max(longest + 1, _signs(word) / 2 + 1, _LEAST), _MOST))
    return [room * one / sum(wanted) for one in wanted]


def _signs(text: str) -> float:
    """How wide a line is, in Chinese signs."""
    return sum(1.0 if ord(char) > 0x2E80 else _NARROW for char in text)


def _family_grid(facts: Facts, family: Family, record: Any | None, high: float) -> Grid | None:
    """Return the table of what belongs to the record, its title at the left; None if unseen."""
    pairs = facts.family_columns(family)
    if not pairs:
        return None
    texts = facts.family_texts(family, record)
    empty = [[""] * len(pairs)] * (BLANK_FAMILY if record is None else int(not texts))
    heads = [pair.label for pair in pairs]
    side = label(family.title, down=1 + len(texts) + len(empty))
    lines = [Row((side, *map(label, heads)), high)]
    lines += [
        Row(tuple(Cell(text, align="centre") for text in one), high) for one in (*texts, *empty)
    ]
    side_wide = LABEL * 170 / COLUMNS
    return Grid((side_wide, *shares(heads, texts, 170 - side_wide)), tuple(lines))


def form_blocks(
    asked: Printing, form: Form, facts: Facts, record: Any | None, pictures: Sequence[Picture]
) -> list[Block]:
    """Return one filled form, or with no record the blank one.

    A filled field that the form has no place for gets a row of its own at the end of the grid; on
    a blank form one that a record is not whole without.
    """
    written = _written(form)
    if form.photo:
        grid = list(grid_rows(facts, record, written[:PHOTO_ROWS], COLUMNS - PHOTO, form.high))
        grid += grid_rows(facts, record, written[PHOTO_ROWS:], COLUMNS, form.high)
        grid = with_photo(grid, pictures[-1] if pictures else None)
    else:
        grid = list(grid_rows(facts, record, written, COLUMNS, form.high))
    known = {pair.name for row in written for pair in row} | _named_above(form)
    link = calendar.semester_link(facts.register)
    asked = replace(asked, term=_term(asked, facts, record))
    # The semester stands above the grid, and once only.
    known |= {link} if link and "{term}" in "".join(form.above) else set()
    rest = facts.rest(record, known) if record is not None else facts.asked(known)
    grid += grid_rows(facts, record, _packed(facts, record, rest), COLUMNS, form.high)
    above = tuple(_particular(asked, facts, record, word) for word in form.above)
    blocks: list[Block] = [
        Title(form.title),
        Spread(above or (f"学校：{asked.school}", asked.term)),
        Grid((1,) * COLUMNS, tuple(grid)),
    ]
    high = form.high if record is not None else BY_HAND
    tables = (_family_grid(facts, family, record, high) for family in form.family)
    blocks += [table for table in tables if table is not None]
    if form.chart and record is not None:
        blocks += facts.chart(record)
    for slug in form.lines:
        blocks.append(Text(REGISTERS[slug].title, bold=True, before=3))
        blank = BLANK_LINES if record is None else MORE_LINES
        blocks.append(_line_grid(facts, slug, record, blank=blank))
    if form.signed:
        blocks.append(Spread(form.signed, before=5))
    blocks += [Text(note, size=9) for note in form.notes]
    if form.slip:
        who = [facts.text(record, f"child.{name}") for name in ("name", "school_class")]
        blocks.append(slip(asked.school, form.title, *who))
    if form.pictures and not form.photo and pictures:
        shown = tuple(pictures[: form.pictures])
        blocks += [Turn(), Text("照片", bold=True), Pictures(shown)]
    return blocks


def _packed(facts: Facts, record: Any | None, rest: list[Pair]) -> Iterator[list[Pair]]:
    """Yield what no row has a place for, two short facts to a row, what is longer alone."""
    waiting: list[Pair] = []
    for pair in rest:
        spec = facts.spec(pair.name)
        choices = spec is not None and isinstance(spec.field, WordField | WordsField)
        if choices or len(facts.text(record, pair.name)) > _SHORT:
            yield [pair]
            continue
        waiting.append(pair)
        if len(waiting) == 2:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _term(asked: Printing, facts: Facts, record: Any | None) -> str:
    """Return the semester a record belongs to; of one with no day of its own, the one printed for.

    A day in no semester known has none, and a line to write it on.
    """
    if record is None:
        return asked.term
    link = calendar.semester_link(facts.register)
    if link and (named := facts.text(record, link)):
        return named
    day = happened_on(facts.register, record)
    if day is None:
        return asked.term
    span = calendar.school_calendar().semester_for_visit(day)
    return span.title if span is not None else GAP


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
        return facts.text(record, found[1]) or GAP

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
            theirs = pictures.get(record.id, [])
            blocks = form_blocks(asked, form, facts, record, theirs)
            mark = Mark(facts.name(record))
            if form.on_sheet > 1:
                gap = (Text("", XIAOSI), Rule(0.5)) if begun else ()
                yield Together((*gap, mark, *blocks))
            else:
                yield from (*((Turn(),) if begun else ()), mark, *blocks)
            begun = True


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
