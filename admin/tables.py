"""The tables that the layers above models keep, made together with the registers' own."""

from __future__ import annotations

from typing import Any

MORE_TABLES: tuple[Any, ...] = ()
