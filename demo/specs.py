"""What the invented school writes down: one spec per kind of record, read from `data/*.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from models.core import toml
from models.core.toml import Declared, Positive, Slug

DATA = Path(__file__).parent / "data"
# What the school has on its first day, then what its days bring; in this order on one day.
SETTING_UP = ("founding",)
DAYS = ("home", "teaching", "office")


class LineSpec(Declared, frozen=True):
    """Lines of a sheet: `of` children, guarded ones, staff, assets … or fixed `rows`.

    `count` is the least and most of them; `counted` the sheet's field that says how many.
    """

    register: Slug
    fields: dict[str, Any]
    of: str = "rows"
    count: tuple[int, int] = (1, 1)
    counted: str = ""
    rows: list[dict[str, Any]] = []


class Later(Declared, frozen=True):
    """What is filled in some days afterwards, in `share` of the cases."""

    fields: dict[str, Any]
    after: tuple[int, int] = (1, 5)
    share: float = 1.0


class Spec(Declared, frozen=True):
    """How often a kind of record is made, for whom, by whom, and from which words.

    `each` is whom one record is for (see `subjects.py`), narrowed by `only`; `every` the period
    (see `cadence.py`), `window` the part of it, `times` how often in it, `share` how many of them
    really happen, times the teacher's diligence where `diligent`; `skip` are periods left out;
    `semester` is first, last, autumn or spring, else both; `table` names the texts' rows that are
    taken one after the other; `staff` enters it; `late` ones are entered days later now and then.
    """

    register: Slug
    fields: dict[str, Any] = {}
    each: str = "school"
    only: str = ""
    every: str = "semester"
    window: tuple[float, float] = (0.0, 1.0)
    times: Positive = 1
    share: float = 1.0
    diligent: bool = False
    skip: tuple[int, ...] = ()
    semester: str = ""
    table: str = ""
    staff: str = "clerk"
    late: bool = False
    alone: bool = False
    line: tuple[LineSpec, ...] = ()
    then: tuple[Later, ...] = ()


class SpecFile(Declared, frozen=True):
    """A file of specs."""

    record: tuple[Spec, ...]


@cache
def read(name: str) -> tuple[Spec, ...]:
    """Return the specs of one file of the data; BadDeclaration names what is wrong in it."""
    return toml.read(DATA / f"{name}.toml", SpecFile).record


@cache
def texts() -> dict[str, list[Any]]:
    """Return the lists of texts and the tables of rows, by name."""
    found: dict[str, list[Any]] = {}
    for name in ("texts", "tables", "shelves"):
        found |= toml.read(DATA / f"{name}.toml", dict[str, list[Any]])
    return found
