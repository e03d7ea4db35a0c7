"""The oracle of rights and the cases made from it: register × person × endpoint × whose record.

What may be read and done is worked out here a second time, from the declaration and the rules in
docs/architecture.md, without asking `rights`, `scopes` or `gates`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from peewee import TextField

import models.kept  # noqa: F401 -- declares every register
from models.core.fields import Secrecy
from models.core.register import REGISTERS, line_registers, register_of
from tests.whose_rows import WAITS

PEOPLE = (
    "clerk",
    "leadership",
    "alice",
    "bob",
    "charlie",
    "counsellor",
    "inspector",
    "nobody",
)
ROLE = {"alice": "teacher", "bob": "teacher", "charlie": "teacher"}
TEACHERS = ("alice", "bob", "charlie", "counsellor")
OFFICE = ("clerk", "leadership")
# Whose hands count as a teacher's own.
OWN = {"alice": ("alice", "alice_old"), "bob": ("bob",)}
# Colleagues and classes are picked by name by whoever writes; children in roster registers.
NAMED_FREELY = ("staff", "school-class")

# Hands in which a record says something new of these people only.
WHO_ASKS = {
    "alice_old": ("alice", "leadership"),
    "office": ("alice", "bob", "leadership"),
    "nobody": ("clerk", "alice", "charlie", "counsellor", "inspector"),
}
# People who differ from another only in whose rows they see, or who get nowhere at all: for them
# the cases marked `again` (every sort, filter and picker once more) are left out.
IN_SHORT = ("bob", "counsellor", "nobody")
# Hands whose records are tried at every address; the others at those that tell most.
TRIED_WHOLLY = ("alice", "bob")

# Scopes by the name of their function: what a teacher sees besides the own acts.
ALL, CHILDREN, ACTS, NONE = "all", "own children and acts", "own acts", "none"
_KIND = {
    "everyone": ALL,
    "own_children": CHILDREN,
    "own_children_or_own_acts": CHILDREN,
    "own_acts": ACTS,
    "own_staff": ACTS,
    "own_classes": ACTS,
    "own_notices": ACTS,
    "either": ACTS,
    # Photos and corrections go with their record, here a talk.
    "by_record": CHILDREN,
    "by_corrected_record": CHILDREN,
}


def home(register):
    """The register whose rights count: of a line that of the record it belongs to."""
    if not register.parent:
        return register
    return register_of(register.spec(register.parent).target)


@cache
def kind(slug):
    """What a teacher sees of a register."""
    register = REGISTERS[slug]
    scopes = [one.scope.get("teacher") for one in {home(register), register}]
    kinds = {_KIND[scope.__qualname__.split(".")[0]] for scope in scopes if scope is not None}
    if home(register).scope.get("teacher") is None or not kinds:
        return NONE
    return min(kinds, key=(NONE, ACTS, CHILDREN, ALL).index)


def asked_about(slug):
    """The people whose requests to a register say something no other's say.

    Bob is to his own what Alice is to hers: he matters where whose rows is the question. Charlie
    and the counsellor are teachers with no child of their own; only a sealed register tells them
    apart. Whose rows each of them reads is asked of every register in `tests/whose_rows.py`.
    """
    narrow, apart = kind(slug) in (CHILDREN, ACTS), REGISTERS[slug].sealed
    left_out = set() if narrow else {"bob"}
    if not apart:
        left_out.add("counsellor" if narrow else "charlie")
    return tuple(person for person in PEOPLE if person not in left_out)


@cache
def reads(person, slug):
    """Whether the person reads the register at all."""
    register, role = REGISTERS[slug], ROLE.get(person, person)
    if person == "nobody" or role in register.hidden_from:
        return False
    if register.sealed:
        return role != "teacher"
    return person in (*OFFICE, "inspector") or kind(slug) != NONE


def sent_away(person, slug):
    """Whether the panel only leads the person on: a sealed register has pages of its own."""
    return person == "counsellor" and REGISTERS[slug].sealed


@cache
def sees(person, slug, owner):
    """Whether the person may read the record of the register in `owner`'s hands."""
    if not reads(person, slug) or owner == "binned":
        return False
    if slug == "bundle" and person == "inspector":
        return owner == "alice"  # the one that was released
    if person not in TEACHERS or REGISTERS[slug].sealed or kind(slug) == ALL:
        return True
    if owner == "office":
        return person == "alice" and kind(slug) == CHILDREN
    return owner in OWN.get(person, ())


def writes(person, slug):
    """Whether the person enters records of the register."""
    register, role = REGISTERS[slug], ROLE.get(person, person)
    if register.sealed or role in register.hidden_from or person in ("nobody", "inspector"):
        return False
    if home(register).procedure:
        return False
    creates = home(register).creates
    return person == "clerk" or role in creates or (person == "counsellor" and "teacher" in creates)


def may(person, verb, slug, owner=""):
    """Whether the person may do `verb` on the register, or on the record in `owner`'s hands."""
    register = REGISTERS[slug]
    if verb == "read":
        return sees(person, slug, owner) if owner else reads(person, slug)
    if register.sealed:
        return False
    # What a procedure writes step by step is read, exported and printed, and nothing else.
    if home(register).procedure and verb not in ("export", "print"):
        return False
    if verb == "create":
        return writes(person, slug)
    if verb in ("edit", "delete"):
        return _may_change(person, verb, slug, owner)
    if verb in ("export", "print") and reads(person, slug):
        return person in OFFICE or (verb == "print" and person in TEACHERS)
    return person == "clerk"  # import, bulk, restore and the recycle bin


def _may_change(person, verb, slug, owner):
    if not (writes(person, slug) and sees(person, slug, owner)):
        return False
    # Accounts, incidents and the school itself are closed or ended, never deleted.
    if verb == "delete" and REGISTERS[slug].permanent:
        return False
    if person == "clerk":
        return True
    if owner not in OWN.get(person, ()):
        return False
    # Seven days to edit, the day of entry to delete; what waits to be finished stays open for that.
    return owner != "alice_old" or (verb == "edit" and waits(home(REGISTERS[slug])))


def waits(register):
    """Whether a planted record of the register, or one of its lines, waits to be finished."""
    if not register.open_until:
        return any(waits(lines) for lines in line_registers(register))
    name, word = WAITS.get(register.slug, ("", None))
    return not name or register.spec(name).field.words[0] == word


def readable(person, found):
    """Whether a marker may stand plainly on a page of the person, by the kind of its field."""
    if not sees_anyhow(person, found.slug, found.owner):
        return False
    register, secret = REGISTERS[found.slug], found.secret
    if secret in (Secrecy.IDENTITY, Secrecy.INTERNAL, Secrecy.SEALED):
        return False
    if secret is Secrecy.PHONE:
        return person in OFFICE or (person in TEACHERS and register.own_contacts)
    return secret is Secrecy.OPEN or person != "inspector"


def sees_anyhow(person, slug, owner):
    """Like `sees`; the clerk also reads the recycle bin."""
    in_the_bin = owner == "binned" and may(person, "restore", slug)
    return sees(person, slug, owner) or (person == "clerk" and in_the_bin)


@cache
def allowed(made, person):
    """Return every marker the person may meet anywhere: of records, and of what they link to."""
    found = {text for text, said in made.markers.items() if readable(person, said)}
    for slug, owner in made.ids:
        if not sees_anyhow(person, slug, owner):
            continue
        # A link prints as a name, also where the linked record lies outside the own rows.
        for target, hands in made.links.get((slug, owner), ()):
            found |= set(labels(made, person, target, hands))
            shown = DERIVED.get(slug, ())
            found |= {m for m in made.of(target, hands) if (target, made.markers[m].name) in shown}
        if person != "inspector":
            found |= {q for m in made.of(slug, owner) for q in made.markers[m].quoted}
    return found


@cache
def labels(made, person, slug, owner=None):
    """Return the markers that name the records of a register."""
    named = REGISTERS[slug].label
    return [
        text
        for text, said in made.markers.items()
        if said.slug == slug
        and said.name in named
        and owner in (None, said.owner)
        and not (person == "inspector" and said.secret is Secrecy.NAME)
    ]


@dataclass(frozen=True)
class Case:
    """One request: where, whether it must be let in, and what its answer is held against."""

    endpoint: str
    address: str
    let_in: bool
    method: str = "GET"
    data: dict = field(default_factory=dict, hash=False)
    # Records that must, and must not, stand among the rows.
    finds: tuple[str, ...] = ()
    lists: bool = False
    # Names of these registers may be offered, whosever they are.
    names: str = ""
    again: bool = False
    reads_pdf: bool = False


def cases(made, slug, person):
    """Return every case of one register and person, reads first."""
    register = REGISTERS[slug]
    found = [*_lists(made, register, person), *_picks(register, person)]
    hands = [owner for owner in made.owners(slug) if person in WHO_ASKS.get(owner, PEOPLE)]
    for owner in hands:
        found += _record_reads(made, register, person, owner)
    found += _papers(made, register, person)
    for owner in hands:
        found += _record_writes(made, register, person, owner)
    found += _register_writes(made, register, person)
    return [one for one in found if person not in IN_SHORT or not one.again]


def _lists(made, register, person):
    slug = register.slug
    at, let_in = f"/r/{slug}/", reads(person, slug)
    yield Case("index_view", at, let_in, lists=True)
    yield Case("index_view", f"{at}?size=200", let_in, lists=True)
    yield Case("index_view", f"{at}?bin=1", let_in, lists=True, again=True)
    if not register.parent:
        yield Case("bin", f"{at}bin", may(person, "restore", slug))
    sorts = [s.name for s in register.fields.values() if s.secret is not Secrecy.OPEN]
    sorts += [spec.name for spec in register.ordered("list")][:2]
    for name in sorts:
        yield Case("sort", f"{at}?size=200&sort=-{name}", let_in, lists=True, again=True)
    for owner in ("alice", "bob", "nobody"):
        if owner in made.owners(slug):
            yield from _searches(made, register, person, owner)
    for spec in register.links:
        for target, hands in made.links.get((slug, "bob"), ()):
            if register_of(spec.target).slug == target and (target, hands) in made.ids:
                number = made.ids[target, hands]
                asked = f"{at}?size=200&f.{spec.name}={number}"
                yield Case("filter", asked, let_in, lists=True, again=True)


def speaks_of_others(register, spec):
    """Whether a free text may name children who stand on lines: no inspector searches it."""
    lines = line_registers(home(register))
    named = any(link.target is REGISTERS["child"].model for one in lines for link in one.links)
    return named and isinstance(spec.field, TextField)


def _searches(made, register, person, owner):
    """Search and filter by one marker of each kind of secrecy, here and over all registers."""
    slug, seen = register.slug, set()
    for marker in made.of(slug, owner):
        said = made.markers[marker]
        if said.secret in seen:
            continue
        seen.add(said.secret)
        spec = register.fields[said.name]
        hit = spec.search and readable(person, said) and not register.sealed
        hit = hit and not (person == "inspector" and speaks_of_others(register, spec))
        finds = (owner,) if hit and owner != "binned" else ()
        let_in = reads(person, slug)
        at = f"/r/{slug}/?size=200"
        yield Case(
            "search", f"{at}&q={marker}", let_in, finds=finds, lists=True, again=len(seen) > 1
        )
        if said.secret is not Secrecy.OPEN or spec.filter:
            yield Case("filter", f"{at}&f.{said.name}={marker}", let_in, lists=True, again=True)
        # The search over all registers asks each of them: once a register, for whom it matters.
        if person in ("alice", "inspector") and owner == "bob" and len(seen) == 1:
            yield Case("search.index", f"/search?q={marker}", True, lists=True)


def _picks(register, person):
    slug = register.slug
    yield Case("pick", f"/r/{slug}/pick?q=", reads(person, slug), lists=True)
    for other in REGISTERS.values():
        for spec in other.links:
            if spec.target is not register.model:
                continue
            named = slug in NAMED_FREELY or spec.roster or (slug == "child" and other.roster)
            named = named and writes(person, other.slug)
            let_in = named or reads(person, slug)
            address = f"/r/{slug}/pick?for={other.slug}.{spec.name}&q="
            names = slug if named else ""
            yield Case("pick", address, let_in, lists=not named, names=names, again=True)


def _record_reads(made, register, person, owner):
    slug, number = register.slug, made.ids[register.slug, owner]
    at, let_in = f"/r/{slug}/{number}", sees(person, slug, owner)
    if owner != "binned":
        yield Case("detail", at, let_in)
    if owner in (*TRIED_WHOLLY, "binned"):
        yield Case("history", f"{at}/history", sees_anyhow(person, slug, owner))
    for verb in ("edit", "delete") if owner in TRIED_WHOLLY else ():
        # A line is written in its record's form: its own address leads there.
        allows = let_in if register.parent else may(person, verb, slug, owner)
        yield Case(verb, f"{at}/{verb}", allows)
    if register.evidence and owner in TRIED_WHOLLY:
        yield Case("photos.gallery", f"/photos/of/{slug}/{number}", let_in)
    for spec in register.fields.values():
        if spec.secret is Secrecy.IDENTITY:
            address = f"/reveal?register={slug}&record={number}&field={spec.name}"
            yield Case("reveal.reveal", address, let_in and person in OFFICE)
    if slug == "photo":
        yield Case("photos.show", f"/photos/{number}", let_in)
        for size in ("thumb", "display"):
            yield Case("photos.picture", f"/photos/{number}/{size}.jpg", let_in)
        yield Case("photos.original", f"/photos/{number}/original", let_in and person in OFFICE)
        # These are pictures; who gets a file is tried in tests/test_other_files.py.
        yield Case("photos.file", f"/photos/{number}/file", let_in=False)


def _papers(made, register, person):
    slug = register.slug
    print_, export = may(person, "print", slug), may(person, "export", slug)
    whole = person in ("alice", "charlie") and print_
    yield Case(
        "books.book", f"/r/{slug}/book.pdf{'' if whole else '?q=zq'}", print_, reads_pdf=whole
    )
    yield Case("books.blank", f"/r/{slug}/blank.pdf", print_)
    yield Case("tables.export", f"/export/{slug}.xlsx", export)
    hidden = [m for o in ("bob", "nobody") for m in made.of(slug, o)][:1]
    for marker in hidden:
        yield Case("tables.export", f"/export/{slug}.xlsx?q={marker}", export)
    writes_in = may(person, "import", slug)
    yield Case("tables.template", f"/template/{slug}.xlsx", writes_in)
    yield Case("imports.start", f"/imports/{slug}", writes_in)


def _record_writes(made, register, person, owner):
    """Posts that would change the record: refused, or let in and then undone."""
    slug, number = register.slug, made.ids[register.slug, owner]
    at = f"/r/{slug}/{number}"
    for verb in ("edit", "delete"):
        let_in = may(person, verb, slug, owner)
        if register.parent:
            let_in = sees(person, slug, owner)
        data = {"version": "1", **dict.fromkeys(register.fields, "zq000000")}
        yield Case(verb, f"{at}/{verb}", let_in, "POST", data if verb == "edit" else {})
    # Whoever sees a line is led to its record; in the bin there is no line to lead from.
    restores = sees(person, slug, owner) if register.parent else may(person, "restore", slug)
    restores = restores and (bool(register.parent) or owner == "binned")
    yield Case("restore", f"{at}/restore", restores, "POST")
    if not sees(person, slug, owner):
        yield Case("correct", f"{at}/correct", False, "POST", {"text": "zq000000"})
        yield from _photo_writes(register, person, owner, number)
    if person not in OFFICE:
        for spec in register.fields.values():
            if spec.secret is Secrecy.IDENTITY:
                data = {"register": slug, "record": number, "field": spec.name, "reason": "看看"}
                yield Case("reveal.reveal", "/reveal", False, "POST", data)


def _photo_writes(register, person, owner, number):
    """Posts about photos of a record the person does not see."""
    if register.evidence:
        yield Case("photos.add", f"/photos/of/{register.slug}/{number}", False, "POST")
    if register.slug != "photo":
        return
    data = {"version": "1", "matter": "zq000000"}
    yield Case("photos.save", f"/photos/{number}", False, "POST", data)
    # The clerk restores from the bin what nobody else sees there.
    if not (person == "clerk" and owner == "binned"):
        for verb in ("delete", "restore"):
            yield Case(f"photos.{verb}", f"/photos/{number}/{verb}", False, "POST")


def _register_writes(made, register, person):
    slug = register.slug
    # A line has no form of its own: its address leads nowhere.
    creates = may(person, "create", slug) and not register.parent
    yield Case("new", f"/r/{slug}/new", creates)
    yield Case("new", f"/r/{slug}/new", creates, "POST", {"child": made.world.child_d})
    ids = [f"{made.ids[slug, owner]}:1" for owner in made.owners(slug)]
    for action in ("delete", "set", "restore"):
        data = {"action": action, "ids": ids, "confirm": "1", "field": register.label[0]}
        bulk = may(person, "bulk", slug) and not register.parent
        yield Case("bulk", f"/r/{slug}/bulk", bulk, "POST", {**data, "value": "zq000000"})


# Values a register works out from what it links to, and prints: the subject a paired teacher gives.
DERIVED = {"pairing": {("staff", "subject")}}

# What the cases are aimed at; the test of completeness holds every address against it.
REACHED = frozenset(
    {
        "photos.gallery", "photos.add", "photos.show", "photos.save", "photos.picture",
        "photos.original", "photos.file", "photos.delete", "photos.restore", "reveal.reveal",
        "search.index",
        "books.book", "books.blank", "tables.export", "tables.template", "imports.start",
    }
)  # fmt: skip
