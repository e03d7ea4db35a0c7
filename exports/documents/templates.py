"""The documents' HTML templates, filled without Flask."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

FOLDER = Path(__file__).resolve().parents[2] / "templates"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.filters["lines"] = _lines
    return made


@pass_eval_context
def _lines(_context: EvalContext, text: str) -> Markup:
    """Keep the line breaks of a text; everything else in it is escaped."""
    return Markup("<br/>").join(escape(line) for line in text.splitlines())


def fill(name: str, data: Mapping[str, Any]) -> str:
    """Return template `name` filled with `data`; a name the data lacks is an error."""
    return _environment().get_template(name).render(**data)
