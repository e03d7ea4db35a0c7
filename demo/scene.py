"""One moment of the story: who it is about, and what a field of the data means in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from demo.names import People
from demo.roll import ChildFacts, Kin, Ref, Roll
from models.kept.words import WEEKDAYS

Texts = Mapping[str, list[Any]]


class Absent(LookupError):
    """What a row would be about is not there today; the row is left out."""


@dataclass
class Scene:
    """What a row of the data is filled from.

    A value of the data is: a list (one of it is drawn); a text beginning with @ (looked up, see
    `LOOKUPS`); another text, whose {words} are put in; a table with `int`, `tenth`, `grown`,
    `some`, `join`, `chance` or `by`; or the value itself.
    """

    people: People
    roll: Roll
    texts: Texts
    day: date
    semester: int
    semester_code: str
    week: int
    child: ChildFacts | None = None
    teacher: int = 0
    school_class: int = 0
    pairing: int = 0
    volunteer: int = 0
    group: int = 0
    room: int = 0
    item: int = 0
    number: int = 0
    slug: str = ""
    today: dict[str, list[tuple[Ref, dict[str, Any]]]] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    sheet: Mapping[str, Any] = field(default_factory=dict)
    _parent: Kin | None = None

    @property
    def random(self) -> Random:
        """The one source of chance."""
        return self.people.random

    def value(self, given: Any) -> Any:
        """Return what a value of the data comes to here."""
        if isinstance(given, list):
            return self.value(self.random.choice(given))
        if isinstance(given, dict):
            return self._table(given)
        if not isinstance(given, str):
            return given
        if given.startswith("@"):
            name, *rest = given[1:].split()
            return LOOKUPS[name](self, *rest)
        return given.format_map(Words(self)) if "{" in given else given

    def _grown(self, least: float, most: float, a_year: float) -> str:
        """Return a measure of the child, at ten years between two numbers, growing every year."""
        assert self.child is not None
        at_ten = Random(self.child.id).uniform(least, most)  # noqa: S311  invented data
        years = (self.day - self.child.born_on).days / 365.25 - 10
        return f"{at_ten + a_year * years:.1f}"

    def _table(self, given: dict[str, Any]) -> Any:
        ((kind, said), *more) = given.items()
        if kind == "int":
            return self.random.randint(said[0], said[1])
        if kind == "tenth":
            return f"{self.random.randint(said[0] * 10, said[1] * 10) / 10:.1f}"
        if kind == "grown":
            return self._grown(*said)
        if kind == "some":
            return self.random.sample(said, min(given.get("count", 1), len(said)))
        if kind == "join":
            return "".join(str(self.value(part)) for part in said)
        if kind == "chance":
            told = given["then"] if self.people.chance(said) else given.get("else")
            return self.value(told)
        if kind == "by":
            key = str(self.row.get(said, self.value(f"@{said}") if said in LOOKUPS else ""))
            return self.value(given["of"].get(key, given.get("else")))
        raise ValueError(f"no value of the demo data is called {kind}; {more}")

    def fill(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields' values, empty ones left out; later fields may ask earlier ones."""
        self.row = {}
        for name, given in fields.items():
            found = self.value(given)
            if found is not None:
                self.row[name] = found
        return self.row

    def again(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return values filled in later; they may ask what the row says."""
        return {name: self.value(given) for name, given in fields.items()}

    def on(self, sheet: Mapping[str, Any]) -> Scene:
        """Return the scene as a line of a sheet, whose values its texts may ask."""
        self.sheet = sheet
        return self

    def the_child(self) -> ChildFacts:
        """Return the child this is about."""
        assert self.child is not None, "this row of the demo data is about no child"
        return self.child

    def parent(self) -> Kin:
        """Return one parent, the same one for the whole row."""
        if self._parent is None:
            self._parent = self.random.choice(self.the_child().parents)
        return self._parent

    def guardian(self) -> Kin | None:
        """Return the child's guardian, if it has one."""
        return self.the_child().guardian

    def staff(self, who: str = "") -> int:
        """Return a member of staff by part in the story, anybody when none is named."""
        roll = self.roll
        if who == "leader" and self.child is not None:
            return roll.leader_of(self.child.id)
        if who == "leader":
            return roll.classes[self.school_class].leader
        if who == "teacher":
            return self.teacher or roll.teacher_of(self.the_child().id)
        if who == "paired":
            return roll.teacher_of(self.the_child().id)
        if who in ("principal", "vice", "hero", "counsellor", "lazy", "clerk"):
            return int(getattr(roll, who))
        if who == "other":
            return self.random.choice(
                [teacher for teacher in roll.teachers if teacher != self.teacher]
            )
        return self.random.choice(roll.teachers)

    def moment(self, clock: str, spread: str = "0", days: str = "0") -> datetime:
        """Return a time of day, up to `spread` minutes later, `days` away."""
        hour, minute = clock.split(":")
        begun = datetime.combine(self.day, time(int(hour), int(minute)))
        return begun + timedelta(minutes=self.random.randint(0, int(spread)), days=int(days))

    def after(self, name: str, low: str, high: str) -> Any:
        """Return a moment some minutes after an earlier field of the row."""
        return self.row[name] + timedelta(minutes=self.random.randint(int(low), int(high)))

    def text(self, *names: str) -> str:
        """Return one text of each list, one after the other."""
        return "".join(str(self.value(self.random.choice(self.texts[name]))) for name in names)

    def present(self) -> list[int]:
        """Return the children who have not left."""
        return [child for child in self.roll.children if self.roll.there(child, self.day)]

    def any_of(self, slug: str, name: str = "") -> int | None:
        """Return a record of a register, by its name where one is given."""
        if name:
            return self.roll.named[slug, name].number
        made = self.roll.made.get(slug)
        return self.random.choice(made).number if made else None


class Words(dict[str, Any]):
    """The {words} of a text: looked up like fields."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __missing__(self, key: str) -> Any:
        if key in self.scene.row:
            return self.scene.row[key]
        return LOOKUPS[key](self.scene)


def _kin(found: Kin | None, name: str) -> Any:
    return getattr(found, name) if found is not None else None


def _guardian_word(scene: Scene) -> str:
    found = scene.guardian()
    if found is None:
        return "家中无人"
    words = {"祖": "祖父母", "外": "外祖父母"}
    return words.get(found.relation[0], "其他监护人")


def _next(scene: Scene, slug: str) -> int:
    """Return the records of a register in turn, so that no book is lent twice at one time."""
    made = scene.roll.made[slug]
    turn = scene.roll.turn.get(slug, 0)
    scene.roll.turn[slug] = turn + 1
    return made[turn % len(made)].number


def _of(scene: Scene, slug: str, name: str) -> Any:
    return getattr(scene.roll.records[slug, scene.row[slug]], name)


def _own(scene: Scene, slug: str) -> int:
    """Return an act of the scene's teacher; Absent when there is none yet."""
    acts = scene.roll.made.get(slug, [])
    own = [ref.number for ref in acts if ref.record.__data__.get("teacher") == scene.teacher]
    if not own:
        raise Absent(f"teacher {scene.teacher} has no {slug}")
    return scene.random.choice(own)


def _latest(scene: Scene, slug: str, kind: str) -> int:
    """Return the newest record of a kind; Absent when there is none yet."""
    for ref in reversed(scene.roll.made.get(slug, [])):
        if ref.record.kind == kind:
            return ref.number
    raise Absent(f"no {kind} yet")


def _today(scene: Scene, slug: str, word: str) -> Ref | None:
    rows = scene.today.get(slug, [])
    return next((ref for ref, values in rows if word in values.values()), None)


def _week_day(scene: Scene, week: str, weekday: str) -> date:
    monday = scene.day - timedelta(days=scene.day.weekday())
    return max(scene.day, monday + timedelta(days=7 * (int(week) - 1) + int(weekday) - 1))


def _free_leader(scene: Scene) -> int:
    """Return the class's leader, who is in the leadership group once; Absent the second time."""
    leader = scene.staff("leader")
    if leader in scene.roll.seated:
        raise Absent("already in the group")
    scene.roll.seated.add(leader)
    return leader


def _free_office(scene: Scene) -> int:
    """Return a teacher who neither leads a class nor sits in the group; Absent when all do."""
    leading = {one.leader for one in scene.roll.classes.values()}
    for staff in scene.roll.teachers:
        if staff not in leading | scene.roll.seated:
            scene.roll.seated.add(staff)
            return staff
    raise Absent("nobody is left for the group")


def _senior(scene: Scene) -> int:
    """Return a pupil of the highest grade."""
    roll = scene.roll
    top = max(one.grade for one in roll.classes.values())
    pupils = [
        c for c in scene.present() if roll.classes[roll.children[c].school_class].grade == top
    ]
    return scene.random.choice(pupils)


def _unfiled(scene: Scene, slug: str) -> int:
    """Return the oldest activity of the whole school not in the archive yet."""
    for ref in scene.roll.made.get(slug, []):
        if ref.record.reach == "全校" and ref.number not in scene.roll.filed:
            scene.roll.filed.add(ref.number)
            return ref.number
    raise Absent("everything is in the archive")


def _filed_title(scene: Scene) -> str:
    return f"{_of(scene, 'activity', 'theme')}记录和照片"


def _archive_code(scene: Scene) -> str:
    """Return the next archive code of its box: the number runs within the lowest class."""
    said = f"{scene.row['box']}·{scene.day.year}-{scene.row['retention']}"
    return f"LS-{said}-{scene.roll.count(said):04d}"


def _crowd(scene: Scene, low: str, high: str) -> int:
    """Return a part of the children present, in percent."""
    share = scene.random.randint(int(low), int(high))
    return max(3, len(scene.present()) * share // 100)


LOOKUPS: dict[str, Callable[..., Any]] = {
    "day": lambda s, days="0": s.day + timedelta(days=int(days)),
    "at": Scene.moment,
    "after": Scene.after,
    "time": lambda s, clock, spread="0": s.moment(clock, spread).time(),
    "endtime": lambda s, name, low, high: s.after(name, low, high).time(),
    "text": Scene.text,
    "semester": lambda s: s.semester,
    "term": lambda s: "第一学期" if s.semester_code.endswith("1") else "第二学期",
    "school-year": lambda s: s.semester_code[:9],
    "week": lambda s: s.week,
    "weekday": lambda s: WEEKDAYS[s.day.weekday()],
    "month": lambda s: f"{s.day:%Y-%m}",
    "m": lambda s: s.day.month,
    "d": lambda s: s.day.day,
    "y": lambda s: s.day.year,
    "number": lambda s: s.number,
    "child": lambda s: s.the_child().id,
    "name": lambda s: s.the_child().name,
    "sex": lambda s: "女" if s.the_child().girl else "男",
    "boarding": lambda s: "住校" if s.the_child().boarding else "走读",
    "address": lambda s: s.the_child().address,
    "class": lambda s: s.school_class or s.the_child().school_class,
    "class-name": lambda s: s.roll.classes[s.school_class or s.the_child().school_class].name,
    "pupils": lambda s: s.roll.classes[s.school_class].pupils,
    "boys": lambda s: s.roll.classes[s.school_class].boys,
    "girls": lambda s: s.roll.classes[s.school_class].pupils - s.roll.classes[s.school_class].boys,
    "teacher": lambda s: s.staff("teacher"),
    "staff": Scene.staff,
    "staff-name": lambda s, who="": s.roll.staff_name[s.staff(who)],
    "subject": lambda s: s.roll.subject_of[s.staff("teacher")],
    "pairing": lambda s: s.pairing,
    "volunteer": lambda s: s.volunteer,
    "group": lambda s: s.group,
    "room": lambda s: s.room,
    "item": lambda s: s.item,
    "any": Scene.any_of,
    "parent": lambda s: s.parent().id,
    "parent-name": lambda s: s.parent().name,
    "parent-phone": lambda s: s.parent().phone,
    "relation": lambda s: s.parent().relation,
    "relation-word": lambda s: s.parent().relation[0],
    "guardian": lambda s: _kin(s.guardian(), "id"),
    "guardian-name": lambda s: _kin(s.guardian(), "name"),
    "guardian-phone": lambda s: _kin(s.guardian(), "phone"),
    "guardian-relation": lambda s: _kin(s.guardian(), "relation"),
    "guardian-word": _guardian_word,
    "a-child": lambda s: s.random.choice(s.present()),
    "a-name": lambda s: s.people.name(s.people.chance(0.5)),
    "serial": lambda s: f"{s.roll.count(s.slug):04d}",
    "archive-code": _archive_code,
    "crowd": _crowd,
    "next": _next,
    "of": _of,
    "own": _own,
    "latest": _latest,
    "today": _today,
    "week-day": _week_day,
    "free-leader": _free_leader,
    "free-office": _free_office,
    "senior": _senior,
    "unfiled": _unfiled,
    "filed-title": _filed_title,
    "sheet": lambda s, name: s.sheet[name],
    "sheet-after": lambda s, name, low, high: (
        s.sheet[name] + timedelta(minutes=s.random.randint(int(low), int(high)))
    ),
    "quantity": lambda s: s.roll.records["asset", s.item].quantity,
    "copies": lambda s: s.random.randint(4, 6) * max(1, len(s.roll.children) // 300),
    "score": lambda s: f"{s.random.randint(7200, 9600) / 100:.2f}",
    "mark": lambda s: s.random.randint(58, 96),
    "better": lambda s: s.random.choice(("高了几分", "略有进步", "稳定", "低了几分")),
    "phone": lambda s: s.people.phone(),
}
