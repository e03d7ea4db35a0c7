"""The charts of a child's page: growth by the fitness tests, acts by month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from admin.boards.missed import ACTS
from compliance.ordered.reading import day, day_text, tuples
from exports.documents.paper import page_of
from exports.pdf.curves import bars_by_month, curve
from models.core.actor import Actor
from models.core.display import page as display
from models.core.gates import rows
from models.core.register import REGISTERS, register_of
from models.core.rights import may
from models.kept.growth import FitnessTest

# What is drawn over the years, with its unit.
MEASURED = (("height_cm", "身高", "厘米"), ("weight_kg", "体重", "千克"))
# So many tests fit beside each other; a child's last four years.
TESTS = 7
MONTHS = 12


def growth_charts(actor: Actor, child_id: int) -> list[dict[str, Any]]:
    """Return a curve of each measure that was taken at least twice, as the actor reads it."""
    register = register_of(FitnessTest)
    if not may(actor, "read", register):
        return []
    query = rows(actor, register).where(
        FitnessTest.child == child_id, FitnessTest.tested_on <= actor.today
    )
    newest = list(query.order_by(FitnessTest.tested_on.desc()).limit(TESTS))
    shown = display(actor, register, reversed(newest), "detail")
    charts = []
    for name, title, unit in MEASURED:
        taken = ((record.tested_on, _number(shown.text(record, name))) for record in shown.records)
        points = [(on, number) for on, number in taken if number is not None]
        if len(points) > 1:
            title = f"{title}（{unit}）"
            charts.append({"title": title, "drawing": page_of([curve(points, unit)])})
    return charts


def _number(text: str) -> float | None:
    """Return a number as shown; None where nothing stands, or what stands is masked."""
    try:
        return float(text)
    except ValueError:
        return None


def acts_chart(actor: Actor, child_id: int) -> dict[str, Any] | None:
    """Return talks, visits and calls of the last twelve months; None when there were none."""
    months = _months(actor.today)
    first = date(*months[0], 1)
    counted = []
    for slug, word, where in ACTS:
        register = REGISTERS[slug]
        if not may(actor, "read", register):
            continue
        happened = getattr(register.model, register.happened)
        query = rows(actor, register).where(
            register.model.child == child_id,
            happened >= first,
            happened < actor.today + timedelta(days=1),
        )
        for name, value in where.items():
            query = query.where(getattr(register.model, name) == value)
        days = [day(text) for (text,) in tuples(query.select(day_text(happened)))]
        there = [(one.year, one.month) for one in days if one is not None]
        counted.append((word, [there.count(month) for month in months]))
    if not any(any(numbers) for _, numbers in counted):
        return None
    words = "、".join(word for word, _ in counted)
    drawing = page_of([bars_by_month(months, counted)])
    return {"title": f"近 12 个月每月的{words}", "drawing": drawing}


def _months(today: date) -> list[tuple[int, int]]:
    """Return (year, month) of the last twelve months, this one last."""
    last = today.year * 12 + today.month - 1
    return [(one // 12, one % 12 + 1) for one in range(last - MONTHS + 1, last + 1)]
