"""What the pages of incidents show: the clock, whom to ring, what was told, which are open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from compliance.told.incidents import Step, notices_of, steps
from models.core import audit, calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, OFFICE
from models.core.display import Page
from models.core.fields import WordField
from models.core.gates import SHOW, every_row, row, rows, treatment
from models.core.labels import labels
from models.core.register import register_of
from models.core.rights import may
from models.core.spans import holds_on
from models.core.values import mask_phone
from models.kept.children import Child, Guardian, Parent
from models.kept.incidents import LIMIT_DUTIES, Incident, IncidentPerson, Notification, clock_start
from models.kept.leadership import LeadershipMember
from models.kept.left_behind import classes_on
from models.kept.staff import ClassTeacher, Staff

INCIDENTS, NOTICES = register_of(Incident), register_of(Notification)
# Numbers everybody in the country knows.
EMERGENCY = (("急救", "120"), ("报警", "110"), ("火警", "119"))
# What a notice is typed in with; the rest the page knows.
ASKED = ("recipient_kind", "recipient", "notified_at", "manner", "reached", "content", "staff")


def list_page(actor: Actor) -> dict[str, Any]:
    """Return the incidents within the actor's rows, open ones first, each with its clock."""
    query = rows(actor, INCIDENTS).order_by(Incident.occurred_at.desc(), Incident.id.desc())
    found = list(query.limit(200))
    told = notices_of(found)
    shown = Page(actor, INCIDENTS, found, "list")
    lines = [_list_line(shown, one, told.get(one.id, []), actor.now) for one in found]
    open_ = [line for line in lines if line["open"]]
    return {
        "page_title": f"{len(open_)} 件突发事件还没有办结" if open_ else "没有未办结的突发事件",
        "open": open_,
        "closed": [line for line in lines if not line["open"]],
        "add_url": url_for("incident.new") if may(actor, "create", INCIDENTS) else "",
    }


def _list_line(shown: Page, one: Any, notices: list[Any], now: datetime) -> dict[str, Any]:
    marks = [
        {"state": step.state.slug, "text": step.recipient} for step in steps(one, notices, now)
    ]
    return {
        "title": f"{shown.text(one, 'kind')} {shown.text(one, 'occurred_at')}",
        "place": shown.text(one, "place"),
        "url": url_for("incident.detail", rid=one.id),
        "marks": marks,
        "open": one.closed_on is None,
    }


def clock(
    actor: Actor,
    incident: Any,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the clock of one incident, and while it is open whom to ring and the short form."""
    notices = notices_of([incident]).get(incident.id, [])
    counted = steps(incident, notices, actor.now)
    open_ = incident.closed_on is None
    return {
        "now": actor.now.isoformat(),
        "url": url_for("incident.detail", rid=incident.id),
        "started": f"{clock_start(incident):%Y-%m-%d %H:%M:%S}",
        "from_discovery": clock_start(incident) != incident.occurred_at,
        "steps": [_step(step, actor.now, _number_url(actor, step)) for step in counted],
        "call_groups": call_list(actor, incident) if open_ and actor.role != INSPECTOR else [],
        "may_notify": open_ and bool(may(actor, "create", NOTICES)),
        "form": _form(actor, counted, typed or {}),
        "errors": errors or {},
        "notify_url": url_for("incidents.add_notice", incident_id=incident.id),
    }


def _number_url(actor: Actor, step: Step) -> str:
    """Return where the office sets the minutes of a step; "" for others."""
    code = next(code for code, whom in LIMIT_DUTIES.items() if whom == step.recipient)
    return url_for("regulations.numbers", code=code) if actor.role in OFFICE else ""


def _step(step: Step, now: datetime, number_url: str) -> dict[str, Any]:
    taken = step.seconds_taken
    left = step.seconds_left(now)
    if taken is not None and step.told_at is not None:
        late = taken - step.minutes * 60
        told = f"{step.told_at:%H:%M:%S} 通报，用时 {span(taken)}"
        told += f"，迟了 {span(late)}" if late > 0 else "，按时"
    else:
        told = f"还剩 {span(left)}" if left >= 0 else f"已超 {span(-left)}"
    return {
        "recipient": step.recipient,
        "minutes": step.minutes,
        "number_url": number_url,
        "deadline": step.deadline.isoformat(),
        "until": f"{step.deadline:%H:%M:%S}",
        "state": step.state.slug,
        "runs": taken is None,
        "over": left < 0 and taken is None,
        "told": told,
    }


def span(seconds: int) -> str:
    """Return a span of time as people say it, to the second."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "天"), (hours, "小时"), (minutes, "分"), (left, "秒"))
    begun = next((i for i, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return "".join(f"{number}{unit}" for number, unit in parts[begun:])


def _form(actor: Actor, counted: Iterable[Step], typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the short form: the next recipient still to be told, and this moment."""
    waiting = [step.recipient for step in counted if step.told_at is None]
    kinds: WordField = NOTICES.spec("recipient_kind").field
    manners: WordField = NOTICES.spec("manner").field
    values = {
        "recipient_kind": waiting[0] if waiting else kinds.words[-1],
        "notified_at": f"{actor.now:%Y-%m-%dT%H:%M:%S}",
        "manner": manners.words[0],
        "reached": "1",
    }
    names = labels(actor, {register_of(Staff): {actor.staff_id}}) if actor.staff_id else {}
    return {
        "values": {**values, **typed} if not typed else {"reached": "", **typed},
        "kinds": kinds.words,
        "manners": manners.words,
        "staff_id": actor.staff_id or "",
        "staff_name": names.get(("staff", actor.staff_id or 0), ""),
        "staff_url": url_for("staff.pick", **{"for": f"{NOTICES.slug}.staff"}),  # type: ignore[arg-type]
    }


# ---- whom to ring -------------------------------------------------------------------------------


def call_list(actor: Actor, incident: Any) -> list[dict[str, Any]]:
    """Return the numbers to ring: families of the children involved, the school, the authorities.

    Whoever may read an open incident gets the families' numbers plainly, whether or not the
    children are the actor's own, and each look is logged; colleagues' numbers stay as they are
    elsewhere.
    """
    people = every_row(register_of(IncidentPerson)).select(IncidentPerson.child)
    query = people.where(
        IncidentPerson.incident == incident.id, IncidentPerson.child.is_null(False)
    )
    children = sorted({child for (child,) in query.tuples()})
    groups = [_family(actor, child) for child in children]
    return [*groups, _school(actor), _authorities()]


def _family(actor: Actor, child: int) -> dict[str, Any]:
    audit.log_access(actor, "view", "child", child, "突发事件联系电话")
    placed = classes_on([child], actor.today).get(child)
    name = labels(actor, {register_of(Child): {child}}).get(("child", child), "")
    guardians = every_row(register_of(Guardian)).where(
        Guardian.child == child,
        holds_on(Guardian, actor.today),
    )
    parents = every_row(register_of(Parent)).where(Parent.child == child)
    links = [
        _contact(f"监护人 · {guardian.relation}", guardian.name, guardian.phone)
        for guardian in guardians.order_by(Guardian.rank, Guardian.id)
    ] or [{"role": "监护人", "missing": True}]
    links += [
        _contact(parent.relation, parent.name, parent.phone)
        for parent in parents.order_by(Parent.id)
    ]
    links += _class_teacher(actor, placed[0]) if placed else []
    return {"title": f"{name} {placed[1] if placed else ''}".strip(), "links": links}


def _contact(role: str, name: str, phone: str | None) -> dict[str, Any]:
    if not phone:
        return {"role": role, "name": f"{name}没有登记电话", "missing": True}
    return {"role": role, "name": name, "number": phone, "tel": phone}


def _class_teacher(actor: Actor, school_class: int) -> list[dict[str, Any]]:
    led = every_row(register_of(ClassTeacher)).where(
        ClassTeacher.school_class == school_class,
        holds_on(ClassTeacher, actor.today),
    )
    return [_staff(actor, "班主任", one.staff_id) for one in led]


def _staff(actor: Actor, role: str, staff: int) -> dict[str, Any]:
    """Return a colleague's number as the actor reads it anywhere: teachers see it masked."""
    register = register_of(Staff)
    found = every_row(register).where(Staff.id == staff).first()
    if found is None:
        return {"role": role, "missing": True}
    if treatment(actor, register, register.spec("phone")) == SHOW or not found.phone:
        return _contact(role, found.name, found.phone)
    return {"role": role, "name": found.name, "number": mask_phone(found.phone), "masked": True}


def _school(actor: Actor) -> dict[str, Any]:
    """The leadership group's head and the safety office, whom the regulation names first."""
    members = every_row(register_of(LeadershipMember)).where(
        holds_on(LeadershipMember, actor.today),
        (LeadershipMember.position == "组长") | (LeadershipMember.office == "安全办"),
    )
    links = [_staff(actor, member.office or member.position, member.staff_id) for member in members]
    return {"title": "学校", "links": links or [{"role": "领导小组组长", "missing": True}]}


def _authorities() -> dict[str, Any]:
    school = calendar.school()
    known = (
        ("教育局", getattr(school, "bureau_phone", "")),
        ("政府", getattr(school, "government_phone", "")),
        ("派出所", getattr(school, "police_phone", "")),
    )
    links: list[dict[str, Any]] = [
        _contact(role, "值班电话", phone)
        if phone
        else {"role": role, "name": "请在学校设置里登记", "missing": True}
        for role, phone in known
    ]
    links += [_contact(role, "全国统一", number) for role, number in EMERGENCY]
    return {"title": "上级和救援", "links": links}


def fetch(actor: Actor, incident_id: Any) -> Any | None:
    """Return an incident within the actor's rows, or None."""
    return row(actor, INCIDENTS, incident_id)
