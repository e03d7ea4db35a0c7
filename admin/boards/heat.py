"""The heat map of the whole board: every duty by every week of the semester, for screen and paper.

Each cell has a shape, a colour and a spoken sentence, so that it reads in print, for the
colour-blind and with a screen reader. It is as wide as its period has weeks: what is asked once a
semester stands there once.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import url_for

from admin.boards.page import frame, shown_lines
from admin.boards.trend import said
from admin.boards.weeks import periods_by_week, state_in, weeks
from compliance.judged.verdict import State
from compliance.told.grouped import by_box
from compliance.told.progress import Line
from compliance.told.trend import Comparison, comparison
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan

Shown = dict[str, Any]
# What many subjects can show together; the others belong to single subjects.
LEGEND = (State.DONE, State.DUE, State.MISSED, State.EXCUSED, State.NOT_DUE)


def heat(actor: Actor, semester: SemesterSpan) -> Shown:
    """Return all duties of a semester by weeks, grouped by box, with share and comparison."""
    found = shown_lines(actor, semester)
    compared = comparison(actor, semester, found)
    groups = [
        {
            "title": f"{group.box.number} {group.box.title}",
            "percent": group.share.percent,
            "rows": [_row(duty.line, actor, semester, compared) for duty in group.duties],
        }
        for group in by_box(found)
    ]
    shown = frame(actor, semester, found, compared, "heat")
    percent = shown["whole"]["percent"]
    answer = "还没有应办的任务" if percent is None else f"各周任务做到 {percent}%"
    return shown | {
        "page_title": f"{len(found)} 项任务 × {len(weeks(actor, semester))} 周：{answer}",
        "weeks": weeks(actor, semester),
        "groups": groups,
        "legend": [one.slug for one in LEGEND],
    }


def _row(line: Line, actor: Actor, semester: SemesterSpan, compared: Comparison) -> Shown:
    percent = line.share().percent
    return {
        "title": line.duty.title,
        "every": line.duty.every.word,
        "url": url_for("boards.duty", code=line.duty.code, semester=semester.code),
        "cells": [
            _cell(line, index, semester) | {"weeks": len(list(same))}
            for index, same in groupby(periods_by_week(line.periods, actor, semester))
        ],
        "percent": "—" if percent is None else f"{percent}%",
        "trend": said(compared.duties[line.duty.code]),
    }


def _cell(line: Line, index: int | None, semester: SemesterSpan) -> Shown:
    """One duty in the period some weeks end in; weeks to come, or without subjects, ask nothing."""
    if index is not None and not line.summed.subjects:
        return _told(State.NO_DATA, f"{line.periods[index].title}：没有应办的对象")
    state, title, share = state_in(line, index)
    if index is None or share is None:
        return _told(state, title)
    period = line.periods[index].code
    url = url_for("boards.duty", code=line.duty.code, period=period, semester=semester.code)
    return _told(state, f"{title}，{share.percent}%") | {
        "url": url,
        "percent": None if share.percent == 100 else share.percent,
    }


def _told(state: State, title: str) -> Shown:
    return {"state": state.slug, "title": title}
