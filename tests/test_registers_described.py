"""The reference page and the JSON of all registers follow from the declarations."""

from __future__ import annotations

import argparse
import json

from admin.commands import registers as command
from compliance.ordered.catalogue import systems_of_registers
from models.core.boxes import CLERK, INSPECTOR, TEACHER
from models.core.described import registers_data
from models.core.described_text import registers_text
from models.core.register import REGISTERS


def by_slug():
    return {data["slug"]: data for data in registers_data(systems_of_registers())}


def test_the_reference_page_is_current():
    assert command.PAGE.read_text("utf-8") == registers_text(systems_of_registers()), (
        "run: python app.py registers --docs"
    )


def test_every_register_and_every_field_is_described():
    described = by_slug()
    assert set(described) == set(REGISTERS)
    for slug, register in REGISTERS.items():
        assert [field["name"] for field in described[slug]["fields"]] == list(register.fields)


def test_the_verbs_of_a_role_are_told_as_they_are_decided():
    described = by_slug()
    assert "delete" in described["talk"]["verbs"][CLERK]
    assert described["talk"]["verbs"][INSPECTOR] == ["read"]
    assert described["mind-note"]["verbs"][INSPECTOR] == []
    assert "create" in described["talk"]["verbs"][TEACHER]
    assert not {"create", "edit", "export"} & set(described["counselling"]["verbs"][CLERK])


def test_the_command_writes_nothing_but_json(capsys):
    assert command.run(argparse.Namespace(json=True, docs=False)) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"slug", "title", "box", "systems", "fields", "verbs"} <= set(told[0])
    assert {"label", "type", "required", "secrecy"} <= set(told[0]["fields"][0])


def test_the_command_lists_every_register_by_box(capsys):
    assert command.run(argparse.Namespace(json=False, docs=False)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(REGISTERS)
    assert lines[0].startswith("01")
