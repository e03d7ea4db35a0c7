"""What inspectors complain of in a paper: one home for the check before printing and for 迎检体检.

Most are declared in `data/paperwork.toml`: dates out of order, opinions and signatures left blank,
signed papers without their scan, a bound volume without its list. Days that a register's own rules
hold in order are looked at as well: an older version or another program may have written them. What
a parent's death contradicts, and what nobody looked at for a year, is found here too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta
from peewee import fn

from compliance.findings.look import Check, Hit, Look, at_record, children, empty
from compliance.ordered.declaration import Filter
from compliance.ordered.reading import tuples
from models.core import toml
from models.core.conditions import Asks, check, condition
from models.core.database import any_of
from models.core.errors import BadDeclaration
from models.core.gates import every_row
from models.core.register import REGISTERS, Register, find, register_of
from models.core.spans import between, holds_on
from models.core.toml import Declared, FieldName, Slug, Text, refuse
from models.core.whose import child_column
from models.kept.children import Census, Child, Parent
from models.kept.left_behind import facts_on, state_today

FILE = Path(__file__).parent.parent / "data" / "paperwork.toml"
ORDER, UNSIGNED, UNSEALED, NO_LIST = "F1805", "F1806", "F1807", "F1808"
DEATH, STALE = "F424", "F425"
DEAD, WAGES = "死亡", "打工"
BACKWARDS = "结束日期早于开始日期"
# What is kept of people and things, and must be as they are today: nobody enters it anew.
KEPT = (
    "staff",
    "child",
    "parent",
    "guardian",
    "volunteer",
    "coordination-member",
    "care-centre",
    "hotline-line",
    "room",
    "asset",
)


class Fault(Declared, frozen=True, eq=False):
    """One thing wrong with records of a register: they meet `when` and none of `mended`.

    With `grace` only the finding's `days` after it happened. Records alike in the fields of
    `together` are one thing, told once, and mended in one of them. `per` tells once for each of its
    values how many there are.
    """

    finding: Annotated[str, Meta(pattern=r"^F18\d\d$", description="体检项代码，如 F1805")]
    register: Slug
    told: Text
    mended: tuple[Filter, ...]
    when: Filter = {}
    grace: bool = False
    together: tuple[FieldName, ...] = ()
    per: FieldName | Literal[""] = ""

    def __post_init__(self) -> None:
        """Refuse two ways of telling at once."""
        super().__post_init__()
        if self.per and self.together:
            refuse("per", "和 together 只能写一个")

    @property
    def of(self) -> Register:
        """The register."""
        return REGISTERS[self.register]

    @property
    def names(self) -> set[str]:
        """The fields and kinds of attachments it is about: what a reader must see to be told."""
        return {name for where in (self.when, *self.mended) for name in where} | {*self.together}


class FaultFile(Declared, frozen=True):
    """The file of faults."""

    fault: tuple[Fault, ...]


@cache
def faults() -> tuple[Fault, ...]:
    """Return every fault, written and from the registers' own rules; BadDeclaration if wrong."""
    written = toml.read(FILE, FaultFile).fault
    for fault in written:
        register = find(fault.register)
        if register is None:
            raise BadDeclaration(f"{FILE.name}：没有登记 {fault.register}")
        if fault.grace and not register.happened:
            raise BadDeclaration(f"{FILE.name}：{fault.register} 没有发生日期，不能写 grace")
        for where in (fault.when, *fault.mended):
            check(FILE.name, register, where)
        for name in (*fault.together, *filter(None, (fault.per,))):
            check(FILE.name, register, {name: True})
    return (*written, *_of_rules())


def _of_rules() -> Iterator[Fault]:
    """Yield the days that a register's rules hold in order, each pair once.

    A semester that ends before it begins stops the calendar itself, which says so.
    """
    for register in REGISTERS.values():
        if register.sealed or register.moves_calendar:
            continue
        pairs = dict.fromkeys(
            rule.days_in_order for rule in register.rules if hasattr(rule, "days_in_order")
        )
        since, until = register.span
        if since and until and (until, since) not in {pair[:2] for pair in pairs}:
            pairs[until, since, BACKWARDS] = None
        for later, earlier, told in pairs:
            both: Any = {later: Asks(filled=True), earlier: Asks(filled=True)}
            yield Fault(ORDER, register.slug, told, ({later: Asks(not_before=earlier)},), both)


def faulty(fault: Fault, look: Look, ids: Collection[int] | None = None) -> Iterable[Hit]:
    """Return where a fault is found, among the records of `ids` if any are named; one query."""
    register = fault.of
    model, key = register.model, register.model.id
    query = every_row(register).where(condition(register, fault.when))
    if fault.grace:
        happened = getattr(model, register.happened)
        query = query.where(happened < look.today - timedelta(days=look.number("days")))
    if ids is not None:
        query = query.where(key.in_(sorted(ids)))
    right = any_of([condition(register, where) for where in fault.mended])
    if fault.together:
        return _by_volume(fault, query.where(~right), every_row(register).where(right))
    query = query.where(~right)
    if fault.per and ids is None:
        grouped = query.group_by(getattr(model, fault.per)).select(fn.MAX(key), fn.COUNT(key))
        return [
            Hit(register.slug, one, (), f"{fault.told}，共 {count} 条")
            for one, count in tuples(grouped)
        ]
    return _named(register, query, fault.told)


def _by_volume(fault: Fault, lacking: Any, right: Any) -> list[Hit]:
    """Return the first record of each volume of which no record is as it should be."""
    model = fault.of.model
    alike = [getattr(model, name) for name in fault.together]
    mended = {row[1:] for row in tuples(right.select(model.id, *alike))}
    found = tuples(lacking.group_by(*alike).select(fn.MIN(model.id), *alike))
    return [Hit(fault.register, row[0], (), fault.told) for row in found if row[1:] not in mended]


def _named(register: Register, query: Any, note: str) -> list[Hit]:
    """Return hits at the records of a query; one about a child is named by the child."""
    child = child_column(register)
    if child is None or register.model is Child:
        return at_record(register.slug, query.select(register.model.id), note)
    return [
        Hit(register.slug, one, (("child", whom),) if whom else (), note)
        for one, whom in tuples(query.select(register.model.id, child))
    ]


def of_kind(finding: str, look: Look) -> Iterable[Hit]:
    """Return all hits of one kind of finding."""
    return [hit for fault in faults() if fault.finding == finding for hit in faulty(fault, look)]


def denied_by_death(look: Look, ids: Collection[int] | None = None) -> Iterable[Hit]:
    """A dead parent has a workplace, or a child an income from work although no parent lives.

    `ids` are parents or children: whichever record is asked about.
    """
    yield from _dead_at_work(look, ids)
    yield from _nobody_earns(look, ids)


def _dead_at_work(look: Look, ids: Collection[int] | None) -> Iterator[Hit]:
    query = every_row(register_of(Parent)).where(~empty(Parent.workplace))
    if ids is not None:
        query = query.where(Parent.id.in_(sorted(ids)))
    parents = list(query.where(Parent.child.in_(children(look.today))))
    for parent, state in zip(parents, state_today(parents, look.today), strict=True):
        if state == DEAD:
            about = (("child", parent.child_id),)
            yield Hit("parent", parent.id, about, "状况是死亡，却写着工作单位")


def _nobody_earns(look: Look, ids: Collection[int] | None) -> Iterator[Hit]:
    query = every_row(register_of(Child)).where(Child.income.contains(WAGES))
    if ids is not None:
        query = query.where(Child.id.in_(sorted(ids)))
    earning = [one for (one,) in tuples(query.where(holds_on(Child, look.today)).select(Child.id))]
    for child, facts in facts_on(earning, look.today).items():
        if facts and all(fact.state == DEAD for fact in facts):
            yield Hit("child", child, (), "登记的父母都已死亡，经济来源却写着打工")


def stale(register: Register, look: Look) -> Any:
    """Return the query of what is kept of people and things and nobody looked at for long.

    What has ended is history. A survey (摸底) of the child looks at the child and the family.
    """
    model = register.model
    first = look.today - timedelta(days=look.number("days"))
    query = every_row(register).where(model.changed_at < first)
    if any(register.span):
        query = query.where(holds_on(model, look.today))
    surveyed = every_row(register_of(Census)).select(Census.child)
    surveyed = surveyed.where(between(Census.surveyed_on, first, look.today))
    if model is Child:
        return query.where(model.id.not_in(surveyed))
    if model._meta.fields.get("child") is not None:
        return query.where(model.child.not_in(surveyed), model.child.in_(children(look.today)))
    return query


def not_looked_at(look: Look) -> Iterable[Hit]:
    """What is kept of people and things was not changed for a year, told per register."""
    for slug in KEPT:
        register = REGISTERS[slug]
        model = register.model
        query = stale(register, look).order_by(model.changed_at, model.id)
        found = list(
            tuples(query.select(model.id, fn.SUBSTR(model.changed_at.cast("TEXT"), 1, 10)))
        )
        if found:
            one, since = found[0]
            more = f"{register.title} {len(found)} 条，最早的 {since} 以后没有核对更新过"
            yield Hit(slug, one, (), more)


CHECKS: tuple[tuple[str, Check], ...] = (
    (DEATH, denied_by_death),
    (STALE, not_looked_at),
    *((code, partial(of_kind, code)) for code in (ORDER, UNSIGNED, UNSEALED, NO_LIST)),
)
