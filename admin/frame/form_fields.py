"""The inputs of the generated forms: WTForms fields that keep what was typed and judge nothing.

Values are read by `models.core.converters.clean` inside the write path, so that form, import and
phone follow the same rules; a field here only carries text in and out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from peewee import CharField, DateTimeField
from wtforms import BooleanField as StockBooleanField
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms import TextAreaField as StockTextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, TextInput

from models.core.converters import converter_of, show, words_of
from models.core.fields import FieldSpec
from models.core.gates import SurfaceField
from models.core.register import Register, register_of
from models.core.values import whole

# Up to this many words are shown side by side, more in a drop-down.
RADIO_WORDS = 5


class PostedForm(FlaskForm):  # type: ignore[misc]
    """A form that is filled from what a page posts, never from JSON, which may be of any shape."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How the form reads a request."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return the posted fields and files; nothing of a JSON body."""
            return None if request.is_json else super().wrap_formdata(form, formdata)


def _hidden_blank(name: str) -> Markup:
    """A blank value posted beside ticks: it says that the ticks were on the page."""
    return Markup('<input type="hidden" name="{}" value="">').format(name)


class TickInput(CheckboxInput):  # type: ignore[misc]
    """A tick of its own, posted as True."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """Render the tick with the blank that shows it was asked."""
        made: Markup = super().__call__(field, value="True", **kwargs)
        return _hidden_blank(field.name) + made


class BooleanField(StockBooleanField):  # type: ignore[misc]
    """Yes or no."""

    widget = TickInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the last posted value: the blank stands before the tick."""
        self.data = bool(valuelist) and valuelist[-1] == "True"


class SetTickInput(CheckboxInput):  # type: ignore[misc]
    """One tick of a set; the first carries the blank that lets a whole set be cleared."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """Render the tick."""
        blank = _hidden_blank(field.name) if field.id.endswith("-0") else Markup("")
        made: Markup = super().__call__(field, **kwargs)
        return blank + made


class CheckboxSetField(SelectMultipleField):  # type: ignore[misc]
    """Several of a closed list of words."""

    option_widget = SetTickInput()

    def pre_validate(self, form: Any) -> None:
        """Judge nothing; the write path does."""


class TextAreaField(StockTextAreaField):  # type: ignore[misc]
    """A longer text."""


class PickerField(StringField):  # type: ignore[misc]
    """A link looked up while typing; `chosen` holds {id, text} of what stands in it."""

    data: Any
    multiple = False
    chosen: tuple[dict[str, Any], ...] = ()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep every posted id, the last one as the value."""
        self.data = valuelist[-1] if valuelist else self.data

    def ids(self) -> list[str]:
        """Return the ids in the field as text."""
        stored = self.data if isinstance(self.data, list) else [self.data]
        raw = self.raw_data or stored
        return [str(value).strip() for value in raw if value not in (None, "")]

    def numbers(self) -> list[int]:
        """Return the ids in the field that can be ids."""
        return [number for text in self.ids() if (number := whole(text)) is not None]


_TYPES = {kind: kind for kind in ("tel", "date", "datetime-local", "time", "month")}
_MODES = {"number": "numeric", "decimal": "decimal"}


def input_for(spec: FieldSpec) -> Any:
    """Return the (unbound) WTForms field for a declared field."""
    converter = converter_of(spec.field)
    render: dict[str, Any] = {"autocomplete": "off"}
    said = {"label": spec.label, "description": spec.help, "render_kw": render}
    kind = converter.widget
    if kind == "picker":
        return PickerField(**said)
    if kind == "checkbox":
        return BooleanField(label=spec.label, description=spec.help)
    if kind == "checkboxes":
        words = [SelectChoice(word) for word in spec.field.words]
        return CheckboxSetField(label=spec.label, description=spec.help, choices=words)
    if kind == "select":
        return _choice(spec)
    if kind == "textarea":
        return TextAreaField(**said)
    if kind in _MODES:
        render["inputmode"] = _MODES[kind]
    if kind in (*_MODES, *_TYPES) and kind != "tel":
        render["data-short"] = "1"
    if isinstance(spec.field, CharField) and kind == "text" and spec.field.max_length:
        render["maxlength"] = spec.field.max_length
    return StringField(widget=TextInput(_TYPES.get(kind, "text")), **said)


def _choice(spec: FieldSpec) -> Any:
    words = [SelectChoice(word) for word in spec.field.words]
    blank = [] if spec.required else [SelectChoice("", "未填")]
    if len(words) <= RADIO_WORDS:
        return RadioField(
            label=spec.label, description=spec.help, choices=words + blank, validate_choice=False
        )
    return SelectField(
        label=spec.label,
        description=spec.help,
        choices=[SelectChoice("", "请选择" if spec.required else "未填"), *words],
        validate_choice=False,
    )


def initial_of(spec: FieldSpec, value: Any) -> Any:
    """Return what an input shows at first for a stored value."""
    if value is None:
        return ""
    kind = converter_of(spec.field).widget
    if kind == "picker":
        return str(value)
    if kind == "checkbox":
        return bool(value)
    if kind == "checkboxes":
        return words_of(value)
    text = show(spec.field, value)
    return text.replace(" ", "T") if isinstance(spec.field, DateTimeField) else text


def posted_of(field: Field) -> Any:
    """Return the raw value of a posted field for `models.core.converters.clean`."""
    if isinstance(field, BooleanField):
        return "是" if field.data else "否"
    if isinstance(field, CheckboxSetField):
        return [word for word in field.raw_data if word]
    return field.raw_data[-1]


def describe_input(made: Any, register: Register, one: SurfaceField) -> None:
    """Hang the declaration's marks on one input, and a picker's address."""
    spec = one.spec
    made.wanted, made.unit, made.show_if, made.masked_text = (
        spec.wanted,
        spec.unit,
        spec.show_if,
        "",
    )
    made.flags.required = spec.required
    made.render_kw = dict(made.render_kw or {})
    if spec.wanted:
        made.flags.wanted = True
    if isinstance(made, PickerField):
        target = register_of(spec.target)
        place = f"{register.slug}.{spec.name}"
        made.render_kw["data-picker-url"] = url_for(
            f"{target.slug}.pick",
            **{"for": place},  # type: ignore[arg-type]
        )
        if not target.pinyin:
            made.render_kw["placeholder"] = f"输入文字查找{target.title}"
        made.spec = spec


def was_posted(field: Field) -> bool:
    """Return whether the request carried the field at all; a hidden one is left alone."""
    return bool(field.raw_data)


def put_errors(form: Any, errors: Mapping[str, str]) -> None:
    """Show each message at its field; what belongs to no field goes above the form."""
    for name, message in errors.items():
        if name in form:
            form[name].errors = [*form[name].errors, message]
        else:
            form.form_errors.append(message)
