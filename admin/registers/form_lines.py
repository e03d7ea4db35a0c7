"""Child lines inside a form: visitors of a visit, attendees of a meeting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField
from wtforms.form import BaseForm

from admin.frame.form_fields import (
    BooleanField,
    PickerField,
    describe_input,
    initial_of,
    input_for,
    posted_of,
    was_posted,
)
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.display import page as display
from models.core.fields import FieldSpec
from models.core.gates import SurfaceField, rows, surface
from models.core.lock import Limit
from models.core.register import Register, line_registers
from models.core.rights import left_to_finish
from models.core.service import LineInput
from models.core.values import whole
from models.school.pupils import MINE, child_field, classes

# One sheet holds no more lines than a whole school's parents.
LINES_CAP = 600


class LineForm(BaseForm):  # type: ignore[misc]
    """One line: its inputs, and the line it stands for, if it is kept already."""

    stored: Any = None
    removed: bool = False
    theirs: str = ""
    # What a line that is only finished here says already, as (label, text).
    stands: Sequence[tuple[str, str]] = ()

    @property
    def inputs(self) -> list[Any]:
        """The inputs a person sees."""
        return [f for f in self if not isinstance(f, HiddenField)]


@dataclass
class LineBlock:
    """All lines of one register within a form, and the blank one new lines are copied from."""

    register: Register
    forms: list[Any]
    blank: Any
    name: str
    error: str = ""
    classes: tuple[tuple[str, str], ...] = ()
    takes_new: bool = True

    def narrow(self, actor: Actor, *, takes_new: bool) -> None:
        """Leave on each kept line what is to be finished, or was posted; say the rest."""
        self.takes_new = takes_new
        kept = [form.stored for form in self.forms if form.stored is not None]
        shown = display(actor, self.register, kept, "form")
        for form in self.forms:
            if form.stored is None:
                continue
            left = left_to_finish(self.register, form.stored)
            standing = [
                one.short_name
                for one in form.inputs
                if one.short_name not in left and not one.raw_data
            ]
            texts = [(name, shown.text(form.stored, name)) for name in standing]
            form.stands = [(self.register.fields[name].label, t) for name, t in texts if t]
            for name in standing:
                del form[name]

    def inputs(self) -> list[LineInput]:
        """Return the lines for the service, in the order shown; untouched new lines say nothing."""
        return [self._input(form) for form in self.forms]

    def _input(self, form: Any) -> LineInput:
        values = {
            made.short_name: posted_of(made)
            for made in form.inputs
            if was_posted(made) and not (made.masked_text and not posted_of(made))
        }
        if form.stored is None and not self._says_something(form):
            values = {}
        return LineInput(
            values=values,
            id=whole(form["id"].data),
            # As it was sent: a line changed without its version is refused.
            version=whole(posted_of(form["version"])) if was_posted(form["version"]) else None,
            remove=form.removed,
        )

    def _says_something(self, form: Any) -> bool:
        """Return whether a new line holds more than ticks and defaults."""
        for made in form.inputs:
            asked = was_posted(made) and not isinstance(made, BooleanField)
            value = posted_of(made) if asked else ""
            if value and value != made.default:
                return True
        return False

    def put_error(self, where: str, message: str) -> None:
        """Show a message: `where` is "place.field", "" for the lines as a whole."""
        place, _, name = where.partition(".")
        number = whole(place, most=len(self.forms) - 1)
        if number is not None and name in self.forms[number]:
            self.forms[number][name].errors = [message]
        else:
            self.error = message


def line_blocks(
    actor: Actor,
    register: Register,
    record: Any,
    posted: Any,
    joining: Mapping[str, Sequence[int]],
    limit: Limit | None = None,
) -> list[LineBlock]:
    """Return the lines of each line register the actor may write, stored or as posted.

    `joining` gives per register the children to add, each as a line of its own. Under the record's
    `limit` only the lines that wait to be finished stand there, each with what it still takes.
    """
    blocks = []
    for line_register in line_registers(register):
        allowed = surface(actor, line_register, "form")
        writable = [f for f in allowed.fields if f.writable and f.name != line_register.parent]
        stored = lines_of(actor, line_register, record)
        takes_new = limit is None or line_register.slug in limit.names
        if limit is not None and posted is None:
            stored = [line for line in stored if left_to_finish(line_register, line)]
            if not stored and not takes_new:
                continue
        name = f"lines-{line_register.slug}"
        maker = _Maker(actor, line_register, writable, name)
        if posted is not None:
            forms = maker.posted(posted, {line.id: line for line in stored})
        elif record is None:
            forms = maker.opening(register)
        else:
            forms = [maker.made(i, stored=line) for i, line in enumerate(stored)]
        spec = child_field(line_register)
        groups: tuple[tuple[str, str], ...] = ()
        if spec is not None:
            maker.join(forms, spec.name, joining.get(line_register.slug, ()))
            groups = _groups(actor, line_register, spec) if takes_new else ()
        block = LineBlock(line_register, forms, maker.made("__i__"), name, classes=groups)
        if limit is not None:
            block.narrow(actor, takes_new=takes_new)
        blocks.append(block)
    return blocks


def _groups(actor: Actor, register: Register, spec: FieldSpec) -> tuple[tuple[str, str], ...]:
    """Return the groups of children that can be added at once, as (value, word)."""
    own = ((MINE, "我的结对学生"),) if actor.staff_id is not None else ()
    return (*own, *((str(number), name) for number, name in classes(actor, register, spec)))


def lines_of(actor: Actor, line_register: Register, record: Any) -> list[Any]:
    """Return the living lines of a record that the actor may see, oldest first."""
    if record is None:
        return []
    model = line_register.model
    parent = getattr(model, line_register.parent)
    return list(rows(actor, line_register).where(parent == record.id).order_by(model.id))


def _says(form: Any) -> bool:
    """Return whether a posted line holds more than ticks and defaults."""
    return any(
        made.data and made.data != made.default
        for made in form.inputs
        if not isinstance(made, BooleanField)
    )


class _Maker:
    """Makes the line forms of one register."""

    def __init__(
        self, actor: Actor, register: Register, writable: list[SurfaceField], name: str
    ) -> None:
        self.actor, self.register, self.writable, self.name = actor, register, writable, name
        self.unbound = {f.name: input_for(f.spec) for f in writable}
        self.unbound |= {"id": HiddenField(), "version": HiddenField()}

    def made(self, place: int | str, *, stored: Any = None, posted: Any = None) -> Any:
        """Return one line form at `place`."""
        data = self._of(stored) if stored is not None else self._defaults()
        form = LineForm(self.unbound, prefix=f"{self.name}-{place}-")
        form.process(posted, data=data)
        form.stored = stored
        for one in self.writable:
            made = form[one.name]
            describe_input(made, self.register, one)
            if stored is None and not isinstance(made, PickerField):
                made.default = data.get(one.name)
            if one.masked and stored is not None:
                made.masked_text = display(self.actor, self.register, [stored], "form").text(
                    stored, one.name
                )
        return form

    def _of(self, stored: Any) -> dict[str, Any]:
        given = {
            f.name: initial_of(f.spec, stored.__data__.get(f.name))
            for f in self.writable
            if not f.masked
        }
        return given | {"id": stored.id, "version": stored.version}

    def _defaults(self) -> dict[str, Any]:
        given = {}
        for one in self.writable:
            value = one.spec.field.default
            if value is not None and value != "" and not callable(value):
                given[one.name] = initial_of(one.spec, value)
        return given

    def opening(self, register: Register) -> list[Any]:
        """Return the first line of a new record: the actor, where a line says who acted."""
        form = self.made(0)
        for name in register.act_by:
            slug, _, link = name.partition(".")
            if slug == self.register.slug and link in form:
                own = "" if self.actor.role == CLERK else self.actor.staff_id
                form[link].data = own or ""
                return [form]
        return []

    def join(self, forms: list[Any], name: str, children: Sequence[int]) -> None:
        """Add a new line for each child that is not on a line yet; blank new lines come first."""
        there = {str(form[name].data or "") for form in forms if not form.removed}
        blank = [form for form in forms if form.stored is None and not _says(form)]
        for child in children:
            if str(child) in there or len(forms) >= LINES_CAP:
                continue
            form = blank.pop(0) if blank else self.made(len(forms))
            form[name].data, form[name].raw_data = str(child), None
            if form not in forms:
                forms.append(form)

    def posted(self, posted: Any, stored: dict[int, Any]) -> list[Any]:
        """Return the posted lines, renumbered in the order of their numbers."""
        pattern = re.compile(re.escape(self.name) + r"-(\d{1,6})-(\w+)$")
        found: dict[int, dict[str, list[str]]] = {}
        for key in posted:
            match = pattern.match(key)
            if match:
                found.setdefault(int(match[1]), {})[match[2]] = posted.getlist(key)
        return [
            self._one_posted(place, values, stored)
            for place, (_number, values) in enumerate(sorted(found.items())[:LINES_CAP])
        ]

    def _one_posted(self, place: int, values: dict[str, list[str]], stored: dict[int, Any]) -> Any:
        number = whole((values.get("id") or [""])[-1])
        known = stored.get(number) if number is not None else None
        renamed = MultiDict(
            [(f"{self.name}-{place}-{name}", v) for name, many in values.items() for v in many]
        )
        form = self.made(place, stored=known, posted=renamed)
        form.removed = (values.get("remove") or [""])[-1] == "1"
        return form
