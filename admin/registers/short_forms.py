"""The short form that meets a duty, with the child and the teacher filled in."""

from __future__ import annotations

from typing import Any

from flask import url_for

from compliance.judged.store import Verdict
from compliance.ordered.catalogue import source_register
from compliance.ordered.duty import Duty, MeasureKind, Source
from compliance.told.progress import noun
from models.core.actor import Actor
from models.core.register import Register, parent_register
from models.core.rights import may


def sources_of(duty: Duty) -> list[Source]:
    """Return every source of a duty, those of its parts included; the first is its own form."""
    return [*duty.sources, *(source for part in duty.parts for source in part.sources)]


def written_in(duty: Duty) -> Register:
    """Return the register whose form meets the duty; a line is written on its record's form."""
    source = source_register(sources_of(duty)[0])
    return parent_register(source) or source


def next_step(
    actor: Actor, duty: Duty, verdict: Verdict, staff: int | None = None
) -> dict[str, str] | None:
    """Return {word, url} of what meets the duty, None for whoever does not write there.

    What is only incomplete is completed in the child's file; everything else has its short form.
    `staff` is who answers where the verdict itself names nobody, as a class teacher.
    """
    register = written_in(duty)
    if not may(actor, "create", register) and not may(actor, "edit", register):
        return None
    if duty.measure.kind is MeasureKind.COMPLETE and verdict.child is not None:
        return {"word": "去补全", "url": url_for("child.detail", rid=verdict.child)}
    if not may(actor, "create", register):
        return None
    given = {
        "child": verdict.child,
        "teacher": verdict.staff or staff,
        "school_class": verdict.school_class,
    }
    values: dict[str, Any] = {
        name: value
        for name, value in given.items()
        if value is not None and name in register.fields
    }
    word = noun(duty)
    return {
        "word": word if word.startswith("记") else f"记{word}",
        "url": url_for(f"{register.slug}.new", **values),
    }
