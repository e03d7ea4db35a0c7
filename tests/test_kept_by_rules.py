"""What may never be altered is not altered by a workbook either (未成年人保护法 11, Q25, Q01-1)."""

from __future__ import annotations

import pytest

from models.core.errors import Invalid
from models.core.gates import row
from models.core.register import REGISTERS, find
from models.intake.columns import NUMBER_HEAD
from tests.factory import Factory
from tests.test_excel_tables import edited, exported, imported

# The column of the register's workbook that is altered, and to what.
KEPT = {
    "duty-setting": ("本校数字", "1"),
    "adoption": ("理由", "另一个理由"),
    "finding-silence": ("理由", "另一个理由"),
    "notification": ("通报内容", "已另行告知"),
    "incident": ("发生时间", "2025-11-11 10:25:00"),
}


def rules_that_compare():
    return {
        register.slug
        for register in REGISTERS.values()
        for rule in register.rules
        if getattr(rule, "compares", False)
    }


def test_the_registers_with_such_rules_are_known():
    """Awards to the barred, closed semesters, school, calls, accounts have tests of their own."""
    others = {"award", "semester", "school", "family-call", "user"}
    assert rules_that_compare() == set(KEPT) | others


@pytest.mark.parametrize("slug", KEPT)
def test_what_stays_stays_whatever_a_workbook_says(world, slug):
    column, value = KEPT[slug]
    register = find(slug)
    record = Factory(world.clerk).save(register)

    def change(cells):
        if cells[NUMBER_HEAD].value.startswith(f"{record.id}-"):
            assert cells[column].value != value
            cells[column].value = value

    with pytest.raises(Invalid):
        imported(world.clerk, edited(exported(world.clerk, register), change), slug)
    assert row(world.clerk, register, record.id).version == record.version
