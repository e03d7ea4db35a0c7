"""Photos on a phone: two chosen in the gallery of a visit, both sent, captioned and saved."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from models.core.gates import every_row
from models.photos.view import PHOTOS
from models.school import accounts
from tests.serving import LEAVES_FILES, serving
from tests.test_photo_store import jpeg, new_visit

pytestmark = [pytest.mark.browser, LEAVES_FILES]


@pytest.fixture
def address(app):
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(chromium, address, app, world, clock):
    """Alice's phone, signed in."""
    token = accounts.open_session(world.alice.user_id, clock.now(), "127.0.0.1", "phone")
    with app.test_request_context():
        cookie = app.session_interface.get_signing_serializer(app).dumps(
            {"_user_id": token, "_fresh": True}
        )
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=address)
    context.add_cookies([{"name": "school", "value": cookie, "url": address}])
    phone = context.new_page()
    phone.set_default_timeout(10_000)
    faults = []
    phone.on("pageerror", lambda error: faults.append(str(error)))
    phone.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield phone
    context.close()
    assert not faults


def chosen(name, shade):
    return {"name": name, "mimeType": "image/jpeg", "buffer": jpeg(shade, size=(3000, 2250))}


def wait_until_sent(page, count):
    expect(page.locator(".photo-card[data-state=done]")).to_have_count(count, timeout=30000)


def wait_until_seen(page, selector, count):
    """Wait until as many pictures have really come."""
    shown = "pictures => pictures.filter((picture) => picture.naturalWidth).length"
    for _ in range(300):
        if page.locator(selector).evaluate_all(shown) == count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{count} pictures of {selector} did not come")


def test_two_photos_chosen_on_a_phone_are_both_on_the_visit(page, world, tmp_path):
    visit = new_visit(world)
    page.goto(f"/photos/of/home-visit/{visit.id}")
    page.set_input_files("input[type=file]", [chosen("a.jpg", 1), chosen("b.jpg", 2)])
    wait_until_sent(page, 2)
    page.locator(".photo-card summary").first.click()
    page.get_by_label("地点").first.fill("堂屋")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep(page, "choosing")
    page.get_by_role("button", name="保存照片").click()
    page.wait_for_selector(".photo img")
    wait_until_seen(page, ".photo img", 2)
    keep(page, "gallery")
    stored = list(every_row(PHOTOS).order_by(PHOTOS.model.id))
    assert [(photo.record_id, photo.evidence) for photo in stored] == [(visit.id, "photo")] * 2
    assert [photo.place for photo in stored] == ["堂屋", "云岭镇大坪村**"]
    assert max(stored[0].width, stored[0].height) == 2400  # The phone made it smaller.
    page.locator(".photo a").first.click()
    wait_until_seen(page, ".photo-page__picture", 1)
    page.get_by_label("人物").fill("奶奶和张小雨")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep(page, "photo")
    page.get_by_role("button", name="保存").click()
    page.wait_for_selector("text=照片说明已保存")
    assert every_row(PHOTOS).order_by(PHOTOS.model.id).first().people == "奶奶和张小雨"


def test_a_photo_is_sent_as_what_was_chosen_and_a_second_choice_of_it_is_dropped(page, world):
    visit = new_visit(world)
    page.goto(f"/photos/of/home-visit/{visit.id}")
    page.get_by_label("接下来选的是").select_option("家长签名")
    page.set_input_files("input[type=file]", chosen("a.jpg", 1))
    wait_until_sent(page, 1)
    page.set_input_files("input[type=file]", chosen("again.jpg", 1))
    page.wait_for_selector("text=只留一张")
    assert page.locator(".photo-card").count() == 1
    page.get_by_role("button", name="保存照片").click()
    page.wait_for_selector(".photo .chip")
    assert [photo.evidence for photo in every_row(PHOTOS)] == ["signature"]


def test_a_photo_used_elsewhere_is_told_and_a_bad_file_can_be_left_out(page, world):
    first, second = new_visit(world), new_visit(world, visited_at="2025-11-10 16:00")
    page.goto(f"/photos/of/home-visit/{first.id}")
    page.set_input_files("input[type=file]", chosen("a.jpg", 1))
    wait_until_sent(page, 1)
    page.get_by_role("button", name="保存照片").click()
    page.wait_for_selector(".photo img")
    page.goto(f"/photos/of/home-visit/{second.id}")
    page.set_input_files("input[type=file]", chosen("a.jpg", 1))
    page.wait_for_selector(".photo-warning")
    assert "2025-11-11 的家访记录" in page.locator(".photo-warning").inner_text()
    page.get_by_role("button", name="移除").click()
    assert page.locator(".photo-card").count() == 0


def keep(page, name):
    """Keep a screenshot where PHOTO_SHOTS says, to be looked at by a person."""
    folder = os.environ.get("PHOTO_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
