"""The statistics table (留守儿童统计表): class by class, whose sums tie and say so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
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
from models.kept.staff import SchoolClass
from models.school.points import homes
from models.school.signing import content_of

UNKNOWN = "未填"
CLASSES = register_of(SchoolClass)
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
    """One row: a class or the total, its children and how they divide."""

    title: str
    total: int
    counted: tuple[Counter[str], ...]

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
    """Return a line per class, in order, and the total last; children in no class stand apart.

    A school with village points has a line for each home before the total.
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
        by_class.setdefault(facts.classes[child.id] or "未编班", []).append(child)
    order = {name: at for at, name in enumerate(_class_names())}
    ordered = sorted(by_class.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))
    lines = [_line(title, theirs, facts) for title, theirs in ordered]
    return [*lines, *_homes(children, facts), _line("合计", children, facts)]


def _homes(children: list[Any], facts: Facts) -> Iterator[Line]:
    """Yield a line per home by the class of the day; a child in no class is the school's own."""
    places = homes(facts.day, facts.day)
    if len(places) == 1:
        return
    of_class = dict(every_row(CLASSES).select(SchoolClass.id, SchoolClass.point).tuples())
    classes = classes_on(list(facts.classes), facts.day)
    placed = {child: of_class.get(number) for child, (number, _name) in classes.items()}
    known = {one.point for one in places}
    for home in places:
        theirs = [one for one in children if _standing(placed.get(one.id), known) == home.point]
        yield _line(f"其中{home.name}", theirs, facts)


def _standing(point: int | None, known: set[int | None]) -> int | None:
    """A point that is closed has its classes at the school itself."""
    return point if point in known else None


def _class_names() -> list[str]:
    """Return the names of the classes as a school counts them: 七, 八, 九."""
    query = every_row(CLASSES).select(SchoolClass.name)
    ordered = query.order_by(SchoolClass.grade, SchoolClass.number, SchoolClass.id)
    return [name for (name,) in ordered.tuples()]


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

    @property
    def ties(self) -> bool:
        """Whether every group adds up to the total in every row."""
        return all(self._ties(total, list(numbers)) for _title, (total, *numbers) in self.rows)

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
        )


def counted(asked: Asked) -> Table:
    """Return the semester's table counted on its last day, or on the reader's before that."""
    return Table(
        asked.school,
        asked.semester.title,
        min(asked.reader.today, asked.semester.last),
        tuple((group.title, tuple(title for _key, title in group.columns)) for group in GROUPS),
        tuple((line.title, tuple(line.numbers)) for line in statistics(asked)),
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
        Row(tuple(number(place) for place in range(len(cells) + 2)), 6),
    )
    last = len(table.rows) - 1
    body = [
        Row((Cell(title, bold=place == last), *(number(n) for n in numbers)), 8)
        for place, (title, numbers) in enumerate(table.rows)
    ]
    said = "相符" if table.ties else "不相符，请核对未填的项目"
    sums = "＝".join(f"按{title}" for title, _columns in table.groups)
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
        Grid((18, 10, *(9 for _ in cells)), (*head, *body), head=3, size=9),
        Text(f"勾稽核对：合计＝{sums}，{said}。", 9),
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
