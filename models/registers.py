"""Every register, in the order of the boxes: importing this module declares them all."""

from __future__ import annotations

from models import (
    accounts,
    assets,
    bundles,
    calls,
    children,
    meetings,
    pairings,
    photos,
    school,
    staff,
    talks,
)
from models.register import REGISTERS, check_all

MODULES = (
    staff,
    children,
    pairings,
    talks,
    calls,
    meetings,
    assets,
    photos,
    accounts,
    school,
    bundles,
)

check_all()

__all__ = ["MODULES", "REGISTERS"]
