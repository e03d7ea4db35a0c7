"""打印前看一看: what an inspector would complain of in the records that a paper is made of.

Left blank, without its scan or photo, entered long afterwards, the same words in two records, not
looked at for a year, a parent dead who still earns, dates out of order, opinions and signatures
left blank, a volume without its list: each with the record it stands in. The rules and their
numbers are those of 迎检体检 (`compliance.findings`). It stops nothing; what is wrong is mended in
the record, not on the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from admin.registers.list import Marks, link
from compliance.findings import paperwork
from compliance.findings.catalogue import look_of
from compliance.findings.visits import written
from compliance.ordered.reading import tuples
from exports.documents.looked import looked
from models.core.display import Page
from models.core.register import Register, register_of
from models.core.validation import days_late, missing_wanted
from models.kept.children import Child, Parent

SAME_WORDS, LATE = "F604", "F605"


def complaints(page: Page, register: Register, records: tuple[Any, ...]) -> list[dict[str, str]]:
    """Return what stands out, as text and the record's address; `page` is the reader's."""
    shown = {spec.name for spec in register.fields.values() if spec.name in page.surface}
    told: dict[int, list[str]] = {record.id: [] for record in records}
    answered: dict[int, set[str]] = {record.id: set() for record in records}
    for fault, record_id in _faults(page, register, shown, set(told)):
        told[record_id].append(fault.told)
        answered[record_id] |= {name for mended in fault.mended for name in mended}
    for record_id, word in _of_people(page, register, records):
        told[record_id].append(word)
    for record_id, word in _of_records(page, register, records, shown):
        told[record_id].append(word)
    found = []
    blank = _blank(page, register, records, shown, answered)
    for record in records:
        name, url = page.label(record), link(f"{register.slug}.detail", rid=record.id)
        words = blank[record.id] + told[record.id]
        found += [{"text": f"{name}：{word}", "url": url} for word in words]
    return found


def _blank(
    page: Page,
    register: Register,
    records: tuple[Any, ...],
    shown: set[str],
    answered: dict[int, set[str]],
) -> dict[int, list[str]]:
    """Return what is wanted and not there, but what is `answered` already by a graver word."""
    marks = Marks(page.actor, register, list(records))
    labels = {field.label for field in register.fields.values()}
    found: dict[int, list[str]] = {}
    for record in records:
        done = answered[record.id]
        words: list[str] = []
        lacking = [
            field_spec
            for field_spec in missing_wanted(register, record)
            if field_spec.name in shown - done
        ]
        if lacking:
            words.append(f"没有填写{'、'.join(field_spec.label for field_spec in lacking)}")
        known = {register.evidence[kind] for kind in done if kind in register.evidence}
        absent = [one for one in marks.missing(record) if one not in labels | known]
        if absent:
            words.append(f"没有附{'、'.join(absent)}")
        found[record.id] = words
    return found


def _faults(
    page: Page, register: Register, shown: set[str], ids: set[int]
) -> Iterator[tuple[paperwork.Fault, int]]:
    """Yield the declared faults found, by whatever the reader may see."""
    if register.sealed or not ids:
        return
    seen = shown | register.evidence.keys()
    mine = [
        one for one in paperwork.faults() if one.register == register.slug and one.names <= seen
    ]
    looks = {code: look_of(page.actor, code) for code in {one.finding for one in mine}}
    for fault in mine:
        for hit in paperwork.faulty(fault, looks[fault.finding], ids):
            if hit.id is not None:
                yield fault, hit.id


def _of_people(
    page: Page, register: Register, records: tuple[Any, ...]
) -> Iterable[tuple[int, str]]:
    """Yield what a parent's death contradicts, and what nobody looked at for long."""
    by_id = {record.id: record for record in records}
    if register in (register_of(Parent), register_of(Child)):
        look = look_of(page.actor, paperwork.DEATH)
        for hit in paperwork.denied_by_death(look, by_id):
            one = hit.id
            if one is not None and hit.at == register.slug and _sees_death(page, register, one):
                yield one, hit.note
    if register.slug in paperwork.KEPT and by_id:
        model = register.model
        look = look_of(page.actor, paperwork.STALE)
        stale = paperwork.stale(register, look).where(model.id.in_(sorted(by_id)))
        for (one,) in tuples(stale.select(model.id)):
            yield one, f"{by_id[one].changed_at:%Y-%m-%d} 以后没有核对更新过"


def _sees_death(page: Page, register: Register, record_id: int) -> bool:
    """Return whether the reader may read that the parents are dead, elsewhere than here."""
    column = Parent.id if register is register_of(Parent) else Parent.child
    parents = looked(page.actor, Parent, column == record_id)
    return any(parents.text(parent, "state") == paperwork.DEAD for parent in parents)


def _of_records(
    page: Page, register: Register, records: tuple[Any, ...], shown: set[str]
) -> Iterator[tuple[int, str]]:
    """Yield what was entered long afterwards, and the same words in two records."""
    most = look_of(page.actor, LATE).number("days")
    least = look_of(page.actor, SAME_WORDS).number("length_at_least")
    texts = [name for name in written(register) if name in shown]
    first_with: dict[tuple[str, str], str] = {}
    for record in records:
        late = days_late(register, record)
        if late is not None and late > most:
            yield record.id, f"{late} 天以后才补录"
        name = page.label(record)
        for field in texts:
            text = str(record.__data__.get(field) or "").strip()
            other = first_with.setdefault((field, text), name) if len(text) >= least else name
            if other != name:
                yield record.id, f"{register.spec(field).label}与“{other}”一字不差"
