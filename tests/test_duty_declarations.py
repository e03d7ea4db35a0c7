"""Duties are declared as data; a mistake stops the start and says where it is."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from compliance.judged.verdict import Rules
from compliance.ordered.duty import Deadline, Measure, MeasureKind, duty_from, load_duties
from compliance.ordered.periods import Frequency
from models.core.errors import BadDeclaration

SLICE = Path(__file__).parent / "data" / "slice.toml"
TALK = {
    "code": "talk-weekly",
    "title": "每周谈心",
    "clauses": ["S12-1", "Q25-二.1", "Q25-一"],
    "from": [{"register": "talk"}],
    "by": "paired-teacher",
    "subject": "pairing",
    "responsible": "teacher",
    "every": "week",
    "measure": {"count": 1},
    "weight": 2,
}


def test_the_slice_loads_with_its_clauses_and_registers():
    talk, visit, meeting = load_duties([SLICE])
    assert talk.clauses == ("S12-1", "Q04-2", "H02-3", "H06-2")
    assert (visit.needs, visit.weight) == (("photo",), 3)
    assert visit.sources[0].where == {"manner": "入户"}
    assert (meeting.every, meeting.registers) == (Frequency.MONTH, ("meeting",))


def test_what_is_not_written_takes_the_plain_default():
    duty = duty_from({key: value for key, value in TALK.items() if key != "weight"})
    assert (duty.weight, duty.needs, duty.parts) == (0, (), ())
    assert (duty.deadline, duty.proposed, duty.among) == (None, False, {})


@pytest.mark.parametrize(
    ("written", "measure"),
    [
        ({"count": 4}, Measure(MeasureKind.COUNT, 4)),
        ({"sum": "minutes", "least": 60}, Measure(MeasureKind.SUM, 60, field="minutes")),
        ({"distinct": "kind", "least": 3}, Measure(MeasureKind.DISTINCT, 3, field="kind")),
        ({"complete": True}, Measure(MeasureKind.COMPLETE)),
        ({"complete": ["phone"]}, Measure(MeasureKind.COMPLETE, fields=("phone",))),
        ({"range": [4, 7]}, Measure(MeasureKind.RANGE, 4, 7)),
        ({"range": [5]}, Measure(MeasureKind.RANGE, 5)),
    ],
)
def test_every_measure_of_the_closed_list_can_be_written(written, measure):
    assert duty_from(TALK | {"measure": written}).measure == measure


def test_an_event_is_measured_by_the_minute():
    duty = duty_from(
        TALK
        | {"by": "anyone", "every": "event", "measure": {"event": "notified_at", "minutes": 30}}
    )
    assert (duty.measure.field, duty.measure.minutes) == ("notified_at", 30)


def test_parts_have_their_own_sources_and_minimum():
    parts = [
        {"title": "家长来信", "from": [{"register": "letter", "where": {"direction": "来"}}]},
        {"title": "孩子去信", "from": [{"register": "letter"}], "least": 2, "needs": ["scan"]},
    ]
    raw = {key: value for key, value in TALK.items() if key != "from"} | {"parts": parts}
    duty = duty_from(raw)
    assert [part.least for part in duty.parts] == [1, 2]
    assert duty.registers == ("letter",)
    assert Rules.of(duty).leasts == (1, 2)


def test_deadlines_are_weeks_of_teaching_or_days_after_an_event():
    weeks = duty_from(TALK | {"every": "semester", "deadline": {"weeks": 4}, "proposed": True})
    assert (weeks.deadline, weeks.proposed) == (Deadline(weeks=4), True)
    assert (
        duty_from(TALK | {"by": "anyone", "every": "event", "deadline": {"days": 7}}).deadline.days
        == 7
    )
    own = duty_from(TALK | {"by": "anyone", "every": "event", "deadline": {"field": "due_on"}})
    assert own.deadline == Deadline(field="due_on")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"code": "Talk weekly"}, "code"),
        ({"title": " "}, "title"),
        ({"clauses": []}, "clauses"),
        ({"clauses": ["S12.1"]}, "clauses"),
        ({"clauses": ["S12-1", "S12-1"]}, "clauses"),
        ({"from": []}, "from"),
        ({"from": [{"where": {}}]}, "from"),
        ({"from": [{"register": "talk", "wher": {}}]}, "wher"),
        ({"from": [{"register": "talk", "where": {"kind": []}}]}, "where"),
        ({"by": "nobody"}, "by"),
        ({"by": []}, "by"),
        ({"subject": "cat"}, "subject"),
        ({"responsible": "everybody"}, "responsible"),
        ({"every": "fortnight"}, "every"),
        ({"measure": {}}, "measure"),
        ({"measure": {"count": 0}}, "count"),
        ({"measure": {"count": True}}, "count"),
        ({"measure": {"count": 1, "range": [1, 2]}}, "measure"),
        ({"measure": {"count": 1, "leats": 2}}, "leats"),
        ({"measure": {"range": [7, 4]}}, "range"),
        ({"measure": {"range": []}}, "range"),
        ({"measure": {"event": "at", "minutes": 30}}, "measure"),
        ({"measure": {"average": 1}}, "measure"),
        ({"deadline": {"weeks": 4, "days": 7}}, "deadline"),
        ({"deadline": {"days": 7}}, "deadline"),
        ({"every": "event", "by": "anyone"}, "deadline"),
        ({"every": "event", "deadline": {"days": 7}}, "by"),
        ({"weight": -1}, "weight"),
        ({"responsible": "school"}, "weight"),
        ({"needs": "photo"}, "needs"),
        ({"proposed": "yes"}, "proposed"),
        ({"parts": [{"title": "一", "from": [{"register": "talk"}]}]}, "from"),
        ({"wieght": 3}, "wieght"),
    ],
)
def test_a_mistake_names_the_duty_and_the_key(change, key):
    raw = deepcopy(TALK) | change
    with pytest.raises(BadDeclaration) as caught:
        duty_from(raw)
    assert str(raw["code"]) in str(caught.value)
    assert key in str(caught.value)


@pytest.mark.parametrize("key", [key for key in TALK if key != "weight"])
def test_a_missing_key_is_named(key):
    with pytest.raises(BadDeclaration, match=key):
        duty_from({name: value for name, value in TALK.items() if name != key})


def test_a_code_that_stands_twice_is_refused():
    with pytest.raises(BadDeclaration, match=r"talk-weekly.*重复"):
        load_duties([SLICE, SLICE])


def test_a_file_that_is_not_toml_is_named(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[[duty]\n", encoding="utf-8")
    with pytest.raises(BadDeclaration, match=r"broken\.toml"):
        load_duties([broken])


def test_a_file_with_another_table_is_refused(tmp_path):
    other = tmp_path / "other.toml"
    other.write_text("[[dutty]]\n", encoding="utf-8")
    with pytest.raises(BadDeclaration, match="dutty"):
        load_duties([other])
