"""班级工作: the census round child by child, the check of the week's records, what is handed out.

A class teacher does it for the classes led today, also as a substitute; the clerk for any class in
the class teacher's name. Each step is one batch its maker may take back the same day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from models.core import batches, calendar, service
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.display import page as display
from models.core.errors import Denied, Invalid, Locked, NotFound
from models.core.gates import every_row, rows
from models.core.register import Register, register_of
from models.core.rights import may
from models.core.spans import between, holds_on
from models.kept.archive import DocumentIssue
from models.kept.calls import FamilyCall
from models.kept.children import CENSUS_RESULTS, Census, Child, Enrolment, Guardian, Parent
from models.kept.pairings import CareDiary, HandIn, Pairing
from models.kept.staff import ClassTeacher, SchoolClass, Staff
from models.kept.supervision import PairingCheck
from models.kept.talks import SemesterReport, Talk

CARD, SUMMARY, ROLE = "联系卡", "班级摸底汇总", "班主任"
# What a paired teacher writes in a week, and the day it happened.
_WEEKLY: tuple[Any, ...] = (Talk, FamilyCall, CareDiary)
# What a report to the guardian tells of each child (S08-2); one that lacks any does not count.
TOLD = ("study", "life", "conduct", "mental_health", "suggestions")


class Answer(NamedTuple):
    """What the round found of one child."""

    result: str
    changes: str


@dataclass(frozen=True)
class Step:
    """One record to be written: what it is called on the page, and what is written."""

    register: Register
    raw: Mapping[str, Any] = field(hash=False)
    told: str


@dataclass
class Saved:
    """What a step wrote, or in a preview would."""

    written: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    batch: int | None = None


def classes(actor: Actor) -> list[Any]:
    """Return the classes with children that the actor leads today, to the clerk all."""
    if not may(actor, "create", register_of(Census)):
        raise Denied("班级工作由班主任办理")
    enrolled = every_row(register_of(Enrolment)).where(holds_on(Enrolment, actor.today))
    query = rows(actor, register_of(SchoolClass)).where(
        SchoolClass.id.in_(enrolled.select(Enrolment.school_class))
    )
    return list(query.order_by(SchoolClass.grade, SchoolClass.number, SchoolClass.id))


def class_called(actor: Actor, number: int | None) -> Any:
    """Return the class asked for, without a number the first; NotFound for one of others."""
    found = classes(actor)
    chosen = next((one for one in found if number is None or one.id == number), None)
    if chosen is None:
        raise NotFound("没有您当班主任的班级，或者班里还没有学生")
    return chosen


def children(actor: Actor, school_class: int) -> list[Any]:
    """Return the children of a class today, by name."""
    placed = every_row(register_of(Enrolment)).where(
        Enrolment.school_class == school_class, holds_on(Enrolment, actor.today)
    )
    query = rows(actor, register_of(Child)).where(
        Child.id.in_(placed.select(Enrolment.child)), holds_on(Child, actor.today)
    )
    return list(query.order_by(Child.pinyin_key, Child.id))


def _semester(actor: Actor) -> Any:
    found = calendar.current_semester(actor.today)
    if found is None:
        raise Invalid({"": "还没有登记学期，请文员先登记"})
    return found


def by(actor: Actor, school_class: int) -> int:
    """Return in whose name the work is written: the teacher's own, the clerk's class teacher."""
    if actor.role != CLERK and actor.staff_id is not None:
        return actor.staff_id
    led = every_row(register_of(ClassTeacher)).where(
        ClassTeacher.school_class == school_class, holds_on(ClassTeacher, actor.today)
    )
    found = led.order_by(ClassTeacher.id).first()
    if found is None:
        raise Invalid({"": "这个班还没有班主任，请先登记班主任任职"})
    return int(found.staff_id)


# ---- the census round ---------------------------------------------------------------------------


def waiting(actor: Actor, pupils: Sequence[Any]) -> list[Any]:
    """Return those the round of this semester has not reached yet."""
    return _without(actor, Census, pupils)


def _without(actor: Actor, kept: type[Any], pupils: Sequence[Any]) -> list[Any]:
    """Return those of whom a register that names child and semester has nothing this semester."""
    ids = [pupil.id for pupil in pupils]
    done = every_row(register_of(kept)).where(
        kept.semester == _semester(actor).id, kept.child.in_(ids)
    )
    reached = {row.child_id for row in done}
    return [pupil for pupil in pupils if pupil.id not in reached]


def on_file(actor: Actor, pupils: Sequence[Any]) -> dict[int, list[str]]:
    """Return what the school knows of each child's home, as the actor may read it."""
    ids = [pupil.id for pupil in pupils]
    own = display(actor, register_of(Child), pupils, "detail")
    told = {
        pupil.id: _joined(own, pupil, ("address", "family_phone", "boarding")) for pupil in pupils
    }
    for model, names in (
        (Parent, ("relation", "name", "phone", "workplace")),
        (Guardian, ("relation", "name", "phone")),
    ):
        register = register_of(model)
        query = rows(actor, register).where(model.child.in_(ids))
        if model is Guardian:
            query = query.where(holds_on(model, actor.today))
        found = list(query.order_by(model.id))
        shown = display(actor, register, found, "detail")
        for one in found:
            said = "、".join(_joined(shown, one, names))
            told[one.child_id].append(f"监护人 {said}" if model is Guardian else said)
    return told


def _joined(shown: Any, record: Any, names: Collection[str]) -> list[str]:
    return [text for name in names if (text := shown.text(record, name))]


def census(
    actor: Actor, school_class: int, day: date, manner: str, answers: Mapping[int, Answer]
) -> list[Step]:
    """Return the steps of a round: each answered child once; who has been reached is left out."""
    mine, semester = by(actor, school_class), _semester(actor)
    steps = []
    for child in waiting(actor, children(actor, school_class)):
        answer = answers.get(child.id)
        if answer is None or answer.result not in CENSUS_RESULTS:
            continue
        raw = {"child": child.id, "semester": semester.id, "surveyed_on": day, "surveyor": mine}
        raw |= {"manner": manner, "result": answer.result}
        if answer.result != CENSUS_RESULTS[0]:
            raw["changes"] = answer.changes
        told = f"{child.name}：{answer.result}{f'，{answer.changes}' if answer.changes else ''}"
        steps.append(Step(register_of(Census), raw, told))
    return steps


# ---- the check of the week's records ------------------------------------------------------------


class Week(NamedTuple):
    """A paired teacher of the class and what was written of its children this week."""

    teacher: Any
    children: int
    counts: Mapping[str, int]
    checked: bool


def week_of(actor: Actor, school_class: int) -> list[Week]:
    """Return the paired teachers of a class but oneself, with what they wrote this week."""
    pupils = [child.id for child in children(actor, school_class)]
    pairs = list(
        rows(actor, register_of(Pairing)).where(
            Pairing.child.in_(pupils), holds_on(Pairing, actor.today)
        )
    )
    mine = by(actor, school_class)
    first = actor.today - timedelta(days=actor.today.weekday())
    ids = {one.teacher_id for one in pairs} - {mine}
    counts = _written(actor, pupils, first)
    checks = every_row(register_of(PairingCheck)).where(
        PairingCheck.school_class == school_class,
        PairingCheck.role == ROLE,
        PairingCheck.checked_on >= first,
        PairingCheck.checked_on <= actor.today,
    )
    checked = {one.teacher_id for one in checks}
    staff = every_row(register_of(Staff)).where(Staff.id.in_(ids))
    return [
        Week(
            row,
            len({pair.child_id for pair in pairs if pair.teacher_id == row.id}),
            {title: n for (teacher, title), n in counts.items() if teacher == row.id},
            row.id in checked,
        )
        for row in staff.order_by(Staff.pinyin_key, Staff.id)
    ]


def _written(actor: Actor, pupils: Sequence[int], first: date) -> Counter[tuple[int, str]]:
    """Count this week's records of the children by who did them and their register's title."""
    found: Counter[tuple[int, str]] = Counter()
    for model in _WEEKLY:
        register = register_of(model)
        (by,) = register.act_by
        happened = getattr(model, register.happened)
        query = rows(actor, register).where(
            model.child.in_(pupils), between(happened, first, actor.today)
        )
        for row in query:
            found[row.__data__[by], register.title] += 1
    return found


def check(actor: Actor, school_class: int, remarks: Mapping[int, str]) -> list[Step]:
    """Return the steps of a check: one per teacher with a remark."""
    mine, semester = by(actor, school_class), _semester(actor)
    week = calendar.school_calendar().teaching_week(actor.today)
    steps = []
    for one in week_of(actor, school_class):
        if not remarks.get(one.teacher.id):
            continue
        raw = {"teacher": one.teacher.id, "school_class": school_class, "semester": semester.id}
        raw |= {"checked_on": actor.today, "checked_by": mine, "role": ROLE, "week": week}
        raw["remark"] = remarks[one.teacher.id]
        register = register_of(PairingCheck)
        steps.append(Step(register, raw, f"{one.teacher.name}：{remarks[one.teacher.id]}"))
    return steps


# ---- what is handed out and handed in -----------------------------------------------------------


def without_card(actor: Actor, pupils: Sequence[Any]) -> list[Any]:
    """Return the children who were given no contact card this semester."""
    ids = [pupil.id for pupil in pupils]
    issued = every_row(register_of(DocumentIssue)).where(
        DocumentIssue.semester == _semester(actor).id,
        DocumentIssue.document == CARD,
        DocumentIssue.child.in_(ids),
    )
    given = {row.child_id for row in issued}
    return [pupil for pupil in pupils if pupil.id not in given]


def is_reported(actor: Actor, school_class: int) -> bool:
    """Return whether the summary of the class's census was handed in this semester."""
    found = every_row(register_of(HandIn)).where(
        HandIn.semester == _semester(actor).id,
        HandIn.kind == SUMMARY,
        HandIn.school_class == school_class,
    )
    return bool(found.exists())


def hand_out(
    actor: Actor, school_class: int, chosen: Collection[int], *, report: bool
) -> list[Step]:
    """Return the steps that note the cards given to the chosen and the class's summary."""
    semester = _semester(actor)
    listed = [one for one in children(actor, school_class) if one.id in chosen]
    guardians = _guardians(actor, [one.id for one in listed])
    names = {number: guardian.name for number, guardian in guardians.items()}
    steps = []
    for child in without_card(actor, listed):
        raw = {"document": CARD, "child": child.id, "semester": semester.id}
        raw |= {"issued_on": actor.today, "issued_to": names.get(child.id)}
        told = f"{CARD} 发给{child.name}的{names.get(child.id) or '家里（没有登记监护人）'}"
        steps.append(Step(register_of(DocumentIssue), raw, told))
    if report and not is_reported(actor, school_class):
        raw = {"kind": SUMMARY, "school_class": school_class, "semester": semester.id}
        raw |= {"teacher": by(actor, school_class), "handed_on": actor.today}
        steps.append(Step(register_of(HandIn), raw, f"{SUMMARY} 上交"))
    return steps


# ---- the report of the semester -----------------------------------------------------------------


def without_report(actor: Actor, pupils: Sequence[Any]) -> list[Any]:
    """Return the children of whose semester nothing was reported to a guardian yet."""
    return _without(actor, SemesterReport, pupils)


def report(
    actor: Actor, school_class: int, manner: str, answers: Mapping[int, Mapping[str, str]]
) -> list[Step]:
    """Return the steps of the reports: one per child of whom something was written.

    The report is the guardian's of today, sent today where it says how; who has one is left out.
    """
    mine, semester = by(actor, school_class), _semester(actor)
    pupils = without_report(actor, children(actor, school_class))
    chosen = [pupil for pupil in pupils if answers.get(pupil.id)]
    guardians = _guardians(actor, [pupil.id for pupil in chosen])
    steps = []
    for child in chosen:
        guardian = guardians.get(child.id)
        raw = {"child": child.id, "semester": semester.id, "written_on": actor.today}
        raw |= {"teacher": mine, **answers[child.id]}
        if manner and guardian is not None:
            raw |= {"guardian": guardian.id, "sent_on": actor.today, "manner": manner}
        whom = guardian.name if guardian is not None else "没有登记监护人，先不送达"
        steps.append(Step(register_of(SemesterReport), raw, f"{child.name}（{whom}）"))
    return steps


def _guardians(actor: Actor, children_ids: Sequence[int]) -> dict[int, Any]:
    """Return each child's first guardian of today."""
    query = rows(actor, register_of(Guardian)).where(
        Guardian.child.in_(children_ids), holds_on(Guardian, actor.today)
    )
    found: dict[int, Any] = {}
    for row in query.order_by(Guardian.rank, Guardian.id):
        found.setdefault(row.child_id, row)
    return found


# ---- writing ------------------------------------------------------------------------------------


def preview(actor: Actor, steps: Callable[[], list[Step]]) -> Saved:
    """Return what `save` would write; it is done and rolled back."""
    return service.rehearsed(actor, lambda current: _write(current, actor, steps()))


def save(actor: Actor, steps: Callable[[], list[Step]], title: str, *, token: str = "") -> Saved:
    """Write the steps as one batch. Raises AlreadyDone, and Invalid where it cannot be whole."""
    with service.work(actor, token=token) as current:
        batch = batches.open_batch(actor, batches.ROLL_CALL, title)
        current.batch = batch.id
        found = _write(current, actor, steps())
        if found.problems:
            raise Invalid({"": "；".join(found.problems[:5])})
        batches.close_batch(batch, {"created": len(found.written)})
        found.batch = batch.id
        current.outcome = {"batch": batch.id}
    return found


def _write(current: service.Work, actor: Actor, steps: list[Step]) -> Saved:
    done = Saved()
    if not steps:
        done.problems.append("还没有填，没有要登记的")
    for step in steps:
        try:
            service.create(actor, step.register, step.raw, current=current)
        except (Invalid, Locked) as error:
            done.problems.append(f"{step.told}：{error}")
            continue
        done.written.append((step.register.title, step.told))
    return done


def recent(actor: Actor, titles: Collection[str]) -> list[Any]:
    """Return the actor's own batches of today by these titles that still stand."""
    return [
        one
        for one in batches.recent(100, batches.ROLL_CALL)
        if one.user_id == actor.user_id
        and one.at.date() == actor.today
        and one.undone_at is None
        and one.title in titles
    ]
