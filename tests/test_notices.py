"""Notices: the day in a few lines, and what was sent to a role reaches every person of it."""

from __future__ import annotations

import re

import pytest

from admin.boards import desk
from compliance.told.digest import digest
from compliance.told.owing import marks_of, own_children
from models.core import calendar, service
from models.core.actor import system
from models.core.errors import NotFound
from models.core.gates import rows
from models.core.register import find
from models.kept.archive import NOTICE_ROLES, NoticeRead
from models.kept.children import EXPIRING
from models.school import notices, review_tasks
from tests.test_boards import text_of
from tests.world import NOON

NOTICE = find("notice")
# Who has a role by the account; a counsellor is one of the teachers.
OF_ROLE = {
    "文员": {"clerk"},
    "领导": {"leadership"},
    "教师": {"alice", "bob", "charlie", "counsellor"},
    "心理辅导教师": {"counsellor"},
    "督查": {"inspector"},
}
EVERYBODY = ("clerk", "leadership", "alice", "bob", "charlie", "counsellor", "inspector")


def send(world, title="明天开会", **raw):
    given = {"title": title, "text": "下午三点，会议室", "sent_at": str(NOON), **raw}
    return service.create(world.clerk, NOTICE, given)


def told(actor):
    return {one.kind: one.number for one in digest(actor)}


@pytest.mark.parametrize("word", NOTICE_ROLES)
def test_a_notice_to_a_role_reaches_every_person_of_it_and_nobody_else(world, client_as, word):
    send(world, recipient_role=word)
    for name in EVERYBODY:
        reached = name in OF_ROLE[word]
        assert notices.unread(world.actors[name]) == int(reached), name
        page = text_of(client_as(name).get("/notices"))
        assert ("明天开会" in page) == reached, name


def test_one_reads_it_for_oneself(world, client_as):
    sent = send(world, recipient_role="教师")
    alice = client_as("alice")
    assert alice.post(f"/notices/{sent.id}/read").status_code == 303
    assert "看过的 1 条" in text_of(alice.get("/notices"))
    assert [notices.unread(world.actors[name]) for name in ("alice", "bob")] == [0, 1]
    assert client_as("leadership").post(f"/notices/{sent.id}/read").status_code == 404
    alice.post(f"/notices/{sent.id}/read")
    assert NoticeRead.select().count() == 1
    assert "1 人" in text_of(client_as("clerk").get(f"/r/notice/{sent.id}"))


def test_what_is_sent_to_one_person_says_when_it_was_read(world):
    sent = send(world, recipient=world.alice.user_id)
    with pytest.raises(NotFound):
        notices.mark_read(world.bob, sent.id)
    notices.mark_read(world.alice, sent.id)
    kept = rows(world.clerk, NOTICE).where(NOTICE.model.id == sent.id).get()
    assert kept.read_at == world.alice.now


def test_who_sits_in_the_leadership_group_reads_what_is_sent_to_it(world):
    send(world, recipient_role="领导")
    assert notices.unread(world.bob) == 0
    raw = {"staff": world.staff_bob, "position": "成员", "since": "2025-09-01"}
    sits = service.create(system(NOON), find("leadership-member"), raw)
    assert notices.unread(world.bob) == 1
    assert notices.unread(world.alice) == 0
    ended = {"until": "2025-11-01"}
    service.update(system(NOON), find("leadership-member"), sits.id, ended, sits.version)
    assert notices.unread(world.bob) == 0


def test_the_bell_counts_and_leads_there(world, client_as):
    bell = re.compile(r'href="([^"]+)" aria-label="通知 1 条"')
    alice = client_as("alice")
    assert not bell.search(alice.get("/r/talk/").text)
    sent = send(world, recipient_role="教师")
    for address in ("/r/talk/", "/today"):
        assert bell.search(alice.get(address).text)[1] == "/notices"
    alice.post(f"/notices/{sent.id}/read")
    assert not bell.search(alice.get("/today").text)


def test_old_news_and_what_lies_ahead_ring_no_bell(world):
    send(world, recipient_role="教师", sent_at="2025-08-01T08:00")
    send(world, recipient_role="教师", sent_at="2025-11-13T08:00")
    deleted = send(world, recipient_role="教师")
    service.delete(world.clerk, NOTICE, deleted.id)
    assert notices.unread(world.alice) == 0
    service.restore(world.clerk, NOTICE, deleted.id)
    assert notices.unread(world.alice) == 1


# ---- the digest ---------------------------------------------------------------------------------


def test_a_teachers_numbers_are_those_of_the_day(world):
    term = calendar.school_calendar().semester(calendar.current_semester(NOON.date()).code)
    ids = [child.id for child in own_children(world.alice)]
    marks = [m for each in marks_of(world.alice, term, ids).values() for m in each if m.open]
    sunday = NOON.date().replace(day=16)
    due = [one for one in marks if not one.overdue and one.period.due_until <= sunday]
    late = [one for one in marks if one.overdue]
    assert due
    found = told(world.alice)
    assert (found.get("due", 0), found.get("overdue", 0)) == (len(due), len(late))


def test_the_clerks_number_of_the_week_is_that_of_the_desk(app, world):
    term = calendar.school_calendar().semester(calendar.current_semester(NOON.date()).code)
    with app.test_request_context():
        asked = desk.desk(world.clerk, term)["questions"][0]
    assert told(world.clerk)["due"] == asked["open"] > 0


def incident(world, **raw):
    given = {"occurred_at": "2025-11-12T09:00", "place": "操场", "kind": "走失"}
    return service.create(world.alice, find("incident"), given | raw)


def test_an_open_incident_is_told_until_it_is_closed(world):
    made = incident(world)
    first = digest(world.clerk)[0]
    assert (first.kind, first.number) == ("incident", 1)
    assert "1 件还有要通报的人" in first.note
    assert told(world.alice)["incident"] == told(world.leadership)["incident"] == 1
    assert "incident" not in told(world.bob) | told(world.inspector)
    given = {"closed_on": "2025-11-12"}
    service.update(world.clerk, find("incident"), made.id, given, made.version)
    assert "incident" not in told(world.clerk)


def test_an_agreement_about_to_end_is_told_to_whom_it_concerns(world):
    raw = {"kind": "知情同意书", "child": world.child_a, "signed_on": "2024-11-20"}
    late = {"valid_until": "2025-11-30", "late_reason": "补登"}
    service.create(world.clerk, find("agreement"), raw | late)
    assert "expiring" not in told(world.clerk)
    review_tasks.refresh(NOON)
    assert told(world.clerk)["expiring"] == told(world.alice)["expiring"] == 1
    assert "expiring" not in told(world.bob) | told(world.inspector)
    (task,) = [one for one in review_tasks.open_tasks(world.clerk) if one.kind == EXPIRING]
    review_tasks.decide(world.clerk, task.id, "已处理")
    assert "expiring" not in told(world.clerk)


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_page_has_one_line_a_kind_and_each_leads_somewhere(world, client_as, name):
    for _ in range(3):
        incident(world)
    browser = client_as(name)
    page = browser.get("/notices").text
    found = digest(world.actors[name])
    assert len({one.kind for one in found}) == len(found)
    listed = page.partition("今天要留意")[2].partition("</section>")[0]
    assert listed.count("<li>") == len(found)
    for url in re.findall(r'<a [^>]*href="([^"]+)"', listed):
        assert browser.get(url, follow_redirects=True).status_code == 200, url
    assert len(re.findall(r"<a [^>]*button--primary", page)) == min(1, len(found))


def test_the_bell_is_counted_once_in_a_while_and_anew_after_reading(app, world, client_as):
    alice = client_as("alice")
    alice.get("/r/talk/")
    app.testing = False
    try:
        app.extensions.pop("kept for a while", None)
        first = send(world, recipient_role="教师")
        assert "通知 1 条" in alice.get("/r/talk/").text
        send(world, "再开一次", recipient_role="教师")
        assert "通知 1 条" in alice.get("/r/talk/").text
        alice.post(f"/notices/{first.id}/read")
        assert "通知 1 条" in alice.get("/r/talk/").text
        known, what = app.extensions["kept for a while"], ("unread notices", world.alice.user_id)
        assert known[what][1] == 1
        known[what] = (known[what][0] - 31, 7)
        assert "通知 1 条" in alice.get("/r/talk/").text
    finally:
        app.testing = True
