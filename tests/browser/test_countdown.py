"""The clock of an incident on a phone: by the server's time, through sleep, overdue in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compliance.told.incidents import notify
from models.core import service
from models.core.register import find
from tests.test_photos_browser import address, page  # noqa: F401 - fixtures
from tests.world import NOON

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def incident(world):
    """A fall ten minutes ago, entered by Alice: the guardian has twenty minutes left."""
    raw = {"occurred_at": NOON - timedelta(minutes=10), "place": "操场", "kind": "人身伤害"}
    return service.create(world.alice, find("incident"), raw)


@pytest.fixture
def phone(page, incident):  # noqa: F811
    """Alice's phone on the page; its own clock is a day behind, and does not run in its sleep."""
    page.add_init_script("performance.now = () => 0")
    page.clock.install(time=NOON - timedelta(days=1))
    page.goto(f"/r/incident/{incident.id}")
    return page


def left(phone, recipient):
    step = phone.locator(".clock__step", has_text=recipient)
    return step.locator("[data-deadline]").inner_text()


def wake(phone):
    with phone.expect_response(lambda answer: "/r/incident/" in answer.url):
        phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_time_left_is_the_servers_and_runs_by_the_second(phone):
    assert left(phone, "监护人") == "还剩 20分0秒"
    phone.clock.run_for(5_000)
    assert left(phone, "监护人") == "还剩 19分55秒"
    assert left(phone, "政府") == "还剩 1小时49分55秒"


def test_a_phone_that_slept_shows_the_true_time_and_overdue_in_words(phone, clock):
    clock.advance(minutes=40)
    with phone.expect_response(lambda answer: "/r/incident/" in answer.url):
        phone.clock.fast_forward("40:00")
    step = phone.locator(".clock__step--unmet", has_text="监护人")
    step.wait_for()
    assert left(phone, "监护人") == "已超 20分0秒"
    assert "未达标" in step.inner_text()
    assert left(phone, "父母") == "还剩 10分0秒"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_whose_own_clock_stood_still_asks_the_server_when_it_wakes(phone, clock):
    clock.advance(minutes=40)
    phone.locator("#notice textarea").fill("已送医院")
    wake(phone)
    phone.locator(".clock__step--unmet", has_text="监护人").wait_for()
    assert left(phone, "监护人") == "已超 20分0秒"
    assert phone.locator("#notice textarea").input_value() == "已送医院"


def test_whom_a_colleague_told_meanwhile_is_seen_on_waking(phone, clock, world, incident):
    raw = {"recipient_kind": "监护人", "notified_at": NOON + timedelta(minutes=3)}
    clock.advance(minutes=5)
    clerk = world.actor("clerk", now=clock.now())
    notify(clerk, incident.id, {**raw, "staff": world.staff_clerk, "reached": True})
    wake(phone)
    phone.get_by_text("通报，用时 13分0秒，按时").wait_for()
    assert left(phone, "父母") == "还剩 45分0秒"
