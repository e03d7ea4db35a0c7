"""上报材料包 and 对外提供登记: what was handed over, to whom, by whose decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from peewee import CharField, DateTimeField, IntegerField, TextField

from models import service
from models.actor import Actor
from models.boxes import CLERK, INSPECTOR, LEADERSHIP, OFFICE, SYSTEM_ROLE, Box
from models.children import Child
from models.errors import Denied, Invalid, NotFound
from models.fields import Link, Secrecy, WordField, col
from models.gates import row
from models.register import Record, Register, register, register_of
from models.school import Semester
from models.staff import Staff

INSPECTION, FULL = "督查版", "完整版"
EDITIONS: dict[str, str] = {"inspection": INSPECTION, "full": FULL}
DISCLOSURE_KINDS = ("村组副本", "完整版迎检包", "上级调取", "其他")
ASKED, REFUSED, APPROVED, BUILT = "待批准", "未批准", "已批准", "已生成"


def released_to_inspectors(_actor: Actor, declared: Register) -> Any:
    """Scope: released inspection editions, the only ones an inspector sees."""
    bundle = declared.model
    return (bundle.edition == INSPECTION) & bundle.released_on.is_null(False)


def only_the_page_makes_bundles(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A bundle is built, not typed in."""
    if record.id is None and not actor.is_system:
        return [("", "资料包请在“上报材料”页面生成")]
    return []


@register(
    title="上报材料包",
    box=Box.SYSTEM,
    scope={INSPECTOR: released_to_inspectors},
    order="-id",
    label=("edition", "made_at"),
    rules=(only_the_page_makes_bundles,),
    locks=False,
    menu=False,
    purpose="每一次生成的上报材料包：学期、版别、校验值、发布给督查的日期",
)
class Bundle(Record):
    semester = col(Link(Semester), "学期", readonly=True, list=1)
    edition = col(WordField(tuple(EDITIONS.values())), "版别", readonly=True, list=2, filter=True)
    state = col(
        WordField((ASKED, REFUSED, APPROVED, BUILT)), "状态", readonly=True, list=3, filter=True
    )
    made_at = col(DateTimeField(null=True), "资料截至", readonly=True, list=4)
    made_by = col(CharField(max_length=40, null=True), "制作人", readonly=True, list=5)
    built_at = col(DateTimeField(null=True), "生成时间", readonly=True)
    documents = col(IntegerField(null=True), "文书数", readonly=True, list=6)
    photos = col(IntegerField(null=True), "照片数", readonly=True, list=7)
    missing = col(IntegerField(null=True), "尚缺项数", readonly=True, list=8)
    size = col(IntegerField(null=True), "大小", readonly=True, unit="字节")
    sha256 = col(CharField(max_length=64, null=True), "校验值", readonly=True)
    head = col(CharField(max_length=64, null=True), "审计链头", readonly=True)
    path = col(CharField(max_length=120, null=True), "文件", readonly=True, secret=Secrecy.INTERNAL)
    released_on = col(DateTimeField(null=True), "发布时间", readonly=True, list=9)
    released_by = col(CharField(max_length=40, null=True), "发布人", readonly=True)
    reason = col(TextField(null=True), "申请理由", readonly=True, secret=Secrecy.PRIVATE)
    recipient = col(CharField(max_length=60, null=True), "提供给谁", readonly=True)
    asked_by = col(CharField(max_length=40, null=True), "申请人", readonly=True)
    decided_by = col(CharField(max_length=40, null=True), "批准人", readonly=True)
    decided_at = col(DateTimeField(null=True), "批准时间", readonly=True)


@register(
    title="对外提供登记",
    box=Box.SYSTEM,
    order="-given_at",
    label=("what", "recipient"),
    hidden_from=(INSPECTOR,),
    happened="given_at",
    locks=False,
    purpose="含个人信息的资料提供给了谁、为什么、谁批准的",
)
class Disclosure(Record):
    kind = col(WordField(DISCLOSURE_KINDS, default="其他"), "类别", list=2, short=1, filter=True)
    child = col(
        Link(Child, null=True),
        "学生",
        list=3,
        short=2,
        wanted=True,
        filter=True,
        wanted_if="kind=村组副本",
    )
    what = col(CharField(max_length=120), "提供的内容", list=4, short=3, search=True)
    recipient = col(CharField(max_length=60), "提供给谁", list=5, short=4, search=True)
    reason = col(TextField(), "理由", list=6, short=5, search=True)
    given_at = col(DateTimeField(), "时间", list=1, short=6, filter=True)
    staff = col(Link(Staff, null=True), "经办人", wanted=True, filter=True)
    approved_by = col(CharField(max_length=40), "批准人", list=7, short=7)
    bundle = col(Link(Bundle, null=True), "资料包", readonly=True)


def bundle_register() -> Register:
    """Return the register of bundles."""
    return register_of(Bundle)


def _in_the_name_of(actor: Actor) -> Actor:
    """Return the product acting for a person whose right was checked; the audit names them."""
    return replace(actor, role=SYSTEM_ROLE)


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
    return service.create(_in_the_name_of(actor), bundle_register(), given)


def record_full_built(actor: Actor, bundle_id: int, facts: Mapping[str, Any]) -> Any:
    """Complete an approved full edition once its file is made, and return it."""
    demand_office(actor)
    return _change(actor, fetch(actor, bundle_id), {"state": BUILT, **facts})


def ask_full(actor: Actor, semester: Any, reason: str, recipient: str) -> Any:
    """Ask the leadership for a full edition; Invalid without reason or recipient."""
    demand_office(actor)
    errors = {
        name: f"请写明{label}"
        for name, label, text in (("reason", "理由", reason), ("recipient", "提供给谁", recipient))
        if not text.strip()
    }
    if errors:
        raise Invalid(errors)
    given = {
        "semester": semester.id,
        "edition": FULL,
        "state": ASKED,
        "reason": reason,
        "recipient": recipient,
        "asked_by": actor.name,
    }
    return service.create(_in_the_name_of(actor), bundle_register(), given)


def decide_full(actor: Actor, bundle_id: Any, *, approve: bool) -> Any:
    """Approve or refuse a full edition and return it; approving writes the disclosure entry.

    Only the leadership decides, and nobody decides on the own request.
    """
    if actor.role != LEADERSHIP:
        raise Denied("完整版要由领导小组成员批准")
    found = fetch(actor, bundle_id)
    if found.state != ASKED:
        raise Invalid({"": "这份申请已经处理过了"})
    if found.entered_by == actor.user_id:
        raise Denied("自己提出的申请要由另一位领导小组成员批准")
    decision = {
        "state": APPROVED if approve else REFUSED,
        "decided_by": actor.name,
        "decided_at": actor.now,
    }
    acting = _in_the_name_of(actor)
    with service.work(acting) as current:
        changed = service.update(
            acting, bundle_register(), found.id, decision, found.version, current=current
        )
        if approve:
            entry = _disclosure_of(changed, actor)
            service.create(acting, register_of(Disclosure), entry, current=current)
    return changed


def _disclosure_of(bundle: Any, actor: Actor) -> dict[str, Any]:
    return {
        "what": f"上报材料包（{bundle.edition}）",
        "recipient": bundle.recipient,
        "reason": bundle.reason,
        "given_at": actor.now,
        "approved_by": actor.name,
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
    return service.update(
        _in_the_name_of(actor), bundle_register(), found.id, values, found.version
    )
