"""One row's cells by field, read through the value rules; what is wrong is noted on the row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from models.core.codes import CodeTable
from models.core.errors import BadValue
from models.core.values import (
    Raw,
    Refusal,
    clean_bool,
    clean_id_number,
    clean_name,
    clean_phones,
    clean_text,
    is_blank,
    plain,
    refuse_error_value,
)
from models.intake.people import PersonCell, read_person, read_relation
from models.intake.reading import SheetRow
from models.intake.rows import Problem, RosterRow

T = TypeVar("T")

_NOTHING = re.compile(r"无|暂无|没有|不详|未知|空|[/\\\-—－–~.*×]+|0")


class Cells:
    """A row seen through the mapping of its sheet's headings."""

    def __init__(self, row: SheetRow, places: Mapping[str, int]) -> None:
        self._row = row
        self._places = places
        self.broken = {
            field: text
            for field, place in places.items()
            if isinstance(text := row[place], str) and _is_error(text)
        }

    def has(self, field: str) -> bool:
        """Return whether the sheet has a column for the field."""
        return field in self._places

    def raw(self, field: str) -> Raw:
        """Return the cell as it came, None where there is no such column or a formula failed."""
        place = self._places.get(field)
        return None if place is None or field in self.broken else self._row[place]

    def text(self, field: str) -> str | None:
        """Return the cell's text, None when blank or filled with 无, / or the like."""
        raw = self.raw(field)
        if raw is None or is_blank(raw) or _NOTHING.fullmatch(plain(raw)):
            return None
        # An apostrophe before a number is how a spreadsheet marks text.
        text = clean_text(raw)
        return text[1:] if re.match(r"'\d", text) else text

    def tried(
        self, field: str, clean: Callable[[Raw], T], row: RosterRow, *, fatal: bool = False
    ) -> T | None:
        """Return the cleaned cell; what is refused is noted as a warning, or error if `fatal`."""
        try:
            return clean(self.raw(field))
        except BadValue as refused:
            code = refused.code if isinstance(refused, Refusal) else field.rpartition(".")[2]
            noted = row.errors if fatal else row.warnings
            ending = "" if fatal else "；这一格没有导入"
            noted.append(Problem(field, code, f"{refused}{ending}"))
            return None

    def code(
        self, field: str, table: CodeTable, row: RosterRow, *, fatal: bool = False
    ) -> str | None:
        """Return the code of a vocabulary cell, None when blank or (noted) not understood."""
        if self.text(field) is None and not (self.raw(field) in (0, "0") and table.numbered):
            return None
        text = plain(self.raw(field))
        bare = re.sub(r"\([^()]*\)", "", text).strip()
        try:
            return table.code_of(text)
        except BadValue:
            return self.tried(field, lambda _raw: table.code_of(bare or text), row, fatal=fatal)

    def ticked(self, field: str) -> bool | None:
        """Return a yes or no cell, None when blank or not readable as either."""
        try:
            return clean_bool(self.raw(field))
        except BadValue:
            return None

    def person(self, field: str, row: RosterRow) -> PersonCell:
        """Return what a cell says of a relative; what is no name is told, not taken for one."""
        if self.text(field) is None:
            return PersonCell(None)
        cell = read_person(self.raw(field))
        if cell.remark or (cell.name is None and (cell.state or cell.relation)):
            told = f"写的是“{plain(self.raw(field))}”"
            ending = "，不是姓名，请补上姓名" if cell.name is None else "，只取了姓名，请核对"
            self.warn(row, field, "person-remark", told + ending)
        if cell.name is None:
            return cell
        try:
            return replace(cell, name=clean_name(cell.name))
        except BadValue as refused:
            self.warn(row, field, "name", f"{refused}；这一格没有导入")
            return replace(cell, name=None)

    def relation(self, field: str, row: RosterRow) -> str | None:
        """Return the code of a relation cell, None when blank; an unknown word is noted."""
        if self.text(field) is None:
            return None
        code, doubt = read_relation(self.raw(field))
        if doubt:
            self.warn(row, field, "relation", doubt)
        return code

    def phones(self, field: str, row: RosterRow) -> tuple[str, ...]:
        """Return the phone numbers of a cell; a missing number is no fault."""
        if self.text(field) is None:
            return ()
        return tuple(self.tried(field, clean_phones, row) or ())

    def id_number(self, field: str, row: RosterRow) -> str | None:
        """Return a relative's ID number; a wrong one is noted and left out."""
        return None if self.text(field) is None else self.tried(field, clean_id_number, row)

    def warn(self, row: RosterRow, field: str, code: str, message: str) -> None:
        """Note something the clerk should look at that does not stop the row."""
        row.warnings.append(Problem(field, code, message))

    def refuse(self, row: RosterRow, field: str, code: str, message: str) -> None:
        """Note something that stops the row."""
        row.errors.append(Problem(field, code, message))


def _is_error(text: str) -> bool:
    try:
        refuse_error_value(text.strip())
    except BadValue:
        return True
    return False
