"""协议与责任书: what is signed, with whom, until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from peewee import CharField, DateField

from models.boxes import TEACHER, Box
from models.children import Child, Guardian
from models.fields import NAME, Link, PersonNameField, PhoneField, WordField, col
from models.gates import every_row
from models.register import Record, register, register_of
from models.rules import needed, not_before, one_of
from models.scopes import own_children_or_own_acts
from models.staff import Staff

CONSENT_PURPOSES = ("照片存档", "对外宣传", "志愿者帮扶", "村级留存")
AGREEMENT_KINDS = ("托管协议", "安全责任书", "知情同意书")


whom = one_of(("child", "staff"), "请选择学生或教职工")
child_named = needed("child", "这种协议要选择学生", kind=("托管协议", "知情同意书"))
valid_span = not_before("valid_until", "signed_on", "有效期不能早于签订日期")


@register(
    title="协议与责任书",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-signed_on",
    happened="signed_on",
    label=("kind", "signed_on"),
    match=("kind", "child", "staff", "signed_on"),
    rules=(whom, child_named, valid_span),
    many="child",
    evidence={"scan": "扫描件"},
    wants={"scan": ""},
    purpose="托管协议、安全责任书、知情同意书，到期前会提醒",
)
class Agreement(Record):
    kind = col(WordField(AGREEMENT_KINDS), "类别", list=2, short=1, filter=True)
    child = col(
        Link(Child, null=True),
        "学生",
        list=3,
        short=2,
        wanted=True,
        filter=True,
        show_if="kind=托管协议|知情同意书",
    )
    staff = col(
        Link(Staff, null=True),
        "教职工",
        list=4,
        short=3,
        wanted=True,
        filter=True,
        help="班主任签的安全责任书",
    )
    guardian = col(Link(Guardian, null=True), "监护人", of="child", show_if="kind=托管协议")
    parties = col(
        CharField(max_length=80, null=True),
        "签约各方",
        list=5,
        short=4,
        wanted=True,
        search=True,
        secret=NAME,
    )
    signed_on = col(DateField(), "签订日期", list=1, short=5, filter=True)
    valid_until = col(DateField(null=True), "有效期至", list=6, short=6, wanted=True, filter=True)
    contact_phone = col(
        PhoneField(max_length=30, null=True),
        "外出联系电话",
        short=7,
        wanted=True,
        search=True,
        show_if="kind=托管协议",
        help="父母外出期间能找到人的电话",
    )


withdrawn_after = not_before("withdrawn_on", "given_on", "撤回日期不能早于签署日期")


@register(
    title="知情同意",
    box=Box.CHILDREN,
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-given_on",
    label=("child", "purpose"),
    match=("child", "purpose", "given_on"),
    rules=(withdrawn_after,),
    locks=False,
    evidence={"scan": "签字扫描件"},
    purpose="监护人同意或撤回的用途；没有同意的照片不会对外提供",
)
class Consent(Record):
    child = col(Link(Child), "学生", list=1, short=1, filter=True)
    purpose = col(WordField(CONSENT_PURPOSES), "用途", list=2, short=2, filter=True)
    given_on = col(DateField(), "同意日期", list=3, short=3)
    given_by = col(PersonNameField(max_length=40), "同意人", list=4, short=4, secret=NAME)
    text_version = col(CharField(max_length=20, null=True), "同意书版本", wanted=True)
    withdrawn_on = col(DateField(null=True), "撤回日期", list=5)


def newest_consents(day: date, children: Iterable[int] | None = None) -> dict[Any, Any]:
    """Return per (child, purpose) the consent given last up to `day`: it alone counts.

    Of two given on one day it is the one entered last. Withdrawn or not, an older one has no say.
    """
    query = every_row(register_of(Consent)).where(Consent.given_on <= day)
    if children is not None:
        query = query.where(Consent.child.in_(sorted(children)))
    ordered = query.order_by(Consent.given_on, Consent.id)
    return {(consent.child_id, consent.purpose): consent for consent in ordered}


def stands(consent: Any, day: date) -> bool:
    """Return whether a consent is not withdrawn on `day`."""
    return consent.withdrawn_on is None or bool(consent.withdrawn_on > day)
