"""Each cross-field rule has one case that is accepted and one that is refused at its field."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from models.core import service
from models.core.boxes import SYSTEM_ROLE
from models.core.errors import Invalid
from models.core.gates import every_row
from models.core.register import REGISTERS, parent_register
from models.core.service import LineInput
from tests.factory import Factory

DATA = Path(__file__).parent / "data"
CASES = tomllib.loads((DATA / "rules.toml").read_text("utf-8"))["rule"]
TRANSCRIBED = tomllib.loads((DATA / "fields.toml").read_text("utf-8"))["register"]
SPANS = [
    entry["slug"]
    for entry in TRANSCRIBED
    if any(rule["code"] == "since-until" for rule in entry["rules"])
]
REASON = {"late_reason": "停电，事后补记"}


def named(case):
    return f"{case['register']}.{case['code']}"


class Saving:
    """Saves the records a case describes, as the clerk; what a procedure writes as the product."""

    def __init__(self, actor, case):
        declared = REGISTERS[case["register"]]
        by_procedure = (parent_register(declared) or declared).procedure
        self.actor = actor = replace(actor, role=SYSTEM_ROLE) if by_procedure else actor
        self.factory = Factory(actor)

    def meant(self, raw):
        return {name: self.factory.meant(value) for name, value in raw.items()}

    def raw(self, register, told):
        return {**self.factory.minimal(register), **REASON, **self.meant(told)}

    def prepare(self, case):
        for told in case.get("setup", ()):
            values = {name: value for name, value in told.items() if name != "register"}
            self.save(REGISTERS[told["register"]], values)

    def save(self, register, told, lines=None):
        if lines is None:
            given = self.factory.lines(register)
        else:
            given = {
                slug: [LineInput(self.meant(row)) for row in rows] for slug, rows in lines.items()
            }
        return service.create(self.actor, register, self.raw(register, told), given)

    def save_line(self, register, told, of, beside=()):
        parent = parent_register(register)
        rows = [LineInput(self.raw(register, row)) for row in (*beside, told)]
        lines = dict(self.factory.lines(parent))
        lines[register.slug] = [*lines.get(register.slug, ()), *rows]
        return service.create(self.actor, parent, self.raw(parent, of), lines)


def attempt(saving, case, which):
    register = REGISTERS[case["register"]]
    told = case[which]
    if register.parent:
        of = case.get(f"{which}_of", case.get("of", {}))
        return saving.save_line(register, told, of, case.get("beside", ()))
    return saving.save(register, told, case.get(f"{which}_lines", case.get("lines")))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_the_rule_allows_is_saved(case, world):
    saving = Saving(world.clerk, case)
    saving.prepare(case)
    assert attempt(saving, case, "accepted").id


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_the_rule_forbids_is_refused_at_its_field(case, world):
    saving = Saving(world.clerk, case)
    saving.prepare(case)
    if case.get("change"):
        record = attempt(saving, case, "accepted")
        register, raw = REGISTERS[case["register"]], saving.meant(case["refused"])
        with pytest.raises(Invalid) as refused:
            service.update(world.clerk, register, record.id, raw, record.version)
    else:
        with pytest.raises(Invalid) as refused:
            attempt(saving, case, "refused")
    marked = {key.rpartition(".")[2]: text for key, text in refused.value.errors.items()}
    assert case["field"] in marked
    assert marked[case["field"]].strip()


@pytest.mark.parametrize("slug", SPANS)
def test_a_span_does_not_end_before_it_begins(slug, world):
    register = REGISTERS[slug]
    saving = Saving(world.clerk, {"register": slug})
    first, last = ("first", "last") if slug == "excuse" else ("since", "until")
    told = {first: "2019-09-01", last: "2019-08-01"}
    with pytest.raises(Invalid) as refused:
        saving.save_line(register, told, {}) if register.parent else saving.save(register, told)
    assert last in {key.rpartition(".")[2] for key in refused.value.errors}


def test_every_rule_that_blocks_has_its_cases():
    wanted = {
        (entry["slug"], rule["code"])
        for entry in TRANSCRIBED
        for rule in entry["rules"]
        if rule["blocks"] and not entry["sealed"] and rule["code"] != "since-until"
    }
    assert {(case.get("under", case["register"]), case["code"]) for case in CASES} >= wanted


def test_every_rule_of_a_declaration_says_what_it_holds():
    silent = [
        f"{register.slug}: {rule}"
        for register in REGISTERS.values()
        for rule in (*register.rules, *register.whole_rules)
        if not (rule.__doc__ or "").strip().endswith(".")
    ]
    assert silent == []


def test_the_best_is_first_equal_scores_tie_and_other_years_and_kinds_are_others(scratch):
    evaluations = REGISTERS["evaluation"]
    rows = scratch(evaluations)
    said = [
        ("2025-2026", 0, 900), ("2025-2026", 0, 950), ("2025-2026", 0, 900),
        ("2025-2026", 0, 800), ("2025-2026", 0, None), ("2024-2025", 0, 990),
        ("2025-2026", 1, 600),
    ]  # fmt: skip
    kinds = evaluations.fields["kind"].field.words
    for teacher, (year, kind, score) in enumerate(said, 1):
        rows.add(school_year=year, kind=kinds[kind], score=score, teacher=teacher)
    records = list(every_row(evaluations).order_by(evaluations.model.id))
    (ranked,) = [one for one in evaluations.derived if one.name == "rank"]
    assert ranked.of(records, None) == ["2", "1", "2", "4", "", "1", "1"]
