"""Planted in every text and address of every register: nothing of it reaches the inspector.

One school, in which each text names another record's child, an earlier name, a mother, numbers in
odd spellings and a house; each surface is asked once, before and after a rename.
"""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from peewee import CharField, TextField
from pypdf import PdfReader

from admin.boards.child_page import TABS
from exports.documents.book_of import cells_of, layout_of
from models.core import codes, search_text, service
from models.core.actor import SYSTEM
from models.core.database import writing
from models.core.fields import Secrecy, WordField, WordsField
from models.core.gates import every_row, rows
from models.core.listing import ListRequest, listed
from models.core.register import REGISTERS, find
from models.core.search_refresh import refresh_search_texts
from models.core.values import birth_of_id, sex_of_id
from tests import matrix
from tests.bundle_school import build, declared
from tests.test_looks import every_address
from tests.test_matrix import browser_of, school

__all__ = ["school"]

# A child nobody here is in charge of (and is called otherwise by now), its mother, another child.
NAMES = {"田 禾": "田禾", "欧\n阳石蕊": "欧阳石蕊", "单\u200b明": "单明"}
NUMBERS = {
    "138 1234 5678": "1234 5678",
    "１３９－８７６５－４３２１": "８７６５",
    "（0856）8120041": "8120041",
    "520624-20120506-0020": "20120506",
}
PLACES = {"大坪村3组12号": "3组12号", "金阳南路6号世纪城3栋2单元501": "金阳南路"}
PLANTED = {**NAMES, **NUMBERS, **PLACES}
# Enough of each for a hit to be no accident, whatever stands between its characters.
SEEN = re.compile(
    "田\\s*禾|欧\\s*阳\\s*石\\s*蕊|石蕊|单\\W*明|1234 5678|８７６５|8120041|20120506"
    "|3组12号|金阳南路"
)
# A short text has no room for all; one of each kind is planted then.
WHOLE = "；".join(PLANTED)
SHORT = ("田 禾138 1234 5678", "田 禾")


def texts_of(register):
    return [
        spec
        for spec in register.fields.values()
        if spec.secret in (Secrecy.OPEN, Secrecy.ADDRESS)
        and not spec.public
        and isinstance(spec.field, (CharField, TextField))
        and type(spec.field) in (CharField, TextField)
        and not isinstance(spec.field, (WordField, WordsField))
        and not (spec.readonly and spec.computed is None)
        and spec.name not in {name for key in register.key for name in key}
        and not (register.slug in CODES and spec.name in CODES[register.slug])
    ]


# What the product itself reads: a code, a word of its own, a template's place.
CODES = {
    "adoption": {"what"},
    "finding-silence": {"finding"},
    "duty-setting": {"duty", "part", "value"},
    "school": {"name", "home_name", "notes"},
    "semester": {"code", "title"},
}


def fitting(spec):
    room = getattr(spec.field, "max_length", None) or 10_000
    return next(text for text in (WHOLE, *SHORT, "田 禾"[:room]) if len(text) <= room)


@pytest.fixture
def planted_school(school):
    """Every open text of Alice's and nobody's records holds what is planted."""
    mother = {
        "child": school.world.child_d,
        "relation": "母亲",
        "name": "欧阳石蕊",
        "phone": "13985670009",
    }
    service.create(school.world.clerk, find("parent"), mother)
    refresh_search_texts()
    with service.work(SYSTEM), writing():
        for slug, register in REGISTERS.items():
            if register.sealed or slug == "user":
                continue
            for owner in ("alice", "nobody"):
                number = school.ids.get((slug, owner))
                record = every_row(register).where(register.model.id == (number or 0)).first()
                if record is None:
                    continue
                for spec in texts_of(register):
                    setattr(record, spec.name, fitting(spec))
                record.late_reason = WHOLE[:200]
                search_text.refresh(register, record)
                record.save()
    return school


def addresses(school, register):
    """List, detail, history and picker of a register, and its pages for both hands."""
    slug = register.slug
    yield f"/r/{slug}/"
    for owner in ("alice", "nobody"):
        number = school.ids.get((slug, owner))
        if number and not register.parent:
            yield f"/r/{slug}/{number}"
            yield f"/r/{slug}/{number}/history"
        if number and slug == "child":
            yield from (f"/r/child/{number}?tab={tab}" for tab in TABS)
    yield f"/r/{slug}/pick?q="


def read(client, address):
    answer = client.get(address, buffered=True)
    return answer.data.decode("utf-8", "replace") if answer.status_code == 200 else ""


def leaks(school, client, more=()):
    """What is seen where, and how many pages of registers were shown."""
    shown, pages = {}, 0
    for slug, register in REGISTERS.items():
        if register.sealed or not matrix.reads("inspector", slug):
            continue
        for address in addresses(school, register):
            text = read(client, address)
            pages += bool(text)
            found = set(SEEN.findall(text))
            if found:
                shown[address] = found
    for address in more:
        found = set(SEEN.findall(read(client, address)))
        if found:
            shown[address] = found
    return shown, pages


def test_no_page_shows_the_inspector_what_was_planted(planted_school, worker_app):
    client = browser_of(worker_app, planted_school, "inspector")
    others = [
        address
        for endpoint, address in every_address(worker_app, planted_school)
        if endpoint.partition(".")[0] not in REGISTERS
    ]
    shown, pages = leaks(planted_school, client, [*others, "/search?q=村"])
    assert shown == {}
    assert pages > 300
    # The clerk reads it all.
    clerk = browser_of(worker_app, planted_school, "clerk")
    talk = planted_school.ids["talk", "alice"]
    assert len(set(SEEN.findall(read(clerk, f"/r/talk/{talk}")))) > 5


def test_no_search_finds_the_inspector_what_was_planted(planted_school, worker_app):
    client = browser_of(worker_app, planted_school, "inspector")
    told = {}
    for term in ("田禾", "禾", "欧阳石蕊", "石蕊", "单明", "81200", "0120506", "金阳", "3组12"):
        for slug, register in REGISTERS.items():
            if register.sealed or register.parent or not matrix.reads("inspector", slug):
                continue
            found = listed(planted_school.world.inspector, register, ListRequest(search=term))
            if found.total:
                told.setdefault(term, []).append(slug)
        page = read(client, f"/search?q={term}")
        if "没有找到" not in page:
            told.setdefault(term, []).append("search")
    assert told == {}


def test_books_for_the_inspector_hold_nothing_of_it(planted_school):
    reader, shown = planted_school.world.inspector, {}
    for slug, register in REGISTERS.items():
        if register.sealed or register.parent or not matrix.reads("inspector", slug):
            continue
        layout = layout_of(reader, register)
        records = list(rows(reader, register))
        for row in cells_of(reader, register, layout, lambda records=records: [records]):
            found = set(SEEN.findall("\n".join(row)))
            if found:
                shown.setdefault(slug, set()).update(found)
    assert shown == {}


def test_a_name_that_was_given_up_stays_masked_everywhere(planted_school, worker_app):
    children = find("child")
    child = every_row(children).where(children.model.id == planted_school.world.child_d).get()
    born, sex = birth_of_id(child.id_number), dict(codes.SEX)[sex_of_id(child.id_number)]
    raw = {"name": "石晓禾", "born_on": born, "sex": sex}
    service.update(planted_school.world.clerk, children, child.id, raw, child.version)
    client = browser_of(worker_app, planted_school, "inspector")
    shown, _pages = leaks(planted_school, client)
    assert shown == {}
    refresh_search_texts()
    assert "没有找到" in read(client, "/search?q=田禾")
    assert "没有找到" in read(client, "/search?q=石晓禾")


def test_the_package_for_an_inspection_holds_nothing_of_it(planted_school, tmp_path):
    target, shown = tmp_path / "package.zip", {}
    build(planted_school.folder, target, declared=declared())
    with zipfile.ZipFile(target) as package:
        for name in package.namelist():
            data = package.read(name)
            if name.endswith(".pdf"):
                text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
            elif name.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(data)) as book:
                    text = "".join(book.read(part).decode() for part in book.namelist())
            else:
                text = data.decode("utf-8", "replace")
            found = set(SEEN.findall(f"{name}\n{text}"))
            if found:
                shown[name] = found
        assert len(package.namelist()) > 8
    assert shown == {}
