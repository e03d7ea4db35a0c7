"""Who opens which teacher's page: the office and the inspector any, a teacher the own alone."""

from __future__ import annotations

from flask import url_for

from models.core.actor import Actor
from models.core.boxes import CLERK, INSPECTOR, LEADERSHIP
from models.core.gates import row
from models.core.register import register_of
from models.kept.staff import Staff

ALL_TEACHERS = (CLERK, LEADERSHIP, INSPECTOR)


def sees_teacher(actor: Actor, staff: int) -> bool:
    """Return whether the actor may open the teacher's page, and there is such a colleague."""
    if actor.role not in ALL_TEACHERS and staff != actor.staff_id:
        return False
    return row(actor, register_of(Staff), staff) is not None


def teacher_url(actor: Actor, staff: int) -> str:
    """Return the address of a teacher's page, "" for whoever may not open it."""
    if actor.role not in ALL_TEACHERS and staff != actor.staff_id:
        return ""
    return url_for("boards.teacher", staff=staff)
