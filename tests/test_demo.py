"""The demo school: every register lives, nothing lies ahead, and it stands up to its own rules."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

import msgspec
import pytest
from evaluation_oracle import in_words, on_paper, reckon

from admin.frame.tables import make_tables
from compliance.evaluated.facts import facts
from compliance.evaluated.year import year_of
from compliance.judged.evaluation import Evaluation, as_of_in
from compliance.judged.subjects import responsible
from compliance.ordered import catalogue
from compliance.ordered.catalogue import duties_on
from compliance.told import clause_state
from compliance.told.progress import Share
from demo import school, specs
from models.core import audit, calendar, validation
from models.core.actor import Actor, system
from models.core.boxes import COUNSELLOR
from models.core.database import connected, open_database
from models.core.errors import RecordsError
from models.core.fields import Secrecy
from models.core.gates import every_row
from models.core.register import REGISTERS, find, model_of
from models.core.school_calendar import fill_holidays
from models.core.sealing import WrongKey
from models.kept.adults import persons
from models.school.evaluations import newest, year_row
from models.sealed import counselling, keys

NORMAL_WEEK = date(2025, 12, 10)
WINTER = date(2026, 1, 15)
SUMMER = date(2026, 7, 20)
SIZE = 20
SMALLEST = 10
# Written by an upload, by a job, by closing a semester, or by signing
# the sheet of whoever did worst.
LEFT_TO_OTHERS = {"photo", "photo-child", "bundle", "semester-close", "award-bar"}
ORDINARY = [declared for declared in REGISTERS.values() if declared.slug not in LEFT_TO_OTHERS]


@dataclass(frozen=True)
class Demo:
    """One made school and the day it stands on."""

    today: date
    made: school.DemoSchool


def _make(folder: Path, today: date, size: int = SIZE) -> school.DemoSchool:
    open_database(folder)
    with connected():
        make_tables()
        calendar.forget()
        # Photos take half the time; one of the schools has them.
        with_photos = size == SIZE and today == NORMAL_WEEK
        return school.make(today, size, photos_in=folder / "files" if with_photos else None)


# Each school is made by one worker only: making it takes longer than all its tests.
DAYS = [
    pytest.param(day, marks=pytest.mark.xdist_group(f"demo {day}"), id=str(day))
    for day in (NORMAL_WEEK, WINTER, SUMMER)
]


@pytest.fixture(scope="module", params=DAYS)
def demo(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    made = _make(folder, request.param)
    with connected():
        calendar.forget()
        yield Demo(request.param, made)
    calendar.forget()
    shutil.rmtree(folder)


def test_every_register_has_records_on_each_of_the_three_days(demo):
    empty = [declared.slug for declared in ORDINARY if not every_row(declared).exists()]
    assert empty == []


def test_no_adopted_clause_is_without_data_for_lack_of_demo_data(demo):
    """In both semesters; and the school meets most of what is asked, and fails the rest."""
    actor = system(datetime.combine(demo.today, time(23, 59)), "示例学校")
    empty, whole = [], Share(0, 0)
    for semester in calendar.school_calendar().semesters:
        for clause, found in clause_state.clause_states(actor, semester).items():
            if found.adopted:
                empty += [(semester.code, clause)] if found.standing == "no-data" else []
                whole += found.share
    assert empty == []
    assert 75 <= whole.percent <= 90
    assert whole.missed > 100


def test_the_demo_school_files_papers_of_several_kinds(demo):
    if demo.today == NORMAL_WEEK:
        kinds = Counter(photo.kind for photo in every_row(find("photo")))
        assert {"PDF", "DOCX", "XLSX", "TXT"} <= kinds.keys()


def test_the_counsellor_opens_the_sealed_sessions_with_the_shown_passphrase(demo):
    roll = demo.made.roll
    now = datetime.combine(demo.today, time(9, 0))
    actor = Actor(COUNSELLOR, now, roll.users[roll.counsellor], roll.counsellor, "心理")
    opened = replace(actor, sealed_key=keys.unlock(actor, demo.made.passphrase))
    sessions = counselling.of_case(opened, "XL-01")
    assert len(sessions) >= 2
    assert all(session.complaint for session in sessions)
    with pytest.raises(WrongKey):
        keys.unlock(actor, demo.made.password)


def test_every_teachers_year_agrees_with_a_slow_reckoning(demo):
    for year in (year_of(demo.today), year_of(demo.today.replace(year=demo.today.year - 1))):
        slow = on_paper(reckon(demo.today, year.code), ("talk-weekly",))
        assert in_words(facts(year, demo.today), ("talk-weekly",)) == slow


def test_every_duty_of_every_teachers_year_is_the_sum_of_its_verdicts(demo):
    """One verdict after another, asked for each of its periods who answers."""
    year, expected = year_of(demo.today), defaultdict(Counter)
    for term in year.terms(demo.today):
        evaluation = Evaluation(term, as_of_in(term, demo.today, calendar.school_calendar()))
        for duty in (one for one in duties_on(term.code) if one.weight):
            if duty.every.value == "school-year" and term != year.terms(demo.today)[-1]:
                continue
            for one in evaluation.judge(duty):
                for verdict in one.verdicts:
                    first, last = verdict.period.first, verdict.period.last
                    for who in responsible(duty, one.subject, last, evaluation.placement, first):
                        expected[who, duty.code][verdict.state.slug] += 1
    asked = {
        key: counts
        for key, counted in expected.items()
        if (counts := {slug: n for slug, n in counted.items() if slug != "not-due"})
    }
    found = facts(year, demo.today)
    assert in_words(found, [one.code for one in catalogue.duties()]) == asked


def test_last_years_evaluation_is_signed_where_there_is_one(demo):
    before = f"{year_of(demo.today).first.year - 1}-{year_of(demo.today).first.year}"
    over = [one for one in newest(before) if one.score is not None]
    assert all(one.signed_on is not None for one in over)
    assert over or year_row(year_of(demo.today).code) is not None


def test_nothing_in_the_demo_school_lies_after_today(demo):
    ahead = []
    for declared in ORDINARY:
        for record in every_row(declared):
            day = validation.happened_on(declared, record)
            late = record.entered_at.date() >= demo.today
            if late or (day is not None and day >= demo.today and not declared.planned):
                ahead.append((declared.slug, record.id, day, record.entered_at))
    # The inspector's account is given out on the morning of the day itself.
    assert ahead == []
    assert max(entry.at for entry in audit.AuditEntry.select()) < datetime(
        demo.today.year, demo.today.month, demo.today.day, 12
    )


def test_every_record_passes_the_rules_a_clerk_meets(demo):
    office = system(datetime.combine(demo.today, datetime.min.time()))
    refused = []
    for declared in ORDINARY:
        for record in every_row(declared):
            try:
                validation.check(office, declared, record, before=dict(record.__data__))
                validation.check_whole(office, declared, record)
            except RecordsError as error:
                refused.append((declared.slug, record.id, getattr(error, "errors", str(error))))
    # A signed evaluation takes no more points: those it has were given before.
    assert [told for told in refused if told[0] != "evaluation-point"] == []


def test_the_chain_of_changes_holds(demo):
    report = audit.verify()
    assert report.broken_at is None
    assert report.entries > 1000


def test_rows_of_one_register_are_not_all_alike(demo):
    alike = []
    for declared in ORDINARY:
        texts = [
            spec.name
            for spec in declared.fields.values()
            if spec.search and spec.target is None and spec.secret is Secrecy.OPEN
        ]
        said = [
            "".join(str(row.__data__.get(name) or "") for name in texts)
            for row in every_row(declared)
        ]
        said = [text for text in said if text]
        if len(said) >= 20 and len(set(said)) < 3:
            alike.append(declared.slug)
    assert alike == []


def test_the_shown_teacher_leads_a_class_and_has_five_children_with_portraits(demo):
    roll = demo.made.roll
    own = [pair.child for pair in roll.pairs.values() if pair.teacher == roll.hero]
    photos = every_row(find("photo")).where(model_of("photo").register == "child")
    assert len(own) == 5
    assert demo.today != NORMAL_WEEK or {photo.record_id for photo in photos} >= set(own)
    assert any(one.leader == roll.hero for one in roll.classes.values())


def test_two_children_are_siblings_with_one_father_mother_and_guardian(demo):
    for slug, many in (("parent", 2), ("guardian", 1)):
        people = [(one.id, one.__data__) for one in every_row(find(slug))]
        assert len([rows for rows in persons(people) if len(rows) > 1]) == many


def test_the_gaps_of_a_real_school_are_there(demo):
    def all_of(slug):
        return list(every_row(find(slug)))

    names = [child.name for child in all_of("child")]
    months = {row.month for row in all_of("news-item")}
    guarded = {row.child for row in all_of("guardian")}
    assert len(names) > len(set(names)), "two children of one name"
    assert any(child.left_on for child in all_of("child")), "a child who left"
    assert any(child.id not in guarded for child in all_of("child")), "one without a guardian"
    assert [row for row in all_of("enrolment") if row.reason == "转班"], "one moved class"
    assert [row for row in all_of("pairing") if row.until], "an ended pairing"
    assert [row for row in all_of("talk") if row.late_reason], "a talk entered late"
    assert [row for row in all_of("rectification") if row.done_on is None], "an overdue one"
    assert [row for row in all_of("notification") if row.minutes_taken > 120], "a late notice"
    months_of_activity = {f"{row.held_at:%Y-%m}" for row in all_of("activity")}
    assert months_of_activity - months, "a month without a news item"


def test_the_lazy_teacher_does_less_than_the_diligent_one(demo):
    roll = demo.made.roll

    def talks_per_child(teacher):
        count = every_row(find("talk")).where(model_of("talk").teacher == teacher).count()
        pairs = every_row(find("pairing")).where(model_of("pairing").teacher == teacher).count()
        return count / pairs

    assert talks_per_child(roll.lazy) < 0.7 * talks_per_child(roll.hero)


def test_the_same_seed_makes_the_same_school_with_photos_and_without(tmp_path, small_demo):
    made = _make(tmp_path, NORMAL_WEEK, SMALLEST)
    with connected():
        talks = [(row.child, row.talked_at, row.content) for row in every_row(find("talk"))]
    open_database(small_demo)
    with connected():
        again = [(row.child, row.talked_at, row.content) for row in every_row(find("talk"))]
    calendar.forget()
    assert talks == again
    assert made.accounts.keys() == {"wenyuan", "lingdao", "jiaoshi", "xinli", "ducha"}


def test_the_holidays_of_the_next_year_are_filled_once_they_are_known(demo):
    years = {row.day.year for row in every_row(find("holiday"))}
    known = demo.today.year + 1
    assert (known in years) == bool(fill_holidays(known))


def test_every_text_list_and_table_of_the_demo_data_is_used():
    declared = [specs.read(name) for name in (*specs.SETTING_UP, *specs.DAYS)]
    said = json.dumps([msgspec.to_builtins(declared), specs.texts()], ensure_ascii=False)
    unused = [name for name in specs.texts() if said.count(name) < 2]
    assert unused == []
