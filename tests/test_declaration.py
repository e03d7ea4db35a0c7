"""A wrong declaration stops the start and names the register and the field."""

from __future__ import annotations

import pytest
from peewee import CharField, DateField, IntegerField, TextField

from models.core.boxes import TEACHER, Box
from models.core.errors import BadDeclaration
from models.core.fields import IDENTITY, IdNumberField, WordField, col
from models.core.register import REGISTERS, Record, register
from models.core.scopes import everyone


def declared(said=None, **columns):
    """Declare a throw-away register with the given columns."""
    columns = columns or {"name": col(CharField(), "名称", list=1)}
    keys = {"title": "写错的登记", "box": Box.ASSETS, "purpose": "写错的样子", **(said or {})}
    return register(**keys)(type("Wrongly", (Record,), columns))


WRONG = [
    ("unknown key", {"colour": "red"}, {}, "colour"),
    ("no purpose", {"purpose": ""}, {}, "purpose"),
    ("order of no field", {"order": "-when"}, {}, "when"),
    ("happened on no date", {"happened": "name"}, {}, "name"),
    ("creating role without scope", {"creates": (TEACHER,)}, {}, "teacher"),
    ("unknown role", {"scope": {"cook": everyone}}, {}, "cook"),
    ("label of no field", {"label": ("surname",)}, {}, "surname"),
    ("business key of no field", {"key": (("code",),)}, {}, "code"),
    ("column without a label", {}, {"name": CharField()}, "name"),
    (
        "two columns in one place",
        {},
        {"name": col(CharField(), "名称", list=1), "size": col(IntegerField(), "大小", list=1)},
        "list",
    ),
    (
        "filter on a secret",
        {},
        {"number": col(IdNumberField(null=True), "证件号", filter=True, secret=IDENTITY)},
        "number",
    ),
    (
        "required and wanted at once",
        {},
        {"note": col(TextField(), "说明", wanted=True)},
        "note",
    ),
    ("no words to choose", {}, {"kind": col(WordField(()), "类型")}, "kind"),
    (
        "shown by a field that is not there",
        {},
        {"day": col(DateField(null=True), "日期", show_if="kind=甲")},
        "day",
    ),
]


@pytest.mark.parametrize(
    ("said", "columns", "named"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_wrong_declaration_is_refused_by_name(said, columns, named):
    with pytest.raises(BadDeclaration) as refused:
        declared(said, **columns)
    assert named in str(refused.value)
    assert "wrongly" not in REGISTERS


def test_a_title_that_stands_already_is_refused():
    with pytest.raises(BadDeclaration, match="谈心记录"):
        declared({"title": "谈心记录"})


def test_a_column_said_with_an_unknown_word_is_refused():
    with pytest.raises(BadDeclaration, match="名称"):
        col(CharField(), "名称", lst=1)
