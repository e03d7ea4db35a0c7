"""Films and sounds in ZIPs of their own, with split volumes and smaller photos: unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import datetime
from urllib.parse import unquote

import pytest
from PIL import Image

from admin.work import worker
from app import main
from exports.bundle import build as building
from exports.bundle.choices import Choices
from exports.bundle.opened import opened, set_problems
from exports.bundle.volumes import split
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.gates import rows
from models.core.register import find
from models.kept.bundles import files_of
from tests.bundle_school import (
    SEMESTER,
    add_file,
    add_photo,
    another_clock,
    build,
    declared,
    newest,
)
from tests.test_bundle import Links
from tests.test_other_files import GOOD, film
from tests.world import PASSWORD

SMALL_MB = 40 * 1024
FILM = film(b"isom") + bytes(150_000)
SOUND = GOOD["MP3"] + bytes(120_000)
PLAYED = (".mp4", ".mp3", ".m4a")


@pytest.fixture
def filmed(world, data_dir):
    """A meeting with a film, a sound, a speech on paper and photos."""
    for data in (FILM, SOUND, GOOD["M4A"], GOOD["DOCX"]):
        add_file(data_dir, "meeting", world.meeting, "speech", data)
    for number in range(12):
        colour = f"#{0x207A00 + number * 0x030507:06x}"
        add_photo(data_dir, "meeting", world.meeting, [], colour, mark="无人脸", matter="会场")


def unpacked(volume, folder):
    """Unpack one ZIP, let the library of BagIt look through it, and return its data folder."""
    assert opened(volume.path).problems == []
    with zipfile.ZipFile(volume.path) as archive:
        archive.extractall(folder)
    (base,) = folder.iterdir()
    asked = [sys.executable, "-m", "bagit", "--validate", base]
    told = subprocess.run(asked, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return base / "data"


def links_of(data):
    parser = Links()
    parser.feed((data / "index.html").read_text("utf-8"))
    return [unquote(link) for link in parser.found if not link.startswith(("#", "data:"))]


def played(data):
    return sorted(p.name for p in data.rglob("*") if p.suffix in PLAYED)


def test_films_lie_in_a_zip_of_their_own_that_opens_alone_and_the_index_names_it(
    filmed, data_dir, tmp_path
):
    said = {"declared": declared(), "choices": Choices(film_apart=True)}
    built = build(data_dir, tmp_path / "bundle.zip", **said)
    assert (len(built.volumes), built.film_volumes) == (2, 1)
    paper, films = (
        unpacked(one, tmp_path / f"{number}") for number, one in enumerate(built.volumes)
    )
    assert films.parent.name.endswith("-02-视频和录音")
    assert (len(played(paper)), len(played(films))) == (0, 3)
    own = [p for p in films.rglob("*") if p.parent != films and p.is_file()]
    assert sorted(p.name for p in own) == played(films)
    assert list(paper.rglob("*.docx"))
    for data in (paper, films):
        assert [link for link in links_of(data) if not (data / link).is_file()] == []
    index = (paper / "index.html").read_text("utf-8")
    section = index.partition('id="films"')[2].partition("</section>")[0]
    assert section.count("在第 2 卷") == 3
    assert "<a " not in section
    assert "第3部分 · 147 KB · 在第 2 卷" in section
    index = (films / "index.html").read_text("utf-8")
    assert "第 2 卷，共 2 卷（视频和录音）" in index
    section = index.partition('id="films"')[2].partition("</section>")[0]
    assert section.count("<a ") == 3
    assert "在第 2 卷" not in section


def test_all_three_together_each_zip_within_its_size_and_each_photo_within_its_width(
    filmed, data_dir, tmp_path, monkeypatch
):
    monkeypatch.setattr(building, "MEGABYTE", SMALL_MB)
    choices = Choices(edge=800, volume_mb=10, film_apart=True)
    built = build(data_dir, tmp_path / "b.zip", declared=declared(), choices=choices)
    count = len(built.volumes)
    assert built.film_volumes >= 1
    assert count - built.film_volumes >= 1
    folders = [unpacked(one, tmp_path / f"{n}") for n, one in enumerate(built.volumes)]
    kinds = [bool(played(data)) for data in folders]
    assert kinds == [False] * (count - built.film_volumes) + [True] * built.film_volumes
    assert sum(len(played(data)) for data in folders) == 3
    for one, data in zip(built.volumes, folders, strict=True):
        own = [p for p in data.rglob("*") if p.parent != data and p.is_file()]
        assert one.size <= 10 * SMALL_MB or len(own) == 1
        for photo in data.rglob("照片/*.jpg"):
            with Image.open(photo) as image:
                assert max(image.size) <= 800
    found = [opened(one.path) for one in built.volumes]
    assert set_problems(found) == []
    assert set_problems(found[:-1]) == [f"缺第 {count} 卷（共 {count} 卷）"]


def test_without_the_request_and_without_films_there_is_one_zip(filmed, world, data_dir, tmp_path):
    built = build(data_dir, tmp_path / "one.zip", declared=declared())
    assert (len(built.volumes), built.film_volumes) == (1, 0)
    assert 'id="films"' not in (
        unpacked(built.volumes[0], tmp_path / "1") / "index.html"
    ).read_text("utf-8")
    photos = find("photo")
    for one in rows(SYSTEM, photos).where(photos.model.kind.in_(("MP4", "MP3", "M4A"))):
        service.delete(system(datetime(2025, 11, 1), "测试"), photos, one.id)
    built = build(
        data_dir, tmp_path / "none.zip", declared=declared(), choices=Choices(film_apart=True)
    )
    assert (len(built.volumes), built.film_volumes) == (1, 0)


def test_the_same_data_gives_the_same_volumes_under_two_clocks(
    filmed, data_dir, tmp_path, monkeypatch
):
    said = {"declared": declared(), "choices": Choices(film_apart=True)}
    first = build(data_dir, tmp_path / "first.zip", cache=tmp_path / "cache-1", **said)
    with another_clock(monkeypatch):
        second = build(data_dir, tmp_path / "second.zip", cache=tmp_path / "cache-2", **said)
    assert [one.path.read_bytes() for one in first.volumes] == [
        one.path.read_bytes() for one in second.volumes
    ]


@pytest.mark.parametrize(
    ("suffix", "data", "told"),
    [
        (".mp4", FILM, ""),
        (".docx", GOOD["DOCX"], ""),
        (".pdf", GOOD["PDF"], ""),
        (".mp4", GOOD["DOCX"], "内容和文件类型不符"),
        (".docx", b"MZ\x90\x00" + bytes(200), "认不出"),
        (".txt", b"<script>alert(1)</script>", "网页"),
    ],
)
def test_the_check_of_a_package_looks_at_the_schools_own_files_by_their_content(
    tmp_path, suffix, data, told
):
    name = f"学校/data/03-会议材料/附件/0001-讲话稿{suffix}"
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr(name, data)
    problems = [one for one in opened(tmp_path / "one.zip").problems if "讲话稿" in one]
    found = [one for one in problems if "包里有，没有列在" not in one]
    assert (len(found), told in "".join(found)) == (bool(told), True)


def test_a_bundle_of_nothing_is_one_empty_volume():
    assert [(one.number, one.items) for one in split((), 100, 10, film_apart=True)] == [(1, ())]


def test_the_page_asks_for_it_and_says_which_download_is_the_film(
    filmed, client_as, data_dir, clock
):
    raw = {"semester": SEMESTER, "film_apart": "1"}
    client_as("clerk").post("/bundles/build", data=raw)
    worker.run_waiting(data_dir, clock)
    built = newest()
    assert (built.film_apart, built.film_volumes, len(files_of(built))) == (True, 1, 2)
    client_as("clerk").post(f"/bundles/{built.id}/release")
    for who in ("clerk", "inspector"):
        page = client_as(who).get("/bundles/").text
        assert "下载第 1 卷<" in page
        assert "下载第 2 卷（视频和录音）" in page


def test_a_full_edition_keeps_it_through_the_approval(filmed, client_as, data_dir, clock):
    raw = {"semester": SEMESTER, "purpose": "迎检", "recipient": "县教育局", "film_apart": "1"}
    client_as("clerk").post("/bundles/ask-full", data=raw)
    client_as("leadership").post(f"/bundles/{newest().id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    assert newest().film_volumes == 1


def test_the_command_asks_for_it_too_and_its_check_finds_the_set_whole(
    filmed, data_dir, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    out = tmp_path / "out.zip"
    assert main(["bundle", "--semester", SEMESTER, "--out", str(out), "--film-apart"]) == 0
    paths = [str(tmp_path / f"out-0{number}.zip") for number in (1, 2)]
    capsys.readouterr()
    assert main(["bundle", "--check", *paths]) == 0
    assert "2 卷是完整的一套" in capsys.readouterr().out
