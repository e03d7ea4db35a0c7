"""Read a roster of pupils: every row with its verdict, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from models.core.errors import BadFile
from models.core.values import Raw, class_label, folds_told, is_blank, plain
from models.intake.cells import Cells
from models.intake.family import read_family
from models.intake.headers import HeaderMap, data_rows, find_headers, is_form, side_by_side
from models.intake.left_behind import (
    FIELD,
    TICK_COLUMNS,
    drop_blank_warnings,
    read_left_behind,
    reconcile,
)
from models.intake.pupil import cross_check, read_pupil
from models.intake.reading import Caps, Sheet, SheetRow, read_workbook
from models.intake.roster_headings import GROUPS, PUPIL, is_stored
from models.intake.rows import Problem, RosterRow

_TELLING = ("sex", "birth", "id_number", "school_number", "class", "grade", "left_behind", "ethnic")
_KEYS = ("name", "id_number", "school_number")


@dataclass(frozen=True)
class RosterAnswers:
    """What the clerk decided after the first look.

    `columns`: {sheet name: {column index from 0: field or None}} corrects the mapping ·
    `left_behind`: code of `LEFT_BEHIND` for all rows when the roster has no such column ·
    `left_behind_numbers`: what bare numbers in that column mean, {"1": "2"} ·
    `sheets`: read only these sheets.
    """

    columns: Mapping[str, Mapping[int, str | None]] = field(default_factory=dict)
    left_behind: str | None = None
    left_behind_numbers: Mapping[str, str] = field(default_factory=dict)
    sheets: Sequence[str] | None = None


@dataclass
class Roster:
    """A roster as read: rows in the file's order, and what concerns the whole file.

    `skipped` are (sheet, row number, why) of rows that are no pupils; `other_sheets` had no
    heading of a roster, `forms` are forms of one child.
    """

    rows: list[RosterRow] = field(default_factory=list)
    headers: list[HeaderMap] = field(default_factory=list)
    skipped: list[tuple[str, int, str]] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def good(self) -> list[RosterRow]:
        """Return the rows that can be taken over."""
        return [row for row in self.rows if row.good]

    @property
    def bad(self) -> list[RosterRow]:
        """Return the refused rows; the first error of each is its chief reason."""
        return [row for row in self.rows if not row.good]

    @property
    def left_behind(self) -> list[RosterRow]:
        """Return the good rows of left-behind children."""
        return [row for row in self.good if row.is_left_behind]

    @property
    def asks_left_behind(self) -> bool:
        """Return whether a sheet has no left-behind column, so that the clerk must answer."""
        columns = {FIELD, *TICK_COLUMNS}
        return any(columns.isdisjoint(header.index) for header in self.headers)


def read_roster(
    data: bytes, answers: RosterAnswers | None = None, caps: Caps | None = None
) -> Roster:
    """Return every pupil row of a roster workbook with its errors and warnings.

    Raises BadFile when the file cannot be opened, has no heading of a roster, or has a heading
    and no pupil below it.
    """
    answers = answers or RosterAnswers()
    roster = Roster()
    seen: dict[str, RosterRow] = {}
    book = read_workbook(data, caps)
    for sheet in book:
        if answers.sheets is None or sheet.name in answers.sheets:
            _read_sheet(sheet, answers, roster, seen)
    if not roster.headers and roster.forms:
        raise BadFile(
            f"“{'”“'.join(roster.forms[:5])}”是一人一张的登记表，不是每人一行的花名册；"
            "请在留守儿童登记里逐个新增，或把各张表汇成一行一人的花名册再导入"
        )
    if not roster.headers:
        raise BadFile(
            "没有找到花名册的表头，表头一行至少要有“姓名”和“身份证号、性别、班级”中的两项"
        )
    if not roster.rows:
        raise BadFile("找到了表头，但下面没有学生，请确认选对了文件")
    _settle_single_classes(roster)
    _note_namesakes(roster)
    roster.warnings += [Problem("", "hidden", message) for message in book.told]
    _note_whole_file(roster)
    return roster


def _read_sheet(
    sheet: Sheet, answers: RosterAnswers, roster: Roster, seen: dict[str, RosterRow]
) -> None:
    if is_form(sheet, PUPIL, GROUPS):
        roster.forms.append(sheet.name)
        return
    for block in side_by_side(sheet, PUPIL, _TELLING):
        headers = [
            header
            for found in find_headers(block, PUPIL, GROUPS)
            if _is_roster(header := found.corrected(answers.columns.get(sheet.name, {})))
        ]
        if headers:
            _read_blocks(block, headers, answers, roster, seen)
        elif sheet.name not in roster.other_sheets:
            roster.other_sheets.append(sheet.name)


def _read_blocks(
    sheet: Sheet,
    headers: list[HeaderMap],
    answers: RosterAnswers,
    roster: Roster,
    seen: dict[str, RosterRow],
) -> None:
    notes: list[tuple[int, str]] = []
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        until = following.first_row if following else None
        found = data_rows(sheet, header, keys=_KEYS, until=until)
        notes += found.notes.items()
        near = _Near(sheet, header, notes, found.rows)
        rows = [_read_row(sheet.name, row, header, near, answers, seen) for row in found.rows]
        drop_blank_warnings(rows)
        roster.headers.append(header)
        roster.skipped += [(sheet.name, number, why) for number, why in found.skipped]
        for row in rows:
            first = _elsewhere(row, seen)
            if first is None:
                roster.rows.append(row)
            else:
                why = f"与“{first.sheet}”第 {first.number} 行是同一名学生，只导入那一行"
                roster.skipped.append((row.sheet, row.number, why))


def _elsewhere(row: RosterRow, seen: Mapping[str, RosterRow]) -> RosterRow | None:
    """Return the row of another sheet that lists the same pupil: a summary beside its classes."""
    first = seen.get(row.pupil.id_number or "")
    if first is None or first.sheet == row.sheet or first.pupil.name != row.pupil.name:
        return None
    return first


class _Near:
    """The texts near a row that may name its class, the nearest first."""

    def __init__(
        self,
        sheet: Sheet,
        header: HeaderMap,
        notes: Sequence[tuple[int, str]],
        rows: Sequence[SheetRow],
    ) -> None:
        above = sheet.rows[: header.first_row - 1]
        self._titles = [" ".join(plain(cell) for cell in row.cells) for row in reversed(above)]
        self._notes, self._tab = list(notes), sheet.name
        self._carried = _class_once_per_block(header, rows)

    def of(self, row: SheetRow) -> list[str]:
        """Return what stands above the row, then the titles, then the tab."""
        above = [text for number, text in reversed(self._notes) if number < row.number]
        return [*above, *self._titles, self._tab, f"{self._tab}班"]

    def filled(self, row: SheetRow) -> SheetRow:
        """Return the row with its block's class where the class is written once per block."""
        if row.number not in self._carried:
            return row
        index, value = self._carried[row.number]
        cells = list(row.cells)
        cells[index] = value
        return replace(row, cells=tuple(cells))


def _class_once_per_block(
    header: HeaderMap, rows: Sequence[SheetRow]
) -> dict[int, tuple[int, Raw]]:
    """Return {row: (column, class)} of rows whose class stands in the first row of their block.

    A class that is written in two rows running is written in every row, and a blank is a blank.
    """
    index = header.index.get("class")
    if index is None:
        return {}
    written = [row[index] for row in rows]
    filled = [cell for cell in written if not is_blank(cell)]
    if not filled or any(plain(a) == plain(b) for a, b in pairwise(filled)):
        return {}
    carried: dict[int, tuple[int, Raw]] = {}
    last: Raw = None
    for row, cell in zip(rows, written, strict=True):
        if not is_blank(cell):
            last = cell
        elif last is not None:
            carried[row.number] = (index, last)
    return carried


def _is_roster(header: HeaderMap) -> bool:
    places = header.index
    return "name" in places and sum(field in places for field in _TELLING) >= 2


def _read_row(
    sheet: str,
    source: SheetRow,
    header: HeaderMap,
    near: _Near,
    answers: RosterAnswers,
    seen: dict[str, RosterRow],
) -> RosterRow:
    row = RosterRow(sheet, source.number)
    cells = Cells(near.filled(source), header.index)
    read_pupil(cells, row, near.of(source))
    number = row.pupil.id_number
    first = seen.get(number or "")
    if first is not None and _elsewhere(row, seen) is None:
        # What else disagrees with a number that is somebody else's is no news to the clerk.
        row.errors.insert(0, _duplicate(first, row))
    else:
        cross_check(row)
        # A row that is refused anyway does not take the number from a good one.
        if number is not None and row.good:
            seen.setdefault(number, row)
    headings = {column.field: column.heading for column in header.columns}
    for name, text in cells.broken.items():
        told = f"“{headings[name]}”一格是公式错误 {text}，没有导入"
        noted = row.errors if name == "name" else row.warnings
        noted.append(Problem(name, "error-value", told))
    for name, place in header.index.items():
        if name != "name" and (told := folds_told(source[place])):
            told = f"“{headings[name]}”一格里{told}"
            row.warnings.append(Problem(name, "folded", told))
    read_family(cells, row)
    read_left_behind(cells, row, answers.left_behind, answers.left_behind_numbers)
    reconcile(row)
    row.warnings = [_naming_its_column(problem, headings) for problem in row.warnings]
    return row


def _naming_its_column(problem: Problem, headings: Mapping[str | None, str]) -> Problem:
    """A cell that was left out is told with the heading of its column."""
    heading = headings.get(problem.field)
    if not heading or not problem.message.endswith("；这一格没有导入"):
        return problem
    return replace(problem, message=f"“{heading}”一格：{problem.message}")


def _duplicate(first: RosterRow, row: RosterRow) -> Problem:
    where = (
        f"第{first.number}行" if first.sheet == row.sheet else f"“{first.sheet}”第{first.number}行"
    )
    name = f"（{first.pupil.name}）" if first.pupil.name else ""
    return Problem("id_number", "duplicate", f"身份证号与{where}{name}重复，请核对后只保留一行")


def _settle_single_classes(roster: Roster) -> None:
    """Take 三年级 for its class 1 when no row of the file knows a second class in that grade."""
    numbered = {row.pupil.grade for row in roster.rows if row.pupil.class_number is not None}
    settled = set()
    for row in roster.rows:
        grade = row.pupil.grade
        if grade and row.pupil.class_number is None and grade not in numbered:
            row.pupil.class_number = 1
            row.errors = [problem for problem in row.errors if problem.code != "class-number"]
            settled.add(class_label(grade, 1))
    if settled:
        names = "、".join(sorted(settled))
        roster.warnings.append(
            Problem("class", "class-number", f"只写了年级的学生按一个班处理：{names}，请核对")
        )


def _note_namesakes(roster: Roster) -> None:
    """Warn of pupils without ID number who look like another row; names alone never refuse."""
    seen: dict[tuple[object, ...], RosterRow] = {}
    for row in roster.rows:
        pupil = row.pupil
        key = (pupil.name, pupil.birth)
        first = seen.setdefault(key, row)
        if first is row or not pupil.name or pupil.birth is None:
            continue
        if pupil.id_number is None or first.pupil.id_number is None:
            row.warnings.append(
                Problem(
                    "name", "namesake", f"与第{first.number}行姓名、出生日期相同，请核对是否重复"
                )
            )


def _note_whole_file(roster: Roster) -> None:
    def note(field: str, code: str, message: str) -> None:
        roster.warnings.append(Problem(field, code, message))

    if roster.asks_left_behind:
        note("left_behind", "left-behind-column", "没有“是否留守儿童”一列，请说明这些学生是否留守")
    for header in roster.headers:
        if "id_number" not in header.index:
            note("id_number", "id-column", f"“{header.sheet}”没有身份证号一列，无法按证件号核对")
    unplaced = [
        row
        for row in roster.rows
        if row.good and row.pupil.grade is None and row.pupil.entry_class is None
    ]
    if unplaced:
        names = "”“".join(dict.fromkeys(row.sheet for row in unplaced))
        told = f"“{names}”里有 {len(unplaced)} 名学生没有班级（班级一列、标题和工作表名里都没有），"
        note("class", "class-column", f"{told}没有编班；请补上班级，或导入后再编班")
    if roster.forms:
        names = "、".join(roster.forms)
        note("", "forms", f"这些工作表是一人一张的登记表，没有读取：{names}")
    if roster.other_sheets:
        names = "、".join(roster.other_sheets)
        note("", "other-sheets", f"这些工作表不是花名册，没有读取：{names}")
    recognised = [
        column.heading
        for header in roster.headers
        for column in header.columns
        if column.field and not is_stored(column.field)
    ]
    if recognised:
        names = "、".join(dict.fromkeys(recognised))
        note("", "columns-not-kept", f"这些列登记里没有地方存，未导入：{names}")
    unknown = [name for header in roster.headers for name in header.unknown]
    if unknown:
        names = "、".join(dict.fromkeys(unknown))
        note("", "unknown-columns", f"这些列没有认出，未导入：{names}")
