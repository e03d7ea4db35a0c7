"""The five school documents as data: document → system (制度) → clause, in our own wording.

A clause says what it is checked by: registers that only take its records, a text that must be on
file and posted, lines of a checklist, or a permission the product itself keeps. Duties and
documents name the clauses they serve. A clause that is checked by nothing that exists stops the
start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from msgspec import Meta, field, structs
from msgspec.structs import force_setattr

from compliance.ordered import conditions
from compliance.ordered.declaration import ClauseId, Filter
from compliance.ordered.duty import written_duties
from compliance.ordered.papers import documents_asked_by
from models.core import toml
from models.core.errors import BadDeclaration
from models.core.register import find
from models.core.toml import Declared, Positive, Slug, Text

DATA = Path(__file__).parent.parent / "data"
# The order in which the documents stand in the source.
LETTERS = "SGQHZ"

SystemId = Annotated[str, Meta(pattern=r"^[SGQHZ]\d\d$", description="制度编号，如 S12")]
ShortText = Annotated[
    str, Meta(pattern=r"\S", max_length=60, description="文字，不能为空，最多 60 字")
]

Letter = Literal["S", "G", "Q", "H", "Z"]
Kind = Literal["R", "O", "C", "D", "P", "T"]
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


class Clause(Declared, frozen=True):
    """One clause: who is asked what and how often, and what it is checked by.

    `number` is what stands behind the system's id; 0 is the unnumbered order of a system.
    `registers` hold its records, also where a duty judges them; with `record_only` nothing counts
    them, and `where` says which records of a register are meant. `text_only` names the text that
    must be on file and posted. `permission` are words with spaces between.
    """

    id: ClauseId
    text: ShortText
    kind: Annotated[tuple[Kind, ...], Meta(min_length=1)]
    asks: Text
    how_often: Text
    registers: tuple[Slug, ...] = ()
    record_only: bool = False
    where: dict[Slug, Filter] = {}
    text_only: str = ""
    checklist: tuple[Text, ...] = ()
    permission: str = ""

    @property
    def duties(self) -> tuple[str, ...]:
        """The codes of the duties that serve it, in the order they are declared."""
        return _duties_by_clause().get(self.id, ())

    @property
    def documents(self) -> tuple[str, ...]:
        """The codes of the documents that serve it."""
        return documents_asked_by(self.id)

    @property
    def permissions(self) -> tuple[str, ...]:
        """What the product itself sees to for this clause."""
        return tuple(self.permission.split())

    @property
    def system(self) -> str:
        """The id of the system it belongs to."""
        return self.id.partition("-")[0]

    @property
    def number(self) -> str:
        """Its number within the system, "0" for an unnumbered order."""
        return self.id.partition("-")[2]


class System(Declared, frozen=True):
    """One regulation (制度) of a school document, with the lines of the source it stands in."""

    id: SystemId
    title: Text
    lines: Annotated[tuple[Positive, ...], Meta(min_length=1, max_length=2)]
    clauses: tuple[Clause, ...] = field(default=(), name="clause")

    def __post_init__(self) -> None:
        """Refuse clauses of another system; a single line is its own end."""
        super().__post_init__()
        force_setattr(self, "lines", (self.lines[0], self.lines[-1]))
        ids = [clause.id for clause in self.clauses]
        odd = [one for one in ids if ids.count(one) > 1 or not one.startswith(f"{self.id}-")]
        if odd:
            toml.refuse("clause", f"里的 {odd[0]} 重复，或不属于这项制度")


class SchoolDocument(Declared, frozen=True):
    """One of the five documents a school may adopt."""

    code: Letter
    name: Text
    source: Text
    systems: tuple[System, ...] = ()


class RegulationFile(Declared, frozen=True):
    """A file as written: the document, then its systems."""

    school: SchoolDocument
    system: tuple[System, ...]


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
    return next(document for document in school_documents() if document.code == clause_or_system[0])


@cache
def checklist_titles() -> Mapping[str, str]:
    """Return the titles of the lines of the hardware and archive checklists, by their ids."""
    # Read as they stand; `checklists`, a later room, checks all of them.
    return {
        str(one["id"]): str(one["title"])
        for name, key in CHECKLISTS
        for one in toml.content(DATA / name)[key]
    }


def check(clause: Clause) -> None:
    """Refuse a clause that is checked by nothing, or names something that does not exist.

    Whether the clauses that duties and documents name exist is checked with these.
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
        ("清单行", clause.checklist, checklist_titles().get),
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
        conditions.check(f"条款 {clause.id}", register, where)


@cache
def _duties_by_clause() -> Mapping[str, tuple[str, ...]]:
    held: dict[str, list[str]] = {}
    for duty in written_duties():
        for clause in duty.clauses:
            held.setdefault(clause, []).append(duty.code)
    return {clause: tuple(codes) for clause, codes in held.items()}


def _refuse(clause: Clause, why: str) -> NoReturn:
    raise BadDeclaration(f"条款 {clause.id}：{why}")


def _document(path: Path) -> SchoolDocument:
    file = toml.read(path, RegulationFile)
    for thing in (file.school.code, *(system.id for system in file.system)):
        if thing[0] != path.stem:
            raise BadDeclaration(f"{path.name}：{thing} 不属于这份文本")
    return structs.replace(file.school, systems=file.system)
