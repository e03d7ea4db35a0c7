"""打印前看一看: what an inspector would complain of in the records that a paper is made of.

Left blank, without its scan or photo, entered long afterwards, the same words in two records, not
looked at for a year, a parent dead who still earns: each with the record it stands in. It stops
nothing; what is wrong is mended in the record, not on the paper.
"""

from __future__ import annotations

from typing import Any

from peewee import TextField

from admin.registers.list import Marks, link
from exports.documents.looked import looked
from models.core.display import Page
from models.core.register import Register, register_of
from models.core.validation import days_late, missing_wanted
from models.kept.children import Child, Parent

# Acts entered so many days later are back-filled in the eyes of who compares dates.
LATE_DAYS = 7
# What is kept of people and things is stale when nobody changed it for so many days.
STALE_DAYS = 365
DEAD, WAGES = "死亡", "打工"
# Shorter texts are alike by nature.
LEAST_ALIKE = 12


def complaints(page: Page, register: Register, records: tuple[Any, ...]) -> list[dict[str, str]]:
    """Return what stands out, as text and the record's address; `page` is the reader's."""
    found: list[dict[str, str]] = []
    first_with: dict[tuple[str, str], str] = {}
    shown = {spec.name for spec in register.fields.values() if spec.name in page.surface}
    marks = Marks(page.actor, register, list(records))
    labels = {one.label for one in register.fields.values()}
    dead = _all_dead(page, register, records)
    for record in records:
        name = page.label(record)
        url = link(f"{register.slug}.detail", rid=record.id)
        lacking = [one for one in missing_wanted(register, record) if one.name in shown]
        told = []
        if lacking:
            told.append(f"没有填写{'、'.join(one.label for one in lacking)}")
        if absent := [one for one in marks.missing(record) if one not in labels]:
            told.append(f"没有附{'、'.join(absent)}")
        if not register.happened and (page.actor.now - record.changed_at).days > STALE_DAYS:
            told.append(f"{record.changed_at:%Y-%m-%d} 以后没有核对更新过")
        if record.id in dead:
            told.append(dead[record.id])
        late = days_late(register, record)
        if late is not None and late > LATE_DAYS:
            told.append(f"{late} 天以后才补录")
        for field in shown:
            text = str(record.__data__.get(field) or "").strip()
            if not isinstance(register.spec(field).field, TextField) or len(text) < LEAST_ALIKE:
                continue
            other = first_with.setdefault((field, text), name)
            if other != name:
                told.append(f"{register.spec(field).label}与“{other}”一字不差")
        found += [{"text": f"{name}：{word}", "url": url} for word in told]
    return found


def _all_dead(page: Page, register: Register, records: tuple[Any, ...]) -> dict[int, str]:
    """Return what contradicts a parent's death, by the record's id: a dead parent's workplace, an
    income from work although no parent lives.
    """
    if register is register_of(Parent):
        dead = [one for one in records if page.text(one, "state") == DEAD and one.workplace]
        return {one.id: "状况是死亡，却写着工作单位" for one in dead}
    if register is not register_of(Child):
        return {}
    earning = {one.id for one in records if WAGES in (one.income or "")}
    parents = looked(page.actor, Parent, Parent.child.in_(sorted(earning)))
    states: dict[int, set[str]] = {}
    for parent in parents:
        states.setdefault(parent.child_id, set()).add(parents.text(parent, "state"))
    gone = [child for child in earning if states.get(child) == {DEAD}]
    return dict.fromkeys(gone, "登记的父母都已死亡，经济来源却写着打工")
