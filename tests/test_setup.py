"""The first start: a school and its clerk are made once, by whoever sits at the PC."""

from __future__ import annotations

import io
import json
import shutil
from datetime import date

import pytest

from admin.frame.security import limiter
from admin.frame.tables import make_tables
from admin.people.setup import prepare
from app import main
from models.core import calendar, service
from models.core.actor import system
from models.core.database import connected, database, open_database
from models.core.errors import Denied, Invalid
from models.core.gates import every_row
from models.core.register import find
from models.core.school_calendar import fill_holidays
from models.school import accounts, setup
from tests.conftest import Browser
from tests.factory import Factory
from tests.world import NOON, StandingClock

FORM = {
    "name": "云岭中学",
    "address": "云岭镇",
    "first_day": "2025-09-01",
    "last_day": "2026-01-23",
    "adopted": ["四新中学", "回龙学校"],
    "clerk_name": "陈文员",
    "username": "chen",
    "password": "water-and-tea",
    "again": "water-and-tea",
}

FILE = """
adopted = ["思渠中学"]

[school]
name = "云岭中学"

[[semesters]]
first_day = 2025-09-01
last_day = 2026-01-23

[[semesters]]
code = "2025-2026-2"
first_day = "2026-03-02"
last_day = 2026-07-03

[clerk]
name = "陈文员"
username = "chen"
"""


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """A database with tables and nothing in them, made once."""
    folder = tmp_path_factory.mktemp("empty")
    open_database(folder)
    with connected():
        make_tables()
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "records.db"


@pytest.fixture
def fresh_app(worker_app, empty_file, tmp_path):
    """An app whose school is not set up yet."""
    shutil.copy(empty_file, tmp_path / "records.db")
    open_database(tmp_path)
    calendar.forget()
    limiter.reset()
    running = worker_app.extensions["runtime"]
    running.data_dir, running.clock = tmp_path, StandingClock()
    worker_app.extensions["set_up"] = False
    with connected():
        prepare(worker_app)
        yield worker_app
    calendar.forget()


@pytest.fixture
def fresh(fresh_app):
    return Browser(fresh_app)


def filled(app, **changed):
    return {"code": app.extensions["setup_code"], **FORM, **changed}


def count(slug):
    return every_row(find(slug)).count()


@pytest.mark.parametrize("address", ["/", "/account", "/sign-in"])
def test_every_page_leads_to_set_up_before_there_is_a_clerk(fresh, address):
    assert fresh.get(address).location.endswith("/setup")


def test_set_up_makes_the_school_and_signs_the_clerk_in(fresh, fresh_app):
    answer = fresh.post("/setup", data=filled(fresh_app))
    assert (answer.status_code, answer.location) == (303, "/")
    assert calendar.school().name == "云岭中学"
    assert [s.code for s in calendar.semesters()] == ["2025-2026-1"]
    assert count("holiday") == len(fill_holidays(2025)) + len(fill_holidays(2026))
    assert "陈文员" in fresh.get("/account").text
    assert fresh.get("/setup").location == "/"


def test_the_clerk_of_a_new_school_begins_with_the_first_steps(fresh, fresh_app):
    fresh.post("/setup", data=filled(fresh_app))
    assert fresh.get("/").location == "/desk"
    page = fresh.get("/desk").text
    assert "第一天" in page
    assert "/imports/roster" in page
    assert "看第一天的步骤" in fresh.get("/imports/").text
    clerk = system(NOON)
    service.create(clerk, find("child"), Factory(clerk).minimal(find("child")))
    assert "看第一天的步骤" not in fresh.get("/imports/").text


def test_the_clerk_signs_in_again_with_the_password_chosen_at_set_up(fresh, fresh_app):
    fresh.post("/setup", data=filled(fresh_app))
    opened = accounts.sign_in("chen", "water-and-tea", NOON, "10.0.0.2")
    assert opened.user.must_change is False


def test_without_the_code_of_the_console_nothing_is_made(fresh, fresh_app):
    answer = fresh.post("/setup", data=filled(fresh_app, code="00000000"))
    assert answer.status_code == 422
    assert "口令不对" in answer.text
    assert "云岭中学" in answer.text
    assert count("user") == 0


def test_the_code_cannot_be_guessed_at_speed(fresh, fresh_app):
    tries = [fresh.post("/setup", data=filled(fresh_app, code="1")) for _ in range(11)]
    assert tries[-1].status_code == 429


def test_the_code_may_be_typed_with_or_without_its_dash(fresh, fresh_app):
    code = fresh_app.extensions["setup_code"].replace("-", " ")
    assert fresh.post("/setup", data=filled(fresh_app, code=code)).status_code == 303


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": ""}, "请填写学校名称"),
        ({"first_day": ""}, "请选择日期"),
        ({"last_day": "2025-08-01"}, "结束日期要晚于开始日期"),
        ({"adopted": []}, "请至少选择一套"),
        ({"adopted": ["别校"]}, "没有“别校”这套制度"),
        ({"username": ""}, "请填写登录名"),
        ({"password": "12345678", "again": "12345678"}, "太容易猜到"),
        ({"again": "another-one"}, "不一样"),
    ],
)
def test_a_wrong_answer_is_told_at_its_field_and_nothing_is_half_made(
    fresh, fresh_app, changed, told
):
    answer = fresh.post("/setup", data=filled(fresh_app, **changed))
    assert answer.status_code == 422
    assert told in answer.text
    assert [count(slug) for slug in ("school", "semester", "holiday", "user")] == [0, 0, 0, 0]


def test_set_up_proposes_the_dates_of_the_running_semester(fresh):
    page = fresh.get("/setup").text
    assert 'value="2025-09-01"' in page
    assert 'value="2026-01-20"' in page


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2025, 12, 24), date(2025, 9, 1)),
        (date(2026, 1, 15), date(2025, 9, 1)),
        (date(2026, 2, 3), date(2026, 3, 1)),
        (date(2026, 5, 5), date(2026, 3, 1)),
        (date(2026, 8, 1), date(2026, 9, 1)),
    ],
)
def test_the_proposed_semester_follows_the_date(today, first):
    assert setup.default_semester(today).first_day == first


def test_a_second_set_up_is_refused(fresh_app):
    setup.set_up(NOON, "", plan())
    with pytest.raises(Denied):
        setup.set_up(NOON, "", plan())


def test_a_deleted_clerk_does_not_open_set_up_again(fresh_app, fresh):
    made = setup.set_up(NOON, "", plan())
    with service.work(system(NOON)):
        find("user").model.update(deleted_at=NOON).where(
            find("user").model.id == made.clerk.id
        ).execute()
    assert fresh.get("/").location.endswith("/sign-in")


def plan(**changed):
    semester = setup.SemesterPlan(date(2025, 9, 1), date(2026, 1, 23))
    said = {
        "school": {"name": "云岭中学"},
        "semesters": (semester,),
        "adopted": ("四新中学",),
        "clerk_name": "陈文员",
        "username": "chen",
        "password": "water-and-tea",
    }
    return setup.SchoolPlan(**(said | changed))


def test_years_whose_holidays_are_not_published_are_named(fresh_app):
    far = setup.SemesterPlan(date(2040, 9, 1), date(2041, 1, 20))
    made = setup.set_up(NOON, "", plan(semesters=(far,)))
    assert made.years_without_data == (2040, 2041)


# ---- the same without a browser ----------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run `python app.py setup` on a file of this text; gives (status, output, errors)."""
    monkeypatch.setenv("SCHOOL_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    calendar.forget()

    def run(text=FILE, *more, password="water-and-tea\n"):
        path = tmp_path / "school.toml"
        path.write_text(text, "utf-8")
        monkeypatch.setattr("sys.stdin", io.StringIO(password))
        status = main(["setup", str(path), *more])
        said = capsys.readouterr()
        return status, said.out, said.err

    yield run
    calendar.forget()


def test_the_command_sets_the_school_up_from_a_file(command, tmp_path):
    status, out, _err = command(FILE, "--json")
    told = json.loads(out)
    assert status == 0
    assert told["semesters"] == ["2025-2026-1", "2025-2026-2"]
    assert told["adopted"] == ["思渠中学"]
    open_database(tmp_path / "data")
    with connected():
        assert accounts.sign_in("chen", "water-and-tea", NOON, "").user.name == "陈文员"
        assert calendar.school().adopted == "、思渠中学、"


def test_the_command_refuses_a_second_time(command):
    command()
    status, out, err = command()
    assert (status, out) == (1, "")
    assert "已经建立过" in err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "云岭中学"', "", "school.name 没有写"),
        ("first_day = 2025-09-01", 'first_day = "九月"', "semesters[1].first_day 要写日期"),
        ("last_day = 2026-07-03", "last_day = 2026-01-01", "semesters.2.last_day：结束日期"),
        ('["思渠中学"]', '["别校"]', "adopted：没有“别校”"),
        ('["思渠中学"]', '"思渠中学"', "adopted 要写列表"),
        ('username = "chen"', 'login = "chen"', "clerk.login 没有这个键"),
        ("[clerk]", "[clerk", "写法有误"),
        ('code = "2025-2026-2"', 'code = "spring"', "semesters.2.code：学期编号"),
    ],
)
def test_an_error_in_the_file_names_its_key(command, old, new, told):
    status, _out, err = command(FILE.replace(old, new))
    assert status == 1
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize("password", ["", "short\n", "88888888\n"])
def test_the_command_takes_no_weak_password(command, password):
    status, _out, err = command(password=password)
    assert status == 1
    assert "clerk.password" in err


def test_a_missing_file_is_told_plainly(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("water-and-tea\n"))
    assert main(["setup", str(tmp_path / "none.toml")]) == 1
    assert "打不开文件" in capsys.readouterr().err


def test_the_audit_chain_of_a_new_school_verifies(command, capsys):
    command()
    assert main(["audit", "verify", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["intact"]
    assert report["chain"]["entries"] > 50
    assert main(["audit", "verify", "--anchor", report["chain"]["hash"]]) == 0
    assert main(["audit", "verify", "--anchor", "f" * 64]) == 1


def test_a_plan_without_a_semester_is_refused(fresh_app):
    with pytest.raises(Invalid) as refused:
        setup.set_up(NOON, "", plan(semesters=()))
    assert "semesters" in refused.value.errors
