"""Stored verdicts: what a write touched is worked out anew, and nobody sees more than the rows."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.judged import store, upkeep
from compliance.judged.tables import TABLES, DutyTotal, StoredVerdict
from compliance.ordered import adoption
from compliance.ordered.catalogue import duties
from models.core import batches, calendar, service
from models.core.actor import system
from models.core.database import database
from models.core.errors import RecordsError
from models.core.gates import row, rows
from models.core.register import find
from models.core.touches import Touch
from models.core.undo import undo
from models.photos import store as photos
from models.school import semester_close
from tests.examples import few_examples
from tests.world import NOON, TODAY

AUTUMN = "2025-2026-1"
EVERYTHING = "四新中学、思渠中学、回龙学校"


def change(slug, record_id, now=NOON, **raw):
    register = find(slug)
    record = row(system(now), register, record_id)
    return service.update(system(now), register, record_id, raw, record.version)


def add(slug, now=NOON, lines=None, **raw):
    register = find(slug)
    if register.happened:
        raw.setdefault("late_reason", "补登")
    return service.create(system(now), register, raw, lines).id


def talk(world, child, staff, at):
    return add(
        "talk",
        child=child,
        teacher=staff,
        talked_at=f"{at} 10:00",
        topic="近况",
        content="说到学习",
    )


def kept():
    """Everything that is stored, without what differs by order of writing."""
    found = {
        (one.term, one.duty, one.subject): (
            one.child,
            one.staff,
            one.school_class,
            one.letters,
            one.counts,
        )
        for one in StoredVerdict.select()
    }
    sums = {
        (one.term, one.duty): (one.subjects, one.totals)
        for one in DutyTotal.select()
        if one.subjects
    }
    return found, sums


def cold(today=TODAY):
    """The same worked out from nothing."""
    for table in TABLES:
        table.delete().execute()
    store.refresh(today)
    return kept()


def test_a_new_talk_changes_its_own_row_and_leaves_the_others_alone(all_sets):
    store.refresh(TODAY)
    before = {one.subject: one.id for one in StoredVerdict.select() if one.duty == "talk-weekly"}
    talk(all_sets, all_sets.child_a, all_sets.staff_alice, "2025-11-11")
    store.refresh(TODAY)
    after = {one.subject: one.id for one in StoredVerdict.select() if one.duty == "talk-weekly"}
    assert after[all_sets.pairing_b] == before[all_sets.pairing_b]
    assert after[all_sets.pairing_a] != before[all_sets.pairing_a]
    assert Touch.select().count() == 0
    assert kept() == cold()


def test_a_second_reader_finds_nothing_to_do(all_sets):
    store.refresh(TODAY)
    before = database.obj.query_count
    store.refresh(TODAY)
    assert database.obj.query_count - before <= 3


def test_the_next_day_moves_the_states_on(all_sets):
    store.refresh(date(2025, 11, 16))
    (before,) = store.verdicts(
        all_sets.actor("clerk", now=datetime(2025, 11, 16, 9)),
        AUTUMN,
        duty="talk-weekly",
        subject=all_sets.pairing_a,
    )
    (after,) = store.verdicts(
        all_sets.actor("clerk", now=datetime(2025, 11, 17, 9)),
        AUTUMN,
        duty="talk-weekly",
        subject=all_sets.pairing_a,
    )
    assert (before.state(10), after.state(10)) == (store.State.DUE, store.State.MISSED)


def test_adopting_another_set_switches_its_duties_on(world):
    assert "home-meeting" not in store.totals(world.clerk, AUTUMN)
    change("school", world.school, adopted=EVERYTHING)
    assert "home-meeting" in store.totals(world.clerk, AUTUMN)


def test_a_closed_semester_keeps_the_rows_it_was_judged_by(all_sets):
    later = datetime(2026, 3, 10, 9)
    leader = all_sets.actor("leadership", now=later)

    def autumn():
        return [{k: v for k, v in part.items() if k[0] == AUTUMN} for part in kept()]

    store.refresh(later.date())
    frozen = autumn()
    semester_close.close(leader, all_sets.autumn, "审核完毕", semester_close.Numbers(0, 0))
    # Whatever is still written: the calendar, what is followed, who left, a number of the school's.
    add("holiday", now=later, day="2025-10-15", kind="本校放假", name="运动会")
    change("child", all_sets.child_b, now=later, left_on="2025-10-15", left_why="转学")
    change("class-teacher", all_sets.class_teacher, now=later, until="2025-09-30")
    adoption.adopt(leader, "张大庙小学", all_sets.spring, "下学期起采用")
    adoption.set_number(leader, "talk-weekly", "次数", "2", all_sets.spring, "多谈")
    with service.work(system(later)) as current:
        record = row(system(later), find("talk"), all_sets.talk_a)
        service.mark_deleted(current, find("talk"), record)
    store.refresh(later.date())
    assert autumn() == frozen
    semester_close.reopen(leader, all_sets.autumn, "补录漏记")
    store.refresh(later.date())
    assert autumn() != frozen
    assert kept() == cold(later.date())


def test_a_new_name_changes_no_verdict(all_sets):
    store.refresh(TODAY)
    before = kept()
    change("child", all_sets.child_a, name="张晓雨")
    change("staff", all_sets.staff_alice, name="王爱莉")
    change("school-class", all_sets.class_1, name="七（一）班")
    change("guardian", all_sets.guardian_a, name="张老太")
    store.refresh(TODAY)
    assert kept() == before


def test_a_batch_that_is_undone_leaves_the_verdicts_as_they_were(all_sets):
    store.refresh(TODAY)
    before = kept()
    with service.work(all_sets.clerk) as current:
        batch = batches.open_batch(all_sets.clerk, "bulk", "换人")
        current.batch = batch.id
        for slug, number, raw in (
            ("talk", all_sets.talk_a, {"child": all_sets.child_b, "teacher": all_sets.staff_bob}),
            ("pairing", all_sets.pairing_b, {"until": "2025-10-01", "reason": "调整"}),
        ):
            record = row(all_sets.clerk, find(slug), number)
            version = record.version
            service.update(all_sets.clerk, find(slug), number, raw, version, current=current)
        service.delete(all_sets.clerk, find("talk"), all_sets.talk_b, current=current)
    store.refresh(TODAY)
    assert kept() != before
    assert kept() == cold()
    assert undo(all_sets.clerk, batch.id).undone == 3
    store.refresh(TODAY)
    assert kept() == before


def test_a_reader_that_was_overtaken_looks_again(all_sets, monkeypatch):
    store.refresh(TODAY)
    talk(all_sets, all_sets.child_a, all_sets.staff_alice, "2025-11-11")
    work_out, overtaken = upkeep._work_out, []

    def slowly(*args):
        change = work_out(*args)
        if not overtaken:
            overtaken.append(True)
            upkeep.VerdictState.update(revision=upkeep.VerdictState.revision + 1).execute()
        return change

    monkeypatch.setattr(upkeep, "_work_out", slowly)
    store.refresh(TODAY)
    monkeypatch.undo()
    assert overtaken
    assert kept() == cold()


@pytest.mark.usefixtures("three_duties")
def test_a_teacher_reads_own_pairings_and_own_class_alone(all_sets):
    mine = store.verdicts(all_sets.alice, AUTUMN)
    assert {one.child for one in mine} == {all_sets.child_a, all_sets.child_c}
    assert {one.subject for one in store.verdicts(all_sets.bob, AUTUMN, duty="talk-weekly")} == {
        all_sets.pairing_b
    }
    assert store.verdicts(all_sets.charlie, AUTUMN) == []


@pytest.mark.usefixtures("three_duties")
@pytest.mark.parametrize("name", ["clerk", "alice", "bob", "charlie"])
def test_the_bare_letters_are_those_of_the_verdicts_the_reader_sees(all_sets, name):
    actor = all_sets.actors[name]
    seen = {(one.duty, one.subject, one.letters) for one in store.verdicts(actor, AUTUMN)}
    bare = store.letters_by_subject(actor, AUTUMN, [one.code for one in duties()])
    assert {(duty, subject, said) for duty, subject, *_whose, said in bare} == seen


@pytest.mark.parametrize("role", ["clerk", "leadership", "inspector"])
def test_the_office_and_the_inspector_read_all(all_sets, role):
    found = store.verdicts(all_sets.actors[role], AUTUMN)
    assert {one.child for one in found} == {
        None,
        all_sets.child_a,
        all_sets.child_b,
        all_sets.child_c,
    }


@pytest.mark.usefixtures("three_duties")
def test_an_ended_pairing_ends_the_view_of_the_childs_other_verdicts(all_sets):
    change("pairing", all_sets.pairing_b, until="2025-11-01", reason="调整")
    found = store.verdicts(all_sets.bob, AUTUMN)
    assert {(one.duty, one.subject) for one in found} == {("talk-weekly", all_sets.pairing_b)}


# Both pairings alike: the first week not whole, the National Day week excused, a talk in week 9.
TALKS = "NMMMEMMMDMO" + "N" * 10


@pytest.mark.usefixtures("three_duties")
def test_sums_are_those_of_the_rows_a_reader_sees(all_sets):
    seen = {}
    for name in ("clerk", "alice"):
        totals = store.totals(all_sets.actors[name], AUTUMN)
        seen[name] = {duty: (one.subjects, one.periods) for duty, one in totals.items()}
    visit, october = "visit-class-teacher-photo", 1
    assert seen["clerk"]["talk-weekly"] == (2, [{letter: 2} for letter in TALKS])
    assert seen["alice"]["talk-weekly"] == (1, [{letter: 1} for letter in TALKS])
    assert (seen["clerk"][visit], seen["alice"][visit]) == ((3, [{"O": 3}]), (2, [{"O": 2}]))
    assert seen["clerk"]["home-meeting"][1][october] == {"M": 1}
    assert set(seen["alice"]) == {"talk-weekly", visit}


def test_who_leaves_owes_nothing_more(all_sets):
    store.refresh(TODAY)
    before = kept()
    change("staff", all_sets.staff_bob, left_on="2025-10-10")
    store.refresh(TODAY)
    after = kept()
    assert after != before
    assert after == cold()


@pytest.mark.usefixtures("three_duties")
def test_another_class_teacher_moves_the_verdicts_of_the_whole_class(all_sets):
    def letters():
        found = store.verdicts(all_sets.clerk, AUTUMN, duty="visit-class-teacher-photo")
        return next(one.letters for one in found if one.subject == all_sets.child_a)

    raw = {"register": "home-visit", "record_id": all_sets.visit_a, "evidence": "photo"}
    add("photo", **raw, sha256="0" * 64, path="x", kind="jpg")
    visited = letters()
    post = find("class-teacher")
    led = rows(system(NOON), post).where(post.model.staff == all_sets.staff_alice).get()
    change("class-teacher", led.id, until="2025-09-10")
    bob = {"school_class": led.school_class_id, "staff": all_sets.staff_bob}
    add("class-teacher", **bob, since="2025-09-11")
    assert letters() != visited
    assert kept() == cold()


@pytest.mark.usefixtures("three_duties")
def test_a_photo_taken_out_and_brought_back_moves_the_verdict_it_proves(all_sets):
    def letters():
        found = store.verdicts(all_sets.clerk, AUTUMN, duty="visit-class-teacher-photo")
        return next(one.letters for one in found if one.subject == all_sets.child_a)

    without = letters()
    raw = {"register": "home-visit", "record_id": all_sets.visit_a, "evidence": "photo"}
    file = {"sha256": "0" * 64, "path": "x", "kind": "jpg"}
    photo = service.create(system(NOON), find("photo"), {**raw, **file})
    assert letters() != without
    photos.remove(all_sets.clerk, photo)
    assert letters() == without
    photos.restore(all_sets.clerk, photo.id)
    assert letters() != without


def test_a_past_day_is_worked_out_and_not_stored(all_sets):
    store.refresh(TODAY)
    before = kept()
    span = calendar.school_calendar().semester(AUTUMN)
    found = store.verdicts_as_of(all_sets.clerk, span, date(2025, 10, 27), duties())
    state = {one.subject: one.state(8) for one in found if one.duty == "talk-weekly"}
    assert state[all_sets.pairing_a] is store.State.DUE
    assert kept() == before


@pytest.mark.usefixtures("three_duties")
def test_a_past_day_shows_a_teacher_no_more_than_today_does(all_sets):
    span = calendar.school_calendar().semester(AUTUMN)
    found = store.verdicts_as_of(all_sets.bob, span, date(2025, 10, 27))
    assert {one.child for one in found} == {all_sets.child_b}


DAYS = st.dates(date(2025, 9, 1), TODAY)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "talk",
                "talk",
                "visit",
                "photo",
                "delete",
                "restore",
                "move",
                "leave",
                "retire",
                "stand",
                "pair",
                "pair",
                "end",
                "excuse",
                "holiday",
                "teacher",
                "adopt",
                "lecture",
                "day",
            ]
        ),
        st.integers(0, 5),
        DAYS,
    ),
    min_size=1,
    max_size=8,
)


class Editor:
    """Makes one random change after another, whatever the rules let through."""

    def __init__(self, world):
        self.world = world
        self.children = [world.child_a, world.child_b, world.child_c]
        self.staff = [world.staff_alice, world.staff_bob, world.staff_charlie]
        self.today = TODAY

    def apply(self, what, number, day):
        with suppress(RecordsError):
            getattr(self, f"do_{what}")(number, day)

    def pick(self, slug, number, deleted=False):
        found = list(rows(system(NOON), find(slug), deleted=deleted).order_by(find(slug).model.id))
        return found[number % len(found)] if found else None

    def do_talk(self, number, day):
        talk(self.world, self.children[number % 3], self.staff[number // 2], day)

    def do_visit(self, number, day):
        lines = [
            service.LineInput({"staff": self.staff[number // 2]}),
            service.LineInput({"staff": self.staff[number % 3]}),
        ]
        add(
            "home-visit",
            child=self.children[number % 3],
            manner="入户",
            visited_at=f"{day} 17:00",
            met=("祖父母", "家中无人")[number // 3 % 2],
            findings="生活正常" if number % 2 else "",
            at_school="学习认真",
            lines={"home-visitor": lines[: 1 + number % 2]},
        )

    def do_photo(self, number, day):
        visit = self.pick("home-visit", number)
        if visit is None:
            return
        add(
            "photo",
            register="home-visit",
            record_id=visit.id,
            evidence="photo",
            sha256="0" * 64,
            path="x",
            kind="jpg",
        )

    def do_delete(self, number, day):
        slug = ("talk", "home-visit", "photo", "pairing", "excuse", "home-visitor")[number]
        record = self.pick(slug, number + day.day)
        if record is not None:
            service.delete(system(NOON), find(slug), record.id)

    def do_restore(self, number, day):
        slug = ("talk", "home-visit", "photo", "pairing", "excuse", "talk")[number]
        record = self.pick(slug, number + day.day, deleted=True)
        if record is not None:
            service.restore(system(NOON), find(slug), record.id)

    def do_move(self, number, day):
        slug, name = (("talk", "talked_at"), ("home-visit", "visited_at"))[number % 2]
        record = self.pick(slug, number)
        if record is not None:
            change(
                slug,
                record.id,
                **{name: f"{day} 09:00", "late_reason": "更正", "child": self.children[number % 3]},
            )

    def do_leave(self, number, day):
        change("child", self.children[number % 3], left_on=day, left_why="父母返乡")

    def do_retire(self, number, day):
        change("staff", self.staff[number % 3], left_on=day)

    def do_pair(self, number, day):
        couple = {"teacher": self.staff[number // 2], "child": self.children[number % 3]}
        add("pairing", **couple, since=day, kind=("结对教师", "代理家长")[day.day % 2])

    def do_stand(self, number, day):
        teacher = number // 2
        which = {"pairing": self.world.pairing_a} if number % 2 else {}
        couple = {"teacher": self.staff[teacher], "substitute": self.staff[(teacher + 1) % 3]}
        add("substitution", **couple, since=day, until=day + timedelta(days=8), **which)

    def do_end(self, number, day):
        slug = ("pairing", "enrolment")[number % 2]
        record = self.pick(slug, number)
        if record is not None:
            change(slug, record.id, until=day)

    def do_excuse(self, number, day):
        whom = (
            {"child": self.children[number % 3]},
            {"teacher": self.staff[number % 3]},
            {"pairing": self.world.pairing_a},
        )[number // 2]
        add("excuse", first=day, last=day + timedelta(days=6), kind="停课", reason="停课", **whom)

    def do_holiday(self, number, day):
        add("holiday", day=day, kind=("本校放假", "本校上课")[number % 2])

    def do_teacher(self, number, day):
        add(
            "class-teacher",
            school_class=self.world.class_2,
            staff=self.staff[number // 2],
            since=day,
        )

    def do_adopt(self, number, day):
        change("school", self.world.school, adopted=("四新中学", EVERYTHING)[number % 2])

    def do_lecture(self, number, day):
        add(
            "meeting",
            kind="例会",
            title="例会",
            held_at=f"{day} 16:00",
            place="会议室",
            chair=self.staff[0],
            content=("", "记录")[number % 2],
        )

    def do_day(self, number, day):
        self.today = TODAY + timedelta(days=number)


@settings(
    max_examples=few_examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=EDITS)
def test_incremental_verdicts_equal_cold_ones_after_any_edits(world, edits):
    with database.atomic() as whole:
        editor = Editor(world)
        change("school", world.school, adopted=EVERYTHING)
        store.refresh(editor.today)
        for edit in edits:
            editor.apply(*edit)
            store.refresh(editor.today)
        assert kept() == cold(editor.today), edits
        whole.rollback()
    calendar.forget()
