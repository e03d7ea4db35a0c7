"""Fifty teachers saving at once through the served app on SQLite, also during an import.

"at once" is a burst: all press save in the same instant, again and again; "in turn" gives each
teacher a second to fill in the form between two saves, as fifty phones do at their busiest. Every
saved record is looked for afterwards. Run from the project's folder:
python -m benchmarks.saving [--scale TEACHERS] [--json]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

from app import create_app
from benchmarks import big_school, imports, measuring, serving
from benchmarks.big_school import kept, put, register
from models.core.boxes import ROLES
from models.core.clock import Clock
from models.core.database import connected, database, open_database, writing
from models.core.gates import every_row
from models.intake.imports import import_table
from models.intake.report import Choices
from models.intake.table import read_table

TEACHERS = 50
SAVES = 6
IMPORTED = 5000


class ImportsClock(Clock):
    """The moment of the import's rows, so that nothing is entered late."""

    def now(self) -> Any:
        """Return that moment."""
        return imports.NOW


def main() -> int:
    """Print one row per way of saving."""
    said = measuring.arguments(__doc__, TEACHERS, "teachers", saves=SAVES)
    rows = []
    for title, pause, importing in (
        ("at once", 0.0, 0),
        ("in turn", 1.0, 0),
        ("in turn, during an import", 1.0, IMPORTED * said.scale // TEACHERS),
    ):
        with tempfile.TemporaryDirectory(prefix="saving-benchmark-") as name:
            folder = Path(name)
            make(folder, said.scale)
            rows.append({"saving": title, **measured(folder, said, pause, importing)})
    measuring.report(said, "saving", rows)
    return 0


def make(folder: Path, teachers: int) -> None:
    """Make the school with an account per teacher and the staff that the import names."""
    big_school.make(folder, 1000, children=500, teachers=teachers)
    account = {"role": ROLES["teacher"], "must_change": False}
    with connected(), database.atomic(), writing():
        put(
            "user",
            (
                kept(username=f"t{n}", name=f"t{n}", staff=n + 1, password_hash="x", **account)
                for n in range(teachers)
            ),
        )
        put("staff", (kept(name=f"教师{n}") for n in range(60)))
    database.close()


def measured(
    folder: Path, said: argparse.Namespace, pause: float, importing: int
) -> dict[str, Any]:
    """Serve the school, let all teachers save, and count what came of it."""
    took: list[float] = []
    refused: list[Any] = []
    workbook = imports.workbook(imports.talks(importing)) if importing else b""
    with serving.served(folder, ImportsClock()) as school:
        app = create_app(folder, clock=ImportsClock())
        wires = [serving.Wire(app, school.port, f"t{n}") for n in range(said.scale)]
        for wire in wires:  # The form is open; meanwhile the phone's connection was given up.
            wire.get("/r/talk/new")
            wire.hang_up()
        start = threading.Barrier(said.scale + 1)
        threads = [
            threading.Thread(target=saves, args=(wire, n, said.saves, pause, start, took, refused))
            for n, wire in enumerate(wires)
        ]
        for thread in threads:
            thread.start()
        spent = measuring.cpu_seconds(school.pid)
        start.wait()
        found = {"import seconds": imported(workbook)} if importing else {}
        for thread in threads:
            thread.join()
        spent = (measuring.cpu_seconds(school.pid) - spent) / max(1, len(took))
    cpu = {"cpu ms per save": round(spent * 1000)}
    return {**outcome(folder, said.scale * said.saves, took, refused), **cpu, **found}


def imported(workbook: bytes) -> float:
    """Import the talks in this process, beside the server, as the worker does."""
    talk = register("talk")

    def work() -> None:
        report = import_table(imports.CLERK, read_table(workbook, talk), Choices(), "talk")
        assert not report.refused, report.refused[:3]

    with connected():
        return round(measuring.seconds(work), 1)


def saves(
    wire: serving.Wire,
    number: int,
    turns: int,
    pause: float,
    start: threading.Barrier,
    took: list[float],
    refused: list[Any],
) -> None:
    """Save some talks one after the other and note how long each took."""
    chance = random.Random(number)
    start.wait()
    for turn in range(turns):
        if pause:
            time.sleep(pause * (0.5 + chance.random()))
        form = {
            "child": f"{number + 1}",
            "teacher": f"{number + 1}",
            "talked_at": f"2025-11-1{turn % 2}T1{turn % 8}:00",
            "topic": f"保存 {number} 之 {turn}",
            "content": big_school.SENTENCES[turn % len(big_school.SENTENCES)],
        }
        begun = time.perf_counter()
        try:
            status: Any = wire.post("/r/talk/new", form)
        except OSError as error:
            status = repr(error)
        took.append(time.perf_counter() - begun)
        if status != 302:
            refused.append(status)


def outcome(folder: Path, wanted: int, took: list[float], refused: list[Any]) -> dict[str, Any]:
    """Return errors, lost records and percentiles."""
    open_database(folder)
    talk = register("talk").model
    with connected():
        query = every_row(register("talk")).where(
            talk.topic.startswith("保存"), talk.talked_at >= date(2025, 11, 1)
        )
        kept_now = query.count()
    return {
        "saves": wanted,
        "errors": len(refused),
        "lost": wanted - len(refused) - kept_now,
        "p50 ms": round(measuring.percentile(took, 0.5) * 1000),
        "p95 ms": round(measuring.percentile(took, 0.95) * 1000),
        "max ms": round(max(took) * 1000),
    }


if __name__ == "__main__":
    sys.exit(main())
