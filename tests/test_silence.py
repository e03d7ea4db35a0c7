"""Silence and telling: nobody learns from a refusal what lies outside the own rows.

A business key that is taken by a record one may not read is told as "ask the clerk" and nothing
more; whoever may read it, the clerk above all, is told which one it is. What lies outside the own
rows and what is not there at all are answered alike.
"""

from __future__ import annotations

import re

import pytest

from models.core import service, validation
from models.core.actor import SYSTEM
from models.core.bulk import Drafts
from models.core.database import database
from models.core.errors import Invalid, RecordsError
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, find
from tests import matrix
from tests.matrix_school import MARKER
from tests.test_masked_everywhere import school
from tests.test_panel_writing import form_of

__all__ = ["school"]

HIDDEN = "这项内容与已有记录重复，请联系文员核对"
HANDS = ("alice", "bob", "nobody")
WRITERS = ("clerk", "leadership", "alice", "bob", "charlie", "counsellor")
UNKNOWN = 2_000_000


def told_of(register, key):
    labels = "、".join(register.fields[name].label for name in key)
    return f"已有{labels}相同的{register.title}，请修改那一条"


def record_of(made, slug, owner):
    model = REGISTERS[slug].model
    return (
        rows(SYSTEM, REGISTERS[slug], deleted=None).where(model.id == made.ids[slug, owner]).get()
    )


def keys_of(made):
    """Every business key with a record that holds it: (register, key, owner, the record)."""
    for slug, register in REGISTERS.items():
        for key in register.key:
            for owner in HANDS:
                if (slug, owner) in made.ids:
                    record = record_of(made, slug, owner)
                    if all(record.__data__.get(name) not in (None, "") for name in key):
                        yield register, key, owner, record


def twin_of(register, key, record):
    """Another record with the same key and nothing else alike."""
    return register.model(**{name: record.__data__[name] for name in key})


def refusal(actor, register, record):
    with pytest.raises(Invalid) as met:
        validation.check_unique(actor, register, record)
    return met.value.errors


@pytest.mark.parametrize("person", WRITERS)
def test_a_taken_key_is_told_to_who_may_read_its_record_and_hushed_to_who_may_not(school, person):
    actor, seen, told = school.world.actors[person], 0, set()
    for register, key, owner, record in keys_of(school):
        may_know = matrix.sees(person, register.slug, owner)
        meant = told_of(register, key) if may_know else HIDDEN
        assert refusal(actor, register, twin_of(register, key, record)) == {key[-1]: meant}, (
            register.slug,
            key,
            owner,
        )
        seen += 1
        told.add(may_know)
    assert seen > 20
    assert told == ({True} if person in ("clerk", "leadership") else {True, False})


def test_an_edit_and_a_record_of_its_own_are_asked_alike(school):
    """The record itself is no twin of its own; another one's key is, on edit as on entry."""
    alice, asked = school.world.alice, 0
    for register, key, owner, record in keys_of(school):
        if (register.slug, "alice") not in school.ids or owner == "alice":
            continue
        mine = record_of(school, register.slug, "alice")
        validation.check_unique(alice, register, mine)
        for name in key:
            mine.__data__[name] = record.__data__[name]
        may_know = matrix.sees("alice", register.slug, owner)
        meant = told_of(register, key) if may_know else HIDDEN
        assert refusal(alice, register, mine) == {key[-1]: meant}, (register.slug, owner)
        asked += 1
    assert asked > 20


def test_bulk_work_is_as_silent_as_a_form_and_tells_the_clerk_which(school):
    """The same child's identity number, looked up for many rows at once."""
    child = record_of(school, "child", "bob")
    raw = {"name": "田小禾", "sex": "男", "born_on": "2012-12-12", "identified_on": "2025-09-05"}
    raw |= {"no_id_reason": "户口正在办理", "school_number": child.school_number}
    for person, meant in (("clerk", told_of(find("child"), ("school_number",))), ("alice", HIDDEN)):
        drafts = Drafts(school.world.actors[person])
        drafts.known.keys["child", ("school_number",)] = {(child.school_number,): child.id}
        with pytest.raises(Invalid) as met:
            validation.check_unique(
                drafts.actor, find("child"), find("child").model(**raw), drafts.known
            )
        assert met.value.errors == {"school_number": meant}, person


@pytest.fixture
def numbered(world):
    """Child B, whom Alice may not read, has a school number."""
    children = find("child")
    child = every_row(children).where(children.model.id == world.child_b).get()
    number = "G52062420120815003X"
    raw = {"school_number": number}
    return service.update(world.clerk, children, child.id, raw, child.version).school_number


def test_the_page_of_a_teacher_hushes_a_hidden_child_with_the_same_number(
    client_as, world, numbered
):
    alice, clerk = client_as("alice"), client_as("clerk")
    raw = {"name": "田小禾", "sex": "男", "born_on": "2012-12-12", "identified_on": "2025-09-05"}
    raw |= {"no_id_reason": "户口正在办理", "school_number": numbered}
    new = form_of(alice.get("/r/child/new").text, **raw)
    answer = alice.post("/r/child/new", data=new)
    assert answer.status_code == 422
    assert HIDDEN in answer.text
    edit = f"/r/child/{world.child_a}/edit"
    changed = form_of(clerk.get(edit).text, school_number=numbered)
    for word in ("曾思源", f"/r/child/{world.child_b}", "七（2）班", "已有学籍号"):
        assert word not in answer.text, word
    told = clerk.post(edit, data=changed)
    assert told.status_code == 422
    assert told_of(find("child"), ("school_number",)) in told.text
    new = form_of(clerk.get("/r/child/new").text, **raw)
    assert told_of(find("child"), ("school_number",)) in clerk.post("/r/child/new", data=new).text


@pytest.mark.parametrize("person", ["alice", "bob", "charlie", "counsellor"])
def test_whoever_writes_down_again_what_is_hidden_learns_nothing_of_it(school, person):
    """Every register: the very words of a hidden record, sent in as one's own."""
    actor, tried = school.world.actors[person], 0
    for (slug, owner), number in school.ids.items():
        register = REGISTERS[slug]
        hidden = owner in HANDS and not matrix.sees(person, slug, owner)
        if not hidden or register.parent or not matrix.writes(person, slug):
            continue
        record = record_of(school, slug, owner)
        raw = {name: record.__data__.get(name) for name in register.fields}
        # With a child of one's own the question gets as far as the rules and the keys.
        own = {"child": school.world.child_c} if person == "alice" else {}
        for said in (raw, raw | {name: own[name] for name in own if name in raw}):
            tried += 1
            texts = refused(actor, register, said)
            for text in texts:
                assert not MARKER.findall(text), (slug, owner, text)
                assert str(number) not in re.findall(r"\d+", text), (slug, owner, text)
                assert text == HIDDEN or "已有" not in text, (slug, owner, text)
    assert tried > 10


def refused(actor, register, raw):
    """The sentences a refused record is answered with; nothing is kept of one that was taken."""
    with database.atomic() as step:
        try:
            service.create(actor, register, raw)
            texts = []
        except Invalid as error:
            texts = list(error.errors.values())
        except RecordsError as error:
            texts = [str(error)]
        step.rollback()
    return texts


@pytest.mark.parametrize("person", ["alice", "charlie", "counsellor"])
def test_a_link_to_what_is_hidden_is_answered_like_one_to_nothing(school, person):
    """Every register and link: the message for a hidden record is the one for an unknown number."""
    actor, compared = school.world.actors[person], 0
    for slug, register in REGISTERS.items():
        if register.parent or register.sealed or not matrix.writes(person, slug):
            continue
        for spec in register.links:
            target = next(one for one in REGISTERS.values() if one.model is spec.target)
            for owner in HANDS:
                number = school.ids.get((target.slug, owner))
                if number is None or validation.may_link(actor, register, spec, number):
                    continue
                assert not matrix.sees(person, target.slug, owner), (slug, spec.name, owner)
                compared += 1
                said = {spec.name: number}, {spec.name: UNKNOWN}
                there, nowhere = (refused_links(actor, register, one) for one in said)
                assert there == nowhere, (slug, spec.name)
                assert spec.name in there, (slug, spec.name)
    assert compared > 10


def refused_links(actor, register, raw):
    with database.atomic() as step:
        try:
            service.create(actor, register, raw)
            found = {}
        except Invalid as error:
            found = error.errors
        step.rollback()
    return found


# ---- addresses ----------------------------------------------------------------------------------

# A register whose rows go by the child, the act, the class and the staff; with photos and without.
ASKED = ("child", "talk", "home-visit", "group-session", "notice", "photo", "attendee")
AT = (
    ("GET", "/r/{slug}/{id}"),
    ("GET", "/r/{slug}/{id}/history"),
    ("GET", "/r/{slug}/{id}/edit"),
    ("POST", "/r/{slug}/{id}/edit"),
    ("GET", "/r/{slug}/{id}/delete"),
    ("POST", "/r/{slug}/{id}/delete"),
    ("POST", "/r/{slug}/{id}/restore"),
    ("POST", "/r/{slug}/{id}/correct"),
    ("GET", "/photos/of/{slug}/{id}"),
    ("POST", "/photos/of/{slug}/{id}"),
)
PHOTO_AT = (
    ("GET", "/photos/{id}"),
    ("GET", "/photos/{id}/thumb.jpg"),
    ("GET", "/photos/{id}/display.jpg"),
    ("GET", "/photos/{id}/original"),
    ("POST", "/photos/{id}"),
    ("POST", "/photos/{id}/delete"),
)


@pytest.mark.parametrize("person", ["alice", "charlie"])
def test_an_address_of_what_is_hidden_answers_like_one_of_nothing(school, worker_app, person):
    from tests.test_matrix import browser_of

    client, wrong, asked = browser_of(worker_app, school, person), [], 0
    for slug in ASKED:
        owner = "bob"
        if (slug, owner) not in school.ids or matrix.sees(person, slug, owner):
            continue
        for method, at in (*AT, *(PHOTO_AT if slug == "photo" else ())):
            answers = []
            for number in (school.ids[slug, owner], UNKNOWN):
                send = client.post if method == "POST" else client.get
                data = {"version": "1", "text": "更正"} if method == "POST" else {}
                answer = send(at.format(slug=slug, id=number), data=data)
                answers.append((answer.status_code, _said(answer.get_data(as_text=True))))
                answer.close()
            asked += 1
            if answers[0] != answers[1]:
                wrong.append(f"{person} {method} {at} {slug}: {answers[0][0]} {answers[1][0]}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert asked >= 40


def _said(page):
    """The words of a page's own part, without the frame around it."""
    own = page[page.find("<main") : page.find("</main>")]
    return re.sub(r"<[^>]*>|\s+", " ", own) or page
