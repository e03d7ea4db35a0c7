"""Duties that the one school cannot meet with the others: the people they need, added for one test.

Whoever is added joins on the last day of the semester, and so owes nothing of its weeks and months.
"""

from __future__ import annotations

from models.core import service
from models.core.register import find
from models.core.service import LineInput

LAST = "2025-10-31"


def child(made, number, school_class):
    """One more child of a class, paired with nobody yet."""
    raw = {"name": f"陈小{number}", "sex": "男", "born_on": "2012-03-01"}
    raw |= {"no_id_reason": "户口正在办理", "identified_on": LAST}
    one = made.add("child", **raw)
    made.add("enrolment", child=one, school_class=school_class, since=LAST)
    return one


def paired(made, count):
    """So many children more for the teacher, as acting parent; returns the last pairing."""
    for number in range(count):
        one = child(made, "一二三四五六七"[number], made.school_class)
        raw = {"teacher": made.teacher, "child": one, "kind": "代理家长"}
        last = made.add("pairing", **raw, since=LAST)
    return last


def ended(made, pairing):
    """Take a pairing back, as if it had never been."""
    service.delete(made.actor, find("pairing"), pairing)


def acting_parent(made):
    """Four children: the least of the range of an acting parent (Q02-3)."""
    last = paired(made, 3)
    yield "pairing"
    ended(made, last)
    yield


def teacher_min(made):
    """Five children: the least of a teacher (Q07-6)."""
    last = paired(made, 4)
    yield "pairing"
    ended(made, last)
    yield


def leadership(made):
    """Every office that the two regulations name has its member (Q03-1, H01-1)."""
    members = {}
    for number, office in enumerate(
        ("教导处", "政教处", "总务处", "关工委", "安全办", "后勤处", "团队")
    ):
        raw = {"name": f"同事{'一二三四五六七'[number]}", "sex": "女", "joined_on": LAST}
        staff = made.add("staff", **raw)
        raw = {"office": office, "position": "成员", "duties": "负责本处工作", "since": LAST}
        members[office] = made.add("leadership-member", staff=staff, **raw)
    yield "leadership-member"
    service.delete(made.actor, find("leadership-member"), members["政教处"])
    yield


def group(made):
    """A study group of two grades with a senior leader and its weekly session (Q05-2, H03-2)."""
    senior = child(made, "大", made.senior_class)
    since = "2025-10-27"
    members = [LineInput({"child": one, "since": since}) for one in (senior, made.child)]
    raw = {"name": "大坪组", "leader": senior, "guiding_teacher": made.teacher, "since": since}
    study = made.add("study-group", {"study-group-member": members}, **raw)
    held = made.add("group-session", study_group=study, held_on=LAST, content="写作业")
    yield "group-session"
    service.delete(made.actor, find("group-session"), held)
    yield


def dropped_out(made):
    """A child leaves school for good (Q03-3, H01-3)."""
    yield "child"
    one = child(made, "辍", made.senior_class)
    register = find("child")
    raw = {"left_on": LAST, "left_why": "辍学"}
    service.update(made.actor, register, one, raw, 1)
    yield


# What is met while there is nothing, so that no record proves it.
MET_BY_NONE = {"drop-out"}
CASES = {
    "load-acting-parent": acting_parent,
    "load-teacher-min": teacher_min,
    "leadership-complete": leadership,
    "group-weekly": group,
    "drop-out": dropped_out,
}
