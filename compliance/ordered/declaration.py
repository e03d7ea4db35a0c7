"""The kinds of values that the declarations of this package share."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from models.core.conditions import Asks, Word, Words
from models.core.toml import FieldName

# Which records of a register are meant, in the language of `models.core.conditions`.
Filter = Annotated[
    dict[FieldName, Word | Words | Asks],
    Meta(
        description='{ 字段 = "值" }，值可以是文字、整数、true、false、它们的列表，'
        + "或 { … }，可以写的有："
        + "、".join(Asks.__struct_fields__)
    ),
]
CLAUSE = r"^[SGQHZ]\d\d-(\d+|[一二三四五](\.\d+)?)$"
ClauseId = Annotated[str, Meta(pattern=CLAUSE, description="条款编号，如 S12-1")]
# One of several names is enough: "photo|scan".
Need = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z_-]*(\|[a-z][a-z_-]*)*$",
        description="附件、字段或明细登记的英文名，如 photo，几样任一用 | 隔开",
    ),
]
