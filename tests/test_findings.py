"""迎检体检: every finding is found where a record is spoiled, and told to whom it concerns."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from inspect import getsource

import pytest

from app import main
from compliance.findings.catalogue import CHECKS, catalogue, inspect
from compliance.findings.kinds import LEVELS, kinds
from compliance.findings.look import Look
from compliance.judged.store import refresh
from compliance.ordered.numbers import FINDINGS, own_numbers
from models.core import calendar, service
from models.core.database import database
from models.core.register import find
from tests.factory import Factory
from tests.spoiled import SPOILED, Spoiler
from tests.world import NOON

KINDS = {kind.id: kind for kind in kinds()}


def hits(code):
    current = calendar.current_semester(NOON.date())
    semester = calendar.school_calendar().semester(current.code) if current else None
    return set(CHECKS[code](Look(NOON, KINDS[code], semester, own_numbers(FINDINGS))))


def spoil(world, code):
    fault = SPOILED[code](Spoiler(world))
    next(fault)
    before = hits(code)
    expected = next(fault)
    return before, expected


def test_every_finding_that_is_written_is_looked_for_and_tested():
    assert [kind.id for kind, _check in catalogue()] == list(KINDS)
    assert set(SPOILED) == set(KINDS)


def test_ids_stand_in_order_and_texts_say_what_to_do():
    numbers = [int(code[1:]) for code in KINDS]
    assert numbers == sorted(numbers)
    for kind in KINDS.values():
        assert len(kind.what_to_do) >= 4, kind.id


@pytest.mark.parametrize("code", KINDS)
def test_a_spoiled_record_is_found_and_a_healthy_one_is_not(world, code):
    before, expected = spoil(world, code)
    found = {(hit.at, hit.id) for hit in hits(code) - before}
    assert expected in found
    assert expected not in {(hit.at, hit.id) for hit in before} or expected[1] is None


def test_what_goes_by_the_hour_says_so():
    """All else is found by the records and the day, and kept until one of them moves."""
    asked = {}
    for code, check in CHECKS.items():
        text = getsource(check.func if isinstance(check, partial) else check)
        # Who looks is the system of that day; the minute is in nothing it asks.
        asked[code] = text.replace("system(look.now)", "")
    assert {code for code, text in asked.items() if "look.now" in text} == {
        code for code, kind in KINDS.items() if kind.by_the_minute
    }


def counted(monkeypatch):
    """How often each kind is looked for from now on."""
    looked = Counter()

    def counting(kind, check):
        def counted_check(look):
            looked[kind.id] += 1
            return check(look)

        return kind, counted_check

    watched = tuple(counting(kind, check) for kind, check in catalogue())
    monkeypatch.setattr("compliance.findings.catalogue.catalogue", lambda: watched)
    return looked


def test_what_was_found_stands_until_a_record_or_the_day_moves(world, monkeypatch):
    clerk, looked = world.actors["clerk"], counted(monkeypatch)
    by_the_hour = {code for code, kind in KINDS.items() if kind.by_the_minute}
    first = inspect(clerk)
    assert looked == Counter(KINDS.keys())
    assert [one.message for one in inspect(clerk)] == [one.message for one in first]
    assert looked == Counter(KINDS.keys()) + Counter(by_the_hour)
    inspect(replace(clerk, now=clerk.now + timedelta(days=1)))
    assert set(looked - Counter(KINDS.keys()) - Counter(by_the_hour)) == set(KINDS)


def test_a_record_written_changed_deleted_or_restored_is_found_at_once(world):
    """What the leadership was told before says nothing of what the clerk has written since."""
    clerk, checks = world.actors["clerk"], find("safety-check")
    reader = world.actors["leadership"]

    def open_():
        return {one.record_id for one in inspect(reader) if one.kind.id == "F1703"}

    before = open_()
    made = Factory(clerk).save(checks)
    wrong = service.update(clerk, checks, made.id, {"passed": "有问题"}, made.version)
    assert open_() == before | {wrong.id}
    service.delete(clerk, checks, wrong.id)
    assert open_() == before
    back = service.restore(clerk, checks, wrong.id)
    assert open_() == before | {wrong.id}
    corrected = {"corrected_on": f"{NOON:%Y-%m-%d}"}
    service.update(clerk, checks, back.id, corrected, back.version)
    assert open_() == before


@pytest.mark.parametrize("code", KINDS)
def test_the_clerk_is_told_and_a_teacher_with_nothing_to_do_with_it_is_not(world, code):
    _before, (at, one) = spoil(world, code)
    level = (KINDS[code].level,)

    def told(name):
        found = inspect(world.actors[name], level)
        return {(f.at, f.record_id) for f in found if f.kind.id == code}

    assert (at, one) in told("clerk")
    assert (at, one) in told("leadership")
    assert (at, one) not in told("charlie")


def test_a_teacher_is_told_of_own_children_and_acts_alone(world):
    found = inspect(world.alice)
    assert {finding.kind.id for finding in found} >= {"F404", "F501", "F601"}
    assert "张小雨" in {finding.subject.split()[0] for finding in found}
    assert not [finding for finding in found if "曾思源" in finding.subject]
    assert not [finding for finding in found if finding.record_id is None]


def test_the_inspector_reads_masked_names(world):
    found = inspect(world.inspector)
    assert {finding.subject.split()[0] for finding in found} & {"张**", "曾**", "单**"}
    told = " ".join(finding.subject + finding.message for finding in found)
    for name in ("张小雨", "曾思源", "单明"):
        assert name not in told


def test_what_somebody_wrote_is_not_told_to_the_inspector(world):
    made = Spoiler(world)
    said = {"content": "曾思源的奶奶希望多开放图书室", "deadline": "2025-11-10"}
    made.add("meeting", {"opinion": [said]}, held_at="2025-11-01 15:00")
    told = [f for f in inspect(world.inspector) if f.kind.id == "F1101"]
    assert [finding.subject for finding in told] == ["家长意见"]


def test_the_school_may_set_another_number_with_a_reason(world):
    made = Spoiler(world)
    late = made.add("talk", talked_at="2025-11-03 12:00", teacher=world.staff_bob)
    assert ("talk", late) in {(hit.at, hit.id) for hit in hits("F605")}
    made.add(
        "check-number",
        kind="体检标准",
        code="F605.days",
        title="补录",
        number="10",
        reason="山区停电多",
    )
    assert ("talk", late) not in {(hit.at, hit.id) for hit in hits("F605")}


def test_the_number_of_queries_does_not_grow_with_the_children(world):
    def queries():
        refresh(NOON.date())
        start = database.query_count
        inspect(world.clerk)
        return database.query_count - start

    few = queries()
    made = Spoiler(world)
    told = {"id_number": "", "born_on": "2013-01-01", "identified_on": "2025-09-05"}
    for number in range(30):
        made.add("child", name=f"陈小{number}", **told)
    assert queries() <= few


def test_the_command_prints_json_alone(world, data_dir, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    assert main(["inspect", "--as-of", "2025-11-12", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["as_of"] == "2025-11-12"
    assert set(told["counts"]) == set(LEVELS)
    unpaired = next(one for one in told["findings"] if one["id"] == "F501")
    assert unpaired["level"] == "error"
    assert unpaired["subject"] == "单明 七（1）班"
    assert (unpaired["register"], unpaired["record"]) == ("child", world.child_c)


def test_the_command_narrows_to_a_level(world, data_dir, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    assert main(["inspect", "--as-of", "2025-11-12", "--level", "error", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["level"] for one in told["findings"]} == {"error"}


def test_the_page_groups_by_level_and_leads_to_the_form(client_as, world):
    page = client_as("clerk").get("/inspection/").text
    assert page.index("孩子没有结对教师") < page.index("没有结对同学")
    assert f'href="/r/pairing/new?child={world.child_c}"' in page
    assert f'href="/r/home-visit/{world.visit_a}/edit"' in page


def test_the_page_can_be_narrowed_to_a_level_and_a_kind(client_as, world):
    page = client_as("clerk").get("/inspection/?level=hint&kind=F505").text
    assert "没有结对同学" in page
    assert "登记照片缺失" not in page


def test_every_link_of_the_page_opens(client_as, world):
    made = Spoiler(world)
    for code in ("F103", "F408", "F601", "F701", "F901", "F1101", "F1301", "F1701", "F1801"):
        list(SPOILED[code](made))
    client = client_as("clerk")
    page = client.get("/inspection/").text
    links = {part.split('"')[0] for part in page.split('href="/r/')[1:]}
    assert len(links) > 20
    for one in sorted(links):
        answer = client.get(f"/r/{one.replace('&amp;', '&')}")
        assert answer.status_code in (200, 302), one


def test_the_inspectors_page_offers_nothing_to_change(client_as, world):
    page = client_as("inspector").get("/inspection/").text
    assert "张小雨" not in page
    assert "/new?" not in page
    assert "/edit" not in page


@pytest.mark.parametrize("asked", ["?level=x&kind=F9999", "?page=-1", "?page=9223372036854775808"])
def test_nonsense_in_the_address_shows_the_plain_page(client_as, asked):
    assert client_as("clerk").get(f"/inspection/{asked}").status_code == 200
