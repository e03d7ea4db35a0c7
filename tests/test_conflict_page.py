"""Two people at one record: the page names what the other changed, shows both texts, loses nothing.

Generated for every register: what the editor had changed earlier, what nobody touched, and what
both say alike must never stand there as the other's.
"""

from __future__ import annotations

import json
import re

import pytest
from peewee import CharField, TextField
from werkzeug.datastructures import MultiDict

from admin.registers.form import form_page
from admin.registers.save import merge
from models.core import service
from models.core.actor import system
from models.core.errors import Conflict, RecordsError
from models.core.fields import PersonNameField, Secrecy
from models.core.gates import every_row
from models.core.register import REGISTERS, find
from models.core.service import LineInput
from models.photos.view import PHOTOS
from tests.factory import Factory
from tests.test_panel_writing import form_of
from tests.test_photo_addresses import photo, send
from tests.test_photo_store import originals as originals  # noqa: PLC0414 -- `send` asks for it
from tests.world import NOON

__all__ = ["photo", "send"]

OTHER = system(NOON, "另一位")
BEFORE, THEIRS, MINE = "从前的话", "别人的话", "我的话"


def stored(register, number):
    return every_row(register).where(register.model.id == number).get()


def free_fields(register):
    """The open texts of a register that anybody may type into, in declared order."""
    return [
        spec.name
        for spec in register.fields.values()
        if type(spec.field) in (CharField, TextField, PersonNameField)
        and spec.secret is Secrecy.OPEN
        and not spec.readonly
        and not spec.show_if
        and spec.computed is None
        and (getattr(spec.field, "max_length", None) or 99) >= 4
    ]


def three_fields(world, register):
    """A record, and up to three of its texts that may be changed one by one."""
    record = Factory(world.clerk).save(register)
    able = []
    for name in free_fields(register):
        try:
            record = service.update(OTHER, register, record.id, {name: BEFORE}, record.version)
            able.append(name)
        except RecordsError:
            record = stored(register, record.id)
        if len(able) == 3:
            break
    return record, able


def asked(world, register, record, seen, **posted):
    """The form as the clerk posts it, read at version `seen`."""
    values = MultiDict({"version": str(seen), **posted})
    return form_page(world.clerk, register, record=record, posted=values)


def inputs(page):
    return {one.short_name: one for one in page.fields}


def theirs_of(page, name):
    """What stands beside an input as the other's, "" when nothing does."""
    return getattr(inputs(page)[name], "theirs", "") or ""


def registers_with_two_texts(world):
    """(register, record, a text the clerk changes, a text the other changes), all that can be."""
    for register in REGISTERS.values():
        if register.sealed or register.parent or len(free_fields(register)) < 2:
            continue
        try:
            record, able = three_fields(world, register)
        except RecordsError:
            continue
        if len(able) > 1:
            yield register, record, able[0], able[-1]


def wrongly_merged(world, register, record, seen, own, other):
    """What is wrong with the merged form, for each way the clerk may have posted the two texts."""

    def merged(**posted):
        page = asked(world, register, record, seen, **posted)
        return page, merge(world.clerk, page, seen)

    page, taken = merged(**{own: MINE, other: BEFORE})
    if taken != [register.fields[other].label] or str(inputs(page)[other].data) != THEIRS:
        yield f"left as read: {taken} taken over, {inputs(page)[other].data!r} in the input"
    if theirs_of(page, own) or str(inputs(page)[own].data) != MINE:
        yield f"the own earlier {own} is told as the other's"
    page, taken = merged(**{own: "还是我的", other: MINE})
    if taken or theirs_of(page, other) != THEIRS or str(inputs(page)[other].data) != MINE:
        yield f"changed by both: {taken} taken over, {theirs_of(page, other)!r} beside it"
    elif json.loads(inputs(page)[other].theirs_value) != THEIRS:
        yield f"the button would put in {inputs(page)[other].theirs_value}"
    if theirs_of(page, own):
        yield f"{own}, which the clerk alone changed, is told as the other's"
    page, taken = merged(**{own: MINE, other: THEIRS})
    if taken or theirs_of(page, other):
        yield "an equal text is told"
    if str(page.form["version"].data) != str(record.version):
        yield "the form does not stand at the present version"


def test_the_page_names_what_the_other_changed_and_nothing_else(world, app):
    wrong, tried = [], 0
    for register, record, own, other in registers_with_two_texts(world):
        tried += 1
        mine = service.update(world.clerk, register, record.id, {own: MINE}, record.version)
        seen = mine.version
        service.update(OTHER, register, record.id, {other: THEIRS}, seen)
        with pytest.raises(Conflict) as met:
            service.update(world.clerk, register, record.id, {own: MINE, other: MINE}, seen)
        if met.value.theirs != {other: THEIRS}:
            wrong.append(f"{register.slug}: the conflict holds {met.value.theirs}")
        with app.test_request_context():
            standing = stored(register, record.id)
            told = wrongly_merged(world, register, standing, seen, own, other)
            wrong += [f"{register.slug}: {one}" for one in told]
    assert not wrong, "\n" + "\n".join(wrong[:25])
    assert tried > 45


def test_of_several_changes_the_first_one_after_mine_is_the_base(world, app):
    """I read 甲; others made it 乙 and then 丙: what I posted unchanged is 甲, not 乙."""
    talk = find("talk")
    seen = service.update(OTHER, talk, world.talk_a, {"topic": "甲"}, 1).version
    service.update(OTHER, talk, world.talk_a, {"topic": "乙"}, seen)
    service.update(OTHER, talk, world.talk_a, {"topic": "丙", "place": "教室"}, seen + 1)
    with app.test_request_context():
        record = stored(talk, world.talk_a)
        page = asked(world, talk, record, seen, topic="甲", place="操场")
        assert merge(world.clerk, page, seen) == ["主题"]
        assert inputs(page)["topic"].data == "丙"
        assert theirs_of(page, "place") == "教室"
        page = asked(world, talk, record, seen, topic="乙")
        assert merge(world.clerk, page, seen) == []
        assert (inputs(page)["topic"].data, theirs_of(page, "topic")) == ("乙", "丙")


def test_my_own_earlier_save_is_not_told_as_somebody_elses(client_as, world):
    alice, clerk = client_as("alice"), client_as("clerk")
    raw = {"topic": "旧主题", "place": "旧地点"}
    talk = find("talk")
    made = service.create(
        world.alice,
        talk,
        {
            "child": world.child_a,
            "teacher": world.staff_alice,
            "talked_at": "2025-11-11 12:40",
            "content": "想家",
            **raw,
        },
    )
    address = f"/r/talk/{made.id}/edit"
    form = form_of(alice.get(address).text, topic="我先改的主题")
    assert alice.post(address, data=form).status_code == 302
    mine = form_of(alice.get(address).text, content="我后写的内容")
    theirs = form_of(clerk.get(address).text, place="文员改的地点")
    assert clerk.post(address, data=theirs).status_code == 302
    page = alice.post(address, data=mine)
    assert page.status_code == 409
    assert "已换成别人的内容：地点" in page.text
    assert "已换成别人的内容：地点、" not in page.text
    assert "别人填写的" not in page.text
    assert form_of(page.text)["topic"] == "我先改的主题"
    assert form_of(page.text)["content"] == "我后写的内容"
    assert alice.post(address, data=form_of(page.text)).status_code == 302
    now = stored(talk, made.id)
    assert (now.topic, now.place, now.content) == ("我先改的主题", "文员改的地点", "我后写的内容")


# ---- masks --------------------------------------------------------------------------------------

ID_OF_A = "520624201205060020"
ANOTHER, THIRD = "520624201205060047", "520624201205060063"


def test_a_masked_number_of_the_other_is_told_under_its_mask_and_lost_by_nobody(client_as, world):
    clerk, children = client_as("clerk"), find("child")
    address = f"/r/child/{world.child_a}/edit"
    read = clerk.get(address).text
    version = stored(children, world.child_a).version
    service.update(OTHER, children, world.child_a, {"id_number": ANOTHER}, version)
    # Left blank: theirs stays, and nobody is shown it.
    page = clerk.post(address, data=form_of(read, remarks="我的备注"))
    assert page.status_code == 409
    assert ANOTHER not in page.text
    assert ID_OF_A not in page.text
    assert "别人填写的" not in page.text
    assert clerk.post(address, data=form_of(page.text)).status_code == 302
    assert stored(children, world.child_a).id_number == ANOTHER
    # Typed anew: theirs is told masked, and leaving the input blank keeps it.
    read = clerk.get(address).text
    version = stored(children, world.child_a).version
    service.update(OTHER, children, world.child_a, {"id_number": ID_OF_A}, version)
    page = clerk.post(address, data=form_of(read, id_number=THIRD))
    assert page.status_code == 409
    assert "**************0020" in page.text
    assert ID_OF_A not in page.text
    assert 'data-take-theirs="id_number" data-value="&#34;&#34;"' in page.text
    assert clerk.post(address, data=form_of(page.text, id_number="")).status_code == 302
    assert stored(children, world.child_a).id_number == ID_OF_A


def test_a_teacher_is_shown_the_others_phone_as_far_as_the_list_shows_it(app, world):
    calls = find("family-call")
    service.update(OTHER, calls, world.call_a, {"number": "13985679876"}, 1)
    record = stored(calls, world.call_a)
    with app.test_request_context():
        values = MultiDict({"version": "1", "number": "13985670000"})
        for name, told in (("alice", "139****9876"), ("clerk", "13985679876")):
            actor = world.actors[name]
            page = form_page(actor, calls, record=record, posted=values)
            assert merge(actor, page, 1) == []
            assert theirs_of(page, "number") == told, name
            assert inputs(page)["number"].data == "13985670000"
        blank = MultiDict({"version": "1", "number": ""})
        page = form_page(world.alice, calls, record=record, posted=blank)
        assert merge(world.alice, page, 1) == []
        assert theirs_of(page, "number") == ""


# ---- lines and photos ---------------------------------------------------------------------------


@pytest.fixture
def meeting(world):
    """A meeting with two attendees, as both editors read it."""
    meetings = find("meeting")
    lines = {
        "attendee": [
            LineInput({"staff": world.staff_alice, "relation": "先到"}),
            LineInput({"staff": world.staff_bob}),
        ]
    }
    raw = {
        "kind": "例会",
        "title": "十一月例会",
        "held_at": "2025-11-11 16:30",
        "place": "会议室",
        "agenda": "检查谈心进度",
        "chair": world.staff_leadership,
        "due": "2",
        "present": "2",
    }
    return service.create(world.clerk, meetings, raw, lines)


def attendees(meeting):
    lines = find("attendee")
    model = lines.model
    return list(every_row(lines).where(model.meeting == meeting.id).order_by(model.id))


def test_of_a_line_the_other_changed_both_texts_stand_there(client_as, world, meeting):
    text = "relation"
    clerk = client_as("clerk")
    address = f"/r/meeting/{meeting.id}/edit"
    read = clerk.get(address).text
    first, _second = attendees(meeting)
    changed = {"attendee": [LineInput({text: "别人写的"}, first.id, first.version)]}
    service.update(OTHER, find("meeting"), meeting.id, {}, meeting.version, changed)
    mine = form_of(read, **{f"lines-attendee-0-{text}": "我写的"})
    page = clerk.post(address, data=mine)
    assert page.status_code == 409
    assert "别人把第 1 处改成" in page.text
    assert "别人写的" in page.text
    assert "别人把第 2 处改成" not in page.text
    again = form_of(page.text)
    assert again[f"lines-attendee-0-{text}"] == "我写的"
    assert clerk.post(address, data=again).status_code == 302
    assert getattr(attendees(meeting)[0], text) == "我写的"


def test_a_line_read_before_the_others_change_is_told_though_its_record_was_read_after(
    world, meeting
):
    meetings, (first, _second) = find("meeting"), attendees(meeting)
    theirs = {"attendee": [LineInput({"relation": "别人写的"}, first.id, first.version)]}
    changed = service.update(OTHER, meetings, meeting.id, {}, meeting.version, theirs)
    mine = {"attendee": [LineInput({"relation": "我写的"}, first.id, first.version)]}
    with pytest.raises(Conflict):
        service.update(world.clerk, meetings, meeting.id, {}, changed.version, mine)
    assert attendees(meeting)[0].relation == "别人写的"


def test_a_line_the_other_removed_is_offered_as_a_new_one(client_as, world, meeting):
    text = "relation"
    clerk = client_as("clerk")
    address = f"/r/meeting/{meeting.id}/edit"
    read = clerk.get(address).text
    first, second = attendees(meeting)
    gone = {"attendee": [LineInput({}, first.id, first.version, remove=True)]}
    service.update(OTHER, find("meeting"), meeting.id, {}, meeting.version, gone)
    page = clerk.post(address, data=form_of(read, **{f"lines-attendee-0-{text}": "我写的"}))
    assert page.status_code == 409
    assert clerk.post(address, data=form_of(page.text)).status_code == 302
    left = {getattr(line, text) for line in attendees(meeting)}
    assert "我写的" in left
    assert second.id in {line.id for line in attendees(meeting)}
    assert first.id not in {line.id for line in attendees(meeting)}


def test_the_page_of_a_photo_names_what_the_other_changed_alone(client_as, world, photo):
    own = service.update(world.alice, PHOTOS, photo.id, {"matter": "我先写的"}, photo.version)
    service.update(world.clerk, PHOTOS, photo.id, {"place": "院子"}, own.version)
    data = {"version": own.version, "matter": "我先写的", "place": "堂屋", "background": "周末"}
    page = client_as("alice").post(f"/photos/{photo.id}", data=data)
    assert page.status_code == 409
    told = re.findall(r"<li>([^<]*)</li>", page.text)
    assert told == ["地点：院子"]
    assert 'value="堂屋"' in page.text
    assert 'value="周末"' in page.text
    assert stored(PHOTOS, photo.id).place == "院子"
