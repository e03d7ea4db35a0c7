"""The school that meets every duty, with the checklists filled and something in every register."""

from __future__ import annotations

from datetime import date, datetime

from compliance.checklists.archive import items
from compliance.checklists.hardware import AREA, ASSET, BOOK, PERIODICAL, SIGN, lines
from compliance.ordered import needs as completeness
from compliance.ordered.conditions import condition
from compliance.ordered.regulations import clauses
from models.core import service
from models.core.gates import every_row, row
from models.core.register import find, line_registers
from tests.meeting_school import ALSO, COMPUTED, MeetingSchool

DAY = date(2025, 10, 15)
FIRST, AFTER = datetime(2025, 9, 1), datetime(2025, 11, 11)


class ListedSchool(MeetingSchool):
    """Builds on the duties: what the hardware and archive lists ask, and the plain records."""

    def build(self):
        super().build()
        self._hardware()
        for clause in clauses().values():
            for slug in clause.registers if clause.record_only else ():
                self.keep(slug, clause.where.get(slug, {}))
        # Twice: what a later source adds may be incomplete for an earlier one.
        for item in (*items(), *items()):
            for source in item.sources:
                self._source(source)
            for slug in item.photos:
                self._photographed(find(slug))

    # ---- hardware ------------------------------------------------------------------------------

    def _hardware(self):
        for line in lines():
            if line.counted == ASSET:
                raw = {"checklist_item": line.item, "quantity": line.target, "condition": "在用"}
                self.new("asset", {**raw, "room": self.room(line.room)})
            elif line.counted == AREA:
                self.change("room", self.room(line.room), area_m2=str(line.target))
            elif line.counted == SIGN:
                self.change("room", self.room(line.room), sign="1")
            elif line.counted == BOOK:
                self.new("book", {"number": "500", "copies": line.target})
            elif line.counted == PERIODICAL:
                for number in range(line.target):
                    title = {"number": f"P{number}", "title": f"少年报 {number}"}
                    self.new("periodical", {**title, "until": ""})

    def room(self, kind):
        register = find("room")
        return every_row(register).where(register.model.kind == kind).first().id

    # ---- archive -------------------------------------------------------------------------------

    def _source(self, source):
        register = source.register
        for _number in range(source.at_least - self.matching(register, source.where).count()):
            self.new(register.slug, self._said(register, source.where))
        for need in source.needs:
            for one in list(self.matching(register, source.where)):
                self._supply_need(register, one, need.split("|"))

    def _supply_need(self, register, one, ways):
        lined = {line.slug: line for line in line_registers(register)}
        for name in ways:
            if name in lined:
                line = lined[name]
                column = getattr(line.model, line.parent)
                if every_row(line).where(column == one.id).exists():
                    return
            elif self._is_there(register, one, name):
                return
        name = ways[0]
        if name in lined:
            line = lined[name]
            self._line(line, register, {**self._plain_line(line), line.parent: one.id}, DAY)
            return
        asked = completeness.need(register, name)
        for field in asked.fields[:1]:
            value = self._filled(register, field, DAY)
            self.change(register.slug, one.id, **{field: value})
        self._supply(register, one.id, name, DAY)

    def _is_there(self, register, one, name):
        enough = completeness.complete(register, (name,))
        return every_row(register).where(register.model.id == one.id, enough).exists()

    def _plain_line(self, line):
        return {k: v for k, v in self.factory.minimal(line).items() if k != line.parent}

    def _photographed(self, register):
        one = self.matching(register, {}).first()
        number = one.id if one else self.new(register.slug, {})
        if not self._is_there(register, row(self.actor, register, number), "photo"):
            self._supply(register, number, "photo", DAY)

    # ---- records -------------------------------------------------------------------------------

    def keep(self, slug, where):
        """Enter a record of a register that a clause means, unless there is one."""
        register = find(slug)
        if self.matching(register, where).exists():
            return
        if register.sealed:
            self.seal(register)
        else:
            self.new(slug, self._said(register, where))

    def seal(self, register):
        """Write the index of a sealed record, which only its counsellor could write."""
        plain = {"case_code": f"A-{register.slug}", "counsellor": self.teacher}
        plain |= {register.happened: DAY, "entered_at": self.actor.now}
        if "finished_on" in register.fields:
            plain |= {"finished_on": DAY, "sealed_on": DAY, "received_by": self.head}
        with service.work(self.actor) as current:
            made = register.model.create(**plain)
            current.touch(register, {}, {"id": made.id})
        return made.id

    def matching(self, register, where):
        """Return the records of the semester, or of all time where they have no date."""
        query = every_row(register).where(condition(register, where))
        if not register.happened:
            return query
        column = getattr(register.model, register.happened)
        return query.where(column >= FIRST, column < AFTER)

    def new(self, slug, raw):
        """Enter a record with what the register's rules ask for besides."""
        register = find(slug)
        also = {name: self._meant(value, DAY) for name, value in ALSO.get(slug, {}).items()}
        said = {**also, **self._people(None, register, {**also, **raw}, self.teacher), **raw}
        if slug == "incident":
            said.setdefault("in_school", "0")
        if slug == "interview":
            said |= self._interview(said.pop("pair", "教师–家长"))
        said.pop(COMPUTED.get(slug, ""), None)
        said = {name: value for name, value in said.items() if name in register.fields}
        if register.happened and register.happened not in raw:
            moment = type(register.fields[register.happened].field).__name__ != "DateField"
            said[register.happened] = f"{DAY} 12:00" if moment else str(DAY)
        return self._save(register, said, DAY, self.subject())

    def subject(self):
        return Whoever(self.head)

    def _said(self, register, where):
        raw = {}
        for name, value in where.items():
            raw |= self._where(register, name, value, DAY)
        return raw

    def change(self, slug, one, **raw):
        register = find(slug)
        record = row(self.actor, register, one)
        service.update(self.actor, register, one, raw, record.version)


class Whoever:
    """Stands for the subject of a record that no duty asked for."""

    def __init__(self, staff):
        self.staff, self.volunteer, self.id = staff, None, None
