"""The September roll-over: a preview writes nothing, both sides tie, it is taken back whole."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from models.core import service, undo
from models.core.errors import AlreadyDone, Denied, Invalid
from models.core.gates import every_row
from models.core.register import REGISTERS, find
from models.school import roll_over as rolling

DAY = date(2026, 9, 1)
LAST = date(2026, 8, 31)
JULY = datetime(2026, 8, 20, 9, 0)


@pytest.fixture
def clerk(world):
    return world.actor("clerk", now=JULY)


def usual(clerk, day=DAY, **changed):
    sides = rolling.sides(clerk, day)
    grades = {side.record.grade for side in sides}
    steps = {side.record.id: rolling.proposal(side, grades) for side in sides}
    return rolling.Order(day, steps | changed.pop("classes", {}), **changed)


def standing():
    """Every living row of what a roll-over writes, without its versions."""
    slugs = ("child", "enrolment", "school-class", "class-teacher", "teaching-post", "pairing")
    found = {}
    for slug in slugs:
        names = list(REGISTERS[slug].fields)
        for record in every_row(find(slug)):
            found[slug, record.id] = [str(record.__data__.get(name)) for name in names]
    return found


def class_of(child, day):
    model = find("enrolment").model
    found = every_row(find("enrolment")).where(
        model.child == child,
        model.since <= day,
        model.until.is_null(True) | (model.until >= day),
    )
    names = {one.id: one.name for one in every_row(find("school-class"))}
    return [names[one.school_class_id] for one in found]


def test_a_preview_writes_nothing_and_says_what_would_be_done(world, clerk):
    before = standing()
    outcome = rolling.preview(clerk, usual(clerk))
    assert outcome.problems == []
    assert outcome.counts["升级"] == outcome.before == 3
    assert ("七（1）班", "升级", "八（1）班", 2) in outcome.moved
    assert standing() == before


def test_a_class_goes_up_under_a_new_name_and_old_days_keep_the_old_one(world, clerk):
    rolling.roll_over(clerk, usual(clerk))
    assert class_of(world.child_a, LAST) == ["七（1）班"]
    assert class_of(world.child_a, DAY) == ["八（1）班"]
    enrolment = find("enrolment").model
    made = every_row(find("enrolment")).where(
        enrolment.child == world.child_a, enrolment.since == DAY
    )
    assert made.get().reason == "升级"
    leads = find("class-teacher").model
    led = every_row(find("class-teacher")).where(leads.since == DAY)
    assert {one.staff_id for one in led} >= {world.staff_alice}
    ended = every_row(find("class-teacher")).where(leads.until == LAST)
    assert {one.staff_id for one in ended} >= {world.staff_alice}


def test_undoing_the_batch_leaves_the_school_as_it_was(world, clerk):
    before = standing()
    done = rolling.roll_over(clerk, usual(clerk))
    assert standing() != before
    report = undo.undo(clerk, done.batch)
    assert report.left == []
    assert standing() == before


def test_a_class_splits_and_one_child_stays(world, clerk):
    step = rolling.ClassStep("升级", "八（1）班", "八（3）班", None, world.staff_charlie)
    ways = {world.child_a: "去另一班", world.child_c: "留在原班"}
    order = usual(clerk, classes={world.class_1: step}, ways=ways)
    outcome = rolling.roll_over(clerk, order)
    assert class_of(world.child_a, DAY) == ["八（3）班"]
    assert class_of(world.child_c, DAY) == ["七（1）班"]
    assert (outcome.counts["升级"], outcome.counts["不变"]) == (2, 1)


def test_who_graduates_leaves_and_what_is_still_out_is_named(world, clerk):
    june = world.actor("clerk", now=datetime(2026, 6, 2, 9, 0))
    loan = {"child": world.child_a, "item": "图书", "title": "朝花夕拾", "lent_on": "2026-06-01"}
    lent = service.create(june, find("loan"), loan)
    agreement = {"kind": "知情同意书", "child": world.child_a, "signed_on": "2026-06-01"}
    signed = service.create(june, find("agreement"), agreement)
    order = usual(clerk, classes={world.class_1: rolling.ClassStep("毕业")})
    outcome = rolling.roll_over(clerk, order)
    child = every_row(find("child")).where(find("child").model.id == world.child_a).get()
    assert (child.left_on, child.left_why) == (LAST, "毕业")
    assert class_of(world.child_a, LAST) == ["七（1）班"]
    assert class_of(world.child_a, DAY) == []
    pairing = find("pairing").model
    running = every_row(find("pairing")).where(
        pairing.child == world.child_a, pairing.until.is_null(True)
    )
    assert not running.exists()
    assert lent.id in {r.id for reg, r, _child in outcome.unfinished if reg.slug == "loan"}
    model = find("agreement").model
    assert every_row(find("agreement")).where(model.id == signed.id).get().valid_until == LAST
    assert outcome.before == outcome.counts["升级"] + outcome.counts["毕业"]


def test_the_same_name_again_is_refused_and_nothing_is_written(world, clerk):
    before = standing()
    order = usual(clerk, classes={world.class_1: rolling.ClassStep("升级", "七（1）班")})
    with pytest.raises(Invalid, match="请写升级后的新班名"):
        rolling.roll_over(clerk, order)
    assert standing() == before


def test_a_roll_over_sent_twice_is_one(world, clerk):
    order = usual(clerk)
    rolling.roll_over(clerk, order, token="roll-over/x")
    with pytest.raises(AlreadyDone):
        rolling.roll_over(clerk, order, token="roll-over/x")


@pytest.mark.parametrize("person", ["leadership", "alice", "counsellor", "inspector"])
def test_nobody_but_the_clerk_rolls_over(world, clerk, person):
    with pytest.raises(Denied):
        rolling.preview(world.actor(person, now=JULY), usual(clerk))


def test_three_years_go_up_and_the_third_leaves_nobody_behind(world, clerk):
    for year in (2026, 2027, 2028):
        day = date(year, 9, 1)
        acting = world.actor("clerk", now=datetime(year, 8, 20, 9, 0))
        outcome = rolling.roll_over(acting, usual(acting, day))
        assert outcome.before == 3, year
    assert outcome.counts["毕业"] == 3
    assert class_of(world.child_a, day - timedelta(days=1)) == ["九（1）班"]
    assert class_of(world.child_a, day) == []


def fields_of(page):
    """What a form would send: its hidden fields, boxes and the chosen options."""
    found = dict(re.findall(r'<input[^>]*name="([\w-]+)" value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]*name="([\w-]+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', body)
        first = re.search(r'<option(?: value="([^"]*)")?[^>]*>([^<]*)', body)
        match = chosen or first
        found[name] = match[1] if match[1] is not None else match[2]
    return found


def test_by_the_page_a_wrong_name_is_told_at_the_field_and_kept(client_as, world):
    browser = client_as("clerk")
    assert "升级" in browser.get("/year/").get_data(as_text=True)
    page = browser.get("/year/roll-over?day=2026-09-01").get_data(as_text=True)
    said = fields_of(page) | {"day": "2026-09-01", "posts_follow": "1", "step": "preview"}
    wrong = said | {f"name-{world.class_1}": "七（1）班"}
    told = browser.post("/year/roll-over", data=wrong).get_data(as_text=True)
    assert "新班名不能和原来的相同" in told
    assert 'value="七（1）班"' in told
    before = standing()
    checked = browser.post("/year/roll-over", data=said).get_data(as_text=True)
    assert "还没有写入任何记录" in checked
    assert standing() == before
    sent = fields_of(checked) | {"step": "do"}
    done = browser.post("/year/roll-over", data=sent).get_data(as_text=True)
    assert "升级已办好" in done
    assert class_of(world.child_a, DAY) == ["八（1）班"]
    again = browser.post("/year/roll-over", data=sent, follow_redirects=True)
    assert "没有再做一次" in again.get_data(as_text=True)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "morgen"])
def test_a_day_out_of_this_world_breaks_no_page(client_as, world, day):
    browser = client_as("clerk")
    assert browser.get(f"/year/roll-over?day={day}").status_code == 200
    assert browser.get(f"/year/leaver?staff={world.staff_alice}&last={day}").status_code == 200
    told = browser.post("/year/leaver", data={"staff": world.staff_alice, "last": day})
    assert "请写清最后一天" in told.get_data(as_text=True)
