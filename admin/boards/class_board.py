"""A class's duties: what is asked of each child now, its own tasks, and who looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from admin.boards.missed import paired, since_last
from admin.boards.teacher_access import teacher_url
from admin.registers.short_forms import next_step
from compliance.judged.evaluation import periods_of
from compliance.judged.store import Verdict, verdicts
from compliance.judged.verdict import GRAVEST, State
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import Duty
from compliance.ordered.periods import Frequency, Period
from compliance.ordered.reading import tuples
from compliance.told.progress import latest, noun
from models.core import calendar
from models.core.actor import Actor
from models.core.gates import every_row, rows
from models.core.labels import labels
from models.core.listing import ordering
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.core.spans import holds_on
from models.kept.children import Child, Enrolment
from models.kept.staff import ClassTeacher, Staff

# The rhythms shown together, by the word in the address.
SPANS: tuple[tuple[str, str, frozenset[Frequency]], ...] = (
    (
        "week",
        "本周",
        frozenset({Frequency.SCHOOL_DAY, Frequency.WEEK, Frequency.TWO_WEEKS}),
    ),
    ("month", "本月", frozenset({Frequency.HALF_MONTH, Frequency.MONTH})),
    (
        "semester",
        "本学期",
        frozenset({Frequency.QUARTER, Frequency.SEMESTER, Frequency.SCHOOL_YEAR, Frequency.ONCE}),
    ),
    ("now", "现状", frozenset({Frequency.NOW, Frequency.EVENT})),
)


class Asked:
    """The duties of some rhythms with the period that runs, or ran last."""

    def __init__(self, actor: Actor, semester: SemesterSpan, every: frozenset[Frequency]) -> None:
        school_calendar = calendar.school_calendar()
        self.of: dict[str, tuple[Duty, int, Period]] = {}
        for duty in duties_on(semester.code):
            spans = periods_of(duty, semester, school_calendar)
            index = latest(spans, actor.today)
            if duty.every in every and index is not None:
                self.of[duty.code] = (duty, index, spans[index])


def class_board(
    actor: Actor, school_class: int, semester: SemesterSpan | None, args: Mapping[str, str]
) -> dict[str, Any]:
    """Return a class's children and their duties; `span` in the address is week or the like."""
    ids = children_of(actor, school_class)
    shown = {
        "teachers": _teachers(actor, school_class),
        "children": _children(actor, ids),
        "acts": since_last(actor, [])[0],
        "grid": None,
        "tasks": [],
    }
    if semester is None:
        return shown
    slug, _, every = next((span for span in SPANS if span[0] == args.get("span")), SPANS[0])
    tabs = [
        {
            "title": word,
            "url": url_for("school-class.detail", rid=school_class, span=one),
            "active": one == slug,
        }
        for one, word, _ in SPANS
    ]
    asked = Asked(actor, semester, every)
    return shown | {
        "tabs": tabs,
        "grid": _grid(actor, semester, ids, asked),
        "tasks": _tasks(actor, semester, school_class),
    }


def children_of(actor: Actor, school_class: int) -> list[int]:
    """Return the children of the class today, within the actor's rows, as their list has them."""
    placed = every_row(register_of(Enrolment)).select(Enrolment.child)
    placed = placed.where(
        Enrolment.school_class == school_class,
        holds_on(Enrolment, actor.today),
    )
    query = rows(actor, register_of(Child)).where(
        Child.id.in_(placed),
        holds_on(Child, actor.today),
    )
    return [
        one
        for (one,) in tuples(
            query.select(Child.id).order_by(*ordering(actor, register_of(Child), ""))
        )
    ]


def _teachers(actor: Actor, school_class: int) -> list[dict[str, str]]:
    """Return who leads the class today, each leading to the own page where that may be opened."""
    query = every_row(register_of(ClassTeacher)).select(ClassTeacher.staff)
    query = query.where(
        ClassTeacher.school_class == school_class,
        holds_on(ClassTeacher, actor.today),
    )
    ids = [one for (one,) in tuples(query.order_by(ClassTeacher.since))]
    called = labels(actor, {register_of(Staff): set(ids)})
    return [{"text": called.get(("staff", one), ""), "url": teacher_url(actor, one)} for one in ids]


def _children(actor: Actor, ids: list[int]) -> list[dict[str, Any]]:
    """Return a line per child: paired teachers, and how long ago each act was."""
    called = labels(actor, {register_of(Child): set(ids)})
    teachers, ago = paired(actor, ids), since_last(actor, ids)[1]
    return [
        {
            "url": url_for("child.detail", rid=child),
            "cells": [
                called.get(("child", child), ""),
                "、".join(name for _, name in teachers.get(child, []))
                or {"tone": "unmet", "text": "没有结对"},
                *ago[child],
            ],
        }
        for child in ids
    ]


# ---- children × duties --------------------------------------------------------------------------


def _grid(
    actor: Actor, semester: SemesterSpan, ids: list[int], asked: Asked
) -> dict[str, Any] | None:
    """Return children × acts: of several duties that ask for one act, the gravest state."""
    found: dict[int, dict[str, tuple[State, Verdict]]] = {}
    for verdict in verdicts(actor, semester.code, children=ids):
        if verdict.duty not in asked.of or verdict.child is None:
            continue
        duty, index, _ = asked.of[verdict.duty]
        state = verdict.state(index)
        if state is State.NOT_DUE:
            continue
        acts = found.setdefault(verdict.child, {})
        before = acts.get(noun(duty))
        if before is None or GRAVEST.index(state) < GRAVEST.index(before[0]):
            acts[noun(duty)] = (state, verdict)
    nouns = sorted({word for acts in found.values() for word in acts})
    if not nouns:
        return None
    called = labels(actor, {register_of(Child): set(ids)})
    return {
        "columns": [{"label": word, "title": word} for word in nouns],
        "rows": [
            {
                "title": called.get(("child", child), ""),
                "url": url_for("child.detail", rid=child),
                "cells": [_cell(found.get(child, {}).get(word), asked) for word in nouns],
            }
            for child in ids
        ],
    }


def _cell(found: tuple[State, Verdict] | None, asked: Asked) -> dict[str, Any]:
    if found is None:
        return {"state": "not-due", "title": "不要求"}
    state, verdict = found
    duty, _, period = asked.of[verdict.duty]
    return {
        "state": state.slug,
        "title": f"{duty.title}，{period.title}：{state.word}",
        "url": url_for(
            "boards.subject", code=duty.code, subject=verdict.subject, period=period.code
        ),
    }


# ---- the class's own tasks ----------------------------------------------------------------------


def _tasks(actor: Actor, semester: SemesterSpan, school_class: int) -> list[dict[str, Any]]:
    """Return what is asked of the class as a whole, the gravest first, each with the next step."""
    asked = Asked(actor, semester, frozenset(Frequency))
    shown = []
    for verdict in verdicts(actor, semester.code, classes=[school_class]):
        if verdict.duty not in asked.of or verdict.child is not None:
            continue
        duty, index, period = asked.of[verdict.duty]
        state = verdict.state(index)
        if state is State.NOT_DUE:
            continue
        step = next_step(actor, duty, verdict) if state in (State.DUE, State.MISSED) else None
        shown.append(
            {
                "rank": GRAVEST.index(state),
                "state": state.slug,
                "text": duty.title,
                "note": f"{period.title} · {verdict.counts[index]} 次",
                "url": url_for(
                    "boards.subject",
                    code=duty.code,
                    subject=verdict.subject,
                    semester=semester.code,
                    period=period.code,
                ),
                "action_url": step["url"] if step else "",
                "action_word": step["word"] if step else "",
            }
        )
    return sorted(shown, key=lambda one: one["rank"])


# ---- what a child's file lacks now --------------------------------------------------------------


def gaps(actor: Actor, school_class: int, semester: SemesterSpan) -> list[dict[str, Any]]:
    """Return the children whose file lacks something now: the duties, each with its next step."""
    ids = children_of(actor, school_class)
    asked = Asked(actor, semester, frozenset({Frequency.NOW}))
    found: dict[int, list[dict[str, str]]] = {}
    for verdict in verdicts(actor, semester.code, children=ids):
        if verdict.duty not in asked.of or verdict.child is None:
            continue
        duty, index, _ = asked.of[verdict.duty]
        if verdict.state(index) not in (State.DUE, State.MISSED):
            continue
        step = next_step(actor, duty, verdict)
        if step is not None:
            found.setdefault(verdict.child, []).append({"title": duty.title, **step})
    called = labels(actor, {register_of(Child): set(found)})
    return [
        {
            "name": called.get(("child", child), ""),
            "url": url_for("child.detail", rid=child),
            "steps": found[child],
        }
        for child in ids
        if child in found
    ]
