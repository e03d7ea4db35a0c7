"""What the pages of the two checklists show: hardware by room, the eighteen archive items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from admin.documents.asked import document_url
from admin.inspection import bundle_pages
from admin.registers.list import link
from compliance.checklists.archive_state import ArchiveList, DutyState, ItemState, SourceState
from compliance.checklists.hardware import ASSET, Line, LineState, hardware
from compliance.judged.verdict import State
from compliance.ordered.numbers import HARDWARE, own_records
from compliance.ordered.papers import DOCUMENTS
from exports.bundle.survey import survey_of
from models.core import calendar, service
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.errors import Invalid
from models.core.gates import rows, surface
from models.core.masking import TextMask
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.spans import holds_on
from models.core.values import whole
from models.kept.assets import Room
from models.kept.supervision import CheckNumber
from models.school.points import at, homes

BUNDLE_ITEM = 18


# ---- hardware -----------------------------------------------------------------------------------


def hardware_page(actor: Actor, asked: str = "") -> dict[str, Any]:
    """Return the hardware checklist, room by room, each line with its evidence.

    A school with village points looks at one home at a time; `asked` is the point's number.
    """
    places = homes(actor.today, actor.today)
    home = next((place for place in places if asked and str(place.point) == asked), places[0])
    states = hardware(actor.today, calendar.current_span(actor.today), home.point)
    rooms = _rooms(actor, home.point)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for state in states:
        grouped.setdefault(state.line.room, []).append(_hardware_line(actor, state, rooms))
    missing = sum(not state.is_met for state in states)
    name = f"{home.name}：" if home.name else ""
    title = f"硬件清单还差 {missing} 项" if missing else f"硬件清单 {len(states)} 项都够了"
    return {
        "page_title": f"{name}{title}",
        "homes": [
            {
                "title": place.name,
                "url": url_for("inspection.hardware", home=place.point),
                "active": place is home,
            }
            for place in places
        ],
        "rooms": [
            {
                "title": room,
                "lines": lines,
                "met": sum(line["state"] == "done" for line in lines),
            }
            for room, lines in grouped.items()
        ],
        "may_set": actor.role == CLERK,
    }


def _rooms(actor: Actor, point: int | None) -> dict[str, list[int]]:
    """Return the ids of a home's rooms of each kind, for links to the assets kept there."""
    found: dict[str, list[int]] = {}
    query = rows(actor, register_of(Room)).where(holds_on(Room, actor.today), at(Room.point, point))
    for room in query:
        found.setdefault(room.kind, []).append(room.id)
    return found


def _hardware_line(
    actor: Actor, state: LineState, rooms: Mapping[str, list[int]]
) -> dict[str, Any]:
    line = state.line
    register = find(line.register)
    assert register is not None
    return {
        "id": line.id,
        "title": line.title,
        "state": "done" if state.is_met else "due" if state.found else "missed",
        "found": state.found_text,
        "asked": state.asked_text,
        "own": TextMask(actor)(state.reason),
        "proposed": line.proposed and not state.reason,
        "clauses": "、".join(line.clauses),
        "url": _evidence(actor, line, register, rooms.get(line.room, [])),
        "add_url": _add_url(actor, line, register) if not state.is_met else "",
        "alike": state.alike if not state.is_met else 0,
        "alike_url": url_for("asset.index_view", q=line.item) if state.alike else "",
        "edit_url": url_for("inspection.target", line=line.id) if actor.role == CLERK else "",
    }


def _evidence(actor: Actor, line: Line, register: Register, rooms: list[int]) -> str:
    """Return the address of the list a line is counted from, filtered as far as lists can."""
    asked = {
        "checklist_item": line.item,
        "kind": line.room if register.slug == "room" else "",
        "room": str(rooms[0]) if line.counted == ASSET and len(rooms) == 1 else "",
    }
    allowed = surface(actor, register, "filter")
    chosen: dict[str, Any] = {
        f"f.{name}": value for name, value in asked.items() if value and name in allowed
    }
    return url_for(f"{register.slug}.index_view", **chosen)


def _add_url(actor: Actor, line: Line, register: Register) -> str:
    home = register if not register.parent else find("regulation")
    if home is None or not may(actor, "create", home):
        return ""
    if register.parent:
        filtered: dict[str, Any] = {"f.topic": line.topic}
        return url_for("regulation.index_view", **filtered)
    values: dict[str, Any] = {"checklist_item": line.item} if line.item else {}
    return url_for(f"{home.slug}.new", **values)


# A school that wants more of one thing than this has mistyped.
MOST_WANTED = 10**8 - 1


def set_target(actor: Actor, line: Line, number: str, reason: str) -> None:
    """Keep the school's own number of a line with its reason; Invalid when one is missing."""
    said, why = number.strip(), reason.strip()
    errors = {}
    if whole(said, least=1, most=MOST_WANTED) is None:
        errors["number"] = "请填大于 0 的整数"
    if not why:
        errors["reason"] = "请写明为什么改"
    if errors:
        raise Invalid(errors)
    given: dict[str, Any] = {"number": said, "reason": why, "decided_on": actor.today}
    register = register_of(CheckNumber)
    known = own_records(HARDWARE).get(line.id)
    if known is not None:
        service.update(actor, register, known.id, given, known.version)
        return
    named = {"kind": HARDWARE, "code": line.id, "title": f"{line.room}：{line.title}"}
    service.create(actor, register, named | given)


# ---- archive ------------------------------------------------------------------------------------


def archive_page(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the eighteen items, and the eight parts of the last one as the bundle tells them."""
    survey = survey_of(actor, semester)
    states = ArchiveList(actor, semester).states()
    items = [_item(actor, state, semester) for state in states]
    parts_missing = len(survey.missing)
    if parts_missing:
        items[BUNDLE_ITEM - 1]["asks"].append(
            {
                "state": "due",
                "text": "八个部分",
                "note": f"还差 {parts_missing} 项",
                "url": "#parts",
                "supplier": "",
            }
        )
    done = sum(item["state"] == "done" for item in items)
    left = len(items) - done
    return {
        "page_title": f"档案十八项还有 {left} 项没齐" if left else "档案十八项都齐了",
        "items": items,
        "parts": bundle_pages.part_lines(survey),
        "semester": semester,
        "done": done,
    }


def _item(actor: Actor, state: ItemState, semester: SemesterSpan) -> dict[str, Any]:
    item = state.item
    asks = [
        _source_line(actor, source) for source in state.sources if source.state is not State.NOT_DUE
    ]
    waived = [source.source.title for source in state.sources if source.state is State.NOT_DUE]
    asks += [_duty_line(duty) for duty in state.duties if duty.state is not State.NOT_DUE]
    for register, count in state.photos:
        asks.append(
            {
                "state": "done" if count else "missed",
                "text": f"{register.title}的照片",
                "note": f"{count} 张" if count else "还没有照片",
                "url": url_for(f"{register.slug}.index_view"),
                "supplier": "" if count else "登记的老师",
            }
        )
    return {
        "number": item.number,
        "title": item.title,
        "state": state.state.slug,
        "asks": asks,
        "waived": "、".join(waived),
        "documents": [
            {"title": DOCUMENTS[code].title, "url": document_url(actor, code, semester.code)}
            for code in item.documents
        ],
        "boxes": "、".join(item.boxes),
    }


def _source_line(actor: Actor, state: SourceState) -> dict[str, Any]:
    register = state.source.register
    told = state.told
    url = _list_url(actor, register, state)
    if told and not state.found and may(actor, "create", register) and not register.parent:
        first: dict[str, Any] = {k: v for k, v in state.source.where.items() if isinstance(v, str)}
        url = url_for(f"{register.slug}.new", **first)
    return {
        "state": state.state.slug,
        "text": state.source.title,
        "note": told or f"{state.found} 份",
        "url": url,
        "supplier": state.source.supplier if told else "",
    }


def _list_url(actor: Actor, register: Register, state: SourceState) -> str:
    allowed = surface(actor, register, "filter")
    where: dict[str, Any] = {
        f"f.{name}": value
        for name, value in state.source.where.items()
        if isinstance(value, str) and name in allowed
    }
    return url_for(f"{register.slug}.index_view", **where)


def _duty_line(state: DutyState) -> dict[str, Any]:
    note = f"{state.met} / {state.judged} 次做到" if state.judged else "还没有到期的"
    return {
        "state": state.state.slug,
        "text": state.title,
        "note": note if state.state is not State.NO_DATA else "还没有记录",
        "url": link("boards.duty", code=state.code),
        "supplier": "",
    }
