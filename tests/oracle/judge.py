"""What became of every duty: the letter of each period of each subject."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from models.core.register import find, register_of
from tests.oracle.content import DATA, Content
from tests.oracle.kept import (
    BEGINNING,
    DAY,
    END,
    SEVEN,
    Kept,
    SchoolDays,
    day_of,
    days,
    holds,
    on,
    said,
)
from tests.oracle.people import People, Whom

DONE, BACK_FILLED, LATE, DUE, MISSED, EXCUSED, NOT_DUE = "DBLOMEN"
GRAVEST = "MOLBDEN"
SETS = {
    "四新中学": "S",
    "留守儿童相关制度": "G",
    "思渠中学": "Q",
    "回龙学校": "H",
    "张大庙小学": "Z",
}
# How many school days a period needs before anything is asked (docs/rules.md).
WEEK, TWO_WEEKS, HALF_MONTH, MONTH, LONG = 3, 5, 5, 10, 20
BACK_FILLING = SEVEN
# Kinds whose records say which colleague they are about, and where.
NAMED = {
    "hand-in": "teacher",
    "pairing": "teacher",
    "attendee": "staff",
    "agreement": "staff",
    "evaluation": "teacher",
    "talk": "teacher",
    "care-diary": "teacher",
    "parent-contact": "teacher",
    "mind-note": "teacher",
    "census": "surveyor",
    "pairing-check": "checked_by",
    "leadership-member": "staff",
}
# Who acted in an event.
ACTED = {"counselling": "counsellor", "incident": "found_by"}
# The field of a record that names a subject which is no child and no colleague.
LINKS = {
    "study-group": "study_group",
    "room": "room",
    "department": "department",
    "outside-parent": "volunteer",
    "guardian": "guardian",
    "volunteer-child": "volunteer",
}


def duties():
    """Return every duty as its file says it, by code."""
    files = sorted((DATA / "duties").glob("*.toml"))
    tables = [tomllib.loads(file.read_text(encoding="utf-8"))["duty"] for file in files]
    return {duty["code"]: duty for table in tables for duty in table}


@dataclass
class Period:
    """A stretch of time a duty is asked for."""

    first: date
    last: date
    counts_from: date
    counts_until: date
    needed: int
    whole: bool
    deadline: date | None = None


@dataclass
class Fact:
    """One record that counts for a subject, with the part of the duty it serves."""

    slug: str
    record: object
    happened: date
    complete: bool
    part: int


class Oracle:
    """The school on one day of one semester."""

    def __init__(self, semester, today):
        self.kept = Kept()
        self.school_days = SchoolDays(self.kept)
        self.semester = next(one for one in self.school_days.semesters if one.code == semester)
        self.today = min(today, self.school_days.holiday_ends(self.semester))
        self.people = People(self.kept)
        self.content = Content(self.kept, self.school_days, self.today)
        school = self.kept.rows("school")[0]
        self.adopted = {
            letter for word, letter in SETS.items() if f"、{word}、" in (school.adopted or "")
        }

    # ---- what is asked -------------------------------------------------------------------------

    def verdicts(self, duty):
        """Return the letters of a duty by subject, as the pages show them."""
        if not any(clause[0] in self.adopted for clause in duty["clauses"]):
            return {}
        if duty["every"] == "event":
            return self._events(duty)
        if duty["subject"] == "topic":
            return {
                number: self._subject(
                    {**duty, "subject": "school", "parts": [part]}, Whom(0, [(BEGINNING, END)])
                )
                for number, part in enumerate(duty["parts"])
                if any(clause[0] in self.adopted for clause in part["clauses"])
            }
        return {one.number: self._subject(duty, one) for one in self.asked_of(duty)}

    def asked_of(self, duty):
        """Return the subjects of a duty."""
        among, kind = duty.get("among", {}), duty["subject"]
        if kind == "pairing":
            fitting = [
                one for one in self.kept.rows("pairing") if self.content.says("pairing", one, among)
            ]
            subjects = self.people.couples(fitting)
        else:
            subjects = self.people.of(kind)
            if among:
                slug = {"room": "room", "outside-parent": "volunteer"}[kind]
                subjects = [
                    one
                    for one in subjects
                    if self.content.says(slug, self.kept.one(slug, one.number), among)
                ]
        for name in duty.get("only", ()):
            subjects = self.people.only(name, subjects, self.today)
        return subjects

    # ---- when ----------------------------------------------------------------------------------

    def periods(self, every, deadline=None):
        """Return the periods of a frequency in the semester, in order."""
        made = list(getattr(self, "every_" + every.replace("-", "_"))())
        for period in made:
            if deadline and "weeks" in deadline:
                monday = self.school_days.first_week(self.semester)
                period.deadline = monday + deadline["weeks"] * SEVEN - DAY
            if deadline and deadline.get("semester_end"):
                period.deadline = self.semester.last_day
        return made

    def every_school_day(self):
        for day in self.school_days.school_days(self.semester.first_day, self.semester.last_day):
            yield Period(day, day, day, day, 1, True)

    def every_home_day(self):
        for day in self.school_days.anywhere(self.semester.first_day, self.semester.last_day):
            yield Period(day, day, day, day, 1, True)

    def every_week(self, together=1, needed=WEEK):
        monday = self.school_days.first_week(self.semester)
        while monday <= self.semester.last_day:
            sunday = monday + together * SEVEN - DAY
            alone = sunday - SEVEN if together > 1 else sunday
            if alone >= self.semester.last_day:
                sunday = alone
            yield Period(monday, min(sunday, self.semester.last_day), monday, sunday, needed, True)
            monday += together * SEVEN

    def every_two_weeks(self):
        return self.every_week(2, TWO_WEEKS)

    def every_month(self):
        return self._calendar(lambda day: (day.year, day.month), MONTH, True)

    def every_half_month(self):
        return self._calendar(lambda day: (day.year, day.month, day.day > 15), HALF_MONTH, True)

    def every_quarter(self):
        for period in self._calendar(lambda day: (day.year, (day.month + 2) // 3), LONG, False):
            school_days = self.school_days.school_days(period.first, period.last)
            period.last = school_days[-1] if school_days else period.last
            yield period

    def _calendar(self, code, needed, whole):
        """Months and the like: judged once, in the semester of their last school day."""
        semester = self.semester
        school_days = self.school_days.school_days(semester.first_day, semester.last_day)
        for one in sorted({code(day) for day in school_days}):
            around = days(semester.first_day - timedelta(100), semester.last_day + timedelta(100))
            own = [day for day in around if code(day) == one]
            following = self.school_days.following(semester)
            later = [day for day in own if following and day >= following]
            if any(map(self.school_days.is_school_day, later)):
                continue
            last = min(own[-1], semester.last_day)
            yield Period(own[0], last, own[0], own[-1], needed, whole)

    def every_semester(self):
        first, last = self.semester.first_day, self.semester.last_day
        yield Period(first, last, first, self.school_days.holiday_ends(self.semester), LONG, False)

    def every_school_year(self):
        year = self.semester.code[:9]
        own = [one for one in self.school_days.semesters if one.code[:9] == year]
        last = max(date(int(year[-4:]), 8, 31), own[-1].last_day)
        until = max(last, self.school_days.holiday_ends(own[-1]))
        yield Period(own[0].first_day, last, own[0].first_day, until, LONG, False)

    def every_now(self):
        first = self.semester.first_day
        yield Period(first, self.school_days.holiday_ends(self.semester), BEGINNING, END, 0, False)

    # ---- what there is -------------------------------------------------------------------------

    def _subject(self, duty, whom):
        facts = list(self._facts(duty, whom))
        every = "home_day" if duty["subject"] == "home" else duty["every"]
        periods = self.periods(every, duty.get("deadline"))
        return "".join(self._letter(duty, whom, period, periods, facts) for period in periods)

    def _facts(self, duty, whom):
        parts = duty.get("parts") or [{"from": duty.get("from", ())}]
        for number, part in enumerate(parts):
            for source in part["from"]:
                needs = [*duty.get("needs", ()), *part.get("needs", ()), *source.get("needs", ())]
                fields = self._fields(duty, part, source["register"])
                for record in self.kept.rows(source["register"]):
                    if self._counts(duty, source, record, whom):
                        day = self.happened(source["register"], record, source.get("date"))
                        whole = self.content.holds_all(source["register"], record, needs, fields)
                        yield Fact(source["register"], record, day, whole, number)

    def _fields(self, duty, part, slug):
        if "complete" not in duty["measure"]:
            return ()
        named = part.get("complete") or duty["measure"]["complete"]
        if named is not True:
            return named
        specs = find(slug).fields.values()
        return [spec.name for spec in specs if spec.required or spec.wanted]

    def happened(self, slug, record, name=None):
        """Return the day a record happened; a line's is its record's, else since it holds."""
        register = find(slug)
        if name or register.happened:
            return day_of(said(record, name or register.happened))
        if register.parent:
            above = register.fields[register.parent].target
            slug_above = register_of(above).slug
            owner = self.kept.one(slug_above, said(record, register.parent))
            return None if owner is None else self.happened(slug_above, owner)
        return BEGINNING

    def _counts(self, duty, source, record, whom):
        """Whether a record is one of the source, holds, and is the subject's."""
        slug = source["register"]
        day = self.happened(slug, record, source.get("date"))
        if day is None or day > self.today:
            return False
        if duty["every"] == "now" and not source.get("date") and not self._lasts(slug, record):
            return False
        if not self._is_of(duty, source, record, whom, day):
            return False
        return self.content.says(slug, record, source.get("where", {}))

    def _lasts(self, slug, record):
        """Whether what a record says holds on the day looked from."""
        if slug == "child" and self.kept.lines("identification", "child", record.id):
            return on(self.people.identified(record.id), self.today)
        register = find(slug)
        if any(register.span) and not holds(record, self.today, *register.span):
            return False
        return all(
            on(stays(said(record, name)), self.today)
            for name, stays in self._goes_with(slug)
            if said(record, name) is not None
        )

    def _goes_with(self, slug):
        """With whose going a row ends that nobody closed."""
        child, staff = self.people.identified, self.people.stays
        return {
            "pairing": (("teacher", staff), ("child", child)),
            "peer-pairing": (("child", child), ("helper_child", child)),
            "class-teacher": (("staff", staff),),
            "leadership-member": (("staff", staff),),
            "post": (("staff", staff),),
        }.get(slug, ())

    def _is_of(self, duty, source, record, whom, day):
        """Whose record it is, and whether whoever acted held the role on its day."""
        kind, slug = duty["subject"], source["register"]
        child = record.id if slug == "child" else said(record, "child")
        if kind == "school":
            return True
        if kind in ("pairing", "child"):
            return child == whom.child and self._by_right(duty, source, record, whom, day)
        if kind == "class":
            named = said(record, "school_class")
            if named is None and child is not None:
                named = self.people.class_of(child, day)
            own = named == whom.school_class
            return own and self._by_right(duty, source, record, whom, day)
        if kind == "home":
            room = self.kept.one("room", said(record, "room"))
            return (room is not None and said(room, "point") or 0) == whom.number
        if kind == "volunteer-child":
            return (child, said(record, "volunteer")) == (whom.child, whom.volunteer)
        if kind in LINKS:
            return said(record, LINKS[kind]) in (whom.rows or {whom.number})
        return whom.staff in self.actors(source, record)

    def _by_right(self, duty, source, record, whom, day):
        """Whether one of those acted who may: the paired, or the class's own, on that day."""
        by = _listed(duty["by"])
        if "paired-teacher" in by:
            return bool(self.actors(source, record) & self.people.paired_with(whom, day))
        if "class-teacher" not in by:
            return True
        school_class = whom.school_class
        if whom.child is not None:
            school_class = self.people.class_of(whom.child, day)
        held = self.people.leads(school_class, day)
        if "subject-teacher" in by:
            held |= self.people.teaches(school_class, day)
        return bool(self.actors(source, record) & held)

    def actors(self, source, record):
        """Return who acted, or whom a record of the staff is about."""
        slug = source["register"]
        if slug == "home-visit":
            lines = self.kept.lines("home-visitor", "visit", record.id)
            return {said(one, "staff") for one in lines}
        if source.get("present"):
            field = find(slug).parent
            lines = self.kept.lines(slug, field, said(record, field))
            return {said(one, "staff") for one in lines} - {None}
        return {said(record, NAMED[slug])} - {None}

    # ---- what became of it ---------------------------------------------------------------------

    def _letter(self, duty, whom, period, periods, facts):
        if period.first > self.today:
            return NOT_DUE
        here = [one for one in facts if period.counts_from <= one.happened <= period.counts_until]
        if duty["every"] == "now":
            day = min(self.today, period.last)
            if not on(whom.stretches, day):
                return NOT_DUE
            if self.enough(duty, here):
                return DONE
            return EXCUSED if self.is_excused(duty, whom, day) else MISSED
        school_days = self.school_days.school_days(period.first, period.last)
        active = [day for day in school_days if on(whom.stretches, day)]
        if duty["subject"] == "home":
            open_there = self.school_days.is_open_at(whom.number, period.first)
            school_days = [period.first]
            active = [one for one in school_days if open_there and on(whom.stretches, one)]
        touched = any(on(whom.stretches, day) for day in days(period.first, period.last))
        if not touched or len(active) < (len(school_days) if period.whole else period.needed):
            return NOT_DUE
        if self.enough(duty, here):
            return self._kept_how(duty, period, periods, here)
        if sum(not self.is_excused(duty, whom, day) for day in active) < period.needed:
            return EXCUSED
        closes = min(filter(None, (period.last, period.deadline)))
        return MISSED if self.today > closes or self._too_many(duty, here) else DUE

    def _kept_how(self, duty, period, periods, here):
        in_time = [one for one in here if not period.deadline or one.happened <= period.deadline]
        prompt = [
            one for one in in_time if self.entered(one, period) - one.happened <= BACK_FILLING
        ]
        if self.enough(duty, prompt):
            return DONE
        return BACK_FILLED if self.enough(duty, in_time) else LATE

    def entered(self, fact, period):
        """Since when a record stood in the period: its first entry, or the move that brought it."""
        slug, record = fact.slug, fact.record
        register = find(slug)
        paper = said(record, register.paper) if register.paper else None
        first = paper or record.entered_at.date()
        if not register.happened and register.parent:
            above = register.fields[register.parent].target
            slug = register_of(above).slug
            moves = self.kept.moved(slug, said(record, register.parent))
        else:
            moves = self.kept.moved(slug, record.id)
        if not moves:
            return first
        stays = [(moves[0][0], first), *((to, when) for _, to, when in moves)]
        since = [when for day, when in stays if period.counts_from <= day <= period.counts_until]
        return min(since, default=first)

    def enough(self, duty, facts):
        """Whether these records are what is asked, part by part."""
        parts = duty.get("parts") or [{}]
        return all(
            self._enough(duty, part, [one for one in facts if one.part == number])
            for number, part in enumerate(parts)
        )

    def _enough(self, duty, part, facts):
        measure = duty["measure"]
        whole = [one for one in facts if one.complete]
        if "sum" in measure:
            return self.minutes(whole) >= measure["least"]
        if "range" in measure:
            least, most = measure["range"]
            return least <= len(whole) <= most
        if "complete" in measure:
            return len(whole) == len(facts) and len(whole) >= part.get("least", 1)
        return len(whole) >= (part.get("least", 1) if "parts" in duty else measure["count"])

    def minutes(self, facts):
        """For how long it was open: what overlaps counts once (S07-1)."""
        minutes = set()
        for one in facts:
            start, end = one.record.starts_at, one.record.ends_at
            for minute in range(start.hour * 60 + start.minute, end.hour * 60 + end.minute):
                minutes.add((one.happened, minute))
        return len(minutes)

    def _too_many(self, duty, facts):
        most = duty["measure"].get("range")
        return most is not None and sum(one.complete for one in facts) > most[1]

    def is_excused(self, duty, whom, day):
        """Whether the day is excused of the subject, or of who answers and has no stand-in."""
        for one in self.kept.rows("excuse"):
            if one.duty not in (None, "", duty["code"]) or not holds(one, day, "first", "last"):
                continue
            if duty["every"] == "now" and one.duty != duty["code"]:
                continue
            if whom.child is not None and said(one, "child") == whom.child:
                return True
            if duty["subject"] == "pairing" and said(one, "pairing") in whom.rows:
                return True
            if said(one, "teacher") is not None and self._charged_away(
                duty, whom, day, said(one, "teacher")
            ):
                return True
        return False

    def _charged_away(self, duty, whom, day, away):
        if whom.staff == away:
            return not self.people.stand_ins(away, day, whom.child)
        if duty["responsible"] != "class-teacher":
            return False
        school_class = whom.school_class
        if whom.child is not None:
            school_class = self.people.class_of(whom.child, day)
        led = any(
            said(one, "school_class") == school_class
            and said(one, "staff") == away
            and on(self.people.led(one), day)
            for one in self.kept.rows("class-teacher")
        )
        return led and not self.people.stand_ins(away, day, school_class=school_class)

    # ---- each time something happens -----------------------------------------------------------

    def _events(self, duty):
        source = duty.get("event") or duty["from"][0]
        slug = source["register"]
        subjects = {one.number: one for one in self.asked_of(duty)}
        found = defaultdict(set)
        last = min(self.today, self.school_days.holiday_ends(self.semester))
        for record in self.kept.rows(slug):
            own = {"child": said(record, "child")}.get(duty["subject"], record.id)
            moment = self._begun(duty, slug, record, source)
            happened = self.happened(slug, record, source.get("date"))
            if own not in subjects or happened is None or moment is None:
                continue
            if not self.semester.first_day <= happened <= last:
                continue
            if self.content.says(slug, record, source.get("where", {})) and (
                self._actor(duty, slug, record) is None or self._held(duty, slug, record)
            ):
                found[own].add(self._event(duty, slug, record, moment, subjects[own]))
        return {own: min(letters, key=GRAVEST.index) for own, letters in found.items()}

    def _actor(self, duty, slug, record):
        """Who acted in an event of which a duty asks whose act it was."""
        return said(record, ACTED[slug]) if "counsellor" in _listed(duty["by"]) else 0

    def _held(self, duty, slug, record):
        """Whether who acted was a counsellor on that day; sealed cards only a counsellor writes."""
        if "counsellor" not in _listed(duty["by"]) or slug == "counselling":
            return True
        return any(
            one.kind == "心理辅导教师"
            and said(one, "staff") == said(record, ACTED[slug])
            and said(one, "staff") is not None
            and holds(one, self.happened(slug, record))
            for one in self.kept.rows("post")
        )

    def _begun(self, duty, slug, record, source):
        school = self.kept.rows("school")[0]
        if slug == "incident" and school.clock_from == "发现时间" and record.discovered_at:
            return record.discovered_at
        said_at = said(record, source["date"]) if source.get("date") else None
        moment = said_at or (said(record, find(slug).happened) if find(slug).happened else None)
        return moment or self.happened(slug, record)

    def _event(self, duty, slug, record, begun, whom):
        answered = self._answered(duty, slug, record)
        until = self._until(duty, record, begun)
        if answered is not None and day_of(answered) <= self.today:
            return LATE if until is not None and _moment(answered) > until else DONE
        if self.is_excused(duty, whom, day_of(begun)):
            return EXCUSED
        return MISSED if until is not None and until.date() < self.today else DUE

    def _until(self, duty, record, begun):
        if "minutes" in duty["measure"]:
            return _moment(begun) + timedelta(minutes=duty["measure"]["minutes"])
        limit = duty["deadline"]
        day = (
            said(record, limit["field"])
            if "field" in limit
            else day_of(begun) + timedelta(limit["days"])
        )
        return None if day is None else datetime.combine(day, time.max)

    def _answered(self, duty, slug, record):
        """When an event was answered as it should be, None while it was not."""
        (source,) = duty["from"]
        measure, needs = duty["measure"], duty.get("needs", ())
        if source["register"] == slug:
            says = self.content.says(slug, record, source.get("where", {}))
            if not says or not self._held(duty, slug, record):
                return None
            fields = measure.get("complete") or [measure["event"]]
            if not self.content.holds_all(slug, record, needs, fields):
                return None
            if "event" in measure:
                return said(record, measure["event"])
            return self.happened(slug, record, (duty.get("event") or {}).get("date"))
        field = next(s.name for s in find(source["register"]).links if s.target is find(slug).model)
        answers = [
            said(one, measure["event"])
            for one in self.kept.lines(source["register"], field, record.id)
            if self.content.says(source["register"], one, source.get("where", {}))
            and self.content.holds_all(source["register"], one, needs)
        ]
        return min(filter(None, answers), default=None)


def _moment(value):
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _listed(asked):
    return asked if isinstance(asked, list) else [asked]
