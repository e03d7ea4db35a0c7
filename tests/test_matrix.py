"""Every register × person × endpoint × own and others' records, generated from the declarations."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections import Counter

import pytest

from admin.frame import security
from admin.registers.endpoints import ENDPOINTS
from models.core import calendar
from models.core.actor import SYSTEM
from models.core.audit import AuditEntry
from models.core.database import connected, database, open_database
from models.core.gates import rows
from models.core.register import REGISTERS
from models.school import accounts
from tests import matrix, postgres
from tests.conftest import Browser
from tests.matrix_school import MARKER
from tests.world import NOON, StandingClock

LET_IN = {200, 302, 303, 409, 422}
KEPT_OUT = {403, 404}


@pytest.fixture
def school(planted, worker_app):
    """The marked school inside a transaction that is rolled back, and the app on it."""
    running = worker_app.extensions["runtime"]
    running.data_dir, running.clock = planted.folder, StandingClock()
    running.tls = running.demo = False
    worker_app.extensions["set_up"] = True
    security.limiter.reset()
    open_database(planted.folder, postgres.url_of(planted.folder))
    calendar.forget()
    with connected(), database.atomic() as transaction:
        yield planted
        transaction.rollback()
    calendar.forget()


def browser_of(app, made, person):
    client = Browser(app)
    if person != "nobody":
        user_id = made.world.actors[person].user_id
        token = accounts.open_session(user_id, NOON, "127.0.0.1", "matrix")
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = token, True
    return client


def stored(slug):
    """Every row of a register as it stands, and how long the chain of changes is."""
    query = rows(SYSTEM, REGISTERS[slug], deleted=None).order_by(REGISTERS[slug].model.id)
    return list(query.dicts()), AuditEntry.select().count()


def text_of(answer, case):
    """What a reader can take from an answer: text, the texts inside a workbook, or of a PDF."""
    if answer.mimetype.endswith("spreadsheetml.sheet"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    if answer.is_json:
        return json.dumps(answer.get_json(), ensure_ascii=False)
    if answer.mimetype == "application/pdf":
        if not case.reads_pdf:
            return ""
        said = subprocess.run(["pdftotext", "-", "-"], input=answer.data, capture_output=True)
        return said.stdout.decode().replace("\n", "")
    return answer.data.decode("utf-8", "replace")


def listed(body, slug):
    """The ids of the register's records a page leads to, or a picker offers."""
    offered = re.findall(r'"id":\s*(\d+)', body) if body.lstrip().startswith("{") else []
    return {int(one) for one in [*offered, *re.findall(rf'href="/r/{slug}/(\d+)"', body)]}


class Group:
    """The cases of one register and person, run against one browser."""

    def __init__(self, app, made, slug, person):
        self.made, self.slug, self.person = made, slug, person
        self.browser = browser_of(app, made, person)
        self.allowed = matrix.allowed(made, person)
        self.wrong = []

    def run(self, case):
        send = self.browser.post if case.method == "POST" else self.browser.get
        # A refusal is one sentence; the frame a browser gets around it, which costs twice as much
        # as all the rest, is that of every page let in.
        alone = not case.let_in and self.person != "nobody"
        headers = {"Accept": "application/json"} if alone else {}
        answer = send(case.address, data=case.data or None, headers=headers)
        body = text_of(answer, case)
        answer.close()
        where = f"{case.method} {case.address} → {answer.status_code}"
        if self.person == "nobody":
            if answer.status_code != 303 or "/sign-in" not in answer.location:
                self.wrong.append(f"{where}: a stranger came in")
        elif matrix.sent_away(self.person, self.slug):
            if answer.status_code not in KEPT_OUT and "/sealed" not in (answer.location or ""):
                self.wrong.append(f"{where}: a sealed register opens outside its own pages")
        elif answer.status_code not in (LET_IN if case.let_in else KEPT_OUT):
            self.wrong.append(f"{where}: should be {'let in' if case.let_in else 'kept out'}")
        # Copies of photos alone may be kept, by whoever may see them (tests/test_photo_addresses).
        kept = answer.mimetype == "image/jpeg"
        if not kept and "no-store" not in answer.headers.get("Cache-Control", ""):
            self.wrong.append(f"{where}: a browser may keep it")
        self._leaks(case, body, where)
        if case.lists and answer.status_code == 200:
            self._rows(case, body, where)

    def _leaks(self, case, body, where):
        known = set(self.allowed)
        if case.names:
            known |= set(matrix.labels(self.made, self.person, case.names))
        met = {text for text in MARKER.findall(body) if text in self.made.markers}
        # What was typed stands in the page that answers it.
        met -= {text for text in met if text in case.address}
        for text in sorted(met - known):
            found = self.made.markers[text]
            self.wrong.append(f"{where}: shows {found.slug}.{found.name} of {found.owner} ({text})")

    def _rows(self, case, body, where):
        ids = listed(body, self.slug)
        for owner in self.made.owners(self.slug):
            number = self.made.ids[self.slug, owner]
            if number in ids and not matrix.sees(self.person, self.slug, owner):
                self.wrong.append(f"{where}: lists the record of {owner}")
            if number not in ids and owner in case.finds:
                self.wrong.append(f"{where}: does not find the record of {owner}")
        marker = next(iter(MARKER.findall(case.address)), "")
        said = self.made.markers.get(marker)
        masked = said is not None and not matrix.readable(self.person, said)
        searched = masked and case.endpoint.startswith("search")
        if searched and self.made.ids[said.slug, said.owner] in ids:
            self.wrong.append(f"{where}: is found by {said.slug}.{said.name}, which is masked")


@pytest.mark.parametrize(
    ("slug", "person"), [(slug, p) for slug in REGISTERS for p in matrix.asked_about(slug)]
)
def test_the_person_gets_at_the_register_as_far_as_the_declaration_says(
    school, worker_app, record_property, slug, person
):
    group = Group(worker_app, school, slug, person)
    todo = matrix.cases(school, slug, person)
    record_property("matrix", (slug, len(todo)))
    before = stored(slug)
    refused = [case for case in todo if case.method == "GET" or not case.let_in]
    for case in refused:
        group.run(case)
    if stored(slug) != before:
        group.wrong.append("something changed although every case was refused or only read")
    for case in todo:
        if case.method == "POST" and case.let_in:
            group.run(case)
    assert not group.wrong, "\n" + "\n".join(group.wrong[:25])


def test_every_declared_endpoint_has_cases(planted):
    reached = {c.endpoint for slug in REGISTERS for c in matrix.cases(planted, slug, "clerk")}
    reached |= {c.endpoint for slug in REGISTERS for c in matrix.cases(planted, slug, "alice")}
    assert {endpoint.name for endpoint in ENDPOINTS} <= reached
    assert reached >= matrix.REACHED


def test_every_address_that_names_a_register_or_record_has_cases(worker_app):
    from tests.test_matrix_pages import PAGES

    named = {e.name for e in ENDPOINTS}
    missing = []
    for rule in worker_app.url_map.iter_rules():
        place, _, name = rule.endpoint.rpartition(".")
        if (place in REGISTERS and name in named) or rule.endpoint in matrix.REACHED:
            continue
        if rule.endpoint not in PAGES and rule.endpoint not in security.STATIC:
            missing.append(f"{rule.endpoint} {rule.rule}")
    assert not missing, f"{missing}: neither in tests/matrix.py nor in tests/test_matrix_pages.py"


def test_no_register_has_fewer_cases_than_its_endpoints_and_people_ask(planted):
    counted = Counter(
        {
            slug: sum(len(matrix.cases(planted, slug, p)) for p in matrix.PEOPLE)
            for slug in REGISTERS
        }
    )
    assert min(counted.values()) >= len(matrix.PEOPLE) * 12
