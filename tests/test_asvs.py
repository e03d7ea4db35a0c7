"""What OWASP's ASVS asks at level 2 and no other test holds (docs/security.md lists all)."""

from __future__ import annotations

import http.client
from contextlib import closing

import pytest

from models.core import service
from models.core.register import find
from models.kept.assets import ROOM_KINDS
from tests.serving import serving
from tests.test_sessions import new_password, sign_in
from tests.world import PASSWORD

PLANTED = "<b id=planted onclick=x()>\"'&"


def test_markup_that_was_typed_is_text_on_every_page(client_as, world):
    raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": PLANTED[:20]}
    raw |= {"content": PLANTED, "talked_at": "2025-11-10 12:00"}
    made = service.create(world.clerk, find("talk"), raw)
    room = service.create(world.clerk, find("room"), {"name": PLANTED, "kind": ROOM_KINDS[0]})
    pages = [f"/r/talk/{made.id}", f"/r/talk/{made.id}/edit", f"/r/talk/{made.id}/history"]
    pages += ["/r/talk/", "/r/talk/?q=<b", "/search?q=<b", f"/r/room/{room.id}", "/r/room/"]
    for name in ("clerk", "leadership", "alice", "inspector"):
        seen = 0
        for page in pages:
            answer = client_as(name).get(page)
            assert "<b id=planted" not in answer.text, (name, page)
            seen += "&lt;b id=planted" in answer.text
        assert seen >= 1, name


def test_a_long_password_of_any_signs_is_taken_and_its_last_sign_counts(client_as, browser):
    said = "千 万 😀 é " * 12 + "末"
    assert len(said) > 64
    assert new_password(client_as("clerk"), PASSWORD, said).status_code == 303
    assert sign_in(browser, password=said[:-1]).status_code == 403
    assert sign_in(browser, password=said).status_code == 303


def test_the_server_tells_nobody_what_it_is_and_traces_nothing(app):
    with (
        serving(app) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
    ):
        connection.request("GET", "/sign-in")
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("Server") is None
        assert answer.getheader("X-Powered-By") is None
        connection.request("TRACE", "/sign-in", headers={"X-Told": "own-secret"})
        traced = connection.getresponse()
        assert traced.status != 200
        assert b"own-secret" not in traced.read()


@pytest.mark.parametrize(
    "folder", ["/static/", "/static/js/", "/static/fonts/", "/static/../app.py"]
)
def test_no_folder_is_listed_and_none_left(browser, folder):
    assert browser.get(folder).status_code in (302, 303, 404)
