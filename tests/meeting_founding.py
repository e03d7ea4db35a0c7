"""The people and rooms of the school that meets every duty, entered through the service."""

from __future__ import annotations

from datetime import datetime

from models.core import service
from models.core.actor import system
from models.core.register import find
from models.core.service import LineInput
from models.kept.school import REGULATION_SETS
from models.kept.words import WEEKDAYS
from tests.factory import Factory
from tests.world import KIND_OF_DAY, school_calendar

AUTUMN = "2025-2026-1"
# The semester is over, the school year is not.
NOW = datetime(2025, 11, 10, 18, 0)


class Founding:
    """One class, one child with family, two teachers who are both paired with the child."""

    def __init__(self):
        self.actor = system(NOW, "测试")
        self.factory = Factory(self.actor)
        self.ids = {}
        self.lacking = {}

    def add(self, slug, lines=None, **raw):
        register = find(slug)
        if register.happened:
            raw.setdefault("late_reason", "补录")
        made = service.create(self.actor, register, raw, lines).id
        self.ids.setdefault(slug, made)
        return made

    def found(self):
        """Enter everybody and everything that is not a duty."""
        self._school()
        self._family()
        self._rooms()

    def _school(self):
        self.add("school", name="云岭中学", adopted="、".join(REGULATION_SETS))
        spans = (("1", "2025-09-01", "2025-10-31"), ("2", "2026-03-02", "2026-07-03"))
        for number, first, last in spans:
            code = f"2025-2026-{number}"
            self.add("semester", code=code, title=code, first_day=first, last_day=last)
        for day, kind, name in school_calendar.fill_holidays(2025):
            self.add("holiday", day=day, kind=KIND_OF_DAY[kind], name=name)
        for day, _kind, name in school_calendar.fill_holidays(2026)[:1]:
            self.add("holiday", day=day, kind="放假", name=name)
        raw = {"sex": "女", "phone": "13800138000", "joined_on": "2024-09-01"}
        self.head = self.add("staff", name="周校长", **raw)
        self.teacher = self.add("staff", name="王爱丽", subject="语文", **raw)
        self.school_class = self.add(
            "school-class", name="七（1）班", grade=7, number=1, entry_year=2025, pupils=45
        )
        self.add(
            "class-teacher", school_class=self.school_class, staff=self.head, since="2025-09-01"
        )
        for number, staff in enumerate((self.head, self.teacher)):
            self.add(
                "leadership-member",
                staff=staff,
                position=("组长", "副组长")[number],
                office=("校长", "分管副校长")[number],
                duties="负责全面工作",
                since="2025-09-01",
            )

    def _family(self):
        self.child = self.add(
            "child",
            name="张小雨",
            sex="女",
            born_on="2012-05-06",
            no_id_reason="户口正在办理",
            identified_on="2025-09-01",
            address="云岭镇大坪村 3 组",
            lives_with="奶奶",
            family_phone="13985671234",
            economy="困难",
            income="打工",
            family_size="5",
            care_class="平稳",
            hardship="低保",
        )
        self.add("enrolment", child=self.child, school_class=self.school_class, since="2025-09-01")
        before = {"since": "2024-03-01", "until": "2024-07-01", "why": "转学"}
        self.add("identification", child=self.child, ground="双亲外出", **before)
        for relation, name in (("父亲", "张建国"), ("母亲", "李秀英")):
            parent = self.add(
                "parent",
                child=self.child,
                relation=relation,
                name=name,
                phone="13985670002",
                workplace="东莞某电子厂",
                workplace_address="东莞市",
                workplace_phone="0769-22334455",
            )
            self.add(
                "parent-state",
                child=self.child,
                parent=parent,
                state="外出",
                since="2025-02-10",
                province="广东省",
                city="东莞市",
            )
        self.guardian = self.add(
            "guardian",
            child=self.child,
            name="张奶奶",
            relation="祖母",
            age=66,
            trade="务农",
            phone="13985670001",
            address="云岭镇大坪村 3 组",
            since="2025-02-10",
            entrusted="1",
        )
        for staff in (self.head, self.teacher):
            self.add(
                "pairing",
                teacher=staff,
                child=self.child,
                kind="代理家长",
                since="2025-09-01",
                consulted_on="2025-09-01",
            )
        volunteer = self.add("volunteer", name="赵大伯", kind="编外家长", since="2025-09-01")
        lines = {"volunteer-child": [LineInput({"child": self.child, "since": "2025-09-01"})]}
        register = find("volunteer")
        service.update(self.actor, register, volunteer, {}, 1, lines)
        senior = self.add("school-class", name="九（1）班", grade=9, number=1, entry_year=2023)
        self.senior_class = senior
        self.add("class-teacher", school_class=senior, staff=self.teacher, since="2026-03-02")

    def _rooms(self):
        for kind in ("留守儿童之家", "文体活动室", "心理咨询室"):
            self.add("room", name=kind, kind=kind, equipped_since="2025-01-01")
        self.add("department", name="政教处", head=self.head)
        self.add("book", number="1", title="城南旧事", copies=3)
        self.add(
            "periodical", number="1", title="少年文艺", kind="期刊", copies=1, since="2025-01-01"
        )
        self.add("hotline-line", name="家长热线", number="0557-8012345", since="2025-09-01")
        for regulation in ("S15", "Q18"):
            for weekday in WEEKDAYS[:5]:
                self.add(
                    "week-programme",
                    regulation=regulation,
                    weekday=weekday,
                    programme="电视",
                    since="2025-09-01",
                )
