"""The documents (文书) that clauses ask for: title, source, whom each is for, what makes it.

A document is one declaration with its maker, in a file of `exports/documents/`. This is the list
they enter, because a clause names documents while what makes them lies in a later room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from compliance.ordered import conditions
from compliance.ordered.declaration import Filter
from models.core.boxes import CLERK, INSPECTOR, LEADERSHIP, OFFICE, ROLES, TEACHING
from models.core.errors import BadDeclaration
from models.core.register import REGISTERS

# Whom a document is made for, and with what it shows of a person.
INTERNAL, INSPECTION, PUBLIC = "校内版", "督查版", "发布版"
EDITIONS = (INTERNAL, INSPECTION, PUBLIC)
STAFF = (CLERK, LEADERSHIP, *TEACHING)
# What a document is about: the school in a semester, each register, else records of one register.
SCHOOL, EACH_REGISTER = "", "*"

Maker = Callable[[Any], Any]
# A document of more records than this takes longer than two seconds, and is made in the background.
AT_ONCE = 40
_CODE = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")


def _has_many_records(asked: Any) -> bool:
    """Return whether what a maker is asked for is about more records than are made at once."""
    return len(asked.records) > AT_ONCE


@dataclass(frozen=True, eq=False)
class Document:
    """One document as declared.

    `source` are the registers it is written from; `about` is the register of the one record it is
    made for, narrowed by `where`, or `SCHOOL` or `EACH_REGISTER`; `roles` are those it is meant
    for, and the inspector reads it when there is an inspection edition. What makes it is a `maker`
    (exports.documents), or `page`, the endpoint of a page of its own. `issued` is the word under
    which handing it out is registered (文书印发): a print hands nothing out. `signed_in` is the
    register that keeps the versions a leader signed; its maker makes those as well. `long` tells by
    the number of records whether what is asked for takes longer than two seconds.
    """

    code: str
    title: str
    clauses: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    about: str = SCHOOL
    where: Filter = field(default_factory=dict)
    roles: tuple[str, ...] = OFFICE
    editions: tuple[str, ...] = (INTERNAL, INSPECTION)
    maker: Maker | None = None
    page: str = ""
    issued: str = ""
    signed_in: str = ""
    long: Callable[[Any], bool] = _has_many_records

    @property
    def readers(self) -> frozenset[str]:
        """The roles that may open it."""
        return frozenset(self.roles) | ({INSPECTOR} if INSPECTION in self.editions else set())


DOCUMENTS: dict[str, Document] = {}


def document(code: str, title: str, **said: Any) -> Callable[[Maker], Maker]:
    """Declare a document (see `Document` for the keys); what it decorates is its maker."""
    declared = _enter(code, title, said)

    def made_by(maker: Maker) -> Maker:
        DOCUMENTS[declared.code] = replace(declared, maker=maker)
        return maker

    return made_by


def made_at(code: str, title: str, page: str, **said: Any) -> None:
    """Declare a document that a page of its own makes: a package, what only a key opens."""
    _enter(code, title, {"page": page, **said})


def _enter(code: str, title: str, said: dict[str, Any]) -> Document:
    if code in DOCUMENTS:
        raise BadDeclaration(f"文书 {code} 的 code 重复")
    try:
        declared = Document(code, title, **said)
    except TypeError as error:
        raise BadDeclaration(f"文书 {code}（{title}）的声明有误：{error}") from error
    DOCUMENTS[code] = declared
    return declared


def check_documents(clauses: Iterable[str]) -> None:
    """Refuse a document without a maker, or one that names what does not exist.

    `clauses` are the ids of all clauses there are.
    """
    if not DOCUMENTS:
        raise BadDeclaration("一份文书也没有声明：exports/documents 没有读入")
    known = set(clauses)
    for one in DOCUMENTS.values():
        for why in _wrong(one, known):
            raise BadDeclaration(f"文书 {one.code}（{one.title}）{why}")


def _wrong(one: Document, clauses: set[str]) -> Iterable[str]:
    ways = [way for way in ("maker", "page") if getattr(one, way)]
    if not ways:
        yield "没有写由什么制作：在声明下面写制作它的函数，或用 made_at 写明由哪个页面制作"
    if len(ways) > 1:
        yield f"同时写了 {'、'.join(ways)}，只能写一个"
    if not _CODE.match(one.code):
        yield "的 code 要写小写英文名，如 talk-record"
    lists: tuple[tuple[str, str, Iterable[str], Container[str]], ...] = (
        ("clauses", "条款", one.clauses, clauses),
        ("source", "登记", one.source, REGISTERS),
        ("about", "登记", [one.about], {SCHOOL, EACH_REGISTER, *REGISTERS}),
        ("signed_in", "登记", [one.signed_in], {"", *REGISTERS}),
        ("roles", "角色", one.roles, ROLES),
        ("editions", "版本", one.editions, EDITIONS),
    )
    for key, noun, named, known in lists:
        for name in named:
            if name not in known:
                yield f"的 {key} 里写的{noun} {name} 不存在"
    if one.issued and one.issued not in issued_words():
        yield f"的 issued 写的 {one.issued} 不在文书印发的“文书”里"
    if one.where:
        conditions.check(f"文书 {one.code}", REGISTERS[one.about], one.where)


def issued_words() -> tuple[str, ...]:
    """Return the words under which documents are handed out, as the register of issues has them."""
    return tuple(REGISTERS["document-issue"].fields["document"].field.words)


def document_called(code: str) -> Document | None:
    """Return the document of that code, or None."""
    return DOCUMENTS.get(code)


def document_signed_in(slug: str) -> Document | None:
    """Return the document whose signed versions a register keeps, or None."""
    return next((one for one in DOCUMENTS.values() if slug and one.signed_in == slug), None)


def documents_asked_by(clause: str) -> tuple[str, ...]:
    """Return the codes of the documents that serve a clause."""
    return tuple(one.code for one in DOCUMENTS.values() if clause in one.clauses)
