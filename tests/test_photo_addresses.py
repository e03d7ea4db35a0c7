"""Photos by their own addresses, linked by a page or not: who gets the picture, and when.

The pages leave a withheld picture out; these tests ask for it all the same.
"""

from __future__ import annotations

import io
from datetime import date

import pytest
from PIL import Image

from admin.boards.portraits import portraits
from models.core import service
from models.core.database import database, writing
from models.core.fields import Secrecy
from models.core.gates import every_row
from models.core.listing import ListRequest, listed
from models.core.register import REGISTERS, find
from models.core.service import LineInput
from models.kept.children import Consent
from models.photos import store
from models.photos.captions import proposed_caption
from models.photos.view import PHOTO_CHILDREN, PHOTOS, captions, withheld, without_consent
from tests.test_masked_everywhere import records_of, school
from tests.test_photo_store import VISITS, attach, consent, jpeg, new_visit, send
from tests.test_photo_store import originals as originals  # noqa: PLC0414 -- `send` asks for it
from tests.test_photos import look

__all__ = ["school", "send"]

CHILDREN = find("child")
SEE = ("clerk", "leadership", "alice")
SEE_NOT = ("bob", "charlie", "counsellor")
SIZES = ("thumb.jpg", "display.jpg")


@pytest.fixture
def photo(world, send):
    """A photo of child A on Alice's visit."""
    send(world.alice)
    (attached,) = attach(world.alice, VISITS, new_visit(world).id)
    return attached


def gone(world):
    """A consent that stands in the recycle bin."""
    made = consent(world, world.child_a)
    service.delete(world.clerk, find("consent"), made.id)


def dated_ahead(world):
    """A consent dated tomorrow, as it may stand in a school's older records."""
    made = of_a(world)
    with writing():
        Consent.update(given_on=date(2025, 11, 13)).where(Consent.id == made.id).execute()


def two_of_a(world, first, second):
    """Child A's family said one thing after another."""
    of_a(world, **first)
    of_a(world, **second)


def of_a(world, **more):
    return consent(world, world.child_a, **more)


def with_b(world, *agreed):
    """Child B is on the photo too; of the two some agreed."""
    photo = every_row(PHOTOS).get()
    lines = {PHOTO_CHILDREN.slug: [LineInput({"child": world.child_b})]}
    service.update(world.clerk, PHOTOS, photo.id, {}, photo.version, lines)
    for child in agreed:
        consent(world, child)


def nobody_named(world):
    """All agreed, but the photo does not say who is on it."""
    photo, line = every_row(PHOTOS).get(), every_row(PHOTO_CHILDREN).get()
    lines = {PHOTO_CHILDREN.slug: [LineInput({}, line.id, line.version, remove=True)]}
    service.update(world.clerk, PHOTOS, photo.id, {}, photo.version, lines)
    of_a(world)


def marked(world, mark):
    photo = every_row(PHOTOS).get()
    service.update(world.clerk, PHOTOS, photo.id, {"mark": mark}, photo.version)


# What is known of the consent → whether the inspector may see the picture. Today is 2025-11-12.
STATES = {
    "nothing": (lambda world: None, False),
    "for publicity alone": (lambda world: of_a(world, purpose="对外宣传"), False),
    "for volunteers alone": (lambda world: of_a(world, purpose="志愿者帮扶"), False),
    "for the village alone": (lambda world: of_a(world, purpose="村级留存"), False),
    "withdrawn long ago": (lambda world: of_a(world, withdrawn_on="2025-10-01"), False),
    "withdrawn today": (lambda world: of_a(world, withdrawn_on="2025-11-12"), False),
    "withdrawn from tomorrow": (lambda world: of_a(world, withdrawn_on="2025-11-13"), True),
    "given today": (lambda world: of_a(world, given_on="2025-11-12"), True),
    "given from tomorrow": (dated_ahead, False),
    "given again after it was withdrawn": (
        lambda w: two_of_a(w, {"withdrawn_on": "2025-10-01"}, {"given_on": "2025-10-20"}),
        True,
    ),
    "given again and withdrawn again": (
        lambda w: two_of_a(w, {}, {"given_on": "2025-10-20", "withdrawn_on": "2025-11-01"}),
        False,
    ),
    "for publicity afterwards": (lambda w: two_of_a(w, {}, {"purpose": "对外宣传"}), True),
    "of another child": (lambda world: consent(world, world.child_b), False),
    "in the recycle bin": (gone, False),
    "given": (lambda world: of_a(world), True),
    "two, one agreed": (lambda world: with_b(world, world.child_a), False),
    "two, the other agreed": (lambda world: with_b(world, world.child_b), False),
    "two, both agreed": (lambda world: with_b(world, world.child_a, world.child_b), True),
    "nobody named": (nobody_named, False),
    "no face": (lambda world: marked(world, "无人脸"), True),
    "kept by law": (lambda world: marked(world, "法定留存"), True),
}


def is_picture(answer):
    if answer.headers["Content-Type"] != "image/jpeg":
        return False
    Image.open(io.BytesIO(answer.data)).load()
    return True


def wrong_pictures(inspector, photo, may_see):
    """What is wrong with the copies as the inspector asks for them, known to the browser or not."""
    for size in SIZES:
        at = f"/photos/{photo.id}/{size}"
        answer = look(inspector, at)
        if is_picture(answer) != may_see or answer.status_code != 200:
            yield f"{size} {'lacks' if may_see else 'shows'} the picture"
        if not may_see and answer.headers["Cache-Control"] != "no-store":
            yield f"{size}: the placeholder is kept"
    tag = f'"{photo.sha256}-display"'
    known = look(inspector, at, headers={"If-None-Match": tag}).status_code
    if (known == 304) != may_see:
        yield f"{known} for a copy the browser has kept"


def wrong_pages(inspector, photo, may_see):
    """What is wrong with the pages that show the photo."""
    for page in (
        f"/photos/{photo.id}",
        f"/photos/of/home-visit/{photo.record_id}",
        f"/r/home-visit/{photo.record_id}",
    ):
        text = look(inspector, page).text
        if (f'src="/photos/{photo.id}/' in text) != may_see:
            yield f"{page} {'lacks' if may_see else 'shows'} the picture"
        if ("未取得照片使用同意" in text) == may_see:
            yield f"{page} does not say why"
    if look(inspector, f"/photos/{photo.id}/original").status_code != 403:
        yield "the original"


# One state of each kind is looked at on the pages too: they ask the same question.
PAGED = ("nothing", "withdrawn today", "given", "no face")


def test_the_inspector_gets_a_picture_only_while_there_is_consent_for_it(client_as, world, photo):
    inspector, wrong = client_as("inspector"), []
    for state, (given, may_see) in STATES.items():
        with database.atomic() as step:
            given(world)
            told = [*wrong_pictures(inspector, photo, may_see)]
            if state in PAGED:
                told += wrong_pages(inspector, photo, may_see)
            stored = every_row(PHOTOS).get()
            if (without_consent([stored], date(2025, 11, 12)) == set()) != may_see:
                told.append("what leaves the school is another question")
            wrong += [f"{state}: {one}" for one in told]
            step.rollback()
    assert not wrong, "\n" + "\n".join(wrong)


def test_whoever_reads_the_record_sees_its_photo_without_consent_and_nobody_else_does(
    client_as, browser, world, photo
):
    """Consent is about showing to outsiders; the record's own readers judge what is on file."""
    for person in (*SEE, *SEE_NOT):
        client = client_as(person)
        for size in SIZES:
            answer = look(client, f"/photos/{photo.id}/{size}")
            assert answer.status_code == (200 if person in SEE else 404), (person, size)
            assert is_picture(answer) == (person in SEE), (person, size)
        original = look(client, f"/photos/{photo.id}/original").status_code
        assert original == {"alice": 403, "bob": 404, "charlie": 404, "counsellor": 404}.get(
            person, 200
        ), person
    for size in (*SIZES, "original"):
        assert look(browser, f"/photos/{photo.id}/{size}").status_code == 303
    assert withheld(world.inspector, [photo]) == {photo.id}
    for person in (*SEE, *SEE_NOT):
        assert withheld(world.actors[person], [photo]) == set()


def test_a_photo_goes_with_its_record_and_with_itself_into_the_bin(client_as, world, photo):
    of_a(world)
    addresses = [f"/photos/{photo.id}/{size}" for size in (*SIZES, "original")]
    addresses += [f"/photos/{photo.id}", f"/photos/of/home-visit/{photo.record_id}"]
    with database.atomic() as step:
        service.delete(world.clerk, VISITS, photo.record_id)
        for person in ("alice", "leadership", "inspector"):
            client = client_as(person)
            for address in addresses:
                assert look(client, address).status_code == 404, (person, address)
        # Whoever restores the record looks first at what comes back with it.
        clerk = client_as("clerk")
        assert [look(clerk, one).status_code for one in addresses] == [200, 200, 200, 200, 404]
        step.rollback()
    store.remove(world.clerk, every_row(PHOTOS).get())
    for person in (*SEE, "inspector"):
        client = client_as(person)
        for address in addresses[:4]:
            assert look(client, address).status_code == 404, (person, address)


def test_the_pictures_of_two_records_are_not_exchanged(client_as, world, photo, send):
    """The same file on Bob's visit gives Bob his own photo and not Alice's."""
    send(world.bob, token="form-token-2")
    raw = {"child": world.child_b, "visited_at": "2025-11-11 09:00", "manner": "入户"}
    lines = {"home-visitor": [LineInput({"staff": world.staff_bob})]}
    visit = service.create(world.bob, VISITS, raw, lines)
    (own,) = attach(world.bob, VISITS, visit.id, token="form-token-2")
    assert own.sha256 == photo.sha256
    bob = client_as("bob")
    assert look(bob, f"/photos/{own.id}/thumb.jpg").status_code == 200
    assert look(bob, f"/photos/{photo.id}/thumb.jpg").status_code == 404
    consent(world, world.child_b)
    inspector = client_as("inspector")
    assert is_picture(look(inspector, f"/photos/{own.id}/thumb.jpg"))
    assert not is_picture(look(inspector, f"/photos/{photo.id}/thumb.jpg"))


# ---- portraits ----------------------------------------------------------------------------------


@pytest.fixture
def faces(world, send):
    """Two portraits of child A, the first one taken as free of faces, and then a scan."""

    def sent(shade, evidence="photo"):
        token = f"portrait-{shade}"
        send(world.clerk, jpeg(shade), register=CHILDREN, token=token, evidence=evidence)
        return attach(world.clerk, CHILDREN, world.child_a, token=token)[-1]

    older, newer, scan = sent(1), sent(2), sent(3, "basis")
    service.update(world.clerk, PHOTOS, older.id, {"mark": "无人脸"}, older.version)
    return older, newer, scan


def test_a_portrait_is_the_newest_photo_the_reader_may_see_and_never_a_scan(app, world, faces):
    older, newer, _scan = (f"/photos/{one.id}/thumb.jpg" for one in faces)
    children = [world.child_a, world.child_b]
    with app.test_request_context():
        for name in SEE:
            assert portraits(world.actors[name], children) == {world.child_a: newer}, name
        for name in SEE_NOT:
            assert portraits(world.actors[name], children) == {}, name
        assert portraits(world.inspector, children) == {world.child_a: older}
        of_a(world)
        assert portraits(world.inspector, children) == {world.child_a: newer}


def test_the_page_of_a_child_shows_the_inspector_no_withheld_portrait(client_as, world, faces):
    older, newer, scan = faces
    page = look(client_as("inspector"), f"/r/child/{world.child_a}").text
    assert f"/photos/{older.id}/thumb.jpg" in page
    assert f"/photos/{newer.id}/" not in page
    assert f"/photos/{scan.id}/" not in page
    assert f"/photos/{newer.id}/thumb.jpg" in look(client_as("alice"), "/today").text


# ---- captions -----------------------------------------------------------------------------------

SAID = {
    "matter": "张小雨在张奶奶家",
    "place": "张建国家门口 13985670002",
    "people": "张小雨、张秀英",
    "background": "电话0856-8120041，张 小雨的书桌",
    "photographer": "王爱丽",
}


@pytest.fixture
def captioned(world, photo):
    raw = SAID | {"note": "张小雨的家，13985670002"}
    return service.update(world.alice, PHOTOS, photo.id, raw, photo.version)


def test_a_caption_is_read_by_its_colleagues_as_written_and_by_the_inspector_masked(
    world, captioned
):
    for name in SEE:
        said = captions(world.actors[name], [captioned])[captioned.id]
        assert {n: said[n] for n in SAID} == SAID, name
    said = captions(world.inspector, [captioned])[captioned.id]
    assert {n: said[n] for n in SAID} == {
        "matter": "张**在张**家",
        "place": "张**家门口 139****0002",
        "people": "",
        "background": "电话0856-****041，张**的书桌",
        "photographer": "王爱丽",
    }


def test_no_address_shows_the_inspector_what_a_caption_says_of_people(client_as, world, captioned):
    of_a(world)
    inspector, told = client_as("inspector"), []
    number, visit = captioned.id, captioned.record_id
    for address in (
        f"/photos/{number}",
        f"/photos/of/home-visit/{visit}",
        f"/r/home-visit/{visit}",
        f"/r/photo/{number}",
        f"/r/photo/{number}/history",
        "/r/photo/",
        f"/r/child/{world.child_a}",
        "/search?q=书桌",
        "/r/photo/?q=门口",
    ):
        answer = look(inspector, address)
        assert answer.status_code == 200, address
        told += [
            (address, w)
            for w in ("小雨", "建国", "秀英", "奶奶", "13985670002", "8120041")
            if w in answer.text
        ]
    assert told == []


def test_the_inspector_finds_no_photo_by_a_name_in_its_caption(world, captioned):
    for typed in ("张小雨", "小雨"):
        asked = ListRequest(search=typed)
        assert listed(world.inspector, PHOTOS, asked).total == 0, typed


def test_no_caption_is_proposed_from_what_a_record_keeps_secret(school):
    """For every register with photos: no name, number, address or private word goes under one."""
    tried = 0
    for slug, register in REGISTERS.items():
        if not register.evidence or register.sealed:
            continue
        for record in records_of(school, slug).values():
            said = proposed_caption(school.world.clerk, register, record)
            whole = " ".join(str(value) for value in said.values())
            tried += 1
            for marker, found in school.markers.items():
                if marker in whole:
                    assert found.slug == slug, (slug, found)
                    assert found.secret is Secrecy.OPEN, (slug, found.name)
                    assert not any(one in whole for one in found.quoted), (slug, found.name)
    assert tried > 30


def test_the_place_proposed_for_a_caption_ends_at_the_village(world):
    visit = new_visit(world)
    assert visit.address == "云岭镇大坪村 3 组 12 号"
    said = proposed_caption(world.alice, VISITS, visit)
    assert said["place"] == "云岭镇大坪村**"
    assert "张小雨" not in said["matter"]
    visit.address = "三组12号"
    assert proposed_caption(world.alice, VISITS, visit)["place"] == "**"


def test_a_caption_shows_the_inspector_neither_identity_nor_house_number(world, photo):
    raw = {"place": "大坪村3组12号", "background": "身份证520624201205060020"}
    said = service.update(world.alice, PHOTOS, photo.id, raw, photo.version)
    read = captions(world.inspector, [said])[said.id]
    assert "12号" not in read["place"]
    assert "201205060020" not in read["background"]


def test_a_caption_names_the_inspector_no_child_that_is_not_on_the_photo(world, photo):
    said = service.update(world.alice, PHOTOS, photo.id, {"matter": "曾思源家"}, photo.version)
    assert captions(world.inspector, [said])[said.id]["matter"] == "曾**家"


# ---- what a copy carries ------------------------------------------------------------------------


def test_a_copy_carries_no_comment_of_the_camera(client_as, world, send):
    buffer = io.BytesIO()
    picture = Image.new("RGB", (640, 480), (3, 90, 60))
    picture.save(buffer, "JPEG", comment="张小雨家 13985670002".encode())
    send(world.alice, buffer.getvalue())
    attach(world.alice, VISITS, new_visit(world).id)
    (photo,) = every_row(PHOTOS)
    for size in SIZES:
        answer = look(client_as("alice"), f"/photos/{photo.id}/{size}")
        assert answer.mimetype == "image/jpeg", size
        assert b"13985670002" not in answer.data, size
