"""Cards to be cut out: the contact card of a child, four on a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.pictures import photos_for
from exports.pdf.blocks import CARDS, Block, Cards, Cell, Grid, Row, Spread, Text, label
from models.core import calendar
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.calls import HotlineLine
from models.kept.children import Child, Guardian, Parent
from models.kept.left_behind import classes_on
from models.kept.pairings import Pairing
from models.kept.staff import ClassTeacher, Staff

# A row of a card in millimetres; the photo stands beside the first four.
LINE, PHOTO_ROWS = 5.6, 4
NO_PHOTO = "贴照片"


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
        self._faces = photos_for(asked.printing, register_of(Child), asked.records, "thumb")
        school = calendar.school()
        self._school_phone = (school.phone if school is not None else "") or ""
        lines, numbers = self._of(HotlineLine, holds_on(HotlineLine, today))
        self._hotline = lines.text(numbers[0], "number") if numbers else ""
        self._phones = {one.id: (page.text(one, "name"), page.text(one, "phone")) for one in found}

    def _of(self, model: Any, condition: Any) -> tuple[Page, list[Any]]:
        register = register_of(model)
        found = list(rows(self._asked.reader, register).where(condition).order_by(model.id))
        return Page(self._asked.reader, register, found, "pdf"), found

    def card(self, child: Any) -> tuple[Block, ...]:
        """Return the blocks of one child's card."""
        text = self._children.text
        pairs = [("学生", text(child, "name"), "班级", text(child, "school_class"))]
        pairs += self._family(child)
        for title, person in (
            ("班主任", self._class_teacher(child)),
            ("结对教师", self._paired(child)),
        ):
            name, phone = self._phones.get(person or 0, ("", ""))
            pairs.append((title, name, "电话", phone))
        pairs.append(("学校电话", self._school_phone, "帮扶热线", self._hotline))
        emergency = (text(child, "emergency_contact"), text(child, "emergency_phone"))
        pairs.append(("紧急联系", emergency[0], "电话", emergency[1]))
        lines = [Row((label(a), Cell(b), label(c), Cell(d)), LINE) for a, b, c, d in pairs]
        lines.append(Row((label("住址"), Cell(text(child, "address"), across=4)), LINE))
        return (
            Text("留守儿童家校联系卡", 13, "centre", bold=True),
            Text(self._asked.school, 9, "centre"),
            Grid((17, 33, 16, 36, 24), tuple(self._with_photo(child, lines)), size=9.5, pad=0.4),
            Spread(("请妥善保管，号码变更请及时告知班主任", "（盖章）　　年　月　日"), 8.5),
        )

    def _family(self, child: Any) -> list[tuple[str, str, str, str]]:
        """Both parents with phone and work place, the guardian who is first."""
        parents, theirs = self._parents
        found = []
        for one in [parent for parent in theirs if parent.child_id == child.id][:2]:
            word = parents.text(one, "relation")
            found.append((word, parents.text(one, "name"), "电话", parents.text(one, "phone")))
            found.append(
                ("务工地", parents.text(one, "work_place"), "状况", parents.text(one, "state"))
            )
        guardians, all_ = self._guardians
        for one in [guardian for guardian in all_ if guardian.child_id == child.id][:1]:
            name = f"{guardians.text(one, 'name')}（{guardians.text(one, 'relation')}）"
            found.append(("监护人", name, "电话", guardians.text(one, "phone")))
        return found

    def _with_photo(self, child: Any, lines: list[Row]) -> Iterator[Row]:
        """The photo at the right of the first rows; below it the last columns are one."""
        faces = self._faces.get(child.id, [])
        box = Cell(NO_PHOTO, 1, PHOTO_ROWS, "centre", size=8, picture=faces[-1] if faces else None)
        for place, row in enumerate(lines):
            if place == 0:
                yield Row((*row.cells, box), row.height)
            elif place < PHOTO_ROWS or row.cells[-1].across > 1:
                yield row
            else:
                *cells, last = row.cells
                yield Row((*cells, Cell(last.text, across=2)), row.height)

    def _class_teacher(self, child: Any) -> int | None:
        found: Sequence[Any] = self._teachers[1]
        own = self._class.get(child.id)
        return next((one.staff_id for one in found if one.school_class_id == own), None)

    def _paired(self, child: Any) -> int | None:
        found: Sequence[Any] = self._pairings[1]
        return next((one.teacher_id for one in found if one.child_id == child.id), None)
