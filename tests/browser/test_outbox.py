"""A talk typed without network on a phone: kept, shown, sent once; nobody else sees it."""

from __future__ import annotations

import threading

import pytest
from werkzeug.serving import make_server

from models.core.gates import every_row
from models.core.register import find
from tests.test_phone_scripts import photo_bytes
from tests.world import PASSWORD, TODAY

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def address(app, world):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def phone(chromium, address):
    context = chromium.new_context(viewport=PHONE, base_url=address, locale="zh-CN")
    page = context.new_page()
    sign_in(page, "alice")
    yield page
    context.close()


def sign_in(page, name):
    page.goto("/sign-in")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()


def save_a_talk(page, world, topic, picture=None, at=""):
    page.goto(f"/r/talk/new?child={world.child_a}")
    page.context.set_offline(True)
    page.fill("[name=topic]", topic)
    page.fill("[name=content]", "说了周末")
    if at:
        page.fill("[name=talked_at]", at)
    if picture:
        files = [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture}]
        page.set_input_files("[data-photo-upload] input[type=file]", files)
        page.wait_for_selector(".photo-card")
        page.click(".photo-card summary")
        page.fill(".photo-card label:has-text('地点') input", "操场边")
    page.click(".save-bar >> text=保存 >> nth=0")
    page.wait_for_selector("text=未送出 1 条")


def talks(topic):
    talk = find("talk")
    return every_row(talk).where(talk.model.topic == topic).count()


def test_a_talk_saved_without_network_is_sent_once_when_it_is_back(phone, world):
    save_a_talk(phone, world, "断网的谈心")
    assert talks("断网的谈心") == 0
    phone.context.set_offline(False)
    phone.wait_for_selector("text=已送出：谈心记录")
    assert talks("断网的谈心") == 1
    for _ in range(2):
        phone.goto("/today")
        phone.wait_for_timeout(300)
        assert phone.query_selector("text=未送出") is None
    assert talks("断网的谈心") == 1


def photos_of(topic):
    talk, photo = find("talk"), find("photo")
    record = every_row(talk).where(talk.model.topic == topic).get()
    wanted = (photo.model.register == "talk") & (photo.model.record_id == record.id)
    return list(every_row(photo).where(wanted))


def test_photos_taken_without_network_are_kept_with_their_talk_and_sent_with_it(phone, world):
    save_a_talk(phone, world, "断网也拍照", picture=photo_bytes(80, 60))
    phone.wait_for_selector("text=照片 1 张")
    phone.context.set_offline(False)
    phone.wait_for_selector("text=已送出：谈心记录")
    assert [photo.place for photo in photos_of("断网也拍照")] == ["操场边"]


def test_a_photo_the_school_refuses_does_not_hold_back_its_talk(phone, world):
    save_a_talk(phone, world, "照片坏了", picture=b"not a picture")
    phone.context.set_offline(False)
    phone.wait_for_selector("text=已送出：谈心记录")
    phone.wait_for_selector("text=有一张照片没有收下")
    assert photos_of("照片坏了") == []


def test_a_refused_talk_comes_back_to_its_form_with_the_photo(phone, world):
    save_a_talk(phone, world, "日子不对", picture=photo_bytes(80, 60), at="2099-01-01T10:00")
    phone.context.set_offline(False)
    phone.click("text=打开来改")
    phone.wait_for_selector(".photo-card[data-state=done]")
    assert phone.input_value(".photo-card label:has-text('地点') input") == "操场边"
    phone.fill("[name=talked_at]", f"{TODAY}T09:00")
    with phone.expect_navigation():
        phone.click(".save-bar >> text=保存 >> nth=0")
    assert [photo.place for photo in photos_of("日子不对")] == ["操场边"]


def test_a_kept_talk_survives_a_closed_page_and_an_ended_session(phone, world, chromium):
    save_a_talk(phone, world, "关了页面")
    context = phone.context
    context.clear_cookies()
    phone.close()
    context.set_offline(False)
    page = context.new_page()
    sign_in(page, "bob")
    page.wait_for_selector("#content")
    page.wait_for_timeout(500)
    assert page.query_selector("text=未送出") is None
    assert talks("关了页面") == 0
    context.clear_cookies()
    sign_in(page, "alice")
    page.wait_for_selector("text=已送出：谈心记录")
    assert talks("关了页面") == 1


def test_a_visit_noted_on_the_page_taken_along_is_sent_at_school(phone, world):
    phone.goto(f"/take-along?child={world.child_a}")
    phone.context.set_offline(True)
    phone.click("summary:has-text('家访记录')")
    form = phone.locator("form[data-outbox='家访记录']")
    form.locator("[name=purpose]").fill("看看奶奶")
    form.locator("button[type=submit]").click()
    phone.wait_for_selector("text=未送出 1 条")
    visit = find("home-visit")
    assert every_row(visit).where(visit.model.purpose == "看看奶奶").count() == 0
    phone.context.set_offline(False)
    phone.wait_for_selector("text=已送出：家访记录")
    assert every_row(visit).where(visit.model.purpose == "看看奶奶").count() == 1
    assert phone.locator("text=补照片").get_attribute("href").startswith("/photos/of/home-visit/")


@pytest.mark.parametrize(
    "path", ["/today", "/missed", "/r/talk/new", "/r/home-visit/new", "/take-along"]
)
def test_what_is_pressed_on_a_phone_is_large_enough(chromium, address, path):
    touched = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
    context = chromium.new_context(base_url=address, locale="zh-CN", **touched)
    page = context.new_page()
    sign_in(page, "alice")
    page.goto(path)
    small = page.evaluate(SMALL)
    context.close()
    assert small == []


# Buttons and inputs, and links that stand alone; a link inside a sentence is measured by its line.
SMALL = """() => Array.from(document.querySelectorAll(
  "main button, main a.button, main select, main summary, main textarea, main .tick, " +
  "main input:not([type=hidden]):not([type=file]):not([type=checkbox]):not([type=radio]), " +
  "main a.state, main .lines-list a, main .pupil__name, nav.bottom a, header a, header button"
)).filter((one) => one.offsetParent && !one.classList.contains("spoken")).map((one) => {
  const box = (one.closest(".picker__box") || one).getBoundingClientRect();
  return [one.className, (one.textContent || one.name).trim().slice(0, 20), box.height];
}).filter((one) => one[2] > 0 && one[2] < 43.5)"""
