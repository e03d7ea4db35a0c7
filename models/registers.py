"""Every register, in the order of the boxes: importing this module declares them all."""

from __future__ import annotations

from models import (
    accounts,
    activities,
    adoptions,
    agreements,
    archive,
    assets,
    bundles,
    calls,
    census,
    checklists,
    children,
    contacts,
    corrections,
    counselling,
    evaluations,
    excuses,
    fitness,
    groups,
    growth,
    incidents,
    leadership,
    lectures,
    letters,
    materials,
    meetings,
    news,
    openings,
    pairings,
    photos,
    plans,
    property,
    reading,
    regulations,
    review_tasks,
    rooms,
    school,
    semester_close,
    silences,
    staff,
    subsidies,
    supervision,
    support,
    talks,
    volunteers,
)
from models.register import REGISTERS, check_all

MODULES = (
    staff,
    leadership,
    regulations,
    plans,
    children,
    census,
    agreements,
    review_tasks,
    pairings,
    groups,
    volunteers,
    support,
    excuses,
    talks,
    contacts,
    calls,
    letters,
    openings,
    reading,
    activities,
    lectures,
    meetings,
    growth,
    fitness,
    rooms,
    assets,
    property,
    news,
    subsidies,
    incidents,
    supervision,
    evaluations,
    checklists,
    silences,
    counselling,
    materials,
    photos,
    corrections,
    archive,
    accounts,
    school,
    adoptions,
    semester_close,
    bundles,
)


def _put_in_order() -> None:
    """Order the registers as MODULES lists them, whichever module was imported first."""
    place = {module.__name__: number for number, module in enumerate(MODULES)}
    ordered = sorted(REGISTERS.items(), key=lambda item: place[item[1].model.__module__])
    REGISTERS.clear()
    REGISTERS.update(ordered)


check_all()
_put_in_order()

__all__ = ["MODULES", "REGISTERS"]
