"""What a number on a page counts is what its link opens, in a whole school, for every duty."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, datetime, time
from urllib.parse import parse_qsl, urlsplit

import pytest

from admin.boards import class_board, classes, groups, teacher, teachers
from admin.boards.duty import duty_page, subject_page
from admin.frame.tables import make_tables
from admin.inspection.regulation_pages import system_page
from compliance.judged.evaluation import Evaluation, as_of_in, periods_of
from compliance.judged.evidence import LIMIT, evidence
from compliance.judged.store import totals_of, verdicts
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import MeasureKind
from compliance.ordered.periods import Frequency
from compliance.ordered.regulations import systems
from compliance.told import owing
from compliance.told.answers import PERSONAL
from compliance.told.clause_state import DUTY
from compliance.told.progress import Share, lines, share_of
from demo import school
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import CLERK, TEACHER
from models.core.database import connected, open_database
from models.core.gates import every_row
from models.core.register import find

TODAY = date(2025, 12, 10)
NOON = datetime.combine(TODAY, time(12))
# Their number is how many records there are; the others' is worked out from what these say.
PLAIN = {MeasureKind.COUNT, MeasureKind.RANGE, MeasureKind.COMPLETE}


class School:
    """An invented school on a day of its second semester, and its people as actors."""

    def __init__(self, roll):
        self.roll = roll
        self.span = calendar.school_calendar().semesters[-1]
        self.as_of = as_of_in(self.span, TODAY, calendar.school_calendar())
        self.clerk = self.actor(roll.clerk, CLERK)
        self.duties = {duty.code: duty for duty in duties_on(self.span.code)}

    def actor(self, staff, role=TEACHER):
        return Actor(role, NOON, self.roll.users[staff], staff, self.roll.staff_name[staff])

    def board(self):
        return {line.duty.code: line for line in lines(self.clerk, self.span)}


@pytest.fixture(scope="module")
def made(worker_app, tmp_path_factory):
    open_database(tmp_path_factory.mktemp("numbers"))
    with connected():
        make_tables()
        calendar.forget()
        yield School(school.make(TODAY, 12).roll)
    calendar.forget()


def counted(school, duty):
    """What the engine counts for whom, as it is judged: subject to (register, record, day)."""
    found = defaultdict(set)
    if duty.event is None:
        for subject, register, record, day in Evaluation(school.span, school.as_of).behind(duty):
            found[subject].add((register, record, day))
    return found


def in_period(duty, period, entries, as_of):
    last = min(period.counts_until, as_of)
    now = duty.every is Frequency.NOW
    return {(slug, n) for slug, n, day in entries if now or period.counts_from <= day <= last}


def events_of(duty, one, got):
    """Whether the events shown are the subject's own: itself, or of the child it is about."""
    events = {number for slug, number in got if slug == duty.event.register}
    if duty.subject == "child":
        register = find(duty.event.register)
        whose = every_row(register).where(register.model.id.in_(list(events)))
        return events and {record.child_id for record in whose} == {one.child}
    return events == {one.subject}


def number_of(duty, shown):
    """The number that the records shown come to, None where no one register says it."""
    whole = [(e, [r for r in e.records if r.id not in e.lacking]) for e in shown]
    kind, field = duty.measure.kind, duty.measure.field
    if duty.event is not None:
        return sum(len(records) for e, records in whole if e.register.slug == duty.event.register)
    if len(duty.parts) > 1:
        return None
    if kind in PLAIN:
        return sum(len(records) for _, records in whole)
    said = [getattr(record, field) for _, records in whole for record in records]
    return len(set(said)) if kind is MeasureKind.DISTINCT else sum(int(one or 0) for one in said)


def test_every_number_of_every_duty_opens_exactly_the_records_it_counts(made):
    """By the page of a subject: of each period begun, what is shown and what is counted."""
    wrong, seen, kinds = [], Counter(), set()
    for code, duty in made.duties.items():
        spans = periods_of(duty, made.span, calendar.school_calendar())
        behind = counted(made, duty)
        for one in verdicts(made.clerk, made.span.code, duty=code):
            for index, period in enumerate(spans):
                if period.first > made.as_of:
                    continue
                shown = evidence(made.clerk, duty, one, [period], made.as_of)
                got = {(e.register.slug, record.id) for e in shown for record in e.records}
                told = code, one.subject, period.code
                if any(e.more for e in shown):
                    assert len(got) >= LIMIT
                    continue
                expected = in_period(duty, period, behind[one.subject], made.as_of)
                if duty.event is not None:
                    wrong += [told] if not events_of(duty, one, got) else []
                elif got != expected:
                    wrong.append(told)
                number = number_of(duty, shown)
                if number is not None and number != one.counts[index]:
                    wrong.append((*told, number, one.counts[index]))
                seen[code] += bool(got)
                kinds |= {duty.subject} if got else set()
    assert wrong == []
    assert len(+seen) > 100
    assert {"pairing", "child", "class", "school", "guardian", "incident", "topic"} <= kinds


def test_the_board_and_the_page_of_a_duty_say_the_same(made, worker_app):
    """For every duty: how many are still open, how many there are, and the share."""
    compared = Counter()
    for code, line in made.board().items():
        asked = {} if line.running is None else {"period": line.periods[line.running].code}
        with worker_app.test_request_context():
            page = duty_page(made.clerk, line.duty, made.span, asked)
            due = duty_page(made.clerk, line.duty, made.span, {**asked, "state": "due"})
        assert page["share"] == line.share(), code
        tabs = {tab["title"]: tab["count"] for tab in page["tabs"]}
        if line.running is not None:
            assert tabs.get(State.DUE.word, 0) == line.open, code
            assert len(due["rows"]) == min(line.open, len(page["rows"])), code
            assert tabs["全部"] == line.summed.subjects, code
            compared[line.duty.subject] += line.open
    assert {"pairing", "child", "class", "school"} <= (+compared).keys()


def test_the_classes_tasks_add_up_to_the_board_and_open_their_own_number(made, worker_app):
    """A class's page counts its own tasks; the link of each opens the same period."""
    of_classes, opened = Counter(), 0
    titles = {duty.title: code for code, duty in made.duties.items()}
    with worker_app.test_request_context():
        for one in every_row(find("school-class")):
            tasks = class_board.class_board(made.clerk, one.id, made.span, {})["tasks"]
            for task in tasks:
                code = titles[task["text"]]
                of_classes[code] += task["state"] == State.DUE.slug
                asked = dict(parse_qsl(urlsplit(task["url"]).query))
                page = subject_page(made.clerk, made.duties[code], made.span, one.id, asked)
                number = next(
                    cell["title"]
                    for cell, column in zip(page["row"]["cells"], page["columns"], strict=True)
                    if column["current"]
                )
                period, _, count = task["note"].partition(" · ")
                assert number.startswith(period)
                assert number.endswith(f"，{count}"), (task, number)
                opened += 1
    board = {
        code: line.open
        for code, line in made.board().items()
        if line.duty.subject == "class" and line.running is not None
    }
    assert {code: of_classes[code] for code in board} == board
    assert opened > 5
    assert any(board.values())


def test_the_teachers_days_add_up_to_the_board_for_what_class_teachers_answer_for(
    made, monkeypatch
):
    """Each child in a class with a class teacher is on one teacher's day."""
    monkeypatch.setattr(owing, "pressing", list)
    today = Counter()
    for staff in made.roll.users:
        actor = made.actor(staff)
        children = [child.id for child in owing.own_children(actor)]
        for marks in owing.marks_of(actor, made.span, children).values():
            today.update(
                one.duty.code
                for one in marks
                if one.duty.subject == "child" and one.state is State.DUE
            )
    board = {
        code: line.open
        for code, line in made.board().items()
        if line.duty.subject == "child"
        and line.duty.responsible == "class-teacher"
        and line.duty.every is not Frequency.EVENT
        and line.running is not None
    }
    assert {code: today[code] for code in board} == board
    assert sum(board.values()) > 10
    assert today.keys() <= board.keys()


@pytest.mark.parametrize("view", [groups.box_view, groups.regulation_view])
def test_every_line_of_a_grouped_board_says_what_the_dutys_page_says(made, worker_app, view):
    """By box and by regulation; of what a regulation orders of several topics, these alone."""
    board, seen, told = made.board(), Counter(), Counter()
    with worker_app.test_request_context():
        sections = view(made.clerk, made.span)["sections"]
        for group in (group for section in sections for group in section["groups"]):
            added = Share(0, 0)
            for line in group["lines"]:
                code = urlsplit(line["url"]).path.rsplit("/", 1)[-1]
                share = Share(line["met"], line["asked"])
                added += share
                seen[code] += 1
                if board[code].duty.subject == "topic" and view is groups.regulation_view:
                    continue
                page = duty_page(made.clerk, board[code].duty, made.span, {})
                assert share == (page["share"].met, page["share"].asked, 0), code
                told[code] += 1
            assert added == (group["met"], group["asked"], 0), group["title"]
    assert {*board} == {*seen}
    assert view is groups.regulation_view or set(seen.values()) == {1}
    assert len(told) > 100


def test_the_classes_and_what_is_named_beside_them_are_the_board(made, worker_app):
    """A class counts whoever is in it today; a sentence says what the board counts besides."""
    with worker_app.test_request_context():
        shown = classes.classes(made.clerk, made.span)
    rows = [Share(row["cells"][5], row["cells"][4], row["cells"][6]) for row in shown["rows"]]
    asked, met = named(shown["beside"]) if shown["beside"] else (0, 0)
    board = added(made, lambda duty: duty.subject in classes.SUBJECTS)
    assert sum(rows, Share(met, asked))[:2] == board[:2]


def test_the_teachers_and_what_is_named_beside_them_are_the_board(made, worker_app):
    """Nobody's are named, and what several answer for together counts once on the board."""
    shown, rows = {}, []
    with worker_app.test_request_context():
        shown = teachers.teachers(made.clerk, made.span, {})
        for row in shown["rows"]:
            staff = int(urlsplit(row["url"]).path.rsplit("/", 1)[-1])
            page = teacher.teacher(made.clerk, made.span, staff, {})
            asked = row["cells"][3]
            met = sum(row["cells"][4:7])
            rows.append(Share(met, asked))
            whole = f"应办 {asked} 次，做到 {met} 次"
            assert whole in page["page_title"] or not asked, staff
    assert shown["paging"]["pages"] == 1
    nobody = [one for one in shown["beside"] if "没有人负责" in one]
    again = [one for one in shown["beside"] if "一起负责" in one]
    whole = sum(rows, Share(0, 0))
    for told, sign in ((nobody, 1), (again, -1)):
        for asked, met in map(named, told):
            whole += Share(sign * met, sign * asked)
    board = added(made, lambda duty: duty.responsible in PERSONAL)
    assert whole[:2] == board[:2]
    assert rows


def named(sentence):
    """The two numbers a sentence names: asked and met."""
    asked, met = re.search(r"(\d+) 次（做到 (\d+) 次）", sentence).groups()
    return int(asked), int(met)


def added(made, chosen):
    return sum((line.share() for line in made.board().values() if chosen(line.duty)), Share(0, 0))


def test_a_clause_says_of_its_duties_what_the_board_says(made, worker_app):
    """Of what a clause orders of a duty: all of it, or the topics it names."""
    board = made.board()
    compared = 0
    for system in systems():
        with worker_app.test_request_context():
            page = system_page(made.clerk, made.span, system)
        for clause in page["clauses"]:
            for check in clause["checks"]:
                if not clause["adopted"] or check["kind"] != DUTY:
                    continue
                code = urlsplit(check["url"]).path.rsplit("/", 1)[-1]
                line = board[code]
                if line.duty.subject == "topic":
                    continue
                assert Share(check["met"], check["asked"], line.share().missed) == line.share()
                compared += 1
    assert compared > 80


def test_the_sums_of_a_duty_are_those_of_its_subjects(made):
    for code, line in made.board().items():
        found = totals_of(verdicts(made.clerk, made.span.code, duty=code))
        shares = [share_of(one) for each in found.values() for one in each.periods]
        assert sum(shares, Share(0, 0)) == line.share(), code
