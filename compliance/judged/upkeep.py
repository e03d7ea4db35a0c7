"""Keeping the stored verdicts true: the next reader works out anew what writes have touched.

Nothing is computed while a write lock is held. The revision of each semester's state makes sure
that of two readers at work at once only one writes; the other looks again.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from compliance.judged.evaluation import Evaluation, as_of_in
from compliance.judged.ledger import Change, Kept, delete_semester, replace_all, replace_some, worth
from compliance.judged.placement import Placement
from compliance.judged.sources import registers_read
from compliance.judged.subjects import REGISTER_OF_KIND
from compliance.judged.tables import VerdictState
from compliance.judged.touched import Touched, read_touched
from compliance.ordered.catalogue import duties_on, fingerprint
from compliance.ordered.duty import Duty
from models.core import calendar
from models.core.database import database
from models.core.errors import NotNow
from models.core.remembered import remember
from models.core.school_calendar import SemesterSpan
from models.core.touches import Touch

# Who is a subject at all, and of whom: a write here may concern every duty.
SUBJECT_REGISTERS = frozenset(
    {"child", "identification", "enrolment", "pairing", "staff", "excuse", "substitution"}
)
ATTEMPTS = 5

log = logging.getLogger(__name__)

_lock = threading.Lock()


class View(NamedTuple):
    """One semester to be kept, and the day it is looked at from."""

    semester: SemesterSpan
    as_of: date


def views(today: date) -> list[View]:
    """Return the running semester and the one before it; in the holidays the one just ended."""
    school_calendar = calendar.school_calendar()
    closed = {semester.code for semester in calendar.semesters() if semester.closed_on is not None}
    begun = [span for span in school_calendar.semesters if span.first <= today]
    kept = begun[-2:] or list(school_calendar.semesters[:1])
    return [
        View(span, as_of_in(span, today, school_calendar))
        for span in kept
        if span.code not in closed or not _state_of(span.code)
    ]


def refresh(today: date) -> None:
    """Bring the stored verdicts up to `today`; does almost nothing when nothing was touched.

    While nothing can be written they stay as they were: an older board is better than none.
    """
    wanted = views(today)
    if _is_fresh(wanted):
        return
    with _lock:
        for _ in range(ATTEMPTS):
            try:
                if _is_fresh(wanted):
                    return
                with _uncollected():
                    if _bring_up(wanted):
                        return
            except NotNow as error:
                log.warning("verdicts stay as they were: %s", error)
                return


def _state_of(code: str) -> Any | None:
    return VerdictState.get_or_none(VerdictState.term == code)


def _is_fresh(wanted: Iterable[View]) -> bool:
    if Touch.select(Touch.id).limit(1).exists():
        return False
    known = {state.term: state for state in VerdictState.select()}
    return all(_holds(known.get(view.semester.code), view) for view in wanted)


def _holds(state: Any | None, view: View) -> bool:
    mark = fingerprint(view.semester.code)
    return state is not None and state.as_of == view.as_of and state.fingerprint == mark


def _bring_up(wanted: list[View]) -> bool:
    """Work out and write; False when another reader was quicker."""
    known = {state.term: state for state in VerdictState.select()}
    touched = read_touched()
    work = [
        (view, known.get(view.semester.code), _work_out(view, known, touched)) for view in wanted
    ]
    with database.atomic() as transaction:
        for view, state, change in work:
            if not _claim(view, state):
                transaction.rollback()
                return False
            if change.only is None:
                replace_all(view.semester.code, change)
            else:
                replace_some(view.semester.code, change)
        _forget_others(known, wanted)
        for start in range(0, len(touched.ids), 500):
            Touch.delete().where(Touch.id.in_(touched.ids[start : start + 500])).execute()
    return True


def _work_out(view: View, known: dict[str, Any], touched: Touched) -> Change:
    code = view.semester.code
    if touched.everything or not _holds(known.get(code), view):
        evaluation = Evaluation(view.semester, view.as_of)
        return Change(None, _rows(evaluation, duties_on(code)))
    placement = Placement()
    classes = {one for child in touched.children for one in placement.classes_of(child)}
    only = touched.only(classes)
    evaluation = Evaluation(view.semester, view.as_of, only, placement)
    return Change(only, _rows(evaluation, _concerned(code, touched.registers)))


def _concerned(code: str, registers: set[str]) -> list[Duty]:
    """The duties of a semester whose verdicts a write to one of the registers can change."""
    known: dict[str, frozenset[str]] = remember(
        f"registers behind {code}", lambda: {one.code: _behind(one) for one in duties_on(code)}
    )
    return [duty for duty in duties_on(code) if registers & known[duty.code]]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of cycles from looking through millions of tuples that form none.

    It takes a quarter off a cold run; one thread at a time is in here.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _rows(evaluation: Evaluation, duties: Iterable[Duty]) -> list[tuple[Duty, list[Kept]]]:
    return [(duty, worth(judged)) for duty, judged in evaluation.judge_all(duties)]


def concerns(duty: Duty, registers: set[str]) -> bool:
    """Return whether a write to one of the registers can change a verdict of the duty."""
    return bool(registers & _behind(duty))


def _behind(duty: Duty) -> frozenset[str]:
    subject = REGISTER_OF_KIND.get(duty.subject, "")
    return registers_read(duty) | SUBJECT_REGISTERS | {subject}


def _claim(view: View, state: Any | None) -> bool:
    """Move the semester's state on by one revision; False when it is not where it was read."""
    values = {"as_of": view.as_of, "fingerprint": fingerprint(view.semester.code)}
    if state is None:
        inserted = VerdictState.insert(term=view.semester.code, revision=1, **values)
        return bool(inserted.on_conflict_ignore().as_rowcount().execute())
    query = VerdictState.update(revision=state.revision + 1, **values)
    found = (VerdictState.term == state.term) & (VerdictState.revision == state.revision)
    return bool(query.where(found).execute())


def _forget_others(known: dict[str, Any], wanted: list[View]) -> None:
    """Drop semesters that are no longer kept; a closed one keeps what it was judged by."""
    closed = {semester.code for semester in calendar.semesters() if semester.closed_on is not None}
    for code in set(known) - {view.semester.code for view in wanted} - closed:
        delete_semester(code)
