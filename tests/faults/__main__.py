"""The command: puts faults in, runs what reaches them, keeps and prints what became of them."""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from math import inf
from pathlib import Path

import pytest

from tests.faults import outcome, reach
from tests.faults.anchors import ROOT, Fault, anchor, faults, functions

# Copies of the project, each with one fault at a time: one a core.
COPIES = 2
# The first handful of tests mostly tells; the rest is asked only when they all pass.
FIRST = 12
# A fault that makes a test run so many times as long as recorded hangs the program, and is seen.
PATIENCE = 20.0
# Lately: so many commits back.
COMMITS = 12


class OutOfTime(Exception):
    """The time given for all faults is over; what was not tried is not judged."""


class Runner:
    """Runs faults in copies of the project, one copy a thread, for so many seconds in all."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder = folder
        self.ends = time.monotonic() + seconds
        self.reach = reach.reaching()
        self.clean: dict[str, bool] = {}
        self.lock = threading.Lock()
        self.copies = threading.local()

    def run(self, fault: Fault) -> outcome.Outcome:
        """Put the fault in, run the tests that reach it, take it out; return what became of it."""
        if time.monotonic() > self.ends:
            raise OutOfTime
        tests = self._tests(fault)
        if not tests:
            return outcome.Outcome(fault.digest, outcome.UNREACHED)
        copy = self._copy()
        for part in (tests[:FIRST], tests[FIRST:]):
            while part and (failed := self._with_fault(copy, fault, part)):
                if self._passes_without(copy, failed):
                    return outcome.Outcome(fault.digest, outcome.CAUGHT, failed)
                part = [test for test in part if not test.startswith(failed)]
        return outcome.Outcome(fault.digest, outcome.SURVIVED, ran=len(tests))

    def _tests(self, fault: Fault) -> list[str]:
        known = outcome.kept().get(fault.name)
        reached = [test for test, _ in self.reach.get(fault.name, ())]
        tests = [*fault.tests, *(test for test in reached if test not in fault.tests)]
        if known and known.by:
            tests = [known.by, *(test for test in tests if test != known.by)]
        return tests

    def _copy(self) -> Path:
        if not hasattr(self.copies, "place"):
            self.copies.place = Path(tempfile.mkdtemp(dir=self.folder))
            reach.copy_project(self.copies.place)
        return self.copies.place

    def _with_fault(self, copy: Path, fault: Fault, tests: list[str]) -> str:
        """Return the first test that fails with the fault in place, "" when all pass."""
        place = anchor(fault, copy)
        source = place.path.read_text("utf-8")
        place.path.write_text(source[: place.start] + fault.replace + source[place.end :], "utf-8")
        _forget_compiled(place.path)
        try:
            return self._first_failure(copy, tests)
        finally:
            place.path.write_text(source, "utf-8")
            _forget_compiled(place.path)

    def _first_failure(self, copy: Path, tests: list[str]) -> str:
        """Return the first test that fails, "" when all pass; OutOfTime when there is none left."""
        seconds = dict(pair for pairs in self.reach.values() for pair in pairs)
        patience = 60 + PATIENCE * sum(seconds.get(test, 5.0) for test in tests)
        left = self.ends - time.monotonic()
        with self.lock:
            unclean = [test for test, passes in self.clean.items() if not passes]
        asked = copy / "asked.txt"
        asked.write_text("\n".join(tests), "utf-8")
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
                 "--no-header", "-rfE", "--tb=no", f"@{asked}",
                 *(f"--deselect={test}" for test in unclean)],
                cwd=copy, env=reach.environment(), capture_output=True, text=True,
                timeout=max(1.0, min(patience, left)),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            if left < patience:
                raise OutOfTime from None
            return tests[0]
        if ended.returncode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return ""
        for line in ended.stdout.splitlines():
            kind, _, test = line.partition(" ")
            if kind in ("FAILED", "ERROR"):
                return test.split(" - ")[0]
        # Recorded, and renamed or gone since: it tells nothing, and no other was run beside it.
        gone = set(re.findall(r"not found: \S*?/(tests/.+)", ended.stderr))
        there = [test for test in tests if not {test, test.partition("[")[0]} & gone]
        if len(there) < len(tests):
            return self._first_failure(copy, there) if there else ""
        # The program does not even start, or a test cannot be collected any more.
        return tests[0]

    def _passes_without(self, copy: Path, test: str) -> bool:
        """Whether the test passes without any fault: else it tells nothing, and is left out."""
        with self.lock:
            known = self.clean.get(test)
        if known is None:
            known = not self._first_failure(copy, [test])
            with self.lock:
                self.clean[test] = known
        return known


def _forget_compiled(path: Path) -> None:
    """Remove the compiled file: two texts of one second and one length would share it."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink(missing_ok=True)


@cache
def _changed_files() -> frozenset[str]:
    """Return the files of the last commits, of as many as the clone has."""
    ended = subprocess.run(
        ["git", "log", f"-{COMMITS}", "--name-only", "--format="],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return frozenset(ended.stdout.split())


def few(every: list[Fault], number: int) -> list[Fault]:
    """Return so many faults that were caught before, those in lately changed files first."""
    known = outcome.kept()
    standing = [fault for fault in every if outcome.is_caught(fault, known)]
    # Another dozen with every commit, without history every day; the same one when run again. In a
    # shallow clone every file is lately changed, and the dozen is any.
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    random.Random(head.stdout or date.today().isoformat()).shuffle(standing)
    standing.sort(key=lambda f: anchor(f).path.relative_to(ROOT).as_posix() not in _changed_files())
    return standing[:number]


def chosen(every: list[Fault], asked: argparse.Namespace) -> list[Fault]:
    """Return the faults a call asks for."""
    real = [fault for fault in every if not fault.equivalent]
    if asked.only:
        return [f for f in real if f.name in asked.only or f.mechanism in asked.only]
    if asked.few:
        return few(real, asked.few)
    if asked.full:
        return real
    known = outcome.kept()
    return [
        fault
        for fault in real
        if not (outcome.is_known(fault, known) and outcome.is_caught(fault, known))
    ]


def main() -> int:
    """Run the command; return 1 when a fault was not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--full", action="store_true", help="all faults")
    parser.add_argument("--few", type=int, default=0, help="so many, of lately changed files first")
    parser.add_argument("--minutes", type=float, default=inf, help="begin none after so many")
    parser.add_argument("--only", nargs="+", default=(), help="these faults or mechanisms")
    parser.add_argument("--record", action="store_true", help="note which tests reach which fault")
    parser.add_argument("--report", action="store_true", help="write docs/tests.md")
    asked = parser.parse_args()
    every = faults()
    if asked.record:
        reach.record(every)
        return 0
    if asked.report:
        outcome.PAGE.write_text(outcome.page(every, outcome.kept()), "utf-8")
        return 0
    return run(every, chosen(every, asked), keeps=not asked.few, seconds=asked.minutes * 60)


def run(every: list[Fault], todo: list[Fault], *, keeps: bool, seconds: float) -> int:
    """Run the faults, printing a line each, and keep their outcomes unless CI only looks."""
    outcomes = outcome.kept()
    missed, untried = [], []
    lock = threading.Lock()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        runner = Runner(Path(name), seconds)

        def one(fault: Fault) -> None:
            try:
                result = runner.run(fault)
            except OutOfTime:
                untried.append(fault)
                return
            with lock:
                outcomes[fault.name] = result
                print(f"{result.state:10}{fault.mechanism}: {fault.name}  {result.by}", flush=True)
                if result.state != outcome.CAUGHT:
                    missed.append(fault)
                if keeps:
                    outcome.keep(outcomes, every)

        with ThreadPoolExecutor(COPIES) as pool:
            list(pool.map(one, todo))
    functions.cache_clear()
    tried = len(todo) - len(untried)
    print(f"{tried - len(missed)} of {tried} faults caught")
    if untried:
        print(f"not tried for want of time: {', '.join(fault.name for fault in untried)}")
    for fault in missed:
        print(f"not caught: {fault.mechanism}: {fault.name}: {fault.promise}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
