"""Direct addresses on the days that matter: what opens, whom a picker offers, whom a group holds.

Alice asks on the tests' day and on the next; `tests.whose_rows` says what is hers on each.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from admin.boards.child_page import TABS
from compliance.judged.store import verdicts, verdicts_as_of
from compliance.judged.tables import StoredVerdict
from compliance.ordered.catalogue import duty_called
from models.core import calendar, service
from models.core.actor import system
from models.core.gates import every_row, row
from models.core.register import REGISTERS, find
from models.school.pupils import MINE, child_field, pupils
from tests.matrix_time import LED, PAIRED, PLACED, TERMS, TODAY, TOMORROW, YESTERDAY, at
from tests.test_matrix import listed
from tests.whose_rows import holds, person_of
from tests.world import Builder

AUTUMN = "2025-2026-1"


def told(wrong):
    return "\n" + "\n".join(wrong[:30])


# ---- a child's addresses -------------------------------------------------------------------------


def addresses(made, child):
    """Pages of records about a child that its own page leads to."""
    visit = made.about["home-visit"][child]
    yield f"/r/talk/{made.about['talk'][child]}"
    yield f"/photos/of/home-visit/{visit}"
    yield f"/photos/{made.about['photo'][visit]}/thumb.jpg"


def test_a_childs_addresses_open_on_the_days_it_is_ones_own(timed_client, time_school, facts):
    alice, wrong = timed_client("alice"), []
    own = facts.children(person_of(time_school.world.alice), TODAY)
    for (way, state), child in time_school.children.items():
        due = 200 if child in own else 404
        for address in addresses(time_school, child):
            answer = alice.get(address)
            if answer.status_code != due:
                wrong.append(f"{way} {state}: {address} → {answer.status_code}")
            answer.close()
    assert not wrong, told(wrong)


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_a_childs_page_opens_and_closes_overnight(timed_client, time_school, facts, clock, day):
    clock.moment = at(day)
    alice, wrong = timed_client("alice"), []
    own = facts.children(person_of(time_school.world.alice), day)
    for (way, state), child in time_school.children.items():
        # The page takes longest where it opens: one way stands for all.
        page = "" if way == PAIRED else "/history"
        got = alice.get(f"/r/child/{child}{page}").status_code
        if got != (200 if child in own else 404):
            wrong.append(f"{way} {state}: {got}")
    assert not wrong, told(wrong)


def test_a_childs_page_shows_only_records_within_the_own_rows(timed_client, time_school, facts):
    alice = timed_client("alice")
    who = person_of(time_school.world.alice)
    child = time_school.children[PAIRED, "running"]
    page = "".join(alice.get(f"/r/child/{child}?tab={tab}").text for tab in TABS)
    for slug in REGISTERS:
        met = listed(page, slug)
        if slug not in ("child", "staff", "school-class", "user", "semester"):
            assert met <= facts.seen(who, slug, TODAY), slug
    assert listed(page, "talk")


# ---- lists, pickers, groups ----------------------------------------------------------------------


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_lists_and_pickers_offer_the_children_of_the_day(
    timed_client, time_school, facts, clock, day
):
    clock.moment = at(day)
    alice, who = timed_client("alice"), person_of(time_school.world.alice)
    own = facts.children(who, day)
    assert listed(alice.get("/r/child/?size=200").text, "child") == own
    assert listed(alice.get("/r/talk/?size=200").text, "talk") == facts.seen(who, "talk", day)
    situations = set(time_school.children.values())
    for asked in ("", "for=talk.child&", "for=home-visit.child&"):
        found = json.loads(alice.get(f"/r/child/pick?{asked}q=时").text)["results"]
        assert {one["id"] for one in found} == own & situations, asked
    # Names from the directory are anybody's.
    found = json.loads(alice.get("/r/child/pick?for=activity-participant.child&q=旁").text)
    assert {one["id"] for one in found["results"]} == set(time_school.others)


def group(actor, chosen):
    declared = find("talk")
    return {one.id for one in pupils(actor, declared, child_field(declared), str(chosen))}


@pytest.mark.parametrize("day", [YESTERDAY, TODAY, TOMORROW])
def test_a_roll_call_ticks_the_children_of_the_day(timed_client, time_school, facts, day):
    alice = replace(time_school.world.alice, now=at(day))
    who = person_of(alice)
    own = facts.children(who, day)
    led = facts.classes(who, day)
    classes = {one["school_class_id"] for one in facts.living("enrolment")}
    held = {school_class: enrolled(facts, school_class, day) for school_class in classes}
    paired = {
        one["child_id"]
        for one in facts.living("pairing")
        if one["teacher_id"] == who.staff_id and holds(one, day)
    }
    assert group(alice, MINE) == paired
    assert paired - set().union(*(held[one] for one in led))
    for school_class, members in held.items():
        assert group(alice, school_class) == members & own, school_class
        assert group(replace(time_school.world.clerk, now=at(day)), school_class) == members


def test_a_roll_call_enters_nothing_for_a_child_whose_pairing_ended_yesterday(
    timed_client, time_school
):
    alice, talk = timed_client("alice"), find("talk")
    child = time_school.children[PAIRED, "ended yesterday"]
    before = every_row(talk).count()
    said = {"talked_at": "2025-11-11T16:20", "topic": "期中", "content": "谈了学习", "child": child}
    said["teacher"] = time_school.world.staff_alice
    for chosen in (MINE, time_school.world.class_3):
        answer = alice.post("/roll-call/talk", data={**said, "group": chosen})
        assert answer.status_code == 422
    answer = alice.post("/r/talk/new", data=said)
    assert answer.status_code == 422
    assert every_row(talk).count() == before
    running = time_school.children[PAIRED, "on its last day"]
    answer = alice.post("/roll-call/talk", data={**said, "group": MINE, "child": running})
    assert answer.status_code == 303
    assert every_row(talk).count() == before + 1


# ---- class pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_a_class_page_opens_on_the_days_of_ones_term(timed_client, time_school, facts, clock, day):
    clock.moment = at(day)
    alice, wrong = timed_client("alice"), []
    led = facts.classes(person_of(time_school.world.alice), day)
    for state, school_class in time_school.classes.items():
        for address in ("", "/history"):
            got = alice.get(f"/r/school-class/{school_class}{address}").status_code
            if got != (200 if school_class in led else 404):
                wrong.append(f"{state}: {address} {got}")
    assert not wrong, told(wrong)


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_a_class_page_shows_who_is_enrolled_and_who_leads_on_the_day(
    timed_client, time_school, facts, clock, day
):
    clock.moment = at(day)
    alice, clerk = timed_client("alice"), timed_client("clerk")
    own = facts.children(person_of(time_school.world.alice), day)
    planted = {time_school.children[PLACED, state] for state in TERMS}
    for school_class in (time_school.world.class_1, time_school.world.class_2):
        due = enrolled(facts, school_class, day) & planted
        address = f"/r/school-class/{school_class}"
        assert listed(clerk.get(address).text, "child") & planted == due
        if school_class == time_school.world.class_1:
            assert listed(alice.get(address).text, "child") & planted == due & own
    for state, school_class in time_school.classes.items():
        page = clerk.get(f"/r/school-class/{school_class}").text
        led = {int(one) for one in re.findall(r'href="/board/teachers/(\d+)"', page)}
        assert led == leading(facts, school_class, day), state


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_a_child_is_in_the_class_from_being_identified_until_its_last_day_as_left_behind(
    timed_client, time_school, clock, day
):
    clock.moment = at(day)
    clerk = replace(time_school.world.clerk, now=at(day))
    left, known = (time_school.children[PLACED, s] for s in ("running", "restored"))
    for child, raw in (
        (
            left,
            {"left_on": str(TODAY), "left_why": find("child").fields["left_why"].field.words[0]},
        ),
        (known, {"identified_on": str(TOMORROW)}),
    ):
        stands = row(clerk, find("child"), child)
        service.update(system(at(TODAY)), find("child"), child, raw, stands.version)
    page = timed_client("clerk").get(f"/r/school-class/{time_school.world.class_1}").text
    assert (left in listed(page, "child")) == (day == TODAY)
    assert (known in listed(page, "child")) == (day == TOMORROW)
    for actor in (clerk, replace(time_school.world.alice, now=at(day))):
        assert (left in group(actor, time_school.world.class_1)) == (day == TODAY)


def enrolled(facts, school_class, day):
    """The children of a class on a day."""
    rows = (row for row in facts.living("enrolment") if holds(row, day))
    return {row["child_id"] for row in rows if row["school_class_id"] == school_class}


def leading(facts, school_class, day):
    """The staff who lead a class on a day."""
    rows = facts.living("class-teacher")
    return {
        row["staff_id"]
        for row in rows
        if row["school_class_id"] == school_class and holds(row, day)
    }


# ---- whom to ring --------------------------------------------------------------------------------


def chain(page):
    """(role, name) of everybody the child's page says to ring."""
    said = page[
        page.index('<div class="chain">') : page.index("</section>", page.index("找谁联系"))
    ]
    return re.findall(r'<span class="chain__role">([^<]*)</span>(?:<strong>)?([^<]*)<', said)


@pytest.mark.parametrize("day", [TODAY, TOMORROW])
def test_whom_to_ring_is_who_is_there_on_the_day(timed_client, time_school, facts, clock, day):
    clock.moment = at(day)
    clerk, make = timed_client("clerk"), Builder(time_school.world)
    names = {row["id"]: row["name"] for row in facts.rows["staff"]}
    for state in ("ended yesterday", "on its last day", "beginning tomorrow", "deleted"):
        child = time_school.children[LED, state]
        page = clerk.get(f"/r/child/{child}").text
        led = leading(facts, time_school.classes[state], day)
        due = [("班主任", names[one]) for one in led] or [("班主任", "还没有登记")]
        assert [one for one in chain(page) if one[0] == "班主任"] == due, state
    child = time_school.children[PLACED, "running"]
    for number, (state, terms) in enumerate(TERMS.items()):
        since, until = terms[0]
        span = {"since": str(since), "until": str(until) if until else None}
        raw = {"child": child, "relation": "祖母", "rank": "2", "name": f"奶奶{number}", **span}
        one = make.add(f"guardian {state}", "guardian", **raw)
        if state.startswith("deleted"):
            service.delete(time_school.world.clerk, find("guardian"), one)
    shown = {name for _role, name in chain(clerk.get(f"/r/child/{child}").text)}
    for number, (state, terms) in enumerate(TERMS.items()):
        row = {"since": str(terms[0][0]), "until": str(terms[0][1]) if terms[0][1] else None}
        due = holds(row, day) and not state.startswith("deleted")
        assert (f"奶奶{number}" in shown) == due, state


# ---- the boards ----------------------------------------------------------------------------------


@pytest.fixture
def stored(timed_client, time_school):
    """Every stored verdict of the semester, read past the reader with its scope."""
    verdicts(time_school.world.clerk, AUTUMN)
    kept = StoredVerdict
    columns = (kept.duty, kept.subject, kept.child, kept.staff, kept.school_class)
    return list(kept.select(*columns).where(kept.term == AUTUMN).tuples())


def in_sight(facts, who, day, kept):
    """The verdicts a teacher reads: about own children, own classes and the own person."""
    children, classes = facts.children(who, day), facts.classes(who, day)
    return {
        (duty, subject)
        for duty, subject, child, staff, school_class in kept
        if child in children
        or school_class in classes
        or (staff is not None and staff == who.staff_id)
    }


def test_the_boards_tell_a_teacher_of_own_children_classes_and_person_alone(
    time_school, facts, stored
):
    for name in ("alice", "bob", "charlie", "counsellor"):
        actor = time_school.world.actors[name]
        due = in_sight(facts, person_of(actor), TODAY, stored)
        assert {(one.duty, one.subject) for one in verdicts(actor, AUTUMN)} == due, name
    nobody = replace(time_school.world.alice, staff_id=None)
    assert verdicts(nobody, AUTUMN) == []
    for name in ("clerk", "leadership", "inspector"):
        assert len(verdicts(time_school.world.actors[name], AUTUMN)) == len(stored)


def test_verdicts_worked_out_anew_keep_to_the_same_sight(timed_client, time_school, facts):
    semester = calendar.school_calendar().semester(AUTUMN)
    chosen = [duty_called("talk-weekly"), duty_called("visit-class-teacher-photo")]

    def seen_by(name):
        return verdicts_as_of(time_school.world.actors[name], semester, TODAY, chosen)

    whole = [(v.duty, v.subject, v.child, v.staff, v.school_class) for v in seen_by("clerk")]
    assert len(whole) > len(time_school.children)
    for name in ("alice", "bob", "charlie"):
        due = in_sight(facts, person_of(time_school.world.actors[name]), TODAY, whole)
        assert {(one.duty, one.subject) for one in seen_by(name)} == due, name


def test_a_subject_of_a_duty_opens_within_sight_alone(timed_client, time_school, facts, stored):
    alice, wrong = timed_client("alice"), []
    who = person_of(time_school.world.alice)
    kept = [one for one in stored if one[0] == "talk-weekly"]
    due = in_sight(facts, who, TODAY, kept)
    for duty, subject, child, *_ in kept:
        answer = alice.get(f"/board/duties/{duty}/{subject}")
        if answer.status_code != (200 if (duty, subject) in due else 404):
            wrong.append(f"{subject} of child {child}: {answer.status_code}")
        # A pairing that ended is one's own still; the child's records are not.
        if listed(answer.text, "talk") - facts.seen(who, "talk", TODAY):
            wrong.append(f"{subject} of child {child}: shows talks of others")
    assert not wrong, told(wrong)
    assert {(one[0], one[1]) for one in kept} > due > set()


# ---- names that changed --------------------------------------------------------------------------


def test_a_renamed_child_and_class_stay_ones_own_and_go_by_the_new_name(timed_client, time_school):
    clerk, child_register = time_school.world.clerk, find("child")
    child = time_school.children[LED, "running"]
    school_class = time_school.classes["running"]
    stands = row(clerk, child_register, child)
    old = stands.name
    service.update(clerk, child_register, child, {"name": "改名"}, stands.version)
    kept = row(clerk, find("school-class"), school_class)
    service.update(clerk, find("school-class"), school_class, {"name": "新班"}, kept.version)
    alice = timed_client("alice")
    for query, due in (("改名", {child}), (old, set())):
        found = json.loads(alice.get(f"/r/child/pick?q={query}").text)["results"]
        assert {one["id"] for one in found} == due
        assert listed(alice.get(f"/r/child/?q={query}").text, "child") == due
    page = alice.get(f"/r/child/{child}").text
    assert "改名" in page
    assert "新班" in page
    assert "改名" in alice.get(f"/r/talk/{time_school.about['talk'][child]}").text
    assert "改名" in alice.get(f"/r/school-class/{school_class}").text


# ---- the days of editing -------------------------------------------------------------------------


def entered(client, world):
    """A talk Alice enters through the form, by its number."""
    said = {"talked_at": "2025-11-12T08:20", "topic": "期中谈话", "content": "谈了学习"}
    said |= {"child": world.child_a, "teacher": world.staff_alice}
    answer = client.post("/r/talk/new", data=said)
    return int(re.search(r"/r/talk/(\d+)", answer.location)[1])


def test_an_own_act_is_edited_for_seven_days_to_the_second_and_deleted_on_its_day(
    client_as, world, clock
):
    alice = client_as("alice")
    talk = entered(alice, world)

    def answers():
        return [alice.get(f"/r/talk/{talk}/{verb}").status_code for verb in ("edit", "delete")]

    assert answers() == [200, 200]
    clock.advance(hours=13, minutes=29, seconds=59)
    assert answers() == [200, 200]
    clock.advance(seconds=1)
    assert answers() == [200, 403]
    # Neither the clerk's change nor one's own counts the days anew.
    clerk, register = replace(world.clerk, now=clock.now()), find("talk")
    stands = row(clerk, register, talk)
    service.update(clerk, register, talk, {"topic": "文员改过"}, stands.version)
    assert answers() == [200, 403]
    clock.moment = at(TODAY) + timedelta(days=7)
    assert answers() == [200, 403]
    assert "更正说明" not in alice.get(f"/r/talk/{talk}").text
    clock.advance(seconds=1)
    assert answers() == [403, 403]
    page = alice.get(f"/r/talk/{talk}").text
    assert f"/r/talk/{talk}/edit" not in page
    assert f"/r/talk/{talk}/correct" in page
    assert client_as("clerk").get(f"/r/talk/{talk}/edit").status_code == 200


def test_the_school_says_how_long_own_acts_are_edited(client_as, world, clock):
    alice, school = client_as("alice"), find("school")
    talk = entered(alice, world)
    stands = row(world.clerk, school, world.school)
    service.update(world.clerk, school, world.school, {"edit_days": "2"}, stands.version)
    clock.advance(days=2)
    assert alice.get(f"/r/talk/{talk}/edit").status_code == 200
    clock.advance(seconds=1)
    assert alice.get(f"/r/talk/{talk}/edit").status_code == 403


# ---- accounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alice", "clerk", "inspector"])
def test_an_account_is_let_in_to_the_end_of_its_last_day(client_as, world, clock, name):
    user = find("user")
    actor = world.actors[name]
    stands = row(world.clerk, user, actor.user_id)
    if name == "clerk":
        raw = {"username": "zweite", "name": "钱文", "role": stands.role, "staff": ""}
        service.create(world.clerk, user, raw)
    service.update(world.clerk, user, stands.id, {"expires_on": str(TODAY)}, stands.version)
    browser = client_as(name)
    assert browser.get("/account").status_code == 200
    clock.moment = at(TOMORROW).replace(hour=0, minute=0)
    # An office's session would have gone idle by then: this one is fresh.
    late = client_as(name)
    for client in (browser, late):
        assert client.get("/account").status_code == 303
        assert client.get("/r/talk/").location.startswith("/sign-in")


def test_an_account_that_expired_yesterday_opens_nothing_and_cannot_sign_in(
    client_as, world, browser
):
    user = find("user")
    stands = row(world.clerk, user, world.bob.user_id)
    service.update(world.clerk, user, stands.id, {"expires_on": str(YESTERDAY)}, stands.version)
    assert client_as("bob").get(f"/r/child/{world.child_b}").location.startswith("/sign-in")
    answer = browser.post("/sign-in", data={"username": "bob", "password": "school-4321"})
    assert answer.status_code == 403
    assert "到期" in answer.text
