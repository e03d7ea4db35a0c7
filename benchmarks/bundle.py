"""How long the inspection bundle takes: first, unchanged, after one change; and its memory.

Sixty documents and a thousand photos whose display copies exist, as after a semester's uploads.
Each build runs in a process of its own, so that its highest memory is its own. Run from the
project's folder: python -m benchmarks.bundle [--scale PHOTOS] [--json]
"""

from __future__ import annotations

import hashlib
import io
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks import big_school, measuring
from benchmarks.big_school import kept, put, register
from exports.bundle.build import build_bundle
from exports.bundle.order import INSPECTION, Order
from models.core import service
from models.core.actor import system
from models.core.database import connected, database, open_database, writing
from models.core.gates import every_row
from models.photos.images import store_original
from models.photos.store import display_path

PHOTOS = 1000
SEMESTER = "2025-2026-2"
SIZE = (2000, 1500)


def main() -> int:
    """Print seconds, memory and bytes of the three builds."""
    said = measuring.arguments(__doc__, PHOTOS, "photos; documents are a sixteenth of it")
    documents = max(4, said.scale * 60 // 1000)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bundle-benchmark-") as name:
        folder = Path(name)
        measuring.in_child(lambda: made(folder, said.scale, documents))
        for title in ("first", "unchanged", "after one change"):
            if title == "after one change":
                measuring.in_child(lambda: changed(folder))
            rows.append({"build": title, **measuring.in_child(lambda: built(folder))})
    measuring.report(said, "bundle", rows)
    return 0


def made(folder: Path, photos: int, documents: int) -> dict[str, Any]:
    """Make the school, its news and photos on talks of the semester, display copies and all."""
    big_school.make(folder, photos * 8, children=200, teachers=20)
    with connected():
        with database.atomic(), writing():
            put("news-item", (news(number) for number in range(documents)))
            talk = register("talk")
            chosen = every_row(talk).where(talk.model.talked_at >= date(2026, 3, 5))
            ids = [record.id for record in chosen.order_by(talk.model.id).limit(photos)]
            put("photo", photo_rows(folder, ids))
        for photo in every_row(register("photo")):
            display_path(photo, "display", folder / "files", folder / "cache")
    return {}


def news(number: int) -> dict[str, Any]:
    """One news item of one printed page."""
    month = number % 4 + 3
    text = "；".join(big_school.SENTENCES) + "。"
    return kept(
        month=f"2026-{month:02d}",
        title=f"留守儿童之家信息第 {number + 1} 期",
        written_on=date(2026, month, number % 27 + 1),
        text=text * 3,
        channel=register("news-item").fields["channel"].field.words[0],
    )


def photo_rows(folder: Path, talks: list[int]) -> Iterator[dict[str, Any]]:
    """Yield one photo for each talk, every one a different picture of two million pixels."""
    for number, talk in enumerate(talks):
        data = picture(number)
        yield kept(
            register="talk",
            record_id=talk,
            evidence="photo",
            matter="谈心",
            mark="无人脸",
            sha256=hashlib.sha256(data).hexdigest(),
            path=store_original(data, folder / "files"),
            kind="jpeg",
            width=SIZE[0],
            height=SIZE[1],
            bytes=len(data),
        )


def picture(number: int) -> bytes:
    """Draw a JPEG that is like no other."""
    image = Image.effect_noise((500, 375), 40 + number % 20).resize(SIZE).convert("RGB")
    ImageDraw.Draw(image).text((20, 20), f"{number}", fill="#803020", font_size=300)
    target = io.BytesIO()
    image.save(target, "JPEG", quality=85)
    return target.getvalue()


def built(folder: Path) -> dict[str, Any]:
    """Build the inspection bundle and say what it took."""
    open_database(folder)
    with connected():
        order = Order(
            reach=SEMESTER,
            edition=INSPECTION,
            made_by="周校长",
            originals=folder / "files",
            cache=folder / "cache",
            target=folder / "bundles" / "bundle.zip",
        )
        found: list[Any] = []
        taken = measuring.seconds(lambda: found.append(build_bundle(order)))
        kinds = [item.kind for item in found[0].items]
    photos = kinds.count("photo")
    size = order.target.stat().st_size >> 20
    counts = {"documents": len(kinds) - photos, "photos": photos, "mb": size}
    return {"seconds": round(taken, 2), **counts}


def changed(folder: Path) -> dict[str, Any]:
    """Correct the text of one news item, as the clerk would."""
    open_database(folder)
    with connected():
        item = register("news-item")
        record = every_row(item).first()
        actor = system(big_school.NOW, "benchmark")
        service.update(actor, item, record.id, {"text": "改过的正文。"}, record.version)
    return {}


if __name__ == "__main__":
    sys.exit(main())
