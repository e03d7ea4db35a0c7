"""Several processes of a school: what is sealed is opened in one, the others hand on to it."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from admin.frame import settings
from admin.sealed.hand_on import HandsOn
from models.kept.counselling import SESSIONS
from models.school import accounts
from tests.sealed_people import PASSPHRASE, session, started
from tests.serving import free_port, serving
from tests.test_counselling import _no_key_is_left
from tests.world import NOON

__all__ = ["_no_key_is_left"]


@pytest.fixture
def hands_on(app, world):
    """A browser at a process that hands on, signed in as one of the school; and what came by it."""
    own = []

    def other(environ, start_response):
        own.append(environ["PATH_INFO"])
        return app.wsgi_app(environ, start_response)

    with serving(app, proxy="127.0.0.1") as port:

        def browser(name):
            client = Client(HandsOn(other, port))
            token = accounts.open_session(world.actors[name].user_id, NOON, "127.0.0.1", "test")
            with app.test_client() as signing:
                with signing.session_transaction() as kept:
                    kept["_user_id"], kept["_fresh"] = token, True
                cookie = signing.get_cookie(app.config["SESSION_COOKIE_NAME"])
            client.set_cookie(cookie.key, cookie.value)
            return client

        yield browser, own


def unlock(client):
    page = client.get("/sealed/keys").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    data = {"csrf_token": token, "step": "unlock", "passphrase": PASSPHRASE}
    return client.post("/sealed/keys", data=data)


def test_a_session_is_unlocked_and_read_through_another_process(hands_on, world):
    actor, _recovery = started(world)
    record = session(world, actor)
    browser, own = hands_on
    client = browser("counsellor")
    assert "想妈妈" not in client.get("/sealed/").text
    answer = unlock(client)
    assert (answer.status_code, answer.location) in ((302, "/sealed/"), (303, "/sealed/"))
    shown = client.get(f"/sealed/{SESSIONS.slug}/{record.id}")
    assert "想妈妈" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    # Not one of these requests was answered by the process they came to.
    assert own == []
    assert client.get("/account").status_code == 200
    assert client.get("/sealed-office/").status_code == 200
    assert own == ["/account", "/sealed-office/"]


def test_who_asked_is_handed_on_and_believed(hands_on, app):
    browser, _own = hands_on
    client = browser("counsellor")
    near = client.get("/sealed/keys")
    far = client.get("/sealed/keys", environ_overrides={"REMOTE_ADDR": "10.0.0.5"})
    # What a visitor writes himself counts for nothing.
    lying = client.get(
        "/sealed/keys",
        headers={"X-Forwarded-For": "127.0.0.1"},
        environ_overrides={"REMOTE_ADDR": "10.0.0.5"},
    )
    assert [one.status_code for one in (near, far, lying)] == [200, 403, 403]


def test_nobody_but_the_counsellor_is_let_in(hands_on):
    browser, _own = hands_on
    for name in ("clerk", "leadership", "alice", "inspector"):
        assert browser(name).get("/sealed/").status_code == 403


def test_an_address_beside_the_sealed_ones_stays_here(app):
    seen = []

    def own(environ, start_response):
        seen.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b""]

    client = Client(HandsOn(own, free_port()))
    for path in ("/sealed-office/", "/sealedx", "/", "/r/sealed/"):
        assert client.get(path).status_code == 200
    assert len(seen) == 4


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_process_that_is_not_there_is_said(method):
    client = Client(HandsOn(lambda *_asked: [], free_port()))
    answer = getattr(client, method)("/sealed/keys", data={"passphrase": "x"})
    assert answer.status_code == 503
    assert "没有启动" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_port_is_named_beside_a_proxy_alone(monkeypatch):
    monkeypatch.setenv("SCHOOL_SEALED_PORT", "8101")
    with pytest.raises(settings.BadSettings, match="SCHOOL_PROXY"):
        settings.from_environment()
    monkeypatch.setenv("SCHOOL_PROXY", "127.0.0.1")
    assert settings.from_environment().sealed_port == 8101
    monkeypatch.setenv("SCHOOL_SEALED_PORT", "80000")
    with pytest.raises(settings.BadSettings, match="SCHOOL_SEALED_PORT"):
        settings.from_environment()
