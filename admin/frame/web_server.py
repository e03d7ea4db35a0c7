"""The web server of a school: waitress, with the encrypted connection it lacks.

One thread looks after all connections and hands a request on only when it is there as a whole, so
that silent and slow clients cost a connection, never one of the threads that answer. Answers wait
in a buffer for a slow phone as well. The handshake of an encrypted connection is part of that.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from models.core.errors import RecordsError

THREADS = 16
# The bell rings and fifty phones save at once: they all find a place while nobody is served yet.
QUEUE = 256
# Windows waits for 512 connections at most at one time; some are left to everything else.
CONNECTIONS = 1000 if os.name == "posix" else 400
# Seconds without a byte until a connection is given up, and between two looks; phones dial anew.
SILENT_FOR, LOOKED_AFTER = 60, 10
# What a proxy says of the request it hands on.
BEHIND = {"trusted_proxy_headers": "x-forwarded-for x-forwarded-proto x-forwarded-host"}
# What is larger than the largest upload is not even received.
SPARE_BYTES = 1 << 20

logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is no trouble


class BadCertificate(RecordsError):
    """Certificate and key are swapped, damaged, or not each other's."""


class EncryptedChannel(HTTPChannel):  # type: ignore[misc]
    """One encrypted connection; its handshake happens while it is read, as bytes come in."""

    def handle_read(self) -> None:
        """Take what came in; what the handshake still waits for is no end of the connection."""
        while True:
            try:
                data = self.socket.recv(self.adj.recv_bytes)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                data = b""
            if not data:
                self.handle_close()
                return
            self.last_activity = time.time()
            self.received(data)
            # What is decrypted already would not wake the loop again.
            if not self.socket.pending():
                return

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the connection takes now and return how much that was."""
        try:
            return int(super().send(data, do_close))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0


class SchoolServer(TcpWSGIServer):  # type: ignore[misc]
    """The server of one address; `certificate` makes its connections encrypted."""

    certificate: ssl.SSLContext | None = None

    def __init__(self, *args: Any, **kw: Any) -> None:
        self._closing = threading.Lock()
        self._stopped = False
        super().__init__(*args, **kw)

    def accept(self) -> Any:
        """Take the next connection, without waiting for its handshake."""
        came = super().accept()
        if came is None or self.certificate is None:
            return came
        connection, address = came
        connection.setblocking(False)
        return self.certificate.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        ), address

    def set_reuse_addr(self) -> None:
        """Let a restart have the port at once; under Windows that would let two servers have it."""
        if os.name == "posix":
            super().set_reuse_addr()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.effective_port)

    def run(self) -> None:
        """Serve until interrupted or stopped; what is being answered is finished, for 5 seconds."""
        try:
            super().run()
        finally:
            self.task_dispatcher.shutdown()
            self._close_all()

    def stop(self) -> None:
        """End `run` from another thread; a server that has ended already is left alone.

        The loop may be awake for another reason and take the order before the trigger is pulled:
        the lock keeps it from closing the trigger under the hand that pulls it.
        """
        with self._closing:
            if not self._stopped:
                self.trigger.pull_trigger(self._close_all)

    def _close_all(self) -> None:
        with self._closing:
            self._stopped = True
            self.asyncore.close_all(self._map)


def school_server(
    app: Flask,
    address: tuple[str, int],
    certificate: ssl.SSLContext | None = None,
    proxy: str = "",
) -> SchoolServer:
    """Return the server of an app, listening on its address; OSError where it cannot.

    What a request says of its way (who asked, whether encrypted, for which name) is believed of
    `proxy` alone.
    """
    host, port = address
    server = SchoolServer(
        app,
        _start=False,
        adj=Adjustments(
            listen=f"{host}:{port}",
            threads=THREADS,
            backlog=QUEUE,
            connection_limit=CONNECTIONS,
            channel_timeout=SILENT_FOR,
            cleanup_interval=LOOKED_AFTER,
            asyncore_use_poll=True,
            url_scheme="https" if certificate else "http",
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + SPARE_BYTES,
            ident=None,
            **(BEHIND | {"trusted_proxy": proxy} if proxy else {}),
        ),
    )
    if certificate:
        server.certificate, server.channel_class = certificate, EncryptedChannel
    server.accept_connections()
    return server


def read_certificate(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what encrypts connections; BadCertificate for a pair that does not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise BadCertificate(
            "证书和密钥读不出来或不是一对：请核对 SCHOOL_TLS_CERT 指的是证书、"
            "SCHOOL_TLS_KEY 指的是它的密钥，两个没有放反"
        ) from error
    return context


def own_address() -> str:
    """Return this PC's address in the school network; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("10.255.255.255", 1))
        return str(probe.getsockname()[0])
    return ""
