"""The teacher's day on the phone: own children with what is owed this week, month and semester."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from flask import url_for

from admin.boards.counsellor import counselling_day
from admin.boards.portraits import portraits
from admin.boards.today_marks import by_period
from admin.registers.short_forms import next_step
from compliance.ordered.periods import Frequency
from compliance.ordered.reading import tuples
from compliance.told.credited import credited
from compliance.told.inbox import kinds_of, waiting_for
from compliance.told.owing import (
    Mark,
    deadline_of,
    first_owed,
    marks_of,
    own_children,
    posts_of,
)
from compliance.told.progress import RUNNING
from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.database import within
from models.core.display import Page
from models.core.gates import rows
from models.core.register import REGISTERS, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.scopes import paired_children
from models.core.spans import holds_on
from models.kept.children import Child, Parent
from models.kept.pairings import Pairing

# Marks on a card; the child's page has the rest.
MARKS = 4
# More children than this are shown as short lines, so that the page stays light.
CARDS = 12
# So many of them stand on the home of the office; the others are a step away.
AT_HOME = 3
USUAL = (("talk", "记谈心", "talk"), ("home-visit", "记家访", "visit"))


def today(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the page: what is owed in one sentence, then child by child."""
    children = own_children(actor)
    ids = [child.id for child in children]
    mine, marks = paired_today(actor), marks_of(actor, semester, ids)
    owing = by_urgency(children, marks, mine)
    cards, others = owing[:CARDS], owing[CARDS:]
    settled = [one for one in children if not _owed(marks.get(one.id, []))]
    page = Page(actor, register_of(Child), children, "list")
    posts = posts_of(actor, semester)
    open_marks = [one for each in marks.values() for one in each if one.open]
    # What is owed the children speaks first, then what the person owes by a post.
    owed, by = sum_up(open_marks or posts, bool(children or posts))
    return {
        "page_title": owed,
        "owed": owed,
        "by": by,
        "light": True,
        # A teacher's day begins here; the office has a home to go back to.
        "back_url": "" if actor.role in TEACHING else url_for("home"),
        "counselling": counselling_day(actor),
        "posts": [_post(actor, post) for post in posts],
        "decisions": decisions(actor),
        "pupils": _cards(actor, cards, page, marks, mine),
        "others": _lines(actor, others, page, marks),
        "settled": _lines(actor, settled, page, marks),
        "batch_url": batch_url(actor, ids),
        "missed_url": url_for("boards.missed"),
        "credited": credited_lines(actor),
    }


def decisions(actor: Actor) -> dict[str, Any] | None:
    """Return what waits in the person's own account of the leadership, None for a leader's own."""
    found = waiting_for(actor) if actor.role in TEACHING else []
    if not found:
        return None
    return {
        "count": len(found),
        "kinds": kinds_of(found),
        "url": url_for("sessions.account", _anchor="hat"),
    }


def credited_lines(actor: Actor) -> list[dict[str, str]]:
    """Return what colleagues entered lately in the actor's name, as links (`credited.html`)."""
    return [
        {
            "title": f"{one.register.title} {one.happened:%m-%d}",
            "url": url_for(f"{one.register.slug}.detail", rid=one.record_id),
        }
        for one in credited(actor)
    ]


def by_urgency(
    children: list[Any], marks: dict[int, list[Mark]], mine: Collection[int]
) -> list[Any]:
    """Return the children owed something, soonest first, at one deadline the paired ones first."""
    owing = [child for child in children if _owed(marks.get(child.id, []))]
    # The sort keeps the order of the names.
    return sorted(owing, key=lambda one: (_deadline(marks[one.id]), one.id not in mine))


def paired_today(actor: Actor) -> dict[int, str]:
    """Return the children paired with the actor today, or with whom the actor stands in for.

    Each with what the card says of it: nothing of the own ones, 代理 of the others.
    """
    query = rows(actor, register_of(Pairing)).where(
        within(Pairing.child, paired_children(actor)),
        holds_on(Pairing, actor.today),
    )
    found: dict[int, str] = {}
    for child, teacher in tuples(query.select(Pairing.child, Pairing.teacher)):
        found[child] = "" if teacher == actor.staff_id else found.get(child, "代理")
    return found


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


def _cards(
    actor: Actor,
    children: list[Any],
    page: Page,
    marks: dict[int, list[Mark]],
    mine: dict[int, str],
) -> list[dict[str, Any]]:
    """Return the cards of the first children, each with its face and whom to ring."""
    ids = [child.id for child in children]
    phones, faces = phones_of(actor, ids), portraits(actor, ids)
    return [
        pupil(
            child,
            page,
            marks.get(child.id, []),
            phones.get(child.id),
            mine.get(child.id, "本班"),
            actor,
        )
        | {"photo": faces.get(child.id, "")}
        for child in children
    ]


def pupil(
    child: Any,
    page: Page,
    marks: list[Mark],
    phone: tuple[str, str] | None,
    tie: str,
    actor: Actor,
) -> dict[str, Any]:
    """Return one child's card; its first button is the act owed first."""
    ring = phone or (("家庭电话", child.family_phone) if child.family_phone else None)
    return {
        "name": page.text(child, "name"),
        "school_class": page.text(child, "school_class"),
        "care": child.care_class if child.care_class == "重点关注" else "",
        "tie": tie,
        "periods": by_period(marks[:MARKS]),
        "rest": max(0, len(marks) - MARKS),
        "ring": {"who": ring[0], "number": ring[1]} if ring else None,
        "url": url_for("child.detail", rid=child.id),
        "acts": _acts(child, first_owed(marks), actor),
    }


def _acts(child: Any, owed: Mark | None, actor: Actor) -> list[dict[str, Any]]:
    """Return the acts a card offers, what is owed first; an unusual one takes a row of its own."""
    step = next_step(actor, owed.duty, owed.verdict, actor.staff_id) if owed else None
    usual = [
        {"word": word, "icon": icon, "url": url_for(f"{slug}.new", child=child.id)}
        for slug, word, icon in USUAL
        if may(actor, "create", REGISTERS[slug])
    ]
    if step is None:
        return usual
    pages = [one["url"].partition("?")[0] for one in usual]
    page = step["url"].partition("?")[0]
    if page not in pages:
        return [step | {"icon": "plus", "wide": True}, *usual]
    place = pages.index(page)
    return [usual[place], *usual[:place], *usual[place + 1 :]]


def _lines(
    actor: Actor, children: list[Any], page: Page, marks: dict[int, list[Mark]]
) -> list[dict[str, Any]]:
    """Return the other children as short lines, those who owe the same under one heading."""
    alike: dict[tuple[Any, ...], list[Any]] = {}
    for child in children:
        owed = tuple(mark.same for mark in marks.get(child.id, []) if mark.open)[:MARKS]
        alike.setdefault(owed, []).append(child)
    return [
        {
            "periods": by_period(
                [mark for mark in marks.get(together[0].id, []) if mark.open][:MARKS],
                whole=len(together) > 1,
            ),
            "children": [
                {
                    "name": page.text(child, "name"),
                    "url": url_for("child.detail", rid=child.id),
                    "acts": _acts(child, None, actor),
                }
                for child in together
            ],
        }
        for together in alike.values()
    ]


def _deadline(marks: list[Mark]) -> Any:
    owed = first_owed(marks)
    assert owed is not None
    return deadline_of(owed)


def _owed(marks: list[Mark]) -> bool:
    return any(mark.open for mark in marks)


def sum_up(owed: list[Mark], has_children: bool) -> tuple[str, str]:
    """Return what is owed in one sentence, and until when.

    What is past its deadline speaks first, as the first card's button does, then the shortest
    period.
    """
    if not has_children:
        return "还没有与您结对的学生", ""
    owed = [mark for mark in owed if mark.overdue] or owed
    for frequency in Frequency:
        chosen = [mark for mark in owed if mark.every is frequency]
        if chosen:
            counted = Counter(mark.noun for mark in chosen)
            told = "、".join(f"{n} 次{word}" for word, n in counted.most_common())
            first = min(chosen, key=lambda one: one.period.due_until)
            last = first.period.due_until
            until = f"{last.month}月{last.day}日"
            by = f"期限 {until}已过，请补办" if first.overdue else f"截止 {until}"
            return f"{RUNNING[frequency]}还差 {told}", by
    return "该做的都做了", ""


def batch_url(actor: Actor, children: list[int]) -> str:
    """Return the page that enters one talk with all of them, each its own row."""
    offered = actor.role in TEACHING and len(children) > 1
    return url_for("rollcall.start", slug="talk") if offered else ""


def _post(actor: Actor, mark: Mark) -> dict[str, Any]:
    """Return what a post asks of the person as a line to act on."""
    step = next_step(actor, mark.duty, mark.verdict, actor.staff_id)
    here: dict[str, Any] = {"code": mark.duty.code, "period": mark.period.code}
    return {
        "state": mark.state.slug,
        "text": mark.duty.title,
        "note": RUNNING[mark.every],
        "url": url_for("boards.subject", subject=mark.verdict.subject, **here),
        "action_url": step["url"] if step else "",
        "action_word": step["word"] if step else "",
    }


def my_pupils(actor: Actor, semester: SemesterSpan) -> dict[str, Any] | None:
    """Return the card of a leader's or clerk's own children for the home, None without any.

    Who teaches beside the office gets the short forms there too; a post's own duties count.
    """
    if actor.staff_id is None:
        return None
    shown = today(actor, semester)
    listed = [one for group in shown["others"] + shown["settled"] for one in group["children"]]
    if not shown["pupils"] and not listed and not shown["posts"]:
        return None
    count = len(shown["pupils"]) + len(listed)
    return {
        "title": f"我的学生 {count} 名" if count else "领导小组成员的任务",
        "owed": shown["owed"],
        "by": shown["by"],
        "posts": shown["posts"],
        "pupils": shown["pupils"][:AT_HOME] or listed[:AT_HOME],
        "url": url_for("boards.today"),
    }
