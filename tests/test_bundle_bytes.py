"""What a bundle prints decides its bytes and its date, and nothing else does."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from pypdf import PdfReader

from exports.bundle import selection
from models.core import audit, batches, calendar, jobs, service
from models.core.actor import system
from models.core.gates import every_row
from models.core.register import find
from models.core.tries import take_try
from models.school import accounts, bundles
from tests.bundle_school import add_photo, build, consent, declared, office
from tests.world import NOON


@dataclass
class Hand:
    """Writes one thing after the other, each a minute later, and builds the bundle again."""

    world: object
    data_dir: object
    folder: object
    now: object = NOON
    built: int = 0
    ids: dict = field(default_factory=dict)

    def add(self, slug, lines=None, **raw):
        record = service.create(system(self.now, "测试"), find(slug), raw, lines)
        self.ids[slug] = record.id
        return record.id

    def change(self, slug, record_id, lines=None, **raw):
        register = find(slug)
        record = every_row(register).where(register.model.id == record_id).get()
        service.update(system(self.now, "测试"), register, record_id, raw, record.version, lines)

    def delete(self, slug, record_id):
        service.delete(system(self.now, "测试"), find(slug), record_id)

    def photo_of(self, record_id, colour):
        marked = {"mark": "无人脸", "now": self.now}
        return add_photo(self.data_dir, "meeting", record_id, [], colour, **marked)

    def bundle(self, **said):
        self.built += 1
        calendar.forget()
        return build(
            self.data_dir, self.folder / f"{self.built}.zip", **{"declared": declared()} | said
        )


@pytest.fixture
def hand(world, data_dir, tmp_path):
    """A school whose bundle holds a book, a meeting file, a sheet, a photo and a masked name."""
    found = Hand(world, data_dir, tmp_path)
    consent(world.child_a)
    found.photo = add_photo(data_dir, "meeting", world.meeting, [world.child_a], matter="会场")
    found.consent = every_row(find("consent")).get().id
    found.regulation, found.event = office(system(NOON, "测试"))
    found.now += timedelta(minutes=1)
    return found


def meeting(hand, held_at, **raw):
    usual = {"kind": "例会", "title": "另一次例会", "place": "会议室", "due": 5, "present": 5}
    return hand.add("meeting", chair=hand.world.staff_leadership, held_at=held_at, **usual | raw)


def family(hand):
    """A child who left before the semester, with class, parent and the parent's state."""
    child = hand.add(
        "child",
        name="田禾",
        sex="男",
        born_on="2011-01-01",
        no_id_reason="户口正在办理",
        identified_on="2024-09-05",
        left_on="2025-06-30",
        left_why="转学",
    )
    hand.add("enrolment", child=child, school_class=hand.world.class_1, since="2024-09-01")
    parent = hand.add("parent", child=child, relation="父亲", name="田大山", phone="13900000009")
    state = {"state": "外出", "since": "2024-01-01"}
    hand.add("parent-state", child=child, parent=parent, **state)
    return child


def noted(hand):
    clerk = hand.world.actor("clerk", now=hand.now)
    term = find("semester").model(id=hand.world.autumn)
    one = bundles.record_built(clerk, term, "inspection", {"sha256": "0" * 64})
    bundles.release(clerk, one.id)


def imported_batch(hand):
    actor = system(hand.now, "测试")
    with service.work(actor) as current:
        batch = batches.open_batch(actor, "import", "一批")
        current.batch = batch.id
        raw = {"name": "新来的教师", "sex": "女"}
        service.create(actor, find("staff"), raw, current=current)


UNRELATED = {
    "somebody signs in": lambda h: accounts.open_session(
        h.world.clerk.user_id, h.now, "127.0.0.1", "test"
    ),
    "somebody mistypes a password": lambda h: take_try("clerk", "127.0.0.1", h.now),
    "somebody looks": lambda h: audit.log_access(
        h.world.actor("clerk", now=h.now), "view", "child", h.world.child_a
    ),
    "an account is changed": lambda h: h.change("user", h.world.alice.user_id, must_change=True),
    "a job is asked for": lambda h: jobs.ask("sums", "算一算", {}, h.now),
    "a bundle is noted and released": noted,
    "a talk, which no part prints": lambda h: h.change(
        "talk", h.world.talk_a, content="张小雨想家了"
    ),
    "a visit without a photo": lambda h: h.change("home-visit", h.world.visit_a, findings="都好"),
    "a meeting of the next semester": lambda h: meeting(h, "2026-03-20 16:30"),
    "a meeting of the semester before": lambda h: meeting(h, "2025-07-01 16:30"),
    "a meeting added and deleted": lambda h: h.delete("meeting", meeting(h, "2025-11-11 16:30")),
    "a semester far away": lambda h: h.add(
        "semester",
        code="2027-2028-1",
        title="2027—2028学年第一学期",
        first_day="2027-09-01",
        last_day="2028-01-20",
    ),
    "the next semester ends otherwise": lambda h: h.change(
        "semester", h.world.spring, last_day="2026-07-10"
    ),
    "a setting nobody prints": lambda h: h.change(
        "school", h.world.school, edit_days=5, notes="见档案", police_phone="0856-1234567"
    ),
    "a colleague's phone": lambda h: h.change("staff", h.world.staff_charlie, phone="13800138009"),
    "a holiday": lambda h: h.add("holiday", day="2025-12-01", kind="本校放假"),
    "a child who left before, with family": family,
    "the family of that child moves on": lambda h: h.change(
        "parent-state", h.ids["parent-state"], until="2025-01-01"
    ),
    "the consent of a child on no photo": lambda h: consent(h.world.child_c, now=h.now),
    "an upload that waits": lambda h: add_photo(h.data_dir, "meeting", 0, [], "#123456", now=h.now),
    "a photo of an act of another semester": lambda h: h.photo_of(
        meeting(h, "2026-04-20 16:30"), "#654321"
    ),
    "an import of staff": imported_batch,
    "a room": lambda h: h.add("room", name="亲情室", kind="亲情电话室"),
}


def test_what_no_part_prints_changes_no_byte(hand):
    first = hand.bundle()
    assert first.documents == 4
    assert first.photos == 1
    moved = []
    for what, write in UNRELATED.items():
        hand.now += timedelta(minutes=1)
        write(hand)
        if hand.bundle().sha256 != first.sha256:
            moved.append(what)
            first = hand.bundle()
    assert moved == []


RELATED = {
    "a child's own field": lambda h: h.change("child", h.world.child_a, boarding="走读"),
    "a child's class": lambda h: h.change(
        "enrolment", h.world.enrolment_a, school_class=h.world.class_2
    ),
    "where a parent is": lambda h: h.change("parent-state", h.world.father_state_a, state="在家"),
    "the text of a meeting": lambda h: h.change("meeting", h.world.meeting, content="大家都到了"),
    "who came to a meeting": lambda h: h.change(
        "meeting",
        h.world.meeting,
        {"attendee": [service.LineInput({"staff": h.world.staff_bob})]},
    ),
    "a meeting of the semester": lambda h: meeting(h, "2025-11-10 16:30"),
    "an event": lambda h: h.change("calendar-event", h.event, place="操场"),
    "the caption of a photo": lambda h: h.change("photo", h.photo, matter="会议室里"),
    "a consent": lambda h: h.change("consent", h.consent, given_by="张爷爷"),
    "the name of the school": lambda h: h.change("school", h.world.school, name="云岭初级中学"),
    "the name of the home": lambda h: h.change("school", h.world.school, home_name="阳光之家"),
    "what counts as away": lambda h: h.change("school", h.world.school, away_months=6),
    "the title of the semester": lambda h: h.change(
        "semester", h.world.autumn, title="2025秋季学期"
    ),
    "when the next semester begins": lambda h: h.change(
        "semester", h.world.spring, first_day="2026-02-27"
    ),
}


def test_whatever_a_part_prints_changes_the_bytes_and_the_date(hand):
    seen = [hand.bundle().sha256]
    wrong = []
    for what, write in RELATED.items():
        hand.now += timedelta(minutes=1)
        write(hand)
        built = hand.bundle()
        if built.sha256 in seen:
            wrong.append(f"{what}: the bytes stay")
        if built.made_at != hand.now:
            wrong.append(f"{what}: the date is {built.made_at:%H:%M}, not {hand.now:%H:%M}")
        seen.append(built.sha256)
    assert wrong == []


def test_who_made_it_which_edition_and_which_semester_change_the_bytes(hand):
    reaches = [{"reach": "2025-2026-2"}, {"reach": "2025-2026"}]
    orders = [{}, {"made_by": "周校长"}, {"edition": "full"}, *reaches]
    assert len({hand.bundle(**said).sha256 for said in orders}) == len(orders)


def test_the_bytes_come_back_when_the_data_does(hand):
    """The same bytes follow from the same data, not from how often it was built in between."""
    first = hand.bundle()
    other = hand.bundle(made_by="周校长")
    assert hand.bundle().sha256 == first.sha256 != other.sha256


def test_the_package_says_when_and_by_whom_it_was_made_and_no_page_is_newer(hand):
    built = hand.bundle(made_by="周校长")
    assert built.made_at == NOON < hand.now
    with zipfile.ZipFile(built.path) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("bag-info.txt")]
        told = dict(line.split(": ", 1) for line in archive.read(name).decode().splitlines())
    assert told["Contact-Name"] == "周校长"
    assert told["Bagging-Date"] == f"{NOON:%Y-%m-%d}"
    assert told["Audit-Chain-Head"] == built.head
    written = [
        PdfReader(item.made.path).metadata.creation_date.replace(tzinfo=None)
        for item in built.items
        if item.made.pages
    ]
    assert len(written) == built.documents == 4
    assert max(written) == NOON
    assert min(written) < NOON


def test_the_chains_head_is_the_last_link_before_the_bundles_date(hand):
    built = hand.bundle()
    hand.add("staff", name="新来的教师", sex="女")
    assert hand.bundle().head == built.head != audit.head()[1]
    hand.change("meeting", hand.world.meeting, content="大家都到了")
    later = hand.bundle()
    assert later.head == audit.head()[1]
    assert built.head != later.head


def test_only_a_change_of_the_named_settings_counts_as_one(hand):
    school = every_row(find("school")).get()
    names = selection.PRINTED_SETTINGS
    before = audit.last_change("school", school.id, names)
    hand.change("school", school.id, notes="见档案")
    assert audit.last_change("school", school.id, names) == before
    hand.change("school", school.id, name="云岭初级中学")
    assert audit.last_change("school", school.id, names) == hand.now
    assert audit.last_change("school", 99, names) is None
    audit.AuditEntry.update(payload=None).where(audit.AuditEntry.register == "school").execute()
    assert audit.last_change("school", school.id, frozenset({"nothing"})) == hand.now
