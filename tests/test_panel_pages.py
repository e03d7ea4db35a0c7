"""The generated pages of registers: lists, forms, details, as the people of the test school."""

import pytest

from models.core.register import REGISTERS

MENU = [slug for slug, register in REGISTERS.items() if not register.sealed]


@pytest.mark.parametrize("slug", MENU)
def test_every_register_opens_its_list_for_the_clerk(client_as, slug):
    page = client_as("clerk").get(f"/r/{slug}/")
    assert page.status_code == 200
    assert REGISTERS[slug].title in page.text


# What a procedure alone writes has no form of its own.
TYPED = [s for s in MENU if not REGISTERS[s].parent and not REGISTERS[s].procedure]


@pytest.mark.parametrize("slug", TYPED)
def test_every_register_refuses_an_empty_form_and_says_what_is_missing(client_as, slug):
    client = client_as("clerk")
    assert client.get(f"/r/{slug}/new").status_code == 200
    refused = client.post(f"/r/{slug}/new", data={})
    assert refused.status_code == 422
    assert "请" in refused.text
    assert "还没有保存" in refused.text


@pytest.mark.parametrize("slug", [s for s in MENU if REGISTERS[s].procedure])
def test_what_a_procedure_writes_has_no_form(client_as, slug):
    assert client_as("clerk").get(f"/r/{slug}/new").status_code == 403


def test_a_list_answers_in_its_title(client_as):
    page = client_as("clerk").get("/r/talk/").text
    assert "<h1>谈心记录 2 条</h1>" in page
    assert "张小雨" in page
    assert "开学适应" in page


def test_a_teacher_sees_own_childrens_talks_alone(client_as):
    page = client_as("alice").get("/r/talk/").text
    assert "谈心记录 1 条" in page
    assert "曾思源" not in page


def test_a_teacher_cannot_open_another_teachers_talk(client_as, world):
    for rest in ("", "/edit", "/delete", "/history"):
        assert client_as("alice").get(f"/r/talk/{world.talk_b}{rest}").status_code == 404


def test_a_detail_shows_the_three_times_and_what_is_missing(client_as, world):
    page = client_as("clerk").get(f"/r/talk/{world.talk_b}").text
    assert "曾思源想调座位" in page
    assert "还差 1 项：</strong>方面" in page
    assert "2025-10-29 16:00" in page


def test_the_childs_page_holds_the_whole_file(client_as, world):
    page = client_as("alice").get(f"/r/child/{world.child_a}").text
    assert "张小雨" in page
    assert "双亲外出" in page
    assert 'href="tel:13985670002"' in page
    assert "520624201205060020" not in page
    happened = client_as("alice").get(f"/r/child/{world.child_a}?tab=happened").text
    assert "谈心记录 · 开学适应" in happened
    assert "家访记录" in happened
    assert "520624201205060020" not in happened


@pytest.mark.parametrize(
    "address",
    [
        "/r/talk/?page=9223372036854775807",
        "/r/talk/?page=abc&size=-1&sort=secret",
        "/r/talk/?f.child=abc&f.talked_at.from=gestern",
        "/r/talk/?f.search_office=x&bin=1",
        "/search?q=%25%5F'",
        "/r/child/pick?q=%25&for=nonsense",
    ],
)
def test_nonsense_in_a_query_is_harmless(client_as, address):
    assert client_as("clerk").get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/r/nothing/",
        "/r/talk/abc",
        "/r/talk/9223372036854775808",
        "/r/talk/99999/edit",
        "/r/talk/²/history",
        "/r/talk/-1/delete",
    ],
)
def test_nonsense_in_an_address_is_a_friendly_page(client_as, address):
    page = client_as("clerk").get(address)
    assert page.status_code == 404
    assert "没有找到" in page.text


# No browser of ours sends these, so each may be refused; none may end in a page of errors.
NO_NUMBERS = ("²", "-1", "9" * 5000)
TAKES_A_NUMBER = (
    "/r/talk/?page={}&size={}",
    "/r/talk/{}",
    "/board/duties/talk-weekly?page={}",
    "/missed?page={}",
    "/inspection/?kind=F101&page={}",
    "/imports/talk/none?page={}",
    "/r/child/pick?q=a&page={}",
    "/roll-call/done/{}",
    "/photos/{}",
)


def test_no_page_stumbles_over_a_number_that_is_none(client_as):
    clerk = client_as("clerk")
    for address in TAKES_A_NUMBER:
        for text in NO_NUMBERS:
            answer = clerk.get(address.replace("{}", text))
            assert answer.status_code < 500, (address, text[:9])


def test_no_post_stumbles_over_a_number_that_is_none(client_as, world):
    clerk = client_as("clerk")
    visit = f"/r/home-visit/{world.visit_a}/edit"
    for text in NO_NUMBERS:
        lines = {"home-visitor-0-id": text, "home-visitor-0-version": text, "version": text}
        posts = {
            visit: lines,
            "/r/talk/bulk": {"action": "delete", "ids": [text, f"{text}:{text}"], "batch": text},
            "/photos/upload": {"record": text, "register": "talk"},
            "/r/child/bulk": {"action": "undo", "batch": text},
        }
        for address, data in posts.items():
            assert clerk.post(address, data=data).status_code < 500, (address, text[:9])
