"""Going back to a version, a stack of records, missing photos, and what the menu holds."""

import re

import pytest

from admin.frame import menu
from models.core import service
from models.core.gates import every_row
from models.core.register import REGISTERS, find
from tests import matrix
from tests.factory import Factory
from tests.test_panel_writing import form_of


def stored(slug, number):
    declared = find(slug)
    return every_row(declared).where(declared.model.id == number).first()


def change(world, **said):
    talk = stored("talk", world.talk_a)
    return service.update(world.clerk, find("talk"), talk.id, said, talk.version)


def test_an_earlier_version_fills_the_form_and_is_saved_as_a_new_one(client_as, world):
    first = stored("talk", world.talk_a).topic
    change(world, topic="第二版", place="操场")
    change(world, topic="第三版")
    clerk = client_as("clerk")
    history = clerk.get(f"/r/talk/{world.talk_a}/history").text
    ways = re.findall(r'href="(/r/talk/\d+/edit\?back_to=\d+)"', history)
    assert len(ways) == 2
    middle = clerk.get(ways[0]).text
    assert 'value="第二版"' in middle
    assert "核对后按保存才生效" in middle
    oldest = clerk.get(ways[1]).text
    assert f'value="{first}"' in oldest
    assert 'value="操场"' not in oldest
    saved = clerk.post(f"/r/talk/{world.talk_a}/edit", data=form_of(oldest))
    assert saved.status_code == 302
    record = stored("talk", world.talk_a)
    assert (record.topic, record.place, record.version) == (first, None, 4)


def test_a_version_of_another_record_is_not_found(client_as, world):
    change(world, topic="第二版")
    clerk = client_as("clerk")
    assert clerk.get(f"/r/talk/{world.talk_b}/edit?back_to=1").status_code == 404


def test_who_may_not_edit_is_offered_no_way_back(client_as, world):
    change(world, topic="第二版")
    for name in ("leadership", "alice"):
        assert "back_to" not in client_as(name).get(f"/r/talk/{world.talk_a}/history").text


def test_the_next_of_a_stack_keeps_day_and_teacher_and_begins_at_the_first_empty_field(
    client_as, world
):
    clerk = client_as("clerk")
    said = {
        "child": world.child_a,
        "teacher": world.staff_bob,
        "talked_at": "2025-11-10T09:00",
        "topic": "不带走",
        "another": "1",
    }
    answer = clerk.post("/r/talk/new", data=said)
    page = clerk.get(answer.location).text
    assert 'value="2025-11-10T09:00"' in page
    assert "李博" in page
    # It is offered again, not filled in.
    assert "不带走" not in re.search(r'<input[^>]*name="topic"[^>]*>', page)[0]
    (focused,) = re.findall(r"<input[^>]*autofocus[^>]*>", page)
    assert 'id="child"' in focused


def test_a_missing_photo_stands_beside_missing_fields(client_as, world):
    page = client_as("clerk").get(f"/r/home-visit/{world.visit_a}").text
    missing = re.search(r"还差 \d+ 项：</strong>(.*?)<", page)[1]
    assert "照片" in missing
    assert "还差" in client_as("clerk").get("/r/home-visit/").text


def test_an_empty_register_names_the_regulations_that_ask_for_it(client_as):
    page = client_as("clerk").get("/r/letter/").text
    assert re.search(r"依据：.*?（[A-Z]\d\d）", page, re.S)


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "counsellor", "inspector"])
def test_a_menu_has_fewer_than_twelve_entries_in_sight(app, world, name):
    with app.test_request_context("/"):
        assert len(menu.groups(world.actors[name])) < 12


def test_a_teachers_menu_begins_with_the_own_day_and_holds_what_a_teacher_enters(app, world):
    with app.test_request_context("/"):
        titles = [group["title"] for group in menu.groups(world.alice)]
    assert titles[0] == "今日"
    assert {"我的学生", "谈心", "家访", "亲情通话", "上报突发事件"} <= set(titles)


def entries(person):
    """Every entry of the person's menu, whatever fold it stands in."""
    return [entry for group in menu.groups(person) for entry in group.get("entries") or [group]]


@pytest.mark.parametrize("name", matrix.PEOPLE[:-1])
def test_the_menu_holds_each_register_the_person_reads_and_no_other(app, world, name):
    with app.test_request_context("/"):
        urls = [entry["url"] for entry in entries(world.actors[name])]
    listed = set(urls)
    assert len(urls) == len(listed), "an entry stands twice"
    read = {slug for slug, one in REGISTERS.items() if one.menu and matrix.reads(name, slug)}
    # Accounts have a page of their own.
    read -= {"user"} if name == "clerk" else set()
    assert {slug for slug in REGISTERS if f"/r/{slug}/" in listed} == read
    assert len(read) > 10


@pytest.mark.parametrize("name", matrix.PEOPLE[:-1])
@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/r/talk/", {"/r/talk/"}),
        ("/r/talk/5/edit", {"/r/talk/"}),
        ("/r/staff/", {"/r/staff/"}),
        ("/account", set()),
        ("/", set()),
    ],
)
def test_the_menu_marks_the_page_shown_and_no_other(app, world, name, address, marked):
    with app.test_request_context(address):
        found = entries(world.actors[name])
    assert {one["url"] for one in found if one["active"]} == marked & {one["url"] for one in found}


def test_the_clerk_reaches_the_drawing_of_a_child_from_its_page(client_as, world):
    url = f"/unmask?child={world.child_a}"
    assert url in client_as("clerk").get(f"/r/child/{world.child_a}").text
    assert url not in client_as("leadership").get(f"/r/child/{world.child_a}").text


def test_number_columns_are_summed_over_all_that_is_listed_not_only_the_page(client_as, world):
    subsidies = find("subsidy")
    names = [n for n, s in subsidies.fields.items() if s.sum]
    assert names == ["amount"]
    for child in (world.child_a, world.child_b):
        raw = Factory(world.clerk).minimal(subsidies) | {"child": child}
        service.create(world.clerk, subsidies, raw)
    page = client_as("clerk").get("/r/subsidy/?size=20").text
    foot = page.split("<tfoot>")[1].split("</tfoot>")[0]
    assert "合计" in foot
    assert "1250.00" in foot.replace(",", "")
