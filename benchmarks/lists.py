"""How fast lists are on a million talks, beside Django's admin on the same database file.

Our pages go through the real app, signed in as the clerk, as a teacher with thirteen paired
children and a class, and as a teacher with no rows. Django (pinned in requirements.txt here, put
into a temporary environment of its own) reads the same tables with a ModelAdmin of the same
columns, filters and search, limited for teachers by the same condition.

Run from the project's folder: python -m benchmarks.lists [--scale TALKS] [--json] [--no-peer]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from app import create_app
from benchmarks import big_school, measuring
from benchmarks.big_school import CLERK, IDLE, RARE, TEACHER
from models.core import search_blocks
from models.core.database import connected, database, open_database
from models.core.gates import every_row
from models.core.listing import PAGE_SIZE

TALKS = 1_000_000
HERE = Path(__file__).parent
# What a reader asks: our address, and what Django's admin is asked for the same.
PAGES: dict[str, tuple[str, str]] = {
    "page 1": ("", ""),
    "page 1000": ("page=1000", "p=1000"),
    "filter by teacher": ("f.teacher=7", "teacher__id__exact=7"),
    "filter by word": ("f.risk=关注", "risk__exact=关注"),
    "filter by days": (
        "f.talked_at.from=2025-11-01&f.talked_at.to=2025-11-30",
        "talked_at__gte=2025-11-01&talked_at__lt=2025-12-01",
    ),
    "search a name by pinyin": ("q=NAME", "q=NAME"),
    "search a common word": ("q=奶奶", "q=奶奶"),
    "search a rare word": (f"q={RARE}", f"q={RARE}"),
    "sort by date, oldest first": ("sort=talked_at", "o=3"),
    "sort by child": ("sort=child", "o=1"),
    "sort by teacher, last first": ("sort=-teacher", "o=-2"),
}


def main() -> int:
    """Make the school, measure both sides, and print one row per page and reader."""
    said = read_arguments()
    with tempfile.TemporaryDirectory(prefix="lists-benchmark-") as name:
        folder = Path(name)
        big_school.make(folder, said.scale)
        with connected():
            # What the upkeep of two days does for the search.
            search_blocks.catch_up()
            search_blocks.catch_up()
        pages = asked_of(folder, said.scale)
        rows = ours(folder, pages, said.times)
        if said.peer:
            beside(rows, peer(folder, pages, said.times))
        measuring.report(said, "lists", rows)
    return 0


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--scale", type=int, default=TALKS, help="talks")
    parser.add_argument("--times", type=int, default=7, help="runs per page")
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="without Django")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def asked_of(folder: Path, talks: int) -> dict[str, tuple[str, str]]:
    """Return the pages with a name that is there and a last page that is not beyond the end."""
    open_database(folder)
    child = big_school.register("child")
    with connected():
        spelled = every_row(child).order_by(child.model.id).first().pinyin_search.split()[1]
    deep = max(1, min(1000, talks // PAGE_SIZE))
    return {
        title: tuple(one.replace("NAME", spelled).replace("=1000", f"={deep}") for one in both)
        for title, both in PAGES.items()
    }


def ours(folder: Path, pages: dict[str, tuple[str, str]], times: int) -> list[dict[str, Any]]:
    """Measure our own pages."""
    app = create_app(folder, clock=big_school.StoppedClock())
    rows = []
    for reader in (CLERK, TEACHER, IDLE):
        client = big_school.browser(app, reader)
        for title, (asked, _django) in pages.items():
            found = page(client, f"/r/talk/?{asked}", times)
            rows.append({"reader": reader, "page": title, **found})
    return rows


def page(client: FlaskClient, address: str, times: int) -> dict[str, Any]:
    """Measure one page: queries and median milliseconds."""
    client.get(address)  # The school and its calendar are read once.
    before = database.obj.query_count
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    queries = database.obj.query_count - before
    return {"queries": queries, "ms": measuring.median_ms(lambda: client.get(address), times)}


def peer(folder: Path, pages: dict[str, tuple[str, str]], times: int) -> dict[str, dict[str, Any]]:
    """Measure Django's admin in its own environment; figures by "reader/page/full count"."""
    with connected():  # All in one file, nothing left in the write-ahead log.
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    environment = folder / "django-environment"
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    wanted = ["-q", "--disable-pip-version-check", "-r", str(HERE / "requirements.txt")]
    subprocess.run([python, "-m", "pip", "install", *wanted], check=True)
    asked = {title: django for title, (_ours, django) in pages.items()}
    given = {"folder": str(folder), "times": times, "pages": asked}
    given["now"] = big_school.NOW.isoformat(" ")
    done = subprocess.run(
        [python, str(HERE / "django_admin.py"), json.dumps(given)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(json.loads(done.stdout))


def beside(rows: list[dict[str, Any]], django: dict[str, dict[str, Any]]) -> None:
    """Put Django's figures and the ratios beside ours."""
    for row in rows:
        for mode in ("counted", "uncounted"):
            found = django[f"{row['reader']}/{row['page']}/{mode}"]
            row[f"django {mode} ms"] = found["ms"]
            row[f"ratio {mode}"] = round(row["ms"] / found["ms"], 2)
            row["django queries"] = max(found["queries"], row.get("django queries", 0))


if __name__ == "__main__":
    sys.exit(main())
