"""The clerk's first page: five questions of the day, each with its number and one button."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import url_for

from admin.boards.missed import WHOM, count_missed
from admin.boards.page import note
from admin.boards.today import credited_lines, my_pupils
from admin.people.connect import moved
from compliance.findings.catalogue import examine
from compliance.findings.kinds import ERROR
from compliance.told.entered import entered_by_staff
from compliance.told.progress import WEEKLY, Line, lines, owed, running_share
from exports.bundle.survey import Survey, survey_of
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan
from models.school import review_tasks

# So many weeks back an entry counts as come in lately.
LATELY = 1


class Question(NamedTuple):
    """One thing to look after: how many are open, of what, and the button that leads there."""

    title: str
    open: int
    unit: str
    note: str
    word: str
    url: str
    # What came in need not be worked off.
    told_only: bool = False


def desk(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the page; the first question with something open has the filled button."""
    found = lines(actor, semester)
    asked = [
        _due(actor, found, semester),
        _came_in(actor),
        _lacking(survey_of(actor, semester), semester),
        _missed(actor),
        _alerts(actor),
    ]
    still = [one for one in asked if one.open and not one.told_only]
    return {
        "credited": credited_lines(actor),
        "mine": my_pupils(actor, semester),
        "page_title": f"今天有 {len(still)} 件事要办" if still else "今天的事都办好了",
        "page_note": note(semester),
        "moved": moved(actor),
        "questions": [{**one._asdict(), "first": one in still[:1]} for one in asked],
    }


def _due(actor: Actor, found: list[Line], semester: SemesterSpan) -> Question:
    whole = running_share(WEEKLY, found, actor.today)
    url = url_for("boards.index", semester=semester.code, _anchor="duties")
    said = owed(found) or "本周按天、按周的任务都做了"
    return Question("本周到期", whole.asked - whole.met, "项还没做", said, "看任务", url)


def _came_in(actor: Actor) -> Question:
    entered = sum(entered_by_staff(actor.today, weeks=LATELY).values())
    tasks = len(review_tasks.open_tasks(actor))
    if tasks:
        said, url = f"其中 {tasks} 件要您核对", url_for("review_tasks.index")
        return Question("新交来的", entered, "条登记", said, "去核对", url)
    url = url_for("boards.teachers")
    said = "教师近 7 天登记的，没有要核对的事"
    return Question("新交来的", entered, "条登记", said, "看各位教师", url, told_only=True)


def _lacking(survey: Survey, semester: SemesterSpan) -> Question:
    url = url_for("bundles.index", semester=semester.code)
    behind = [f"第 {state.part.number} 部分" for state in survey.parts if state.missing]
    said = f"{'、'.join(behind)}还不齐" if behind else "八个部分都齐了"
    return Question("上报材料还缺", len(survey.missing), "项", said, "补缺件", url)


def _missed(actor: Actor) -> Question:
    said = f"本周还没有人谈过心的学生（{WHOM}），最久没顾到的在前"
    return Question(
        "还没顾到", count_missed(actor), "名学生", said, "看名单", url_for("boards.missed")
    )


def _alerts(actor: Actor) -> Question:
    found = [finding for finding in examine(actor, (ERROR,)) if finding.silence is None]
    kinds = list(dict.fromkeys(finding.kind.title for finding in found))
    said = "、".join(kinds[:3]) + ("等" if len(kinds) > 3 else "") or "体检没有查出错误"
    url = url_for("inspection.index", level=ERROR)
    return Question("要马上处理", len(found), "处错误", said, "逐条处理", url)
