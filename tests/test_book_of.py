"""The register book and the blank form of any register, as each reader may see them."""

from __future__ import annotations

import io
import subprocess
from datetime import datetime

import pytest
from pypdf import PdfReader

from exports.documents.book_of import (
    cells_of,
    columns_of,
    layout_of,
    shared_books,
    write_register_book,
)
from exports.documents.forms import blank_form_of, form_for, forms, pairs_of
from exports.documents.paper import Printing
from exports.pdf.imprint import Imprint
from models.core import service
from models.core.audit import AccessLog
from models.core.gates import row, rows, surface
from models.core.register import REGISTERS, find
from tests.factory import MADE_BY_PRODUCT, Factory
from tests.paper import watched

IMPRINT = Imprint("云岭中学", "登记册", datetime(2025, 11, 12, 10, 30), "陈文员")


def texts(actor, slug):
    register = find(slug)
    layout = layout_of(actor, register)
    records = list(rows(actor, register))
    return "\n".join("\t".join(row) for row in cells_of(actor, register, layout, lambda: [records]))


def pdf_text(data):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def squeezed(text):
    return "".join(text.split())


def test_the_clerks_book_names_the_children_and_masks_identity_numbers(world):
    shown = texts(world.clerk, "child")
    assert "张小雨" in shown
    assert "13985671234" in shown
    assert "520624201205060020" not in shown
    assert "七（1）班" in shown


def test_the_inspectors_book_masks_names_phones_and_addresses(world):
    shown = texts(world.inspector, "child")
    assert "张小雨" not in shown
    assert "张**" in shown
    assert "13985671234" not in shown
    assert "大坪村 3 组" not in shown


def test_what_is_private_stays_out_of_the_inspectors_book(world):
    talk = find("talk")
    assert "risk" in dict(layout_of(world.clerk, talk).columns)
    assert "risk" not in dict(layout_of(world.inspector, talk).columns)
    assert "张小雨说" not in texts(world.inspector, "talk")


def test_a_book_leaves_no_filled_in_field_out(world):
    visits = find("home-visit")
    # A fact of a few words, of a line, of some lines and of half a page.
    said = {"family": 5, "at_school": 30, "advice": 120, "opinion": 600}
    long = {name: f"{name}：" + "常" * many for name, many in said.items()}
    stored = row(world.clerk, visits, world.visit_a)
    service.update(world.clerk, visits, stored.id, long, stored.version)
    shown = texts(world.clerk, "home-visit")
    for text in long.values():
        assert text in shown
    for text in ("了解周末作息", "家里干净，奶奶能照顾。", "王爱丽"):
        assert text in shown


def test_a_teachers_book_holds_own_children_only(world):
    shown = texts(world.alice, "child")
    assert "张小雨" in shown
    assert "曾思源" not in shown


def test_the_book_of_every_register_prints_every_cell_of_its_record_whole(
    world, tmp_path, monkeypatch
):
    """A book holds the newest record of each register, made for this where one can be made."""
    target, clerk, lost = tmp_path / "book.pdf", world.clerk, []
    paper = watched(monkeypatch)
    factory = Factory(clerk)
    for slug, register in REGISTERS.items():
        if not register.sealed and slug not in MADE_BY_PRODUCT:
            factory.save(register)
        found = list(rows(clerk, register).order_by(register.model.id.desc()).limit(1))
        paper.clear()
        write_register_book(target, clerk, register, lambda found=found: [found], IMPRINT)
        shown = paper.text
        layout = layout_of(clerk, register)
        for cells in cells_of(clerk, register, layout, lambda found=found: [found]):
            parts = [part for cell in cells for part in cell.split("\n")]
            lost += [(slug, part) for part in parts if squeezed(part) not in shown]
        labels = [column.label for column in columns_of(layout)] if not layout.sheets else []
        lost += [(slug, label) for label in labels if squeezed(label) not in shown]
        assert "其他内容" not in shown, slug
        assert ("本册暂无记录" in shown) is not found, slug
    assert lost == []


def test_what_is_worked_out_has_its_place_in_the_book(world):
    lost, worked_out = [], 0
    for slug, register in REGISTERS.items():
        listed = dict(layout_of(world.clerk, register).columns)
        for field in surface(world.clerk, register, "pdf").fields:
            if field.spec.computed is not None:
                worked_out += 1
                lost += [] if field.name in listed else [f"{slug}.{field.name}"]
    assert lost == []
    assert worked_out >= 8


def test_the_records_of_a_book_are_numbered_through(world):
    children, clerk = find("child"), world.clerk
    layout = layout_of(clerk, children)
    parts = [[record] for record in rows(clerk, children).order_by(children.model.id)]
    numbers = [cells[0] for cells in cells_of(clerk, children, layout, lambda: parts)]
    assert numbers == [str(number) for number in range(1, len(parts) + 1)]
    assert len(parts) > 1


def test_an_empty_book_says_so(world, tmp_path):
    target = tmp_path / "book.pdf"
    write_register_book(target, world.clerk, find("plan"), list, IMPRINT)
    assert "本册暂无记录" in pdf_text(target.read_bytes())


def test_the_book_of_a_list_follows_the_lists_filters(client_as):
    client = client_as("clerk")
    every = client.get("/r/child/book.pdf")
    some = client.get("/r/child/book.pdf?q=曾思源")
    assert every.status_code == some.status_code == 200
    assert every.mimetype == "application/pdf"
    assert "张小雨" in pdf_text(every.data)
    assert "曾思源" in pdf_text(some.data)
    assert "张小雨" not in pdf_text(some.data)


def test_a_book_says_which_time_its_records_lie_in(client_as, world):
    client = client_as("clerk")
    assert "第一学期" in pdf_text(client.get("/r/talk/book.pdf").data)
    earlier = Factory(world.clerk).minimal(find("talk")) | {
        "talked_at": "2025-03-05 16:00",
        "late_reason": "补录",
    }
    service.create(world.clerk, find("talk"), earlier)
    both = squeezed(pdf_text(client.get("/r/talk/book.pdf").data))
    assert "2025年3月5日至2025年" in both
    # Each sheet says its own record's semester; the one from before any has a line to write on.
    assert both.count("学期：2025—2026学年第一学期") == 2
    assert both.count("学期：________") == 1
    children = squeezed(pdf_text(client.get("/r/child/book.pdf").data))
    assert "截至2025年11月12日" in children
    assert "学期：截至" not in children
    assert "学期：2025—2026学年第一学期" in children


def test_a_printed_copy_carries_who_took_it_and_is_noted(client_as):
    answer = client_as("alice").get("/r/talk/book.pdf")
    assert "王爱丽于2025-11-1210:30下载" in squeezed(pdf_text(answer.data))
    noted = AccessLog.select().where(AccessLog.action == "print").get()
    assert (noted.register, noted.who) == ("talk", "王爱丽")


def test_a_teacher_cannot_print_another_teachers_children(client_as):
    answer = client_as("bob").get("/r/child/book.pdf")
    assert "张小雨" not in pdf_text(answer.data)


@pytest.mark.parametrize("slug", ["child", "meeting"])
def test_an_inspector_cannot_print_a_book(client_as, slug):
    assert client_as("inspector").get(f"/r/{slug}/book.pdf").status_code == 403


def test_nobody_prints_without_signing_in(browser):
    assert browser.get("/r/child/book.pdf").status_code in (302, 303, 401)


def test_nonsense_in_the_address_of_a_book_is_no_error(client_as):
    client = client_as("clerk")
    for asked in ("rows=abc", "rows=999999", "page=9223372036854775807", "f.child=abc"):
        assert client.get(f"/r/talk/book.pdf?{asked}").status_code == 200, asked


def test_the_blank_form_of_every_register_has_a_place_for_what_a_record_needs(
    world, tmp_path, monkeypatch
):
    target, lost, paper = tmp_path / "blank.pdf", [], watched(monkeypatch)
    for slug, register in REGISTERS.items():
        if register.sealed:
            continue
        form = form_for(register)
        pairs = {pair.name: pair.label for row in form.rows for pair in pairs_of(row)}
        shown = surface(world.clerk, register, "form").fields
        drawn = form.code in forms()
        wanted = [
            pairs.get(one.name) or one.spec.label
            for one in shown
            if not one.spec.readonly
            and one.name not in "".join(form.above)
            and (not drawn or one.spec.required or one.spec.wanted)
        ]
        paper.clear()
        made = blank_form_of(Printing(world.clerk, "云岭中学", "第一学期"), form)
        made.write(target, IMPRINT)
        wanted += [form.title, *form.signed]
        lost += [(slug, label) for label in wanted if squeezed(label) not in paper.text]
    assert lost == []


def test_a_blank_form_offers_all_choices_as_boxes_and_none_is_ticked(world, tmp_path, monkeypatch):
    paper, talk = watched(monkeypatch), find("talk")
    made = blank_form_of(Printing(world.alice, "云岭中学", "第一学期"), form_for(talk))
    made.write(tmp_path / "blank.pdf", IMPRINT)
    for word in (*talk.fields["risk"].field.words, *talk.fields["aspects"].field.words):
        assert f"☐{word}" in paper.text
    assert "☑" not in paper.text


@pytest.mark.parametrize("slug", shared_books())
def test_a_book_whose_fields_share_columns_has_a_place_for_each(world, slug):
    layout = layout_of(world.clerk, find(slug))
    placed = [name for one in layout.shared for name in one.names]
    assert sorted(placed) == sorted(name for name, _label in layout.columns)
    written = [name for one in shared_books()[slug] for name in one.names]
    assert [name for name in written if name not in placed] == []
    assert len(columns_of(layout)) <= 15
    assert not layout.sheets


def test_calls_stand_in_rows_many_to_a_sheet(world, tmp_path, monkeypatch):
    factory, calls = Factory(world.clerk), find("family-call")
    for _call in range(12):
        factory.save(calls)
    paper, found = watched(monkeypatch), list(rows(world.clerk, calls))
    write_register_book(tmp_path / "book.pdf", world.clerk, calls, lambda: [found], IMPRINT)
    assert len(found) >= 12
    assert max(line.page for line in paper.lines) <= 2


def test_what_shares_a_column_is_not_said_twice_and_not_mistaken(world):
    loan = {
        "lent_on": "2025-11-11",
        "late_reason": "补录",
        "title": "鲁滨逊漂流记",
        "author": "笛福",
        "class_mark": "I5",
    }
    service.create(world.clerk, find("loan"), Factory(world.clerk).minimal(find("loan")) | loan)
    shown = texts(world.clerk, "loan")
    assert "鲁滨逊漂流记\n笛福" in shown
    assert "分类号：I5" in shown


def test_the_page_sends_the_blank_form_of_the_register(client_as):
    shown = squeezed(pdf_text(client_as("alice").get("/r/home-visit/blank.pdf").data))
    for label in ("家访记录", "家访时间", "受访人", "问题与指导建议", "家访教师（签名）"):
        assert label in shown


def test_another_tool_accepts_the_book(client_as, tmp_path):
    target = tmp_path / "book.pdf"
    target.write_bytes(client_as("clerk").get("/r/child/book.pdf?rows=5").data)
    assert subprocess.run(["qpdf", "--check", target], capture_output=True).returncode == 0
