"""What a list is asked by that none of its own fields says: 班级, 结对教师, 外出类型, 校点, 还差.

A list about children is narrowed by what dated rows say of the child today (a link declared with
`finds`) and by what is worked out of the child (a `Derived` declared with `words`); every list of
records that may be incomplete, by whether they are. All of it starts from `rows`: nobody finds a
record by a row beyond the own ones, so that a kept talk does not tell a class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from peewee import Case

from models.core.actor import SYSTEM, Actor
from models.core.converters import clean
from models.core.database import within
from models.core.errors import BadValue
from models.core.fields import FieldSpec
from models.core.gates import places, rows, surface
from models.core.incomplete import incomplete, may_lack
from models.core.places import MAIN, place_link, place_register, way
from models.core.register import REGISTERS, Derived, Register, register_of
from models.core.rights import may
from models.core.spans import holds_on
from models.core.whose import child_column, children_register

LACKING = "lacking"
LACKS, COMPLETE = "还差", "齐全"


@dataclass(frozen=True)
class Question:
    """One thing a list is asked by: a word of `words`, or a record of `target`.

    `where` turns what was chosen into a condition and raises BadValue for nonsense.
    """

    name: str
    label: str
    where: Callable[[str], Any]
    words: tuple[str, ...] = ()
    target: Register | None = None


def questions(actor: Actor, register: Register) -> dict[str, Question]:
    """Return by name what the actor may ask a list by besides the fields of its register."""
    if not may(actor, "read", register):
        return {}
    found = [
        *_of_the_child(actor, register),
        *_of_the_place(actor, register),
        *_of_completeness(register),
    ]
    return {one.name: one for one in found if one.name not in register.fields}


def _of_completeness(register: Register) -> Iterator[Question]:
    if not register.sealed and may_lack(register):
        yield Question(LACKING, "情况", lambda raw: _is(raw, register), (LACKS, COMPLETE))


def _is(raw: str, register: Register) -> Any:
    lacks = incomplete(register, evidence=bool(register.happened))
    # What a comparison with an empty field leaves open is no lack.
    told = Case(None, [(lacks, LACKS)], COMPLETE)
    return told == _word(raw, (LACKS, COMPLETE))


def _of_the_child(actor: Actor, register: Register) -> Iterator[Question]:
    """Yield what is asked of the child a row is about; what a field of its own asks is left out."""
    column, children = child_column(register), children_register()
    if column is None or children is None or not may(actor, "read", children):
        return
    own = {spec.target for spec in register.links if spec.filter}
    for other in REGISTERS.values():
        for spec in other.links:
            if spec.finds and spec.target not in own and spec.name in _filters(actor, other):
                yield _dated(actor, column, other, spec)
    for derived in children.derived:
        if derived.words:
            yield _worked_out(actor, column, children, derived)


def _filters(actor: Actor, register: Register) -> tuple[str, ...]:
    return surface(actor, register, "filter").names if may(actor, "read", register) else ()


def _dated(actor: Actor, column: Any, other: Register, spec: FieldSpec) -> Question:
    """Return the question of a link in dated rows of the child that hold today."""

    def where(raw: str) -> Any:
        number = clean(spec.field, raw)
        today = holds_on(other.model, actor.today)
        linked = rows(actor, other).where(getattr(other.model, spec.name) == number, today)
        return within(column, linked.select(child_column(other)))

    name = f"{other.slug}-{spec.name}"
    return Question(name, spec.finds, where, target=register_of(spec.target))


def _worked_out(actor: Actor, column: Any, children: Register, derived: Derived) -> Question:
    """Return the question of a value worked out of each child today: read for all at once."""

    def where(raw: str) -> Any:
        word = _word(raw, derived.words)
        records = list(rows(actor, children, deleted=None))
        texts = derived.of(records, actor.today)
        named = zip(records, texts, strict=True)
        return column.in_([record.id for record, text in named if text == word])

    return Question(derived.name, derived.label, where, derived.words)


def _of_the_place(actor: Actor, register: Register) -> Iterator[Question]:
    """Yield the question of the village point a row stands at; nothing where there are none."""
    points = place_register()
    own = place_link(register)
    if points is None or (own is not None and own.filter) or not may(actor, "read", points):
        return
    names = places(points)
    if names and _stands(actor, register, None) is not None:
        numbers = {MAIN: None} | {name: number for number, name in names.items()}
        words = tuple(numbers)

        def where(raw: str) -> Any:
            return _stands(actor, register, numbers[_word(raw, words)])

        yield Question(points.slug, points.title, where, words)


def _stands(actor: Actor, register: Register, point: int | None) -> Any | None:
    """Return the condition that a row stands at a point, None for the school's own home.

    A row about a child stands where the child's class of today does; None where neither links nor
    a child lead anywhere.
    """
    chain = way(register)
    if chain:
        return _along(register, chain, point)
    column, other = child_column(register), _dated_place()
    if column is None or other is None or not may(actor, "read", other[0]):
        return None
    dated, link = other
    today = rows(actor, dated).where(holds_on(dated.model, actor.today))
    here = _along(dated, (link, *way(register_of(dated.spec(link).target))), point)
    return within(column, today.where(here).select(child_column(dated)))


def _dated_place() -> tuple[Register, str] | None:
    """Return the dated rows of a child that say where it stands, with the link that does."""
    for other in REGISTERS.values():
        for spec in other.links:
            if spec.finds and place_link(register_of(spec.target)) is not None:
                return other, spec.name
    return None


def _along(register: Register, chain: tuple[str, ...], point: int | None) -> Any:
    """Return the condition on the first link of a chain that its end is the point.

    Where a room or a class stands is told to everybody.
    """
    first, *rest = chain
    column = getattr(register.model, first)
    if not rest:
        return column.is_null(True) if point is None else column == point
    target = register_of(register.spec(first).target)
    linked = rows(SYSTEM, target, deleted=None).select(target.model.id)
    there = within(column, linked.where(_along(target, tuple(rest), point)))
    # What names no room is the school's own.
    return (column.is_null(True) | there) if point is None and column.null else there


def _word(raw: str, words: tuple[str, ...]) -> str:
    if raw not in words:
        raise BadValue(f"请从“{'、'.join(words)}”里选")
    return raw
