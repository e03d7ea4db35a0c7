"""What forms post about photos: the upload token, the captions, the photos taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from models.core.register import register_of
from models.core.service import LineInput
from models.core.values import whole
from models.kept.photos import PhotoChild

# photos.js calls the occasion by its English word; the declaration calls it matter (事由).
FIELD_OF_ELEMENT = {
    "occasion": "matter",
    "taken_at": "taken_at",
    "place": "place",
    "people": "people",
    "background": "background",
    "photographer": "photographer",
}
ELEMENT_OF_FIELD = {field: element for element, field in FIELD_OF_ELEMENT.items()}

_POSTED = re.compile(r"photo-([0-9]{1,18})-([a-z_]+)")
_CHILD = re.compile(r"child-([0-9]{1,18})-remove")


def form_values(form: Any) -> tuple[str, dict[int, dict[str, str]], set[int]]:
    """Return (token, captions, removed) of a posted form, as `photo_store.attach` takes them.

    Reads `upload_token`, `photo-<id>-<element>`, `photo_removed` (of photos.js) and
    `photo-<id>-remove` (the tick beside a photo that stood there before).
    """
    captions: dict[int, dict[str, str]] = {}
    removed = {number for said in form.getlist("photo_removed") if (number := whole(said))}
    for name in form:
        found = _POSTED.fullmatch(name)
        if found is None:
            continue
        photo_id, element = int(found[1]), found[2]
        if element == "remove":
            removed.add(photo_id)
        elif element in FIELD_OF_ELEMENT:
            captions.setdefault(photo_id, {})[FIELD_OF_ELEMENT[element]] = form[name]
    return form.get("upload_token", "")[:64], captions, removed


def posted_children(form: Any) -> Mapping[str, list[LineInput]]:
    """Return the line changes of the photo page: ticked children go, picked ones come."""
    gone = [found[1] for name in form if (found := _CHILD.fullmatch(name))]
    lines = [LineInput({}, id=int(line), remove=True) for line in gone]
    lines += [LineInput({"child": said}) for said in dict.fromkeys(form.getlist("child")) if said]
    return {register_of(PhotoChild).slug: lines}
