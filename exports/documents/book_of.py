"""The register book and the blank form of any register, made from its declaration.

The book prints what the reader may see: records come from `rows`, texts from `Page`, masked where
they must be. A book has the columns of the register's list and short form; all other filled-in
fields and the lines of a record stand in one last column, so that nothing is left out and the page
stays readable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import BooleanField, CharField, TextField

from exports.pdf.book import BookColumn, Cover, write_book
from exports.pdf.imprint import Imprint
from models.core.actor import Actor
from models.core.converters import converter_of
from models.core.display import Page
from models.core.fields import FieldSpec, WordField, WordsField
from models.core.gates import rows, surface
from models.core.register import Register, line_registers

# Yields the records of a book some hundred at a time; called anew for each pass.
Chunks = Callable[[], Iterable[list[Any]]]

MOST_COLUMNS = 11
NUMBER, REST = "序号", "其他内容"
# Millimetres: a quarter of the paper lying across, so that long texts stay readable.
REST_WIDTH = 66.0
SHORT_FACT = 24
_WRITING_LINES = 4
_SHORT_CHOICE = 6


@dataclass(frozen=True)
class BookLayout:
    """Which fields have a column of their own, in order, and which share the last one."""

    columns: tuple[tuple[str, str], ...]
    rest: tuple[tuple[str, str], ...]
    lines: tuple[Register, ...]
    numbers: frozenset[str]

    @property
    def has_rest(self) -> bool:
        """Whether there is a last column for everything else."""
        return bool(self.rest or self.lines)


def layout_of(actor: Actor, register: Register) -> BookLayout:
    """Return how the book of a register looks for the actor."""
    shown = surface(actor, register, "pdf")
    placed = {name: place for place, name in enumerate(_own_columns(register))}
    labels = {one.name: one.spec.label for one in shown.fields if not _is_internal(one.spec)}
    labels |= {derived.name: derived.label for derived in register.derived}
    chosen = sorted((name for name in labels if name in placed), key=placed.__getitem__)
    chosen = chosen[:MOST_COLUMNS]
    return BookLayout(
        columns=tuple((name, labels[name]) for name in chosen),
        rest=tuple((name, label) for name, label in labels.items() if name not in chosen),
        lines=tuple(line_registers(register)),
        numbers=frozenset(one.name for one in shown.fields if converter_of(one.spec.field).number),
    )


def _own_columns(register: Register) -> list[str]:
    """Return the names of list and short fields, in that order, long texts left out."""
    listed = [(float(spec.list), spec.name) for spec in register.ordered("list")]
    listed += [(one.list - 0.5, one.name) for one in register.derived if one.list]
    short = [spec.name for spec in register.ordered("short") if not _is_free_text(spec)]
    names = [name for _place, name in sorted(listed)] + short
    return [name for name in dict.fromkeys(names) if not _is_long(register, name)]


def _is_long(register: Register, name: str) -> bool:
    spec = register.fields.get(name)
    return (
        spec is not None
        and isinstance(spec.field, TextField)
        and not isinstance(spec.field, WordsField)
    )


def _is_free_text(spec: FieldSpec) -> bool:
    """Free words of a short form would each need a wide column; they share the last one."""
    return type(spec.field) in (CharField, TextField)


def _is_internal(spec: FieldSpec) -> bool:
    """Hashes and other read-only workings of the product say nothing on paper."""
    return spec.readonly and spec.computed is None


def columns_of(layout: BookLayout) -> list[BookColumn]:
    """Return the book's columns: number, own columns, everything else."""
    columns = [BookColumn(NUMBER, 11, "right")]
    columns += [
        BookColumn(label, None, "right" if name in layout.numbers else "left")
        for name, label in layout.columns
    ]
    return [*columns, BookColumn(REST, REST_WIDTH)] if layout.has_rest else columns


def cells_of(
    actor: Actor, register: Register, layout: BookLayout, chunks: Chunks
) -> Iterator[list[str]]:
    """Yield the texts of each record as the actor reads them, a chunk's names asked for once."""
    number = 0
    for records in chunks():
        page = Page(actor, register, records, "pdf")
        lines = _lines_of(actor, layout, records)
        for record in records:
            number += 1
            cells = [str(number), *(page.text(record, name) for name, _label in layout.columns)]
            if layout.has_rest:
                cells.append(_paragraphs(list(_rest(page, layout, record, lines))))
            yield cells


def _paragraphs(facts: list[str]) -> str:
    """Short facts share a paragraph, each long one has its own; so a page holds more records."""
    short = "；".join(fact for fact in facts if len(fact) <= SHORT_FACT)
    return "\n".join(filter(None, (short, *(fact for fact in facts if len(fact) > SHORT_FACT))))


def _rest(
    page: Page, layout: BookLayout, record: Any, lines: dict[tuple[str, int], list[str]]
) -> Iterator[str]:
    for name, label in layout.rest:
        text = page.text(record, name).strip()
        spec = page.register.fields.get(name)
        plain_no = spec is not None and isinstance(spec.field, BooleanField) and text == "否"
        if text and not plain_no:
            yield f"{label}：{text}"
    for one in layout.lines:
        texts = lines.get((one.slug, record.id))
        if texts:
            yield f"{one.title}：{'、'.join(texts)}"


def _lines_of(
    actor: Actor, layout: BookLayout, records: Sequence[Any]
) -> dict[tuple[str, int], list[str]]:
    """Return per (line register, record) how its lines are called."""
    found: dict[tuple[str, int], list[str]] = {}
    ids = [record.id for record in records]
    for one in layout.lines:
        column = getattr(one.model, one.parent)
        lines = list(rows(actor, one).where(column.in_(ids)).order_by(one.model.id))
        page = Page(actor, one, lines, "pdf")
        for line in lines:
            key = (one.slug, line.__data__[one.parent])
            found.setdefault(key, []).append(page.label(line))
    return found


def write_register_book(
    target: Path,
    actor: Actor,
    register: Register,
    chunks: Chunks,
    imprint: Imprint,
    *,
    cover: Cover | None = None,
    blank_rows: int = 0,
) -> None:
    """Write the book of `chunks` to `target`, in time linear in the records and flat memory."""
    layout = layout_of(actor, register)
    write_book(
        target,
        columns=columns_of(layout),
        rows=cells_of(actor, register, layout, chunks),
        imprint=imprint,
        cover=cover,
        blank_rows=blank_rows,
    )


def blank_fields(actor: Actor, register: Register) -> list[tuple[str, str, int]]:
    """Return label, help and height in lines of each field to be filled in by hand."""
    shown = surface(actor, register, "form")
    return [
        (one.spec.label, _hint(one.spec), _WRITING_LINES if _is_long(register, one.name) else 1)
        for one in shown.fields
        if not one.spec.readonly
    ]


def _hint(spec: FieldSpec) -> str:
    """Return the choices as boxes to tick when they are few, else the unit or the help."""
    if isinstance(spec.field, (WordField, WordsField)) and len(spec.field.words) <= _SHORT_CHOICE:
        return "　".join(f"□{word}" for word in spec.field.words)
    return f"单位：{spec.unit}" if spec.unit else spec.help
