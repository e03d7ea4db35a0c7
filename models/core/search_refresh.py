"""Masking search texts anew after a name was added: by a job, while everybody keeps working.

A text written before a name was known may hold it plainly. Until it was looked at, a masked
reader's search for any character of that name finds nothing (`models.core.listing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from models.core import calendar, search_text
from models.core.actor import SYSTEM
from models.core.database import transaction, writing
from models.core.gates import rows
from models.core.masking import KnownName, mask_details, masker
from models.core.register import REGISTERS, Register
from models.core.values import NameIndex

CHUNK = 1000
COLUMNS = ("search_open", "search_staff", "search_office")

Progress = Callable[[int, int], None]


def refresh_search_texts(progress: Progress = lambda _done, _total: None) -> int:
    """Take the names added lately out of all open search texts; return how many changed."""
    changed, names = refresh_texts(progress)
    note_searched(names)
    return changed


def refresh_texts(progress: Progress) -> tuple[int, list[int]]:
    """Refresh the texts; return how many changed, and the names that may be noted as looked for.

    Where no name was looked for yet (a new version) numbers and addresses are looked for too.
    """
    calendar.refresh()
    query: Any = KnownName.select(KnownName.id, KnownName.name)
    added = dict(query.where(~KnownName.searched).tuples())
    if not added:
        return 0, []
    is_first = not KnownName.select().where(KnownName.searched).exists()
    index = NameIndex(added.values())

    def is_stale(text: str) -> bool:
        return bool(index.find(text)) or (is_first and mask_details(text, masker().public) != text)

    changed = 0
    searched = [r for r in REGISTERS.values() if any(s.search for s in r.fields.values())]
    for place, register in enumerate(searched):
        progress(place, len(searched))
        for ids in _stale(register, is_stale):
            changed += _refresh(register, ids)
    return changed, list(added)


def _stale(register: Register, is_stale: Callable[[str], bool]) -> Iterator[list[int]]:
    """Yield the ids of the records whose text may hold a name, some hundred at a time."""
    model, last = register.model, 0
    while True:
        query = rows(SYSTEM, register, deleted=None).select(model.id, model.search_open)
        part = list(query.where(model.id > last).order_by(model.id).limit(CHUNK).tuples())
        if not part:
            return
        last = part[-1][0]
        ids = [number for number, text in part if text and is_stale(text)]
        if ids:
            yield ids


def _refresh(register: Register, ids: list[int]) -> int:
    """Write the search texts of some records anew; nothing else of them changes."""
    model = register.model
    with transaction(), writing():
        for record in rows(SYSTEM, register, deleted=None).where(model.id.in_(ids)):
            search_text.refresh(register, record)
            texts = {name: getattr(record, name) for name in COLUMNS}
            model.update(texts).where(model.id == record.id).execute()
    return len(ids)


def note_searched(ids: list[int]) -> None:
    """Note that the texts are free of these names, so that searching for them finds again."""
    if not ids:
        return
    with transaction():
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            KnownName.update(searched=True).where(KnownName.id.in_(part)).execute()
        calendar.move_stamp()
    calendar.forget()
