"""`bundle --check FILE`: a sound package passes, and each way of spoiling one is told by name."""

from __future__ import annotations

import json
import zipfile

import pytest

from app import main
from exports.bundle.names import LONGEST_PATH, fault_of, file_name
from exports.bundle.opened import opened
from models.core.actor import system
from models.core.errors import BadFile
from tests.bundle_school import build, declared, office
from tests.world import NOON


@pytest.fixture
def package(world, data_dir, tmp_path):
    office(system(NOON, "测试"))
    return build(data_dir, tmp_path / "bundle.zip", declared=declared())


def spoiled(path, change):
    """Write the package anew, each (name, bytes) as `change` gives it back, None left out."""
    target = path.with_name("spoiled.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as into:
        for name in source.namelist():
            kept = change(name, source.read(name))
            if kept is not None:
                into.writestr(*kept)
    return target


def first_document(name):
    return "/data/01-" in name and name.endswith(".pdf")


def test_a_sound_package_has_no_problem_and_tells_what_its_list_misses(package):
    found = opened(package.path)
    assert found.problems == []
    assert found.head == package.head
    assert len(found.missing) == len(package.survey.missing) > 0
    assert found.files > len(package.items) > 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda name, data: (name, data + b" " if first_document(name) else data),
            "内容和校验值不符",
        ),
        (lambda name, data: None if first_document(name) else (name, data), "包里没有"),
        (
            lambda name, data: (name.replace("/data/01-", "/data/X-"), data),
            "没有列在 manifest-sha256.txt 里",
        ),
        (
            lambda name, data: (name, b"%PDF-1.4 cut" if first_document(name) else data),
            "打不开",
        ),
        (
            lambda name, data: (name, data.replace(b"1.0", b"9.9") if "bagit" in name else data),
            "不是本系统的资料包",
        ),
        (
            lambda name, data: None if "/manifest-" in name else (name, data),
            "没有这个校验清单",
        ),
        (
            lambda name, data: (name.replace("/data/01-", "/data/NUL/01-"), data),
            "是 Windows 保留的名称",
        ),
    ],
)
def test_each_way_of_spoiling_a_package_is_told(package, change, told):
    problems = opened(spoiled(package.path, change)).problems
    assert any(told in one for one in problems), problems


def test_two_names_that_are_one_on_windows_are_told(package):
    doubled = spoiled(package.path, lambda name, data: (name, data))
    with zipfile.ZipFile(doubled, "a") as into:
        name = next(one for one in into.namelist() if first_document(one))
        into.writestr(name.replace(".pdf", ".PDF"), b"%PDF-1.4")
    told = [one for one in opened(doubled).problems if "同名文件" in one]
    assert told == [f"{name.casefold()}：有 2 个同名文件，解开后只剩一个"]


def test_a_second_folder_beside_the_packages_own_is_told(package):
    beside = spoiled(package.path, lambda name, data: (name, data))
    with zipfile.ZipFile(beside, "a") as into:
        into.writestr("别处/说明.txt", "x")
    assert any("现在有 2 个" in one for one in opened(beside).problems)


def test_a_flipped_byte_and_a_cut_file_are_told(package, tmp_path):
    data = bytearray(package.path.read_bytes())
    with zipfile.ZipFile(package.path) as archive:
        entry = next(one for one in archive.infolist() if first_document(one.filename))
    data[entry.header_offset + 400] ^= 0xFF
    flipped = tmp_path / "flipped.zip"
    flipped.write_bytes(data)
    assert any("已损坏" in one for one in opened(flipped).problems)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(BadFile, match="打不开"):
        opened(cut)


def test_the_command_answers_by_its_exit_status_without_a_school(package, capsys):
    assert main(["bundle", "--check", str(package.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []
    bad = spoiled(package.path, lambda name, data: None if "bagit" in name else (name, data))
    assert main(["bundle", "--check", str(bad)]) == 1
    assert "bagit.txt" in capsys.readouterr().out
    assert main(["bundle", "--check", str(package.path.with_name("none.zip"))]) == 1
    assert main(["bundle"]) == 1
    assert "--check" in capsys.readouterr().err


UGLY = [
    "con",
    "NUL",
    "com1",
    "a. . .",
    " .x. ",
    'a<b>c:"d"|?*',
    "x" * 300,
    "...",
    "\t\n",
    "aux.txt",
]


@pytest.mark.parametrize("title", UGLY)
def test_no_title_is_ugly_enough_to_give_a_name_windows_refuses(title):
    assert fault_of(file_name(title)) == ""


@pytest.mark.parametrize(
    "path", ["../a.pdf", "a/CON/b.pdf", "a/b. /c.pdf", "a:b.pdf", "a/" + "x" * LONGEST_PATH, "a//b"]
)
def test_a_path_windows_refuses_is_told(path):
    assert fault_of(path)
