"""The product's only clock: naive Beijing time in whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass
class Clock:
    """Tells the time at the edge of the product.

    With `fixed_day` the date stands still while the time of day runs on, which is what a demo
    school shown "on 15 January" and the tests need.
    """

    fixed_day: date | None = field(default=None)

    def now(self) -> datetime:
        """Return the present moment, naive Beijing time, whole seconds."""
        moment = datetime.now(BEIJING).replace(tzinfo=None, microsecond=0)
        if self.fixed_day is not None:
            return datetime.combine(self.fixed_day, moment.time())
        return moment

    def today(self) -> date:
        """Return the present date in Beijing."""
        return self.now().date()
