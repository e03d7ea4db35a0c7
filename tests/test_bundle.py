"""What goes into the inspection bundle, what stays at home, and that it never depends on when."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from urllib.parse import unquote

import openpyxl
import pytest
from PIL import Image
from pypdf import PdfReader

from exports.bundle import bag, photos
from exports.bundle.build import build_bundle
from exports.bundle.order import FULL
from exports.documents.paper import Paper
from exports.pdf.errors import RenderFailed
from models.core import audit, service
from models.core.actor import system
from models.core.database import database, writing
from models.core.errors import NotFound
from models.core.jobs import JobCancelled
from models.core.register import find
from models.photos import view
from models.school import bundles
from tests.bundle_school import SEMESTER, add_photo, another_clock, build, consent, order
from tests.world import EARLIER, NOON

SECRETS = ("张小雨", "曾思源", "单明", "13985671234", "520624201205060020", "大坪村 3 组", "张奶奶")


@pytest.fixture
def photographed(world, data_dir):
    """A school with photos that may go and photos that may not."""
    consent(world.child_a)
    return {
        "visit": add_photo(
            data_dir,
            "home-visit",
            world.visit_a,
            [world.child_a],
            matter="家访张小雨",
            place="云岭镇大坪村 3 组",
        ),
        "hall": add_photo(
            data_dir, "meeting", world.meeting, [], "#a07a5a", mark="无人脸", matter="会场"
        ),
        "faces": add_photo(data_dir, "meeting", world.meeting, [world.child_b], "#303a5a"),
    }


@pytest.fixture
def built(photographed, data_dir, tmp_path):
    return build(data_dir, tmp_path / "bundle.zip")


@pytest.fixture
def unzipped(built, tmp_path):
    """The one folder in the package."""
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "unzipped")
    (folder,) = (tmp_path / "unzipped").iterdir()
    return folder


def names(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def why(built):
    return {one.why for one in built.survey.missing if one.title.startswith("照片：")}


def readable(folder):
    """Everything a person can read in the package, names of files included."""
    found = []
    for path in folder.rglob("*"):
        found.append(str(path.relative_to(folder)))
        if path.suffix == ".pdf":
            found += [page.extract_text() for page in PdfReader(path).pages]
        elif path.suffix == ".xlsx":
            for sheet in openpyxl.load_workbook(path):
                found += [str(cell) for row in sheet.values for cell in row]
        elif path.suffix in (".html", ".txt", ".css"):
            found.append(path.read_text("utf-8"))
    return "".join("".join(found).split())


def test_another_tool_accepts_the_package(unzipped):
    told = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", unzipped], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr


def test_other_tools_accept_every_document(unzipped):
    documents = list(unzipped.rglob("*.pdf"))
    assert len(documents) >= 5
    for path in documents:
        assert subprocess.run(["qpdf", "--check", path], capture_output=True).returncode == 0
        fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True).stdout
        lines = fonts.splitlines()[2:]
        assert lines
        assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in lines), fonts


def test_the_child_register_and_the_meeting_file_are_in_it(unzipped):
    (book,) = unzipped.glob("data/05*/*留守儿童登记册.pdf")
    text = "".join(page.extract_text() for page in PdfReader(book).pages)
    assert "张**" in text
    assert "七（1）班" in text
    (file,) = unzipped.glob("data/06*/*十月例会*.pdf")
    text = "".join("".join(page.extract_text() for page in PdfReader(file).pages).split())
    for word in ("召开十月例会的通知", "会议签到表", "会议记录", "王爱丽", "检查谈心进度"):
        assert word in text


def test_the_inspection_edition_names_no_child_anywhere(unzipped):
    shown = readable(unzipped)
    assert [secret for secret in SECRETS if "".join(secret.split()) in shown] == []


def test_minutes_that_name_a_child_are_masked(world, data_dir, tmp_path):
    meeting = find("meeting")
    record = service.update(
        system(EARLIER, "测试"),
        meeting,
        world.meeting,
        {"content": "讨论单明转学，电话 13985671234"},
        1,
    )
    built = build(data_dir, tmp_path / "bundle.zip")
    with zipfile.ZipFile(built.path) as archive:
        name = next(n for n in archive.namelist() if "十月例会" in n)
        pages = PdfReader(io.BytesIO(archive.read(name))).pages
    text = "".join(page.extract_text() for page in pages)
    assert record.content not in text
    assert "单明" not in text
    assert "单**转学" in text


def test_the_full_edition_names_people_but_keeps_identity_numbers(photographed, data_dir, tmp_path):
    built = build(data_dir, tmp_path / "full.zip", edition=FULL)
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "full")
    shown = readable(tmp_path / "full")
    assert "张小雨" in shown
    assert "13985671234" in shown
    assert "520624201205060020" not in shown
    assert "完整版" in shown


def test_the_same_data_gives_the_same_bytes_on_another_day_in_another_zone(
    photographed, data_dir, tmp_path, monkeypatch
):
    first = build(data_dir, tmp_path / "first.zip", cache=tmp_path / "cache-1")
    with another_clock(monkeypatch):
        second = build(data_dir, tmp_path / "second.zip", cache=tmp_path / "cache-2")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    assert first.sha256 == second.sha256


def test_noting_and_releasing_a_bundle_leaves_the_next_one_equal(
    world, photographed, data_dir, tmp_path
):
    first = build(data_dir, tmp_path / "first.zip")
    semester = find("semester").model(id=world.autumn)
    noted = bundles.record_built(world.clerk, semester, "inspection", {"sha256": first.sha256})
    bundles.release(world.clerk, noted.id)
    assert build(data_dir, tmp_path / "second.zip").sha256 == first.sha256


def test_one_changed_record_changes_the_bundle_and_its_date(
    world, photographed, data_dir, tmp_path
):
    first = build(data_dir, tmp_path / "first.zip")
    service.update(
        system(NOON, "测试"), find("meeting"), world.meeting, {"content": "大家都到了"}, 1
    )
    second = build(data_dir, tmp_path / "second.zip")
    assert second.sha256 != first.sha256
    assert first.made_at < second.made_at == NOON
    same = {i.name: i.made.sha256 for i in first.items}
    # The notes of empty parts name the months that have begun since.
    kept = [i for i in second.items if i.kind != "note"]
    unchanged = [i for i in kept if same.get(i.name) == i.made.sha256]
    assert len(unchanged) == len(kept) - 1


def test_a_photo_of_a_child_without_consent_stays_at_home_and_is_listed(built):
    assert built.photos == 2
    assert why(built) == {view.NO_CONSENT}
    assert not [name for name in names(built.path) if "303a5a" in name]


def test_a_file_that_stays_at_home_is_listed_by_kind_size_and_sum(built, unzipped):
    home = [
        one.photo
        for part in built.survey.parts
        for state in part.sources
        for one in state.photos
        if one.withheld
    ]
    assert home
    book = openpyxl.load_workbook(unzipped / "data" / "文件清单.xlsx")
    listed = [row[3] for row in list(book["缺件清单"].values)[1:]]
    for photo in home:
        told = f"{photo.kind}，{photo.bytes} 字节，校验值 {photo.sha256}"
        assert [one for one in listed if told in one], photo.id


def test_a_withdrawn_consent_takes_the_photo_out_whenever_it_is_dated(
    world, photographed, data_dir, tmp_path
):
    register = find("consent")
    given = register.model
    found = given.select(given.id, given.version).where(database_mark(register)).first()
    service.update(
        system(NOON, "测试"), register, found.id, {"withdrawn_on": "2026-06-30"}, found.version
    )
    built = build(data_dir, tmp_path / "bundle.zip")
    assert built.photos == 1


def database_mark(register):
    from models.core.database import mark

    return mark(register.table)


def test_a_consent_given_again_after_a_withdrawal_counts(world, data_dir, tmp_path):
    consent(world.child_a, given_on="2025-03-01", withdrawn_on="2025-04-01")
    consent(world.child_a, given_on="2025-09-10")
    add_photo(data_dir, "home-visit", world.visit_a, [world.child_a])
    assert build(data_dir, tmp_path / "bundle.zip").photos == 1


def test_a_consent_dated_ahead_is_not_given_yet(world, data_dir, tmp_path):
    consent(world.child_a, given_on="2025-12-24")
    add_photo(data_dir, "home-visit", world.visit_a, [world.child_a])
    assert build(data_dir, tmp_path / "bundle.zip").photos == 0


def test_a_photo_needs_the_consent_of_every_child_on_it(world, data_dir, tmp_path):
    consent(world.child_a)
    add_photo(data_dir, "home-visit", world.visit_a, [world.child_a, world.child_b])
    assert build(data_dir, tmp_path / "bundle.zip").photos == 0


def test_a_photo_on_which_nobody_named_the_children_stays_at_home(world, data_dir, tmp_path):
    add_photo(data_dir, "meeting", world.meeting)
    built = build(data_dir, tmp_path / "bundle.zip")
    assert built.photos == 0
    assert why(built) == {view.NO_CHILDREN}


def test_a_scan_is_no_photo_and_stays_at_home(world, data_dir, tmp_path):
    add_photo(data_dir, "meeting", world.meeting, mark="法定留存", evidence="sign-in")
    assert build(data_dir, tmp_path / "bundle.zip").photos == 0


def test_a_lost_file_is_listed_and_stops_nothing(photographed, data_dir, tmp_path):
    for path in (data_dir / "files").rglob("*.jpg"):
        path.unlink()
    built = build(data_dir, tmp_path / "bundle.zip")
    assert built.photos == 0
    assert photos.NO_FILE in why(built)
    assert built.documents == 2


def test_a_damaged_original_is_listed_and_stops_nothing(photographed, data_dir, tmp_path):
    for path in (data_dir / "files").rglob("*.jpg"):
        path.write_bytes(path.read_bytes()[:100])
    built = build(data_dir, tmp_path / "bundle.zip", cache=tmp_path / "cache")
    assert built.photos == 0
    assert photos.NO_FILE in why(built)


def test_a_copy_carries_its_caption_and_nothing_the_camera_wrote(unzipped):
    copies = list(unzipped.rglob("照片/*.jpg"))
    assert len(copies) == 2
    for path in copies:
        with Image.open(path) as image:
            assert not image.getexif()
            assert image.height > 600


def test_a_caption_tells_school_activity_day_and_place(built):
    chosen = {one.photo.evidence + str(one.photo.id): one for one in built.survey.photos}
    lines = [line for one in chosen.values() for line in one.caption("云岭中学")]
    assert "云岭中学 · 会场" in lines
    assert "2025年10月27日 · 会议室" in lines
    assert "云岭中学 · 家访张**" in lines
    assert "2025年10月25日 · 云岭镇大坪村**" in lines


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src")]


def test_every_link_of_the_index_leads_to_a_file_beside_it(unzipped):
    parser = Links()
    parser.feed((unzipped / "data" / "index.html").read_text("utf-8"))
    files = [unquote(link) for link in parser.found if not link.startswith(("#", "data:"))]
    assert len(files) > 6
    assert [link for link in files if not (unzipped / "data" / link).is_file()] == []
    page = (unzipped / "data" / "index.html").read_text("utf-8")
    assert page.index('id="missing"') < page.index('id="part-1"')


def test_the_file_list_has_every_file_with_its_digest(built, unzipped):
    book = openpyxl.load_workbook(unzipped / "data" / "文件清单.xlsx")
    rows = list(book["文件清单"].values)[1:]
    assert {(row[6], row[7]) for row in rows} == {(i.name, i.made.sha256) for i in built.items}
    missing = list(book["缺件清单"].values)[1:]
    assert len(missing) == len(built.survey.missing)
    assert book.properties.created == built.made_at


def test_all_entries_are_stored_sorted_and_carry_one_time(built):
    with zipfile.ZipFile(built.path) as archive:
        entries = archive.infolist()
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert [e.filename for e in entries] == sorted(e.filename for e in entries)
    assert len({entry.date_time for entry in entries}) == 1
    assert {entry.filename.partition("/")[0] for entry in entries} == {
        "云岭中学-2025-2026-1-督查版"
    }


def test_the_printed_chain_head_is_found_in_the_chain(built):
    service.create(system(NOON, "测试"), find("holiday"), {"day": "2025-12-01", "kind": "本校放假"})
    assert audit.verify(built.head).anchor_found


def test_a_record_changed_past_the_write_path_fails_the_check_of_truth(world, data_dir, tmp_path):
    with writing():
        database.execute_sql("UPDATE child SET version = 9, sex = '男' WHERE id = 1")
    checks = {c.name: c.passed for c in build(data_dir, tmp_path / "bundle.zip").checks}
    assert checks["真实"] is False
    assert checks["可用"] is True


def test_what_nobody_supplied_yet_is_told_with_who_can(built):
    told = {(one.part, one.source): one for one in built.survey.missing}
    assert told[(5, "留守儿童统计表")].supplier == "领导小组"
    assert all(one.supplier for one in built.survey.missing)
    assert {state.part.number for state in built.survey.parts} == set(range(1, 9))


def test_a_stopped_build_leaves_no_package(photographed, data_dir, tmp_path):
    def stop(step, done, total):
        if step == "正在打包" and done == 3:
            raise JobCancelled("已按要求停下")

    with pytest.raises(JobCancelled):
        build_bundle(order(data_dir, tmp_path / "out" / "bundle.zip"), stop)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_damaged_in_the_cache_is_never_packed_and_made_anew(
    photographed, data_dir, tmp_path
):
    first = build(data_dir, tmp_path / "first.zip", cache=tmp_path / "cache")
    victim = next(item for item in first.items if item.is_document).made.path
    victim.write_bytes(victim.read_bytes().replace(b"obj", b"jbo", 1))
    with pytest.raises(bag.DamagedFile):
        build(data_dir, tmp_path / "second.zip", cache=tmp_path / "cache")
    assert build(data_dir, tmp_path / "third.zip", cache=tmp_path / "cache").sha256 == first.sha256


def test_nothing_is_drawn_twice_for_the_same_data(photographed, data_dir, tmp_path, monkeypatch):
    build(data_dir, tmp_path / "first.zip", cache=tmp_path / "cache")
    monkeypatch.setattr("exports.bundle.captioned.caption_copy", lambda *_: pytest.fail("drawn"))
    monkeypatch.setattr(Paper, "write", lambda *_: pytest.fail("drawn"))
    build(data_dir, tmp_path / "second.zip", cache=tmp_path / "cache")


def test_an_unknown_semester_is_told_with_those_there_are(world, data_dir, tmp_path):
    with pytest.raises(NotFound, match=SEMESTER):
        build(data_dir, tmp_path / "bundle.zip", reach="1999-2000-1")


def test_another_semesters_acts_stay_out(photographed, data_dir, tmp_path):
    built = build(data_dir, tmp_path / "spring.zip", reach="2025-2026-2")
    assert built.photos == 0
    assert not [item for item in built.items if item.kind == "meetings"]


def strange(world, title="冬季安全🎉"):
    """A meeting whose texts hold what no font has."""
    raw = {
        "kind": "例会",
        "title": title,
        "held_at": "2025-11-10 16:30",
        "place": "会议室",
        "chair": world.staff_leadership,
        "content": "讨论了冬季安全😊，𠮷老师发言\uf8ff",
    }
    return service.create(system(NOON, "测试"), find("meeting"), raw)


def test_no_character_stops_the_bundle_and_the_report_names_those_no_font_has(
    world, data_dir, tmp_path
):
    strange(world)
    built = build(data_dir, tmp_path / "bundle.zip")
    usable = next(check for check in built.checks if check.name == "可用")
    assert "〓 代替字库中没有的字：U+F8FF、U+1F389、U+1F60A" in usable.text
    assert usable.passed


def test_a_document_that_cannot_be_laid_out_is_missing_and_the_rest_goes_on(
    world, data_dir, tmp_path, monkeypatch
):
    meeting = strange(world, "排不下的会")
    write = Paper.write

    def refusing(paper, *more):
        if "排不下的会" in paper.body:
            raise RenderFailed("有一块内容一页放不下")
        write(paper, *more)

    monkeypatch.setattr(Paper, "write", refusing)
    built = build(data_dir, tmp_path / "bundle.zip")
    (lost,) = [one for one in built.survey.missing if one.why == "有一块内容一页放不下"]
    assert (lost.register, lost.record_id) == ("meeting", meeting.id)
    assert any("例会" in item.title or "会议" in item.title for item in built.items)
