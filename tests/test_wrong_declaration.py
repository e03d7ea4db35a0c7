"""A wrong declaration stops the start with one sentence; nothing is read while modules import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = ("admin", "compliance", "exports", "models", "demo", "templates", "static")


def python(folder, *words):
    """Run Python in a folder, in a school of its own; (status, errors)."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "SCHOOL_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


@pytest.fixture
def product(tmp_path):
    """Write the product anew with one file changed; gives its folder."""

    def changed(file, old, new):
        own = Path(file).parts[0]
        for name in PRODUCT:
            if name != own:
                (tmp_path / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / own, tmp_path / own, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "app.py", tmp_path)
        text = (ROOT / file).read_text("utf-8")
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new, 1), "utf-8")
        return tmp_path

    return changed


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "models/kept/talks.py",
            'happened="talked_at"',
            'happened="talkt_at"',
            "登记“谈心记录”（talk）的声明有误：happened 指向不存在的字段 talkt_at",
        ),
        (
            "compliance/data/duties/talks-visits.toml",
            'by = "paired-teacher"',
            'bye = "paired-teacher"',
            "talks-visits.toml：talk-weekly 的 bye 没有这个键，可以写的有：",
        ),
        (
            "compliance/data/findings.toml",
            'level = "error"',
            'level = "wrong"',
            "findings.toml：F",
        ),
    ],
)
def test_a_wrong_declaration_stops_the_start_with_one_sentence(product, file, old, new, sentence):
    status, said = python(product(file, old, new), "app.py", "audit", "verify")
    assert status == 1
    assert said.startswith(sentence)
    assert said.count("\n") == 1


def test_nothing_is_read_while_modules_import(tmp_path):
    broken = "import tomllib\ndef loads(_text): raise SystemExit('read too early')\n"
    status, said = python(ROOT, "-c", f"{broken}tomllib.loads = loads\nimport app, demo.school")
    assert (status, said) == (0, "")
