"""What reading and planning an import asks of the database, for few rows and for many."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models.core.database import database, writing
from models.core.gates import every_row
from models.core.register import find
from models.intake.imports import plan_table
from models.intake.match import Matcher
from models.intake.report import Choices
from models.intake.table import read_table
from models.intake.values import read_values
from tests.workbooks import workbook

CHILD, ENROLMENT, TALK = find("child"), find("enrolment"), find("talk")
FEW, MANY = 40, 400
# Links are asked for 400 texts at a time.
A_FEW = 3
HEAD = ["姓名", "谈心教师", "谈话日期", "主题"]
BESIDE = {"plain": [], "class": ["班级"], "wrong class": ["班级"], "number": ["身份证号"]}


@pytest.fixture
def children(world):
    """Many children of the first class, copies of one, and their names."""
    first = every_row(CHILD).where(CHILD.model.id == world.child_a).get()
    placed = every_row(ENROLMENT).where(ENROLMENT.model.child == world.child_a).get()
    names = []
    with writing():
        for number in range(MANY):
            own = {"id": None, "name": f"孟{number:03}", "id_number": None, "school_number": None}
            child = CHILD.model(**{**first.__data__, **own})
            child.save(force_insert=True)
            names.append(child.name)
            ENROLMENT.model(**{**placed.__data__, "id": None, "child": child.id}).save(
                force_insert=True
            )
    return names


def asked(work):
    before = database.obj.query_count
    work()
    return database.obj.query_count - before


def sheet(world, names, beside):
    said = {"class": "七（1）班", "wrong class": "七（9）班", "number": "520624201205060020"}
    extra = BESIDE[beside]
    rows = [
        [
            name,
            "王爱丽",
            datetime(2025, 11, 3, 8, 1) + timedelta(minutes=n),
            "学习",
            *(said[beside] for _head in extra),
        ]
        for n, name in enumerate(names)
    ]
    return read_table(workbook(("谈心", [[*HEAD, *extra], *rows])), TALK)


@pytest.mark.parametrize("beside", BESIDE)
def test_reading_links_asks_as_much_for_many_rows_as_for_few(world, children, beside):
    few, many = (sheet(world, children[:count], beside) for count in (FEW, MANY))
    assert len(many.rows) == MANY
    costs = [asked(lambda t=table: read(world, t)) for table in (few, many)]
    assert costs[1] <= costs[0] + A_FEW


def read(world, table):
    return Matcher(world.clerk, TALK).match(read_values(world.clerk, TALK, table.rows))


def test_planning_asks_as_much_for_many_rows_as_for_few(world, children):
    costs = []
    for count in (FEW, MANY):
        table = sheet(world, children[:count], "class")
        costs.append(asked(lambda t=table: plan_table(world.clerk, t, Choices())))
    assert costs[1] <= costs[0] + A_FEW
