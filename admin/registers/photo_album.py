"""照片: looked at as pictures, counted by the work and the register they belong to."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from peewee import fn

from admin.frame.context import actor
from admin.frame.menu import JOBS
from admin.registers.list import query
from admin.registers.photo_pages import tiles
from admin.registers.view import RegisterView
from models.core.actor import Actor
from models.core.gates import rows
from models.core.register import REGISTERS, Register
from models.kept.photos import Photo
from models.photos.view import PHOTOS

# The table is for those who mark many photos at once.
AS_TABLE = "table"


class PhotoView(RegisterView):
    """The register of photos: its list shows the pictures; as a table it is any register's."""

    def show_list(self, shown: dict[str, Any]) -> ResponseReturnValue:
        """Show the pictures of this page under the counted places they belong to."""
        as_table = request.args.get("as") == AS_TABLE
        return self.page(
            "photos/album.html",
            page_title=shown["heading"],
            tiles=[] if as_table else tiles(shown["records"]),
            as_table=as_table,
            other_url=query(**{"as": None if as_table else AS_TABLE}),
            all_url=query(f__register=None, page=None),
            jobs=_by_job(actor(), request.args.get("f.register", "")),
            **shown,
        )


def _by_job(acting: Actor, chosen: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return per job the registers with photos the person sees, the most photos first."""
    asked = rows(acting, PHOTOS).select(Photo.register, fn.COUNT(Photo.id)).group_by(Photo.register)
    found: Any = asked.tuples()
    counted = sorted(found, key=lambda one: -one[1])
    placed = []
    for title, _icon, boxes in JOBS:
        of_job = [(slug, number) for slug, number in counted if _box(slug) in boxes]
        if of_job:
            places = [_place(REGISTERS[slug], number, chosen) for slug, number in of_job]
            placed.append((title, places))
    return placed


def _box(slug: str) -> Any:
    declared = REGISTERS.get(slug)
    return declared.box if declared is not None else None


def _place(declared: Register, number: int, chosen: str) -> dict[str, Any]:
    return {
        "title": declared.title,
        "number": number,
        "url": query(f__register=declared.title, page=None),
        "active": chosen in (declared.title, declared.slug),
    }
