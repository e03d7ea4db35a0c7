"""The access log: every page that shows an inspector anything is noted, whichever page it is."""

from __future__ import annotations

import pytest

from admin.frame.looks import OF_NOBODY
from models.core.audit import AccessLog
from models.core.database import database
from models.core.register import REGISTERS
from tests.test_matrix import browser_of, school
from tests.test_matrix_pages import values_of

__all__ = ["school"]

# What shows no record, named by hand: the test asks whether the list in the product is no longer.
WITHOUT_PEOPLE = {
    "static",
    "admin.static",
    "health",
    "sessions.sign_in",
    "sessions.sign_out",
    "sessions.account",
    "sessions.password",
}


def every_address(app, made):
    """Each address of the route table that can be got, about a record in Alice's hands."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
        if "GET" not in rule.methods or rule.endpoint in WITHOUT_PEOPLE:
            continue
        place = rule.endpoint.partition(".")[0]
        values = values_of(made, rule.endpoint, rule.arguments)
        if place in REGISTERS and "rid" in values:
            values["rid"] = made.ids.get((place, "alice")) or made.ids.get((place, "nobody"), 1)
        if place == "photos":
            values |= {"photo_id": made.ids["photo", "alice"], "slug": "talk"}
            values["record_id"] = made.ids["talk", "alice"]
        values = {name: value for name, value in values.items() if name in rule.arguments}
        yield rule.endpoint, rule.build(values, append_unknown=False)[1]


def test_every_page_an_inspector_is_shown_is_noted(school, worker_app):
    client, silent, shown = browser_of(worker_app, school, "inspector"), [], set()
    for endpoint, address in every_address(worker_app, school):
        with database.atomic() as step:
            before = AccessLog.select().count()
            answer = client.get(address)
            noted = AccessLog.select().count() - before
            mine = AccessLog.select().order_by(AccessLog.id.desc()).first()
            step.rollback()
        answer.close()
        if answer.status_code == 200:
            shown.add(endpoint)
            if not noted or mine.user_id != school.world.inspector.user_id:
                silent.append(address)
    assert not silent, silent
    assert {
        "search.index",
        "boards.missed",
        "boards.duty",
        "draws.index",
        "incidents.index",
        "child.pick",
        "child.history",
        "photos.picture",
        "photos.gallery",
        "inspection.index",
        "regulations.system",
    } <= shown
    assert len(shown) > 250


@pytest.mark.parametrize("person", ["clerk", "alice"])
def test_lists_are_noted_of_inspectors_alone(school, worker_app, person):
    before = AccessLog.select().count()
    browser_of(worker_app, school, person).get("/search?q=x")
    assert AccessLog.select().count() == before


def test_a_page_is_noted_with_its_place_and_what_was_asked(school, worker_app):
    browser_of(worker_app, school, "inspector").get("/search?q=%E5%88%BA%E7%BB%A3")
    newest = AccessLog.select().order_by(AccessLog.id.desc()).first()
    assert (newest.action, newest.register, newest.role) == ("page", "search", "inspector")
    assert newest.detail == "/search?q=%E5%88%BA%E7%BB%A3"


def test_nothing_else_is_left_out():
    assert OF_NOBODY <= WITHOUT_PEOPLE
