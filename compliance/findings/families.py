"""Findings of boxes 04 and 05: guardians, agreements, pairings, volunteers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from peewee import fn

from compliance.findings.look import (
    Check,
    Hit,
    Look,
    at_child,
    at_record,
    children,
    empty,
    living,
    of_child,
)
from compliance.findings.organisation import loads_on
from compliance.judged.sources import Window, within
from compliance.ordered.reading import tuples
from models.core.gates import every_row
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.children import Agreement, Child, Guardian
from models.kept.left_behind import AWAY, facts_on
from models.kept.pairings import HandIn, Pairing, PeerPairing
from models.kept.staff import Staff

CUSTODY = "托管协议"


def _guardians(look: Look, *conditions: Any) -> Any:
    """Return the query of today's guardians of children in the register."""
    query = every_row(register_of(Guardian)).select(Guardian.id, Guardian.child)
    return query.where(
        holds_on(Guardian, look.today), Guardian.child.in_(children(look.today)), *conditions
    )


def old_and_alone(look: Look) -> Iterable[Hit]:
    """A guardian over sixty looks after the child with no second guardian or parent at home."""
    counted: dict[int, int] = {}
    for _one, child in tuples(_guardians(look)):
        counted[child] = counted.get(child, 0) + 1
    old = tuples(_guardians(look, Guardian.age >= look.number("age")))
    facts = facts_on([child for _one, child in old], look.today)
    return [
        Hit("guardian", one, (("child", child),))
        for one, child in old
        if counted[child] == 1 and all(f.state == AWAY or not f.able for f in facts[child])
    ]


def cannot_read(look: Look) -> Iterable[Hit]:
    """A guardian cannot read the school's letters."""
    return of_child("guardian", _guardians(look, Guardian.education == "文盲或半文盲"))


def agreement_expired(look: Look) -> Iterable[Hit]:
    """A custody agreement has run out and no newer one is valid (Q10-4)."""
    query = every_row(register_of(Agreement)).where(Agreement.kind == CUSTODY)
    running = query.select(Agreement.child).where(
        holds_on(Agreement, look.today), Agreement.child.is_null(False)
    )
    ended = query.select(fn.MAX(Agreement.id), Agreement.child).where(
        Agreement.valid_until < look.today,
        Agreement.child.in_(children(look.today)),
        Agreement.child.not_in(running),
    )
    return of_child("agreement", ended.group_by(Agreement.child))


def entrusted_without_agreement(look: Look) -> Iterable[Hit]:
    """A child is in somebody's care by agreement, but none is on file (Q10-4)."""
    agreed = every_row(register_of(Agreement)).select(Agreement.child)
    agreed = agreed.where(Agreement.kind == CUSTODY, Agreement.child.is_null(False))
    query = _guardians(look, Guardian.entrusted, Guardian.child.not_in(agreed))
    return at_child(query.select(Guardian.child).distinct())


def school_not_told(look: Look) -> Iterable[Hit]:
    """The school was not told in writing of the entrusted care, or the date is missing."""
    told = Guardian.told_school_on.is_null(True)
    return of_child("guardian", _guardians(look, Guardian.entrusted, told))


def poorly_guarded(look: Look) -> Iterable[Hit]:
    """The guardian was assessed as poor."""
    return of_child("guardian", _guardians(look, Guardian.assessment == "差"))


def _pairings(look: Look) -> Any:
    return every_row(register_of(Pairing)).where(holds_on(Pairing, look.today))


def _lasting(look: Look) -> Any:
    """The pairings of which both are still there, as the duties count them."""
    window = Window(look.today, look.today, state=True)
    return within(every_row(register_of(Pairing)), register_of(Pairing), window)


def nobody_paired(look: Look) -> Iterable[Hit]:
    """A child has no paired teacher (S11-2)."""
    paired = _lasting(look).select(Pairing.child)
    return at_child(children(look.today, Child.id.not_in(paired)))


def load_out_of_range(look: Look) -> Iterable[Hit]:
    """A teacher is paired with more or fewer children than any clause in force allows."""
    query = _lasting(look).select(Pairing.teacher, Pairing.kind, fn.COUNT(Pairing.id))
    counted: dict[int, dict[str, int]] = {}
    for teacher, kind, count in tuples(query.group_by(Pairing.teacher, Pairing.kind)):
        counted.setdefault(teacher, {})[kind] = count
    for teacher, by_kind in sorted(counted.items()):
        own = [] if "代理家长" not in by_kind else loads_on("代理家长")
        asked = [(by_kind.get("代理家长", 0), *one) for one in own]
        asked += [(sum(by_kind.values()), *one) for one in loads_on()]
        broken = [one for one in asked if not _within(one[0], one[2], one[3])]
        if asked and len(broken) == len(asked):
            count, clause, least, most = broken[0]
            range_ = f"{least} 人以上" if most is None else f"{least}–{most} 人"
            note = f"结对 {count} 人，{clause} 要求 {range_}"
            yield Hit("staff", teacher, (("staff", teacher),), note)


def _within(count: int, least: int, most: int | None) -> bool:
    return count >= least and (most is None or count <= most)


def teacher_gone(look: Look) -> Iterable[Hit]:
    """A pairing still runs although the teacher has left the school."""
    gone = every_row(register_of(Staff)).select(Staff.id).where(Staff.left_on < look.today)
    return _of_pairing(_pairings(look).where(Pairing.teacher.in_(gone)))


def child_gone(look: Look) -> Iterable[Hit]:
    """A pairing still runs although the child has left."""
    gone = every_row(register_of(Child)).select(Child.id).where(Child.left_on < look.today)
    return _of_pairing(_pairings(look).where(Pairing.child.in_(gone)))


def _of_pairing(query: Any) -> list[Hit]:
    found = tuples(query.select(Pairing.id, Pairing.teacher, Pairing.child))
    return [
        Hit("pairing", one, (("staff", teacher), ("child", child))) for one, teacher, child in found
    ]


def no_helping_pupil(look: Look) -> Iterable[Hit]:
    """A child has no pupil paired with it (S11-3)."""
    query = every_row(register_of(PeerPairing)).select(PeerPairing.child)
    helped = query.where(holds_on(PeerPairing, look.today))
    return at_child(children(look.today, Child.id.not_in(helped)))


def volunteer_unchecked(look: Look) -> Iterable[Hit]:
    """A volunteer from outside was not checked before beginning."""
    model, query = living("volunteer")
    found = query.select(model.id).where(
        model.staff.is_null(True),
        holds_on(model, look.today),
        model.checked_on.is_null(True) | empty(model.check_result),
    )
    return at_record("volunteer", found)


def handed_in_not_read(look: Look) -> Iterable[Hit]:
    """A teacher's records of a week were handed in and nobody looked at them (Q04-4, H02-5)."""
    check, checks = living("pairing-check")
    read = set(tuples(checks.select(check.teacher, check.semester, check.week)))
    given = every_row(register_of(HandIn)).select(
        HandIn.id, HandIn.teacher, HandIn.semester, HandIn.week
    )
    given = given.where(
        HandIn.kind == "周记录",
        HandIn.teacher.is_null(False),
        look.this_semester(HandIn.handed_on),
        HandIn.handed_on >= look.today - timedelta(days=look.number("days")),
    )
    return [
        Hit("hand-in", one, (("staff", teacher),), f"第 {week} 周" if week else "")
        for one, teacher, semester, week in tuples(given)
        if (teacher, semester, week) not in read
    ]


CHECKS: tuple[tuple[str, Check], ...] = (
    ("F406", old_and_alone),
    ("F407", cannot_read),
    ("F408", agreement_expired),
    ("F409", entrusted_without_agreement),
    ("F410", school_not_told),
    ("F411", poorly_guarded),
    ("F501", nobody_paired),
    ("F502", load_out_of_range),
    ("F503", teacher_gone),
    ("F504", child_gone),
    ("F505", no_helping_pupil),
    ("F506", volunteer_unchecked),
    ("F507", handed_in_not_read),
)
