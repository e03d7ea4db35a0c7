"""A class's page: its children by duties, days since the last acts, its own tasks, and rights."""

from __future__ import annotations

import re

import pytest

from tests.test_boards import add_child, queries, talk, text_of

MOST = 40


def cells(page, title):
    """The states of one child's row in the grid."""
    row = re.search(rf'<th scope="row"><a [^>]*>{title}</a>.*?</tr>', page, re.DOTALL).group()
    return re.findall(r"heat__cell--(\w+)", row)


@pytest.mark.usefixtures("three_duties")
def test_a_class_shows_each_child_with_the_state_of_the_week(client_as, world):
    url = f"/r/school-class/{world.class_1}"
    clerk = client_as("clerk")
    assert cells(text_of(clerk.get(url)), "张小雨") == ["partly"]
    talk(world, world.child_a, world.staff_alice)
    page = text_of(clerk.get(url))
    assert cells(page, "张小雨") == ["met"]
    assert f"/board/duties/talk-weekly/{world.pairing_a}?period=w11" in page


def test_a_class_names_who_leads_it_and_who_is_paired_with_each_child(client_as, world):
    page = text_of(client_as("clerk").get(f"/r/school-class/{world.class_1}"))
    assert f'href="/board/teachers/{world.staff_alice}">王爱丽</a>' in page
    assert "没有结对" in page
    assert "上次谈心" in page
    assert "曾思源" not in page


def test_the_inspector_reads_a_class_masked(client_as, world):
    page = text_of(client_as("inspector").get(f"/r/school-class/{world.class_1}?span=semester"))
    assert "张小雨" not in page
    assert "张**" in page
    assert "/new?" not in page


def test_a_teacher_opens_the_own_class_alone(client_as, world):
    assert "张小雨" in text_of(client_as("alice").get(f"/r/school-class/{world.class_1}"))
    assert client_as("bob").get(f"/r/school-class/{world.class_1}").status_code == 404


def test_the_list_of_classes_leads_to_each_within_the_own_scope(client_as, world):
    page = text_of(client_as("clerk").get("/board/classes"))
    assert f'href="/r/school-class/{world.class_1}"' in page
    assert f'href="/r/school-class/{world.class_2}"' in page
    own = text_of(client_as("alice").get("/board/classes"))
    assert f'href="/r/school-class/{world.class_1}"' in own
    assert f'href="/r/school-class/{world.class_2}"' not in own
    assert "还没有班级有在册学生" in text_of(client_as("charlie").get("/board/classes"))
    assert "/board/classes" in text_of(client_as("clerk").get("/board/"))


def test_the_class_itself_has_tasks_with_the_next_step(client_as, world):
    page = text_of(client_as("clerk").get(f"/r/school-class/{world.class_1}"))
    part = page[page.index("班级的任务") :]
    assert f"school_class={world.class_1}" in part


@pytest.mark.parametrize("span", ["week", "month", "semester", "now", "nonsense"])
def test_every_stretch_of_time_opens(client_as, world, span):
    text_of(client_as("clerk").get(f"/r/school-class/{world.class_1}?span={span}"))


def test_the_queries_of_a_class_do_not_grow_with_its_children(client_as, world):
    clerk = client_as("clerk")
    urls = (f"/r/school-class/{world.class_1}", "/board/classes")
    few = [queries(clerk, url) for url in urls]
    for number in range(25):
        add_child(world, number)
    many = [queries(clerk, url) for url in urls]
    assert all(one <= before for one, before in zip(many, few, strict=True)), (few, many)
    assert max(many) <= MOST
