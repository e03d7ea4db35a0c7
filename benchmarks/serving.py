"""What the benchmarks that go over the wire share: a served school and browsers signed in to it."""

from __future__ import annotations

import http.client
import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from admin.commands.serve import serve
from admin.frame.settings import Settings
from app import create_app
from benchmarks.big_school import StoppedClock
from models.core.clock import Clock
from models.core.database import connected
from models.school import accounts

RAW_TOKEN = "a" * 40


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, address: str = "/health", longest: float = 60.0) -> int:
    """Ask until the server answers and return the status; TimeoutError when it never does."""
    until = time.monotonic() + longest
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=longest)
        try:
            connection.request("GET", address)
            return connection.getresponse().status
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise TimeoutError(f"no answer on port {port}")


@dataclass(frozen=True)
class Serving:
    """The process that serves, and where."""

    port: int
    pid: int


@contextmanager
def served(folder: Path, clock: Clock | None = None) -> Iterator[Serving]:
    """Serve the school in a process of its own with the product's server, as in use."""
    port = free_port()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_serve, args=(folder, port, clock or StoppedClock()))
    process.start()
    try:
        wait_for(port)
        yield Serving(port, process.pid or 0)
    finally:
        process.terminate()
        process.join(30)


def _serve(folder: Path, port: int, clock: Clock) -> None:
    serve(create_app(folder, clock=clock), Settings(folder, port), with_worker=False)


class Wire:
    """One signed-in browser on a connection that is kept open, as phones do."""

    def __init__(self, app: Flask, port: int, username: str) -> None:
        with connected():
            user = accounts.find_user(username)
            assert user is not None, username
            token = accounts.open_session(user.id, StoppedClock().now(), "127.0.0.1", "benchmark")
        signing = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signing is not None
        said = {"_user_id": token, "_fresh": True, "csrf_token": RAW_TOKEN, "_permanent": True}
        sealed = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN)
        self.headers = {
            "Cookie": f"{app.config['SESSION_COOKIE_NAME']}={signing.dumps(said)}",
            "X-CSRFToken": str(sealed),
            "Accept-Encoding": "gzip",
        }
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, address: str) -> tuple[int, bytes, int]:
        """Return status, body as it came, and bytes of the headers."""
        self._connection.request("GET", address, headers=self.headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read(), len(bytes(answer.msg))

    def hang_up(self) -> None:
        """Give up the connection, as a phone in a pocket does; the next request dials anew."""
        self._connection.close()

    def post(self, address: str, form: dict[str, str]) -> int:
        """Post a form and return the status."""
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", address, urlencode(form), headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status
