"""A part that holds nothing keeps its folder, and a note in it says what is missing."""

from __future__ import annotations

import zipfile

import pytest

from exports.bundle.looked import OTHER_CONTENT, looked_at
from exports.bundle.notes import TITLE
from exports.bundle.opened import opened
from models.core import service
from models.core.actor import system
from models.core.register import find
from tests.bundle_school import build, declared
from tests.world import NOON


@pytest.fixture
def package(world, data_dir, tmp_path):
    return build(data_dir, tmp_path / "bundle.zip", declared=declared())


def notes_in(path):
    """The notes of a package by their names, as Notepad would show them."""
    with zipfile.ZipFile(path) as archive:
        return {
            name.partition("/data/")[2]: archive.read(name).decode("utf-8-sig")
            for name in archive.namelist()
            if name.endswith(f"/{TITLE}.txt")
        }


def test_an_empty_part_has_its_folder_with_what_is_missing_and_who_can_supply_it(package):
    (name, text), *others = notes_in(package.path).items()
    assert (name, others) == (f"02-制度与行事历/{TITLE}.txt", [])
    lines = text.split("\r\n")
    assert "1. 工作制度：还没有登记（文员可补）" in lines
    assert "2. 学期行事历：还没有登记（文员可补）" in lines
    assert any("重新生成" in line for line in lines)
    assert "\n" not in text.replace("\r\n", "")


def test_a_note_is_in_the_lists_and_is_neither_document_nor_photo(package):
    assert [item.kind for item in package.items].count("note") == 1
    assert package.documents == sum(item.name.endswith(".pdf") for item in package.items)
    found = opened(package.path)
    assert found.problems == []
    with zipfile.ZipFile(package.path) as archive:
        page = archive.read(next(n for n in archive.namelist() if n.endswith("data/index.html")))
    assert f">{TITLE}</a>" in page.decode()
    assert all(check.passed for check in package.checks if check.name in ("可用", "安全"))


def test_the_note_goes_with_the_first_thing_that_is_there(package, world, data_dir, tmp_path):
    event = {"title": "开学典礼", "starts_on": "2025-09-01"}
    service.create(system(NOON, "测试"), find("calendar-event"), event)
    assert notes_in(build(data_dir, tmp_path / "next.zip", declared=declared()).path) == {}


def test_a_text_that_is_none_is_told(tmp_path):
    for data in (b"\xff\xfe\x00", b"a\x00b"):
        path = tmp_path / "note.txt"
        path.write_bytes(data)
        assert looked_at(path).harm == OTHER_CONTENT
    path.write_bytes(b"\xef\xbb\xbf\r\n")
    assert looked_at(path).unreadable
