"""A state is worked out once: clause page, `systems --json`, lists, scoring and bundle agree.

Looked at in the demo school in the holiday after the semester, when the texts were taken from
the walls after its last day.
"""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from admin.frame.tables import make_tables
from admin.inspection import lists
from compliance.checklists import archive, scoring
from compliance.checklists.archive_state import ArchiveList
from compliance.checklists.hardware import hardware
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties
from compliance.told.clause_state import DUTY, LIST, TEXT, clause_states, report
from demo import school
from exports.bundle.survey import survey_of
from models.core import calendar, service
from models.core.actor import Actor, system
from models.core.boxes import CLERK
from models.core.database import connected, database, open_database
from models.core.gates import every_row
from models.core.register import REGISTERS

# One school for all of them: making it takes longer than the tests.
pytestmark = pytest.mark.xdist_group("states")

HOLIDAY = date(2026, 2, 10)
SINCE = date(2026, 2, 1)


class Seen:
    """The demo school's autumn as every page tells it."""

    def __init__(self, app, folder):
        running = app.extensions["runtime"]
        running.data_dir = folder
        self.actor = Actor(CLERK, datetime.combine(HOLIDAY, datetime.min.time()), name="文员")
        self.semester = calendar.current_span(HOLIDAY)
        self.clauses = clause_states(self.actor, self.semester)
        self.report = report(self.actor, self.semester)
        self.items = ArchiveList(self.actor, self.semester).states()
        self.suggested = scoring.suggestions(self.actor, self.semester, duties())
        with app.test_request_context():
            self.archive = lists.archive_page(self.actor, self.semester)
            self.hardware = lists.hardware_page(self.actor)
            self.survey = survey_of(self.actor, self.semester)

    def checks(self, *kinds):
        return [c for one in self.clauses.values() for c in one.checks if c.kind in kinds]


def _ended_since(slug, field):
    """End the living records of a register after the semester, before today."""
    actor = system(datetime.combine(HOLIDAY, datetime.min.time()))
    model = REGISTERS[slug].model
    for one in every_row(REGISTERS[slug]).where(getattr(model, field).is_null()):
        service.update(actor, REGISTERS[slug], one.id, {field: str(SINCE)}, one.version)


@pytest.fixture(scope="module")
def seen(tmp_path_factory, worker_app):
    folder = tmp_path_factory.mktemp("states")
    open_database(folder)
    with connected():
        database.execute_sql("PRAGMA synchronous = OFF")
        make_tables()
        calendar.forget()
        school.make(HOLIDAY, 10)
        _ended_since("wall-posting", "removed_on")
        calendar.forget()
        yield Seen(worker_app, folder)
    calendar.forget()


def state_of_item(seen, code):
    return next(one.state for one in seen.items if one.item.id == code)


def test_an_archive_item_stands_alike_on_clause_page_list_and_scoring_sheet(seen):
    wrong = []
    on_page = {f"S03-{one['number']}": one["state"] for one in seen.archive["items"]}
    on_clauses = {check.code: check.state for check in seen.checks(LIST)}
    for item in archive.items():
        answers = {on_page[item.id], state_of_item(seen, item.id).slug}
        if item.id in on_clauses:
            answers.add(on_clauses[item.id].slug)
        word = f"档案第 {item.number} 项"
        for one in seen.suggested.values():
            told = [fact.removeprefix(word) for fact in one.facts if fact.startswith(word)]
            answers |= {state.slug for state in State if state.word in told}
        if len(answers) != 1:
            wrong.append((item.id, answers))
    assert wrong == []


def test_the_last_item_is_whole_only_when_all_eight_parts_are(seen):
    """S03-18 is the state of the bundle's own survey (docs/duties.md)."""
    met = sum(state.percent == 100 for state in seen.survey.parts)
    (item,) = [one for one in seen.items if one.item.id == "S03-18"]
    told = [check for check in seen.checks(LIST) if check.code == "S03-18"]
    assert {check.share[:2] for check in told} == {(met, len(seen.survey.parts))}
    assert item.state is (State.DONE if not seen.survey.missing else State.DUE)


def test_a_line_of_the_hardware_list_stands_alike_on_clause_page_list_and_scoring_sheet(seen):
    on_page = {
        line["id"]: line["state"] == "done"
        for room in seen.hardware["rooms"]
        for line in room["lines"]
    }
    on_clauses = {
        check.code: check.state is State.DONE
        for check in seen.checks(LIST)
        if check.code in on_page
    }
    assert on_clauses
    assert {code: on_page[code] for code in on_clauses} == on_clauses
    wrong = []
    for indicator in scoring.tree().indicators:
        facts = seen.suggested[indicator.id].facts if indicator.id in seen.suggested else ()
        told = [re.fullmatch(r"硬件 (\d+)/(\d+) 项", fact) for fact in facts]
        chosen = [
            [met for code, met in on_clauses.items() if scoring._named(name, code)]
            for name in indicator.checklist
        ]
        expected = [(sum(one), len(one)) for one in chosen if one]
        counted = [(int(one[1]), int(one[2])) for one in told if one]
        if counted != expected:
            wrong.append((indicator.id, counted, expected))
    assert wrong == []


def test_a_duty_stands_alike_on_clause_page_and_archive_list(seen):
    """Where a clause orders all of a duty, both take the gravest of the same verdicts."""
    on_clauses = {
        check.code: check.state
        for check in seen.checks(DUTY, TEXT)
        if check.subjects is None and check.state is not State.NOT_DUE
    }
    compared = [
        (one.code, one.state, on_clauses[one.code])
        for item in seen.items
        for one in item.duties
        if one.code in on_clauses
    ]
    assert compared
    assert [one for one in compared if one[1] is not one[2]] == []


def test_the_command_tells_what_the_clause_page_shows(seen):
    told = {one["id"]: one for system in seen.report["systems"] for one in system["clauses"]}
    assert set(told) == set(seen.clauses)
    wrong = [
        code
        for code, state in seen.clauses.items()
        if (told[code]["state"], told[code]["met"]) != (state.standing, state.share.met)
    ]
    assert wrong == []


def test_hardware_is_looked_at_on_one_day_of_the_semester(seen):
    """A text taken down after the semester hangs in it still."""
    day = seen.semester.last
    then = {one.line.id: one.found for one in hardware(day, None)}
    assert {one.line.id: one.found for one in hardware(HOLIDAY, seen.semester)} == then
    assert {one.line.id: one.found for one in hardware(HOLIDAY, None)} != then
