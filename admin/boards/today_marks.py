"""Marks of what is owed as chips with links, under the word of their period.

A teacher who leads a class answers for some twenty duties of each of sixty children; the phone
shows four of them. An address is therefore built when a mark is shown, not when it is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from flask import url_for

from compliance.told.owing import ORDER, Mark
from compliance.told.progress import RUNNING


def by_period(marks: Iterable[Mark], *, whole: bool = False) -> list[dict[str, Any]]:
    """Return marks under the word of their period, as 本周, said once.

    Each leads to what counts for it: of one child, or with `whole` to all subjects of the duty.
    """
    ordered = sorted(marks, key=lambda one: ORDER[one.every])
    return [
        {"when": when, "marks": [_shown(one, whole) for one in together]}
        for when, together in groupby(ordered, key=lambda one: RUNNING[one.every])
    ]


def _shown(mark: Mark, whole: bool) -> dict[str, str]:
    here: dict[str, Any] = {"code": mark.duty.code, "period": mark.period.code}
    url = (
        url_for("boards.duty", **here)
        if whole
        else url_for("boards.subject", subject=mark.verdict.subject, **here)
    )
    return {"text": mark.noun, "state": mark.state.slug, "url": url}
