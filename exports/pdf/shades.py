"""The shades papers are drawn in, and what ReportLab makes of them."""

from __future__ import annotations

from functools import cache
from typing import Any

# The register of a well-kept paper book: near-black text, grey remarks, thin warm-grey rules.
INK, QUIET, RULE, TINT = "#1d1f1f", "#6a6762", "#8d8880", "#f4f1ea"


@cache
def shade(written: str) -> Any:
    """Return a shade as ReportLab's colour: read once, a page draws hundreds of lines in it."""
    from reportlab.lib.colors import HexColor

    return HexColor(written)
