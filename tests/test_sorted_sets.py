"""按班分好打印: a document for every child in stacks by class, and how many pages each has."""

from __future__ import annotations

import io
import zipfile

import pytest
from pypdf import PdfReader

from admin.work import worker
from compliance.ordered.papers import DOCUMENTS
from exports.documents import sets
from models.core import calendar, jobs, service
from models.core.audit import AccessLog
from models.core.errors import NotFound
from models.core.gates import row
from models.core.register import REGISTERS, find
from models.core.whose import about


@pytest.fixture
def made(client_as, data_dir, clock):
    """Ask for a set as somebody, let the worker do it; returns the job."""

    def asked(person="clerk", url="/documents/contact-card/pdf?sets=sheets"):
        answer = client_as(person).get(url)
        assert answer.status_code == 302, answer.text
        worker.run_waiting(data_dir, clock)
        job = jobs.newest("print")
        assert job.state == jobs.DONE, job.message
        return job

    return asked


def fetched(client_as, job, person="clerk"):
    answer = client_as(person).get(f"/documents/prints/{job.id}/file")
    assert answer.status_code == 200
    return answer


def texts(data):
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def stacks(world, name="clerk", code="contact-card"):
    actor = world.actors[name]
    semester = calendar.current_span(actor.today)
    return sets.stacks(actor, DOCUMENTS[code], semester)


def test_a_set_is_sorted_by_class_then_child_with_a_sheet_between(client_as, world, made):
    job = made()
    told = job.found["stacks"]
    names = [stack.name for stack in stacks(world)]
    assert [one["name"] for one in told] == names
    assert names[0] == "七（1）班"
    assert len(names) > 1
    pages = texts(fetched(client_as, job).data)
    assert len(pages) == sum(one["pages"] + 1 for one in told)
    at = 0
    for one in told:
        face = pages[at]
        assert one["name"] in face
        assert f"学生 {one['children']} 人" in face
        assert f"共 {one['pages']} 页" in face
        at += one["pages"] + 1
    page = client_as("clerk").get(f"/documents/prints/{job.id}").text
    assert "每班一叠" in page
    assert f"{sum(one['pages'] for one in told)} 页" in page


def test_children_of_a_class_stand_in_order_of_names(world):
    for stack in stacks(world):
        keys = [row(world.clerk, find("child"), one).pinyin_key for one in stack.children]
        assert keys == sorted(keys)
        assert [record.id for record in stack.records] == list(stack.children)


def test_a_file_per_class_is_named_by_what_is_in_it(client_as, made):
    job = made(url="/documents/contact-card/pdf?sets=files")
    sent = fetched(client_as, job)
    assert sent.mimetype == "application/zip"
    assert sent.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(sent.data)) as archive:
        for name, one in zip(archive.namelist(), job.found["stacks"], strict=True):
            assert f"{one['name']}-联系卡-{one['children']}人{one['pages']}页" in name
            pages = texts(archive.read(name))
            assert len(pages) == one["pages"]
            assert "下载" in pages[0]


def test_on_both_sides_each_stack_begins_on_a_front_side(client_as, made):
    job = made(url="/documents/child-sheet/pdf?sets=sheets&sides=duplex")
    pages = texts(fetched(client_as, job).data)
    faces = [at for at, text in enumerate(pages) if "班主任签收" in text]
    assert len(faces) == len(job.found["stacks"])
    assert all(at % 2 == 0 for at in faces)
    assert all("班主任签收" not in pages[at + 2] for at in faces)


def test_a_set_holds_whom_its_owner_sees_and_nobody_else(client_as, world, made):
    mine = {child for stack in stacks(world, "alice") for child in stack.children}
    assert world.child_b not in mine
    job = made("alice")
    text = "\n".join(texts(fetched(client_as, job, "alice").data))
    assert "张小雨" in text
    assert "曾思源" not in text
    for person in ("bob", "clerk", "inspector"):
        url = f"/documents/prints/{job.id}/file"
        assert client_as(person).get(url).status_code in (403, 404)


def test_the_inspector_gets_no_set_and_is_offered_none(client_as):
    url = "/documents/contact-card/pdf?sets=sheets"
    assert client_as("inspector").get(url).status_code == 403
    for code in DOCUMENTS:
        page = client_as("inspector").get(f"/documents/{code}")
        assert "sets=" not in page.text, code


def test_what_is_no_childs_cannot_be_sorted(client_as, world):
    semester = calendar.current_span(world.clerk.today)
    for code in ("meeting-minutes", "asset-labels", "register-book"):
        document = DOCUMENTS.get(code)
        if document is not None:
            with pytest.raises(NotFound):
                sets.stacks(world.clerk, document, semester)
    assert client_as("clerk").get("/documents/asset-labels/pdf?sets=sheets").status_code == 404
    assert "sets=" not in client_as("clerk").get("/documents/asset-labels").text


@pytest.mark.parametrize("code", sorted(DOCUMENTS))
def test_every_document_of_a_child_is_offered_sorted(client_as, world, code):
    """Found by the declaration; a register whose children are sealed has none."""
    document = DOCUMENTS[code]
    register = find(document.about) if document.about not in ("", "*") else None
    of_child = register is not None and not register.sealed and about(register) != ""
    assert (sets.sortable(document) is not None) is bool(of_child and document.maker)
    if sets.sortable(document) is None:
        return
    page = client_as("clerk").get(f"/documents/{code}").text
    if "可以制作的记录" not in page:
        assert f"/documents/{code}/pdf?semester=" in page


def test_a_record_taken_away_takes_the_print_with_it(client_as, world, made):
    job = made(url="/documents/talk-record/pdf?sets=sheets")
    assert job.found["register"] == "talk"
    service.delete(world.clerk, REGISTERS["talk"], world.talk_a)
    assert client_as("clerk").get(f"/documents/prints/{job.id}/file").status_code == 404


def test_a_set_stands_in_the_access_log_under_each_record(client_as, world, made):
    made()
    noted = AccessLog.select().where(AccessLog.action == "print", AccessLog.register == "child")
    children = {child for stack in stacks(world) for child in stack.children}
    assert {entry.record_id for entry in noted} == children


def test_one_class_alone(client_as, world, made):
    job = made(url=f"/documents/contact-card/pdf?sets=files&class={world.class_1}")
    assert [one["name"] for one in job.found["stacks"]] == ["七（1）班"]
