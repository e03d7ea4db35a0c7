"""What stands before every page: methods, hosts, numbers too large; files nobody else reads."""

from __future__ import annotations

import stat
import sys

import pytest
from peewee import DateField, DateTimeField

from admin.frame import private
from admin.frame.requests import is_own_name
from admin.frame.settings import from_environment
from app import create_app
from models.core import service
from models.core.errors import Conflict, Denied
from models.core.register import REGISTERS, find
from models.core.rights import VERBS, may
from tests.test_security import routes
from tests.world import NOON

TOO_LARGE = str(2**63)


# ---- methods and numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["clerk", "alice", "inspector"])
def test_head_answers_as_get_does_on_every_route_and_without_a_body(app, client_as, role):
    browser, seen = client_as(role), 0
    for endpoint, address in routes(app, "GET"):
        if endpoint == "sessions.sign_out" or "book" in endpoint or "export" in endpoint:
            continue
        shown, head = browser.get(address), browser.head(address)
        assert head.status_code == shown.status_code, address
        assert head.location == shown.location, address
        assert head.data == b"", address
        seen += 1
        if seen == 60:
            break


def test_head_on_the_sign_in_page_is_no_sign_in(browser, world):
    assert browser.head("/sign-in").status_code == 200


def test_a_number_no_database_holds_is_no_address(app, client_as):
    browser, seen = client_as("clerk"), 0
    for rule in app.url_map.iter_rules():
        parts = rule._converters.items()
        numbers = [name for name, part in parts if part.regex == r"\d+"]
        if not numbers:
            continue
        values = {name: min(getattr(part, "items", {"1"})) for name, part in parts}
        address = rule.rule
        for name in values:
            start, end = address.index("<"), address.index(">") + 1
            said = TOO_LARGE if name in numbers else values[name]
            address = address[:start] + said + address[end:]
        method = "GET" if "GET" in rule.methods else "POST"
        assert browser.open(
            address, method=method, headers={"X-CSRFToken": browser.token()}
        ).status_code in (400, 404), address
        seen += 1
    assert seen > 20


# ---- hosts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "8.8.8.8", "0.0.0.0"])
def test_a_name_that_is_not_this_machines_is_refused(browser, world, host):
    answer = browser.get("/sign-in", base_url=f"http://{host}")
    assert answer.status_code == 400
    assert "SCHOOL_HOSTS" in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "LOCALHOST"])
def test_the_machines_own_names_and_addresses_are_answered(browser, world, host):
    assert browser.get("/sign-in", base_url=f"http://{host}").status_code == 200


def test_the_school_names_further_hosts(monkeypatch):
    monkeypatch.setenv("SCHOOL_HOSTS", "Records.School.example, other.example")
    hosts = from_environment().hosts
    assert hosts == ("records.school.example", "other.example")
    assert is_own_name("records.school.example", hosts)
    assert not is_own_name("school.example", hosts)


# ---- filters, versions, deletion ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["no_such_field", "id_number"])
def test_a_filter_that_is_not_used_is_said(client_as, name):
    page = client_as("inspector").get("/r/child/", query_string={f"f.{name}": "x"}).text
    assert "未使用：这里不能按这一项筛选" in page


@pytest.mark.parametrize("raw", [" ", "\u3000", "\t"])
def test_a_filter_of_blanks_is_no_error_on_any_register(client_as, raw):
    clerk, tried = client_as("clerk"), 0
    for slug, register in REGISTERS.items():
        dated = [
            spec.name
            for spec in register.fields.values()
            if spec.filter and isinstance(spec.field, (DateField, DateTimeField))
        ]
        for name in dated[:1]:
            tried += 1
            answer = clerk.get(f"/r/{slug}/", query_string={f"f.{name}.from": raw})
            assert answer.status_code == 200, slug
    assert tried > 40


def test_a_form_posted_without_a_version_changes_nothing(client_as, world):
    talk = find("talk").model
    record = service.row(world.clerk, find("talk"), world.ids["talk_a"])
    answer = client_as("clerk").post(f"/r/talk/{record.id}/edit", data={"topic": "换了题目"})
    assert answer.status_code == 409
    after = service.row(world.clerk, find("talk"), record.id)
    assert (after.topic, after.version) == (record.topic, record.version)
    assert talk


def test_a_line_changed_without_its_version_is_refused(world):
    visit = service.row(world.clerk, find("home-visit"), world.ids["visit_a"])
    visitors = find("home-visitor")
    line = service.rows(world.clerk, visitors).where(visitors.model.visit == visit.id).get()
    changed = service.LineInput({"staff": world.staff_bob}, id=line.id)
    with pytest.raises(Conflict):
        service.update(
            world.clerk,
            find("home-visit"),
            visit.id,
            {},
            visit.version,
            {"home-visitor": [changed]},
        )


@pytest.mark.parametrize("slug", [s for s, r in REGISTERS.items() if r.permanent])
def test_what_is_permanent_is_deleted_by_nobody_not_even_the_product(world, slug):
    from models.core.actor import system

    for actor in (*world.actors.values(), system(NOON)):
        assert not may(actor, "delete", find(slug))
    with pytest.raises(Denied):
        service.delete(system(NOON), find(slug), 1)


def test_disclosures_are_permanent_in_every_verb_that_takes_away():
    assert find("disclosure").permanent
    assert "delete" in VERBS


# ---- files --------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are others on Windows")
def test_the_data_folder_and_all_in_it_are_the_owners_alone(tmp_path):
    folder = tmp_path / "data"
    create_app(folder, testing=True)
    (folder / "files").mkdir(exist_ok=True)
    (folder / "files" / "old.jpg").write_bytes(b"x")
    (folder / "files" / "old.jpg").chmod(0o644)
    folder.chmod(0o755)
    create_app(folder, testing=True)
    (folder / "new.zip").write_bytes(b"x")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert len(modes) > 4
    for path, mode in modes.items():
        assert mode == (private.FOLDER if path.is_dir() else private.FILE), path
