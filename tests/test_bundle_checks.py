"""The four checks of a bundle: each refuses what is spoiled, and passes what is sound."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.annotations import Link

from exports.bundle import build as building
from exports.bundle import looked
from exports.bundle.cache import RenderCache
from exports.bundle.checks import four_checks, head_at, is_safe_path
from exports.bundle.declaration import Part
from exports.bundle.looked import looked_at
from exports.bundle.order import FULL
from exports.bundle.plain import PlainData
from exports.bundle.survey import NO_ARCHIVE, PartState, SourceState, Survey
from exports.documents.paper import Paper
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.database import database, writing
from models.core.errors import BadDeclaration
from models.core.gates import row
from models.core.masking import TextMask
from models.core.register import find
from models.school import bundles
from tests.bundle_school import (
    SMALL,
    add_photo,
    build,
    consent,
    declared,
    every_record,
    office,
    picture,
)
from tests.world import EARLIER, NOON

TRUE, WHOLE, USABLE, SAFE = "真实", "完整", "可用", "安全"


@dataclass
class Checked:
    """What the four checks were asked about when a bundle was built."""

    frame: object
    survey: object
    items: tuple
    plain: object
    archive: object = NO_ARCHIVE

    def again(self, **spoiled):
        given = {name: getattr(self, name) for name in ("frame", "survey", "items", "plain")}
        return {check.name: check for check in four_checks(*(given | spoiled).values())}


@pytest.fixture
def school(world, data_dir):
    """A school whose small bundle is complete."""
    consent(world.child_a)
    add_photo(data_dir, "meeting", world.meeting, [world.child_a])
    office(system(EARLIER, "测试"))
    return world


@pytest.fixture
def checked(data_dir, tmp_path, monkeypatch):
    """Builds the small bundle; gives what was checked."""

    def built(**said):
        seen = []

        def listening(*asked):
            seen.append(Checked(*asked))
            return four_checks(*asked)

        monkeypatch.setattr(building, "four_checks", listening)
        build(data_dir, tmp_path / "bundle.zip", **{"declared": declared()} | said)
        return seen[-1]

    return built


def failed(checks):
    return {name for name, check in checks.items() if not check.passed}


def written(writer):
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def document(change=lambda writer: None):
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    change(writer)
    return written(writer)


def jpeg(**saved):
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "#7aa87a").save(target, "JPEG", **saved)
    return target.getvalue()


def camera():
    """What a phone writes into a picture: the maker and where it stood."""
    exif = Image.Exif()
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


SPOILED = {
    "script.pdf": (
        document(lambda w: w.add_open_action(JavaScript("app.alert('x')"))),
        looked.ACTIVE,
    ),
    "attached.pdf": (document(lambda w: w.add_attachment("x.exe", b"MZ")), looked.ACTIVE),
    "leading-out.pdf": (
        document(lambda w: w.add_annotation(0, Link(rect=(0, 0, 9, 9), url="http://x"))),
        looked.ACTIVE,
    ),
    "other.pdf": (b"MZ\x90" + document(), looked.OTHER_CONTENT),
    "camera.jpg": (jpeg(exif=camera()), looked.CAMERA),
    "other.jpg": (b"GIF89a", looked.OTHER_CONTENT),
    "macro.xlsm": (b"PK", looked.UNKNOWN_KIND),
    "run.exe": (b"MZ", looked.UNKNOWN_KIND),
}
SOUND = {
    "plain.pdf": document(),
    "plain.jpg": jpeg(),
    "profile.jpg": jpeg(icc_profile=b"x" * 200, progressive=True),
    "names.pdf": document(lambda w: w.add_metadata({"/Title": "/JSON /AAAAAA+Font"})),
}
UNREADABLE = {
    "empty.pdf": b"",
    "cut.pdf": document()[:200],
    "empty.jpg": b"",
    "cut.jpg": jpeg()[:-40],
    "empty.xlsx": b"",
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_file_that_must_not_leave_is_recognised(tmp_path, name):
    content, harm = SPOILED[name]
    (tmp_path / name).write_bytes(content)
    assert looked_at(tmp_path / name).harm == harm


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_left_in_peace(tmp_path, name):
    (tmp_path / name).write_bytes(SOUND[name])
    found = looked_at(tmp_path / name)
    assert (found.harm, found.unreadable) == ("", False)
    assert found.pages == (1 if name.endswith(".pdf") else 0)


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_does_not_open_is_recognised(tmp_path, name):
    (tmp_path / name).write_bytes(UNREADABLE[name])
    assert looked_at(tmp_path / name).unreadable


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("01-领导/01-名单.pdf", True),
        ("06-照片/照片/0001-家访（2025-10-25）.jpg", True),
        ("../出去.pdf", False),
        ("01/../../出去.pdf", False),
        ("/etc/passwd.pdf", False),
        ("C:/windows.pdf", False),
        ("01\\02.pdf", False),
        ("01//02.pdf", False),
        ("./02.pdf", False),
        ("01/换\n行.pdf", False),
        ("01/run.exe", False),
        ("01/book.pdf.exe", False),
        ("01/没有后缀", False),
    ],
)
def test_only_paths_inside_the_package_and_of_shipped_kinds_are_safe(name, safe):
    assert is_safe_path(name) is safe


def test_a_sound_and_complete_bundle_passes_all_four(school, checked):
    asked = checked()
    checks = asked.again()
    assert failed(checks) == set()
    assert "没有缺件" in checks[WHOLE].text
    assert "核对 7 条记录" in checks[TRUE].text  # 3 children, meeting, photo, rule, event
    assert "打开 4 份文书" in checks[USABLE].text
    assert "放入 1 张照片，0 张不具备条件的未放入；检查 5 个文件" in checks[SAFE].text


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE child SET version = 9 WHERE id = {child_a}",
        "UPDATE meeting SET version = 0 WHERE id = {meeting}",
        "UPDATE photo SET version = version + 1",
        # A record that was never written down, as one put in by hand.
        "DELETE FROM audit_entry WHERE register = 'meeting' AND record_id = {meeting}",
    ],
)
def test_what_went_past_the_write_path_is_not_true(school, checked, change):
    with writing():
        database.execute_sql(change.format(**school.ids))
    checks = checked().again()
    assert failed(checks) == {TRUE}
    assert "有 1 条不符" in checks[TRUE].text


def test_a_value_changed_past_the_write_path_is_not_true(school, checked):
    with writing():
        database.execute_sql("UPDATE child SET sex = '男' WHERE id = ?", (school.child_a,))
    assert TRUE in failed(checked().again())


def test_a_change_past_the_write_path_elsewhere_is_no_fault_of_this_bundle(school, checked):
    with writing():
        database.execute_sql("UPDATE talk SET version = 9")
    assert failed(checked().again()) == set()


def test_a_file_of_the_cache_that_was_cut_short_is_made_anew(tmp_path):
    cache, times = RenderCache(tmp_path), []

    def make(part):
        times.append(part)
        part.write_bytes(jpeg())

    made = cache.get("ab12", ".jpg", make)
    assert cache.get("ab12", ".jpg", make) == made
    with made.path.open("r+b") as file:
        file.truncate(made.bytes - 1)
    assert cache.get("ab12", ".jpg", make) == made
    assert made.path.stat().st_size == made.bytes
    assert len(times) == 2


def test_what_a_bundle_itself_writes_is_no_new_head_of_the_chain(world):
    before = head_at(NOON)
    semester = row(SYSTEM, find("semester"), world.autumn)
    bundles.ask_full(world.clerk, semester, "移交", "村委会")
    user = row(SYSTEM, find("user"), world.alice.user_id)
    service.update(system(NOON), find("user"), user.id, {"name": "王老师"}, user.version)
    assert head_at(NOON) == before
    talk = row(SYSTEM, find("talk"), world.talk_a)
    service.update(world.clerk, find("talk"), talk.id, {"topic": "改了"}, talk.version)
    assert head_at(NOON) != before


def test_a_bundle_with_something_missing_is_not_whole(school, checked):
    another = {
        "kind": "例会",
        "title": "冬月例会",
        "held_at": "2025-11-10 16:30",
        "place": "会议室",
        "chair": school.staff_leadership,
        "due": 5,
        "present": 5,
    }
    service.create(system(NOON, "测试"), find("meeting"), another)
    checks = checked().again()
    assert failed(checks) == {WHOLE}
    assert "有 2 项尚缺" in checks[WHOLE].text  # its sign-in sheet and its photo


def test_two_files_of_one_name_are_not_whole(school, checked):
    asked = checked()
    first, *rest = asked.items
    assert failed(asked.again(items=(first, first, *rest))) == {WHOLE}


def test_a_document_that_does_not_open_is_not_usable(school, checked, monkeypatch, tmp_path):
    monkeypatch.setattr(
        Paper, "write", lambda _paper, target, *_: target.write_bytes(b"%PDF-1.4 cut")
    )
    checks = checked(cache=tmp_path / "own").again()
    assert failed(checks) == {USABLE}
    assert "有 2 个打不开" in checks[USABLE].text


def test_a_picture_that_does_not_open_is_not_usable(school, checked, monkeypatch, tmp_path):
    def cut(_display, target, *_more):
        target.write_bytes(picture()[:-40])

    monkeypatch.setattr("exports.bundle.captioned.caption_copy", cut)
    monkeypatch.setattr(Paper, "write", lambda _paper, target, *_: target.write_bytes(document()))
    assert failed(checked(cache=tmp_path / "own").again()) == {USABLE}


def test_a_document_with_a_script_is_not_safe(school, checked, monkeypatch, tmp_path):
    spoiled, _harm = SPOILED["script.pdf"]
    monkeypatch.setattr(Paper, "write", lambda _paper, target, *_: target.write_bytes(spoiled))
    checks = checked(cache=tmp_path / "own").again()
    assert failed(checks) == {SAFE}
    assert f"2 个文件{looked.ACTIVE}" in checks[SAFE].text


def test_a_picture_that_tells_where_it_was_taken_is_not_safe(
    school, checked, monkeypatch, tmp_path
):
    def told(_display, target, *_more):
        target.write_bytes(jpeg(exif=camera()))

    monkeypatch.setattr("exports.bundle.captioned.caption_copy", told)
    checks = checked(cache=tmp_path / "own").again()
    assert failed(checks) == {SAFE}
    assert f"1 个文件{looked.CAMERA}" in checks[SAFE].text


def test_a_photo_that_slipped_through_without_consent_is_not_safe(
    school, data_dir, checked, monkeypatch
):
    add_photo(data_dir, "meeting", school.meeting, [school.child_b], "#303a5a")
    assert failed(checked().again()) == {WHOLE}
    monkeypatch.setattr("exports.bundle.photos.why_withheld", lambda *_asked: "")
    checks = checked().again()
    assert failed(checks) == {SAFE}
    assert "1 张照片没有同意" in checks[SAFE].text


def test_a_file_outside_the_package_is_not_safe(school, checked):
    asked = checked()
    first, *rest = asked.items
    strange = replace(first, name=f"../{first.name}")
    assert failed(asked.again(items=(strange, *rest))) == {SAFE}


def test_a_sealed_register_among_the_sources_is_not_safe(school, checked):
    asked = checked()
    sealed = every_record("counselling")
    part = PartState(Part(3, "x", "咨询", (sealed,)), (SourceState(sealed),))
    checks = asked.again(survey=Survey((*asked.survey.parts, part)))
    assert SAFE in failed(checks)
    assert "密封登记“心理咨询记录”" in checks[SAFE].text


def test_a_sealed_register_cannot_be_declared_a_source():
    with pytest.raises(BadDeclaration, match="密封登记"):
        declared(SMALL.replace('register = "calendar-event"', 'register = "counselling"'))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("讨论单明转学", "1 处儿童姓名"),
        ("奶奶电话13985670001", "1 处家庭电话"),
        ("证件号520624201205060020。", "1 处证件号"),
        ("学籍号G520624201205060020", "1 处证件号"),
        ("张**、139****5678、**************0020、王爱丽", ""),
        # Eighteen digits that are no identity number, and a digest.
        ("编号 520624201205060021", ""),
        ("a520624201205060020", ""),
    ],
)
def test_what_the_inspection_edition_should_have_masked_is_found(school, checked, text, found):
    asked = checked()
    asked.plain.look("无关的一行", text)
    assert asked.plain.found == found
    assert failed(asked.again()) == ({SAFE} if found else set())
    if found:
        assert found in asked.again()[SAFE].text
        assert "已遮蔽；" not in asked.again()[SAFE].text


def test_a_colleague_called_like_a_child_is_no_leak(school, checked):
    service.create(system(NOON, "测试"), find("staff"), {"name": "单明", "sex": "男"})
    plain = PlainData(checked().frame)
    plain.look("主持：单明")
    assert plain.found == ""


@pytest.mark.parametrize("field", ["title", "content"])
def test_a_mask_that_fails_is_noticed_in_titles_and_minutes(school, checked, monkeypatch, field):
    meeting, told = find("meeting"), {field: "单明转学的事"}
    service.update(system(NOON, "测试"), meeting, school.meeting, told, 1)
    assert failed(checked().again()) == set()
    monkeypatch.setattr(TextMask, "__call__", lambda _self, text, *_more, **_named: text)
    checks = checked().again()
    assert failed(checks) == {SAFE}
    assert "处儿童姓名" in checks[SAFE].text


def test_a_mask_that_fails_is_noticed_in_a_register_book(school, checked, monkeypatch):
    monkeypatch.setattr("models.core.display.mask", lambda _spec, text: text)
    checks = checked().again()
    assert failed(checks) == {SAFE}
    assert "3 处证件号" in checks[SAFE].text


def test_a_book_masks_the_names_of_all_children(school, checked):
    event = {"title": "单明转学座谈", "starts_on": "2025-11-10"}
    service.create(system(NOON, "测试"), find("calendar-event"), event)
    assert failed(checked().again()) == set()


def test_the_full_edition_may_name_people_but_shows_no_identity_number(school, checked):
    asked = checked(edition=FULL)
    asked.plain.look("张小雨 13985671234")
    checks = asked.again()
    assert failed(checks) == set()
    assert "含未遮蔽的个人信息" in checks[SAFE].text
    asked.plain.look("520624201205060020")
    assert failed(asked.again()) == {SAFE}
