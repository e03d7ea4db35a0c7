"""The invented school's daily life: talks, visits, calls and meetings with realistic gaps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from models import service
from models.actor import Actor
from models.boxes import SYSTEM_ROLE
from models.demo.names import People
from models.demo.people import Roll
from models.register import find
from models.school_calendar import SchoolCalendar, SemesterSpan

TOPICS = ("最近的学习", "和同学相处", "想念父母", "寄宿生活", "作息和手机", "期中考试", "安全回家")
CONTENTS = (
    "说起这段时间的功课，数学有进步，英语单词记不牢，约好每天早读听写十个。",
    "和同桌闹了别扭，已经和好；愿意参加周四的篮球活动。",
    "父母上周来过电话，情绪平稳，盼着春节团圆。",
    "奶奶最近腰疼，他放学后帮着做饭，心里有些着急，已联系村医。",
    "晚上睡得晚，答应把手机交给奶奶保管到周末。",
)
FINDINGS = (
    "家里整洁，有单独的写字台；祖母照料细心，孩子会做家务。",
    "孩子到家先写作业，再看电视；周末帮助收玉米。",
    "祖父听力不好，联系不便，留了邻居的电话。",
)
LATE_REASONS = ("纸质记录补登", "外出培训后补登", "系统停用期间补登")


class Life:
    """Writes what happened day by day; entered the same day, now and then late."""

    def __init__(self, people: People, roll: Roll, calendar: SchoolCalendar) -> None:
        self.people = people
        self.random = people.random
        self.roll = roll
        self.calendar = calendar
        self.visits: list[tuple[int, date]] = []
        self.meetings: list[tuple[int, date]] = []

    def semester(self, span: SemesterSpan, until: date, progress: Callable[[str], None]) -> None:
        """Write one semester's records up to `until`, one transaction per school day."""
        plan = self._visit_days(span)
        last = min(span.last, until)
        for day in self.calendar.list_school_days(span.first, last):
            with service.work(self._actor(day, None)) as current:
                self._talks(day, current)
                self._calls(day, current)
                for child in plan.get(day, ()):
                    self._visit(child, day, current)
                self._meetings(day, current)
            progress(f"{day:%Y-%m}的记录")

    def _actor(self, day: date, staff: int | None, late: int = 0) -> Actor:
        moment = datetime.combine(day + timedelta(days=late), time(17, 30))
        return Actor(
            role=SYSTEM_ROLE,
            now=moment,
            user_id=self.roll.users.get(staff or 0),
            staff_id=staff,
            name="示例",
            origin="示例学校",
        )

    def _add(
        self,
        slug: str,
        day: date,
        staff: int,
        values: dict[str, Any],
        current: service.Work,
        lines: service.Lines | None = None,
    ) -> Any:
        declared = find(slug)
        assert declared is not None
        late = self.random.randrange(8, 13) if self.people.chance(0.03) else 0
        if late:
            values["late_reason"] = self.random.choice(LATE_REASONS)
        actor = self._actor(day, staff, late)
        return service.create(actor, declared, values, lines, current=current)

    def _talks(self, day: date, current: service.Work) -> None:
        """Each pair talks on its own weekday, as diligently as its teacher is."""
        for child, teacher in self.roll.teacher_of.items():
            if child % 5 != day.weekday() % 5:
                continue
            if not self.people.chance(self.roll.diligence[teacher]):
                continue
            at = datetime.combine(day, time(16, self.random.randrange(0, 50)))
            values = {
                "child": child,
                "teacher": teacher,
                "talked_at": at,
                "place": "之家",
                "topic": self.random.choice(TOPICS),
                "aspects": self.random.sample(("学习", "生活", "情绪", "交友", "亲情"), 2),
                "content": self.random.choice(CONTENTS),
                "risk": "关注" if self.people.chance(0.02) else "无",
            }
            self._add("talk", day, teacher, values, current)

    def _calls(self, day: date, current: service.Work) -> None:
        for child, teacher in self.roll.teacher_of.items():
            if (child + 2) % 5 != day.weekday() % 5 or not self.people.chance(0.8):
                continue
            relation, name, number = self.random.choice(self.roll.parents_of[child])
            minute = self.random.randrange(0, 40)
            values = {
                "child": child,
                "begun_at": datetime.combine(day, time(12, minute)),
                "ended_at": time(12, minute + self.random.randrange(4, 15)),
                "way": self.random.choice(("电话", "电话", "视频")),
                "callee": relation,
                "callee_name": name,
                "number": number or None,
                "matter_kind": self.random.choice(("问候", "学习", "生活")),
                "matter": "报平安",
                "duty_teacher": teacher,
            }
            self._add("family-call", day, teacher, values, current)

    def _visit_days(self, span: SemesterSpan) -> dict[date, list[int]]:
        """Spread the class teachers' visits over the semester; some children are forgotten."""
        days = self.calendar.list_school_days(span.first, span.last)
        plan: dict[date, list[int]] = {}
        for child in self.roll.children:
            if self.people.chance(0.88):
                plan.setdefault(self.random.choice(days), []).append(child)
        return plan

    def _visit(self, child: int, day: date, current: service.Work) -> None:
        leader = self.roll.class_teacher[self.roll.child_class[child]]
        visitors = {leader, self.roll.teacher_of.get(child, leader)}
        values = {
            "child": child,
            "visited_at": datetime.combine(day, time(18, self.random.randrange(0, 50))),
            "manner": "入户" if self.people.chance(0.93) else "电话",
            "met": self.random.choice(("祖父母", "母亲", "其他监护人")),
            "purpose": "了解孩子在家的学习和生活，通报在校情况。",
            "family": "祖父母在家照料，父母按月寄生活费。",
            "at_school": "遵守纪律，能按时完成作业。",
            "findings": self.random.choice(FINDINGS),
            "opinion": "希望老师多督促，周末作业多提醒。",
            "advice": "每天和孩子说说话，固定通话时间。",
        }
        lines = {"home-visitor": [service.LineInput({"staff": staff}) for staff in visitors]}
        record = self._add("home-visit", day, leader, values, current, lines)
        if values["manner"] == "入户" and self.people.chance(0.85):
            self.visits.append((record.id, day))

    def _meetings(self, day: date, current: service.Work) -> None:
        for kind, title, due in _meetings_on(day, self.calendar):
            if not self.people.chance(0.9):
                continue
            present = due - self.random.randrange(0, 4)
            values = {
                "kind": kind,
                "title": f"{day:%Y年}{day.month}月{title}",
                "held_at": datetime.combine(day, time(15, 0)),
                "place": "会议室",
                "chair": self.roll.staff[0],
                "by_principal": True,
                "due": due,
                "present": present,
                "agenda": "通报上月工作，商议下月安排。",
                "content": "各班汇报谈心、家访和通话情况；讨论需要重点关注的儿童。",
                "resolution": "未完成家访的班级两周内补齐。",
            }
            chosen = self.random.sample(self.roll.staff, min(present, len(self.roll.staff)))
            lines = {"attendee": [service.LineInput({"staff": staff}) for staff in chosen]}
            record = self._add("meeting", day, self.roll.staff[0], values, current, lines)
            self.meetings.append((record.id, day))


def _meetings_on(day: date, calendar: SchoolCalendar) -> list[tuple[str, str, int]]:
    """Return what is due on a day: the first school day of a month, and its third Wednesday."""
    found = []
    earlier = [day.replace(day=number) for number in range(1, day.day)]
    if not any(calendar.is_school_day(one) for one in earlier):
        found.append(("例会", "之家例会", 12))
    if day.weekday() == 2 and 15 <= day.day <= 21:
        found.append(("恳谈会", "师生恳谈会", 15))
    return found
