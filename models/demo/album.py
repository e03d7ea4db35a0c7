"""The invented school's photos: taken on the day, as an upload from a phone would bring them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from models import photo_store, service
from models.demo import pictures
from models.demo.roll import Roll
from models.demo.writer import Row, acting, registered
from models.gates import row

# Which records are photographed, and whether indoors.
INDOORS = {
    "home-visit": False,
    "activity": False,
    "meeting": True,
    "lecture": True,
    "screening": True,
    "room": True,
}
# Of the last weeks most acts have photos; before, only those of the account that is shown.
RECENT = timedelta(days=25)
# Portraits besides those of the shown teacher's own children.
MORE_PORTRAITS = 4
NIGHT = time(21, 0)


@dataclass
class Album:
    """Draws photos while the days are written, `count` of them at most."""

    storage: Path
    count: int
    until: date
    told: Callable[[str], None]
    taken: int = 0
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311  invented data

    def portraits(self, roll: Roll, day: date) -> None:
        """Photograph the shown teacher's children and a few others, faces left out."""
        own = [pair.child for pair in roll.pairs.values() if pair.teacher == roll.hero]
        others = [child for child in roll.children if child not in own][:MORE_PORTRAITS]
        for child in own + others:
            girl = roll.children[child].girl
            self._take(roll, day, "child", child, pictures.portrait(self.random, girl))

    def day(self, roll: Roll, day: date, rows: list[Row]) -> None:
        """Photograph what of a day's records deserves it."""
        for one in rows:
            indoors = INDOORS.get(one.slug)
            if indoors is None or one.values.get("manner", "入户") != "入户":
                continue
            wanted = one.slug == "room" or one.staff == roll.hero or day >= self.until - RECENT
            if wanted and self.taken < self.count and self.random.random() < 0.9:
                picture = pictures.draw(self.random, indoors)
                self._take(roll, day, one.slug, one.ref.number, picture)

    def _take(self, roll: Roll, day: date, slug: str, number: int, picture: bytes) -> None:
        declared = registered(slug)
        actor = acting(roll, day, at=NIGHT)
        token = f"demo-{slug}-{number}-upload"
        photo_store.receive(
            actor,
            picture,
            register=declared,
            record_id=number,
            token=token,
            evidence="photo",
            storage_root=self.storage,
        )
        with service.work(actor) as current:
            record: Any = row(actor, declared, number)
            photo_store.attach(
                actor,
                declared,
                record,
                token=token,
                captions={},
                removed=set(),
                current=current,
            )
        self.taken += 1
        self.told(f"照片 {self.taken} 张")
