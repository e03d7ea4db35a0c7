"""What the product itself sees to (kind P): each permission tried out on the rules in force.

Nothing is taken on trust: a register that lost its seal, a field that lost its secrecy or a rule
that was dropped from a declaration turns the clause that orders it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from models.core.actor import SYSTEM, Actor
from models.core.boxes import CLERK, COUNSELLOR, INSPECTOR, LEADERSHIP, TEACHER
from models.core.errors import Locked
from models.core.gates import surface
from models.core.lock import Lock
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.kept.archive import ArchiveItem
from models.kept.calls import FamilyCall, callee_is_allowed, entered_before
from models.kept.counselling import Counselling, MindFile
from models.sealed.anonymous import anonymise

ROLES = (CLERK, LEADERSHIP, TEACHER, COUNSELLOR, INSPECTOR)
WRITING = ("create", "edit", "delete", "restore")
HANDING_OUT = ("import", "export", "bulk", "print")
# Where a reader may meet a field.
READING = ("list", "detail", "search", "sort", "filter", "export", "history", "pdf")
# What of a sealed register stands open: that a session was held, not what was said (Q13-4).
INDEX = frozenset(
    {
        "case_code",
        "held_on",
        "observed_on",
        "counsellor",
        "finished_on",
        "sealed_on",
        "received_by",
    }
)
NOON = datetime(2025, 9, 1, 12, 0)


def _actor(role: str) -> Actor:
    return Actor(role=role, now=NOON)


def _met(role: str, register: Register) -> set[str]:
    return {name for where in READING for name in surface(_actor(role), register, where).names}


def _sealed() -> Iterable[Register]:
    return (register_of(Counselling), register_of(MindFile))


def is_sealed() -> bool:
    """Without the key nobody writes a session or meets more than its index (S14-2, Q13-2)."""
    return all(
        not any(may(_actor(role), verb, one) for verb in WRITING) and _met(role, one) <= INDEX
        for role in ROLES
        for one in _sealed()
    )


def leaves_only_anonymously() -> bool:
    """Nobody hands out sealed records, and a case for use outside tells nobody's name (S14-2)."""
    kept = not any(
        may(_actor(role), verb, one) for role in ROLES for verb in HANDING_OUT for one in _sealed()
    )
    said = "张小雨家住大坪村，电话 13985670001"
    hidden = anonymise(said, {"张小雨": "来访者"}, ["大坪村"], []).text
    return kept and not any(word in hidden for word in ("张小雨", "大坪村", "13985670001"))


def private_remarks_stay() -> bool:
    """The inspector meets no private remark anywhere, for the child's self-respect (S13-4)."""
    registers = [find(slug) for slug in ("home-visit", "talk", "child")]
    return all(
        register and "private_remark" not in _met(INSPECTOR, register) for register in registers
    )


def calls_are_logged_first() -> bool:
    """A call from the home that is entered afterwards is refused without a reason (S09-1)."""
    call = FamilyCall(begun_by="学生", place="之家", begun_at=NOON - timedelta(hours=1))
    asked = entered_before in register_of(FamilyCall).rules
    return asked and bool(entered_before(call, _actor(TEACHER)))


def callees_are_family() -> bool:
    """A call to anybody else is refused; to the guardian it is on a day off (S09-2)."""
    asked = callee_is_allowed in register_of(FamilyCall).rules
    sunday = NOON - timedelta(days=1)
    others = (("其他人", NOON), ("临时监护人", sunday))
    return asked and all(
        callee_is_allowed(FamilyCall(callee=whom, begun_at=at), _actor(TEACHER))
        for whom, at in others
    )


def reviewed_files_are_final() -> bool:
    """A file that was reviewed is neither changed nor deleted (Q20-3)."""
    try:
        Lock(SYSTEM).demand_open(register_of(ArchiveItem), ArchiveItem(reviewed_on=NOON.date()))
    except Locked:
        return True
    return False


SAFEGUARDS: Mapping[str, Callable[[], bool]] = {
    "sealed": is_sealed,
    "anonymised-export": leaves_only_anonymously,
    "private-remark": private_remarks_stay,
    "call-logged-first": calls_are_logged_first,
    "call-allowed-callee": callees_are_family,
    "archive-locked": reviewed_files_are_final,
}
