"""The school in plain Python: every living record of every register, and its calendar."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from models.core.gates import every_row
from models.core.register import find
from models.core.touches import DateMove

DAY = timedelta(days=1)
SEVEN = timedelta(days=7)
BEGINNING, END = date.min, date.max


class Kept:
    """Records by register and number, and what is asked of them all the time."""

    def __init__(self):
        self._rows = {}
        self._numbered = {}
        self._attached = None
        self._moves = None

    def rows(self, slug):
        """Return all living records of a register, in order of their numbers."""
        if slug not in self._rows:
            self._rows[slug] = sorted(every_row(find(slug)), key=lambda one: one.id)
        return self._rows[slug]

    def one(self, slug, number):
        """Return the living record of that number, or None."""
        if slug not in self._numbered:
            self._numbered[slug] = {one.id: one for one in self.rows(slug)}
        return self._numbered[slug].get(number)

    def attached(self, slug, number):
        """Return the kinds of attachment a record has."""
        if self._attached is None:
            self._attached = defaultdict(set)
            for photo in self.rows("photo"):
                self._attached[photo.register, photo.record_id].add(photo.evidence)
        return self._attached[slug, number]

    def lines(self, slug, field, number):
        """Return the lines of a record."""
        return [one for one in self.rows(slug) if said(one, field) == number]

    def moved(self, slug, number):
        """Return the moves of a record to another day, in order: from, to, when."""
        if self._moves is None:
            self._moves = defaultdict(list)
            for move in DateMove.select().order_by(DateMove.id):
                told = move.from_day, move.to_day, move.moved_on
                self._moves[move.register, move.record_id].append(told)
        return self._moves[slug, number]


def said(record, name):
    """Return what a field says; of a link the number of the record."""
    return record.__data__.get(name)


def is_there(value):
    """Return whether something is filled in: no and nought are answers."""
    return value is not None and value != ""


def words(value):
    """Return the words of a field of several."""
    return {word for word in (value or "").split("、") if word}


def day_of(value):
    """Return the day of a date or a moment."""
    return value.date() if isinstance(value, datetime) else value


def days(first, last):
    """Every day from one to another, both included."""
    return [first + number * DAY for number in range((last - first).days + 1)]


# A stretch is its first and last day; open ends are the beginning and the end of time.


def stretch(record, first="since", last="until"):
    """Return the days a dated record says it holds."""
    begun = said(record, first) if first else None
    ended = said(record, last) if last else None
    return begun or BEGINNING, ended or END


def holds(record, day, first="since", last="until"):
    """Return whether a dated record holds on a day."""
    begun, ended = stretch(record, first, last)
    return begun <= day <= ended


def both(ones, others):
    """The stretches in which one of either holds."""
    found = [(max(a, c), min(b, d)) for a, b in ones for c, d in others]
    return [(first, last) for first, last in found if first <= last]


def on(stretches, day):
    """Return whether a day lies in one of the stretches."""
    return any(first <= day <= last for first, last in stretches)


class SchoolDays:
    """Semesters, weeks and school days as docs/rules.md says."""

    def __init__(self, kept):
        self.semesters = sorted(kept.rows("semester"), key=lambda one: one.first_day)
        self.holidays = {one.day: one.kind for one in kept.rows("holiday")}
        self.points = {}
        for one in kept.rows("point-day"):
            own = self.points.setdefault(said(one, "point"), {})
            own.update(dict.fromkeys(days(one.since, one.until), one.kind == "上课"))

    def is_school_day(self, day):
        """What the school says of the day, else working days without holidays, with make-ups."""
        kind = self.holidays.get(day, "")
        if kind.startswith("本校"):
            return kind == "本校上课"
        if kind == "放假" or not any(
            holds(one, day, "first_day", "last_day") for one in self.semesters
        ):
            return False
        return kind == "补班" or day.isoweekday() <= 5

    def is_open_at(self, point, day):
        """Whether there is school at a home: a village point has days of its own."""
        own = self.points.get(point, {}).get(day)
        return self.is_school_day(day) if own is None else own

    def anywhere(self, first, last):
        """Return the days between two with school at any home."""
        homes = (0, *self.points)
        return [day for day in days(first, last) if any(self.is_open_at(p, day) for p in homes)]

    def school_days(self, first, last):
        """Return the school days between two days."""
        return [day for day in days(first, last) if self.is_school_day(day)]

    def following(self, semester):
        """Return the first day of the semester after this one, or None."""
        later = [one.first_day for one in self.semesters if one.first_day > semester.last_day]
        return min(later, default=None)

    def holiday_ends(self, semester):
        """Return the last day of the holiday after a semester."""
        following = self.following(semester)
        return END if following is None else following - DAY

    def first_week(self, semester):
        """Return the Monday of the week of the first day of class."""
        first = next(
            iter(self.school_days(semester.first_day, semester.last_day)), semester.first_day
        )
        return first - (first.isoweekday() - 1) * DAY
