"""Text answers go over the wire compressed; static files may be kept until their version changes.

Photos, PDF files and workbooks are compressed already and leave as they are.
"""

from __future__ import annotations

import gzip
import secrets
from functools import lru_cache
from io import BytesIO

from flask import Flask, Response, current_app, request

from admin.frame.security import STATIC

LEVEL = 6
# Below this the headers weigh more than what is saved.
SMALLEST = 500
TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)
# A page whose length tells nothing hides its token from who can make it repeat words of theirs.
MOST_PADDING = 100
KEPT_SECONDS = 365 * 24 * 3600


def compress_texts(app: Flask) -> None:
    """Compress every text answer of the app for browsers that take gzip."""
    app.after_request(_keep_static)
    app.after_request(_compress)


def _keep_static(response: Response) -> Response:
    """A static file asked for by its version never changes, so the browser need not ask again."""
    version = request.args.get("v")
    if request.endpoint == "static" and version == current_app.config["ASSET_VERSION"]:
        response.cache_control.max_age = KEPT_SECONDS
        response.cache_control.immutable = True
    return response


def _compress(response: Response) -> Response:
    if response.mimetype not in TYPES or response.status_code != 200:
        return response
    response.vary.add("Accept-Encoding")
    is_static = request.endpoint in STATIC
    if (
        "Content-Encoding" in response.headers
        or request.accept_encodings.quality("gzip") <= 0
        or (response.is_streamed and not is_static)
    ):
        return response
    response.direct_passthrough = False
    plain = response.get_data()
    if len(plain) < SMALLEST:
        return response
    response.set_data(_packed_once(plain) if is_static else pack(plain, padded=True))
    response.headers["Content-Encoding"] = "gzip"
    etag, _weak = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=64)
def _packed_once(plain: bytes) -> bytes:
    return pack(plain)


def pack(plain: bytes, *, padded: bool = False) -> bytes:
    """Return the bytes as gzip; `padded` adds a random number of bytes that readers skip."""
    target = BytesIO()
    name = "x" * secrets.randbelow(MOST_PADDING) if padded else ""
    with gzip.GzipFile(name, "wb", LEVEL, target, mtime=0) as packing:
        packing.write(plain)
    return target.getvalue()
