"""Small files that a power cut left empty or in pieces are made anew, not stumbled over."""

from __future__ import annotations

import importlib.util

from admin.frame.context import Runtime
from admin.work import wake
from models.core import installation
from tests.world import StandingClock


def test_an_empty_key_is_made_anew_and_a_key_stays(tmp_path):
    # The tests give every folder one key: the module is read once more for the real function.
    spec = importlib.util.spec_from_file_location("fresh_installation", installation.__file__)
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    (tmp_path / "secret.key").write_bytes(b"")
    made = fresh.secret_key(tmp_path)
    assert len(made) == fresh.KEY_BYTES
    assert fresh.secret_key(tmp_path) == made


def test_a_wake_up_database_of_garbage_is_made_anew(tmp_path):
    path = tmp_path / wake.QUEUE_FILE
    path.write_bytes(b"no database at all " * 500)
    wake.wake(Runtime(tmp_path, StandingClock()))
    assert path.read_bytes().startswith(b"SQLite format 3")
