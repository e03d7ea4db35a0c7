"""The meeting file (会议材料): notice, sign-in sheet, minutes and photos of one meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper
from exports.documents.pictures import photos_for
from exports.documents.templates import fill
from exports.pdf.imprint import chinese_date
from models.core import calendar
from models.core.actor import Actor
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.kept.meetings import Attendee, Meeting

TEMPLATE = "documents/meeting.html"
NEXT_PAGE = "<pdf:nextpage />"
# Rows left free for late comers, who sign by hand.
SPARE_ROWS = 4
_FACTS = ("kind", "form", "school_class", "chair", "recorder", "due", "present")
_TEXTS = ("agenda", "content", "resolution")


@dataclass(frozen=True)
class PlacedPhoto:
    """A photo on a page: the id its file is found by, and its caption."""

    key: str
    caption: str


@dataclass(frozen=True)
class MeetingFile:
    """One meeting as its file shows it: title, day, and the HTML of the pages."""

    title: str
    html: str


def meeting_files(
    actor: Actor,
    meetings: Sequence[Any],
    photos: dict[int, list[PlacedPhoto]],
) -> list[MeetingFile]:
    """Return the files of some meetings, texts as the actor reads them, in few queries.

    `photos` holds per meeting those that may be shown.
    """
    attendees = _attendees(actor, [meeting.id for meeting in meetings])
    page = Page(actor, register_of(Meeting), meetings, "pdf")
    return [
        _file(page, meeting, attendees.get(meeting.id, []), photos.get(meeting.id, []))
        for meeting in meetings
    ]


def _attendees(actor: Actor, ids: list[int]) -> dict[int, list[tuple[Page, Any]]]:
    lines = list(
        rows(actor, register_of(Attendee)).where(Attendee.meeting.in_(ids)).order_by(Attendee.id)
    )
    page = Page(actor, register_of(Attendee), lines, "pdf")
    found: dict[int, list[tuple[Page, Any]]] = {}
    for line in lines:
        found.setdefault(line.meeting_id, []).append((page, line))
    return found


def _file(
    page: Page,
    meeting: Any,
    attendees: list[tuple[Page, Any]],
    photos: list[PlacedPhoto],
) -> MeetingFile:
    register = page.register

    def text(name: str) -> str:
        return page.text(meeting, name)

    title = text("title")
    held, school = meeting.held_at, calendar.school()
    data = {
        "title": title,
        "school": school.name if school is not None else "",
        "day": chinese_date(held),
        "time": f"{held:%H:%M}",
        "place": text("place"),
        "chair": text("chair"),
        "facts": [(register.spec(n).label, text(n)) for n in _FACTS if text(n)],
        "texts": [(register.spec(n).label, text(n)) for n in _TEXTS],
        "signed": [_signed(lines, line) for lines, line in attendees],
        "spare": SPARE_ROWS,
        "photos": [photos[start : start + 2] for start in range(0, len(photos), 2)],
    }
    return MeetingFile(title, fill(TEMPLATE, data))


def _signed(page: Page, line: Any) -> tuple[str, str, str]:
    """Name, where from, whether signed; a parent or guardian is named before the child."""
    people = [page.text(line, name) for name in ("name", "parent", "guardian", "staff")]
    named = next((text for text in people if text), "")
    child = page.text(line, "child")
    role = page.text(line, "relation") or ("教职工" if line.staff_id else "")
    if child and named:
        role = role or "家长"
        named = f"{named}（{child}）"
    return named or child, role or ("学生" if child else ""), "已签到" if line.signed else "未签到"


@document(
    "meeting-file",
    "会议材料",
    clauses=("S03-12", "S03-14", "S03-15", "Q16-2", "Q16-4", "Q23-6"),
    source=("meeting", "attendee"),
    about="meeting",
    roles=STAFF,
)
def meeting_file(asked: Asked) -> Paper:
    """Notice, sign-in sheet, minutes and photos of each meeting asked for."""
    pictures = photos_for(asked.printing, register_of(Meeting), asked.records)
    placed = {
        meeting: [PlacedPhoto(photo.key, photo.caption) for photo in photos]
        for meeting, photos in pictures.items()
    }
    files = meeting_files(asked.reader, asked.records, placed)
    title = files[0].title if len(files) == 1 else "会议材料"
    body = NEXT_PAGE.join(file.html for file in files)
    images = {photo.key: photo.path for photos in pictures.values() for photo in photos}
    return Paper(title, "会议材料", body, images=images)
