"""The first day in the clerk's hands: from an empty folder along the list to the first verdict."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest

from tests.browser.conftest import Served
from tests.browser.test_story import Person, import_roster, set_up
from tests.workbooks import workbook

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TEACHERS = ("王爱丽", "李博闻", "赵思远")
# Weeks that were over before the pairings began owe nothing.
BEGUN = date.today() - timedelta(days=date.today().weekday())


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("first-day") / "data")
    yield served
    served.stop()


def known(school, statement):
    with closing(sqlite3.connect(f"file:{school.data_dir}/records.db?mode=ro", uri=True)) as read:
        return [row[0] for row in read.execute(statement)]


def step(clerk, title):
    """The state of a step of the list, which stands on the clerk's first page."""
    clerk.page.goto("/")
    assert clerk.page.url.endswith("/desk")
    return clerk.page.locator(f'[data-step="{title}"]')


def state(clerk, title):
    return step(clerk, title).get_attribute("data-state")


def bring_in(clerk, title, rows):
    """Import a workbook from the button of a step."""
    page = clerk.page
    step(clerk, title).get_by_role("link", name="从表格导入").click()
    file = {"name": f"{title}.xlsx", "mimeType": "", "buffer": workbook((title, rows))}
    page.set_input_files("#file", file)
    clerk.press("上传并核对")
    page.get_by_role("button", name=f"导入 {len(rows) - 1} 行").click()
    page.get_by_text("已导入").first.wait_for()


def take_back(clerk, title):
    step(clerk, title).get_by_role("button", name="撤销导入").click()
    clerk.page.locator("dialog[open] [data-confirm-yes]").click()
    clerk.page.get_by_text("已撤销").first.wait_for()


def talks(school):
    """How the talk of a semester stands, which on any weekday is asked for from the next day on."""
    told = school.command("duties", "--duty", "talk-study-life", "--json")
    return json.loads(told)["duties"][0]


def test_the_list_leads_from_an_empty_folder_to_the_first_verdict(chromium, school, tmp_path):
    clerk = Person(chromium, school, 1366)
    set_up(clerk, school)
    page = clerk.page
    for title in ("学生花名册", "教职工", "班级和班主任", "师生结对", "账号"):
        assert state(clerk, title) == "due", title
    for title in ("校历", "制度"):
        assert state(clerk, title) == "done", title
    with page.expect_download() as waiting:
        step(clerk, "学生花名册").get_by_role("link", name="示例表").click()
    example = tmp_path / "example.xlsx"
    waiting.value.save_as(example)
    page.goto("/imports/roster")
    page.set_input_files("#file", example)
    clerk.press("上传并核对")
    page.get_by_text("下面没有学生").first.wait_for()
    assert known(school, "SELECT COUNT(*) FROM child") == [0]
    import_roster(clerk)
    assert state(clerk, "学生花名册") == "done"
    assert talks(school)["judged"] == 0

    heading = ("姓名", "性别", "联系电话")
    bring_in(clerk, "教职工", [heading, ("错的人", "男", "13900000001")])
    take_back(clerk, "教职工")
    assert state(clerk, "教职工") == "due"
    people = [(name, "女", f"1390000000{n}") for n, name in enumerate(TEACHERS)]
    bring_in(clerk, "教职工", [heading, *people])
    assert state(clerk, "教职工") == "done"

    classes = known(school, "SELECT name FROM school_class WHERE deleted_at IS NULL ORDER BY id")
    led = [(name, TEACHERS[n % 3], str(BEGUN)) for n, name in enumerate(classes)]
    bring_in(clerk, "班级和班主任", [("班级", "班主任", "起"), *led])
    assert state(clerk, "班级和班主任") == "done"

    names = known(
        school,
        "SELECT name FROM child WHERE deleted_at IS NULL GROUP BY name HAVING COUNT(*) = 1"
        " ORDER BY MIN(id) LIMIT 12",
    )
    pairs = [(TEACHERS[n % 3], name, "结对教师", str(BEGUN)) for n, name in enumerate(names)]
    bring_in(clerk, "师生结对", [("教师", "学生", "类别", "起"), *pairs])
    assert state(clerk, "师生结对") == "partly"
    clerk.fits()

    step(clerk, "账号").get_by_role("link", name="给教职工批量建账号").click()
    clerk.press("建账号，打印密码条")
    page.get_by_text("已建 3 个账号").first.wait_for()
    page.goto("/")
    assert page.locator("#first-day").count() == 0

    # Nobody is red for the weeks before the day chosen; the semester is open, and the first talk
    # meets it for its child.
    weekly = json.loads(school.command("duties", "--duty", "talk-weekly", "--json"))["duties"][0]
    assert weekly["counts"].get("missed", 0) == 0
    before = talks(school)
    assert before["counts"].get("missed", 0) == 0
    assert before["counts"]["due"] == len(names)
    page.goto("/r/talk/new")
    clerk.pick("child", names[0], names[0])
    clerk.pick("teacher", TEACHERS[0], TEACHERS[0])
    page.locator('[data-field="topic"] .input').fill("第一次谈心")
    page.locator('[data-field="content"] .input').fill("说了住校的事。")
    for aspect in ("学习", "生活"):
        page.locator('[data-field="aspects"]').get_by_text(aspect, exact=True).click()
    clerk.press("保存")
    page.get_by_text("谈心记录已保存").wait_for()
    after = talks(school)
    assert after["counts"]["due"] == len(names) - 1
    assert after["counts"]["done"] == 1
    clerk.end()
