"""Preparing a workbook's rows: what each will do, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.core.actor import Actor
from models.core.bulk import Draft, Drafts
from models.core.converters import show
from models.core.display import mask
from models.core.errors import Denied, RecordsError
from models.core.gates import SHOW, treatment
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.intake import Problem
from models.intake.acts import ON_FILE
from models.intake.lifetimes import before_birth
from models.intake.links import link_texts
from models.intake.match import Matched, Matcher
from models.intake.report import (
    ASK,
    CHANGED,
    LEFT_ALONE,
    NEW,
    ONE,
    REFUSED,
    SAME,
    TWO,
    UPDATE,
    Choices,
    ImportReport,
    RowVerdict,
    problems_of,
)
from models.intake.table import Table, TableRow
from models.intake.values import RowValues, read_values

LATE_REASON = "由表格导入"

RowKey = tuple[str, int, int]


@dataclass
class Plan:
    """One attempt at a file: drafts, verdicts, and which row each draft came from."""

    actor: Actor
    table: Table
    choices: Choices
    drafts: Drafts
    report: ImportReport
    barred: dict[RowKey, list[Problem]]
    verdicts: dict[RowKey, RowVerdict] = field(default_factory=dict)
    origin: dict[Draft, RowKey] = field(default_factory=dict)

    @property
    def register(self) -> Register:
        """The register the file is for."""
        return self.table.register


def prepare(
    actor: Actor, table: Table, choices: Choices, barred: dict[RowKey, list[Problem]]
) -> Plan:
    """Prepare all rows but the barred; again when lines show more rows to be wrong."""
    while True:
        known = len(barred)
        plan = _prepare_once(actor, table, choices, barred)
        if len(barred) == known:
            return plan


def _prepare_once(
    actor: Actor, table: Table, choices: Choices, barred: dict[RowKey, list[Problem]]
) -> Plan:
    register = table.register
    decision = may(actor, "import", register)
    if not decision:
        raise Denied(f"{decision.reason}，不能导入{register.title}")
    report = ImportReport(warnings=list(table.warnings), skipped=list(table.skipped))
    plan = Plan(actor, table, choices, Drafts(actor), report, barred)
    values = read_values(actor, register, table.rows)
    matches = Matcher(actor, register).match(values)
    unborn = before_birth(actor, register, values)
    good: list[tuple[RowValues, Matched]] = []
    for row, matched in zip(values, matches, strict=True):
        verdict = RowVerdict(row.source.sheet, row.source.number, row.label, NEW)
        plan.verdicts[key_of(row.source)] = verdict
        report.rows.append(verdict)
        for problem in (*row.problems, *matched.problems, *barred.get(key_of(row.source), ())):
            verdict.refuse(problem)
        if matched.record is None and row in unborn:
            verdict.refuse(unborn[row])
        verdict.warnings += [*row.warnings, *matched.warnings]
        if matched.alike and not verdict.refused and not _is_another(choices, verdict, matched):
            continue
        if not verdict.refused:
            good.append((row, matched))
    owners = _plan_new(plan, [row for row, matched in good if matched.record is None])
    owners |= _plan_existing(plan, [pair for pair in good if pair[1].record is not None])
    _plan_lines(plan, owners)
    _refuse_strays(plan)
    return plan


def _is_another(choices: Choices, verdict: RowVerdict, matched: Matched) -> bool:
    """Return whether an act that equals another is to be taken for one of its own."""
    verdict.alike = True
    if choices.alike == ASK:
        verdict.refuse(Problem("", "alike", matched.alike))
    elif choices.alike == ONE:
        verdict.verdict = LEFT_ALONE
        verdict.warnings.append(Problem("", "on-file", ON_FILE))
    return choices.alike == TWO


def key_of(row: TableRow) -> RowKey:
    """Return where a row stands: sheet, row number, and which of several pupils it is for."""
    return row.sheet, row.number, row.place


def _plan_new(plan: Plan, fresh: list[RowValues]) -> dict[RowKey, int]:
    """Prepare new records; return the number each row's record will go by."""
    register = plan.register
    made_by_hand = [
        spec.label
        for spec in register.fields.values()
        if spec.readonly
        and not spec.field.null
        and spec.field.default is None
        and spec.computed is None
    ]
    if made_by_hand and fresh:
        told = f"{register.title}不能从表格新增，只能修改已有的（{made_by_hand[0]}由系统产生）"
        for row in fresh:
            plan.verdicts[key_of(row.source)].refuse(Problem("", "not-here", told))
        return {}
    owners = {}
    drafts = plan.drafts.new(register, [{"late_reason": LATE_REASON} | row.new for row in fresh])
    for row, draft in zip(fresh, drafts, strict=True):
        if isinstance(draft, Draft):
            plan.origin[draft] = key_of(row.source)
            owners[key_of(row.source)] = draft.number
            draft.record.act = row.source.act
        else:
            _refuse(plan, row, draft)
    return owners


def _refuse(plan: Plan, row: RowValues, error: RecordsError) -> None:
    for problem in problems_of(plan.register, error):
        plan.verdicts[key_of(row.source)].refuse(problem)


def _plan_existing(plan: Plan, known: list[tuple[RowValues, Matched]]) -> dict[RowKey, int]:
    """Prepare changes of records on file; return the number of each row's record."""
    if plan.choices.existing != UPDATE:
        for row, _matched in known:
            plan.verdicts[key_of(row.source)].verdict = LEFT_ALONE
        return {}
    owners = {}
    wanted = [(matched.record, row.values) for row, matched in known]
    drafts = plan.drafts.changed(plan.register, wanted)
    for (row, matched), draft in zip(known, drafts, strict=True):
        verdict = plan.verdicts[key_of(row.source)]
        if isinstance(draft, RecordsError):
            _refuse(plan, row, draft)
            continue
        record: Any = matched.record
        verdict.verdict = SAME if draft is None else CHANGED
        if draft is None:
            owners[key_of(row.source)] = record.id
            continue
        if stale := matched.changed_since & set(draft.changes):
            labels = "、".join(plan.register.fields[name].label for name in sorted(stale))
            plan.drafts.drop(draft)
            told = f"导出以后{labels}又被改过，请重新导出后再改这一行"
            verdict.refuse(Problem("", "conflict", told))
            continue
        # The lines of a refused row are refused with it.
        owners[key_of(row.source)] = record.id
        plan.origin[draft] = key_of(row.source)
    _tell_changes(plan)
    return owners


def _tell_changes(plan: Plan) -> None:
    """Say per changed row which cells differ, old and new, masked as for the reader."""
    changed = [draft for draft in plan.drafts.drafts if draft.before and draft in plan.origin]
    names = _link_names(changed)
    for draft in changed:
        told = []
        for name, (old, new) in draft.changes.items():
            spec = draft.register.fields[name]
            if spec.target is not None:
                slug = register_of(spec.target).slug
                texts = [names.get((slug, value), "") for value in (old, new)]
            else:
                assert draft.before is not None
                stored = (draft.before.get(name), draft.record.__data__.get(name))
                texts = [show(spec.field, value) for value in stored]
                if treatment(plan.actor, draft.register, spec) != SHOW:
                    texts = [mask(spec, text) for text in texts]
            told.append((spec.label, texts[0], texts[1]))
        plan.verdicts[plan.origin[draft]].changes += told


def _link_names(drafts: list[Draft]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for draft in drafts:
        for spec in draft.register.links:
            ids = {v for v in draft.changes.get(spec.name, ()) if isinstance(v, int) and v > 0}
            wanted.setdefault(register_of(spec.target).slug, set()).update(ids)
    names: dict[tuple[str, int], str] = {}
    for slug, ids in wanted.items():
        target = find(slug)
        assert target is not None
        names |= {(slug, number): text for number, text in link_texts(target, ids).items()}
    return names


def _plan_lines(plan: Plan, owners: dict[RowKey, int]) -> None:
    """Prepare the lines of every row that is taken, register by register."""
    by_slug: dict[str, list[tuple[TableRow, TableRow]]] = {}
    for row in plan.table.rows:
        for slug, lines in row.lines.items():
            if key_of(row) in owners:
                by_slug.setdefault(slug, []).extend((row, line) for line in lines)
    for slug, pairs in by_slug.items():
        register = find(slug)
        assert register is not None
        values = read_values(plan.actor, register, [line for _row, line in pairs])
        for (row, _line), said in zip(pairs, values, strict=True):
            said.values[register.parent] = owners[key_of(row)]
        matches = Matcher(plan.actor, register).match_lines(values)
        _plan_line_rows(plan, register, list(zip(pairs, values, matches, strict=True)))


def _plan_line_rows(
    plan: Plan,
    register: Register,
    lines: list[tuple[tuple[TableRow, TableRow], RowValues, Matched]],
) -> None:
    fresh: list[tuple[TableRow, TableRow, RowValues, Matched]] = []
    known: list[tuple[TableRow, TableRow, RowValues, Matched]] = []
    for (row, line), said, matched in lines:
        problems = [*said.problems, *matched.problems]
        for problem in problems:
            _blame_line(plan, row, line, problem)
        if not problems and not matched.same:
            (known if matched.record is not None else fresh).append((row, line, said, matched))
    made = plan.drafts.new(register, [said.new for _row, _line, said, _matched in fresh])
    changed = plan.drafts.changed(
        register, [(matched.record, said.values) for _row, _line, said, matched in known]
    )
    for (row, line, _said, _matched), draft in zip(
        [*fresh, *known], [*made, *changed], strict=True
    ):
        if isinstance(draft, Draft):
            plan.origin[draft] = key_of(row)
            verdict = plan.verdicts[key_of(row)]
            if verdict.verdict == SAME:
                verdict.verdict = CHANGED
        elif draft is not None:
            for problem in problems_of(register, draft):
                _blame_line(plan, row, line, problem)


def _blame_line(plan: Plan, row: TableRow, line: TableRow, problem: Problem) -> None:
    """Refuse a record for a wrong line: a record with half its lines would be worse."""
    told = f"“{line.sheet}”第 {line.number} 行：{problem.message}"
    plan.barred.setdefault(key_of(row), []).append(Problem(problem.field, problem.code, told))


def _refuse_strays(plan: Plan) -> None:
    for line in plan.table.stray:
        verdict = RowVerdict(line.sheet, line.number, "", REFUSED)
        told = "所属序号在主表里没有，请写主表那一行的序号"
        verdict.refuse(Problem("_serial", "stray", told))
        plan.report.rows.append(verdict)
