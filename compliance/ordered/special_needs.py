"""Needs that another record meets: the check of a hand-in, the programme of an opening.

Each is a condition in SQL on the register whose record needs it, as things stand on a day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple

from peewee import Case, PostgresqlDatabase, fn

from compliance.ordered.derived import newest_states
from compliance.ordered.reading import day_text
from models.core import toml
from models.core.database import database, within
from models.core.gates import every_other, every_row
from models.core.register import register_of
from models.core.spans import holds_on, not_over
from models.kept.activities import Lecture
from models.kept.assets import StockTake, StockTakeLine
from models.kept.children import Census, Child, Enrolment, Guardian, Parent, ParentState
from models.kept.growth import Award
from models.kept.leadership import LeadershipMember, Post
from models.kept.meetings import Meeting
from models.kept.openings import Opening
from models.kept.pairings import (
    GroupSession,
    HandIn,
    PeerPairing,
    StudyGroup,
    StudyGroupMember,
)
from models.kept.regulations import WeekProgramme
from models.kept.staff import ClassTeacher, SchoolClass, Staff
from models.kept.supervision import PairingCheck
from models.kept.words import WEEKDAYS

PSYCHOLOGIST = "心理辅导教师"
PROGRAMMES = Path(__file__).parent.parent / "data" / "programmes.toml"


class Special(NamedTuple):
    """A need met elsewhere: the registers it is looked up in, the condition on a day, the words.

    `told` says it as it stands in the sentence of what makes a clause green.
    """

    registers: tuple[str, ...]
    met: Callable[[date], Any]
    told: str


def _living(model: Any) -> Any:
    return every_row(register_of(model))


def _running(model: Any, day: date) -> Any:
    """The living rows of dated master data that hold on a day."""
    return _living(model).where(holds_on(model, day))


def _state_known(day: date) -> Any:
    return within(Parent.id, newest_states(day).select(ParentState.parent))


def _place_known(day: date) -> Any:
    placed = newest_states(day).where(
        ParentState.province.is_null(False), ParentState.province != ""
    )
    return within(Parent.id, placed.select(ParentState.parent))


def _class_teacher_phone(day: date) -> Any:
    phones = _living(Staff).where(
        Staff.phone.is_null(False), Staff.phone != "", not_over(Staff, day)
    )
    led = _running(ClassTeacher, day).where(within(ClassTeacher.staff, phones.select(Staff.id)))
    return within(Enrolment.school_class, led.select(ClassTeacher.school_class))


def _in_leadership(day: date) -> Any:
    members = _running(LeadershipMember, day).where(
        LeadershipMember.duties.is_null(False), LeadershipMember.duties != ""
    )
    return within(ClassTeacher.staff, members.select(LeadershipMember.staff))


def _looked_at(day: date) -> Any:
    """The office looked at the teacher's records of that week, or at them after the hand-in."""
    checks = _living(PairingCheck).where(
        PairingCheck.teacher == HandIn.teacher,
        PairingCheck.role == "办公室",
        PairingCheck.semester == HandIn.semester,
        PairingCheck.checked_on <= day,
        (PairingCheck.week == HandIn.week)
        | (PairingCheck.week.is_null() & (PairingCheck.checked_on >= HandIn.handed_on)),
    )
    return fn.EXISTS(checks.select(PairingCheck.id))


@cache
def _ordered_programmes() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The programme by weekday that each regulation itself orders (S15-3, Q18-9)."""
    return toml.read(PROGRAMMES, dict[str, dict[str, tuple[str, ...]]])


def _as_programmed(regulation: str) -> Callable[[date], Any]:
    """What was open is what the programme of that weekday says, of one regulation.

    That is the school's own arrangement under the regulation, else the regulation's. On a make-up
    Saturday, for which the programme says nothing, whatever is open will do.
    """

    def met(_day: date) -> Any:
        in_force = (
            _living(WeekProgramme)
            .select(WeekProgramme.id)
            .where(
                WeekProgramme.regulation == regulation,
                holds_on(WeekProgramme, Opening.opened_on),
            )
        )
        today = _weekday(Opening.opened_on)
        weekday = in_force.where(WeekProgramme.weekday == today)
        named = weekday.where(WeekProgramme.programme == Opening.programme)
        own = fn.EXISTS(named) | (fn.EXISTS(in_force) & ~fn.EXISTS(weekday))
        ordered = _ordered_programmes()[regulation]
        listed = reduce(
            or_, [(today == day) & Opening.programme.in_(words) for day, words in ordered.items()]
        )
        return own | (~fn.EXISTS(in_force) & (listed | today.not_in(list(ordered))))

    return met


def _weekday(column: Any) -> Any:
    """The Chinese weekday of a date, in either database; Sunday is 0."""
    if isinstance(database.obj, PostgresqlDatabase):
        number: Any = fn.TO_CHAR(column, "D").cast("INTEGER") - 1
    else:
        number = fn.STRFTIME("%w", column).cast("INTEGER")
    sunday_first = (WEEKDAYS[6], *WEEKDAYS[:6])
    return Case(number, tuple(enumerate(sunday_first)))


def _no_open_difference(day: date) -> Any:
    """Something was counted, and what differed was handled by the day."""
    unsettled = _living(StockTakeLine).where(
        StockTakeLine.stock_take == StockTake.id,
        StockTakeLine.counted_quantity != StockTakeLine.book_quantity,
        StockTakeLine.handled_on.is_null() | (StockTakeLine.handled_on > day),
    )
    counted = _living(StockTakeLine).where(StockTakeLine.stock_take == StockTake.id)
    return fn.EXISTS(counted.select(StockTakeLine.id)) & ~fn.EXISTS(
        unsettled.select(StockTakeLine.id)
    )


def _awards_given(_day: date) -> Any:
    awards = _living(Award).where(Award.meeting.is_null(False))
    return within(Meeting.id, awards.select(Award.meeting))


def _members() -> Any:
    """The members of a session's group on the day of the session."""
    return _running(StudyGroupMember, GroupSession.held_on).where(
        StudyGroupMember.study_group == GroupSession.study_group
    )


def _grades(members: Any, choose: Any) -> Any:
    """What is chosen of the grades that members were in on the day of the session."""
    enrolled = _running(Enrolment, GroupSession.held_on)
    enrolled = enrolled.where(within(Enrolment.child, members.select(StudyGroupMember.child)))
    classes = _living(SchoolClass)
    classes = classes.where(within(SchoolClass.id, enrolled.select(Enrolment.school_class)))
    return fn.COALESCE(classes.select(choose), 0)


def _two_grades(_day: date) -> Any:
    return _grades(_members(), fn.COUNT(SchoolClass.grade.distinct())) > 1


def _senior_leader(_day: date) -> Any:
    """The leader is a member of the highest grade there was in the group."""
    led = _living(StudyGroup).where(StudyGroup.id == GroupSession.study_group)
    leader = _members().where(within(StudyGroupMember.child, led.select(StudyGroup.leader)))
    highest = fn.MAX(SchoolClass.grade)
    own = _grades(leader, highest)
    return (own > 0) & (own == _grades(_members(), highest))


def _guiding_teacher(_day: date) -> Any:
    guided = _living(StudyGroup).where(StudyGroup.guiding_teacher.is_null(False))
    return within(GroupSession.study_group, guided.select(StudyGroup.id))


def _one_to_one(day: date) -> Any:
    """The helper, a pupil on file or one written by name, helps no other child on the day."""
    other = PeerPairing.alias()
    same_child = other.helper_child == PeerPairing.helper_child
    by_name = (
        PeerPairing.helper_child.is_null()
        & other.helper_child.is_null()
        & (other.helper == PeerPairing.helper)
        & (fn.COALESCE(other.helper_class, 0) == fn.COALESCE(PeerPairing.helper_class, 0))
    )
    beside = every_other(other).where(
        holds_on(other, day), other.child != PeerPairing.child, same_child | by_name
    )
    return ~fn.EXISTS(beside.select(other.id))


def in_post(kind: str, staff: Any, day: Any) -> Any:
    """Return the condition that a colleague, a column, held a post on a day, another as text."""
    posts = _living(Post).where(
        Post.kind == kind,
        Post.staff == staff,
        Post.since.cast("TEXT") <= day,
        Post.until.is_null() | (Post.until.cast("TEXT") >= day),
    )
    return fn.EXISTS(posts.select(Post.id))


def _by_psychologist(_day: date) -> Any:
    """Whoever is responsible for the lecture held the post of psychology teacher on its day."""
    return in_post(PSYCHOLOGIST, Lecture.responsible, day_text(Lecture.held_at))


def _income_known(_day: date) -> Any:
    known = _living(Child).where(Child.income.is_null(False), Child.income != "")
    return within(Census.child, known.select(Child.id))


def _parents_known(day: date) -> Any:
    known = _living(Parent).where(_state_known(day))
    return within(Census.child, known.select(Parent.child))


def _guardian_known(day: date) -> Any:
    return within(Census.child, _running(Guardian, day).select(Guardian.child))


GROUP = ("study-group", "study-group-member", "enrolment", "school-class")
S15, Q18 = _as_programmed("S15"), _as_programmed("Q18")
SPECIAL = {
    ("parent", "state-known"): Special(("parent-state",), _state_known, "登记了父母状况"),
    ("parent", "place-known"): Special(("parent-state",), _place_known, "写明务工的省份"),
    ("enrolment", "class-teacher-phone"): Special(
        ("class-teacher", "staff"), _class_teacher_phone, "班主任有电话"
    ),
    ("class-teacher", "in-leadership"): Special(
        ("leadership-member",), _in_leadership, "班主任是写明分工的领导小组成员"
    ),
    ("hand-in", "looked-at"): Special(("pairing-check",), _looked_at, "办公室查阅过"),
    ("opening", "as-programmed-s15"): Special(("week-programme",), S15, "项目是当天周安排的项目"),
    ("opening", "as-programmed-q18"): Special(("week-programme",), Q18, "项目是当天周安排的项目"),
    ("stock-take", "no-open-difference"): Special(
        ("stock-take-line",), _no_open_difference, "逐项盘过，没有未处理的差异"
    ),
    ("meeting", "list"): Special(("award",), _awards_given, "会上有表彰"),
    ("peer-pairing", "one-to-one"): Special(
        ("peer-pairing",), _one_to_one, "这名同学不同时帮别的孩子"
    ),
    ("lecture", "by-psychologist"): Special(
        ("post",), _by_psychologist, "由在岗的心理辅导教师负责"
    ),
    ("census", "income-known"): Special(("child",), _income_known, "孩子的经济来源已登记"),
    ("census", "parents-known"): Special(
        ("parent", "parent-state"), _parents_known, "父母和父母状况已登记"
    ),
    ("census", "guardian-known"): Special(("guardian",), _guardian_known, "监护人已登记"),
    ("group-session", "two-grades"): Special(GROUP, _two_grades, "小组成员不止一个年级"),
    ("group-session", "senior-leader"): Special(GROUP, _senior_leader, "组长是高年级的成员"),
    ("group-session", "guiding-teacher"): Special(
        ("study-group",), _guiding_teacher, "小组有指导教师"
    ),
}
