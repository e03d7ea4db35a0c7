"""What a reader may be made of which document: its records within the rows, as an address asks.

The page, the printer in the background and the command all ask here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from compliance.ordered import conditions
from compliance.ordered.papers import EACH_REGISTER, SCHOOL, Document
from exports.documents.paper import Asked
from exports.pdf.imposed import DUPLEX, TILES
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.errors import Denied, NotFound
from models.core.fields import FieldSpec
from models.core.gates import rows
from models.core.listing import ListRequest, every, read_request
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.values import whole
from models.kept.archive import DocumentIssue
from models.kept.children import Child
from models.school.pupils import child_field, pupils
from models.school.stretches import as_on

# An address's query as `parse_qs` reads it: every value of each name.
Query = Mapping[str, Sequence[str]]
# So many records stand on one paper, and so many empty rows in a book.
MOST_ON_ONE, MOST_BLANK_ROWS = 200, 200
CHILD = register_of(Child).slug


def allows(acting: Actor, document: Document, verb: str = "read") -> bool:
    """Return whether a document is for the actor, and every register behind it open to them."""
    if acting.role not in document.readers or (verb == "print" and acting.role == INSPECTOR):
        return False
    return all(may(acting, verb, register) for register in registers_of(document))


def registers_of(document: Document) -> Iterator[Register]:
    """Yield the registers a document reads."""
    for slug in dict.fromkeys((*document.source, document.about)):
        if slug not in (SCHOOL, EACH_REGISTER) and (register := find(slug)) is not None:
            yield register


def records_named(acting: Actor, document: Document, ids: list[int]) -> tuple[Any, ...]:
    """Return those of the records that the actor sees and the document is for, as asked."""
    register = find(document.about)
    assert register is not None
    wanted = ids[:MOST_ON_ONE]
    query = rows(acting, register).where(
        register.model.id.in_(wanted), conditions.condition(register, document.where)
    )
    found = {record.id: record for record in query}
    if register.slug == CHILD:
        as_on(tuple(found.values()), acting.today)
    return tuple(found[number] for number in wanted if number in found)


def children_asked(acting: Actor, document: Document, school_class: int) -> list[int]:
    """Return the children of a class a document is made for, in order of names; none for others."""
    if document.about != CHILD:
        return []
    issues = register_of(DocumentIssue)
    return [pupil.id for pupil in pupils(acting, issues, child_spec(), str(school_class))]


def child_spec() -> FieldSpec:
    """The field that names the child a document is handed out to."""
    spec = child_field(register_of(DocumentIssue))
    assert spec is not None
    return spec


def asked_by(
    acting: Actor,
    document: Document,
    semester: SemesterSpan,
    folders: tuple[Path, Path],
    *,
    register: Register | None = None,
    ids: list[int] | None = None,
    listed: ListRequest | None = None,
) -> Asked | None:
    """Return what a maker is asked for; None while a register or record is still to be chosen.

    `folders` are where originals and copies of photos lie. Records named that the actor does not
    see are left out; an empty `records` then says that none of them may be had.
    """
    school = calendar.school()
    records: tuple[Any, ...] = ()
    if document.about == EACH_REGISTER and register is None:
        return None
    if document.about not in (SCHOOL, EACH_REGISTER):
        if not ids:
            return None
        register = find(document.about)
        records = records_named(acting, document, ids)
    shown = listed or ListRequest()

    def chunks() -> Iterator[list[Any]]:
        assert register is not None
        return every(acting, register, shown)

    name = school.name if school is not None else ""
    return Asked(acting, name, semester, *folders, register, records, chunks, shown)


def asked_in(
    acting: Actor,
    document: Document,
    semester: SemesterSpan,
    folders: tuple[Path, Path],
    query: Query,
) -> Asked | None:
    """Return what the query of an address asks of the maker; None while something is to choose.

    NotFound when the reader sees none of the records it names.
    """
    first = {name: values[0] for name, values in query.items() if values}
    ids = [n for text in query.get("for", ()) if (n := whole(text, least=1))]
    if school_class := whole(first.get("class"), least=1):
        ids += children_asked(acting, document, school_class)
    wanted = asked_by(
        acting,
        document,
        semester,
        folders,
        register=_register_in(acting, document, first.get("of", "")),
        ids=ids,
        listed=read_request(first),
    )
    if wanted is None:
        return None
    if document.about not in (SCHOOL, EACH_REGISTER) and not wanted.records:
        raise NotFound("没有找到这些记录，或者它们不能制作这种文书")
    blank = min(whole(first.get("rows"), least=1) or 0, MOST_BLANK_ROWS)
    sides = first.get("sides", "")
    return replace(wanted, blank_rows=blank, sides=sides if sides in (DUPLEX, TILES) else "")


def _register_in(acting: Actor, document: Document, slug: str) -> Register | None:
    if document.about != EACH_REGISTER:
        return find(document.about)
    register = find(slug)
    if register is None:
        return None
    decided = may(acting, "print", register)
    if not decided:
        raise Denied(f"{decided.reason}，不能打印这项登记")
    if register.sealed:
        raise Denied("密封登记不打印成册")
    return register
