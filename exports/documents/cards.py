"""Cards to be cut out: the contact card of a child, four on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import CARDS, Block, Cards, Cell, Grid, Row, Spread, Text, label
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.children import Child, Guardian, Parent
from models.kept.left_behind import classes_on
from models.kept.pairings import Pairing
from models.kept.staff import ClassTeacher, Staff


@document(
    "contact-card",
    "联系卡",
    clauses=("S10-3", "Q07-5", "Q09-1", "Q09-3"),
    source=("child", "parent", "guardian", "pairing", "staff"),
    about="child",
    roles=STAFF,
    issued="联系卡",
)
def contact_card(asked: Asked) -> Paper:
    """Whom to reach for each child: parents, guardian, class teacher, paired teacher."""
    look = _Look(asked)
    cards = tuple(look.card(child) for child in asked.records)
    title = "留守儿童家校联系卡"
    return laid_out(title, asked.semester.title, Cards(cards), geometry=CARDS)


class _Look:
    """Parents, guardians and teachers of all children asked for, in a few queries."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        ids = [child.id for child in asked.records]
        reader, today = asked.reader, asked.reader.today
        self._children = Page(reader, register_of(Child), asked.records, "pdf")
        self._parents = self._of(Parent, Parent.child.in_(ids))
        self._guardians = self._of(Guardian, Guardian.child.in_(ids) & holds_on(Guardian, today))
        self._pairings = self._of(Pairing, Pairing.child.in_(ids) & holds_on(Pairing, today))
        placed = classes_on(ids, today)
        self._class = {child: found[0] for child, found in placed.items()}
        self._teachers = self._of(ClassTeacher, holds_on(ClassTeacher, today))
        staff = {one.teacher_id for one in self._pairings[1]}
        staff |= {one.staff_id for one in self._teachers[1]}
        page, found = self._of(Staff, Staff.id.in_(sorted(staff)))
        self._phones = {one.id: (page.text(one, "name"), page.text(one, "phone")) for one in found}

    def _of(self, model: Any, condition: Any) -> tuple[Page, list[Any]]:
        register = register_of(model)
        found = list(rows(self._asked.reader, register).where(condition).order_by(model.id))
        return Page(self._asked.reader, register, found, "pdf"), found

    def card(self, child: Any) -> tuple[Block, ...]:
        """Return the blocks of one child's card."""
        text = self._children.text
        lines = [
            Row(
                (
                    label("学生"),
                    Cell(text(child, "name")),
                    label("班级"),
                    Cell(text(child, "school_class")),
                )
            ),
        ]
        parents, theirs = self._parents
        for one in [parent for parent in theirs if parent.child_id == child.id][:2]:
            lines.append(
                Row(
                    (
                        label(parents.text(one, "relation")),
                        Cell(parents.text(one, "name")),
                        label("电话"),
                        Cell(parents.text(one, "phone")),
                    )
                )
            )
        guardians, all_ = self._guardians
        for one in [guardian for guardian in all_ if guardian.child_id == child.id][:1]:
            name = f"{guardians.text(one, 'name')}（{guardians.text(one, 'relation')}）"
            lines.append(
                Row(
                    (label("监护人"), Cell(name), label("电话"), Cell(guardians.text(one, "phone")))
                )
            )
        lines.append(Row((label("住址"), Cell(text(child, "address"), across=3))))
        for title, person in (
            ("班主任", self._class_teacher(child)),
            ("结对教师", self._paired(child)),
        ):
            name, phone = self._phones.get(person or 0, ("", ""))
            lines.append(Row((label(title), Cell(name), label("电话"), Cell(phone))))
        emergency = " ".join(
            filter(None, (text(child, "emergency_contact"), text(child, "emergency_phone")))
        )
        lines.append(Row((label("紧急联系"), Cell(emergency, across=3))))
        rows_ = tuple(Row(row.cells, 8) for row in lines)
        return (
            Text("留守儿童家校联系卡", 14, "centre", bold=True),
            Text(self._asked.school, 10, "centre"),
            Grid((20, 44, 16, 44), rows_),
            Spread(("号码变更请及时告知班主任", "（盖章）　　年　月　日"), 8.5),
        )

    def _class_teacher(self, child: Any) -> int | None:
        found: Sequence[Any] = self._teachers[1]
        own = self._class.get(child.id)
        return next((one.staff_id for one in found if one.school_class_id == own), None)

    def _paired(self, child: Any) -> int | None:
        found: Sequence[Any] = self._pairings[1]
        return next((one.teacher_id for one in found if one.child_id == child.id), None)
