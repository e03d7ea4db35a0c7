"""How long `python app.py` takes to its first answer, and what its processes hold when idle.

Measured on an empty folder (tables are made) and on one that has been started before, server and
worker together. Run from the project's folder: python -m benchmarks.start [--scale STARTS] [--json]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import measuring
from benchmarks.serving import free_port, wait_for

STARTS = 3
APP = Path(__file__).resolve().parent.parent / "app.py"
IDLE_AFTER = 6


def main() -> int:
    """Print the first start and the median of later ones."""
    said = measuring.arguments(__doc__, STARTS, "later starts", rest=IDLE_AFTER)
    with tempfile.TemporaryDirectory(prefix="start-benchmark-") as name:
        first = start(Path(name), said.rest)
        later = sorted(
            (start(Path(name), said.rest) for _ in range(said.scale)), key=lambda s: s["seconds"]
        )
    rows = [{"start": "first, tables made", **first}, {"start": "later", **later[said.scale // 2]}]
    measuring.report(said, "start", rows)
    return 0


def start(folder: Path, rest: int) -> dict[str, Any]:
    """Start the product, wait for its first answer, let it rest, and stop it."""
    port = free_port()
    environment = {**os.environ, "SCHOOL_DATA": str(folder), "SCHOOL_PORT": str(port)}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(APP)], env=environment, stdout=subprocess.DEVNULL, cwd=APP.parent
    )
    try:
        wait_for(port, "/sign-in")
        answered = time.perf_counter() - begun
        time.sleep(rest)
        cpu = measuring.cpu_seconds(process.pid)
        server = measuring.memory_mb(process.pid)
        workers = [measuring.memory_mb(pid) for pid in children_of(process.pid)]
    finally:
        process.terminate()
        process.wait(30)
    return {
        "seconds": round(answered, 2),
        "cpu seconds": cpu,
        "server mb": server,
        "worker mb": round(sum(workers), 1),
        "all mb": round(server + sum(workers), 1),
    }


def children_of(pid: int) -> list[int]:
    """Return the processes a process has started; Linux only."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text("ascii").split()]


if __name__ == "__main__":
    sys.exit(main())
