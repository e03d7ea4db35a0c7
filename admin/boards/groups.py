"""The board by box of the archive, or by adopted regulation: each with its duties and share met."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for

from admin.boards.page import frame, shown_lines, told, worst_first
from admin.boards.trend import said
from compliance.told.grouped import BoxGroup, Counted, SystemGroup, by_box, by_system
from compliance.told.progress import Line
from compliance.told.trend import Comparison, comparison
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan

Shown = dict[str, Any]


def box_view(actor: Actor, semester: SemesterSpan) -> Shown:
    """Return the duties grouped by the box of the register they are counted from."""
    found = shown_lines(actor, semester)
    compared = comparison(actor, semester, found)
    groups = by_box(found)
    shown = _Groups(semester, found, compared)
    return frame(actor, semester, found, compared, "box") | {
        "page_title": _title(groups, "盒"),
        "sections": [
            {
                "title": "",
                "groups": [
                    shown.of(f"{group.box.number} {group.box.title}", "", group) for group in groups
                ],
            }
        ],
        "how": "一项任务数的是哪个登记的记录，就归在哪个盒；数几个登记的，归在写在最前面的那个。",
    }


def regulation_view(actor: Actor, semester: SemesterSpan) -> Shown:
    """Return the duties grouped by the adopted regulation that orders them."""
    found = shown_lines(actor, semester)
    compared = comparison(actor, semester, found)
    groups = by_system(actor, semester, found)
    shown = _Groups(semester, found, compared)
    sections: dict[str, list[Shown]] = {}
    for group in groups:
        url = url_for("regulations.system", code=group.system.id, semester=semester.code)
        sections.setdefault(group.document.name, []).append(
            shown.of(f"{group.system.id} {group.system.title}", url, group)
        )
    return frame(actor, semester, found, compared, "regulation") | {
        "page_title": _title(groups, "项制度"),
        "sections": [{"title": name, "groups": theirs} for name, theirs in sections.items()],
        "how": "几项制度都要求的任务，在每一项下面都列出；不由任务检查的条款在“制度落实一览”里。",
    }


def _title(groups: Iterable[BoxGroup | SystemGroup], noun: str) -> str:
    """The answer: how many groups have met all that was asked of them so far."""
    judged = [group for group in groups if group.share.percent is not None]
    met = sum(group.share.percent == 100 for group in judged)
    if not judged:
        return "本学期还没有应办的任务"
    return f"{len(judged)} {noun}里 {met} {noun}全部做到"


class _Groups:
    """Tells the groups of one semester; every duty is told once, however many groups it is in."""

    def __init__(self, semester: SemesterSpan, found: Iterable[Line], compared: Comparison) -> None:
        self.compared = compared
        self.told = {line.duty.code: told(line, semester, compared) for line in found}

    def of(self, title: str, url: str, group: BoxGroup | SystemGroup) -> Shown:
        """Return one group with its duties, those met least first."""
        share = group.share
        trend = self.compared.whole([duty.line.duty.code for duty in group.duties])
        return {
            "title": title,
            "url": url,
            "percent": share.percent,
            "met": share.met,
            "asked": share.asked,
            "missed": share.missed,
            "trend": said(trend),
            "lines": sorted(map(self._line, group.duties), key=worst_first),
        }

    def _line(self, one: Counted) -> Shown:
        share = one.share
        own = {"percent": share.percent, "met": share.met, "asked": share.asked}
        return self.told[one.line.duty.code] | own
