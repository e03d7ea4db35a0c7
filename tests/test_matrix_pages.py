"""Every page that is no register's own: who is let in, and that nobody reads what is not theirs."""

from __future__ import annotations

import pytest

from models.core.database import database
from models.core.register import REGISTERS
from tests import matrix
from tests.matrix_school import MARKER
from tests.test_matrix import KEPT_OUT, LET_IN, browser_of, school, stored

__all__ = ["school"]

EVERYBODY = tuple(person for person in matrix.PEOPLE if person != "nobody")
CLERK, OFFICE = ("clerk",), ("clerk", "leadership")
LEADERSHIP, COUNSELLOR, NOBODY = ("leadership",), ("counsellor",), ()
SEALED = ("clerk", "leadership", "counsellor")

# endpoint → who is let in. An address with a number, a code or a token in it is asked for one that
# does not exist unless ADDRESS says otherwise; "not found" then counts as kept out.
PAGES = {
    "boards.classes": EVERYBODY,
    "draws.index": (*OFFICE, "inspector"),
    "draws.begin": (*OFFICE, "inspector"),
    "draws.show": NOBODY,
    "draws.listed": NOBODY,
    "boards.teachers": EVERYBODY,
    "boards.teacher": (*OFFICE, "bob", "inspector"),
    "home": EVERYBODY,
    "health": matrix.PEOPLE,
    "host.index": OFFICE,
    "admin.index": EVERYBODY,
    "setup.begin": matrix.PEOPLE,  # once set up it leads away
    "sessions.sign_in": matrix.PEOPLE,
    "sessions.sign_out": EVERYBODY,
    "sessions.account": EVERYBODY,
    "sessions.sign_out_everywhere": EVERYBODY,
    "sessions.hat": NOBODY,
    "sessions.mail": tuple(one for one in EVERYBODY if one != "inspector"),
    "search.suggest": EVERYBODY,
    "sessions.password": EVERYBODY,
    "accounts.index": CLERK,
    "many_accounts.index": CLERK,
    "connect.index": CLERK,
    "connect.printed": CLERK,
    "many_accounts.make": CLERK,
    "many_accounts.take_back": CLERK,
    "accounts.new": CLERK,
    "accounts.show": CLERK,
    "accounts.reset": CLERK,
    "accounts.disable": CLERK,
    "accounts.sign_out": CLERK,
    "accounts.unmasks": CLERK,
    "accounts.mask_again": NOBODY,
    "photos.upload": EVERYBODY,
    "outbox.ticket": EVERYBODY,
    "boards.index": EVERYBODY,
    "boards.today": EVERYBODY,
    "boards.missed": EVERYBODY,
    "notices.index": EVERYBODY,
    "notices.read": NOBODY,
    "class_work.index": ("clerk", "alice", "bob", "charlie", "counsellor"),
    "class_work.do": NOBODY,
    "class_work.take_back": NOBODY,
    "boards.along": (*OFFICE, "alice", "bob", "charlie", "counsellor"),
    "boards.inbox": LEADERSHIP,
    "boards.duty": EVERYBODY,
    "boards.burden": EVERYBODY,
    "boards.burden_of": (*OFFICE, "inspector", "bob"),
    "boards.subject": (*OFFICE, "inspector", "bob"),
    "bundles.index": (*OFFICE, "inspector"),
    "bundles.build": OFFICE,
    "bundles.ask_full": OFFICE,
    "bundles.approve": LEADERSHIP,
    "bundles.refuse": LEADERSHIP,
    "bundles.release": OFFICE,
    "bundles.withdraw": OFFICE,
    "bundles.download": OFFICE,
    "bundles.files": OFFICE,
    # No package of the school rests on a paper from outside.
    "bundles.scan": NOBODY,
    "jobs.progress": NOBODY,
    "jobs.cancel": NOBODY,
    "duty.calls": (*CLERK, "alice", "bob", "charlie", "counsellor"),
    "duty.begin": (*CLERK, "alice", "bob", "charlie", "counsellor"),
    "duty.finish": NOBODY,
    "duty.give_up": NOBODY,
    "duty.home": (*CLERK, "alice", "bob", "charlie", "counsellor"),
    "duty.open_home": (*CLERK, "alice", "bob", "charlie", "counsellor"),
    "duty.close_home": NOBODY,
    "duty.take_back": NOBODY,
    "first_day.roster": CLERK,
    "weekly.sheet": CLERK,
    "weekly.done": NOBODY,
    "weekly.undo": NOBODY,
    "imports.index": CLERK,
    "imports.preview": NOBODY,
    "imports.answers": NOBODY,
    "imports.commit": NOBODY,
    "imports.work": NOBODY,
    "imports.done": NOBODY,
    "imports.returned": NOBODY,
    "imports.give_up": NOBODY,
    "imports.undo_batch": NOBODY,
    "documents.index": EVERYBODY,
    "documents.show": EVERYBODY,
    "documents.sign": LEADERSHIP,
    "documents.draft": ("clerk", "alice", "bob", "charlie", "counsellor"),  # who writes summaries
    "documents.made": NOBODY,
    "documents.fetch": NOBODY,
    "documents.pdf": tuple(person for person in EVERYBODY if person != "inspector"),
    "regulations.index": EVERYBODY,
    "regulations.system": EVERYBODY,
    "regulations.adopted": EVERYBODY,
    "regulations.decide": OFFICE,
    "regulations.numbers": EVERYBODY,
    "regulations.set_number": OFFICE,
    "inspection.index": EVERYBODY,
    "boards.desk": CLERK,
    "visit.index": ("inspector",),
    "masking.index": CLERK,
    "points.index": CLERK,
    "points.hand_out": NOBODY,  # of no point there is
    "points.hand_in": CLERK,
    "points.preview": NOBODY,  # a token of nobody's
    "points.take": NOBODY,
    "points.give_up": NOBODY,
    "year.index": CLERK,
    "year.roll_over": CLERK,
    "year.do_roll_over": CLERK,
    "year.semester": CLERK,
    "year.do_semester": CLERK,
    "year.note_days": CLERK,
    "year.post": CLERK,
    "year.do_post": CLERK,
    "year.stand_in": CLERK,
    "year.do_stand_in": CLERK,
    "year.leaver": CLERK,
    "year.do_leaver": CLERK,
    "merging.index": CLERK,
    "merging.choose": NOBODY,
    "merging.show": NOBODY,
    "merging.commit": NOBODY,
    "inspection.silence": NOBODY,
    "inspection.tell_again": NOBODY,
    "inspection.hardware": (*OFFICE, "inspector"),
    "inspection.target": NOBODY,
    "inspection.archive": (*OFFICE, "inspector"),
    "inspection.sheets": (*OFFICE, "inspector"),
    "inspection.start_sheet": OFFICE,
    "inspection.sheet": NOBODY,
    "inspection.print_sheet": NOBODY,
    "inspection.corrections": (*OFFICE, "inspector"),
    "inspection.finish": NOBODY,
    "inspection.verify": NOBODY,
    "incidents.index": EVERYBODY,
    "incidents.add_notice": NOBODY,
    # Without the opened seal the counsellor too is only led to where it is opened.
    "rollcall.start": tuple(person for person in EVERYBODY if person != "inspector"),
    "rollcall.done": NOBODY,
    "rollcall.undo": NOBODY,
    "review_tasks.index": tuple(person for person in EVERYBODY if person != "inspector"),
    "review_tasks.decide": NOBODY,
    "semesters.index": OFFICE,
    "semesters.show": NOBODY,
    "semesters.lacking": NOBODY,
    "semesters.close": NOBODY,
    "semesters.reopen": NOBODY,
    "evaluations.index": EVERYBODY,
    "evaluations.year": (*OFFICE, "inspector"),
    "evaluations.open_year": LEADERSHIP,
    "evaluations.freeze": NOBODY,  # of a year nobody opened
    "evaluations.show": NOBODY,
    "evaluations.decide_all": NOBODY,
    "evaluations.sign_all": NOBODY,
    "evaluations.publish": NOBODY,
    "evaluations.commend": NOBODY,
    "evaluations.leaver": NOBODY,
    "evaluations.published": tuple(person for person in EVERYBODY if person != "inspector"),
    "evaluations.summary": OFFICE,
    "evaluations.sheet": NOBODY,
    "evaluations.step": NOBODY,
    "evaluations.mine": tuple(person for person in EVERYBODY if person != "inspector"),
    "evaluations.cells": NOBODY,
    "leaders.index": OFFICE,
    "leaders.confirm": LEADERSHIP,
    "leaders.waiting": EVERYBODY,
    "leaders.open_again": (*EVERYBODY, "nobody"),
    "photos.masked": NOBODY,
    "permissions.index": OFFICE,
    "permissions.export": OFFICE,
    "sealed.index": COUNSELLOR,
    "sealed.records": COUNSELLOR,
    "sealed.detail": COUNSELLOR,
    "sealed.new": COUNSELLOR,
    "sealed.edit": COUNSELLOR,
    "sealed.delete": COUNSELLOR,
    "sealed.restore": COUNSELLOR,
    "sealed.step": COUNSELLOR,
    "sealed.pick": COUNSELLOR,
    "sealed_cases.child": COUNSELLOR,
    "sealed_cases.anonymous": COUNSELLOR,
    "sealed_keys.index": COUNSELLOR,
    "sealed_keys.act": COUNSELLOR,
    "sealed_office.index": SEALED,
    "sealed_office.read": EVERYBODY,
    "sealed_office.ask_role": OFFICE,
    "sealed_office.decide": LEADERSHIP,
    "sealed_office.scan": NOBODY,
    "sealed_office.counselling_index": (*SEALED, "inspector"),
}
# Posts that are refused for want of a password or passphrase, whoever sends them.
WANT_A_SECRET = ("sessions.sign_in", "sealed.new", "sealed.edit")


def values_of(made, endpoint, names):
    """Values for the parts of an address: Bob's pairing, Bob's account, the bundle not released."""
    place = endpoint.partition(".")[0]
    known = {
        "code": {
            "sealed_cases": "GA-77",
            "regulations": "S13",
            "documents": "statistics-table" if endpoint == "documents.sign" else "register-book",
            "evaluations": "2025-2026",
        }.get(place, "talk-weekly"),
        "subject": made.world.pairing_b,
        "user_id": made.world.ids["user_bob"],
        "bundle_id": made.ids["bundle", "nobody"],
        "slug": "counselling" if endpoint.startswith("sealed") else "talk",
        "rid": made.ids["counselling", "alice"],
        "place": "counselling.child",
        "file": "index.html",
        "volume": 1,
        "staff": made.world.staff_bob,
        "token": "0" * 32,
        "size": "thumb",
    }
    if "number" in endpoint:
        known["code"] = "talk-weekly"
    if endpoint == "documents.draft":
        known["code"] = "semester-summary"
    return {name: known.get(name, 99999) for name in names}


def addresses(app, made):
    """Every page's endpoint, method and address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
        if rule.endpoint in PAGES:
            values = values_of(made, rule.endpoint, rule.arguments)
            for method in sorted({"GET", "POST"} & rule.methods):
                yield rule.endpoint, method, rule.build(values, False)[1]


@pytest.mark.parametrize("person", matrix.PEOPLE)
def test_pages_let_in_whom_they_are_for_and_show_nothing_else(school, worker_app, person):
    allowed, wrong = matrix.allowed(school, person), []
    # Whoever picks by name, or manages accounts, reads the names of children and colleagues.
    names = set(matrix.labels(school, person, "child")) if person == "clerk" else set()
    names |= {m for m in school.markers if person == "clerk" and school.markers[m].slug == "staff"}
    client = browser_of(worker_app, school, person)
    for endpoint, method, address in addresses(worker_app, school):
        with database.atomic() as step:
            send = client.post if method == "POST" else client.get
            answer = send(address)
            let_in = person in PAGES[endpoint]
            step.rollback()
        if endpoint in ("sessions.sign_out", "sessions.sign_out_everywhere"):
            client = browser_of(worker_app, school, person)
        where = f"{method} {endpoint} {address} → {answer.status_code}"
        if person == "nobody" and not let_in:
            if answer.status_code != 303 or "/sign-in" not in answer.location:
                wrong.append(f"{where}: a stranger came in")
        elif method == "POST" and endpoint in WANT_A_SECRET:
            if answer.status_code != 403:
                wrong.append(f"{where}: should want a secret")
        elif answer.status_code not in (LET_IN if let_in else KEPT_OUT):
            wrong.append(f"{where}: should be {'let in' if let_in else 'kept out'}")
        if "no-store" not in answer.headers.get("Cache-Control", ""):
            wrong.append(f"{where}: a browser may keep it")
        met = set(MARKER.findall(answer.data.decode("utf-8", "replace")))
        answer.close()
        for text in sorted((met & set(school.markers)) - allowed - names):
            found = school.markers[text]
            wrong.append(f"{where}: shows {found.slug}.{found.name} of {found.owner}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_page_refused_to_a_person_changes_nothing(school, worker_app):
    before = {slug: stored(slug) for slug in REGISTERS}
    for person in ("charlie", "inspector"):
        client = browser_of(worker_app, school, person)
        for endpoint, method, address in addresses(worker_app, school):
            if method == "POST" and person not in PAGES[endpoint]:
                client.post(address)
    assert {slug: stored(slug) for slug in REGISTERS} == before


def test_no_page_stands_in_the_table_that_the_app_does_not_have(worker_app):
    assert {rule.endpoint for rule in worker_app.url_map.iter_rules()} >= set(PAGES)
