"""The picture of a child beside its name, where the actor may see one."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from models.core.actor import Actor
from models.core.register import register_of
from models.kept.children import Child
from models.photos.view import photos_of, withheld


def portraits(actor: Actor, children: Iterable[int]) -> dict[int, str]:
    """Return per child the address of the newest portrait; children without one are absent.

    One query for any number of children, for the inspector two more.
    """
    found = photos_of(actor, register_of(Child), children)
    every = [photo for photos in found.values() for photo in photos]
    hidden = withheld(actor, every)
    addresses = {}
    for child, photos in found.items():
        faces = [one for one in photos if one.evidence == "photo" and one.id not in hidden]
        if faces:
            addresses[child] = url_for("photos.picture", photo_id=faces[-1].id, size="thumb")
    return addresses
