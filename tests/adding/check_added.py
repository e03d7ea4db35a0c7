"""What the copied product shows of a register, duty, document and page that were added to it."""

import io

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from compliance.ordered.catalogue import systems_of_registers
from compliance.told import described
from compliance.told.clause_state import clause_states
from models.core import calendar, service
from models.core.described_text import registers_text
from models.core.fields import Secrecy
from models.core.register import find

REGISTER = find("weather")


@pytest.fixture
def rainy(world):
    """One record of Alice about her own child, one of Bob about his."""

    def seen(person, child, sky):
        given = {"child": child, "seen_on": "2025-11-12", "sky": sky}
        given["teacher"] = world.actors[person].staff_id
        return service.create(world.actors[person], REGISTER, given)

    return seen("alice", world.child_a, "大雨"), seen("bob", world.child_b, "阵雪")


def test_its_list_form_and_detail(client_as, world, rainy):
    clerk = client_as("clerk")
    assert "雨天记录 2 条" in clerk.get("/r/weather/").text
    form = clerk.get("/r/weather/new").text
    assert all(label in form for label in ("学生", "教师", "日期", "天色", "说明"))
    posted = {"child": world.child_a, "seen_on": "2025-11-11", "sky": "阴", "version": "0"}
    posted["teacher"] = world.alice.staff_id
    assert clerk.post("/r/weather/new", data=posted).status_code == 302
    assert "雨天记录 3 条" in clerk.get("/r/weather/").text
    assert "还差 1 项" in clerk.get(f"/r/weather/{rainy[0].id}").text


def test_its_rights(client_as, rainy):
    own, other = rainy
    alice = client_as("alice")
    assert alice.get(f"/r/weather/{own.id}").status_code == 200
    assert alice.get(f"/r/weather/{other.id}").status_code == 404
    assert "阵雪" not in alice.get("/r/weather/").text
    assert client_as("inspector").get("/r/weather/new").status_code == 403


def test_a_field_nobody_judged_is_hidden_from_the_inspector(client_as, rainy):
    assert {n for n, s in REGISTER.fields.items() if s.secret is Secrecy.PRIVATE} == {
        "sky",
        "remark",
    }
    assert "大雨" in client_as("clerk").get(f"/r/weather/{rainy[0].id}").text
    page = client_as("inspector").get(f"/r/weather/{rainy[0].id}").text
    assert "大雨" not in page
    assert "天色" not in page
    assert "2025-11-12" in page


def test_its_workbook_and_its_book(client_as, rainy):
    clerk = client_as("clerk")
    sheet = load_workbook(io.BytesIO(clerk.get("/export/weather.xlsx").data)).active
    assert "大雨" in {str(cell.value) for row in sheet.iter_rows() for cell in row}
    pages = PdfReader(io.BytesIO(clerk.get("/r/weather/book.pdf").data)).pages
    assert "大雨" in "".join(page.extract_text() for page in pages)


def test_its_duty_is_judged(world, rainy):
    semester = calendar.school_calendar().semester("2025-2026-1")
    checks = clause_states(world.clerk, semester)["S12-1"].checks
    check = next(one for one in checks if one.code == "weather-weekly")
    # Two records, each of a week that was asked for.
    assert check.share.met == 2 < check.share.asked


def test_its_document_opens_prints_and_hangs_on_its_clause(client_as, rainy):
    clerk = client_as("clerk")
    assert "雨天送返单" in clerk.get("/regulations/S12").text
    assert "雨天送返单" in clerk.get(f"/r/weather/{rainy[0].id}").text
    page = clerk.get(f"/documents/weather-sheet?for={rainy[0].id}")
    assert "大雨" in page.text
    pdf = clerk.get(f"/documents/weather-sheet/pdf?for={rainy[0].id}")
    assert "大雨" in PdfReader(io.BytesIO(pdf.data)).pages[0].extract_text()
    assert client_as("alice").get(f"/documents/weather-sheet?for={rainy[1].id}").status_code == 404
    hidden = client_as("inspector").get(f"/documents/weather-sheet?for={rainy[0].id}").text
    assert "大雨" not in hidden


def test_menu_and_generated_pages(client_as):
    menu = client_as("clerk").get("/r/").text
    assert 'href="/r/weather/"' in menu
    assert 'href="/rain/"' in menu
    assert "雨天记录" in registers_text(systems_of_registers())
    assert "weather-weekly" in described.duties_text()
    assert "S12" in systems_of_registers()["weather"]


def test_an_unmodified_view_has_frame_menu_sign_in_and_is_denied_by_default(
    browser, client_as, rainy
):
    assert browser.get("/rain/").status_code == 303
    page = client_as("clerk").get("/rain/").text
    assert "下雨 2 次" in page
    assert '<nav class="menu"' in page
    plain = client_as("clerk").get("/rain/plain").text
    assert '<nav class="menu"' in plain
    assert "<h1>雨天</h1>" in plain
    for role in ("leadership", "alice", "counsellor", "inspector"):
        other = client_as(role)
        assert other.get("/rain/").status_code == 403
        assert 'href="/rain/"' not in other.get("/r/").text
    for role in ("clerk", "leadership", "alice", "inspector"):
        assert client_as(role).get("/nobody/").status_code == 403
        assert "无人可看" not in client_as(role).get("/r/").text
