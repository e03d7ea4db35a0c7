"""A bundle split into several ZIPs: each opens alone, together they are all of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from admin.work import bundle_work, orphans, worker
from app import main
from exports.bundle import build as building
from exports.bundle.build import build_bundle
from exports.bundle.choices import Choices
from exports.bundle.opened import opened, set_problems
from models.core.actor import SYSTEM
from models.core.errors import BadFile
from models.core.gates import rows
from models.core.jobs import JobCancelled
from models.core.register import find
from models.kept.bundles import Bundle, files_of
from models.school import bundles
from tests.bundle_school import SEMESTER, add_photo, another_clock, build, declared, order
from tests.world import PASSWORD

# What stands for a megabyte here, so that a few drawn photos fill several volumes.
SMALL_MB = 40 * 1024
LIMIT = 10 * SMALL_MB
SPLIT = Choices(volume_mb=10)


@pytest.fixture
def photos(world, data_dir, monkeypatch):
    """Enough photos for three volumes of a tenth of the usual size."""
    monkeypatch.setattr(building, "MEGABYTE", SMALL_MB)
    for number in range(30):
        colour = f"#{0x207A00 + number * 0x030507:06x}"
        add_photo(data_dir, "meeting", world.meeting, [], colour, mark="无人脸", matter="会场")


def built(data_dir, target, **said):
    return build(data_dir, target, declared=declared(), choices=SPLIT, **said)


@pytest.fixture
def package(photos, data_dir, tmp_path):
    return built(data_dir, tmp_path / "bundle.zip")


def test_each_volume_is_within_the_size_and_a_package_that_opens_alone(package, tmp_path):
    assert len(package.volumes) > 1
    paths = [one.path for one in package.volumes]
    assert [path.name for path in paths] == [
        f"bundle-{number:02d}.zip" for number in range(1, len(paths) + 1)
    ]
    shared = 0
    for number, one in enumerate(package.volumes, start=1):
        assert one.size == one.path.stat().st_size
        within = [name for name in opened(one.path).names if name.count("/") > 1]
        # A file larger than the size lies alone.
        assert one.size <= LIMIT or len(within) == 1
        shared += one.size <= LIMIT and len(within) > 1
        assert opened(one.path).problems == []
        with zipfile.ZipFile(one.path) as archive:
            archive.extractall(tmp_path / f"{number}")
        (folder,) = (tmp_path / f"{number}").iterdir()
        told = subprocess.run(
            [sys.executable, "-m", "bagit", "--validate", folder], capture_output=True, text=True
        )
        assert told.returncode == 0, told.stderr
        page = (folder / "data" / "index.html").read_text("utf-8")
        assert f"第 {number} 卷，共 {len(paths)} 卷" in page
        from tests.test_bundle import Links, unquote

        parser = Links()
        parser.feed(page)
        files = [unquote(link) for link in parser.found if not link.startswith(("#", "data:"))]
        assert [link for link in files if not (folder / "data" / link).is_file()] == []
    assert shared


def test_the_volumes_together_hold_every_file_once(package, data_dir, tmp_path):
    held = []
    for one in package.volumes:
        held += [n.removeprefix("data/") for n in opened(one.path).names if n.count("/") > 1]
    assert sorted(held) == sorted(item.name for item in package.items)
    whole = build(data_dir, tmp_path / "whole.zip", declared=declared())
    assert [path.name for path in tmp_path.glob("whole*")] == ["whole.zip"]
    assert {i.name: i.made.sha256 for i in whole.items} == {
        i.name: i.made.sha256 for i in package.items
    }


def test_a_file_too_large_for_any_volume_has_one_of_its_own(
    photos, data_dir, tmp_path, monkeypatch
):
    monkeypatch.setattr(building, "MEGABYTE", 1024)
    found = built(data_dir, tmp_path / "bundle.zip")
    assert len(found.volumes) == len(found.items)
    assert all(opened(one.path).problems == [] for one in found.volumes)


def test_two_clocks_give_the_same_volumes(photos, data_dir, tmp_path, monkeypatch):
    first = built(data_dir, tmp_path / "first.zip", cache=tmp_path / "cache-1")
    with another_clock(monkeypatch):
        second = built(data_dir, tmp_path / "second.zip", cache=tmp_path / "cache-2")
    assert [v.sha256 for v in first.volumes] == [v.sha256 for v in second.volumes]
    assert first.sha256 == second.sha256
    for one, other in zip(first.volumes, second.volumes, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


def ordered(data_dir, target, cache):
    return order(data_dir, target, declared=declared(), choices=SPLIT, cache=cache)


def test_a_work_stopped_in_the_second_volume_leaves_none_and_is_taken_up_again(
    package, data_dir, tmp_path
):
    out, cache = tmp_path / "out", tmp_path / "cache"

    def stop(step, done, _total):
        if "第 2 卷" in step and done == 2:
            raise JobCancelled("已按要求停下")

    with pytest.raises(JobCancelled):
        build_bundle(ordered(data_dir, out / "bundle.zip", cache), stop)
    assert list(out.iterdir()) == []
    again = build_bundle(ordered(data_dir, out / "bundle.zip", cache))
    assert again.sha256 == package.sha256


def test_a_process_killed_between_volumes_leaves_what_the_next_run_overwrites(
    package, data_dir, tmp_path
):
    out = tmp_path / "out"
    child = os.fork()
    if child == 0:

        def die(step, done, _total):
            if "第 2 卷" in step and done == 2:
                os._exit(9)

        build_bundle(ordered(data_dir, out / "bundle.zip", tmp_path / "cache"), die)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (out / "bundle-01.zip").is_file()
    assert not (out / "bundle-02.zip").exists()
    again = build_bundle(ordered(data_dir, out / "bundle.zip", tmp_path / "cache"))
    assert [v.sha256 for v in again.volumes] == [v.sha256 for v in package.volumes]


def test_a_set_is_checked_for_what_lacks_and_what_belongs_elsewhere(
    package, data_dir, tmp_path, capsys
):
    paths = [str(one.path) for one in package.volumes]
    assert main(["bundle", "--check", *paths]) == 0
    assert f"{len(paths)} 卷是完整的一套" in capsys.readouterr().out
    assert main(["bundle", "--check", paths[1], "--json"]) == 0
    if len(paths) > 2:
        assert main(["bundle", "--check", paths[0], paths[2]]) == 1
        assert "缺第 2 卷" in capsys.readouterr().out
    assert main(["bundle", "--check", *paths, paths[0]]) == 1
    assert "有的卷给了两次" in capsys.readouterr().out
    whole = build(data_dir, tmp_path / "whole.zip", declared=declared())
    assert set_problems([opened(one) for one in (package.path, whole.path)])


def newest():
    return rows(SYSTEM, bundles.bundle_register()).order_by(Bundle.id.desc()).first()


@pytest.fixture
def made(photos, client_as, data_dir, clock, monkeypatch):
    """Build what is asked for on the page; return the record and its files."""

    def pressed(**raw):
        answer = client_as("clerk").post("/bundles/build", data={"semester": SEMESTER} | raw)
        assert answer.status_code == 302, answer.text
        worker.run_waiting(data_dir, clock)
        return newest(), [data_dir / "bundles" / name for name in files_of(newest())]

    return pressed


def test_the_page_offers_each_volume_and_the_preview_finds_every_file(made, client_as):
    record, paths = made(volume_mb="10")
    assert (record.volume_mb, len(paths) > 1) == (10, True)
    assert record.size == sum(path.stat().st_size for path in paths)
    client = client_as("clerk")
    page = client.get("/bundles/").text
    for number, path in enumerate(paths, start=1):
        assert f"下载第 {number} 卷" in page
        with client.get(f"/bundles/{record.id}/download/{number}") as answer:
            assert answer.data == path.read_bytes()
        for name in opened(path).names:
            inside = name.removeprefix("data/")
            assert client.get(f"/bundles/{record.id}/files/{inside}").status_code == 200, name
    for number in (0, len(paths) + 1):
        assert client.get(f"/bundles/{record.id}/download/{number}").status_code == 404
    client.post(f"/bundles/{record.id}/release")
    assert "下载第 2 卷" in client_as("inspector").get("/bundles/").text


def test_a_size_that_is_not_offered_is_told_at_the_field(world, client_as):
    answer = client_as("clerk").post("/bundles/build", data={"volume_mb": "7"})
    assert answer.status_code == 422
    assert "请从列出的分卷大小里选一项" in answer.text


def full(world, client_as, data_dir, clock):
    semester = find("semester").model(id=world.autumn, code=SEMESTER)
    asked = bundles.ask_full(
        world.clerk, semester, "移交", "村委会", chosen={"volume_mb": 10, "edge": 1600}
    )
    client_as("leadership").post(f"/bundles/{asked.id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    return [data_dir / "bundles" / name for name in files_of(newest())]


def test_each_volume_of_a_full_edition_goes_with_its_own_download(
    photos, world, client_as, data_dir, clock
):
    paths = full(world, client_as, data_dir, clock)
    assert len(paths) > 1
    record, client = newest(), client_as("clerk")
    for number, path in enumerate(paths, start=1):
        with client.get(f"/bundles/{record.id}/download/{number}") as answer:
            assert len(answer.data) > 0
        assert not path.exists()
        assert [one.is_file() for one in paths[number:]] == [True] * (len(paths) - number)
    assert "请重新申请" in client.get(f"/bundles/{record.id}/download/1").text


def test_all_volumes_of_a_forgotten_full_edition_go_and_known_ones_are_never_swept(
    photos, world, client_as, data_dir, clock
):
    paths = full(world, client_as, data_dir, clock)
    old = clock.now().timestamp() - 30 * 86400
    for path in (stray := data_dir / "bundles" / "job-7-02.zip", *paths):
        path.touch()
        os.utime(path, (old, old))
    orphans.sweep(bundle_work.Runtime(data_dir, clock), clock.now())
    assert not stray.exists()
    assert all(path.is_file() for path in paths)
    gone = bundle_work.forget_full(clock.now() + timedelta(days=8), data_dir / "bundles")
    assert gone == len(paths)
    assert not any(path.exists() for path in paths)


def test_a_file_that_is_no_package_among_a_set_is_told(package, tmp_path):
    with pytest.raises(BadFile):
        opened(tmp_path / "none.zip")
