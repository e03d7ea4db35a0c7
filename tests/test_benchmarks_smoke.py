"""Every benchmark runs at a tiny scale and prints its figures as JSON; the numbers mean nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What to run, and what its figures must at least say.
TINY = {
    "lists --scale 300 --times 1 --no-peer": {"reader", "page", "queries", "ms"},
    "books --scale 10": {"rows", "seconds", "peak_mb", "ratio"},
    "bundle --scale 4": {"build", "seconds", "documents", "photos", "peak_mb"},
    "today --scale 200": {"page", "ms"},
    "county --scale 9000 --steps 1": {"records", "cold s", "today ms", "board ms", "verdicts"},
    "evaluation --scale 1500": {"figure", "ms", "goal ms"},
    "saving --scale 2 --saves 1": {"saving", "saves", "errors", "lost", "p95 ms"},
    "start --scale 1 --rest 1": {"start", "seconds", "cpu seconds", "all mb"},
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("called", TINY)
def test_a_benchmark_runs_and_prints_its_figures(called):
    done = subprocess.run(
        [sys.executable, "-m", *f"benchmarks.{called}".split(), "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["benchmark"] == called.split()[0]
    assert told["figures"]
    assert set(told["figures"][0]) >= TINY[called]
    assert [row for row in told["figures"] if not never_wrong(row)] == []


def never_wrong(row):
    """What does not depend on the machine: no save refused or lost, five queries at most."""
    return row.get("queries", 0) <= 5 and not row.get("errors") and not row.get("lost")
