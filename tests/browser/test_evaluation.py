"""The whole procedure of a year's evaluation, by the people who take part, each at a browser."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from admin.frame.tables import make_tables
from models.core import calendar, service
from models.core.actor import system
from models.core.database import connected, open_database
from models.core.gates import row
from models.core.register import find
from models.school import accounts
from models.sealed import leaders
from tests import world as built
from tests.browser.conftest import Served
from tests.browser.test_story import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CODE = "2025-2026"
NOW = datetime(2026, 7, 6, 9, 0)


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """The invented school with a second leader, served as on any day."""
    folder = tmp_path_factory.mktemp("evaluation") / "data"
    open_database(folder)
    with connected():
        make_tables()
        calendar.forget()
        made = built.build()
        actor = system(NOW)
        qian = service.create(
            actor, find("staff"), {"name": "钱副校长", "sex": "女", "phone": "13800138009"}
        )
        raw = {"username": "qian", "name": "钱副校长", "role": "领导小组", "staff": qian.id}
        raw |= {"password_hash": accounts.hash_password(built.PASSWORD), "must_change": False}
        second = service.create(actor, find("user"), raw)
        # The first leader makes sure of the second, whose signature counts from then on.
        leaders.confirm(made.leadership, second.id)
    calendar.forget()
    served = Served(folder)
    served.world = made
    yield served
    served.stop()


def person(chromium, school, name, width=1366):
    one = Person(chromium, school, width)
    one.sign_in(name, built.PASSWORD)
    return one


def sheets(one):
    """The addresses of the sheets on the year's page, by the name they stand under."""
    one.page.goto(f"/evaluation/{CODE}?by=name")
    links = one.page.locator("tbody th a").all()
    return {link.inner_text(): link.get_attribute("href") for link in links}


def heading(one):
    return one.page.get_by_role("heading", level=1).inner_text()


def press(one, word):
    """Press a button, say yes where it asks first, and wait for the page that answers."""
    with one.page.expect_navigation():
        one.page.get_by_role("button", name=word, exact=True).first.click(no_wait_after=True)
        one.page.wait_for_timeout(300)
        yes = one.page.locator("dialog[open] [data-confirm-yes]")
        if yes.count():
            yes.click(no_wait_after=True)


def shows(one, text):
    """The page shows a text."""
    one.page.get_by_text(text).first.wait_for()


def test_a_year_from_its_opening_to_a_second_edition(chromium, school):
    zhou = person(chromium, school, "leadership")
    qian = person(chromium, school, "qian")

    zhou.page.goto(f"/evaluation/{CODE}")
    press(zhou, "开始这一年的考核")
    assert "截取事实" in heading(zhou)
    press(zhou, "截取到今天的事实")
    assert "等领导小组评分" in heading(zhou)

    found = sheets(zhou)
    for name, address in found.items():
        one = qian if name == "周校长" else zhou
        one.page.goto(address)
        one.page.get_by_label("领导小组评分（0 到 100 分）").fill("82")
        press(one, "保存评分")
    zhou.page.goto(found["周校长"])
    assert zhou.page.get_by_text("保存评分").count() == 0

    alice = person(chromium, school, "alice", 390)
    alice.page.goto(f"/evaluation/mine/{CODE}")
    assert "自评" in heading(alice)
    alice.page.get_by_role("link", name="打开考核表").click()
    alice.page.get_by_label("自评（0 到 100 分）").fill("90")
    press(alice, "保存自评")
    alice.page.goto(f"/evaluation/mine/{CODE}")
    alice.fits()
    alice.keep("evaluation-mine")

    zhou.page.goto(f"/evaluation/{CODE}")
    zhou.fits()
    zhou.keep("evaluation-year")
    press(zhou, "告知各位教师")

    alice.page.goto(f"/evaluation/mine/{CODE}")
    alice.page.get_by_role("link", name="打开考核表").click()
    alice.page.get_by_text("我要申诉").click()
    alice.page.get_by_label("哪里不对").fill("漏计一次家访")
    alice.page.get_by_label("所依据的记录").fill("家访记录 1")
    press(alice, "交给领导小组")

    zhou.page.goto(found["王爱丽"])
    zhou.page.get_by_label("答复申诉").fill("已核对，计入第一学期")
    press(zhou, "答复")
    press(zhou, "决定")
    zhou.page.get_by_label("您的登录密码").fill("wrong-password")
    press(zhou, "签署")
    shows(zhou, "现在的密码不对")
    zhou.page.get_by_label("您的登录密码").fill(built.PASSWORD)
    press(zhou, "签署")
    assert "已签署" in zhou.page.locator(".page-head__note").first.inner_text()
    before = heading(zhou)
    zhou.fits()
    zhou.keep("evaluation-sheet")
    alice.page.goto(found["王爱丽"])
    alice.fits()
    alice.page.get_by_role("heading", name="为什么是这个分").scroll_into_view_if_needed()
    alice.keep("evaluation-why")

    with connected_to(school):
        talk = row(system(NOW), find("talk"), school.world.talk_a)
        service.update(system(NOW), find("talk"), talk.id, {"content": "后来改过"}, talk.version)
    zhou.page.goto(found["王爱丽"])
    assert heading(zhou) == before
    shows(zhou, "签署后改过")

    zhou.page.get_by_text("重新开放", exact=True).click()
    zhou.page.get_by_label("理由").fill("家访核实有误")
    press(zhou, "开新的一版")
    note = zhou.page.locator(".page-head__note").first.inner_text()
    assert "第 2 版" in note
    shows(zhou, re.compile("第 1 版"))

    ducha = person(chromium, school, "inspector")
    ducha.page.goto(f"/evaluation/{CODE}")
    assert "漏计一次家访" not in ducha.page.content()
    assert "王爱丽" not in ducha.page.content()
    ducha.page.goto(found["王爱丽"])
    assert "没有找到" in ducha.page.content()

    bob = person(chromium, school, "bob")
    bob.page.goto(found["王爱丽"])
    assert "没有找到" in bob.page.content()
    for one in (zhou, qian, alice, ducha, bob):
        assert one.faults == []


def connected_to(school):
    open_database(school.data_dir)
    return connected()
