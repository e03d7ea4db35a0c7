"""What a duty asks of the registers: every source of it as a question to `records.Records`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from compliance.judged.finder import BY_STAFF
from compliance.judged.records import Asked
from compliance.judged.sources import Window, link_to
from compliance.judged.subjects import REGISTER_OF_KIND, STAFF_KINDS
from compliance.ordered.catalogue import source_register
from compliance.ordered.duty import Duty, MeasureKind
from compliance.ordered.periods import Frequency, Period
from models.core.register import Register
from models.core.school_calendar import WEEK, SemesterSpan

# Whom a record names, where that is not the register of the subject itself.
LINKED = {"volunteer-child": "volunteer"}


def duty_register(duty: Duty) -> str:
    """Return the register whose records are a duty's subjects, "" for the school."""
    return REGISTER_OF_KIND.get(duty.subject, "")


def questions(
    duty: Duty, semester: SemesterSpan, spans: tuple[Period, ...], as_of: date
) -> Iterator[tuple[int, Asked]]:
    """Yield what a duty asks in a semester, with the number of the part that asks."""
    # Wider than most duties ask, so that those of one register share what is read.
    first = min(spans[0].counts_from, semester.first.replace(day=1) - WEEK)
    window = Window(first, as_of, duty.every is Frequency.NOW)
    named = LINKED.get(duty.subject, duty_register(duty))
    by_staff = bool(BY_STAFF & set(duty.by)) or duty.subject in STAFF_KINDS
    for part, source, needs in duty.asked:
        register = source_register(source)
        yield (
            part,
            Asked(
                source=source,
                needs=needs,
                fields=fields_asked(duty, part, register),
                amount=duty.measure.field,
                # The child of a record is read anyway.
                link="" if named == "child" else link_to(register, named),
                by_staff=by_staff or source.present,
                window=window,
            ),
        )


def fields_asked(duty: Duty, part: int, register: Register) -> tuple[str, ...]:
    """The fields that must be filled in: those named, else all that are required or wanted."""
    if duty.measure.kind is not MeasureKind.COMPLETE:
        return ()
    named = (duty.parts[part].fields if duty.parts else ()) or duty.measure.fields
    return named or tuple(s.name for s in register.fields.values() if s.required or s.wanted)
