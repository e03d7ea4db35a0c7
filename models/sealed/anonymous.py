"""Hiding who a case is about: for teaching, research and writing (S14, H07).

Names of people become roles, places and schools become 某地 and 某校, numbers of three digits and
more disappear. A machine cannot know every nickname, so the counsellor reads the text before it is
handed out; `Hidden` says how often what was replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

PLACE, SCHOOL, CLASS, NUMBER, DAY, CONTACT = "某地", "某校", "某班", "＊＊", "某日", "某账号"
# A given name of this many characters stands for the whole name in a talk.
_GIVEN = 2

_HAN = "\u4e00-\u9fa5"
_DIGITS = "0-9０-９"
_RULES: tuple[tuple[str, str], ...] = (
    (rf"[{_HAN}]{{2,8}}?(?:中学|小学|学校|幼儿园)", SCHOOL),
    (
        rf"[一二三四五六七八九{_DIGITS}]年?级?[（(]?[一二三四五六七八九十{_DIGITS}]{{1,2}}[）)]?班",
        CLASS,
    ),
    (rf"(?:[{_DIGITS}]{{2,4}}年)?[{_DIGITS}]{{1,2}}月[{_DIGITS}]{{1,2}}[日号]", DAY),
    (rf"[{_DIGITS}]{{4}}[-/.．][{_DIGITS}]{{1,2}}[-/.．][{_DIGITS}]{{1,2}}", DAY),
    (r"[\w.+-]+@[\w-]+\.[\w.]+", CONTACT),
    (r"(?:微信|QQ|qq|抖音|快手)号?[:： ]?[A-Za-z0-9_-]{4,}", CONTACT),
    (rf"[GJLgjl]?[{_DIGITS}]{{3,}}[Xx]?(?:-[{_DIGITS}]{{3,}})*", NUMBER),
    (rf"[{_HAN}]{{2,3}}?(?:省|自治区|自治州|市|县|镇|乡|街道|社区|村)", PLACE),
)


@dataclass
class Hidden:
    """A text without the people in it, and how often each replacement was made."""

    text: str
    counts: dict[str, int] = field(default_factory=dict)


def spoken_names(name: str) -> list[str]:
    """Return how a person called `name` is spoken of: the whole name, and a longer given name."""
    whole = name.replace(" ", "").replace("·", "")
    said = {name, whole}
    if len(whole) > _GIVEN:
        said.add(whole[-_GIVEN:])
    return sorted((one for one in said if len(one) > 1), key=len, reverse=True)


def place_words(address: str) -> list[str]:
    """Return the names of places an address is made of: 云岭镇大坪村 3 组 → 云岭镇, 大坪村."""
    parts = re.findall(
        rf"[{_HAN}]+?(?:省|自治区|自治州|市|县|区|镇|乡|街道|社区|村|组|路|街)", address
    )
    return [part for part in parts if len(part) > 1]


def anonymise(
    text: str,
    people: Mapping[str, str],
    places: Iterable[str] = (),
    schools: Iterable[str] = (),
) -> Hidden:
    """Return `text` with names, places, schools, classes, dates and numbers replaced.

    `people` maps each known name to the word that stands for the person (来访者, 家长 …); where two
    people are spoken of alike, the first one's word is taken. Doing it again changes nothing.
    """
    hidden = Hidden(text)
    words: dict[str, str] = {}
    for name, role in people.items():
        for said in spoken_names(name):
            words.setdefault(said, role)
    words |= {school: SCHOOL for school in schools if len(school) > 1}
    for place in places:
        for said in (place, *place_words(place)):
            words.setdefault(said, PLACE)
    _replace_words(hidden, words)
    for pattern, put in _RULES:
        hidden.text = re.sub(pattern, _counted(hidden, put), hidden.text)
    return hidden


def _replace_words(hidden: Hidden, words: Mapping[str, str]) -> None:
    known = sorted((word for word in words if len(word) > 1), key=len, reverse=True)
    if not known:
        return
    # A name typed with blanks inside is still the name.
    pattern = "|".join(r"[ \u3000]*".join(map(re.escape, word)) for word in known)

    def put(found: re.Match[str]) -> str:
        word = re.sub(r"[ \u3000]", "", found[0])
        role = words.get(found[0]) or words.get(word) or "某人"
        hidden.counts[role] = hidden.counts.get(role, 0) + 1
        return role

    hidden.text = re.sub(pattern, put, hidden.text)


def _counted(hidden: Hidden, put: str) -> Callable[[re.Match[str]], str]:
    def replaced(found: re.Match[str]) -> str:
        if PLACE in found[0] or SCHOOL in found[0]:
            return found[0]
        hidden.counts[put] = hidden.counts.get(put, 0) + 1
        return put

    return replaced
