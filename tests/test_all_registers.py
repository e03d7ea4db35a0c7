"""The page of all registers: by job, counted, searched by name."""

from __future__ import annotations

import re

import pytest

from admin.frame.menu import JOBS
from models.core.boxes import Box
from models.core.register import REGISTERS, find
from models.core.rights import may

pytestmark = pytest.mark.usefixtures("as_served")


def listed(client, asked=""):
    """The titles on the page, and its headline."""
    text = client.get("/r/", query_string={"q": asked}).get_data(as_text=True)
    lists = "".join(re.findall(r'<ul class="registers">.*?</ul>', text, re.S))
    return re.findall(r'<a href="/r/[^"]+">([^<]+)</a>', lists), text


def test_every_box_is_some_job_and_no_box_two():
    boxes = [box for _title, _icon, boxes in JOBS for box in boxes]
    filed = {register.box for register in REGISTERS.values() if not register.parent}
    assert len(boxes) == len(set(boxes))
    assert filed <= set(boxes) <= set(Box)


@pytest.mark.parametrize("who", ["clerk", "leadership", "alice", "counsellor", "inspector"])
def test_every_register_a_person_may_read_stands_there_once_and_is_counted(client_as, world, who):
    titles, text = listed(client_as(who))
    person = world.actor(who)
    readable = [r.title for r in REGISTERS.values() if not r.parent and may(person, "read", r)]
    assert sorted(titles) == sorted(readable)
    assert f"全部登记 {len(readable)} 张" in text


@pytest.mark.parametrize("asked", ["谈心", "tanxin", "txjl", "谈心 记录"])
def test_a_register_is_found_by_its_name_or_pinyin(client_as, asked):
    titles, _text = listed(client_as("clerk"), asked)
    assert find("talk").title in titles
    assert len(titles) < 12


def test_what_is_not_found_says_so_and_leads_back(client_as):
    titles, text = listed(client_as("clerk"), "没有这个")
    assert titles == []
    assert "没有符合条件的登记" in text
    assert 'href="/r/"' in text


def test_a_register_that_may_not_be_read_is_not_found(client_as):
    counselling = find("counselling").title
    assert counselling not in listed(client_as("alice"), counselling)[0]
