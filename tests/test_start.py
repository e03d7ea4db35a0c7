"""One command starts the product on any PC; it makes its environment, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import start
from admin.frame import settings

ROOT = Path(__file__).parent.parent
HIDDEN = "留守 儿童's 之家"

APP = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"
# Stands for pip: notes what it was asked to install, and breaks when a file says so.
PIP = """
import pathlib, sys
files = [word for word in sys.argv if word.endswith(".txt")]
with open("asked.txt", "a", encoding="utf-8") as notes:
    print(*files, file=notes)
sys.exit(any("broken" in pathlib.Path(name).read_text("utf-8") for name in files))
"""


@pytest.fixture
def folder(tmp_path):
    """A program folder with an awkward name and an environment whose pip only takes notes."""
    folder = tmp_path / HIDDEN
    folder.mkdir()
    for name in ("start.sh", "start.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "app.py").write_text(APP, "utf-8")
    (folder / "requirements.txt").write_text("one==1\n", "utf-8")
    (folder / "more.txt").write_text("two==2\n", "utf-8")
    venv.create(folder / ".venv", symlinks=True, with_pip=False)
    (packages,) = (folder / ".venv").glob("lib/*/site-packages")
    (packages / "pip").mkdir()
    (packages / "pip" / "__init__.py").touch()
    (packages / "pip" / "__main__.py").write_text(PIP, "utf-8")
    return folder


def started(folder, *arguments):
    """Run start.sh from elsewhere with nothing in the environment; (status, output, errors)."""
    done = subprocess.run(
        ["/bin/sh", str(folder / "start.sh"), *arguments],
        cwd=folder.parent,
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def asked(folder):
    """What pip was asked for, a line each time."""
    notes = folder / "asked.txt"
    return notes.read_text("utf-8").splitlines() if notes.exists() else []


def test_the_first_start_installs_and_the_second_only_starts(folder):
    words = ["import", "roster", "花名册 新.xlsx", "--json"]
    status, output, errors = started(folder, *words)
    assert (status, json.loads(output)) == (0, words)
    assert "安装" in errors
    assert asked(folder) == ["requirements.txt"]
    assert started(folder, "demo") == (0, '["demo"]\n', "")
    assert asked(folder) == ["requirements.txt"]
    (folder / "requirements.txt").write_text("one==2\n", "utf-8")
    assert started(folder)[0] == 0
    assert asked(folder) == ["requirements.txt", "requirements.txt"]


def test_the_tests_and_the_product_share_one_environment(folder):
    assert started(folder, "--prepare", "more.txt")[:2] == (0, "")
    assert started(folder, "--prepare", "more.txt") == (0, "", "")
    assert started(folder)[0] == 0
    assert asked(folder) == ["requirements.txt more.txt"]
    assert "sh start.sh --prepare tests/requirements.txt" in (ROOT / "tests/run.sh").read_text()


def test_what_was_not_installed_is_tried_again(folder):
    (folder / "requirements.txt").write_text("broken\n", "utf-8")
    status, output, errors = started(folder)
    assert (status, output) == (1, "")
    assert "核对网络" in errors
    assert started(folder)[0] == 1
    assert asked(folder) == ["requirements.txt", "requirements.txt"]


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A Debian whose Python has no ensurepip; what apt-get and venv are asked is noted."""
    notes = []
    monkeypatch.setattr(start, "find_spec", lambda _name: None)
    monkeypatch.setattr(start.subprocess, "call", lambda command, **_k: notes.append(command) or 0)
    return notes


PACKAGE = f"python3.{sys.version_info.minor}-venv"


def test_a_debian_without_venv_is_told_the_one_command(bare, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(start.CannotStart, match=f"sudo apt install {PACKAGE}\n"):
        start.make_environment()
    assert bare == []


def test_root_on_debian_gets_venv_installed(bare, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    start.make_environment()
    assert [command[0] for command in bare] == ["apt-get", "apt-get", sys.executable]
    assert bare[1][-1] == PACKAGE


def test_root_elsewhere_is_told_too(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(start, "find_spec", lambda _name: None)
    with pytest.raises(start.CannotStart):
        start.make_environment()


def test_an_old_python_is_told_so_at_once(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    assert start.main([]) == 1
    assert "需要 Python 3.11" in capsys.readouterr().err


def test_no_python_at_all_is_told_too(folder):
    done = subprocess.run(
        ["/bin/sh", str(folder / "start.sh")],
        env={"PATH": str(only_dirname(folder.parent))},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 1
    assert "需要 Python 3.11" in done.stderr


def only_dirname(folder):
    (folder / "bin").mkdir()
    (folder / "bin" / "dirname").symlink_to("/usr/bin/dirname")
    return folder / "bin"


def test_the_batch_file_is_one_that_cmd_reads():
    data = (ROOT / "start.bat").read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n")
    for words in (b"py -3", b'"%~dp0start.py" %*', b"exit /b %status%"):
        assert words in data


def test_records_lie_beside_the_program_wherever_it_is_started(tmp_path, monkeypatch):
    monkeypatch.delenv("SCHOOL_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert settings.from_environment().data_dir == ROOT / "instance"
    assert settings.from_environment("instance-demo").data_dir == ROOT / "instance-demo"
    monkeypatch.setenv("SCHOOL_DATA", "here")
    assert settings.from_environment().data_dir == tmp_path / "here"
