"""Whose act, and for whom: a record handed to a stranger, or to another child, counts no more.

Who must have acted, and for whom it is counted, stands in `data/duties_asked.txt`; every duty is
tried with a record that counts for it in the school that meets every duty.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import product

from compliance.judged.evaluation import Evaluation
from compliance.judged.sources import line_columns, staff_columns
from compliance.judged.subjects import STAFF_KINDS
from compliance.judged.verdict import State
from models.core.register import REGISTERS
from models.core.whose import child_column
from tests import duties_asked
from tests.test_duties_ask import (  # noqa: F401 - a fixture
    NOW,
    TODAY,
    Looks,
    autumn,
    only,
    put,
    row_of,
    school,
    tried,
)

HEADS = {code: text.splitlines()[0].split() for code, text in duties_asked.texts().items()}
# An act is looked up by who acted only where the duty says whose it must be.
OWN = {"paired-teacher", "acting-parent", "leader"}
ABOUT_A_CHILD = {"pairing", "child", "volunteer-child"}
# What must hang on a hand-in is a check of the same teacher's; a psychology lesson is the teacher's
# who holds that post.
ABOUT_WHOEVER = {"records-looked-at", "psychology-lesson-specialist"}
# The record is itself whom it is asked of: handed on, it asks the other.
OF_ITSELF = {"members-duties"}
# What the school has besides counts as well, so that no single record of these is missed.
BESIDE_OTHERS = {
    ("conduct-on-file", "behaviour"),
    ("guardian-trained", "home-visit"),
    ("law-publicity", "meeting"),
    ("life-education", "activity"),
    ("three-many", "care-diary"),
    ("three-many", "talk"),
}
# Its records name the subject by a link of their own.
NAMED = {"guardian-trained", "outside-parent-report"}


def asks_who(code):
    """Whether a duty asks whose act it is."""
    _code, subject, _responsible, _every, by = HEADS[code][:5]
    doers = set(by.split(","))
    led = "class-teacher" in doers
    return bool(doers & OWN and subject == "pairing") or led or subject in STAFF_KINDS


def counted(duty):
    """What every subject of a duty has in each period."""
    judged = Evaluation(autumn(), TODAY).judge(duty)
    return {one.subject.id: [verdict.counted for verdict in one.verdicts] for one in judged}


def stranger(made):
    """A colleague and a child without any tie to the others."""
    raw = {"sex": "女", "phone": "13800138000", "joined_on": "2024-09-01"}
    staff = made.add("staff", name="赵强", **raw)
    raw = {"sex": "男", "born_on": "2012-03-01", "no_id_reason": "户口正在办理"}
    child = made.add("child", name="陈大明", identified_on="2025-09-01", **raw)
    made.add("enrolment", child=child, school_class=made.senior_class, since="2025-09-01")
    return staff, child


@contextmanager
def the_only_one(looks, key, staff):
    """Give a record without which a duty counts less, all others of its kind taken away."""
    line, _asked = looks.asked[key]
    duty, model = looks.duties[line.duty], REGISTERS[line.register].model
    with looks.fitting(key) as fitting:
        whole = [number for number, complete in looks.facts(key).items() if complete]
        for number, handed in product([fitting.id, *whole], (False, True)):
            record = row_of(line.register, number)
            with tried():
                put(line.register, (model.id != number) & model.id.in_(whole), deleted_at=NOW)
                if handed:
                    by_somebody_else(REGISTERS[line.register], record, staff)
                before = counted(duty)
                if counts_less(duty, line.register, record, before):
                    yield record, before
                    return
        yield None, None


def counts_less(duty, slug, record, before):
    """Whether a duty counts less without a record."""
    less = []
    with tried():
        put(slug, only(record), deleted_at=NOW)
        less.append(counted(duty) != before)
    return less[0]


def by_somebody_else(register, record, staff):
    """Hand a record to a colleague in whatever field or line says who acted; whether it can be."""
    names = (
        register.act_by
        or [spec.name for spec in register.links if spec.target is REGISTERS["staff"].model][:1]
    )
    for name in names:
        if "." in name:
            lines, parent, _member = line_columns(name)
            own = parent == record.id
            put(lines.slug, lambda m, own=own: own, **{name.split(".")[1]: staff})
        else:
            put(register.slug, only(record), **{name: staff})
    return bool(names)


def test_an_act_of_somebody_else_counts_only_where_nobody_is_named(school):  # noqa: F811
    looks, wrong, tries, alone = Looks(), [], 0, set()
    staff, _child = stranger(school)
    for (code, number), (line, _asked) in looks.asked.items():
        duty, register = looks.duties[code], REGISTERS[line.register]
        if duty.event is not None or duty.subject == "topic" or line.where.get("@present"):
            continue
        with the_only_one(looks, (code, number), school.teacher) as (record, before):
            if record is None:
                alone.add((code, line.register))
                continue
            if not by_somebody_else(register, record, staff):
                continue
            tries += 1
            after = {key: one for key, one in counted(duty).items() if key != staff}
            lost = after != {key: one for key, one in before.items() if key != staff}
            asked = asks_who(code) and code not in OF_ITSELF
            if lost is not (asked or code in ABOUT_WHOEVER):
                wrong.append((code, line.register, asks_who(code)))
    assert wrong == []
    assert tries > 60
    assert alone == BESIDE_OTHERS


def test_an_act_for_another_child_counts_for_that_one(school):  # noqa: F811
    looks, wrong, tries = Looks(), [], 0
    _staff, other = stranger(school)
    for (code, number), (line, _asked) in looks.asked.items():
        duty, register = looks.duties[code], REGISTERS[line.register]
        if duty.event is not None or code in NAMED or child_column(register) is None:
            continue
        if "child" not in register.fields or line.where.get("@present"):
            continue
        with the_only_one(looks, (code, number), school.teacher) as (record, before):
            if record is None or record.child_id != school.child:
                continue
            put(line.register, only(record), child=other)
            tries += 1
            after = counted(duty)
            lost = any(after.get(key) != one for key, one in before.items() if key != other)
            if lost is not (duty.subject in ABOUT_A_CHILD):
                wrong.append((code, line.register))
    assert wrong == []
    assert tries > 30


def doers(code):
    return {*HEADS[code][4].split(",")} - {"anyone"}


def test_every_doer_a_duty_names_is_looked_for():
    """Looked up by the staff who acted, per event, by a need, or by what the record says."""
    told = {
        code
        for code, lines in duties_asked.lines().items()
        if any({"begun_by"} & line.where.keys() for line in lines)
    }
    named = {code for code in HEADS if doers(code)}
    by_event = {code for code in named if HEADS[code][3] == "event"}
    assert {code for code in named if not asks_who(code)} - by_event - told == {
        "psychology-lesson-specialist"
    }
    assert by_event == {"counselling-card", "counselling-sealed", "danger-measures"}


def test_an_event_of_somebody_else_is_neither_asked_nor_met(school):  # noqa: F811
    """Of each duty per event that names who acts; sealed cards only their counsellor writes."""
    looks, tried_codes = Looks(), set()
    staff, _child = stranger(school)
    for code, duty in looks.duties.items():
        if duty.event is None or not doers(code) or REGISTERS[duty.event.register].sealed:
            continue
        register = REGISTERS[duty.event.register]
        (name,) = [one.name for one in staff_columns(register)]
        met = states(duty)
        assert State.DONE in met.values(), code
        for said, expected in ((staff, {}), (None, dict.fromkeys(met, State.MISSED))):
            with tried():
                put(register.slug, **{name: said})
                assert states(duty) == expected, (code, said)
        with tried():
            put("post", until="2025-09-02")
            assert states(duty) == {}, code
        tried_codes.add(code)
    assert tried_codes == {"danger-measures"}


def states(duty):
    judged = Evaluation(autumn(), TODAY).judge(duty)
    return {one.subject.id: verdict.state for one in judged for verdict in one.verdicts}
