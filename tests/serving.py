"""The product's own web server in a thread, for tests that go over the wire."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import contextmanager

import pytest

from admin.frame.web_server import school_server

# For tests that send or fetch more than fits a buffer: waitress leaves a file for the interpreter
# to close.
LEAVES_FILES = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@contextmanager
def serving(app, certificate=None, proxy=""):
    """Serve the app and give the port."""
    server = school_server(app, ("127.0.0.1", 0), certificate, proxy)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()
        # What waitress leaves is closed now, not in the middle of somebody else's test.
        gc.collect()


def free_port():
    """A port of this machine nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
