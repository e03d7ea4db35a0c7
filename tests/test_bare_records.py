"""A record with nothing but what saving asks for meets no clause that orders content.

Of every record of the school that meets every duty all is taken that may be empty, attachments and
all: what stays met is listed here, with the reason why the bare act is what the clause orders.
"""

from __future__ import annotations

from peewee import DateField, DateTimeField

from compliance.judged.evaluation import Evaluation
from compliance.ordered.catalogue import duties_on
from models.core import calendar
from models.core.database import writing
from models.core.fields import Link
from models.core.register import find
from tests.meeting_founding import AUTUMN, NOW
from tests.scratch import past_all_rules

BARE = {
    # The act is ordered; for whom, when and by whom it was done is what a record cannot lack.
    "the act": "flag activity-accompanied child-call-weekly child-call-monthly child-contact-q06 "
    "child-contact-q10 parent-call-twoweekly letter-exchange-monthly child-letter archive-07 "
    "family-call-semester village-copy parent-to-class-teacher parent-to-guardian tv-daily "
    "parents-meeting-attended guardian-trained award-given key-children move-approved stock-take",
    # Somebody holds a post or a child, something is in somebody's care, a number answers.
    "who has what": "hotline-parents hotline-support hotline-left-behind hotline-family "
    "hotlines-and-room posts-filled load-staff load-teacher-one acting-parent-all child-paired "
    "child-acting-parent child-paired-consulted leader-paired peer-paired assets-registered",
    # What is handed in has its contents elsewhere; here stands who took it, and who read it.
    "handed in": "census-reported records-handed-in records-looked-at forms-handed-in "
    "forms-handed-in-volunteer gather-semester-end archive-close",
    # The card is sealed: number, days and names are all that is seen of it.
    "sealed": "counselling-card counselling-sealed",
    # A notice is its recipient and its minute; a sheet is signed as its procedure made it.
    "by the minute": "incident-30 incident-60 incident-120a incident-120b",
    "signed": "evaluation evaluation-yearend evaluation-department",
    # The headings are worked out from the texts at every save.
    "worked out": "supervision",
    "nobody": "drop-out",
}
MET, KEPT = {*"DBL"}, (Link, DateField, DateTimeField)


def states(duty):
    judged = Evaluation(calendar.school_calendar().semester(AUTUMN), NOW.date()).judge(duty)
    return {one.subject.id: {v.state.value for v in one.verdicts} for one in judged}


def test_only_the_clauses_that_order_a_bare_act_are_met_by_one(meeting):
    still = set()
    for duty in duties_on(AUTUMN):
        before = states(duty)
        with past_all_rules(), writing():
            for slug in duty.registers:
                bare(slug, asked_of(duty, slug))
            find("photo").model.update(deleted_at=NOW).execute()
            after = states(duty)
        if any(letters & MET and after.get(one, set()) & MET for one, letters in before.items()):
            still.add(duty.code)
    assert still == {code for codes in BARE.values() for code in codes.split()}


def asked_of(duty, slug):
    """The fields by which a duty chooses its records, which are left as they are."""
    sources = [source for _, source, _ in duty.asked] + ([duty.event] if duty.event else [])
    return {name for source in sources if source.register == slug for name in source.where}


def bare(slug, chosen):
    """Take from all records of a register what may be empty; who it was and when stays."""
    register = find(slug)
    empty = {
        name: None
        for name, spec in register.fields.items()
        if spec.field.null
        and not spec.required
        and name not in chosen
        and name in register.model._meta.fields
        and not isinstance(spec.field, KEPT)
    }
    if empty:
        register.model.update(empty).execute()
