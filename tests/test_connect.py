"""The address on paper: what slips showed is remembered, and a change of it is told."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.errors import Denied
from models.core.register import find
from models.school import connect


@pytest.fixture
def lies(monkeypatch):
    at = {"at": "192.168.1.20"}
    monkeypatch.setattr("admin.people.many_accounts.own_address", lambda: at["at"])
    return at


def test_slips_tell_their_address_and_a_change_is_warned_of(client_as, world, lies):
    clerk = client_as("clerk")
    assert "还没有打印过地址" in clerk.get("/connect").text
    data = {"staff": make_colleague(world)}
    assert "192.168.1.20" in clerk.post("/accounts/many", data=data).text
    assert connect.last_printed(world.clerk).address.startswith("http://192.168.1.20")
    assert "不用换" in clerk.get("/connect").text
    lies["at"] = "192.168.1.77"
    assert "登录地址变了" in clerk.get("/connect").text


def make_colleague(world):
    return service.create(world.clerk, find("staff"), {"name": "钱小云", "sex": "女"}).id


def test_an_address_that_changed_under_the_page_is_not_noted(client_as, world, lies):
    clerk = client_as("clerk")
    clerk.post("/connect", data={"address": "http://192.168.1.99/sign-in"})
    assert connect.last_printed(world.clerk) is None


def test_only_who_manages_accounts_sees_what_was_printed(client_as, world, lies):
    for name in ("alice", "leadership", "inspector"):
        with pytest.raises(Denied):
            connect.last_printed(world.actor(name))
        assert client_as(name).post("/connect", data={"address": ""}).status_code == 403


def test_the_clerks_first_page_says_that_the_address_on_paper_leads_nowhere(client_as, world, lies):
    clerk = client_as("clerk")
    assert "登录地址变了" not in clerk.get("/desk").text
    clerk.post("/accounts/many", data={"staff": make_colleague(world)})
    assert "登录地址变了" not in clerk.get("/desk").text
    lies["at"] = "192.168.1.77"
    page = clerk.get("/desk").text
    assert "登录地址变了" in page
    assert "192.168.1.20" in page
    # Cut off from the network, the computer has no new address to give out.
    lies["at"] = ""
    assert "登录地址变了" not in clerk.get("/desk").text
    lies["at"] = "192.168.1.77"
    with clerk.get("/connect") as shown:
        address = shown.text.split('name="address" value="')[1].split('"')[0]
    clerk.post("/connect", data={"address": address})
    assert "登录地址变了" not in clerk.get("/desk").text
