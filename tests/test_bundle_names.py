"""The longest and ugliest names a school can enter give paths that unpack everywhere."""

from __future__ import annotations

import zipfile

import pytest

from exports.bundle import build as building
from exports.bundle.archive import archive_tree
from exports.bundle.choices import Choices
from exports.bundle.declaration import declaration
from exports.bundle.names import LONGEST_PATH, fault_of, file_name, length_of
from exports.bundle.opened import opened
from models.core import service
from models.core.actor import system
from models.core.gates import every_row
from models.core.register import find
from tests.bundle_school import add_photo, build
from tests.world import NOON

# Forbidden characters, names of devices, equal but for case, trailing dots, a rare character.
ENDS = (
    "长" * 300,
    "𠮷" * 300,
    "Plan" * 60,
    "plAN" * 60,
    "CON",
    'a<b>:"/\\|?*c. . .',
    "名单...",
    "...",
)
# Of the file kinds a record may carry the longest suffix.
SUFFIX = ".docx"


def longest(slug, field, text):
    """The text as long as the register takes it."""
    return text[: find(slug).fields[field].field.max_length or 200]


@pytest.fixture
def ugly(world, data_dir):
    """A school, regulations and meetings called as badly as the forms allow."""
    actor = system(NOON, "测试")
    school = find("school")
    one = every_row(school).get()
    service.update(
        actor, school, one.id, {"name": longest("school", "name", "𠮷" * 300)}, one.version
    )
    for text in ENDS:
        title = longest("regulation", "title", text)
        raw = {"title": title, "topic": "领导小组工作制度", "kind": "制度", "text": "每月开会"}
        service.create(actor, find("regulation"), raw)
        add_photo(
            data_dir,
            "meeting",
            world.meeting,
            [],
            f"#{ENDS.index(text) * 0x101010:06x}",
            mark="无人脸",
            matter=longest("photo", "matter", text),
        )


@pytest.mark.parametrize("volume_mb", [0, 10])
def test_a_package_of_them_unpacks_everywhere(ugly, data_dir, tmp_path, monkeypatch, volume_mb):
    monkeypatch.setattr(building, "MEGABYTE", 40 * 1024)
    built = build(
        data_dir, tmp_path / "ugly.zip", choices=Choices(volume_mb=volume_mb, archive=True)
    )
    assert len([item for item in built.items if item.kind == "sheets"]) >= len(ENDS)
    assert (len(built.volumes) > 1) is bool(volume_mb)
    names = []
    for one in built.volumes:
        assert opened(one.path).problems == []
        with zipfile.ZipFile(one.path) as archive:
            names += archive.namelist()
            # Explorer unpacks into a folder of the file's name, WPS beside it.
            archive.extractall(tmp_path / one.path.stem)
    assert [name for name in names if fault_of(name)] == []
    assert len({name.casefold() for name in names}) == len(names)


def test_every_folder_of_the_package_has_room_for_the_longest_name():
    """The folders are declared, so that a new title that is too long is found here."""
    base = f"{file_name('𠮷' * 300)}-99"
    parts = declaration().parts
    for part in parts:
        for place in ("01-", "附件/0001-", "照片/0001-"):
            path = f"{base}/data/{part.folder}/{place}{file_name('𠮷' * 300)}{SUFFIX}"
            assert fault_of(path) == "", path


def test_the_archive_has_room_too(world):
    base = f"{file_name('𠮷' * 300)}-99"
    for part in archive_tree(declaration()).parts:
        for place in ("01-", "附件/0001-", "照片/0001-"):
            path = f"{base}/data/{part.folder}/{place}{file_name('𠮷' * 300)}{SUFFIX}"
            assert fault_of(path) == "", path


def test_a_rare_character_counts_as_windows_counts_it():
    assert length_of("𠮷a") == 3
    assert length_of(file_name("𠮷" * 300)) == 40
    assert length_of(file_name("a" + "𠮷" * 300)) == 39
    assert fault_of("𠮷" * (LONGEST_PATH // 2)) == ""
    assert fault_of("𠮷" * (LONGEST_PATH // 2) + "a")


def test_a_title_cut_within_brackets_loses_them():
    long = "活动记录（" + "社会实践、" * 12 + "）"
    assert file_name(long) == "活动记录"
    assert file_name("活动记录（第一学期") == "活动记录（第一学期"
    assert file_name("（" + "社" * 60).startswith("（社")
    assert file_name("名单（一）" + "社" * 60).startswith("名单（一）社")
