"""TOML as declarations: read into typed structs, else one sentence says where and what to write.

A table of a file is a `Declared` class. A key it does not know, a value of another kind or a word
outside its list stops the start with BadDeclaration, as in

    talks-visits.toml：talk-weekly 的 measure.count 要写不小于 1 的整数，现在是 0
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import inspect

from models.core.errors import BadDeclaration

T = TypeVar("T")

Text = Annotated[str, msgspec.Meta(pattern=r"\S", description="文字，不能为空")]
Slug = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        description="小写英文名，如 home-visit",
    ),
]
# A field of a register, a kind of attachment, a register of lines.
FieldName = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]*$", description="字段的英文名，如 visited_at")
]
Whole = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


def among(words: Iterable[str]) -> msgspec.Meta:
    """Return what annotates a text that is one of the words."""
    listed = list(words)
    pattern = f"^({'|'.join(map(re.escape, listed))})$"
    return msgspec.Meta(pattern=pattern, description=f"其中之一：{'、'.join(listed)}")


# By which key a table is called in a message.
CODES = ("code", "id", "slug")
NAMES = (*CODES, "register", "title")
_PLAIN: dict[Any, str] = {
    inspect.StrType: "文字",
    inspect.BoolType: "true 或 false",
    inspect.DateType: "日期，如 2025-09-01",
    inspect.FloatType: "数",
    inspect.DictType: '{ 名称 = "值" }',
}
_PLACE = re.compile(r" - at (?:`key` in )?`\$([^`]*)`$")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_KEY = re.compile(r"`([^`]+)`$")


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table; what its types cannot say a subclass refuses in its own `__post_init__`."""

    def __post_init__(self) -> None:
        """Refuse a list that says one thing twice."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            words = [one for one in value if isinstance(one, str)] if type(value) is tuple else []
            if len(set(words)) != len(words):
                refuse(name, "里同一项写了两次")


class _Refused(ValueError):
    """What `refuse` raises: the key, and what is wrong with it."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key} {why}")
        self.key, self.why = key, why


def refuse(key: str, why: str) -> NoReturn:
    """Refuse a table that is being read for the sake of one key; the sentence goes on with why."""
    raise _Refused(key, why)


def read(path: Path, kind: type[T]) -> T:
    """Read a file; BadDeclaration names the file, the table, the key and what to write."""
    return made(content(path), kind, path.name)


def content(path: Path) -> dict[str, Any]:
    """Return a file's plain tables; BadDeclaration when it is not TOML in UTF-8."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise BadDeclaration(f"打不开文件 {path}，请核对文件名") from error
    except UnicodeDecodeError as error:
        raise BadDeclaration(f"{path.name} 不是 UTF-8 编码，请用记事本另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"第 {line[1]} 行附近" if line else "在最后"
        raise BadDeclaration(f"{path.name} 不是正确的 TOML，{where}写法有误") from error


def made(data: Any, kind: type[T], where: str) -> T:
    """Make plain tables into `kind`; BadDeclaration begins with `where`, mostly the file's name."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise BadDeclaration(f"{where}：{_sentence(error, data, kind)}") from error


def _sentence(error: msgspec.ValidationError, data: Any, kind: Any) -> str:
    """Say in Chinese what msgspec found: "talk-weekly 的 every 要写其中之一：…"."""
    text = str(error)
    found = _PLACE.search(text)
    steps = list(_steps(found[1])) if found else []
    about = text[: found.start()] if found else text
    refused = error.__cause__
    expected = _type_at(inspect.type_info(kind), steps)
    if isinstance(refused, _Refused):
        steps, why = [*steps, *filter(None, (refused.key,))], refused.why
    elif "missing required field" in about:
        key = _last_key(about)
        expected = _type_at(expected, [key])
        steps, why = [*steps, key], f"没有写；要写{_described(expected)}"
    elif "unknown field" in about:
        steps, why = [*steps, _last_key(about)], f"没有这个键，可以写的有：{_keys(expected)}"
    else:
        why = f"要写{_described(expected)}{_now(_value_at(data, steps))}"
    name, path = _named(data, steps)
    place = " 的 ".join(filter(None, (name, path)))
    return f"{place} {why}" if place else why


def _steps(path: str) -> Iterator[str | int]:
    # What stands in a table of free names has no place that could be named.
    for key, number in _STEP.findall(path.partition("[...]")[0]):
        yield key or int(number)


def _last_key(about: str) -> str:
    found = _KEY.search(about)
    assert found is not None, about
    return found[1]


def _type_at(kind: Any, steps: Iterable[str | int]) -> Any:
    """Return the type a value must have at a place, None where that is not known."""
    for step in steps:
        # Of a choice of types, the one that has such a place.
        kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
        kind = next(filter(None, (_inside(one, step) for one in kinds)), None)
    return kind


def _inside(kind: Any, step: str | int) -> Any:
    if isinstance(kind, inspect.Metadata):
        return _inside(kind.type, step)
    if isinstance(kind, inspect.StructType):
        return next((field.type for field in kind.fields if field.encode_name == step), None)
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    if isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(step, int):
        return kind.item_type
    return None


def _value_at(data: Any, steps: Iterable[str | int]) -> Any:
    for step in steps:
        data = data[step]
    return data


def _named(data: Any, steps: list[str | int]) -> tuple[str, str]:
    """Return what the nearest table with a name is called, and the way on from there.

    What has a code of its own is called by it, whatever stands within.
    """
    name, begin, coded = "", 0, False
    for place, step in enumerate(steps):
        for key in NAMES if isinstance(data, dict) else ():
            if isinstance(data.get(key), str) and (key in CODES or not coded):
                name, begin, coded = data[key], place, coded or key in CODES
                break
        inside = isinstance(data, dict | list) and place < len(steps) - 1
        data = data[step] if inside else None
    path = "".join(f"[{s + 1}]" if isinstance(s, int) else f".{s}" for s in steps[begin:])
    return name, path.lstrip(".")


def _described(kind: Any) -> str:
    """Say what may be written for a type."""
    if isinstance(kind, inspect.Metadata):
        said = (kind.extra_json_schema or {}).get("description")
        return str(said or _described(kind.type))
    if isinstance(kind, inspect.UnionType):
        written = [one for one in kind.types if not _is_nothing(one)]
        return "，或".join(map(_described, written))
    if isinstance(kind, inspect.EnumType):
        return f"其中之一：{'、'.join(str(one.value) for one in kind.cls)}"
    if isinstance(kind, inspect.LiteralType):
        return f"其中之一：{'、'.join(_toml(value) for value in kind.values)}"
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        some = f"至少 {kind.min_length} 项的" if kind.min_length else ""
        return f"{some}列表 [ … ]，每项是{_described(kind.item_type)}"
    if isinstance(kind, inspect.StructType):
        return f"{{ … }}，可以写的有：{_keys(kind)}"
    return _whole(kind) if isinstance(kind, inspect.IntType) else _PLAIN.get(type(kind), "别的值")


def _is_nothing(kind: Any) -> bool:
    """Whether a type stands for a key that is not written."""
    blank = isinstance(kind, inspect.LiteralType) and kind.values == ("",)
    return blank or isinstance(kind, inspect.NoneType)


def _whole(kind: inspect.IntType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f"{kind.ge} 到 {kind.le} 的整数"
    return f"不小于 {kind.ge} 的整数" if kind.ge is not None else "整数"


def _keys(kind: Any) -> str:
    fields = kind.fields if isinstance(kind, inspect.StructType) else ()
    return "、".join(field.encode_name for field in fields)


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _now(value: Any) -> str:
    if isinstance(value, dict | list):
        return ""
    return f"，现在是“{value}”" if isinstance(value, str) else f"，现在是 {_toml(value)}"
