"""docs/duties.md, written from the declarations: every duty with what it asks, and of whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compliance.ordered.catalogue import duties, source_register
from compliance.ordered.duty import Deadline, Duty, MeasureKind, Part, Source
from compliance.ordered.regulations import Clause, document_of, systems
from compliance.told.grounds import grounds

HEAD = """# Duties

Written from the declarations by `python app.py systems --docs`; do not edit by hand.

[P] = a number of the school's own, the clause only says "regularly" or "in time". Needs make a
record incomplete for the duty; they never block saving. The states and the way a verdict is reached
are told in `compliance/judged/judge.py` and `compliance/judged/events.py`. The last column is the
sentence a clause's page shows: what makes it green, with the numbers as shipped.
"""


def duties_text() -> str:
    """Return the whole reference page."""
    lines = [HEAD]
    for letter, found in _by_letter():
        document = document_of(letter)
        lines.append(f"## {document.name}（{document.source}）\n")
        lines.append("| code | title | clauses | from | subject | every | asks | weight |")
        lines.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
        lines += [_row(duty) for duty in found]
        lines.append("")
    lines.append("## Clauses\n")
    lines.append("| clause | our wording | checked by | 依据口径 |")
    lines.append("| --- | --- | --- | --- |")
    for system in systems():
        lines += [
            f"| {clause.id} | {clause.text} | {_checked_by(clause)} | {grounds(clause)} |"
            for clause in system.clauses
        ]
    return "\n".join(lines) + "\n"


def _by_letter() -> Iterator[tuple[str, list[Duty]]]:
    """The duties under the document whose clause they name first."""
    for letter in "SGQHZ":
        found = [duty for duty in duties() if duty.clauses[0][0] == letter]
        if found:
            yield letter, sorted(found, key=lambda duty: duty.code)


def _row(duty: Duty) -> str:
    proposed = " [P]" if duty.proposed else ""
    cells = (
        f"`{duty.code}`",
        duty.title,
        " ".join(duty.clauses[:6]) + (" …" if len(duty.clauses) > 6 else ""),
        _sources(duty),
        f"{duty.subject}; {duty.responsible}",
        duty.every.value + _deadline(duty.deadline) + proposed,
        _asks(duty),
        str(duty.weight) if duty.weight else "",
    )
    return "| " + " | ".join(cells) + " |"


def _sources(duty: Duty) -> str:
    sources: Iterable[Source] = duty.sources or tuple(duty.parts[0].sources)
    named = dict.fromkeys(source_register(source).title for source in sources)
    return "、".join(named) + (" …" if len(duty.registers) > len(named) else "")


def _deadline(limit: Deadline | None) -> str:
    if limit is None:
        return ""
    if limit.weeks is not None:
        return f", first {limit.weeks} weeks"
    if limit.days is not None:
        return f", within {limit.days} days"
    return ", by its end" if limit.semester_end else f", by its {limit.field}"


def _asks(duty: Duty) -> str:
    measure = duty.measure
    number = f"≥ {measure.least}" if measure.most is None else f"{measure.least}–{measure.most}"
    told = {
        MeasureKind.SUM: f"{measure.field} ≥ {measure.least}",
        MeasureKind.DISTINCT: f"{measure.least} different {measure.field}",
        MeasureKind.COMPLETE: "complete",
        MeasureKind.EVENT: measure.field
        + (f" in {measure.minutes} min" if measure.minutes else ""),
    }.get(measure.kind, number)
    parts = f": {'、'.join(map(_part, duty.parts[:6]))}" if duty.parts else ""
    more = " …" if len(duty.parts) > 6 else ""
    needs = f"; needs {', '.join(duty.needs)}" if duty.needs else ""
    return told + parts + more + needs


def _part(part: Part) -> str:
    return part.title + (f" × {part.least}" if part.least > 1 else "")


def _checked_by(clause: Clause) -> str:
    named = (*clause.duties, *clause.checklist, *clause.permissions, *clause.documents)
    said = [f"`{one}`" for one in named]
    if clause.record_only:
        said.append("record only: " + ", ".join(f"`{register}`" for register in clause.registers))
    return " ".join(said)
