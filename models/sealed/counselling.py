"""心理咨询记录 and 心理档案: the sealed registers (S14, Q13, H07, Q19).

Only number, date, counsellor and the dates of finishing and sealing are columns; everything else,
the child included, lies in the encrypted payload. A counsellor sees own sessions; handing one over
hands the sight of it over too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.core import audit, sealing, service
from models.core.actor import Actor
from models.core.boxes import COUNSELLOR, LEADERSHIP
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import directory, row, rows
from models.core.register import Register, register_of
from models.core.values import whole
from models.kept.counselling import FILES, SESSIONS, Counselling
from models.kept.staff import Staff
from models.kept.users import User
from models.sealed.messages import people, tell
from models.sealed.requests import DISCLOSURE, granted, spend

CRISIS = "危机"


def save_session(
    actor: Actor, raw: Mapping[str, Any], *, record_id: int | None = None, version: int = 0
) -> Any:
    """Save a session and alert the leadership when its risk has become 危机.

    The alert holds case code, date and counsellor, no content. Raises what `service` raises.
    """
    with service.work(actor) as current:
        if record_id is None:
            before = None
            record = service.create(actor, SESSIONS, raw, current=current)
        else:
            before = opened(actor, SESSIONS, record_id).risk
            record = service.update(actor, SESSIONS, record_id, raw, version, current=current)
        if record.risk == CRISIS and before != CRISIS:
            _alert(actor, record)
    return record


def _alert(actor: Actor, record: Any) -> None:
    told = (
        f"危机预警：个案 {record.case_code}，{record.held_on}，咨询师 {actor.name}。"
        "请立即与咨询师联系；内容仍然密封。"
    )
    tell(people(LEADERSHIP, actor.now), "crisis", told, actor.now)


def opened(
    actor: Actor, declared: Register, record_id: Any, *, deleted: bool | None = False
) -> Any:
    """Return one record within the actor's rows, opened; Shut without key, WrongKey if it fails."""
    if actor.sealed_key is None:
        raise sealing.Shut
    record = row(actor, declared, record_id, deleted=deleted)
    if record is None:
        raise NotFound
    if sealing.unseal(actor, declared, [record]):
        raise sealing.WrongKey("这一件打不开：它用的是别的密钥，或者数据已经损坏")
    return record


def of_child(actor: Actor, declared: Register, child_id: int) -> list[Any]:
    """Return the actor's opened records of one child, found by the keyed hash, newest first."""
    if actor.sealed_key is None:
        raise sealing.Shut
    model = declared.model
    wanted = sealing.child_hash(actor.sealed_key, declared, child_id)
    query = rows(actor, declared).where(model.child_hash == wanted)
    records = list(query.order_by(getattr(model, declared.happened).desc(), model.id.desc()))
    sealing.unseal(actor, declared, records)
    return records


def of_case(actor: Actor, code: str) -> list[Any]:
    """Return the actor's opened sessions of one case, oldest first; those that fail left out."""
    if actor.sealed_key is None:
        raise sealing.Shut
    query = rows(actor, SESSIONS).where(Counselling.case_code == code)
    records = list(query.order_by(Counselling.held_on, Counselling.id))
    failed = sealing.unseal(actor, SESSIONS, records)
    return [record for record in records if record not in failed]


def hand_over(actor: Actor, record_id: int, to_staff: Any, reason: str, version: int) -> Any:
    """Hand a session over to another counsellor, who sees it from now on; the actor no more."""
    others = {person.staff_id: person for person in people(COUNSELLOR, actor.now)}
    chosen = whole(to_staff) or 0
    if chosen not in others:
        raise Invalid({"handed_over_to": "请选择一位有心理辅导教师身份的同事"})
    raw = {"handed_over_to": chosen, "handover_reason": reason, "counsellor": chosen}
    with service.work(actor) as current:
        record = service.update(actor, SESSIONS, record_id, raw, version, current=current)
        told = f"{actor.name}把个案 {record.case_code}（{record.held_on}）移交给您"
        tell([others[chosen]], "handover", told, actor.now)
    return record


def disclose(actor: Actor, record_id: int, reason: str, version: int) -> Any:
    """Record that confidentiality was broken, with the approval that was given for it."""
    request = granted(actor, DISCLOSURE, record_id)
    if request is None:
        raise Denied("突破保密要先申请，由领导小组成员批准")
    if not request.decided_staff_id:
        raise Denied("批准人的账号没有对应教职工，请文员补上后再办")
    raw = {
        "disclosed_on": actor.today,
        "disclosure_reason": reason,
        "disclosure_approved_by": request.decided_staff_id,
    }
    with service.work(actor) as current:
        record = service.update(actor, SESSIONS, record_id, raw, version, current=current)
        spend(current, request)
        told = f"个案 {record.case_code}（{record.held_on}）已由{actor.name}突破保密"
        told += f"，{request.decider}批准"
        tell(people(COUNSELLOR, actor.now), "disclosure", told, actor.now)
        tell(people(LEADERSHIP, actor.now), "disclosure", told, actor.now)
    return record


def seal_envelope(actor: Actor, record_id: int, day: Any, keeper: Any, version: int) -> Any:
    """Record that the sealed envelope was handed to the keeper of the home (Q13-4)."""
    raw = {"sealed_on": day, "received_by": keeper}
    return service.update(actor, SESSIONS, record_id, raw, version)


@dataclass(frozen=True)
class IndexLine:
    """What the office sees of a session: number and date."""

    case_code: str
    held_on: date


def index(actor: Actor, first: date, last: date) -> list[IndexLine]:
    """Return the counselling index of a span, oldest first: numbers and dates only."""
    query = rows(actor, SESSIONS).select(Counselling.case_code, Counselling.held_on)
    inside = query.where(Counselling.held_on >= first, Counselling.held_on <= last)
    return [
        IndexLine(code, day)
        for code, day in inside.order_by(Counselling.held_on, Counselling.id).tuples()
    ]


def known_keepers() -> list[tuple[int, str]]:
    """Return (staff id, name) of the colleagues an envelope can be handed to."""
    query = directory(register_of(Staff), Staff.id, Staff.name)
    return list(query.where(Staff.deleted_at.is_null(True)).order_by(Staff.pinyin_key).tuples())


def take_over(current: service.Work, case_code: str, user_id: int) -> int:
    """Make a case's sessions those of another counsellor, as an approval decided; return how many.

    The content is not opened for it.
    """
    user = rows(current.actor, register_of(User)).where(User.id == user_id).first()
    if user is None or not user.staff_id:
        raise Invalid({"": "申请人的账号没有对应教职工，请文员补上后再批准"})
    changed = 0
    for declared in (SESSIONS, FILES):
        model = declared.model
        for record in list(rows(current.actor, declared).where(model.case_code == case_code)):
            raw = {"counsellor": user.staff_id}
            service.update(current.actor, declared, record.id, raw, record.version, current=current)
            changed += 1
    return changed


def history_of(declared: Register, record_id: int) -> list[tuple[Any, str]]:
    """Return (entry, what happened in words without content) of one record, newest first."""
    words = {"create": "登记", "update": "修改", "delete": "删除", "restore": "恢复"}
    found = []
    for entry in audit.entries_of(declared.slug, record_id):
        said = words.get(entry.action, entry.action)
        sealed = '"sealed"' in (entry.payload or "")
        found.append((entry, f"{said}，内容已改" if sealed and entry.action == "update" else said))
    return found
