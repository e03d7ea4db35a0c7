"""Each role's verbs and fields on every register, against rules worked out a second time."""

from __future__ import annotations

import pytest

from models.core.actor import SYSTEM, Actor
from models.core.boxes import ROLES
from models.core.fields import Secrecy
from models.core.gates import directory, search_columns, surface, treatment
from models.core.register import REGISTERS
from models.core.rights import VERBS, may
from tests import which_fields
from tests.whose_rows import CHILDREN, rule_of
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("with_a_point")

# The seal opened or not makes a difference to a counsellor alone.
ASKING = [(role, opened) for role in ROLES for opened in (False, True)]


def asking(role, opened):
    return Actor(role, NOON, user_id=1, staff_id=1, sealed_key=b"key" if opened else None)


@pytest.mark.parametrize(("role", "opened"), ASKING)
def test_every_role_has_the_verbs_of_the_design_and_no_others(role, opened):
    actor = asking(role, opened)
    wrong = [
        f"{verb} {slug}"
        for slug, register in REGISTERS.items()
        for verb in VERBS
        if bool(may(actor, verb, register))
        != which_fields.may_at_all(role, verb, slug, opened=opened)
    ]
    assert not wrong


@pytest.mark.parametrize(("role", "opened"), ASKING)
def test_every_field_is_shown_masked_or_hidden_as_the_design_says(role, opened):
    actor = asking(role, opened)
    wrong = [
        f"{slug}.{name}"
        for slug, register in REGISTERS.items()
        for name, spec in register.fields.items()
        if treatment(actor, register, spec)
        != which_fields.treated(role, register, spec, opened=opened)
    ]
    assert not wrong


@pytest.mark.parametrize(("role", "opened"), ASKING)
def test_a_surface_holds_what_the_role_meets_there_in_declared_order(role, opened):
    actor, wrong = asking(role, opened), []
    for slug, register in REGISTERS.items():
        for where in which_fields.WHERE:
            due = {
                spec.name: which_fields.met(role, register, spec, where, opened=opened)
                for spec in which_fields.placed(register, where)
            }
            due = {name: how for name, how in due.items() if how is not None}
            met = surface(actor, register, where)
            got = {one.name: (one.masked, one.writable) for one in met.fields}
            wrong += [f"{slug}.{n} {where}" for n in due.keys() | got if due.get(n) != got.get(n)]
            assert met.names == tuple(got)
            if where in ("detail", "form", "history"):
                assert list(met.names) == [name for name in register.fields if name in got]
    assert not wrong


def test_the_product_itself_reads_everything_plainly():
    for register in REGISTERS.values():
        for spec in register.fields.values():
            assert treatment(SYSTEM, register, spec) == which_fields.SHOWN


@pytest.mark.parametrize("role", ROLES)
def test_a_role_searches_the_text_of_its_level_of_secrecy_alone(role):
    for register in REGISTERS.values():
        columns = [column.name for column in search_columns(asking(role, False), register)]
        assert columns == which_fields.searched(role, register), register.slug


def test_phones_are_plain_to_teachers_only_where_they_read_own_children_alone():
    """Else a colleague's entry about somebody else's child would show the family's number."""
    plain = [slug for slug, register in REGISTERS.items() if register.own_contacts]
    assert plain == ["child", "parent", "guardian"]
    assert {rule_of(slug) for slug in plain} == {CHILDREN}


def told_by(register, *columns):
    """Whether the directory would tell these columns."""
    try:
        directory(register, *columns)
    except ValueError:
        return False
    return True


def test_the_directory_tells_a_name_a_year_of_birth_and_nothing_else():
    for slug, register in REGISTERS.items():
        model = register.model
        named = {"id", *register.label, "pinyin_search", "pinyin_key", "born_on"}
        for name, column in model._meta.fields.items():
            assert told_by(register, column) == (name in named), f"{slug}.{name}"
            assert told_by(register, model.id, column) == (name in named), f"{slug}.{name}"


def test_a_name_in_the_directory_is_no_number_and_no_address():
    for register in REGISTERS.values():
        secrets = {register.fields[name].secret for name in register.label}
        if "inspector" in register.hidden_from:
            secrets.discard(Secrecy.PRIVATE)
        assert secrets <= {Secrecy.OPEN, Secrecy.NAME}, register.slug
