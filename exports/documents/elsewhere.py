"""Documents that a page of its own makes: the package, and what only a key opens."""

from __future__ import annotations

from compliance.ordered.papers import INTERNAL, made_at
from models.core.boxes import CLERK, COUNSELLOR, LEADERSHIP

made_at("inspection-bundle", "迎检材料包", "bundles.index", clauses=("S03-18",))
made_at(
    "counselling-index",
    "咨询索引",
    "sealed_office.counselling_index",
    clauses=("S14-2", "Q13-2", "Q19-3", "H07-2"),
    source=("counselling",),
    roles=(CLERK, LEADERSHIP, COUNSELLOR),
)
made_at(
    "anonymised-case",
    "匿名个案",
    "sealed.index",
    clauses=("S14-2", "H07-2"),
    source=("counselling",),
    roles=(COUNSELLOR,),
    editions=(INTERNAL,),
)
