"""Who is credited by a line reads its record and the line, and no longer once it is taken away.

For every register that says on lines whose act a record is; Alice is neither the child's teacher
nor the one who entered the record.
"""

from __future__ import annotations

import pytest

from models.core import service
from models.core.errors import Denied
from models.core.gates import row
from models.core.register import REGISTERS
from models.core.rights import may_on
from tests.matrix_time import CREDITS
from tests.test_matrix import listed
from tests.whose_rows import parent_slug

# (the line's register, its record's register)
CREDITING = [
    (name.partition(".")[0], register.slug)
    for register in REGISTERS.values()
    for name in register.act_by
    if "." in name
]
READ = {
    "credited": True,
    "credited, line deleted": False,
    "credited, line handed to Bob": False,
    "credited, record deleted and restored": True,
    "credited and deleted": False,
}


def test_there_are_registers_that_credit_by_lines_and_every_state_is_tried():
    assert ("home-visitor", "home-visit") in CREDITING
    assert set(READ) == set(CREDITS)
    assert all(parent_slug(line) == home for line, home in CREDITING)


@pytest.mark.parametrize(("line", "home"), CREDITING)
@pytest.mark.parametrize("why", CREDITS)
def test_a_credited_colleague_reads_the_record_and_the_line(
    timed_client, time_school, line, home, why
):
    record, credit = time_school.acts[home, why], time_school.acts[line, why]
    alice, reads = timed_client("alice"), READ[why]
    for address in (f"/r/{home}/{record}", f"/r/{home}/{record}/history"):
        assert alice.get(address).status_code == (200 if reads else 404), address
    assert alice.get(f"/photos/of/{home}/{record}").status_code == (200 if reads else 404)
    for address in (f"/r/{line}/{credit}", f"/r/{line}/{credit}/edit"):
        answer = alice.get(address)
        assert (answer.status_code, answer.location) == (
            (302, f"/r/{home}/{record}") if reads else (404, None)
        ), address
    assert (record in listed(alice.get(f"/r/{home}/?size=200").text, home)) == reads
    assert (credit in listed(alice.get(f"/r/{line}/?size=200").text, line)) == reads


@pytest.mark.parametrize(("line", "home"), CREDITING)
def test_a_credit_opens_the_record_alone_and_neither_child_nor_other_records(
    timed_client, time_school, facts, line, home
):
    record = time_school.acts[home, "credited"]
    child = next(one["child_id"] for one in facts.rows[home] if one["id"] == record)
    assert timed_client("alice").get(f"/r/child/{child}").status_code == 404
    for name in ("charlie", "counsellor"):
        assert timed_client(name).get(f"/r/{home}/{record}").status_code == 404


@pytest.mark.parametrize(("line", "home"), CREDITING)
def test_a_record_whose_credit_was_handed_on_is_the_others_to_read(
    timed_client, time_school, line, home
):
    record = time_school.acts[home, "credited, line handed to Bob"]
    assert timed_client("bob").get(f"/r/{home}/{record}").status_code == 200
    assert timed_client("alice").get(f"/r/{home}/{record}").status_code == 404


@pytest.mark.parametrize(("line", "home"), CREDITING)
@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_a_credit_does_not_let_change_what_a_colleague_entered_weeks_ago(
    timed_client, time_school, line, home, verb
):
    alice, register = time_school.world.alice, REGISTERS[home]
    record = row(alice, register, time_school.acts[home, "credited"])
    assert not may_on(alice, verb, register, record)
    for method in ("get", "post"):
        answer = getattr(timed_client("alice"), method)(f"/r/{home}/{record.id}/{verb}")
        assert answer.status_code == 403
    written = {
        "edit": lambda: service.update(alice, register, record.id, {}, record.version),
        "delete": lambda: service.delete(alice, register, record.id),
    }
    with pytest.raises(Denied):
        written[verb]()


@pytest.mark.parametrize(("line", "home"), CREDITING)
def test_who_is_credited_edits_and_corrects_the_own_act_as_who_is_named(
    timed_client, time_school, line, home
):
    register, alice = REGISTERS[home], time_school.world.alice
    # A copy as entered this morning, so that only whose act it is decides.
    record = row(alice, register, time_school.acts[home, "credited"])
    record.entered_at = alice.now
    assert may_on(alice, "edit", register, record)
