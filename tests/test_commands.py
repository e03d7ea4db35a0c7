"""The command line as a whole: quiet pipes, one language of states, a demo that is plain."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from admin.commands import demo
from admin.commands.all import COMMANDS
from admin.commands.setup import ClerkPart, SchoolPart, SemesterPart, SetupFile
from app import PIPE_CLOSED, main
from compliance.findings.kinds import LEVELS
from compliance.judged.verdict import WORDS
from models.core import calendar, service
from models.core.actor import system
from models.core.database import connected, database, open_database
from models.core.register import REGISTERS
from tests.world import NOON

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "setup-example.toml"


@pytest.fixture
def command(world, data_dir, monkeypatch, capsys):
    """Run a command on the test school; gives (status, output, errors)."""
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*words):
        status = main(list(words))
        printed = capsys.readouterr()
        database.connect(reuse_if_open=True)
        return status, printed.out, printed.err

    yield run
    database.close()


# ---- pipes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("registers", "--json"), ("registers",), ("--help",)])
def test_piping_into_head_ends_quietly(words, tmp_path):
    # The reader is gone before a word is written: what `| head` does, only sooner.
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "app.py", *words],
        cwd=ROOT,
        env={**os.environ, "SCHOOL_DATA": str(tmp_path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode in (0, PIPE_CLOSED)


# ---- states --------------------------------------------------------------------------------------

# How a command that reads is asked; the others make or carry something and tell no states.
READING = {
    "audit": ("audit", "verify"),
    "duties": ("duties",),
    "systems": ("systems",),
    "inspect": ("inspect",),
    "registers": ("registers",),
    "doctor": ("doctor",),
    "evaluate": ("evaluate", "--year", "2025-2026"),
}
MAKING = {
    "backup",
    "bundle",
    "certificate",
    "copy",
    "demo",
    "document",
    "export",
    "import",
    "point",
    "release",
    "rescue",
    "restore",
    "serve",
    "setup",
    "template",
    "work",
}


class Names:
    """Takes the place of argparse's sub-parsers to hear which commands there are."""

    def __init__(self):
        self.names = set()

    def add_parser(self, name, **_options):
        self.names.add(name)
        return self

    def __getattr__(self, _name):
        return lambda *_a, **_k: self


def told_in(data, path=""):
    """Every mapping anywhere in JSON data, with the way to it."""
    if isinstance(data, dict):
        yield path, data
        for key, value in data.items():
            yield from told_in(value, f"{path}.{key}")
    elif isinstance(data, list):
        for value in data:
            yield from told_in(value, path)


def test_every_command_is_looked_at():
    names = Names()
    for module in COMMANDS:
        module.add(names)
    assert names.names - {"verify"} == set(READING) | MAKING


@pytest.mark.parametrize("words", READING.values(), ids=list(READING))
def test_every_command_tells_states_by_one_code_and_one_word(words, command):
    status, out, err = command(*words, "--json")
    assert (status, err) == (0, "")
    for path, told in told_in(json.loads(out)):
        for key, words_of in (("state", WORDS), ("level", LEVELS)):
            if key in told:
                code = told[key]
                assert told[f"{key}_word"] == (words_of[code] if code else None), path
        for key in ("states", "counts"):
            codes = told.get(key, {})
            codes = codes.values() if key == "states" else codes
            assert set(codes) <= set(WORDS) | set(LEVELS), path


@pytest.mark.parametrize("words", READING.values(), ids=list(READING))
def test_a_person_reads_the_word_and_never_the_code(words, command):
    status, out, _err = command(*words)
    columns = {word for line in out.splitlines() for word in line.split("  ")}
    assert status == 0
    assert columns.isdisjoint([*WORDS, *LEVELS])
    if words[0] in ("duties", "systems"):
        assert columns & set(WORDS.values())


def test_the_command_judges_by_the_schools_own_numbers(command, world):
    """The board asks two talks a week where the school does; so does the command."""

    def due():
        ask = ("duties", "--json", "--duty", "talk-weekly", "--as-of", "2025-11-12")
        status, out, _err = command(*ask)
        assert status == 0
        (told,) = json.loads(out)["duties"]
        return told["counts"].get("done", 0)

    before = due()
    raw = {"duty": "talk-weekly", "what": "次数", "value": "9", "reason": "本校要求"}
    raw |= {"decided_on": "2025-09-01", "semester": world.autumn}
    service.create(system(NOON), REGISTERS["duty-setting"], raw)
    calendar.forget()
    assert before > 0
    assert due() == 0


# ---- demo ----------------------------------------------------------------------------------------


@pytest.fixture
def demo_command(tmp_path, monkeypatch, capsys):
    """Run `demo --no-serve` on a folder where the making itself is only pretended."""
    monkeypatch.setenv("SCHOOL_DATA", str(tmp_path / "demo"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    made = []

    class School:
        def __init__(self, size):
            self.roll = type("Roll", (), {"children": range(size), "staff": (), "classes": ()})
            self.photos, self.accounts = 0, {}
            self.password, self.passphrase = "x", "y"

    def make(_today, size, **_options):
        made.append(size)
        return School(size)

    monkeypatch.setattr(demo.school, "make", make)

    def run(*words):
        assert main(["demo", "--no-serve", *words]) == 0
        printed = capsys.readouterr()
        return made, printed.out, printed.err

    return run


def test_another_size_over_an_existing_demo_is_told_and_not_swallowed(demo_command):
    assert demo_command("--size", "20")[0] == [20]
    made, _out, err = demo_command("--size", "50")
    assert made == [20]
    for words in ("原样保留", "20 名留守儿童", "--size 50", "--again"):
        assert words in err
    made, out, err = demo_command("--size", "20", "--json")
    assert json.loads(out)["kept"] is True
    assert "--size" not in err
    made, out, err = demo_command("--size", "50", "--again", "--json")
    assert made == [20, 50]
    assert json.loads(out)["kept"] is False


# ---- the set-up file -----------------------------------------------------------------------------


def test_the_example_of_a_setup_file_sets_a_school_up(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("water-and-tea\n"))
    calendar.forget()
    assert main(["setup", str(EXAMPLE), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    written = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert made["semesters"] == ["2025-2026-1", "2025-2026-2"]
    assert made["adopted"] == written["adopted"]
    open_database(tmp_path)
    with connected():
        calendar.forget()
        school = calendar.school()
        assert (school.home_name, school.away_months) == ("云岭中学留守儿童之家", 3)
        assert calendar.current_semester(NOON.date()).title == "2025—2026学年第一学期"
    calendar.forget()


def test_the_example_and_the_page_name_every_key():
    file = tomllib.loads(EXAMPLE.read_text("utf-8"))
    page = (ROOT / "docs" / "setup.md").read_text("utf-8")
    written = {
        SetupFile: set(file),
        SchoolPart: set(file["school"]),
        SemesterPart: {key for one in file["semesters"] for key in one},
        ClerkPart: set(file["clerk"]),
    }
    for part, keys in written.items():
        assert keys == set(part.__struct_fields__)
    keys = set().union(*written.values()) - {"school", "semesters", "clerk"}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
