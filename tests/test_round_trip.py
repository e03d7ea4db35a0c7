"""The demo school's registers go out to workbooks and come back unchanged, every one of them.

A school of ten children by default; with SCHOOL_TESTS_FULL one of four hundred, 80,000 records.
"""

from __future__ import annotations

import os
from datetime import date, datetime

import pytest

from admin.frame.tables import make_tables
from admin.work import uploads
from demo import school
from models.core import calendar
from models.core.actor import Actor
from models.core.database import connected, open_database
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, find
from models.core.rights import may
from models.intake.imports import import_table, plan_table, usual_choices
from models.intake.table import read_table
from tests.test_excel_tables import exported
from tests.world import NOON

DAY = date(2026, 1, 15)
CHILDREN = 400 if os.environ.get("SCHOOL_TESTS_FULL") else 10
# Exported and imported by the clerk; a line's own sheet comes with its record's.
ALL = [register for register in REGISTERS.values() if not register.sealed and not register.parent]


@pytest.fixture(scope="module")
def clerk(tmp_path_factory):
    open_database(tmp_path_factory.mktemp("round trip"))
    with connected():
        make_tables()
        calendar.forget()
        school.make(DAY, CHILDREN)
        user = find("user").model
        account = every_row(find("user")).where(user.role == "档案管理员").first()
        yield Actor(
            role="clerk",
            now=datetime(2026, 1, 16, 9, 0),
            user_id=account.id if account else None,
            name="文员",
        )


@pytest.mark.xdist_group("round trip")
@pytest.mark.parametrize("register", ALL, ids=lambda register: register.slug)
def test_what_was_exported_comes_back_unchanged(clerk, register):
    if not may(clerk, "import", register):
        pytest.skip("nobody imports it")
    table = read_table(exported(clerk, register), register)
    count = rows(clerk, register).count()
    for work in (plan_table, lambda *args: import_table(*args, "往返")):
        report = work(clerk, table, usual_choices(table))
        assert report.reasons() == {}
        assert report.counts == ({"same": count} if count else {})
        assert report.batch is None


@pytest.mark.xdist_group("round trip")
def test_the_school_holds_what_is_hardest_to_bring_back(clerk):
    """Reviewed items that nobody may change, lines with a 序号 of their own, empty registers."""
    item = find("archive-item")
    assert every_row(item).where(item.model.reviewed_on.is_null(False)).count()
    assert every_row(find("scoring-line")).count()
    assert any(not rows(clerk, register).count() for register in ALL)


def test_the_page_of_an_empty_export_says_that_there_is_nothing_to_do(client_as, world, data_dir):
    data = exported(world.clerk, find("damage"))
    upload = uploads.keep(data_dir, world.clerk.user_id, "damage", "空表.xlsx", data, NOON)
    page = client_as("clerk").get(f"/imports/damage/{upload.token}").get_data(as_text=True)
    assert "没有要导入的记录" in page
    assert "这是从本系统导出的空表" in page
