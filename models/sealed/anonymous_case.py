"""The anonymised case: a counsellor's sessions of one case, as a text without the people in it."""

from __future__ import annotations

from typing import Any

from models.core import calendar
from models.core.actor import Actor
from models.core.converters import show
from models.core.errors import NotFound
from models.core.gates import directory, every_row
from models.core.register import find, register_of
from models.kept.children import Child
from models.kept.counselling import BY_STEPS, SESSIONS
from models.kept.staff import Staff
from models.sealed.anonymous import Hidden, anonymise
from models.sealed.counselling import of_case

CLIENT, FAMILY, PUPIL, COLLEAGUE = "来访者", "家人", "某同学", "某老师"
# Neither code nor date nor names are told, and nothing about the sealing.
_TOLD = tuple(
    name
    for name, spec in SESSIONS.fields.items()
    if spec.secret.value == "sealed" and spec.target is None and name not in BY_STEPS
)


def anonymous_case(actor: Actor, case_code: str) -> Hidden:
    """Return the case's sessions as anonymised text; NotFound when none opens.

    Dates become days since the first session, the child's age a span of three years.
    """
    sessions = of_case(actor, case_code)
    if not sessions:
        raise NotFound("没有找到这个个案的记录，或者内容打不开")
    return hide(actor, sessions, _written(sessions))


def hide(actor: Actor, sessions: list[Any], text: str) -> Hidden:
    """Return a text with everybody around the sessions' children, and all of the school, hidden."""
    children = sorted({session.child for session in sessions if session.child})
    people = _people(children)
    places, schools = _places(children)
    return anonymise(text, people, places, schools)


def again(actor: Actor, case_code: str, text: str) -> Hidden:
    """Hide once more in a text the counsellor has edited, before it is handed out."""
    return hide(actor, of_case(actor, case_code), text)


def _written(sessions: list[Any]) -> str:
    first = sessions[0].held_on
    child = _child(sessions[0].child)
    lines = ["匿名案例", f"来访者：{_about(child, first)}", ""]
    for number, session in enumerate(sessions, start=1):
        days = (session.held_on - first).days
        lines.append(f"第{number}次（首次之后 {days} 天）" if days else f"第{number}次")
        for name in _TOLD:
            spec = SESSIONS.spec(name)
            text = show(spec.field, session.__data__.get(name))
            if text and name not in ("starts_at", "ends_at", "session_number"):
                lines.append(f"{spec.label}：{text}")
        lines.append("")
    return "\n".join(lines)


def _child(child_id: int | None) -> Any | None:
    return every_row(register_of(Child)).where(Child.id == child_id).first() if child_id else None


def _about(child: Any | None, day: Any) -> str:
    if child is None or child.born_on is None:
        return "学生"
    age = (day - child.born_on).days // 365
    low = age - age % 3
    return f"{child.sex or ''}生，{low} 至 {low + 2} 岁"


def _people(children: list[int]) -> dict[str, str]:
    """Return every known name with the word that stands for it; who is nearest comes first."""
    model = register_of(Child).model
    named = dict(directory(register_of(Child), model.id, model.name).tuples())
    people = {named[child]: CLIENT for child in children if child in named}
    for slug in ("parent", "guardian"):
        declared = find(slug)
        if declared is None:
            continue
        family = declared.model
        query = every_row(declared).select(family.name).where(family.child.in_(children))
        people.update({name: FAMILY for (name,) in query.tuples() if name and name not in people})
    for name in named.values():
        people.setdefault(name, PUPIL)
    for (name,) in directory(register_of(Staff), Staff.name).tuples():
        people.setdefault(name, COLLEAGUE)
    return people


def _places(children: list[int]) -> tuple[list[str], list[str]]:
    found: list[str] = []
    for record in every_row(register_of(Child)).where(Child.id.in_(children)):
        values = (getattr(record, name, None) for name in ("address", "home_address"))
        found += [value for value in values if value]
    school = calendar.school()
    if school is None:
        return found, []
    found += [school.address] if school.address else []
    return found, [name for name in (school.name, school.adopted) if name]
