"""What a picker may choose: records within the actor's rows, or names from the directory."""

from __future__ import annotations

from typing import Any

from models.core import labels as naming
from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.errors import Denied
from models.core.fields import FieldSpec
from models.core.gates import directory, rows
from models.core.listing import ListRequest, found_order, selection
from models.core.nearness import WHOLE, nearness
from models.core.register import OWN_ROW, Register, find, parent_register
from models.core.rights import may
from models.core.validation import picks_from_directory
from models.core.whose import about, child_column, children_register
from models.kept.left_behind import classes_on

# A picker offers at most this many; who needs another types more.
CAP = 20


def pick(actor: Actor, target: Register, place: str, typed: str) -> dict[str, Any]:
    """Return {"results": [{id, text, hint}], "sure": is the first one meant} for what was typed.

    `place` is "<register>.<field>" of the form that asks; without it only the actor's own rows are
    offered, as list filters need.
    """
    typed = typed.strip()[:60]
    asking = _asking(actor, target, place)
    if asking is not None and picks_from_directory(actor, *asking):
        found = _named(target, typed)
    elif may(actor, "read", target):
        found = _own(actor, target, typed)
    else:
        raise Denied
    ids = [one for one, _near in found]
    whole = [near for _one, near in found].count(WHOLE)
    names = naming.labels(actor, {target: ids})
    hints = _hints(target, ids, actor)
    return {
        "results": [
            {"id": one, "text": names.get((target.slug, one), ""), "hint": hints.get(one, "")}
            for one in ids
        ],
        # Nobody is proposed whom the letters only happen to fit: the wrong child would be saved.
        "sure": bool(typed) and (len(ids) == 1 or whole == 1),
    }


def _asking(actor: Actor, target: Register, place: str) -> tuple[Register, FieldSpec] | None:
    """Return the register and field that ask, when the actor may write there."""
    slug, _, name = place.partition(".")
    register = find(slug)
    spec = register.fields.get(name) if register is not None else None
    if register is None or spec is None or spec.target is not target.model:
        return None
    home = parent_register(register) or register
    writes = any(may(actor, verb, home) for verb in ("create", "edit"))
    return (register, spec) if writes else None


def _named(target: Register, typed: str) -> list[tuple[int, int]]:
    """Return living records found by name or pinyin in the directory: the nearest first."""
    model = target.model
    near = nearness(target, typed)
    query = directory(target, model.id).where(model.deleted_at.is_null(True))
    for term in typed.lower().split():
        query = query.where(_called(target, term))
    order = model.pinyin_key if target.pinyin else model.id
    found = query.select_extend(near.alias("near")).order_by(near, order, model.id)
    return list(found.limit(CAP).tuples())


def _called(target: Register, term: str) -> Any:
    """Return the condition that a record's label or pinyin holds the term."""
    model = target.model
    condition = model.pinyin_search.contains(term) if target.pinyin else None
    for name in target.label:
        if target.fields[name].target is None:
            part = getattr(model, name).contains(term)
            condition = part if condition is None else condition | part
    return condition if condition is not None else model.id == 0


def _own(actor: Actor, target: Register, typed: str) -> list[tuple[int, int]]:
    query, _problems = selection(actor, target, ListRequest(search=typed))
    near, *order = found_order(actor, target, typed)
    query = query.select(target.model.id, near.alias("near"))
    return list(query.order_by(near, *order).limit(CAP).tuples())


def _hints(target: Register, ids: list[int], actor: Actor) -> dict[int, str]:
    """Tell children of one name apart by class and year of birth; a person's child by name."""
    if about(target) == OWN_ROW:
        return _child_hints(target, ids, actor)
    child, children = child_column(target), children_register()
    if child is None or children is None or not ids:
        return {}
    own = rows(actor, target).where(target.model.id.in_(ids))
    owners = dict(own.select(target.model.id, child).tuples())
    names = naming.labels(actor, {children: [c for c in owners.values() if c]})
    return {one: names.get((children.slug, owner), "") for one, owner in owners.items()}


def _child_hints(target: Register, ids: list[int], actor: Actor) -> dict[int, str]:
    model = target.model
    born = dict(directory(target, model.id, model.born_on).where(model.id.in_(ids)).tuples())
    placed = classes_on(ids, actor.today)
    hints = {}
    for one in ids:
        words = [placed.get(one, (0, ""))[1]]
        if born.get(one) is not None and actor.role != INSPECTOR:
            words.append(f"{born[one].year} 年生")
        hints[one] = " · ".join(word for word in words if word)
    return hints
