"""A record is moved, deleted and brought back: the stored verdicts are those of a cold run.

Tried for every register that a duty reads: its record goes from one child, colleague, class and day
to others, is deleted and comes back, through the service. Whom it was taken from is judged anew as
well as who got it, and a third child nobody wrote about keeps every row.
"""

from __future__ import annotations

import json

import pytest
from peewee import DateTimeField

from compliance.judged import store, upkeep
from compliance.judged.evaluation import Evaluation
from compliance.judged.ledger import add_up, worth
from compliance.judged.sources import registers_read
from compliance.judged.tables import DutyTotal, StoredVerdict
from compliance.ordered.catalogue import duties, duties_on
from models.core import service
from models.core.errors import RecordsError
from models.core.gates import every_row
from models.core.register import REGISTERS, find, parent_register
from models.core.service import LineInput
from models.core.touches import Touch
from models.core.whose import child_column
from models.kept.children import Child
from models.kept.staff import SchoolClass, Staff
from tests.meeting_apart import CASES
from tests.meeting_founding import NOW

TODAY = NOW.date()
# Who or what is a subject itself is not moved to another but left, ended, renamed: see below.
MASTER = {"child", "staff", "school-class", "study-group", "leadership-member", "room", "volunteer"}
READ = sorted({slug for duty in duties() for slug in registers_read(duty)} - MASTER)
GROUPS = [READ[number::6] for number in range(6)]
# What does not go, and what leaves no trace: a record that its own rules hold fast, one of several
# that serve, one of the school as a whole, for which it is the same whose it is and on which day.
UNSEEN = {
    "stays": "archive-item attendee counselling evaluation "
    "notification opinion parent photo regulation stock-take-line wall-posting",
    "moves unseen": "activity asset asset-move award behaviour equipment-use incident "
    "hotline-line identification interview key-child lecture loan open-letter pairing-check "
    "parent-state plan rectification screening-viewer stock-take summary supervision "
    "volunteer-service",
    "never deleted": "archive-item disclosure evaluation home-visitor incident notification parent",
    "deleted unseen": "activity-participant behaviour identification pairing-check "
    "screening-viewer opening",
}
UNSEEN = {word: set(slugs.split()) for word, slugs in UNSEEN.items()}
# A line brought back is a new one; as a subject it has a new number.
REBORN = {"opinion", "rectification"}
# What is brought back has lost the photo that proved it.
WITHOUT_PHOTO = {"wall-posting"}
# Who leads a class, and who is in it, is everybody's concern.
CHANGES_ALL = {"class-teacher", "enrolment"}


def kept():
    """Every stored row and sum, without what differs by order of writing."""
    rows = {
        (one.term, one.duty, one.subject): (
            one.child,
            one.staff,
            one.school_class,
            one.letters,
            one.counts,
        )
        for one in StoredVerdict.select()
    }
    query = DutyTotal.select().where(DutyTotal.subjects > 0)
    return rows, {(one.term, one.duty): (one.subjects, one.totals) for one in query}


def cold():
    """The same worked out from nothing, and not stored."""
    rows, sums = {}, {}
    for semester, as_of in upkeep.views(TODAY):
        term = semester.code
        for duty, judged in Evaluation(semester, as_of).judge_all(duties_on(term)):
            found = worth(judged)
            for subject, letters, counts, _minimums in found:
                whom = subject.child, subject.staff, subject.school_class
                rows[term, duty.code, subject.id] = (*whom, letters, counts)
            totals = [dict(sorted(one.items())) for one in add_up(one.letters for one in found)]
            if found:
                sums[term, duty.code] = len(found), json.dumps(totals)
    return rows, sums


def brought_up():
    """The rows after the next reader has come by."""
    assert Touch.select().exists()
    store.refresh(TODAY)
    assert not Touch.select().exists()
    return kept()


def differing(before, after):
    """What of two answers of `kept` is not the same."""
    return {
        key: (one.get(key), other.get(key))
        for one, other in zip(before, after, strict=True)
        for key in {*one, *other}
        if one.get(key) != other.get(key)
    }


@pytest.fixture
def school(meeting):
    """The school that meets every duty, with a child, a colleague and a class to move to."""
    made, _before = meeting
    for code in ("group-weekly", "leadership-complete"):
        next(CASES[code](made))
    there = [LineInput({"child": made.child}), LineInput({"child": "", "staff": made.teacher})]
    outing = {"held_at": "2025-10-15 15:00", "kind": "社会实践"}
    raw = made.factory.minimal(find("activity")) | outing
    made.add("activity", {"activity-participant": there}, **raw)
    owner = every_row(find("screening")).first()
    values = {**made.factory.minimal(find("screening-viewer")), "child": made.child}
    lines = {"screening-viewer": [LineInput(values)]}
    service.update(made.actor, find("screening"), owner.id, {}, owner.version, lines)
    raw = {"sex": "女", "phone": "13800138000", "joined_on": "2024-09-01"}
    made.other_staff = made.add("staff", name="赵强", **raw)
    lead = {"school_class": made.senior_class, "staff": made.other_staff, "since": "2025-09-01"}
    made.add("class-teacher", until="2026-02-27", **lead)
    made.other_child, made.third_child = (
        newcomer(made, name, made.senior_class) for name in ("陈大明", "孙小红")
    )
    pair = {"kind": "代理家长", "since": "2025-09-01"}
    for child in (made.other_child, made.third_child):
        made.add("pairing", teacher=made.other_staff, child=child, **pair)
    talk = {
        "teacher": made.other_staff,
        "talked_at": "2025-10-15 12:00",
        "topic": "近况",
        "content": "学习",
    }
    made.add("talk", child=made.third_child, **talk)
    return made


def newcomer(made, name, school_class):
    raw = {"name": name, "sex": "男", "born_on": "2012-03-01", "no_id_reason": "户口正在办理"}
    child = made.add("child", **raw, identified_on="2025-09-01")
    made.add("enrolment", child=child, school_class=school_class, since="2025-09-01")
    for relation in ("父亲", "母亲"):
        parent = made.add("parent", child=child, relation=relation, name=f"{name[0]}家长")
        made.add("parent-state", child=child, parent=parent, state="外出", since="2025-02-10")
    made.add("guardian", child=child, name="奶奶", relation="祖母", since="2025-02-10")
    return child


def elsewhere(made, register, record):
    """What a record says when it is moved: another child, another colleague, class and day."""
    said = {}
    for spec in register.links:
        if not record.__data__.get(spec.name):
            continue
        if spec.target is Child:
            said[spec.name] = made.other_child
        elif spec.target is Staff:
            said[spec.name] = made.other_staff
        elif spec.target is SchoolClass:
            said[spec.name] = made.senior_class
    if register.happened:
        moment = isinstance(register.model._meta.fields[register.happened], DateTimeField)
        said[register.happened] = "2025-09-10 10:00" if moment else "2025-09-10"
    elif "since" in register.fields:
        said["since"] = "2025-10-27"
    return said


def write(made, register, record, said):
    """Change a record or a line through the service."""
    record = every_row(register).where(register.model.id == record.id).first()
    if not register.parent:
        service.update(made.actor, register, record.id, said, record.version)
        return
    owner = record.__data__[register.parent]
    change_lines(made, register, owner, LineInput(said, record.id, record.version))


def moved(made, slug):
    """Move the newest record that lets itself be moved; returns it and what it said, or None."""
    register = REGISTERS[slug]
    model = register.model
    query = every_row(register)
    child = child_column(register)
    if child is not None:
        query = query.where(child == made.child)
    for record in query.order_by(model.id.desc()).limit(4):
        asked = elsewhere(made, register, record)
        for names in (list(asked), *([one] for one in asked)):
            said = {name: asked[name] for name in names}
            old = {name: record.__data__[name] for name in names}
            if not names or all(str(old[name]) == str(said[name]) for name in names):
                continue
            try:
                write(made, register, record, said)
            except RecordsError:
                continue
            return record, old
    return None


@pytest.mark.parametrize("slugs", GROUPS, ids=lambda one: one[0])
def test_verdicts_follow_a_record_that_is_moved_deleted_and_brought_back(school, slugs):
    store.refresh(TODAY)
    start = kept()
    assert differing(start, cold()) == {}
    third, seen = rows_of(start, school.third_child), {word: set() for word in UNSEEN}
    assert third
    # Lines last: one taken out in the same second as its record would come back with it.
    for slug in sorted(slugs, key=lambda one: bool(REGISTERS[one].parent)):
        found = moved(school, slug)
        if found is None:
            seen["stays"].add(slug)
        else:
            now = brought_up()
            assert differing(now, cold()) == {}, f"{slug} moved"
            assert slug in CHANGES_ALL or rows_of(now, school.third_child) == third, slug
            if now == start:
                seen["moves unseen"].add(slug)
            write(school, REGISTERS[slug], *found)
            assert differing(brought_up(), start) == {}, f"{slug} moved back"
        back = deleted(school, REGISTERS[slug])
        if back is None:
            seen["never deleted"].add(slug)
        else:
            now = brought_up()
            assert differing(now, cold()) == {}, f"{slug} deleted"
            assert slug in CHANGES_ALL or rows_of(now, school.third_child) == third, slug
            if now == start:
                seen["deleted unseen"].add(slug)
            back()
            now = brought_up()
            assert differing(now, cold()) == {}, f"{slug} brought back"
            if slug in WITHOUT_PHOTO:
                start = now
                continue
            alike = by_duty(now) == by_duty(start) if slug in REBORN else now == start
            assert alike, f"{slug} brought back"
            start = now
    assert seen == {word: known & {*slugs} for word, known in UNSEEN.items()}


def by_duty(found):
    """The rows without the numbers of their subjects."""
    return sorted((key[:2], str(one)) for key, one in found[0].items()), found[1]


def rows_of(found, child):
    return {key: one for key, one in found[0].items() if one[0] == child}


def deleted(made, register):
    """Delete the oldest record that lets itself; returns what brings it back, or None."""
    for record in every_row(register).order_by(register.model.id).limit(4):
        try:
            if register.parent:
                return removed(made, register, record)
            service.delete(made.actor, register, record.id)
        except RecordsError:
            continue
        return lambda number=record.id: service.restore(made.actor, register, number)
    return None


def removed(made, register, line):
    """Take a line out of its record; what brings it back is another line that says the same."""
    said = {
        name: line.__data__[name] for name, spec in register.fields.items() if not spec.readonly
    }
    owner = line.__data__[register.parent]
    change_lines(made, register, owner, LineInput({}, line.id, line.version, remove=True))
    return lambda: change_lines(made, register, owner, LineInput(said))


def change_lines(made, register, owner, *lines):
    above = parent_register(register)
    record = every_row(above).where(above.model.id == owner).first()
    service.update(made.actor, above, owner, {}, record.version, {register.slug: list(lines)})
