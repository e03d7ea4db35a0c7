"""What a record must say, carry and hold to count for a duty: each word of a filter, each need.

Asked against `data/duties_asked.txt`, so that a filter or a need lost from a declaration is missed.
One copy of the school that meets every duty serves all cases: a record that counts is given another
word, looked at, and given back its own.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pytest
from peewee import BooleanField, CharField, DateField, TextField

from compliance.judged import events
from compliance.judged.evaluation import periods_of
from compliance.judged.placement import Placement
from compliance.judged.questions import questions
from compliance.judged.records import Records
from compliance.judged.sources import Window
from compliance.ordered.catalogue import duties, duties_on
from compliance.ordered.derived import derived
from compliance.ordered.needs import need
from compliance.ordered.special_needs import SPECIAL
from models.core import calendar
from models.core.actor import SYSTEM
from models.core.database import database, writing
from models.core.fields import WordField, WordsField
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, find, register_of
from models.core.service import LineInput
from models.kept.assets import ROOM_KINDS
from tests import duties_asked
from tests.meeting_apart import CASES
from tests.meeting_founding import AUTUMN, NOW

TODAY = NOW.date()
ASKED = duties_asked.lines()
# So many other words are tried per field.
WRONG = 3
# A day on which what is valid until then still is.
LATER = "2099-12-31"


class Undone(Exception):
    """Takes a change back that was only tried."""


@contextmanager
def tried():
    """Take back whatever was written inside."""
    try:
        with database.atomic(), writing():
            yield
            raise Undone
    except Undone:
        pass


def put(slug, where=None, **columns):
    """Write columns past the rules, in all living records of a register or those of a condition."""
    model = REGISTERS[slug].model
    if not columns:
        return 0
    query = model.update(**columns).where(model.deleted_at.is_null())
    if where is not None:
        query = query.where(where(model) if callable(where) else where)
    return query.execute()


def autumn():
    return calendar.school_calendar().semester(AUTUMN)


@pytest.fixture
def school(meeting):
    """The school that meets every duty, and those it meets apart where they do no harm."""
    made, _before = meeting
    for code in ("group-weekly", "leadership-complete"):
        next(CASES[code](made))
    there = [LineInput({"child": made.child}), LineInput({"child": "", "staff": made.teacher})]
    outing = {"held_at": "2025-10-15 15:00", "kind": "社会实践", "responsible": made.teacher}
    raw = made.factory.minimal(find("activity")) | outing
    made.add("activity", {"activity-participant": there}, **raw)
    told = {"topic": "近况", "content": "数学跟不上", "problem": "数学跟不上", "aspects": "学习"}
    solved = {"measure": "每天补十分钟", "effect": "期中进步"}
    whom = {"child": made.child, "teacher": made.teacher, "talked_at": "2025-10-16 12:00"}
    made.add("talk", **whom, **told, **solved)
    return made


class Looks:
    """What every line of the duties sees of the records, one reading of a register at a time."""

    def __init__(self):
        self.duties = {duty.code: duty for duty in duties_on(AUTUMN)}
        self.asked = {}
        for code, listed in ASKED.items():
            duty = self.duties[code]
            spans = periods_of(duty, autumn(), calendar.school_calendar())
            found = questions(duty, autumn(), spans, TODAY)
            sources = [line for line in listed if line.role != "event"]
            for number, (line, (_part, asked)) in enumerate(zip(sources, found, strict=True)):
                self.asked[code, number] = line, asked

    def beside(self, slug):
        """The questions of all duties to one register, which are read together."""
        return [asked for line, asked in self.asked.values() if line.register == slug]

    def facts(self, key):
        """Return {record: whether complete} of what a line of a duty counts."""
        line, asked = self.asked[key]
        records = Records(Placement())
        records.expect(self.beside(line.register))
        found = records.of(asked)
        records = found.column("record")
        return dict(zip(records, found.complete or [True] * len(records), strict=True))

    @contextmanager
    def fitting(self, key):
        """Give a record that counts; one is made to fit where the school needed none."""
        line, _asked = self.asked[key]
        found = self.facts(key)
        whole = [number for number, complete in found.items() if complete]
        with tried():
            number = min(whole or found, default=None) or fit(line)
            assert number in self.facts(key), f"nothing counts for {key}"
            yield row_of(line.register, number)


def fit(line):
    """Give the first record of a register the words a line asks for."""
    register = REGISTERS[line.register]
    record = every_row(register).order_by(register.model.id).first()
    for name, words in line.where.items():
        link, _, inner = name.partition("__")
        spec = register.fields.get(name)
        if name == "@date":
            put(line.register, only(record), **{words[0]: TODAY})
        elif words == ["no"]:
            put(line.register, only(record), **{name: None})
        elif inner:
            target = register_of(register.fields[link].target)
            column = target.fields[inner].field
            linked = record.__data__[link]
            writer(target.slug, linked, inner, stored(column, words))()
        elif spec is not None and words == ["yes"] and isinstance(spec.field, TextField):
            put(line.register, only(record), **{name: "1"})
        elif spec is not None and words != ["yes"]:
            put(line.register, only(record), **{name: stored(spec.field, words)})
        elif spec is not None and isinstance(spec.field, BooleanField):
            put(line.register, only(record), **{name: True})
    return record.id


def stored(field, words):
    """Words as the column keeps them."""
    return f"、{'、'.join(words)}、" if isinstance(field, WordsField) else words[0]


def values_of(register, name):
    """Return {what the file would say: how it is stored} of everything a field may hold."""
    field = register.fields[name].field
    if isinstance(field, WordField | WordsField):
        found = {word: stored(field, [word]) for word in field.words}
        return found | ({} if not field.null else {"no": None})
    if isinstance(field, BooleanField):
        return {"yes": True, "no": False}
    return {"no": None}


def variations(line, record):
    """Yield (field, word, what writes it) for everything a record of the line might say instead."""
    register = REGISTERS[line.register]
    for name in line.where:
        if name.startswith("@"):
            continue
        link, _, inner = name.partition("__")
        if derived(register, name) is not None:
            yield from DERIVED[line.register, name](record)
        elif inner:
            target = register_of(register.fields[link].target)
            linked = record.__data__[link]
            for word, value in values_of(target, inner).items():
                yield name, word, writer(target.slug, linked, inner, value)
        else:
            for word, value in values_of(register, name).items():
                yield name, word, writer(register.slug, record.id, name, value)


def some(found, line):
    """Every word that is asked for, and of those that are not a few of each field."""
    wrong = Counter()
    for name, word, write in found:
        wrong[name] += not accepts(line, name, word)
        if word == "no" or accepts(line, name, word) or wrong[name] <= WRONG:
            yield name, word, write


def only(record):
    """The condition that means one record alone."""
    return lambda model: model.id == record.id


def writer(slug, number, name, value):
    return lambda: put(slug, lambda model: model.id == number, **{name: value})


def parent_states(record):
    model = REGISTERS["parent-state"].model
    for word in model.state.words:
        yield (
            "state",
            word,
            lambda word=word: put("parent-state", lambda m: m.parent == record.id, state=word),
        )


def posted(record):
    """The wall the document hangs on stands in a room of another kind."""
    postings = REGISTERS["wall-posting"]
    hung = every_row(postings).where(postings.model.document == record.id).first()
    for kind in ROOM_KINDS:
        yield "posted_in", kind, writer("room", hung.room_id, "kind", kind)


def held_in(meeting):
    """The meeting was held while parents are home, or on a day of the term."""
    holidays = ("2025-08-31", "2025-10-01", "2025-11-01")
    of_term = ("2025-09-01", "2025-10-15", "2025-10-31")
    said = [*(("假期", day) for day in holidays), *(("上学期间", day) for day in of_term)]
    for word, day in said:
        yield "time_of_year", word, writer("meeting", meeting.id, "held_at", f"{day} 12:00:00")


DERIVED = {
    ("parent", "state"): parent_states,
    ("regulation", "posted_in"): posted,
    ("meeting", "time_of_year"): held_in,
}


def row_of(slug, number):
    register = REGISTERS[slug]
    return every_row(register).where(register.model.id == number).first()


def accepts(line, name, word):
    words = line.where[name]
    return word in words or (words == ["yes"] and word != "no")


def test_the_duties_ask_what_is_written_down():
    declared = {duty.code: duties_asked.text_of(duty) for duty in duties()}
    written = duties_asked.texts()
    assert set(declared) == set(written)
    for code, text in written.items():
        assert declared[code] == text
    assert list(written) == sorted(written)


def test_no_other_word_of_a_filter_counts_and_every_word_named_does(school):
    looks, wrong, tries = Looks(), [], 0
    for key, (line, _asked) in looks.asked.items():
        if looks.duties[line.duty].event is not None:
            continue
        with looks.fitting(key) as record:
            for name, word, write in some(variations(line, record), line):
                with tried():
                    assert write(), (key, name)
                    tries += 1
                    if (record.id in looks.facts(key)) is not accepts(line, name, word):
                        wrong.append((line.duty, line.register, name, word))
    assert wrong == []
    assert tries > 500


def test_a_field_of_several_words_counts_when_one_of_them_is_asked_for(school):
    looks, tries = Looks(), 0
    for key, (line, _asked) in looks.asked.items():
        register = REGISTERS[line.register]
        for name, words in line.where.items():
            spec = register.fields.get(name)
            if spec is None or not isinstance(spec.field, WordsField):
                continue
            field = spec.field
            others = [word for word in field.words if word not in words][:2]
            if not others:
                continue
            several = (
                ([others[0], words[0], others[-1]], True),
                ([*others, words[-1]], True),
                (others, False),
            )
            with looks.fitting(key) as record:
                for said, expected in several:
                    put(line.register, only(record), **{name: stored(field, said)})
                    tries += 1
                    assert (record.id in looks.facts(key)) is expected, (key, said)
    assert tries


# ---- events ------------------------------------------------------------------------------------


def opened(duty):
    """The events of a duty by their subject's record, with the answer each has."""
    found = events.happened(duty, Window(autumn().first, TODAY))
    return {subject: [one.answered for one in listed] for subject, listed in found.items()}


def test_only_the_records_a_duty_names_open_a_verdict_and_only_those_answer_it(school):
    wrong, tried_ = [], set()
    for code, listed in ASKED.items():
        duty = next(one for one in duties_on(AUTUMN) if one.code == code)
        if duty.event is None:
            continue
        event, answer = listed
        subject, _ = next(one for one in opened(duty).items() if None not in one[1])
        own = answer.register == event.register
        for line in (event, answer):
            record = _record_of(line, subject, own or line is event, duty)
            for name, word, write in variations(line, record):
                stood = told_of(duty, subject, line is event)
                with tried():
                    assert write()
                    tried_.add((code, line.role, name))
                    counts = told_of(duty, subject, line is event) == stood
                    if counts is not accepts(line, name, word):
                        wrong.append((code, line.role, name, word))
    assert wrong == []
    assert {(code, role) for code, role, _name in tried_} >= {
        ("enquiry-answered", "event"),
        ("fitness-followed", "event"),
        ("gather-after-activity", "event"),
        ("incident-30", "event"),
        ("incident-30", "from"),
        ("rectification", "from"),
    }


def told_of(duty, subject, opening):
    """How many events a subject has, or how many of them are answered."""
    found = opened(duty).get(subject, [])
    return len(found) if opening else len([one for one in found if one is not None])


def _record_of(line, subject, is_event, duty):
    register = REGISTERS[line.register]
    if is_event:
        column = register.model.child if duty.subject == "child" else register.model.id
    else:
        link = next(
            one.name for one in register.links if one.target is find(duty.event.register).model
        )
        column = getattr(register.model, link)
    fitting = every_row(register).where(column == subject)
    for name, words in line.where.items():
        if name in register.fields and words[0] not in ("yes", "no"):
            fitting = fitting.where(getattr(register.model, name).in_(words))
    return fitting.first()


def test_an_answer_without_its_field_or_its_day_is_none(school):
    for code, (_event, answer) in ((c, one) for c, one in ASKED.items() if one[0].role == "event"):
        duty = next(one for one in duties_on(AUTUMN) if one.code == code)
        register = REGISTERS[answer.register]
        needed = [field for one in answer.needs for field in need(register, one).fields]
        names = [*needed, *([*answer.fields] or [duty.measure.field])]
        for name in names:
            with tried():
                assert all(any(one is not None for one in all_) for all_ in opened(duty).values())
                if register.fields[name].required:
                    put(answer.register, deleted_at=NOW)
                else:
                    put(answer.register, **{name: None})
                assert all(one == [None] * len(one) for one in opened(duty).values()), (code, name)


# ---- needs and fields --------------------------------------------------------------------------


def asked_of(line, name):
    """The register of a line, and the ways in which it may meet a need."""
    register = REGISTERS[line.register]
    return register, need(register, name)


def all_gone(line, record, name):
    """Leave none of the ways to meet a need."""
    register, asked = asked_of(line, name)
    if asked.evidence:
        hung = every_row(REGISTERS["photo"]).model
        own = (hung.register == register.slug) & (hung.record_id == record.id)
        put("photo", lambda m: own & (m.evidence == asked.evidence), deleted_at=NOW)
    if asked.fields:
        put(register.slug, only(record), **dict.fromkeys(asked.fields))
    if asked.where:
        put(register.slug, only(record), **dict.fromkeys(asked.where, "?"))
    if asked.lines:
        parent = find(asked.lines).parent
        put(asked.lines, lambda m: getattr(m, parent) == record.id, deleted_at=NOW)


def hang(slug, number, evidence):
    """Hang some attachment of the school on another record, as if it had always been there."""
    photos = REGISTERS["photo"]
    model = photos.model
    spare = rows(SYSTEM, photos, deleted=None).order_by(model.id.desc()).first()
    moved = model.update(register=slug, record_id=number, evidence=evidence, deleted_at=None)
    moved.where(model.id == spare.id).execute()


def not_enough(line, record, name):
    """Yield what is beside the need and does not meet it."""
    register, asked = asked_of(line, name)
    yield lambda: None
    if asked.evidence:
        other = next(one for one in (*register.evidence, "other") if one != asked.evidence)
        elsewhere = "talk" if register.slug != "talk" else "letter"
        yield lambda: hang(register.slug, record.id, other)
        yield lambda: hang(register.slug, record.id + 4711, asked.evidence)
        yield lambda: hang(elsewhere, record.id, asked.evidence)
    for name in asked.fields:
        if isinstance(register.fields[name].field, CharField | TextField):
            yield lambda name=name: put(register.slug, only(record), **{name: ""})


def enough(line, record, name):
    """Yield each of the ways to meet a need, on its own."""
    register, asked = asked_of(line, name)
    if asked.evidence:
        yield lambda: hang(register.slug, record.id, asked.evidence)
    for name in (one for one in asked.fields if register.fields[one].target is None):
        value = LATER if isinstance(register.fields[name].field, DateField) else "1"
        yield lambda name=name, value=value: put(register.slug, only(record), **{name: value})
    if asked.where:
        yield lambda: put(register.slug, only(record), **asked.where)
    if asked.lines:
        lines = find(asked.lines)
        model = lines.model
        if rows(SYSTEM, lines, deleted=None).exists():
            said = {lines.parent: record.id, "deleted_at": None}
            yield lambda: model.update(**said).where(model.id == _any(lines)).execute()


def _any(lines):
    return rows(SYSTEM, lines, deleted=None).order_by(lines.model.id).first().id


def test_a_record_lacks_each_of_the_needs_on_its_own(school):
    looks, wrong, tries = Looks(), [], set()
    for key, (line, _asked) in looks.asked.items():
        if not line.needs or looks.duties[line.duty].event is not None:
            continue
        for name in (one for one in line.needs if (line.register, one) not in SPECIAL):
            tries.add((line.register, name))
            for ways, counts in ((not_enough, False), (enough, True)):
                with looks.fitting(key) as record:
                    for number, way in enumerate(ways(line, record, name)):
                        with tried():
                            all_gone(line, record, name)
                            way()
                            if looks.facts(key).get(record.id, False) is not counts:
                                wrong.append((line.duty, name, ways.__name__, number))
    assert wrong == []
    plain = {
        (line.register, one)
        for line, _ in looks.asked.values()
        if looks.duties[line.duty].event is None
        for one in line.needs
    }
    assert tries == plain - set(SPECIAL)


def test_a_record_lacks_each_field_that_must_be_filled_in(school):
    looks, wrong, tries = Looks(), [], 0
    for key, (line, _asked) in looks.asked.items():
        if not line.fields or looks.duties[line.duty].event is not None:
            continue
        register = REGISTERS[line.register]
        for name in line.fields:
            field = register.fields[name].field
            empty = [None] if field.null else []
            empty += [""] if isinstance(field, CharField | TextField) else []
            for value in empty:
                with looks.fitting(key) as record:
                    assert looks.facts(key)[record.id]
                    put(line.register, only(record), **{name: value})
                    tries += 1
                    if looks.facts(key).get(record.id) is not False:
                        wrong.append((line.duty, name, value))
    assert wrong == []
    assert tries > 30
