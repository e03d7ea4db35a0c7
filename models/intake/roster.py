"""Read a roster of pupils: every row with its verdict, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.core.errors import BadFile
from models.core.values import class_label, plain
from models.intake.cells import Cells
from models.intake.family import read_family
from models.intake.headers import DataRows, HeaderMap, data_rows, find_header
from models.intake.left_behind import (
    FIELD,
    TICK_COLUMNS,
    drop_blank_warnings,
    read_left_behind,
    reconcile,
)
from models.intake.pupil import cross_check, read_pupil
from models.intake.reading import Caps, Sheet, SheetRow, read_workbook
from models.intake.roster_headings import GROUPS, PUPIL
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
    heading of a roster.
    """

    rows: list[RosterRow] = field(default_factory=list)
    headers: list[HeaderMap] = field(default_factory=list)
    skipped: list[tuple[str, int, str]] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
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
    for sheet in read_workbook(data, caps):
        if answers.sheets is None or sheet.name in answers.sheets:
            _read_sheet(sheet, answers, roster, seen)
    if not roster.headers:
        raise BadFile(
            "没有找到花名册的表头，表头一行至少要有“姓名”和“身份证号、性别、班级”中的两项"
        )
    if not roster.rows:
        raise BadFile("找到了表头，但下面没有学生，请确认选对了文件")
    _settle_single_classes(roster)
    _note_namesakes(roster)
    _note_whole_file(roster)
    return roster


def _read_sheet(
    sheet: Sheet, answers: RosterAnswers, roster: Roster, seen: dict[str, RosterRow]
) -> None:
    header = find_header(sheet, PUPIL, GROUPS)
    if header is not None:
        header = header.corrected(answers.columns.get(sheet.name, {}))
    if header is None or not _is_roster(header):
        roster.other_sheets.append(sheet.name)
        return
    roster.headers.append(header)
    found = data_rows(sheet, header, keys=_KEYS)
    roster.skipped += [(sheet.name, number, why) for number, why in found.skipped]
    titles = [plain(cell) for row in sheet.rows[: header.first_row - 1] for cell in row.cells]
    rows = [
        _read_row(sheet.name, row, header, _around(row, found, sheet.name, titles), answers, seen)
        for row in found.rows
    ]
    drop_blank_warnings(rows)
    roster.rows += rows


def _is_roster(header: HeaderMap) -> bool:
    places = header.index
    return "name" in places and sum(field in places for field in _TELLING) >= 2


def _around(row: SheetRow, found: DataRows, sheet: str, titles: list[str]) -> str:
    """Return the nearest text that may name the row's class: a line above it, the titles, the tab.

    Only the nearest line counts, because a sheet may hold one block per class.
    """
    above = [text for number, text in found.notes.items() if number < row.number and "班" in text]
    return above[-1] if above else " ".join(titles) if "班" in " ".join(titles) else sheet


def _read_row(
    sheet: str,
    source: SheetRow,
    header: HeaderMap,
    around: str,
    answers: RosterAnswers,
    seen: dict[str, RosterRow],
) -> RosterRow:
    row = RosterRow(sheet, source.number)
    cells = Cells(source, header.index)
    read_pupil(cells, row, around)
    number = row.pupil.id_number
    if number is not None and number in seen:
        # What else disagrees with a number that is somebody else's is no news to the clerk.
        row.errors.insert(0, _duplicate(seen[number], row))
    else:
        cross_check(row)
        if number is not None:
            seen[number] = row
    read_family(cells, row)
    read_left_behind(cells, row, answers.left_behind, answers.left_behind_numbers)
    reconcile(row)
    return row


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
    if any(row.good and row.pupil.grade is None for row in roster.rows):
        note("class", "class-column", "没有班级一列，标题和工作表名里也没有班级，请说明班级")
    if roster.other_sheets:
        names = "、".join(roster.other_sheets)
        note("", "other-sheets", f"这些工作表不是花名册，没有读取：{names}")
    unknown = [name for header in roster.headers for name in header.unknown]
    if unknown:
        names = "、".join(dict.fromkeys(unknown))
        note("", "unknown-columns", f"这些列没有认出，未导入：{names}")
