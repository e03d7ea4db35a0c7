"""Findings of boxes 14 to 18 and of the sealed register: property, news, safety, supervision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from compliance.checklists.hardware import POSTING, hardware
from compliance.findings.look import Check, Hit, Look, at_record, children, empty, living
from compliance.judged.verdict import State
from compliance.ordered.reading import tuples
from compliance.told.burden import burden
from compliance.told.incidents import late_steps
from models.core.actor import system
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.activities import Activity
from models.kept.archive import ArchiveItem
from models.kept.children import Child
from models.kept.counselling import Counselling
from models.kept.subsidies import Subsidy
from models.kept.supervision import Rectification
from models.school.points import homes

# More lines than this are counted, not named.
NAMED = 5


def difference_open(_look: Look) -> Iterable[Hit]:
    """A stock-take found a difference that was not dealt with (S03-1)."""
    model, query = living("stock-take-line")
    open_ = query.select(model.id, model.asset, model.difference).where(
        model.difference.is_null(False), model.difference != 0, empty(model.handling)
    )
    return [
        Hit("stock-take-line", one, (("asset", asset),), f"相差 {difference:+d}")
        for one, asset, difference in tuples(open_)
    ]


def move_not_approved(look: Look) -> Iterable[Hit]:
    """An asset was moved without approval, or lent out and not brought back (Q14-1)."""
    model, query = living("asset-move")
    before = look.today - timedelta(days=look.number("days"))
    unapproved = model.approved_on.is_null(True)
    out = model.returned_on.is_null(True) & (model.moved_on < before)
    found = query.select(model.id, model.asset, model.approved_on).where(unapproved | out)
    return [
        Hit("asset-move", one, (("asset", asset),), "逾期未还" if approved else "未经批准")
        for one, asset, approved in tuples(found)
    ]


def hardware_short(look: Look) -> Iterable[Hit]:
    """Lines of the hardware checklist are not reached, told once per room."""
    lacking: dict[str, list[str]] = {}
    for home in homes(look.today, look.today):
        for state in hardware(look.today, look.semester, home.point):
            # What does not hang on the wall is a finding of its own.
            if not state.is_met and state.line.counted != POSTING:
                lacking.setdefault(f"{home.name}{state.line.room}", []).append(state.line.title)
    for room, titles in lacking.items():
        more = f"等 {len(titles)} 项" if len(titles) > NAMED else ""
        yield Hit("asset", None, (), f"{room}的{'、'.join(titles[:NAMED])}{more}不够")


def news_missing(look: Look) -> Iterable[Hit]:
    """Fewer than two news items were written this month (S03-17)."""
    if look.semester is None or look.today not in look.semester:
        return
    model, query = living("news-item")
    count = query.where(model.month == f"{look.today:%Y-%m}").count()
    if count < look.number("items"):
        yield Hit("news-item", None, (), f"本月已有 {count} 条")


def hardship_without_subsidy(look: Look) -> Iterable[Hit]:
    """A child in hardship has neither aid nor a reason this semester (Q03-3)."""
    if look.semester is None:
        return
    semester, semesters = living("semester")
    this = semesters.select(semester.id).where(semester.code == look.semester.code)
    decided = (
        every_row(register_of(Subsidy)).select(Subsidy.child).where(Subsidy.semester.in_(this))
    )
    poor = children(look.today, ~empty(Child.hardship), Child.id.not_in(decided))
    for (child,) in tuples(poor):
        yield Hit("child", child, (("child", child),))


def told_too_late(look: Look) -> Iterable[Hit]:
    """Somebody was told of an incident too late, or not yet (Q01-1)."""
    for incident, late in late_steps(look.now):
        told = "、".join(
            f"{step.recipient}{'还没有通报' if step.state is State.MISSED else '通报迟了'}"
            for step in late
        )
        yield Hit("incident", incident, (), told)


def report_missing(look: Look) -> Iterable[Hit]:
    """An incident has no written report."""
    model, query = living("incident")
    before = look.now - timedelta(days=look.number("days"))
    late = query.where(model.written_report_on.is_null(True), model.occurred_at < before)
    return at_record("incident", late.select(model.id))


def check_not_corrected(look: Look) -> Iterable[Hit]:
    """A check found something that was not put right."""
    model, query = living("safety-check")
    open_ = query.where(model.passed == "有问题", model.corrected_on.is_null(True))
    return at_record("safety-check", open_.select(model.id))


def correction_overdue(look: Look) -> Iterable[Hit]:
    """A problem found by the supervision is not put right, or not verified, in time (Q22-0)."""
    query = every_row(register_of(Rectification)).where(
        Rectification.verified_on.is_null(True), Rectification.deadline < look.today
    )
    found = query.select(Rectification.id, Rectification.deadline, Rectification.done_on)
    return [
        Hit("rectification", one, (), f"期限 {due}，{'已整改待验收' if done else '还没有整改'}")
        for one, due, done in tuples(found)
    ]


def evaluation_unsigned(_look: Look) -> Iterable[Hit]:
    """An evaluation is not signed."""
    model, query = living("evaluation")
    found = query.select(model.id, model.teacher, model.school_year)
    return [
        Hit("evaluation", one, (("staff", teacher),) if teacher else (), f"{year} 学年")
        for one, teacher, year in tuples(found.where(model.signed_on.is_null(True)))
    ]


def activity_not_archived(look: Look) -> Iterable[Hit]:
    """Nothing of a school-wide activity was filed within two weeks (Q20-3)."""
    filed = every_row(register_of(ArchiveItem)).select(ArchiveItem.activity)
    filed = filed.where(ArchiveItem.activity.is_null(False))
    query = (
        every_row(register_of(Activity))
        .select(Activity.id)
        .where(
            Activity.reach == "全校",
            look.this_semester(Activity.held_at),
            Activity.held_at < look.today - timedelta(days=look.number("days")),
            Activity.id.not_in(filed),
        )
    )
    return at_record("activity", query)


def too_much_to_enter(look: Look) -> Iterable[Hit]:
    """A teacher is asked for more minutes of typing per week than the school wants to ask."""
    if look.semester is None:
        return
    most = look.number("minutes_per_week")
    for load in burden(system(look.now), look.semester).loads:
        if load.minutes > most:
            note = f"每周约 {float(load.minutes):.0f} 分钟、{float(load.entries):.0f} 条"
            yield Hit("staff", load.staff, (("staff", load.staff),), note)


def card_unfinished(look: Look) -> Iterable[Hit]:
    """A counselling card was not finished in time (S14-5, Q13-4): number and date alone."""
    query = every_row(register_of(Counselling)).select(Counselling.id, Counselling.held_on)
    before = look.today - timedelta(days=look.number("days"))
    open_ = query.where(Counselling.finished_on.is_null(True), Counselling.held_on < before)
    return [Hit("counselling", one, (), f"{held}") for one, held in tuples(open_)]


CHECKS: tuple[tuple[str, Check], ...] = (
    ("F1401", difference_open),
    ("F1402", move_not_approved),
    ("F1403", hardware_short),
    ("F1501", news_missing),
    ("F1601", hardship_without_subsidy),
    ("F1701", told_too_late),
    ("F1702", report_missing),
    ("F1703", check_not_corrected),
    ("F1801", correction_overdue),
    ("F1802", evaluation_unsigned),
    ("F1803", activity_not_archived),
    ("F1804", too_much_to_enter),
    ("F1901", card_unfinished),
)
