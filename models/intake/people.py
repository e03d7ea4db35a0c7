"""People as the cells of a roster name them: a name, and what else was written beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.core import codes
from models.core.errors import BadValue
from models.core.kin import couple_of, relation_of
from models.core.values import Raw, plain, strange_characters, written

_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】")
_STATES = (
    (
        "dead",
        re.compile(r"去世|死亡|已故|病故|亡故|[过离逝辞]世|去逝|过逝|身亡|身故|不在世|^[已双]?亡$"),
    ),
    ("prison", re.compile(r"服刑|坐牢|监狱|在押|戒毒|劳改")),
    ("missing", re.compile(r"失联|失踪|下落不明|出走|联系不上")),
    ("divorced", re.compile(r"离异|离婚|改嫁")),
    ("ill", re.compile(r"重病|重残|瘫痪|卧床|精神病")),
    ("home", re.compile(r"^在?(家|本地|本村|本乡|本镇|本县|县内|当地|附近)|务农")),
    ("away", re.compile(r"外出|务工|打工|在外|经商")),
)
# What stands behind a name without brackets; a family name and a given one come before it.
_BEHIND = re.compile(
    r"(.{2,4}?)[\s,;:、\-—]*"
    r"((?:已|已经|现|因病|早已)?(?:去世|死亡|已故|故|病故|亡故|过世|离世|逝世|离异|离婚|改嫁|服刑|失联|失踪|"
    r"外出务工|外出打工|在外务工|在外打工|外出|在家务农|在家|瘫痪|重病))"
)
_NO_NAMES = re.compile(
    r"(已经?)?(不在了?|不清楚|不知道|不明|保密|没有?了|无联系|不管|不在世|出去了|走了|跑了|待核实?|待查|未填)"
)
_MARKS = re.compile(r"[*#△▲☆★○◎√✓?!+=0-9]+$|^[*#△▲☆★○◎√✓]+")


@dataclass(frozen=True)
class PersonCell:
    """What a cell for a person says; `remark` is what a clerk must decide.

    `state` is a code of `PARENT_STATE`, `relation` one of `RELATION`.
    """

    name: str | None
    state: str | None = None
    relation: str | None = None
    phones: tuple[str, ...] = ()
    remark: str = ""


def read_person(raw: Raw) -> PersonCell:
    """Part a cell such as 田大山（已故）, 田大山 13812340099, 去世 or 爷爷 into what it says.

    A state, a relation or a remark alone is never a name.
    """
    text = plain(raw)
    phones = tuple(dict.fromkeys(_PHONE.findall(text)))
    text = _PHONE.sub(" ", text)
    beside = ["".join(parts) for parts in _BRACKETS.findall(text)]
    name = _BRACKETS.sub(" ", text).strip(" ,;:、/.-")
    if found := _BEHIND.fullmatch(name):
        name, said = found.groups()
        beside.append(said)
    first, _, last = name.partition(" ")
    if last and not relation_of(first) and relation_of(last):
        name, beside = first, [*beside, last]
    elif last and relation_of(first) and not relation_of(last):
        name, beside = last, [*beside, first]
    state = next((code for word in beside if (code := state_of(word))), None)
    relation = next((code for word in beside if (code := relation_of(word))), None)
    left = [word for word in beside if not state_of(word) and not relation_of(word)]
    if name and (alone := state_of(name, whole=True)):
        return PersonCell(None, alone, relation, phones, "；".join(left))
    if name and (alone := relation_of(name)):
        return PersonCell(None, state, alone, phones, "；".join(left))
    if name and _NO_NAMES.fullmatch(name):
        return PersonCell(None, state, relation, phones, name)
    name, odd = without_marks(name)
    return PersonCell(
        name or None, state, relation, phones, "；".join([*left, *filter(None, [odd])])
    )


def split_name(raw: Raw) -> tuple[str, str]:
    """Return a pupil's name and what was written beside it: 王小明（转学）, 王小明*, 李😊."""
    text = re.sub(r"(?<=\w)\s*●\s*(?=\w)", "·", written(raw))
    halved = text.replace("（", "(").replace("）", ")")
    beside = ["".join(parts) for parts in _BRACKETS.findall(halved)]
    name, odd = without_marks(_BRACKETS.sub("", halved) if beside else text)
    return name, "；".join([*beside, *filter(None, [odd])])


def without_marks(text: str) -> tuple[str, str]:
    """Return a name without stars, digits, ticks and emoji around it, and these."""
    strange = strange_characters(text)
    kept = text.translate(dict.fromkeys(map(ord, strange))) if strange else text
    bare = _MARKS.sub("", kept.strip()).strip()
    marks = "".join(_MARKS.findall(kept.strip())) if bare != kept.strip() else ""
    # A name of digits or private-use characters alone is no better without them.
    return (bare, strange + marks) if any(char.isalpha() for char in bare) else (text, "")


def state_of(text: str, *, whole: bool = False) -> str | None:
    """Return the state a word of a parent tells; with `whole` only when it says nothing else."""
    text = text.replace(" ", "")
    try:
        return codes.PARENT_STATE.code_of(text)
    except BadValue:
        pass
    if whole and len(text) > 2 and not re.match(r"已|在|外|现|因|早", text):
        found = [code for code, pattern in _STATES if pattern.fullmatch(text)]
    else:
        found = [code for code, pattern in _STATES if pattern.search(text)] if text else []
    return found[0] if found else None


def read_relation(raw: Raw) -> tuple[str, str]:
    """Return the code of a relation and, where it is not sure, what to tell the clerk.

    A word nobody knows is kept as 其他亲属: the person and the phone matter more than the word.
    """
    text = plain(raw).replace(" ", "")
    try:
        return codes.RELATION.code_of(text), ""
    except BadValue:
        pass
    bare = _BRACKETS.sub("", text)
    if known := relation_of(bare):
        return known, f"关系写的是“{text}”，括号里的内容没有导入"
    first = next(
        (code for word in re.split(r"[/、,，和与及或;；]", bare) if (code := relation_of(word))),
        None,
    )
    if code := couple_of(bare) or first:
        return code, f"关系写的是“{text}”，先记为{codes.RELATION.label(code)}，请核对"
    return "97", f"关系“{text}”没有认出，先记为其他亲属，请核对"
