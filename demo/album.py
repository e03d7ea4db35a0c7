"""The invented school's photos: taken on the day, as an upload from a phone would bring them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from demo import papers, pictures
from demo.roll import Roll
from demo.writer import Row, acting, registered
from models.core import service
from models.core.actor import Actor
from models.core.gates import row, rows
from models.core.register import Register
from models.photos import store

# Which records are photographed, and whether indoors.
INDOORS = {
    "home-visit": False,
    "activity": False,
    "meeting": True,
    "lecture": True,
    "screening": True,
    "room": True,
    "news-item": False,
}
# What is never without its picture, whatever the number of photos.
ALWAYS = frozenset({"room", "lecture", "news-item"})
# What the record itself cannot tell about its photo.
CAPTION = {"people": "教师和留守儿童"}
CAPTIONS = {
    "home-visit": {"people": "家访教师、学生和监护人", "place": "学生家中"},
    "child": {"people": "学生本人", "place": "校内"},
    "room": {"people": "无人", "place": "留守儿童之家"},
    "meeting": {"people": "参会人员"},
    "news-item": {"people": "师生", "place": "校内"},
    "wall-posting": {"people": "无人", "place": "墙上"},
}
# The written sheets filed with a record, where the record's values ask for one.
PAPERS: tuple[tuple[str, str, str, str], ...] = (
    ("lecture", "kind", "", "script"),
    ("screening", "content", "", "signature-sheet"),
    ("activity", "kind", "德育", "script"),
    ("meeting", "kind", "返乡家长会", "speech"),
    ("meeting", "kind", "联席", "sign-in"),
    ("agreement", "kind", "托管协议", "scan"),
)
# Of the last weeks most acts have photos; before, only those of the account that is shown.
RECENT = timedelta(days=25)
# Portraits besides those of the shown teacher's own children.
MORE_PORTRAITS = 4
# Now and then nobody has a phone at hand.
SHARE = 0.93
# Of each kind of file some are enough.
MOST_FILES = 6
NIGHT = time(21, 0)


@dataclass
class Album:
    """Draws photos while the days are written, `count` of them at most."""

    storage: Path
    count: int
    until: date
    semester: date
    told: Callable[[str], None]
    taken: int = 0
    scans: int = 30
    filed: Counter[tuple[str, str]] = field(default_factory=Counter)
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311  invented data

    def portraits(self, roll: Roll, day: date) -> None:
        """Photograph the shown teacher's children and a few others, faces left out."""
        own = [pair.child for pair in roll.pairs.values() if pair.teacher == roll.hero]
        others = [child for child in roll.children if child not in own][:MORE_PORTRAITS]
        for child in own + others:
            girl = roll.children[child].girl
            self._take(roll, day, "child", child, pictures.portrait(self.random, girl))

    def day(self, roll: Roll, day: date, rows: list[Row]) -> None:
        """Photograph what of a day's records deserves it, and the sheets filed with them."""
        for one in rows:
            if self._deserves(roll, day, one):
                picture = pictures.draw(self.random, INDOORS[one.slug])
                self._take(roll, day, one.slug, one.ref.number, picture)
            for slug, name, word, evidence in PAPERS:
                if one.slug != slug or word not in str(one.values.get(name)):
                    continue
                if slug != "agreement" or self.scans > 0:
                    self.scans -= slug == "agreement"
                    sheet = pictures.paper(self.random)
                    self._take(roll, day, slug, one.ref.number, sheet, evidence)
            self._file(roll, day, one)
            self._hung(roll, day, one)

    def _hung(self, roll: Roll, day: date, one: Row) -> None:
        """Photograph what hangs on a wall."""
        if not any(slug == "wall-posting" for slug, _ in one.lines):
            return
        walls = registered("wall-posting")
        for hung in rows(acting(roll, day), walls).where(walls.model.document == one.ref.number):
            picture = pictures.draw(self.random, indoors=True)
            self._take(roll, day, walls.slug, hung.id, picture)

    def _file(self, roll: Roll, day: date, one: Row) -> None:
        """File what comes as a document, a workbook, a PDF or a text beside a record."""
        for filed in papers.FILES:
            fits = filed.slug == one.slug and filed.word in str(one.values.get(filed.name))
            if not fits or self.filed[filed.evidence_of] >= MOST_FILES:
                continue
            self.filed[filed.evidence_of] += 1
            paper = filed.make(one.values, datetime.combine(day, NIGHT))
            number = one.ref.number
            self._take(roll, day, one.slug, number, paper.data, filed.evidence, paper.name)

    def _deserves(self, roll: Roll, day: date, one: Row) -> bool:
        if one.slug not in INDOORS or one.values.get("manner", "入户") != "入户":
            return False
        if one.slug in ALWAYS:
            return True
        # A class teacher's visit counts with a photo only; so these come first.
        leads = one.slug == "home-visit" and one.staff == roll.leader_of(one.values["child"])
        running = leads and day >= self.semester
        wanted = running or one.staff == roll.hero or day >= self.until - RECENT
        return wanted and self.taken < self.count and self.random.random() < SHARE

    def _take(
        self,
        roll: Roll,
        day: date,
        slug: str,
        number: int,
        content: bytes,
        evidence: str = "photo",
        name: str = "",
    ) -> None:
        declared = registered(slug)
        actor = acting(roll, day, at=NIGHT)
        token = f"demo-{slug}-{number}-{evidence}"
        photo = store.receive(
            actor,
            content,
            register=declared,
            record_id=number,
            token=token,
            evidence=evidence,
            storage_root=self.storage,
            name=name,
        )
        said = {} if name else {photo.id: CAPTIONS.get(slug, CAPTION)}
        self._attach(actor, declared, number, token, said)
        self.taken += 1
        self.told(f"照片 {self.taken} 张")

    def _attach(
        self,
        actor: Actor,
        declared: Register,
        number: int,
        token: str,
        said: dict[int, dict[str, str]],
    ) -> None:
        with service.work(actor) as current:
            store.attach(
                actor,
                declared,
                row(actor, declared, number),
                token=token,
                captions=said,
                removed=set(),
                current=current,
            )
