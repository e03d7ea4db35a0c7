"""A mistake in a declaration is one sentence: which file, which table, which key, what to write."""

from __future__ import annotations

import copy
import re
from datetime import date
from typing import Annotated, Any, Literal

import pytest

from admin.commands.setup import SetupFile
from compliance.checklists import archive, hardware, scoring
from compliance.findings import kinds
from compliance.ordered import adoption, burden_plan, needs, regulations
from compliance.ordered.duty import DutyFile
from demo import specs
from exports.bundle import declaration as bundle
from models.core import toml
from models.core.errors import BadDeclaration
from models.core.toml import Declared, FieldName, Positive, Slug, Text, among
from tests.test_commands import EXAMPLE


class Inner(Declared, frozen=True):
    register: Slug
    where: dict[FieldName, str] = {}


class Thing(Declared, frozen=True):
    code: Slug
    title: Text
    kind: Annotated[str, among(("甲", "乙"))] = "甲"
    level: Literal["high", "low", ""] = ""
    number: Positive | None = None
    flag: bool = False
    day: date | None = None
    parts: tuple[Inner, ...] = ()
    names: tuple[FieldName, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.number == 13:
            toml.refuse("number", "不能是 13")


class File(Declared, frozen=True):
    thing: tuple[Thing, ...]


GOOD = {"code": "one", "title": "一"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": " "}, "one 的 title 要写文字，不能为空，现在是“ ”"),
        ({"title": 3}, "one 的 title 要写文字，不能为空，现在是 3"),
        ({"kind": "丙"}, "one 的 kind 要写其中之一：甲、乙，现在是“丙”"),
        ({"number": 0}, "one 的 number 要写不小于 1 的整数，现在是 0"),
        ({"number": True}, "one 的 number 要写不小于 1 的整数，现在是 true"),
        ({"number": 13}, "one 的 number 不能是 13"),
        ({"flag": "yes"}, "one 的 flag 要写true 或 false，现在是“yes”"),
        ({"day": "gestern"}, "one 的 day 要写日期，如 2025-09-01，现在是“gestern”"),
        ({"names": ["a", "a"]}, "one 的 names 里同一项写了两次"),
        ({"parts": [{}]}, "one 的 parts[1].register 没有写；要写小写英文名，如 home-visit"),
        ({"parts": [{"register": "talk", "wher": {}}]}, "one 的 parts[1].wher 没有这个键"),
        ({"parts": [{"register": "talk", "where": {"A": "x"}}]}, "one 的 parts[1].where 要写"),
        ({"tilte": "一"}, "one 的 tilte 没有这个键，可以写的有：code、title、kind、level"),
    ],
)
def test_a_sentence_names_the_table_the_key_and_what_to_write(change, sentence):
    with pytest.raises(BadDeclaration) as refused:
        toml.made({"thing": [GOOD, GOOD | change]}, File, "things.toml")
    assert str(refused.value).startswith(f"things.toml：{sentence}")


def test_a_choice_that_may_be_left_out_is_told_without_the_blank():
    with pytest.raises(BadDeclaration, match="其中之一：") as refused:
        toml.made({"thing": [GOOD | {"level": "middle"}]}, File, "things.toml")
    assert "high" in str(refused.value)


def test_a_missing_or_strange_file_is_told_plainly(tmp_path):
    path = tmp_path / "things.toml"
    with pytest.raises(BadDeclaration, match="打不开文件"):
        toml.read(path, File)
    for data, said in ((b"[[thing]\n", "不是正确的 TOML"), ("云岭".encode("gbk"), "不是 UTF-8")):
        path.write_bytes(data)
        with pytest.raises(BadDeclaration, match=rf"things\.toml {said}"):
            toml.read(path, File)


# Every file that ships, and what it is read into.
SHIPPED: list[tuple[Any, Any]] = [
    (hardware.FILE, hardware.HardwareFile),
    (archive.FILE, archive.ArchiveFile),
    (scoring.FILE, scoring.ScoringFile),
    (kinds.FILE, kinds.FindingFile),
    (bundle.FILE, bundle.BundleDeclaration),
    (needs.NEEDS, dict[str, dict[str, needs.Need]]),
    (burden_plan.DATA, burden_plan.BurdenFile),
    (adoption.CONFLICTS, adoption.ConflictFile),
    (EXAMPLE, SetupFile),
    *((path, regulations.RegulationFile) for path in regulations.DATA.glob("regulations/*.toml")),
    *((path, DutyFile) for path in regulations.DATA.glob("duties/*.toml")),
    *((specs.DATA / f"{name}.toml", specs.SpecFile) for name in (*specs.SETTING_UP, *specs.DAYS)),
]


def tables_of(data, steps=()):
    """Every table in plain data with the way to it, the outermost first."""
    if isinstance(data, dict):
        yield steps, data
        for key, value in data.items():
            yield from tables_of(value, (*steps, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from tables_of(value, (*steps, number))


def test_every_file_that_ships_is_read_and_refuses_a_key_nobody_knows():
    for path, kind in SHIPPED:
        raw = toml.content(path)
        toml.made(raw, kind, path.name)
        depth = {len(steps): steps for steps, _table in tables_of(raw)}
        for steps in depth.values():
            broken = copy.deepcopy(raw)
            table = broken
            for step in steps:
                table = table[step]
            table["unknwon_key"] = 1.5
            if kind is DutyFile and steps:
                continue  # what stands in a duty is read one by one, with the duty's own tests
            try:
                toml.made(broken, kind, path.name)
            except BadDeclaration as refused:
                said = str(refused)
                assert said.startswith(f"{path.name}：")
                assert "\n" not in said
                assert not re.search(r"Expected|Object|Invalid|\$", said), said
            else:
                # Tables of free names take any: those of values, not of declarations.
                assert free(steps), (path.name, steps)


def free(steps):
    return bool({"fields", "rows", "where", "among"} & set(steps))
