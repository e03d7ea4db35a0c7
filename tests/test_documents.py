"""The documents: which exist, that each opens, prints and is for whom it is said to be."""

from __future__ import annotations

import html
import io
import re

import pytest
from pypdf import PdfReader

from compliance.ordered.papers import DOCUMENTS, EACH_REGISTER, SCHOOL
from exports.documents.asking import allows
from models.core import service
from models.core.audit import AccessLog
from models.core.gates import every_row, row, rows
from models.core.register import find
from models.kept.children import Parent

PEOPLE = ("clerk", "leadership", "alice", "counsellor", "inspector")
MADE = [one for one in DOCUMENTS.values() if one.maker]
# What is not made of an empty register: a letter without a name, an album without a photo.
MAY_HAVE_NOTHING = {
    "box-labels",
    "commendation-notice",
    "evaluation-bulletin",
    "evaluation-summary",
    "opening-programme",
    "photo-album",
    "village-copy",
}
OF_RECORDS = [one for one in MADE if one.about not in (SCHOOL, EACH_REGISTER)]


def address(document, register="talk"):
    """Where the first record, or one register, is looked at; None when nobody wrote one yet."""
    if document.about == SCHOOL:
        return f"/documents/{document.code}?"
    if document.about == EACH_REGISTER:
        return f"/documents/{document.code}?of={register}"
    about = find(document.about)
    for record in every_row(about).order_by(about.model.id):
        if all(record.__data__.get(name) == word for name, word in document.where.items()):
            return f"/documents/{document.code}?for={record.id}"
    return None


def test_each_of_58_documents_has_a_maker_or_a_page():
    assert len(DOCUMENTS) == 58
    for one in DOCUMENTS.values():
        assert (one.maker is not None) != bool(one.page), one.code


@pytest.mark.parametrize("person", PEOPLE)
def test_every_document_opens_for_those_it_is_for_and_for_nobody_else(client_as, world, person):
    browser, acting = client_as(person), world.actors[person]
    for document in DOCUMENTS.values():
        answer = browser.get(f"/documents/{document.code}")
        opens = allows(acting, document)
        assert answer.status_code in ((200, 302) if opens else (403,)), document.code


def nothing_is_printed(browser, document, url, text):
    """What has nothing to say yet says so on its page, offers no print, and prints no sheet."""
    assert document.code in MAY_HAVE_NOTHING
    assert 'class="paper-desk"' not in text
    assert "打印（PDF）" not in text
    answer = browser.get(url.replace("?", "/pdf?"))
    assert answer.status_code == 302
    assert answer.location.rstrip("?").endswith(url.rstrip("?"))
    seen = AccessLog.select().order_by(AccessLog.id.desc()).limit(1)
    assert [entry.action for entry in seen] == ["view"]


@pytest.mark.parametrize("document", MADE, ids=lambda one: one.code)
def test_each_made_document_is_looked_at_and_printed(client_as, document):
    url = address(document)
    if url is None:
        return
    clerk = client_as("clerk")
    page = clerk.get(url)
    assert page.status_code == 200
    if "现在还没有可以打印的" in page.text:
        nothing_is_printed(clerk, document, url, page.text)
        return
    assert 'class="paper-desk"' in page.text
    printed = clerk.get(url.replace("?", "/pdf?"))
    assert printed.mimetype == "application/pdf"
    assert PdfReader(io.BytesIO(printed.data)).pages[0].extract_text().strip()
    seen = AccessLog.select().order_by(AccessLog.id.desc()).limit(2)
    assert [(entry.action, entry.detail) for entry in seen] == [
        ("print", f"文书 {document.title}"),
        ("view", f"文书 {document.title}"),
    ]


def test_a_document_shows_nobody_a_record_they_do_not_see(client_as, world):
    hidden = set()
    for document in OF_RECORDS:
        register = find(document.about)
        for person in PEOPLE:
            seen = {r.id for r in rows(world.actors[person], register)}
            for record in every_row(register):
                if record.id in seen or not allows(world.actors[person], document):
                    continue
                url = f"/documents/{document.code}?for={record.id}"
                assert client_as(person).get(url).status_code == 404, (person, url)
                hidden.add(person)
    assert hidden


def test_the_inspector_reads_documents_masked(client_as, world):
    page = client_as("inspector").get(f"/documents/child-sheet?for={world.child_a}").text
    assert "张小雨" not in page
    assert "13985671234" not in page
    assert "大坪村 3 组" not in page


def test_an_odd_address_is_answered_plainly(client_as, world):
    clerk = client_as("clerk")
    assert clerk.get("/documents/no-such").status_code == 404
    assert clerk.get("/documents/talk-record?for=x").status_code == 200
    assert clerk.get("/documents/talk-record?for=999999").status_code == 404
    assert clerk.get("/documents/register-book?of=counselling").status_code in (403, 404)
    assert clerk.get("/documents/register-book?of=nothing").status_code == 200
    assert (
        clerk.get(f"/documents/talk-record?for={world.talk_a}&code=x&_external=1").status_code
        == 200
    )


def test_a_record_and_a_clause_lead_to_their_documents(client_as, world):
    clerk = client_as("clerk")
    link = f"/documents/talk-record?for={world.talk_a}"
    assert link in clerk.get(f"/r/talk/{world.talk_a}").text
    assert "/documents/talk-record?" in clerk.get("/regulations/S12").text
    assert "/documents/village-copy" in clerk.get("/regulations/Q23").text
    assert "/documents/child-sheet" in clerk.get("/inspection/archive").text


def test_handing_out_is_confirmed_a_class_at_a_time_and_absentees_are_unticked(client_as, world):
    clerk, issues = client_as("clerk"), find("document-issue")
    page = clerk.get(f"/documents/contact-card?class={world.class_1}")
    assert "发出以后登记" in page.text
    clerk.get(f"/documents/contact-card/pdf?class={world.class_1}")
    # A print hands nothing out.
    assert every_row(issues).count() == 0
    (url,) = re.findall(r'href="(/roll-call/document-issue\?[^"]+)"', page.text)
    form = clerk.get(html.unescape(url)).text
    ticked = set(re.findall(r'name="child" value="(\d+)"[^>]*checked', form))
    assert ticked == {str(world.child_a), str(world.child_c)}
    tags = re.findall(r"<(?:option|input)[^>]*联系卡[^>]*>", form)
    assert any("selected" in tag or "checked" in tag for tag in tags), tags


def test_a_class_and_a_list_lead_to_their_documents(client_as, world):
    clerk = client_as("clerk")
    on_class = clerk.get(f"/r/school-class/{world.class_1}").text
    for code in ("contact-card", "consent-form", "growth-booklet", "child-sheet"):
        assert f"/documents/{code}?class={world.class_1}" in on_class
    on_list = clerk.get("/r/home-visit/?f.manner=入户").text
    assert "/documents/visit-record?f.manner=" in on_list
    assert "/documents/photo-album?of=home-visit" in on_list
    cards = clerk.get(f"/documents/contact-card?class={world.class_1}").text
    assert "张小雨" in cards
    assert "单明" in cards
    assert "曾思源" not in cards


def test_before_printing_the_page_tells_what_an_inspector_would_complain_of(client_as, world):
    clerk, talk = client_as("clerk"), find("talk")
    same = "孩子说最近睡得好，想家的时候就给妈妈写信。"
    given = {"teacher": world.staff_alice, "talked_at": "2025-11-11 16:00", "content": same}
    both = [
        service.create(world.clerk, talk, {**given, "child": child, "topic": topic})
        for child, topic in ((world.child_a, "睡眠"), (world.child_c, "写信"))
    ]
    url = "/documents/talk-record?" + "&".join(f"for={one.id}" for one in both)
    page = clerk.get(url).text
    assert "打印前看一看" in page
    assert "没有填写方面" in page
    assert page.count("一字不差") == 1
    assert "天以后才补录" not in page
    old = clerk.get(f"/documents/talk-record?for={world.talk_a}").text
    assert "一字不差" not in old
    assert "打印前看一看" not in client_as("inspector").get(url).text


def test_before_printing_contradictions_staleness_and_absent_scans_are_told(
    client_as, world, clock
):
    clerk, child = client_as("clerk"), row(world.clerk, find("child"), world.child_a)
    sheet, card = (
        f"/documents/child-sheet?for={child.id}",
        f"/documents/visit-record?for={world.visit_a}",
    )
    parents = list(rows(world.clerk, find("parent")).where(Parent.child == child.id))
    assert parents
    service.update(world.clerk, find("child"), child.id, {"income": "打工"}, child.version)
    given = {"child": child.id, "state": "死亡", "since": "2025-10-01"}
    for parent in parents[1:]:
        service.create(world.clerk, find("parent-state"), given | {"parent": parent.id})
    assert "都已死亡" not in clerk.get(sheet).text or len(parents) == 1
    service.create(world.clerk, find("parent-state"), given | {"parent": parents[0].id})
    page = clerk.get(sheet).text
    assert "登记的父母都已死亡，经济来源却写着打工" in page
    assert "没有核对更新过" not in page
    form = clerk.get(f"/documents/parent-sheet?for={parents[0].id}").text
    assert "状况是死亡，却写着工作单位" in form
    assert "没有附" in clerk.get(card).text
    clock.advance(days=400)
    assert "以后没有核对更新过" in client_as("clerk").get(sheet).text
