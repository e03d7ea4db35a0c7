"""打印前看一看: what an inspector would complain of in the records that a paper is made of.

Left blank, entered long afterwards, the same words in two records: each with
the record it stands in. It stops nothing; what is wrong is mended in the record, not on the paper.
"""

from __future__ import annotations

from typing import Any

from peewee import TextField

from admin.registers.list import link
from models.core.display import Page
from models.core.register import Register
from models.core.validation import happened_on, missing_wanted

# Acts entered so many days later are back-filled in the eyes of who compares dates.
LATE_DAYS = 7
# Shorter texts are alike by nature.
LEAST_ALIKE = 12


def complaints(page: Page, register: Register, records: tuple[Any, ...]) -> list[dict[str, str]]:
    """Return what stands out, as text and the record's address; `page` is the reader's."""
    found: list[dict[str, str]] = []
    first_with: dict[tuple[str, str], str] = {}
    shown = {spec.name for spec in register.fields.values() if spec.name in page.surface}
    for record in records:
        name = page.label(record)
        url = link(f"{register.slug}.detail", rid=record.id)
        lacking = [one for one in missing_wanted(register, record) if one.name in shown]
        told = []
        if lacking:
            told.append(f"没有填写{'、'.join(one.label for one in lacking)}")
        day = happened_on(register, record)
        entered = record.entered_at.date()
        if day is not None and (entered - day).days > LATE_DAYS:
            told.append(f"{(entered - day).days} 天以后才补录")
        for field in shown:
            text = str(record.__data__.get(field) or "").strip()
            if not isinstance(register.spec(field).field, TextField) or len(text) < LEAST_ALIKE:
                continue
            other = first_with.setdefault((field, text), name)
            if other != name:
                told.append(f"{register.spec(field).label}与“{other}”一字不差")
        found += [{"text": f"{name}：{word}", "url": url} for word in told]
    return found
