"""Why something was entered late: asked for on every way a record gets its date, and kept."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from models.core import audit, service
from models.core.errors import Invalid
from models.core.gates import every_row, row
from models.core.register import find
from models.core.validation import is_backfilled
from tests.test_panel_writing import form_of
from tests.test_write_path import talk_of

TALK = find("talk")
LONG_AGO = "2025-10-20 12:00"


def stored(talk):
    return every_row(TALK).where(TALK.model.id == talk.id).get()


def test_a_record_moved_back_to_a_late_date_wants_and_keeps_its_reason(world):
    talk = talk_of(world)
    with pytest.raises(Invalid) as met:
        service.update(world.alice, TALK, talk.id, {"talked_at": LONG_AGO}, talk.version)
    assert "补录原因" in met.value.errors["late_reason"]
    assert stored(talk).talked_at == talk.talked_at
    raw = {"talked_at": LONG_AGO, "late_reason": "外出培训"}
    service.update(world.alice, TALK, talk.id, raw, talk.version)
    assert stored(talk).late_reason == "外出培训"
    changes = json.loads(audit.entries_of("talk", talk.id)[0].payload)["changes"]
    assert changes["late_reason"] == [None, "外出培训"]


def test_the_reason_alone_can_be_corrected(world):
    talk = talk_of(world, talked_at=LONG_AGO, late_reason="忘记了")
    service.update(world.alice, TALK, talk.id, {"late_reason": "外出培训"}, talk.version)
    assert (stored(talk).late_reason, stored(talk).version) == ("外出培训", talk.version + 1)
    same = service.update(world.alice, TALK, talk.id, {"late_reason": "外出培训"}, talk.version + 1)
    assert same.version == talk.version + 1
    same = service.update(world.alice, TALK, talk.id, {"late_reason": " "}, talk.version + 1)
    assert (same.version, stored(talk).late_reason) == (talk.version + 1, "外出培训")


def test_the_form_of_a_late_record_shows_and_keeps_its_reason(client_as, world):
    alice = client_as("alice")
    talk = talk_of(world, talked_at=LONG_AGO, late_reason="外出培训")
    form = form_of(alice.get(f"/r/talk/{talk.id}/edit").text, topic="适应住校")
    assert form["late_reason"] == "外出培训"
    assert alice.post(f"/r/talk/{talk.id}/edit", data=form).status_code == 302
    assert (stored(talk).late_reason, stored(talk).topic) == ("外出培训", "适应住校")
    assert alice.get(f"/r/talk/{talk.id}/history").status_code == 200


def test_the_reason_is_asked_from_the_eighth_day_on(world):
    week_ago = world.alice.today - timedelta(days=7)
    assert not talk_of(world, talked_at=f"{week_ago} 12:00").late_reason
    with pytest.raises(Invalid, match="补录原因"):
        talk_of(world, talked_at=f"{week_ago - timedelta(days=1)} 12:00")


def test_back_filled_is_what_was_entered_from_the_eighth_day_on(world):
    for days, late in ((0, False), (7, False), (8, True)):
        at = f"{world.alice.today - timedelta(days=days)} 12:00"
        made = talk_of(world, talked_at=at, late_reason="停电")
        assert is_backfilled(TALK, made) is late, days
    assert not is_backfilled(find("staff"), row(world.clerk, find("staff"), world.staff_alice))
