"""Whose children a record concerns is answered alike by everybody who asks.

A row of every register points to a child of its own in each link to a child, its lines to further
ones; masking, search, captions, photos, verdicts and pickers must see the same children in it.
"""

from __future__ import annotations

from peewee import TextField

from compliance.judged.touched import read_touched
from models.core import search_text, service, whose
from models.core.actor import system
from models.core.fields import Secrecy
from models.core.history import snapshot
from models.core.register import REGISTERS, line_registers, parent_register
from models.core.whose import child_column
from models.kept.children import Child
from models.photos import captions
from models.school import pupils
from tests.scratch import NUMBERS
from tests.world import NOON

CHILD = REGISTERS["child"]
OPEN = [one for one in REGISTERS.values() if not one.sealed]
RELATIVES = ("parent", "guardian")


def links(register):
    """The names of a register's links to children."""
    return [spec.name for spec in register.links if spec.target is Child]


def concerns_children(register):
    home = parent_register(register) or register
    return home is CHILD or any(links(one) for one in (home, *line_registers(home)))


class Family:
    """One record with lines, each link to a child on a child of its own."""

    def __init__(self, scratch, register):
        self.register = register
        self.home = parent_register(register) or register
        row = scratch(self.home)
        row.add(**self._children(self.home))
        self.own = {row.last} if self.home is CHILD else self._given
        self.record, self.of_lines, self.of_people = row.record(), set(), set()
        home = self.record.id
        for lines in line_registers(self.home):
            line = scratch(lines)
            line.add(**{lines.parent: home}, **self._children(lines))
            self.of_people |= self._given
            self.of_lines |= self._given
            for name in RELATIVES:
                if name in lines.fields:
                    line.add(**{lines.parent: home, name: 1}, **self._children(lines))
                    self.of_lines |= self._given
            if lines is register:
                self.record = line.record()

    def _children(self, register):
        given = {name: next(NUMBERS) for name in links(register)}
        self._given = set(given.values())
        return given


def families(scratch):
    return [Family(scratch, one) for one in OPEN if concerns_children(one)]


def test_the_texts_of_a_record_may_speak_of_its_own_children_and_those_of_its_lines(scratch):
    wrong = {}
    for family in families(scratch):
        found = search_text.children_around(family.register, [family.record])
        expected = family.own | family.of_lines
        if family.register is not family.home:
            # Those a line names itself, and those on the other lines; not those of the record.
            expected = family.of_lines
        if found[family.record.id] != expected:
            wrong[family.register.slug] = (found, expected)
    assert wrong == {}


def test_a_photo_shows_the_children_of_its_record_but_not_for_their_relatives(scratch):
    wrong = {}
    for family in families(scratch):
        if "photo" in family.register.evidence:
            proposed = captions.children_of(family.register, family.record)
            if proposed != family.own | family.of_people:
                wrong[family.register.slug] = (proposed, family.own | family.of_people)
    assert wrong == {}


def test_whom_a_record_is_about_is_one_child_for_mask_verdict_and_picker(scratch):
    wrong = {}
    for family in families(scratch):
        register, record = family.register, family.record
        column = child_column(register)
        field = pupils.child_field(register)
        unmasked = whose.child_of(register, record.__data__)
        judged = None if column is None else record.__data__[column.name]
        picked = record.id if register is CHILD else field and record.__data__[field.name]
        if len({unmasked, judged, picked}) > 1:
            wrong[register.slug] = (unmasked, judged, picked)
    assert wrong == {}


def test_a_name_that_is_masked_on_the_page_is_not_found_by_search_either(scratch, world):
    """The open search text holds no name of a child that the page masks in free text."""
    children = (world.child_a, world.child_b, world.child_c)
    names = ("张小雨", "曾思源", "单明")
    wrong = {}
    for register in OPEN:
        if not links(register) or register.parent:
            continue
        row = scratch(register)
        texts = [
            spec.name
            for spec in register.fields.values()
            if spec.search and spec.secret is Secrecy.OPEN and type(spec.field) is TextField
        ]
        given = dict(zip(links(register), children, strict=False))
        row.add(**given, **dict.fromkeys(texts, "和".join(names[: len(given)])))
        record = row.record()
        around = search_text.children_around(register, [record])[record.id]
        search_text.refresh(register, record)
        found = [
            name
            for child, name in zip(children, names, strict=True)
            if child in around and name in record.search_open
        ]
        if found:
            wrong[register.slug] = found
    assert wrong == {}


def test_a_write_touches_the_verdicts_of_every_child_its_record_concerns(scratch):
    wrong = {}
    for family in families(scratch):
        with service.work(system(NOON)) as current:
            current.touch(family.register, {}, snapshot(family.register, family.record))
        touched = read_touched()
        missed = search_text.children_around(family.register, [family.record])
        if family.register is family.home and not touched.everything:
            own = missed[family.record.id] & family.own
            if not own <= touched.children:
                wrong[family.register.slug] = own - touched.children
        with service.work(system(NOON)):
            service.Touch.delete().execute()
    assert wrong == {}


def test_a_line_is_about_its_own_child_and_nobody_elses(scratch):
    line = {"id": 5, "child": 7}
    slugs = [one.slug for one in OPEN if one.parent and "child" in one.fields]
    assert slugs
    assert {whose.child_of(REGISTERS[slug], line) for slug in slugs} == {7}
