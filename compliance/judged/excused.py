"""免计: the excuses that touch a subject, read once for all subjects."""

from __future__ import annotations

from datetime import date

from compliance.judged.subjects import Subject
from compliance.judged.verdict import Span
from compliance.ordered.reading import day, tuples
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.pairings import Excuse

# A child's, a teacher's or a pairing's id, per kind.
Whom = tuple[str, int]


class Excuses:
    """All excuses in memory, by whom they are for; one query."""

    def __init__(self) -> None:
        self._of: dict[Whom, list[tuple[str | None, Span]]] = {}
        query = every_row(register_of(Excuse)).select(
            Excuse.duty, Excuse.first, Excuse.last, Excuse.child, Excuse.teacher, Excuse.pairing
        )
        for duty, first, last, child, teacher, pairing in tuples(query):
            span = (day(first) or date.min, day(last))
            for kind, whom in (("child", child), ("staff", teacher), ("pairing", pairing)):
                if whom is not None:
                    self._of.setdefault((kind, whom), []).append((duty, span))

    def spans(self, code: str, subject: Subject) -> tuple[Span, ...]:
        """Return the stretches in which a duty is excused for a subject."""
        if not self._of:
            return ()
        keys: list[Whom] = [("pairing", subject.id)] if subject.kind == "pairing" else []
        if subject.child is not None:
            keys.append(("child", subject.child))
        if subject.staff is not None:
            keys.append(("staff", subject.staff))
        found = [entry for key in keys for entry in self._of.get(key, ())]
        return tuple(sorted({span for duty, span in found if not duty or duty == code}))
