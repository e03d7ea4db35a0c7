"""A register, a duty, a document and a page are each added by one file, with no other edited."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ADDED = ROOT / "tests" / "adding"
PRODUCT = ("admin", "compliance", "demo", "exports", "models", "templates", "static", "tests")
FILES = ("app.py", "pyproject.toml")
START = """
import tempfile, pathlib
from app import create_app
create_app(pathlib.Path(tempfile.mkdtemp()))
"""
PLACES = {
    "weather.py": "models/kept",
    "weather.toml": "compliance/data/duties",
    "weather_sheet.py": "exports/documents",
    "weather_page.py": "admin/pages",
}


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """The product in a place of its own, with one of each added."""
    folder = tmp_path_factory.mktemp("product")
    for name in PRODUCT:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    for name, place in PLACES.items():
        shutil.copy(ADDED / name, folder / place / name)
    shutil.copy(ADDED / "check_added.py", folder / "tests" / "test_added.py")
    return folder


def run(folder, *words):
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def test_one_file_each_is_all_it_takes(product):
    # A place of its own for its files: two runs that tidy up the same one get in each other's way.
    own = ("-p", "no:cacheprovider", f"--basetemp={product / 'tmp'}")
    done = run(product, "-m", "pytest", "-q", *own, "tests/test_added.py")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        # The declaration alone, with nothing under it that makes the document.
        ("weather_sheet.py", "def weather_sheet(", "", "由什么制作"),
        ("weather_sheet.py", '("S12-1",)', '("S12-99",)', "S12-99"),
        ("weather.toml", '"S12-1"', '"S12-99"', "S12-99"),
        ("weather.py", 'order="-seen_on"', 'order="-seen"', "order 指向不存在的字段 seen"),
    ],
)
def test_a_wrong_one_stops_the_start_with_one_sentence(product, file, old, new, said):
    place = product / PLACES[file] / file
    right = place.read_text("utf-8")
    spoiled = right.replace(old, new)
    if not new:
        spoiled = right[: right.index("@document")] + 'document("weather-sheet", "雨天送返单")\n'
    place.write_text(spoiled, "utf-8")
    try:
        done = run(product, "-c", START)
    finally:
        place.write_text(right, "utf-8")
    assert done.returncode, done.stdout
    assert said in done.stderr.splitlines()[-1]


def test_the_page_that_tells_how_shows_the_very_files():
    told = (ROOT / "docs" / "adding.md").read_text("utf-8")
    for name in PLACES:
        kept = [line for line in (ADDED / name).read_text("utf-8").splitlines() if line.strip()]
        missing = [line for line in kept if line.rstrip() not in told]
        assert missing == [], name
