"""学期准备: how a semester stands line by line, and what of the last one is carried into it.

Carried over is what held on the last day of the semester before, is over by now, has nothing in
its place yet, and names only people and classes that are still there: a class that graduated and
a colleague who left propose nothing. Each row is confirmed by itself; all are one batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from models.core import batches, calendar, service
from models.core.actor import Actor
from models.core.display import page as display
from models.core.errors import Invalid, Locked
from models.core.gates import rows
from models.core.register import Register, register_of
from models.core.service import LineInput
from models.core.spans import holds_on, holds_within
from models.kept.children import Child, Enrolment
from models.kept.leadership import POST_KINDS, Post
from models.kept.pairings import Pairing
from models.kept.plans import CalendarEvent
from models.kept.regulations import WeekProgramme
from models.kept.school import DAY_KINDS, Holiday
from models.kept.staff import ClassSize, ClassTeacher, SchoolClass, Staff, TeachingPost
from models.kept.words import WEEKDAYS
from models.school.roll_over import demand

DONE, PARTLY, OPEN = "done", "partly", "due"
# A semester is prepared from so many days before its first one.
_AHEAD = 60
_MOST_TOLD = 5
# What days the calendar is given here: those of the register, and weeks of examinations.
EXAMS = "考试周"
CALENDAR_KINDS = (*DAY_KINDS, EXAMS)
# What of a row makes another one stand in its place; the order is that of the page.
_PLACE: dict[Any, tuple[str, ...]] = {
    Enrolment: ("child",),
    ClassTeacher: ("school_class",),
    TeachingPost: ("school_class", "subject"),
    Pairing: ("child", "kind"),
    Post: ("kind", "programme"),
    WeekProgramme: ("regulation", "weekday", "programme"),
}
# How the ended row ended says nothing of the new one.
_OWN = ("since", "until", "reason", "consulted_on")


@dataclass(frozen=True)
class Line:
    """One line of the page: how it stands and what is lacking; `record` is the first to mend."""

    code: str
    title: str
    state: str
    found: str
    lacking: tuple[str, ...] = ()
    record: int | None = None


@dataclass(frozen=True)
class Carried:
    """One row that may be carried over: from which record, what it says, and what is written."""

    key: str
    register: Register
    said: str
    raw: dict[str, Any] = field(hash=False)
    parent: Any = None


@dataclass
class Prepared:
    """What was written, or in a preview would be."""

    written: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    batch: int | None = None


def meant(today: date) -> Any | None:
    """Return the semester to prepare: the one that begins soon, else the running or last one."""
    soon = [
        semester
        for semester in calendar.semesters()
        if today < semester.first_day <= today + timedelta(days=_AHEAD)
    ]
    return soon[0] if soon else calendar.current_semester(today)


def before(semester: Any) -> Any | None:
    """Return the semester before."""
    earlier = [one for one in calendar.semesters() if one.last_day < semester.first_day]
    return earlier[-1] if earlier else None


def first_day(semester: Any, today: date) -> date:
    """Return from which day the new rows hold: the first day, or today where it has passed.

    What begins today owes nothing for the weeks before.
    """
    day: date = min(max(semester.first_day, today), semester.last_day)
    return day


class _Standing:
    """What holds on a day, read once for all lines."""

    def __init__(self, actor: Actor, semester: Any, day: date) -> None:
        demand(actor)
        self.actor, self.semester, self.day = actor, semester, day
        self.children = {one.id: one for one in self._all(Child)}
        self.staff = {one.id for one in self._all(Staff)}
        enrolments = [one for one in self._all(Enrolment) if one.child_id in self.children]
        self.placed = {enrolment.child_id for enrolment in enrolments}
        filled = {enrolment.school_class_id for enrolment in enrolments}
        order = (SchoolClass.grade, SchoolClass.number, SchoolClass.id)
        known = rows(actor, register_of(SchoolClass)).order_by(*order)
        self.known = {row.id: row for row in known}
        self.classes = {number: one for number, one in self.known.items() if number in filled}

    def _all(self, model: Any) -> list[Any]:
        return list(rows(self.actor, register_of(model)).where(holds_on(model, self.day)))

    def places(self, model: Any) -> set[tuple[Any, ...]]:
        """Return the places that are taken on the day."""
        return {_place(model, one.__data__) for one in self._all(model)}

    def sizes(self, semester: Any) -> dict[int, Any]:
        """Return the numbers of a semester by class."""
        found = rows(self.actor, register_of(ClassSize)).where(ClassSize.semester == semester.id)
        return {row.school_class_id: row for row in found}


def _place(model: Any, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in _PLACE[model])


def lines(actor: Actor, semester: Any, day: date) -> list[Line]:
    """Return the lines of the page in their order, as they stand on a day of the semester."""
    standing = _Standing(actor, semester, day)
    return [
        _calendar(standing),
        _classes(standing),
        _children(standing, "enrolment", "学生在班", standing.placed, "没有班级"),
        _of_classes(standing, "class-teacher", "班主任", ClassTeacher, "没有班主任"),
        _of_classes(standing, "teaching-post", "任课教师", TeachingPost, "没有任课安排"),
        _children(standing, "pairing", "师生结对", _paired(standing), "没有结对教师"),
        _words(standing, "post", "岗位", Post, "kind", POST_KINDS, "没有人"),
        _words(
            standing,
            "week-programme",
            "每周开放安排",
            WeekProgramme,
            "weekday",
            WEEKDAYS[:5],
            "没有安排",
        ),
        _sizes(standing),
    ]


def _line(
    code: str, title: str, whole: int, lacking: list[tuple[int | None, str]], told: str
) -> Line:
    """A line of `whole` things asked for, of which some lack; nothing asked for is not done."""
    if not whole:
        return Line(code, title, OPEN, told)
    names = tuple(name for _number, name in lacking)
    state = DONE if not names else PARTLY if len(names) < whole else OPEN
    found = f"{whole - len(names)} / {whole}"
    return Line(code, title, state, found, names, lacking[0][0] if lacking else None)


def _calendar(standing: _Standing) -> Line:
    semester, span = standing.semester, register_of(Holiday)
    inside = rows(standing.actor, span).where(
        Holiday.day >= semester.first_day, Holiday.day <= semester.last_day
    )
    count = inside.count()
    told = f"{semester.first_day} 至 {semester.last_day}，放假和补班 {count} 天"
    lacking = () if count else ("放假和补班的日子",)
    return Line("holiday", "校历", DONE if count else PARTLY, told, lacking)


def _classes(standing: _Standing) -> Line:
    count = len(standing.classes)
    told = f"{count} 个班有学生" if count else "还没有班级，或者没有学生在班"
    return Line("school-class", "班级", DONE if count else OPEN, told)


def _children(
    standing: _Standing, code: str, title: str, known: Collection[int], told: str
) -> Line:
    lacking: list[tuple[int | None, str]] = [
        (number, child.name)
        for number, child in sorted(
            standing.children.items(), key=lambda one: (one[1].pinyin_key, one[0])
        )
        if number not in known
    ]
    return _line(code, title, len(standing.children), _said(lacking, told), "还没有学生")


def _paired(standing: _Standing) -> set[int]:
    return {child for child, _kind in standing.places(Pairing)}


def _of_classes(standing: _Standing, code: str, title: str, model: Any, told: str) -> Line:
    known = {place[0] for place in standing.places(model)}
    lacking: list[tuple[int | None, str]] = [
        (number, one.name) for number, one in standing.classes.items() if number not in known
    ]
    return _line(code, title, len(standing.classes), _said(lacking, told), "先要有班级")


def _words(
    standing: _Standing,
    code: str,
    title: str,
    model: Any,
    name: str,
    words: Iterable[str],
    told: str,
) -> Line:
    at = _PLACE[model].index(name)
    known = {place[at] for place in standing.places(model)}
    asked = list(words)
    lacking: list[tuple[int | None, str]] = [(None, word) for word in asked if word not in known]
    return _line(code, title, len(asked), _said(lacking, told), "")


def _sizes(standing: _Standing) -> Line:
    known = standing.sizes(standing.semester)
    lacking: list[tuple[int | None, str]] = [
        (number, one.name) for number, one in standing.classes.items() if number not in known
    ]
    told = _said(lacking, "没有填人数")
    return _line("class-size", "班级学生数", len(standing.classes), told, "先要有班级")


def _said(lacking: list[tuple[int | None, str]], told: str) -> list[tuple[int | None, str]]:
    return [(number, f"{name}{told}") for number, name in lacking]


def carried(actor: Actor, semester: Any, day: date) -> list[Carried]:
    """Return what may be carried over from the semester before, in the order of the lines."""
    earlier = before(semester)
    if earlier is None:
        return []
    standing = _Standing(actor, semester, day)
    found: list[Carried] = []
    for model in _PLACE:
        found += _ended(standing, model, earlier)
    return found + list(_numbers(standing, earlier))


def _ended(standing: _Standing, model: Any, earlier: Any) -> Iterator[Carried]:
    """Yield the rows of the last day before that are over and whose place is empty."""
    register = register_of(model)
    over = rows(standing.actor, register).where(
        holds_on(model, earlier.last_day), ~holds_within(model, standing.day, date.max)
    )
    taken = standing.places(model)
    fresh = []
    for row in over.order_by(model.until.desc(), model.id):
        place = _place(model, row.__data__)
        # Of a place that changed hands meanwhile only the last is proposed.
        if place not in taken and _is_there(standing, model, row):
            taken.add(place)
            fresh.append(row)
    written = [
        name for name, spec in register.fields.items() if not spec.readonly and name not in _OWN
    ]
    shown = display(standing.actor, register, fresh, "detail")
    for one in sorted(fresh, key=lambda one: one.id):
        raw = {name: one.__data__.get(name) for name in written}
        told = " ".join(text for name in _told(register) if (text := shown.text(one, name)))
        key = f"{register.slug}-{one.id}"
        yield Carried(key, register, told, raw | {"since": standing.day})


def _told(register: Register) -> list[str]:
    """What a row is told by: the columns of its list, without its days."""
    listed = [(spec.list, name) for name, spec in register.fields.items() if spec.list]
    return [name for _place, name in sorted(listed) if name not in _OWN]


def _is_there(standing: _Standing, model: Any, row: Any) -> bool:
    """Whether all whom a row names are there on the day; a class has to have children."""
    values = row.__data__
    people = [values[name] for name in ("staff", "teacher", "responsible") if values.get(name)]
    if any(number not in standing.staff for number in people):
        return False
    if values.get("child") is not None and values["child"] not in standing.children:
        return False
    classes = standing.known if model is Enrolment else standing.classes
    return values.get("school_class") is None or values["school_class"] in classes


def _numbers(standing: _Standing, earlier: Any) -> Iterator[Carried]:
    """Yield the numbers of last semester for the classes of this one; else what the class says."""
    register = register_of(ClassSize)
    known, last = standing.sizes(standing.semester), standing.sizes(earlier)
    for number, one in standing.classes.items():
        size = last.get(number)
        pupils = size.pupils if size is not None else one.pupils
        boys = size.boys if size is not None else one.boys
        if number in known or pupils is None:
            continue
        girls = size.girls if size is not None else None if boys is None else pupils - boys
        raw = {"semester": standing.semester.id, "pupils": pupils, "boys": boys, "girls": girls}
        told = f"{one.name}：{pupils} 人"
        yield Carried(f"{register.slug}-{number}", register, told, raw, one)


def preview(actor: Actor, semester: Any, day: date, chosen: Collection[str]) -> Prepared:
    """Return what `prepare` would write; it is done and rolled back. Raises as it does."""
    return service.rehearsed(
        actor, lambda current: _write(current, actor, semester, day, chosen), batches.YEAR
    )


def prepare(
    actor: Actor, semester: Any, day: date, chosen: Collection[str], *, token: str = ""
) -> Prepared:
    """Carry the chosen rows over, as one batch that can be undone.

    Raises Denied, AlreadyDone, and Invalid with the reasons where it cannot be done whole.
    """
    with service.work(actor, token=token) as current:
        batch = batches.open_batch(actor, batches.YEAR, f"学期准备：{semester.title}")
        current.batch = batch.id
        found = _write(current, actor, semester, day, chosen)
        if found.problems:
            raise Invalid({"": f"没有沿用：{'；'.join(found.problems[:_MOST_TOLD])}"})
        batches.close_batch(batch, {"created": found.counts.total()})
        found.batch = batch.id
        current.outcome = {"batch": batch.id}
    return found


def note_days(
    actor: Actor, semester: Any, kind: str, days: tuple[date, date], name: str, *, token: str = ""
) -> int:
    """Write days off, make-up days or weeks of examinations as one batch; return how many days.

    Raises AlreadyDone, and Invalid by field: nothing is written over what the calendar says.
    """
    demand(actor)
    first, last = days
    if kind not in CALENDAR_KINDS:
        raise Invalid({"kind": "请选是哪一种日子"})
    if not semester.first_day <= first <= last <= semester.last_day:
        raise Invalid({"until": "请写这个学期里的日期，结束不能早于开始"})
    between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    said = f"{kind} {first:%m-%d}" + (f" 至 {last:%m-%d}" if last > first else "")
    with service.work(actor, token=token) as current:
        batch = batches.open_batch(actor, batches.YEAR, f"学期准备：校历 {said}")
        current.batch = batch.id
        if kind == EXAMS:
            raw = {"title": name or EXAMS, "starts_on": first, "ends_on": last, "kind": "教学"}
            service.create(actor, register_of(CalendarEvent), raw, current=current)
        else:
            _demand_free(actor, between)
            for day in between:
                raw = {"day": day, "kind": kind, "name": name or None}
                service.create(actor, register_of(Holiday), raw, current=current)
        batches.close_batch(batch, {"created": 1 if kind == EXAMS else len(between)})
        current.outcome = {"batch": batch.id}
    return len(between)


def _demand_free(actor: Actor, days: list[date]) -> None:
    """Raise Invalid where the calendar already says something of one of the days."""
    query = rows(actor, register_of(Holiday)).where(Holiday.day.in_(days)).order_by(Holiday.day)
    taken = [f"{row.day:%m-%d} {row.kind}" for row in query]
    if taken:
        listed = "、".join(taken[:_MOST_TOLD]) + ("等" if len(taken) > _MOST_TOLD else "")
        raise Invalid({"since": f"校历里已经有：{listed}；要改请到节假日与调休里改那一天"})


def _write(
    current: service.Work, actor: Actor, semester: Any, day: date, chosen: Collection[str]
) -> Prepared:
    done = Prepared()
    wanted = [one for one in carried(actor, semester, day) if one.key in chosen]
    if not wanted:
        done.problems.append("没有勾选要沿用的")
    for one in wanted:
        try:
            _write_one(current, actor, one)
        except (Invalid, Locked) as error:
            done.problems.append(f"{one.register.title} {one.said}：{error}")
            continue
        done.written.append((one.register.title, one.said))
        done.counts[one.register.title] += 1
    return done


def _write_one(current: service.Work, actor: Actor, one: Carried) -> None:
    if one.parent is None:
        service.create(actor, one.register, one.raw, current=current)
        return
    above = one.parent
    line = {one.register.slug: [LineInput(one.raw)]}
    service.update(
        actor, register_of(SchoolClass), above.id, {}, above.version, line, current=current
    )


def semester_called(number: int | None) -> Any | None:
    """Return the semester of that number."""
    return next((semester for semester in calendar.semesters() if semester.id == number), None)
