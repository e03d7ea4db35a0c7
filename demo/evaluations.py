"""Last year's evaluation, gone through to the signed sheets; this year's just opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from compliance.evaluated import behind, sheets
from compliance.evaluated.year import Year
from demo.roll import Roll
from demo.writer import registered
from models.core import service
from models.core.actor import Actor, system
from models.core.boxes import LEADERSHIP, TEACHER
from models.kept.evaluation import COMMENDED, OF_DEPARTMENT, PASSED, point_sums
from models.school import evaluations

# The days of the steps after the last day of the spring semester.
FROZEN, SHOWN, HEARD, SIGNED, PUBLISHED = 2, 4, 6, 12, 14
OBJECTION = "十一月的家访下雨改期，改到了下周，请核对。"
ANSWER = "已核对：改期后的家访计入了下一周，本周免计，得分已按免计算。"
REMARKS = ("家访扎实，孩子信任。", "按时完成，过程可以再写细一点。", "平时认真，期末材料偏晚。")


@dataclass
class Evaluating:
    """One year's procedure, its steps on days after the spring semester."""

    roll: Roll
    year: Year
    after: date
    now: datetime

    def on(self, days: int) -> None:
        """Go to nine o'clock of a day after the semester."""
        self.now = datetime.combine(self.after + timedelta(days=days), time(9, 0))

    def actor(self, staff: int, role: str = LEADERSHIP) -> Actor:
        """Return a colleague as an actor of the moment."""
        name = self.roll.staff_name[staff]
        return Actor(role, self.now, self.roll.users[staff], staff, name, "示例学校")

    def leader(self, sheet: Any) -> Actor:
        """Return the leader who may work on a sheet: the vice principal on the principal's."""
        first = self.actor(self.roll.principal)
        return self.actor(self.roll.vice) if evaluations.is_own(first, sheet) else first

    def sheets(self) -> list[Any]:
        """Return the year's sheets."""
        return evaluations.newest(self.year.code)

    def open(self) -> None:
        """Open the year and draft the sheets."""
        leader = self.actor(self.roll.principal)
        evaluations.open_year(leader, self.year.code, {})
        settings = evaluations.year_row(self.year.code)
        drafts = sheets.drafts(self.year.code, settings, self.now.date())
        evaluations.freeze(leader, self.year.code, drafts)

    def assess(self) -> None:
        """Have teachers and leadership say their views, and some points given."""
        for number, sheet in enumerate(self.sheets()):
            remark = REMARKS[number % len(REMARKS)]
            score = str(78 + number * 7 % 20)
            evaluations.assess(self.leader(sheet), sheet.id, score, remark)
            if number % 9 == 4:
                again = self._fresh(sheet)
                reason = ("承担公开活动", "2.00") if number % 2 else ("材料交得偏晚", "-1.00")
                evaluations.give_points(self.leader(again), again.id, reason[1], reason[0], "F601")
            if sheet.kind != OF_DEPARTMENT and sheet.teacher_id in self.roll.users:
                own = self.actor(sheet.teacher_id, TEACHER)
                if number % 4:
                    evaluations.assess_oneself(own, sheet.id, str(80 + number % 15), "")

    def show(self) -> None:
        """Show the sheets with the scores proposed."""
        settings, found = evaluations.year_row(self.year.code), self.sheets()
        points = point_sums(found)
        proposals = {one.id: sheets.proposal(one, settings, points.get(one.id, 0)) for one in found}
        evaluations.show(self.actor(self.roll.principal), self.year.code, proposals)

    def hear(self) -> None:
        """One teacher objects and is answered."""
        for sheet in self.sheets():
            if sheet.teacher_id == self.roll.hero:
                evaluations.contest(self.actor(self.roll.hero, TEACHER), sheet.id, OBJECTION, "")
                evaluations.answer(self.leader(sheet), sheet.id, ANSWER)

    def sign(self) -> None:
        """Decide and sign what has a score."""
        settings = evaluations.year_row(self.year.code)
        for sheet in self.sheets():
            if sheet.score is None:
                continue
            word = evaluations.outcome_for(sheet.score, settings)
            evaluations.decide(self.leader(sheet), sheet.id, sheet.score, word, "")
            kept = {}
            if sheet.kind != OF_DEPARTMENT:
                kept = behind.kept_with(self.year, sheet.teacher_id, sheets.as_of(sheet))
            evaluations.sign(self.leader(sheet), sheet.id, kept)

    def _fresh(self, sheet: Any) -> Any:
        return next(one for one in self.sheets() if one.id == sheet.id)


def evaluate(roll: Roll, semesters: list[tuple[str, date, date]], today: date) -> None:
    """Go through the year of the spring semester that ended last, as far as today allows."""
    ended = [
        semester for semester in semesters if semester[0].endswith("-2") and semester[2] < today
    ]
    if not ended:
        return
    code, _, last = ended[-1]
    work = Evaluating(roll, Year(code[:9]), last, datetime.combine(last, time(9, 0)))
    steps = (
        (FROZEN, work.open),
        (FROZEN, work.assess),
        (SHOWN, work.show),
        (HEARD, work.hear),
        (SIGNED, work.sign),
    )
    for days, step in steps:
        work.on(days)
        if work.now.date() < today:
            step()
    work.on(PUBLISHED)
    if work.now.date() < today:
        _publish(work)
    _ballots(roll, code[:9], today)
    running = semesters[-1]
    if running[0][:9] != code[:9]:
        work = Evaluating(roll, Year(running[0][:9]), running[1], work.now)
        work.on(20)
        if work.now.date() < today:
            leader = work.actor(roll.principal)
            evaluations.open_year(leader, work.year.code, {})


def _publish(work: Evaluating) -> None:
    """Publish who is commended, where every sheet could be signed."""
    leader = work.actor(work.roll.principal)
    if all(sheet.signed_on is not None for sheet in work.sheets()):
        chosen = [COMMENDED, PASSED]
        evaluations.publish(leader, work.year.code, chosen, names=False, until=None)


def _ballots(roll: Roll, code: str, today: date) -> None:
    """A few teachers were judged by pupils without a name."""
    actor = system(datetime.combine(today - timedelta(days=1), time(15, 0)), "示例学校")
    with service.work(actor) as current:
        for number, teacher in enumerate(sorted(roll.users)[:4]):
            given = {
                "school_year": code,
                "teacher": teacher,
                "kind": "学生",
                "excellent": 4 + number,
                "good": 3,
                "fair": number % 2,
                "poor": 0,
                "counted_on": actor.today,
            }
            service.create(actor, registered("evaluation-ballot"), given, current=current)
