"""单人批准: the paper that a school's only leader brings from outside, sent and shown."""

from __future__ import annotations

from flask import request, send_file
from flask.typing import ResponseReturnValue

from admin.frame.context import actor, runtime
from models.core.errors import BadFile, Invalid, NotFound
from models.photos.images import BYTE_LIMIT, CONTENT_TYPES, inspect_image, store_original
from models.sealed.leaders import Paper, is_alone

# These papers lie beside the photos, in a folder of their own.
PAPERS = "signed"


def paper_sent() -> Paper | None:
    """Return who approved outside the school, with the signed paper that came with this request.

    None for anybody but the only leader. Raises Invalid for what is missing or no picture.
    """
    if not is_alone(actor()):
        return None
    name, unit = (request.form.get(key, "").strip()[:60] for key in ("outside", "unit"))
    if not name or not unit:
        raise Invalid({"outside": "请写明校外批准人的姓名和单位（中心校或教育局）"})
    sent = request.files.get("scan")
    data = sent.stream.read(BYTE_LIMIT + 1) if sent is not None else b""
    if not data:
        raise Invalid({"scan": "请附校外批准人签字的扫描件或照片"})
    try:
        facts = inspect_image(data)
    except BadFile as error:
        raise Invalid({"scan": str(error)}) from None
    path = store_original(data, runtime().originals / PAPERS)
    return Paper(f"{name}（{unit}）", path, facts.sha256)


def paper_shown(name: str | None) -> ResponseReturnValue:
    """Return the kept paper of that name; NotFound without one. The caller logs the look."""
    path = runtime().originals / PAPERS / (name or "-")
    if not name or not path.is_file():
        raise NotFound("没有找到这份签字件")
    kind = path.suffix.lstrip(".").upper().replace("JPG", "JPEG")
    answer = send_file(path, mimetype=CONTENT_TYPES.get(kind, "application/octet-stream"))
    answer.headers["Cache-Control"] = "no-store"
    return answer
