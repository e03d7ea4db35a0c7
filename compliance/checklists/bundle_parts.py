"""迎检上报材料八个部分 (S03-18): how many are whole, as the bundle itself says.

What goes into a bundle is known in a later room (exports.bundle); it enters its counter here, as
documents enter their makers (compliance.ordered.papers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from models.core.actor import Actor
from models.core.errors import BadDeclaration
from models.core.school_calendar import SemesterSpan


class BundleParts(NamedTuple):
    """The parts of a semester's bundle: how many are whole of all, what is missing and there."""

    whole: int
    parts: int
    missing: int
    found: int


Counter = Callable[[Actor, SemesterSpan], BundleParts]
_counters: list[Counter] = []


def counted_by(counter: Counter) -> Counter:
    """Enter what counts the parts; the newest entered is asked."""
    _counters.append(counter)
    return counter


def bundle_parts(actor: Actor, semester: SemesterSpan) -> BundleParts:
    """Return how the parts of a semester's bundle stand; BadDeclaration when nobody counts them."""
    if not _counters:
        raise BadDeclaration("没有读入上报材料的各部分：exports/bundle 没有读入")
    return _counters[-1](actor, semester)
