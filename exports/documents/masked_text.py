"""Masks free text of documents that leave the school.

`Page` masks the names of the people around a record's own child. Minutes, captions and titles
belong to no one child and may name any, so here the names of all children are masked, with those
of the families that are linked.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.gates import rows
from models.core.register import register_of
from models.core.values import mask_names_in, mask_phones
from models.kept.children import Child


class TextMask:
    """Masks texts for one reader; whoever reads names plainly gets every text as it is."""

    def __init__(self, actor: Actor, reader: Actor) -> None:
        """`actor` looks the names up (the system), `reader` is whom the text is for."""
        self.masks = reader.role == INSPECTOR
        self._names: tuple[str, ...] = ()
        if self.masks:
            # Children who left, and those in the recycle bin, keep their names to themselves too.
            found = rows(actor, register_of(Child), deleted=None).select(Child.name).tuples()
            self._names = tuple({name for (name,) in found})

    def __call__(self, text: str, more: Iterable[str] = ()) -> str:
        """Return the text as the reader may see it; `more` are further names to mask."""
        if not self.masks or not text:
            return text
        # Looking for whole names first is a hundred times faster than one pattern of all of them.
        joined = text.replace(" ", "").replace("\u3000", "")
        near = [name for name in (*self._names, *more) if name in joined]
        return mask_phones(mask_names_in(text, near))
