"""抽查: the lot is worked out as the page says, is uniform, hides no redraw and keeps rights."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest

from models.core import audit, service
from models.core.actor import system
from models.core.database import database
from models.core.errors import Denied, Invalid, NotFound
from models.core.register import find
from models.school import draws
from tests.test_boards import queries, text_of
from tests.world import NOON

# The chi-square of 59 degrees of freedom exceeds this once in a thousand.
CHI_SQUARE_59 = 98.3


def drawn(actor, number="4711"):
    return draws.finish(actor, draws.begin(actor).id, number)


def test_a_seed_always_gives_the_same_place():
    first = draws.lot("2025-11-12|7|aa|bb|cc|42", 63)
    assert first == draws.lot("2025-11-12|7|aa|bb|cc|42", 63)
    value = int(hashlib.sha256(b"2025-11-12|7|aa|bb|cc|42").hexdigest()[:8], 16)
    assert first.place == value % 63 + 1


def test_over_many_seeds_every_child_is_drawn_equally_often():
    children, times = 60, 12_000
    counted = Counter(draws.lot(f"seed {number}", children).place for number in range(times))
    expected = times / children
    assert set(counted) == set(range(1, children + 1))
    assert sum((n - expected) ** 2 / expected for n in counted.values()) < CHI_SQUARE_59


def test_everything_but_the_secret_is_fixed_and_shown_before_the_number(client_as, world):
    inspector = client_as("inspector")
    address = inspector.post("/draws").location
    page = text_of(inspector.get(address))
    draw = draws.draws(world.inspector)[0]
    for fixed in (draw.list_digest, draw.head, draw.commitment):
        assert fixed in page
    assert draw.secret not in page
    assert draw.commitment == draws.sha256(draw.secret)


def test_the_page_lets_anybody_work_the_lot_out_again(client_as, world):
    inspector = client_as("inspector")
    address = inspector.post("/draws").location
    assert inspector.post(address, data={"number": "20251112"}).status_code == 303
    page = text_of(inspector.get(address))
    codes = re.findall(r'<code class="digits">([^<]+)</code>', page)
    seed = next(one for one in codes if "|" in one)
    digest = hashlib.sha256(seed.encode()).hexdigest()
    assert digest in codes
    day, entries, head, listed, secret, number = seed.split("|")
    assert hashlib.sha256(secret.encode()).hexdigest() in codes
    assert {head, listed} <= set(codes)
    assert (day, number) == ("2025-11-12", "20251112")
    children = [world.child_a, world.child_b, world.child_c]
    assert listed == hashlib.sha256(",".join(map(str, children)).encode()).hexdigest()
    place = int(digest[:8], 16) % 3
    assert f'href="/r/child/{children[place]}"' in page
    assert f"第 <strong>{place + 1}</strong> 名" in page


def test_the_inspector_meets_the_drawn_child_masked_and_the_clerk_may_unmask_it(client_as, world):
    draw = drawn(world.inspector)
    page = text_of(client_as("inspector").get(f"/draws/{draw.id}"))
    assert not {"张小雨", "曾思源", "单明"} & set(re.findall(r"[一-鿿]{2,4}", page))
    assert "/unmask" not in page
    assert f"/unmask?child={draw.child_id}" in text_of(client_as("clerk").get(f"/draws/{draw.id}"))
    whole = text_of(client_as("inspector").get(f"/draws/{draw.id}/list"))
    assert "张**" in whole


def test_every_step_stands_in_the_audit_chain_and_in_the_access_log(world):
    before = audit.head()[0]
    draw = drawn(world.inspector)
    entries = audit.entries_of("draw", draw.id)
    assert [(one.action, one.who) for one in entries] == [
        ("update", "督查组"),
        ("create", "督查组"),
    ]
    assert draw.entries == before
    assert audit.verify().intact
    sql = "SELECT action, record_id FROM access_log WHERE action = 'draw'"
    assert database.execute_sql(sql).fetchall() == [("draw", draw.child_id)]


def test_a_draw_happens_once_and_a_redraw_is_seen(client_as, world):
    draw = drawn(world.inspector)
    with pytest.raises(Invalid):
        draws.finish(world.inspector, draw.id, "99")
    left_open = draws.begin(world.inspector)
    again = drawn(world.inspector, "5")
    page = text_of(client_as("clerk").get("/draws"))
    for one in (draw, left_open, again):
        assert f'href="/draws/{one.id}"' in page
    assert "没有抽完" in page
    assert "第 3 次抽查，当天共 3 次" in text_of(client_as("inspector").get(f"/draws/{again.id}"))


@pytest.mark.parametrize("number", ["", "abc", "-1", "1" * 13, "1.5", "１２"])
def test_what_is_no_number_is_refused_and_the_draw_waits(client_as, world, number):
    inspector = client_as("inspector")
    address = inspector.post("/draws").location
    answer = inspector.post(address, data={"number": number})
    assert answer.status_code == 422
    assert "位数字" in answer.get_data(as_text=True)
    assert draws.draws(world.inspector)[0].child_id is None


def test_nobody_names_the_number_for_another(world):
    draw = draws.begin(world.inspector)
    with pytest.raises(Denied):
        draws.finish(world.clerk, draw.id, "1")


@pytest.mark.parametrize("person", ["alice", "charlie", "counsellor"])
def test_teachers_neither_draw_nor_read_draws(client_as, world, person):
    draw = drawn(world.inspector)
    client = client_as(person)
    for url in ("/draws", f"/draws/{draw.id}", f"/draws/{draw.id}/list"):
        assert client.get(url).status_code == 403
    assert client.post("/draws").status_code == 403
    assert len(draws.draws(world.inspector)) == 1


def test_a_child_that_has_left_is_not_in_the_list(world):
    left = {"left_on": "2025-11-01", "left_why": "转学"}
    service.update(system(NOON), find("child"), world.child_b, left, 1)
    assert draws.drawing_list(NOON.date()) == [world.child_a, world.child_c]


def test_what_does_not_exist_is_not_found(client_as, world):
    assert client_as("inspector").get("/draws/9223372036854775808").status_code == 404
    with pytest.raises(NotFound):
        draws.fetch(world.inspector, 99)


def test_the_list_of_draws_asks_no_more_queries_for_more_draws(client_as, world):
    drawn(world.inspector)
    few = queries(client_as("inspector"), "/draws")
    for number in range(10):
        drawn(world.inspector, str(number))
    assert queries(client_as("inspector"), "/draws") <= few
