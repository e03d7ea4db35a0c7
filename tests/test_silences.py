"""体检不再提示: with a reason, by the office, told apart, back by itself or with one click."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from app import main
from compliance.findings.catalogue import examine, inspect
from compliance.findings.silence import decide
from models.core import service
from models.core.errors import Denied, Invalid
from models.core.gates import every_row, row
from models.core.register import find
from tests.world import NOON

SILENCES = find("finding-silence")


def told(actor, code="F601"):
    return {(one.at, one.record_id) for one in inspect(actor) if one.kind.id == code}


def finding(actor, code="F601", number=None):
    return next(
        one for one in examine(actor) if one.kind.id == code and number in (None, one.record_id)
    )


def silence(world, one, who="clerk", reason="照片存在档案室的相册里", **more):
    actor = world.actors[who]
    return decide(actor, one.kind.id, one.hit, subject=one.subject, reason=reason, **more)


@pytest.fixture
def visit(world):
    """Alice's visit without a photo."""
    return finding(world.clerk, number=world.visit_a)


@pytest.mark.parametrize("who", ["clerk", "leadership"])
def test_the_office_silences_a_finding_for_everybody(world, visit, who):
    assert ("home-visit", world.visit_a) in told(world.alice)
    silence(world, visit, who)
    for name in ("clerk", "leadership", "alice", "inspector"):
        assert ("home-visit", world.visit_a) not in told(world.actors[name])
    apart = [one for one in examine(world.clerk) if one.silence is not None]
    assert [(one.kind.id, one.silence.reason) for one in apart] == [
        ("F601", "照片存在档案室的相册里")
    ]


@pytest.mark.parametrize("who", ["alice", "counsellor", "inspector"])
def test_nobody_else_silences_anything(client_as, world, visit, who):
    with pytest.raises(Denied):
        silence(world, visit, who)
    said = {"code": "F601", "at": "home-visit", "number": world.visit_a, "note": "", "reason": "免"}
    for address in ("/inspection/silence", "/inspection/silence/undo"):
        assert client_as(who).post(address, data=said).status_code == 403
    assert not every_row(SILENCES).exists()


def test_a_reason_is_asked_for(world, visit):
    with pytest.raises(Invalid, match="理由"):
        silence(world, visit, reason="  ")


def test_it_comes_back_when_the_record_it_is_about_changes(world, visit):
    silence(world, visit)
    record = row(world.clerk, find("home-visit"), world.visit_a)
    raw = {"findings": "奶奶身体好转"}
    service.update(world.clerk, find("home-visit"), record.id, raw, record.version)
    assert ("home-visit", world.visit_a) in told(world.clerk)
    silence(world, finding(world.clerk, number=world.visit_a), reason="还是在相册里")
    assert ("home-visit", world.visit_a) not in told(world.clerk)


def test_it_comes_back_when_whom_it_is_about_changes_and_not_for_anybody_else(world, visit):
    def rename(number, name):
        record = row(world.clerk, find("child"), number)
        service.update(world.clerk, find("child"), number, {"name": name}, record.version)

    silence(world, visit)
    rename(world.child_b, "曾思远")
    other = row(world.clerk, find("talk"), world.talk_a)
    service.update(world.clerk, find("talk"), other.id, {"topic": "近况"}, other.version)
    assert ("home-visit", world.visit_a) not in told(world.clerk)
    rename(world.child_a, "张晓雨")
    assert ("home-visit", world.visit_a) in told(world.clerk)


def test_the_newest_decision_about_a_finding_counts(world, visit):
    silence(world, visit)
    silence(world, visit, reason="还是提示", silent=False)
    assert ("home-visit", world.visit_a) in told(world.clerk)
    silence(world, visit, reason="照片丢失", until="2025-11-12")
    assert ("home-visit", world.visit_a) not in told(world.clerk)
    tomorrow = world.actor("clerk", now=NOON + timedelta(days=1))
    assert ("home-visit", world.visit_a) in told(tomorrow)


def test_it_comes_back_after_the_day_it_was_given(world, visit):
    silence(world, visit, until="2025-11-20")
    for days, there in ((8, False), (9, True)):
        later = world.actor("clerk", now=NOON + timedelta(days=days))
        assert (("home-visit", world.visit_a) in told(later)) is there
    with pytest.raises(Invalid, match="不能早于"):
        silence(world, visit, until="2025-11-01")


def test_a_finding_of_the_whole_school_is_known_by_its_words(world):
    posts = [one for one in examine(world.clerk) if one.kind.id == "F102"]
    assert len(posts) > 1
    silence(world, posts[0], reason="由镇派出所民警兼任，名册另存")
    left = [one.note for one in inspect(world.clerk) if one.kind.id == "F102"]
    assert left == [one.note for one in posts[1:]]


def test_the_page_silences_lists_apart_and_tells_again_with_one_click(client_as, world, visit):
    client = client_as("clerk")
    said = {"code": "F601", "at": "home-visit", "number": world.visit_a, "note": ""}
    before = client.get("/inspection/").text
    answer = client.post("/inspection/silence", data=said | {"reason": "照片在相册里"})
    assert answer.status_code == 302
    page = client.get("/inspection/").text
    assert "不再提示的" in page
    assert "照片在相册里" in page[page.index("silenced") :]
    assert count(page) == count(before) - 1
    refused = client.post("/inspection/silence", data=said | {"reason": ""}, follow_redirects=True)
    assert "请写明理由" in refused.text
    client.post("/inspection/silence/undo", data=said)
    page = client.get("/inspection/").text
    assert "不再提示的" not in page
    assert count(page) == count(before)
    kept = [(one.silent, one.reason) for one in every_row(SILENCES).order_by(SILENCES.model.id)]
    assert kept == [(True, "照片在相册里"), (False, "恢复提示")]


def count(page):
    title = re.search("<title>(.*?)</title>", page, re.DOTALL)[1]
    return sum(int(number) for number in re.findall(r"(\d+) 处", title))


def test_what_is_no_longer_found_cannot_be_silenced(client_as, world):
    said = {"code": "F601", "at": "home-visit", "number": 999999, "note": "", "reason": "免"}
    assert client_as("clerk").post("/inspection/silence", data=said).status_code == 404
    said["code"] = "F9999"
    assert client_as("clerk").post("/inspection/silence", data=said).status_code == 404


def test_the_inspector_sees_that_something_is_silent_and_not_the_reason(client_as, world, visit):
    silence(world, visit, reason="曾思源的奶奶不愿拍照")
    page = client_as("inspector").get("/inspection/").text
    assert "不再提示的" in page
    assert "奶奶不愿" not in page
    assert "恢复提示</button>" not in page
    assert client_as("inspector").get("/r/finding-silence/").status_code in (403, 404)


def test_a_decision_is_kept_as_it_was(world, visit):
    made = silence(world, visit)
    with pytest.raises(Invalid, match="不能改"):
        service.update(world.clerk, SILENCES, made.id, {"reason": "别的"}, made.version)
    with pytest.raises(Denied):
        service.delete(world.clerk, SILENCES, made.id)


def test_the_command_lists_them_apart(world, visit, data_dir, monkeypatch, capsys):
    silence(world, visit)
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    assert main(["inspect", "--as-of", "2025-11-12", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (apart,) = printed["silenced"]
    assert (apart["id"], apart["record"], apart["until"]) == ("F601", world.visit_a, None)
    assert apart["reason"] == "照片存在档案室的相册里"
    assert ("F601", world.visit_a) not in {(f["id"], f["record"]) for f in printed["findings"]}
