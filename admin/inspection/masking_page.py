"""What the clerk looks at before an inspection: what no mask can decide by itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from peewee import fn

from admin.frame.context import actor
from admin.registers.photo_album import AS_TABLE
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.errors import Denied
from models.core.gates import rows
from models.core.left_words import left_words
from models.core.register import find
from models.kept.photos import PICTURE, Photo
from models.photos.view import PHOTOS

bp = Blueprint("masking", __name__, url_prefix="/masking")

# Who is shown more than this at once looks at none.
MOST = 200


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show files and scans nobody has marked, and names that texts keep as ordinary words."""
    acting = actor()
    if acting.role != CLERK:
        raise Denied("遮蔽核对由文员办理")
    groups = _unmarked(acting)
    unmarked = sum(group["count"] for group in groups)
    words = [_row(left) for left in left_words(acting.today, MOST)]
    return render_template(
        "inspection/masking.html",
        page_title=_heading(unmarked, len(words)),
        unmarked=unmarked,
        groups=groups,
        words=words,
        most=MOST,
    )


def _unmarked(acting: Actor) -> list[dict[str, Any]]:
    """Return the kinds of files and scans of which some are not marked, with their lists."""
    query = rows(acting, PHOTOS).where(Photo.evidence != PICTURE, Photo.copy_of == 0)
    query = query.where(Photo.content.is_null(True))
    kinds = query.select(Photo.register, Photo.evidence, fn.COUNT(Photo.id))
    groups: dict[str, dict[str, Any]] = {}
    for slug, kind, count in kinds.group_by(Photo.register, Photo.evidence).tuples():
        register = find(slug)
        # As a table, where many are marked at once.
        filters: dict[str, Any] = {"f.content": "-", "f.evidence": kind, "as": AS_TABLE}
        group = groups.setdefault(kind, {"title": kind, "count": 0})
        group["title"] = register.evidence.get(kind, kind) if register is not None else kind
        group["url"] = url_for(f"{PHOTOS.slug}.index_view", **filters)
        group["count"] += count
    return sorted(groups.values(), key=lambda group: -group["count"])


def _heading(unmarked: int, words: int) -> str:
    told = [f"{unmarked} 份文件和扫描件没有标明" if unmarked else ""]
    told.append(f"{words} 处姓名也是常用词" if words else "")
    return "，".join(filter(None, told)) or "文件都已标明，没有要核对的姓名"


def _row(left: Any) -> dict[str, Any]:
    register = left.register
    address = url_for(f"{register.slug}.detail", rid=left.record.id)
    where = f"{register.title} 第{left.record.id}号 · {left.spec.label}"
    return {"cells": [{"text": where, "url": address}, left.name, left.excerpt]}
