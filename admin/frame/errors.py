"""Errors as pages: each domain error becomes one Chinese page, or JSON for a script, once."""

from __future__ import annotations

import logging
import re
from typing import Any

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from admin.frame.security import wants_json
from exports.pdf.errors import RenderFailed
from models.core import errors
from models.core.database import trouble_of
from models.core.soundness import Damaged

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[errors.RecordsError], int], ...] = (
    (errors.NotFound, 404),
    (errors.TooOften, 429),
    (errors.Denied, 403),
    (errors.Conflict, 409),
    (errors.InUse, 409),
    (errors.Locked, 409),
    (errors.NotNow, 503),
    (errors.Invalid, 422),
    (errors.BadValue, 422),
    (errors.BadFile, 422),
    (RenderFailed, 500),
    (Damaged, 500),
)

# Never written back into a page.
_SECRET = re.compile(r"passw|passphrase|^old$|^again$|secret|recovery", re.IGNORECASE)

_SHORT = 8

# Title and advice per status; a domain error brings its own sentence.
WORDS: dict[int, tuple[str, str]] = {
    400: ("这一步没有办成", "页面放得太久，或者地址不完整。请返回上一页刷新后再试。"),
    401: ("请先登录", "登录已过期，请重新登录。"),
    403: ("这一页不对您开放", "您没有这项权限，需要时请联系文员。"),
    404: ("没有找到这一页", "可能已被删除，或不在您的查看范围内。请从菜单重新进入。"),
    405: ("这一步没有办成", "请从页面上的按钮进入，不要直接打开这个地址。"),
    409: ("和别处的改动碰在一起了", "请返回上一页刷新后核对。"),
    413: ("文件太大了", "一次最多上传 40 MB。照片可以分几次上传，表格请拆成几份。"),
    422: ("还没有保存", "内容有需要改正的地方，请返回上一页改好再试。"),
    429: ("试得太快了", "请稍等一会儿再试。"),
    503: ("现在存不进去", "请稍等一会儿再试。"),
    500: ("这一步没有办成", "不是您的操作有误。请返回上一页再试一次；还不行请告诉文员。"),
}
_OTHERS = ("这一步没有办成", "请返回上一页再试一次；还不行请告诉文员。")


def register_errors(app: Flask) -> None:
    """Teach the app how every error looks."""
    for kind, status in STATUS:
        app.register_error_handler(kind, _domain_page(status))
    app.register_error_handler(OSError, _of_the_host)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http_page)


def error_page(status: int, text: str = "", **more: Any) -> ResponseReturnValue:
    """Return the page (or JSON) of a status; `text` replaces the usual advice."""
    title, usual = WORDS.get(status, _OTHERS)
    message = text or usual
    if wants_json():
        more.pop("kept", None)
        return {"error": message, "message": message, **more}, status
    inside = getattr(g, "actor", None) is not None
    layout = "layout/base.html" if inside else "layout/plain.html"
    page = {"layout": layout, "page_title": title, "message": message, "status": status}
    return render_template("people/error.html", **page, **more), status


def _domain_page(status: int) -> Any:
    def page(error: errors.RecordsError) -> ResponseReturnValue:
        fields = {"errors": error.errors} if isinstance(error, errors.Invalid) else {}
        if isinstance(error, errors.NotNow):
            return _not_now(error)
        return error_page(status, str(error), **fields)

    return page


def _of_the_host(error: OSError) -> ResponseReturnValue:
    """A full disk met while writing a file is told as one met in the database."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    return _not_now(trouble)


def _not_now(error: errors.NotNow) -> ResponseReturnValue:
    """Say what is in the way; what was typed stands on the page and can be sent again as it is."""
    log.error("nothing can be written: %s", error)
    kept = [
        (name, text, _is_prose(text))
        for name, text in request.form.items(multi=True)
        if name != "csrf_token" and not _SECRET.search(name)
    ]
    more = {"kept": kept, "again": request.full_path.rstrip("?"), "files": bool(request.files)}
    return error_page(503, str(error), **(more if request.method == "POST" else {}))


def _is_prose(text: str) -> bool:
    """Return whether somebody wrote it, and wants to see it again; tokens and choices are not."""
    return "\n" in text or (len(text) > _SHORT and not text.isascii())


def _forged(_error: CSRFError) -> ResponseReturnValue:
    return error_page(400, "这一页放得太久了，内容没有保存。请返回上一页刷新后再提交。")


def _http_page(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:  # a redirect that routing asks for, e.g. a missing slash
        return error.get_response()
    answer = error_page(status)
    # A refused method or range says in its headers what would be allowed.
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return (*answer, kept) if isinstance(answer, tuple) else answer
