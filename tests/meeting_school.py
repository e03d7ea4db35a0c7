"""A small invented school that meets what the duties order, built from the duties themselves.

One class, one child, two teachers who are paired with the child: for every duty, every subject and
every period that is not met, the records the duty's own declaration asks for are entered through
the service.
"""

from __future__ import annotations

from datetime import date

from compliance.judged.evaluation import Evaluation
from compliance.judged.sources import link_to
from compliance.judged.subjects import REGISTER_OF_KIND
from compliance.judged.verdict import State
from compliance.ordered import needs as completeness
from compliance.ordered.catalogue import duties_on
from compliance.ordered.derived import derived
from compliance.ordered.periods import Frequency
from compliance.ordered.special_needs import SPECIAL
from models.core import calendar, service
from models.core.gates import every_row
from models.core.register import find, parent_register, register_of
from models.core.service import LineInput
from tests.meeting_founding import AUTUMN, NOW, Founding

FINE = (State.DONE, State.BACK_FILLED, State.DONE_LATE, State.NOT_DUE, State.EXCUSED)
# Each asks for another number of children per teacher, or for people whom the school lacks: they
# are met apart, by `tests.meeting_apart`.
APART = {"load-acting-parent", "load-teacher-min", "leadership-complete", "group-weekly"}
# Their records are written by the counsellor alone: `tests.meeting_lists` writes their index.
SEALED = {"counselling-card", "counselling-sealed"}

# What the rules of a register ask for when it is written for a duty; "@slug" is a record of it.
ALSO = {
    "plan": {"week": "3", "school_class": "@school-class", "published_on": "@day"},
    "summary": {"semester": "@semester", "month": "2025-10", "activity": "@activity"},
    "meeting": {"school_class": "@school-class", "chair": "@staff", "home_on_agenda": "1"},
    "activity": {"school_class": "@school-class", "responsible": "@staff"},
    "hand-in": {"school_class": "@school-class", "week": "3", "child": "@child"},
    "evaluation": {"school_year": "2025-2026", "score": "85"},
    "safety-check": {"room": "@room"},
    "pairing-check": {"week": "3", "checked_by": "@staff"},
    "volunteer-service": {"volunteer": "@volunteer", "organisation": ""},
    "supervision": {
        "support_and_incentives": "有措施",
        "home_building": "设备齐全",
        "pairing": "记录完整",
        "interest_activities": "每周开展",
        "publicity": "专栏更新",
    },
    "opinion": {"answer": "已答复", "deadline": "@later"},
    "hotline": {"answer": "已答复", "answered_by": "@staff"},
    "incident": {"found_by": "@staff"},
    "rectification": {"deadline": "@later", "verified_by": "@staff"},
    "agreement": {"valid_until": "2026-07-03"},
    "opening": {"starts_at": "12:00", "ends_at": "13:30"},
    "asset": {"opener": "李保管", "opener_2": "王送货", "keeper": "@staff"},
    "asset-move": {"quantity": "1", "approved_by": "@staff"},
    "counselling": {
        "case_code": "A1",
        "counsellor": "@staff",
        "finished_on": "@day",
        "sealed_on": "@day",
        "received_by": "@staff",
        "late_reason": "先作纸面记录后补录",
    },
    "talk": {"aspects": "学习", "content": "近来的学习和生活"},
    "family-call": {"ended_at": "12:20"},
    "fitness-test": {"abnormal_note": "视力偏低"},
    "archive-item": {
        "bound_on": "@day",
        "volume": "1",
        "reviewed_on": "@day",
        "reviewed_by": "@staff",
    },
}
# Worked out by the register from its other fields.
COMPUTED = {"supervision": "headings", "interview": "pair"}


class MeetingSchool(Founding):
    """Builds the school; `lacking` says which duties could not be met, and why."""

    # Telephone numbers given out so far: no two lines share one.
    numbers = 0

    def build(self):
        self.found()
        for _round in range(2):
            self.lacking.clear()
            for duty in duties_on(AUTUMN):
                if duty.code not in APART | SEALED:
                    self._meet(duty)

    # What a duty asks for, entered.

    def _meet(self, duty):
        span = calendar.school_calendar().semester(AUTUMN)
        for _attempt in range(4):
            try:
                if duty.event is not None and not Evaluation(span, NOW.date()).judge(duty):
                    self._event(duty)
                owed = self._owed(duty, span)
                if not owed:
                    return
                for subject, period in owed:
                    self._enter(duty, subject, period)
            except Exception as error:  # noqa: BLE001 - told as the reason, never hidden
                self.lacking[duty.code] = f"{type(error).__name__}: {error}"
                return
        self.lacking[duty.code] = "still not met"

    def _owed(self, duty, span):
        return [
            (judged.subject, verdict.period)
            for judged in Evaluation(span, NOW.date()).judge(duty)
            for verdict in judged.verdicts
            if verdict.state not in FINE
        ]

    def _enter(self, duty, subject, period):
        day = self._day(period)
        if duty.event is not None and duty.event.register == duty.sources[0].register:
            self._answer(duty, subject, day)
            return
        first = {}
        for number, source, needs in duty.asked:
            first.setdefault(number, (source, needs))
        if duty.subject == "topic":
            first = {subject.id: first[subject.id]}
        for number, (source, needs) in first.items():
            part = duty.parts[number] if duty.parts else None
            for _number in range(part.least if part else 1):
                fields = part.fields if part else duty.measure.fields
                self._part(duty, subject, day, source, needs, fields)

    def _answer(self, duty, subject, day):
        """Answer the events of a subject in their own records, where they lack it."""
        register = find(duty.event.register)
        column = register.model.child if duty.subject == "child" else register.model.id
        for record in every_row(register).where(column == subject.id):
            at = record.__data__.get(register.happened) or "2025-10-31"
            raw = self._answered(duty, register, at)
            above = parent_register(register)
            if above is None:
                service.update(self.actor, register, record.id, raw, record.version)
                continue
            owner = record.__data__[register.parent]
            whole = every_row(above).where(above.model.id == owner).first()
            lines = {register.slug: [LineInput(raw, record.id, record.version)]}
            service.update(self.actor, above, owner, {}, whole.version, lines)

    def _answered(self, duty, register, day):
        said = str(day)[:10]
        raw = {name: self._meant(one, said) for name, one in ALSO.get(register.slug, {}).items()}
        for name, value in duty.sources[0].where.items():
            raw |= self._where(register, name, value, said)
        for name in duty.needs:
            for field in completeness.need(register, name).fields[:1]:
                raw[field] = self._filled(register, field, day)
        for name in duty.measure.fields:
            raw.setdefault(name, self._filled(register, name, day))
        if duty.measure.field:
            raw[duty.measure.field] = said
        return raw

    def _event(self, duty):
        """One event, so that there is something to answer."""
        register, day = find(duty.event.register), EVENT_DAY
        raw = {name: self._meant(one, day) for name, one in ALSO.get(register.slug, {}).items()}
        for name, value in duty.event.where.items():
            raw |= self._where(register, name, value, day)
        if register.happened:
            raw[register.happened] = f"{day} 12:00"[: 16 if _is_moment(register) else 10]
        if duty.event.date:
            raw[duty.event.date] = str(day)
        if "child" in register.fields:
            raw["child"] = self.child
        self._save(register, raw, day, None)

    def _day(self, period):
        if period.frequency is Frequency.NOW or period.first > NOW.date():
            return date(2025, 9, 1)
        last = min(period.last, period.deadline or period.last, NOW.date())
        days = calendar.school_calendar().list_school_days(period.first, last)
        return days[len(days) // 2]

    def _part(self, duty, subject, day, source, needs, fields):
        register = find(source.register)
        special = [name for name in needs if (register.slug, name) in SPECIAL]
        raw = self._values(duty, subject, day, source)
        for name in fields:
            raw.setdefault(name, self._filled(register, name, day))
        for name in needs:
            asked = completeness.need(register, name)
            raw |= asked.where
            for field in () if asked.where else asked.fields[:1]:
                raw.setdefault(field, self._filled(register, field, day))
        if register.slug == "interview":
            raw |= self._interview(raw.pop("pair"))
        raw.pop(COMPUTED.get(register.slug, ""), None)
        if any(one.startswith("as-programmed") for one in needs):
            raw["programme"] = "电视"
        made = self._save(register, raw, day, subject)
        if "posted_in" in source.where:
            self._post(made, source.where["posted_in"])
        for name in needs:
            self._supply(register, made, name, day)
        for name in special:
            self._special(register, made, name, day)

    def _interview(self, pair):
        asker, asked = pair.split("–")
        whom = {
            "教师": {"interviewee_staff": self.teacher},
            "学生": {"child": self.child},
            "家长": {"child": self.child, "interviewee_name": "张建国"},
        }
        plain = {"interviewee_staff": "", "child": ""}
        roles = {"interviewer": self.head, "interviewer_role": asker, "interviewee_role": asked}
        return {**plain, **roles, **whom[asked]}

    def _post(self, document, kind):
        rooms = find("room")
        room = every_row(rooms).where(rooms.model.kind == kind).first()
        values = {"document": document, "room": room.id, "posted_on": "2025-09-01"}
        hung = self._line(find("wall-posting"), find("regulation"), values, date(2025, 9, 1))
        self._supply(find("wall-posting"), hung, "photo", None)

    def _values(self, duty, subject, day, source):
        register = find(source.register)
        raw = {name: self._meant(value, day) for name, value in ALSO.get(register.slug, {}).items()}
        for name, value in source.where.items():
            if derived(register, name) is None and not (value is True and raw.get(name)):
                raw |= self._where(register, name, value, day)
        staff = self.head if duty.by[0] == "class-teacher" else subject.staff or self.teacher
        raw |= self._people(duty, register, raw, staff)
        raw |= self._rules(duty, subject, register, raw, staff)
        link = link_to(register, REGISTER_OF_KIND.get(duty.subject, ""))
        if link and duty.subject not in PEOPLE:
            raw[link] = subject.id
        if register.happened:
            on = HOLIDAY if source.where.get("time_of_year") == "假期" else day
            raw[register.happened] = f"{on} 12:00"[: 16 if _is_moment(register) else 10]
        elif "since" in register.fields:
            raw["since"] = "2025-09-01"
        return raw

    def _people(self, duty, register, raw, staff):
        """Who acted, and for which child."""
        said = {}
        for name in register.act_by:
            if "." not in name and name not in raw:
                said[name] = staff
        if "child" in register.fields and not raw.get("child"):
            said["child"] = self.child
        if "teacher" in register.fields:
            said["teacher"] = staff
        return said

    def _rules(self, duty, subject, register, raw, staff):
        """What the rules of a register want on top."""
        said = {}
        if register.slug == "pairing-check":
            said = {"teacher": self.teacher, "checked_by": self.head}
        if duty.subject == "department":
            said["teacher"] = ""
        if duty.subject == "class-teacher":
            said = {"child": "", "staff": subject.staff}
        if register.slug == "attendee":
            said = {"child": "", **({"staff": staff} if raw.get("staff") else {})}
        if register.slug == "hotline-line":
            self.numbers += 1
            said["number"] = f"0856-{8120000 + self.numbers}"
        if subject.volunteer:
            said["volunteer"] = subject.volunteer
        if register.slug == "notification":
            said["notified_at"] = f"{EVENT_DAY} 12:10"
        return said

    def _where(self, register, name, value, day):
        link, _, inner = name.partition("__")
        word = value[0] if isinstance(value, list) else value
        if inner:
            target = register_of(register.fields[link].target)
            column = getattr(target.model, inner)
            found = every_row(target).where(column == word).first()
            return {
                link: found.id
                if found
                else self.add(target.slug, **self._plain(target, inner, word))
            }
        if word is True:
            return {name: self._filled(register, name, day)}
        return {name: word}

    def _plain(self, target, inner, word):
        return {**self.factory.minimal(target), inner: word, target.happened: "2025-09-15 10:00"}

    def _filled(self, register, name, day):
        spec = register.fields[name]
        if spec.target is not None:
            return self._linked(register_of(spec.target))
        value = self.factory.value(spec)
        return str(day) if str(value).startswith(str(self.actor.today)) else value

    def _linked(self, register):
        return self.ids.get(register.slug) or self.factory.record(register)

    def _meant(self, raw, day):
        if raw == "@day":
            return str(day)
        if raw == "@later":
            return "2025-11-05"
        return self._linked(find(raw[1:])) if raw.startswith("@") else raw

    def _save(self, register, raw, day, subject):
        above = parent_register(register)
        minimal = {k: v for k, v in self.factory.minimal(register).items() if k not in raw}
        for name in list(minimal):
            spec = register.fields.get(name)
            if spec is not None and spec.target is not None:
                minimal[name] = self._linked(register_of(spec.target))
        values = {**minimal, **raw}
        if register.slug == "attendee":
            values.pop("name", None)
        if above is None:
            lines = self.factory.lines(register)
            if register.slug == "home-visit":
                lines = {"home-visitor": [LineInput({"staff": subject.staff or self.head})]}
            return self.add(register.slug, lines, **values)
        return self._line(register, above, values, day)

    def _line(self, register, above, values, day):
        owner = values.pop(register.parent, None) or self._owner(above, day, register)
        record = every_row(above).where(above.model.id == owner).first()
        service.update(
            self.actor, above, owner, {}, record.version, {register.slug: [LineInput(values)]}
        )
        column = getattr(register.model, register.parent)
        query = every_row(register).where(column == owner)
        return query.order_by(register.model.id.desc()).first().id

    def _owner(self, above, day, register):
        raw = {**self.factory.minimal(above)}
        for name, value in ALSO.get(above.slug, {}).items():
            raw[name] = self._meant(value, day)
        if above.happened:
            raw[above.happened] = f"{day} 12:00"[: 16 if _is_moment(above) else 10]
        return self.add(above.slug, **raw)

    def _supply(self, register, made, name, day):
        asked = completeness.need(register, name)
        if asked.evidence and not asked.fields:
            raw = {
                "register": register.slug,
                "record_id": made,
                "evidence": asked.evidence,
                "sha256": "0" * 64,
                "path": "x",
                "kind": "jpg",
            }
            service.create(self.actor, find("photo"), raw)
        elif asked.lines and not asked.fields:
            lines = find(asked.lines)
            values = {k: v for k, v in self.factory.minimal(lines).items() if k != lines.parent}
            self._line(lines, register, {**values, lines.parent: made}, day)

    def _special(self, register, made, name, day):
        record = every_row(register).where(register.model.id == made).first()
        if name == "looked-at":
            for one in every_row(register).where(
                register.model.kind == record.kind, register.model.handed_on == record.handed_on
            ):
                self.add(
                    "pairing-check",
                    teacher=one.teacher_id,
                    semester=self.ids["semester"],
                    checked_on=str(day),
                    checked_by=self.head if one.teacher_id != self.head else self.teacher,
                    role="办公室",
                )
        if name == "no-open-difference":
            lines = find("stock-take-line")
            values = {k: v for k, v in self.factory.minimal(lines).items() if k != lines.parent}
            self._line(lines, register, {**values, lines.parent: made}, day)
        if name == "by-psychologist":
            raw = {"kind": "心理辅导教师", "since": "2025-09-01"}
            self.add("post", staff=record.responsible_id, volunteer="", **raw)
        if name == "list":
            self.add(
                "award",
                recipient_kind="学生",
                child=self.child,
                kind="进步学生",
                awarded_on=str(day),
                meeting=made,
            )


PEOPLE = ("teacher", "staff", "child", "class-teacher")
EVENT_DAY = date(2025, 10, 15)
# The semester is over.
HOLIDAY = date(2025, 11, 5)


def _is_moment(register):
    return type(register.model._meta.fields[register.happened]).__name__ == "DateTimeField"
