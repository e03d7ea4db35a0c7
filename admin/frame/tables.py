"""The tables that the layers above models keep, made together with the registers' own."""

from __future__ import annotations

from typing import Any

from compliance.judged.store import TABLES as VERDICT_TABLES

MORE_TABLES: tuple[Any, ...] = (*VERDICT_TABLES,)
