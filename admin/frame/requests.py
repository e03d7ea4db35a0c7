"""What a request must be before any page looks at it: its method, its host, its numbers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from flask import Flask, Response, request
from werkzeug.routing import IntegerConverter

from models.core.values.numbers import LARGEST

UNKNOWN_HOST = "这个网址不是本系统的。请用启动窗口里显示的网址打开；换了名字要写进 SCHOOL_HOSTS。"


class IdConverter(IntegerConverter):
    """A number in an address that a database can hold; a larger one is no address of ours."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Read as Werkzeug does, up to the largest id."""
        super().__init__(*args, **{"max": LARGEST, **more})


class HeadAsGet:
    """Answers HEAD with what GET says, without its body.

    Views ask whether a request is a GET; a HEAD taken for a post would get another answer.
    """

    def __init__(self, app: Any) -> None:
        """Stand before a WSGI app."""
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] != "HEAD":
            answer: Iterable[bytes] = self.app(environ, start_response)
            return answer
        body = self.app({**environ, "REQUEST_METHOD": "GET"}, start_response)
        with suppress(AttributeError):
            body.close()
        return []


@lru_cache(maxsize=64)
def is_own_name(host: str, hosts: tuple[str, ...]) -> bool:
    """Return whether a host, without its port, is a name or an address of this machine.

    `hosts` are names the school gave besides. A page of elsewhere that points its own name at this
    machine is answered with nothing.
    """
    name = host.strip("[]").rstrip(".").lower()
    own = socket.gethostname().lower()
    if name in {"localhost", own, f"{own}.local", *hosts}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        # Only an address of this machine can be taken; nothing is sent.
        try:
            probe.bind((name, 0))
        except OSError:
            return False
    return not address.is_unspecified


def refuse_the_odd(app: Flask, hosts: Iterable[str]) -> None:
    """Let requests pass only as they are meant; to be called before any address is declared."""
    given = tuple(host.lower() for host in hosts)
    app.url_map.converters["int"] = IdConverter
    app.before_request(_host_check(given))
    app.wsgi_app = HeadAsGet(app.wsgi_app)  # type: ignore[method-assign]


def _host_check(hosts: tuple[str, ...]) -> Callable[[], Response | None]:
    def check() -> Response | None:
        host = request.host.rpartition(":")[0] if _has_port(request.host) else request.host
        if "*" not in hosts and not is_own_name(host, hosts):
            # Before the database is opened: no page of ours, which would look into it.
            return Response(UNKNOWN_HOST, 400, mimetype="text/plain")
        return None

    return check


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")
