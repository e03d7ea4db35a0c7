"""What a filter may ask of a record that is no column of it: how things stood on a day.

Each is one condition in SQL, so that a duty stays one query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from peewee import fn

from compliance.ordered.reading import day_text
from models.core.codes import PARENT_STATE
from models.core.database import any_of, within
from models.core.gates import every_other, every_row
from models.core.register import Register, register_of
from models.core.spans import holds_on
from models.kept.assets import ROOM_KINDS, Room
from models.kept.children import Parent, ParentState
from models.kept.meetings import Meeting
from models.kept.photos import Photo
from models.kept.regulations import Regulation, WallPosting
from models.kept.school import Holiday, Semester


class Derived(NamedTuple):
    """A value worked out: its words, the registers it is read from, how to ask for it, its name."""

    words: tuple[str, ...]
    registers: tuple[str, ...]
    condition: Callable[[Sequence[str], date], Any]
    label: str


def newest_states(day: date) -> Any:
    """Return the query of each parent's newest state on the day, one row per parent."""
    later = ParentState.alias()
    newer = every_other(later).where(
        later.parent == ParentState.parent,
        later.since <= day,
        (later.since > ParentState.since)
        | ((later.since == ParentState.since) & (later.id > ParentState.id)),
    )
    return every_row(register_of(ParentState)).where(
        ParentState.since <= day, ~fn.EXISTS(newer.select(later.id))
    )


def _parent_state(words: Sequence[str], day: date) -> Any:
    newest = newest_states(day).where(ParentState.state.in_(list(words)))
    return within(Parent.id, newest.select(ParentState.parent))


def _posted_in(words: Sequence[str], day: date) -> Any:
    """Where a wall is ordered, it hangs there and a photo shows it (S01-3, S02-3)."""
    rooms = every_row(register_of(Room)).select(Room.id).where(Room.kind.in_(list(words)))
    photos = every_row(register_of(Photo)).where(
        Photo.register == register_of(WallPosting).slug, Photo.evidence == "photo"
    )
    hanging = every_row(register_of(WallPosting)).where(
        within(WallPosting.room, rooms),
        holds_on(WallPosting, day),
        within(WallPosting.id, photos.select(Photo.record_id)),
    )
    return within(Regulation.id, hanging.select(WallPosting.document))


HOLIDAY, TERM = "假期", "上学期间"


def _time_of_year(words: Sequence[str], _day: date) -> Any:
    """When parents are home: a day outside every semester, or a public holiday within one."""
    held = day_text(Meeting.held_at)
    terms = every_row(register_of(Semester)).where(
        Semester.first_day.cast("TEXT") <= held, Semester.last_day.cast("TEXT") >= held
    )
    days_off = every_row(register_of(Holiday)).where(
        Holiday.kind == "放假", Holiday.day.cast("TEXT") == held
    )
    in_holiday = ~fn.EXISTS(terms.select(Semester.id)) | fn.EXISTS(days_off.select(Holiday.id))
    return any_of([in_holiday if word == HOLIDAY else ~in_holiday for word in words])


STATES = tuple(word for _, word in PARENT_STATE)
DERIVED = {
    ("parent", "state"): Derived(STATES, ("parent-state",), _parent_state, "父母状况"),
    # A change of the calendar has everything worked out anew, whatever registers are named here.
    ("meeting", "time_of_year"): Derived((HOLIDAY, TERM), (), _time_of_year, "开会时间"),
    ("regulation", "posted_in"): Derived(
        ROOM_KINDS, ("wall-posting", "room", "photo"), _posted_in, "有照片的张贴处"
    ),
}


def derived(register: Register, name: str) -> Derived | None:
    """Return what `name` means for a register, where it is no field of it."""
    return DERIVED.get((register.slug, name))
