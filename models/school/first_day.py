"""第一天: what a new school's clerk does first, in which order, and how far each step has come.

The steps are worked out from the records, so an undone import opens its step again. The list is
shown until nothing in it is wholly undone and what may not wait is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.core import batches, calendar
from models.core.actor import Actor
from models.core.gates import every_row, rows
from models.core.register import Register, register_of
from models.core.spans import holds_on
from models.kept.children import Child, Enrolment
from models.kept.pairings import Pairing
from models.kept.school import Holiday
from models.kept.staff import ClassTeacher, Staff
from models.school.many_accounts import without_account

DONE, PARTLY, OPEN = "done", "partly", "due"


@dataclass(frozen=True)
class Step:
    """One step: what it is, how it stands, what was found, and what of it may wait."""

    code: str
    title: str
    state: str
    found: str
    waits: str
    batch: int | None = None

    @property
    def holds_up(self) -> bool:
        """Whether the list is shown for its sake: what is begun and may wait does not."""
        return self.state == OPEN or (self.state == PARTLY and not self.waits)


def steps(actor: Actor) -> list[Step]:
    """Return the seven steps in their order, as they stand on the actor's day."""
    return [make(actor) for make in _STEPS]


def is_over(found: list[Step]) -> bool:
    """Return whether the first day is over: no step holds it up any more."""
    return not any(step.holds_up for step in found)


def _roster(actor: Actor) -> Step:
    count = rows(actor, register_of(Child)).count()
    told = f"已有 {count} 名学生" if count else "还没有学生"
    return Step(
        "roster",
        "学生花名册",
        DONE if count else OPEN,
        told,
        "退回的行改好再导；父母电话、监护人以后可以补",
        _import_of(actor, register_of(Child)),
    )


def _staff(actor: Actor) -> Step:
    count = rows(actor, register_of(Staff)).count()
    told = f"已有 {count} 位教职工" if count else "还没有教职工"
    return Step(
        "staff",
        "教职工",
        DONE if count else OPEN,
        told,
        "先登记班主任和结对教师，其他人以后再补",
        _import_of(actor, register_of(Staff)),
    )


def _classes(actor: Actor) -> Step:
    today = actor.today
    enrolled = every_row(register_of(Enrolment)).where(holds_on(Enrolment, today))
    classes = {one.school_class_id for one in enrolled.select(Enrolment.school_class).distinct()}
    posts = every_row(register_of(ClassTeacher)).where(holds_on(ClassTeacher, today))
    led = {one.school_class_id for one in posts.select(ClassTeacher.school_class).distinct()}
    left = len(classes - led)
    told = (
        f"{len(classes)} 个班都有班主任"
        if not left
        else f"{len(classes)} 个班，{left} 个没有班主任"
    )
    return Step(
        "class-teacher",
        "班级和班主任",
        _state(len(classes), left),
        told if classes else "还没有班级；花名册里的班级会一起登记",
        "缺班主任的班可以以后补，没补上之前这个班的任务没有人负责",
        _import_of(actor, register_of(ClassTeacher)),
    )


def _pairings(actor: Actor) -> Step:
    today = actor.today
    staying = every_row(register_of(Child)).where(holds_on(Child, today))
    children = {one.id for one in staying.select(Child.id)}
    pairs = every_row(register_of(Pairing)).where(holds_on(Pairing, today))
    paired = {one.child_id for one in pairs.select(Pairing.child).distinct()}
    left = len(children - paired)
    told = f"{len(children)} 名学生都有结对教师" if not left else f"还有 {left} 名学生没有结对教师"
    return Step(
        "pairing",
        "师生结对",
        _state(len(children), left),
        told if children else "有了学生和教师再结对",
        "可以一批一批结；从写的“起”那天开始计算任务，以前的不欠",
        _import_of(actor, register_of(Pairing)),
    )


def _calendar(actor: Actor) -> Step:
    semester = calendar.current_span(actor.today)
    holidays = every_row(register_of(Holiday)).exists()
    done = semester is not None and holidays
    told = "没有本学期，任务算不出来" if semester is None else f"{semester.title}"
    if semester is not None and not holidays:
        told += "，还没有节假日"
    return Step("calendar", "校历", DONE if done else OPEN, told, "本校自定的放假和补班以后再补")


def _regulations(actor: Actor) -> Step:
    school = calendar.school()
    adopted = (school.adopted or "").strip("、") if school is not None else ""
    told = f"执行：{adopted}" if adopted else "还没有选执行哪些制度"
    return Step("regulations", "制度", DONE if adopted else OPEN, told, "次数和期限先用制度里的")


def _accounts(actor: Actor) -> Step:
    staff = rows(actor, register_of(Staff)).where(holds_on(Staff, actor.today)).count()
    left = len(without_account(actor))
    told = "教职工都有账号" if not left else f"还有 {left} 位教职工没有账号"
    return Step(
        "accounts",
        "账号",
        _state(staff, left),
        told if staff else "有了教职工再建账号",
        "先给班主任和结对教师建，其他人以后再建",
    )


_STEPS: tuple[Callable[[Actor], Step], ...] = (
    _roster,
    _staff,
    _classes,
    _pairings,
    _calendar,
    _regulations,
    _accounts,
)


def _state(whole: int, left: int) -> str:
    """How a step stands of which so many in all are wanted and so many are left."""
    if whole and not left:
        return DONE
    return PARTLY if left < whole else OPEN


def _import_of(actor: Actor, register: Register) -> int | None:
    """Return the newest import that made rows of the register and can still be taken back."""
    model = register.model
    made = rows(actor, register).where(model.batch.is_null(False)).select(model.batch).distinct()
    numbers = [one.batch for one in made]
    if not numbers:
        return None
    kept = batches.Batch.select().where(
        batches.Batch.id.in_(numbers),
        batches.Batch.kind == batches.IMPORT,
        batches.Batch.undone_at.is_null(True),
    )
    found = kept.order_by(batches.Batch.id.desc()).first()
    return None if found is None else int(found.id)
