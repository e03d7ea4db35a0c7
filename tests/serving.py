"""The product's own web server in a thread, for tests that go over the wire."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from admin.frame.web_server import school_server


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
