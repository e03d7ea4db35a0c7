"""上报材料包 and 对外提供登记: what was handed over, to whom, by whose decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from models.core import service
from models.core.actor import Actor
from models.core.boxes import CLERK, LEADERSHIP, OFFICE
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import row
from models.core.register import Register, register_of
from models.kept.bundles import (
    APPROVED,
    ASKED,
    BUILT,
    DISCLOSED_AS,
    EDITIONS,
    FULL,
    INSPECTION,
    OTHER_KIND,
    OTHER_PURPOSE,
    PURPOSES,
    REFUSED,
    Bundle,
    Disclosure,
    purpose_told,
)
from models.sealed import leaders
from models.sealed.messages import tell_counsellors

# A reason written out stands on one line of the cover of every book.
LONGEST_REASON = 40


def bundle_register() -> Register:
    """Return the register of bundles."""
    return register_of(Bundle)


def demand_office(actor: Actor) -> None:
    """Raise Denied unless the actor builds and releases bundles."""
    if actor.role not in OFFICE and not actor.is_system:
        raise Denied("上报材料由文员和领导小组办理，需要时请联系文员")


def fetch(actor: Actor, bundle_id: Any) -> Any:
    """Return a bundle within the actor's rows; NotFound otherwise."""
    found = row(actor, bundle_register(), bundle_id)
    if found is None:
        raise NotFound("没有找到这份资料包，可能已收回")
    return found


def record_built(actor: Actor, semester: Any, edition: str, facts: Mapping[str, Any]) -> Any:
    """Note a finished inspection bundle and return its record."""
    demand_office(actor)
    given = {"semester": semester.id, "edition": EDITIONS[edition], "state": BUILT, **facts}
    return service.create(actor.as_product, bundle_register(), given)


def record_full_built(actor: Actor, bundle_id: int, facts: Mapping[str, Any]) -> Any:
    """Complete an approved full edition once its file is made, and return it."""
    demand_office(actor)
    return _change(actor, fetch(actor, bundle_id), {"state": BUILT, **facts})


def ask_full(
    actor: Actor,
    semester: Any,
    purpose: str,
    recipient: str,
    paper: leaders.Paper | None = None,
    *,
    reason: str = "",
    chosen: Mapping[str, Any] | None = None,
) -> Any:
    """Ask the leadership for a full edition; Invalid without purpose or recipient.

    `purpose` is one of PURPOSES; 其他 is written out in `reason`, which may add to any other.
    `chosen` are further columns of the bundle. The only leader of a school brings the `paper`
    somebody outside it signed.
    """
    demand_office(actor)
    recipient, reason = recipient.strip(), reason.strip()
    if errors := dict(_wrong_with(purpose, recipient, reason)):
        raise Invalid(errors)
    given = {
        "semester": semester.id,
        "edition": FULL,
        "state": ASKED,
        "purpose": purpose,
        "reason": reason or None,
        "recipient": recipient,
        "asked_by": actor.name,
        "asked_staff": actor.staff_id,
        **(chosen or {}),
    }
    paper = leaders.paper_of(actor, paper)
    if paper is not None:
        given |= {"alone": True, **asdict(paper)}
    made = service.create(actor.as_product, bundle_register(), given)
    if paper is not None:
        waits = f"校外批准人：{made.outside}；{asked_of(made).ready_at:%m-%d %H:%M} 起才能办理"
        told = f"{actor.name}申请：完整版资料包（{leaders.ALONE}），提供给{recipient}，{waits}"
        tell_counsellors(told, actor.now, "request")
    return made


def _wrong_with(purpose: str, recipient: str, reason: str) -> Iterator[tuple[str, str]]:
    if purpose not in PURPOSES:
        yield "purpose", "请从列出的用途里选一项"
    elif purpose == OTHER_PURPOSE and not reason:
        yield "reason", "用途选“其他”的，请写明作什么用"
    if len(reason) > LONGEST_REASON:
        yield "reason", f"不超过 {LONGEST_REASON} 字，现在是 {len(reason)} 字"
    if not recipient:
        yield "recipient", "请写明提供给谁"


def asked_of(bundle: Any) -> leaders.Asked:
    """Return who asked for a full edition, and when."""
    return leaders.Asked(bundle.entered_by, bundle.asked_staff, bundle.entered_at, bundle.alone)


def decider_of(bundle: Any) -> str:
    """Return who approved a full edition, as it stands on its pages and in the disclosure log."""
    return leaders.decider(bundle.decided_by, alone=bundle.alone)


def decide_full(actor: Actor, bundle_id: Any, *, approve: bool) -> Any:
    """Approve or refuse a full edition and return it; approving writes the disclosure entry.

    Only the leadership decides, and nobody decides on the own request
    (`models.sealed.leaders.demand_second`).
    """
    if actor.role != LEADERSHIP:
        raise Denied("完整版要由领导小组成员批准")
    leaders.demand(actor)
    found = fetch(actor, bundle_id)
    if found.state != ASKED:
        raise Invalid({"": "这份申请已经处理过了"})
    leaders.demand_second(actor, asked_of(found))
    decision = {
        "state": APPROVED if approve else REFUSED,
        "decided_by": actor.name,
        "decided_at": actor.now,
    }
    acting = actor.as_product
    with service.work(acting) as current:
        changed = service.update(
            acting, bundle_register(), found.id, decision, found.version, current=current
        )
        if approve:
            entry = _disclosure_of(changed, actor)
            service.create(acting, register_of(Disclosure), entry, current=current)
    if found.alone:
        word = "批准了" if approve else "没有批准"
        told = f"{actor.name}{word}：完整版资料包（{leaders.ALONE}），提供给{found.recipient}"
        tell_counsellors(told, actor.now)
    return changed


def _disclosure_of(bundle: Any, actor: Actor) -> dict[str, Any]:
    return {
        "kind": DISCLOSED_AS.get(bundle.purpose, OTHER_KIND),
        "what": f"上报材料包（{bundle.edition}）",
        "recipient": bundle.recipient,
        "purpose": bundle.purpose,
        "reason": bundle.reason or purpose_told(bundle),
        "given_at": actor.now,
        "approved_by": decider_of(bundle),
        "outside": bundle.outside,
        "bundle": bundle.id,
    }


def release(actor: Actor, bundle_id: Any, *, released: bool = True) -> Any:
    """Hand a finished inspection edition to the inspectors, or take it back; return it."""
    if actor.role not in (CLERK, LEADERSHIP):
        raise Denied("资料包由文员或领导小组发布")
    found = fetch(actor, bundle_id)
    if found.edition != INSPECTION:
        raise Denied("完整版含未遮蔽的个人信息，不能发布给督查")
    if found.state != BUILT:
        raise Invalid({"": "资料包还没有生成好，不能发布"})
    when = actor.now if released else None
    return _change(
        actor, found, {"released_on": when, "released_by": actor.name if released else None}
    )


def _change(actor: Actor, found: Any, values: Mapping[str, Any]) -> Any:
    return service.update(actor.as_product, bundle_register(), found.id, values, found.version)
