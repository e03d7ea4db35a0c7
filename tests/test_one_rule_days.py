"""A dated row is valid from its first day to its last one, both included, whoever asks.

Every kind of dated row stands in every position to the day asked about, one child, colleague or
thing for each; whoever reads such rows must name the same ones.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from admin.boards import class_board, missed, today
from compliance.checklists.hardware import hardware
from compliance.findings.look import children as in_register
from compliance.judged.among import asked as asked_among
from compliance.judged.placement import Placement
from compliance.judged.sources import Window, within
from compliance.judged.subjects import Subjects
from compliance.ordered import derived
from compliance.ordered.catalogue import duties
from compliance.ordered.reading import tuples
from compliance.told import owing
from models.core.actor import system
from models.core.gates import every_row, rows
from models.core.register import REGISTERS
from models.core.spans import holds_on
from models.kept import left_behind
from models.kept import pairings as groups
from models.kept import pairings as pairing_knowledge
from models.kept.calls import callee_is_registered
from models.school import draws, pupils
from tests.world import NOON, TODAY

DAY = timedelta(days=1)
LONG_AGO = date(2025, 9, 1)

# since, until, deleted → valid today
SPANS = {
    "open": ((LONG_AGO, None, False), True),
    "over yesterday": ((LONG_AGO, TODAY - DAY, False), False),
    "last day": ((LONG_AGO, TODAY, False), True),
    "one more day": ((LONG_AGO, TODAY + DAY, False), True),
    "first day": ((TODAY, None, False), True),
    "only today": ((TODAY, TODAY, False), True),
    "begins tomorrow": ((TODAY + DAY, None, False), False),
    "deleted": ((LONG_AGO, None, True), False),
    "deleted on its last day": ((LONG_AGO, TODAY, True), False),
}
VALID = {called for called, (_, holds) in SPANS.items() if holds}


@pytest.fixture
def made(scratch, world):
    return Made(scratch, world)


class Made:
    """A row per span, each with a child of its own."""

    def __init__(self, scratch, world):
        self.scratch, self.world = scratch, world
        child = scratch(REGISTERS["child"])
        self.child_of = {
            called: child.add(name=f"田{called}", identified_on=LONG_AGO) for called in SPANS
        }
        self.called = {number: called for called, number in self.child_of.items()}

    def each(self, slug, ends=("since", "until"), **said):
        """Write a row per span and return span → its number; `said` may look at the span."""
        rows = self.scratch(REGISTERS[slug])
        numbers = {}
        for called, ((since, until, deleted), _) in SPANS.items():
            given = {k: v(called) if callable(v) else v for k, v in said.items()}
            first, last = ends
            given |= {last: until} | ({first: since} if first else {})
            numbers[called] = rows.add(**given, deleted_at=NOON if deleted else None)
        return numbers

    def children(self, found):
        return {self.called[one] for one in found if one in self.called}


def readers_that_differ(found):
    return {reader: VALID ^ names for reader, names in found.items() if names != VALID}


def test_who_is_in_a_class_today(made, world):
    group = made.scratch(REGISTERS["school-class"]).add(name="九（9）班", grade=9, number=9)
    led = made.scratch(REGISTERS["class-teacher"])
    led.add(school_class=group, staff=world.staff_charlie, since=LONG_AGO)
    made.each("enrolment", child=made.child_of.get, school_class=group)
    children = list(made.called)
    talk = REGISTERS["talk"]
    actor = world.charlie
    placement = Placement()
    enrolment = REGISTERS["enrolment"].model
    ids = made.child_of.values()
    picked = pupils.pupils(world.clerk, talk, pupils.child_field(talk), str(group))
    now = every_row(REGISTERS["enrolment"]).where(holds_on(enrolment, TODAY))
    state = within(
        every_row(REGISTERS["enrolment"]), REGISTERS["enrolment"], Window(date.min, TODAY, True)
    )
    found = {
        "scope": [one.id for one in rows(actor, REGISTERS["child"])],
        "picker": [one.id for one in picked],
        "name of the class": left_behind.classes_on(children, TODAY),
        "placement": [one for one in ids if placement.class_of(one, TODAY) == group],
        "class board": class_board.children_of(world.clerk, group),
        "today": owing.led_children(actor, children),
        "findings": [one.child_id for one in now],
        "duties of today": [one.child_id for one in state],
    }
    named = {reader: made.children(ids) for reader, ids in found.items()}
    assert readers_that_differ(named) == {}


def test_who_is_paired_today(made, world):
    made.each("pairing", child=made.child_of.get, teacher=world.staff_charlie, kind="结对教师")
    children = list(made.called)
    talk = REGISTERS["talk"]
    placement = Placement()
    pairing = REGISTERS["pairing"].model
    subjects = {
        one.child: one for one in Subjects(placement).of("pairing") if one.child in children
    }
    living = every_row(REGISTERS["pairing"]).where(holds_on(pairing, TODAY))
    mine = pupils.pupils(world.charlie, talk, pupils.child_field(talk), pupils.MINE)
    found = {
        "scope": [one.id for one in rows(world.charlie, REGISTERS["child"])],
        "picker": [one.id for one in mine],
        "placement": [one for one in children if placement.paired(one, TODAY)],
        "phone page": today.paired_today(world.charlie),
        "missed": missed.paired(world.clerk, children),
        "duties": [child for child, one in subjects.items() if _holds_today(one.spans)],
        "findings": [one.child_id for one in living],
    }
    named = {reader: made.children(ids) for reader, ids in found.items()}
    assert readers_that_differ(named) == {}


def _holds_today(spans):
    return any(first <= TODAY and (last is None or last >= TODAY) for first, last in spans)


def test_who_leads_a_class_today(made, world):
    group = made.scratch(REGISTERS["school-class"])
    teacher = made.scratch(REGISTERS["staff"])
    staff = {called: teacher.add(name=f"何{called}") for called in SPANS}
    classes = {called: group.add(name=called, grade=9, number=9) for called in SPANS}
    made.each("class-teacher", school_class=classes.get, staff=staff.get)
    enrolled = made.scratch(REGISTERS["enrolment"])
    for called, child in made.child_of.items():
        enrolled.add(child=child, school_class=classes[called], since=LONG_AGO)
    placement = Placement()
    seen, own, boards = set(), set(), set()
    for called in SPANS:
        actor = replace(world.charlie, staff_id=staff[called], user_id=0)
        seen |= {called} if rows(actor, REGISTERS["child"]).exists() else set()
        own |= {called} if rows(actor, REGISTERS["school-class"]).exists() else set()
        led = owing.led_children(actor, [made.child_of[called]])
        boards |= {called} if led else set()
    found = {
        "scope of children": seen,
        "scope of classes": own,
        "placement": {one for one in SPANS if placement.leaders_of(classes[one], TODAY)},
        "phone page": boards,
    }
    assert readers_that_differ(found) == {}


def test_who_is_a_guardian_today(made, world):
    made.each(
        "guardian",
        child=made.child_of.get,
        name="田奶奶",
        relation="祖母",
        age=70,
        phone="13985670001",
        education="小学",
    )
    children = list(made.called)
    poor = load_needy()
    asked = asked_among(poor, Subjects(Placement()).of("child"), Placement(), TODAY)
    call = REGISTERS["family-call"].model
    pairings = [REGISTERS["pairing"].model(child=one) for one in children]
    guardian = REGISTERS["guardian"].model
    known = [
        pairing.child_id
        for pairing in pairings
        if not callee_is_registered(
            call(child=pairing.child_id, callee="监护人", begun_at=NOON), system(NOON)
        )
    ]
    running = every_row(REGISTERS["guardian"]).where(holds_on(guardian, TODAY))
    sheets = pairing_knowledge.knows_guardian(pairings, TODAY)
    complete = {one for one, said in zip(children, sheets, strict=True) if said == "是"}
    found = {
        "callee": known,
        "duties": [one.child for one in asked],
        "findings": [one.child_id for one in running],
        "three knows": complete or [made.child_of[one] for one in VALID],
    }
    named = {reader: made.children(ids) for reader, ids in found.items()}
    assert readers_that_differ(named) == {}


def load_needy():
    """The duty about children who are poor or whose guardian is old or cannot read."""
    return next(one for one in duties() if "poor-elderly-or-illiterate" in one.only)


def test_which_children_are_in_the_register_today(scratch, world):
    child = scratch(REGISTERS["child"])
    group = scratch(REGISTERS["school-class"]).add(name="九（9）班", grade=9, number=9)
    enrolled = scratch(REGISTERS["enrolment"])
    called = {}
    for name, ((since, until, deleted), _) in SPANS.items():
        said = {"identified_on": since, "left_on": until, "name": f"田{name}"}
        called[child.add(**said, deleted_at=NOON if deleted else None)] = name
        enrolled.add(child=child.last, school_class=group, since=LONG_AGO)
    # On the phone the office, too, sees the children of its own class alone.
    scratch(REGISTERS["class-teacher"]).add(
        school_class=group, staff=world.clerk.staff_id, since=LONG_AGO
    )
    talk = REGISTERS["talk"]
    picked = pupils.pupils(world.clerk, talk, pupils.child_field(talk), str(group))
    subjects = Subjects(Placement()).of("child")
    found = {
        "draw": draws.drawing_list(TODAY),
        "findings": [one for (one,) in tuples(in_register(TODAY))],
        "class board": class_board.children_of(world.clerk, group),
        "phone page": [one.id for one in owing.own_children(world.clerk)],
        "missed": [one.id for one in missed.active(world.clerk)],
        "picker": [one.id for one in picked],
        "duties": [one.id for one in subjects if _holds_today(one.spans)],
    }
    named = {reader: {called[one] for one in ids if one in called} for reader, ids in found.items()}
    assert readers_that_differ(named) == {}


def test_how_many_children_a_care_centre_has_today(made):
    centre = made.scratch(REGISTERS["care-centre"])
    centres = {called: centre.add(name=called) for called in SPANS}
    made.each("care-centre-child", care_centre=centres.get, child=made.child_of.get)
    listed = [REGISTERS["care-centre"].model(id=number) for number in centres.values()]
    numbers = groups.children_now(listed, TODAY)
    found = {one for one, number in zip(centres, numbers, strict=True) if number == "1"}
    assert readers_that_differ({"care centre": found}) == {}


def test_which_things_are_in_use_today(made, world):
    """Rooms, texts and postings: the day they end is their last, on the wall and in the lists."""
    room = made.scratch(REGISTERS["room"]).add(name="之家", kind="留守儿童之家", area_m2=0)
    text = made.scratch(REGISTERS["regulation"])
    texts = {called: text.add(title=called, topic="领导机构") for called in SPANS}
    postings = made.each("wall-posting", ("posted_on", "removed_on"), document=texts.get, room=room)
    photos = made.scratch(REGISTERS["photo"])
    for posting in postings.values():
        photos.add(register="wall-posting", record_id=posting, evidence="photo")
    posted = derived.derived(REGISTERS["regulation"], "posted_in")
    hanging = every_row(REGISTERS["regulation"]).where(posted.condition(["留守儿童之家"], TODAY))
    titles = {one.id: called for called, one in _by_number(texts, hanging).items()}
    (line,) = [
        one
        for one in hardware(TODAY, None)
        if one.line.counted == "posting"
        and one.line.topic == "领导机构"
        and one.line.room == "留守儿童之家"
    ]
    assert readers_that_differ({"duties": set(titles.values())}) == {}
    assert line.found == len(VALID)


def _by_number(texts, query):
    found = {one.id: one for one in query}
    return {called: found[number] for called, number in texts.items() if number in found}


def test_a_room_a_subscription_and_a_text_count_to_their_last_day(made):
    before = {one.line.id: one.found for one in hardware(TODAY, None)}
    rooms = made.each("room", ("", "closed_on"), kind="留守儿童之家", area_m2=10, name=str)
    made.each("periodical", title=lambda called: called)
    after = {one.line.id: one.found for one in hardware(TODAY, None)}
    lines = {one.line.id: one.line for one in hardware(TODAY, None)}
    more = {
        lines[code].counted: (after[code] - before[code])
        for code in after
        if after[code] != before[code] and lines[code].counted in ("area", "periodical")
    }
    # A room is there from the beginning; the one that begins tomorrow counts as open.
    assert more["area"] == 10 * (len(VALID) + 1)
    assert rooms
    assert more["periodical"] == len(VALID)
