"""One adult of several children: which rows of parents and guardians are one person.

A row of 父母登记 or 监护人登记 is what an adult is to one child, so that scopes, masks, exports and
merging stay those of the child. Rows of one identity number, or of one name and one telephone where
no two identity numbers speak against it, are the same adult: of siblings, or parent and guardian in
one. What belongs to the person and not to the child (telephone, workplace, schooling) is changed
once (models.school.adults); training is counted per person (Q10-3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# What is the adult's own; relation, rank, dates and the assessment belong to the child's row.
OWN = (
    "id_number",
    "phone",
    "phone_2",
    "wechat",
    "workplace",
    "workplace_address",
    "workplace_phone",
    "trade",
    "education",
    "address",
)
_PHONES = ("phone", "phone_2")

Values = Mapping[str, Any]


def is_same_adult(one: Values, other: Values) -> bool:
    """Return whether two rows are of one adult."""
    if one.get("name") != other.get("name"):
        return False
    numbers = {one.get("id_number") or "", other.get("id_number") or ""} - {""}
    if len(numbers) > 1:
        return False
    both = one.get("id_number") and other.get("id_number")
    return bool(both or _phones(one) & _phones(other))


def _phones(values: Values) -> set[str]:
    return {values[name] for name in _PHONES if values.get(name)}


def persons(people: Iterable[tuple[int, Values]]) -> list[tuple[int, ...]]:
    """Return the rows that are one adult together, by their numbers, in order of the first."""
    alike: dict[tuple[str, str], list[tuple[int, Values]]] = {}
    leader: dict[int, int] = {}

    def first(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for number, values in sorted(people, key=lambda one: one[0]):
        leader[number] = number
        said = {values.get("id_number") or "", *_phones(values)} - {""}
        for word in sorted(said):
            theirs = alike.setdefault((values["name"], word), [])
            for known, before in theirs:
                if is_same_adult(before, values):
                    low, high = sorted((first(known), first(number)))
                    leader[high] = low
            theirs.append((number, values))
    grouped: dict[int, list[int]] = {}
    for number in leader:
        grouped.setdefault(first(number), []).append(number)
    return [tuple(sorted(rows)) for _first, rows in sorted(grouped.items())]
