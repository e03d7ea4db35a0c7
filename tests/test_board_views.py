"""The board by box, by regulation and by weeks, with the share met and last semester beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

import pytest

from admin.boards import classes, teachers
from admin.boards.classes import SUBJECTS
from compliance.judged.store import refresh
from compliance.ordered.in_force import in_force
from compliance.told import trend
from compliance.told.answers import PERSONAL
from compliance.told.grouped import by_box, by_system
from compliance.told.progress import Share, lines
from compliance.told.trend import Kind, comparison
from models.core import calendar, service
from models.core.actor import system
from models.core.register import find, register_of
from models.kept import school
from tests.test_boards import add_child, queries, text_of
from tests.test_compliance_store import change
from tests.world import NOON

VIEWS = ("/board/?view=box", "/board/?view=regulation", "/board/?view=heat")
SPRING_WEDNESDAY = datetime(2026, 4, 1, 10)  # the fifth week of spring
AUTUMN, SPRING = "2025-2026-1", "2025-2026-2"


def span(code):
    return calendar.school_calendar().semester(code)


def compared_on(actor, moment, code):
    seen = replace(actor, now=moment)
    return comparison(seen, span(code), lines(seen, span(code)))


def talk(world, moment, child, staff):
    raw = {"child": child, "teacher": staff, "talked_at": f"{moment} 12:00", "topic": "近况"}
    raw["content"] = "说到学习"
    return service.create(system(datetime(2026, 7, 1, 9)), find("talk"), raw)


@pytest.mark.parametrize("role", ["clerk", "leadership", "alice", "counsellor", "inspector"])
@pytest.mark.parametrize("url", VIEWS)
def test_everybody_reads_every_view_of_the_board(client_as, all_sets, role, url):
    page = text_of(client_as(role).get(url))
    assert "比上学期" in page
    assert "张小雨" not in page


def test_what_is_in_no_row_or_in_two_is_named_beside_the_table(app, all_sets):
    """A child without a class, a child of two teachers: the sums and the sentence are the board."""
    refresh(NOON.date())
    rows = {"classes": SUBJECTS, "teachers": PERSONAL}

    def added(name, shown):
        first = 4 if name == "classes" else 3
        met = (lambda c: c[5]) if name == "classes" else (lambda c: sum(c[4:7]))
        share = sum((Share(met(r["cells"]), r["cells"][first]) for r in shown["rows"]), Share(0, 0))
        said = "".join(shown["beside"])
        for asked, done, told in re.findall(r"(\d+) 次（做到 (\d+) 次）(.{2})", said):
            factor = -1 if told == "由几" else 1
            share += Share(factor * int(done), factor * int(asked))
        return share[:2], said

    def looked(name):
        clerk, semester = all_sets.clerk, span(AUTUMN)
        with app.test_request_context():
            view = classes.classes if name == "classes" else teachers.teachers
            shown = view(clerk, semester) if name == "classes" else view(clerk, semester, {})
        chosen = rows[name]
        board = [
            line.share()
            for line in lines(clerk, semester)
            if (line.duty.subject if name == "classes" else line.duty.responsible) in chosen
        ]
        return added(name, shown), sum(board, Share(0, 0))[:2]

    for name in rows:
        (share, _said), board = looked(name)
        assert share == board, name
    raw = {"kind": "结对教师", "since": "2025-09-01"}
    alice = {"teacher": all_sets.staff_bob, "child": all_sets.child_a}
    service.create(system(NOON), find("pairing"), {**alice, **raw})
    change("enrolment", all_sets.enrolment_b, until="2025-10-31")
    refresh(NOON.date())
    for name, words in (("classes", "没有班级"), ("teachers", "没有人负责")):
        (share, said), board = looked(name)
        assert share == board, name
        assert words in said
    assert "由几位教师一起负责" in said


@pytest.mark.parametrize("url", VIEWS)
def test_the_queries_of_a_view_do_not_grow_with_the_children(client_as, all_sets, url):
    few = queries(client_as("clerk"), url)
    for number in range(25):
        add_child(all_sets, number)
    refresh(NOON.date())
    assert queries(client_as("clerk"), url) <= few


def test_every_duty_stands_in_the_one_box_it_is_counted_from(world):
    found = lines(world.clerk, span(AUTUMN))
    groups = by_box(found)
    placed = [one.line.duty.code for group in groups for one in group.duties]
    assert sorted(placed) == sorted(line.duty.code for line in found)
    visits = next(group for group in groups if group.box.number == "06")
    assert "visit-class-teacher" in {one.line.duty.code for one in visits.duties}
    whole = sum((group.share for group in groups), Share(0, 0))
    assert whole == sum((line.share() for line in found), Share(0, 0))


def test_only_adopted_regulations_are_listed_with_what_their_own_clauses_order(world):
    found = lines(world.clerk, span(AUTUMN))
    groups = by_system(world.clerk, span(AUTUMN), found)
    assert {group.system.id[0] for group in groups} == in_force(AUTUMN).letters
    whole = {line.duty.code: line.share() for line in found}
    topics = [
        (group.system.id, one.share.asked)
        for group in groups
        for one in group.duties
        if one.line.duty.code == "documents-on-file"
    ]
    assert len(topics) > 1
    assert all(asked < whole["documents-on-file"].asked for _, asked in topics)


def test_a_set_aside_clause_takes_its_regulation_off_the_board(client_as, world):
    before = text_of(client_as("clerk").get("/board/?view=regulation"))
    assert "S17 " in before
    for clause in ("S17-1", "S17-2", "S17-3"):
        raw = {
            "what": clause,
            "adopted": False,
            "semester": world.autumn,
            "reason": "本校没有测试器材",
        }
        service.create(world.leadership, register_of(school.Adoption), raw)
    assert "S17 " not in text_of(client_as("clerk").get("/board/?view=regulation"))


@pytest.mark.usefixtures("three_duties")
def test_the_heat_map_is_a_table_whose_cells_show_a_shape_and_say_a_sentence(client_as, all_sets):
    talk(all_sets, "2025-11-05", all_sets.child_a, all_sets.staff_alice)
    page = text_of(client_as("clerk").get("/board/?view=heat"))
    assert page.count('<th scope="row">') == 3
    assert '<th scope="rowgroup"' in page
    weeks = calendar.school_calendar().weeks(span(AUTUMN))
    head = page[page.index("<thead>") : page.index("</thead>")]
    assert head.count('<th scope="col"') == weeks + 3
    (row,) = re.findall(r'<tr><th scope="row"><a href="/board/duties/talk-weekly.*?</tr>', page)
    # Both children were talked to in the ninth week, and one in the tenth.
    assert 'class="spoken">第9周：达标，2 / 2，100%' in row
    assert 'class="spoken">第10周：未达标，1 / 2，50%' in row
    unmet = '<i class="mark mark--unmet" aria-hidden="true"></i>'
    assert f'{unmet}<span aria-hidden="true"><small>50</small></span>' in row


@pytest.mark.usefixtures("three_duties")
def test_a_period_of_several_weeks_is_one_cell_as_wide_as_they_are(client_as, all_sets):
    page = text_of(client_as("clerk").get("/board/?view=heat"))
    weeks = calendar.school_calendar().weeks(span(AUTUMN))
    rows = re.findall(r'<tr><th scope="row"><a href="/board/duties/.*?</tr>', page)
    assert len(rows) == 3
    for row in rows:
        cells = re.findall(r'<td(?: colspan="(\d+)")?><(?:a|span) class="heat__cell', row)
        assert sum(int(wide or 1) for wide in cells) == weeks
        # A period is told once, with its link, and so are the weeks to come.
        told = re.findall(r'class="spoken">(.*?)</span>', row)
        assert len(told) == len(set(told)) == len(cells)


@pytest.mark.usefixtures("three_duties")
def test_the_share_met_in_all_is_the_sum_of_the_duties(client_as, all_sets):
    found = lines(all_sets.clerk, span(AUTUMN))
    whole = sum((line.share() for line in found), Share(0, 0))
    page = text_of(client_as("clerk").get("/board/"))
    assert f"{whole.met} / {whole.asked} 次" in page


@pytest.mark.usefixtures("three_duties")
def test_without_an_earlier_semester_there_is_no_trend(client_as, all_sets):
    found = compared_on(all_sets.clerk, NOON, AUTUMN)
    assert {one.kind for one in found.duties.values()} == {Kind.NO_SEMESTER}
    assert found.whole().change is None
    assert "系统里没有更早的学期" in text_of(client_as("clerk").get("/board/"))


@pytest.mark.usefixtures("three_duties")
def test_a_running_semester_is_compared_at_the_same_week(client_as, all_sets, clock):
    # Four weeks of spring are over; a talk in its second week, none in autumn's first four.
    talk(all_sets, "2026-03-11", all_sets.child_a, all_sets.staff_alice)
    found = compared_on(all_sets.clerk, SPRING_WEDNESDAY, SPRING)
    weekly = found.duties["talk-weekly"]
    assert found.weeks == 4
    assert (weekly.now.met, weekly.now.asked) == (1, 8)
    assert weekly.before.met == 0
    assert weekly.before.asked <= 8
    assert weekly.change == 12
    clock.moment = SPRING_WEDNESDAY
    page = text_of(client_as("clerk").get("/board/"))
    assert "同一周次相比，都到第 4 周末为止" in page
    assert "↑ 高 12 点" in page


@pytest.mark.usefixtures("three_duties")
def test_what_lasts_a_semester_is_compared_at_its_end(all_sets):
    running = compared_on(all_sets.clerk, SPRING_WEDNESDAY, SPRING)
    assert running.duties["visit-class-teacher-photo"].kind is Kind.AT_THE_END
    assert running.duties["visit-class-teacher-photo"].change is None
    ended = compared_on(all_sets.clerk, datetime(2026, 7, 10, 9), SPRING)
    assert ended.weeks is None
    assert ended.duties["visit-class-teacher-photo"].kind is Kind.COMPARED


def test_a_duty_nobody_had_adopted_then_says_so_and_has_no_change(all_sets):
    raw = {
        "what": "张大庙小学",
        "adopted": True,
        "semester": all_sets.spring,
        "reason": "本学期起采用",
    }
    service.create(all_sets.leadership, register_of(school.Adoption), raw)
    calendar.forget()
    found = compared_on(all_sets.clerk, SPRING_WEDNESDAY, SPRING)
    assert found.duties["dinner"].kind is Kind.NOT_ADOPTED
    assert found.duties["dinner"].change is None
    assert found.duties["talk-weekly"].kind is not Kind.NOT_ADOPTED


def test_a_duty_without_subjects_last_semester_has_no_data_not_a_zero(all_sets):
    found = compared_on(all_sets.clerk, SPRING_WEDNESDAY, SPRING)
    group_weekly = found.duties["group-weekly"]
    assert group_weekly.kind is Kind.NO_DATA
    assert group_weekly.change is None


@pytest.mark.usefixtures("three_duties")
def test_last_semester_is_judged_where_its_verdicts_were_never_kept(all_sets, monkeypatch):
    talk(all_sets, "2025-09-24", all_sets.child_a, all_sets.staff_alice)
    seen = replace(all_sets.clerk, now=SPRING_WEDNESDAY)
    kept = {line.duty.code: line.share() for line in trend.past_lines(seen, span(AUTUMN))}
    monkeypatch.setattr(trend, "_is_kept", lambda _code: False)
    judged = {line.duty.code: line.share() for line in trend.past_lines(seen, span(AUTUMN))}
    assert kept["talk-weekly"].met > 0
    assert judged == kept


@pytest.mark.usefixtures("three_duties")
def test_a_teacher_compares_only_what_is_the_own(client_as, all_sets, clock):
    alone = compared_on(all_sets.alice, SPRING_WEDNESDAY, SPRING).duties["talk-weekly"]
    assert alone.now.asked == 4
    nobody = compared_on(all_sets.charlie, SPRING_WEDNESDAY, SPRING).duties["talk-weekly"]
    assert nobody.kind is Kind.NO_DATA
    clock.moment = SPRING_WEDNESDAY
    assert "只算您自己的学生" in text_of(client_as("alice").get("/board/"))


@pytest.mark.parametrize("url", VIEWS)
def test_a_teacher_is_shown_only_duties_with_own_children_class_or_person(
    client_as,
    all_sets,
    url,
):
    page = text_of(client_as("alice").get(url))
    assert "/board/duties/talk-weekly?" in page
    assert "/board/duties/lecture-monthly?" not in page
    assert "/board/duties/talk-weekly?" not in text_of(client_as("charlie").get(url))


def test_the_weeks_gone_are_none_before_the_first_and_whole_after_the_last(all_sets):
    autumn = span(AUTUMN)
    weeks = [
        trend.whole_weeks(autumn, day, calendar.school_calendar())
        for day in (date(2025, 9, 1), date(2025, 9, 8), date(2026, 1, 24))
    ]
    assert weeks == [0, 1, None]


def test_nonsense_in_the_view_shows_the_overview(client_as, all_sets):
    assert "每周完成情况" in text_of(client_as("clerk").get("/board/?view=x"))
