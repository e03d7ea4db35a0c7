"""The numbers a school set for its checks, with their reasons (register 检查数字)."""

from __future__ import annotations

from typing import Any

from models.core.gates import every_row
from models.core.register import register_of
from models.kept.supervision import CHECK_KINDS, CheckNumber

HARDWARE, FINDINGS = CHECK_KINDS


def own_numbers(kind: str) -> dict[str, int]:
    """Return the school's numbers of one kind by code: a line's id, or `F605.days`."""
    return {code: record.number for code, record in own_records(kind).items()}


def own_records(kind: str) -> dict[str, Any]:
    """Return the records of the school's numbers of one kind by code."""
    query = every_row(register_of(CheckNumber)).where(CheckNumber.kind == kind)
    return {record.code: record for record in query}
