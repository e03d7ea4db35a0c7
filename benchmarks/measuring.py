"""What all benchmarks share: timing, percentiles, memory, the form of what is printed."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any


def arguments(description: str | None, scale: int, unit: str, **more: int) -> argparse.Namespace:
    """Read `--scale` (how many of `unit`), `--json` and `more` whole numbers by their names."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--scale", type=int, default=scale, help=f"{unit} (default {scale:,})")
    for name, usual in more.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--json", action="store_true", help="print one JSON object and no table")
    return parser.parse_args()


def median_ms(work: Callable[[], Any], times: int = 7) -> float:
    """Return the median milliseconds of some runs after one that warms up."""
    work()
    return round(statistics.median(seconds(work) for _ in range(times)) * 1000, 1)


def seconds(work: Callable[[], Any]) -> float:
    """Return the seconds one run takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def percentile(found: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the sorted values lie."""
    ordered = sorted(found)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def memory_mb(pid: int, what: str = "VmRSS") -> float:
    """Return the megabytes a process holds now (VmRSS) or held at most (VmHWM); Linux only."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
    return round(int(line.split()[1]) / 1024, 1)


def cpu_seconds(pid: int) -> float:
    """Return the processor's seconds a process has used, which a busy machine does not change."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return round((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), 2)


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run `work` in a forked process and return its figures with that process's own peak memory.

    A process's highest mark never falls, so each size is measured in a process of its own. The
    parent must hold no connection. `peak_mb` is the highest mark, `grown_mb` what work added;
    `cpu_seconds` is what a busy machine does not change.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        before = memory_mb(os.getpid())
        spent = time.process_time()
        try:
            found = work()
        except BaseException as error:  # noqa: BLE001 - told to the parent, which raises
            found = {"error": repr(error)}
        peak = memory_mb(os.getpid(), "VmHWM")
        spent = round(time.process_time() - spent, 2)
        found |= {"cpu_seconds": spent, "peak_mb": peak, "grown_mb": round(peak - before, 1)}
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        found = json.loads(answer.read())
    os.waitpid(pid, 0)
    if "error" in found:
        raise RuntimeError(found["error"])
    return dict(found)


def report(said: argparse.Namespace, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the figures as JSON, or as a table with a heading."""
    if said.json:
        told = {"benchmark": name, "scale": said.scale, "on": f"{datetime.now():%Y-%m-%d}"}
        print(json.dumps({**told, "figures": list(rows)}, ensure_ascii=False))
        return
    print(f"{name}, scale {said.scale:,}, {datetime.now():%Y-%m-%d}, {os.cpu_count()} cores")
    heads = list(dict.fromkeys(key for row in rows for key in row))
    cells = [heads, *([_cell(row.get(head, "")) for head in heads] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(heads))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
