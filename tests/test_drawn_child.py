"""抽查显示: one drawn child, for one inspector, for two hours, all plain but identity numbers.

What is shown is compared whole, for every register, with what the design says of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.core import service
from models.core.audit import AccessLog
from models.core.display import Page
from models.core.errors import Invalid, NotFound
from models.core.fields import Secrecy
from models.core.gates import every_row
from models.core.labels import labels
from models.core.register import REGISTERS, find
from models.core.service import LineInput
from models.kept.users import User
from models.photos import view
from models.school import accounts, reveals
from models.school.accounts import Unmask
from tests import matrix
from tests.factory import Factory
from tests.test_masked_everywhere import (
    HIDE,
    expected,
    markers_of,
    masked,
    records_of,
    school,
    treated,
)
from tests.test_photo_store import VISITS, attach, consent, jpeg, new_visit, send
from tests.test_photo_store import originals as originals  # noqa: PLC0414 -- `send` asks for it

__all__ = ["school", "send"]

ID_OF_A, PHONE_OF_A = "520624201205060020", "13985671234"


def looks(action):
    query = AccessLog.select().where(AccessLog.action == action).order_by(AccessLog.id)
    return [(one.who, one.register, one.record_id, one.detail) for one in query]


def drawn(world, child=None, **changed):
    asked = {"inspector_id": world.inspector.user_id, "reason": "现场抽查", **changed}
    return reveals.unmask(world.clerk, child or world.child_a, **asked)


def inspector_at(world, moment):
    """The inspector as an actor at a moment, as a request makes it."""
    user = every_row(find("user")).where(User.id == world.inspector.user_id).get()
    return accounts.actor_of(user, moment, "127.0.0.1")


# ---- how much is shown --------------------------------------------------------------------------


def of_the_drawn(child, slug, record):
    return record.id == child if slug == "child" else record.__data__.get("child") == child


@pytest.mark.parametrize("where", ["list", "detail", "history"])
def test_of_the_drawn_child_all_is_plain_but_identity_and_of_everybody_else_nothing(school, where):
    child = school.world.child_a
    actor = replace(school.world.inspector, unmasked=frozenset({child}))
    wrong, plain = [], 0
    for slug, register in REGISTERS.items():
        if not matrix.reads("inspector", slug):
            continue
        records = records_of(school, slug)
        shown = Page(actor, register, records.values(), where)
        for marker, found, number in markers_of(school, slug):
            record, spec = records[number], register.fields[found.name]
            text = record.__data__.get(found.name) or ""
            if marker not in text or (where == "list" and not spec.list):
                continue
            meant = expected("inspector", register, found, text)
            if spec.secret is Secrecy.OPEN and found.owner == "alice" and found.quoted:
                meant = text  # All who are named in it are the drawn child and its family.
            elif treated("inspector", register, spec) == HIDE:
                meant = ""
            elif of_the_drawn(child, slug, record):
                meant = masked(spec, text) if spec.secret is Secrecy.IDENTITY else text
                plain += spec.secret is not Secrecy.OPEN and meant == text
            if shown.text(record, found.name) != meant:
                read = shown.text(record, found.name)
                wrong.append(f"{slug}.{found.name} of {found.owner}: {read!r}, not {meant!r}")
    assert not wrong, "\n" + "\n".join(wrong[:25])
    assert plain >= (3 if where == "list" else 15)


def test_a_text_about_several_children_names_the_drawn_one_alone(world):
    actor = replace(world.inspector, unmasked=frozenset({world.child_a}))
    lines = {
        "activity-participant": [
            LineInput({"child": world.child_a}),
            LineInput({"child": world.child_b}),
        ]
    }
    raw = {"kind": "文体", "name": "拔河", "held_on": "2025-11-11", "semester": world.autumn}
    activities = find("activity")
    free = next(
        spec.name
        for spec in activities.fields.values()
        if spec.secret is Secrecy.OPEN and type(spec.field).__name__ == "TextField"
    )
    said = "张小雨和曾思源都来了，电话13985671234"
    raw = {name: value for name, value in raw.items() if name in activities.fields}
    made = service.create(world.clerk, activities, {**_asked(world), **raw, free: said}, lines)
    read = Page(actor, activities, [made], "detail").text(made, free)
    assert read == "张小雨和曾**都来了，电话139****1234"
    nobody = Page(world.inspector, activities, [made], "detail").text(made, free)
    assert nobody == "张**和曾**都来了，电话139****1234"
    both = replace(actor, unmasked=frozenset({world.child_a, world.child_b}))
    assert Page(both, activities, [made], "detail").text(made, free) == said


def _asked(world):
    return Factory(world.clerk).minimal(find("activity"))


def test_links_name_the_drawn_child_and_nobody_of_an_equal_number(world):
    """A parent of the same number as the drawn child stays masked."""
    actor = replace(world.inspector, unmasked=frozenset({world.child_a}))
    numbers = {world.child_a, world.child_b}
    wanted = {find(slug): numbers for slug in ("child", "parent", "guardian")}
    named = labels(actor, wanted)
    plain = {place for place, text in named.items() if "**" not in text}
    assert plain == {("child", world.child_a)}


def test_a_record_called_by_free_words_goes_by_its_number(world):
    lines = find("stock-take-line")
    line = Factory(world.clerk).save(lines)
    raw = {"handling": "小雨家借走未还"}
    taken = find("stock-take")
    home = every_row(taken).where(taken.model.id == line.__data__[lines.parent]).get()
    posted = {lines.slug: [LineInput(raw, line.id, line.version)]}
    service.update(world.clerk, taken, home.id, {}, home.version, posted)
    assert labels(world.inspector, {lines: {line.id}}) == {(lines.slug, line.id): f"第{line.id}号"}
    assert labels(world.clerk, {lines: {line.id}}) == {(lines.slug, line.id): raw["handling"]}


def test_what_is_shown_cannot_be_searched_for_and_is_never_revealed(client_as, world):
    drawn(world)
    inspector = client_as("inspector")
    page = "".join(
        inspector.get(f"/r/child/{world.child_a}?tab={tab}").text for tab in ("semester", "family")
    )
    assert "张小雨" in page
    assert PHONE_OF_A in page
    assert ID_OF_A not in page
    assert "**************0020" in page
    for typed in ("张小雨", "zxy", PHONE_OF_A):
        assert f'href="/r/child/{world.child_a}"' not in inspector.get(f"/search?q={typed}").text
        listed = inspector.get(f"/r/child/?q={typed}").text
        assert f'href="/r/child/{world.child_a}"' not in listed, typed
    place = {"register": "child", "record": world.child_a, "field": "id_number", "reason": "看看"}
    for answer in (inspector.post("/reveal", json=place), inspector.get("/reveal", json=place)):
        assert answer.status_code == 403
        assert ID_OF_A not in answer.text


def test_a_drawing_neither_stands_for_consent_nor_names_others_under_a_photo(world, send):
    send(world.alice, jpeg())
    typed = {"matter": "张小雨和曾思源的书桌", "place": "张小雨家"}
    visit = new_visit(world)
    (photo,) = attach(world.alice, VISITS, visit.id, {1: typed})
    lines = {"photo-child": [LineInput({"child": world.child_b})]}
    service.update(world.clerk, find("photo"), photo.id, {}, photo.version, lines)
    drawn(world)
    actor = inspector_at(world, world.clerk.now)
    assert actor.unmasked == {world.child_a}
    assert view.withheld(actor, [photo]) == {photo.id}
    said = view.captions(actor, [photo])[photo.id]
    assert (said["matter"], said["place"]) == ("张小雨和曾**的书桌", "张小雨家")
    consent(world, world.child_a)
    consent(world, world.child_b)
    assert view.withheld(actor, [photo]) == set()


# ---- for whom, and how long ---------------------------------------------------------------------


def test_the_masks_come_back_to_the_second_after_two_hours(client_as, world, clock):
    drawn(world)
    inspector = client_as("inspector")
    address = f"/r/child/{world.child_a}"
    for _time in range(4):
        clock.advance(minutes=29)
        assert "张小雨" in inspector.get(address).text
    clock.moment = world.clerk.now + timedelta(hours=2) - timedelta(seconds=1)
    assert "张小雨" in inspector.get(address).text
    clock.advance(seconds=1)
    assert "张小雨" not in inspector.get(address).text
    assert "张**" in inspector.get(address).text


def test_only_the_inspector_it_was_done_for_sees_the_child(client_as, world):
    users = find("user")
    first = every_row(users).where(User.id == world.inspector.user_id).get()
    raw = {"username": "second", "name": "另一督查", "role": first.role, "expires_on": "2025-12-31"}
    second = service.create(world.clerk, users, raw)
    drawn(world)
    assert accounts.unmasked_children(second.id, world.clerk.now) == frozenset()
    assert accounts.unmasked_children(world.inspector.user_id, world.clerk.now)
    assert accounts.actor_of(second, world.clerk.now, "").unmasked == frozenset()
    token = accounts.open_session(second.id, world.clerk.now, "127.0.0.1")
    assert not accounts.session_of(token, world.clerk.now).has_unmasked
    token = accounts.open_session(first.id, world.clerk.now, "127.0.0.1")
    assert accounts.session_of(token, world.clerk.now).has_unmasked


def test_a_person_who_is_no_inspector_any_more_carries_nothing_over(world):
    drawn(world)
    user = every_row(find("user")).where(User.id == world.inspector.user_id).get()
    user.role = accounts.ROLES["teacher"]
    assert accounts.actor_of(user, world.clerk.now, "").unmasked == frozenset()


def test_each_drawing_ends_by_itself(world):
    first = drawn(world)
    later = replace(world.clerk, now=world.clerk.now + timedelta(hours=1))
    second = reveals.unmask(later, world.child_b, world.inspector.user_id, "再抽一名")
    assert inspector_at(world, later.now).unmasked == {world.child_a, world.child_b}
    assert [one.id for one in reveals.living(later)] == [second.id, first.id]
    after = replace(world.clerk, now=world.clerk.now + timedelta(hours=2))
    assert inspector_at(world, after.now).unmasked == {world.child_b}
    assert [one.id for one in reveals.living(after)] == [second.id]
    with pytest.raises(NotFound):
        reveals.mask_again(after, first.id)
    reveals.mask_again(after, second.id)
    assert inspector_at(world, after.now).unmasked == frozenset()
    assert reveals.living(after) == []
    assert [look[2] for look in looks("mask")] == [world.child_b]


def test_an_early_end_leaves_the_other_drawn_child_as_it_is(world):
    first = drawn(world)
    second = drawn(world, world.child_b)
    soon = replace(world.clerk, now=world.clerk.now + timedelta(minutes=5))
    reveals.mask_again(soon, first.id)
    assert inspector_at(world, soon.now).unmasked == {world.child_b}
    assert [one.id for one in reveals.living(soon)] == [second.id]
    assert [look[2] for look in looks("mask")] == [world.child_a]


def test_who_unmasked_whom_for_whom_and_why_is_logged_and_so_is_every_look(client_as, world):
    drawn(world, reason="  现场抽查第三号  ")
    ((who, slug, record, detail),) = looks("unmask")
    assert (who, slug, record) == ("陈文员", "child", world.child_a)
    assert "督查组" in detail
    assert "现场抽查第三号" in detail
    kept = Unmask.get()
    assert (kept.granted_by, kept.reason) == (world.clerk.user_id, "现场抽查第三号")
    assert (kept.child_id, kept.inspector_id) == (world.child_a, world.inspector.user_id)
    assert kept.until == world.clerk.now + timedelta(hours=2)
    inspector = client_as("inspector")
    inspector.get(f"/r/child/{world.child_a}")
    inspector.get("/r/child/")
    assert ("督查组", "child", world.child_a, "") in looks("view")
    assert ("督查组", "child", None, "") in looks("list")


@pytest.mark.parametrize("gone", ["deleted", "unknown"])
def test_a_child_that_is_not_on_file_cannot_be_drawn(world, gone):
    child = 99999
    if gone == "deleted":
        raw = {"name": "田禾", "sex": "男", "born_on": "2012-12-12", "no_id_reason": "办理中"}
        raw["identified_on"] = "2025-09-05"
        child = service.create(world.clerk, find("child"), raw).id
        service.delete(world.clerk, find("child"), child)
    with pytest.raises(Invalid) as met:
        drawn(world, child)
    assert set(met.value.errors) == {"child"}
    assert Unmask.select().count() == 0
    assert looks("unmask") == []


def test_all_that_is_wrong_with_a_drawing_is_told_at_once(world):
    with pytest.raises(Invalid) as met:
        drawn(world, 99999, inspector_id=world.alice.user_id)
    assert set(met.value.errors) == {"child", "inspector"}
    shut = every_row(find("user")).where(User.id == world.inspector.user_id).get()
    service.update(world.clerk, find("user"), shut.id, {"disabled": True}, shut.version)
    with pytest.raises(Invalid) as met:
        drawn(world)
    assert set(met.value.errors) == {"inspector"}
    assert reveals.inspectors(world.clerk) == []


def test_a_name_typed_beside_the_drawn_child_is_plain_only_when_all_are_drawn(world):
    lines = {
        "incident-person": [
            LineInput({"child": world.child_a, "role": "受害"}),
            LineInput({"child": world.child_b, "role": "受害"}),
            LineInput({"other_name": "欧阳大川", "role": "证人"}),
        ]
    }
    incidents = find("incident")
    free = next(
        spec.name
        for spec in incidents.fields.values()
        if spec.secret is Secrecy.OPEN and type(spec.field).__name__ == "TextField"
    )
    raw = Factory(world.clerk).minimal(incidents) | {free: "欧阳大川看见了"}
    made = service.create(world.clerk, incidents, raw, lines)
    read = {
        len(drawn_ones): Page(
            replace(world.inspector, unmasked=frozenset(drawn_ones)), incidents, [made], "detail"
        ).text(made, free)
        for drawn_ones in ((), (world.child_a,), (world.child_a, world.child_b))
    }
    assert read == {0: "欧**看见了", 1: "欧**看见了", 2: "欧阳大川看见了"}
