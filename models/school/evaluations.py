"""考核的步骤: from the year's opening to signed sheets, each step checked here and nowhere else.

Leadership acts, and nobody on the own sheet or that of the department headed; a teacher gives the
own view, agrees or objects. A signed sheet is closed for ever by the service (`final`): it is
opened again as a new edition, beside which the old one stays. The figures are handed in by whoever
worked them out; what they mean is no business of this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from peewee import AutoField, DateTimeField, IntegerField

from models.core import audit, service
from models.core.actor import Actor
from models.core.boxes import CLERK, INSPECTOR, LEADERSHIP, OFFICE
from models.core.database import Base
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row, rows
from models.core.register import register_of
from models.core.rules import value
from models.core.spans import holds_on
from models.kept.evaluation import (
    BARRED,
    COMMENDED,
    EVALUATION_OUTCOMES,
    OF_DEPARTMENT,
    OF_TEACHER,
    SIDES,
    AwardBar,
    Evaluation,
    EvaluationPoint,
    EvaluationYear,
)
from models.kept.growth import Award
from models.kept.leadership import Department, LeadershipMember
from models.kept.photos import Photo
from models.kept.staff import Staff
from models.sealed import leaders

# What the leadership sets before a year opens.
SETTINGS = (
    *(f"{name}_share" for name in SIDES),
    "one_side_reason",
    "late_credit",
    "commend_from",
    "pass_from",
    "bar_below",
    "objection_days",
    "second_signature",
)
DRAFT, TOLD, OBJECTED, ANSWERED, DECIDED, HALF_SIGNED, SIGNED = (
    "草稿",
    "已告知",
    "有申诉",
    "待决定",
    "待签署",
    "待第二人签署",
    "已签署",
)
STATES = (DRAFT, TOLD, OBJECTED, ANSWERED, DECIDED, HALF_SIGNED, SIGNED)
OPEN_HOURS = 2


class SheetOpening(Base):
    """One drawn sheet, opened to the inspectors by the leadership until a moment."""

    id = AutoField()
    evaluation = IntegerField(index=True, column_name="evaluation_id")
    opened_at = DateTimeField()
    until = DateTimeField()

    class Meta:
        table_name = "sheet_opening"


class Draft(NamedTuple):
    """What a sheet is drafted with: kind, whose it is, facts' score (hundredths), facts (JSON)."""

    kind: str
    subject: int
    score: int | None
    facts: Mapping[str, Any]


# The year.


def year_row(code: str) -> Any | None:
    """Return the year's settings and progress, None before it was opened; open to all staff."""
    return every_row(register_of(EvaluationYear)).where(EvaluationYear.school_year == code).first()


def open_year(actor: Actor, code: str, raw: Mapping[str, Any]) -> Any:
    """Open a year with its settings, fixed from then on; Denied, or Invalid with a message."""
    demand(actor)
    if year_row(code) is not None:
        raise Invalid({"": "这个年度的考核已经开始，各项设置不能再改"})
    given = {name: raw[name] for name in SETTINGS if name in raw}
    given |= {"school_year": code, "opened_on": actor.today}
    return service.create(actor.as_product, register_of(EvaluationYear), given)


def freeze(actor: Actor, code: str, drafts: Iterable[Draft]) -> int:
    """Draft the sheets from the facts of today and return how many; those told or signed stay.

    It may be repeated until the sheets are shown to the teachers.
    """
    demand(actor)
    year = opened(code)
    if year.shown_on is not None:
        raise Invalid({"": "考核表已经告知教师，事实不再重新截取；个别的请重新开放那一份"})
    with service.work(actor.as_product) as current:
        made = _draft(current, actor, code, drafts)
        _set(current, year, {"frozen_on": actor.today})
    return made


def _draft(current: service.Work, actor: Actor, code: str, drafts: Iterable[Draft]) -> int:
    """Make or renew the sheets not told yet, and return how many."""
    known = {(one.kind, subject_of(one)): one for one in newest(code)}
    made = 0
    for draft in drafts:
        sheet = known.get((draft.kind, draft.subject))
        if sheet is not None and (sheet.signed_on is not None or sheet.shown_on is not None):
            continue
        made += 1
        given = {
            "computed_score": _shown(draft.score),
            "facts": json.dumps(draft.facts, ensure_ascii=False),
            "evaluated_on": actor.today,
        }
        if sheet is None:
            name = "department" if draft.kind == OF_DEPARTMENT else "teacher"
            raw = {"school_year": code, "kind": draft.kind, name: draft.subject, **given}
            service.create(current.actor, register_of(Evaluation), raw, current=current)
        else:
            _set(current, sheet, given)
    return made


def leavers(actor: Actor, code: str, first: date, last: date) -> list[Any]:
    """Return the staff who left within the year and whose sheets were not told yet."""
    told = {one.teacher_id for one in newest(code) if one.shown_on is not None}
    gone = every_row(register_of(Staff)).where(
        Staff.left_on.between(first, min(last, actor.today)), Staff.id.not_in(list(told))
    )
    return list(gone.order_by(Staff.left_on, Staff.id))


def draft_leaver(actor: Actor, code: str, draft: Draft) -> Any:
    """Draft the sheet of one who leaves, whatever step the others have come to; return it.

    Raises Invalid while the last day lies ahead, and when the sheet was told already.
    """
    demand(actor)
    opened(code)
    staff = row(actor.as_product, register_of(Staff), draft.subject)
    if staff is None or staff.left_on is None or staff.left_on > actor.today:
        raise Invalid({"": "最后一天到了才能单独出考核表，请先在教职工里登记离校日期"})
    with service.work(actor.as_product) as current:
        if not _draft(current, actor, code, [draft]):
            raise Invalid({"": "这位教师的考核表已经告知，不再重做"})
    return next(one for one in newest(code) if one.teacher_id == draft.subject)


def tell_one(actor: Actor, sheet_id: Any, proposed: int | None) -> None:
    """Show one sheet alone to its teacher: of one who leaves before the others are told."""
    sheet = _judged(actor, sheet_id)
    year = opened(sheet.school_year)
    _before(sheet, sheet.shown_on is None, "考核表已经告知")
    if year.leadership_share and sheet.leadership_score is None:
        raise Invalid({"": "领导小组还没有评分，评完再告知"})
    _write(actor, sheet, {"shown_on": actor.today, "score": _shown(proposed)})


def show(actor: Actor, code: str, proposals: Mapping[int, int | None]) -> int:
    """Show every sheet to its teacher with the score proposed; returns how many.

    `proposals` are the scores (hundredths) by sheet. Sheets without a view of the leadership, where
    that is a side, are named as gaps and stop it.
    """
    demand(actor)
    year = opened(code)
    if year.frozen_on is None:
        raise Invalid({"": "请先截取事实"})
    waiting = [one for one in newest(code) if one.signed_on is None and one.shown_on is None]
    gaps = [one for one in waiting if year.leadership_share and one.leadership_score is None]
    if gaps:
        raise Invalid({"": f"还有 {len(gaps)} 份领导小组没有评分，评完再告知"})
    with service.work(actor.as_product) as current:
        for sheet in waiting:
            given = {"shown_on": actor.today, "score": _shown(proposals.get(sheet.id))}
            _set(current, sheet, given)
        if year.shown_on is None:
            _set(current, year, {"shown_on": actor.today})
    return len(waiting)


def publish(
    actor: Actor, code: str, outcomes: Iterable[str], *, names: bool, until: date | None
) -> None:
    """Publish the outcomes chosen to all staff, with names or as counts, until a day."""
    demand(actor)
    year, chosen = (
        opened(code),
        [outcome for outcome in EVALUATION_OUTCOMES if outcome in set(outcomes)],
    )
    if not chosen:
        raise Invalid({"outcomes": "请选择公布哪些结果"})
    if until is not None and until < actor.today:
        raise Invalid({"until": "公布期不能在今天以前结束"})
    if any(one.signed_on is None for one in newest(code)):
        raise Invalid({"": "还有考核表没有签署，全部签署以后再公布"})
    given = {
        "published_on": actor.today,
        "published_until": until,
        "publishes_names": names,
        "published_outcomes": "、".join(chosen),
    }
    with service.work(actor.as_product) as current:
        _set(current, year, given)


def commended(code: str) -> list[Any]:
    """Return the signed sheets of a year that commend and stand in no award yet."""
    awards = every_row(register_of(Award)).select(Award.evaluation)
    known = {one for (one,) in awards.where(Award.evaluation.is_null(False)).tuples()}
    signed = [one for one in newest(code) if one.signed_on is not None]
    # An older edition's award stands for the newer one too.
    return [
        one
        for one in signed
        if one.outcome == COMMENDED and not known & {same.id for same in editions(one)}
    ]


def commend(actor: Actor, code: str, awarded_on: str, meeting: int | None) -> int:
    """Enter the awards that the signed sheets order, with their day and meeting; return how many.

    Raises Invalid at `awarded_on` or `meeting`; nothing is entered then (Q25-三.1).
    """
    demand(actor)
    opened(code)
    waiting = commended(code)
    if not waiting:
        raise Invalid({"": "没有等着登记的表彰"})
    if meeting is None:
        raise Invalid({"meeting": "请选择宣布表彰的会议；还没有的先登记会议"})
    with service.work(actor.as_product) as current:
        for sheet in waiting:
            of_department = sheet.kind == OF_DEPARTMENT
            raw = {
                "recipient_kind": "部门" if of_department else "教师",
                "department" if of_department else "staff": subject_of(sheet),
                "kind": "先进部门" if of_department else "先进教师",
                "reason": f"{code} 考核为{COMMENDED}",
                "level": "校级",
                "awarded_on": awarded_on,
                "meeting": meeting,
                "evaluation": sheet.id,
            }
            service.create(current.actor, register_of(Award), raw, current=current)
    return len(waiting)


# The sheets.


def newest(code: str) -> list[Any]:
    """Return the last edition of every sheet of a year; for compliance and the office's pages."""
    query = every_row(register_of(Evaluation)).where(Evaluation.school_year == code)
    last = {
        (one.kind, subject_of(one)): one
        for one in query.order_by(Evaluation.edition, Evaluation.id)
    }
    return list(last.values())


def editions(sheet: Any) -> list[Any]:
    """Return every edition of a sheet, the newest first."""
    same = (Evaluation.kind == sheet.kind) & (Evaluation.school_year == sheet.school_year)
    name = Evaluation.department if sheet.kind == OF_DEPARTMENT else Evaluation.teacher
    query = every_row(register_of(Evaluation)).where(same, name == subject_of(sheet))
    return list(query.order_by(Evaluation.edition.desc()))


def subject_of(sheet: Any) -> int:
    """Return the teacher's or the department's id."""
    return int(sheet.department_id if sheet.kind == OF_DEPARTMENT else sheet.teacher_id)


def fetch(actor: Actor, sheet_id: Any) -> Any:
    """Return a sheet the actor may open: all, the own one, or one opened to the inspectors.

    Raises NotFound.
    """
    declared = register_of(Evaluation)
    sheet = row(actor.as_product if actor.role == INSPECTOR else actor, declared, sheet_id)
    if sheet is None or (actor.role == INSPECTOR and not is_open_to_inspector(actor, sheet.id)):
        raise NotFound("没有找到这份考核表")
    return sheet


def own_sheets(actor: Actor, code: str) -> list[Any]:
    """Return the actor's own sheets of a year, the newest edition first."""
    if actor.staff_id is None:
        return []
    query = rows(actor, register_of(Evaluation)).where(
        Evaluation.school_year == code, Evaluation.teacher == actor.staff_id
    )
    return list(query.order_by(Evaluation.edition.desc()))


def state_of(sheet: Any, year: Any, today: date) -> str:
    """Return the step a sheet has come to."""
    if sheet.signed_on is not None:
        return SIGNED
    if sheet.first_signed_by_id is not None:
        return HALF_SIGNED
    if sheet.decided_on is not None:
        return DECIDED
    if sheet.shown_on is None:
        return DRAFT
    if sheet.objection and not sheet.objection_answer:
        return OBJECTED
    return ANSWERED if _heard(sheet, year, today) else TOLD


def _heard(sheet: Any, year: Any, today: date) -> bool:
    """Whether the teacher has had the say: agreed, was answered, or let the days pass."""
    if sheet.agreed_on is not None or sheet.objection_answer or sheet.kind == OF_DEPARTMENT:
        return True
    return bool(today > last_day_to_object(sheet, year))


def last_day_to_object(sheet: Any, year: Any) -> date:
    """Return the last day on which a teacher may object to a sheet that was shown."""
    day: date = sheet.shown_on + timedelta(days=year.objection_days)
    return day


def is_own(actor: Actor, sheet: Any) -> bool:
    """Return whether a sheet is the actor's own, or of the department the actor heads."""
    if actor.staff_id is None:
        return False
    if sheet.kind != OF_DEPARTMENT:
        return bool(sheet.teacher_id == actor.staff_id)
    heads = every_row(register_of(Department)).where(
        Department.id == sheet.department_id, Department.head == actor.staff_id
    )
    return bool(heads.exists())


def assess(actor: Actor, sheet_id: Any, score: str, remark: str) -> None:
    """Give the leadership's view of a sheet, 0 to 100, with a remark."""
    sheet = _judged(actor, sheet_id)
    _before(sheet, sheet.shown_on is None, "考核表已经告知教师，评分不再改")
    if not score.strip():
        raise Invalid({"leadership_score": "请填写 0 到 100 的分数"})
    if sheet.kind == OF_DEPARTMENT and not remark.strip():
        raise Invalid({"remark": "部门的评分请写明理由，比如比去年进步在哪里"})
    given = {"leadership_score": score, "leadership_by": actor.staff_id, "remark": remark}
    _write(actor, sheet, given)


def give_points(actor: Actor, sheet_id: Any, points: str, reason: str, basis: str) -> None:
    """Give or take points, with the reason and the record or finding they rest on."""
    sheet = _judged(actor, sheet_id)
    _before(sheet, sheet.shown_on is None, "考核表已经告知教师，加减分不再改")
    values = {"points": points, "reason": reason, "basis": basis, "decided_on": actor.today}
    try:
        _write(actor, sheet, {}, {"evaluation-point": [service.LineInput(values)]})
    except Invalid as error:
        raise Invalid({k.rpartition(".")[2]: said for k, said in error.errors.items()}) from error


def drop_points(actor: Actor, sheet_id: Any, point_id: int) -> None:
    """Take a line of points back."""
    sheet = _judged(actor, sheet_id)
    _before(sheet, sheet.shown_on is None, "考核表已经告知教师，加减分不再改")
    _write(actor, sheet, {}, {"evaluation-point": [service.LineInput({}, point_id, remove=True)]})


def assess_oneself(actor: Actor, sheet_id: Any, score: str, remark: str) -> None:
    """Give the own view of the own sheet, until it is shown with a proposal."""
    sheet = _mine(actor, sheet_id)
    _before(sheet, sheet.shown_on is None, "考核表已经给出建议分，自评不再改")
    if not score.strip():
        raise Invalid({"self_score": "请填写 0 到 100 的分数"})
    _write(actor, sheet, {"self_score": score, "self_remark": remark})


def agree(actor: Actor, sheet_id: Any) -> None:
    """Say that there is nothing to object to."""
    sheet = _mine(actor, sheet_id)
    _before(sheet, sheet.shown_on is not None and not sheet.objection, "现在不能确认")
    _write(actor, sheet, {"agreed_on": actor.today})


def contest(actor: Actor, sheet_id: Any, objection: str, records: str) -> None:
    """Object in writing to the own sheet, with the records one points to."""
    sheet = _mine(actor, sheet_id)
    year = opened(sheet.school_year)
    if sheet.shown_on is None:
        raise Invalid({"": "考核表还没有告知，告知以后才能申诉"})
    if sheet.objection or sheet.decided_on is not None:
        raise Invalid({"": "这份考核表已经申诉过或已经决定"})
    if actor.today > last_day_to_object(sheet, year):
        raise Invalid({"": f"申诉期限到 {last_day_to_object(sheet, year)}，已经过了"})
    if not objection.strip():
        raise Invalid({"objection": "请写明哪里不对"})
    _write(
        actor,
        sheet,
        {
            "objection": objection.strip(),
            "objection_records": records.strip() or None,
            "objected_on": actor.today,
            "agreed_on": None,
        },
    )


def answer(actor: Actor, sheet_id: Any, text: str) -> None:
    """Answer an objection in writing; the answer is kept."""
    sheet = _judged(actor, sheet_id)
    _before(sheet, bool(sheet.objection) and not sheet.objection_answer, "没有待答复的申诉")
    if not text.strip():
        raise Invalid({"objection_answer": "请写明答复"})
    _write(actor, sheet, {"objection_answer": text.strip(), "answered_by": actor.staff_id})


def decide(actor: Actor, sheet_id: Any, score: int | None, outcome: str, remark: str) -> None:
    """Decide score (hundredths) and outcome; an outcome beside the thresholds asks for a remark."""
    sheet = _judged(actor, sheet_id)
    year = opened(sheet.school_year)
    if state_of(sheet, year, actor.today) not in (ANSWERED, DECIDED):
        raise Invalid({"": "教师的申诉期还没有过，也还没有确认无异议；申诉的请先答复"})
    if score is None:
        raise Invalid({"": "这份考核表没有可评的事实，没有得分，不能决定结果"})
    if outcome not in EVALUATION_OUTCOMES:
        raise Invalid({"outcome": "请选择考核结果"})
    if outcome != outcome_for(score, year) and not remark.strip():
        raise Invalid({"remark": f"按分数线是“{outcome_for(score, year)}”，改定的请写明理由"})
    given = {
        "score": _shown(score),
        "outcome": outcome,
        "decided_on": actor.today,
        "decided_by": actor.staff_id,
        "several_sides": _several_sides(sheet, year),
    }
    _write(actor, sheet, given | ({"remark": remark.strip()} if remark.strip() else {}))


def outcome_for(score: int, year: Any) -> str:
    """Return the outcome the year's thresholds give a score (hundredths)."""
    commended, passed, criticised, barred = EVALUATION_OUTCOMES
    if score >= year.commend_from:
        return commended
    if score >= year.pass_from:
        return passed
    return criticised if score >= year.bar_below else barred


def _several_sides(sheet: Any, year: Any) -> bool:
    """Whether at least two sides were given, or the year says why there is one alone."""
    sides = json.loads(sheet.facts or "{}").get("sides", [])
    given = {
        "facts": sheet.computed_score is not None,
        "leadership": sheet.leadership_score is not None,
        "self": sheet.self_score is not None,
        "others": "others" in sides,
    }
    counted = [name for name in SIDES if getattr(year, f"{name}_share") and given[name]]
    return len(counted) >= 2 or bool(year.one_side_reason)


def sign(
    actor: Actor,
    sheet_id: Any,
    records: Mapping[str, Any],
    countersigner: int | None = None,
) -> str:
    """Sign a decided sheet and return its state; the caller has asked for the password again.

    `records` are the records behind the facts with their hashes. Where the school wants two, a
    second member of the leadership signs too. With one leader another member of the group
    countersigns on paper, and the scan must be attached; so too for the one leader's own sheet.
    """
    demand(actor)
    sheet = fetch(actor, sheet_id)
    year = opened(sheet.school_year)
    alone = leaders.is_alone(actor)
    if is_own(actor, sheet) and not alone:
        raise Denied("自己的考核表由别的领导小组成员签署")
    if state_of(sheet, year, actor.today) not in (DECIDED, HALF_SIGNED):
        raise Invalid({"": "还没有决定，或已经签署"})
    if sheet.kind == OF_TEACHER and not sheet.several_sides:
        raise Invalid({"": "制度要求多元评价：至少要有两个方面的评价，或在年度设置里写明理由"})
    given: dict[str, Any] = {}
    if alone and (year.second_signature or is_own(actor, sheet)):
        given["countersigned_by"] = _countersigner(actor, sheet, countersigner)
    elif year.second_signature and sheet.first_signed_by_id is None:
        _write(actor, sheet, {"first_signed_by": actor.staff_id})
        return HALF_SIGNED
    elif sheet.first_signed_by_id is not None and sheet.first_signed_by_id == actor.staff_id:
        raise Invalid({"": "您已经签过，请另一位领导小组成员签署"})
    entries, head = audit.head()
    given |= {
        "signed_by": actor.staff_id,
        "signed_on": actor.today,
        "records": json.dumps(records, ensure_ascii=False),
        "head": head if entries else "",
    }
    with service.work(actor.as_product) as current:
        _set(current, sheet, given)
        _follow(current, actor, sheet)
    return SIGNED


def _follow(current: Any, actor: Actor, sheet: Any) -> None:
    """Write the consequence of a signed sheet: eligibility lost, or given back by a new edition."""
    bars = register_of(AwardBar)
    name = "department" if sheet.kind == OF_DEPARTMENT else "teacher"
    standing = every_row(bars).where(
        AwardBar.school_year == sheet.school_year,
        getattr(AwardBar, name) == subject_of(sheet),
        AwardBar.lifted_on.is_null(True),
    )
    for bar in standing:
        _set(current, bar, {"lifted_on": actor.today})
    if sheet.outcome == BARRED:
        raw = {"school_year": sheet.school_year, name: subject_of(sheet), "evaluation": sheet.id}
        service.create(current.actor, bars, raw | {"decided_on": sheet.decided_on}, current=current)


def _countersigner(actor: Actor, sheet: Any, member: int | None) -> int:
    """Return the other member of the group who signed on paper; the scan must be there."""
    term = holds_on(LeadershipMember, actor.today)
    found = every_row(register_of(LeadershipMember)).where(LeadershipMember.id == member, term)
    other = found.first()
    if other is None or other.staff_id in (actor.staff_id, sheet.teacher_id):
        raise Invalid({"countersigner": "请选择另一位领导小组成员（不能是本人）"})
    scans = every_row(register_of(Photo)).where(
        Photo.register == "evaluation",
        Photo.record_id == sheet.id,
        Photo.evidence == "countersign",
    )
    if not scans.exists():
        raise Invalid({"countersigner": "请先把纸面会签的扫描件传到这份考核表"})
    return int(other.staff_id)


def countersigners(actor: Actor, sheet: Any) -> list[Any]:
    """Return the members of the group who may countersign on paper."""
    members = every_row(register_of(LeadershipMember)).where(
        holds_on(LeadershipMember, actor.today)
    )
    return [
        member for member in members if member.staff_id not in (actor.staff_id, sheet.teacher_id)
    ]


def needs_paper(actor: Actor, sheet: Any, year: Any) -> bool:
    """Return whether signing asks for a countersignature on paper."""
    return leaders.is_alone(actor) and bool(year.second_signature or is_own(actor, sheet))


def reopen(actor: Actor, sheet_id: Any, reason: str) -> Any:
    """Open a signed sheet again as a new edition and return it; the old one stays as it is."""
    sheet = _judged(actor, sheet_id)
    if sheet.signed_on is None:
        raise Invalid({"": "只有签署过的考核表才需要重新开放"})
    if editions(sheet)[0].id != sheet.id:
        raise Invalid({"": "这份已经重新开放过，请看新的一版"})
    if not reason.strip():
        raise Invalid({"reason": "请写明理由"})
    kept = ("school_year", "kind", "computed_score", "leadership_score", "self_score", "facts")
    linked = ("teacher", "department", "leadership_by")
    raw: dict[str, Any] = {
        name: (_shown(found) if name.endswith("score") else found)
        for name in kept
        if (found := value(sheet, name)) is not None
    }
    raw |= {name: value(sheet, name) for name in linked if value(sheet, name) is not None}
    raw |= {
        "evaluated_on": actor.today,
        "edition": sheet.edition + 1,
        "reopened_why": reason.strip(),
        "self_remark": sheet.self_remark,
    }
    points = every_row(register_of(EvaluationPoint)).where(EvaluationPoint.evaluation == sheet.id)
    lines = [
        service.LineInput(
            {
                "points": _shown(point.points),
                "reason": point.reason,
                "basis": point.basis,
                "decided_on": point.decided_on,
            }
        )
        for point in points
    ]
    return service.create(
        actor.as_product, register_of(Evaluation), raw, {"evaluation-point": lines}
    )


def refresh_facts(actor: Actor, sheet_id: Any, draft: Draft, proposal: int | None) -> None:
    """Take the facts of a reopened sheet anew, and show it with the score proposed."""
    sheet = _judged(actor, sheet_id)
    _before(sheet, sheet.edition > 1 and sheet.shown_on is None, "只有重新开放的才单独重算")
    given = {
        "computed_score": _shown(draft.score),
        "facts": json.dumps(draft.facts, ensure_ascii=False),
        "score": _shown(proposal),
        "shown_on": actor.today,
    }
    _write(actor, sheet, given)


# The inspector.


def open_to_inspector(actor: Actor, sheet_id: Any) -> Any:
    """Open one sheet to the inspectors for two hours, noted in the access log."""
    demand(actor)
    sheet = fetch(actor, sheet_id)
    until = actor.now + timedelta(hours=OPEN_HOURS)
    found = SheetOpening.create(evaluation=sheet.id, opened_at=actor.now, until=until)
    audit.log_access(actor, "open", "evaluation", sheet.id, f"向督查打开到 {until:%H:%M}")
    return found


def is_open_to_inspector(actor: Actor, sheet_id: int) -> bool:
    """Return whether a sheet stands open to the inspectors at this moment."""
    found = SheetOpening.select().where(
        SheetOpening.evaluation == sheet_id,
        SheetOpening.opened_at <= actor.now,
        SheetOpening.until > actor.now,
    )
    return bool(found.exists())


# Who may, and how it is written.


def demand(actor: Actor) -> None:
    """Raise Denied for anybody but a leader whose approval counts and who has a staff record."""
    if actor.role != LEADERSHIP:
        raise Denied("教师考核由领导小组办理")
    leaders.demand(actor)
    if actor.staff_id is None:
        raise Denied("您的账号没有对应到教职工，请文员补上后再办理")


def opened(code: str) -> Any:
    """Return the year's settings and progress; NotFound before it was opened."""
    year = year_row(code)
    if year is None:
        raise NotFound("这个年度的考核还没有开始")
    return year


def _judged(actor: Actor, sheet_id: Any) -> Any:
    """The sheet a member of the leadership works on: never the own."""
    demand(actor)
    sheet = fetch(actor, sheet_id)
    if is_own(actor, sheet):
        raise Denied("自己的考核表，或自己负责的部门的考核表，由别的领导小组成员办理")
    return sheet


def _mine(actor: Actor, sheet_id: Any) -> Any:
    """The actor's own sheet, whatever the role: a leader has a year too."""
    sheet = fetch(actor, sheet_id)
    if actor.role in (CLERK, INSPECTOR) or sheet.teacher_id != actor.staff_id or not actor.staff_id:
        raise Denied("只有本人可以自评、确认和申诉")
    return sheet


def _before(sheet: Any, allowed: bool, told: str) -> None:
    if sheet.signed_on is not None:
        raise Invalid({"": "这份考核表已经签署，不能再改；确需更正请重新开放"})
    if not allowed:
        raise Invalid({"": told})


def _write(
    actor: Actor, sheet: Any, given: Mapping[str, Any], lines: service.Lines | None = None
) -> None:
    service.update(actor.as_product, register_of(Evaluation), sheet.id, given, sheet.version, lines)


def _set(current: service.Work, record: Any, given: Mapping[str, Any]) -> None:
    service.update(
        current.actor, register_of(record), record.id, given, record.version, current=current
    )


def _shown(hundredths: int | None) -> str | None:
    """A number of hundredths as it is typed; None stays empty."""
    if hundredths is None:
        return None
    sign_, whole = "-" if hundredths < 0 else "", abs(hundredths)
    return f"{sign_}{whole // 100}.{whole % 100:02}"


def may_see_all(actor: Actor) -> bool:
    """Return whether the actor sees every teacher's figures: the office; nobody else."""
    return actor.role in OFFICE
