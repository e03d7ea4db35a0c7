"""制度落实: how every clause stands, from what checks it — duties, lists, texts, plain records.

A clause takes the gravest state of its checks. What only keeps records is never "not carried out":
it stands as recorded, or as no data while its registers are empty, which is never a pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

from peewee import Value, fn

from compliance.checklists.archive_state import ArchiveList
from compliance.checklists.hardware import hardware
from compliance.judged.naming import has_records, standing_of
from compliance.judged.safeguards import SAFEGUARDS
from compliance.judged.store import DutySum, Verdict, totals, totals_of, verdicts
from compliance.judged.verdict import GRAVEST, RECORDED, WORDS, State
from compliance.ordered.catalogue import duty_called
from compliance.ordered.conditions import condition
from compliance.ordered.declaration import Filter
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import InForce, in_force
from compliance.ordered.papers import DOCUMENTS
from compliance.ordered.reading import tuples
from compliance.ordered.regulations import (
    PERMISSIONS,
    Clause,
    System,
    checklist_titles,
    clauses,
    systems,
)
from compliance.told.progress import Share, share_of
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.gates import every_row, rows
from models.core.register import Register, find
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester

DUTY, TEXT, REGISTER, LIST, PAPER, RIGHT = (
    "duty",
    "text",
    "register",
    "checklist",
    "document",
    "permission",
)
# Gravest first; no data is graver than a pass, and lighter than what is missed or open.
ORDER = (*GRAVEST[:2], State.NO_DATA, *GRAVEST[2:])


class Check(NamedTuple):
    """One thing a clause is checked by; `state` is None where nothing is judged.

    `subjects` are the topics of the duty that this clause orders, None for all of its subjects.
    `records` is the number of records that a record-only clause has this semester.
    """

    kind: str
    code: str
    title: str
    state: State | None = None
    share: Share = Share(0, 0)
    records: int | None = None
    subjects: tuple[int, ...] | None = None


class ClauseState(NamedTuple):
    """One clause as it stands: adopted or set aside with a reason, and its checks."""

    clause: Clause
    adopted: bool
    refused: str
    checks: tuple[Check, ...]

    @property
    def judged(self) -> list[Check]:
        """The checks that come to a verdict."""
        return [check for check in self.checks if check.state is not None]

    @property
    def state(self) -> State | None:
        """The gravest state of the checks, None where nothing is judged."""
        found = {check.state for check in self.judged}
        return next((state for state in ORDER if state in found), None)

    @property
    def records(self) -> int:
        """How many records of this semester a clause has that only keeps them."""
        return sum(check.records or 0 for check in self.checks)

    @property
    def standing(self) -> str:
        """The slug of how the clause stands, never empty: a state's, or that it has records."""
        if not self.adopted:
            return State.NOT_DUE.slug
        if self.state is not None:
            return self.state.slug
        return RECORDED if self.records else State.NO_DATA.slug

    @property
    def share(self) -> Share:
        """How much was met of how much was asked, over all checks."""
        return sum((check.share for check in self.judged), Share(0, 0))


def gravest(found: Iterable[ClauseState]) -> State | None:
    """Return the gravest state of adopted clauses, None where nothing is judged."""
    states = {clause_state.state for clause_state in found if clause_state.adopted}
    return next((state for state in ORDER if state in states), None)


def standing_of_system(found: Iterable[ClauseState]) -> str:
    """Return the slug of how several clauses stand together: the gravest of what is judged."""
    adopted = [clause_state for clause_state in found if clause_state.adopted]
    state = gravest(adopted)
    if state is not None:
        return state.slug
    if not adopted:
        return State.NOT_DUE.slug
    return RECORDED if any(clause_state.records for clause_state in adopted) else State.NO_DATA.slug


def clause_states(
    actor: Actor, semester: SemesterSpan, wanted: Iterable[System] | None = None
) -> dict[str, ClauseState]:
    """Return the state of every clause of some systems, of all when none are named.

    The sums are those the actor may see; a fixed number of queries for any number of clauses.
    """
    look = _Look(actor, semester)
    chosen = systems() if wanted is None else tuple(wanted)
    return {clause.id: look.at(clause) for system in chosen for clause in system.clauses}


class _Look:
    """What all clauses are read from, gathered once."""

    def __init__(self, actor: Actor, semester: SemesterSpan) -> None:
        self.actor, self.semester = actor, semester
        self.force: InForce = in_force(semester.code)
        self.sums = totals(actor, semester.code)
        self.kept: dict[str, bool] = {}
        self._topics: dict[str, list[Verdict]] = {}
        self._filled: dict[str, bool] = {}
        self._counted: dict[tuple[str, str], Counter[str]] = {}

    def at(self, clause: Clause) -> ClauseState:
        """Return one clause with all its checks."""
        adopted = self.force.adopts(clause.id)
        checks = [self._duty(clause, code) for code in clause.duties]
        checks += [self._line(code) for code in clause.checklist]
        checks += [Check(PAPER, code, DOCUMENTS[code].title) for code in clause.documents]
        checks += [self._right(name) for name in clause.permissions]
        checks += [self._register(clause, slug) for slug in clause.registers]
        return ClauseState(clause, adopted, self.force.refused.get(clause.id, ""), tuple(checks))

    def _duty(self, clause: Clause, code: str) -> Check:
        duty = duty_called(code, self.semester.code)
        assert duty is not None
        topics = topics_of(duty, clause.id)
        summed = self.sums.get(code) if topics is None else self._sum(duty, topics)
        summed = summed or DutySum(0, [])
        kind = TEXT if clause.text_only else DUTY
        if not self.force.adopts(clause.id):
            return Check(kind, code, duty.title, State.NOT_DUE, subjects=topics)
        share = sum((share_of(period) for period in summed.periods), Share(0, 0))
        state = standing_of(duty, summed, has_records=bool(share.met) or self._has(duty))
        return Check(kind, code, _told(duty, topics), state, share, subjects=topics)

    def _sum(self, duty: Duty, topics: tuple[int, ...]) -> DutySum:
        if duty.code not in self._topics:
            self._topics[duty.code] = verdicts(self.actor, self.semester.code, duty=duty.code)
        theirs = [one for one in self._topics[duty.code] if one.subject in topics]
        return totals_of(theirs).get(duty.code, DutySum(0, [Counter()]))

    def _has(self, duty: Duty) -> bool:
        # A text that was never written is missed, not unknown: the list of texts is the register.
        if duty.subject == "topic":
            return True
        if duty.code not in self._filled:
            self._filled[duty.code] = has_records(duty)
        return self._filled[duty.code]

    @cached_property
    def _listed(self) -> dict[str, tuple[State, Share]]:
        # Most regulations name no checklist.
        return _checklist_states(self.actor, self.semester)

    def _line(self, code: str) -> Check:
        state, share = self._listed[code]
        return Check(LIST, code, checklist_titles()[code], state, share)

    def _right(self, name: str) -> Check:
        kept = self._is_kept(name)
        state = State.DONE if kept else State.MISSED
        return Check(RIGHT, name, PERMISSIONS[name], state, Share(int(kept), 1, int(not kept)))

    def _is_kept(self, name: str) -> bool:
        if name not in self.kept:
            self.kept[name] = SAFEGUARDS[name]()
        return self.kept[name]

    def _register(self, clause: Clause, slug: str) -> Check:
        register = find(slug)
        assert register is not None
        where = clause.where.get(slug, {})
        count = self._count(register, where) if clause.record_only else None
        return Check(REGISTER, slug, register.title, records=count)

    def _count(self, register: Register, where: Filter) -> int:
        """Count the semester's records; those of many clauses that tell one word, in one query."""
        name, wanted = next(iter(where.items()), ("", True))
        if len(where) > 1 or (name and isinstance(wanted, bool)):
            return int(self._records(register).where(condition(register, where)).count())
        key = (register.slug, name)
        if key not in self._counted:
            model = register.model
            by = getattr(model, name) if name else Value("")
            query = self._records(register).select(by, fn.COUNT(model.id)).group_by(by)
            self._counted[key] = Counter({str(word): count for word, count in tuples(query)})
        words = wanted if isinstance(wanted, list) else [wanted if name else ""]
        return sum(self._counted[key][str(word)] for word in words)

    def _records(self, register: Register) -> Any:
        # As the verdicts: the school's for the office and the inspector, who may be told how many
        # there are also where they may not read them; a teacher's own for a teacher.
        teaching = self.actor.role in TEACHING
        query = rows(self.actor, register) if teaching else every_row(register)
        return query.where(in_semester(register, self.semester, self.actor.today))


def topics_of(duty: Duty, clause: str) -> tuple[int, ...] | None:
    """Return which topics of a duty a clause orders, None when it orders all of the duty."""
    if duty.subject != "topic":
        return None
    return tuple(n for n, part in enumerate(duty.parts) if clause in part.clauses)


def _told(duty: Duty, topics: tuple[int, ...] | None) -> str:
    if not topics or len(topics) > 1:
        return duty.title
    return f"{duty.title}：{duty.parts[topics[0]].title}"


def _checklist_states(actor: Actor, semester: SemesterSpan) -> dict[str, tuple[State, Share]]:
    found = {}
    for line in hardware(actor.today, semester):
        state = State.DONE if line.is_met else State.MISSED
        found[line.line.id] = (state, Share(int(line.is_met), 1, int(not line.is_met)))
    for item in ArchiveList(actor, semester).states():
        found[item.item.id] = (item.state, Share(*item.share))
    return found


def report(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return system → clause → what checks it → state as plain data, for the command line."""
    found = clause_states(actor, semester)
    return {
        "as_of": actor.today.isoformat(),
        "semester": semester.code,
        "clauses": len(clauses()),
        "systems": [_system(system, found) for system in systems()],
    }


def _system(system: System, found: dict[str, ClauseState]) -> dict[str, Any]:
    theirs = [found[clause.id] for clause in system.clauses]
    return {
        "id": system.id,
        "title": system.title,
        "lines": list(system.lines),
        **_state(standing_of_system(theirs)),
        "clauses": [_clause(one) for one in theirs],
    }


def _clause(one: ClauseState) -> dict[str, Any]:
    share = one.share
    return {
        "id": one.clause.id,
        "text": one.clause.text,
        "kind": list(one.clause.kind),
        "asks": one.clause.asks,
        "how_often": one.clause.how_often,
        "adopted": one.adopted,
        "set_aside": one.refused,
        "record_only": one.clause.record_only,
        "text_only": one.clause.text_only,
        **_state(one.standing),
        "records": one.records,
        "met": share.met,
        "asked": share.asked,
        "checks": [
            {
                "kind": check.kind,
                "code": check.code,
                "title": check.title,
                **_state(check.state.slug if check.state else None),
                "met": check.share.met,
                "asked": check.share.asked,
                "records": check.records,
            }
            for check in one.checks
        ],
    }


def _state(slug: str | None) -> dict[str, str | None]:
    """Return a state as code and word; both None where nothing is judged."""
    return {"state": slug, "state_word": WORDS[slug] if slug else None}


def school_semester(code: str, today: Any) -> SemesterSpan | None:
    """Return the semester of that code, else the one of the day; None before set-up."""
    return calendar.school_calendar().semester(code) if code else calendar.current_span(today)
