"""Linked records by name, both ways: what a cell says of a child, a colleague, a class, a meeting.

A name that several records share is told apart by a class, a subject or the number behind #; an
import never guesses and never makes the linked record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from peewee import fn

from models.core.actor import Actor
from models.core.converters import show
from models.core.database import mark
from models.core.errors import BadValue
from models.core.fields import IdNumberField, PersonNameField, SchoolNumberField
from models.core.gates import rows
from models.core.labels import label_of
from models.core.register import OWN_ROW, Register, register_of
from models.core.values import class_label, clean_class_name, plain, read_date, split_words
from models.core.whose import about
from models.kept.left_behind import classes_on

_CHUNK = 400
_NUMBERED = re.compile(r"^(.*?)\s*[#＃]\s*(\d{1,15})$")
_HONORIFIC = re.compile(r"^(.{2,}?)(老师|教师|同学|学生|小朋友|校长|主任|书记)$")
_CLASS_FIRST = re.compile(r"^(\S+?[班级\d)）])\s*([^\d\s()（）班级]{2,})$")
_HINTED = re.compile(r"^([^\s（(]+)[\s（(]+(.+?)[)）]?$")
# By what people of one name are told apart, where their register has it.
_HINTS = ("subject", "phone", "born_on")


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def folded(text: Any) -> str:
    """Return a name without blanks and width differences, for comparing."""
    return plain(text).replace(" ", "")


def link_texts(target: Register, ids: Collection[int]) -> dict[int, str]:
    """Return {id: text} by which records are written into cells.

    A name that no other living record has stands alone, any other with its number behind #.
    """
    model, label = target.model, fn.TRIM(label_of(target))
    naming = model.select(model.id, label).where(mark(target.table))
    names: dict[int, str] = {}
    for part in _chunks(sorted(ids)):
        names.update(naming.where(model.id.in_(part)).tuples())
    living: Counter[str] = Counter()
    for texts in _chunks(sorted(set(names.values()))):
        query = naming.where(label.in_(texts), model.deleted_at.is_null(True))
        living.update(text for _number, text in query.tuples())
    return {
        number: name if living[name] == 1 and name else f"{name}#{number}"
        for number, name in names.items()
    }


class LinkFinder:
    """Finds what the cells of one link column mean, all texts of the column at once."""

    def __init__(self, actor: Actor, register: Register) -> None:
        self._actor = actor
        self.register = register
        self._found: dict[str, list[Any]] = {}
        self._by_id: dict[int, Any] = {}
        # The class of every record found, asked for together the first time one is needed.
        self._placed: dict[int, str] = {}
        self._unplaced: set[int] = set()

    def look_up(self, texts: Iterable[str]) -> None:
        """Ask for every text, its name part, and its number in a few queries."""
        wanted: set[str] = set()
        numbers: set[int] = set()
        for text in texts:
            wanted |= _forms(text)
            if numbered := _NUMBERED.match(text.strip()):
                numbers.add(int(numbered.group(2)))
        model = self.register.model
        for part in _chunks(sorted(wanted)):
            label = fn.TRIM(label_of(self.register))
            self._take(rows(self._actor, self.register).where(label.in_(part)))
            for spec in self._identities():
                column = getattr(model, spec.name)
                for record in rows(self._actor, self.register).where(column.in_(part)):
                    self._note(record.__data__[spec.name], record)
        for ids in _chunks(sorted(numbers)):
            for record in rows(self._actor, self.register).where(model.id.in_(ids)):
                self._note(f"#{record.id}", record)

    def _note(self, form: str, record: Any) -> None:
        self._found.setdefault(form, []).append(record)
        if record.id not in self._by_id:
            self._by_id[record.id] = record
            self._unplaced.add(record.id)

    def _identities(self) -> list[Any]:
        """The fields that identify a record by themselves: identity and school numbers, codes."""
        singles = {key[0] for key in self.register.key if len(key) == 1}
        return [
            spec
            for spec in self.register.fields.values()
            if isinstance(spec.field, (IdNumberField, SchoolNumberField))
            or (spec.name in singles and spec.target is None and spec.name not in self._labels())
        ]

    def _labels(self) -> tuple[str, ...]:
        return self.register.label

    def _take(self, query: Any) -> None:
        for record in query:
            self._note(self._name(record), record)

    def _name(self, record: Any) -> str:
        specs = (self.register.fields[name] for name in self.register.label)
        texts = [_plain_label(record, spec) for spec in specs if spec.target is None]
        return folded(" ".join(texts)) if texts else f"#{record.id}"

    def find(self, text: str, beside: Mapping[str, str] | None = None) -> int:
        """Return the id of the record the text means; BadValue says why it cannot be told.

        `beside` is what other columns of the row say of a pupil: class, birth, number.
        """
        title = self.register.title
        numbered = _NUMBERED.match(text.strip())
        if numbered:
            found = self._found.get(f"#{numbered.group(2)}", [])
            if found and self._name(found[0]) in ("", folded(numbered.group(1)), f"#{found[0].id}"):
                return int(found[0].id)
            raise BadValue(f"{title}里没有编号和名称都相符的“{text}”，请核对")
        candidates = self._candidates(text)
        if beside and len(candidates) > 1:
            candidates = self._told_apart(candidates, beside) or candidates
        if len(candidates) == 1:
            return int(candidates[0].id)
        if not candidates:
            raise BadValue(self._not_found(text))
        shared = (
            f"有 {len(candidates)} 位“{text}”"
            if self._names_people()
            else (f"{title}里有 {len(candidates)} 条“{text}”")
        )
        raise BadValue(f"{shared}，请写成 {self._examples(text, candidates)} 的样子")

    def _told_apart(self, candidates: list[Any], beside: Mapping[str, str]) -> list[Any]:
        """Return those of one name that a number, the birth or the class beside it means."""
        classes = self._classes(candidates)
        for kind in ("number", "born", "class"):
            if kind in beside:
                fitting = [r for r in candidates if _fits(kind, beside[kind], r, classes)]
                if len(fitting) == 1:
                    return fitting
        return []

    def doubt(self, number: int, beside: Mapping[str, str]) -> str:
        """Return what beside a pupil's name speaks against the record found, "" for nothing."""
        record = self._by_id.get(number)
        if not beside or record is None or about(self.register) != OWN_ROW:
            return ""
        classes = self._classes([record]) if "class" in beside else {}
        wrong = [kind for kind, text in beside.items() if not _fits(kind, text, record, classes)]
        if "class" in wrong and not classes.get(record.id):
            wrong.remove("class")
        if "number" in wrong and not record.id_number and not record.school_number:
            wrong.remove("number")
        if not wrong:
            return ""
        said = "、".join(beside[kind] for kind in wrong if kind != "number") or "号码"
        return f"旁边写的{said}与登记的不同，请核对是不是同一名学生"

    def _not_found(self, text: str) -> str:
        title = self.register.title
        if len(split_words(text)) > 1:
            return f"一格里写了几个名字（{text}），请一行写一名"
        name, hint = _parted(text)
        named = self._found.get(folded(name), []) if hint else []
        if named:
            texts = {t for r in named for t in _hint_texts(r, self._classes(named))[:1]}
            now = f"，登记的在{'、'.join(sorted(texts))}" if texts else ""
            return f"{title}里有“{name}”，但没有“{hint}”的{now}，请核对"
        return f"{title}里没有“{text}”，请先登记，或核对名称"

    def _names_people(self) -> bool:
        named = self.register.fields.get(self.register.pinyin)
        return named is not None and isinstance(named.field, PersonNameField)

    def _candidates(self, text: str) -> list[Any]:
        for form in (folded(text), text.strip().upper(), folded(_class_form(text))):
            if self._found.get(form):
                return self._found[form]
        name, said = _parted(text)
        named = self._found.get(folded(name), [])
        if not said:
            return named if self._names_people() else []
        wanted = {folded(said), folded(_class_form(said))} - {""}
        classes = self._classes(named)
        return [record for record in named if wanted & _hints(record, classes)]

    def _classes(self, named: list[Any]) -> dict[int, str]:
        if about(self.register) != OWN_ROW or not named:
            return {}
        for part in _chunks(sorted(self._unplaced)):
            placed = classes_on(list(part), self._actor.today)
            self._placed.update({child: name for child, (_class, name) in placed.items()})
        self._unplaced.clear()
        ids = (record.id for record in named)
        return {number: self._placed[number] for number in ids if number in self._placed}

    def _examples(self, text: str, candidates: list[Any]) -> str:
        classes = self._classes(candidates)
        hints = [next(iter(_hint_texts(record, classes)), "") for record in candidates]
        if all(hints) and len(set(hints)) == len(hints):
            return " 或 ".join(f"{text}（{hint}）" for hint in hints[:3])
        return " 或 ".join(f"{text}#{record.id}" for record in candidates[:3])


def _plain_label(record: Any, spec: Any) -> str:
    value = record.__data__.get(spec.name)
    return "" if value is None else str(value)


def _forms(text: str) -> set[str]:
    """Return every label a cell's text may mean: itself, without its number, without its hint."""
    forms = {text.strip(), folded(text), plain(text), text.strip().upper(), _class_form(text)}
    for pattern in (_NUMBERED, _HINTED):
        if found := pattern.match(text.strip()):
            forms |= {found.group(1), folded(found.group(1))}
    name, _hint = _parted(text)
    forms |= {name, folded(name)}
    return {form for form in forms if form}


def _parted(text: str) -> tuple[str, str]:
    """Part 七（1）班王小明, 王小明（七1班）, 王小明同学 into the name and what tells it apart."""
    text = text.strip()
    name, hint = text, ""
    if (first := _CLASS_FIRST.match(text)) and _class_form(first.group(1)):
        hint, name = first.groups()
    elif hinted := _HINTED.match(text):
        name, hint = hinted.groups()
    called = _HONORIFIC.match(name)
    return (called.group(1) if called else name), hint


def _fits(kind: str, text: str, record: Any, classes: Mapping[int, str]) -> bool:
    """Return whether a class, a birth or a number written beside a name is the record's."""
    if kind == "number":
        numbers = (getattr(record, name, None) for name in ("id_number", "school_number"))
        return folded(text).upper() in [number for number in numbers if number]
    if kind == "class":
        return folded(classes.get(record.id)) in (folded(text), folded(_class_form(text)))
    born = getattr(record, "born_on", None)
    if born is None:
        return False
    if year := re.fullmatch(r"(\d{4})年?", folded(text)):
        return bool(born.year == int(year.group(1)))
    try:
        read = read_date(text)
    except BadValue:
        return False
    return bool(read.value == (born.replace(day=1) if read.whole_month else born))


def _class_form(text: str) -> str:
    """Return a class written in any way (701, 初一1班) as the product writes it, else ""."""
    try:
        return class_label(*clean_class_name(text))
    except BadValue:
        return ""


def _hint_texts(record: Any, classes: Mapping[int, str]) -> list[str]:
    texts = [classes.get(record.id, "")]
    for name in _HINTS:
        value = getattr(record, name, None)
        if value and name == "born_on":
            texts += [f"{value.year}年", str(value.year), show(type(record).born_on, value)]
        elif value:
            texts += [str(value), str(value)[-4:]] if name == "phone" else [str(value)]
    return [text for text in texts if text]


def _hints(record: Any, classes: Mapping[int, str]) -> set[str]:
    return {folded(text) for text in _hint_texts(record, classes)}


def finder_of(actor: Actor, spec: Any) -> LinkFinder:
    """Return the finder of a link field's register."""
    return LinkFinder(actor, register_of(spec.target))
