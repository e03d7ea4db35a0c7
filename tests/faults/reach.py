"""Which tests reach which fault: recorded by one run of the suite on a marked copy.

Kept in `reach.json` beside this file: the names once, and per fault the numbers of its tests, the
ones that reach fewest other places first: what is aimed at a place fails before what passes by it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.faults.anchors import ROOT, Fault, anchor

KEPT = Path(__file__).parent / "reach.json"
# Tests kept per fault, and of one test function. More reach the general places; what a hundred of
# the nearest do not see, the thousandth does not see either, and the file stays small.
MOST, MOST_OF_ONE = 120, 4


def copy_project(folder: Path) -> Path:
    """Copy what git tracks (as it stands in the working tree) into a new folder and return it.

    Where git knows of nothing, as in an unpacked archive, all but what lies about hidden.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = listed.stdout.splitlines()
    if listed.returncode:
        hidden = shutil.ignore_patterns(".*", "__pycache__", "instance")
        shutil.copytree(ROOT, folder, ignore=hidden, dirs_exist_ok=True)
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def environment() -> dict[str, str]:
    """Return the environment tests run in: no data folder of whoever runs them."""
    private = ("SCHOOL_", "DATABASE_URL")
    return {k: v for k, v in os.environ.items() if not k.startswith(private)}


def record(faults: list[Fault]) -> None:
    """Run the suite once on a marked copy and keep which tests reach which fault."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        copy, marks = Path(name, "project"), Path(name, "marks")
        copy.mkdir()
        marks.mkdir()
        copy_project(copy)
        _mark(copy, faults)
        subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "tests.faults.marks", "-n", "2",
             "--dist", "loadgroup", "-q", "-m", "not browser",
             "--ignore=tests/test_faults.py", "--ignore=tests/test_kill.py"],
            cwd=copy, env={**environment(), "FAULT_MARKS": str(marks)}, check=False,
        )  # fmt: skip
        by_test = {}
        for path in marks.glob("*.json"):
            by_test.update(json.loads(path.read_text("utf-8")))
    nearest = _nearest(faults, by_test)
    names = sorted({test for tests in nearest.values() for test in tests})
    number = {test: place for place, test in enumerate(names)}
    lines = {
        "tests": [[test, round(by_test[test][1], 1)] for test in names],
        "reach": {name: [number[test] for test in tests] for name, tests in nearest.items()},
    }
    text = ",\n".join(
        f"{json.dumps(part)}: " + _one_a_line(content) for part, content in lines.items()
    )
    KEPT.write_text("{" + text + "}\n", "utf-8")


def _one_a_line(content: list[object] | dict[str, object]) -> str:
    """Write JSON one entry a line, so that a change of the recording reads as one."""
    if isinstance(content, list):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in content) + "\n]"
    entries = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in content.items())
    return "{\n" + ",\n".join(entries) + "\n}"


def _mark(copy: Path, faults: list[Fault]) -> None:
    """Put a mark at the head of each function that holds a fault."""
    heads: dict[Path, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for fault in faults:
        if not fault.file:
            place = anchor(fault, copy)
            heads[place.path][place.line].append(fault.name)
    for path, lines in heads.items():
        source = path.read_text("utf-8").splitlines(keepends=True)
        for line, names in sorted(lines.items(), reverse=True):
            head = source[line - 1]
            indent = head[: len(head) - len(head.lstrip())]
            calls = "; ".join(f"_marks.met({name!r})" for name in names)
            source.insert(line - 1, f"{indent}import tests.faults.marks as _marks; {calls}\n")
        path.write_text("".join(source), "utf-8")


def _nearest(
    faults: list[Fault], by_test: dict[str, tuple[list[str], float]]
) -> dict[str, list[str]]:
    """Return per fault the tests that reach it: one case of each function, then the next ones."""
    reaching: dict[str, list[str]] = defaultdict(list)
    for test, (names, _) in by_test.items():
        for name in names:
            reaching[name].append(test)
    kept = {}
    for fault in faults:
        nearest = sorted(reaching[fault.name], key=lambda t: (len(by_test[t][0]), by_test[t][1], t))
        rounds: dict[str, int] = defaultdict(int)
        placed = []
        for place, test in enumerate(nearest):
            function = test.partition("[")[0]
            placed.append((rounds[function], place, test))
            rounds[function] += 1
        chosen = [test for case, _, test in sorted(placed) if case < MOST_OF_ONE]
        kept[fault.name] = chosen[:MOST]
    return kept


def reaching() -> dict[str, list[tuple[str, float]]]:
    """Return the recorded tests and their seconds per fault."""
    if not KEPT.is_file():
        return {}
    read = json.loads(KEPT.read_text("utf-8"))
    tests = [(test, seconds) for test, seconds in read["tests"]]
    return {name: [tests[number] for number in numbers] for name, numbers in read["reach"].items()}
