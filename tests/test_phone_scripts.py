"""The scripts of the phone pages, run in a real browser at an address without a secure context."""

from __future__ import annotations

import io
import json
import re
from email import message_from_bytes
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SITE = "http://school.example:8000"
STATIC = Path(__file__).parent.parent / "static"
CSP = "default-src 'self'; object-src 'none'; base-uri 'none'"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="csrf-token" content="tok-1">{meta}
<script type="module" src="/static/js/photos.js"></script>
<script type="module" src="/static/js/drafts.js"></script>
<form method="post" action="/save" data-draft-key="7:talk:new" {form}>
  <input type="hidden" name="csrf_token" value="secret-csrf">
  <input name="topic"><textarea name="content"></textarea>
  <input type="checkbox" name="followed" value="1">
  <select name="child"><option value="">请选择</option></select>
  <input type="password" name="password">
  <div data-photo-upload data-upload-url="/photos" data-token="" data-register="talk"
       data-record="" data-retry-delays="{delays}"><input type="file" multiple></div>
  <button type="submit">保存</button>
</form>
<form method="post" action="/out" data-sign-out><button type="submit">退出</button></form>"""


class School:
    """A pretended school server: keeps what was posted, answers as told."""

    def __init__(self):
        self.uploads, self.saved, self.answers = [], [], []
        self.meta = self.form = ""
        self.delays = "20,20,20"

    def answer(self, route):
        request = route.request
        path = request.url.removeprefix(SITE)
        if path.startswith("/static/"):
            script = (STATIC.parent / path.lstrip("/")).read_text("utf-8")
            route.fulfill(body=script, content_type="text/javascript")
        elif path == "/photos":
            self.receive(route, request)
        elif path == "/save":
            self.saved.append(request.post_data or "")
            route.fulfill(body="<p>saved</p>", content_type="text/html; charset=utf-8")
        elif path == "/thumb":
            body = photo_bytes(8, 6)
            route.fulfill(body=body, content_type="image/jpeg")
        else:
            page = PAGE.format(meta=self.meta, form=self.form, delays=self.delays)
            headers = {"Content-Security-Policy": CSP, "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(body=page, headers=headers)

    def receive(self, route, request):
        head = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
        parts = message_from_bytes(head + request.post_data_buffer).get_payload()
        fields = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in parts
        }
        self.uploads.append((fields, request.headers))
        answer = self.answers.pop(0) if self.answers else 200
        if answer == "offline":
            route.abort("connectionfailed")
        elif answer == 200:
            number = len(self.uploads)
            body = {"id": number, "thumb": "/thumb", "url": f"/photo/{number}"}
            route.fulfill(json=body)
        elif isinstance(answer, int):
            route.fulfill(status=answer, body="<h1>stack</h1>")
        else:
            route.fulfill(status=422, json={"error": answer})


def photo_bytes(width, height, orientation=None, kind="JPEG"):
    image = Image.effect_noise((width // 4 or 1, height // 4 or 1), 90).resize((width, height))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
        exif[0x8769] = {0x9003: "2025:10:08 16:20:31"}
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, kind, exif=exif, quality=95)
    return buffer.getvalue()


def chosen(name="a.jpg", data=None):
    return {"name": name, "mimeType": "image/jpeg", "buffer": data or photo_bytes(80, 60)}


@pytest.fixture
def school():
    return School()


@pytest.fixture
def page(chromium, school):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.route("**/*", school.answer)
    page = context.new_page()
    page.set_default_timeout(8000)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if is_fault(line) else None)
    page.goto(SITE + "/new")
    assert not page.evaluate("isSecureContext")
    yield page
    context.close()
    assert not faults


def is_fault(line):
    return line.type == "error" and "Failed to load resource" not in line.text


def wait_for_state(page, state, count=1):
    expect(page.locator(f".photo-card[data-state={state}]")).to_have_count(count, timeout=8000)


def choose(page, *photos):
    page.set_input_files("input[type=file]", list(photos))


def kept_drafts(page):
    return page.evaluate(
        """() => new Promise((done) => {
          const request = indexedDB.open("school-drafts", 1);
          request.onsuccess = () => {
            const all = request.result.transaction("drafts").objectStore("drafts").getAll();
            all.onsuccess = () => { request.result.close(); done(all.result); };
          };
        })"""
    )


def wait_for_draft(page, text):
    for _ in range(80):
        if text in json.dumps(kept_drafts(page), ensure_ascii=False):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"no draft holds {text!r}: {kept_drafts(page)}")


def test_each_photo_is_sent_on_its_own_with_token_register_and_csrf(page, school):
    choose(page, chosen("a.jpg"), chosen("b.jpg"))
    wait_for_state(page, "done", 2)
    token = page.input_value("[name=upload_token]")
    assert re.fullmatch("[0-9a-f]{32}", token)
    assert len(school.uploads) == 2
    for fields, headers in school.uploads:
        assert fields["token"].decode() == token
        assert (fields["register"], fields["record"]) == (b"talk", b"")
        assert headers["x-csrftoken"] == "tok-1"


def test_a_large_photo_is_shrunk_upright_and_keeps_its_time_of_taking(page, school):
    large = photo_bytes(3200, 2400, orientation=6)
    choose(page, chosen(data=large))
    wait_for_state(page, "done")
    sent = school.uploads[0][0]["file"]
    assert len(sent) < len(large)
    with Image.open(io.BytesIO(sent)) as image:
        assert image.size == (1800, 2400)
        exif = image.getexif()
        assert exif[0x0112] == 1
        assert exif.get_ifd(0x8769)[0x9003] == "2025:10:08 16:20:31"


@pytest.mark.parametrize(
    "data", [photo_bytes(600, 400, 8), b"\0\0\0\x20ftypheic" + b"x" * 500], ids=["small", "heic"]
)
def test_a_small_photo_and_one_the_browser_cannot_decode_are_sent_as_they_are(page, school, data):
    choose(page, chosen(data=data))
    wait_for_state(page, "done")
    assert school.uploads[0][0]["file"] == data


def test_a_lost_connection_is_retried_until_the_photo_is_there(page, school):
    school.answers = ["offline", 503, 200]
    choose(page, chosen())
    wait_for_state(page, "done")
    assert len(school.uploads) == 3


def test_after_three_retries_a_button_offers_another_try(page, school):
    school.answers = ["offline"] * 4
    page.fill("[name=topic]", "想家")
    choose(page, chosen())
    wait_for_state(page, "failed")
    assert len(school.uploads) == 4
    assert page.input_value("[name=topic]") == "想家"
    page.click(".photo-retry")
    wait_for_state(page, "done")


def test_a_refused_photo_shows_the_servers_sentence_and_is_not_sent_again(page, school):
    school.answers = ["照片的像素太多；请缩小后再上传"]
    choose(page, chosen(), chosen("b.jpg"))
    wait_for_state(page, "done")
    wait_for_state(page, "failed")
    assert "像素太多" in page.inner_text(".photo-card[data-state=failed]")
    assert len(school.uploads) == 2
    assert not page.is_visible(".photo-card[data-state=failed] .photo-retry")
    assert "请移除后另选" in page.inner_text(".photo-notice")
    page.click("form >> nth=0 >> button[type=submit]")
    page.click(".photo-save-anyway")
    page.wait_for_selector("text=saved")


def test_an_error_page_of_the_server_never_shows_on_the_card(page, school):
    school.answers = [403]
    choose(page, chosen())
    wait_for_state(page, "failed")
    assert "stack" not in page.inner_text(".photo-card")
    assert "请" in page.inner_text(".photo-card")


def test_captions_travel_with_the_form_under_the_photos_number(page, school):
    choose(page, chosen())
    wait_for_state(page, "done")
    page.click(".photo-caption summary")
    page.fill("[name=photo-1-occasion]", "home visit")
    page.click("text=保存")
    page.wait_for_url(SITE + "/save")
    assert "photo-1-occasion=home+visit" in school.saved[0]


def test_a_removed_photo_is_named_to_the_server(page, school):
    choose(page, chosen())
    wait_for_state(page, "done")
    page.click(".photo-remove")
    page.click("text=保存")
    page.wait_for_url(SITE + "/save")
    assert "photo_removed=1" in school.saved[0]


def test_saving_waits_for_photos_on_their_way(page, school):
    school.answers = ["offline", "offline", 200]
    school.delays = "500,500,500"
    page.goto(SITE + "/new")
    choose(page, chosen())
    page.click("text=保存")
    assert "还有 1 张照片在上传" in page.inner_text(".photo-notice")
    page.wait_for_url(SITE + "/save")
    assert len(school.uploads) == 3
    assert "photo_cards=%5B%7B%22id%22%3A3" in school.saved[0]


def test_a_photo_that_cannot_be_sent_does_not_keep_the_text_from_being_saved(page, school):
    school.answers = ["offline"] * 4
    page.fill("[name=topic]", "x1")
    choose(page, chosen())
    wait_for_state(page, "failed")
    page.click("text=保存")
    page.click(".photo-save-anyway")
    page.wait_for_url(SITE + "/save")
    assert "topic=x1" in school.saved[0]


def test_what_was_typed_comes_back_after_the_page_was_killed(page):
    page.fill("[name=topic]", "想家")
    page.fill("[name=content]", "第一行\n第二行")
    page.check("[name=followed]")
    page.evaluate("document.querySelector('[name=child]').add(new Option('张小雨', '12'))")
    page.select_option("[name=child]", "12")
    wait_for_draft(page, "张小雨")
    page.goto(SITE + "/new")
    page.wait_for_selector(".draft-bar")
    assert "已恢复上次未保存的内容" in page.inner_text(".draft-bar")
    assert page.input_value("[name=topic]") == "想家"
    assert page.input_value("[name=content]") == "第一行\n第二行"
    assert page.is_checked("[name=followed]")
    assert page.input_value("[name=child]") == "12"


def test_photos_sent_before_the_page_was_killed_come_back_with_token_and_captions(page):
    choose(page, chosen(), chosen("b.jpg"))
    wait_for_state(page, "done", 2)
    token = page.input_value("[name=upload_token]")
    page.locator(".photo-caption summary").first.click()
    page.fill("[name=photo-1-place]", "亲情室")
    page.locator(".photo-remove").nth(1).click()
    wait_for_draft(page, "亲情室")
    wait_for_draft(page, "removed")
    page.goto(SITE + "/new")
    wait_for_state(page, "done", 1)
    assert page.input_value("[name=upload_token]") == token
    assert page.input_value("[name=photo-1-place]") == "亲情室"
    assert page.input_value("[name=photo_removed]") == "2"


def test_passwords_and_the_csrf_token_are_never_kept(page):
    page.fill("[name=password]", "hunter-2")
    page.fill("[name=topic]", "想家")
    wait_for_draft(page, "想家")
    kept = json.dumps(kept_drafts(page))
    assert "hunter-2" not in kept
    assert "secret-csrf" not in kept


def test_a_form_marked_so_keeps_no_draft(page, school):
    school.form = "data-no-draft"
    page.goto(SITE + "/new")
    page.fill("[name=topic]", "sealed")
    page.wait_for_timeout(700)
    assert kept_drafts(page) == []


def test_discarding_a_draft_empties_the_form_and_forgets_it(page):
    page.fill("[name=topic]", "想家")
    wait_for_draft(page, "想家")
    page.goto(SITE + "/new")
    page.click(".draft-bar >> text=放弃")
    assert page.input_value("[name=topic]") == ""
    page.wait_for_selector(".draft-bar", state="detached")
    page.goto(SITE + "/new")
    page.wait_for_timeout(300)
    assert page.query_selector(".draft-bar") is None
    assert kept_drafts(page) == []


def test_a_saved_record_and_signing_out_forget_drafts(page, school):
    page.fill("[name=topic]", "想家")
    wait_for_draft(page, "想家")
    school.meta = '<meta name="draft-saved" content="7:talk:new">'
    page.goto(SITE + "/new")
    page.wait_for_timeout(300)
    assert kept_drafts(page) == []
    school.meta = ""
    page.fill("[name=topic]", "again")
    wait_for_draft(page, "again")
    page.fill("[name=topic]", "again and again")
    page.click("text=退出")
    page.wait_for_url(SITE + "/out")
    assert kept_drafts(page) == []
