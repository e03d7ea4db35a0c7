"""Files and scans in the bundle: those that may, the masked copy, and the list of the rest."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest
from PIL import Image

from exports.bundle.order import FULL
from exports.bundle.scans import NO_FILE
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.gates import every_row, row
from models.core.register import find
from models.kept.photos import NOTHING_PERSONAL, PERSONAL, WITH_COPY
from models.photos.view import UNMASKED
from tests.bundle_school import add_photo, build
from tests.world import NOON

RED, GREEN, BLUE = "#c03030", "#30c030", "#3030c0"


def scan(data_dir, world, colour, **said):
    return add_photo(data_dir, "meeting", world.meeting, colour=colour, evidence="sign-in", **said)


def marked(number, content):
    stored = row(SYSTEM, find("photo"), number)
    service.update(
        system(NOON, "测试"), find("photo"), number, {"content": content}, stored.version
    )


def shipped(built):
    """The scans in the package, by name and mean colour."""

    found = {}
    with zipfile.ZipFile(built.path) as archive:
        for name in archive.namelist():
            if "/附件/" in name:
                with archive.open(name) as file, Image.open(file) as image:
                    found[name.rpartition("/")[2]] = image.convert("RGB").getpixel((5, 5))
    return found


def colours(built):
    return sorted("RGB"[shade.index(max(shade))] for shade in shipped(built).values())


def kept_home(built):
    with zipfile.ZipFile(built.path) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("文件清单.xlsx")]
        with archive.open(name) as file:
            book = openpyxl.load_workbook(file)
    if "未放入的附件" not in book.sheetnames:
        return []
    return [row[3:] for row in list(book["未放入的附件"].values)[1:]]


@pytest.fixture
def three(world, data_dir):
    """A sign-in sheet without a mark, one without personal data, one with its masked copy."""
    plain = scan(data_dir, world, RED)
    marked(scan(data_dir, world, GREEN), NOTHING_PERSONAL)
    original = scan(data_dir, world, "#505050")
    scan(data_dir, world, BLUE, copy_of=original)
    marked(original, WITH_COPY)
    return plain


def test_the_masked_edition_ships_what_may_go_and_lists_the_rest(three, data_dir, tmp_path):
    built = build(data_dir, tmp_path / "masked.zip")
    assert colours(built) == ["B", "G"]
    assert all(name.startswith("000") and "签到表：" in name for name in shipped(built))
    stored = row(SYSTEM, find("photo"), three)
    told = f"{stored.kind}，{stored.bytes} 字节，校验值 {stored.sha256}"
    assert kept_home(built) == [(kept_home(built)[0][0], UNMASKED, told)]
    # What stays at home because it is personal is no gap in the package.
    assert not [one for one in built.survey.missing if "签到表：" in one.title]
    assert all(check.passed for check in built.checks if check.name == "安全")


@pytest.mark.parametrize("content", [None, PERSONAL])
def test_a_scan_with_personal_data_stays_at_home_as_one_without_a_mark(
    world, data_dir, tmp_path, content
):
    marked(scan(data_dir, world, RED), content)
    built = build(data_dir, tmp_path / "masked.zip")
    assert (colours(built), len(kept_home(built))) == ([], 1)


def test_the_title_in_the_list_is_masked(world, data_dir, tmp_path):
    meetings = find("meeting")
    stored = row(SYSTEM, meetings, world.meeting)
    raw = {"title": "张小雨的情况"}
    service.update(system(NOON, "测试"), meetings, stored.id, raw, stored.version)
    scan(data_dir, world, RED)
    ((title, _why, _told),) = kept_home(build(data_dir, tmp_path / "masked.zip"))
    assert "张小雨" not in title
    assert title.startswith("签到表：")


def test_the_full_edition_ships_the_originals_and_lists_nothing(three, data_dir, tmp_path):
    built = build(data_dir, tmp_path / "full.zip", edition=FULL)
    assert len(shipped(built)) == 3
    assert kept_home(built) == []
    # The copy stands in no edition beside the original it was made for.
    assert "B" not in colours(built)


def test_a_lost_file_is_missing_and_no_error(three, data_dir, tmp_path):
    photos = find("photo")
    stored = every_row(photos).where(photos.model.content == NOTHING_PERSONAL).get()
    (data_dir / "files" / stored.path).unlink()
    built = build(data_dir, tmp_path / "masked.zip", cache=tmp_path / "own")
    assert colours(built) == ["B"]
    assert [one.why for one in built.survey.missing if "签到表：" in one.title] == [NO_FILE]


def test_a_scan_that_slipped_through_is_not_safe(three, data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr("exports.bundle.scans.why_withheld", lambda *_asked: "")
    built = build(data_dir, tmp_path / "masked.zip")
    (safe,) = [check for check in built.checks if check.name == "安全"]
    assert not safe.passed
    assert "1 份附件没有标明不含个人信息" in safe.text


def test_a_new_mark_moves_the_scan_and_nothing_else(three, data_dir, tmp_path):
    first = build(data_dir, tmp_path / "first.zip")
    marked(three, NOTHING_PERSONAL)
    second = build(data_dir, tmp_path / "second.zip")
    assert colours(second) == ["B", "G", "R"]
    before = {one.title: one.made.sha256 for one in first.items if one.kind != "scan"}
    after = {one.title: one.made.sha256 for one in second.items if one.kind != "scan"}
    assert before == after
