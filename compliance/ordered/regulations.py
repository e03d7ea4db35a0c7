"""The five school documents as data: document → system (制度) → clause, in our own wording.

A clause says what it is checked by: duties, registers that only take its records, a text that must
be on file and posted, documents, lines of a checklist, or a permission the product itself keeps.
A clause that is checked by nothing that exists stops the start.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from compliance.ordered import conditions
from compliance.ordered.declaration import Filter, Table
from compliance.ordered.duty import CLAUSE, SLUG
from models.core.errors import BadDeclaration
from models.core.register import find

DATA = Path(__file__).parent.parent / "data"
# The order in which the documents stand in the source.
LETTERS = "SGQHZ"

SYSTEM = re.compile(r"[SGQHZ]\d\d")
LINE = re.compile(r"\S+")
LONGEST_TEXT = 60

KINDS = {
    "R": "登记",
    "O": "任务",
    "C": "清单",
    "D": "材料",
    "P": "权限",
    "T": "上墙",
}
CHECKLISTS = (("hardware.toml", "line"), ("archive.toml", "item"))
# What the product itself sees to, whoever is signed in.
PERMISSIONS = {
    "sealed": "咨询内容密封，只有心理辅导教师打得开",
    "anonymised-export": "个案外用只能走匿名导出",
    "private-remark": "不公开备注不给督查人员看",
    "call-logged-first": "通话先登记后拨打",
    "call-allowed-callee": "通话对象限父母，在校时间可加临时监护人",
    "archive-locked": "审核过的档案不能再改",
}


@dataclass(frozen=True)
class Clause:
    """One clause: who is asked what and how often, and what it is checked by.

    `number` is what stands behind the system's id; 0 is the unnumbered order of a system.
    `registers` hold its records, also where a duty judges them; with `record_only` nothing counts
    them, and `where` says which records of a register are meant. `text_only` names the text that
    must be on file and posted.
    """

    id: str
    text: str
    kind: tuple[str, ...]
    asks: str
    how_often: str
    duties: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    record_only: bool = False
    where: Mapping[str, Filter] = field(default_factory=dict)
    text_only: str = ""
    documents: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """The id of the system it belongs to."""
        return self.id.partition("-")[0]

    @property
    def number(self) -> str:
        """Its number within the system, "0" for an unnumbered order."""
        return self.id.partition("-")[2]


@dataclass(frozen=True)
class System:
    """One regulation (制度) of a school document, with the lines of the source it stands in."""

    id: str
    title: str
    lines: tuple[int, int]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class SchoolDocument:
    """One of the five documents a school may adopt."""

    code: str
    name: str
    source: str
    systems: tuple[System, ...]


@cache
def school_documents() -> tuple[SchoolDocument, ...]:
    """Return the five documents; raises BadDeclaration naming system or clause and the key."""
    loaded = tuple(_document(DATA / "regulations" / f"{letter}.toml") for letter in LETTERS)
    for document in loaded:
        for system in document.systems:
            for clause in system.clauses:
                check(clause)
    return loaded


def systems() -> tuple[System, ...]:
    """Return all systems, in the order of the source."""
    return tuple(chain.from_iterable(document.systems for document in school_documents()))


@cache
def clauses() -> Mapping[str, Clause]:
    """Return every clause by its id."""
    return {clause.id: clause for system in systems() for clause in system.clauses}


def system_called(code: str) -> System | None:
    """Return the system of that id, or None."""
    return next((system for system in systems() if system.id == code), None)


def document_of(clause_or_system: str) -> SchoolDocument:
    """Return the school document a clause or system stands in, by its id."""
    return next(one for one in school_documents() if one.code == clause_or_system[0])


@cache
def document_titles() -> Mapping[str, str]:
    """Return the titles of the documents a clause may name, by their slugs."""
    content = _content(DATA / "documents.toml")
    return {str(one["slug"]): str(one["title"]) for one in content.get("document", [])}


@cache
def checklist_titles() -> Mapping[str, str]:
    """Return the titles of the lines of the hardware and archive checklists, by their ids."""
    found = {}
    for path, key in ((DATA / name, key) for name, key in CHECKLISTS):
        for one in _content(path).get(key, []) if path.exists() else []:
            found[str(one["id"])] = str(one["title"])
    return found


def check(clause: Clause) -> None:
    """Refuse a clause that is checked by nothing, or names something that does not exist.

    Whether its duties exist and cite it is checked with the duties, by `catalogue`.
    """
    judged = (clause.duties, clause.documents, clause.checklist, clause.permissions)
    if not any(judged) and not clause.record_only and not clause.text_only:
        _refuse(clause, "没有写由什么来检查")
    if clause.record_only and not clause.registers:
        _refuse(clause, "只作记录的条款要写明记在哪个登记")
    if clause.record_only and set(clause.duties) - {"documents-on-file"}:
        _refuse(clause, "有任务检查的条款不能写成只作记录")
    if clause.text_only and "T" not in clause.kind:
        _refuse(clause, "只看文本的条款，性质里要有 T")
    named: tuple[tuple[str, Iterable[str], Any], ...] = (
        ("登记", clause.registers, find),
        ("文书", clause.documents, document_titles().get),
        ("清单行", clause.checklist if checklist_titles() else (), checklist_titles().get),
        ("权限", clause.permissions, PERMISSIONS.get),
    )
    for noun, names, known in named:
        for name in names:
            if known(name) is None:
                _refuse(clause, f"没有{noun} {name}")
    for slug, where in clause.where.items():
        register = find(slug)
        if register is None or not clause.record_only or slug not in clause.registers:
            _refuse(clause, f"where 里的 {slug} 不是只作记录的登记")
        conditions.check(clause.id, register, where)


def check_citations(cited: Mapping[str, Iterable[str]]) -> None:
    """Refuse a duty and a clause that do not name each other; `cited` has clauses by duty."""
    held: dict[str, set[str]] = {}
    for clause in clauses().values():
        for code in clause.duties:
            held.setdefault(code, set()).add(clause.id)
    for code in sorted(set(held) | set(cited)):
        odd = sorted(held.get(code, set()) ^ set(cited.get(code, ())))
        if odd:
            raise BadDeclaration(f"任务 {code} 与条款 {'、'.join(odd)} 没有互相引用")


def _refuse(clause: Clause, why: str) -> NoReturn:
    raise BadDeclaration(f"条款 {clause.id}：{why}")


def _content(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadDeclaration(f"{path.name} 不是正确的 TOML：{error}") from error


def _document(path: Path) -> SchoolDocument:
    table = Table(path.stem, _content(path), noun="文本")
    head = table.inner("school")
    document = SchoolDocument(
        code=head.text("code", re.compile(path.stem)),
        name=head.text("name"),
        source=head.text("source"),
        systems=tuple(_system(one, path.stem) for one in table.tables("system")),
    )
    head.finish()
    table.finish()
    return document


def _system(table: Table, letter: str) -> System:
    code = table.text("id", SYSTEM)
    table.code, table.noun = code, "制度"
    if code[0] != letter:
        table.refuse("id", f"不属于文本 {letter}")
    first, last = table.pair("lines")
    system = System(
        id=code,
        title=table.text("title"),
        lines=(first, last or first),
        clauses=tuple(_clauses(table, code)),
    )
    table.finish()
    return system


def _clauses(table: Table, code: str) -> Iterator[Clause]:
    seen: set[str] = set()
    for one in table.tables("clause"):
        clause = _clause(one)
        if clause.system != code or clause.id in seen:
            one.refuse("id", f"{clause.id} 重复，或不属于这项制度")
        seen.add(clause.id)
        yield clause


def _where(table: Table) -> dict[str, Filter]:
    if not table.has("where"):
        return {}
    inner = table.inner("where")
    return {slug: inner.filter(slug) for slug in inner.keys()}  # noqa: SIM118 - not a mapping


def _clause(table: Table) -> Clause:
    permission = table.text("permission").split() if table.has("permission") else []
    clause = Clause(
        id=table.text("id", CLAUSE),
        text=table.text("text"),
        kind=table.choices("kind", frozenset(KINDS)),
        asks=table.text("asks"),
        how_often=table.text("how_often"),
        duties=table.texts("duties", SLUG, optional=True),
        registers=table.texts("registers", SLUG, optional=True),
        record_only=table.flag("record_only"),
        where=_where(table),
        text_only=table.text("text_only") if table.has("text_only") else "",
        documents=table.texts("documents", SLUG, optional=True),
        checklist=table.texts("checklist", LINE, optional=True),
        permissions=tuple(permission),
    )
    if len(clause.text) > LONGEST_TEXT:
        table.refuse("text", f"{clause.id} 的文字超过 {LONGEST_TEXT} 字")
    table.finish()
    return clause
