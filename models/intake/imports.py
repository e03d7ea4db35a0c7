"""Any register's workbook into the register: matched, checked, previewed, written as one batch.

A row is matched by its record number, else by a business key, else by the fields the register
names for it; never by guessing. An absent column is left alone, an empty cell clears, a masked
cell is left alone, and only what differs from the record is written.
"""

from __future__ import annotations

from collections import Counter

from models.core import batches, receipts, service
from models.core.actor import Actor
from models.core.bulk import Refused
from models.core.database import note_table_sizes
from models.core.errors import Invalid
from models.intake import Problem
from models.intake.plan import Plan, RowKey, prepare
from models.intake.report import LEFT_ALONE, STOP, UPDATE, Choices, ImportReport, problems_of
from models.intake.table import Table

# Rows that only writing shows to be wrong are taken out, and the rest prepared afresh.
_ATTEMPTS = 4


class _Enough(Exception):
    """Ends a rehearsal: everything was written, and is now rolled back."""


def usual_choices(table: Table) -> Choices:
    """Return what is meant when nothing is said: an edited export updates, a new list adds."""
    return Choices(existing=UPDATE) if table.has_numbers else Choices()


def plan_table(actor: Actor, table: Table, choices: Choices) -> ImportReport:
    """Return what importing would do; the writing is rehearsed and rolled back."""
    barred: dict[RowKey, list[Problem]] = {}
    for _attempt in range(_ATTEMPTS):
        plan = prepare(actor, table, choices, barred)
        if not (table.register.rules or table.register.whole_rules) or not plan.drafts.drafts:
            break
        try:
            with service.work(actor) as current:
                plan.drafts.write(current)
                raise _Enough
        except _Enough:
            break
        except Refused as refused:
            _bar(plan, refused)
    return plan.report


def import_table(
    actor: Actor, table: Table, choices: Choices, title: str, token: str = ""
) -> ImportReport:
    """Write the file's good rows as one batch that can be undone, and return what was done.

    With a `token` what was done is kept with the write. Raises AlreadyDone when the token's was,
    Denied without the right, Invalid when no row can be imported or the clerk chose to stop and
    there is a reason to.
    """
    barred: dict[RowKey, list[Problem]] = {}
    for attempt in range(_ATTEMPTS):
        plan = prepare(actor, table, choices, barred)
        # Nothing may be left worth it because this very post wrote it a moment ago.
        receipts.demand_first(actor, token)
        demand_worth(plan.report, choices)
        if not plan.drafts.drafts:
            return plan.report
        try:
            _write(plan, title, token)
        except Refused as refused:
            if attempt == _ATTEMPTS - 1:
                raise
            _bar(plan, refused)
            continue
        break
    return plan.report


def demand_worth(report: ImportReport, choices: Choices) -> None:
    """Raise Invalid when there is nothing to import, or a reason to stop as the clerk chose."""
    if report.rows and report.accepted == 0:
        raise Invalid({"": f"{len(report.rows)} 行都不能导入，请按每行的原因改好后再导入"})
    if choices.wrong == STOP and report.refused:
        raise Invalid({"": f"有 {len(report.refused)} 行不能导入，按您的选择整批没有导入"})
    standing = report.count(LEFT_ALONE)
    if choices.existing == STOP and standing:
        raise Invalid({"": f"有 {standing} 条已经登记过，按您的选择整批没有导入"})


def _write(plan: Plan, title: str, token: str) -> None:
    with service.work(plan.actor, token=token) as current:
        batch = batches.open_batch(plan.actor, batches.IMPORT, title)
        current.batch = batch.id
        plan.drafts.write(current)
        written = Counter(draft.register.title for draft in plan.drafts.drafts)
        batches.close_batch(batch, {**plan.report.counts, **written})
        plan.report.batch, plan.report.written = batch.id, dict(written)
        current.outcome = plan.report.summary()
    note_table_sizes()


def _bar(plan: Plan, refused: Refused) -> None:
    for draft, error in refused.errors.items():
        plan.barred.setdefault(plan.origin[draft], []).extend(problems_of(draft.register, error))
