"""Closing a semester: who may, what then stands still, what stays writable, opening it again."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from admin.inspection.semesters import _numbers_now
from compliance.judged.evaluation import as_of_in
from compliance.judged.store import totals_of, verdicts_as_of
from models.core import batches, calendar, service
from models.core.database import mark, writing
from models.core.errors import Denied, Invalid, Locked
from models.core.gates import every_row
from models.core.incomplete import incomplete
from models.core.register import REGISTERS, find
from models.core.undo import undo
from models.core.validation import missing_evidence, missing_wanted
from models.kept.school import CLOSE, REOPEN
from models.school import semester_close
from models.school.semester_close import Numbers
from tests.factory import MADE_BY_PRODUCT, Factory
from tests.spoiled import Spoiler
from tests.world import PASSWORD

AFTER = datetime(2026, 1, 30, 9, 0)


def later(world, name):
    return world.actor(name, now=AFTER)


def stored(slug, number):
    declared = find(slug)
    return every_row(declared).where(declared.model.id == number).first()


def closed(world, **numbers):
    given = Numbers(**({"records": 5, "lacking": 1} | numbers))
    return semester_close.close(later(world, "leadership"), world.autumn, "已审核", given)


def new_talk(world, actor, **more):
    raw = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-11-11 16:00",
        "topic": "期中",
        "late_reason": "补记",
    }
    return service.create(actor, find("talk"), raw | more)


def test_only_the_leadership_closes_a_semester(world):
    for name in ("clerk", "alice", "inspector"):
        with pytest.raises(Denied):
            semester_close.close(later(world, name), world.autumn, "已审核", Numbers(0, 0))
    assert stored("semester", world.autumn).closed_on is None


def test_a_running_semester_is_not_closed(world):
    with pytest.raises(Invalid, match="才结束"):
        semester_close.close(world.leadership, world.autumn, "已审核", Numbers(0, 0))


def test_closing_asks_for_a_reason_and_keeps_the_numbers(world):
    with pytest.raises(Invalid, match="理由"):
        semester_close.close(later(world, "leadership"), world.autumn, " ", Numbers(0, 0))
    step = closed(world, findings=3, duties={"talk-weekly": (4, 9)})
    assert stored("semester", world.autumn).closed_on == AFTER.date()
    assert (step.step, step.by, step.records, step.findings) == (CLOSE, "周校长", 5, 3)
    assert semester_close.duties_then(step) == {"talk-weekly": (4, 9)}
    assert step.head


def test_nothing_that_happened_inside_a_closed_semester_is_written_by_anybody(world):
    talk = new_talk(world, world.clerk)
    closed(world)
    clerk = later(world, "clerk")
    with pytest.raises(Locked, match="封存"):
        new_talk(world, clerk)
    with pytest.raises(Locked):
        service.update(clerk, find("talk"), talk.id, {"topic": "改"}, talk.version)
    with pytest.raises(Locked):
        service.update(
            clerk, find("talk"), talk.id, {"talked_at": "2026-01-29 10:00"}, talk.version
        )
    with pytest.raises(Locked):
        service.delete(clerk, find("talk"), talk.id)


@pytest.mark.parametrize(
    ("day", "is_closed"),
    [("2025-08-31", False), ("2025-09-01", True), ("2026-01-23", True), ("2026-01-24", False)],
)
def test_a_closed_semester_is_closed_from_its_first_to_its_last_day(world, day, is_closed):
    closed(world)
    semester = calendar.semester_on(date.fromisoformat(day))
    assert (semester is not None and semester.id == world.autumn) is is_closed
    clerk = replace(world.clerk, now=AFTER)
    assert bool(calendar.closed_semester_on(date.fromisoformat(day))) is is_closed
    if is_closed:
        with pytest.raises((Locked, Invalid)):
            new_talk(world, clerk, talked_at=f"{day} 16:00")
    else:
        assert new_talk(world, clerk, talked_at=f"{day} 16:00").id


def test_a_batch_is_not_undone_into_a_closed_semester(world):
    with service.work(world.clerk) as current:
        batch = batches.open_batch(world.clerk, "bulk", "改主题")
        current.batch = batch.id
        talk = stored("talk", world.talk_a)
        service.update(
            world.clerk, find("talk"), talk.id, {"topic": "新主题"}, talk.version, current=current
        )
    closed(world)
    report = undo(later(world, "clerk"), batch.id)
    assert report.undone == 0
    assert "封存" in report.left[0][2]
    assert stored("talk", world.talk_a).topic == "新主题"


def test_a_holiday_visit_stays_writable_and_is_told_apart(world):
    step = closed(world)
    semester = stored("semester", world.autumn)
    assert semester_close.since_closing(semester, step) == 0
    lines = {"home-visitor": [service.LineInput({"staff": world.staff_alice})]}
    raw = {"child": world.child_a, "visited_at": "2026-02-02 10:00", "manner": "入户"}
    actor = world.actor("alice", now=AFTER + timedelta(days=4))
    service.create(actor, find("home-visit"), raw, lines)
    assert semester_close.since_closing(semester, step) == 1


def test_the_days_of_a_closed_semester_do_not_move_and_it_is_not_deleted(world):
    closed(world)
    semester = stored("semester", world.autumn)
    clerk = later(world, "clerk")
    with pytest.raises(Invalid, match="封存"):
        service.update(
            clerk, find("semester"), semester.id, {"first_day": "2025-12-01"}, semester.version
        )
    with pytest.raises(Exception, match="学期封存"):
        service.delete(clerk, find("semester"), semester.id)


def test_reopening_asks_leadership_and_reason_and_makes_records_writable(world):
    talk = new_talk(world, world.clerk)
    closed(world)
    with pytest.raises(Denied):
        semester_close.reopen(later(world, "clerk"), world.autumn, "补录漏记")
    with pytest.raises(Invalid, match="理由"):
        semester_close.reopen(later(world, "leadership"), world.autumn, "")
    semester_close.reopen(later(world, "leadership"), world.autumn, "补录漏记")
    service.update(later(world, "clerk"), find("talk"), talk.id, {"topic": "改"}, talk.version)
    told = [(step.step, step.reason) for step in semester_close.steps(world.clerk)]
    assert told == [(REOPEN, "补录漏记"), (CLOSE, "已审核")]


def test_a_step_is_not_typed_in(world):
    raw = {"semester": world.autumn, "step": CLOSE, "reason": "自己填"}
    with pytest.raises(Invalid, match="学期"):
        service.create(world.clerk, find("semester-close"), raw)


@pytest.mark.parametrize(
    "slug", [s for s, r in REGISTERS.items() if not r.sealed and not r.parent and r.happened]
)
def test_what_lacks_something_is_the_same_in_sql_as_record_by_record(world, scratch, slug):
    declared = find(slug)
    # What only the product makes is put there past its steps.
    if slug in MADE_BY_PRODUCT:
        scratch(declared).add()
    else:
        Factory(world.clerk).save(declared)
    asked = every_row(declared).select(declared.model.id).where(incomplete(declared))
    lacking = {number for (number,) in asked.tuples()}
    told = {
        record.id
        for record in every_row(declared)
        if missing_wanted(declared, record) or missing_evidence(declared, record, ())
    }
    assert lacking == told


# ---- the pages ----------------------------------------------------------------------------------


@pytest.fixture
def after(clock):
    clock.moment = AFTER
    return clock


def close_by_page(client, world, **more):
    said = {"reason": "审核完毕", "old": PASSWORD}
    return client.post(f"/semesters/{world.autumn}/close", data=said | more)


def test_the_page_shows_what_is_filed_and_what_is_missing(client_as, world, after):
    page = client_as("clerk").get(f"/semesters/{world.autumn}").text
    assert "谈心记录" in page
    assert "不完整" in page
    assert "封存由领导小组" in page


def test_the_page_begins_with_what_is_in_the_way_and_the_closing(client_as, world, after):
    page = client_as("leadership").get(f"/semesters/{world.autumn}").text
    first = page.index(f"/semesters/{world.autumn}/lacking/")
    note = r'lacking/talk">谈心记录</a><span class="lines-list__note">(.*?)</span>'
    (told,) = re.findall(note, page)
    assert told == "1 条不完整 · 文员、教师、领导小组可补"
    assert first < page.index("封存这个学期") < page.index("各项登记：") < page.index("职责完成")


def test_the_numbers_of_the_page_are_those_worked_out_anew(world, after):
    span = calendar.semester_called("2025-2026-1")
    day = as_of_in(span, AFTER.date(), calendar.school_calendar())
    anew = totals_of(verdicts_as_of(later(world, "leadership"), span, day))
    assert anew
    semester = stored("semester", world.autumn)
    told = _numbers_now(later(world, "leadership"), semester)
    judged = {code: summed.share() for code, summed in anew.items() if summed.share()[1]}
    assert {code: numbers for code, numbers in told.items() if numbers[1]} == judged


def test_closing_asks_for_the_password_again(client_as, world, after):
    leader = client_as("leadership")
    assert "密码不对" in close_by_page(leader, world, old="wrong").text
    assert stored("semester", world.autumn).closed_on is None
    assert close_by_page(leader, world).status_code == 303
    assert stored("semester", world.autumn).closed_on == AFTER.date()
    assert client_as("clerk").post(f"/semesters/{world.autumn}/close").status_code == 403


def test_what_is_closed_shows_a_lock_and_no_way_to_edit(client_as, world, after):
    close_by_page(client_as("leadership"), world)
    clerk = client_as("clerk")
    listed = clerk.get("/r/talk/").text
    assert "已封存" in listed
    assert f"/r/talk/{world.talk_a}/edit" not in listed
    page = clerk.get(f"/r/talk/{world.talk_a}").text
    assert "已经封存" in page
    assert f"/r/talk/{world.talk_a}/edit" not in page
    refused = clerk.get(f"/r/talk/{world.talk_a}/edit")
    assert refused.status_code == 302
    assert f"/r/talk/{world.talk_a}" in refused.location


def test_pages_say_what_was_finished_after_closing(client_as, world, after):
    """On the record, in its list, for a line on its record's page, and counted for the semester."""
    made = Spoiler(world)
    hotline = made.add("hotline", answered_on=None, answered_by=None)
    said = {"problem": "插座松动", "deadline": "2025-11-30", "done_on": "2025-11-12"}
    round_ = made.add("supervision", {"rectification": [said]}, supervised_on="2025-11-03")
    pages = (
        f"/r/hotline/{hotline}",
        "/r/hotline/",
        f"/r/supervision/{round_}",
        f"/semesters/{world.autumn}",
    )
    close_by_page(client_as("leadership"), world)
    clerk = client_as("clerk")
    assert not [page for page in pages if "封存后完成" in clerk.get(page).text]
    actor = world.actor("clerk", now=AFTER + timedelta(days=1))
    found = stored("hotline", hotline)
    answer = {"answered_by": world.staff_bob, "answer": "已办", "answered_on": "2026-01-31"}
    service.update(actor, find("hotline"), hotline, answer, found.version)
    line = stored("rectification", made.line("rectification", round_))
    ends = {"verified_by": world.staff_bob, "verified_on": "2026-01-31"}
    lines = {"rectification": [service.LineInput(ends, id=line.id, version=line.version)]}
    version = stored("supervision", round_).version
    service.update(actor, find("supervision"), round_, {}, version, lines)
    after.moment = AFTER + timedelta(days=1)
    clerk = client_as("clerk")
    missing = [page for page in pages if "封存后完成" not in clerk.get(page).text]
    assert missing == []
    assert "封存后完成了 2 条" in clerk.get(pages[-1]).text


def test_the_page_of_a_closed_semester_tells_the_numbers_kept_at_closing(
    client_as, world, after, scratch
):
    close_by_page(client_as("leadership"), world)
    steps = find("semester-close").model
    with writing():
        steps.update(duties='{"talk-weekly": [3, 7]}').where(mark(steps._meta.table_name)).execute()
    assert "3 / 7" in client_as("clerk").get(f"/semesters/{world.autumn}").text


def test_the_semesters_page_is_for_clerk_and_leadership(client_as):
    for name in ("alice", "counsellor", "inspector"):
        assert client_as(name).get("/semesters/").status_code == 403
    assert client_as("clerk").get("/semesters/").status_code == 200
