"""The declaration of a register, and the ordered list of all of them.

A register is one class. `@register(...)` reads the class's declared columns, checks the whole
declaration, and raises BadDeclaration naming the register and the field when something is wrong,
so that a mistake stops the start and never reaches a school.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from peewee import (
    AutoField,
    CharField,
    DateField,
    DateTimeField,
    IntegerField,
    ModelAlias,
    TextField,
)

from models.core.boxes import ROLES, TEACHING, Box
from models.core.converters import converter_of
from models.core.database import GUARDED_TABLES, Base
from models.core.errors import BadDeclaration
from models.core.fields import (
    FieldSpec,
    PersonNameField,
    SealedField,
    Secrecy,
    WordField,
    WordsField,
)
from models.core.titles import given_by

Scope = Callable[[Any, Any], Any]
Rule = Callable[[Any, Any], Iterable[tuple[str, str]]]


class Record(Base):
    """What every register keeps about a row besides its own fields.

    Three times per record: happened (a declared field), entered, changed. `act` ties the rows of
    one act with several children; `batch` ties the rows of one import or roll-call. The three
    search columns hold disjoint texts per level of secrecy: for all, for staff, for the office.
    """

    id = AutoField()
    version = IntegerField(default=1)
    entered_at = DateTimeField(null=True)
    entered_by = IntegerField(null=True)
    changed_at = DateTimeField(null=True)
    changed_by = IntegerField(null=True)
    deleted_at = DateTimeField(null=True)
    deleted_by = IntegerField(null=True)
    act = CharField(max_length=32, null=True, index=True)
    batch = IntegerField(null=True, index=True)
    late_reason = CharField(max_length=200, null=True)
    search_open = TextField(default="")
    search_staff = TextField(default="")
    search_office = TextField(default="")


class SealedRecord(Record):
    """What a sealed register keeps besides: the encrypted payload, and the keyed hash of the child.

    Values of sealed fields are held by the record in memory once `sealing` has opened it
    and never reach a statement of the database.
    """

    payload = TextField(default="")
    child_hash = CharField(max_length=64, default="", index=True)
    opened: dict[str, Any] | None = None

    @property
    def sealed_fields(self) -> list[str]:
        """The names of the sealed fields."""
        return sealed_names(type(self), vars(type(self)))

    @property
    def is_shut(self) -> bool:
        """Whether there is sealed content that has not been opened."""
        return bool(self.payload) and self.opened is None

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Write the row without what is sealed."""
        held = {name: self.__data__.pop(name) for name in sealed_names(type(self), self.__data__)}
        try:
            return super().save(*args, **kwargs)
        finally:
            self.__data__.update(held)


def sealed_names(model: Any, names: Iterable[str]) -> list[str]:
    """Return those of `names` that are sealed fields of the model."""
    return [name for name in names if isinstance(getattr(model, name, None), SealedField)]


BOOKKEEPING = frozenset(SealedRecord._meta.fields)


@dataclass(frozen=True)
class Derived:
    """A value worked out from a record and its relations, never stored.

    `of` takes (records, today) and returns one text per record, so that a list of records costs
    one query; `list` is the position among list columns, 0 for the detail page only; by one of
    `words`, if there are any, lists are narrowed (models.core.questions); `total` is what the
    model's rows are summed up from where the values are amounts, in `field`'s kind.
    """

    name: str
    label: str
    of: Callable[[list[Any], Any], list[str]]
    list: int = 0
    words: tuple[str, ...] = ()
    field: Any = None
    total: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Register:
    """One register, as declared.

    `purpose` is one Chinese sentence that says what is kept, the register's documentation;
    `creates` are the roles that may add rows besides the clerk; `scope` maps the roles that see
    only part of it to a function (actor, register) → condition; `hidden_from` are the roles that do
    not see it at all; `parent` makes it a register of lines: its rows belong to the row that link
    points to and share that row's form, scope and rights; `label` are the fields whose texts name
    a record; `key` are the business keys, each unique among living rows; `evidence` maps kinds of
    attachments to their Chinese names; `pinyin` is the name field whose pinyin keys are kept;
    `paper` is the read-only field with the day a record was handed in on paper (纸质), by which its
    lateness is judged instead of the day it was typed;
    `act_by` are the staff links that say whose act it is ("teacher", or "home-visitor.staff" on a
    line); `many` is the link for which several rows may be entered as one act; `roster` lets all
    staff pick any child by name and class; `wants` are the kinds of evidence a record is incomplete
    without, each with the condition (as `show_if`) it is asked under; `match` are the fields an
    import finds a record by where no business key is unique; `planned` lets its date lie ahead;
    `open_until` is the field whose blank says that a row waits to be finished, and `finishing` what
    may then still be written after its days and its semester are over: that field and others, kinds
    of evidence, registers of new lines;
    `about` is the link to the child a row is about, "id" where the rows are the children, "" where
    it is about none; left out, the first link to a child (models.core.whose); all staff pick the
    rows of one `by_name`; one is `carried` whose row is named again by the next record of a stack;
    a write to one that `moves_calendar` changes what every day means;
    `span` are the first and the last day a row holds, since and until where it has such fields;
    `earlier` is the register of the stretches in which it held before, linked to it;
    `procedure` says in Chinese where the product makes and changes its rows, step by step: nobody
    writes one by hand; `permanent` rows are never deleted by hand; once the field `final` is
    filled in, a row and its lines are neither changed nor deleted;
    `own_contacts` holds a child's family: phones are plain to teachers, because the scope holds own
    children only, and its names are masked in every text of the school; the people of `office` hold
    one, and are named openly while they do.
    """

    model: Any
    slug: str
    title: str
    box: Box
    purpose: str
    creates: tuple[str, ...]
    scope: Mapping[str, Scope]
    order: str
    happened: str
    label: tuple[str, ...]
    parent: str = ""
    key: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    whole_rules: tuple[Rule, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    derived: tuple[Derived, ...] = ()
    pinyin: str = ""
    roster: bool = False
    sealed: bool = False
    open_until: str = ""
    finishing: tuple[str, ...] = ()
    final: str = ""
    permanent: bool = False
    procedure: str = ""
    many: str = ""
    menu: bool = True
    locks: bool = True
    hidden_from: tuple[str, ...] = ()
    own_contacts: bool = False
    office: bool = False
    act_by: tuple[str, ...] = ()
    wants: Mapping[str, str] = field(default_factory=dict)
    match: tuple[str, ...] = ()
    planned: bool = False
    paper: str = ""
    about: str | None = None
    by_name: bool = False
    carried: bool = False
    moves_calendar: bool = False
    span: tuple[str, str] = ("", "")
    earlier: str = ""
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.model._meta.table_name)

    @property
    def attached(self) -> bool:
        """Whether its rows belong to a row of any register, named by slug and number."""
        return {"register", "record_id"} <= self.fields.keys()

    @property
    def of_people(self) -> bool:
        """Whether its rows are people, found by the pinyin of their names."""
        return bool(self.pinyin) and isinstance(self.fields[self.pinyin].field, PersonNameField)

    def spec(self, name: str) -> FieldSpec:
        """Return the declared field `name`; KeyError when it is not declared."""
        return self.fields[name]

    def ordered(self, position: str) -> list[FieldSpec]:
        """Return the fields with a position in "list" or "short", in that order."""
        chosen = [spec for spec in self.fields.values() if getattr(spec, position)]
        return sorted(chosen, key=lambda spec: getattr(spec, position))

    @cached_property
    def links(self) -> list[FieldSpec]:
        """The fields that point to other registers."""
        return [spec for spec in self.fields.values() if spec.target is not None]


# What `about` says of the register whose rows are the children themselves.
OWN_ROW = "id"

REGISTERS: dict[str, Register] = {}
given_by("register", lambda: {slug: declared.title for slug, declared in REGISTERS.items()})
# Per register the fields somebody judged to be open; any other is hidden from the inspector, but
# where its declaration says how secret it is.
JUDGED: dict[str, frozenset[str]] = {}
_BY_MODEL: dict[Any, Register] = {}


def register_of(model_or_record: Any) -> Register:
    """Return the register of a model class, of an alias of one, or of a record."""
    if isinstance(model_or_record, ModelAlias):
        return _BY_MODEL[model_or_record.model]
    model = model_or_record if isinstance(model_or_record, type) else type(model_or_record)
    return _BY_MODEL[model]


def find(slug: str) -> Register | None:
    """Return the register called `slug`, or None."""
    return REGISTERS.get(slug)


def model_of(slug: str) -> Any:
    """Return the model class of register `slug`.

    For scopes and rules that would import in a circle otherwise.
    """
    return REGISTERS[slug].model


def kebab(name: str) -> str:
    """Return a class name as slug: HomeVisit → home-visit."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def register(*, title: str, box: Box, **said: Any) -> Callable[[Any], Any]:
    """Declare the decorated `Record` subclass as a register (see `Register` for the keys)."""

    def declare(model: Any) -> Any:
        declared = _read(model, title, box, said)
        _check(declared)
        REGISTERS[declared.slug] = declared
        _BY_MODEL[model] = declared
        GUARDED_TABLES.add(declared.table)
        return model

    return declare


def _read(model: Any, title: str, box: Box, said: dict[str, Any]) -> Register:
    fields = _declared_fields(model)
    first = next(iter(fields), "")
    said.setdefault("purpose", "")
    said.setdefault("creates", ())
    said.setdefault("scope", {})
    said.setdefault("order", "-id")
    said.setdefault("happened", "")
    said.setdefault("label", (first,))
    said.setdefault("span", tuple(name if name in fields else "" for name in ("since", "until")))
    try:
        return Register(
            model=model,
            slug=kebab(model.__name__),
            title=title,
            box=box,
            fields=fields,
            **said,
        )
    except TypeError as error:
        raise BadDeclaration(f"登记“{title}”的声明有误：{error}") from error


def _declared_fields(model: Any) -> dict[str, FieldSpec]:
    fields: dict[str, FieldSpec] = {}
    for name, declared in model._meta.fields.items():
        if name in BOOKKEEPING:
            continue
        spec = getattr(declared, "spec", None)
        if spec is None:
            if name.startswith("pinyin_"):
                continue
            raise BadDeclaration(f"登记 {model.__name__} 的字段 {name} 没有用 col() 声明标签")
        fields[name] = declared.spec = _judged(kebab(model.__name__), spec.named(name))
    sealed = {name: getattr(model, name) for name in sealed_names(model, vars(model))}
    for name, declared in sealed.items():
        fields[name] = declared.spec = declared.spec.named(name)
    # Sealed fields are no columns; they take the place they were declared at.
    order = {name: (sealed.get(name) or model._meta.fields[name])._order for name in fields}
    return dict(sorted(fields.items(), key=lambda item: order[item[0]]))


def _judged(slug: str, spec: FieldSpec) -> FieldSpec:
    if spec.secret is not Secrecy.UNJUDGED:
        return spec
    is_open = spec.name in JUDGED.get(slug, ())
    return replace(spec, secret=Secrecy.OPEN if is_open else Secrecy.PRIVATE)


def _check(declared: Register) -> None:
    def wrong(reason: str) -> None:
        raise BadDeclaration(f"登记“{declared.title}”（{declared.slug}）的声明有误：{reason}")

    if declared.slug in REGISTERS:
        wrong("英文名与另一登记重复")
    if not declared.purpose:
        wrong("purpose 没有写：一句中文说明这项登记记什么")
    if not declared.fields:
        wrong("一个字段也没有")
    if any(other.title == declared.title for other in REGISTERS.values()):
        wrong("名称与另一登记重复")
    for role in (*declared.creates, *declared.scope):
        if role not in ROLES:
            wrong(f"没有角色 {role}")
    for role in declared.creates:
        if role in TEACHING and role not in declared.scope and not declared.parent:
            wrong(f"角色 {role} 可以登记却没有查看范围")
    _check_names(declared, wrong)
    _check_fields(declared, wrong)


def _check_names(declared: Register, wrong: Callable[[str], None]) -> None:
    known = set(declared.model._meta.fields)
    named = {
        "order": [declared.order.lstrip("-")],
        "happened": [declared.happened] if declared.happened else [],
        "label": declared.label,
        "key": [name for key in declared.key for name in key],
        "match": declared.match,
        "pinyin": [declared.pinyin] if declared.pinyin else [],
        "parent": [declared.parent] if declared.parent else [],
        "many": [declared.many] if declared.many else [],
        "span": [name for name in declared.span if name],
        "open_until": [declared.open_until] if declared.open_until else [],
        "final": [declared.final] if declared.final else [],
        "paper": [declared.paper] if declared.paper else [],
        "about": [declared.about] if declared.about else [],
        "act_by": [name for name in declared.act_by if "." not in name],
    }
    for key, names in named.items():
        for name in names:
            if name not in known:
                wrong(f"{key} 指向不存在的字段 {name}")
    if declared.happened:
        dated = declared.model._meta.fields[declared.happened]
        if not isinstance(dated, (DateField, DateTimeField)):
            wrong(f"happened 的字段 {declared.happened} 不是日期")
    if declared.parent and declared.model._meta.fields[declared.parent].null:
        wrong(f"parent 的字段 {declared.parent} 必须是必填")
    if bool(declared.open_until) != bool(declared.finishing):
        wrong("open_until 和 finishing 要一起写：办结的字段，和办结时还可以补填的内容")
    if declared.open_until and declared.open_until not in declared.finishing:
        wrong(f"finishing 里缺少办结的字段 {declared.open_until}")
    begun = {declared.happened, declared.parent, *(name for key in declared.key for name in key)}
    for name in begun.intersection(declared.finishing):
        wrong(f"finishing 里的 {name} 是登记时就定下的，不能留到办结")


def _check_fields(declared: Register, wrong: Callable[[str], None]) -> None:
    for position in ("list", "short"):
        places = [getattr(s, position) for s in declared.fields.values() if getattr(s, position)]
        if len(places) != len(set(places)):
            wrong(f"{position} 的位置有重复")
    for spec in declared.fields.values():
        converter_of(spec.field)
        if not spec.label:
            wrong(f"字段 {spec.name} 没有标签")
        if spec.wanted and not spec.field.null:
            wrong(f"字段 {spec.name} 不能既必填又待补")
        if spec.secret is Secrecy.SEALED and (spec.list or spec.filter or spec.search):
            wrong(f"字段 {spec.name} 密封，不能进列表、筛选和查找")
        if (spec.secret is Secrecy.SEALED) > (
            declared.sealed and issubclass(declared.model, SealedRecord)
        ):
            wrong(f"字段 {spec.name} 密封，登记要声明 sealed 并从 SealedRecord 派生")
        if spec.filter and spec.secret in (Secrecy.IDENTITY, Secrecy.INTERNAL):
            wrong(f"字段 {spec.name} 保密，不能用来筛选")
        if isinstance(spec.field, (WordField, WordsField)) and not spec.field.words:
            wrong(f"字段 {spec.name} 没有可选项")
    _check_conditions(declared, wrong)


def _check_conditions(declared: Register, wrong: Callable[[str], None]) -> None:
    for spec in declared.fields.values():
        if spec.show_if and asked_field(spec.show_if) not in declared.fields:
            wrong(f"字段 {spec.name} 的 show_if 指向不存在的字段")
        if spec.wanted_if and asked_field(spec.wanted_if) not in declared.fields:
            wrong(f"字段 {spec.name} 的 wanted_if 指向不存在的字段")
        if spec.of and spec.of not in declared.fields:
            wrong(f"字段 {spec.name} 的 of 指向不存在的字段")
    if declared.paper and not (declared.fields[declared.paper].readonly and declared.happened):
        wrong(f"paper 的字段 {declared.paper} 要声明 readonly，登记要有 happened")
    for kind, condition in declared.wants.items():
        if kind not in declared.evidence:
            wrong(f"wants 的 {kind} 不是附件种类")
        if condition and asked_field(condition) not in declared.fields:
            wrong(f"wants 的 {kind} 的条件指向不存在的字段")


def asked_field(condition: str) -> str:
    """Return the field a condition such as "kind=月|学期" or "left_on!=" asks about."""
    return condition.partition("=")[0].rstrip("!")


def check_all() -> None:
    """Check what only the whole list can tell; BadDeclaration when something is wrong."""
    for declared in REGISTERS.values():
        lines = {line.slug for line in line_registers(declared)}
        for name in declared.finishing:
            if name not in {*declared.fields, *declared.evidence, *lines}:
                raise BadDeclaration(
                    f"登记“{declared.title}”的 finishing 里没有这样的字段、附件或名单：{name}"
                )
        for spec in declared.links:
            if spec.target not in _BY_MODEL:
                raise BadDeclaration(
                    f"登记“{declared.title}”的字段 {spec.name} 指向一个不是登记的表"
                )
        _check_earlier(declared)


def _check_earlier(declared: Register) -> None:
    stretches = REGISTERS.get(declared.earlier)
    linked = stretches and any(spec.target is declared.model for spec in stretches.links)
    if declared.earlier and not linked:
        told = f"earlier 要写一项指向它的登记：{declared.earlier}"
        raise BadDeclaration(f"登记“{declared.title}”的 {told}")


def line_registers(declared: Register) -> list[Register]:
    """Return the registers whose rows belong to a row of `declared`."""
    return [
        other
        for other in REGISTERS.values()
        if other.parent and other.fields[other.parent].target is declared.model
    ]


def parent_register(declared: Register) -> Register | None:
    """Return the register a line register's rows belong to, else None."""
    if not declared.parent:
        return None
    return _BY_MODEL[declared.fields[declared.parent].target]


def dependents_of(declared: Register) -> list[tuple[Register, FieldSpec]]:
    """Return every (register, link) that may point at a record of `declared`, lines excepted."""
    return [
        (other, spec)
        for other in REGISTERS.values()
        for spec in other.links
        if spec.target is declared.model and spec.name != other.parent
    ]
