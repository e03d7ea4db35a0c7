"""Findings of box 04 about the child itself: who looks after it, whom to ring, what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from compliance.findings.look import (
    Check,
    Hit,
    Look,
    at_child,
    children,
    empty,
    ids,
    living,
    with_photo,
)
from compliance.ordered.reading import day, tuples
from models.core import codes
from models.core.actor import SYSTEM
from models.core.gates import every_row
from models.core.register import REGISTERS, register_of
from models.core.spans import holds_on
from models.core.validation import missing_wanted
from models.core.values.identity import birth_of_id, check_character, district_is_known, sex_of_id
from models.kept.children import Child, Enrolment, Parent, ParentState, newest_consents, stands
from models.kept.left_behind import ABSENT, AWAY, facts_on
from models.kept.photos import Photo, PhotoChild
from models.kept.staff import ClassTeacher, Staff
from models.photos.view import consenting
from models.school.merging import likely_twins

CHILDREN = register_of(Child)
# More missing fields than this are counted, not named.
NAMED = 5


def nobody_guards(look: Look) -> Iterable[Hit]:
    """A child is said to have no guardian, or none is entered and no able parent is at home."""
    alone = set(ids(children(look.today, Child.guardianship == "无人监护")))
    guardian, query = living("guardian")
    guarded = set(ids(query.select(guardian.child).where(holds_on(guardian, look.today))))
    facts = facts_on(sorted(set(ids(children(look.today))) - guarded), look.today)
    for child, known in facts.items():
        at_home = [f for f in known if f.state != AWAY and f.state not in ABSENT and f.able]
        if not at_home:
            alone.add(child)
    return [Hit("child", child, (("child", child),)) for child in sorted(alone)]


def dropped_out(_look: Look) -> Iterable[Hit]:
    """A child left the register because it dropped out of school."""
    _, query = living("child")
    return at_child(query.select(Child.id).where(Child.left_why == "辍学"))


def contact_chain_broken(look: Look) -> Iterable[Hit]:
    """The class teacher's, a parent's or a guardian's phone is missing (Q01-5, Q05-1)."""
    guardian, guardians = living("guardian")
    chain = {
        "班主任": _led_with_phone(look.today),
        "父母": set(ids(_query(Parent).select(Parent.child).where(~empty(Parent.phone)))),
        "监护人": set(
            ids(
                guardians.select(guardian.child).where(
                    holds_on(guardian, look.today), ~empty(guardian.phone)
                )
            )
        ),
    }
    for child in ids(children(look.today).order_by(Child.id)):
        lacking = [link for link, known in chain.items() if child not in known]
        if lacking:
            yield Hit("child", child, (("child", child),), f"缺{'、'.join(lacking)}的电话")


def _query(model: Any) -> Any:
    return every_row(register_of(model))


def _led_with_phone(on: date) -> set[int]:
    """Return the children whose class teacher of the day has a phone."""
    reachable = _query(Staff).select(Staff.id).where(~empty(Staff.phone))
    led = _query(ClassTeacher).select(ClassTeacher.school_class)
    led = led.where(holds_on(ClassTeacher, on), ClassTeacher.staff.in_(reachable))
    enrolled = _query(Enrolment).select(Enrolment.child)
    return set(ids(enrolled.where(holds_on(Enrolment, on), Enrolment.school_class.in_(led))))


def sheet_incomplete(look: Look) -> Iterable[Hit]:
    """Wanted fields of the child's sheet are empty."""
    for child in _query(Child).where(holds_on(Child, look.today)):
        labels = [spec.label for spec in missing_wanted(CHILDREN, child)]
        if labels:
            more = f"等 {len(labels)} 项" if len(labels) > NAMED else ""
            note = f"缺{'、'.join(labels[:NAMED])}{more}"
            yield Hit("child", child.id, (("child", child.id),), note)


def portrait_missing(look: Look) -> Iterable[Hit]:
    """The sheet has no photo of the child (S03-2)."""
    return at_child(children(look.today, Child.id.not_in(with_photo("child", "photo"))))


def sixteen(look: Look) -> Iterable[Hit]:
    """A child has turned sixteen and is still in the register."""
    today = look.today
    last = 28 if (today.month, today.day) == (2, 29) else today.day
    born = date(today.year - look.number("age"), today.month, last)
    return at_child(children(today, Child.born_on <= born))


def parents_came_home(look: Look) -> Iterable[Hit]:
    """No parent is away any more who was away before."""
    known = ids(children(look.today))
    once_away = set(ids(_query(ParentState).select(ParentState.child).where(_was_away(look))))
    facts = facts_on([child for child in known if child in once_away], look.today)
    return [
        Hit("child", child, (("child", child),))
        for child, states in facts.items()
        if states and not any(state.state == AWAY for state in states)
    ]


def _was_away(look: Look) -> Any:
    return (ParentState.state == AWAY) & (ParentState.since <= look.today)


def _numbers(look: Look) -> list[tuple[int, str, str, str]]:
    """Return (child, number, birth date, sex) of every child with an identity number."""
    query = _query(Child).select(Child.id, Child.id_number, Child.born_on, Child.sex)
    plain = Child.id_kind == "居民身份证"
    return tuples(query.where(holds_on(Child, look.today), plain, ~empty(Child.id_number)))  # type: ignore[return-value]


def number_invalid(look: Look) -> Iterable[Hit]:
    """An identity number's check character is wrong (GB 11643)."""
    return [_at(child) for child, number, *_ in _numbers(look) if not _is_valid(number)]


def number_disagrees(look: Look) -> Iterable[Hit]:
    """Sex or birth date is not what the identity number says."""
    for child, number, born, sex in _numbers(look):
        if not _is_valid(number):
            continue
        wrong = [] if birth_of_id(number) == day(born) else ["出生日期"]
        if sex in ("男", "女") and sex_of_id(number) != codes.SEX.code_of(sex):
            wrong.append("性别")
        if wrong:
            yield _at(child)._replace(note=f"{'、'.join(wrong)}不一致")


def district_unknown(look: Look) -> Iterable[Hit]:
    """An identity number begins with no known province."""
    return [_at(c) for c, number, *_ in _numbers(look) if not district_is_known(number)]


def _is_valid(number: str) -> bool:
    if len(number) != 18 or not number[:17].isdigit():
        return False
    try:
        birth_of_id(number)
    except ValueError:
        return False
    return check_character(number[:17]) == number[17]


def _at(child: int) -> Hit:
    return Hit("child", child, (("child", child),))


def number_shared(look: Look) -> Iterable[Hit]:
    """A child's school number holds the identity number of another child."""
    owner = {number: child for child, number, *_ in _numbers(look)}
    query = _query(Child).select(Child.id, Child.school_number)
    for child, number in tuples(query.where(Child.school_number.startswith("G"))):
        if owner.get(number[1:], child) != child:
            yield _at(child)._replace(note="学籍号里是另一名学生的身份证号")


def not_in_a_class(look: Look) -> Iterable[Hit]:
    """A child is in no class on the day."""
    placed = _query(Enrolment).select(Enrolment.child).where(holds_on(Enrolment, look.today))
    return at_child(children(look.today, Child.id.not_in(placed)))


def class_without_teacher(look: Look) -> Iterable[Hit]:
    """A class with children of the register has no class teacher."""
    led = _query(ClassTeacher).select(ClassTeacher.school_class)
    placed = _query(Enrolment).select(Enrolment.school_class).distinct()
    found = placed.where(
        holds_on(Enrolment, look.today),
        Enrolment.child.in_(children(look.today)),
        Enrolment.school_class.not_in(led.where(holds_on(ClassTeacher, look.today))),
    )
    return [Hit("school-class", one, (("school-class", one),)) for one in ids(found)]


def shown_without_consent(look: Look) -> Iterable[Hit]:
    """A child stands on unmarked photos although nobody agreed, or the consent was withdrawn."""
    unmarked = _query(Photo).select(Photo.id).where(empty(Photo.mark), Photo.record_id != 0)
    lines = _query(PhotoChild).select(PhotoChild.child, PhotoChild.photo)
    shown: dict[int, set[int]] = {}
    for child, photo in tuples(lines.where(PhotoChild.photo.in_(unmarked))):
        shown.setdefault(child, set()).add(photo)
    agreed = consenting(set(shown), look.today)
    return [
        _at(child)._replace(note=f"{len(photos)} 张照片")
        for child, photos in sorted(shown.items())
        if child not in agreed
    ]


def consent_withdrawn(look: Look) -> Iterable[Hit]:
    """A consent was withdrawn and no new one given for the same purpose."""
    staying = set(ids(children(look.today)))
    return [
        Hit("consent", consent.id, (("child", child),))
        for (child, _purpose), consent in sorted(newest_consents(look.today).items())
        if not stands(consent, look.today) and child in staying
    ]


def maybe_twice(_look: Look) -> Iterable[Hit]:
    """Two children of one name and birth may be one child entered twice."""
    groups = likely_twins(SYSTEM, CHILDREN)
    return [_at(record.id) for group in groups for record in group[1:]]


def family_maybe_twice(_look: Look) -> Iterable[Hit]:
    """Two parents or two guardians of one name and child may be one person entered twice."""
    for slug in ("parent", "guardian"):
        for group in likely_twins(SYSTEM, REGISTERS[slug]):
            for record in group[1:]:
                yield Hit(slug, record.id, (("child", record.child_id),))


CHECKS: tuple[tuple[str, Check], ...] = (
    ("F401", nobody_guards),
    ("F402", dropped_out),
    ("F403", contact_chain_broken),
    ("F404", sheet_incomplete),
    ("F405", portrait_missing),
    ("F412", sixteen),
    ("F413", parents_came_home),
    ("F414", number_invalid),
    ("F415", number_disagrees),
    ("F416", district_unknown),
    ("F417", number_shared),
    ("F418", not_in_a_class),
    ("F419", class_without_teacher),
    ("F420", shown_without_consent),
    ("F421", consent_withdrawn),
    ("F422", maybe_twice),
    ("F423", family_maybe_twice),
)
