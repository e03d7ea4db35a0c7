"""The register book and the blank form of any register, made from its declaration.

The book prints what the reader may see: records come from `rows`, texts from `Page`, masked where
they must be. Every field has a column of its own; where they are too many for the paper, each
record has a sheet laid out as the register's paper form. Nothing is left out either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import CharField, TextField

from exports.documents.forms import form_for, sheets_of_records
from exports.documents.paper import Printing
from exports.pdf.blocks import FORM, Block, Index, Text, Title, Turn
from exports.pdf.book import BookColumn, Cover, write_book
from exports.pdf.imprint import Imprint
from exports.pdf.laid_out import write_blocks
from models.core.actor import Actor
from models.core.converters import converter_of
from models.core.display import Page
from models.core.fields import FieldSpec, WordsField
from models.core.gates import rows, surface
from models.core.register import Register, line_registers

# Yields the records of a book some hundred at a time; called anew for each pass.
Chunks = Callable[[], Iterable[list[Any]]]

# More than this do not fit across the paper, nor do more long texts than these.
MOST_COLUMNS, MOST_LONG = 12, 2
NUMBER = "序号"
# Millimetres of a column for a long text, so that it stays readable.
LONG_WIDTH = 62.0


@dataclass(frozen=True)
class BookLayout:
    """The fields in the order of the book, its registers of lines, and which are numbers or long.

    With `sheets` they are too many for columns: each record has a sheet of its own.
    """

    columns: tuple[tuple[str, str], ...]
    lines: tuple[Register, ...]
    numbers: frozenset[str]
    long: frozenset[str]

    @property
    def sheets(self) -> bool:
        """Whether each record has a sheet."""
        count = len(self.columns) + len(self.lines)
        return count > MOST_COLUMNS or len(self.long) > MOST_LONG


def layout_of(actor: Actor, register: Register) -> BookLayout:
    """Return how the book of a register looks for the actor."""
    shown = surface(actor, register, "pdf")
    placed = {name: place for place, name in enumerate(_own_columns(register))}
    labels = {one.name: one.spec.label for one in shown.fields if not _is_internal(one.spec)}
    labels |= {derived.name: derived.label for derived in register.derived}
    ordered = sorted(labels, key=lambda name: placed.get(name, len(placed)))
    return BookLayout(
        columns=tuple((name, labels[name]) for name in ordered),
        lines=tuple(line_registers(register)),
        numbers=frozenset(one.name for one in shown.fields if converter_of(one.spec.field).number),
        long=frozenset(name for name in labels if _is_long(register, name)),
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
    """Return the book's columns: number, fields, lines."""
    columns = [BookColumn(NUMBER, 11, "right")]
    columns += [
        BookColumn(
            label,
            LONG_WIDTH if name in layout.long else None,
            "right" if name in layout.numbers else "left",
        )
        for name, label in layout.columns
    ]
    return [*columns, *(BookColumn(one.title) for one in layout.lines)]


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
            cells += ["、".join(lines.get((one.slug, record.id), ())) for one in layout.lines]
            yield cells


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
    folders: tuple[Path, Path] | None = None,
) -> None:
    """Write the book of `chunks` to `target`, in time linear in the records and flat memory.

    `folders` are where originals and copies of photos lie; without them sheets have none.
    """
    layout = layout_of(actor, register)
    if not layout.sheets:
        write_book(
            target,
            columns=columns_of(layout),
            rows=cells_of(actor, register, layout, chunks),
            imprint=imprint,
            cover=cover,
            blank_rows=blank_rows,
        )
        return
    printing = Printing(actor, imprint.school, imprint.subtitle, *(folders or ()))
    blocks = sheets_of_records(printing, register, form_for(register), chunks())
    write_blocks(target, _or_none(_indexed(blocks), imprint.title), FORM, imprint, cover=cover)


def _indexed(blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield the sheets, and behind them what each is called and on which page it begins."""
    empty = True
    for block in blocks:
        empty = False
        yield block
    if not empty:
        yield from (Turn(), Index("目录（按页码）"))


def _or_none(blocks: Iterator[Block], title: str) -> Iterator[Block]:
    """Yield the blocks, or for a book without records that it has none."""
    empty = True
    for block in blocks:
        empty = False
        yield block
    if empty:
        yield from (Title(title), Text("本册暂无记录", align="centre"))
