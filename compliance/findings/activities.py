"""Findings of boxes 08 to 13: the home's daily life, activities, photos, meetings, fitness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from peewee import fn

from compliance.findings.look import (
    Check,
    Hit,
    Look,
    at_record,
    days_between,
    empty,
    ids,
    living,
    of_child,
    with_photo,
)
from compliance.ordered import needs
from compliance.ordered.reading import day, day_text, tuples
from models.core.gates import every_row
from models.core.places import place_of, way
from models.core.register import REGISTERS, find, register_of
from models.core.spans import holds_on
from models.kept.growth import FitnessTest
from models.kept.meetings import Attendee, Meeting, Opinion
from models.kept.photos import Photo
from models.school.points import homes

# Fields of a caption without which a photo proves little; 背景 is asked for but not demanded.
CAPTION = ("matter", "taken_at", "place", "people", "photographer")
# What a pupil's test may plausibly show, as stored: lengths and weights scaled by ten.
PLAUSIBLE = {
    "height_cm": (800, 2200),
    "weight_kg": (120, 1500),
    "vital_capacity_ml": (300, 8000),
    "run_50m": (55, 250),
    "sit_and_reach_cm": (-300, 400),
    "vision_left": (30, 53),
    "vision_right": (30, 53),
}


def not_opened(look: Look) -> Iterable[Hit]:
    """A home has no entry of its opening on school days (S07-1), told per month.

    Each village point is asked by its own calendar, on the days on which it is in use.
    """
    if look.semester is None:
        return
    until = min(look.today - timedelta(days=1), look.semester.last)
    model, query = living("opening")
    where = place_of(register_of(model), way(register_of(model)))
    opened = {
        (place, day(one))
        for place, one in tuples(
            query.select(where, model.opened_on).where(look.this_semester(model.opened_on))
        )
    }
    for home in homes(look.semester.first, until):
        first, last = max(look.semester.first, home.since), min(until, home.until)
        place = home.point or 0
        school_days = look.calendar.at(place).list_school_days(first, last)
        missed = Counter(f"{one:%Y-%m}" for one in school_days if (place, one) not in opened)
        name = f"{home.name}：" if home.name else ""
        for month, days in missed.items():
            yield Hit("opening", None, (), f"{name}{month} 有 {days} 个上课日没有开放登记")


def loan_overdue(look: Look) -> Iterable[Hit]:
    """A book was not brought back in time."""
    model, query = living("loan")
    out = query.where(model.returned_on.is_null(True), model.due_on < look.today)
    return of_child("loan", out.select(model.id, model.child))


def damage_unpaid(_look: Look) -> Iterable[Hit]:
    """Damage was neither paid for nor waived (S09-4)."""
    model, query = living("damage")
    open_ = query.where(model.paid_on.is_null(True), empty(model.waived_reason))
    return at_record("damage", open_.select(model.id))


def nobody_responsible(look: Look) -> Iterable[Hit]:
    """An activity names no responsible teacher (S18-4)."""
    model, query = living("activity")
    found = query.where(look.this_semester(model.held_at), model.responsible.is_null(True))
    return at_record("activity", found.select(model.id))


def activity_without_photo(look: Look) -> Iterable[Hit]:
    """An activity has no photo."""
    model, query = living("activity")
    bare = model.id.not_in(with_photo("activity", "photo"))
    return at_record(
        "activity", query.select(model.id).where(look.this_semester(model.held_at), bare)
    )


def _photos(*columns: Any) -> Any:
    query = every_row(register_of(Photo)).select(*columns)
    return query.where(Photo.record_id != 0, Photo.evidence == "photo")


def photo_used_twice(_look: Look) -> Iterable[Hit]:
    """The same picture is the photo of several records that are no single act."""
    twice = _photos(Photo.sha256).group_by(Photo.sha256).having(fn.COUNT(Photo.id) > 1)
    query = _photos(Photo.sha256, Photo.register, Photo.record_id).where(Photo.sha256.in_(twice))
    used: dict[str, set[tuple[str, int]]] = {}
    for sha, slug, record in tuples(query):
        used.setdefault(sha, set()).add((slug, record))
    acts = _acts({one for uses in used.values() for one in uses})
    for uses in used.values():
        distinct = {acts.get(one, one) for one in uses}
        if len(distinct) > 1:
            slug, record = max(uses, key=lambda one: (one[1], one[0]))
            yield Hit(slug, record, (), f"同一张照片用在 {len(distinct)} 处")


def _acts(used: set[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """Return the act of those records that belong to one, a query per register of records."""
    found: dict[tuple[str, int], Any] = {}
    for slug in {slug for slug, _record in used}:
        register = find(slug)
        if register is None:
            continue
        model = register.model
        mine = [record for other, record in used if other == slug]
        query = every_row(register).select(model.id, model.act)
        for record, act in tuples(query.where(model.id.in_(mine), model.act.is_null(False))):
            found[slug, record] = act
    return found


def caption_incomplete(_look: Look) -> Iterable[Hit]:
    """Photos of a record lack parts of their caption; told once per record."""
    labels = {name: register_of(Photo).spec(name).label for name in CAPTION}
    missing = {name: getattr(Photo, name).is_null(True) for name in CAPTION}
    for name in ("matter", "place", "people", "photographer"):
        missing[name] |= getattr(Photo, name) == ""
    lacks = [fn.SUM(missing[name].cast("INTEGER")) for name in CAPTION]
    query = _photos(Photo.register, Photo.record_id, *lacks)
    for slug, record, *counted in tuples(query.group_by(Photo.register, Photo.record_id)):
        lacking = [labels[name] for name, count in zip(CAPTION, counted, strict=True) if count]
        if lacking and find(slug) is not None:
            yield Hit(slug, record, (), f"缺{'、'.join(lacking)}")


def photo_of_another_day(look: Look) -> Iterable[Hit]:
    """A photo was taken days before or after what it is said to show."""
    most = look.number("days")
    slugs = [slug for (slug,) in tuples(_photos(Photo.register).distinct())]
    for slug in sorted(slugs):
        register = find(slug)
        if register is None or not register.happened:
            continue
        happened = getattr(register.model, register.happened)
        query = _photos(register.model.id, fn.MAX(day_text(Photo.taken_at)), day_text(happened))
        taken = days_between(day_text(Photo.taken_at), day_text(happened))
        living_ids = every_row(register).select(register.model.id)
        query = query.join(register.model, on=(Photo.record_id == register.model.id)).where(
            Photo.register == slug,
            register.model.id.in_(living_ids),
            Photo.taken_at.is_null(False),
            fn.ABS(taken) > most,
        )
        for record, at, on in tuples(query.group_by(register.model.id)):
            yield Hit(slug, record, (), f"照片拍于 {at}，记录是 {on}")


def lecture_without_script(look: Look) -> Iterable[Hit]:
    """A lecture has no script (S18-1)."""
    model, query = living("lecture")
    bare = model.id.not_in(with_photo("lecture", "script"))
    return at_record(
        "lecture", query.select(model.id).where(look.this_semester(model.held_at), bare)
    )


def opinion_unanswered(look: Look) -> Iterable[Hit]:
    """A parent's opinion was not answered by its deadline (S16-3)."""
    query = every_row(register_of(Opinion)).select(Opinion.id)
    late = query.where(Opinion.answered_on.is_null(True), Opinion.deadline < look.today)
    return at_record("opinion", late)


def attendance_disagrees(look: Look) -> Iterable[Hit]:
    """The number present is not the number who signed."""
    signed = every_row(register_of(Attendee)).select(Attendee.meeting, fn.COUNT(Attendee.id))
    counted = dict(tuples(signed.where(Attendee.signed).group_by(Attendee.meeting)))
    query = every_row(register_of(Meeting)).select(Meeting.id, Meeting.present)
    query = query.where(look.this_semester(Meeting.held_at), Meeting.present.is_null(False))
    for one, present in tuples(query):
        if one in counted and counted[one] != present:
            yield Hit("meeting", one, (), f"实到 {present} 人，签到 {counted[one]} 人")


def meeting_without_minutes(look: Look) -> Iterable[Hit]:
    """A meeting has neither minutes nor content."""
    complete = needs.complete(REGISTERS["meeting"], ("minutes",))
    query = every_row(register_of(Meeting)).select(Meeting.id)
    return at_record("meeting", query.where(look.this_semester(Meeting.held_at), ~complete))


def guardian_not_told(_look: Look) -> Iterable[Hit]:
    """A test showed something abnormal and the guardian was not told (S17-2)."""
    query = every_row(register_of(FitnessTest)).select(FitnessTest.id, FitnessTest.child)
    open_ = query.where(FitnessTest.abnormal == "异常", FitnessTest.guardian_told_on.is_null(True))
    return of_child("fitness-test", open_)


def measured_implausibly(_look: Look) -> Iterable[Hit]:
    """A measured value lies outside what a pupil can have."""
    columns = [getattr(FitnessTest, name) for name in PLAUSIBLE]
    query = every_row(register_of(FitnessTest)).select(FitnessTest.id, FitnessTest.child, *columns)
    labels = [register_of(FitnessTest).spec(name).label for name in PLAUSIBLE]
    for one, child, *values in tuples(query):
        odd = [
            label
            for label, value, (least, most) in zip(labels, values, PLAUSIBLE.values(), strict=True)
            if value is not None and not least <= value <= most
        ]
        if odd:
            yield Hit("fitness-test", one, (("child", child),), "、".join(odd))


def room_unused(look: Look) -> Iterable[Hit]:
    """A room of the home was not checked this semester (S02-1, H07-7)."""
    model, query = living("safety-check")
    checked = set(ids(query.select(model.room).where(look.this_semester(model.checked_on))))
    room, rooms = living("room")
    open_ = rooms.where(holds_on(room, look.today))
    return [Hit("room", one) for one in ids(open_.select(room.id)) if one not in checked]


CHECKS: tuple[tuple[str, Check], ...] = (
    ("F801", not_opened),
    ("F802", loan_overdue),
    ("F803", damage_unpaid),
    ("F901", nobody_responsible),
    ("F902", activity_without_photo),
    ("F903", photo_used_twice),
    ("F904", caption_incomplete),
    ("F905", photo_of_another_day),
    ("F1001", lecture_without_script),
    ("F1101", opinion_unanswered),
    ("F1201", attendance_disagrees),
    ("F1202", meeting_without_minutes),
    ("F1301", guardian_not_told),
    ("F1302", measured_implausibly),
    ("F1704", room_unused),
)
