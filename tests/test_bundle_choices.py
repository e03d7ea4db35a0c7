"""What is chosen when a bundle is asked for: how large its photos are."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image

from admin.work import worker
from exports.bundle.choices import EDGES, Choices
from tests.bundle_school import SEMESTER, add_photo, build, newest, picture
from tests.world import PASSWORD


@pytest.fixture
def hall(world, data_dir, monkeypatch):
    """A large photo of a meeting that may go."""
    monkeypatch.setattr("tests.bundle_school.picture", lambda colour: picture(colour, (2000, 1500)))
    add_photo(data_dir, "meeting", world.meeting, [], "#a07a5a", mark="无人脸", matter="会场")


def widths(path):
    """The width of every photo in a package; pictures in documents are no files of their own."""
    with zipfile.ZipFile(path) as archive:
        photos = [archive.read(name) for name in archive.namelist() if name.endswith(".jpg")]
    return [Image.open(io.BytesIO(data)).width for data in photos]


@pytest.mark.parametrize("edge", EDGES)
def test_photos_are_as_wide_as_chosen_and_kept_apart_in_the_cache(hall, data_dir, tmp_path, edge):
    usual = build(data_dir, tmp_path / "usual.zip")
    built = build(data_dir, tmp_path / "chosen.zip", choices=Choices(edge=edge))
    assert widths(usual.path) == [1600]
    assert widths(built.path) == [edge]
    again = build(data_dir, tmp_path / "again.zip", choices=Choices(edge=edge))
    assert again.sha256 == built.sha256
    assert (built.sha256 == usual.sha256) is (edge == 1600)


def test_the_page_asks_and_the_record_keeps_what_was_chosen(hall, client_as, data_dir, clock):
    raw = {"semester": SEMESTER, "edge": "800"}
    assert client_as("clerk").post("/bundles/build", data=raw).status_code == 302
    worker.run_waiting(data_dir, clock)
    assert newest().edge == 800
    assert widths(data_dir / "bundles" / newest().path) == [800]


def test_a_full_edition_is_built_as_it_was_asked_for(hall, client_as, data_dir, clock):
    raw = {"semester": SEMESTER, "purpose": "迎检", "recipient": "县教育局", "edge": "1200"}
    assert client_as("clerk").post("/bundles/ask-full", data=raw).status_code == 302
    client_as("leadership").post(f"/bundles/{newest().id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    assert widths(data_dir / "bundles" / newest().path) == [1200]


@pytest.mark.parametrize("address", ["build", "ask-full"])
@pytest.mark.parametrize("edge", ["1", "-800", "8e2", "abc"])
def test_a_size_that_is_not_offered_is_told_at_the_field(world, client_as, address, edge):
    raw = {"semester": SEMESTER, "edge": edge, "purpose": "迎检", "recipient": "县教育局"}
    answer = client_as("clerk").post(f"/bundles/{address}", data=raw)
    assert answer.status_code == 422
    assert "请从列出的照片大小里选一项" in answer.text
    assert newest() is None
