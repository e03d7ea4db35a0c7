"""A counsellor's home: today's sessions, cards to finish, one filled button; the printed key."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from admin.boards.counsellor import CARDS, counselling_day
from tests.sealed_people import colleague, session, started
from tests.test_boards import text_of
from tests.test_counselling import MARKER, SECRET, _no_key_is_left, counsellor, saved

__all__ = ["_no_key_is_left", "counsellor"]

PRIMARY = re.compile(r'<a class="button button--primary[^"]*" href="([^"]*)"[^>]*>(.*?)</a>', re.S)


def filled(page):
    return [(url, re.sub(r"<[^>]+>", "", word)) for url, word in PRIMARY.findall(page)]


def test_the_next_step_is_the_card_that_waits_longest(counsellor, world):
    assert filled(text_of(counsellor.get("/today")))[0][1] == "登记一次咨询"
    newer = saved(counsellor, world, case_code="GA-02", held_on="2025-11-11")
    older = saved(counsellor, world, case_code="GA-01", held_on="2025-11-10")
    page = text_of(counsellor.get("/today"))
    assert filled(page) == [(f"/sealed/counselling/{older}", "写完 GA-01 的记录卡")]
    assert "今天 0 次，要写完的记录卡 2 张" in page
    assert f'href="/sealed/counselling/{newer}"' in page
    assert counsellor.get(filled(page)[0][0]).status_code == 200


def test_a_finished_card_is_no_more_to_finish_and_todays_session_is_named(counsellor, world):
    saved(
        counsellor,
        world,
        case_code="GA-03",
        held_on="2025-11-12",
        finished_on="2025-11-12",
        source="自愿",
        intervention="倾听",
    )
    page = text_of(counsellor.get("/today"))
    assert "今天 1 次，记录卡都写完了" in page
    assert "GA-03" in page
    assert [word for _, word in filled(page)] == ["登记一次咨询"]


def test_the_home_shows_no_child_and_no_text_of_a_session(counsellor, world):
    saved(counsellor, world)
    part = text_of(counsellor.get("/today"))
    part = part[part.index('id="counselling"') :]
    part = part[: part.index("</section>")]
    assert "GA-01" in part
    for told in ("张小雨", MARKER, SECRET):
        assert told not in part


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "inspector"])
def test_nobody_else_has_a_counsellors_home(app, counsellor, world, client_as, name):
    saved(counsellor, world)
    with app.test_request_context():
        assert counselling_day(world.actors[name]) is None
    page = client_as(name).get("/today", follow_redirects=True).text
    assert "GA-01" not in page
    assert 'id="counselling"' not in page


def test_another_counsellors_cards_are_not_told(app, world):
    acting, _key = started(world), None
    acting = acting[0] if isinstance(acting, tuple) else acting
    session(world, acting)
    other = colleague(world)
    with app.test_request_context():
        assert counselling_day(replace(acting, sealed_key=None))["count"] == 1
        assert counselling_day(other)["count"] == 0


def test_many_unfinished_cards_are_counted_and_the_oldest_listed(counsellor, world):
    for number in range(CARDS + 2):
        saved(counsellor, world, case_code=f"GB-{number}", held_on=f"2025-11-{number + 6:02}")
    page = text_of(counsellor.get("/today"))
    assert f"要写完的记录卡 {CARDS + 2} 张" in page
    assert f"GB-{CARDS - 1}" in page
    assert f"GB-{CARDS}" not in page
    assert 'href="/sealed/counselling/"' in page


def test_the_recovery_key_prints_with_what_it_is_and_where_it_goes(client_as, world):
    client = client_as("counsellor")
    said = {"step": "start", "passphrase": "安静的操场 1942", "again": "安静的操场 1942"}
    page = text_of(client.post("/sealed/keys", data=said))
    assert re.search(r'<button type="button" class="button button--primary" data-print>', page)
    assert "心理咨询密封的恢复密钥 · " in page
    assert "保管人（签名）" in page


def test_a_card_opened_without_the_passphrase_asks_for_it(client_as, counsellor, world):
    number = saved(counsellor, world)
    counsellor.post("/sealed/keys", data={"step": "lock"})
    page = text_of(counsellor.get("/today"))
    assert f'href="/sealed/counselling/{number}"' in page
    assert "/sealed/keys" in counsellor.get(f"/sealed/counselling/{number}").location
