"""The bundle's declaration is complete, and a mistake in it stops the start."""

from __future__ import annotations

import copy
import tomllib

import pytest

from exports.bundle.declaration import FILE, declaration, read_declaration
from models.core.errors import BadDeclaration


@pytest.fixture
def raw():
    return copy.deepcopy(tomllib.loads(FILE.read_text("utf-8")))


def test_the_eight_parts_the_clause_asks_for_are_declared():
    parts = declaration().parts
    assert [part.clause for part in parts] == [f"S03-18({number})" for number in range(1, 9)]
    assert all(source.supplier for part in parts for source in part.sources)


def test_children_meetings_and_photos_are_among_the_sources():
    made = {
        (s.make, slug) for part in declaration().parts for s in part.sources for slug in s.slugs
    }
    assert {("book", "child"), ("meetings", "meeting"), ("photos", "meeting")} <= made


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("make", "poster"),
        ("at_least", 0),
        ("supplier", ""),
        ("suplier", "文员"),
        ("where", {"no_such_field": "x"}),
        ("needs", ["no-such-thing"]),
        ("during", ["identified_on", "left_on"]),
    ],
)
def test_a_mistake_in_a_source_is_refused(raw, key, value):
    source = next(
        source for part in raw["part"] for source in part["source"] if source["register"] == "child"
    )
    source[key] = value
    with pytest.raises(BadDeclaration):
        read_declaration(raw)


def test_photos_of_a_register_without_photos_are_refused(raw):
    source = next(s for part in raw["part"] for s in part["source"] if s["make"] == "photos")
    source["register"] = ["semester"]
    with pytest.raises(BadDeclaration):
        read_declaration(raw)


def test_parts_are_numbered_without_gaps(raw):
    raw["part"][3]["number"] = 9
    with pytest.raises(BadDeclaration):
        read_declaration(raw)
