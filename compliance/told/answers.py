"""Who answers for which verdicts: of one teacher in full, of all teachers as sums.

A class teacher answers for a period as the class teacher of its last day, a paired teacher as
paired on that day (docs/rules.md, Verdicts); the stored verdicts are read within the reader's
scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from compliance.judged.evaluation import periods_of
from compliance.judged.ledger import Totals, add_up
from compliance.judged.placement import Placement
from compliance.judged.store import DutySum, Verdict, letters_by_subject, verdicts
from compliance.judged.subjects import Only, Subject, responsible
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import Duty
from compliance.ordered.periods import Period
from compliance.ordered.reading import tuples
from models.core import calendar
from models.core.actor import Actor
from models.core.gates import every_row
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.kept.children import Enrolment
from models.kept.pairings import Pairing, Substitution
from models.kept.staff import ClassTeacher

# Whose duties are a member of staff's own; a parent's or the school's are nobody's.
PERSONAL = frozenset({"teacher", "class-teacher", "leader"})


class Answer(NamedTuple):
    """One subject's verdicts and the numbers of the periods the teacher answers for."""

    verdict: Verdict
    periods: tuple[int, ...]


class Answered(NamedTuple):
    """One duty as one teacher answers for it: its periods, its subjects, their sums."""

    duty: Duty
    spans: tuple[Period, ...]
    answers: list[Answer]

    @property
    def summed(self) -> DutySum:
        """The letters per period over all subjects, those of the teacher's periods alone."""
        totals: Totals = [Counter() for _ in self.spans]
        for verdict, numbers in self.answers:
            for number in numbers:
                totals[number][verdict.letters[number]] += 1
        return DutySum(len(self.answers), totals)


class Responsible:
    """Who answers for a verdict in each period of its duty; asked once per child and rhythm."""

    def __init__(self, semester: SemesterSpan) -> None:
        school_calendar = calendar.school_calendar()
        self.placement = Placement()
        self.duties = {d.code: d for d in duties_on(semester.code) if d.responsible in PERSONAL}
        self.spans = {
            code: periods_of(duty, semester, school_calendar) for code, duty in self.duties.items()
        }
        self._known: dict[tuple[str | int | None, ...], list[tuple[int, ...]]] = {}

    def of(
        self, code: str, child: int | None, staff: int | None, school_class: int | None
    ) -> list[tuple[int, ...]]:
        """Return the members of staff who answer, one tuple per period of the duty."""
        duty, spans = self.duties[code], self.spans[code]
        if staff is not None and duty.responsible != "class-teacher" and not self._away(staff):
            return [(staff,)] * len(spans)
        key = (duty.responsible, child, staff, school_class, f"{duty.every}{len(spans)}")
        found = self._known.get(key)
        if found is None:
            subject = Subject(duty.subject, 0, (), child, staff, school_class)
            found = [
                responsible(duty, subject, span.last, self.placement, span.first) for span in spans
            ]
            self._known[key] = found
        return found

    def _away(self, staff: int) -> bool:
        """Whether somebody ever stood in for the teacher."""
        return bool(self.placement.absences.of(staff))


def answered(actor: Actor, semester: SemesterSpan, staff: int) -> list[Answered]:
    """Return the duties a member of staff answers for, within the actor's scope; six queries."""
    asked = Responsible(semester)
    found: dict[str, list[Answer]] = {}
    for verdict in _about(actor, semester, staff):
        if verdict.duty not in asked.duties:
            continue
        whose = asked.of(verdict.duty, verdict.child, verdict.staff, verdict.school_class)
        # Verdicts may be of other periods for a moment, while the school's numbers change.
        mine = [i for i, who in enumerate(whose[: len(verdict.letters)]) if staff in who]
        if mine:
            found.setdefault(verdict.duty, []).append(Answer(verdict, tuple(mine)))
    return [
        Answered(duty, asked.spans[code], found[code])
        for code, duty in asked.duties.items()
        if code in found
    ]


class SharedOut(NamedTuple):
    """How many periods have which letter: per member of staff, and what does not add up.

    `nobody` are those nobody answers for, as of a child without class teacher; `again` those that
    stand with a second colleague as well, as of a child with two paired teachers.
    """

    staff: dict[int, Counter[str]]
    nobody: Counter[str]
    again: Counter[str]


def shared_out(actor: Actor, semester: SemesterSpan) -> SharedOut:
    """Return who answers for how many periods, all teachers at once."""
    asked = Responsible(semester)
    alike: dict[tuple[tuple[int, ...], ...], list[str]] = {}
    for code, _, child, staff, school_class, letters in letters_by_subject(
        actor, semester.code, asked.duties
    ):
        whose = tuple(asked.of(code, child, staff, school_class))
        alike.setdefault(whose, []).append(letters)
    found = SharedOut({}, Counter(), Counter())
    for whose, rows in alike.items():
        for who, counted in zip(whose, add_up(rows), strict=False):
            for staff in who:
                found.staff.setdefault(staff, Counter()).update(counted)
            for _ in who[1:]:
                found.again.update(counted)
            if not who:
                found.nobody.update(counted)
    return found


def _about(actor: Actor, semester: SemesterSpan, staff: int) -> list[Verdict]:
    """The verdicts about the member of staff, the children and the classes that were theirs."""
    only, code = around([staff]), semester.code
    found = verdicts(actor, code, staff=staff)
    found += verdicts(actor, code, children=only.children) if only.children else []
    found += verdicts(actor, code, classes=only.classes) if only.classes else []
    return list({(verdict.duty, verdict.subject): verdict for verdict in found}.values())


def around(staff: Iterable[int]) -> Only:
    """Return the children, classes and colleagues among whose verdicts all of these teachers' are.

    Where a teacher ever stood in for another, the other's are among them.
    """
    whose = list(staff)
    absent = _ids(Substitution, Substitution.teacher, Substitution.substitute.in_(whose))
    holders = [*whose, *absent]
    classes = _ids(ClassTeacher, ClassTeacher.school_class, ClassTeacher.staff.in_(holders))
    children = _ids(Pairing, Pairing.child, Pairing.teacher.in_(holders))
    if classes:
        children |= _ids(Enrolment, Enrolment.child, Enrolment.school_class.in_(list(classes)))
    return Only(frozenset(children), frozenset(whose), frozenset(classes))


def _ids(model: type, column: object, condition: object) -> set[int]:
    query = every_row(register_of(model)).select(column).where(condition)
    return {one for (one,) in tuples(query)}


def summed(answers: Iterable[Answered]) -> Counter[str]:
    """Return how many periods have which letter over some duties."""
    whole: Counter[str] = Counter()
    for answer in answers:
        for counted in answer.summed.periods:
            whole.update(counted)
    return whole
