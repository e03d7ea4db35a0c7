"""The engine rooms know no register: no slug is compared, and no set of slugs is kept there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from models.core.register import REGISTERS

ROOT = Path(__file__).parent.parent
ROOMS = ("models/core", "exports/pdf", "exports/tables", "admin/registers")
# Pages that serve one register alone stand in the room of registers beside the generated ones.
OWN_PAGES = {
    "admin/registers/incident_pages.py": {"child"},
    "admin/registers/review_tasks.py": {"child", "staff"},
}


def files():
    return sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))


def strings(node):
    """The texts of a literal: of one text, or of a set, tuple, list or mapping of texts."""
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [node])
    found = [part.value for part in parts if isinstance(part, ast.Constant)]
    return {text for text in found if isinstance(text, str)}


def speaks_of_slugs(node):
    return any(
        (isinstance(part, ast.Attribute) and part.attr == "slug")
        or (isinstance(part, ast.Name) and part.id == "slug")
        for part in ast.walk(node)
    )


def slugs_in(source):
    """(line, slugs) of every comparison with a slug, and of every kept set of nothing but slugs."""
    for node in ast.walk(ast.parse(source)):
        named = set()
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(speaks_of_slugs(side) for side in sides):
                named = {text for side in sides for text in strings(side)}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            texts = strings(node.value)
            several = isinstance(node.value, (ast.Set, ast.Tuple, ast.List, ast.Call, ast.Dict))
            named = texts if several and len(texts) > 1 and texts <= set(REGISTERS) else set()
        if found := named & set(REGISTERS):
            yield node.lineno, found


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_an_engine_room_names_no_register(file):
    name = str(file.relative_to(ROOT))
    allowed = OWN_PAGES.get(name, set())
    wrong = [(line, slugs - allowed) for line, slugs in slugs_in(file.read_text("utf-8"))]
    assert [one for one in wrong if one[1]] == []


@pytest.mark.parametrize(
    "source",
    [
        'if register.slug == "child": pass',
        'found = slug in ("talk", "home-visit")',
        'CARRIED = frozenset({"staff", "room"})',
        'found = {"child": 1, "staff": 2}',
    ],
)
def test_a_slug_would_be_seen(source):
    assert list(slugs_in(source))
