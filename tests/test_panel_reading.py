"""What people may find, see and count on the generated pages, and at what cost."""

import json

import pytest

from admin.registers.detail import related
from models.core import service
from models.core.database import database
from models.core.display import page
from models.core.gates import every_row, row
from models.core.register import REGISTERS, find

pytestmark = pytest.mark.usefixtures("as_served")


def queries(client, address):
    client.get(address)
    before = database.obj.query_count
    assert client.get(address).status_code == 200
    return database.obj.query_count - before


def add_talks(world, many):
    alice = world.alice
    with service.work(alice) as current:
        for number in range(many):
            raw = {
                "child": world.child_a,
                "teacher": world.staff_alice,
                "talked_at": "2025-11-11 12:00",
                "topic": f"第{number}次",
            }
            service.create(alice, find("talk"), raw, current=current)


@pytest.mark.parametrize("name", ["clerk", "alice", "charlie"])
def test_a_list_page_asks_no_more_queries_for_more_rows(client_as, world, name):
    client = client_as(name)
    few = queries(client, "/r/talk/")
    add_talks(world, 60)
    assert queries(client, "/r/talk/?size=50") <= few + 1
    assert queries(client, "/r/talk/?size=50") <= 5


@pytest.mark.parametrize("slug", [s for s, r in REGISTERS.items() if not r.sealed])
def test_every_list_page_keeps_to_five_queries(client_as, slug):
    assert queries(client_as("clerk"), f"/r/{slug}/") <= 5


def test_the_childs_list_with_class_and_state_keeps_to_five_queries(client_as):
    assert queries(client_as("alice"), "/r/child/?q=zxy") <= 5


def picked(client, address):
    return [one["text"] for one in json.loads(client.get(address).text)["results"]]


def test_a_picker_finds_by_pinyin_initials_within_own_children(client_as):
    assert picked(client_as("alice"), "/r/child/pick?for=talk.child&q=zxy") == ["张小雨"]
    assert picked(client_as("alice"), "/r/child/pick?for=talk.child&q=zsy") == []
    assert picked(client_as("clerk"), "/r/child/pick?for=talk.child&q=zsy") == ["曾思源"]


def test_a_call_picks_any_child_by_name_but_only_for_who_writes_calls(client_as):
    address = "/r/child/pick?for=family-call.child&q=zsy"
    assert picked(client_as("charlie"), address) == ["曾思源"]
    assert picked(client_as("inspector"), address) == []


def test_a_picker_tells_children_of_one_name_apart_by_class_and_birth(client_as):
    answer = json.loads(client_as("clerk").get("/r/child/pick?q=zxy").text)
    assert answer["results"][0]["hint"] == "七（1）班 · 2012 年生"


def test_a_picker_names_nobody_to_the_inspector(client_as):
    answer = client_as("inspector").get("/r/child/pick").text
    assert "张小雨" not in json.loads(answer)["results"][0]["text"]
    assert picked(client_as("inspector"), "/r/child/pick?q=zxy") == []


def test_a_teacher_cannot_pick_the_parents_of_other_children(client_as):
    found = picked(client_as("alice"), "/r/parent/pick?for=attendee.parent")
    assert found
    assert not any(name.startswith("曾") for name in found)


def test_search_finds_children_staff_and_records_within_the_rights(client_as):
    clerk, alice = client_as("clerk"), client_as("alice")
    assert "曾思源" in clerk.get("/search?q=zsy").text
    assert "李博" in clerk.get("/search?q=李博").text
    assert "数学补差" in clerk.get("/search?q=数学").text
    assert "曾思源" not in alice.get("/search?q=zsy").text
    assert "数学补差" not in alice.get("/search?q=数学").text
    assert "张小雨" not in client_as("inspector").get("/search?q=zxy").text


def test_the_inspector_reads_masked_pages_without_buttons(client_as, world):
    inspector = client_as("inspector")
    page = inspector.get(f"/r/talk/{world.talk_a}").text
    assert "张小雨" not in page
    assert "张" in page
    assert "风险提示" not in page
    assert "/edit" not in page
    child = inspector.get(f"/r/child/{world.child_a}").text
    assert "13985670002" not in child
    assert 'href="tel:' not in child
    assert "520624" not in child
    listed = inspector.get("/r/talk/").text
    assert "/r/talk/new" not in listed
    assert inspector.get("/r/talk/new").status_code == 403


def test_the_inspectors_history_drops_hidden_fields_and_masks_names(client_as, world):
    raw = {"risk": "关注", "content": "张小雨想家", "place": "谈心室"}
    service.update(world.clerk, find("talk"), world.talk_a, raw, 1)
    page = client_as("inspector").get(f"/r/talk/{world.talk_a}/history").text
    assert "谈心室" in page
    assert "关注" not in page
    assert "张小雨" not in page
    assert "张小雨想家" in client_as("clerk").get(f"/r/talk/{world.talk_a}/history").text


def test_a_list_filters_by_word_link_date_and_emptiness(client_as, world):
    clerk = client_as("clerk")
    for address, many in (
        (f"/r/talk/?f.child={world.child_b}", 1),
        ("/r/talk/?f.aspects=情绪", 1),
        ("/r/talk/?f.talked_at.from=2025-10-28", 1),
        ("/r/talk/?f.talked_at.to=2025-10-28", 2),
        ("/r/talk/?f.risk=-", 1),
        ("/r/talk/?q=zsy", 1),
    ):
        assert f"谈心记录 找到 {many} 条" in clerk.get(address).text, address


def test_a_sum_stands_under_a_number_column(client_as):
    assert "<tfoot>" in client_as("clerk").get("/r/school-class/").text
    assert ">90<" in client_as("clerk").get("/r/school-class/").text


def test_an_empty_register_invites(client_as):
    page = client_as("clerk").get("/r/consent/").text
    assert "还没有知情同意" in page
    assert "新增第一条" in page


def test_links_lead_to_the_list_of_what_hangs_on_a_record(client_as, world):
    page = client_as("clerk").get(f"/r/staff/{world.staff_alice}").text
    assert f"/r/talk/?f.teacher={world.staff_alice}" in page


@pytest.mark.parametrize("slug", [s for s, r in REGISTERS.items() if r.derived and not r.sealed])
def test_from_an_earlier_state_of_a_record_nothing_is_worked_out(world, scratch, slug):
    declared = REGISTERS[slug]
    scratch(declared).add()
    every = list(every_row(declared))
    for where, worked_out in (("detail", True), ("history", False)):
        shown = page(world.clerk, declared, every, where)
        texts = [shown.text(record, one.name) for record in every for one in declared.derived]
        assert any(texts) <= worked_out, (where, texts)


@pytest.mark.parametrize(
    ("name", "talks"), [("clerk", 1), ("alice", 1), ("bob", 0), ("charlie", 0)]
)
def test_what_hangs_on_a_record_is_counted_within_the_readers_rows(app, world, name, talks):
    actor, staff = world.actors[name], find("staff")
    alice = row(world.clerk, staff, world.staff_alice)
    with app.test_request_context("/"):
        hanging = {(one["slug"], one["role"]): one["count"] for one in related(actor, staff, alice)}
    of_talks = find("talk").fields["teacher"].label
    assert hanging.get(("talk", of_talks), 0) == talks
    # Nothing hangs on Alice that Charlie, who shares no child with her, may open.
    assert name != "charlie" or not {"talk", "pairing", "home-visitor"} & {s for s, _ in hanging}
