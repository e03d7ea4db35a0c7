"""What a record must be before it is saved; the same for form, import, phone and command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from models.core.actor import Actor
from models.core.conditions import applies, holds, is_filled, read
from models.core.converters import clean, is_blank
from models.core.errors import BadValue, Invalid
from models.core.fields import FieldSpec, Secrecy
from models.core.gates import directory, every_row, row
from models.core.known import Known, ask
from models.core.lock import Limit, demand_day
from models.core.register import OWN_ROW, Register, register_of
from models.core.rules import day_of
from models.core.whose import about

# An act entered later than this many days after it happened is back-filled (补录).
BACKFILL_DAYS = 7

# Whom and what all staff may pick by name, whatever they may open.


def fill(actor: Actor, register: Register, record: Any, raw: Mapping[str, Any]) -> None:
    """Set the posted values on the record; Invalid with a message per field wrong or still empty.

    Names that are not declared are ignored, as are read-only ones: a posted hidden field does
    nothing.
    """
    errors: dict[str, str] = {}
    for name, spec in register.fields.items():
        if name not in raw or (spec.readonly and not actor.is_system):
            continue
        try:
            value = clean(spec.field, raw[name])
        except BadValue as error:
            errors[name] = str(error)
            continue
        if value is None and not spec.field.null and spec.field.default is not None:
            value = spec.field.default
        setattr(record, name, "" if value is None and _keeps_blank(spec) else value)
    if "late_reason" in raw and not is_blank(raw["late_reason"]):
        record.late_reason = str(raw["late_reason"]).strip()[:200]
    if errors:
        raise Invalid(_unfilled(register, record) | errors)
    for name, spec in register.fields.items():
        if spec.computed is not None:
            setattr(record, name, spec.computed(record))


def give(register: Register, record: Any, given: Mapping[str, Any]) -> None:
    """Set values the product itself found out, such as a file's size: read-only fields too."""
    for name, value in given.items():
        setattr(record, name, clean(register.spec(name).field, value))


def _keeps_blank(spec: FieldSpec) -> bool:
    return not spec.field.null and spec.field.default == ""


def check(
    actor: Actor,
    register: Register,
    record: Any,
    before: Mapping[str, Any] | None = None,
    known: Known | None = None,
    limit: Limit | None = None,
) -> None:
    """Check required fields, links, cross-field rules, lateness, the day's semester and uniqueness.

    `known` is what bulk work has looked up for all its rows at once. Under a `limit` only what may
    still be written is judged: the rest stood before, and nobody could put it right.
    """
    errors = _unfilled(register, record)
    errors |= _check_links(actor, register, record, before or {}, known or Known())
    errors = _of_limit(errors, limit)
    if not errors:
        for rule in register.rules:
            found = known.judged(register, rule, record, actor) if known else rule(record, actor)
            for name, message in found:
                errors.setdefault(name, message)
        errors = _of_limit(errors, limit)
    if not errors:
        errors |= _check_lateness(actor, register, record, before)
        errors |= _check_finish(actor, register, record, before)
    if errors:
        raise Invalid(errors)
    if before is None or before.get(register.happened) != record.__data__.get(register.happened):
        demand_day(register, record)
    check_unique(actor, register, record, known)


def _of_limit(errors: dict[str, str], limit: Limit | None) -> dict[str, str]:
    if limit is None:
        return errors
    return {name: told for name, told in errors.items() if not name or name in limit.names}


def check_restored(actor: Actor, register: Register, record: Any) -> None:
    """Check what may have changed while a record's values stood aside: links, neighbours, keys.

    For a record brought back from the recycle bin, or set back to what it said before a batch.
    """
    errors = _dead_links(register, record)
    for rule in () if errors else register.rules:
        found, looked = ask(rule, record, actor)
        if looked and not getattr(rule, "compares", False):
            for name, message in found:
                errors.setdefault(name, message)
    if errors:
        raise Invalid(errors)
    check_unique(actor, register, record)


def _dead_links(register: Register, record: Any) -> dict[str, str]:
    """Return what is told at each link to a record that lies in the recycle bin."""
    errors = {}
    for spec in register.links:
        linked = record.__data__.get(spec.name)
        # A line comes back with its record.
        if linked is None or spec.name == register.parent:
            continue
        target = register_of(spec.target)
        if not every_row(target).where(target.model.id == linked).exists():
            errors[spec.name] = f"所指的{spec.label}已被删除，请先从回收站恢复它"
    return errors


def _unfilled(register: Register, record: Any) -> dict[str, str]:
    """Return what is told at each required field that is still empty."""
    return {
        name: spec.asked
        for name, spec in register.fields.items()
        if spec.required and not is_filled(record, name) and not is_hidden(record, spec)
    }


def _check_links(
    actor: Actor, register: Register, record: Any, before: Mapping[str, Any], known: Known
) -> dict[str, str]:
    """Refuse a link to a record outside the actor's rows, unless it stood there before.

    What must belong to another link is asked again when that one changes.
    """
    errors = {}
    for spec in register.links:
        linked = record.__data__.get(spec.name)
        if linked is None or spec.name == register.parent:
            continue
        stood = linked == before.get(spec.name)
        if not stood and not _may_point(actor, register, spec, linked, known):
            errors[spec.name] = f"没有找到这个{spec.label}，请从查找结果中点选"
            continue
        owned = stood and before.get(spec.of) == record.__data__.get(spec.of)
        if spec.of and not owned and not _belongs(register, record, spec, linked, known):
            errors[spec.name] = (
                f"这个{spec.label}不是所选{register.fields[spec.of].label}的，请重选"
            )
    return errors


def _may_point(
    actor: Actor, register: Register, spec: FieldSpec, linked: int, known: Known
) -> bool:
    allowed = known.may_link(register, spec, linked)
    return may_link(actor, register, spec, linked) if allowed is None else allowed


def _belongs(register: Register, record: Any, spec: FieldSpec, linked: int, known: Known) -> bool:
    """Return whether what a field links to has the same `of` (a child's own parent)."""
    owner = record.__data__.get(spec.of)
    looked_up = known.owner(register, spec, linked)
    # A row of the same work, not saved yet, was made with the owner it belongs to.
    if linked < 0:
        return True
    if looked_up is not None:
        return owner is None or looked_up == owner
    model = spec.target
    assert model is not None
    found = every_row(register_of(model)).where(model.id == linked).first()
    return owner is None or found is None or found.__data__.get(spec.of) == owner


def may_link(actor: Actor, register: Register, spec: FieldSpec, linked: int) -> bool:
    """Return whether the actor may pick record `linked` for the field."""
    target = register_of(spec.target)
    if picks_from_directory(actor, register, spec):
        model = target.model
        query = directory(target, model.id).where(
            model.id == linked, model.deleted_at.is_null(True)
        )
        return bool(query.exists())
    return row(actor, target, linked) is not None


def picks_from_directory(actor: Actor, register: Register, spec: FieldSpec) -> bool:
    """Return whether a field picks from the directory (names only) instead of the actor's rows.

    Colleagues and classes are picked by name by all staff; children only in roster registers;
    whatever else, where its field says so.
    """
    if actor.is_system:
        return False
    target = register_of(spec.target)
    return target.by_name or spec.roster or (register.roster and about(target) == OWN_ROW)


def _check_lateness(
    actor: Actor, register: Register, record: Any, before: Mapping[str, Any] | None
) -> dict[str, str]:
    day = happened_on(register, record)
    if day is None or actor.is_system:
        return {}
    if before is not None and before.get(register.happened) == getattr(record, register.happened):
        return {}
    if day > actor.today and not register.planned:
        return {register.happened: "这个日期还没有到，请核对日期"}
    handed_in = handed_in_on(register, record)
    late = ((handed_in or actor.today) - day).days
    if handed_in is not None and late < 0:
        return {register.happened: "这个日期在纸质上交日期之后，请核对日期"}
    if late > BACKFILL_DAYS and not record.late_reason and register.locks:
        return {"late_reason": f"这是 {late} 天前的事，请写明补录原因"}
    return {}


def _check_finish(
    actor: Actor, register: Register, record: Any, before: Mapping[str, Any] | None
) -> dict[str, str]:
    """Refuse that something is finished on a day that has not come."""
    name = register.open_until
    value = record.__data__.get(name) if name else None
    if actor.is_system or not isinstance(value, date) or (before or {}).get(name) == value:
        return {}
    return {name: "这个日期还没有到，请核对日期"} if day_of(value) > actor.today else {}


def happened_on(register: Register, record: Any) -> date | None:
    """Return the day the recorded act happened, None for master data."""
    if not register.happened:
        return None
    value = getattr(record, register.happened)
    return value.date() if isinstance(value, datetime) else value


def handed_in_on(register: Register, record: Any) -> date | None:
    """Return the day the record was handed in on paper (纸质), None where it was typed at once."""
    return getattr(record, register.paper) if register.paper else None


def days_late(register: Register, record: Any) -> int | None:
    """Return how many days after it happened the record was handed in, or typed without a paper.

    None for master data and what is not saved yet. `compliance.judged.sources.known_text` says the
    same in SQL.
    """
    day = happened_on(register, record)
    if day is None or record.entered_at is None:
        return None
    known = handed_in_on(register, record) or record.entered_at.date()
    return int((known - day).days)


def is_backfilled(register: Register, record: Any) -> bool:
    """Return whether the record came in more than 7 days after it happened (补录)."""
    late = days_late(register, record)
    return late is not None and late > BACKFILL_DAYS


def check_unique(actor: Actor, register: Register, record: Any, known: Known | None = None) -> None:
    """Raise Invalid when a living record has the same business key."""
    for key in register.key:
        if not all(is_filled(record, name) for name in key):
            continue
        wanted = tuple(record.__data__.get(name) for name in key)
        if known is not None and known.has_key(register, key):
            twin = known.holder(register, key, wanted)
        else:
            twin = _twin(register, key, wanted, record.id)
        if not twin or twin == record.id:
            continue
        labels = "、".join(register.fields[name].label for name in key)
        if twin < 0:
            raise Invalid({key[-1]: f"{labels}与前面的一行相同，请核对后只保留一行"})
        visible = row(actor, register, twin) is not None
        told = f"已有{labels}相同的{register.title}" if visible else "这项内容与已有记录重复"
        raise Invalid({key[-1]: f"{told}，{'请修改那一条' if visible else '请联系文员核对'}"})


def _twin(register: Register, key: tuple[str, ...], wanted: tuple[Any, ...], own: Any) -> int:
    """Return the number of another living record with the key's values, 0 for none."""
    model = register.model
    query = every_row(register).select(model.id)
    for name, value in zip(key, wanted, strict=True):
        query = query.where(getattr(model, name) == value)
    if own:
        query = query.where(model.id != own)
    found = query.tuples().first()
    return int(found[0]) if found else 0


def check_whole(actor: Actor, register: Register, record: Any) -> None:
    """Check what only the record together with its lines can tell."""
    for rule in register.whole_rules:
        errors = dict(rule(record, actor))
        if errors:
            raise Invalid(errors)


def is_hidden(record: Any, spec: FieldSpec) -> bool:
    """Return whether a sealed value cannot be judged because the record has not been opened."""
    return spec.secret is Secrecy.SEALED and record.is_shut


def missing_wanted(register: Register, record: Any) -> list[FieldSpec]:
    """Return the wanted fields that are still empty: what makes the record incomplete."""
    return [
        spec
        for spec in register.fields.values()
        if spec.wanted
        and not is_filled(record, spec.name)
        and not is_hidden(record, spec)
        and asked_of(register, record, spec)
    ]


def asked_of(register: Register, record: Any, spec: FieldSpec) -> bool:
    """Return whether a field must or should be filled in on this very record."""
    if spec.required or not spec.wanted:
        return spec.required
    return applies(register, spec, record)


def missing_evidence(register: Register, record: Any, kinds: Collection[str]) -> list[str]:
    """Return the Chinese names of the evidence the record wants and `kinds` do not hold."""
    return [
        register.evidence[kind]
        for kind, condition in register.wants.items()
        if kind not in kinds and holds(register, read(register, condition), record)
    ]
