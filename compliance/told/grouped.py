"""The duties of a semester in groups: by the box of the register they are counted from, and by
the adopted regulation that orders them, each with the share met.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compliance.judged.store import totals_of, verdicts
from compliance.ordered.catalogue import source_register
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import in_force
from compliance.ordered.regulations import SchoolDocument, System, school_documents
from compliance.told.clause_state import topics_of
from compliance.told.progress import Line, Share, share_of
from models.core.actor import Actor
from models.core.boxes import Box
from models.core.school_calendar import SemesterSpan


class Counted(NamedTuple):
    """One duty in a group, and how much of it belongs there: all of it, or some of its topics."""

    line: Line
    share: Share


class BoxGroup(NamedTuple):
    """The duties counted from the registers of one box."""

    box: Box
    duties: tuple[Counted, ...]

    @property
    def share(self) -> Share:
        """How much was met of how much was asked, over all duties of the group."""
        return added(self.duties)


class SystemGroup(NamedTuple):
    """The duties that the adopted clauses of one regulation order."""

    document: SchoolDocument
    system: System
    duties: tuple[Counted, ...]

    @property
    def share(self) -> Share:
        """How much was met of how much was asked, over all duties of the group."""
        return added(self.duties)


def added(found: Iterable[Counted]) -> Share:
    """Return the shares added up."""
    return sum((counted.share for counted in found), Share(0, 0))


def box_of(duty: Duty) -> Box:
    """Return the box of the register a duty is counted from; of several, of the first named."""
    first = (*duty.sources, *(source for part in duty.parts for source in part.sources))[0]
    return source_register(first).box


def by_box(found: Iterable[Line]) -> list[BoxGroup]:
    """Return the duties by box, in the order of the boxes; each duty stands in one."""
    grouped: dict[Box, list[Counted]] = {}
    for line in found:
        grouped.setdefault(box_of(line.duty), []).append(Counted(line, line.share()))
    return [BoxGroup(box, tuple(grouped[box])) for box in Box if box in grouped]


def by_system(actor: Actor, semester: SemesterSpan, found: Iterable[Line]) -> list[SystemGroup]:
    """Return the duties by adopted regulation; a duty stands under each that orders it.

    Where a regulation orders only some topics of a duty, only these are counted: one query per
    such duty. A regulation that no duty judges is left out; 制度落实一览 shows it.
    """
    force = in_force(semester.code)
    by_code = {line.duty.code: line for line in found}
    topics = _Topics(actor, semester)
    groups = []
    for document in school_documents():
        for system in document.systems:
            ordered: dict[str, set[str]] = {}
            for clause in system.clauses:
                for code in clause.duties:
                    if force.adopts(clause.id) and code in by_code:
                        ordered.setdefault(code, set()).add(clause.id)
            duties = tuple(
                Counted(by_code[code], topics.share(by_code[code], clauses))
                for code, clauses in ordered.items()
            )
            if duties:
                groups.append(SystemGroup(document, system, duties))
    return groups


class _Topics:
    """The share of a duty's topics; each duty's verdicts are read once."""

    def __init__(self, actor: Actor, semester: SemesterSpan) -> None:
        self.actor, self.semester = actor, semester
        self._kept: dict[str, dict[int, Share]] = {}

    def share(self, line: Line, clauses: Iterable[str]) -> Share:
        """Return the share of what these clauses order of a duty."""
        if line.duty.subject != "topic":
            return line.share()
        wanted = {n for clause in clauses for n in topics_of(line.duty, clause) or ()}
        shares = self._of(line.duty)
        return sum((shares.get(one, Share(0, 0)) for one in sorted(wanted)), Share(0, 0))

    def _of(self, duty: Duty) -> dict[int, Share]:
        if duty.code not in self._kept:
            found = verdicts(self.actor, self.semester.code, duty=duty.code)
            self._kept[duty.code] = {
                verdict.subject: sum(
                    (share_of(counted) for counted in totals_of([verdict])[duty.code].periods),
                    Share(0, 0),
                )
                for verdict in found
            }
        return self._kept[duty.code]
