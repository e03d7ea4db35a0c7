"""What a record says and holds: the filters and needs of the duties' data, in plain Python."""

from __future__ import annotations

import tomllib
from pathlib import Path

from peewee import BooleanField

from models.core.fields import WordsField
from models.core.register import find, register_of
from tests.oracle.kept import day_of, holds, is_there, said, words

DATA = Path(__file__).parent.parent.parent / "compliance" / "data"
NEEDS = tomllib.loads((DATA / "needs.toml").read_text(encoding="utf-8"))
PROGRAMMES = tomllib.loads((DATA / "programmes.toml").read_text(encoding="utf-8"))
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def listed(asked):
    """Return what is asked as a list."""
    return asked if isinstance(asked, list) else [asked]


class Content:
    """Reads records of one school as they stand on one day."""

    def __init__(self, kept, school_days, today):
        self.kept, self.school_days, self.today = kept, school_days, today
        self._known = {}

    # ---- what it says --------------------------------------------------------------------------

    def says(self, slug, record, where):
        """Return whether a record says all that a filter asks."""
        return all(self._says(slug, record, name, asked) for name, asked in where.items())

    def _says(self, slug, record, name, asked):
        worked_out = {
            ("parent", "state"): self.state_of,
            ("meeting", "time_of_year"): self._time_of_year,
            ("regulation", "posted_in"): self._posted_in,
        }.get((slug, name))
        if worked_out is not None:
            told = worked_out(record)
            return (
                bool({*told} & {*listed(asked)}) if isinstance(told, set) else told in listed(asked)
            )
        link, _, inner = name.partition("__")
        spec = find(slug).fields[link]
        if inner:
            target = register_of(spec.target).slug
            other = self.kept.one(target, said(record, link))
            return other is not None and self._says(target, other, inner, asked)
        value = said(record, link)
        if isinstance(asked, bool) and not isinstance(spec.field, BooleanField):
            return is_there(value) is asked
        if isinstance(spec.field, WordsField):
            return bool(words(value) & {*listed(asked)})
        return value in listed(asked)

    def state_of(self, parent):
        """Where a parent is: what the newest state up to the day says."""
        states = [one for one in self.states(parent.id) if one.since <= self.today]
        newest = max(states, key=lambda one: (one.since, one.id), default=None)
        return newest and newest.state

    def states(self, parent):
        return self.kept.lines("parent-state", "parent", parent)

    def _time_of_year(self, meeting):
        held = day_of(meeting.held_at)
        semesters = self.school_days.semesters
        in_semester = any(holds(one, held, "first_day", "last_day") for one in semesters)
        return (
            "上学期间" if in_semester and self.school_days.holidays.get(held) != "放假" else "假期"
        )

    def _posted_in(self, text):
        hanging = [
            one
            for one in self.kept.lines("wall-posting", "document", text.id)
            if holds(one, self.today, "posted_on", "removed_on")
            and "photo" in self.kept.attached("wall-posting", one.id)
        ]
        rooms = [self.kept.one("room", said(one, "room")) for one in hanging]
        return {room.kind for room in rooms if room is not None}

    # ---- what it holds -------------------------------------------------------------------------

    def holds_all(self, slug, record, needs, fields=()):
        """Return whether a record has everything named, with all the fields filled in."""
        return all(self._holds(slug, record, name) for name in needs) and all(
            is_there(said(record, name)) for name in fields
        )

    def _holds(self, slug, record, name):
        key = slug, record.id, name
        if key not in self._known:
            by_hand = getattr(self, f"need_{slug}_{name}".replace("-", "_"), None)
            self._known[key] = by_hand(record) if by_hand else self._plain(slug, record, name)
        return self._known[key]

    def _plain(self, slug, record, name):
        """An attachment of that kind, else the field of that name, or what needs.toml says."""
        ways = NEEDS.get(slug, {}).get(name)
        if ways is None:
            register = find(slug)
            if name in register.evidence:
                return name in self.kept.attached(slug, record.id)
            return is_there(said(record, name.replace("-", "_")))
        there = [ways.get("evidence") in self.kept.attached(slug, record.id)]
        there += [is_there(said(record, field)) for field in ways.get("fields", ())]
        if "lines" in ways:
            parent = find(ways["lines"]).parent
            lines = self.kept.lines(ways["lines"], parent, record.id)
            where = ways.get("lines_where", {})
            there.append(any(self.says(ways["lines"], line, where) for line in lines))
        if "where" in ways:
            there.append(self.says(slug, record, ways["where"]))
        return any(there)

    def _now(self, slug):
        return [one for one in self.kept.rows(slug) if holds(one, self.today)]

    def need_parent_state_known(self, parent):
        return self.state_of(parent) is not None

    def need_parent_place_known(self, parent):
        states = [one for one in self.states(parent.id) if one.since <= self.today]
        newest = max(states, key=lambda one: (one.since, one.id), default=None)
        return newest is not None and is_there(newest.province)

    def need_enrolment_class_teacher_phone(self, enrolment):
        led = [
            self.kept.one("staff", said(one, "staff"))
            for one in self._now("class-teacher")
            if said(one, "school_class") == said(enrolment, "school_class")
        ]
        return any(
            staff is not None and is_there(staff.phone) and holds(staff, self.today, "", "left_on")
            for staff in led
        )

    def need_class_teacher_in_leadership(self, post):
        return any(
            said(one, "staff") == said(post, "staff") and is_there(one.duties)
            for one in self._now("leadership-member")
        )

    def need_hand_in_looked_at(self, hand_in):
        return any(
            said(one, "teacher") == said(hand_in, "teacher")
            and said(one, "semester") == said(hand_in, "semester")
            and one.role == "办公室"
            and one.checked_on <= self.today
            and (
                one.week == hand_in.week
                if one.week is not None
                else one.checked_on >= hand_in.handed_on
            )
            for one in self.kept.rows("pairing-check")
        )

    def need_stock_take_no_open_difference(self, taken):
        lines = self.kept.lines("stock-take-line", "stock_take", taken.id)
        return bool(lines) and not any(
            line.counted_quantity != line.book_quantity
            and (line.handled_on is None or line.handled_on > self.today)
            for line in lines
        )

    def need_meeting_list(self, meeting):
        return bool(self.kept.lines("award", "meeting", meeting.id))

    def need_opening_as_programmed_s15(self, opening):
        return self._as_programmed(opening, "S15")

    def need_opening_as_programmed_q18(self, opening):
        return self._as_programmed(opening, "Q18")

    def _as_programmed(self, opening, regulation):
        day = opening.opened_on
        weekday = WEEKDAYS[day.isoweekday() - 1]
        own = [
            one
            for one in self.kept.rows("week-programme")
            if one.regulation == regulation and holds(one, day)
        ]
        ordered = PROGRAMMES[regulation]
        if own:
            ordered = {}
            for one in own:
                ordered.setdefault(one.weekday, []).append(one.programme)
        return opening.programme in ordered[weekday] if weekday in ordered else True

    def need_peer_pairing_one_to_one(self, pairing):
        def helper(one):
            if said(one, "helper_child") is not None:
                return said(one, "helper_child")
            return one.helper, said(one, "helper_class")

        return not any(
            said(one, "child") != said(pairing, "child") and helper(one) == helper(pairing)
            for one in self._now("peer-pairing")
        )

    def need_lecture_by_psychologist(self, lecture):
        return any(
            one.kind == "心理辅导教师"
            and said(one, "staff") is not None
            and said(one, "staff") == said(lecture, "responsible")
            and holds(one, day_of(lecture.held_at))
            for one in self.kept.rows("post")
        )

    def need_census_income_known(self, census):
        child = self.kept.one("child", said(census, "child"))
        return child is not None and is_there(child.income)

    def need_census_parents_known(self, census):
        parents = self.kept.lines("parent", "child", said(census, "child"))
        return any(map(self.need_parent_state_known, parents))

    def need_census_guardian_known(self, census):
        return any(said(one, "child") == said(census, "child") for one in self._now("guardian"))

    def grades_on(self, group, day):
        """Return the grades of each member of a study group, as on a day."""
        found = {}
        for member in self.kept.lines("study-group-member", "study_group", group):
            if not holds(member, day):
                continue
            for one in self.kept.lines("enrolment", "child", said(member, "child")):
                if holds(one, day):
                    school_class = self.kept.one("school-class", said(one, "school_class"))
                    if school_class is not None:
                        found.setdefault(said(member, "child"), set()).add(school_class.grade)
        return found

    def need_group_session_two_grades(self, session):
        """What a session was on its day stays (duties.md)."""
        grades = self.grades_on(said(session, "study_group"), session.held_on)
        return len(set().union(*grades.values())) > 1

    def need_group_session_senior_leader(self, session):
        group = self.kept.one("study-group", said(session, "study_group"))
        grades = self.grades_on(said(session, "study_group"), session.held_on)
        leader = group and said(group, "leader")
        return leader in grades and max(grades[leader]) == max(set().union(*grades.values()))

    def need_group_session_guiding_teacher(self, session):
        group = self.kept.one("study-group", said(session, "study_group"))
        return group is not None and said(group, "guiding_teacher") is not None
