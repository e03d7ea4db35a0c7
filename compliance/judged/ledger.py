"""Writing verdict rows and their sums; runs inside the transaction of `upkeep`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from compliance.judged.evaluation import Judged
from compliance.judged.subjects import STAFF_KINDS, Only, Subject
from compliance.judged.tables import DutyTotal, StoredVerdict, VerdictState
from compliance.judged.verdict import State, letters
from compliance.ordered.duty import Duty
from compliance.ordered.reading import tuples
from models.core.database import database

COLUMNS = ("term", "duty", "subject", "child_id", "staff_id", "class_id", "letters", "counts")

NOT_DUE = State.NOT_DUE.value

# Per period, how many subjects have which letter.
Totals = list[Counter[str]]


class Kept(NamedTuple):
    """One subject's row: a letter and a number per period, the numbers joined by commas."""

    subject: Subject
    letters: str
    counts: str


class Change(NamedTuple):
    """What was worked out anew: all of it, or that of `only` some subjects."""

    only: Only | None
    judged: list[tuple[Duty, list[Kept]]]


def worth(judged: list[Judged]) -> list[Kept]:
    """Return the rows worth keeping: of subjects that were asked for something, or did it.

    Subjects without a record share their verdicts, which are then put into letters once.
    """
    said: dict[int, tuple[str, str]] = {}
    found = []
    for _, subject, verdicts in judged:
        row = said.get(id(verdicts))
        if row is None:
            row = letters(verdicts), ",".join([str(one.counted) for one in verdicts])
            said[id(verdicts)] = row
        found.append(Kept(subject, *row))
    return [one for one in found if one.letters.strip(NOT_DUE) or one.counts.strip("0,")]


def replace_all(semester: str, change: Change) -> None:
    """Write all verdicts of a semester in place of what was kept."""
    _delete_rows(semester)
    for duty, judged in change.judged:
        _insert(semester, duty, judged)
        _write_total(semester, duty, len(judged), add_up(one.letters for one in judged))


def replace_some(semester: str, change: Change) -> None:
    """Write the verdicts of some subjects in place of theirs, and move the sums along."""
    assert change.only is not None
    for duty, judged in change.judged:
        theirs = (
            (StoredVerdict.term == semester)
            & (StoredVerdict.duty == duty.code)
            & _touched(duty, change.only)
        )
        kept = StoredVerdict.select(StoredVerdict.letters).where(theirs)
        before = [row for (row,) in tuples(kept)]
        StoredVerdict.delete().where(theirs).execute()
        _insert(semester, duty, judged)
        _move_total(semester, duty, before, [one.letters for one in judged])


def delete_semester(semester: str) -> None:
    """Forget a semester altogether."""
    _delete_rows(semester)
    VerdictState.delete().where(VerdictState.term == semester).execute()


def add_up(rows: Iterable[str]) -> Totals:
    """Count the letters per period; subjects with the same letters are counted at one go."""
    totals: Totals = []
    for row, times in Counter(rows).items():
        while len(totals) < len(row):
            totals.append(Counter())
        for period, letter in enumerate(row):
            totals[period][letter] += times
    return totals


def _delete_rows(semester: str) -> None:
    StoredVerdict.delete().where(StoredVerdict.term == semester).execute()
    DutyTotal.delete().where(DutyTotal.term == semester).execute()


def _touched(duty: Duty, only: Only) -> Any:
    """The condition that a row belongs to a subject that was looked at again."""
    if duty.subject in ("pairing", "child"):
        return StoredVerdict.child.in_(list(only.children))
    if duty.subject in STAFF_KINDS:
        return StoredVerdict.staff.in_(list(only.staff))
    if duty.subject == "class":
        return StoredVerdict.school_class.in_(list(only.classes))
    return StoredVerdict.subject >= 0


def _insert(semester: str, duty: Duty, judged: Sequence[Kept]) -> None:
    """Write rows with one prepared statement: at full size there are 200,000 of them."""
    named = ", ".join(f'"{name}"' for name in COLUMNS)
    marks = ", ".join([database.param] * len(COLUMNS))
    table = StoredVerdict._meta.table_name
    database.cursor().executemany(
        f'INSERT INTO "{table}" ({named}) VALUES ({marks})',  # noqa: S608 - names are ours
        [
            (
                semester,
                duty.code,
                one.subject.id,
                one.subject.child,
                one.subject.staff,
                one.subject.school_class,
                one.letters,
                one.counts,
            )
            for one in judged
        ],
    )


def _write_total(semester: str, duty: Duty, subjects: int, totals: Totals) -> None:
    DutyTotal.delete().where(DutyTotal.term == semester, DutyTotal.duty == duty.code).execute()
    kept = json.dumps([{k: n for k, n in sorted(one.items()) if n} for one in totals])
    DutyTotal.create(term=semester, duty=duty.code, subjects=subjects, totals=kept)


def _move_total(semester: str, duty: Duty, before: list[str], after: list[str]) -> None:
    row = DutyTotal.get_or_none(DutyTotal.term == semester, DutyTotal.duty == duty.code)
    totals = [Counter(one) for one in json.loads(row.totals)] if row else []
    gone, come = add_up(before), add_up(after)
    while len(totals) < max(len(gone), len(come)):
        totals.append(Counter())
    for period, counter in enumerate(gone):
        totals[period].subtract(counter)
    for period, counter in enumerate(come):
        totals[period].update(counter)
    subjects = (row.subjects if row else 0) - len(before) + len(after)
    _write_total(semester, duty, subjects, totals if subjects else [])
