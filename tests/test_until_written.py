"""What is kept until somebody writes: thrown away by every write, never by a reader's guess."""

from __future__ import annotations

import pytest

from models.core import calendar, service
from models.core.database import database
from models.core.gates import every_row
from models.core.register import REGISTERS, find
from models.core.until_written import until_written
from models.school import semester_close
from tests.factory import MADE_BY_PRODUCT, Factory
from tests.world import NOON

WRITTEN = [
    slug
    for slug, register in REGISTERS.items()
    if not (register.parent or register.sealed or register.procedure or slug in MADE_BY_PRODUCT)
]


def kept(*of):
    return until_written("a test", *of)


def test_it_is_kept_for_what_it_depends_on_alone(world):
    kept("monday")["hits"] = 3
    assert kept("monday") == {"hits": 3}
    assert kept("tuesday") == {}
    assert kept("monday") == {}


@pytest.mark.parametrize("slug", WRITTEN)
def test_every_way_a_record_is_written_throws_it_away(world, slug):
    clerk, register = world.actors["clerk"], find(slug)
    factory = Factory(clerk)
    values, lines = factory.minimal(register), factory.lines(register)

    def moves(write):
        kept()["hits"] = 3
        done = write()
        assert kept() == {}
        return done

    made = moves(lambda: service.create(clerk, register, values, lines))
    if not register.permanent:
        moves(lambda: service.delete(clerk, register, made.id))
        moves(lambda: service.restore(clerk, register, made.id))


def test_nothing_is_kept_of_what_is_rolled_back(world):
    kept()["hits"] = 3
    with database.atomic() as transaction:
        assert kept() == {}
        kept()["hits"] = 4
        transaction.rollback()
    assert kept() == {"hits": 3}


def test_the_review_of_a_semester_counts_what_was_written_since(world):
    clerk, talk = world.actors["clerk"], find("talk")
    semester = calendar.current_semester(NOON.date())

    def talks():
        reviewed = semester_close.review(semester)
        return sum(one.records for one in reviewed if one.register is talk)

    before = talks()
    made = Factory(clerk).save(talk)
    during = talks()
    inside = semester.first_day <= made.talked_at.date() <= semester.last_day
    assert (inside, during) == (True, before + 1)
    service.delete(clerk, talk, made.id)
    assert talks() == before == every_row(talk).count()
