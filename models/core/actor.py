"""Who acts, and when: the one argument every gate and every write takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from models.core.boxes import SYSTEM_ROLE


@dataclass(frozen=True)
class Actor:
    """A person (or the system) at one moment.

    `now` is naive Beijing time in whole seconds, handed in at the edge. `origin` says from where
    (an address, or the command line). `unmasked` holds the children an inspector has drawn and
    the clerk has unmasked for the time being, `edit_days` how long the school lets an own act be
    edited. `sealed_key` opens sealed records; only a counsellor who has given the passphrase
    carries it, and only on the sealed pages. `behind` is the role of the person for whom the
    product acts.
    """

    role: str
    now: datetime
    user_id: int | None = None
    staff_id: int | None = None
    name: str = ""
    origin: str = ""
    unmasked: frozenset[int] = field(default_factory=frozenset)
    edit_days: int = 7
    sealed_key: bytes | None = field(default=None, repr=False, compare=False)
    behind: str = ""

    @property
    def today(self) -> date:
        """The actor's date."""
        return self.now.date()

    @property
    def is_system(self) -> bool:
        """Whether this is the product itself: compliance, jobs, the service's own look-ups."""
        return self.role == SYSTEM_ROLE

    @property
    def as_product(self) -> Actor:
        """The product acting for this person, whose right was checked; the audit names the person.

        For what no form may write: a hash, a signature, a closing date.
        """
        return replace(self, role=SYSTEM_ROLE, behind=self.hat)

    @property
    def hat(self) -> str:
        """The role in which the person acts, also where the product acts for the person."""
        return self.behind or self.role


# For look-ups that need no date; anything dated builds its own with `system(now)`.
SYSTEM = Actor(role=SYSTEM_ROLE, now=datetime(2000, 1, 1), name="系统")


def system(now: datetime, origin: str = "系统") -> Actor:
    """Return the system as an actor at `now`, for jobs and the command line."""
    return Actor(role=SYSTEM_ROLE, now=now, name="系统", origin=origin)
