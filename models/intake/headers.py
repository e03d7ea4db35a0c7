"""Find the heading row of a sheet and say which column holds which field.

Works for any register: the caller hands in a synonym table {field: [names]} and, for headings
that repeat per person, groups. A heading may stand in one row or in two or three (父亲 over 姓名
and 电话), below merged titles, in any column order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from models.core.values import Raw, is_blank, plain
from models.intake.reading import Sheet, SheetRow

Synonyms = Mapping[str, Sequence[str]]

_DEEPEST = 40
_NEUTRAL = re.compile(r"学生|儿童|基本|信息|个人|情况|资料|名册|花名|登记|名单|统计|本人|填写")
_TOPIC = re.compile(r"(基本)?(情况|信息|资料|状况)")
SAMPLE_MARK = re.compile(r"(填写)?(示例|样例|范例|举例|例如|示范|例)(行|\d+)?[:：]?")
_SAMPLE_NOTE = re.compile(r"(此|本|该)行.{0,4}(示例|样例|范例)|(示例|样例|范例)行")
_TOTAL = re.compile(
    r"(合计|总计|小计|共计|累计)[:：]?.*|.{1,10}(合计|小计|总计|共计)[:：]?(\d+[人名]?)?"
)
# A title that stands again on each printed page.
_TITLE = re.compile(r"(.*[学校班级生童])?(花名册|名册|名单|统计表|登记表|一览表|汇总表)(\(.*\))?")
_TEMPLATE = re.compile(
    r"必填项?|选填项?|非必填|可不填|文本|文本型|文字|数字|数值|日期|日期型|下拉|下拉选择|字符串?|格式|"
    r"(男|是|有|汉族?)/(女|否|无|.{1,6})|(18位|11位|yyyy).{0,8}|不能为空|必须填写"
)
_SAME_AS_ABOVE = re.compile(r"同上|同前|同左上|〃|″|\"|''|″″|\"\"|〃〃|same")
_FOOT = re.compile(
    r"(填表人|制表人?|填报人|填报单位|填表单位|审核人?|审批人?|校长|负责人|单位负责人|经办人|班主任|联系人|"
    r"填表日期|填报日期|填表时间|日期|备注|说明|填表说明|注|附注|盖章|单位|学校|学校盖章|签字|签名|联系电话|审批)"
    r"(\(?(签字|签名|盖章|公章)\)?)?([:：(\s].*|\d*[、.].*)?"
)


@dataclass(frozen=True)
class Group:
    """A set of headings that repeats per person: prefixes 父亲, 爸爸 with parts 姓名, 电话.

    A bare prefix means its `bare` part. `adjacent` lets a plain 电话 right after the bare prefix
    belong to the group even when it is the only 电话 of the sheet.
    """

    field: str
    prefixes: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]
    bare: str = "name"
    adjacent: bool = False


@dataclass(frozen=True)
class Column:
    """One column of the sheet: its heading as written and the field it fills, if any."""

    index: int
    heading: str
    field: str | None


@dataclass(frozen=True)
class HeaderMap:
    """Where the headings stand (rows from 1) and what each column is taken for."""

    sheet: str
    first_row: int
    last_row: int
    columns: tuple[Column, ...]

    @property
    def index(self) -> dict[str, int]:
        """Return {field: column index}."""
        return {column.field: column.index for column in self.columns if column.field}

    @property
    def unknown(self) -> list[str]:
        """Return the headings no field was found for."""
        return [c.heading for c in self.columns if c.field is None and c.heading]

    def corrected(self, overrides: Mapping[int, str | None]) -> HeaderMap:
        """Return the map with the clerk's corrections {column index: field or None} applied.

        A field moved to another column is taken from the column that had it.
        """
        taken = {name for name in overrides.values() if name}
        columns = tuple(
            replace(column, field=overrides[column.index])
            if column.index in overrides
            else replace(column, field=None)
            if column.field in taken
            else column
            for column in self.columns
        )
        return replace(self, columns=columns)


@dataclass
class DataRows:
    """The rows that hold records, and the rows left out with the reason, by row number."""

    rows: list[SheetRow]
    skipped: list[tuple[int, str]]
    notes: dict[int, str]


def normal_heading(raw: Raw) -> str:
    """Return a heading without spaces, stars, colons and width differences."""
    return re.sub(r"[\s*★:：_\"“”.,，、。?!\-—]", "", plain(raw)).lower()


def expand_group(group: Group) -> dict[str, list[str]]:
    """Return {"field.part": every heading that means it} for one group."""
    table: dict[str, list[str]] = {}
    for part, names in group.parts.items():
        headings = [
            f"{prefix}{of}{name}"
            for prefix in group.prefixes
            for name in names
            for of in ("", "的")
        ]
        if part == group.bare:
            headings += group.prefixes
        table[f"{group.field}.{part}"] = headings
    return table


def find_header(
    sheet: Sheet, synonyms: Synonyms, groups: Sequence[Group] = (), *, at_least: int = 2
) -> HeaderMap | None:
    """Return the likeliest heading of a sheet, or None if no row names `at_least` fields.

    Every place within the first 40 rows is tried with a height of one to three rows; the one
    that names most fields wins, the lower height and the higher place first.
    """
    words = _word_table(synonyms, groups)
    grid = _heading_grid(sheet)
    grouped = _group_rows(sheet)
    best: HeaderMap | None = None
    for height in (1, 2, 3):
        for start in range(len(grid) - height + 1):
            last = start + height
            # A row of 父亲 and 母亲 and the row of 姓名 below it make sense only together.
            if start in grouped or last in grouped:
                continue
            if not any(grid[start]) or not any(grid[last - 1]):
                continue
            columns = _read(grid[start:last], words, groups)
            found = HeaderMap(sheet.name, start + 1, last, columns)
            if best is None or len(found.index) > len(best.index):
                best = found
    return best if best and len(best.index) >= at_least else None


def find_headers(
    sheet: Sheet, synonyms: Synonyms, groups: Sequence[Group] = (), *, at_least: int = 2
) -> list[HeaderMap]:
    """Return the likeliest heading and those of later blocks whose columns stand otherwise."""
    first = find_header(sheet, synonyms, groups, at_least=at_least)
    if first is None:
        return []
    words = _word_table(synonyms, groups)
    headers = [first]
    for row in sheet.rows[first.last_row :]:
        texts = {index: normal_heading(row[index]) for index in row.filled}
        known = sum(text in words for text in texts.values())
        if known < max(3, at_least) or known * 3 < len(texts) * 2:
            continue
        width = max(len(row.cells), max(texts) + 1)
        columns = _read([[texts.get(index, "") for index in range(width)]], words, groups)
        header = HeaderMap(sheet.name, row.number, row.number, columns)
        if header.index != headers[-1].index:
            headers.append(header)
    return headers


def side_by_side(sheet: Sheet, synonyms: Synonyms, telling: Collection[str]) -> list[Sheet]:
    """Part a sheet whose heading repeats itself sideways into one sheet per block.

    Each part keeps the rows above the heading whole and the columns where they stood. A heading
    of which a repeated part names none of the fields `telling` repeats persons of one record.
    """
    words = _word_table(synonyms, ())
    for row in sheet.rows[:_DEEPEST]:
        filled = row.filled
        texts = [normal_heading(row[index]) for index in filled]
        for size in range(3, len(texts) // 2 + 1):
            count, rest = divmod(len(texts), size)
            first = texts[:size]
            fields = {words.get(text) for text in first}
            if rest or first * count != texts or not fields & set(telling):
                continue
            starts = [filled[place] for place in range(0, len(texts), size)]
            ends = [*starts[1:], max(len(other.cells) for other in sheet.rows)]
            return [
                _columns_of(sheet, row.number, start, end)
                for start, end in zip([0, *starts[1:]], ends, strict=True)
            ]
    return [sheet]


def _columns_of(sheet: Sheet, heading: int, start: int, end: int) -> Sheet:
    """Return the sheet with only the columns of a block filled from its heading on."""
    rows = tuple(
        row
        if row.number < heading
        else replace(
            row, cells=tuple(c if start <= i < end else None for i, c in enumerate(row.cells))
        )
        for row in sheet.rows
    )
    return replace(sheet, rows=rows)


def is_form(sheet: Sheet, synonyms: Synonyms, groups: Sequence[Group] = ()) -> bool:
    """Whether a sheet is a form of one person: headings in many rows, each with its value beside.

    A list has its headings in one to three rows that follow each other.
    """
    words = _word_table(synonyms, groups)
    rows = set()
    for row in sheet.rows[:_DEEPEST]:
        filled = row.filled
        texts = [normal_heading(row[index]) for index in filled]
        pairs = sum(text in words and value not in words for text, value in pairwise(texts))
        if pairs and pairs * 3 >= len(texts):
            rows.add(row.number)
    return len(rows) >= 4


def _heading_grid(sheet: Sheet) -> list[list[str]]:
    """Return the first rows as headings; a cell inside a sideways merge shows the merge's text."""
    rows = sheet.rows[:_DEEPEST]
    width = max((len(row.cells) for row in rows), default=0)
    grid = [[normal_heading(row[index]) for index in range(width)] for row in rows]
    for (top, left), (_, right) in sheet.merged:
        if top <= len(grid):
            for index in range(left + 1, min(right + 1, width)):
                grid[top - 1][index] = grid[top - 1][index] or grid[top - 1][left]
    return grid


def _group_rows(sheet: Sheet) -> set[int]:
    """Return the rows in which two or more short headings are merged over several columns."""
    found: dict[int, int] = {}
    for (top, left), (bottom, right) in sheet.merged:
        if top == bottom and left < right and top <= min(len(sheet.rows), _DEEPEST):
            text = normal_heading(sheet.rows[top - 1][left])
            if 0 < len(text) <= 8 and not _FOOT.fullmatch(text):
                found[top] = found.get(top, 0) + 1
    return {row for row, count in found.items() if count > 1}


def _word_table(synonyms: Synonyms, groups: Sequence[Group]) -> dict[str, str]:
    words: dict[str, str] = {}
    for table in (synonyms, *(expand_group(group) for group in groups)):
        for field, names in table.items():
            for name in names:
                words.setdefault(normal_heading(name), field)
    return words


def _read(
    rows: Sequence[Sequence[str]], words: Mapping[str, str], groups: Sequence[Group]
) -> tuple[Column, ...]:
    """Match every column; a field two columns claim goes to the surer, then the left one."""
    stacks = [list(stack) for stack in zip(*rows, strict=True)]
    people = tuple(prefix for group in groups for prefix in group.prefixes)
    claims: dict[str, tuple[int, int]] = {}
    claimants: dict[str, list[int]] = {}
    for index, stack in enumerate(stacks):
        field, rank = _match(stack, words, stacks, people)
        if field:
            claimants.setdefault(field, []).append(index)
        if field and (field not in claims or rank < claims[field][0]):
            claims[field] = (rank, index)
    owned = {index: field for field, (_, index) in claims.items()}
    headings = ["".join(dict.fromkeys(part for part in stack if part)) for stack in stacks]
    _follow_groups(headings, owned, groups, claimants)
    return tuple(Column(i, heading, owned.get(i)) for i, heading in enumerate(headings))


def _match(
    stack: list[str], words: Mapping[str, str], stacks: list[list[str]], people: tuple[str, ...]
) -> tuple[str | None, int]:
    """Return the field a column's stacked heading means and how unsure that is (0 is sure)."""
    parts = [part for part in stack if part]
    for rank in range(len(parts)):
        above = parts[:rank]
        if not all(_is_cover(text, stacks, people) for text in above):
            break
        below = parts[rank:]
        topics = [_TOPIC.sub("", part) for part in below[:-1]]
        for joined in (*_variants("".join(below)), "".join([*topics, below[-1]])):
            if joined in words:
                return words[joined], rank
    return None, 9


def _is_cover(text: str, stacks: list[list[str]], people: tuple[str, ...]) -> bool:
    """Tell a title or a neutral group heading, below which 姓名 is the pupil's own."""
    spread = sum(text in stack for stack in stacks)
    neutral = _NEUTRAL.search(text) and not text.startswith(people)
    return spread * 2 > len(stacks) or bool(neutral)


def _variants(heading: str) -> Iterator[str]:
    """Give the heading itself, without what stands in brackets, and without the brackets."""
    yield heading
    bare = re.sub(r"[(\[【].*?[)\]】]", "", heading)
    yield bare
    yield re.sub(r"[()\[\]【】]", "", heading)
    yield re.sub(r"^(学生|儿童|幼儿|孩子|本人)", "", bare)


def _follow_groups(
    headings: list[str],
    owned: dict[int, str],
    groups: Sequence[Group],
    claimants: Mapping[str, Sequence[int]],
) -> None:
    """Give plain 关系 or 电话 columns that stand behind 监护人姓名 to the same person.

    A 电话 that occurs once and follows a name directly stays the family's own, except behind a
    group marked `adjacent`.
    """
    known = {group.field: group for group in groups}
    for before, index in pairwise(range(len(headings))):
        previous = owned.get(before, "")
        group = known.get(previous.partition(".")[0])
        part = _part_of(headings[index], group) if group else None
        if group is None or part is None:
            continue
        target = f"{group.field}.{part}"
        taken = owned.get(index)
        if target in owned.values() or (taken and "." in taken):
            continue
        repeated = sum(_same(headings[index], other) for other in headings) > 1
        inside = not previous.endswith(f".{group.bare}")
        # A phone behind a guardian is the guardian's; any other column that the sheet has once
        # belongs to whom the record is about, wherever it stands.
        near = part == "phone" and (inside or group.adjacent)
        rival = next((at for at in claimants.get(taken or "", ()) if at not in owned), None)
        if taken is not None and rival is not None:
            owned[rival] = taken
        if taken is None or repeated or near or rival is not None:
            owned[index] = target


def _part_of(heading: str, group: Group) -> str | None:
    for variant in _variants(heading):
        for part, names in group.parts.items():
            if part != group.bare and variant in map(normal_heading, names):
                return part
    return None


def _same(one: str, other: str) -> bool:
    return bool(one) and one == other


def data_rows(
    sheet: Sheet,
    header: HeaderMap,
    *,
    keys: Sequence[str] = (),
    serial: str = "serial",
    until: int | None = None,
) -> DataRows:
    """Part the rows below the heading into records and rows left out, each with a reason.

    Left out: blank rows, rows with only a serial number, sample rows, repeated headings, foot
    lines, and lines of text. A short text alone in a column of `keys` is still a record. 同上 and
    〃 stand for the cell above. `until` is the row at which the next block begins.
    """
    found = DataRows([], [], {})
    places = header.index
    above: dict[int, Raw] = {}
    for source in _filled_down(sheet, header.last_row):
        if until is not None and source.number >= until:
            break
        row = _repeated(source, above)
        texts = {index: plain(row[index]) for index in row.filled}
        only_serial = set(texts) <= {places.get(serial)}
        if not texts or (only_serial and all(text.isdigit() for text in texts.values())):
            continue
        reason = _reason_to_skip(texts, header, {places[key] for key in keys if key in places})
        if reason is None:
            found.rows.append(row)
            above = dict(enumerate(row.cells))
            continue
        found.skipped.append((row.number, reason))
        if reason == "说明行":
            found.notes[row.number] = next(iter(texts.values()))
    return found


def _filled_down(sheet: Sheet, above: int) -> list[SheetRow]:
    """Return the rows below `above`, a cell merged downwards repeated in each row it covers."""
    rows = list(sheet.rows[above:])
    for (top, left), (bottom, _) in sheet.merged:
        if above < top < bottom:
            value = sheet.rows[top - 1][left] if top <= len(sheet.rows) else None
            for place in range(top - above, min(bottom - above, len(rows))):
                cells = list(rows[place].cells)
                if not is_blank(value) and left < len(cells) and is_blank(cells[left]):
                    cells[left] = value
                    rows[place] = replace(rows[place], cells=tuple(cells))
    return rows


def _repeated(row: SheetRow, above: Mapping[int, Raw]) -> SheetRow:
    """Return the row with 同上 replaced by what stands in the record above."""
    cells = list(row.cells)
    for index in row.filled:
        cell = cells[index]
        if isinstance(cell, str) and index in above and _SAME_AS_ABOVE.fullmatch(cell.strip()):
            cells[index] = above[index]
    return replace(row, cells=tuple(cells))


def _reason_to_skip(texts: dict[int, str], header: HeaderMap, keys: set[int]) -> str | None:
    """Return why a row holds no record, None when it does; `texts` are its filled cells."""
    first, *others = texts.values()
    if _is_sample(texts):
        return "示例行"
    if _repeats_heading(texts, header):
        return "重复的表头"
    if len(texts) > 1 and all(_TEMPLATE.fullmatch(text.lower()) for text in texts.values()):
        return "填写要求"
    counted = first in ("男生", "女生", "男", "女") and any(
        text.isdigit() and len(text) < 5 for text in others[:1]
    )
    if counted or any(_TOTAL.fullmatch(text) for text in (first, *others[:1])):
        return "合计行"
    if _FOOT.fullmatch(first) and len(texts) * 2 <= max(len(header.index), 8):
        return "表尾行"
    if not set(texts) & set(header.index.values()) or (not others and _TITLE.fullmatch(first)):
        return "说明行"
    # A name alone is a pupil with everything else missing; a title or a remark is not.
    if not others and (not set(texts) & keys or len(first) > 6 or re.search(r"[\d():]", first)):
        return "说明行"
    return None


def _is_sample(texts: dict[int, str]) -> bool:
    first, *others = texts.values()
    noted = any(_SAMPLE_NOTE.search(text) for text in texts.values())
    marked = SAMPLE_MARK.fullmatch(first.partition(":")[0])
    words = ("示例", "样例", "范例")
    return noted or bool(marked) or any(w in text for text in (first, *others[:2]) for w in words)


def _repeats_heading(texts: Mapping[int, str], header: HeaderMap) -> bool:
    headings = {column.index: column.heading for column in header.columns}
    same = 0
    for index, text in texts.items():
        word = normal_heading(text)
        same += len(word) > 1 and headings.get(index, "").endswith(word)
    return same > 2 and same * 2 >= len(texts)
