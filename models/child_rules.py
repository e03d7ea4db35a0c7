"""What a child's own sheet must agree on: the identity number, and the way out of the register."""

from __future__ import annotations

from typing import Any

from models import codes
from models.actor import Actor
from models.values import birth_of_id, sex_of_id


def id_agrees(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The identity number agrees with sex and birth date, or says why there is none."""
    errors = []
    if not record.id_number:
        if not record.no_id_reason:
            errors.append(("id_number", "请填写身份证件号；确实还没有的，请写明暂无证件的原因"))
        return errors
    if record.id_kind not in (None, "居民身份证") or len(record.id_number) != 18:
        return errors
    if record.born_on and birth_of_id(record.id_number) != record.born_on:
        errors.append(("born_on", "出生日期与身份证件号不一致，请核对"))
    if record.sex in ("男", "女") and sex_of_id(record.id_number) != codes.SEX.code_of(record.sex):
        errors.append(("sex", "性别与身份证件号不一致，请核对"))
    return errors


def exit_has_reason(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A child who left the register left for a reason, not before entering it."""
    if record.left_on is None and record.left_why is None:
        return []
    if record.left_why is None:
        return [("left_why", "请选择退出原因")]
    if record.left_on is None:
        return [("left_on", "请填写退出日期")]
    if record.left_on < record.identified_on:
        return [("left_on", "退出日期不能早于认定日期")]
    return []
