"""还没顾到谁: days since the last talk, visit and call of every child, longest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from flask import url_for
from peewee import fn

from admin.frame.paging import PER_PAGE, page_of, paging
from compliance.ordered.reading import day, day_text, tuples
from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.display import Page
from models.core.gates import rows
from models.core.labels import labels
from models.core.listing import ordering
from models.core.register import REGISTERS, Register, find, register_of
from models.core.rights import may
from models.core.spans import holds_on
from models.kept.children import Child
from models.kept.pairings import Pairing
from models.kept.staff import Staff

# What is looked at: register, word, further conditions on the record.
ACTS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("talk", "谈心", {}),
    ("home-visit", "家访", {"manner": "入户"}),
    ("family-call", "通话", {}),
)
NEVER = 10_000
# Whose acts the numbers here count, which the duties do not.
WHOM = "不论结没结对、由谁做的"
# Stands on the page, because the board and a teacher's day give another number of 谈心.
NOTE = f"在册的学生一名算一个，{WHOM}；“今日”和“职责进度”的还差按任务数，只认该做的人"


def active(actor: Actor) -> Any:
    """Return the query of the children the actor sees who have not left."""
    return rows(actor, register_of(Child)).where(holds_on(Child, actor.today))


def last_days(
    actor: Actor, slug: str, where: Mapping[str, str], children: Collection[int] | None = None
) -> dict[int, date]:
    """Return the day of the last act per child, or of some, up to the actor's date; one query."""
    register = REGISTERS[slug]
    model = register.model
    happened = getattr(model, register.happened)
    query = rows(actor, register).where(happened < actor.today + timedelta(days=1))
    for name, value in where.items():
        query = query.where(getattr(model, name) == value)
    if children is not None:
        query = query.where(model.child.in_(list(children)))
    found = tuples(query.select(model.child, fn.MAX(day_text(happened))).group_by(model.child))
    return {child: day(text) or date.min for child, text in found}


def count_missed(actor: Actor) -> int:
    """Return how many children nobody has talked to since Monday."""
    monday = actor.today - timedelta(days=actor.today.weekday())
    talk = find("talk")
    assert talk is not None
    model = talk.model
    talked = (
        rows(actor, talk)
        .select(model.child)
        .where(model.talked_at >= monday, model.talked_at < actor.today + timedelta(days=1))
    )
    return int(active(actor).where(Child.id.not_in(talked)).count())


def missed(actor: Actor, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the page: the children, longest without the act chosen first."""
    acts = [act for act in ACTS if may(actor, "read", REGISTERS[act[0]])]
    by = next((act for act in acts if act[0] == args.get("by")), acts[0])
    last = {slug: last_days(actor, slug, where) for slug, _, where in acts}
    order = ordering(actor, register_of(Child), "")
    ids = [child for (child,) in tuples(active(actor).select(Child.id).order_by(*order))]
    ids.sort(key=lambda child: last[by[0]].get(child, date.min))
    page, pages = page_of(args, len(ids))
    chosen = ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {
        "page_title": _title(actor, by, last[by[0]], ids),
        "page_note": NOTE,
        "acts": [{"slug": slug, "word": word} for slug, word, _ in acts],
        "tabs": [
            {
                "title": f"最久没{word}",
                "url": url_for("boards.missed", by=slug),
                "active": slug == by[0],
            }
            for slug, word, _ in acts
        ],
        "children": _children(actor, chosen, acts, last, by[0]),
        "paging": paging("boards.missed", page, pages, f"{len(ids)} 名学生", by=by[0]),
    }


def _title(
    actor: Actor, by: tuple[str, str, Mapping[str, str]], last: dict[int, date], ids: list[int]
) -> str:
    slug, word, _ = by
    if not ids:
        return "还没有登记留守儿童"
    monday = actor.today - timedelta(days=actor.today.weekday())
    since = {"talk": (monday, "本周"), "family-call": (monday, "本周")}.get(
        slug, (actor.today.replace(day=1), "本月")
    )
    open_ones = sum(1 for child in ids if last.get(child, date.min) < since[0])
    if not open_ones:
        return f"{since[1]}每名学生都有人{word}了"
    return f"还有 {open_ones} 名学生{since[1]}没有{word}"


def _children(
    actor: Actor,
    ids: list[int],
    acts: list[tuple[str, str, Mapping[str, str]]],
    last: dict[str, dict[int, date]],
    by: str,
) -> list[dict[str, Any]]:
    """Return the lines of one page: name, class, paired teachers, days since, the next step."""
    register = register_of(Child)
    by_id = {row.id: row for row in rows(actor, register).where(Child.id.in_(ids))}
    page = Page(actor, register, by_id.values(), "list")
    teachers = paired(actor, ids)
    return [
        {
            "name": page.text(by_id[child], "name"),
            "school_class": page.text(by_id[child], "school_class"),
            "url": url_for("child.detail", rid=child),
            "teachers": "、".join(name for _, name in teachers.get(child, [])),
            "since": [since(actor, last[slug].get(child)) for slug, _, _ in acts],
            "buttons": _buttons(
                actor, child, teachers.get(child, []), [act for act in acts if act[0] == by]
            ),
        }
        for child in ids
        if child in by_id
    ]


def since(actor: Actor, last: date | None) -> dict[str, Any]:
    """Return how long ago it was, and a tone; by then nobody has done it at all."""
    days = NEVER if last is None else (actor.today - last).days
    if days == NEVER:
        return {"tone": "unmet", "text": "还没有"}
    text = "今天" if days == 0 else f"{days} 天前"
    return {"tone": "met" if days < 7 else "partly" if days < 30 else "unmet", "text": text}


def since_last(actor: Actor, ids: Collection[int]) -> tuple[list[str], dict[int, list[Any]]]:
    """Return the words of the acts the actor reads, and per child how long ago each was."""
    acts = [act for act in ACTS if may(actor, "read", REGISTERS[act[0]])]
    last = [last_days(actor, slug, where, ids) for slug, _, where in acts]
    return [word for _, word, _ in acts], {
        child: [since(actor, days.get(child)) for days in last] for child in ids
    }


def paired(actor: Actor, ids: list[int]) -> dict[int, list[tuple[int, str]]]:
    """Return per child the teachers paired with it today, with their names; two queries."""
    query = rows(actor, register_of(Pairing)).where(
        Pairing.child.in_(ids),
        holds_on(Pairing, actor.today),
    )
    found = tuples(query.select(Pairing.child, Pairing.teacher).order_by(Pairing.since))
    register = register_of(Staff)
    names = labels(actor, {register: {teacher for _, teacher in found}})
    teachers: dict[int, list[tuple[int, str]]] = {}
    for child, teacher in found:
        teachers.setdefault(child, []).append((teacher, names.get((register.slug, teacher), "")))
    return teachers


def _buttons(
    actor: Actor,
    child: int,
    teachers: list[tuple[int, str]],
    acts: list[tuple[str, str, Mapping[str, str]]],
) -> list[dict[str, str]]:
    """Return links to the short forms with the child, and the teacher, filled in."""
    if actor.role == INSPECTOR:
        return []
    return [
        {"word": f"记{word}", "url": new_url(REGISTERS[slug], child, teachers)}
        for slug, word, _ in acts
        if may(actor, "create", REGISTERS[slug])
    ]


def new_url(register: Register, child: int, teachers: list[tuple[int, str]]) -> str:
    """Return the address of a form with the child filled in, and who is paired with it."""
    values: dict[str, Any] = {"child": child}
    if teachers and "teacher" in register.fields:
        values["teacher"] = teachers[0][0]
    return url_for(f"{register.slug}.new", **values)
