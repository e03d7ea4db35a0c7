"""Which verbs a role has, and how it meets each field: the rules worked out a second time.

Asks neither rights nor gates. As docs/architecture.md says: identity and school numbers are masked
for all; phones are plain for clerk, leadership and teachers of own children; the inspector reads no
name, phone or address plainly and no private remark at all; what is masked is not searched by.
"""

from __future__ import annotations

from models.core.fields import Secrecy
from models.core.register import REGISTERS
from tests.whose_rows import NOTHING, OFFICE, TEACHERS, parent_slug, rule_of, writes

SHOWN, MASKED, HIDDEN = "show", "mask", "hide"
# Where fields are met: read or written there, or asked for.
READ = ("list", "detail", "export", "pdf", "history", "form")
ASKED = ("search", "sort", "filter", "short")
WHERE = (*READ, *ASKED, "import")


# Written step by step on a page of their own, by nobody's hand.
BY_PROCEDURE = (
    "evaluation", "evaluation-point", "evaluation-year", "award-bar", "statistics-table",
)  # fmt: skip


def may_at_all(role, verb, slug, *, opened=False):
    """Whether the role has the verb on the register as a whole; `opened` the seal, that is."""
    register = REGISTERS[slug]
    by_hand = slug not in BY_PROCEDURE or verb in ("read", "export", "print")
    if role in register.hidden_from or not by_hand:
        return False
    if register.sealed:
        if verb == "read":
            return role != "teacher"
        fills = verb in ("create", "edit", "delete", "restore")
        return role == "counsellor" and opened and fills
    if verb == "delete" and register.permanent:
        return False
    if role == "clerk":
        return True
    reads = role not in TEACHERS or rule_of(parent_slug(slug) or slug) != NOTHING
    if verb == "read":
        return reads
    if role == "inspector":
        return False
    if verb in ("create", "edit", "delete"):
        return writes(role, slug)
    if role == "leadership":
        return verb in ("export", "print")
    return verb == "print" and reads


def treated(role, register, spec, *, opened=False):
    """Whether the role reads a field, reads it masked, or not at all."""
    secret = spec.secret
    if secret is Secrecy.SEALED:
        return SHOWN if role == "counsellor" and opened else HIDDEN
    if secret is Secrecy.INTERNAL or (secret is Secrecy.PRIVATE and role == "inspector"):
        return HIDDEN
    if secret is Secrecy.IDENTITY:
        return MASKED
    if secret is Secrecy.PHONE and role in TEACHERS:
        return SHOWN if register.own_contacts else MASKED
    if role == "inspector" and secret is not Secrecy.OPEN:
        return MASKED
    return SHOWN


def met(role, register, spec, where, *, opened=False):
    """Return (masked, writable) of a field at a place, None where the role does not meet it."""
    how = treated(role, register, spec, opened=opened)
    if how == HIDDEN or (how == MASKED and where in ASKED):
        return None
    masked = how == MASKED
    if spec.readonly or (register.sealed and role != "counsellor"):
        writable = False
    else:
        # The clerk leaves a masked field blank to keep it; who enters a record types it in.
        writable = not masked or role == "clerk" or (where == "form" and role in TEACHERS)
    if where == "import" and not writable:
        return None
    return masked, writable


def placed(register, where):
    """The fields of a register that stand at a place at all."""
    specs = list(register.fields.values())
    if where == "short":
        return [spec for spec in specs if spec.short] or specs
    if where == "sort":
        return [spec for spec in specs if spec.list and spec.sort]
    chosen = {"list": "list", "search": "search", "filter": "filter"}.get(where)
    return [spec for spec in specs if chosen is None or getattr(spec, chosen)]


def searched(role, register):
    """The columns of search text a role looks into, by whose level of secrecy they hold."""
    if role == "inspector":
        return ["search_open"]
    every = ["search_open", "search_staff", "search_office"]
    return every if role in OFFICE or register.own_contacts else every[:2]
