"""A release holds the program and everything to install; where it is started needs no network."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import app as product
import start
from admin.commands import release
from tests.test_start import HIDDEN, asked, folder, started

assert folder  # the fixture, used by name

ROOT = Path(__file__).parent.parent
HEAVY = (".ttf", ".otf", ".woff2", ".png")


def wheel(path, *needs):
    with zipfile.ZipFile(path, "w") as made:
        lines = ["Metadata-Version: 2.1", "Name: some", *(f"Requires-Dist: {n}" for n in needs)]
        entry = zipfile.ZipInfo("some-1.dist-info/METADATA")
        made.writestr(entry, "\n".join(lines))
    return path


@pytest.fixture
def pip(monkeypatch):
    """Stands for pip: a wheel for what is downloaded, a module for what is installed."""
    asked = []

    def run(*words):
        asked.append(words)
        into = Path(words[words.index("-d" if "-d" in words else "--target") + 1])
        into.mkdir(exist_ok=True)
        if words[0] == "download":
            wheel(into / f"some{len(asked)}.whl", "tzdata; sys_platform == 'win32'")
        else:
            (into / "some.py").write_text("", "utf-8")

    monkeypatch.setattr(release, "_pip", run)
    return asked


@pytest.fixture
def embeddable(tmp_path):
    path = tmp_path / "python.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("python.exe", b"MZ")
        made.writestr("python312._pth", "python312.zip\r\n.\r\n#import site\r\n")
    return path


@pytest.fixture
def few(monkeypatch):
    """A program of few files, where it does not matter which."""
    monkeypatch.setattr(release, "program_files", lambda: ["app.py", "start.bat", "start.sh"])


def inside(made):
    """The files of a release by their paths in its one folder."""
    with zipfile.ZipFile(made) as opened:
        names = {entry.filename.partition("/")[2]: entry for entry in opened.infolist()}
        assert {entry.filename.partition("/")[0] for entry in names.values()} == {made.stem}
        return {path: opened.read(entry) for path, entry in names.items()}


def test_a_release_holds_the_program_without_its_tests_and_can_be_started(
    tmp_path, pip, monkeypatch
):
    """Its script may be run, and what it starts knows nothing of a clone."""
    # Fonts and pictures would take most of the time.
    light = [path for path in release.program_files() if not path.endswith(HEAVY)]
    monkeypatch.setattr(release, "program_files", lambda: light)
    made = release.make(tmp_path)
    files = inside(made)
    assert {"app.py", "start.py", "start.sh", "requirements.txt", "wheels/some1.whl"} <= set(files)
    for path in ("admin/commands/release.py", "templates/layout/phone.html", "docs/operations.md"):
        assert files[path] == (ROOT / path).read_bytes()
    assert not [path for path in files if path.startswith(("tests/", "benchmarks/", "."))]
    with zipfile.ZipFile(made) as opened:
        entry = opened.getinfo(f"{made.stem}/start.sh")
        assert entry.external_attr >> 16 & 0o111
        opened.extractall(tmp_path / HIDDEN)
    told = subprocess.run(
        [sys.executable, str(tmp_path / HIDDEN / made.stem / "app.py"), "registers", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert "usage" in told.stdout


@pytest.mark.usefixtures("few")
def test_the_same_files_make_the_same_release(tmp_path, pip):
    made = release.make(tmp_path / "one").read_bytes()
    pip.clear()
    assert release.make(tmp_path / "two").read_bytes() == made


@pytest.mark.usefixtures("few")
def test_a_release_for_windows_brings_python_told_where_to_look(tmp_path, pip, embeddable):
    files = inside(release.make(tmp_path, embeddable))
    assert {"python/python.exe", "packages/some.py", "start.bat"} <= set(files)
    assert not [path for path in files if path.startswith("wheels/")]
    told = files["python/python312._pth"].decode().split()
    assert told[:2] == ["python312.zip", "."]
    assert told[-4:] == ["..\\packages", "..", "import", "site"]
    download, more, install = pip
    assert "win_amd64" in download
    assert "3.12" in download
    assert more[1] == "tzdata"  # which pip would leave out, running elsewhere
    assert [word for word in install if word.endswith(".whl")] != []


@pytest.mark.parametrize(
    ("need", "windows"),
    [
        ("colorama; platform_system == 'Windows'", True),
        ('tzdata ; sys_platform == "win32"', True),
        ("uvloop; sys_platform != 'win32'", False),
        ("colorama; os_name == 'nt' and extra == 'all'", False),
        ("click>=8", False),
    ],
)
def test_what_only_windows_needs_is_read_from_the_wheels(tmp_path, need, windows):
    found = list(release.needs_of_windows(wheel(tmp_path / "some.whl", need)))
    assert found == ([need.partition(";")[0].strip()] if windows else [])


@pytest.mark.usefixtures("few", "pip")
def test_a_wrong_python_is_a_sentence_and_leaves_nothing(tmp_path, capsys):
    given = tmp_path / "some.zip"
    given.write_bytes(b"no zip")
    out = tmp_path / "out"
    assert product.main(["release", str(out), "--windows", str(given)]) == 1
    assert "重新下载" in capsys.readouterr().err
    with zipfile.ZipFile(given, "w") as made:
        made.writestr("readme.txt", "")
    assert product.main(["release", str(out), "--windows", str(given)]) == 1
    assert "embeddable" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_the_start_installs_from_the_wheels_beside_it(folder, monkeypatch):
    noted = []
    monkeypatch.setattr(start, "WHEELS", folder / "wheels")
    monkeypatch.setattr(start.subprocess, "call", lambda command, **_more: noted.append(command))
    start.install(["requirements.txt"])
    assert "--no-index" not in noted[0]
    (folder / "wheels").mkdir()
    start.install(["requirements.txt"])
    assert noted[1][-3:] == ["--no-index", "--find-links", str(folder / "wheels")]


def test_wheels_of_another_python_are_named_as_the_cause(folder):
    (folder / "wheels").mkdir()
    (folder / "requirements.txt").write_text("broken\n", "utf-8")
    status, _output, errors = started(folder)
    assert status == 1
    assert "Python 版本" in errors
    assert asked(folder) == ["requirements.txt"]
