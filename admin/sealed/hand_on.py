"""One process opens what is sealed: the others of a school hand such requests on to it.

Opened keys stand in the memory of one process and nowhere else. Where several processes share a
database (SCHOOL_SEALED_PORT names the port of the one), a request to a sealed page that meets
another is handed on to it over the machine's own loopback address, with who asked and whether
encrypted, as the web server in front said. Whatever the answer is goes back as it came.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from admin.sealed.guard import PREFIX

HOST = "127.0.0.1"
# Seconds: a passphrase is stretched for one, a page takes none.
PATIENCE = 60.0
# What concerns one connection only is not handed on.
_OWN = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "server"}
_SAID_ANEW = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "host"}
_CLOSED = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<title>密封内容现在打不开</title>
<h1>密封内容现在打不开</h1><p>打开密封内容的那个程序（端口 {port}）没有启动。其他页面照常可以用；
请在主机上启动它，再打开这一页。刚才填写的内容没有保存。</p>"""

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class HandsOn:
    """A WSGI application before the product's own, in every process but the named one."""

    def __init__(self, app: Application, port: int) -> None:
        """`port` is the named process's, on this machine."""
        self._app, self._port = app, port

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or let the named process answer what lies under /sealed."""
        path = environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return self._app(environ, start_response)
        connection = http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)
        try:
            connection.request(
                environ["REQUEST_METHOD"], _target(environ), _body(environ), _headers(environ)
            )
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            start_response(
                "503 Service Unavailable",
                [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")],
            )
            return [_CLOSED.format(port=self._port).encode()]
        finally:
            connection.close()
        headers = [(name, said) for name, said in answer.getheaders() if name.lower() not in _OWN]
        start_response(f"{answer.status} {answer.reason}", headers)
        return [body]


def _target(environ: Environ) -> str:
    # WSGI gives the bytes of the path as Latin-1.
    path = quote(environ["PATH_INFO"].encode("latin-1"))
    asked = environ.get("QUERY_STRING", "")
    return f"{path}?{asked}" if asked else path


def _body(environ: Environ) -> bytes:
    """Return the whole body: what is sealed is text, and the server bounds what it takes."""
    data: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return data


def _headers(environ: Environ) -> dict[str, str]:
    said = {
        name[5:].replace("_", "-").lower(): text
        for name, text in environ.items()
        if name.startswith("HTTP_")
    }
    kept = {name: text for name, text in said.items() if name not in _OWN | _SAID_ANEW}
    if kind := environ.get("CONTENT_TYPE"):
        kept["content-type"] = kind
    host = environ.get("HTTP_HOST", "")
    return kept | {
        "host": host,
        "x-forwarded-for": environ.get("REMOTE_ADDR", ""),
        "x-forwarded-proto": environ["wsgi.url_scheme"],
        "x-forwarded-host": host,
    }
