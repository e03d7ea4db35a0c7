"""Files are whole or not there; what a killed process left stands in nobody's way and is swept."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from admin.frame.context import Runtime
from admin.frame.settings import Settings
from admin.work import health, orphans, uploads
from models.core import files
from models.core.clock import BEIJING
from models.core.database import database
from models.core.errors import NotFound
from models.core.register import find
from models.photos import store
from tests.test_photo_store import jpeg
from tests.test_twice import roster
from tests.world import NOON

ROOT = Path(__file__).parent.parent
# Who writes files by itself, and why it may: the file is no part of the data folder, or lies in a
# folder of its own that is renamed or thrown away as a whole.
MAY_WRITE = {
    "models/core/files.py": "the one way",
    "models/core/installation.py": "the key, made once and never over another",
    "admin/commands/registers.py": "a page of the docs",
    "admin/commands/document.py": "a page of the docs; the file through aside()",
    "admin/commands/systems.py": "a page of the docs",
    "admin/commands/tables.py": "through aside()",
    "exports/bundle/bag.py": "through aside()",
    "exports/pdf/stamp.py": "through aside()",
    "exports/bundle/opened.py": "into a temporary folder, to be looked at and thrown away",
    "models/core/chunked.py": "through aside()",
    "models/school/encrypted_backups.py": "through aside()",
    "exports/bundle/lists.py": "into the folder of the render cache",
    "exports/bundle/notes.py": "into the folder of the render cache",
    "exports/bundle/scans.py": "into the folder of the render cache",
    "exports/bundle/build.py": "into the folder of the render cache",
    "exports/bundle/archive_files.py": "into the folder of the render cache",
    "exports/pdf/imposed.py": "to the path it is given, a folder of one print",
    "exports/documents/paper.py": "to the path it is given, a folder of one print",
    "exports/documents/sets.py": "to the path it is given, a folder of one print",
    "start.py": "the stamp of the environment, made again when in doubt",
}


def writes(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            mode = [a.value for a in node.args if isinstance(a, ast.Constant)]
            opened = name == "open" and any(
                isinstance(m, str) and set(m) & set("wax") for m in mode
            )
            if name in ("write_bytes", "write_text", "copyfile", "mkstemp") or opened:
                yield node.lineno


def test_files_are_written_in_one_way_only():
    found = set()
    for folder in ("models", "compliance", "exports", "admin", "demo", "."):
        walk = (ROOT / folder).glob("*.py") if folder == "." else (ROOT / folder).rglob("*.py")
        for path in walk:
            if any(writes(ast.parse(path.read_text("utf-8")))):
                found.add(path.relative_to(ROOT).as_posix())
    assert found - set(MAY_WRITE) == set()
    assert set(MAY_WRITE) - found <= {"models/core/installation.py", "admin/commands/document.py"}


KILLED = """
import os, sys
from pathlib import Path
from models.core import files
target = Path(sys.argv[1])
with files.aside(target) as part:
    part.write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL here")
def test_who_is_killed_while_writing_leaves_the_old_file(tmp_path):
    target = tmp_path / "facts.json"
    files.write_whole(target, b"old")
    dead = subprocess.run([sys.executable, "-c", KILLED, str(target)], cwd=ROOT, check=False)
    assert dead.returncode == -9
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.glob(f".*{files.PART}"))) == 1


def aged(path, days):
    at = (datetime.now(BEIJING) - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


SPOILED = [b"", b"{", b"[]", b"{}", b"null", b'{"at": 1}', b'{"at": "2025-11-12"}', b"\xff\xfe\x00"]


@pytest.fixture
def kept(world, data_dir):
    return uploads.keep(data_dir, world.clerk.user_id, "roster", "a.xlsx", roster(0), NOON)


@pytest.mark.parametrize("data", SPOILED)
def test_a_file_in_pieces_or_foreign_stops_no_import(client_as, world, data_dir, kept, data):
    strange = kept.folder / f"{'x' * 43}.json"
    strange.write_bytes(data)
    (kept.folder / "readme.txt").write_text("?", "utf-8")
    clerk = client_as("clerk")
    assert clerk.get("/imports/").status_code == 200
    assert clerk.get(f"/imports/roster/{kept.token}").status_code == 200
    assert clerk.get(f"/imports/roster/{strange.stem}").status_code == 404
    with pytest.raises(NotFound):
        uploads.find(data_dir, world.clerk.user_id, strange.stem)
    found = {one.name: one for one in health.examine(Settings(data_dir), NOON)}
    database.connect(reuse_if_open=True)
    assert "读不出来" in found["上传"].text
    assert "readme.txt" in found["上传"].text


def test_what_nothing_points_to_is_swept_after_a_week_and_nothing_else(world, data_dir, kept):
    installed = Runtime(data_dir, None)
    real = datetime.now(BEIJING).replace(tzinfo=None)
    photos = [
        store.receive(
            world.alice,
            jpeg(number),
            register=find("home-visit"),
            token=f"form-token-{number}",
            record_id=0,
            evidence="photo",
            storage_root=installed.originals,
        )
        for number in (1, 2)
    ]
    names = [
        "files/aa/bb/" + "a" * 64 + ".jpg",
        "files/aa/bb/.x.jpg.123.part",
        "uploads/" + "b" * 43 + ".book",
        "uploads/" + "c" * 43 + ".json",
        "bundles/job-7.zip",
        "bundles/" + "d" * 64 + ".zip",
    ]
    old = [aged(_put(data_dir / name), 8) for name in names]
    young = [aged(_put(data_dir / f"{name[:-6]}5{name[-5:]}"), 6) for name in names]
    standing = [installed.originals / photo.path for photo in photos]
    standing += [kept.workbook, kept.folder / f"{kept.token}.json"]
    for path in standing:
        aged(path, 300)
    assert orphans.sweep(installed, real) == len(names)
    assert [path for path in old if path.exists()] == []
    assert [path for path in [*young, *standing] if not path.exists()] == []
    assert database.is_closed() is False


def test_photos_beside_an_older_database_are_not_swept(world, data_dir):
    many = [aged(_put(data_dir / f"files/aa/bb/{n:064x}.jpg"), 90) for n in range(5)]
    assert orphans.sweep(Runtime(data_dir, None), datetime.now(BEIJING).replace(tzinfo=None)) == 0
    assert all(path.exists() for path in many)


def _put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path
