"""A pupil roster into the registers: left-behind children with family, classes with totals.

Only the left-behind become records; every other pupil is checked and counted into the class.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.core import batches, calendar, codes, receipts, service
from models.core.actor import Actor
from models.core.bulk import Draft, Drafts, Refused
from models.core.errors import Denied, Invalid, RecordsError
from models.core.gates import rows
from models.core.register import register_of
from models.core.rights import may
from models.core.values import class_label
from models.intake import Problem, Pupil, Roster, RosterRow
from models.intake.import_family import Family, guardianship
from models.intake.on_file import OnFile
from models.intake.plausible import implausible
from models.intake.report import CHANGED as CHANGED_ROW
from models.intake.report import (
    COUNTED,
    LEFT_ALONE,
    NEW,
    REFUSED,
    SAME,
    STOP,
    UPDATE,
    Choices,
    ImportReport,
    RowVerdict,
    problems_of,
)
from models.kept.children import Child
from models.kept.left_behind import left_behind_today
from models.kept.staff import SchoolClass

CHILD, CLASS = register_of(Child), register_of(SchoolClass)
# Another writer may get between preparing and writing; then all is prepared afresh.
_ATTEMPTS = 3


@dataclass
class _Plan:
    """One attempt: the drafts, the verdicts, and which draft stands for which row."""

    drafts: Drafts
    report: ImportReport
    choices: Choices
    start: date
    verdicts: dict[int, RowVerdict] = field(default_factory=dict)
    classes: dict[tuple[int, int], int] = field(default_factory=dict)


def plan_roster(actor: Actor, roster: Roster, choices: Choices) -> ImportReport:
    """Return what importing would do, without writing; Denied without the right."""
    return _prepare(actor, roster, choices).report


def import_roster(
    actor: Actor, roster: Roster, choices: Choices, title: str, token: str = ""
) -> ImportReport:
    """Write the roster's good rows as one batch that can be undone, and return what was done.

    All or nothing in one transaction; with a `token` what was done is kept with it. Raises
    AlreadyDone when the token's was, Denied without the right, Invalid when there is nothing to
    import or the clerk chose to stop and there is a reason to.
    """
    for attempt in range(_ATTEMPTS):
        plan = _prepare(actor, roster, choices)
        # Nothing may be left worth it because this very post wrote it a moment ago.
        receipts.demand_first(actor, token)
        _demand_worth(plan)
        try:
            _write(actor, plan, title, token)
        except Refused:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        break
    return plan.report


def _demand_worth(plan: _Plan) -> None:
    report, choices = plan.report, plan.choices
    if report.accepted == 0:
        raise Invalid({"": f"{len(report.rows)} 行都不能导入，请按每行的原因改好后再导入"})
    if choices.wrong == STOP and report.refused:
        raise Invalid({"": f"有 {len(report.refused)} 行不能导入，按您的选择整批没有导入"})
    if choices.existing == STOP and report.count(LEFT_ALONE):
        raise Invalid({"": f"有 {report.count(LEFT_ALONE)} 名儿童已在册，按您的选择整批没有导入"})


def _write(actor: Actor, plan: _Plan, title: str, token: str) -> None:
    if not plan.drafts.drafts:
        return
    with service.work(actor, token=token) as current:
        batch = batches.open_batch(actor, batches.IMPORT, title)
        current.batch = batch.id
        plan.drafts.write(current)
        written = Counter(draft.register.title for draft in plan.drafts.drafts)
        batches.close_batch(batch, {**plan.report.counts, **written})
        plan.report.batch, plan.report.written = batch.id, dict(written)
        current.outcome = plan.report.summary()


def _prepare(actor: Actor, roster: Roster, choices: Choices) -> _Plan:
    decision = may(actor, "import", CHILD)
    if not decision:
        raise Denied(f"{decision.reason}，不能导入花名册")
    report = ImportReport(
        warnings=[problem.message for problem in roster.warnings],
        skipped=list(roster.skipped),
        left_behind=0,
    )
    plan = _Plan(Drafts(actor), report, choices, start_of(actor.today))
    for row in roster.rows:
        plan.verdicts[id(row)] = verdict = _first_verdict(row)
        report.rows.append(verdict)
    _settle_entry_classes(actor, plan, roster.good)
    for row in roster.good:
        plan.verdicts[id(row)].warnings += implausible(row, actor.today)
    on_file = OnFile(actor, roster.good)
    for row in roster.left_behind:
        if doubt := on_file.doubt(row):
            plan.verdicts[id(row)].refuse(Problem("name", "several", doubt))
    _plan_classes(actor, plan, roster.good)
    _plan_children(actor, plan, _standing(plan, roster.left_behind), on_file)
    _tell_no_longer(plan, roster, on_file)
    _tell_other_kind(actor, plan, roster, on_file)
    report.left_behind = sum(not plan.verdicts[id(row)].refused for row in roster.left_behind)
    return plan


def start_of(today: date) -> date:
    """Return the day from which a class or a state is taken to hold: the semester's first."""
    semester = calendar.current_semester(today)
    return min(semester.first_day, today) if semester is not None else today


def _first_verdict(row: RosterRow) -> RowVerdict:
    verdict = NEW if row.is_left_behind else COUNTED
    return RowVerdict(
        row.sheet,
        row.number,
        row.pupil.name,
        verdict if row.good else REFUSED,
        list(row.errors),
        list(row.warnings),
    )


def _standing(plan: _Plan, rows: list[RosterRow]) -> list[RosterRow]:
    return [row for row in rows if not plan.verdicts[id(row)].refused]


def _settle_entry_classes(actor: Actor, plan: _Plan, good: list[RosterRow]) -> None:
    """Find the class named by its year of entry among those on file; else the row has none."""
    if not any(row.pupil.entry_class for row in good):
        return
    classes: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for record in rows(actor, CLASS):
        key = (record.entry_year, record.number)
        classes.setdefault(key, set()).add((record.grade, record.number))
    for row in good:
        if row.pupil.entry_class is None:
            continue
        places = classes.get(row.pupil.entry_class, set())
        if len(places) == 1:
            row.pupil.grade, row.pupil.class_number = next(iter(places))
            continue
        year, number = row.pupil.entry_class
        told = (
            f"班级写的是 {year} 级 {number} 班，看不出现在是几年级，没有编班；"
            "请写成“七（1）班”的样子，或在班级登记里填好入学年份后再导入"
        )
        plan.verdicts[id(row)].warnings.append(Problem("class", "class-entry", told))


def _tell_no_longer(plan: _Plan, roster: Roster, on_file: OnFile) -> None:
    """Tell of a child on file whom the file calls not left behind: it may be time to end."""
    for row in roster.good:
        child = on_file.child(row)
        if child is None or row.is_left_behind or row.left_behind is None:
            continue
        if child.left_on is None:
            told = (
                f"{child.name}是在册的留守儿童，这份花名册写的是非留守；"
                "没有改动登记，已不再留守的请在登记里填退出日期和原因"
            )
            plan.verdicts[id(row)].warnings.append(Problem("left_behind", "no-longer", told))


_KINDS = tuple(codes.LEFT_BEHIND.label(code) for code in ("1", "2"))


def _tell_other_kind(actor: Actor, plan: _Plan, roster: Roster, on_file: OnFile) -> None:
    """Tell of a child whose parents on file make another kind of it than the file says.

    Where the file says of a parent whether he is away, that is what is compared.
    """
    known = [
        (row, child)
        for row in roster.left_behind
        if row.left_behind in ("1", "2")
        and (child := on_file.child(row)) is not None
        and all(parent.state is None or parent.inferred for parent in row.parents)
    ]
    now = left_behind_today([child for _row, child in known], actor.today)
    for (row, _child), kind in zip(known, now, strict=True):
        said = codes.LEFT_BEHIND.label(row.left_behind)
        # Parents of whom nothing is on file say nothing.
        if kind in _KINDS and kind != said:
            told = (
                f"这份花名册写的是{said}，按登记的父母状况是{kind}；"
                "没有改动，有变化的请在父母状况变动里登记"
            )
            plan.verdicts[id(row)].warnings.append(Problem("left_behind", "other-kind", told))


def _plan_classes(actor: Actor, plan: _Plan, good: list[RosterRow]) -> None:
    """Make missing classes and set each class's number of pupils."""
    pupils: Counter[tuple[int, int]] = Counter()
    boys: Counter[tuple[int, int]] = Counter()
    for row in good:
        if row.pupil.grade and row.pupil.class_number:
            place = (row.pupil.grade, row.pupil.class_number)
            pupils[place] += 1
            boys[place] += row.pupil.sex == "1"
    known = _known_classes(actor)
    missing = sorted(set(pupils) - set(known))
    raws = [
        {
            "name": class_label(*place),
            "grade": place[0],
            "number": place[1],
            "pupils": pupils[place],
            "boys": boys[place],
        }
        for place in missing
    ]
    for place, draft in zip(missing, plan.drafts.new(CLASS, raws), strict=True):
        if isinstance(draft, Draft):
            plan.classes[place] = draft.number
    _plan_totals(plan, {p: known[p] for p in pupils if p in known}, pupils, boys)


def _known_classes(actor: Actor) -> dict[tuple[int, int], Any]:
    """Return the living classes by grade and number; of several the one that entered last."""
    query = rows(actor, CLASS).order_by(SchoolClass.entry_year, SchoolClass.id)
    return {(found.grade, found.number): found for found in query}


def _plan_totals(
    plan: _Plan,
    known: dict[tuple[int, int], Any],
    pupils: Counter[tuple[int, int]],
    boys: Counter[tuple[int, int]],
) -> None:
    """Set the totals of known classes; a file with fewer pupils may be a part of the class."""
    wanted = []
    for place, found in known.items():
        plan.classes[place] = found.id
        if found.pupils is None or pupils[place] >= found.pupils:
            wanted.append((found, {"pupils": pupils[place], "boys": boys[place]}))
        else:
            plan.report.warnings.append(
                f"{found.name}原登记 {found.pupils} 人，这次只有 {pupils[place]} 人，"
                "没有改全班人数；确实减少的请在班级登记里改"
            )
    plan.drafts.changed(CLASS, wanted)


def _plan_children(
    actor: Actor, plan: _Plan, left_behind: list[RosterRow], on_file: OnFile
) -> None:
    existing = {id(row): child for row in left_behind if (child := on_file.child(row)) is not None}
    for row in left_behind:
        if told := on_file.by_name(row):
            plan.verdicts[id(row)].warnings.append(Problem("name", "on-file", told))
    fresh = [row for row in left_behind if id(row) not in existing]
    raws = [child_values(row) for row in fresh]
    given = {"identified_on": actor.today}
    for raw in raws:
        raw.update(given)
    family = Family(plan.drafts, plan.start, plan.classes)
    for row, draft in zip(fresh, plan.drafts.new(CHILD, raws), strict=True):
        if isinstance(draft, Draft):
            family.add_new(row, draft.number)
        elif draft is not None:
            _refuse(plan.verdicts[id(row)], draft)
    known = [(row, existing[id(row)]) for row in left_behind if id(row) in existing]
    if plan.choices.existing == UPDATE:
        _plan_existing(plan, family, known)
    else:
        _tell_left_alone(actor, plan, known)
    for row, warning in family.settle():
        plan.verdicts[id(row)].warnings.append(warning)


def _tell_left_alone(actor: Actor, plan: _Plan, known: list[tuple[RosterRow, Any]]) -> None:
    """Say of children on file that are left alone what the new roster says otherwise."""
    aside = Drafts(actor)
    aside.changed(CHILD, _wanted(known))
    family = Family(aside, plan.start, plan.classes)
    for row, child in known:
        family.add_known(row, child.id)
    for row, warning in family.settle():
        plan.verdicts[id(row)].warnings.append(warning)
    differing: dict[int, list[str]] = {}
    for draft in aside.drafts:
        names = [draft.register.title]
        if draft.register is CHILD:
            names = [CHILD.fields[name].label for name in draft.changes]
        differing.setdefault(_child_of(draft), []).extend(names)
    for row, child in known:
        verdict = plan.verdicts[id(row)]
        verdict.verdict = LEFT_ALONE
        if labels := "、".join(dict.fromkeys(differing.get(child.id, ()))):
            told = f"与登记的不同，没有改动：{labels}；要按这份改，请选“用表格内容更新”"
            verdict.warnings.append(Problem("", "differs", told))


def _child_of(draft: Draft) -> int:
    return int(draft.record.id if draft.register is CHILD else draft.record.child_id)


def _wanted(known: list[tuple[RosterRow, Any]]) -> list[tuple[Any, dict[str, Any]]]:
    """Return per child on file what the roster says of it; what is blank there says nothing."""
    blank: tuple[Any, ...] = (None, "", [])
    return [
        (child, {name: value for name, value in child_values(row).items() if value not in blank})
        for row, child in known
    ]


def _plan_existing(plan: _Plan, family: Family, known: list[tuple[RosterRow, Any]]) -> None:
    changed = plan.drafts.changed(CHILD, _wanted(known))
    for (row, child), draft in zip(known, changed, strict=True):
        verdict = plan.verdicts[id(row)]
        if isinstance(draft, RecordsError):
            _refuse(verdict, draft)
            continue
        verdict.verdict = SAME if draft is None else CHANGED_ROW
        if draft is not None:
            verdict.changes = [
                (CHILD.fields[name].label, str(old or ""), str(new or ""))
                for name, (old, new) in draft.changes.items()
            ]
        family.add_known(row, child.id)


def _refuse(verdict: RowVerdict, error: RecordsError) -> None:
    for problem in problems_of(CHILD, error):
        verdict.refuse(problem)


def child_values(row: RosterRow) -> dict[str, Any]:
    """Return the raw values of a child's record that a roster row gives."""
    pupil = row.pupil
    return {
        "name": pupil.name,
        "former_name": pupil.former_name,
        "sex": codes.SEX.label(pupil.sex),
        "born_on": pupil.birth,
        "ethnic": codes.ETHNIC.label(pupil.ethnic),
        "id_kind": codes.ID_KIND.label(pupil.id_kind) if pupil.id_number else None,
        "id_number": pupil.id_number,
        "no_id_reason": None if pupil.id_number else pupil.id_reason,
        "school_number": pupil.school_number,
        "boarding": codes.BOARDING.label(pupil.boarding),
        "travel": codes.TRAVEL.label(pupil.travel),
        "distance": _kilometres(pupil),
        "registered_at": pupil.registered_address,
        "address": pupil.home_address,
        "health": codes.HEALTH.label(pupil.health),
        "disability": codes.DISABILITY.label(pupil.disability),
        "hardship": [codes.HARDSHIP.label(kind) for kind in pupil.hardships],
        "family_phone": next(iter(pupil.phones), None),
        "guardianship": guardianship(row),
        "remarks": _remarks(pupil),
    }


def _kilometres(pupil: Pupil) -> str | None:
    if pupil.distance_m is None:
        return None
    return f"{round(pupil.distance_m / 1000, 1)}"


def _remarks(pupil: Pupil) -> str | None:
    others = f"其他电话：{'、'.join(pupil.phones[1:])}" if pupil.phones[1:] else None
    return "；".join(part for part in (pupil.remark, others) if part) or None
