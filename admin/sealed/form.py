"""The form of a sealed record: built from the surface, kept in no draft."""

from __future__ import annotations

from typing import Any

from flask import url_for
from wtforms import Form, HiddenField, PasswordField, SelectField
from wtforms.fields.choices import SelectChoice

from admin.frame.form_fields import PickerField, initial_of, input_for, posted_of, was_posted
from models.core import labels as naming
from models.core.actor import Actor
from models.core.converters import show
from models.core.gates import surface
from models.core.register import Register, register_of
from models.kept.counselling import BY_STEPS, LATE_REASONS

# Set by the product or by steps of their own.
NOT_TYPED = BY_STEPS | {"counsellor", "sealed_on", "received_by"}


class SealedForm(Form):  # type: ignore[misc]
    """The inputs of one sealed record; `passphrase` is asked when the key has been put away."""

    late_reason = SelectField(
        "补录原因",
        description="咨询后超过 7 天才登记时选择",
        choices=[SelectChoice("", "未补录"), *(SelectChoice(word) for word in LATE_REASONS)],
        validate_choice=False,
    )
    version = HiddenField()
    passphrase = PasswordField("密封口令", render_kw={"autocomplete": "off", "maxlength": 200})


def sealed_form(actor: Actor, register: Register, *, record: Any = None, posted: Any = None) -> Any:
    """Return the form for a new record or an opened one; `posted` are the request's values."""
    chosen = [
        field.spec
        for field in surface(actor, register, "form").fields
        if field.writable and field.name not in NOT_TYPED
    ]
    inputs = {spec.name: input_for(spec) for spec in chosen}
    form = type("SealedRecordForm", (SealedForm,), inputs)(
        formdata=posted, data=_given(actor, register, record, chosen)
    )
    form.form_errors = []
    for spec in chosen:
        made = form[spec.name]
        made.flags.required, made.flags.wanted = spec.required, spec.wanted
        if isinstance(made, PickerField):
            _prepare_picker(actor, register, made, spec)
    form.typed = [form[spec.name] for spec in chosen]
    return form


def _given(actor: Actor, register: Register, record: Any, chosen: list[Any]) -> dict[str, Any]:
    if record is None:
        return {register.happened: actor.today.isoformat()}
    given = {spec.name: initial_of(spec, record.__data__.get(spec.name)) for spec in chosen}
    return given | {"version": record.version, "late_reason": record.late_reason or ""}


def _prepare_picker(actor: Actor, register: Register, made: Any, spec: Any) -> None:
    target = register_of(spec.target)
    ids = made.numbers()
    named = naming.labels(actor, {target: ids})
    made.render_kw = dict(made.render_kw or {})
    made.render_kw["data-picker-url"] = url_for(
        "sealed.pick", slug=target.slug, place=f"{register.slug}.{spec.name}"
    )
    made.render_kw["data-picker-text"] = named.get((target.slug, ids[0]), "") if ids else ""


def raw_of(form: Any) -> dict[str, Any]:
    """Return what was posted, for the service."""
    raw = {one.short_name: posted_of(one) for one in form.typed if was_posted(one)}
    return raw | {"late_reason": form.late_reason.data or ""}


def show_theirs(form: Any, register: Register, stored: Any) -> None:
    """Show beside each differing input what another person has saved meanwhile.

    The form takes over the newer version, so that saving again is a decision between both texts.
    """
    for one in form.typed:
        spec = register.spec(one.short_name)
        text = show(spec.field, stored.__data__.get(spec.name))
        if spec.target is None and text != _typed(one):
            one.description = f"别人刚保存的是：{text or '空'}"
    form.version.raw_data = None
    form.version.data = stored.version


def _typed(made: Any) -> str:
    return str(posted_of(made) if was_posted(made) else "").replace("\r\n", "\n").strip()
