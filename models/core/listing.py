"""The list of a register: filters, search, sort, paging, always within the actor's rows.

Late join: the ids are found first, in one pass that stops at COUNT_CAP and serves for counting and
paging, and the page's rows are then read by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from peewee import SQL, DateField, DateTimeField, ForeignKeyField, Ordering, Select, fn

from models.core import search_blocks
from models.core.actor import SYSTEM, Actor
from models.core.boxes import INSPECTOR
from models.core.conditions import Asks, condition, filled
from models.core.converters import clean
from models.core.database import NOTHING, all_of, any_of, mark, within
from models.core.errors import BadValue
from models.core.fields import FieldSpec, Secrecy, WordsField
from models.core.gates import directory, rows, search_columns, surface
from models.core.masking import pending
from models.core.nearness import nearness
from models.core.questions import questions
from models.core.register import Register, register_of
from models.core.spans import between
from models.core.values import squeezed, whole

PAGE_SIZE = 20
PAGE_SIZES = (20, 50, 100, 200)
# Counting stops here; a longer list shows "10000+".
COUNT_CAP = 10_000
MAX_TERMS = 6
# So many found records are fetched and sorted sooner than a large table is walked in order.
FEW = 15_000


@dataclass(frozen=True)
class ListRequest:
    """What a reader asks of a list; every value is already harmless.

    `filters` maps field name to text; dates use "name.from" and "name.to".
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    sort: str = ""
    page: int = 1
    size: int = PAGE_SIZE
    deleted: bool = False


@dataclass(frozen=True)
class Listed:
    """One page of records; `total` is capped at COUNT_CAP, `capped` says so."""

    records: list[Any]
    total: int
    page: int
    pages: int
    problems: dict[str, str]

    @property
    def capped(self) -> bool:
        """Whether there are more records than were counted."""
        return self.total >= COUNT_CAP


def read_request(args: Mapping[str, str]) -> ListRequest:
    """Read query parameters: f.<field>, q, sort, page, size, bin; nonsense becomes the default."""
    filters = {key[2:]: value for key, value in args.items() if key.startswith("f.") and value}
    size = whole(args.get("size")) or PAGE_SIZE
    return ListRequest(
        filters=filters,
        search=args.get("q", "").strip()[:100],
        sort=args.get("sort", ""),
        page=min(whole(args.get("page"), least=1) or 1, 1_000_000),
        size=size if size in PAGE_SIZES else PAGE_SIZE,
        deleted=args.get("bin", "") == "1",
    )


class Named:
    """The records found by name or pinyin, as links are searched by: a sub-query for each.

    `shared` asks each once in front of a query over many registers, instead of once per register.
    """

    def __init__(self, actor: Actor, *, shared: bool = False) -> None:
        self._actor = actor
        self.shared = shared
        self._asked: dict[tuple[str, str], Any] = {}

    def of(self, target: Register, term: str) -> Any:
        """Return the query of the ids of linked records found, within the actor's rows."""
        if not self.shared:
            return _named(self._actor, target, term)
        key = target.slug, term
        if key not in self._asked:
            found = _named(self._actor, target, term)
            self._asked[key] = found.cte(f"named{len(self._asked)}", columns=("id",))
        return Select((self._asked[key],), (self._asked[key].c.id,))

    def in_front_of(self, query: Any) -> Any:
        """Return a query that uses `of`, with what it uses in front."""
        return query.with_cte(*self._asked.values()) if self._asked else query


def selection(
    actor: Actor, register: Register, asked: ListRequest, named: Named | None = None
) -> tuple[Any, dict[str, str]]:
    """Return the query of all records asked for, unsorted, and the filters not understood."""
    named = named or Named(actor)
    query = rows(actor, register, deleted=asked.deleted)
    problems: dict[str, str] = {}
    allowed = surface(actor, register, "filter")
    besides = questions(actor, register) if asked.filters else {}
    for key, raw in asked.filters.items():
        name, _, edge = key.partition(".")
        found, question = allowed.get(name), besides.get(key)
        try:
            if found is not None:
                query = query.where(_condition(register, found.spec, edge, raw))
            elif question is not None:
                query = query.where(question.where(raw))
            else:
                problems[key] = "这里不能按这一项筛选"
        except BadValue as error:
            problems[key] = str(error)
    for term in asked.search.lower().split()[:MAX_TERMS]:
        query = query.where(_matches(actor, register, term, named))
    return query, problems


def _condition(register: Register, spec: FieldSpec, edge: str, raw: str) -> Any:
    column = getattr(register.model, spec.name)
    if isinstance(spec.field, (DateField, DateTimeField)):
        day = clean(DateField(), raw)
        if day is None:
            raise BadValue("请写日期，如 2025-10-31")
        return _date_condition(column, edge, day)
    if raw == "-":
        return ~filled(register, spec.name)
    word = raw if isinstance(spec.field, WordsField) else clean(spec.field, raw)
    return condition(register, {spec.name: Asks(any_of=(word,))})


def _date_condition(column: Any, edge: str, day: date) -> Any:
    first = date.min if edge == "to" else day
    return between(column, first, date.max if edge == "from" else day)


def _like(column: Any, term: str) -> Any:
    return column.contains(term)


def _matches(actor: Actor, register: Register, term: str, named: Named) -> Any:
    """Return the condition that a record is found by one search term within the actor's level."""
    model = register.model
    texts = [_like(column, term) for column in search_columns(actor, register)]
    if is_waiting(actor, term):
        texts = [NOTHING]
    by_name = register.pinyin and shows_names(actor, register)
    if by_name:
        texts.append(_like(model.pinyin_search, term))
    links = [
        getattr(model, spec.name).in_(named.of(target, term))
        for spec in register.links
        if (target := register_of(spec.target)).pinyin and shows_names(actor, target)
    ]
    near = None if named.shared or by_name else search_blocks.proposed(register, term)
    if near is None or not _are_few(register, links):
        return any_of([*texts, *links])
    parts = [all_of([near, any_of(texts)]), *links]
    ids = [rows(SYSTEM, register, deleted=None).select(model.id).where(part) for part in parts]
    return within(model.id, reduce(or_, ids))


def _are_few(register: Register, links: list[Any]) -> bool:
    """Return whether so few records have a linked name that they are all fetched and sorted.

    More are found sooner by looking from the list's first one on.
    """
    if not links:
        return True
    linked = rows(SYSTEM, register, deleted=None).select(register.model.id).where(any_of(links))
    return bool(linked.limit(FEW + 1).count() <= FEW)


def is_waiting(actor: Actor, typed: str) -> bool:
    """Return whether a masked reader's search has to wait: for a character of a new name.

    Texts written before a name was known may hold it plainly till the job has been there.
    """
    return actor.role == INSPECTOR and not pending().isdisjoint(squeezed(typed.lower()))


def _named(actor: Actor, target: Register, term: str) -> Any:
    """Return the ids of linked records found by name or pinyin, within the actor's rows."""
    model = target.model
    found = rows(actor, target, deleted=None).select(model.id)
    name = getattr(model, target.pinyin)
    return found.where(_like(model.pinyin_search, term) | _like(name, term))


def ordering(actor: Actor, register: Register, sort: str) -> list[Any]:
    """Return the order of a list: "name" or "-name" of a sortable list field, else declared."""
    name, direction = sorted_by(actor, register, sort)
    column = getattr(register.model, name)
    named = _named_register(actor, column)
    keys = [column] if named is None else [_key_of(column, named), column]
    return [Ordering(key, direction) for key in (*keys, register.model.id)]


def found_order(actor: Actor, register: Register, typed: str) -> list[Any]:
    """Return the order in which a search tells what it found: the nearest name first."""
    near = nearness(register, typed if shows_names(actor, register) else "")
    return [near, *ordering(actor, register, "")]


def sorted_by(actor: Actor, register: Register, sort: str) -> tuple[str, str]:
    """Return by which field a list is sorted, and ASC or DESC."""
    if sort.lstrip("-") not in surface(actor, register, "sort"):
        sort = register.order
    name, direction = sort.lstrip("-"), "DESC" if sort.startswith("-") else "ASC"
    spec = register.fields.get(name)
    if not shows_names(actor, register) and (spec is None or spec.secret is Secrecy.NAME):
        name = "id"
    return name, direction


def shows_names(actor: Actor, register: Register) -> bool:
    """Return whether the actor reads the names of a register's records plainly.

    Where they are masked, nothing is found by them and no list stands in their order.
    """
    secret = register.pinyin and register.fields[register.pinyin].secret is not Secrecy.OPEN
    return actor.role != INSPECTOR or not secret


def _named_register(actor: Actor, column: Any) -> Register | None:
    """Return the register a link points to if its records are sorted by pinyin."""
    if not isinstance(column, ForeignKeyField):
        return None
    target = register_of(column.rel_model)
    return target if target.pinyin and shows_names(actor, target) else None


def _key_of(column: Any, target: Register) -> Any:
    """Return the pinyin key of what a link points to."""
    return directory(target, target.model.pinyin_key).where(target.model.id == column)


def _ids_in_order(actor: Actor, register: Register, asked: ListRequest, query: Any) -> Any:
    """Return the ids of `query` in list order.

    A list sorted by a link walks the few linked records in their order and each one's rows by the
    link's index; a key looked up per row would read and sort the whole table.
    """
    name, direction = sorted_by(actor, register, asked.sort)
    column = getattr(register.model, name)
    target = _named_register(actor, column)
    if target is None or column.null or target is register:
        order = ordering(actor, register, asked.sort)
        return query.select(register.model.id).order_by(*order)
    linked = target.model
    keys = (linked.pinyin_key, linked.id, register.model.id)
    joined = query.select(register.model.id).join(linked, on=(linked.id == column))
    return joined.where(mark(target.table)).order_by(*(Ordering(key, direction) for key in keys))


def listed(actor: Actor, register: Register, asked: ListRequest) -> Listed:
    """Return one page of the list in one query, capped count and all.

    A page beyond the last one is asked for again.
    """
    query, problems = selection(actor, register, asked)
    page = asked.page
    records = _one_page(actor, register, asked, query, page)
    if records:
        found = records[0].listed_total
    else:
        found = query.select(register.model.id).limit(COUNT_CAP).count() if page > 1 else 0
    total = min(found, COUNT_CAP)
    pages = max(1, -(-total // asked.size))
    if total and not records:
        page = pages
        records = _one_page(actor, register, asked, query, page)
    elif records and total == COUNT_CAP:
        # Nobody counted further, but a full page may have one behind it.
        pages = max(pages, page + (len(records) == asked.size))
    return Listed(records, total, min(page, pages), pages, problems)


def _one_page(
    actor: Actor, register: Register, asked: ListRequest, query: Any, page: int
) -> list[Any]:
    """Return the records of one page, each carrying `listed_total`: how many were found."""
    model = register.model
    skipped = (page - 1) * asked.size
    in_order = _ids_in_order(actor, register, asked, query)
    # Written out once and read twice, so that a search goes through the table a single time.
    found = in_order.limit(max(COUNT_CAP, skipped + asked.size)).cte("found", materialized=True)
    total = Select((found,), (fn.COUNT(SQL("*")),)).alias("listed_total")
    ids = Select((found,), (found.c.id,)).limit(asked.size).offset(skipped)
    records = rows(actor, register, deleted=asked.deleted).select(model, total)
    chosen = records.where(within(model.id, ids)).with_cte(found)
    return list(chosen.order_by(*ordering(actor, register, asked.sort)))


def every(
    actor: Actor, register: Register, asked: ListRequest, chunk: int = 500
) -> Iterator[list[Any]]:
    """Yield all records asked for in list order, read in chunks by id so that memory stays flat."""
    model = register.model
    query, _problems = selection(actor, register, asked)
    order = ordering(actor, register, asked.sort)
    ids = [found for (found,) in query.select(model.id).order_by(*order).tuples()]
    yield from in_parts(rows(actor, register, deleted=asked.deleted), ids, chunk)


def in_parts(query: Any, ids: Sequence[int], size: int = 500) -> Iterator[list[Any]]:
    """Yield the records of a query that have these ids, in their order, some hundred at a time."""
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        by_id = {record.id: record for record in query.where(query.model.id.in_(part))}
        yield [by_id[number] for number in part if number in by_id]


def facet(actor: Actor, register: Register, name: str, asked: ListRequest) -> dict[str, int]:
    """Return how many records each value of a filterable field has, within the request."""
    if name not in surface(actor, register, "filter"):
        return {}
    column = getattr(register.model, name)
    query, _problems = selection(actor, register, asked)
    counted = query.select(column, fn.COUNT(register.model.id)).group_by(column)
    return {str(value): count for value, count in counted.tuples()}
