"""Whether a child is left behind, derived from dated facts about the parents.

Two definitions coexist (docs/rules.md): the national one of 国发〔2016〕13号 (both parents away, or
one away and the other unable to guard, child under 16) and the older school usage (a parent away
for some months). Facts are stored, both flags are derived as of any date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.core import calendar
from models.core.database import mark
from models.core.gates import every_row
from models.core.register import find, model_of
from models.core.spans import holds_on

AWAY = "外出"
# A parent in one of these states cannot guard, whatever the row's own flag says.
ABSENT = frozenset({"死亡", "失联", "服刑"})
FATHERS = frozenset({"父亲", "继父或养父"})


@dataclass(frozen=True)
class ParentFact:
    """One parent's situation on a day: relation, state, able to guard, since when."""

    relation: str
    state: str
    able: bool
    since: date


@dataclass(frozen=True)
class Migration:
    """The derived state on a day: kind of absence, and both definitions' answers."""

    kind: str
    national: bool
    school: bool


def migration(facts: Iterable[ParentFact], born_on: date, day: date, months: int) -> Migration:
    """Return a child's left-behind state on `day`; `months` is the school usage's span."""
    known = list(facts)
    away = [fact for fact in known if fact.state == AWAY]
    others = [fact for fact in known if fact.state != AWAY]
    unable = [fact for fact in others if fact.state in ABSENT or not fact.able]
    kind = _kind(away, others, unable)
    under_16 = _age(born_on, day) < 16
    national = under_16 and kind in ("双亲外出", "单方外出，另一方无监护能力")
    long_away = any(_months(fact.since, day) >= months for fact in away)
    return Migration(kind, national, long_away and under_16)


def _kind(away: list[ParentFact], others: list[ParentFact], unable: list[ParentFact]) -> str:
    if not away:
        return "不属于"
    if len(away) >= 2:
        return "双亲外出"
    if others and len(unable) == len(others):
        return "单方外出，另一方无监护能力"
    return "父亲外出" if away[0].relation in FATHERS else "母亲外出"


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _months(since: date, day: date) -> int:
    whole = (day.year - since.year) * 12 + day.month - since.month
    return whole - (day.day < since.day)


def facts_on(child_ids: list[int], day: date) -> dict[int, list[ParentFact]]:
    """Return per child the parents' situation valid on `day`: one query for any number."""
    facts: dict[int, list[ParentFact]] = {child_id: [] for child_id in child_ids}
    state, parent = model_of("parent-state"), model_of("parent")
    columns = (
        state.child,
        state.parent,
        parent.relation,
        state.state,
        state.able_to_guard,
        state.since,
    )
    query = (
        _rows("parent-state")
        .select(*columns)
        .join(parent, on=(state.parent == parent.id))
        .where(
            mark(parent._meta.table_name),
            parent.deleted_at.is_null(True),
            state.child.in_(child_ids),
            state.since <= day,
        )
        .order_by(state.since, state.id)
    )
    latest: dict[int, tuple[int, ParentFact]] = {}
    for child_id, parent_id, relation, word, able, since in query.tuples():
        latest[parent_id] = (child_id, ParentFact(relation, word, able, since))
    for child_id, fact in latest.values():
        facts[child_id].append(fact)
    return facts


def _rows(slug: str) -> Any:
    declared = find(slug)
    assert declared is not None
    return every_row(declared)


def migration_today(children: list[Any], day: date) -> list[str]:
    """Return each child's kind of absence on `day`, for lists and pages."""
    facts = facts_on([child.id for child in children], day)
    return [migration(facts[child.id], child.born_on, day, 0).kind for child in children]


def classes_on(child_ids: list[int], day: date) -> dict[int, tuple[int, str]]:
    """Return per child (class id, class name) valid on `day`, in one query.

    Children in no class are absent.
    """
    enrolment, school_class = model_of("enrolment"), model_of("school-class")
    query = (
        _rows("enrolment")
        .select(enrolment.child, enrolment.school_class, school_class.name)
        .join(school_class, on=(enrolment.school_class == school_class.id))
        .where(
            mark(school_class._meta.table_name),
            enrolment.child.in_(child_ids),
            holds_on(enrolment, day),
        )
        .order_by(enrolment.since, enrolment.id)
    )
    return {child: (class_id, name or "") for child, class_id, name in query.tuples()}


def class_today(children: list[Any], day: date) -> list[str]:
    """Return each child's class name on `day`, "" when in none."""
    placed = classes_on([child.id for child in children], day)
    return [placed.get(child.id, (0, ""))[1] for child in children]


# How the national pupil system names what one or two absent parents make of a child.
_NATIONAL = {0: "非留守儿童", 1: "单亲留守儿童", 2: "双亲留守儿童"}


def _newest(parents: list[Any], day: date) -> dict[int, Any]:
    """Return each parent's state row valid on the day, in one query."""
    declared = find("parent-state")
    assert declared is not None
    model = declared.model
    query = every_row(declared).where(
        model.parent.in_([parent.id for parent in parents]), model.since <= day
    )
    return {row.parent_id: row for row in query.order_by(model.since, model.id)}


def state_today(parents: list[Any], day: date) -> list[str]:
    """Return each parent's state on the day (在家, 外出 …)."""
    newest = _newest(parents, day)
    return [str(newest[parent.id].state) if parent.id in newest else "" for parent in parents]


def place_today(parents: list[Any], day: date) -> list[str]:
    """Return where each parent works away on the day: province, city, county."""
    newest = _newest(parents, day)
    return [_place(newest[parent.id]) if parent.id in newest else "" for parent in parents]


def _place(state: Any) -> str:
    return "".join(part for part in (state.province, state.city, state.county) if part)


def away_since(parents: list[Any], day: date) -> list[str]:
    """Return since when each parent has been away, "" for one who is not."""
    newest = _newest(parents, day)
    away = {key: row.since.isoformat() for key, row in newest.items() if row.state == AWAY}
    return [away.get(parent.id, "") for parent in parents]


def able_today(parents: list[Any], day: date) -> list[str]:
    """Return whether each parent is able to guard on the day."""
    newest = _newest(parents, day)
    said = {key: "有能力" if row.able_to_guard else "无能力" for key, row in newest.items()}
    return [said.get(parent.id, "") for parent in parents]


def left_behind_today(children: list[Any], day: date) -> list[str]:
    """Return the national code's word for each child: none, one or both parents away."""
    facts = facts_on([child.id for child in children], day)
    away = [sum(fact.state == AWAY for fact in facts[child.id]) for child in children]
    return [_NATIONAL[min(count, 2)] for count in away]


def definitions_met(children: list[Any], day: date) -> list[str]:
    """Return which definition of left-behind each child meets on the day.

    国家口径 is 国发〔2016〕13号, 本校口径 a parent away for the school's number of months.
    """
    facts = facts_on([child.id for child in children], day)
    school = calendar.school()
    months = school.away_months if school else 3
    return [_met(migration(facts[one.id], one.born_on, day, months)) for one in children]


def _met(state: Migration) -> str:
    met = [(state.national, "国家口径"), (state.school, "本校口径")]
    return "、".join(word for holds, word in met if holds) or "都不符合"
