"""Photos over the web: who gets which picture, what a refused upload says, what forms post."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from admin.registers.photo_forms import form_values
from models.core import service
from models.core.audit import AccessLog
from models.core.database import database
from models.core.gates import every_row
from models.core.register import find
from models.photos.view import PHOTOS
from tests.test_photo_store import TOKEN, attach, consent, files_in, jpeg, new_visit

VISITS = find("home-visit")
JSON = {"Accept": "application/json"}


def upload(client, data=None, name="a.jpg", **more):
    fields = {"token": TOKEN, "register": "home-visit", "record": "", "evidence": "photo"}
    file = FileStorage(io.BytesIO(jpeg() if data is None else data), name)
    # Encoded here, because the client's own encoding leaves a temporary file open.
    boundary, sent = encode_multipart(fields | more | {"file": file})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post("/photos/upload", data=sent, content_type=kind, headers=JSON, buffered=True)


def look(client, address, **more):
    """Get a page or file whole, so that no file stays open."""
    return client.get(address, buffered=True, **more)


@pytest.fixture
def visit(world):
    return new_visit(world)


@pytest.fixture
def photo(client_as, world, visit):
    """A photo with GPS on Alice's visit to child A."""
    answer = upload(client_as("alice"), jpeg(gps=True, taken="2025:11:11 16:20:31"))
    assert answer.status_code == 200, answer.text
    (attached,) = attach(world.alice, VISITS, visit.id)
    return attached


def test_an_upload_answers_with_the_addresses_of_its_copies(client_as, world):
    alice = client_as("alice")
    said = upload(alice, jpeg(taken="2025:11:11 16:20:31")).json
    assert said == {
        "id": 1,
        "thumb": "/photos/1/thumb.jpg",
        "url": "/photos/1/display.jpg",
        "taken_at": "2025-11-11T16:20:31",
        "notice": None,
    }
    shown = look(alice, said["thumb"])
    assert Image.open(io.BytesIO(shown.data)).size == (320, 240)
    assert upload(alice, jpeg(taken="2025:11:11 16:20:31")).json["id"] == 1


def test_the_same_photo_on_another_record_is_noticed(client_as, photo):
    said = upload(client_as("alice"), jpeg(gps=True, taken="2025:11:11 16:20:31"), token="again-01")
    assert "2025-11-11 的家访记录" in said.json["notice"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty", b"", "空的"),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
        ("html", b"<!doctype html><script>alert(1)</script>", "网页"),
        ("truncated", jpeg(size=(1200, 900))[:-900], "损坏"),
        ("too large", b"\xff\xd8\xff" + b"\0" * (20 * 2**20), "20 MB"),
        ("huge", None, "像素太多"),
    ],
)
def test_bad_files_are_refused_in_words_and_leave_no_trace(client_as, data_dir, name, data, said):
    if data is None:
        buffer = io.BytesIO()
        Image.new("1", (20_000, 10_000)).save(buffer, "PNG")
        data = buffer.getvalue()
    answer = upload(client_as("alice"), data)
    assert answer.status_code == 422
    assert said in answer.json["error"]
    assert files_in(data_dir / "files") == []
    assert every_row(PHOTOS).count() == 0


def test_a_request_beyond_the_limit_is_answered_in_words(app, client_as, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2**20)
    answer = upload(client_as("alice"), b"\xff\xd8\xff" + b"\0" * 2**20)
    assert answer.status_code == 413
    assert answer.json["error"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"record": "abc"}, 404),
        ({"record": "9223372036854775808"}, 404),
        ({"record": "999999"}, 404),
        ({"register": "nothing"}, 422),
        ({"register": "pairing"}, 422),
        ({"evidence": "speech"}, 422),
        ({"token": "../../x"}, 422),
    ],
)
def test_nonsense_beside_the_file_is_refused(client_as, more, status):
    answer = upload(client_as("alice"), **more)
    assert answer.status_code == status
    assert answer.json["error"]


def test_an_upload_without_a_file_is_refused(client_as):
    data = {"token": TOKEN, "register": "home-visit"}
    answer = client_as("alice").post("/photos/upload", data=data, headers=JSON)
    assert answer.status_code == 422


def test_an_upload_needs_the_token_of_a_page_and_a_signed_in_person(client_as, browser):
    fields = {"token": TOKEN, "register": "home-visit"}
    forged = client_as("alice").post_without_token("/photos/upload", data=fields, headers=JSON)
    assert forged.status_code == 400
    assert upload(browser).status_code == 401


def test_somebody_who_sends_without_end_is_slowed_down_and_others_are_not(client_as, monkeypatch):
    alice = client_as("alice")
    codes = {upload(alice, b"x").status_code for _ in range(91)}
    assert codes == {422, 429}
    assert upload(client_as("bob"), b"x").status_code == 422


def test_inspectors_upload_nothing(client_as):
    assert upload(client_as("inspector")).status_code == 403


def test_a_teacher_gets_no_photo_of_another_teachers_child(client_as, photo):
    for person, status in (("alice", 200), ("clerk", 200), ("bob", 404), ("charlie", 404)):
        client = client_as(person)
        for address in ("thumb.jpg", "display.jpg"):
            assert look(client, f"/photos/{photo.id}/{address}").status_code == status, person
        assert look(client, f"/photos/{photo.id}").status_code == status, person
        assert look(client, f"/photos/of/home-visit/{photo.record_id}").status_code == status
        changed = client.post(f"/photos/{photo.id}", data={"version": "99", "place": "改"})
        assert changed.status_code == (409 if status == 200 else 404), person
    bob = client_as("bob")
    assert bob.post(f"/photos/{photo.id}/delete").status_code == 404
    assert bob.post(f"/photos/of/home-visit/{photo.record_id}").status_code == 404


def test_a_waiting_upload_is_seen_by_nobody_else(client_as, world):
    number = upload(client_as("alice")).json["id"]
    for person in ("bob", "leadership", "inspector", "clerk"):
        assert look(client_as(person), f"/photos/{number}/thumb.jpg").status_code == 404


def test_served_copies_carry_no_place_and_are_asked_for_anew(client_as, photo):
    alice = client_as("alice")
    for size in ("thumb", "display"):
        answer = look(alice, f"/photos/{photo.id}/{size}.jpg")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "files" not in str(answer.headers)
        assert not dict(Image.open(io.BytesIO(answer.data)).getexif())
        again = look(
            alice,
            f"/photos/{photo.id}/{size}.jpg",
            headers={"If-None-Match": answer.headers["ETag"]},
        )
        assert again.status_code == 304
    assert look(alice, f"/photos/{photo.id}/large.jpg").status_code == 404
    assert look(alice, "/photos/9223372036854775808/thumb.jpg").status_code == 404
    assert look(alice, "/photos/..%2f..%2fsecret.key/thumb.jpg").status_code == 404


def test_the_original_goes_to_the_office_only_and_is_logged(client_as, photo):
    for person, status in (("alice", 403), ("bob", 404), ("inspector", 403)):
        answer = look(client_as(person), f"/photos/{photo.id}/original")
        assert answer.status_code == status
    answer = look(client_as("clerk"), f"/photos/{photo.id}/original")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(answer.data)).getexif().get_ifd(0x8825)
    logged = AccessLog.select().where(AccessLog.action == "export")
    assert [(entry.role, entry.record_id) for entry in logged] == [("clerk", photo.id)]


def test_the_inspector_sees_a_placeholder_until_there_is_consent(client_as, world, photo):
    inspector = client_as("inspector")
    held = look(inspector, f"/photos/{photo.id}/display.jpg")
    assert held.headers["Content-Type"].startswith("image/svg+xml")
    assert held.headers["Cache-Control"] == "no-store"
    page = look(inspector, f"/photos/of/home-visit/{photo.record_id}").text
    assert "未取得照片使用同意" in page
    assert f"/photos/{photo.id}/thumb.jpg" not in page
    consent(world, world.child_a)
    assert (
        look(inspector, f"/photos/{photo.id}/display.jpg").headers["Content-Type"] == "image/jpeg"
    )
    page = look(inspector, f"/photos/of/home-visit/{photo.record_id}").text
    assert f"/photos/{photo.id}/thumb.jpg" in page
    assert "张小雨" not in page
    assert "张小雨" not in look(inspector, f"/photos/{photo.id}").text


def test_the_inspector_changes_nothing(client_as, photo):
    inspector = client_as("inspector")
    for address in (
        f"/photos/{photo.id}",
        f"/photos/{photo.id}/delete",
        f"/photos/{photo.id}/restore",
        f"/photos/of/home-visit/{photo.record_id}",
    ):
        data = {"version": str(photo.version), "place": "改了"}
        assert inspector.post(address, data=data).status_code == 403, address
    assert every_row(PHOTOS).get().place != "改了"


def test_a_caption_is_corrected_on_the_photos_page_and_only_what_is_on_it(client_as, photo):
    alice = client_as("alice")
    page = look(alice, f"/photos/{photo.id}").text
    assert 'name="place"' in page
    assert 'name="mark"' not in page
    data = {"version": photo.version, "place": "堂屋", "people": "祖孙二人", "sha256": "0" * 64}
    assert alice.post(f"/photos/{photo.id}", data=data).status_code == 303
    stored = every_row(PHOTOS).get()
    assert (stored.place, stored.people, stored.sha256) == ("堂屋", "祖孙二人", photo.sha256)


def test_a_wrong_caption_is_told_at_its_field_and_stays_typed(client_as, photo):
    data = {"version": photo.version, "place": "很" * 61, "people": "祖孙"}
    answer = client_as("alice").post(f"/photos/{photo.id}", data=data)
    assert answer.status_code == 422
    assert "最多 60 个字" in answer.text
    assert "很" * 61 in answer.text
    assert every_row(PHOTOS).get().people is None


def test_the_second_editor_of_a_caption_sees_both_texts(client_as, world, photo):
    service.update(world.clerk, PHOTOS, photo.id, {"place": "院子"}, photo.version)
    data = {"version": photo.version, "place": "堂屋"}
    answer = client_as("alice").post(f"/photos/{photo.id}", data=data)
    assert answer.status_code == 409
    assert "院子" in answer.text
    assert 'value="堂屋"' in answer.text


def test_the_clerk_marks_a_photo_and_says_who_is_on_it(client_as, world, photo):
    clerk = client_as("clerk")
    page = look(clerk, f"/photos/{photo.id}").text
    assert "去掉 张小雨" in page
    line = every_row(find("photo-child")).get()
    data = {
        "version": photo.version,
        "mark": "法定留存",
        f"child-{line.id}-remove": "1",
        "child": str(world.child_b),
    }
    assert clerk.post(f"/photos/{photo.id}", data=data).status_code == 303
    assert every_row(PHOTOS).get().mark == "法定留存"
    assert [line.child_id for line in every_row(find("photo-child"))] == [world.child_b]


def test_a_removed_photo_is_gone_until_the_clerk_brings_it_back(client_as, photo):
    alice, clerk = client_as("alice"), client_as("clerk")
    assert alice.post(f"/photos/{photo.id}/delete").status_code == 303
    assert look(alice, f"/photos/{photo.id}/thumb.jpg").status_code == 404
    gallery = f"/photos/of/home-visit/{photo.record_id}"
    assert "回收站里的照片" not in look(alice, gallery).text
    assert alice.post(f"/photos/{photo.id}/restore").status_code == 403
    assert "回收站里的照片" in look(clerk, gallery).text
    assert clerk.post(f"/photos/{photo.id}/restore").status_code == 303
    assert look(alice, f"/photos/{photo.id}/thumb.jpg").status_code == 200


def test_a_teacher_removes_a_photo_only_on_the_day_it_came(client_as, clock, photo):
    clock.advance(days=1)
    alice = client_as("alice")
    assert "移除" not in look(alice, f"/photos/{photo.id}").text
    assert alice.post(f"/photos/{photo.id}/delete").status_code == 403


def test_photos_are_added_on_the_gallery_page(client_as, world, visit):
    alice = client_as("alice")
    address = f"/photos/of/home-visit/{visit.id}"
    assert "data-photo-upload" in look(alice, address).text
    first, second = (
        upload(alice, jpeg(shade), record=str(visit.id)).json["id"] for shade in (1, 2)
    )
    data = {"upload_token": TOKEN, f"photo-{first}-place": "堂屋", "photo_removed": str(second)}
    assert alice.post(address, data=data).status_code == 303
    stored = every_row(PHOTOS).get()
    assert (stored.id, stored.record_id, stored.place) == (first, visit.id, "堂屋")


def test_captions_that_are_refused_come_back_with_the_photos(client_as, visit):
    alice = client_as("alice")
    number = upload(alice, record=str(visit.id)).json["id"]
    data = {"upload_token": TOKEN, f"photo-{number}-place": "很" * 61}
    answer = alice.post(f"/photos/of/home-visit/{visit.id}", data=data)
    assert answer.status_code == 422
    assert "最多 60 个字" in answer.text
    assert f"&#34;id&#34;: {number}" in answer.text
    assert "很" * 61 in answer.text
    assert every_row(PHOTOS).get().record_id == 0


def test_a_lost_file_is_told_in_words(client_as, data_dir, photo):
    (data_dir / "files" / photo.path).unlink()
    for person, address in (("alice", "display.jpg"), ("clerk", "original")):
        answer = look(client_as(person), f"/photos/{photo.id}/{address}")
        assert answer.status_code == 404
        assert "找不到" in answer.text


@pytest.mark.parametrize("person", ["clerk", "alice", "inspector"])
def test_queries_of_a_gallery_do_not_grow_with_the_photos(client_as, world, visit, person):
    sender, watcher = client_as("alice"), client_as(person)
    counts = []
    look(watcher, f"/photos/of/home-visit/{visit.id}")  # What the app remembers is warm now.
    for shade in range(1, 5):
        upload(sender, jpeg(shade), token=f"form-{shade:06}")
        attach(world.alice, VISITS, visit.id, token=f"form-{shade:06}")
        before = database.obj.query_count
        look(watcher, f"/photos/of/home-visit/{visit.id}")
        counts.append(database.obj.query_count - before)
    assert len(set(counts)) == 1, counts


def test_what_photos_js_posts_is_read_and_nonsense_is_left_out():
    form = MultiDict(
        [
            ("upload_token", "t" * 80),
            ("photo-7-occasion", "家访"),
            ("photo-7-taken_at", "2025-11-11T16:20"),
            ("photo-7-sha256", "x"),
            ("photo-x-place", "x"),
            ("photo-99999999999999999999-place", "x"),
            ("photo-8-remove", "1"),
            ("photo_removed", "9"),
            ("photo_removed", "9 or 1=1"),
            ("photo_cards", "[]"),
        ]
    )
    token, captions, removed = form_values(form)
    assert token == "t" * 64
    assert captions == {7: {"matter": "家访", "taken_at": "2025-11-11T16:20"}}
    assert removed == {8, 9}
