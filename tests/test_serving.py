"""The served app under the load of a whole staff, and beside silent and slow clients."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing

import pytest

from admin.commands import certificate
from admin.frame import web_server
from admin.frame.web_server import read_certificate, school_server
from models.core.database import database, note_table_sizes
from tests.serving import LEAVES_FILES, free_port, serving

pytestmark = LEAVES_FILES

# More than there are threads, each of which would keep one for itself.
SILENT = 3 * web_server.THREADS
# What TLS encrypts at once, at most.
RECORD = 1 << 14


@pytest.fixture(params=["plain", "encrypted"])
def encrypted(request, tmp_path):
    """What encrypts the connections, None without."""
    if request.param == "plain":
        return None
    certificate.make(tmp_path / "tls", {"localhost", "127.0.0.1"})
    return read_certificate(tmp_path / "tls" / "school.crt", tmp_path / "tls" / "school.key")


def unverified():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def call(port, encrypted):
    if encrypted:
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=unverified())
    return http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def ask(port, encrypted, address="/health"):
    with closing(call(port, encrypted)) as connection:
        connection.request("GET", address)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_hundred_phones_get_a_place_in_the_queue_while_nobody_is_served_yet(app):
    server = school_server(app, ("127.0.0.1", 0))
    with ExitStack() as calls:
        calls.callback(server.close)
        for _ in range(100):
            calls.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=2))


def test_silent_clients_keep_nobody_waiting(app, encrypted):
    """Connections that say nothing, half a line, or half a handshake."""
    with serving(app, encrypted) as port, ExitStack() as calls:
        for number in range(SILENT):
            silent = calls.enter_context(socket.create_connection(("127.0.0.1", port), timeout=2))
            silent.sendall((b"", b"GET /heal", b"\x16\x03\x01")[number % 3])
        assert ask(port, encrypted)[0] == 200


def test_bodies_that_never_end_keep_nobody_waiting(app, encrypted):
    with serving(app, encrypted) as port, ExitStack() as calls:
        for _ in range(SILENT):
            slow = call(port, encrypted)
            calls.callback(slow.close)
            slow.putrequest("POST", "/sign-in")
            slow.putheader("Content-Length", "5000")
            slow.endheaders(b"username=")
        assert ask(port, encrypted)[0] == 200


def test_a_large_answer_and_a_large_post_come_through_whole(app, encrypted):
    """Longer than a record of the encryption, whose last one is longer than one look takes."""
    wide = bytes(183 * RECORD + 12_000)

    def echo(environ, start_response):
        body = environ["wsgi.input"].read() or wide
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    echo.config = {"MAX_CONTENT_LENGTH": 2 * len(wide)}
    with serving(echo, encrypted) as port:
        assert ask(port, encrypted) == (200, wide)
        with closing(call(port, encrypted)) as connection:
            for _ in range(2):  # the connection is kept
                connection.request("POST", "/", wide)
                assert connection.getresponse().read() == wide


def test_what_is_larger_than_any_upload_is_not_even_received(app, encrypted):
    with serving(app, encrypted) as port, closing(call(port, encrypted)) as large:
        large.putrequest("POST", "/sign-in")
        large.putheader("Content-Length", str(2 * app.config["MAX_CONTENT_LENGTH"]))
        large.endheaders()
        assert large.getresponse().status == 413


def test_an_encrypted_connection_is_known_as_one(app, encrypted):
    def scheme(environ, start_response):
        body = f"{environ['wsgi.url_scheme']} {environ['REMOTE_ADDR']}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    scheme.config = app.config
    with serving(scheme, encrypted) as port:
        assert ask(port, encrypted)[1].decode() == f"{'https' if encrypted else 'http'} 127.0.0.1"


def test_a_server_is_stopped_while_its_loop_is_awake(app):
    def pull_late():
        pull()  # somebody else wakes the loop, which finds the order already
        time.sleep(0.2)
        pull()

    server = web_server.school_server(app, ("127.0.0.1", 0))
    pull, server.trigger._physical_pull = server.trigger._physical_pull, pull_late
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    server.stop()
    running.join(10)
    assert not running.is_alive()
    server.stop()  # an ended one is left alone


def test_a_connection_silent_for_long_is_given_up(app, monkeypatch):
    monkeypatch.setattr(web_server, "SILENT_FOR", 0)
    monkeypatch.setattr(web_server, "LOOKED_AFTER", 0)
    with serving(app) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as silent:
        assert silent.recv(1) == b""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM to send")
def test_the_server_ends_when_it_is_asked_to(tmp_path):
    port = free_port()
    environment = {**os.environ, "SCHOOL_DATA": str(tmp_path / "school"), "SCHOOL_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "app.py", "serve"], env=environment, stdout=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            ask(port, None)
            break
        except OSError:
            time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "正在停止" in told


def test_sqlite_knows_how_large_the_tables_are_after_sampling(world):
    note_table_sizes()
    sampled = database.execute_sql("SELECT DISTINCT tbl FROM sqlite_stat1").fetchall()
    assert ("talk",) in sampled


def told_of_the_way(environ, start_response):
    """An app that answers with what it knows of who asked."""
    said = (environ["wsgi.url_scheme"], environ["REMOTE_ADDR"], environ["HTTP_HOST"])
    body = " ".join(said).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


FORWARDED = {
    "X-Forwarded-For": "10.1.2.3",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "school.example",
}


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("127.0.0.1", "https 10.1.2.3 school.example"),
        ("", "http 127.0.0.1 127.0.0.1"),
        ("10.9.9.9", "http 127.0.0.1 127.0.0.1"),
    ],
)
def test_who_asked_is_believed_of_the_proxy_alone(app, proxy, told):
    told_of_the_way.config = app.config
    with serving(told_of_the_way, proxy=proxy) as port, closing(call(port, None)) as connection:
        connection.request("GET", "/", headers=FORWARDED)
        assert connection.getresponse().read().decode().replace(f":{port}", "") == told
