"""The teacher's day on the phone: own children with what is owed this week, month and semester."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import url_for

from admin.portraits import portraits
from compliance.catalogue import duties_on
from compliance.duty import Duty
from compliance.evaluation import periods_of
from compliance.periods import Frequency, Period
from compliance.progress import RUNNING, noun, running
from compliance.reading import tuples
from compliance.store import Verdict, verdicts
from compliance.verdict import State
from models import calendar
from models.actor import Actor
from models.children import Child, Parent
from models.display import Page
from models.gates import rows
from models.pairings import Pairing
from models.register import REGISTERS, register_of
from models.school_calendar import SemesterSpan

# Marks on a card; the child's page has the rest.
MARKS = 4
ORDER = {frequency: place for place, frequency in enumerate(Frequency)}
# More children than this are shown as short lines, so that the page stays light.
CARDS = 12


def today(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the page: what is owed in one sentence, then child by child."""
    children = own_children(actor)
    mine = paired_today(actor)
    marks = marks_of(actor, semester, [child.id for child in children])
    phones = phones_of(actor, [child.id for child in children])
    page = Page(actor, register_of(Child), children, "list")
    faces = portraits(actor, [child.id for child in children])
    pupils = [
        pupil(child, page, marks.get(child.id, []), phones.get(child.id), child.id in mine)
        | {"photo": faces.get(child.id, "")}
        for child in children
    ]
    pupils.sort(key=lambda one: (not one["paired"], not one["open"]))
    owed, by = sum_up(pupils)
    return {
        "page_title": owed,
        "owed": owed,
        "by": by,
        "light": True,
        "pupils": pupils[:CARDS],
        "others": pupils[CARDS:],
        "batch_url": batch_url([one["id"] for one in pupils]),
        "missed_url": url_for("boards.missed"),
        "phone_tabs": tabs("today"),
    }


def own_children(actor: Actor) -> list[Any]:
    """Return the children of today, in order of their names: paired, or in the own class."""
    query = rows(actor, register_of(Child)).where(
        Child.identified_on <= actor.today,
        Child.left_on.is_null(True) | (Child.left_on >= actor.today),
    )
    return list(query.order_by(Child.pinyin_key, Child.id))


def paired_today(actor: Actor) -> set[int]:
    """Return the ids of the children paired with the actor today."""
    query = rows(actor, register_of(Pairing)).where(
        Pairing.teacher == actor.staff_id,
        Pairing.since <= actor.today,
        Pairing.until.is_null(True) | (Pairing.until >= actor.today),
    )
    return {child for (child,) in tuples(query.select(Pairing.child))}


def marks_of(
    actor: Actor, semester: SemesterSpan, children: list[int]
) -> dict[int, list[dict[str, Any]]]:
    """Return per child the duties the actor answers for, with the state of the running period."""
    asked = {duty.code: duty for duty in duties_on() if duty.subject in ("pairing", "child")}
    spans = {
        code: periods_of(duty, semester, calendar.school_calendar()) for code, duty in asked.items()
    }
    led = led_children(actor, children)
    marks: dict[int, list[dict[str, Any]]] = {}
    for verdict in verdicts(actor, semester.code, children=children):
        duty = asked.get(verdict.duty)
        index = running(spans[verdict.duty], actor.today) if duty is not None else None
        if duty is None or index is None or not is_mine(actor, duty, verdict, led):
            continue
        state = verdict.state(index)
        if state is not State.NOT_DUE and verdict.child is not None:
            period = spans[verdict.duty][index]
            marks.setdefault(verdict.child, []).append(mark(duty, verdict, state, period))
    return marks


def mark(duty: Duty, verdict: Verdict, state: State, period: Period) -> dict[str, Any]:
    """Return one mark: what, in which state, until when, and the link to what counts for it."""
    when = RUNNING[duty.every]
    short = noun(duty) if duty.every is Frequency.WEEK else f"{noun(duty)}（{when}）"
    return {
        "text": short,
        "state": state.slug,
        "noun": noun(duty),
        "open": state is State.DUE,
        "every": duty.every,
        "last": period.last,
        "url": url_for(
            "boards.subject", code=duty.code, subject=verdict.subject, period=period.code
        ),
    }


def led_children(actor: Actor, children: list[int]) -> set[int]:
    """Return which of the children are in the class the actor leads today."""
    enrolment = REGISTERS["enrolment"].model
    led = rows(actor, REGISTERS["school-class"]).select(REGISTERS["school-class"].model.id)
    query = rows(actor, REGISTERS["enrolment"]).where(
        enrolment.child.in_(children),
        enrolment.school_class.in_(led),
        enrolment.since <= actor.today,
        enrolment.until.is_null(True) | (enrolment.until >= actor.today),
    )
    return {child for (child,) in tuples(query.select(enrolment.child))}


def is_mine(actor: Actor, duty: Duty, verdict: Verdict, led: set[int]) -> bool:
    """Return whether the actor answers for the verdict: as paired, or as class teacher."""
    if duty.subject == "pairing":
        return verdict.staff == actor.staff_id
    return duty.responsible == "class-teacher" and verdict.child in led


def phones_of(actor: Actor, children: list[int]) -> dict[int, tuple[str, str]]:
    """Return per child whom to ring: a parent's number, else the family's own; one query."""
    query = rows(actor, register_of(Parent)).where(
        Parent.child.in_(children), Parent.phone.is_null(False)
    )
    found: dict[int, tuple[str, str]] = {}
    for child, relation, phone in tuples(
        query.select(Parent.child, Parent.relation, Parent.phone).order_by(Parent.id.desc())
    ):
        found[child] = (relation, phone)
    return found


def pupil(
    child: Any,
    page: Page,
    marks: list[dict[str, Any]],
    phone: tuple[str, str] | None,
    paired: bool,
) -> dict[str, Any]:
    """Return one child's card."""
    shown = pressing(marks)
    ring = phone or (("家庭电话", child.family_phone) if child.family_phone else None)
    return {
        "id": child.id,
        "name": page.text(child, "name"),
        "school_class": page.text(child, "school_class"),
        "care": child.care_class if child.care_class == "重点关注" else "",
        "paired": paired,
        "marks": shown[:MARKS],
        "owed": [one for one in shown if one["open"]],
        "rest": len(shown) - MARKS if len(shown) > MARKS else 0,
        "open": any(one["open"] for one in marks),
        "ring": {"who": ring[0], "number": ring[1]} if ring else None,
        "url": url_for("child.detail", rid=child.id),
        "talk_url": url_for("talk.new", child=child.id),
        "visit_url": url_for("home-visit.new", child=child.id),
    }


def pressing(marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one mark per act, the gravest, those of the shortest period first.

    Several clauses ask for the same act in different measure; the card says it once.
    """
    worst: dict[str, dict[str, Any]] = {}
    for one in sorted(marks, key=_urgency):
        worst.setdefault(one["noun"], one)
    return list(worst.values())


def _urgency(one: dict[str, Any]) -> tuple[bool, bool, int]:
    return not one["open"], one["state"] == "done", ORDER[one["every"]]


def sum_up(pupils: list[dict[str, Any]]) -> tuple[str, str]:
    """Return what is owed in one sentence, and until when; the shortest period speaks first."""
    if not pupils:
        return "还没有与您结对的学生", ""
    found = [one for child in pupils for one in child["owed"]]
    for frequency in Frequency:
        chosen = [one for one in found if one["every"] is frequency]
        if chosen:
            counted = Counter(one["noun"] for one in chosen)
            told = "、".join(f"{n} 次{word}" for word, n in counted.most_common())
            last = min(one["last"] for one in chosen)
            return f"{RUNNING[frequency]}还差 {told}", f"截止 {last.month}月{last.day}日"
    return "该做的都做了", ""


def batch_url(children: list[int]) -> str:
    """Return the page that enters one talk with all of them, each its own row."""
    return url_for("rollcall.start", slug="talk") if len(children) > 1 else ""


def tabs(active: str) -> list[dict[str, Any]]:
    """Return the bar at the bottom of the phone."""
    return [
        {
            "title": "今日",
            "icon": "home",
            "url": url_for("boards.today"),
            "active": active == "today",
        },
        {"title": "我的学生", "icon": "child", "url": url_for("child.index_view")},
        {"title": "谈心", "icon": "talk", "url": url_for("talk.index_view")},
        {"title": "家访", "icon": "visit", "url": url_for("home-visit.index_view")},
    ]
