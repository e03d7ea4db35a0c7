"""A bundle over a school year: what each semester must have lies apart, the registers are whole."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from datetime import date

import pytest
from pypdf import PdfReader

import app as product
from admin.work import worker
from exports.bundle.choices import Choices
from exports.bundle.declaration import EVERY_MONTH, PHOTOS, OfSemester, declaration
from exports.bundle.opened import opened
from exports.bundle.reach import reach_called
from exports.bundle.survey import Surveyor
from models.core import service
from models.core.actor import SYSTEM
from models.core.errors import NotFound
from models.core.gates import every_row, rows
from models.core.register import find
from models.core.semester_records import belongs_to_semesters
from models.kept.bundles import BUILT, FULL, ONE_SEMESTER, Bundle
from models.kept.school import SCHOOL_YEAR
from models.school import bundles
from tests.bundle_school import SEMESTER, YEAR, another_clock, build, every_record
from tests.test_all_done import SPANS, all_done
from tests.test_bundle_survey import School
from tests.world import PASSWORD

SPRING = "2025-2026-2"
TERMS = ("第一学期", "第二学期")
IN_SPRING = date(2026, 5, 6)


def newest():
    return rows(SYSTEM, bundles.bundle_register()).order_by(Bundle.id.desc()).first()


def lacking(world, data_dir, code, today):
    """What the bundle of a semester or year lacks, as (title, why)."""
    surveyor = Surveyor(world.clerk, reach_called(code), data_dir / "files", today)
    return Counter((one.title, one.why) for one in surveyor.survey(declaration()).missing)


# ---- what it asks for --------------------------------------------------------------------------


def bare(title):
    return re.sub("（第.学期）$", "", title)


def test_a_year_lacks_what_its_semesters_lack_and_names_which(world, data_dir):
    each = {
        term: lacking(world, data_dir, code, IN_SPRING)
        for term, code in zip(TERMS, (SEMESTER, SPRING), strict=True)
    }
    year = lacking(world, data_dir, YEAR, IN_SPRING)
    named = Counter()
    for term, found in each.items():
        named += Counter({(f"{title}（{term}）", why): n for (title, why), n in found.items()})
    # What belongs to every semester is told once, a month or a record by itself.
    both = each[TERMS[0]] & each[TERMS[1]]
    wrong = []
    for (title, why), number in year.items():
        if named[title, why] < number and both[title, why] < number:
            alone = sum(found[title, why] for found in each.values())
            wrong += [(title, why)] if alone < number else []
    assert wrong == []
    told = {bare(title) for title, _why in year}
    assert told == {title for found in each.values() for title, _why in found}
    assert {f"学期工作计划（{term}）" for term in TERMS} <= {title for title, _why in year}
    assert sum("（第" in title for title, _why in year) > 10


def test_a_semester_not_begun_asks_for_nothing_but_the_first_always_does(world, data_dir):
    running = {title for title, _why in lacking(world, data_dir, YEAR, date(2026, 2, 10))}
    assert any(TERMS[0] in title for title in running)
    assert not any(TERMS[1] in title for title in running)
    before = {title for title, _why in lacking(world, data_dir, YEAR, date(2025, 8, 1))}
    assert f"学期工作计划（{TERMS[0]}）" in before


def test_what_is_due_once_in_a_school_year_is_asked_for_once(world, data_dir):
    school = School(world, data_dir)
    school.reach = reach_called(YEAR)
    once = every_record("lecture", per="school-year")
    assert [one.title for one in school.look(once, IN_SPRING).missing] == ["全部"]
    school.add(once, day=IN_SPRING, whole=False)
    assert school.look(once, IN_SPRING).missing == []
    each = school.look(every_record("lecture"), IN_SPRING)
    assert [one.title for one in each.missing] == [f"全部（{TERMS[0]}）"]


def test_months_of_both_semesters_are_asked_for_each_once(world, data_dir):
    school = School(world, data_dir)
    school.reach = reach_called(YEAR)
    (news,) = [s for p in declaration().parts for s in p.sources if s.per == EVERY_MONTH]
    told = [one.title for one in school.look(news, IN_SPRING).missing]
    months = (
        "2025-09",
        "2025-10",
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-03",
        "2026-04",
        "2026-05",
    )
    assert told == [f"{news.title}（{month}）" for month in months]


def test_whatever_names_a_semester_is_split_and_nothing_undated_is():
    """A register whose records name a semester has its own paper for each."""
    for part in declaration().parts:
        for source in part.sources:
            names = all("semester" in one.fields for one in source.registers)
            assert source.each_semester or not names, source.title
            assert not source.each_semester or all(map(belongs_to_semesters, source.registers))
            assert not (source.each_semester and source.make == PHOTOS), source.title


@pytest.mark.parametrize("code", ["2024-2025", "x-y", "-", "2025-2027"])
def test_a_year_that_has_no_semester_is_told_with_those_there_are(world, code):
    with pytest.raises(NotFound, match="2025-2026"):
        reach_called(code)


# ---- a year in which all is done ----------------------------------------------------------------


@pytest.fixture
def year(world, data_dir):
    return all_done(world, data_dir, *SPANS["a school year"])


def test_a_missing_plan_of_the_first_semester_is_named_with_it(year, world, data_dir, tmp_path):
    plan = find("plan")
    (first,) = every_row(plan).where(plan.model.semester == world.autumn)
    service.delete(year.school.actor, plan, first.id)
    built = build(data_dir, tmp_path / "bundle.zip", reach=YEAR)
    (missing,) = built.survey.missing
    assert (missing.part, missing.title) == (3, "学期工作计划（第一学期）")
    with zipfile.ZipFile(built.path) as archive:
        names = {name.partition("/data/")[2]: name for name in archive.namelist()}
        assert "学期工作计划（第一学期）" in archive.read(names["index.html"]).decode()
    # In the folder of the other semester the plan still lies.
    plans = [item.name for item in built.items if item.source.startswith("学期工作计划")]
    assert [name.split("/")[1] for name in plans] == ["第二学期"]


def test_each_semester_has_its_folder_and_the_registers_are_whole(year, data_dir, tmp_path):
    built = build(data_dir, tmp_path / "bundle.zip", reach=YEAR)
    lies = {}
    for item in built.items:
        lies.setdefault((item.part, item.source), []).append(item.name.split("/"))
    sources = [
        (part.number, source)
        for part in declaration().over(year.reach).parts
        for source in part.sources
    ]
    for number, source in sources:
        folders = {tuple(path[1:-1]) for path in lies[number, source.title]}
        if isinstance(source, OfSemester):
            assert folders == {(source.term.place,)}, source.title
        else:
            assert not any(term in folder for folder in folders for term in TERMS), source.title
        if source.make == "book":
            assert len(lies[number, source.title]) == 1, source.title
    assert sum(isinstance(source, OfSemester) for _number, source in sources) == 10
    covers = {
        item.source: PdfReader(item.made.path).pages[0].extract_text()
        for item in built.items
        if item.kind == "book"
    }
    assert "学年" in covers["留守儿童登记册"]
    assert "第" not in covers["留守儿童登记册"].partition("2025—2026学年")[2].splitlines()[0]
    assert "2025—2026学年第二学期" in covers["学期行事历（第二学期）"]
    signed = [item for item in built.items if item.kind == "signed" and item.made.pages]
    told = [PdfReader(item.made.path).pages[0].extract_text() for item in signed]
    assert [f"2025—2026学年{term}" in text for term, text in zip(TERMS, told, strict=True)]


def test_the_same_data_gives_the_same_year_under_two_clocks(year, data_dir, tmp_path, monkeypatch):
    asked = {"reach": YEAR, "choices": Choices(archive=True)}
    first = build(data_dir, tmp_path / "first.zip", cache=tmp_path / "cache-1", **asked)
    with another_clock(monkeypatch):
        second = build(data_dir, tmp_path / "second.zip", cache=tmp_path / "cache-2", **asked)
    assert first.path.read_bytes() == second.path.read_bytes()
    found = opened(first.path)
    assert (found.problems, found.missing) == ([], [])


def test_the_archives_tree_of_a_year_points_to_the_files_of_both_semesters(
    year, data_dir, tmp_path
):
    built = build(data_dir, tmp_path / "bundle.zip", reach=YEAR, choices=Choices(archive=True))
    sums = [item.made.sha256 for item in built.items if item.is_document]
    assert len(sums) == len(set(sums))
    with zipfile.ZipFile(built.path) as archive:
        names = [name for name in archive.namelist() if name.endswith("本项目录.txt")]
        contents = "".join(archive.read(name).decode("utf-8-sig") for name in names)
    for term in TERMS:
        (plan,) = [i.name for i in built.items if i.source == f"学期工作计划（{term}）"]
        assert plan in contents


# ---- pages and command --------------------------------------------------------------------------


@pytest.fixture
def make(client_as, data_dir, clock):
    def pressed(code):
        answer = client_as("clerk").post("/bundles/build", data={"semester": code})
        assert answer.status_code == 302, answer.text
        worker.run_waiting(data_dir, clock)
        assert answer.location.endswith(f"/bundles/?semester={code}")
        return newest()

    return pressed


def test_the_page_keeps_the_versions_of_year_and_semester_apart(world, client_as, make):
    of_year, of_semester = make(YEAR), make(SEMESTER)
    assert (of_year.span, of_year.semester_id) == (SCHOOL_YEAR, world.spring)
    assert (of_semester.span, of_semester.semester_id) == (ONE_SEMESTER, world.autumn)
    clerk = client_as("clerk")
    for code, shown, hidden in (
        (YEAR, of_year, of_semester),
        (SEMESTER, of_semester, of_year),
        (SPRING, None, of_year),
    ):
        page = clerk.get(f"/bundles/?semester={code}").text
        assert shown is None or f"第 {shown.id} 号" in page
        assert f"第 {hidden.id} 号" not in page
        assert ("整个学年一份，含第一学期、第二学期" in page) is (code == YEAR)
    assert "2025—2026学年上报材料还差" in clerk.get(f"/bundles/?semester={YEAR}").text
    assert "2025—2026学年第一学期上报材料还差" in clerk.get("/bundles/").text
    answer = clerk.post(f"/bundles/{of_year.id}/release")
    assert answer.location.endswith(f"semester={YEAR}")


def test_the_inspector_sees_a_released_year_masked(world, client_as, make, data_dir):
    built = make(YEAR)
    inspector = client_as("inspector")
    address = f"/bundles/{built.id}/files/index.html"
    assert inspector.get(address).status_code == 404
    client_as("clerk").post(f"/bundles/{built.id}/release")
    page = inspector.get("/bundles/").text
    assert "2025—2026学年上报材料" in page
    assert "整个学年一份，含第一学期、第二学期" in page
    assert "整个学年，含第一学期、第二学期" in inspector.get(address).text
    with inspector.get(f"/bundles/{built.id}/download") as answer:
        data = answer.data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist()[0].startswith("云岭中学-2025-2026-督查版/")
        book = next(name for name in archive.namelist() if name.endswith("留守儿童登记册.pdf"))
        pages = PdfReader(io.BytesIO(archive.read(book))).pages
    text = "".join(page.extract_text() for page in pages)
    assert "张**" in text
    child = find("child").model
    assert not [
        name for (name,) in every_row(find("child")).select(child.name).tuples() if name in text
    ]


def test_what_changed_is_told_against_the_same_reach_alone(client_as, make):
    semester = make(SEMESTER)
    client_as("clerk").post(f"/bundles/{semester.id}/release")
    make(YEAR)
    assert "和上次发布的比" not in client_as("clerk").get(f"/bundles/?semester={YEAR}").text
    first = newest()
    client_as("clerk").post(f"/bundles/{first.id}/release")
    make(YEAR)
    assert "和上次发布的比" in client_as("clerk").get(f"/bundles/?semester={YEAR}").text


def test_a_full_edition_of_a_year_keeps_its_span_through_the_approval(
    world, client_as, data_dir, clock
):
    raw = {"semester": YEAR, "purpose": "迎检", "recipient": "县教育局"}
    assert client_as("clerk").post("/bundles/ask-full", data=raw).status_code == 302
    client_as("leadership").post(f"/bundles/{newest().id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    built = newest()
    assert (built.edition, built.state, built.span) == (FULL, BUILT, SCHOOL_YEAR)
    with zipfile.ZipFile(data_dir / "bundles" / built.path) as archive:
        assert archive.namelist()[0].startswith("云岭中学-2025-2026-完整版/")
    assert client_as("inspector").get(f"/bundles/{built.id}/download").status_code == 404


def test_the_command_builds_the_same_year_as_the_page(
    world, make, data_dir, tmp_path, monkeypatch, capsys
):
    built = make(YEAR)
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    target = tmp_path / "out.zip"
    asked = ["bundle", "--school-year", YEAR, "--out", str(target)]
    assert product.main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sha256"], told["school_year"], told["semester"]) == (built.sha256, YEAR, None)
    for wrong in (["--school-year", SEMESTER], ["--semester", YEAR]):
        assert product.main(["bundle", *wrong, "--out", str(target)]) == 1
        assert "学年写成 2025-2026" in capsys.readouterr().err
