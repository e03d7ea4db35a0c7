"""Records of every register as the semester lock meets them: open, finished, nothing to finish."""

from __future__ import annotations

from models.core import service
from models.core.actor import SYSTEM, system
from models.core.gates import row
from models.core.register import REGISTERS, parent_register
from tests.doors import TEXTS, TYPED, otherwise

OWNED = {slug: parent_register(REGISTERS[slug]) or REGISTERS[slug] for slug in TYPED}
LOCKED = [slug for slug in TYPED if OWNED[slug].locks and OWNED[slug].happened]


def closed(world):
    semester = REGISTERS["semester"]
    stored = row(SYSTEM, semester, world.autumn)
    acting = system(world.clerk.now)
    service.update(acting, semester, stored.id, {"closed_on": "2025-11-12"}, stored.version)


def another(doors, record):
    """Some field that may be changed, a text if there is one, with another value."""
    specs = [
        spec
        for spec in doors.register.fields.values()
        if not spec.readonly and spec.name != doors.register.parent and not spec.show_if
    ]
    spec = min(specs, key=lambda spec: (spec.target is not None, type(spec.field) not in TEXTS))
    value = record.__data__.get(spec.name)
    return {spec.name: otherwise(doors.factory, doors.register, spec.name, value)}


# What has to be said besides when a record is finished.
FINISHED = {
    "rectification": {"done_on": "2025-11-12", "verified_by": "@staff.2"},
    "family-call": {"ended_at": "08:11"},
    "equipment-use": {"returned_at": "2025-11-12 09:00"},
    "semester-report": {"sent_on": "2025-11-12"},
    "stock-take-line": {"handling": "已查明"},
    **dict.fromkeys(("hotline", "opinion", "upward-report"), {"answer": "已办"}),
}
# What a record says that makes it wait for its end, and what leaves it nothing to wait for.
ASKING = {
    "safety-check": {"passed": "有问题"},
    "fitness-test": {"abnormal": "异常", "abnormal_note": "视力"},
    "subsidy": {"result": "给予资助", "amount": "625.00"},
    "stock-take-line": {"counted_quantity": "2", "book_quantity": "3", "handling": "已查明"},
}
AT_REST = {
    "safety-check": {"passed": "合格"},
    "fitness-test": {"abnormal": "无异常"},
    "subsidy": {"result": "未予资助", "amount": "", "refusal_reason": "不符合条件"},
    "stock-take-line": {"counted_quantity": "3", "book_quantity": "3", "handling": "相符"},
}


def finishing(doors):
    """What finishes an unfinished record, {} where the register declares nothing."""
    register, factory = doors.register, doors.factory
    beside = {name: factory.meant(v) for name, v in FINISHED.get(register.slug, {}).items()}
    ends = register.open_until
    return {ends: factory.value(register.spec(ends)), **beside} if ends else {}


def finished(doors):
    """What a record says with nothing left to finish, so that only its day counts."""
    return ASKING.get(doors.register.slug, {}) | finishing(doors)


STATES = ("open", "finished", "nothing to finish")


def begun(slug, state):
    """What makes a record of the register stand in the state, None where it has no such state."""
    if not REGISTERS[slug].open_until:
        return (lambda _doors: {}) if state == "nothing to finish" else None
    if state == "open":
        return lambda doors: ASKING.get(slug, {})
    if state == "finished":
        return finished
    return (lambda _doors: AT_REST[slug]) if slug in AT_REST else None


def unrelated(doors, record):
    """Another value for some field that finishes nothing."""
    name = min(
        (s for s in doors.register.fields.values() if is_beside(doors.register, s)),
        key=lambda spec: (spec.target is not None, type(spec.field) not in TEXTS),
    ).name
    return {name: otherwise(doors.factory, doors.register, name, record.__data__.get(name))}


def is_beside(register, spec):
    """Whether a field is typed, asked in any case and no part of the finishing."""
    typed = not spec.readonly and spec.computed is None and not spec.show_if
    return typed and spec.name not in {register.parent, register.happened, *register.finishing}


def apart(doors, healthy):
    """The values of a second record beside the first: other business keys."""
    names = {n for key in doors.register.key for n in key} - {doors.register.happened}
    return healthy | {n: otherwise(doors.factory, doors.register, n, healthy.get(n)) for n in names}
