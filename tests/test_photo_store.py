"""Photos are taken in once, tied to the saved record, and go with the record's rights."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from PIL import Image

from compliance.judged.touched import read_touched
from models.core import audit, service
from models.core.actor import system
from models.core.errors import BadFile, Denied, Invalid, Locked, NotFound
from models.core.gates import every_row, rows
from models.core.register import find
from models.core.service import LineInput
from models.kept.photos import Photo
from models.photos import store
from models.photos.view import (
    PHOTO_CHILDREN,
    PHOTOS,
    captions,
    children_on,
    find_photo,
    photos_of,
    without_consent,
)
from tests.world import NOON

TOKEN = "form-token-1"
VISITS, TALKS, MEETINGS = find("home-visit"), find("talk"), find("meeting")


def forget_waiting(now, originals, cache):
    count = store.give_up_waiting(now)
    store.forget_given_up(now, originals, cache)
    return count


def jpeg(shade=120, size=(640, 480), gps=False, taken=None, kind="JPEG"):
    image = Image.new("RGB", size, (shade * 25 % 256, 90, 60))
    exif = Image.Exif()
    if gps:
        exif[0x8825] = {1: "N", 2: (31.0, 51.0, 40.0), 3: "E", 4: (117.0, 17.0, 2.0)}
    if taken:
        exif[0x8769] = {0x9003: taken}
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.fixture
def originals(data_dir):
    return data_dir / "files"


@pytest.fixture
def send(originals):
    def sending(
        actor, data=None, register=VISITS, record_id=0, token=TOKEN, evidence="photo", name=""
    ):
        return store.receive(
            actor,
            data or jpeg(),
            register=register,
            record_id=record_id,
            token=token,
            evidence=evidence,
            storage_root=originals,
            name=name,
        )

    return sending


def attach(actor, register, record_id, captions=None, removed=(), token=TOKEN):
    record = rows(actor, register).where(register.model.id == record_id).get()
    with service.work(actor) as current:
        return store.attach(
            actor,
            register,
            record,
            token=token,
            captions=captions or {},
            removed=set(removed),
            current=current,
        )


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def new_visit(world, **more):
    raw = {
        "child": world.child_a,
        "visited_at": "2025-11-11 16:00",
        "manner": "入户",
        "address": "云岭镇大坪村 3 组 12 号",
    }
    lines = {"home-visitor": [LineInput({"staff": world.staff_alice})]}
    return service.create(world.alice, VISITS, raw | more, lines)


def test_a_photo_waits_until_its_record_is_saved_and_then_belongs_to_it(world, send, originals):
    photo = send(world.alice, jpeg(taken="2025:11:11 16:20:31"))
    assert (photo.record_id, photo.kind, photo.width) == (0, "JPEG", 640)
    visit = new_visit(world)
    (attached,) = attach(world.alice, VISITS, visit.id)
    assert (attached.id, attached.register, attached.record_id) == (
        photo.id,
        "home-visit",
        visit.id,
    )
    assert attached.taken_at == datetime(2025, 11, 11, 16, 20, 31)
    assert attached.photographer == "王爱丽"
    assert attached.matter == "家访"
    assert attached.place == "云岭镇大坪村**"
    assert children_on([attached])[photo.id] == [world.child_a]
    assert (originals / attached.path).read_bytes() == jpeg(taken="2025:11:11 16:20:31")
    assert audit.verify().intact


def test_without_exif_the_time_of_the_act_is_proposed_and_what_was_typed_wins(world, send):
    photo = send(world.alice)
    visit = new_visit(world)
    typed = {photo.id: {"place": "堂屋", "people": "张小雨和奶奶", "sha256": "x", "mark": "无人脸"}}
    (attached,) = attach(world.alice, VISITS, visit.id, typed)
    assert attached.taken_at == datetime(2025, 11, 11, 16)
    assert (attached.place, attached.people, attached.mark) == ("堂屋", "张小雨和奶奶", None)
    assert attached.sha256 == photo.sha256


def test_sending_or_attaching_twice_changes_nothing(world, send, originals):
    first, again = send(world.alice), send(world.alice)
    assert first.id == again.id
    visit = new_visit(world)
    attach(world.alice, VISITS, visit.id)
    entries = audit.head()
    attach(world.alice, VISITS, visit.id, {first.id: {"matter": "家访", "place": "云岭镇大坪村**"}})
    assert audit.head() == entries
    assert len(files_in(originals)) == 1


def test_every_row_of_an_act_gets_its_own_photo_of_the_same_file(world, send):
    photo = send(world.alice, register=TALKS)
    raw = {"teacher": world.staff_alice, "talked_at": "2025-11-11 12:30", "topic": "过冬"}
    talks = [
        service.create(world.alice, TALKS, raw | {"child": child}, act="act-1")
        for child in (world.child_a, world.child_c)
    ]
    for talk in talks:
        attach(world.alice, TALKS, talk.id)
    found = photos_of(world.alice, TALKS, [talk.id for talk in talks])
    assert [len(found[talk.id]) for talk in talks] == [1, 1]
    first, second = found[talks[0].id][0], found[talks[1].id][0]
    assert first.id == photo.id != second.id
    assert first.sha256 == second.sha256
    assert second.matter == "谈心 过冬"
    # Both children are on the picture, so both must agree before it leaves the school.
    assert children_on([second])[second.id] == [world.child_a, world.child_c]


def test_children_of_roster_lines_are_proposed_but_not_those_whose_parent_came(world, send):
    lines = {
        "attendee": [
            LineInput({"name": "家长", "child": world.child_a, "parent": world.mother_a}),
            LineInput({"child": world.child_b}),
        ]
    }
    raw = {
        "kind": "家长会",
        "title": "期中家长会",
        "held_at": "2025-11-10 15:00",
        "place": "报告厅",
        "chair": world.staff_leadership,
    }
    meeting = service.create(world.clerk, MEETINGS, raw, lines)
    send(world.clerk, register=MEETINGS, evidence="sign-in")
    (photo,) = attach(world.clerk, MEETINGS, meeting.id)
    assert photo.evidence == "sign-in"
    assert (photo.matter, photo.place) == ("会议 期中家长会", "报告厅")
    assert children_on([photo])[photo.id] == [world.child_b]


def test_a_heic_photo_is_kept_as_it_is_and_shown_as_jpeg(world, send, originals, data_dir):
    photo = send(world.alice, jpeg(kind="HEIF"))
    assert photo.path.endswith(".heic")
    copy = store.display_path(photo, "thumb", originals, data_dir / "cache")
    with Image.open(copy) as shown:
        assert (shown.format, shown.size) == ("JPEG", (320, 240))


def test_copies_say_nothing_about_the_place_but_the_original_does(world, send, originals, data_dir):
    photo = send(world.alice, jpeg(gps=True, size=(2000, 1500)))
    for size, edge in store.SIZES.items():
        path = store.display_path(photo, size, originals, data_dir / "cache")
        with Image.open(path) as shown:
            assert max(shown.size) == edge
            assert not dict(shown.getexif())
    with Image.open(originals / photo.path) as kept:
        assert kept.getexif().get_ifd(0x8825)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<html><script>alert(1)</script>", "网页"),
        (jpeg()[:-200], "损坏"),
        (b"\x89PNG\r\n\x1a\n", "损坏"),
        (b"MZ" + b"\0" * 200, "只能上传"),
    ],
)
def test_a_refused_file_leaves_no_trace(world, send, originals, data, said):
    before = audit.head()
    with pytest.raises(BadFile, match=said):
        send(world.alice, data)
    assert files_in(originals) == []
    assert every_row(PHOTOS).count() == 0
    assert audit.head() == before


def test_an_empty_and_a_200_megapixel_photo_are_refused(world, send, originals):
    buffer = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(buffer, "PNG")
    for data, said in ((b"", "空的"), (buffer.getvalue(), "像素太多")):
        with pytest.raises(BadFile, match=said):
            store.receive(
                world.alice,
                data,
                register=VISITS,
                record_id=0,
                token=TOKEN,
                evidence="photo",
                storage_root=originals,
            )
    assert files_in(originals) == []


def test_photos_are_only_added_to_records_the_actor_may_edit(world, send):
    with pytest.raises(NotFound):
        send(world.alice, register=TALKS, record_id=world.talk_b)
    with pytest.raises(Denied):  # Her own act, but older than seven days.
        send(world.alice, record_id=world.visit_a)
    with pytest.raises(Denied):
        send(world.inspector)
    with pytest.raises(Invalid):
        send(world.alice, register=find("pairing"))
    with pytest.raises(Invalid):
        send(world.alice, evidence="sign-in")
    with pytest.raises(Invalid):
        send(world.alice, token="../x")


def test_nobody_attaches_or_takes_out_what_somebody_else_sent(world, send):
    photo = send(world.alice)
    visit = new_visit(world)
    assert attach(world.clerk, VISITS, visit.id, {photo.id: {"matter": "!"}}, {photo.id}) == []
    stored = every_row(PHOTOS).where(Photo.id == photo.id).get()
    assert (stored.record_id, stored.matter) == (0, None)
    assert find_photo(world.bob, photo.id) is None


def test_photos_of_other_records_cannot_be_captioned_through_this_one(world, send):
    send(world.bob, register=TALKS)
    (other,) = attach(world.actor("bob", role="clerk"), TALKS, world.talk_b, token=TOKEN)
    attach(world.clerk, VISITS, world.visit_a, {other.id: {"matter": "改了"}}, {other.id})
    stored = every_row(PHOTOS).where(Photo.id == other.id).get()
    assert stored.matter == "谈心 数学补差"


def test_a_record_holds_sixty_photos(world, send, monkeypatch):
    monkeypatch.setattr(store, "RECORD_LIMIT", 2)
    visit = new_visit(world)
    send(world.alice, jpeg(1))
    send(world.alice, jpeg(2))
    with pytest.raises(BadFile, match="最多 2 张"):
        send(world.alice, jpeg(3))
    attach(world.alice, VISITS, visit.id)
    with pytest.raises(BadFile):
        send(world.alice, jpeg(3), record_id=visit.id, token="form-token-2")
    send(world.alice, jpeg(3), token="form-token-2")
    with pytest.raises(Invalid, match="最多 2 张"):
        attach(world.alice, VISITS, visit.id, token="form-token-2")
    assert len(photos_of(world.alice, VISITS, [visit.id])[visit.id]) == 2


def test_a_removed_photo_lies_in_the_recycle_bin_and_comes_back(world, send, originals):
    photo = send(world.alice)
    visit = new_visit(world)
    attach(world.alice, VISITS, visit.id)
    assert attach(world.alice, VISITS, visit.id, removed={photo.id}) == []
    assert find_photo(world.clerk, photo.id) is None
    assert len(files_in(originals)) == 1
    with pytest.raises(Denied):
        store.restore(world.alice, photo.id)
    store.restore(world.clerk, photo.id)
    assert find_photo(world.alice, photo.id).record_id == visit.id
    assert children_on([photo])[photo.id] == [world.child_a]


def test_a_closed_semester_keeps_its_photos_as_they_are(world, send):
    send(world.alice)
    visit = new_visit(world)
    (photo,) = attach(world.alice, VISITS, visit.id)
    semesters = find("semester")
    later = system(datetime(2026, 2, 1))
    autumn = every_row(semesters).where(semesters.model.id == world.autumn).get()
    service.update(later, semesters, autumn.id, {"closed_on": "2026-02-01"}, autumn.version)
    with pytest.raises(Locked):
        store.remove(world.clerk, photo)
    with pytest.raises(Locked):
        send(world.clerk, jpeg(7), record_id=visit.id)


def test_adding_and_removing_a_photo_tells_compliance_about_the_record(world, send):
    from models.core.touches import Touch

    send(world.alice)
    visit = new_visit(world)
    Touch.delete().execute()
    attach(world.alice, VISITS, visit.id)
    touched = {(touch.register, touch.record_id) for touch in Touch.select()}
    assert ("home-visit", visit.id) in touched
    # However it goes: the child of its record is looked at again, the visitors too.
    for step in (service.delete, service.restore):
        Touch.delete().execute()
        (photo,) = rows(system(NOON), PHOTOS, deleted=None).where(Photo.record_id == visit.id)
        step(world.clerk, PHOTOS, photo.id)
        found = read_touched()
        assert world.child_a in found.children
        assert world.staff_alice in found.staff


def test_the_same_photo_on_another_record_is_told_but_a_foreign_record_is_not_named(world, send):
    send(world.alice)
    visit = new_visit(world)
    attach(world.alice, VISITS, visit.id)
    again = send(world.alice, token="form-token-2")
    assert "2025-11-11 的家访记录" in store.used_elsewhere(world.alice, again)
    assert store.used_elsewhere(world.alice, again, visit.id) == ""
    bobs = send(world.bob, token="form-token-3")
    assert "另一条记录" in store.used_elsewhere(world.bob, bobs)
    # A talk may have the visit's number and is another record.
    (attached,) = photos_of(world.alice, VISITS, [visit.id])[visit.id]
    place = {"register": "talk", "record_id": visit.id}
    service.update(system(NOON), PHOTOS, bobs.id, {}, bobs.version, given=place)
    assert "另一条记录" in store.used_elsewhere(world.alice, attached, visit.id)


def test_forgotten_uploads_go_after_a_week_and_with_them_their_file(world, send, originals):
    photo, kept = send(world.alice, jpeg(1)), send(world.alice, jpeg(2))
    visit = new_visit(world)
    attach(world.alice, VISITS, visit.id, removed={photo.id})
    send(world.alice, jpeg(2), token="form-token-2")
    stale = send(world.alice, jpeg(3), token="form-token-2")
    cache = originals.parent / "cache"
    shown = store.display_path(stale, "thumb", originals, cache)
    now = world.alice.now
    assert forget_waiting(now + timedelta(days=6), originals, cache) == 0
    assert len(files_in(originals)) == 3
    assert forget_waiting(now + timedelta(days=8), originals, cache) == 2
    assert files_in(originals) == [originals / kept.path]
    assert not shown.exists()
    assert forget_waiting(now + timedelta(days=9), originals, cache) == 0
    assert audit.verify().intact


def test_the_file_of_a_photo_in_the_bin_outlives_a_forgotten_upload_of_the_same(
    world, send, originals
):
    photo, visit = send(world.alice), new_visit(world)
    attach(world.alice, VISITS, visit.id)
    attach(world.alice, VISITS, visit.id, removed={photo.id})
    send(world.alice, token="form-token-2")
    later = world.alice.now + timedelta(days=8)
    assert forget_waiting(later, originals, originals.parent / "cache") == 1
    assert files_in(originals) == [originals / photo.path]


def consent(world, child, **more):
    raw = {"child": child, "purpose": "照片存档", "given_on": "2025-09-10", "given_by": "张奶奶"}
    return service.create(world.clerk, find("consent"), raw | more)


def test_a_photo_needs_the_consent_of_every_child_on_it_or_a_mark(world, send):
    photo = send(world.alice)
    visit = new_visit(world)
    (photo,) = attach(world.alice, VISITS, visit.id)
    day = world.alice.today
    assert without_consent([photo], day) == {photo.id}
    consent(world, world.child_a, purpose="对外宣传")
    assert without_consent([photo], day) == {photo.id}
    consent(world, world.child_a, withdrawn_on="2025-12-01")
    assert without_consent([photo], day) == set()
    assert without_consent([photo], datetime(2025, 12, 1).date()) == {photo.id}
    lines = {PHOTO_CHILDREN.slug: [LineInput({"child": world.child_b})]}
    photo = service.update(world.clerk, PHOTOS, photo.id, {}, photo.version, lines)
    assert without_consent([photo], day) == {photo.id}
    photo = service.update(world.clerk, PHOTOS, photo.id, {"mark": "法定留存"}, photo.version)
    assert without_consent([photo], day) == set()


def test_only_the_clerk_marks_a_photo(world, send):
    photo = send(world.alice)
    with pytest.raises(Invalid, match="由文员填写"):
        service.update(world.alice, PHOTOS, photo.id, {"mark": "无人脸"}, photo.version)
    marked = service.update(
        system(world.alice.now), PHOTOS, photo.id, {"mark": "无人脸"}, photo.version
    )
    named = service.update(world.alice, PHOTOS, photo.id, {"place": "教室"}, marked.version)
    assert (named.mark, named.place) == ("无人脸", "教室")


def test_the_inspector_reads_captions_without_names(world, send):
    photo = send(world.alice)
    visit = new_visit(world)
    typed = {photo.id: {"matter": "张小雨家的书桌", "people": "张小雨", "place": "张小雨家"}}
    (photo,) = attach(world.alice, VISITS, visit.id, typed)
    said = captions(world.inspector, [photo])[photo.id]
    assert (said["matter"], said["place"], said["people"]) == ("张**家的书桌", "张**家", "")
    assert captions(world.alice, [photo])[photo.id]["people"] == "张小雨"


def test_a_teachers_photo_goes_with_the_record_that_shows_it(world, send):
    photo = send(world.alice)
    visit = new_visit(world)
    attach(world.alice, VISITS, visit.id)
    for name, sees in (
        ("alice", True),
        ("bob", False),
        ("charlie", False),
        ("counsellor", False),
        ("clerk", True),
        ("leadership", True),
        ("inspector", True),
    ):
        assert (find_photo(world.actors[name], photo.id) is not None) is sees, name
    service.delete(world.alice, VISITS, visit.id)
    assert find_photo(world.inspector, photo.id) is None
    assert find_photo(world.clerk, photo.id) is not None


def test_the_list_of_photos_and_the_single_photo_agree_on_who_sees_what(world, send):
    waiting, shown = send(world.alice, jpeg(1), token="form-token-9"), send(world.alice)
    attach(world.alice, VISITS, new_visit(world).id)
    send(world.bob, jpeg(2), register=TALKS)
    for name in ("alice", "bob", "charlie", "counsellor"):
        actor = world.actors[name]
        listed = {photo.id for photo in rows(actor, PHOTOS)}
        single = {photo.id for photo in every_row(PHOTOS) if find_photo(actor, photo.id)}
        assert listed == single, name
    assert {photo.id for photo in rows(world.alice, PHOTOS)} == {waiting.id, shown.id}
