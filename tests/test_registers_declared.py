"""Every register and field that another pair of eyes transcribed is declared, saves and lists."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    IntegerField,
    TextField,
    TimeField,
)

from models.core import listing, service, validation
from models.core.boxes import Box
from models.core.errors import Invalid
from models.core.fields import (
    DurationField,
    IdNumberField,
    MoneyField,
    MonthField,
    PhoneField,
    ScaledField,
    SchoolNumberField,
    Secrecy,
    WordField,
    WordsField,
)
from models.core.gates import row
from models.core.register import REGISTERS, line_registers, parent_register, register_of
from tests.factory import Factory

TRANSCRIBED = {
    entry["slug"]: entry
    for entry in tomllib.loads((Path(__file__).parent / "data" / "fields.toml").read_text("utf-8"))[
        "register"
    ]
}
KINDS = {
    "text": (CharField, TextField),
    "longtext": (TextField, CharField),
    "choice": (WordField,),
    "choices": (WordsField,),
    "date": (DateField,),
    "datetime": (DateTimeField,),
    "time": (TimeField,),
    "int": (IntegerField,),
    "decimal": (ScaledField,),
    "money": (MoneyField,),
    "bool": (BooleanField,),
    "phone": (PhoneField,),
    "id-number": (IdNumberField,),
    "school-number": (SchoolNumberField,),
    "month": (MonthField,),
    "duration": (DurationField,),
}
# Each secrecy hides at least as much as those before it.
ORDER = ("open", "name", "address", "phone", "identity", "private", "internal", "sealed")
BOXES = {"sys": None, "—": None, "11/12": "12"}
# Written by the product or sealed: no clerk saves one by hand.
NOT_TYPED = {"photo", "photo-child", "bundle", "correction", "user", "school", "semester-close"}
# What a procedure alone writes.
NOT_TYPED |= {slug for slug, declared in REGISTERS.items() if declared.procedure}
NOT_TYPED |= {"evaluation-point"}
SEALED = {slug for slug, declared in REGISTERS.items() if declared.sealed}
OPEN = [
    pytest.param(declared, id=slug)
    for slug, declared in REGISTERS.items()
    if slug not in NOT_TYPED | SEALED
]
FIELDS = [
    pytest.param(slug, field, id=f"{slug}.{field['name']}")
    for slug, entry in TRANSCRIBED.items()
    for field in entry["field"]
]


def evidence_key(field):
    return field["name"].replace("_", "-")


@pytest.mark.parametrize("slug", TRANSCRIBED)
def test_a_register_is_declared_as_it_was_transcribed(slug):
    told, declared = TRANSCRIBED[slug], REGISTERS[slug]
    assert declared.title == told["title"]
    assert declared.model.__name__ == told["model"]
    box = BOXES.get(told["box"], told["box"])
    assert box is None or declared.box.number == box
    for key in ("happened", "open_until", "many", "sealed", "menu"):
        assert getattr(declared, key) == told[key], key
    assert declared.roster >= told["roster"]
    assert declared.locks <= told["locks"]
    assert set(declared.hidden_from) >= set(told["hidden_from"])
    above = parent_register(declared)
    assert (above.slug if above else "") == told["parent"]
    assert set(told["lines"]) <= {line.slug for line in line_registers(declared)}


@pytest.mark.parametrize(
    "slug", [s for s in TRANSCRIBED if not (REGISTERS[s].sealed or REGISTERS[s].parent)]
)
def test_those_named_may_create(slug):
    told, declared = TRANSCRIBED[slug], REGISTERS[slug]
    wanted = set(told["writers"]) - {"clerk", "counsellor"}
    assert wanted <= set(declared.creates)


@pytest.mark.parametrize(("slug", "told"), FIELDS)
def test_a_field_is_declared_with_label_type_need_choices_and_secrecy(slug, told):
    declared = REGISTERS[slug]
    if told["type"] == "file" and told["name"] not in declared.fields:
        assert evidence_key(told) in declared.evidence
        assert (evidence_key(told) in declared.wants) == (told["need"] == "wanted")
        return
    spec = declared.fields.get(told["name"])
    if spec is None:
        assert told.get("derived"), "the field is neither declared nor derived"
        (found,) = (d for d in declared.derived if d.name == told["name"])
        assert found.label == told["label"]
        return
    assert spec.label == told["label"]
    assert_type(spec, told)
    assert_need(spec, told)
    if "choices" in told:
        assert set(told["choices"]) == set(spec.field.words)
    if told.get("secret"):
        assert ORDER.index(spec.secret.value) >= ORDER.index(told["secret"])


def assert_type(spec, told):
    if told["type"].startswith("fk:"):
        assert register_of(spec.target).slug == told["type"][3:]
    elif told["type"] != "file":
        assert isinstance(spec.field, KINDS[told["type"]])


def assert_need(spec, told):
    if spec.computed is not None or spec.never_empty:
        return
    need = "required" if spec.required else "wanted" if spec.wanted else "optional"
    assert need == told["need"]


def test_every_register_belongs_to_the_list_or_to_the_product_itself():
    own = {
        "school", "semester", "holiday", "user", "bundle", "correction",
        "check-number", "scoring-sheet", "scoring-line", "semester-close", "review-task",
        "adoption", "duty-setting", "finding-silence", "evaluation-year", "evaluation-ballot",
        "award-bar", "duty-department", "statistics-table",
    }  # fmt: skip
    assert set(REGISTERS) - set(TRANSCRIBED) - own == set()


@pytest.mark.parametrize("declared", REGISTERS.values(), ids=REGISTERS)
def test_a_register_says_what_it_is_for_and_shows_a_list_one_can_read(declared):
    assert declared.purpose
    assert isinstance(declared.box, Box)
    columns = declared.ordered("list") + [d for d in declared.derived if d.list]
    assert columns
    if declared.menu:
        assert 2 <= len(columns) <= 10
    assert declared.sealed or len(declared.ordered("short")) <= 8


@pytest.mark.parametrize("declared", [one for one in OPEN if one.values[0].ordered("short")])
def test_a_short_form_holds_every_field_that_must_be_filled(declared):
    short = {spec.name for spec in declared.ordered("short")}
    required = {n for n, s in declared.fields.items() if s.required and n != declared.parent}
    assert required <= short


@pytest.mark.parametrize("declared", OPEN)
def test_a_minimal_record_is_saved_and_listed(declared, world):
    actor = world.clerk
    saved = Factory(actor).save(declared)
    assert row(actor, declared, saved.id) is not None
    found = listing.listed(actor, declared, listing.ListRequest(size=200))
    assert saved.id in [record.id for record in found.records]


def required_of(declared):
    """What must be filled of a register that has a form of its own."""
    if declared.parent:
        return {}
    return {name: spec for name, spec in declared.fields.items() if spec.required}


@pytest.mark.parametrize("declared", [one for one in OPEN if required_of(one.values[0])])
def test_an_empty_form_is_refused_with_a_sentence_per_required_field(declared, world):
    required = required_of(declared)
    with pytest.raises(Invalid) as refused:
        service.create(world.clerk, declared, {})
    assert {n: s.asked for n, s in required.items()}.items() <= (refused.value.errors.items())


def test_nearly_every_register_is_asked_each_question():
    assert len(OPEN) > 75
    assert sum(bool(one.values[0].ordered("short")) for one in OPEN) > 60
    assert sum(bool(required_of(one.values[0])) for one in OPEN) > 45


@pytest.mark.parametrize("slug", sorted(SEALED))
def test_of_a_sealed_register_only_what_the_clerk_may_know_is_plain(slug):
    declared = REGISTERS[slug]
    plain = {n for n, s in declared.fields.items() if s.secret is not Secrecy.SEALED}
    dates = {"held_on", "observed_on", "finished_on", "sealed_on"}
    assert plain <= {"case_code", "counsellor", "received_by"} | dates
    assert not [s for n, s in declared.fields.items() if n not in plain and (s.list or s.search)]


def test_a_wanted_field_is_asked_for_only_where_it_applies(world):
    declared = REGISTERS["attendee"]
    line = declared.model(role="其他")
    assert "name" in [spec.name for spec in validation.missing_wanted(declared, line)]
    line.role = "教职工"
    assert "name" not in [spec.name for spec in validation.missing_wanted(declared, line)]


def test_a_meeting_with_returning_parents_wants_the_speech_and_another_does_not():
    declared = REGISTERS["meeting"]
    wants = validation.missing_evidence
    assert wants(declared, declared.model(kind="返乡家长会"), {"photo"}) == ["讲话稿"]
    assert wants(declared, declared.model(kind="例会"), {"photo"}) == []
