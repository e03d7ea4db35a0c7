"""Needs that another record meets, and whom a duty is about: each beside its edge.

The records stand in the school that meets every duty; one word of one of them is changed, past the
rules, and taken back.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compliance.judged.among import asked
from compliance.judged.placement import Placement
from compliance.judged.subjects import Subjects
from compliance.ordered.catalogue import duties_on, duty_called
from compliance.ordered.special_needs import SPECIAL
from models.core.gates import every_row
from models.core.register import REGISTERS
from models.kept.words import WEEKDAYS
from tests.meeting_founding import AUTUMN
from tests.test_duties_ask import TODAY, Looks, put, school, tried  # noqa: F401 - a fixture

DAY = timedelta(days=1)
BEFORE, AFTER = TODAY - DAY, TODAY + DAY


def first(slug, **said):
    """The oldest living record of a register with these words."""
    model = REGISTERS[slug].model
    query = every_row(REGISTERS[slug])
    for name, value in said.items():
        query = query.where(getattr(model, name) == value)
    return query.order_by(model.id).first()


def new(slug, **columns):
    """A record written past the rules."""
    return REGISTERS[slug].model.create(**columns)


class Cases:
    """Per need, what may be changed around one record, and whether the need is still met."""

    def __init__(self, made):
        self.made = made

    def state_known(self, parent):
        def state(**columns):
            return lambda: put("parent-state", lambda m: m.parent == parent.id, **columns)

        yield "as it is", lambda: None, True
        yield "in the bin", state(deleted_at=TODAY), False
        yield "from tomorrow", state(since=AFTER), False
        yield "from today", state(since=TODAY), True

    def place_known(self, parent):
        def state(**columns):
            return lambda: put("parent-state", lambda m: m.parent == parent.id, **columns)

        def newer(since, province):
            said = {"child": parent.child_id, "parent": parent.id, "state": "外出"}
            return lambda: new("parent-state", since=since, province=province, **said)

        yield "no place", state(province=None), False
        yield "an empty place", state(province=""), False
        yield "a newer state without a place", newer("2025-10-01", None), False
        yield "a newer state with a place", newer("2025-10-01", "浙江省"), True
        yield "of today", newer(TODAY, None), False
        yield "of tomorrow", newer(AFTER, None), True

    def class_teacher_phone(self, _enrolment):
        def teacher(**columns):
            return lambda: put("staff", lambda m: m.id == self.made.head, **columns)

        yield "no telephone", teacher(phone=None), False
        yield "an empty one", teacher(phone=""), False
        yield "another's is missing", self.of("staff", self.made.teacher, phone=""), True
        yield from self.dated("class-teacher", first("class-teacher").id)

    def in_leadership(self, leads):
        member = first("leadership-member", staff=leads.staff_id).id
        yield "no duties", self.of("leadership-member", member, duties=None), False
        yield "empty duties", self.of("leadership-member", member, duties=""), False
        yield from self.dated("leadership-member", member)

    def looked_at(self, hand_in):
        put("pairing-check", deleted_at=TODAY)
        handed = hand_in.handed_on
        said = {
            "teacher": hand_in.teacher_id,
            "semester": hand_in.semester_id,
            "role": "办公室",
            "checked_on": handed,
            "checked_by": self.made.head,
        }

        def check(**changed):
            return lambda: new("pairing-check", **{**said, **changed})

        other = 99 if hand_in.week != 99 else 98
        yield "nobody", lambda: None, False
        yield "the same day", check(), True
        yield "the day before", check(checked_on=handed - DAY), False
        yield "the day before, that week", check(checked_on=handed - DAY, week=hand_in.week), True
        yield "another week", check(week=other), False
        yield "after the day", check(checked_on=AFTER, week=hand_in.week), False
        yield "on the day", check(checked_on=TODAY, week=hand_in.week), True
        yield "not the office", check(role="班主任"), False
        whose = self.made.head if hand_in.teacher_id != self.made.head else self.made.teacher
        yield "another teacher", check(teacher=whose), False
        spring = first("semester", code="2025-2026-2").id
        yield "another semester", check(semester=spring), False

    def as_programmed_s15(self, opening):
        yield from self.as_programmed(opening, "S15", "Q18", "电脑")

    def as_programmed_q18(self, opening):
        yield from self.as_programmed(opening, "Q18", "S15", "电脑")

    def as_programmed(self, opening, own, other, ordered):
        on = date(2025, 10, 15)
        put("opening", lambda m: m.id == opening.id, opened_on=on, programme="电视")
        row = first("week-programme", regulation=own, weekday=WEEKDAYS[on.weekday()])
        beside = first("week-programme", regulation=other, weekday=WEEKDAYS[on.weekday()])
        none = {"regulation": "H04"}
        said = self.of("opening", opening.id, programme=ordered)
        saturday = on + (5 - on.weekday()) * DAY
        yield "another programme", self.of("opening", opening.id, programme="工作站"), False
        yield "another day's is another", self.others(row, programme="工作站"), True
        yield "that day's is another", self.of("week-programme", row.id, programme="电脑"), False
        yield "no longer", self.of("week-programme", row.id, until=on - DAY), True
        yield "to that day", self.of("week-programme", row.id, until=on), True
        yield "from the next day", self.all_from(on + DAY), False
        yield "all ended the day before", lambda: put("week-programme", until=on - DAY), False
        yield "all to that day", lambda: put("week-programme", until=on), True
        odd = {"opened_on": saturday, "programme": "工作站"}
        yield "a make-up Saturday", self.of("opening", opening.id, **odd), True
        yield "the other regulation's", self.of("week-programme", beside.id, programme="交流"), True

        def unarranged(write):
            return lambda: (put("week-programme", **none), write())

        yield "as the regulation orders", unarranged(said), True
        yield "not as it orders", unarranged(lambda: None), False
        yield "a Saturday it leaves open", unarranged(self.of("opening", opening.id, **odd)), True

    def all_from(self, day):
        return lambda: put("week-programme", since=day)

    def others(self, row, **columns):
        return lambda: put("week-programme", lambda m: m.id != row.id, **columns)

    def no_open_difference(self, take):
        def line(of=take.id, **columns):
            said = {"stock_take": of, "asset": self.made.ids["asset"], "book_quantity": 2}
            return lambda: new("stock-take-line", **{**said, "counted_quantity": 1, **columns})

        yield "as many as booked", line(counted_quantity=2), True
        yield "too few", line(), False
        yield "too many", line(counted_quantity=3), False
        yield "handled today", line(handled_on=TODAY), True
        yield "handled tomorrow", line(handled_on=AFTER), False
        yield "in the bin", line(deleted_at=TODAY), True

    def list(self, meeting):
        def awards(**columns):
            return lambda: put("award", lambda m: m.meeting == meeting.id, **columns)

        yield "given elsewhere", awards(meeting=None), False
        yield "in the bin", awards(deleted_at=TODAY), False
        yield "as it is", lambda: None, True

    def one_to_one(self, pair):
        other = next(one.id for one in every_row(REGISTERS["child"]) if one.id != pair.child_id)
        beside = {"helper": pair.helper, "helper_class": pair.helper_class_id}
        on_file = {"helper": "丙", "helper_child": self.made.child}

        def also(mine=beside, **columns):
            said = {"child": other, "since": BEFORE, **mine, **columns}

            def write():
                put("peer-pairing", lambda m: m.id == pair.id, **mine)
                new("peer-pairing", **said)

            return write

        yield "alone", lambda: None, True
        yield "another child of one name", also(), False
        yield "another child of one on file", also(on_file), False
        yield "the same child again", also(child=pair.child_id), True
        yield "of another class", also(helper_class=None), bool(pair.helper_class_id)
        yield "ended yesterday", also(until=BEFORE), True
        yield "ends today", also(until=TODAY), False
        yield "begins tomorrow", also(since=AFTER), True
        yield "in the bin", also(deleted_at=TODAY), True

    def two_grades(self, session):
        members = every_row(REGISTERS["study-group-member"])
        senior = [one.child_id for one in members if one.child_id != self.made.child][0]
        member = first("study-group-member", study_group=session.study_group_id, child=senior).id
        yield "one grade", self.of("school-class", self.made.senior_class, grade=7), False
        yield "two grades", self.of("school-class", self.made.senior_class, grade=8), True
        # What a session was on its day stays (docs/rules.md, Verdicts).
        yield from self.dated("study-group-member", member, session.held_on)

    def senior_leader(self, session):
        group = session.study_group_id
        yield "a junior leads", self.of("study-group", group, leader=self.made.child), False
        yield "nobody leads", self.of("study-group", group, leader=None), False
        yield "a senior leads", lambda: None, True

    def guiding_teacher(self, session):
        group = session.study_group_id
        yield "nobody guides", self.of("study-group", group, guiding_teacher=None), False
        yield "somebody guides", lambda: None, True

    def by_psychologist(self, lecture):
        on = date(2025, 10, 15)
        held = {"held_at": f"{on} 15:00:00"}
        put("lecture", lambda m: m.id == lecture.id, **held)
        post = first("post", kind="心理辅导教师", staff=lecture.responsible_id)
        others = {"kind": "心理辅导教师", "until": on - DAY}
        put("post", lambda m: (m.kind == "心理辅导教师") & (m.id != post.id), **others)
        yield "another post", self.of("post", post.id, kind="信息员"), False
        yield "another's post", self.of("post", post.id, staff=None), False
        yield "nobody responsible", self.of("lecture", lecture.id, responsible=None), False
        yield "ended the day before", self.of("post", post.id, until=on - DAY), False
        yield "ends on the day", self.of("post", post.id, until=on), True
        yield "begins the day after", self.of("post", post.id, since=on + DAY), False
        yield "begins on the day", self.of("post", post.id, since=on), True
        yield "in the bin", self.of("post", post.id, deleted_at=TODAY), False

    def income_known(self, census):
        yield "no source", self.of("child", census.child_id, income=None), False
        yield "an empty one", self.of("child", census.child_id, income=""), False
        yield "one", self.of("child", census.child_id, income="、种养、"), True

    def parents_known(self, census):
        def states(**columns):
            return lambda: put("parent-state", lambda m: m.child == census.child_id, **columns)

        def parents(**columns):
            return lambda: put("parent", lambda m: m.child == census.child_id, **columns)

        yield "no state of any", states(deleted_at=TODAY), False
        yield "states from tomorrow", states(since=AFTER), False
        yield "parents in the bin", parents(deleted_at=TODAY), False
        yield "as it is", lambda: None, True

    def guardian_known(self, census):
        yield from self.dated("guardian", first("guardian", child=census.child_id).id)

    def of(self, slug, number, **columns):
        return lambda: put(slug, lambda m: m.id == number, **columns)

    def dated(self, slug, number, today=TODAY):
        yield "ended yesterday", self.of(slug, number, until=today - DAY), False
        yield "ends today", self.of(slug, number, until=today), True
        yield "begins tomorrow", self.of(slug, number, since=today + DAY), False
        yield "begins today", self.of(slug, number, since=today), True
        yield "in the bin", self.of(slug, number, deleted_at=TODAY), False


def test_a_need_met_elsewhere_stops_at_its_edge(school):  # noqa: F811
    looks, wrong, seen = Looks(), [], set()
    cases = Cases(school)
    for key, (line, _asked) in looks.asked.items():
        for need in line.needs:
            if (line.register, need) not in SPECIAL or (line.register, need) in seen:
                continue
            seen.add((line.register, need))
            with looks.fitting(key) as record:
                for told, write, met in getattr(cases, need.replace("-", "_"))(record):
                    with tried():
                        write()
                        if looks.facts(key).get(record.id) is not met:
                            wrong.append((line.register, need, told))
    assert wrong == []
    assert seen == set(SPECIAL)


# ---- whom a duty is about ----------------------------------------------------------------------


def spans(code, on=TODAY):
    duty = duty_called(code, AUTUMN)
    placement = Placement()
    subjects = Subjects(placement).of(duty.subject)
    return {one.id: one.spans for one in asked(duty, subjects, placement, on)}


POOR = [
    ({"hardship": "、低保、", "economy": None}, True),
    ({"hardship": "、残疾、低保、", "economy": "一般"}, True),
    ({"hardship": "、残疾、", "economy": "一般"}, False),
    ({"hardship": "、烈士子女、", "economy": None}, False),
    ({"hardship": "、其他、", "economy": None}, False),
    ({"hardship": "", "economy": "困难"}, True),
    ({"hardship": None, "economy": "一般"}, False),
    ({"hardship": None, "economy": None}, False),
]
NEEDY = [
    ({"age": 59}, False),
    ({"age": 60}, True),
    ({"age": None, "education": "文盲或半文盲"}, True),
    ({"age": None, "education": "小学"}, False),
    ({"age": 60, "until": BEFORE}, False),
    ({"age": 60, "until": TODAY}, True),
    ({"age": 60, "since": AFTER}, False),
    ({"age": 60, "since": TODAY}, True),
    ({"age": 60, "deleted_at": TODAY}, False),
]
ALL_OF_IT = (date(2025, 9, 1), None)
ENTRUSTED = [
    ({"entrusted": False}, None),
    ({}, ALL_OF_IT),
    ({"entrusted_from": "2025-10-01"}, (date(2025, 10, 1), None)),
    ({"entrusted_until": "2025-10-01"}, (date(2025, 9, 1), date(2025, 10, 1))),
    ({"until": "2025-10-05"}, (date(2025, 9, 1), date(2025, 10, 5))),
    (
        {"until": "2025-10-05", "entrusted_until": "2025-10-07"},
        (date(2025, 9, 1), date(2025, 10, 5)),
    ),
    ({"since": "2025-09-20", "entrusted_from": "2025-09-10"}, (date(2025, 9, 20), None)),
    ({"until": "2025-08-31"}, None),
    ({"deleted_at": TODAY}, None),
]


def test_children_are_flagged_poor_by_money_alone(school):  # noqa: F811
    for said, expected in POOR:
        with tried():
            put("guardian", age=40, education=None)
            put("child", lambda m: m.id == school.child, **said)
            for code in ("subsidy", "family-support"):
                assert (school.child in spans(code)) is expected, (code, said)


def test_an_old_or_illiterate_guardian_of_the_day_is_reason_enough(school):  # noqa: F811
    for said, expected in NEEDY:
        with tried():
            put("child", hardship=None, economy=None)
            put("guardian", lambda m: m.child == school.child, **said)
            assert (school.child in spans("family-support")) is expected, said
            assert school.child not in spans("subsidy")


def test_an_agreement_is_asked_for_while_somebody_is_entrusted(school):  # noqa: F811
    for said, expected in ENTRUSTED:
        with tried():
            put("guardian", lambda m: m.child == school.child, **said)
            found = spans("custody-agreement").get(school.child)
            assert found == (None if expected is None else (expected,)), said


def test_whoever_leads_the_class_exchanges_with_nobody_meanwhile(school):  # noqa: F811
    pairing = first("pairing", child=school.child, teacher=school.head).id
    for said, expected in (
        ({}, None),
        ({"until": "2025-09-30"}, ((date(2025, 10, 1), None),)),
        ({"since": "2025-09-15"}, ((date(2025, 9, 1), date(2025, 9, 14)),)),
        (
            {"since": "2025-09-15", "until": "2025-09-30"},
            ((date(2025, 9, 1), date(2025, 9, 14)), (date(2025, 10, 1), None)),
        ),
        ({"school_class": school.senior_class}, (ALL_OF_IT,)),
        ({"deleted_at": TODAY}, (ALL_OF_IT,)),
    ):
        with tried():
            put("class-teacher", lambda m: m.school_class == school.senior_class, deleted_at=TODAY)
            put("class-teacher", lambda m: m.school_class == school.school_class, **said)
            assert spans("exchange-monthly").get(pairing) == expected, said


@pytest.mark.parametrize(
    ("code", "slug"),
    [
        ("room-tidy", "room"),
        ("room-tidy-activity", "room"),
        ("outside-parent-report", "volunteer"),
    ],
)
def test_only_the_kind_a_duty_names_is_a_subject(school, code, slug):  # noqa: F811
    (duty,) = (one for one in duties_on(AUTUMN) if one.code == code)
    kind = REGISTERS[slug].model.kind
    for word in kind.words:
        with tried():
            put(slug, kind=word)
            assert bool(spans(code)) is (word == duty.among["kind"]), word
