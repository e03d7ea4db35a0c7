"""The page of rights says what the gates do, and shows it to clerk and leadership alone."""

import io

import pytest
from python_calamine import CalamineWorkbook

from admin.permissions import acting_as, fields_of, rows_of, verbs_of
from models.boxes import ROLES
from models.gates import HIDE, MASK, treatment
from models.register import REGISTERS, find
from models.rights import VERBS, may


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_what_the_gates_say(world, role):
    now = world.clerk.now
    asking = acting_as(role, now)
    for register in REGISTERS.values():
        for verb, decided in verbs_of(role, register, now).items():
            assert bool(decided) == bool(may(asking, verb, register))
            assert decided.reason
        if not may(asking, "read", register):
            continue
        for one in fields_of(role, register, now):
            treated = treatment(asking, register, one.spec)
            assert (one.shown == "看不到") == (treated == HIDE)
            assert (one.shown == "遮蔽") == (treated == MASK)


def test_the_inspector_reads_masked_and_writes_nothing(world):
    now = world.clerk.now
    rights = {one.spec.name: one for one in fields_of("inspector", find("child"), now)}
    assert rights["name"].shown == "遮蔽"
    assert rights["private_remark"].shown == "看不到"
    assert not any(one.writable for one in rights.values())


def test_whose_rows_is_said_in_words():
    assert rows_of("teacher", find("talk")) == "自己的学生，以及自己做过的"
    assert rows_of("counsellor", find("child")) == "自己的学生（今天结对或本班）"
    assert rows_of("clerk", find("talk")) == "全部"
    told = {rows_of("teacher", register) for register in REGISTERS.values()}
    assert "" not in told


@pytest.mark.parametrize("name", ["clerk", "leadership"])
def test_the_office_reads_it_by_role_and_by_register(client_as, name):
    client = client_as(name)
    assert "教师能看什么" in client.get("/permissions/").text
    assert "督查人员能看什么" in client.get("/permissions/?role=inspector").text
    page = client.get("/permissions/?register=talk").text
    assert "不公开备注" in page
    assert "督查人员只读" in page


@pytest.mark.parametrize("name", ["alice", "counsellor", "inspector"])
def test_nobody_else_reads_it(client_as, name):
    assert client_as(name).get("/permissions/").status_code == 403
    assert client_as(name).get("/permissions/export.xlsx").status_code == 403


def test_the_workbook_holds_every_role_register_verb_and_field(client_as):
    answer = client_as("clerk").get("/permissions/export.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    verbs, fields = (book.get_sheet_by_name(name).to_python() for name in ("登记权限", "栏目权限"))
    assert len(verbs) == 1 + len(ROLES) * len(REGISTERS) * len(VERBS)
    assert len(fields) == 1 + len(ROLES) * sum(len(one.fields) for one in REGISTERS.values())
