"""Hardware and archive checklists, the scoring sheet, the corrections: counted, shown, kept."""

from __future__ import annotations

import re

import pytest

from compliance.checklists.archive import items
from compliance.checklists.archive_state import ArchiveList
from compliance.checklists.hardware import hardware, lines
from compliance.checklists.scoring import suggestions, tree
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties
from compliance.ordered.regulations import clauses
from compliance.told.corrections import corrections, mark_done, verify
from compliance.told.inbox import inbox
from models.core import calendar, service
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row
from models.core.register import find, register_of
from models.kept.supervision import ScoringLine, ScoringSheet
from tests.spoiled import Spoiler
from tests.world import NOON, PASSWORD

TODAY = NOON.date()


def text_of(response):
    assert response.status_code == 200, response.status
    return response.get_data(as_text=True)


def state_of(code):
    return next(one for one in hardware(TODAY, None) if one.line.id == code)


def item_of(world, number):
    span = calendar.school_calendar().semester("2025-2026-1")
    found = ArchiveList(world.clerk, span).states()
    return found[number - 1]


# ---- hardware -----------------------------------------------------------------------------------


def test_every_line_cites_a_clause_that_names_it():
    cited = {(line.id, clause) for line in lines() for clause in line.clauses}
    hardware = {line.id for line in lines()}
    naming = {(one, clause.id) for clause in clauses().values() for one in clause.checklist}
    assert cited == {(one, clause) for one, clause in naming if one in hardware}
    assert all(line.clauses for line in lines())


def test_assets_count_in_rooms_of_the_right_kind_and_in_use(world):
    made = Spoiler(world)
    home = made.add("room", name="之家", kind="留守儿童之家")
    other = made.add("room", name="文体室", kind="文体活动室")
    made.add("asset", checklist_item="桌", room=home, quantity="4")
    made.add("asset", checklist_item="桌", room=home, quantity="3", condition="待修")
    made.add("asset", checklist_item="桌", room=other, quantity="2")
    assert state_of("home-tables").found == 4
    assert state_of("sports-tables").found == 2


def test_the_area_is_told_in_square_metres_and_a_closed_room_does_not_count(world):
    made = Spoiler(world)
    room = made.add("room", kind="留守儿童之家", area_m2="59.5", sign="1")
    assert state_of("home-area").found_text == "59.5 平方米"
    assert not state_of("home-area").is_met
    made.change("room", room, area_m2="60")
    assert state_of("home-area").is_met
    made.change("room", room, closed_on="2025-11-01")
    assert (state_of("home-area").found, state_of("home-sign").found) == (0, 0)


def test_books_are_counted_in_copies_and_periodicals_in_titles(world):
    made = Spoiler(world)
    made.add("book", number="A1", copies="480")
    made.add("book", number="A2", copies="20")
    for number in ("B1", "B2"):
        made.add("periodical", number=number, title="少年文艺")
    made.add("periodical", number="B3", title="停刊报", until="2025-10-01")
    assert state_of("sports-books").is_met
    assert state_of("sports-periodicals").found == 1


def test_a_document_on_the_wall_counts_until_taken_down(world):
    made = Spoiler(world)
    room = made.add("room", kind="留守儿童之家")
    rows = {"wall-posting": [{"room": room, "posted_on": "2025-09-02"}]}
    kept = made.add("regulation", rows, topic="工作职责")
    assert state_of("home-wall-duties").is_met
    made.put("wall-posting", made.line("wall-posting", kept), removed_on=TODAY)
    assert state_of("home-wall-duties").is_met
    made.put("wall-posting", made.line("wall-posting", kept), removed_on=TODAY.replace(day=1))
    assert not state_of("home-wall-duties").is_met


def test_the_clerk_sets_another_target_with_a_reason(client_as, world):
    client = client_as("clerk")
    refused = client.post("/inspection/hardware/sports-xiangqi", data={"number": "x", "reason": ""})
    assert refused.status_code == 422
    assert "请写明为什么改" in refused.text
    for number in ("6", "8"):
        data = {"number": number, "reason": "小规模学校，棋类少"}
        assert client.post("/inspection/hardware/sports-xiangqi", data=data).status_code == 302
    assert (state_of("sports-xiangqi").target, state_of("sports-xiangqi").reason) == (
        8,
        "小规模学校，棋类少",
    )
    assert "小规模学校，棋类少" in text_of(client.get("/inspection/hardware"))


@pytest.mark.parametrize("who", ["leadership", "alice", "inspector"])
def test_nobody_else_sets_a_target(client_as, who):
    data = {"number": "1", "reason": "省事"}
    assert client_as(who).post("/inspection/hardware/home-phone", data=data).status_code == 403


def test_the_evidence_of_a_line_is_its_filtered_list(client_as, world):
    made = Spoiler(world)
    room = made.add("room", kind="留守儿童之家")
    page = text_of(client_as("clerk").get("/inspection/hardware")).replace("&amp;", "&")
    (link,) = re.findall(rf'"(/r/asset/\?[^"]*%E7%94%B5%E8%84%91[^"]*f.room={room})"', page)
    assert client_as("clerk").get(link).status_code == 200


# ---- archive ------------------------------------------------------------------------------------


def test_every_duty_an_item_or_indicator_names_exists():
    known = {duty.code for duty in duties()}
    named = {code for item in items() for code in item.duties}
    named |= {code for one in tree().indicators for code in one.duties}
    assert named <= known


def test_an_item_without_any_record_is_no_pass(world):
    assert item_of(world, 9).state is State.MISSED
    assert item_of(world, 6).sources[0].told == "还没有登记"


def test_item_five_is_complete_with_log_and_album_when_chat_records_are_declined(world):
    made = Spoiler(world)
    made.add("regulation", topic="电话电脑使用制度", text="一、先登记后拨打")
    made.photo("family-call", world.call_a)
    state = item_of(world, 5)
    assert [one.state for one in state.sources] == [State.DONE, State.DONE, State.NOT_DUE]
    assert all(count for _register, count in state.photos)
    made.change("school", world.school, chat_records="1")
    lacking = item_of(world, 5).sources[2]
    assert (lacking.state, lacking.found, lacking.complete) == (State.DUE, 1, 0)


def test_a_record_without_what_it_needs_is_told(world):
    made = Spoiler(world)
    at = "2025-11-05 15:00"
    meeting = made.add("meeting", {}, kind="联席", held_at=at, content="商定帮扶名单")
    lacking = item_of(world, 12).sources[1]
    assert (lacking.state, lacking.told) == (State.DUE, "要有 1 份，现有 0 份")
    row_of = row(made.actor, find("meeting"), meeting)
    lines = {"attendee": [service.LineInput({"staff": world.staff_bob})]}
    service.update(made.actor, find("meeting"), meeting, {}, row_of.version, lines)
    assert item_of(world, 12).sources[1].state is State.DONE


def test_news_is_asked_for_in_every_month_begun(world):
    made = Spoiler(world)
    days = ("2025-09-05", "2025-09-06", "2025-10-09", "2025-10-10", "2025-10-11", "2025-11-03")
    for day in days:
        made.add("news-item", written_on=day, month=day[:7], title=f"信息{day}")
    lacking = item_of(world, 17).sources[0]
    # Six in all, yet November has one alone: October's third does not stand in for its second.
    assert (lacking.asked, lacking.found, lacking.complete) == (6, 6, 5)
    assert lacking.state is State.DUE


def test_records_of_another_semester_do_not_count(world):
    made = Spoiler(world)
    made.add("screening", shown_at="2025-06-05 19:00")
    assert item_of(world, 6).sources[0].found == 0


def test_the_page_says_who_can_supply_what_is_missing(client_as):
    page = text_of(client_as("clerk").get("/inspection/archive"))
    assert "文员、教师可补" in page
    assert "档案十八项还有" in page
    assert "第 18 项的八个部分" in page


@pytest.mark.parametrize("page", ["hardware", "archive", "scoring/", "corrections/"])
def test_the_inspector_reads_the_lists_and_a_teacher_does_not(client_as, page):
    assert client_as("inspector").get(f"/inspection/{page}").status_code == 200
    assert client_as("alice").get(f"/inspection/{page}").status_code == 403


@pytest.mark.parametrize(
    "asked", ["archive?semester=1999-2000-1", "hardware/no-such", "scoring/99"]
)
def test_what_does_not_exist_is_not_found(client_as, asked):
    assert client_as("clerk").get(f"/inspection/{asked}").status_code == 404


# ---- scoring ------------------------------------------------------------------------------------


@pytest.fixture
def sheet(client_as, world):
    answer = client_as("clerk").post("/inspection/scoring/")
    assert answer.status_code == 302
    return every_row(register_of(ScoringSheet)).first()


def lines_of(sheet):
    query = every_row(register_of(ScoringLine)).where(ScoringLine.sheet == sheet.id)
    return list(query.order_by(ScoringLine.code))


def posted(sheet, **first):
    """The form as the page sends it, with the first line filled in."""
    found = lines_of(sheet)
    form = {"version": sheet.version, "lines": len(found)}
    for place, line in enumerate(found):
        form |= {f"{place}.id": line.id, f"{place}.version": line.version}
    return form | {f"0.{name}": value for name, value in first.items()}


def test_the_shipped_tree_adds_up_to_a_hundred_and_says_it_is_unofficial():
    leaves = [one for one in tree().indicators if one.parent]
    assert sum(one.points for one in leaves) == 1000
    assert "非官方" in tree().title


def test_a_sheet_begins_with_every_indicator_unscored(client_as, sheet):
    assert len(lines_of(sheet)) == len([one for one in tree().indicators if one.parent])
    page = text_of(client_as("clerk").get(f"/inspection/scoring/{sheet.id}"))
    assert "不是官方标准" in page
    assert "自评 0 分" in page


def test_scores_are_given_in_half_steps_and_lost_points_have_a_reason(client_as, sheet):
    client, url = client_as("clerk"), f"/inspection/scoring/{sheet.id}"
    for wrong, told in (
        ({"score": "2.3"}, "0.5 分一档"),
        ({"score": "3.5"}, "不能超过分值 3 分"),
        ({"score": "2.5"}, "请写明扣分原因"),
    ):
        answer = client.post(url, data=posted(sheet, **wrong))
        assert answer.status_code == 422
        assert told in answer.text
        assert f'value="{wrong["score"]}"' in answer.text
    good = posted(sheet, score="2.5", reason="缺关工委成员", evidence="DZ-0003")
    assert client.post(url, data=good).status_code == 302
    first = lines_of(sheet)[0]
    assert (first.score, first.reason, first.evidence) == (25, "缺关工委成员", "DZ-0003")
    assert "自评 2.5 分" in text_of(client.get(url))
    assert "缺关工委成员" in text_of(client.get(f"{url}/print"))


def test_indicators_can_be_changed_added_and_taken_away(client_as, sheet):
    client, url = client_as("clerk"), f"/inspection/scoring/{sheet.id}?change=1"
    count = len(lines_of(sheet))
    form = posted(sheet, title="组织机构", points="4")
    form |= {"1.remove": "1", "lines": count + 1, f"{count}.code": "A9.1"}
    form |= {f"{count}.title": "县里加的一项", f"{count}.points": "2", f"{count}.group": "加分"}
    assert client.post(url, data=form).status_code == 302
    found = lines_of(sheet)
    assert (found[0].title, found[0].points) == ("组织机构", 40)
    assert len(found) == count
    assert (found[-1].title, found[-1].group) == ("县里加的一项", "加分")


def test_a_second_scorer_does_not_overwrite_the_first(client_as, sheet):
    client, url = client_as("clerk"), f"/inspection/scoring/{sheet.id}"
    stale = posted(sheet, score="3")
    assert client.post(url, data=posted(sheet, score="3")).status_code == 302
    assert client.post(url, data=stale | {"0.score": "1", "0.reason": "x"}).status_code == 409
    assert lines_of(sheet)[0].score == 30


@pytest.mark.parametrize(("who", "status"), [("inspector", 403), ("alice", 403)])
def test_only_the_office_scores(client_as, sheet, who, status):
    client = client_as(who)
    assert client.post("/inspection/scoring/").status_code == status
    assert client.post(f"/inspection/scoring/{sheet.id}", data={}).status_code == status


def test_what_the_records_suggest_is_in_half_steps_and_has_its_facts(world):
    made = Spoiler(world)
    made.add("room", kind="心理咨询室")
    span = calendar.school_calendar().semester("2025-2026-1")
    found = suggestions(world.clerk, span, duties())
    assert all(one.score % 5 == 0 for one in found.values())
    assert "硬件 1/1 项" in found["A3.3"].facts


# ---- corrections --------------------------------------------------------------------------------


@pytest.fixture
def problem(world):
    made = Spoiler(world)
    said = {
        "problem": "图书室插座松动",
        "deadline": "2025-11-10",
        "responsible": world.staff_bob,
    }
    round_ = made.add("supervision", {"rectification": [said]}, supervised_on="2025-11-03")
    return made.line("rectification", round_)


def test_a_problem_past_its_deadline_is_shown_overdue(client_as, problem):
    page = text_of(client_as("leadership").get("/inspection/corrections/"))
    assert "1 个问题整改超期" in page
    assert "超期 2 天" in page


# Deadline, put right, verified; the step, its state and how many days late, seen on 12 November.
STANDING = [
    ("2025-11-12", None, None, "整改中", State.DUE, 0),
    ("2025-11-11", None, None, "超期", State.MISSED, 1),
    (None, None, None, "整改中", State.DUE, 0),
    ("2025-11-11", "2025-11-11", None, "待验收", State.DUE, 0),
    ("2025-11-11", "2025-11-12", None, "待验收", State.DUE, 1),
    ("2025-11-11", "2025-11-11", "2025-11-12", "已验收", State.DONE, 0),
    ("2025-11-11", "2025-11-12", "2025-11-12", "已验收", State.DONE_LATE, 1),
    ("2025-11-11", None, "2025-11-11", "已验收", State.DONE, 0),
    ("2025-11-11", None, "2025-11-12", "已验收", State.DONE_LATE, 1),
]


def test_a_problem_is_overdue_from_the_day_after_its_deadline(world, problem):
    made = Spoiler(world)
    for deadline, done, verified, *expected in STANDING:
        said = {"deadline": deadline, "done_on": done, "verified_on": verified}
        made.put("rectification", problem, **said)
        (one,) = corrections(world.clerk)
        assert [one.step, one.state, one.days_late] == expected, said


def test_put_right_by_one_and_verified_by_another(client_as, world, problem):
    clerk, leader = client_as("clerk"), client_as("leadership")
    url = f"/inspection/corrections/{problem}"
    assert clerk.post(f"{url}/done", data={"measure": ""}).status_code == 422
    done = {"measure": "电工已更换", "done_on": "2025-11-12"}
    assert clerk.post(f"{url}/done", data=done).status_code == 302
    own = {"old": PASSWORD}
    assert clerk.post(f"{url}/verify", data=own).status_code == 403
    assert leader.post(f"{url}/verify", data=own).status_code == 302
    (standing,) = corrections(world.clerk)
    assert (standing.step, standing.state, standing.days_late) == ("已验收", State.DONE_LATE, 2)
    assert standing.record.verified_by_id == world.staff_leadership


def test_whoever_is_responsible_does_not_verify(world, problem):
    mark_done(world.clerk, problem, "", "已更换")
    own = world.actor("leadership", staff_id=world.staff_bob)
    with pytest.raises(Denied):
        verify(own, problem)


def test_two_accounts_of_one_person_are_no_two_persons(world, problem):
    """Page, inbox and step ask the same rule."""
    mark_done(world.clerk, problem, "", "已更换")
    clerk_too = world.actor("leadership", staff_id=world.clerk.staff_id)
    for leader, may in ((world.leadership, True), (clerk_too, False)):
        (standing,) = corrections(leader)
        assert bool(standing.may_verify) == may
        assert ("整改待验收" in {one.kind for one in inbox(leader)}) == may
    with pytest.raises(Denied):
        verify(clerk_too, problem)


def test_what_is_verified_is_not_verified_again(world, problem):
    mark_done(world.clerk, problem, "", "已更换")
    verify(world.leadership, problem)
    third = world.actor("leadership", user_id=world.alice.user_id, staff_id=world.staff_alice)
    with pytest.raises(Denied):
        verify(third, problem)


def test_nothing_is_verified_before_it_is_done(world, problem):
    with pytest.raises(Invalid):
        verify(world.leadership, problem)


def test_a_teacher_and_the_inspector_cannot_write_corrections(world, problem):
    for who in ("alice", "inspector"):
        with pytest.raises(Denied):
            mark_done(world.actors[who], problem, "", "已更换")
    with pytest.raises(NotFound):
        mark_done(world.clerk, 999999, "", "已更换")
