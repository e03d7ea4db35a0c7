"""Writing verdict rows and their sums; runs inside the transaction of `upkeep`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from compliance.judged.evaluation import Judged
from compliance.judged.subjects import STAFF_KINDS, Only, Subject
from compliance.judged.tables import (
    NOBODY,
    DutyTotal,
    StoredVerdict,
    TeacherFact,
    VerdictState,
)
from compliance.judged.verdict import PeriodVerdict, Rules, State, letters
from compliance.ordered.duty import Duty, MeasureKind
from compliance.ordered.reading import tuples
from models.core.database import database, insert_all
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.pairings import Pairing, Substitution
from models.kept.staff import ClassTeacher

COLUMNS = (
    "term",
    "duty",
    "subject",
    "child_id",
    "staff_id",
    "class_id",
    "letters",
    "counts",
    "minimums",
)
# The same of one duty in one semester.
KEPT = (
    StoredVerdict.subject,
    StoredVerdict.child,
    StoredVerdict.staff,
    StoredVerdict.school_class,
    StoredVerdict.letters,
    StoredVerdict.counts,
    StoredVerdict.minimums,
)
# Whose rows are found by child, colleague or class; those of other subjects are all written anew.
NARROWED = frozenset({"pairing", "child", "class"}) | STAFF_KINDS

NOT_DUE = State.NOT_DUE.value
# From so many rows on the indexes are better made afterwards.
MANY_ROWS = 20_000

# Per period, how many subjects have which letter.
Totals = list[Counter[str]]


class Kept(NamedTuple):
    """One subject's row: a letter and a number per period, the numbers joined by commas."""

    subject: Subject
    letters: str
    counts: str
    minimums: str = ""


class Change(NamedTuple):
    """What was worked out anew: all of it, or that of `only` some subjects."""

    only: Only | None
    judged: list[tuple[Duty, list[Kept]]]


def worth(judged: list[Judged]) -> list[Kept]:
    """Return the rows worth keeping: of subjects that were asked for something, or did it.

    Subjects without a record share their verdicts, which are then put into letters once.
    """
    said: dict[int, tuple[str, str, str] | None] = {}
    least = least_of(judged[0].duty) if judged else 0
    found = []
    for duty, subject, verdicts in judged:
        key = id(verdicts)
        if key not in said:
            said[key] = _row(duty, verdicts, least)
        row = said[key]
        if row is not None:
            found.append(Kept(subject, *row))
    return found


def _row(
    duty: Duty, verdicts: tuple[PeriodVerdict, ...], least: int
) -> tuple[str, str, str] | None:
    """Letters, counts and minimums as they are kept, or None where nothing is worth keeping."""
    states = letters(verdicts)
    counts = ",".join([str(verdict.counted) for verdict in verdicts])
    if states.strip(NOT_DUE) or counts.strip("0,"):
        return states, counts, _own_minimums(duty, verdicts, least)
    return None


def least_of(duty: Duty) -> int:
    """Return what every period of a duty asks for, where its records do not say otherwise."""
    return sum(Rules.of(duty).leasts)


def _own_minimums(duty: Duty, verdicts: Iterable[PeriodVerdict], least: int) -> str:
    """What each period asked for, where it is as many as there were events or records."""
    if duty.event is None and duty.measure.kind is not MeasureKind.COMPLETE:
        return ""
    asked = [verdict.minimum for verdict in verdicts]
    return "" if set(asked) <= {least} else ",".join(map(str, asked))


def replace_all(semester: str, change: Change) -> None:
    """Write all verdicts of a semester in place of what was kept."""
    _delete_rows(semester)
    with _indexed_afterwards(sum(len(judged) for _, judged in change.judged)):
        for duty, judged in change.judged:
            _insert(semester, duty, judged)
    kept = [
        _total(semester, duty, len(judged), add_up(one.letters for one in judged))
        for duty, judged in change.judged
    ]
    insert_all(DutyTotal, kept)


@contextmanager
def _indexed_afterwards(rows: int) -> Iterator[None]:
    """Make the indexes anew once many rows are written: row by row they cost a third of it.

    On SQLite alone, where nobody else writes meanwhile and readers keep what they saw; PostgreSQL
    would have every reader wait.
    """
    if database.for_update or rows < MANY_ROWS:
        yield
        return
    table = StoredVerdict._meta.table_name
    found = database.execute_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''",
        (table,),
    ).fetchall()
    for name, _ in found:
        database.execute_sql(f'DROP INDEX "{name}"')
    yield
    for _, statement in found:
        database.execute_sql(statement)


def replace_some(semester: str, change: Change) -> None:
    """Write the verdicts of some subjects in place of theirs, and move the sums along."""
    assert change.only is not None
    whose: set[int] = set()
    kept_of = _kept(semester, [duty for duty, _ in change.judged], change.only)
    for duty, judged in change.judged:
        kept, new = kept_of[duty.code], _rows_of(judged)
        if sorted(kept, key=_subject) == sorted(new, key=_subject):
            # Most of what one record may change it does not.
            continue
        if duty.subject not in NARROWED:
            whose.update(staff for _, _, staff, *_ in (*kept, *new) if staff is not None)
        of_duty = (StoredVerdict.term == semester) & (StoredVerdict.duty == duty.code)
        StoredVerdict.delete().where(of_duty & _touched(duty, change.only)).execute()
        _insert(semester, duty, judged)
        before = [said for _, _, _, _, said, _, _ in kept]
        _move_total(semester, duty, before, [one.letters for one in judged])
    _age_facts(semester, change.only, whose)


def _kept(semester: str, duties: Iterable[Duty], only: Only) -> dict[str, list[tuple[Any, ...]]]:
    """Return per duty what is kept of the subjects looked at again; one query per kind of these."""
    by_kind: dict[str, list[Duty]] = {}
    kept: dict[str, list[tuple[Any, ...]]] = {}
    for duty in duties:
        by_kind.setdefault(duty.subject if duty.subject in NARROWED else "", []).append(duty)
        kept[duty.code] = []
    for together in by_kind.values():
        named = StoredVerdict.duty.in_([duty.code for duty in together])
        theirs = (StoredVerdict.term == semester) & named & _touched(together[0], only)
        for code, *row in tuples(StoredVerdict.select(StoredVerdict.duty, *KEPT).where(theirs)):
            kept[code].append(tuple(row))
    return kept


def _age_facts(semester: str, only: Only, others: set[int]) -> None:
    """Have what teachers' verdicts add up to added up anew, for all whom the change may concern.

    Those are the colleagues touched, whoever was ever paired with a touched child or led a touched
    class, and whoever stood in for one of them; a pairing taken away names its teacher among the
    touched.
    """
    if not TeacherFact.select().where(_facts(semester, [NOBODY])).exists():
        return
    paired = every_row(register_of(Pairing)).select(Pairing.teacher)
    led = every_row(register_of(ClassTeacher)).select(ClassTeacher.staff)
    whose = {
        *only.staff,
        *others,
        *(one for (one,) in tuples(paired.where(Pairing.child.in_(list(only.children))))),
        *(one for (one,) in tuples(led.where(ClassTeacher.school_class.in_(list(only.classes))))),
    }
    standing_in = every_row(register_of(Substitution)).select(Substitution.substitute)
    absent = standing_in.where(Substitution.teacher.in_(list(whose)))
    whose.update(one for (one,) in tuples(absent))
    if not whose:
        return
    TeacherFact.delete().where(_facts(semester, whose)).execute()
    TeacherFact.insert_many([{"term": semester, "staff": one} for one in whose]).execute()


def _facts(semester: str, staff: Iterable[int]) -> Any:
    return (TeacherFact.term == semester) & TeacherFact.staff.in_(list(staff))


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
    TeacherFact.delete().where(TeacherFact.term == semester).execute()


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
    """Write rows by the fastest way there is: at full size there are 200,000 of them."""
    named = ", ".join(f'"{name}"' for name in COLUMNS)
    table = StoredVerdict._meta.table_name
    rows = [(semester, duty.code, *row) for row in _rows_of(judged)]
    if database.for_update:
        with database.cursor().copy(f'COPY "{table}" ({named}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join([database.param] * len(COLUMNS))
    database.cursor().executemany(
        f'INSERT INTO "{table}" ({named}) VALUES ({marks})',  # noqa: S608 - names are ours
        rows,
    )


def _rows_of(judged: Iterable[Kept]) -> list[tuple[Any, ...]]:
    """What of each subject is kept, in the order of `KEPT`."""
    return [
        (who.id, who.child, who.staff, who.school_class, said, counts, minimums)
        for who, said, counts, minimums in judged
    ]


def _subject(row: tuple[Any, ...]) -> int:
    subject: int = row[0]
    return subject


def _write_total(semester: str, duty: Duty, subjects: int, totals: Totals) -> None:
    DutyTotal.delete().where(DutyTotal.term == semester, DutyTotal.duty == duty.code).execute()
    DutyTotal.insert(_total(semester, duty, subjects, totals)).execute()


def _total(semester: str, duty: Duty, subjects: int, totals: Totals) -> dict[str, Any]:
    kept = json.dumps([{k: n for k, n in sorted(total.items()) if n} for total in totals])
    return {"term": semester, "duty": duty.code, "subjects": subjects, "totals": kept}


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
