"""What the import pages show: the mapping, the verdict of every row, the batches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from admin.frame.paging import page_of
from admin.work.import_work import Opened
from models.core.errors import Invalid
from models.core.undo import UndoReport
from models.intake import HeaderMap
from models.intake.report import (
    CHANGED,
    COUNTED,
    LEFT_ALONE,
    NEW,
    REFUSED,
    SAME,
    VERDICTS,
    ImportReport,
    RowVerdict,
)

PAGE_SIZE = 100
TONES = {
    NEW: "met",
    CHANGED: "accent",
    SAME: "",
    LEFT_ALONE: "",
    COUNTED: "",
    REFUSED: "unmet",
}
# The filters of the preview: which rows each shows.
SHOWN = {"all": "全部", "wrong": "错误", "warn": "提醒", "good": "可导入"}
_MOST_CHANGES = 6


def mapping_of(opened: Opened) -> list[dict[str, Any]]:
    """Return per sheet the columns with what each is taken for."""
    options = sorted(opened.fields.items(), key=lambda item: item[1])
    return [
        {
            "place": place,
            "sheet": header.sheet,
            "unknown": header.unknown,
            "columns": [
                {
                    "name": f"c.{place}.{column.index}",
                    "heading": column.heading or f"第 {column.index + 1} 列",
                    "field": column.field or "",
                }
                for column in header.columns
                if column.heading or column.field
            ],
            "options": options,
        }
        for place, header in enumerate(opened.headers)
    ]


def posted_columns(opened: Opened, form: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
    """Return the posted mapping per sheet; Invalid when two columns are taken for one field."""
    chosen: dict[str, dict[str, str | None]] = {}
    for place, header in enumerate(opened.headers):
        columns = _posted_sheet(place, header, form, opened.fields)
        if columns:
            chosen[header.sheet] = columns
    return chosen


def _posted_sheet(
    place: int, header: HeaderMap, form: Mapping[str, str], fields: Mapping[str, str]
) -> dict[str, str | None]:
    columns: dict[str, str | None] = {}
    taken: set[str] = set()
    for column in header.columns:
        said = form.get(f"c.{place}.{column.index}")
        if said is None:
            continue
        known = said if said in fields or said == column.field else None
        if known and known in taken:
            told = fields.get(known, known)
            raise Invalid({"": f"有两列都对应“{told}”，请只留一列，另一列选“不导入”"})
        taken |= {known} if known else set()
        columns[str(column.index)] = known
    return columns


def preview_page(report: ImportReport | None, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the tiles, tabs, rows and paging of the preview."""
    if report is None:
        return {"report": None, "rows": [], "tabs": [], "paging": None}
    groups = {
        "all": report.rows,
        "wrong": report.refused,
        "warn": [row for row in report.rows if row.warnings and not row.refused],
        "good": [row for row in report.rows if not row.refused],
    }
    shown = args.get("show", "") if args.get("show") in SHOWN else ""
    shown = shown or ("wrong" if report.refused else "all")
    rows = groups[shown]
    page, pages = page_of(args, len(rows), PAGE_SIZE)
    part = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return {
        "report": report,
        "verdicts": [(VERDICTS[name], count, TONES[name]) for name, count in report.counts.items()],
        "tabs": [
            {
                "url": f"?{urlencode({'show': key})}",
                "title": title,
                "count": len(groups[key]),
                "active": key == shown,
            }
            for key, title in SHOWN.items()
        ],
        "rows": [_row(row) for row in part],
        "paging": _paging(shown, page, pages, len(rows)),
    }


def _row(row: RowVerdict) -> dict[str, Any]:
    return {
        "cells": [
            f"{row.sheet} {row.number} 行",
            row.label,
            {"tone": TONES[row.verdict], "text": VERDICTS[row.verdict]},
            _told(row),
        ]
    }


def _told(row: RowVerdict) -> str:
    told = [problem.message for problem in (*row.errors, *row.warnings)]
    changes = [f"{label}：{old or '空'} → {new or '空'}" for label, old, new in row.changes]
    if len(changes) > _MOST_CHANGES:
        changes = [*changes[:_MOST_CHANGES], f"等 {len(row.changes)} 格"]
    return "；".join([*told, *changes])


def _paging(shown: str, page: int, pages: int, total: int) -> dict[str, Any]:
    def url(number: int) -> str:
        return f"?{urlencode({'show': shown, 'page': number})}"

    return {
        "number": page,
        "pages": pages,
        "total": total,
        "total_word": f"{total} 行",
        "prev_url": url(page - 1) if page > 1 else "",
        "next_url": url(page + 1) if page < pages else "",
    }


def batch_rows(found: list[Any]) -> list[dict[str, Any]]:
    """Return the batches as rows of a table, each with its undo."""
    rows = []
    for batch in found:
        counts = json.loads(batch.counts)
        said = "、".join(
            f"{VERDICTS[name]} {count}" for name, count in counts.items() if name in VERDICTS
        )
        row: dict[str, Any] = {
            "id": batch.id,
            "cells": [
                batch.title,
                f"{batch.at:%Y-%m-%d %H:%M}",
                batch.who,
                said,
                {"tone": "", "text": f"{batch.undone_at:%m-%d %H:%M} 已撤销"}
                if batch.undone_at
                else {"tone": "met", "text": "有效"},
            ],
        }
        if batch.undone_at is None:
            row["actions"] = [
                {
                    "word": "撤销",
                    "icon": "undo",
                    "post": True,
                    "url": url_for("imports.undo_batch", batch_id=batch.id),
                    "confirm": f"全部撤销“{batch.title}”吗？之后又被改过的记录会留下并列出。",
                }
            ]
        rows.append(row)
    return rows


def undo_lines(report: UndoReport) -> list[dict[str, Any]]:
    """Return the records left standing by an undo, as rows of a table."""
    return [{"cells": [title, name, why]} for title, name, why in report.left]
