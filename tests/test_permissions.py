"""The page of rights says what the gates do, and shows it to clerk and leadership alone."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook

from admin.people.permissions import fields_of, rows_of, verbs_of
from models.core.actor import SYSTEM
from models.core.boxes import ROLES
from models.core.gates import row
from models.core.register import REGISTERS, find
from models.core.rights import VERBS, is_in_time
from tests import which_fields
from tests.whose_rows import NARROWER, NOTHING, parent_slug, rule_of
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("with_a_point")

SHOWN = {
    which_fields.SHOWN: "看得到",
    which_fields.MASKED: "遮蔽",
    which_fields.HIDDEN: "看不到",
}
# What the page says of whose rows: by the rule, or by the register where it has its own.
IN_WORDS = {
    "everything": "全部",
    "own children": "自己的学生（今天结对或本班）",
    "own children, own acts": "自己的学生，以及自己做过的",
    "own acts": "自己做过的",
    "own person": "写着自己的",
    "own classes": "自己带的班",
    "sent to me": "发给自己的",
    "photo": "随所属记录",
    "correction": "随被更正的记录",
    "pairing-check": "自己做过的，以及写着自己的",
}


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_what_the_design_says(role):
    """The page's counsellor has opened the seal; its other roles have none to open."""
    wrong = []
    for slug, register in REGISTERS.items():
        decided = verbs_of(role, register, NOON)
        assert list(decided) == list(VERBS)
        assert all(one.reason for one in decided.values())
        due = {verb: which_fields.may_at_all(role, verb, slug, opened=True) for verb in VERBS}
        wrong += [f"{verb} {slug}" for verb in VERBS if bool(decided[verb]) != due[verb]]
        enters = due["create"] or due["edit"]
        for one in fields_of(role, register, NOON):
            how = which_fields.treated(role, register, one.spec, opened=True)
            met = which_fields.met(role, register, one.spec, "form", opened=True)
            shown = SHOWN[how] if due["read"] else "看不到"
            writable = due["read"] and enters and met is not None and met[1]
            if (one.shown, one.writable) != (shown, writable):
                wrong.append(f"{slug}.{one.spec.name}")
    assert not wrong


def test_the_inspector_reads_masked_and_writes_nothing(world):
    now = world.clerk.now
    rights = {one.spec.name: one for one in fields_of("inspector", find("child"), now)}
    assert rights["name"].shown == "遮蔽"
    assert rights["private_remark"].shown == "看不到"
    assert not any(one.writable for one in rights.values())


def test_whose_rows_is_said_in_words():
    for slug, register in REGISTERS.items():
        home = parent_slug(slug) or slug
        if rule_of(home) == NOTHING:
            continue
        words = IN_WORDS.get(home) or IN_WORDS[rule_of(home)]
        if slug in NARROWER:
            words = IN_WORDS["own children"]
        assert rows_of("teacher", register) == rows_of("counsellor", register) == words, slug
        released = slug == "bundle"
        assert rows_of("inspector", register) == ("已发布给督查的" if released else "全部"), slug
        assert rows_of("clerk", register) == rows_of("leadership", register) == "全部", slug
    assert rows_of("counsellor", find("counselling")) == "写着自己的"


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


def test_an_own_act_may_be_edited_to_the_second_for_seven_days(world):
    talk = find("talk")
    record = row(SYSTEM, talk, world.talk_a)
    last = record.entered_at + timedelta(days=world.alice.edit_days)
    assert is_in_time(replace(world.alice, now=last), talk, record)
    assert not is_in_time(replace(world.alice, now=last + timedelta(seconds=1)), talk, record)
    assert is_in_time(replace(world.clerk, now=last + timedelta(seconds=1)), talk, record)
