"""免计: the excuses that touch a subject, read once for all subjects."""

from __future__ import annotations

from datetime import date

from compliance.judged.placement import Placement
from compliance.judged.standing_in import Post
from compliance.judged.stretches import crossed, outside
from compliance.judged.subjects import Subject
from compliance.judged.verdict import Span
from compliance.ordered.duty import Duty
from compliance.ordered.periods import Frequency
from compliance.ordered.reading import day, tuples
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.pairings import Excuse

# A child's, a teacher's or a pairing's id, per kind.
Whom = tuple[str, int]


class Excuses:
    """All excuses in memory, by whom they are for; one query."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._of: dict[Whom, list[tuple[str | None, Span]]] = {}
        query = every_row(register_of(Excuse)).select(
            Excuse.duty, Excuse.first, Excuse.last, Excuse.child, Excuse.teacher, Excuse.pairing
        )
        for duty, first, last, child, teacher, pairing in tuples(query):
            span = (day(first) or date.min, day(last))
            for kind, whom in (("child", child), ("staff", teacher), ("pairing", pairing)):
                if whom is not None:
                    self._of.setdefault((kind, whom), []).append((duty, span))

    def spans(self, duty: Duty, subject: Subject) -> tuple[Span, ...]:
        """Return the stretches in which a duty is excused for a subject.

        An excuse of the class teacher covers what a class teacher answers for while leading the
        class, whoever the subject is; no excuse of a teacher covers what a substitute does instead.
        """
        if not self._of:
            return ()
        rows = subject.rows or (subject.id,)
        keys: list[Whom] = [("pairing", row) for row in rows if subject.kind == "pairing"]
        if subject.child is not None:
            keys.append(("child", subject.child))
        found = [span for key in keys for span in self._for(duty, key)]
        if subject.staff is not None:
            found += self._away(duty, Post(subject.staff, subject.child), ((date.min, None),))
        if duty.responsible == "class-teacher":
            for staff, school_class, led in self._placement.leading(
                subject.child, subject.school_class
            ):
                found += self._away(duty, Post(staff, school_class=school_class), (led,))
        return tuple(sorted(set(found), key=_ordered))

    def _away(self, duty: Duty, post: Post, held: tuple[Span, ...]) -> list[Span]:
        """What a teacher's own excuse covers; a substitute's days are not excused."""
        excused = self._for(duty, ("staff", post.teacher))
        if not excused:
            return []
        alone = outside(self._placement.absences.spans(post))
        return [
            part for span in excused for own in crossed(span, held) for part in crossed(own, alone)
        ]

    def _for(self, duty: Duty, whom: Whom) -> list[Span]:
        """A general excuse never covers what must hold at any time, one that names it does."""
        general = duty.every is not Frequency.NOW
        said = self._of.get(whom, ())
        return [span for code, span in said if code == duty.code or (general and not code)]


def _ordered(span: Span) -> tuple[date, date]:
    return span[0], span[1] or date.max
