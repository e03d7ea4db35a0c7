"""The roll-over of September (升级): classes go up, split, stay or graduate, as one batch.

A class that goes up is a new row of its own: papers of the year before keep the name the class had.
The old year ends on the day before the new one begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from models.core import batches, calendar, service
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.errors import Denied, Invalid, Locked
from models.core.gates import rows
from models.core.labels import own_label
from models.core.register import Register, register_of
from models.core.rights import may
from models.core.spans import holds_on
from models.kept.children import Agreement, Child, Enrolment
from models.kept.openings import EquipmentUse, Loan
from models.kept.pairings import Pairing
from models.kept.staff import GRADES, ClassTeacher, SchoolClass, Staff, TeachingPost

PROMOTE, GRADUATE, KEEP = "升级", "毕业", "不变"
ACTS = (PROMOTE, GRADUATE, KEEP)
FOLLOW, SECOND, STAY = "随班", "去另一班", "留在原班"
WAYS = (FOLLOW, SECOND, STAY)
_LAST_GRADE = 9
_LAST_OF_PRIMARY = 6
_MOST_TOLD = 5


@dataclass(frozen=True)
class ClassStep:
    """What becomes of one class: the act, the name it gets, and of a second class it splits off."""

    act: str
    name: str = ""
    second: str = ""
    teacher: int | None = None
    second_teacher: int | None = None


@dataclass(frozen=True)
class Order:
    """A whole roll-over as ordered; `ways` and `pair` are by child, `pair` names the teacher."""

    day: date
    classes: Mapping[int, ClassStep]
    ways: Mapping[int, str] = field(default_factory=dict)
    pair: Mapping[int, int] = field(default_factory=dict)
    posts_follow: bool = True

    @property
    def last(self) -> date:
        """The last day of the old year."""
        return self.day - timedelta(days=1)


@dataclass
class ClassSide:
    """One class before the roll-over: its children and who leads and teaches it."""

    record: Any
    children: list[Any]
    enrolments: dict[int, Any]
    teacher: Any | None
    posts: list[Any]


@dataclass
class Outcome:
    """What a roll-over did, or in a preview would do; counts are children unless said."""

    before: int = 0
    moved: list[tuple[str, str, str, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    graduates: list[Any] = field(default_factory=list)
    unfinished: list[tuple[Register, Any, Any]] = field(default_factory=list)
    kept_agreements: list[tuple[Any, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    batch: int | None = None


def demand(actor: Actor) -> None:
    """Raise Denied for anybody who may not do the year's tasks in bulk."""
    if actor.role != CLERK or not may(actor, "bulk", register_of(Enrolment)):
        raise Denied("学年工作由文员办理")


def first_day(today: date) -> date:
    """Return when the new school year begins: the autumn near or coming, else 1 September."""
    autumns: list[date] = [s.first_day for s in calendar.semesters() if s.code.endswith("-1")]
    near = [day for day in autumns if day >= today - timedelta(days=60)]
    if near:
        return min(near)
    september = date(today.year, 9, 1)
    return september if today <= september + timedelta(days=60) else date(today.year + 1, 9, 1)


def next_name(name: str, grade: int) -> str:
    """Return the name a class has a grade higher, "" where the name does not tell its grade."""
    if not 1 <= grade < _LAST_GRADE:
        return ""
    for old, new in ((GRADES[grade - 1][0], GRADES[grade][0]), (str(grade), str(grade + 1))):
        if name.startswith(old):
            return new + name[len(old) :]
    return ""


def sides(actor: Actor, day: date) -> list[ClassSide]:
    """Return the classes with children on the day before `day`, lowest grade first."""
    last = day - timedelta(days=1)
    enrolments = rows(actor, register_of(Enrolment)).where(holds_on(Enrolment, last))
    by_class: dict[int, dict[int, Any]] = {}
    for enrolment in enrolments:
        by_class.setdefault(enrolment.school_class_id, {})[enrolment.child_id] = enrolment
    present = (Child.identified_on <= last) & (Child.left_on.is_null(True) | (Child.left_on > last))
    children: dict[int, Any] = {
        row.id: row for row in rows(actor, register_of(Child)).where(present)
    }
    teachers = {
        row.school_class_id: row
        for row in rows(actor, register_of(ClassTeacher)).where(holds_on(ClassTeacher, last))
    }
    posts: dict[int, list[Any]] = {}
    for row in rows(actor, register_of(TeachingPost)).where(holds_on(TeachingPost, last)):
        posts.setdefault(row.school_class_id, []).append(row)
    classes = rows(actor, register_of(SchoolClass)).order_by(
        SchoolClass.grade, SchoolClass.number, SchoolClass.id
    )
    found = []
    for school_class in classes:
        there = by_class.get(school_class.id, {})
        pupils = [children[number] for number in there if number in children]
        if pupils or school_class.id in teachers:
            pupils.sort(key=lambda child: (child.pinyin_key, child.id))
            teacher, taught = teachers.get(school_class.id), posts.get(school_class.id, [])
            found.append(ClassSide(school_class, pupils, there, teacher, taught))
    return found


def proposal(side: ClassSide, grades: set[int]) -> ClassStep:
    """Return what usually becomes of a class; `grades` are those of the whole school."""
    grade = side.record.grade
    ends = grade >= _LAST_GRADE or (grade == _LAST_OF_PRIMARY and grade + 1 not in grades)
    if ends:
        return ClassStep(GRADUATE)
    teacher = side.teacher.staff_id if side.teacher is not None else None
    return ClassStep(PROMOTE, next_name(side.record.name, grade), teacher=teacher)


def unpaired(actor: Actor, day: date) -> set[int]:
    """Return the children whom nobody is paired with on a day."""
    paired = {
        number
        for (number,) in rows(actor, register_of(Pairing))
        .where(holds_on(Pairing, day))
        .select(Pairing.child)
        .tuples()
    }
    return {child.id for side in sides(actor, day) for child in side.children} - paired


def colleagues(actor: Actor, day: date) -> list[Any]:
    """Return the staff there are on a day, by name."""
    query = rows(actor, register_of(Staff)).where(holds_on(Staff, day))
    return list(query.order_by(Staff.pinyin_key, Staff.id))


def preview(actor: Actor, order: Order) -> Outcome:
    """Return what a roll-over would do; it is done and rolled back. Raises as `roll_over`."""
    return service.rehearsed(
        actor, lambda current: _Rolling(current, actor, order).run(), batches.YEAR
    )


def roll_over(actor: Actor, order: Order, *, token: str = "") -> Outcome:
    """Do a roll-over as one batch that can be undone.

    Raises Denied, AlreadyDone, and Invalid with the reasons where it cannot be done whole.
    """
    with service.work(actor, token=token) as current:
        batch = batches.open_batch(actor, batches.YEAR, f"升级：{order.day} 起的新学年")
        current.batch = batch.id
        outcome = _Rolling(current, actor, order).run()
        if outcome.problems:
            told = "；".join(outcome.problems[:_MOST_TOLD])
            raise Invalid({"": f"没有升级：{told}"})
        created = sum(n for word, n in outcome.written.items() if word.startswith("新"))
        counts = {"created": created, "updated": outcome.written.total() - created}
        batches.close_batch(batch, counts)
        outcome.batch = batch.id
        current.outcome = {"batch": batch.id}
    return outcome


class _Rolling:
    def __init__(self, current: service.Work, actor: Actor, order: Order) -> None:
        demand(actor)
        self.current, self.actor, self.order = current, actor, order
        self.outcome = Outcome()
        self.sides = sides(actor, order.day)

    def run(self) -> Outcome:
        self.outcome.before = sum(len(side.children) for side in self.sides)
        if not self.sides:
            self.outcome.problems.append("这一天之前没有学生在班，请核对新学年第一天")
        # Those that leave their name free go first, the highest grade at the front.
        for side in reversed(self.sides):
            step = self.order.classes.get(side.record.id, ClassStep(KEEP))
            if step.act == PROMOTE:
                self._promote(side, step)
            elif step.act == GRADUATE:
                self._graduate(side)
            else:
                self._keep(side.record.name, len(side.children))
        self._pair()
        self._tie()
        return self.outcome

    def _promote(self, side: ClassSide, step: ClassStep) -> None:
        record, names = side.record, [step.name, step.second]
        if not step.name or record.name in names or step.name == step.second:
            self._blame(record.name, "请写升级后的新班名，不能和原来的、另一班的相同")
            return
        if record.grade >= _LAST_GRADE:
            self._blame(record.name, "九年级不再升级，请选毕业")
            return
        going: dict[str, list[Any]] = {FOLLOW: [], SECOND: [], STAY: []}
        for child in side.children:
            going[self.order.ways.get(child.id, FOLLOW)].append(child)
        if going[SECOND] and not step.second:
            self._blame(record.name, "有学生去另一班，请写另一班的班名")
            return
        if not going[STAY]:
            self._end_posts(side)
        for children, name, teacher in (
            (going[FOLLOW], step.name, step.teacher),
            (going[SECOND], step.second, step.second_teacher),
        ):
            if name:
                self._move(side, children, name, teacher, whole=not step.second)
        self._keep(record.name, len(going[STAY]))

    def _move(
        self, side: ClassSide, children: list[Any], name: str, teacher: int | None, *, whole: bool
    ) -> None:
        target = self._class_called(side.record, name, whole=whole)
        if target is None:
            return
        register = register_of(Enrolment)
        for child in children:
            self._end(register, side.enrolments[child.id], child.name)
            raw = {"child": child.id, "school_class": target.id, "since": self.order.day}
            self._create(register, {**raw, "reason": PROMOTE}, child.name)
        if teacher is not None:
            raw = {"school_class": target.id, "staff": teacher, "since": self.order.day}
            self._create(register_of(ClassTeacher), raw, name)
        for post in side.posts if self.order.posts_follow else ():
            raw = {"school_class": target.id, "staff": post.staff_id, "subject": post.subject}
            self._create(register_of(TeachingPost), {**raw, "since": self.order.day}, name)
        self.outcome.moved.append((side.record.name, PROMOTE, name, len(children)))
        self.outcome.counts[PROMOTE] += len(children)

    def _class_called(self, old: Any, name: str, *, whole: bool) -> Any | None:
        """Return the class of that name and entry year, made new where there is none."""
        year = SchoolClass.entry_year
        same = year.is_null(True) if old.entry_year is None else year == old.entry_year
        found = rows(self.actor, register_of(SchoolClass)).where(SchoolClass.name == name, same)
        standing = found.first()
        if standing is not None:
            return standing
        raw = {"name": name, "grade": old.grade + 1, "number": old.number}
        raw |= {"entry_year": old.entry_year, "point": old.point_id}
        if whole:
            raw |= {"pupils": old.pupils, "boys": old.boys}
        return self._create(register_of(SchoolClass), raw, name)

    def _graduate(self, side: ClassSide) -> None:
        self._end_posts(side)
        for child in side.children:
            self._end(register_of(Enrolment), side.enrolments[child.id], child.name)
            self._exit(child)
            self.outcome.graduates.append(child)
        numbers = [child.id for child in side.children]
        pairings = rows(self.actor, register_of(Pairing)).where(
            Pairing.child.in_(numbers), holds_on(Pairing, self.order.day)
        )
        for pairing in list(pairings):
            names = {child.id: child.name for child in side.children}
            self._end(register_of(Pairing), pairing, names[pairing.child_id], reason=GRADUATE)
        self._close_agreements(numbers)
        self.outcome.unfinished += list(_unfinished(self.actor, side.children))
        self.outcome.moved.append((side.record.name, GRADUATE, "", len(numbers)))
        self.outcome.counts[GRADUATE] += len(numbers)

    def _exit(self, child: Any) -> None:
        raw = {"left_on": self.order.last, "left_why": GRADUATE}
        self._update(register_of(Child), child, raw, child.name, "退出的学生")

    def _close_agreements(self, children: list[int]) -> None:
        register = register_of(Agreement)
        running = rows(self.actor, register).where(
            Agreement.child.in_(children), holds_on(Agreement, self.order.day)
        )
        for agreement in list(running):
            try:
                service.update(
                    self.actor,
                    register,
                    agreement.id,
                    {"valid_until": self.order.last},
                    agreement.version,
                    current=self.current,
                )
            except (Invalid, Locked) as error:
                # A paper of a closed semester stays as it was judged; it is named instead.
                self.outcome.kept_agreements.append((agreement, str(error)))
            else:
                self.outcome.written["到期的协议"] += 1

    def _end_posts(self, side: ClassSide) -> None:
        if side.teacher is not None:
            self._end(register_of(ClassTeacher), side.teacher, side.record.name)
        for post in side.posts:
            self._end(register_of(TeachingPost), post, side.record.name)

    def _pair(self) -> None:
        gone = {child.id for child in self.outcome.graduates}
        names = {child.id: child.name for side in self.sides for child in side.children}
        for child, teacher in self.order.pair.items():
            if child in names and child not in gone:
                raw = {"child": child, "teacher": teacher, "since": self.order.day}
                self._create(register_of(Pairing), raw, names[child])

    def _keep(self, name: str, count: int) -> None:
        if count:
            self.outcome.moved.append((name, KEEP, name, count))
            self.outcome.counts[KEEP] += count

    def _tie(self) -> None:
        """Count both sides from the records as they now stand."""
        numbers = [child.id for side in self.sides for child in side.children]
        enrolled = rows(self.actor, register_of(Enrolment)).where(
            Enrolment.child.in_(numbers), holds_on(Enrolment, self.order.day)
        )
        left = rows(self.actor, register_of(Child)).where(
            Child.id.in_(numbers), Child.left_on == self.order.last
        )
        after = enrolled.count() + left.count()
        if not self.outcome.problems and after != self.outcome.before:
            told = f"升级前 {self.outcome.before} 人，之后在班和毕业共 {after} 人，对不上"
            self.outcome.problems.append(told)

    def _end(self, register: Register, record: Any, name: str, **more: Any) -> None:
        word = f"结束的{register.title}"
        self._update(register, record, {"until": self.order.last, **more}, name, word)

    def _update(
        self, register: Register, record: Any, raw: dict[str, Any], name: str, word: str
    ) -> None:
        try:
            service.update(
                self.actor, register, record.id, raw, record.version, current=self.current
            )
        except (Invalid, Locked) as error:
            self._blame(name, str(error))
        else:
            self.outcome.written[word] += 1

    def _create(self, register: Register, raw: dict[str, Any], name: str) -> Any | None:
        try:
            made = service.create(self.actor, register, raw, current=self.current)
        except (Invalid, Locked) as error:
            self._blame(name, str(error))
            return None
        self.outcome.written[f"新的{register.title}"] += 1
        return made

    def _blame(self, name: str, reason: str) -> None:
        told = f"{name}：{reason}"
        if told not in self.outcome.problems:
            self.outcome.problems.append(told)


def _unfinished(actor: Actor, children: list[Any]) -> Iterator[tuple[Register, Any, Any]]:
    """Yield what of the school's these children still have: a book lent, kit not handed back."""
    by_id = {child.id: child for child in children}
    for model in (Loan, EquipmentUse):
        register = register_of(model)
        waiting = getattr(model, register.open_until).is_null(True)
        for record in rows(actor, register).where(model.child.in_(list(by_id)), waiting):
            yield register, record, by_id[record.child_id]


def named(record: Any) -> str:
    """Return the name a record goes by on these pages."""
    return own_label(register_of(record), record)
