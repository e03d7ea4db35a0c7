"""The catalogue of faults: every one stands in the program, and nearly all are caught."""

from __future__ import annotations

from collections import Counter

from tests.faults.anchors import Unanchored, anchor, faults


def test_every_fault_has_one_place_in_the_program():
    lost = []
    for fault in faults():
        try:
            anchor(fault)
        except Unanchored as unanchored:
            lost.append(str(unanchored))
    assert not lost, "\n".join(lost)


def test_every_fault_has_a_name_of_its_own_and_changes_something():
    every = faults()
    names = Counter(fault.name for fault in every)
    assert [name for name, number in names.items() if number > 1] == []
    assert [fault.name for fault in every if fault.find == fault.replace] == []
    assert [fault.name for fault in every if not fault.promise.endswith(".")] == []
