"""The seal started, sessions and a second counsellor, for the tests of sealed counselling."""

from __future__ import annotations

from dataclasses import replace

from models.core.boxes import COUNSELLOR
from models.sealed import counselling, decisions, keys

PASSPHRASE = "安静的操场 1942"


def started(world):
    """Start the seal; return the counsellor with the key, and the recovery key."""
    key, recovery = keys.start(world.counsellor, PASSPHRASE, PASSPHRASE)
    return replace(world.counsellor, sealed_key=key), recovery


def session(world, actor, **changed):
    """Save a session of child A."""
    raw = {
        "case_code": "GA-01",
        "held_on": "2025-11-10",
        "counsellor": actor.staff_id,
        "child": world.child_a,
        "complaint": "想妈妈",
        "starts_at": "14:00",
        "ends_at": "14:40",
        "risk": "一般",
    }
    return counselling.save_session(actor, raw | changed)


def colleague(world):
    """Make Alice a counsellor, as the clerk asks and the leadership approves."""
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    decisions.approve(world.leadership, request.id)
    return replace(world.alice, role=COUNSELLOR)
