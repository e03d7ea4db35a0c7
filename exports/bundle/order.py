"""What is ordered, and what was made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from exports.bundle.archive import ARCHIVE_PLACE, archive_tree
from exports.bundle.bag import PackedBag
from exports.bundle.cache import MadeFile
from exports.bundle.choices import NOTHING_CHOSEN, Choices
from exports.bundle.declaration import BundleDeclaration, declaration
from exports.bundle.reach import Reach
from exports.bundle.survey import Survey
from exports.pdf.imprint import Imprint
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, LEADERSHIP
from models.photos.other_files import PLAYED

INSPECTION, FULL = "inspection", "full"
EDITION_LABELS = {INSPECTION: "督查版·已遮蔽", FULL: "完整版·含个人信息"}
EDITION_READERS = {INSPECTION: INSPECTOR, FULL: LEADERSHIP}

# Kinds of items that are no documents of their own.
PHOTO, SCAN, NOTE = "photo", "scan", "note"

# step, done, total; raises to stop the work
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Order:
    """One bundle to be made: over what, for whom, by whom, from and to which folders.

    `reach` is the code of a semester or of a school year.
    `made_by` is who approves it and is printed on every page. The full edition prints what the
    leadership reads: names, phones and addresses, but identity numbers still masked, because those
    are revealed one by one and with a reason.
    """

    reach: str
    edition: str
    made_by: str
    originals: Path
    cache: Path
    target: Path
    declared: BundleDeclaration | None = None
    choices: Choices = NOTHING_CHOSEN

    @property
    def parts(self) -> BundleDeclaration:
        """What the bundle consists of."""
        return self.declared or declaration()

    @property
    def archive(self) -> BundleDeclaration:
        """The 18 archive items where they were asked for, else nothing."""
        return archive_tree(self.parts) if self.choices.archive else BundleDeclaration(parts=())


@dataclass(frozen=True)
class Frame:
    """What all files of one bundle share.

    `made_at` is the newest change among the records used; derived columns hold for `as_of`, the
    day of that change or the last day of the reach.
    """

    order: Order
    reach: Reach
    school: str
    home: str
    made_at: datetime

    @property
    def as_of(self) -> date:
        """The day for which classes and left-behind states are printed."""
        return min(self.made_at.date(), self.reach.last)

    @property
    def reader(self) -> Actor:
        """Whom the edition is masked for."""
        role = EDITION_READERS[self.order.edition]
        return Actor(role=role, now=datetime.combine(self.as_of, time()), name=self.edition)

    @property
    def edition(self) -> str:
        """The edition's label on every page."""
        return EDITION_LABELS[self.order.edition]

    def imprint(self, title: str, made_at: datetime | None = None, subtitle: str = "") -> Imprint:
        """Return what the pages of one document say about their origin."""
        return Imprint(
            school=self.school,
            title=title,
            made_at=made_at or self.made_at,
            made_by=self.order.made_by,
            subtitle=subtitle or self.reach.title,
            edition=self.edition,
        )


@dataclass(frozen=True)
class Item:
    """One file of the bundle; `name` is its path below data/.

    It belongs to one of the eight parts, or to the archive item of that number.
    """

    part: int
    kind: str
    title: str
    day: date | None
    name: str
    made: MadeFile
    source: str = ""
    archive: int = 0

    @property
    def place(self) -> str:
        """Where it belongs, as lists name it."""
        return ARCHIVE_PLACE.format(self.archive) if self.archive else f"第{self.part}部分"

    @property
    def is_film(self) -> bool:
        """Whether it is a film or a sound, which plays instead of being read."""
        return self.kind == SCAN and self.made.path.suffix in PLAYED

    @property
    def is_document(self) -> bool:
        """Whether it was made from records; photos and scans are copies, a note only tells."""
        return self.kind not in (PHOTO, SCAN, NOTE)

    def renamed(self, name: str) -> Item:
        """Return the item under another name."""
        return replace(self, name=name)


@dataclass(frozen=True)
class Check:
    """One of the four checks (真实 完整 可用 安全): what was looked at, and what was found."""

    name: str
    passed: bool
    text: str


@dataclass(frozen=True)
class BuiltBundle:
    """A finished bundle: one package, or several volumes of it.

    The last `film_volumes` of them hold nothing but films and sounds. `lost` of what is missing
    turned out so when it was made: files that cannot be read (`lost_files`, ids of photos and
    scans) and documents that cannot be laid out.
    """

    volumes: tuple[PackedBag, ...]
    made_at: datetime
    head: str
    survey: Survey
    items: tuple[Item, ...]
    checks: tuple[Check, ...]
    film_volumes: int = 0
    lost: int = 0
    lost_files: tuple[int, ...] = ()

    @property
    def path(self) -> Path:
        """Where it lies, a split one's first volume."""
        return self.volumes[0].path

    @property
    def size(self) -> int:
        """Its bytes, all volumes together."""
        return sum(volume.size for volume in self.volumes)

    @property
    def sha256(self) -> str:
        """The package's sum; of several volumes the sum over theirs, a line each."""
        if len(self.volumes) == 1:
            return self.volumes[0].sha256
        lines = "".join(f"{volume.sha256}\n" for volume in self.volumes)
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def documents(self) -> int:
        """How many documents are in it."""
        return sum(1 for item in self.items if item.is_document)

    @property
    def photos(self) -> int:
        """How many photos are in it."""
        return sum(1 for item in self.items if item.kind == PHOTO)
