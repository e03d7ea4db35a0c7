"""制度落实一览: every clause leads to its proof; the office decides, the inspector only reads."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from admin.inspection.regulation_pages import system_page
from compliance.ordered.catalogue import duties
from compliance.ordered.regulations import systems
from compliance.told.needed import choices, in_codes, in_words
from models.core import calendar, service
from models.core.gates import every_row
from models.core.listing import listed, read_request
from models.core.register import find
from tests.test_duties import five_sets  # noqa: F401 - a fixture

AUTUMN = "2025-2026-1"


def text_of(response):
    assert response.status_code == 200, response.status
    return response.get_data(as_text=True)


@pytest.mark.parametrize("role", ["clerk", "leadership", "alice", "counsellor", "inspector"])
def test_all_53_systems_stand_on_the_overview(client_as, world, role):
    page = text_of(client_as(role).get("/regulations/"))
    for system in systems():
        assert f'/regulations/{system.id}"' in page


@pytest.mark.parametrize("code", [system.id for system in systems()])
def test_a_system_shows_each_clause_in_our_wording_with_its_proof(client_as, world, code):
    page = text_of(client_as("clerk").get(f"/regulations/{code}"))
    system = next(one for one in systems() if one.id == code)
    for clause in system.clauses:
        assert clause.text in page
        assert f'id="{clause.id}"' in page
        for duty in clause.duties:
            assert f"/board/duties/{duty}?" in page
        for slug in clause.registers:
            assert find(slug).title in page


def test_a_clause_that_only_keeps_records_says_so_with_the_number(client_as, world):
    clause = next(
        clause
        for system in systems()
        for clause in system.clauses
        if clause.record_only and not clause.duties and system.id.startswith("S")
    )
    page = text_of(client_as("clerk").get(f"/regulations/{clause.system}"))
    assert "只作记录" in page


@pytest.mark.parametrize("role", ["clerk", "leadership", "inspector"])
def test_every_clause_leads_to_its_records_in_one_click(client_as, five_sets, role):  # noqa: F811
    browser = client_as(role)
    opened = {}
    for system in systems():
        page = text_of(browser.get(f"/regulations/{system.id}"))
        for clause in system.clauses:
            section = page[page.index(f'<section class="card" id="{clause.id}">') :]
            section = section[: section.index("</section>")]
            links = set(re.findall(r'<a href="([^"]+)">', section))
            links = {link for link in links if "/regulations/numbers/" not in link}
            # A number whose records no filter can pick out stands without a link.
            assert links or "内容不对您开放" in section or "本学期" in section, clause.id
            for link in links - set(opened):
                opened[link] = browser.get(link.replace("&amp;", "&")).status_code
    assert {link: code for link, code in opened.items() if code != 200} == {}


def test_the_inspector_is_told_how_many_records_there_are_that_nobody_else_reads(
    client_as,
    five_sets,  # noqa: F811
):
    raw = {"child": five_sets.child_a, "teacher": five_sets.staff_alice}
    raw |= {"noted_on": "2025-11-10", "observation": "想妈妈"}
    service.create(five_sets.clerk, find("mind-note"), raw)
    page = text_of(client_as("inspector").get("/regulations/Q02"))
    section = page[page.index('id="Q02-6"') :].split("</section>")[0]
    assert "本学期 1 条，内容不对您开放" in section
    assert "想妈妈" not in page


def test_a_document_nobody_adopted_is_marked(client_as, world):
    page = text_of(client_as("clerk").get("/regulations/Q05"))
    assert "不采用" in page


def test_the_inspector_reads_and_changes_nothing(client_as, world):
    browser = client_as("inspector")
    assert "作一项决定" not in text_of(browser.get("/regulations/adoption"))
    assert "改一个数字" not in text_of(browser.get("/regulations/numbers/talk-weekly"))
    said = {"what": "思渠中学", "adopted": "1", "reason": "试一试"}
    assert browser.post("/regulations/adoption", data=said).status_code == 403
    said = {"what": "次数", "value": "2", "reason": "试一试"}
    assert browser.post("/regulations/numbers/talk-weekly", data=said).status_code == 403
    assert not every_row(find("adoption")).exists()
    assert not every_row(find("duty-setting")).exists()


def test_a_teacher_decides_nothing_either(client_as, world):
    said = {"what": "次数", "value": "2", "reason": "试一试"}
    answer = client_as("alice").post("/regulations/numbers/talk-weekly", data=said)
    assert answer.status_code == 403


def test_the_leadership_adopts_a_document_and_sees_it_at_work(client_as, world):
    browser = client_as("leadership")
    said = {"what": "思渠中学", "adopted": "1", "reason": "领导小组会议决定", "semester": AUTUMN}
    assert browser.post("/regulations/adoption", data=said).status_code == 302
    page = text_of(browser.get("/regulations/adoption"))
    assert "领导小组会议决定" in page
    assert "最严" in page
    page = text_of(browser.get("/regulations/Q05"))
    assert "不采用" not in page


def test_ranges_that_exclude_each_other_ask_the_school_to_choose(client_as, five_sets):  # noqa: F811
    page = text_of(client_as("leadership").get("/regulations/adoption"))
    assert "这几个数不能同时做到" in page


def test_a_number_is_changed_with_its_reason_and_history(client_as, world):
    browser = client_as("clerk")
    said = {"what": "次数", "value": "2", "reason": "重点学生多", "semester": AUTUMN}
    assert browser.post("/regulations/numbers/talk-weekly", data=said).status_code == 302
    page = text_of(browser.get("/regulations/numbers/talk-weekly"))
    assert "重点学生多" in page
    assert "原为 1" in page
    assert "重点学生多" in text_of(browser.get("/regulations/S12"))


@pytest.mark.parametrize(
    "typed", ["照片；谈话内容不为空", "照片、谈话内容不为空", "photo、content"]
)
def test_what_records_must_hold_is_read_and_written_in_words(client_as, world, typed):
    browser = client_as("clerk")
    said = {"what": "需要", "value": typed, "reason": "都要留影", "semester": AUTUMN}
    assert browser.post("/regulations/numbers/talk-weekly", data=said).status_code == 302
    assert every_row(find("duty-setting")).get().value == "photo、content"
    page = text_of(browser.get("/regulations/numbers/talk-weekly"))
    assert "改为 照片；谈话内容不为空" in page
    assert "photo、" not in page


@pytest.mark.parametrize("duty", [d for d in duties() if d.sources], ids=lambda duty: duty.code)
def test_every_need_has_words_of_its_own_that_lead_back_to_it(duty):
    words = choices(duty)
    assert len(set(words.values())) == len(words)
    assert not [word for word in words.values() if not word or word in words]
    asked = "、".join(duty.needs) or "无"
    assert in_codes(duty, in_words(duty, asked)) == asked


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"what": "次数", "value": "2", "reason": " "}, "请写明理由"),
        ({"what": "次数", "value": "两次", "reason": "多谈"}, "整数"),
        ({"what": "次数", "value": "0", "reason": "不谈"}, "整数"),
        ({"what": "权重", "value": "9", "reason": "要紧"}, "整数"),
        ({"what": "需要", "value": "video", "reason": "留影"}, "video"),
        ({"what": "上限", "value": "3", "reason": "太多"}, "没有这个数字"),
    ],
)
def test_a_number_that_makes_no_sense_is_told_at_the_field(client_as, world, said, told):
    page = text_of(client_as("clerk").post("/regulations/numbers/talk-weekly", data=said))
    assert told in page
    assert not every_row(find("duty-setting")).exists()


def test_an_unknown_system_or_duty_is_no_page(client_as, world):
    browser = client_as("clerk")
    assert browser.get("/regulations/S99").status_code == 404
    assert browser.get("/regulations/numbers/no-such-duty").status_code == 404


@pytest.mark.parametrize("role", ["clerk", "leadership", "inspector", "alice", "counsellor"])
def test_the_link_of_a_number_opens_exactly_the_records_it_counts(
    timed_client, time_school, worker_app, role
):
    timed_client(role)
    actor = time_school.world.actors[role]
    compared, wrong = [], []
    for span in calendar.school_calendar().semesters:
        with worker_app.test_request_context():
            told = [
                (clause["id"], check)
                for system in systems()
                for clause in system_page(actor, span, system)["clauses"]
                for check in clause["checks"]
                if check["records"] is not None and check["url"]
            ]
        for clause, check in told:
            address = urlsplit(check["url"])
            register = find(address.path.strip("/").split("/")[-1])
            found = listed(actor, register, read_request(dict(parse_qsl(address.query))))
            compared.append(check["records"])
            if found.problems or found.total != check["records"]:
                wrong.append((span.code, clause, check["url"], check["records"], found.total))
    assert wrong == []
    assert any(compared)
