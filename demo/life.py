"""The invented school's days: what its specs bring is written day by day, with gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from demo import specs
from demo.album import Album
from demo.cadence import periods, pick
from demo.names import People
from demo.roll import Ref, Roll
from demo.scene import Absent, Scene
from demo.specs import LineSpec, Spec
from demo.subjects import diligence, stage, subjects
from demo.writer import Change, Pen, Row, acting, write_alone
from models.core import service
from models.core.school_calendar import SchoolCalendar, SemesterSpan
from models.school import review_tasks

LATE_REASONS = ("纸质记录补登", "外出培训后补登", "系统停用期间补登")
# One record in so many is entered days after it happened.
LATE_SHARE = 0.025

# The day of a month on which the office goes through what is to be looked at.
DAY_OF_TASKS = 28
SEASONS = {"1": "autumn", "2": "spring"}

Event = Callable[[date, service.Work], None]


class Life:
    """Plans each semester and writes every day up to `until`, one transaction per day."""

    def __init__(self, people: People, roll: Roll, calendar: SchoolCalendar, until: date) -> None:
        self.people = people
        self.random = people.random
        self.roll = roll
        self.calendar = calendar
        self.until = until
        self.texts = specs.texts()
        self.agenda: dict[date, list[tuple[Spec, int]]] = defaultdict(list)
        self.waiting: dict[date, list[Row]] = defaultdict(list)
        self.changes: dict[date, list[Change]] = defaultdict(list)
        self.events: dict[date, list[Event]] = defaultdict(list)
        self.semester_id = {ref.record.code: ref.number for ref in roll.made["semester"]}
        self.album: Album | None = None
        self.table_place: dict[str, int] = {}
        self.today: dict[str, list[tuple[Ref, dict[str, Any]]]] = defaultdict(list)

    def live(self, progress: Callable[[str], None], album: Album | None = None) -> None:
        """Write the founding day's records, then all semesters and the holidays between."""
        self.album = album
        spans = self.calendar.semesters
        opened = self.calendar.first_school_day(spans[0])
        self._found(opened)
        if album is not None:
            album.portraits(self.roll, opened)
        for span in spans:
            self._plan(span, last=span is spans[-1])
        day = opened
        while day <= self.until:
            self._write(day)
            if day.day == DAY_OF_TASKS or day == self.until:
                review_tasks.refresh(datetime.combine(day, time(21, 30)))
            progress(f"{day:%Y-%m}的记录")
            day += timedelta(days=1)

    def _found(self, day: date) -> None:
        for name in specs.SETTING_UP:
            for spec in specs.read(name):
                # One after the other, because a later one names what an earlier one made.
                rows = [
                    row
                    for subject in self._subjects(spec, day)
                    for row in self._rows_of(spec, subject, day)
                ]
                self._write_rows(day, rows, [])

    def _subjects(self, spec: Spec, day: date) -> list[int]:
        if spec.table and spec.each == "school":
            return list(range(len(self.texts[spec.table])))
        found = subjects(self.roll, spec.each, day)
        return [subject for subject in found if self._happens(spec, subject)]

    def _happens(self, spec: Spec, subject: int) -> bool:
        share = spec.share
        if spec.diligent:
            share *= diligence(self.roll, spec.each, subject)
        return self.people.chance(share)

    def _plan(self, span: SemesterSpan, *, last: bool) -> None:
        for name in specs.DAYS:
            for spec in specs.read(name):
                names = ("", "last" if last else "first", SEASONS[span.code[-1]])
                if spec.semester in names:
                    self._plan_spec(spec, span)

    def _plan_spec(self, spec: Spec, span: SemesterSpan) -> None:
        people = subjects(self.roll, spec.each, span.first)
        for place, days in enumerate(periods(spec.every, self.calendar, span)):
            if place in spec.skip or not days:
                continue
            for subject in people:
                for _ in range(spec.times):
                    if self._happens(spec, subject):
                        self._put(spec, subject, days)

    def _put(self, spec: Spec, subject: int, days: tuple[date, ...]) -> None:
        self.agenda[pick(self.random, days, spec.window)].append((spec, subject))

    def _scene(self, day: date) -> Scene:
        span = self.calendar.semester_for_visit(day)
        assert span is not None
        week = self.calendar.teaching_week(day) or self.calendar.weeks(span)
        semester = self.semester_id[span.code]
        return Scene(
            self.people, self.roll, self.texts, day, semester, span.code, week, today=self.today
        )

    def _write(self, day: date) -> None:
        self.today.clear()
        rows = self.waiting.pop(day, [])
        for spec, subject in self.agenda.pop(day, []):
            rows += self._rows_of(spec, subject, day)
        changes = self.changes.pop(day, [])
        events = self.events.pop(day, [])
        if rows or changes or events:
            self._write_rows(day, rows, changes, events)

    def _write_rows(
        self, day: date, rows: list[Row], changes: list[Change], events: Iterable[Event] = ()
    ) -> None:
        actor = acting(self.roll, day)
        with service.work(actor) as current:
            pen = Pen(self.roll, actor)
            pen.change(changes)
            together = [row for row in rows if not row.alone]
            order = {slug: n for n, slug in enumerate(dict.fromkeys(r.slug for r in together))}
            together.sort(key=lambda row: order[row.slug])
            for slug, group in groupby(together, key=lambda row: row.slug):
                pen.add(slug, list(group))
            pen.write(current)
            for row in rows:
                if row.alone:
                    write_alone(self.roll, day, row, current)
            for event in events:
                event(day, current)
        for row in rows:
            self._remember(row)
        if self.album is not None:
            self.album.day(self.roll, day, rows)

    def _remember(self, row: Row) -> None:
        made = self.roll.made.setdefault(row.slug, [])
        made.append(row.ref)
        self.roll.records[row.slug, row.ref.number] = row.ref.record
        name = row.values.get("name")
        if name:
            self.roll.named[row.slug, name] = row.ref
        for day, values in row.later:
            self.changes[day].append(Change(row.slug, row.ref, values))

    def _rows_of(self, spec: Spec, subject: int, day: date) -> list[Row]:
        """Return the row of a spec on a day; none when its subject has gone meanwhile."""
        as_place = spec.each == "school" and spec.table
        scene = stage(self._scene(day), spec.each, spec.only, 0 if as_place else subject)
        if scene is None:
            return []
        scene.slug = spec.register
        first = self._next(spec) if spec.table else {}
        # What the row of the table says goes before, and over, what all rows have.
        said = {**first, **spec.fields, **first}
        try:
            values = scene.fill(said)
        except Absent:
            return []
        row = Row(spec.register, values, scene.staff(spec.staff), alone=spec.alone)
        for line in spec.line:
            self._add_lines(line, scene, row)
        self._add_later(spec, scene, row)
        if self._delayed(spec, row, day):
            return []
        self.today[spec.register].append((row.ref, values))
        return [row]

    def _add_later(self, spec: Spec, scene: Scene, row: Row) -> None:
        """Plan what is filled in some days afterwards."""
        for later in spec.then:
            day = scene.day + timedelta(days=self.random.randint(*later.after))
            if self.people.chance(later.share) and day <= self.until:
                found = replace(scene, day=day, row=row.values).again(later.fields)
                values = {name: value for name, value in found.items() if value is not None}
                if values:
                    row.later.append((day, values))

    def _delayed(self, spec: Spec, row: Row, day: date) -> bool:
        """Put a row off to the day it is entered late; one not entered yet stays away."""
        if not spec.late or not self.people.chance(LATE_SHARE):
            return False
        row.values["late_reason"] = self.random.choice(LATE_REASONS)
        self.waiting[day + timedelta(days=self.random.randint(8, 13))].append(row)
        return True

    def _next(self, spec: Spec) -> dict[str, Any]:
        table = self.texts[spec.table]
        place = self.table_place.get(spec.table, 0)
        self.table_place[spec.table] = place + 1
        found: dict[str, Any] = table[place % len(table)]
        return found

    def _add_lines(self, line: LineSpec, scene: Scene, row: Row) -> None:
        """Add the lines of a sheet; the same person stands once."""
        if line.rows:
            said = [(replace(scene, row={}), {**line.fields, **one}) for one in line.rows]
        else:
            said = [(one, line.fields) for one in self._people_of(line, scene)]
        before = len(row.lines)
        for one, fields in said:
            one.sheet = row.values
            made = (line.register, one.fill(fields))
            if made not in row.lines:
                row.lines.append(made)
        if line.counted:
            row.values[line.counted] = len(row.lines) - before

    def _people_of(self, line: LineSpec, scene: Scene) -> list[Scene]:
        roll = self.roll
        pools: dict[str, Callable[[], list[int]]] = {
            "children": scene.present,
            "guarded": lambda: [c for c in scene.present() if roll.children[c].guardian],
            "staff": lambda: roll.staff,
            "assets": lambda: [ref.number for ref in roll.made["asset"]],
            "coordination": lambda: [ref.number for ref in roll.made["coordination-member"]],
        }
        pool = pools[line.of]()
        chosen = self.random.sample(pool, min(len(pool), self.random.randint(*line.count)))
        if line.of in ("children", "guarded"):
            return [replace(scene, child=roll.children[c], row={}, _parent=None) for c in chosen]
        return [replace(scene, item=one, number=n, row={}) for n, one in enumerate(chosen)]
