"""The blank workbook of a register: drop-downs, prompts, text columns for numbers, a sample row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from peewee import BooleanField, DateField, DateTimeField

from exports.tables.book import footer, in_memory, open_book, put
from exports.tables.writing import shapes, sheet_name, width_of
from models.core.actor import Actor
from models.core.converters import converter_of
from models.core.fields import FieldSpec, WordField, WordsField
from models.core.gates import directory
from models.core.register import Register, line_registers, register_of
from models.intake.columns import NUMBER, SERIAL, TableColumn, columns_for
from models.intake.links import link_texts

ROWS = 2000
SAMPLE = "示例"
CHOICES_SHEET = "选项"
# A drop-down's own list may be this long; a longer one stands on the hidden sheet.
_INLINE = 255
# Whom a drop-down may list: colleagues and classes. A list of left-behind children it never is.
_LISTED_MOST = 1000


class _Choices:
    """The hidden sheet of long lists; each list is one column, written once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._sheet: Any = None
        self._places: dict[tuple[str, ...], str] = {}

    def source(self, words: Sequence[str]) -> Any:
        """Return what a drop-down is fed from: the words, or the range that holds them."""
        if len(",".join(words)) <= _INLINE and not any("," in word for word in words):
            return list(words)
        key = tuple(words)
        if key not in self._places:
            if self._sheet is None:
                self._sheet = self._book.add_worksheet(CHOICES_SHEET)
                self._sheet.hide()
            column = len(self._places)
            for row, word in enumerate(words):
                put(self._sheet, row, column, word)
            letter = _letters(column)
            self._places[key] = f"={CHOICES_SHEET}!${letter}$1:${letter}${len(words)}"
        return self._places[key]


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def blank_workbook(actor: Actor, register: Register, made_at: datetime) -> bytes:
    """Return the .xlsx to fill in for `register`, with a sheet for each kind of its lines."""
    target = in_memory()
    with open_book(target, f"{register.title}导入表", actor.name, made_at) as book:
        choices = _Choices(book)
        for declared in (register, *line_registers(register)):
            _write_sheet(book, actor, declared, choices, made_at, is_line=declared is not register)
        book.worksheets()[0].activate()
    return target.getvalue()


def _write_sheet(
    book: Any,
    actor: Actor,
    register: Register,
    choices: _Choices,
    made_at: datetime,
    *,
    is_line: bool,
) -> None:
    shaped = shapes(book)
    sample = book.add_format({"italic": True, "font_color": "#6B6B63", "num_format": "@"})
    sheet = book.add_worksheet(sheet_name(register.title))
    columns = [
        column
        for column in columns_for(actor, register, "import")
        if column.name != NUMBER and not (is_line and column.name == register.parent)
    ]
    for index, column in enumerate(columns):
        needed = column.spec is not None and column.spec.required
        heading = f"{column.heading}*" if needed else column.heading
        sheet.set_column(index, index, width_of(column), shaped.of(column.spec))
        put(sheet, 0, index, heading, shaped.required if needed else shaped.head)
        put(sheet, 1, index, _sample(column, made_at.date()), sample)
        _guide(sheet, index, column, choices)
    sheet.freeze_panes(1, 0)
    footer(sheet, actor.name, made_at)


def _sample(column: TableColumn, today: date) -> str:
    """Return the sample of a cell; the row's first says 示例, so that it is never imported."""
    if column.name == SERIAL:
        return SAMPLE
    spec = column.spec
    if spec is None:
        return ""
    declared = spec.field
    if isinstance(declared, (WordField, WordsField)):
        return "、".join(declared.words[: 2 if isinstance(declared, WordsField) else 1])
    if spec.target is not None:
        target = register_of(spec.target)
        return converter_of(target.fields[target.label[0]].field).sample or "名称"
    if isinstance(declared, DateTimeField):
        return f"{today.isoformat()} 15:30"
    if isinstance(declared, DateField):
        return today.isoformat()
    return converter_of(declared).sample


def _guide(sheet: Any, index: int, column: TableColumn, choices: _Choices) -> None:
    """Give a column's cells a prompt and, where the words are closed, a drop-down."""
    spec = column.spec
    prompt = _prompt(column)
    words = _words(spec) if spec is not None else []
    rule: dict[str, Any] = {"validate": "any"}
    if words:
        rule = {
            "validate": "list",
            "source": choices.source(words),
            # Other ways to write a word are understood too, so Excel only warns.
            "error_type": "warning",
            "error_title": "不在可选项中",
            "error_message": "这个词不在下拉的选项里，导入时可能认不出。",
        }
    if prompt:
        rule |= {"input_title": column.heading[:32], "input_message": prompt[:255]}
    if len(rule) > 1:
        sheet.data_validation(2, index, ROWS, index, rule)


def _words(spec: FieldSpec) -> list[str]:
    declared = spec.field
    if isinstance(declared, WordField):
        return list(declared.words)
    if isinstance(declared, BooleanField):
        return ["是", "否"]
    if spec.target is None:
        return []
    target = register_of(spec.target)
    if not target.by_name:
        return []
    model = target.model
    query = directory(target, model.id).where(model.deleted_at.is_null(True))
    order = model.pinyin_key if target.pinyin else model.id
    ids = [number for (number,) in query.order_by(order).limit(_LISTED_MOST).tuples()]
    texts = link_texts(target, ids)
    return [texts[number] for number in ids]


def _prompt(column: TableColumn) -> str:
    spec = column.spec
    if spec is None:
        return {
            SERIAL: "这一行的序号，可以不填；有明细表的，明细靠它找到这一行",
        }.get(column.name, "一周以前的事请写明为什么现在才录")
    parts = ["必填" if spec.required else "应填" if spec.wanted else ""]
    declared = spec.field
    if isinstance(declared, WordsField):
        parts.append(f"可写几项，用、隔开：{'、'.join(declared.words)}")
    elif spec.target is not None:
        title = register_of(spec.target).title
        parts.append(f"写{title}里已有的名称；同名的写成 名称（班级）或 名称#编号")
    else:
        parts.append(converter_of(declared).prompt)
    if spec.unit:
        parts.append(f"单位：{spec.unit}")
    parts.append(spec.help)
    return "；".join(part for part in parts if part)
