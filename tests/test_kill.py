"""What was acknowledged is there: kill -9 in the middle of writing, and fifty people at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from models.core import audit, calendar, installation
from models.core.database import connected, database, open_database
from models.core.gates import every_row
from models.core.register import find
from models.school import accounts
from tests.conftest import Browser
from tests.world import NOON

ROOT = Path(__file__).parent.parent
TALK = find("talk")

# Writes one talk after another and says each number only once its transaction is over.
WRITER = """
import sys
from pathlib import Path
from datetime import datetime
import models.kept
from models.core import service
from models.core.actor import Actor
from models.core.database import connected, open_database
from models.core.register import find
open_database(Path(sys.argv[1]))
child, staff, user = map(int, sys.argv[2:5])
actor = Actor(role="teacher", now=datetime(2025, 11, 12, 10, 30), user_id=user, staff_id=staff)
with connected():
    for number in range(100_000):
        raw = {"child": child, "teacher": staff, "talked_at": "2025-11-11 12:00",
               "topic": f"第{number}次"}
        made = service.create(actor, find("talk"), raw)
        print(made.id, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("moment", range(5))
def test_no_acknowledged_record_is_lost_when_the_process_is_killed(built_school, tmp_path, moment):
    world = built_school.world
    shutil.copy(built_school.file, tmp_path / "records.db")
    # The writer signs with the key in its folder, as tests do with theirs.
    (tmp_path / installation.KEY_FILE).write_bytes(installation.secret_key(tmp_path))
    ids = [str(n) for n in (world.child_a, world.staff_alice, world.alice.user_id)]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), *ids],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    first = writer.stdout.readline()
    time.sleep(random.Random(moment).uniform(0.02, 0.4))
    os.kill(writer.pid, signal.SIGKILL)
    told = writer.communicate(timeout=30)[0].splitlines()
    # The last line may have been cut in the middle; the first was read whole.
    acknowledged = {int(line) for line in (first, *told[:-1]) if line.strip()}
    assert acknowledged
    open_database(tmp_path)
    calendar.forget()
    with connected():
        stored = {record.id for record in every_row(TALK).select(TALK.model.id)}
        assert acknowledged <= stored
        assert audit.verify().intact
        assert database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)
    calendar.forget()


def test_a_commit_waits_for_the_disk(data_dir):
    assert database.execute_sql("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute_sql("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute_sql("PRAGMA foreign_keys").fetchone() == (1,)


def test_fifty_people_saving_at_once_lose_nothing(app, world):
    people, failed = 50, []
    tokens = [
        accounts.open_session(world.alice.user_id, NOON, "127.0.0.1", f"phone {number}")
        for number in range(people)
    ]
    before = {record.id for record in every_row(TALK)}
    start = threading.Barrier(people)

    def save(number):
        client = Browser(app)
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = tokens[number], True
        data = {
            "child": world.child_a,
            "teacher": world.staff_alice,
            "talked_at": "2025-11-11T12:00",
            "topic": f"第{number}人",
        }
        start.wait()
        answer = client.post("/r/talk/new", data=data)
        if answer.status_code != 302:
            failed.append((number, answer.status_code))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed
    topics = {record.topic for record in every_row(TALK) if record.id not in before}
    assert topics == {f"第{number}人" for number in range(people)}
    assert audit.verify().intact
