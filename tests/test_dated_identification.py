"""Left behind, gone, back, gone again: what was true of an earlier day stays true."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from compliance.ordered.papers import DOCUMENTS, document_called
from compliance.told import clause_state
from exports.documents.asking import allows, asked_by
from exports.documents.paper import Asked
from models.core import calendar, service
from models.core.actor import system
from models.core.errors import Invalid
from models.core.gates import every_row
from models.core.register import find
from models.core.spans import holds_on

CHILD, EARLIER = find("child"), find("identification")
FIRST, LEFT = date(2025, 9, 1), date(2025, 10, 10)
BACK, LEFT_AGAIN, BACK_AGAIN = date(2025, 11, 3), date(2025, 11, 7), date(2025, 11, 11)
DAYS = (date(2025, 9, 20), LEFT, date(2025, 10, 20), BACK, date(2025, 11, 5), LEFT_AGAIN)


def change(world, day, **raw):
    """Change child A's sheet on an evening, as the clerk."""
    clerk = world.actor("clerk", now=datetime.combine(day, time(18, 0)))
    return service.update(clerk, CHILD, world.child_a, raw, sheet(world).version)


def sheet(world):
    return every_row(CHILD).where(CHILD.model.id == world.child_a).get()


def kept(world):
    rows = every_row(EARLIER).where(EARLIER.model.child == world.child_a)
    return [(r.since, r.until, r.why) for r in rows.order_by(EARLIER.model.since)]


def there(day):
    return {child.id for child in every_row(CHILD).where(holds_on(CHILD.model, day))}


def facts(day):
    """What the product says of a day: who is there, every clause and duty, the statistics."""
    actor = system(datetime.combine(day, time(23, 59)), "测试")
    semester = calendar.school_calendar().semester_for_visit(day)
    asked = Asked(actor, "学校", semester, Path(), Path())
    said = {"there": there(day), "table": document_called("statistics-table").maker(asked).content}
    for system_ in clause_state.report(actor, semester)["systems"]:
        for clause in system_["clauses"]:
            told = {c["code"]: (c["state"], c["met"], c["asked"]) for c in clause["checks"]}
            said[clause["id"]] = (clause["state"], clause["records"], sorted(told.items()))
    return said


def papers(world, day):
    """Every document about a child, as made on the evening of a day."""
    clerk = world.actor("clerk", now=datetime.combine(day, time(23, 59)))
    semester = calendar.school_calendar().semester_for_visit(day)
    made = {}
    for one in DOCUMENTS.values():
        if one.about == CHILD.slug and not one.page and allows(clerk, one):
            asked = asked_by(clerk, one, semester, (None, None), ids=[world.child_a])
            if asked.records:
                paper = one.maker(asked)
                made[one.code] = paper.body, paper.content
    return made


def different(before, after):
    return {name: (said, after[name]) for name, said in before.items() if said != after[name]}


STEPS = (
    (LEFT, {"left_on": str(LEFT), "left_why": "父母返乡"}),
    (BACK, {"identified_on": str(BACK), "left_on": "", "left_why": ""}),
    (LEFT_AGAIN, {"left_on": str(LEFT_AGAIN), "left_why": "辍学"}),
    (BACK_AGAIN, {"identified_on": str(BACK_AGAIN), "left_on": "", "left_why": ""}),
)


def test_what_was_true_before_a_step_is_true_after_it(all_sets):
    change(all_sets, FIRST, identified_on=str(FIRST))
    for day, raw in STEPS:
        past = [one for one in DAYS if one < day]
        before = [facts(one) for one in past]
        change(all_sets, day, **raw)
        for one, said in zip(past, before, strict=True):
            now = facts(one)
            if "left_on" in raw and raw["left_on"] and one.month == day.month:
                # Who leaves owes nothing for the month that runs: so is every leaving judged.
                said, now = (
                    {name: each[name] for name in ("there", "table")} for each in (said, now)
                )
            assert different(said, now) == {}, (day, one)
    assert kept(all_sets) == [(FIRST, LEFT, "父母返乡"), (BACK, LEFT_AGAIN, "辍学")]
    grounds = {row.ground for row in every_row(EARLIER)}
    assert grounds == {"双亲外出"}
    days = {day: all_sets.child_a in there(day) for day in (*DAYS, BACK_AGAIN)}
    assert [day for day, holds in days.items() if not holds] == [date(2025, 10, 20)]
    assert all_sets.child_a not in there(LEFT_AGAIN + timedelta(days=1))


def test_the_papers_of_an_earlier_day_are_those_made_then(all_sets):
    """Growth booklet, child's sheet, cards: of a child who left, came back, left, came back."""
    world = all_sets
    change(world, FIRST, identified_on=str(FIRST))
    known, seen = {}, set()
    for day, raw in ((FIRST, {}), *STEPS):
        for one in (one for one in (*DAYS, BACK_AGAIN) if one < day):
            now = papers(world, one)
            seen |= now.keys()
            assert different(known.setdefault(one, now), now) == {}, (day, one)
        if raw:
            change(world, day, **raw)
        for number, one in enumerate(ACTS):
            acts(world, day, number, *one)
    assert {"growth-booklet", "contact-card"} <= seen
    assert any("child" in code for code in seen)
    ran = {day: str(FIRST) for day in DAYS[:3]} | {day: str(BACK) for day in DAYS[3:]}
    for day, since in ran.items():
        assert since in str(papers(world, day)["child-sheet"]), day


# A record of every kind the papers tell of, on the day of a step: none of an earlier day's paper.
ACTS = (
    ("talk", "talked_at", {"topic": "近况", "content": "说到学习"}),
    ("growth", "noted_on", {"kind": "教师评语", "text": "有进步"}),
    ("fitness-test", "tested_on", {"height_cm": "140"}),
    ("letter", "written_on", {"direction": "孩子致父母"}),
    ("award", "awarded_on", {"recipient_kind": "学生", "kind": "进步学生"}),
)


def acts(world, day, number, slug, happened, raw):
    moment = f"{day} 1{number}:00" if happened.endswith("_at") else str(day)
    raw = {**raw, happened: moment, "child": world.child_a}
    if slug == "talk":
        raw["teacher"] = world.staff_alice
    clerk = world.actor("clerk", now=datetime.combine(day, time(18, 30)))
    service.create(clerk, find(slug), raw)


def gone(all_sets):
    change(all_sets, FIRST, identified_on=str(FIRST))
    change(all_sets, LEFT, left_on=str(LEFT), left_why="父母返乡")


def test_a_leaving_taken_back_is_no_second_stretch(all_sets):
    gone(all_sets)
    change(all_sets, BACK, left_on="", left_why="")
    assert kept(all_sets) == []
    assert all_sets.child_a in there(date(2025, 10, 20))


def test_a_mistaken_return_taken_back_leaves_no_double(all_sets):
    gone(all_sets)
    change(all_sets, BACK, identified_on=str(BACK), left_on="", left_why="")
    assert kept(all_sets) == [(FIRST, LEFT, "父母返乡")]
    change(all_sets, BACK, identified_on=str(FIRST), left_on=str(LEFT), left_why="父母返乡")
    assert kept(all_sets) == []


@pytest.mark.parametrize("day", [LEFT, LEFT - timedelta(days=1), FIRST - timedelta(days=9)])
def test_a_running_stretch_begins_after_the_earlier_one_ended(all_sets, day):
    gone(all_sets)
    change(all_sets, BACK, identified_on=str(BACK), left_on="", left_why="")
    with pytest.raises(Invalid) as refused:
        change(all_sets, BACK, identified_on=str(day))
    assert set(refused.value.errors) == {"identified_on"}
    assert sheet(all_sets).identified_on == BACK
    change(all_sets, BACK, identified_on=str(LEFT + timedelta(days=1)))


def test_an_earlier_stretch_ends_before_the_running_one_and_meets_no_other(all_sets):
    gone(all_sets)
    change(all_sets, BACK, identified_on=str(BACK), left_on="", left_why="")
    raw = {"child": all_sets.child_a, "why": "转学", "ground": "双亲外出"}
    for since, until in (("2025-10-20", str(BACK)), ("2025-08-01", str(FIRST))):
        with pytest.raises(Invalid):
            service.create(all_sets.clerk, EARLIER, raw | {"since": since, "until": until})
    before = {"since": "2024-03-01", "until": "2024-07-01"}
    made = service.create(all_sets.clerk, EARLIER, raw | before)
    with pytest.raises(Invalid):
        service.update(all_sets.clerk, EARLIER, made.id, {"until": str(LEFT)}, made.version)
    assert all_sets.child_a in there(date(2024, 5, 1))
    service.delete(all_sets.clerk, EARLIER, made.id)
    assert all_sets.child_a not in there(date(2024, 5, 1))


def test_a_drop_out_before_a_return_still_counts_on_its_days(all_sets):
    change(all_sets, FIRST, identified_on=str(FIRST))
    change(all_sets, LEFT, left_on=str(LEFT), left_why="辍学")
    day = LEFT + timedelta(days=5)

    before = facts(day)["Q03-3"]
    assert dict(before[2])["drop-out"][0] == "missed"
    change(all_sets, BACK, identified_on=str(BACK), left_on="", left_why="")
    assert facts(day)["Q03-3"] == before
