"""The log of an installation tells what went wrong and where, and nothing of anybody."""

from __future__ import annotations

import logging
import sqlite3

import pytest

from admin.frame import log_file

CHILD = "董梦静"


@pytest.fixture
def log(tmp_path):
    """Write the log for a while; gives how to read it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log_file.write_to(tmp_path, "school")
    yield lambda: (tmp_path / "logs" / "school.log").read_text("utf-8")
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)


def fail():
    raise ValueError(f"第 3 行：{CHILD} 的身份证号 522226201501011234 不对")


def test_an_error_is_told_by_its_kind_and_the_way_to_it(log, tmp_path, capsys):
    log_file.write_to(tmp_path, "school")  # again: the console of this test is another one
    try:
        fail()
    except ValueError:
        logging.getLogger("app").exception("Exception on %s [%s]", "/r/child/7", "POST")
    for told in (log(), capsys.readouterr().err):
        assert "Exception on /r/child/7 [POST]" in told
        assert "in fail" in told
        assert "ValueError" in told
        assert CHILD not in told
        assert "522226" not in told


def test_an_error_among_the_words_is_told_by_its_kind(log):
    logging.getLogger("work").warning("job %s (%s) failed: %s", 4, "import", ValueError(CHILD))
    assert "job 4 (import) failed: ValueError" in log()
    assert CHILD not in log()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", f"{CHILD}.jpg"), "No space left on device"),
        (sqlite3.OperationalError("database is locked"), "database is locked"),
    ],
)
def test_what_the_host_says_is_kept(log, error, words):
    logging.getLogger("work").warning("the work waits: %s", error)
    assert words in log()
    assert CHILD not in log()


def test_a_page_that_breaks_leaves_no_name_in_the_log(log, app, client_as, monkeypatch):
    browser = client_as("clerk")
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "boards.missed", fail)
    assert browser.get(f"/missed?q={CHILD}").status_code == 500
    assert "/missed [GET]" in log()
    assert CHILD not in log()


def test_it_is_cut_into_pieces_and_the_oldest_goes(log, tmp_path, monkeypatch):
    (file,) = (h for h in logging.getLogger().handlers if hasattr(h, "maxBytes"))
    file.maxBytes = 2000
    for number in range(500):
        logging.getLogger("app").warning("trouble %s", number)
    kept = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert kept == ["school.log", *(f"school.log.{n}" for n in range(1, log_file.OLDER + 1))]
    assert "trouble 499" in log()


def test_a_folder_that_cannot_be_written_leaves_the_console(log, tmp_path, capsys):
    (tmp_path / "full").write_text("", "utf-8")
    log_file.write_to(tmp_path / "full", "school")
    logging.getLogger("app").warning("trouble")
    assert "trouble" in capsys.readouterr().err
