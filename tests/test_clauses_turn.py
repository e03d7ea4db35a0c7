"""From a school that meets a demand the proof is taken away: that clause turns, others do not.

The school is built from the duties' own declarations (`tests.meeting_school`). Per duty the records
that prove one verdict are removed or, where others hang on them, spoiled. Clauses that cite another
demand keep their state; those whose demand reads the same register may follow.
"""

from __future__ import annotations

import shutil

import pytest

from admin.tables import MORE_TABLES
from compliance.catalogue import duties, duty_called
from compliance.clause_state import DUTY, TEXT, clause_states
from compliance.evaluation import periods_of
from compliance.evidence import evidence
from compliance.regulations import clauses
from compliance.store import STATES, verdicts
from compliance.upkeep import concerns
from compliance.verdict import State
from models import calendar, service
from models.database import connected, database, open_database
from models.errors import InUse
from models.gates import every_row
from models.register import parent_register
from models.schema import create_tables
from models.service import LineInput
from tests.meeting_founding import AUTUMN, NOW
from tests.meeting_school import APART, EXCLUSIVE, MeetingSchool

MET = {State.DONE, State.BACK_FILLED, State.DONE_LATE}
# Never deleted by hand, and so that a verdict turns when one word is taken out of them.
SPOILT = {
    "incident": {"in_school": ""},
    "enrolment": {"until": "2025-09-02"},
    "class-teacher": {"until": "2025-09-02"},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meeting")
    open_database(folder)
    with connected():
        database.execute_sql("PRAGMA synchronous=OFF")
        create_tables(*MORE_TABLES)
        calendar.forget()
        made = MeetingSchool()
        made.build()
        actor = made.actor
        before = clause_states(actor, calendar.school_calendar().semester(AUTUMN))
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "records.db", made, before


@pytest.fixture
def meeting(built, tmp_path):
    file, made, before = built
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(file, folder / "records.db")
    open_database(folder)
    calendar.forget()
    with connected():
        database.execute_sql("PRAGMA synchronous=OFF")
        yield made, before
    calendar.forget()


def proofs(made, duty):
    """The records behind the first verdict of the duty that is met."""
    span = calendar.school_calendar().semester(AUTUMN)
    periods = periods_of(duty, span, calendar.school_calendar())
    for one in verdicts(made.actor, AUTUMN, duty=duty.code):
        for index, letter in enumerate(one.letters):
            if STATES[letter] in MET:
                shown = evidence(made.actor, duty, one, [periods[index]], NOW.date())
                found = [(p.register, r) for p in shown for r in p.records if r.id not in p.lacking]
                if found:
                    return found
    return []


def take_away(made, duty, register, record):
    """Remove a record, or spoil the one word the duty needs where it cannot be removed."""
    above = parent_register(register)
    if register.slug in SPOILT:
        service.update(made.actor, register, record.id, SPOILT[register.slug], record.version)
    elif above is not None:
        owner = record.__data__[register.parent]
        whole = every_row(above).where(above.model.id == owner).first()
        if whole is None:
            return
        gone = [LineInput({}, record.id, record.version, remove=True)]
        service.update(made.actor, above, owner, {}, whole.version, {register.slug: gone})
    else:
        try:
            service.delete(made.actor, register, record.id)
        except InUse:
            blank(made, duty, register, record)


def blank(made, duty, register, record):
    """Empty one field the duty asks to be filled in, else move the record out of the semester."""
    asked = [name for part in duty.parts for name in part.fields] or list(duty.measure.fields)
    empty = [n for n in asked if n in register.fields and not register.fields[n].required]
    raw = {empty[0]: ""} if empty else {register.happened: "2025-08-20"}
    if not empty and register.happened.endswith("_at"):
        raw[register.happened] += " 10:00"
    service.update(made.actor, register, record.id, raw, record.version)


def told(one):
    return one.state, one.share


@pytest.mark.parametrize(
    "code", [one.code for one in duties() if one.code not in EXCLUSIVE | APART]
)
def test_a_clause_turns_when_its_proof_is_gone_and_no_other_does(meeting, code):
    made, before = meeting
    assert code not in made.lacking, made.lacking[code]
    duty = duty_called(code, AUTUMN)
    found = proofs(made, duty)
    assert found, "nothing proves the duty in the school that meets it"
    span = calendar.school_calendar().semester(AUTUMN)
    citing = [one for one in clauses().values() if code in one.duties]
    asked = {
        clause.id: check
        for clause in citing
        for check in before[clause.id].checks
        if check.kind in (DUTY, TEXT) and check.code == code
    }
    assert all(check.share.met for check in asked.values()), asked

    touched = set()
    for register, record in {(one.slug, r.id): (one, r) for one, r in found}.values():
        take_away(made, duty, register, record)
        touched |= {register.slug, *(one.slug for one in [parent_register(register)] if one)}
    after = clause_states(made.actor, span)

    turned = {
        clause.id
        for clause in citing
        for check in after[clause.id].checks
        if check.kind in (DUTY, TEXT)
        and check.code == code
        and check.share != asked[clause.id].share
    }
    assert turned, f"{code} holds although {touched} is gone"
    if duty.subject != "topic":
        assert turned == {clause.id for clause in citing}
    changed = {key for key in before if told(before[key]) != told(after[key])}
    assert {key for key in changed if not concerned(clauses()[key], touched)} == set()


def concerned(clause, touched):
    """Whether a clause's demands read one of the registers that were touched."""
    if clause.checklist:
        return True
    return any(concerns(duty_called(code, AUTUMN), touched) for code in clause.duties)


def test_what_is_not_covered_is_named():
    """Numbers of pairings, a full leadership group, a study group and sealed sessions."""
    assert {one.code for one in duties()} >= EXCLUSIVE | APART
    assert len(EXCLUSIVE | APART) == 6
