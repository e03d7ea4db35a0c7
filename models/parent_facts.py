"""What a parent's newest state says on a day, and which of the two definitions a child meets."""

from __future__ import annotations

from datetime import date
from typing import Any

from models import calendar
from models.gates import every_row
from models.left_behind import AWAY, Migration, facts_on, migration
from models.register import find

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
    return [str(newest[one.id].state) if one.id in newest else "" for one in parents]


def place_today(parents: list[Any], day: date) -> list[str]:
    """Return where each parent works away on the day: province, city, county."""
    newest = _newest(parents, day)
    return [_place(newest[one.id]) if one.id in newest else "" for one in parents]


def _place(state: Any) -> str:
    return "".join(part for part in (state.province, state.city, state.county) if part)


def away_since(parents: list[Any], day: date) -> list[str]:
    """Return since when each parent has been away, "" for one who is not."""
    newest = _newest(parents, day)
    away = {key: row.since.isoformat() for key, row in newest.items() if row.state == AWAY}
    return [away.get(one.id, "") for one in parents]


def able_today(parents: list[Any], day: date) -> list[str]:
    """Return whether each parent is able to guard on the day."""
    newest = _newest(parents, day)
    said = {key: "有能力" if row.able_to_guard else "无能力" for key, row in newest.items()}
    return [said.get(one.id, "") for one in parents]


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
