"""Writing through the generated pages: saving, refusing, conflicts, many at once, the bin."""

import re

import pytest

from models.core import service
from models.core.audit import AccessLog, AuditEntry
from models.core.gates import every_row, rows
from models.core.register import find

TALK = {
    "teacher": "",
    "talked_at": "2025-11-11T16:20",
    "topic": "周末安排",
    "content": "想去图书角",
}


def talks(**where):
    talk = find("talk")
    query = every_row(talk)
    for name, value in where.items():
        query = query.where(getattr(talk.model, name) == value)
    return list(query.order_by(talk.model.id))


def record(slug, number):
    register = find(slug)
    return every_row(register).where(register.model.id == number).first()


def form_of(page, **changed):
    """What a browser would post of the form on a page, with some inputs changed."""
    posted = {}
    form = page[page.index('<form class="form"') :]
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.S)
    for tag in re.findall(r"<input[^>]*>", form):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = said.get("type", "text"), said.get("name")
        if not name or (kind in ("checkbox", "radio") and " checked" not in tag):
            continue
        posted[name] = said.get("value", "")
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', form, re.S
    ):
        posted[name] = text
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        posted[name] = chosen[1] if chosen else ""
    return posted | changed


def test_a_teacher_saves_a_talk_and_sees_it(client_as, world):
    alice = client_as("alice")
    form = alice.get(f"/r/talk/new?child={world.child_a}").text
    assert "张小雨" in form
    assert "王爱丽" in form
    assert 'value="2025-11-12T10:30"' in form
    saved = alice.post("/r/talk/new", data=form_of(form, topic="周末安排"))
    assert saved.status_code == 302
    page = alice.get(saved.location).text
    assert "周末安排" in page
    key = f"{world.alice.user_id}:talk:new"
    assert f'<meta name="draft-saved" content="{key}">' in page


def test_what_was_typed_stays_when_a_form_is_refused(client_as, world):
    refused = client_as("alice").post(
        "/r/talk/new", data=TALK | {"child": world.child_a, "talked_at": "明天", "topic": "谈不完"}
    )
    assert refused.status_code == 422
    assert "谈不完" in refused.text
    assert "想去图书角" in refused.text
    assert "日期看不懂" in refused.text
    assert len(talks()) == 2


def test_a_late_entry_is_asked_for_its_reason(client_as, world):
    alice = client_as("alice")
    late = TALK | {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-10-20T12:00",
    }
    refused = alice.post("/r/talk/new", data=late)
    assert "请写明补录原因" in refused.text
    assert 'name="late_reason"' in refused.text
    assert alice.post("/r/talk/new", data=late | {"late_reason": "外出培训"}).status_code == 302
    assert "◆ 补录" in alice.get("/r/talk/").text


def test_a_posted_field_outside_the_surface_is_ignored(client_as, world):
    client_as("alice").post(
        "/r/talk/new",
        data=TALK
        | {
            "child": world.child_a,
            "teacher": world.staff_alice,
            "entered_by": "1",
            "deleted_at": "2025-01-01",
            "version": "99",
            "search_open": "x",
            "act": "forged",
            "batch": "7",
        },
    )
    made = talks()[-1]
    assert made.topic == "周末安排"
    assert made.entered_by == world.alice.user_id
    assert (made.version, made.act, made.batch, made.deleted_at) == (1, None, None, None)


def test_a_teacher_cannot_name_or_write_a_child_that_is_not_own(client_as, world):
    alice = client_as("alice")
    assert "曾思源" not in alice.get(f"/r/talk/new?child={world.child_b}").text
    refused = alice.post(
        "/r/talk/new", data=TALK | {"child": world.child_b, "teacher": world.staff_alice}
    )
    assert refused.status_code == 422
    assert "曾思源" not in refused.text
    assert len(talks()) == 2


def test_one_act_with_several_children_is_one_row_each_tied_together(client_as, world):
    alice = client_as("alice")
    saved = alice.post(
        "/r/talk/new",
        data=TALK
        | {"child": [str(world.child_a), str(world.child_c)], "teacher": world.staff_alice},
    )
    assert saved.status_code == 302
    made = talks(topic="周末安排")
    assert {one.child_id for one in made} == {world.child_a, world.child_c}
    assert len({one.act for one in made}) == 1
    assert made[0].act


def test_an_act_is_saved_for_all_its_children_or_none(client_as, world):
    refused = client_as("alice").post(
        "/r/talk/new",
        data=TALK
        | {"child": [str(world.child_a), str(world.child_b)], "teacher": world.staff_alice},
    )
    assert refused.status_code == 422
    assert talks(topic="周末安排") == []


def test_lines_are_saved_with_their_record_and_kept_when_not_posted(client_as, world):
    alice = client_as("alice")
    form = alice.get(f"/r/home-visit/new?child={world.child_a}").text
    assert 'name="lines-home-visitor-0-staff"' in form
    posted = form_of(form, manner="入户", met="祖父母") | {
        "lines-home-visitor-1-staff": str(world.staff_bob)
    }
    saved = alice.post("/r/home-visit/new", data=posted)
    assert saved.status_code == 302, saved.text
    visit = int(saved.location.rsplit("/", 1)[1])
    visitors = find("home-visitor")

    def staff():
        query = every_row(visitors).where(visitors.model.visit == visit)
        return {one.staff_id for one in query}

    assert staff() == {world.staff_alice, world.staff_bob}
    alice.post(f"/r/home-visit/{visit}/edit", data={"version": "1", "purpose": "看看住处"})
    assert staff() == {world.staff_alice, world.staff_bob}
    form = alice.get(f"/r/home-visit/{visit}/edit").text
    posted = form_of(form) | {"lines-home-visitor-1-remove": "1"}
    assert alice.post(f"/r/home-visit/{visit}/edit", data=posted).status_code == 302
    assert staff() == {world.staff_alice}


def test_a_wrong_line_says_so_in_the_line_and_nothing_is_saved(client_as, world):
    alice = client_as("alice")
    form = alice.get(f"/r/home-visit/new?child={world.child_a}").text
    posted = form_of(form, manner="入户") | {"lines-home-visitor-0-staff": "99999"}
    refused = alice.post("/r/home-visit/new", data=posted)
    assert refused.status_code == 422
    assert "没有找到这个家访教师" in refused.text
    visits = find("home-visit")
    assert every_row(visits).count() == 1


def test_the_second_editor_gets_both_texts_and_loses_nothing(client_as, world):
    clerk, alice = client_as("clerk"), client_as("alice")
    raw = TALK | {"child": world.child_a, "teacher": world.staff_alice}
    talk = service.create(world.alice, find("talk"), raw)
    address = f"/r/talk/{talk.id}/edit"
    mine = form_of(alice.get(address).text, content="我写的内容", topic="适应住校")
    first = form_of(clerk.get(address).text, content="文员写的内容", place="谈心室")
    assert clerk.post(address, data=first).status_code == 302
    conflict = alice.post(address, data=mine)
    assert conflict.status_code == 409
    assert "我写的内容" in conflict.text
    assert "文员写的内容" in conflict.text
    assert "适应住校" in conflict.text
    assert "已换成别人的内容：地点" in conflict.text
    assert record("talk", talk.id).content == "文员写的内容"
    again = form_of(conflict.text)
    assert alice.post(address, data=again).status_code == 302
    stored = record("talk", talk.id)
    assert (stored.content, stored.topic) == ("我写的内容", "适应住校")
    assert stored.place == "谈心室"


def test_a_masked_field_left_blank_is_unchanged_for_the_clerk(client_as, world):
    clerk = client_as("clerk")
    address = f"/r/child/{world.child_a}/edit"
    form = clerk.get(address).text
    assert "520624201205060020" not in form
    assert clerk.post(address, data=form_of(form, remarks="新的备注")).status_code == 302
    child = record("child", world.child_a)
    assert (child.id_number, child.remarks) == ("520624201205060020", "新的备注")


def test_deleting_shows_what_hangs_on_a_record_and_refuses(client_as, world):
    clerk = client_as("clerk")
    preview = clerk.get(f"/r/child/{world.child_a}/delete").text
    assert "还不能删除" in preview
    assert "谈心记录" in preview
    assert clerk.post(f"/r/child/{world.child_a}/delete").status_code == 409
    assert record("child", world.child_a) is not None


def test_what_the_clerk_deletes_comes_back_from_the_bin(client_as, world):
    clerk = client_as("clerk")
    assert clerk.post(f"/r/talk/{world.talk_a}/delete").status_code == 302
    assert "谈心记录 1 条" in clerk.get("/r/talk/").text
    assert "开学适应" in clerk.get("/r/talk/bin").text
    assert client_as("alice").get("/r/talk/bin").status_code == 403
    assert "开学适应" not in client_as("alice").get("/r/talk/?bin=1").text
    assert clerk.post(f"/r/talk/{world.talk_a}/restore").status_code == 302
    assert record("talk", world.talk_a) is not None


def test_a_bulk_step_is_previewed_done_and_undone(client_as, world):
    clerk = client_as("clerk")
    ids = [str(world.talk_a), str(world.talk_b)]
    chosen = clerk.post("/r/talk/bulk", data={"action": "set", "ids": ids})
    assert "改哪个栏目" in chosen.text
    preview = clerk.post("/r/talk/bulk", data={"action": "set", "ids": ids, "field": "place"})
    keys = re.findall(r'name="ids" value="([\d:]+)"', preview.text)
    step = {"action": "set", "ids": keys, "field": "place", "value": "谈心室", "confirm": "1"}
    done = clerk.post("/r/talk/bulk", data=step)
    assert "办好 2 条" in done.text
    assert [one.place for one in talks()] == ["谈心室", "谈心室"]
    batch = re.search(r'name="batch" value="(\d+)"', done.text)[1]
    assert "已撤销 2 条" in clerk.post("/r/talk/bulk", data={"action": "undo", "batch": batch}).text
    assert [one.place for one in talks()] == [None, None]


def test_a_bulk_step_leaves_what_cannot_be_done_and_says_why(client_as, world):
    clerk = client_as("clerk")
    entries = AuditEntry.select().count()
    done = clerk.post(
        "/r/staff/bulk",
        data={"action": "delete", "ids": [f"{world.staff_alice}:1"], "confirm": "1"},
    )
    assert "办好 0 条" in done.text
    assert "还有记录与它相关" in done.text
    assert AuditEntry.select().count() == entries


@pytest.mark.parametrize("name", ["alice", "leadership", "inspector"])
def test_bulk_steps_are_the_clerks(client_as, world, name):
    data = {"action": "delete", "ids": [f"{world.talk_a}:1"], "confirm": "1"}
    assert client_as(name).post("/r/talk/bulk", data=data).status_code == 403
    assert record("talk", world.talk_a) is not None


def test_a_teacher_adds_a_correction_when_the_days_of_editing_are_over(client_as, world):
    alice = client_as("alice")
    page = alice.get(f"/r/talk/{world.talk_a}").text
    assert "补一条更正说明" in page
    assert f"/r/talk/{world.talk_a}/edit" not in page
    assert alice.get(f"/r/talk/{world.talk_a}/edit").status_code == 403
    said = {"text": "谈话时间应为下午"}
    assert alice.post(f"/r/talk/{world.talk_a}/correct", data=said).status_code == 302
    assert "谈话时间应为下午" in client_as("clerk").get(f"/r/talk/{world.talk_a}").text
    assert client_as("bob").post(f"/r/talk/{world.talk_a}/correct", data=said).status_code == 404
    assert rows(world.bob, find("correction")).count() == 0


def test_a_line_sends_to_the_record_it_belongs_to(client_as, world):
    visitors = find("home-visitor")
    line = every_row(visitors).first()
    answer = client_as("clerk").get(f"/r/home-visitor/{line.id}/edit")
    assert answer.status_code == 302
    assert answer.location.endswith(f"/r/home-visit/{world.visit_a}")


def test_looks_are_logged(client_as, world):
    client_as("alice").get(f"/r/talk/{world.talk_a}")
    client_as("alice").get("/r/talk/")
    client_as("inspector").get("/r/talk/")
    seen = [
        (one.role, one.action) for one in AccessLog.select().where(AccessLog.register == "talk")
    ]
    assert seen == [("teacher", "view"), ("inspector", "list")]


def test_a_short_form_offers_what_the_teacher_wrote_lately(client_as, world):
    alice = client_as("alice")
    for topic in ("想家", "想家", "学习习惯"):
        typed = {"talked_at": "2025-11-11T16:20", "teacher": world.staff_alice, "topic": topic}
        alice.post("/r/talk/new", data=typed | {"child": world.child_a, "place": "操场"})
    page = alice.get("/r/talk/new").text
    chips = re.findall(r'data-fill="(\w+)">([^<]+)<', page)
    assert chips[:2] == [("topic", "想家"), ("topic", "学习习惯")]
    assert ("place", "操场") in chips
    assert "想家" not in client_as("bob").get("/r/talk/new").text


def test_a_visit_is_at_the_home_unless_said_otherwise_and_asks_for_its_photo_first(client_as):
    page = client_as("alice").get("/r/home-visit/new").text
    assert re.search(r'checked[^>]+value="入户"|value="入户"[^>]+checked', page)
    assert page.index("data-photo-upload") < page.index('data-field="visited_at"')
    assert 'accept="image/*" capture="environment"' in page
    assert client_as("alice").get("/r/talk/new").text.index("data-photo-upload") > 0
