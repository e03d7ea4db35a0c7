"""What every duty asks, as written down in `data/duties_asked.txt` and not as declared.

A line at the margin is a duty: code, subject, who answers, how often, whose act, how much of what.
Indented below it stand the registers it reads, `event` before the one that opens a verdict: the
number of its part and least number, `field=word,word` for what the record must say (`yes` and `no`
for filled and empty), `+need` for what must hang on it, `!field` for what must be filled in.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from compliance.ordered.duty import MeasureKind

FILE = Path(__file__).parent / "data" / "duties_asked.txt"


class Line(NamedTuple):
    """One register a duty reads: what a record of it must say, carry and have filled in."""

    duty: str
    role: str
    register: str
    where: dict
    needs: tuple
    fields: tuple


def texts():
    """Return the text of every duty by its code, as written in the file."""
    blocks = FILE.read_text(encoding="utf-8").split("\n\n")[1:]
    return {block.split()[0]: block.strip() for block in blocks}


def lines():
    """Return the lines of every duty by its code, in the order of the declaration."""
    return {code: _lines(code, text.splitlines()[1:]) for code, text in texts().items()}


def _lines(code, written):
    found = []
    for text in written:
        role, register, *asked = text.split()
        where = dict(one.split("=") for one in asked if "=" in one)
        where = {name: said.split(",") for name, said in where.items()}
        needs, fields = (tuple(one[1:] for one in asked if one[0] == sign) for sign in "+!")
        found.append(Line(code, role, register, where, needs, fields))
    return found


def head(duty):
    """Return the line at the margin for a declared duty."""
    measure, limit = duty.measure, duty.deadline
    asked = f"{measure.kind}≥{measure.least}" + ("" if measure.most is None else f"≤{measure.most}")
    said = [duty.code, duty.subject, duty.responsible, duty.every, ",".join(duty.by), asked]
    said += [f"of={measure.field}"] if measure.field else []
    said += [f"minutes={measure.minutes}"] if measure.minutes else []
    said += [f"among:{name}={words(value)}" for name, value in duty.among.items()]
    said += [f"only={one}" for one in duty.only]
    if limit is not None:
        weeks, days = limit.weeks, limit.days
        within = f"{weeks}weeks" if weeks is not None else f"{days}days"
        within = limit.field or ("semester-end" if limit.semester_end else within)
        said.append(f"within={within}")
    said += [f"weight={duty.weight}"] if duty.weight else []
    return " ".join(said)


def declared(duty):
    """Return the lines of a declared duty, to be written or compared."""
    found = []
    if duty.event is not None:
        found.append(_line(duty, "event", duty.event, (), ()))
    for number, source, needs in duty.asked:
        part = duty.parts[number] if duty.parts else None
        role = f"{number + 1}≥{part.least}" if part else "from"
        fields = ()
        if duty.measure.kind is MeasureKind.COMPLETE:
            fields = (part.fields if part else ()) or duty.measure.fields
        found.append(_line(duty, role, source, needs, fields))
    return found


def _line(duty, role, source, needs, fields):
    where = {name: words(value).split(",") for name, value in source.where.items()}
    where |= {"@date": [source.date]}
    where |= {"@present": ["yes"] if source.present else [""]}
    where = {name: value for name, value in where.items() if value != [""]}
    return Line(duty.code, role, source.register, where, tuple(needs), tuple(fields))


def words(value):
    """Return what a filter names as it is written in the file."""
    told = {True: "yes", False: "no"}
    listed = value if isinstance(value, list) else [value]
    return ",".join(told[one] if isinstance(one, bool) else str(one) for one in listed)


def text_of(duty):
    """Return a duty as it is written in the file."""
    said = [head(duty)]
    for line in declared(duty):
        where = [f"{name}={','.join(value)}" for name, value in line.where.items()]
        more = [f"+{one}" for one in line.needs] + [f"!{one}" for one in line.fields]
        said.append("    " + " ".join([line.role, line.register, *where, *more]))
    return "\n".join(said)
