"""The statistics table (留守儿童统计表): class by class, whose sums tie and say so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from compliance.ordered.papers import document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import FORM_ACROSS, Cell, Grid, Row, Spread, Text, Title, label, number
from exports.pdf.imprint import chinese_date
from exports.tables.plain import Sheet
from models.core.gates import every_row, rows
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.children import Child
from models.kept.left_behind import class_today, classes_on, migration_today
from models.kept.staff import GRADES, SchoolClass
from models.school.points import homes
from models.school.signing import content_of

UNKNOWN = "未填"
NO_CLASS, SUBTOTAL, TOTAL = "未编班", "小计", "合计"
CLASSES = register_of(SchoolClass)
AGAIN = -1
# The kinds of guardian are the register's own words.
GUARDIANSHIPS: tuple[str, ...] = tuple(register_of(Child).spec("guardianship").field.words)
BOTH = "双亲外出"
KINDS = (BOTH, "父亲外出", "母亲外出", "单方外出，另一方无监护能力", "不属于")
BANDS = ((0, 5, "0—5岁"), (6, 13, "6—13岁"), (14, 16, "14—16岁"), (17, 99, "17岁以上"))


@dataclass(frozen=True)
class Group:
    """Columns that divide the children: their sum is the total of the row."""

    title: str
    columns: tuple[tuple[str, str], ...]
    of: Callable[[Any, Facts], str]


@dataclass(frozen=True)
class Facts:
    """What is worked out of the children on the cut-off day, by their ids."""

    day: date
    classes: dict[int, str]
    kinds: dict[int, str]


def _plain(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in (*words, UNKNOWN))


def _band(child: Any, facts: Facts) -> str:
    born = child.born_on
    if born is None:
        return UNKNOWN
    age = facts.day.year - born.year - ((facts.day.month, facts.day.day) < (born.month, born.day))
    return next((name for least, most, name in BANDS if least <= age <= most), UNKNOWN)


GROUPS: tuple[Group, ...] = (
    Group("性别", _plain(("男", "女")), lambda child, _facts: child.sex or UNKNOWN),
    Group(
        "外出类型",
        (
            (BOTH, "双亲"),
            ("父亲外出", "父单"),
            ("母亲外出", "母单"),
            (KINDS[3], "单方，另一方无能力"),
            (KINDS[4], "不属于"),
            (UNKNOWN, UNKNOWN),
        ),
        lambda child, facts: facts.kinds[child.id],
    ),
    Group(
        "监护类型",
        (*((word, word.removesuffix("监护")) for word in GUARDIANSHIPS), (UNKNOWN, UNKNOWN)),
        lambda child, _facts: child.guardianship or UNKNOWN,
    ),
    Group("就读方式", _plain(("走读", "住校")), lambda child, _facts: child.boarding or UNKNOWN),
    Group("年龄段", _plain(name for _least, _most, name in BANDS), _band),
)


@dataclass(frozen=True)
class Line:
    """One row: a class, a grade or the total, its children and how they divide.

    `over` is how many rows above it a grade adds up; nought in a row that adds up none, AGAIN in
    one that counts children of the classes once more, by their home.
    """

    title: str
    total: int
    counted: tuple[Counter[str], ...]
    over: int = 0

    @property
    def ties(self) -> bool:
        """Whether every group adds up to the total."""
        return all(
            sum(counter[key] for key, _title in group.columns) == self.total
            for group, counter in zip(GROUPS, self.counted, strict=True)
        )

    @property
    def numbers(self) -> list[int]:
        """The total, then every column."""
        return [
            self.total,
            *(
                counter[key]
                for group, counter in zip(GROUPS, self.counted, strict=True)
                for key, _title in group.columns
            ),
        ]


def statistics(asked: Asked) -> list[Line]:
    """Return a line per class, a grade's subtotal below its classes, and the total last.

    Classes stand in order; children in no class stand apart. A school with village points has a
    line for each home before the total.
    """
    day = min(asked.reader.today, asked.semester.last)
    query = rows(asked.reader, register_of(Child)).where(holds_on(Child, day))
    children = list(query.order_by(Child.id))
    facts = Facts(
        day,
        dict(zip((c.id for c in children), class_today(children, day), strict=True)),
        dict(zip((c.id for c in children), migration_today(children, day), strict=True)),
    )
    by_class: dict[str, list[Any]] = {}
    for child in children:
        by_class.setdefault(facts.classes[child.id] or NO_CLASS, []).append(child)
    grades = _grades()
    order = {name: at for at, name in enumerate(grades)}
    ordered = sorted(by_class.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))
    lines: list[Line] = []
    for grade, classes in groupby(ordered, key=lambda one: grades.get(one[0], 0)):
        theirs = list(classes)
        lines += [_line(title, found, facts) for title, found in theirs]
        if grade:
            together = [child for _title, found in theirs for child in found]
            title = f"{GRADES[grade - 1]}{SUBTOTAL}"
            lines.append(replace(_line(title, together, facts), over=len(theirs)))
    return [*lines, *_homes(children, facts), _line(TOTAL, children, facts)]


def _homes(children: list[Any], facts: Facts) -> Iterator[Line]:
    """Yield a line per home by the class of the day; a child in no class is the school's own."""
    places = homes(facts.day, facts.day)
    if len(places) == 1:
        return
    of_class = dict(every_row(CLASSES).select(SchoolClass.id, SchoolClass.point).tuples())
    classes = classes_on(list(facts.classes), facts.day)
    placed = {child: of_class.get(number) for child, (number, _name) in classes.items()}
    known = {place.point for place in places}
    for home in places:
        theirs = [one for one in children if _standing(placed.get(one.id), known) == home.point]
        yield replace(_line(f"其中{home.name}", theirs, facts), over=AGAIN)


def _standing(point: int | None, known: set[int | None]) -> int | None:
    """A point that is closed has its classes at the school itself."""
    return point if point in known else None


def _grades() -> dict[str, int]:
    """Return the grade of each class by its name, as a school counts them: 七, 八, 九."""
    query = every_row(CLASSES).select(SchoolClass.name, SchoolClass.grade)
    ordered = query.order_by(SchoolClass.grade, SchoolClass.number, SchoolClass.id)
    return dict(ordered.tuples())


def _line(title: str, children: list[Any], facts: Facts) -> Line:
    counted = tuple(Counter(group.of(child, facts) for child in children) for group in GROUPS)
    return Line(title, len(children), counted)


@dataclass(frozen=True)
class Table:
    """The table as it is printed, signed and compared: nothing of it is counted again."""

    school: str
    semester: str
    counted_on: date
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    over: tuple[int, ...] = ()

    @property
    def ties(self) -> bool:
        """Whether every group adds up to the total in every row, and every column below itself."""
        across = all(self._ties(total, list(numbers)) for _title, (total, *numbers) in self.rows)
        return across and self._adds_up()

    def _adds_up(self) -> bool:
        """A grade is the sum of its classes; the total that of all classes, and of all homes."""
        numbers = [row for _title, row in self.rows]
        over = self.over or (0,) * len(numbers)
        grades = all(
            numbers[at] == _sums(numbers[at - count : at])
            for at, count in enumerate(over)
            if count > 0
        )
        kinds = [
            [row for row, count in zip(numbers[:-1], over, strict=False) if count == kind]
            for kind in (0, AGAIN)
        ]
        return grades and all(numbers[-1] == _sums(found) for found in kinds if found)

    def _ties(self, total: int, numbers: list[int]) -> bool:
        for _title, columns in self.groups:
            if sum(numbers[: len(columns)]) != total:
                return False
            numbers = numbers[len(columns) :]
        return True

    @property
    def content(self) -> str:
        """The table as text, the same for the same table, whatever order it was put together in."""
        facts = {
            "school": self.school,
            "semester": self.semester,
            "counted_on": self.counted_on.isoformat(),
            "groups": self.groups,
            "rows": self.rows,
            "over": self.over,
        }
        return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def read(cls, content: str) -> Table:
        """Return the table of a signed text."""
        facts = json.loads(content)
        return cls(
            facts["school"],
            facts["semester"],
            date.fromisoformat(facts["counted_on"]),
            tuple((title, tuple(columns)) for title, columns in facts["groups"]),
            tuple((title, tuple(numbers)) for title, numbers in facts["rows"]),
            # Tables signed before grades had a row of their own say nothing of them.
            tuple(facts.get("over", ())),
        )


def _sums(rows_: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows_, strict=True)))


def counted(asked: Asked) -> Table:
    """Return the semester's table counted on its last day, or on the reader's before that."""
    lines = statistics(asked)
    return Table(
        asked.school,
        asked.semester.title,
        min(asked.reader.today, asked.semester.last),
        tuple((group.title, tuple(title for _key, title in group.columns)) for group in GROUPS),
        tuple((line.title, tuple(line.numbers)) for line in lines),
        tuple(line.over for line in lines),
    )


@document(
    "statistics-table",
    "留守儿童统计表",
    clauses=("S03-2", "S03-18"),
    source=("child", "parent-state"),
    signed_in="statistics-table",
)
def statistics_table(asked: Asked) -> Paper:
    """The table of the semester with its check: counted now, or as it was signed."""
    signed = asked.signed
    table = Table.read(content_of(signed)) if signed is not None else counted(asked)
    cells = [title for _group, columns in table.groups for title in columns]
    head = (
        Row((label("班级", down=2), label("合计", down=2), *_group_heads(table))),
        Row(tuple(Cell(title, align="centre", size=8) for title in cells), 14),
        Row((Cell(), *(number(place) for place in range(1, len(cells) + 2))), 6),
    )
    body = [
        Row((Cell(title, bold=bold), *(Cell(str(n), align="right", bold=bold) for n in numbers)), 8)
        for bold, title, numbers in _weighed(table)
    ]
    said = "相符" if table.ties else "不相符，请核对未填的项目"
    edition = f"（第 {signed.edition} 版）" if signed is not None else ""
    return laid_out(
        "留守儿童统计表",
        f"{table.semester}{edition}",
        Title("留守儿童统计表", f"{table.semester}{edition}"),
        Spread(
            (
                f"填报单位（盖章）：{table.school}",
                f"统计截止日期：{chinese_date(table.counted_on)}",
            )
        ),
        Grid((22, 10, *(9 for _ in cells)), (*head, *body), head=3, size=9),
        Text(
            f"勾稽核对（数字是列号）：{_tied(table)}；小计、合计＝各班之和：{said}。",
            9,
            before=2,
        ),
        *_signature(signed),
        Spread(("单位负责人（签名）：", "复核人（签名）：", "填表人（签名）："), before=5),
        geometry=FORM_ACROSS,
        tables=(
            Sheet(
                "留守儿童统计表",
                ["班级", "合计", *cells],
                [[title, *numbers] for title, numbers in table.rows],
            ),
        ),
        content=table.content,
    )


def _weighed(table: Table) -> Iterable[tuple[bool, str, tuple[int, ...]]]:
    """Yield the rows, and whether each is a sum and stands in bold letters."""
    for place, (title, numbers) in enumerate(table.rows):
        over = table.over[place] if table.over else 0
        yield over > 0 or place == len(table.rows) - 1, title, numbers


def _tied(table: Table) -> str:
    """Say by the numbers of the columns which of them add up to the first."""
    parts, at = ["1"], 2
    for _title, columns in table.groups:
        last = at + len(columns) - 1
        parts.append(
            "＋".join(map(str, range(at, last + 1))) if last - at < 3 else f"{at}＋…＋{last}"
        )
        at = last + 1
    return "＝".join(parts)


def _signature(signed: Any) -> list[Text]:
    if signed is None:
        return []
    return [
        Text(f"本版由{signed.signed_by}于 {signed.signed_at:%Y-%m-%d %H:%M} 签署。", 9),
        Text(f"校验值（SHA-256）：{signed.sha256}", 8),
        Text(f"签署时审计链头：{signed.head}", 8),
    ]


def _group_heads(table: Table) -> list[Cell]:
    return [label(title, across=len(columns)) for title, columns in table.groups]
