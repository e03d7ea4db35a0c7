"""The host's clock, folder, certificate and second start: each is told, none costs anybody work."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

import app as product
from admin.commands import serve
from admin.commands.audit import told
from admin.frame.only_server import ServedAlready, only_server
from admin.frame.private import Unusable, keep_private
from admin.frame.settings import Settings
from admin.frame.web_server import BadCertificate, read_certificate
from admin.work import trouble
from models.core import audit, service, verification
from models.core.actor import system
from models.core.register import find
from tests.test_twice import count, talk
from tests.world import NOON

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("seconds", [30, 3600, 86400])
@pytest.mark.parametrize("name", ["alice", "clerk"])
def test_a_clock_set_back_signs_nobody_out_and_drops_no_post(
    client_as, world, clock, monkeypatch, name, seconds
):
    browser = client_as(name)
    assert browser.get("/r/talk/").status_code == 200
    clock.advance(seconds=-seconds)
    back = time.time() - seconds
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: back)
    text = f"钟拨回{seconds}"
    made = {"talked_at": "2025-11-10 12:00"}
    answer = browser.post("/r/talk/new", data=talk(world, "", text) | made)
    assert answer.status_code == 302, answer.text
    assert "sign-in" not in answer.headers["Location"]
    assert count(text) == 1


def test_a_cookie_that_was_changed_still_opens_nothing(client_as):
    browser = client_as("alice")
    cookie = browser.get_cookie("school")
    browser.set_cookie("school", cookie.value[:-2] + "xx")
    assert "/sign-in" in browser.get("/r/talk/").headers["Location"]


def test_times_of_the_audit_never_run_backwards_silently(world):
    raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": "近况"}
    raw |= {"content": "说到学习", "talked_at": "2025-11-10 12:00"}
    for back in (0, 30, 7200):
        service.create(system(NOON - timedelta(seconds=back)), find("talk"), raw)
    report = verification.verify()
    entries, _head = audit.head()
    assert report.chain.backwards == (entries,)
    assert report.intact
    assert any("拨回" in line and str(entries) in line for line in told(report))


def test_the_offices_pages_tell_a_clock_that_was_set_back(client_as, app, monkeypatch):
    app.extensions.pop(trouble._CLOCK, None)
    browser = client_as("clerk")
    assert "拨回" not in browser.get("/board/").text
    real = time.time()
    monkeypatch.setattr(trouble.time, "time", lambda: real - 600)
    assert "拨回了约 10 分钟" in browser.get("/board/").text
    assert "拨回了约 10 分钟" in browser.get("/board/").text
    assert "拨回" not in client_as("alice").get("/today").text
    app.extensions.pop(trouble._CLOCK, None)


SECOND = """
import sys
from pathlib import Path
from admin.frame.only_server import only_server
with only_server(Path(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.readline()
"""


def test_a_second_server_on_the_folder_is_refused_until_the_first_is_gone(tmp_path):
    command = [sys.executable, "-c", SECOND, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as first:
        assert first.stdout.readline() == "mine\n"
        with pytest.raises(ServedAlready, match="已有一个程序在用"), only_server(tmp_path):
            pass
        first.kill()
    with only_server(tmp_path):
        pass


def test_serving_takes_the_folders_lock(app, tmp_path, monkeypatch):
    def serving(*_given, **_more):
        with pytest.raises(ServedAlready), only_server(tmp_path):
            pass
        return 0

    monkeypatch.setattr(serve, "_serve", serving)
    assert serve.serve(app, Settings(tmp_path)) == 0


def test_an_impossible_data_folder_is_a_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("", "utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("SCHOOL_DATA", str(folder))
        monkeypatch.delenv("DATABASE_URL", raising=False)
        assert product.main(["serve"]) == 1
        told = capsys.readouterr().err.strip()
        assert len(told.splitlines()) == 1
        assert "SCHOOL_DATA" in told


def test_a_data_folder_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch):
    def refused(**_named):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("admin.frame.private.tempfile.TemporaryFile", refused)
    with pytest.raises(Unusable, match="能写"):
        keep_private(tmp_path)


def test_certificate_and_key_swapped_are_a_sentence(tmp_path):
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n", "utf-8")
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nx\n", "utf-8")
    with pytest.raises(BadCertificate, match="放反"):
        read_certificate(tmp_path / "key.pem", tmp_path / "cert.pem")
