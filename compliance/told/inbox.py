"""待办: what waits for the signature or decision of this leader, each said where it is decided.

Nothing is kept: every kind is read from the records that wait, by the rule of the page that decides
them, so that what somebody else decided, or what the leader may not decide, is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from compliance.told.corrections import corrections
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, ROLES
from models.core.errors import RecordsError
from models.core.gates import every_row, rows
from models.core.register import register_of
from models.kept.bundles import ASKED, Bundle, purpose_told
from models.kept.evaluation import EvaluationYear
from models.kept.users import User, is_active
from models.school import accounts, bundles, evaluations
from models.sealed import leaders, requests

# The state a sheet is in, and what the leadership does next with it.
NEXT = {
    evaluations.OBJECTED: "答复申诉",
    evaluations.ANSWERED: "作决定",
    evaluations.DECIDED: "签署",
    evaluations.HALF_SIGNED: "第二人签署",
}


class Waiting(NamedTuple):
    """One thing to decide: its kind, what it is about, since when; `at` and `number` say where."""

    kind: str
    about: str
    since: date | None
    at: str
    number: Any = None


def inbox(actor: Actor) -> list[Waiting]:
    """Return what the leader may decide now, the longest waiting first; empty for anybody else."""
    if actor.role != LEADERSHIP:
        return []
    try:
        leaders.demand(actor)
    except RecordsError:
        # An account nobody made sure of decides nothing.
        return []
    found = [one for source in SOURCES for one in source(actor)]
    return sorted(found, key=lambda one: one.since or actor.today)


def waiting_for(actor: Actor) -> list[Waiting]:
    """Return what waits for the person: a leader's inbox, or that of the own leader's account.

    Who teaches and has an account of the leadership as well is told in the other one too, and goes
    on there by that account's password. Of what waits only the kinds may be shown here.
    """
    if actor.role == LEADERSHIP or actor.staff_id is None:
        return inbox(actor)
    query = every_row(register_of(User)).where(
        User.staff == actor.staff_id, User.role == ROLES[LEADERSHIP]
    )
    leading = [
        accounts.actor_of(user, actor.now, "") for user in query if is_active(user, actor.today)
    ]
    return [one for leader in leading for one in inbox(leader)]


def kinds_of(waiting: Iterable[Waiting]) -> str:
    """Return what kinds of things wait, each once."""
    return "、".join(dict.fromkeys(one.kind for one in waiting))


def _bundles(actor: Actor) -> Iterator[Waiting]:
    query = rows(actor, register_of(Bundle)).where(Bundle.state == ASKED)
    for row in query.order_by(Bundle.id):
        try:
            leaders.demand_second(actor, bundles.asked_of(row))
        except RecordsError:
            continue
        yield Waiting("完整版资料包", purpose_told(row), _day(row.entered_at), "bundle", row.id)


def _requests(actor: Actor) -> Iterator[Waiting]:
    for one in requests.requests_for(actor):
        if one.state != requests.WAITING:
            continue
        try:
            requests.open_request(actor, one.id)
        except RecordsError:
            continue
        about = f"{one.requester}申请{f'：{one.subject}' if one.subject else ''}"
        yield Waiting(one.title, about, _day(one.asked_at), "request", one.id)


def _accounts(actor: Actor) -> Iterator[Waiting]:
    for account in leaders.accounts(actor.now):
        waits = account.confirmed_at is None and is_active(account, actor.today)
        if waits and not leaders.is_same_person(actor, account.id):
            yield Waiting(
                "领导账号待确认", account.name, _day(account.changed_at), "account", account.id
            )


def _corrections(actor: Actor) -> Iterator[Waiting]:
    for correction in corrections(actor):
        if correction.may_verify:
            done = correction.record.done_on
            yield Waiting(
                "整改待验收",
                correction.record.problem or "",
                done,
                "correction",
                correction.record.id,
            )


def _evaluations(actor: Actor) -> Iterator[Waiting]:
    for year in rows(actor, register_of(EvaluationYear)):
        waiting: dict[str, list[Any]] = {}
        for sheet in evaluations.newest(year.school_year):
            state = evaluations.state_of(sheet, year, actor.today)
            if state in NEXT and not evaluations.is_own(actor, sheet):
                waiting.setdefault(state, []).append(sheet)
        for state, sheets in waiting.items():
            if state == evaluations.HALF_SIGNED:
                sheets = [one for one in sheets if one.first_signed_by_id != actor.staff_id]
            if sheets:
                since = min(_day(one.changed_at) or actor.today for one in sheets)
                about = f"{year.school_year} 年度 {len(sheets)} 份考核表"
                yield Waiting(f"考核：{NEXT[state]}", about, since, "evaluation", year.school_year)


def _semesters(actor: Actor) -> Iterator[Waiting]:
    for semester in calendar.semesters():
        if semester.closed_on is None and semester.last_day < actor.today:
            yield Waiting(
                "学期可以封存", semester.title, semester.last_day, "semester", semester.id
            )


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


SOURCES: tuple[Callable[[Actor], Iterable[Waiting]], ...] = (
    _bundles,
    _requests,
    _accounts,
    _corrections,
    _evaluations,
    _semesters,
)
