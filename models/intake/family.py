"""Parents and guardian as a roster names them beside the pupil."""

from __future__ import annotations

import re

from models.core import codes
from models.core.errors import BadValue
from models.core.kin import relation_of
from models.core.values import clean_bool, clean_int, plain, split_words
from models.intake.cells import Cells
from models.intake.people import PersonCell, state_of
from models.intake.rows import Guardian, Parent, RosterRow

_PARENTS = ("51", "52", "57", "58")
PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古?|广西|西藏|宁夏|新疆|香港|澳门"
)
_AWAY_PLACE = re.compile(
    rf"(在|去|赴|于)?({PROVINCES})(?!路|街)|.{{1,9}}[市州]$|.*(外省|省外|县外|国外)"
)
_WORKING = re.compile(r"外出|务工|打工|做工|上班|经商|在外")
_NAME = re.compile(r"[㐀-鿿·]{2,6}")
_TRIM = re.compile(r"^[在去赴于往]|(外出)?(务工|打工|做工|上班|经商)$|^(外出|在外)|[()，,]")


def read_whereabouts(text: str, *, dedicated: bool = False) -> tuple[str | None, str | None]:
    """Return (state, place) said by a cell such as 在家, 江苏省昆山市, 省外务工, 已故.

    With `dedicated` (a column for the place of work away) any other text is a place away;
    otherwise it may as well be an employer nearby, and the state stays None.
    """
    text = text.replace(" ", "")
    state = state_of(text)
    if state is not None and (state != "away" or _is_plain_state(text)):
        return state, None
    if dedicated or _WORKING.search(text) or _AWAY_PLACE.match(text):
        place = _TRIM.sub("", _TRIM.sub("", text))
        return "away", place or None
    return None, None


def _is_plain_state(text: str) -> bool:
    try:
        return bool(codes.PARENT_STATE.code_of(text))
    except BadValue:
        return False


def read_family(cells: Cells, row: RosterRow) -> None:
    """Fill in parents and guardian; what cannot be read only warns."""
    others: list[Guardian] = []
    if second := _person_of(cells, row, "guardian2"):
        others.append(second)
    for group in ("father", "mother", "member1", "member2", "member3"):
        _read_member(cells, row, group, others)
    named = [*_guardians(cells, row), *others]
    by_name = {guardian.name: guardian for guardian in reversed(named)}
    row.guardian, row.others = None, []
    if named:
        row.guardian = by_name.pop(named[0].name)
        row.others = list(reversed(by_name.values()))
    _complete_from_parents(row)


def _read_member(cells: Cells, row: RosterRow, group: str, others: list[Guardian]) -> None:
    cell = cells.person(f"{group}.name", row)
    phones = tuple(dict.fromkeys((*cells.phones(f"{group}.phone", row), *cell.phones)))
    relation = {"father": "51", "mother": "52"}.get(group)
    if cell.relation in _PARENTS or relation is None:
        relation = cell.relation or relation
    relation = cells.relation(f"{group}.relation", row) or relation
    if cell.name is None:
        # A phone without a name is still a way to reach the family.
        row.pupil.phones = tuple(dict.fromkeys((*row.pupil.phones, *phones)))
        if relation in _PARENTS:
            parent = Parent(relation, None, state=cell.state)
            _whereabouts(cells, group, parent)
            if parent.state:
                row.parents.append(parent)
        return
    if relation in _PARENTS:
        parent = Parent(
            relation,
            cell.name,
            phones,
            state=cell.state,
            id_number=cells.id_number(f"{group}.id_number", row),
        )
        _whereabouts(cells, group, parent)
        row.parents.append(parent)
        if cells.ticked(f"{group}.is_guardian"):
            others.insert(0, Guardian(cell.name, relation, phones))
        return
    unsure = relation is None
    if relation is None:
        relation = "97"
        told = f"“{cell.name}”与学生的关系没有写明，先记为其他亲属，请核对"
        cells.warn(row, f"{group}.relation", "relation", told)
    if cells.ticked(f"{group}.is_guardian") is not False:
        address = cells.text(f"{group}.address")
        others.append(Guardian(cell.name, relation, phones, address, unsure=unsure))


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


def _guardians(cells: Cells, row: RosterRow) -> list[Guardian]:
    """Return the guardian, or each of several whose names stand in one cell: 石老汉、田婆婆."""
    names = [plain(name) for name in split_words(cells.raw("guardian.name"))]
    several = len(names) > 1 and all(_NAME.fullmatch(n) and not relation_of(n) for n in names)
    if not several:
        alone = _guardian(cells, row)
        return [alone] if alone else []
    relations = [relation_of(plain(word)) for word in split_words(cells.raw("guardian.relation"))]
    phones = cells.phones("guardian.phone", row)
    address = cells.text("guardian.address")
    told = f"监护人一格写了 {len(names)} 个姓名，各记一位"
    if len(relations) != len(names) or not all(relations):
        told += "，与学生的关系分不清，先记为其他亲属"
        relations = [None] * len(names)
    each: list[tuple[str, ...]] = [phones]
    if len(phones) == len(names):
        each = [(phone,) for phone in phones]
    if phones and len(phones) != len(names):
        told += "，电话记在第一位名下"
    for part, what in (("id_number", "身份证号"), ("age", "年龄")):
        if cells.text(f"guardian.{part}") is not None:
            told += f"，{what}没有导入"
    cells.warn(row, "guardian.name", "several", f"{told}，请核对")
    each += [()] * (len(names) - len(each))
    return [
        Guardian(name, relation or "97", theirs, address, unsure=relation is None)
        for name, relation, theirs in zip(names, relations, each, strict=True)
    ]


def _person_of(cells: Cells, row: RosterRow, group: str) -> Guardian | None:
    """Return the guardian a further group of columns names; a phone alone is the family's."""
    cell = cells.person(f"{group}.name", row)
    phones = tuple(dict.fromkeys((*cells.phones(f"{group}.phone", row), *cell.phones)))
    if cell.name is None:
        row.pupil.phones = tuple(dict.fromkeys((*row.pupil.phones, *phones)))
        return None
    relation = cells.relation(f"{group}.relation", row) or cell.relation
    if relation is None:
        told = f"“{cell.name}”与学生的关系没有写明，先记为其他亲属，请核对"
        cells.warn(row, f"{group}.relation", "relation", told)
    return Guardian(
        cell.name,
        relation or "97",
        phones,
        cells.text(f"{group}.address"),
        cells.id_number(f"{group}.id_number", row),
        unsure=relation is None,
    )


def _guardian(cells: Cells, row: RosterRow) -> Guardian | None:
    if cells.text("guardian.name") is None:
        _keep_phones(cells, row)
        return None
    stated = cells.relation("guardian.relation", row)
    # Some rosters write 祖父 or 爷爷 where the name should stand; a parent's name is known then.
    alone = relation_of(plain(cells.raw("guardian.name")))
    of_parent = next(
        (p.name for p in row.parents if alone and p.relation == alone and p.name), None
    )
    cell = (
        PersonCell(of_parent, relation=alone) if of_parent else cells.person("guardian.name", row)
    )
    if cell.name is None:
        _keep_phones(cells, row)
        return None
    relation = stated or cell.relation
    relation = relation or next((p.relation for p in row.parents if p.name == cell.name), None)
    unsure = relation is None
    if relation is None:
        relation = "97"
        told = f"监护人“{cell.name}”没有写与学生的关系，先记为其他亲属，请核对"
        cells.warn(row, "guardian.relation", "relation", told)
    age = None
    if cells.text("guardian.age") is not None:
        age = cells.tried("guardian.age", lambda raw: clean_int(raw, low=10, high=120), row)
    return Guardian(
        cell.name,
        relation,
        tuple(dict.fromkeys((*cells.phones("guardian.phone", row), *cell.phones))),
        cells.text("guardian.address"),
        cells.id_number("guardian.id_number", row),
        age,
        unsure,
    )


def _keep_phones(cells: Cells, row: RosterRow) -> None:
    """The phone of a guardian without a name is still a way to reach the family."""
    phones = cells.phones("guardian.phone", row)
    row.pupil.phones = tuple(dict.fromkeys((*row.pupil.phones, *phones)))


def _complete_from_parents(row: RosterRow) -> None:
    """A guardian who is one of the parents has that parent's phone."""
    guardian = row.guardian
    for parent in row.parents:
        if guardian and guardian.name == parent.name:
            guardian.phones = guardian.phones or parent.phones
            parent.phones = parent.phones or guardian.phones
