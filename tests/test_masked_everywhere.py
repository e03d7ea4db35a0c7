"""Every field of every register, for every reader and place: shown, masked or absent, as agreed.

What a reader may see is worked out here a second time, from the field's secrecy and the design's
words on masks, and every text is compared whole: a mask that leaves one character too many fails.
"""

from __future__ import annotations

import io
import json
import subprocess
import zipfile

import pytest
from peewee import CharField, TextField

from exports.documents.book_of import layout_of
from models.core import database, listing, service
from models.core.actor import SYSTEM
from models.core.audit import AccessLog, AuditEntry
from models.core.display import Page
from models.core.fields import IdNumberField, PhoneField, SchoolNumberField, Secrecy
from models.core.gates import rows, search_columns, surface
from models.core.listing import ListRequest
from models.core.register import REGISTERS
from models.core.touches import Touch
from models.intake.columns import columns_for
from tests import matrix
from tests.matrix_school import MARKER
from tests.test_matrix import school

pytestmark = pytest.mark.usefixtures("with_a_point")

__all__ = ["school"]

HANDS = ("alice", "bob", "nobody")
READERS = ("clerk", "leadership", "alice", "counsellor", "inspector")
PLACES = ("list", "detail", "form", "export", "pdf", "history")
# The texts of the places between are made alike; that their fields are the right ones is asked too.
READ_AT = ("list", "detail", "history")
# Where what is masked must be absent: finding by it would tell what it is.
FINDING = ("search", "sort", "filter")
OFFICE = ("clerk", "leadership")

SHOW, MASK, HIDE = "show", "mask", "hide"


def treated(reader, register, spec):
    """How the reader meets the field: the design's words, said again without asking the gates."""
    secret = spec.secret
    if secret in (Secrecy.INTERNAL, Secrecy.SEALED) or (
        secret is Secrecy.PRIVATE and reader == "inspector"
    ):
        return HIDE
    if secret is Secrecy.IDENTITY:
        return MASK
    if secret is Secrecy.PHONE:
        return SHOW if reader in OFFICE or (reader != "inspector" and _own(register)) else MASK
    named = secret in (Secrecy.NAME, Secrecy.ADDRESS)
    return MASK if named and reader == "inspector" else SHOW


def _own(register):
    return register.slug in ("child", "parent", "guardian")


def stars(text, left=4):
    return "*" * (len(text) - left) + text[-left:]


def masked(spec, text):
    """The text under its mask; markers have no village, so nothing of an address is left."""
    if spec.secret is Secrecy.IDENTITY:
        return stars(text)
    if isinstance(spec.field, PhoneField):
        return f"{text[:3]}****{text[-4:]}"
    if spec.secret is Secrecy.PHONE:
        return "＊＊"  # An account name: no part of it is like another's.
    return f"{text[0]}**" if spec.secret is Secrecy.NAME else "**"


def without_people(text, quoted):
    """What the inspector reads of a free text that quotes a name and a number."""
    for said in quoted:
        text = text.replace(said, f"{said[:3]}****{said[-4:]}" if said[0] == "1" else "岑**")
    return text


def expected(reader, register, found, text):
    """The whole text the reader is to read where a marker stands; None where nothing."""
    spec = register.fields[found.name]
    how = treated(reader, register, spec)
    if how == HIDE:
        return None
    if how == MASK:
        return masked(spec, text)
    return without_people(text, found.quoted) if reader == "inspector" else text


def records_of(made, slug):
    """The planted records of a register by id, whatever anybody may see of them."""
    model = REGISTERS[slug].model
    ids = [made.ids[slug, owner] for owner in made.owners(slug) if owner in HANDS]
    return {
        one.id: one for one in rows(SYSTEM, REGISTERS[slug], deleted=None).where(model.id << ids)
    }


def markers_of(made, slug):
    """(marker, where it stands, the id of its record) of one register."""
    for marker, found in made.markers.items():
        if found.slug == slug and found.owner in HANDS:
            yield marker, found, made.ids[slug, found.owner]


@pytest.mark.parametrize("reader", READERS)
def test_every_marked_text_is_read_exactly_as_far_as_the_reader_may(school, reader):
    actor, wrong, compared = school.world.actors[reader], [], 0
    for slug, register in REGISTERS.items():
        if not matrix.reads(reader, slug) or matrix.sent_away(reader, slug):
            continue
        records = records_of(school, slug)
        for where in READ_AT:
            shown = Page(actor, register, records.values(), where)
            placed = {name for name, _label in shown.columns()}
            for marker, found, number in markers_of(school, slug):
                text = records[number].__data__.get(found.name) or ""
                if marker not in text:
                    continue
                meant = expected(reader, register, found, text)
                there = where != "list" or register.fields[found.name].list
                read = shown.text(records[number], found.name)
                compared += 1
                if read != (meant if meant is not None and there else ""):
                    wrong.append(f"{where} {slug}.{found.name}: {read!r} instead of {meant!r}")
                if (found.name in placed) != bool(meant is not None and there):
                    wrong.append(f"{where} {slug}.{found.name}: column for nothing, or none")
    assert not wrong, "\n" + "\n".join(wrong[:25])
    assert compared > 1000


@pytest.mark.parametrize("reader", READERS)
def test_what_a_reader_sees_masked_cannot_be_searched_sorted_or_filtered_by(world, reader):
    actor, wrong = world.actors[reader], []
    for slug, register in REGISTERS.items():
        for where in (*PLACES, *FINDING, "short", "import"):
            found = surface(actor, register, where)
            for spec in register.fields.values():
                how = treated(reader, register, spec)
                there = how == SHOW or (how == MASK and where in (*PLACES, "import"))
                there = there and _is_at(register, spec, where)
                # What is masked may be typed in by the clerk alone, and on a new record by staff.
                one = found.get(spec.name)
                if one is not None and one.masked != (how == MASK):
                    wrong.append(f"{where} {slug}.{spec.name}: masked is {one.masked}")
                if where == "import":
                    there = there and not spec.readonly and (how == SHOW or reader == "clerk")
                    there = there and not register.sealed
                if (one is not None) != there and not register.sealed:
                    wrong.append(f"{where} {slug}.{spec.name}: {'missing' if there else 'there'}")
    assert not wrong, "\n" + "\n".join(wrong[:25])


def _is_at(register, spec, where):
    short = any(one.short for one in register.fields.values())
    return {
        "list": bool(spec.list),
        "short": bool(spec.short) or not short,
        "search": spec.search,
        "filter": spec.filter,
        "sort": bool(spec.list) and spec.sort,
    }.get(where, True)


@pytest.mark.parametrize("reader", READERS)
def test_a_masked_field_changes_neither_which_records_are_listed_nor_their_order(world, reader):
    actor, wrong, tried = world.actors[reader], [], 0
    for slug, register in REGISTERS.items():
        plain, _problems = listing.selection(actor, register, ListRequest())
        invented = ListRequest(filters={"no_such_field": "2025-10-10"})
        unknown = listing.selection(actor, register, invented)[1]["no_such_field"]
        order = [key.sql for key in _written(listing.ordering(actor, register, ""))]
        for spec in register.fields.values():
            if treated(reader, register, spec) == SHOW:
                continue
            tried += 1
            for key in (spec.name, f"{spec.name}.from", f"{spec.name}.to"):
                asked = ListRequest(filters={key: "2025-10-10"})
                query, problems = listing.selection(actor, register, asked)
                # It is said to have done nothing, in the words of a field that does not exist.
                if query.sql() != plain.sql() or problems != {key: unknown}:
                    wrong.append(f"{slug}.{spec.name} filters by {key}")
            for sort in (spec.name, f"-{spec.name}"):
                keys = _written(listing.ordering(actor, register, sort))
                if [key.sql for key in keys] != order:
                    wrong.append(f"{slug}.{spec.name} sorts")
            if listing.facet(actor, register, spec.name, ListRequest()):
                wrong.append(f"{slug}.{spec.name} is counted by value")
    assert not wrong, "\n" + "\n".join(wrong[:25])
    assert tried > 10


class _Written:
    def __init__(self, key):
        self.sql = database.database.get_sql_context().sql(key).query()


def _written(keys):
    return [_Written(key) for key in keys]


def test_the_search_texts_hold_only_what_their_level_may_find(school):
    """Open: no name, number or address; staff: no phone; office: no identity number."""
    wrong = []
    for slug in REGISTERS:
        records = records_of(school, slug)
        for marker, found, number in markers_of(school, slug):
            record = records[number]
            text = {
                level: getattr(record, f"search_{level}") or ""
                for level in ("open", "staff", "office")
            }
            may_hold = {
                Secrecy.OPEN: ("open", "staff"),
                Secrecy.NAME: ("staff",),
                Secrecy.ADDRESS: ("staff",),
                Secrecy.PRIVATE: ("staff",),
                Secrecy.PHONE: ("office",),
            }.get(found.secret, ())
            for level, held in text.items():
                if marker in held and level not in may_hold:
                    wrong.append(f"{slug}.{found.name} ({found.secret.value}) in search_{level}")
            for said in found.quoted:
                if said in text["open"]:
                    wrong.append(f"{slug}.{found.name}: {said} in search_open")
    assert not wrong, "\n" + "\n".join(wrong[:25])


@pytest.mark.parametrize(
    ("reader", "levels"),
    [
        ("clerk", {"open", "staff", "office"}),
        ("leadership", {"open", "staff", "office"}),
        ("alice", {"open", "staff"}),
        ("counsellor", {"open", "staff"}),
        ("inspector", {"open"}),
    ],
)
def test_a_reader_looks_into_the_search_texts_of_the_own_level_alone(world, reader, levels):
    for slug, register in REGISTERS.items():
        own = {"office"} if _own(register) and reader in ("alice", "counsellor") else set()
        found = {column.name for column in search_columns(world.actors[reader], register)}
        assert found == {f"search_{level}" for level in levels | own}, slug


def test_no_identity_number_password_or_sealed_text_is_written_down_beside_its_record(school):
    """Neither the record of changes, nor its touches, nor the log of looks holds one."""
    secret = {
        marker
        for marker, found in school.markers.items()
        if found.secret in (Secrecy.IDENTITY, Secrecy.INTERNAL, Secrecy.SEALED)
    }
    assert len(secret) > 20
    texts = [entry.payload or "" for entry in AuditEntry.select(AuditEntry.payload)]
    texts += [look.detail for look in AccessLog.select(AccessLog.detail)]
    texts += [touch.links for touch in Touch.select(Touch.links)]
    assert len(texts) > 500
    met = {marker for text in texts for marker in MARKER.findall(text)}
    assert not met & secret


def test_the_record_of_changes_keeps_the_last_four_of_an_identity_number(school):
    """Enough to see that it changed, and no more."""
    seen = 0
    for marker, found in school.markers.items():
        if found.secret is not Secrecy.IDENTITY or found.owner != "alice":
            continue
        query = AuditEntry.select().where(
            AuditEntry.register == found.slug,
            AuditEntry.record_id == school.ids[found.slug, found.owner],
        )
        changes = json.loads(query.order_by(AuditEntry.id.desc()).get().payload)["changes"]
        old, new = changes[found.name]
        assert (old, new) == (None, stars(new)), found
        assert new.endswith(marker[-4:])
        assert set(new[:-4]) == {"*"}
        seen += 1
    assert seen >= 3


@pytest.mark.parametrize("reader", READERS)
def test_books_and_tables_have_columns_for_what_the_reader_may_see_alone(world, reader):
    actor, wrong = world.actors[reader], []
    for slug, register in REGISTERS.items():
        layout = layout_of(actor, register)
        printed = {name for name, _label in layout.columns}
        for spec in register.fields.values():
            if treated(reader, register, spec) == HIDE and spec.name in printed:
                wrong.append(f"{slug}.{spec.name} is printed")
        for where in ("import", "export"):
            for column in columns_for(actor, register, where):
                spec = register.fields.get(column.name)
                if spec is not None and treated(reader, register, spec) == HIDE:
                    wrong.append(f"{slug}.{spec.name} has a column in tables")
    assert not wrong, "\n" + "\n".join(wrong[:25])


@pytest.mark.parametrize("reader", ["clerk", "leadership"])
def test_what_is_handed_out_of_the_children_holds_the_last_four_of_their_numbers(
    client_as, world, reader
):
    """The workbook and the printed book, read as whoever gets them reads them."""
    client = client_as(reader)
    book = client.get("/export/child.xlsx", buffered=True)
    with zipfile.ZipFile(io.BytesIO(book.data)) as sheets:
        told = "".join(sheets.read(name).decode("utf-8", "replace") for name in sheets.namelist())
    printed = client.get("/r/child/book.pdf", buffered=True)
    said = subprocess.run(["pdftotext", "-", "-"], input=printed.data, capture_output=True)
    for text in (told, said.stdout.decode().replace("\n", "")):
        assert "张小雨" in text
        assert "13985671234" in text
        assert "**************0020" in text
        for number in ("520624201205060020", "52062420120815003X", "520624201301200011"):
            assert number not in text
            assert number[:14] not in text
    assert client_as("inspector").get("/export/child.xlsx").status_code == 403
    assert client_as("inspector").get("/r/child/book.pdf").status_code == 403
    assert client_as("alice").get("/export/child.xlsx").status_code == 403


def test_no_register_shows_an_identity_number_or_a_familys_phone_openly():
    """A number of these kinds is secret by its type; the few public ones are named here."""
    public = {
        f"{slug}.{spec.name}"
        for slug, register in REGISTERS.items()
        for spec in register.fields.values()
        if isinstance(spec.field, (IdNumberField, SchoolNumberField, PhoneField))
        and spec.secret in (Secrecy.OPEN, Secrecy.NAME, Secrecy.ADDRESS)
    }
    assert public == {"hotline-line.number"}


# ---- what the inspector reads of free text -------------------------------------------------------


def still_read(school, text, secret):
    """The open texts of all registers in which the inspector reads `secret` when `text` is in."""
    actor, plain = school.world.inspector, []
    for slug, register in REGISTERS.items():
        records = list(records_of(school, slug).values())[:1]
        free = [
            spec.name
            for spec in register.fields.values()
            if spec.secret is Secrecy.OPEN
            and type(spec.field) in (CharField, TextField)
            and not spec.public
        ]
        if not records or not free or not matrix.reads("inspector", slug):
            continue
        for name in free:
            records[0].__data__[name] = text
        shown = Page(actor, register, records, "detail")
        plain += [f"{slug}.{name}" for name in free if secret in shown.text(records[0], name)]
    return plain


def test_the_name_and_phone_of_the_records_own_child_are_masked_in_every_open_text(school):
    name = next(iter(school.of("child", "alice", Secrecy.NAME)))
    concerned = {r.slug for r in REGISTERS.values() if "child" in r.fields and not r.sealed}
    told = still_read(school, f"{name}的电话13985671234", name)
    assert not [field for field in told if field.partition(".")[0] in concerned]
    assert still_read(school, "电话13985671234，0856-8120041。", "5671234") == []
    assert still_read(school, "电话13985671234，0856-8120041。", "8120041") == []


def test_no_open_text_shows_the_inspector_an_identity_number(school):
    assert still_read(school, "身份证520624201205060020号", "201205060020") == []


def test_no_open_text_names_the_inspector_a_child_of_another_record(school):
    assert still_read(school, "同学田禾也来了", "田禾") == []


def test_no_open_text_shows_the_inspector_a_house_number(school):
    assert still_read(school, "住云岭镇大坪村3组12号", "3组12号") == []


def test_no_open_text_shows_the_inspector_a_phone_written_otherwise(school):
    assert still_read(school, "电话138 1234 5678", "1234") == []


def test_the_reason_of_a_late_entry_names_nobody_to_the_inspector(client_as, world):
    raw = {"late_reason": "张小雨那天生病"}
    service.update(world.clerk, REGISTERS["talk"], world.talk_a, raw, 1)
    page = client_as("inspector").get(f"/r/talk/{world.talk_a}").text
    assert "那天生病" in page
    assert "张小雨" not in page


def test_no_list_stands_in_the_order_of_what_is_masked(world):
    told = []
    masked_names = {
        one.table
        for one in REGISTERS.values()
        if one.pinyin and one.fields[one.pinyin].secret is Secrecy.NAME
    }
    for slug, register in REGISTERS.items():
        for sort in ("", *(spec.name for spec in register.ordered("list"))):
            keys = _written(listing.ordering(world.inspector, register, sort))
            orders = " ".join(key.sql[0] for key in keys if "pinyin_key" in key.sql[0])
            tables = {register.table} if f'"{register.table}"."pinyin_key"' in orders else set()
            tables |= {table for table in masked_names if f'FROM "{table}"' in orders}
            if tables & masked_names:
                told.append(f"{slug} {sort}")
    assert not told


# ---- after a rename ------------------------------------------------------------------------------


def renamed(world, name):
    children = REGISTERS["child"]
    child = rows(SYSTEM, children).where(children.model.id == world.child_a).get()
    return service.update(world.clerk, children, child.id, {"name": name}, child.version)


def test_a_child_that_was_renamed_stays_masked_under_the_earlier_name(world):
    renamed(world, "张晓玉")
    talk = rows(SYSTEM, REGISTERS["talk"]).where(REGISTERS["talk"].model.id == world.talk_a).get()
    assert "张小雨" in talk.content
    shown = Page(world.inspector, REGISTERS["talk"], [talk], "detail")
    assert "小雨" not in shown.text(talk, "content")


def test_a_record_is_not_found_by_the_name_its_child_has_got_since(world):
    talks = REGISTERS["talk"]
    raw = {"content": "大家叫张晓玉的那个名字", "topic": "称呼"}
    service.update(world.clerk, talks, world.talk_a, raw, 1)
    renamed(world, "张晓玉")
    asked = ListRequest(search="张晓玉")
    assert listing.listed(world.clerk, talks, asked).total == 1
    assert listing.listed(world.inspector, talks, asked).total == 0
