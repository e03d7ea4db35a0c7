"""Village points (校点): shown where a school has one, filtered by, asked by their own calendar."""

from __future__ import annotations

from datetime import date

import pytest

from admin.frame.tables import make_tables
from compliance.checklists.hardware import hardware
from compliance.findings.catalogue import inspect
from compliance.judged.verdict import State
from exports.documents import statistics
from models.core import calendar, service
from models.core.database import database, writing
from models.core.gates import every_row, row, surface
from models.core.listing import ListRequest, selection
from models.core.places import MAIN, way
from models.core.questions import questions
from models.core.register import REGISTERS, find
from models.core.service import LineInput
from tests.factory import Factory
from tests.test_adoption import add, change, states
from tests.test_duties import five_sets  # noqa: F401 - a fixture
from tests.test_papers import asked  # noqa: F401 - a fixture
from tests.world import NOON

POINT, ROOM = find("village-point"), find("room")
TODAY = NOON.date()
NAME = "石门教学点"


def opened(world, room, day, **more):
    said = {"programme": "图书", "starts_at": "12:00", "ends_at": "13:10"}
    said |= {"opened_on": day, "room": room, "duty_teacher": world.staff_bob}
    return add("opening", **said | more)


@pytest.fixture
def point(world):
    return add("village-point", name=NAME, since="2025-10-08", network=False)


@pytest.fixture
def rooms(world, point):
    """The school's own home and the point's."""
    own = add("room", name="之家", kind="留守儿童之家")
    return own, add("room", name="石门之家", kind="留守儿童之家", point=point)


def found(actor, slug, word):
    query, problems = selection(actor, find(slug), ListRequest(filters={POINT.slug: word}))
    assert problems == {}
    return {record.id for record in query}


def test_a_school_without_points_sees_nothing_of_them(world):
    for register in (ROOM, find("school-class")):
        for where in ("list", "form", "filter", "export", "import", "detail"):
            assert "point" not in surface(world.clerk, register, where)
    for register in REGISTERS.values():
        assert POINT.slug not in questions(world.clerk, register)
    point = add("village-point", name=NAME, since="2025-10-08")
    assert "point" in surface(world.clerk, ROOM, "form")
    assert questions(world.alice, find("talk"))[POINT.slug].words == (MAIN, NAME)
    service.delete(world.clerk, POINT, point)
    assert "point" not in surface(world.clerk, ROOM, "form")
    assert POINT.slug not in questions(world.clerk, find("talk"))


def test_the_way_to_a_point_is_the_shortest():
    assert way(find("opening")) == ("room", "point")
    assert way(find("screening")) == ("opening", "room", "point")
    assert way(find("asset")) == ("room", "point")
    assert way(find("equipment-use")) == ("asset", "room", "point")
    assert way(find("enrolment")) == ("school_class", "point")
    assert way(find("talk")) == ()


def test_lists_are_narrowed_to_a_home(world, rooms):
    own, there = rooms
    openings = opened(world, own, "2025-11-10"), opened(world, there, "2025-11-10")
    checks = [
        add("safety-check", kind="安全", room=room, checked_on="2025-11-10", checked_by=1)
        for room in rooms
    ]
    raw = Factory(world.clerk).minimal(find("asset"))
    assets = [
        add("asset", **raw | {"number": f"A{n}", "room": room})
        for n, room in enumerate((*rooms, None))
    ]
    for person in (world.clerk, world.alice, world.inspector):
        assert found(person, "opening", MAIN) == {openings[0]}
        assert found(person, "opening", NAME) == {openings[1]}
        assert found(person, "safety-check", NAME) == {checks[1]}
        assert found(person, "asset", NAME) == {assets[1]}
        # What lies in no room is the school's own.
        assert found(person, "asset", MAIN) >= {assets[0], assets[2]}
        assert assets[1] not in found(person, "asset", MAIN)
    _query, problems = selection(
        world.clerk, find("opening"), ListRequest(filters={POINT.slug: "别处"})
    )
    assert POINT.slug in problems


def test_children_stand_where_their_class_of_today_does(world, point):
    change("school-class", world.class_2, point=point)
    assert found(world.clerk, "child", NAME) == {world.child_b}
    assert found(world.clerk, "child", MAIN) == {world.child_a, world.child_c}
    assert found(world.bob, "child", NAME) == {world.child_b}
    assert found(world.alice, "child", NAME) == set()
    assert world.talk_a in found(world.clerk, "talk", MAIN)
    assert world.talk_a not in found(world.clerk, "talk", NAME)


def test_each_home_is_asked_for_the_daily_opening(five_sets, rooms, point):  # noqa: F811
    own, there = rooms
    opened(five_sets, own, "2025-11-10")
    opened(five_sets, there, "2025-11-11")
    school, village = states("opening-day", 0), states("opening-day", point)
    assert (school["2025-11-10"], village["2025-11-10"]) == (State.DONE, State.MISSED)
    assert (school["2025-11-11"], village["2025-11-11"]) == (State.MISSED, State.DONE)
    # Nothing is asked before the point was there, nor after it is closed.
    assert village["2025-09-30"] is State.NOT_DUE
    change("village-point", point, until="2025-11-10")
    assert states("opening-day", point)["2025-11-11"] is State.NOT_DUE


def test_a_point_has_a_calendar_of_its_own(five_sets, rooms, point):  # noqa: F811
    _own, there = rooms
    days = [
        {"kind": "停课", "since": "2025-11-10", "until": "2025-11-11", "reason": "山路塌方"},
        {"kind": "上课", "since": "2025-11-08", "until": "2025-11-08", "reason": "补课"},
    ]
    record = row(five_sets.clerk, POINT, point)
    lines = {"point-day": [LineInput(one) for one in days]}
    service.update(five_sets.clerk, POINT, point, {}, record.version, lines)
    school, village = states("opening-day", 0), states("opening-day", point)
    assert (school["2025-11-10"], village["2025-11-10"]) == (State.MISSED, State.NOT_DUE)
    assert (school["2025-11-08"], village["2025-11-08"]) == (State.NOT_DUE, State.MISSED)
    opened(five_sets, there, "2025-11-08")
    assert states("opening-day", point)["2025-11-08"] is State.DONE
    own = calendar.school_calendar().at(point)
    assert not own.is_school_day(date(2025, 11, 11))
    assert own.is_school_day(date(2025, 11, 12))


def test_the_hardware_list_is_one_per_home(world, rooms, point, client_as):
    own, there = rooms
    raw = Factory(world.clerk).minimal(find("asset")) | {"checklist_item": "电脑"}
    for number, room in enumerate((own, own, there)):
        add("asset", **raw | {"number": f"A{number}", "room": room, "quantity": "1"})

    def computers(place):
        return next(
            one.found for one in hardware(TODAY, None, place) if one.line.id == "home-computer"
        )

    assert (computers(None), computers(point)) == (2, 1)
    kinds = {one.line.room for one in hardware(TODAY, None, point)}
    assert kinds == {"留守儿童之家"}
    page = client_as("clerk").get("/inspection/hardware").text
    assert f"?home={point}" in page
    assert page.count("本部：硬件清单") == 2
    there = client_as("inspector").get(f"/inspection/hardware?home={point}").text
    assert f"{NAME}：硬件清单" in there
    assert "本部：硬件清单" in client_as("clerk").get("/inspection/hardware?home=99").text


def test_days_without_an_opening_are_found_at_each_home(world, rooms):
    own, there = rooms
    opened(world, own, "2025-11-10")
    opened(world, there, "2025-11-10")
    opened(world, own, "2025-11-11")
    notes = [hit.hit.note for hit in inspect(world.clerk) if hit.kind.id == "F801"]
    assert "本部：2025-11 有 5 个上课日没有开放登记" in notes
    assert f"{NAME}：2025-11 有 6 个上课日没有开放登记" in notes
    # The point was not there in September.
    assert not any(note.startswith(f"{NAME}：2025-09") for note in notes)


def test_the_statistics_have_a_line_per_home(world, point, asked):  # noqa: F811
    change("school-class", world.class_2, point=point)
    lines = {line.title: line for line in statistics.statistics(asked())}
    assert (lines["其中本部"].total, lines[f"其中{NAME}"].total, lines["合计"].total) == (2, 1, 3)
    assert all(line.ties for line in lines.values())
    change("village-point", point, until="2025-11-01")
    assert "其中本部" not in {line.title for line in statistics.statistics(asked())}


def test_the_board_names_the_homes(five_sets, rooms, client_as):  # noqa: F811
    opened(five_sets, rooms[1], "2025-11-11")
    page = client_as("clerk").get("/board/duties/opening-day").text
    assert MAIN in page
    assert NAME in page


def test_names_an_older_version_kept_become_points(world):
    database.execute_sql('ALTER TABLE "school_class" ADD COLUMN "school_point" VARCHAR(40)')
    said = {world.class_1: "石门教学点", world.class_2: " 本部 "}
    with writing():
        for number, text in said.items():
            database.execute_sql(
                f"UPDATE \"school_class\" SET school_point = '{text}' WHERE id = {number}"
            )
    make_tables()
    (made,) = every_row(POINT)
    assert made.name == NAME
    placed = {one.id: one.point_id for one in every_row(find("school-class"))}
    assert placed == {world.class_1: made.id, world.class_2: None}
    # Once only: a class taken out of the point stays out.
    change("school-class", world.class_1, point=None)
    make_tables()
    assert row(world.clerk, find("school-class"), world.class_1).point_id is None
