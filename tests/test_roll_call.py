"""One act for many children at once: who is listed, what is saved, and taking it back."""

import re

import pytest

from models.core.batches import Batch
from models.core.gates import every_row
from models.core.register import find
from models.school.pupils import MINE, child_field, pupils
from tests.test_photo_store import PHOTOS, TOKEN
from tests.test_photos import upload

COMMON = {
    "talked_at": "2025-11-11T16:20",
    "topic": "期中谈话",
    "content": "大家都谈了学习",
}


def made(slug="talk", topic="期中谈话"):
    declared = find(slug)
    query = every_row(declared).where(declared.model.topic == topic)
    return list(query.order_by(declared.model.id))


def call(client, world, children, **more):
    said = {"group": world.class_1, "child": children, "teacher": world.staff_alice}
    return client.post("/roll-call/talk", data=said | COMMON | more)


def names(actor, world, group, slug="talk"):
    declared = find(slug)
    return [one.name for one in pupils(actor, declared, child_field(declared), str(group))]


def test_a_teacher_ticks_the_own_class_and_the_paired_children_and_nobody_else(world):
    assert names(world.alice, world, world.class_1) == ["单明", "张小雨"] or names(
        world.alice, world, world.class_1
    ) == ["张小雨", "单明"]
    assert names(world.alice, world, MINE) == ["张小雨"]
    assert names(world.alice, world, world.class_2) == []
    assert names(world.bob, world, world.class_1) == []
    assert names(world.clerk, world, world.class_2) == ["曾思源"]
    assert names(world.clerk, world, "abc") == []


def test_a_list_of_names_may_be_any_class(world):
    assert names(world.alice, world, world.class_2, "activity-participant") == ["曾思源"]


def test_everybody_is_ticked_at_first(client_as, world):
    page = client_as("alice").get(f"/roll-call/talk?group={world.class_1}").text
    assert page.count('name="child"') == 2
    assert len(re.findall(r'name="child" value="\d+" checked', page)) == 2


def test_each_ticked_child_gets_a_row_of_one_act_and_its_own_words(client_as, world):
    alice = client_as("alice")
    answer = call(
        alice, world, [world.child_a, world.child_c], **{f"own-{world.child_c}": "想转去画画组"}
    )
    assert answer.status_code == 303
    first, second = made()
    assert first.act == second.act is not None
    assert first.batch == second.batch is not None
    texts = {one.child_id: one.content for one in (first, second)}
    assert texts == {world.child_a: "大家都谈了学习", world.child_c: "想转去画画组"}
    assert "已为 2 名学生登记谈心记录" in alice.get(answer.location).text


def test_who_is_unticked_gets_no_row(client_as, world):
    call(client_as("alice"), world, [world.child_c])
    assert [one.child_id for one in made()] == [world.child_c]


def test_a_child_that_is_not_in_the_group_gets_no_row(client_as, world):
    refused = call(client_as("alice"), world, [world.child_b])
    assert refused.status_code == 422
    assert "勾选" in refused.text
    assert made() == []


def test_one_refused_row_saves_none_and_keeps_what_was_typed(client_as, world):
    refused = call(
        client_as("alice"),
        world,
        [world.child_a, world.child_c],
        talked_at="2025-10-01T08:00",
        **{f"own-{world.child_a}": "留着的话"},
    )
    assert refused.status_code == 422
    assert "补录原因" in refused.text
    assert "留着的话" in refused.text
    assert made() == []
    assert not Batch.select().where(Batch.kind == "roll-call").exists()


def test_the_maker_takes_a_roll_call_back_the_same_day(client_as, world, clock):
    alice = client_as("alice")
    place = call(alice, world, [world.child_a, world.child_c]).location
    batch = Batch.select().order_by(Batch.id.desc()).get()
    assert client_as("bob").get(place).status_code == 404
    assert client_as("bob").post(f"{place}/undo").status_code == 404
    assert len(made()) == 2
    assert alice.post(f"/roll-call/done/{batch.id}/undo").status_code == 303
    assert made() == []


def test_the_maker_takes_a_roll_call_with_a_photo_back_and_the_photo_is_on_no_record(
    client_as, world
):
    alice = client_as("alice")
    assert upload(alice, register="talk").status_code == 200
    children = [world.child_a, world.child_c]
    place = call(alice, world, children, upload_token=TOKEN).location
    talks = {one.id for one in made()}
    tied = list(every_row(PHOTOS).where(PHOTOS.model.register == "talk"))
    assert {photo.record_id for photo in tied} == talks
    assert len(talks) == 2
    assert alice.post(f"{place}/undo").status_code == 303
    assert made() == []
    left = every_row(PHOTOS).where(PHOTOS.model.register == "talk")
    assert [photo.record_id for photo in left] == [0]


def test_several_children_in_the_ordinary_form_are_a_batch_taken_back_alike(client_as, world):
    alice = client_as("alice")
    said = {"child": [world.child_a, world.child_c], "teacher": world.staff_alice} | COMMON
    answer = alice.post("/r/talk/new", data=said)
    first, second = made()
    assert first.act == second.act is not None
    assert first.batch == second.batch is not None
    assert answer.location == f"/roll-call/done/{first.batch}"
    assert "撤销这一次" in alice.get(answer.location).text
    alice.post(f"{answer.location}/undo")
    assert made() == []
    alice.post("/r/talk/new", data=said | {"child": [world.child_a]})
    (alone,) = made()
    assert alone.act is alone.batch is None


def test_the_next_day_only_the_clerk_takes_it_back(client_as, world, clock):
    place = call(client_as("alice"), world, [world.child_a, world.child_c]).location
    assert "撤销这一次" in client_as("alice").get(place).text
    clock.advance(days=1)
    assert "撤销这一次" not in client_as("alice").get(place).text
    assert client_as("alice").post(f"{place}/undo").status_code == 403
    assert len(made()) == 2
    assert client_as("clerk").post(f"{place}/undo").status_code == 303
    assert made() == []


def test_lines_of_the_act_are_saved_with_every_child(client_as, world):
    said = {
        "group": world.class_1,
        "child": [world.child_a, world.child_c],
        "visited_at": "2025-11-10T18:00",
        "manner": "入户",
        "lines-home-visitor-0-staff": world.staff_alice,
    }
    assert client_as("alice").post("/roll-call/home-visit", data=said).status_code == 303
    visits, visitors = find("home-visit"), find("home-visitor")
    fresh = [one.id for one in every_row(visits).where(visits.model.batch.is_null(False))]
    assert len(fresh) == 2
    assert every_row(visitors).where(visitors.model.visit.in_(fresh)).count() == 2


@pytest.mark.parametrize(
    ("name", "slug", "status"),
    [
        ("inspector", "talk", 403),
        ("alice", "school", 404),
        ("alice", "counselling", 404),
        ("charlie", "talk", 200),
    ],
)
def test_the_page_is_for_those_who_enter_the_register(client_as, name, slug, status):
    assert client_as(name).get(f"/roll-call/{slug}").status_code == status


def test_the_list_and_the_day_lead_to_it(client_as, world):
    assert "/roll-call/talk" in client_as("alice").get("/r/talk/").text
    assert "/roll-call/talk" in client_as("clerk").get(f"/r/school-class/{world.class_1}").text
    assert "/roll-call/talk" not in client_as("inspector").get("/r/talk/").text


def test_a_whole_class_joins_the_list_of_an_activity(client_as, world):
    bob = client_as("bob")
    said = {"theme": "登山", "kind": "文体", "held_at": "2025-11-11T15:00"}
    choice = {"join": "activity-participant", "group-activity-participant": world.class_1}
    page = bob.post("/r/activity/new", data=said | choice)
    assert page.status_code == 200
    assert "已加入 2 名学生" in page.text
    assert "登山" in page.text
    found = re.findall(r'name="(lines-activity-participant-\d+-child)" value="(\d+)"', page.text)
    assert {number for _name, number in found} == {str(world.child_a), str(world.child_c)}
    saved = bob.post("/r/activity/new", data=said | dict(found))
    assert saved.status_code == 302
    lines = find("activity-participant")
    joined = lines.model.child.in_([world.child_a, world.child_c])
    assert every_row(lines).where(joined).count() == 2
    rid = re.search(r"/(\d+)$", saved.location)[1]
    again = bob.post(f"/r/activity/{rid}/edit", data=said | dict(found) | choice | {"version": "1"})
    assert again.status_code == 200
    listed = re.findall(r'name="lines-activity-participant-\d+-child" value="(\d+)"', again.text)
    assert sorted(listed) == sorted([str(world.child_a), str(world.child_c)])
