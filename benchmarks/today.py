"""The phone page of a teacher: milliseconds, and bytes over the wire through the served app.

2,000 children, 150 teachers; the teacher has thirteen paired children and leads a class of fifty.
"first visit" counts every style sheet and script the page asks for besides. Run from the project's
folder: python -m benchmarks.today [--scale TALKS] [--json]
"""

from __future__ import annotations

import gzip
import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import create_app
from benchmarks import big_school, measuring, serving
from benchmarks.big_school import TEACHER, register
from models.core import service
from models.core.actor import system
from models.core.database import connected

TALKS = 100_000
TIMES = 20
ASSET = re.compile(r'(?:href|src)="(/static/[^"#]+)')


def main() -> int:
    """Print what the page takes cold, warm, and after somebody saved a record."""
    said = measuring.arguments(__doc__, TALKS, "talks")
    with tempfile.TemporaryDirectory(prefix="today-benchmark-") as name:
        folder = Path(name)
        big_school.make(folder, said.scale)
        with serving.served(folder) as school:
            rows = measured(folder, school)
    measuring.report(said, "today", rows)
    return 0


def measured(folder: Path, school: serving.Serving) -> list[dict[str, Any]]:
    """Ask for the page as a phone does."""
    app = create_app(folder, clock=big_school.StoppedClock())
    wire = serving.Wire(app, school.port, TEACHER)
    cold = measuring.seconds(lambda: asked(wire))
    spent = measuring.cpu_seconds(school.pid)
    warm = measuring.median_ms(lambda: asked(wire), times=TIMES - 1)
    spent = (measuring.cpu_seconds(school.pid) - spent) / TIMES
    after = sorted(after_saving(wire, number) for number in range(5))[2]
    status, page, headers = wire.get("/today")
    assert status == 200, status
    text = gzip.decompress(page).decode()
    assets = sorted(set(ASSET.findall(text)))
    more = sum(sum(map(weight, wire.get(asset)[1:])) for asset in assets)
    size = {"kb": kb(len(page) + headers), "plain kb": kb(len(text.encode()))}
    first = {"kb": kb(len(page) + headers + more), "files": len(assets) + 1}
    return [
        {"page": "first of the day, all verdicts cold", "ms": round(cold * 1000, 1)},
        {"page": "as usual", "ms": warm, "cpu ms": round(spent * 1000), **size},
        {"page": "after somebody saved a record", "ms": round(after * 1000, 1)},
        {"page": "first visit with style sheets and scripts", **first},
    ]


def asked(wire: serving.Wire) -> None:
    """Ask for the page."""
    status, _page, _headers = wire.get("/today")
    assert status == 200, status


def after_saving(wire: serving.Wire, number: int) -> float:
    """Save a talk of one of the teacher's children and return the next page's seconds."""
    raw = {
        "child": 1,
        "teacher": 1,
        "talked_at": f"{big_school.NOW - timedelta(days=2, minutes=number):%Y-%m-%d %H:%M}",
        "topic": "近况",
    }
    with connected():
        service.create(system(big_school.NOW, "benchmark"), register("talk"), raw)
    return measuring.seconds(lambda: asked(wire))


def weight(part: bytes | int) -> int:
    """Return bytes of a body, or of headers already counted."""
    return part if isinstance(part, int) else len(part)


def kb(count: int) -> float:
    """Return kilobytes."""
    return round(count / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())
