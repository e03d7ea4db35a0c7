"""On request a bundle holds the 18 archive items as a second tree, each file once."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from urllib.parse import unquote

import pytest

from admin.work import worker
from app import main
from compliance.checklists.archive import items
from exports.bundle import build as building
from exports.bundle.archive import ROOT, archive_tree
from exports.bundle.archive_files import CONTENTS, PAGE
from exports.bundle.checks import is_safe_path
from exports.bundle.choices import Choices
from exports.bundle.declaration import declaration
from exports.bundle.opened import opened
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.gates import rows
from models.core.register import find
from tests.bundle_school import SEMESTER, TAKEN, add_photo, build, newest
from tests.factory import Factory
from tests.test_bundle import Links
from tests.world import NOON, PASSWORD

ARCHIVE = Choices(archive=True)


@pytest.fixture
def school(world, data_dir):
    """An asset, which only the archive asks for, and a photo of a meeting, which both do."""
    Factory(system(TAKEN, "测试")).save(find("asset"))
    add_photo(data_dir, "meeting", world.meeting, [], mark="无人脸", matter="会场")
    return world


@pytest.fixture
def package(school, data_dir, tmp_path):
    return build(data_dir, tmp_path / "bundle.zip", choices=ARCHIVE)


def read(path, name):
    with zipfile.ZipFile(path) as archive:
        (entry,) = [one for one in archive.namelist() if one.endswith(f"/data/{name}")]
        return archive.read(entry).decode("utf-8-sig")


def links(page):
    parser = Links()
    parser.feed(page)
    return [unquote(one) for one in parser.found if not one.startswith(("#", "data:"))]


def test_every_item_has_its_folder_and_its_files_are_found_from_one_page(package):
    found = opened(package.path)
    assert found.problems == []
    texts = [name for name in found.names if name.endswith(f"/{CONTENTS}.txt")]
    assert len(texts) == 18
    page = read(package.path, PAGE)
    for item in items():
        assert item.title in page
        assert any(f"/{ROOT}/{item.number:02d}-" in name for name in texts)
    names = {name.removeprefix("data/") for name in found.names}
    assert [one for one in links(page) if one not in names] == []
    assert PAGE in links(read(package.path, "index.html"))
    assert all(is_safe_path(item.name) for item in package.items)


def test_what_the_eight_parts_hold_is_named_and_not_stored_again(
    package, school, data_dir, tmp_path
):
    plain = build(data_dir, tmp_path / "plain.zip")
    eight = {item.name for item in plain.items}
    assert eight == {item.name for item in package.items if not item.archive}
    assert [item.made.sha256 for item in plain.items] == [
        item.made.sha256 for item in package.items if not item.archive
    ]
    sums = [item.made.sha256 for item in package.items if item.archive]
    assert not set(sums) & {item.made.sha256 for item in plain.items}
    assert len(sums) == len(set(sums))
    # The register of children is both in part 5 and item 2; the assets are in the archive alone.
    page = links(read(package.path, PAGE))
    assert eight & set(page)
    own = [item for item in package.items if item.archive and "01-资产" in item.name]
    assert any(item.kind == "book" for item in own)
    text = next(
        n for n in opened(package.path).names if "02-" in n and n.endswith(f"{CONTENTS}.txt")
    )
    told = read(package.path, text.removeprefix("data/"))
    assert any(name in told for name in eight)
    assert opened(plain.path).names == [n for n in opened(plain.path).names if ROOT not in n]


def test_the_state_of_the_eight_parts_is_the_same_with_the_tree(package, data_dir, tmp_path):
    plain = build(data_dir, tmp_path / "plain.zip")
    assert package.survey.missing == plain.survey.missing
    assert [check.passed for check in package.checks] == [check.passed for check in plain.checks]


def test_the_declared_items_are_all_there_and_none_is_sealed(world):
    parts = archive_tree(declaration()).parts
    assert [part.clause for part in parts] == [item.id for item in items()]
    registers = {register for part in parts for s in part.sources for register in s.registers}
    assert registers
    assert not [register.slug for register in registers if register.sealed]
    assert parts[-1].sources == ()


def test_the_tree_is_masked_like_the_parts(package, school):
    assert all(check.passed for check in package.checks if check.name == "安全"), package.checks


def test_two_clocks_give_the_same_bytes_and_a_record_of_the_archive_moves_them(
    package, school, data_dir, tmp_path
):
    again = build(data_dir, tmp_path / "again.zip", choices=ARCHIVE, cache=tmp_path / "cache")
    assert again.sha256 == package.sha256
    later = system(NOON + timedelta(days=1), "测试")
    register = find("asset")
    asset = rows(SYSTEM, register).order_by(register.model.id).first()
    service.update(later, register, asset.id, {"name": "大书架"}, asset.version)
    moved = build(data_dir, tmp_path / "moved.zip", choices=ARCHIVE)
    assert moved.made_at == later.now
    assert moved.sha256 != package.sha256


def test_split_it_says_in_which_volume_a_file_lies(school, data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "MEGABYTE", 40 * 1024)
    split = build(data_dir, tmp_path / "split.zip", choices=Choices(archive=True, volume_mb=10))
    assert len(split.volumes) > 1
    told = 0
    for one in split.volumes:
        found = opened(one.path)
        assert found.problems == []
        page = read(one.path, PAGE)
        names = {name.removeprefix("data/") for name in found.names}
        assert [link for link in links(page) if link not in names] == []
        told += len(re.findall(r"在第 \d+ 卷", page))
    assert told
    assert main(["bundle", "--check", *(str(one.path) for one in split.volumes)]) == 0


@pytest.mark.parametrize(("raw", "asked"), [({"archive": "1"}, True), ({}, False)])
def test_the_page_asks_for_it_and_the_record_keeps_it(
    school, client_as, data_dir, clock, raw, asked
):
    client_as("clerk").post("/bundles/build", data={"semester": SEMESTER} | raw)
    worker.run_waiting(data_dir, clock)
    assert newest().archive is asked
    names = opened(data_dir / "bundles" / newest().path).names
    assert any(ROOT in name for name in names) is asked
    address = f"/bundles/{newest().id}/files/{PAGE}"
    assert client_as("clerk").get(address).status_code == (200 if asked else 404)
    inspector = client_as("inspector")
    assert inspector.get(address).status_code == 404
    client_as("clerk").post(f"/bundles/{newest().id}/release")
    assert inspector.get(address).status_code == (200 if asked else 404)
    assert client_as("alice").get(address).status_code == 403


def test_a_full_edition_keeps_it_through_the_approval(school, client_as, data_dir, clock):
    raw = {"semester": SEMESTER, "purpose": "迎检", "recipient": "县教育局", "archive": "1"}
    client_as("clerk").post("/bundles/ask-full", data=raw)
    client_as("leadership").post(f"/bundles/{newest().id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    assert any(ROOT in name for name in opened(data_dir / "bundles" / newest().path).names)
