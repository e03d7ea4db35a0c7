"""The procedure of a year: who may take which step, in which order, and what a signature closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from compliance.evaluated import behind, sheets
from compliance.evaluated.year import Year, running_year
from compliance.ordered.papers import DOCUMENTS
from exports.documents.paper import Asked
from models.core import calendar, service
from models.core.actor import system
from models.core.errors import Denied, Invalid, Locked, NotFound, RecordsError
from models.core.gates import every_row, row
from models.core.register import find
from models.kept.evaluation import BARRED, OF_DEPARTMENT, OF_TEACHER
from models.school import accounts, evaluations
from models.sealed import leaders
from tests.test_compliance_store import add, change
from tests.world import PASSWORD

YEAR, CODE = Year("2025-2026"), "2025-2026"
# The evaluation of a year takes place in its last weeks.
JULY = datetime(2026, 7, 6, 9, 0)


class Procedure:
    """Two leaders, Zhou and Qian, and a year to be evaluated."""

    def __init__(self, world):
        self.world = world
        self.qian = add("staff", name="钱副校长", sex="女", phone="13800138009")
        user = add(
            "user",
            username="qian",
            name="钱副校长",
            role="领导小组",
            staff=self.qian,
            password_hash=accounts.hash_password(PASSWORD),
            must_change=False,
        )
        self.now = JULY
        # The first leader makes sure of the second, whose approval counts from then on.
        leaders.confirm(world.leadership, user)
        self.second = replace(
            world.leadership, staff_id=self.qian, user_id=user, name="钱副校长", now=JULY
        )

    def actor(self, name):
        return self.world.actor(name, now=self.now)

    @property
    def leader(self):
        return self.actor("leadership")

    def sheet(self, staff, kind=None):
        return next(
            one
            for one in evaluations.newest(CODE)
            if one.kind != OF_DEPARTMENT and one.teacher_id == staff
        )

    def settings(self):
        return evaluations.year_row(CODE)

    def opened(self, **raw):
        evaluations.open_year(self.leader, CODE, raw)
        drafts = sheets.drafts(CODE, self.settings(), JULY.date())
        evaluations.freeze(self.leader, CODE, drafts)
        return self

    def assessed(self, score="80"):
        for one in evaluations.newest(CODE):
            own = evaluations.is_own(self.leader, one)
            evaluations.assess(self.second if own else self.leader, one.id, score, "评语")
        return self

    def shown(self):
        proposals = {
            one.id: sheets.proposal(one, self.settings(), 0) for one in evaluations.newest(CODE)
        }
        evaluations.show(self.leader, CODE, proposals)
        return self

    def decided(self, staff, outcome="", score=None):
        one = self.sheet(staff)
        given = one.score if score is None else score
        word = outcome or evaluations.outcome_for(given, self.settings())
        evaluations.decide(self.leader, one.id, given, word, "领导小组议定")
        return self.sheet(staff)

    def signed(self, staff, **how):
        self.decided(staff, **how)
        one = self.sheet(staff)
        kept = behind.kept_with(YEAR, staff, self.now.date())
        evaluations.sign(self.leader, one.id, kept)
        return self.sheet(staff)


@pytest.fixture
def made(world):
    return Procedure(world)


@pytest.fixture
def told(made):
    return made.opened().assessed().shown()


def test_a_year_goes_from_opening_to_a_signed_sheet(made):
    alice = made.world.staff_alice
    made.opened().assessed()
    evaluations.assess_oneself(made.actor("alice"), made.sheet(alice).id, "90", "尽力了")
    made.shown()
    evaluations.agree(made.actor("alice"), made.sheet(alice).id)
    sheet = made.signed(alice)
    assert evaluations.state_of(sheet, made.settings(), JULY.date()) == evaluations.SIGNED
    assert sheet.several_sides
    assert sheet.score == sheets.proposal(sheet, made.settings(), 0)
    assert sheet.head
    assert "talk" in sheet.records


@pytest.mark.parametrize("who", ["clerk", "alice", "bob", "counsellor", "inspector"])
def test_only_the_leadership_takes_the_steps_of_the_leadership(told, who):
    actor, sheet = told.actor(who), told.sheet(told.world.staff_alice).id
    steps = [
        lambda: evaluations.open_year(actor, "2026-2027", {}),
        lambda: evaluations.freeze(actor, CODE, []),
        lambda: evaluations.show(actor, CODE, {}),
        lambda: evaluations.assess(actor, sheet, "90", ""),
        lambda: evaluations.give_points(actor, sheet, "1", "理由", "F601"),
        lambda: evaluations.drop_points(actor, sheet, 1),
        lambda: evaluations.answer(actor, sheet, "答复"),
        lambda: evaluations.decide(actor, sheet, 9000, "合格", ""),
        lambda: evaluations.sign(actor, sheet, {}),
        lambda: evaluations.reopen(actor, sheet, "理由"),
        lambda: evaluations.publish(actor, CODE, ["合格"], names=True, until=None),
        lambda: evaluations.open_to_inspector(actor, sheet),
    ]
    for step in steps:
        with pytest.raises(Denied):
            step()


@pytest.mark.parametrize("who", ["clerk", "bob", "counsellor", "inspector", "leadership"])
def test_nobody_speaks_for_another_on_the_own_side(told, who):
    actor, sheet = told.actor(who), told.sheet(told.world.staff_alice).id
    for step in (
        lambda: evaluations.assess_oneself(actor, sheet, "90", ""),
        lambda: evaluations.agree(actor, sheet),
        lambda: evaluations.contest(actor, sheet, "不对", ""),
    ):
        with pytest.raises((Denied, NotFound)):
            step()


def test_nobody_takes_a_step_on_the_own_sheet(told):
    own, leader = told.sheet(told.world.staff_leadership).id, told.leader
    for step in (
        lambda: evaluations.assess(leader, own, "100", ""),
        lambda: evaluations.give_points(leader, own, "1", "理由", "F601"),
        lambda: evaluations.answer(leader, own, "答复"),
        lambda: evaluations.decide(leader, own, 9000, "合格", ""),
        lambda: evaluations.reopen(leader, own, "理由"),
        lambda: evaluations.sign(leader, own, {}),
    ):
        with pytest.raises(Denied):
            step()


def test_nobody_takes_a_step_on_the_sheet_of_the_own_department(made):
    add("department", name="政教处", head=made.world.staff_leadership)
    made.opened()
    sheet = next(one for one in evaluations.newest(CODE) if one.kind == OF_DEPARTMENT)
    with pytest.raises(Denied):
        evaluations.assess(made.leader, sheet.id, "100", "")
    evaluations.assess(made.second, sheet.id, "80", "按期做到")


def test_the_settings_of_a_year_are_fixed_once_it_is_open(made):
    made.opened()
    with pytest.raises(Invalid):
        evaluations.open_year(made.leader, CODE, {"facts_share": 100})
    year = made.settings()
    for who in ("clerk", "leadership"):
        with pytest.raises(Denied):
            service.update(
                made.actor(who), find("evaluation-year"), year.id, {"facts_share": 1}, year.version
            )


def test_facts_alone_need_a_reason(made):
    raw = {"facts_share": 100, "leadership_share": 0, "self_share": 0}
    with pytest.raises(Invalid, match="理由"):
        evaluations.open_year(made.leader, CODE, raw)
    evaluations.open_year(made.leader, CODE, raw | {"one_side_reason": "首年试行"})


def test_one_side_alone_is_not_signed_without_the_reason(made):
    raw = {"facts_share": 60, "leadership_share": 0, "self_share": 40}
    made.opened(**raw).shown()
    made.now += timedelta(days=8)
    made.decided(made.world.staff_alice)
    with pytest.raises(Invalid, match="多元评价"):
        evaluations.sign(made.leader, made.sheet(made.world.staff_alice).id, {})


def test_sheets_are_not_shown_while_the_leadership_has_not_said_its_view(made):
    made.opened()
    with pytest.raises(Invalid, match="没有评分"):
        made.shown()


def test_points_need_a_reason_and_a_basis_and_stay_within_the_limit(made):
    made.opened()
    sheet = made.sheet(made.world.staff_alice).id
    basis = f"谈心记录 {made.world.talk_a}"
    for wrong in (
        ("1", "", basis),
        ("1", "承担公开活动", ""),
        ("1", "承担公开活动", "谈心记录 99999"),
        ("9", "承担公开活动", basis),
    ):
        with pytest.raises(Invalid):
            evaluations.give_points(made.leader, sheet, *wrong)
    evaluations.give_points(made.leader, sheet, "3", "承担公开活动", basis)
    evaluations.give_points(made.leader, sheet, "-1", "材料偏晚", "F601")
    with pytest.raises(Invalid):
        evaluations.give_points(made.leader, sheet, "4", "再加", basis)


def test_a_teacher_objects_within_the_days_and_is_answered_before_the_decision(told):
    alice, sheet = told.world.staff_alice, told.sheet(told.world.staff_alice).id
    with pytest.raises(Invalid):
        told.decided(alice)
    evaluations.contest(told.actor("alice"), sheet, "漏计一次家访", "家访记录 1")
    with pytest.raises(Invalid, match="已经申诉过"):
        evaluations.contest(told.actor("alice"), sheet, "再说一次", "")
    told.now += timedelta(days=30)
    with pytest.raises(Invalid):
        told.decided(alice)
    evaluations.answer(told.leader, sheet, "已核对，家访没有照片")
    with pytest.raises(Invalid):
        evaluations.answer(told.leader, sheet, "改口")
    assert told.signed(alice).objection_answer == "已核对，家访没有照片"


def test_nobody_objects_after_the_last_day(told):
    told.now += timedelta(days=7)
    sheet = told.sheet(told.world.staff_alice).id
    evaluations.contest(told.actor("alice"), sheet, "最后一天", "")
    told.now += timedelta(days=1)
    with pytest.raises(Invalid, match="已经过了"):
        evaluations.contest(told.actor("bob"), told.sheet(told.world.staff_bob).id, "晚了", "")


def test_who_says_nothing_is_heard_the_day_after_the_last_to_object(told):
    sheet, year = told.sheet(told.world.staff_bob), told.settings()
    last = evaluations.last_day_to_object(sheet, year)
    assert last == JULY.date() + timedelta(days=7)
    assert evaluations.state_of(sheet, year, last) == evaluations.TOLD
    assert evaluations.state_of(sheet, year, last + timedelta(days=1)) == evaluations.ANSWERED
    told.now = JULY + timedelta(days=7)
    with pytest.raises(Invalid, match="申诉期还没有过"):
        told.decided(told.world.staff_bob)


def test_an_outcome_beside_the_thresholds_asks_for_words(told):
    told.now += timedelta(days=8)
    one = told.sheet(told.world.staff_alice)
    word = evaluations.outcome_for(one.score, told.settings())
    other = next(w for w in ("表彰", "合格", "批评") if w != word)
    with pytest.raises(Invalid, match="改定"):
        evaluations.decide(told.leader, one.id, one.score, other, "")


def test_nothing_due_gives_no_score_and_cannot_be_decided(told):
    """Charlie has neither pairing nor class: other sides judge him; a pairing needs facts."""
    told.now += timedelta(days=8)
    charlie = told.sheet(told.world.staff_charlie)
    assert charlie.computed_score is None
    assert charlie.kind != OF_TEACHER
    charlie.kind = OF_TEACHER
    assert sheets.proposal(charlie, told.settings(), 300) is None
    with pytest.raises(Invalid, match="没有得分"):
        evaluations.decide(told.leader, charlie.id, None, "合格", "")


def test_a_signed_sheet_is_changed_and_deleted_by_nobody(told):
    alice, world = told.world.staff_alice, told.world
    told.now += timedelta(days=8)
    signed = told.signed(alice)
    declared = find("evaluation")
    for who in ("clerk", "leadership", "alice"):
        actor = told.actor(who)
        with pytest.raises((Denied, Locked)):
            service.update(actor, declared, signed.id, {"score": "99"}, signed.version)
        with pytest.raises((Denied, Locked)):
            service.delete(actor, declared, signed.id)
    with pytest.raises(Locked):
        service.update(system(told.now), declared, signed.id, {"score": "99"}, signed.version)
    with pytest.raises((Denied, Locked)):
        service.delete(system(told.now), declared, signed.id)
    with pytest.raises(Invalid):
        evaluations.drop_points(told.leader, signed.id, 1)
    assert row(world.clerk, declared, signed.id).version == signed.version


def test_the_points_of_a_signed_sheet_are_closed_with_it(made):
    alice = made.world.staff_alice
    made.opened().assessed()
    evaluations.give_points(made.leader, made.sheet(alice).id, "3", "承担公开活动", "F601")
    made.shown()
    made.now += timedelta(days=8)
    made.signed(alice)
    lines = find("evaluation-point")
    (point,) = every_row(lines)
    for step in (
        lambda: service.update(system(made.now), lines, point.id, {"points": "5"}, point.version),
        lambda: service.delete(system(made.now), lines, point.id),
    ):
        with pytest.raises(RecordsError):
            step()
    assert row(made.world.clerk, lines, point.id).points == 300


def test_the_generic_pages_make_no_sheet_and_no_year(world):
    for slug in ("evaluation", "evaluation-year", "award-bar"):
        for who in ("clerk", "leadership", "alice"):
            with pytest.raises(Denied):
                service.create(world.actors[who], find(slug), {})


def test_later_edits_show_as_changed_since_and_do_not_change_the_sheet(told):
    told.now += timedelta(days=8)
    signed = told.signed(told.world.staff_alice)
    assert behind.changes(signed) == behind.Changes([], [])
    change("talk", told.world.talk_a, content="后来补写的内容")
    assert behind.changes(signed).changed == [("talk", told.world.talk_a)]
    service.delete(system(told.now), find("talk"), told.world.talk_a)
    assert behind.changes(signed).gone == [("talk", told.world.talk_a)]
    again = told.sheet(told.world.staff_alice)
    assert (again.score, again.facts, again.records) == (
        signed.score,
        signed.facts,
        signed.records,
    )


def test_reopening_makes_a_new_edition_and_keeps_the_old_one(told):
    alice = told.world.staff_alice
    told.now += timedelta(days=8)
    old = told.signed(alice)
    with pytest.raises(Invalid):
        evaluations.reopen(told.leader, old.id, " ")
    new = evaluations.reopen(told.leader, old.id, "家访核实有误")
    assert (new.edition, new.signed_on, new.reopened_why) == (2, None, "家访核实有误")
    assert [one.id for one in evaluations.editions(new)] == [new.id, old.id]
    with pytest.raises(Invalid):
        evaluations.reopen(told.leader, old.id, "再来")
    assert evaluations.editions(new)[1].records == old.records


def test_two_sign_where_the_school_says_so(made):
    made.opened(second_signature=True).assessed().shown()
    made.now += timedelta(days=8)
    one = made.decided(made.world.staff_alice)
    assert evaluations.sign(made.leader, one.id, {}) == evaluations.HALF_SIGNED
    assert made.sheet(made.world.staff_alice).signed_on is None
    with pytest.raises(Invalid):
        evaluations.sign(made.leader, one.id, {})
    assert evaluations.sign(made.second, one.id, {}) == evaluations.SIGNED


def test_with_one_leader_another_member_countersigns_on_paper(made):
    user = find("user")
    only = row(system(JULY), user, made.second.user_id)
    service.update(system(JULY), user, only.id, {"disabled": True}, only.version)
    other = add(
        "leadership-member", staff=made.world.staff_bob, position="成员", since="2025-09-01"
    )
    own = add(
        "leadership-member", staff=made.world.staff_leadership, position="组长", since="2025-09-01"
    )
    herself = add(
        "leadership-member", staff=made.world.staff_alice, position="成员", since="2025-09-01"
    )
    made.opened(second_signature=True)
    for one in evaluations.newest(CODE):
        if not evaluations.is_own(made.leader, one):
            evaluations.assess(made.leader, one.id, "80", "")
    with pytest.raises(Invalid):
        made.shown()
    one = made.sheet(made.world.staff_alice)
    service.update(
        system(JULY),
        find("evaluation"),
        one.id,
        {"shown_on": JULY.date(), "score": "70"},
        one.version,
    )
    made.now += timedelta(days=8)
    one = made.decided(made.world.staff_alice)
    for member in (None, own, other):
        with pytest.raises(Invalid):
            evaluations.sign(made.leader, one.id, {}, member)
    add(
        "photo",
        register="evaluation",
        record_id=one.id,
        evidence="countersign",
        sha256="0" * 64,
        path="x",
        kind="jpg",
    )
    # Neither who signs nor who is judged is the other one, the scan on file or not.
    for member in (None, own, herself):
        with pytest.raises(Invalid):
            evaluations.sign(made.leader, one.id, {}, member)
    assert [m.id for m in evaluations.countersigners(made.leader, one)] == [other]
    assert evaluations.sign(made.leader, one.id, {}, other) == evaluations.SIGNED
    assert made.sheet(made.world.staff_alice).countersigned_by_id == made.world.staff_bob


def test_a_lost_eligibility_refuses_awards_but_for_the_leadership_with_a_reason(told):
    bob, award = told.world.staff_bob, find("award")
    told.now += timedelta(days=8)
    told.signed(bob, outcome=BARRED)
    raw = {
        "recipient_kind": "教师",
        "staff": bob,
        "kind": "先进教师",
        "awarded_on": told.now.date().isoformat(),
        "reason": "家访扎实",
    }
    with pytest.raises(Invalid, match="取消当年评优资格"):
        service.create(told.actor("clerk"), award, raw)
    reason = {"override_reason": "领导小组集体研究同意"}
    with pytest.raises(Invalid):
        service.create(told.actor("clerk"), award, raw | reason)
    made = service.create(told.leader, award, raw | reason)
    service.update(told.actor("clerk"), award, made.id, {"reason": "改字"}, made.version)
    service.create(told.actor("clerk"), award, raw | {"staff": told.world.staff_alice})


def test_of_two_who_stood_level_the_better_judged_is_chosen(told):
    alice, bob, award = told.world.staff_alice, told.world.staff_bob, find("award")
    told.now += timedelta(days=8)
    told.signed(bob, score=8000)
    raw = {
        "recipient_kind": "教师",
        "staff": bob,
        "equal_with": alice,
        "kind": "推荐晋级",
        "awarded_on": told.now.date().isoformat(),
    }
    # Whoever has no signed evaluation of the year is not compared.
    first = service.create(told.leader, award, raw)
    told.signed(alice, score=9000)
    with pytest.raises(Invalid, match="优先考虑") as refused:
        service.create(told.leader, award, raw)
    assert set(refused.value.errors) == {"equal_with"}
    # The edit as well as the create; the record of before stays as it was.
    with pytest.raises(Invalid, match="优先考虑"):
        service.update(told.leader, award, first.id, {"level": "校级"}, first.version)
    for wrong in ({"equal_with": bob}, {"recipient_kind": "部门", "staff": None}):
        with pytest.raises(Invalid):
            service.create(told.leader, award, raw | wrong)
    with pytest.raises(Invalid, match="领导小组"):
        service.create(told.actor("clerk"), award, raw | {"override_reason": "集体研究"})
    service.create(told.leader, award, raw | {"override_reason": "集体研究，另有支教一年"})
    service.create(told.leader, award, raw | {"staff": alice, "equal_with": bob})
    # An award given before that evaluation was signed asks for nothing.
    earlier = (told.now - timedelta(days=1)).date().isoformat()
    service.create(told.leader, award, raw | {"awarded_on": earlier})


def test_of_two_judged_alike_either_is_chosen(told):
    told.now += timedelta(days=8)
    for staff in (told.world.staff_alice, told.world.staff_bob):
        told.signed(staff, score=8000)
    raw = {"recipient_kind": "教师", "kind": "推荐晋级", "awarded_on": str(told.now.date())}
    pair = {"staff": told.world.staff_alice, "equal_with": told.world.staff_bob}
    assert service.create(told.leader, find("award"), raw | pair).id


def test_a_new_edition_gives_a_lost_eligibility_back(told):
    bob = told.world.staff_bob
    told.now += timedelta(days=8)
    old = told.signed(bob, outcome=BARRED)
    add(
        "award-bar",
        school_year="2024-2025",
        teacher=bob,
        evaluation=old.id,
        decided_on="2025-07-01",
    )
    new = evaluations.reopen(told.leader, old.id, "核实有误")
    draft = next(
        one
        for one in sheets.drafts(CODE, told.settings(), told.now.date())
        if (one.kind, one.subject) == (OF_TEACHER, bob)
    )
    evaluations.refresh_facts(told.leader, new.id, draft, 7000)
    told.now += timedelta(days=8)
    told.signed(bob, outcome="合格")
    lifted = {one.school_year: one.lifted_on for one in every_row(find("award-bar"))}
    assert lifted == {CODE: told.now.date(), "2024-2025": None}


def test_the_inspector_opens_a_sheet_only_for_two_hours(told):
    sheet, inspector = told.sheet(told.world.staff_alice), told.actor("inspector")
    with pytest.raises(NotFound):
        evaluations.fetch(inspector, sheet.id)
    evaluations.open_to_inspector(told.leader, sheet.id)
    assert evaluations.fetch(inspector, sheet.id).id == sheet.id
    told.now += timedelta(hours=2)
    with pytest.raises(NotFound):
        evaluations.fetch(told.actor("inspector"), sheet.id)


def test_results_are_published_only_when_all_are_signed(told):
    with pytest.raises(Invalid, match="没有签署"):
        evaluations.publish(told.leader, CODE, ["合格"], names=False, until=None)


def test_results_are_published_till_today_at_the_earliest(told, monkeypatch):
    today = told.now.date()
    # All signed, as it were: only the days are asked about here.
    monkeypatch.setattr(evaluations, "newest", lambda _code: [])
    with pytest.raises(Invalid) as refused:
        evaluations.publish(
            told.leader, CODE, ["合格"], names=False, until=today - timedelta(days=1)
        )
    assert set(refused.value.errors) == {"until"}
    for until in (today, None):
        evaluations.publish(told.leader, CODE, ["合格"], names=False, until=until)
        assert told.settings().published_until == until


def test_last_years_score_is_the_signed_one(told):
    alice, next_year = told.world.staff_alice, Year("2026-2027")
    assert sheets.scores_before(next_year) == {}
    told.now += timedelta(days=8)
    signed = told.signed(alice)
    assert sheets.scores_before(next_year) == {(OF_TEACHER, alice): signed.score}


@pytest.mark.parametrize(
    ("outcomes", "names", "is_named"),
    [("合格", True, True), ("合格", False, False), ("批评", True, False)],
)
def test_a_bulletin_names_whom_the_school_decided_to_name(
    told, data_dir, outcomes, names, is_named
):
    told.now += timedelta(days=8)
    told.signed(told.world.staff_alice, outcome="合格")
    change(
        "evaluation-year",
        told.settings().id,
        published_on=told.now.date(),
        publishes_names=names,
        published_outcomes=outcomes,
    )
    semester = calendar.school_calendar().semester("2025-2026-1")
    folders = (data_dir / "files", data_dir / "cache")
    asked = Asked(told.leader, "云岭中学", semester, *folders, None, ())
    body = DOCUMENTS["evaluation-bulletin"].maker(asked).body
    assert ("王爱丽" in body) is is_named
    assert "合格：1 份" in body


def test_answers_count_from_five_on(world):
    raw = {"school_year": CODE, "teacher": world.staff_alice, "counted_on": "2025-11-11"}
    add("evaluation-ballot", kind="学生", excellent=3, fair=1, **raw)
    assert sheets.ballots(CODE)[world.staff_alice] == sheets.Ballots(4, None)
    add("evaluation-ballot", kind="监护人", poor=1, **raw)
    assert sheets.ballots(CODE)[world.staff_alice].score == (3 * 100 + 60 + 40) / 5


def test_a_leader_nobody_made_sure_of_takes_no_step_and_is_no_second(made):
    change("user", made.second.user_id, disabled=True)
    change("user", made.second.user_id, disabled=False)
    with pytest.raises(Denied):
        evaluations.open_year(made.second, CODE, {})
    assert leaders.is_alone(made.leader)


def test_a_commended_teacher_is_entered_among_the_awards_once(told):
    alice = told.world.staff_alice
    told.now += timedelta(days=8)
    told.signed(alice, score=95_00)
    said = {"kind": "表彰", "held_at": "2026-07-05 15:00", "title": "总结表彰会", "place": "礼堂"}
    meeting = add("meeting", chair=told.world.staff_leadership, **said)
    for raw, where in ((("2026-07-06", None), "meeting"), (("那天", meeting), "awarded_on")):
        with pytest.raises(Invalid) as refused:
            evaluations.commend(told.leader, CODE, *raw)
        assert where in refused.value.errors
    assert evaluations.commend(told.leader, CODE, "2026-07-06", meeting) == 1
    (award,) = every_row(find("award")).where(find("award").model.staff == alice)
    sheet = told.sheet(alice)
    assert (award.evaluation_id, award.meeting_id, award.kind) == (sheet.id, meeting, "先进教师")
    with pytest.raises(Invalid):
        evaluations.commend(told.leader, CODE, "2026-07-06", meeting)
    evaluations.reopen(told.leader, sheet.id, "核实")
    assert evaluations.commended(CODE) == []


def test_one_who_leaves_gets_a_sheet_before_the_others_are_told(made):
    bob = made.world.staff_bob
    made.opened()
    draft = next(
        one
        for one in sheets.drafts(CODE, made.settings(), JULY.date())
        if one.subject == bob and one.kind != OF_DEPARTMENT
    )
    with pytest.raises(Invalid):
        evaluations.draft_leaver(made.leader, CODE, draft)
    change("staff", bob, left_on="2026-07-07")
    # Who leaves tomorrow is still there.
    assert evaluations.leavers(made.leader, CODE, YEAR.first, YEAR.last) == []
    with pytest.raises(Invalid, match="最后一天"):
        evaluations.draft_leaver(made.leader, CODE, draft)
    change("staff", bob, left_on="2026-07-05")
    assert [one.id for one in evaluations.leavers(made.leader, CODE, YEAR.first, YEAR.last)] == [
        bob
    ]
    sheet = evaluations.draft_leaver(made.leader, CODE, draft)
    with pytest.raises(Invalid):
        evaluations.tell_one(made.leader, sheet.id, draft.score)
    evaluations.assess(made.leader, sheet.id, "80", "评语")
    evaluations.tell_one(made.leader, sheet.id, draft.score)
    states = {
        one.teacher_id: evaluations.state_of(one, made.settings(), JULY.date())
        for one in evaluations.newest(CODE)
    }
    assert states.pop(bob) == evaluations.TOLD
    assert set(states.values()) == {evaluations.DRAFT}
    assert evaluations.leavers(made.leader, CODE, YEAR.first, YEAR.last) == []
    with pytest.raises(Invalid):
        evaluations.draft_leaver(made.leader, CODE, draft)
    # The others' facts are taken anew; what was told stays.
    before = made.sheet(bob).facts
    evaluations.freeze(made.leader, CODE, sheets.drafts(CODE, made.settings(), JULY.date()))
    assert made.sheet(bob).facts == before


def test_the_score_of_a_department_has_a_reason(made):
    department = add("department", name="教务处")
    made.opened()
    sheet = next(one for one in evaluations.newest(CODE) if one.department_id == department)
    with pytest.raises(Invalid) as refused:
        evaluations.assess(made.leader, sheet.id, "80", " ")
    assert "remark" in refused.value.errors
    evaluations.assess(made.leader, sheet.id, "80", "比去年按时")


def test_the_school_says_which_year_is_judged(world):
    assert running_year(JULY.date()).code == CODE
    change("school", world.school, evaluation_year="自然年")
    assert running_year(JULY.date()).code == "2026"


def test_what_came_in_after_a_closing_is_told_beside_the_figure(made):
    alice = made.world.staff_alice
    assert behind.after_closing(YEAR, alice, JULY.date()) == {}
    change("semester", made.world.autumn, closed_on="2025-10-01")
    late = behind.after_closing(YEAR, alice, JULY.date())
    assert late["talk-weekly"] == late["visit-class-teacher"] == 1
    change("semester", made.world.autumn, closed_on="2026-07-01")
    assert behind.after_closing(YEAR, alice, JULY.date()) == {}
