"""Parents and guardian as a roster names them beside the pupil."""

from __future__ import annotations

import re

from models.core import codes
from models.core.errors import BadValue
from models.core.values import clean_bool, clean_int, plain
from models.intake.cells import Cells
from models.intake.rows import Guardian, Parent, RosterRow

_PARENTS = ("51", "52", "57", "58")
PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古?|广西|西藏|宁夏|新疆|香港|澳门"
)
_AWAY_PLACE = re.compile(
    rf"(在|去|赴|于)?({PROVINCES})(?!路|街)|.{{1,9}}[市州]$|.*(外省|省外|县外|国外)"
)
_STATES = (
    ("dead", re.compile(r"去世|死亡|已故|病故|亡故|过世|身亡")),
    ("prison", re.compile(r"服刑|坐牢|监狱|在押|戒毒")),
    ("missing", re.compile(r"失联|失踪|下落不明|出走")),
    ("divorced", re.compile(r"离异|离婚|改嫁")),
    ("ill", re.compile(r"重病|重残|瘫痪|卧床")),
    ("home", re.compile(r"^在?(家|本地|本村|本乡|本镇|本县|县内|当地|附近)|务农")),
)
_WORKING = re.compile(r"外出|务工|打工|做工|上班|经商|在外")
_TRIM = re.compile(r"^[在去赴于往]|(外出)?(务工|打工|做工|上班|经商)$|^(外出|在外)|[()，,]")


def read_whereabouts(text: str, *, dedicated: bool = False) -> tuple[str | None, str | None]:
    """Return (state, place) said by a cell such as 在家, 江苏省昆山市, 省外务工, 已故.

    With `dedicated` (a column for the place of work away) any other text is a place away;
    otherwise it may as well be an employer nearby, and the state stays None.
    """
    text = text.replace(" ", "")
    try:
        return codes.PARENT_STATE.code_of(text), None
    except BadValue:
        pass
    for state, pattern in _STATES:
        if pattern.search(text):
            return state, None
    if dedicated or _WORKING.search(text) or _AWAY_PLACE.match(text):
        place = _TRIM.sub("", _TRIM.sub("", text))
        return "away", place or None
    return None, None


def read_family(cells: Cells, row: RosterRow) -> None:
    """Fill in parents and guardian; what cannot be read only warns."""
    others: list[Guardian] = []
    for group in ("father", "mother", "member1", "member2", "member3"):
        _read_member(cells, row, group, others)
    row.guardian = _guardian(cells, row) or next(iter(others), None)
    _complete_from_parents(row)


def _read_member(cells: Cells, row: RosterRow, group: str, others: list[Guardian]) -> None:
    phones = cells.phones(f"{group}.phone", row)
    name = cells.person(f"{group}.name", row)
    if name is None:
        # A phone without a name is still a way to reach the family.
        row.pupil.phones = tuple(dict.fromkeys((*row.pupil.phones, *phones)))
        return
    relation = {"father": "51", "mother": "52"}.get(group) or cells.code(
        f"{group}.relation", codes.RELATION, row
    )
    if relation in _PARENTS:
        parent = Parent(
            relation, name, phones, id_number=cells.id_number(f"{group}.id_number", row)
        )
        _whereabouts(cells, group, parent)
        row.parents.append(parent)
        if cells.ticked(f"{group}.is_guardian"):
            others.insert(0, Guardian(name, relation, phones))
    elif relation is not None:
        if cells.ticked(f"{group}.is_guardian") is not False:
            others.append(Guardian(name, relation, phones, cells.text(f"{group}.address")))
    else:
        cells.warn(
            row, f"{group}.relation", "relation", f"“{name}”与学生的关系没有写明，未导入此人"
        )


def _whereabouts(cells: Cells, group: str, parent: Parent) -> None:
    """Read state and place from the three columns that may tell, the plainest first."""
    said = cells.text(f"{group}.state")
    if said is not None:
        try:
            parent.state = "away" if clean_bool(said) else "home"
        except BadValue:
            parent.state, parent.place = read_whereabouts(said)
    place = cells.text(f"{group}.place")
    if place is not None:
        state, where = read_whereabouts(place, dedicated=True)
        parent.state, parent.place = parent.state or state, where or parent.place
    work = cells.text(f"{group}.workplace")
    if work is not None:
        state, where = read_whereabouts(work)
        parent.state, parent.place = parent.state or state, parent.place or where
        if state is None:
            parent.workplace = work


def _guardian(cells: Cells, row: RosterRow) -> Guardian | None:
    written = cells.text("guardian.name")
    if written is None:
        return None
    relation = cells.code("guardian.relation", codes.RELATION, row)
    try:
        # Some rosters write 祖父 or 爷爷 where the name should stand.
        relation = relation or codes.RELATION.code_of(plain(written))
        stated = next((p.name for p in row.parents if p.relation == relation), None)
    except BadValue:
        stated = None
    name = stated if stated and _is_relation(written) else cells.person("guardian.name", row)
    if name is None:
        return None
    age = None
    if cells.text("guardian.age") is not None:
        age = cells.tried("guardian.age", lambda raw: clean_int(raw, low=10, high=120), row)
    return Guardian(
        name,
        relation,
        cells.phones("guardian.phone", row),
        cells.text("guardian.address"),
        cells.id_number("guardian.id_number", row),
        age,
    )


def _is_relation(text: str) -> bool:
    try:
        codes.RELATION.code_of(text)
    except BadValue:
        return False
    return True


def _complete_from_parents(row: RosterRow) -> None:
    """A guardian who is one of the parents has that parent's relation and phone."""
    guardian = row.guardian
    for parent in row.parents:
        if guardian and guardian.name == parent.name:
            guardian.relation = guardian.relation or parent.relation
            guardian.phones = guardian.phones or parent.phones
            parent.phones = parent.phones or guardian.phones
