"""The whole story on a fresh folder: set up, import, pair, work on a phone, hand over, inspect."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.browser.conftest import ROOT, Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ROSTER = ROOT / "tests" / "data" / "roster.xlsx"
SHOTS = ROOT / "docs" / "screenshots"
SECRET = "操场边的梧桐 7"
IDENTITY = re.compile(r"\d{17}[\dX]")
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("story") / "data")
    yield served
    served.stop()


class Person:
    """One person at one browser; every script error on the way is a failure."""

    def __init__(self, chromium, school, width):
        height = 844 if width < 500 else 900
        self.width, self.faults = width, []
        self.context = chromium.new_context(
            viewport={"width": width, "height": height}, base_url=school.address, locale="zh-CN"
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def sign_in(self, username, password):
        self.page.goto("/sign-in")
        self.page.get_by_label("登录名").fill(username)
        self.page.get_by_label("密码").fill(password)
        self.press("登录")

    def press(self, word):
        self.page.get_by_role("button", name=word, exact=True).first.click()
        self.page.wait_for_load_state()

    def confirm(self, word):
        """Press a button that asks first, and say yes."""
        self.page.get_by_role("button", name=word, exact=True).first.click()
        self.page.locator("dialog[open] [data-confirm-yes]").click()
        self.page.wait_for_load_state()

    def pick(self, field, typed, chosen=""):
        """Choose the first record a picker finds, which says `chosen`; returns its text."""
        box = self.page.locator(f'[data-field="{field}"] .picker__text').first
        with self.page.expect_response(lambda answer: "/pick?" in answer.url):
            box.click()
        if typed:
            with self.page.expect_response(lambda answer: "/pick?" in answer.url):
                box.fill(typed)
        # The list is drawn when its answer has been read.
        self.page.locator(f'[data-field="{field}"] [data-index="0"]', has_text=chosen).first.click()
        return box.input_value()

    def fits(self):
        """Nothing sticks out of the screen sideways."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.width, f"{self.page.url} is {wide} px wide"

    def keep(self, name):
        """Keep a screenshot for the README when asked for one."""
        if os.environ.get("STORY_SCREENSHOTS"):
            SHOTS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SHOTS / f"{name}-{self.width}.png")

    def end(self):
        self.context.close()
        assert not self.faults


def photo(name, colour):
    """A picture such as a phone takes: large, and never twice the same."""
    image = Image.new("RGB", (1600, 1200), colour)
    draw = ImageDraw.Draw(image)
    made = random.Random(name)
    for _ in range(60):
        x, y = made.randrange(1500), made.randrange(1100)
        draw.rectangle((x, y, x + 90, y + 70), fill=tuple(made.randrange(256) for _ in range(3)))
    written = io.BytesIO()
    image.save(written, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": written.getvalue()}


def set_up(clerk, school):
    page, today = clerk.page, date.today()
    page.goto("/")
    assert page.url.endswith("/setup")
    page.locator("#code").fill("0000-0000")
    page.locator("#name").fill("云岭中学")
    clerk.press("建立学校")
    page.get_by_text("口令不对").first.wait_for()
    assert page.locator("#name").input_value() == "云岭中学"
    clerk.keep("setup")
    page.locator("#code").fill(school.code())
    page.locator("#first_day").fill(str(today - timedelta(days=60)))
    page.locator("#last_day").fill(str(today + timedelta(days=60)))
    for tick in page.locator('input[name="adopted"]').all():
        tick.check()
    page.locator("#clerk_name").fill("陈文员")
    page.locator("#username").fill("chen")
    page.locator("#password").fill(SECRET)
    page.locator("#again").fill(SECRET)
    clerk.press("建立学校")
    assert "/setup" not in page.url


def import_roster(clerk):
    page = clerk.page
    page.goto("/imports/roster")
    page.set_input_files("#file", ROSTER)
    clerk.press("上传并核对")
    page.get_by_text("180 行中 166 行可以导入").first.wait_for()
    page.goto(page.url.partition("?")[0] + "?show=wrong")
    told = page.locator("main").inner_text()
    for reason in ("校验", "姓名", "性别", "重复"):
        assert reason in told, reason
    clerk.keep("roster-preview")
    page.get_by_role("button", name="导入 166 行").click()
    page.get_by_text("14 行没有导入").first.wait_for()
    clerk.keep("roster-done")


def make_accounts(clerk):
    """The clerk records a teacher, pairs her, and makes accounts for her and the inspector."""
    page = clerk.page
    page.goto("/r/staff/new")
    page.locator("#name").fill("王爱丽")
    sex = page.locator('[data-field="sex"]')
    sex.locator("select").select_option("女") if sex.locator("select").count() else None
    clerk.press("保存")
    page.get_by_text("教职工已保存").wait_for()
    page.goto("/r/pairing/new")
    assert "王爱丽" in clerk.pick("teacher", "wal", "王爱丽")
    child = clerk.pick("child", "")
    page.locator("#since").fill(str(date.today() - timedelta(days=30)))
    clerk.press("保存")
    page.get_by_text("师生结对已保存").wait_for()
    clerk.keep("pairing")
    lead_the_class(clerk, child.split()[0])
    expiry = str(date.today() + timedelta(days=14))
    teacher = account(clerk, "王爱丽", "wang", "教师", staff="王爱丽")
    inspector = account(clerk, "督查一组", "ducha", "督查人员", expires_on=expiry)
    return child.split()[0], teacher, inspector


def lead_the_class(clerk, child):
    """The teacher leads the child's class, and the family has agreed to photos being kept."""
    page, since = clerk.page, str(date.today() - timedelta(days=30))
    page.goto(f"/r/child/?q={child}")
    school_class = re.search(r"[七八九]（\d）班", page.locator("main table").inner_text())[0]
    page.goto("/r/class-teacher/new")
    assert school_class in clerk.pick("school_class", school_class, school_class)
    clerk.pick("staff", "wal", "王爱丽")
    page.locator("#since").fill(since)
    clerk.press("保存")
    page.get_by_text("班主任任职已保存").wait_for()
    page.goto("/r/consent/new")
    assert child in clerk.pick("child", child, child)
    purpose = page.locator('[data-field="purpose"]')
    if purpose.locator("select").count():
        purpose.locator("select").select_option("照片存档")
    else:
        purpose.get_by_text("照片存档").click()
    page.locator("#given_on").fill(since)
    page.locator("#given_by").fill("奶奶")
    clerk.press("保存")
    page.get_by_text("知情同意已保存").wait_for()


def account(clerk, name, username, role, *, staff="", expires_on=""):
    page = clerk.page
    page.goto("/accounts/new")
    page.locator("#name").fill(name)
    page.locator("#username").fill(username)
    page.locator("#role").select_option(role)
    if staff:
        page.locator("#staff").select_option(label=staff)
    if expires_on:
        page.locator("#expires_on").fill(expires_on)
    clerk.press("建账号")
    page.get_by_text("离开这一页就再也看不到了").wait_for()
    return page.locator("dt:has-text('密码') + dd").inner_text().strip()


def first_password(person, username, given):
    person.sign_in(username, given)
    page = person.page
    page.get_by_text("请设一个自己的密码").first.wait_for()
    page.locator("#old").fill(given)
    page.locator("#password").fill(SECRET)
    page.locator("#again").fill(SECRET)
    person.press("保存新密码")


def work_on_the_phone(phone, given):
    first_password(phone, "wang", given)
    page = phone.page
    page.goto("/today")
    phone.fits()
    phone.keep("today-before")
    page.get_by_role("link", name="记谈心").first.click()
    page.locator('[data-field="topic"] .input').fill("周末安排")
    page.locator('[data-field="content"] .input').fill("想给妈妈打电话，住校习惯了。")
    phone.fits()
    page.evaluate("window.scrollTo(0, 0)")
    phone.keep("talk")
    phone.press("保存")
    page.get_by_text("谈心记录已保存").wait_for()
    page.goto("/today")
    page.get_by_role("link", name="记家访").first.click()
    form = page.locator("main")
    form.locator('[data-field="manner"]').get_by_text("入户").first.click()
    page.set_input_files(
        "input[type=file]", [photo("one.jpg", "#c8dcc0"), photo("two.jpg", "#d8c8b0")]
    )
    page.wait_for_function(
        "n => document.querySelectorAll('.photo-card[data-state=done]').length === n", arg=2
    )
    form.locator('[data-field="met"] select').select_option(label="祖父母")
    given = {
        "purpose": "了解周末作息",
        "findings": "家里干净，奶奶能照顾。",
        "at_school": "上课专心，数学有进步。",
    }
    for name, text in given.items():
        page.locator(f'[data-field="{name}"] .input').fill(text)
    phone.fits()
    page.locator(".photo-card").first.scroll_into_view_if_needed()
    phone.keep("visit")
    phone.press("保存")
    page.get_by_text("家访记录已保存").wait_for()
    phone.keep("visit-saved")
    page.goto("/today")
    phone.keep("today-after")


def visited(page):
    """How many children the board counts as visited by their class teacher, with photos."""
    page.goto("/board/")
    row = page.locator("li", has_text="班主任每学期入户家访").last
    return int(re.search(r"(\d+) / 102 次做到", row.text_content())[1])


def build_and_release(clerk, tmp_path):
    page = clerk.page
    page.goto("/bundles/")
    clerk.confirm("生成")
    page.get_by_role("link", name="查看结果").click(timeout=180_000)
    page.get_by_role("button", name="发布给督查").first.wait_for()
    clerk.keep("bundle")
    clerk.confirm("发布给督查")
    page.get_by_text("已发布，督查人员登录后").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载").first.click()
    target = tmp_path / "bundle.zip"
    waiting.value.save_as(target)
    return target


def check_package(archive, folder):
    """The package is a valid bag; its PDFs are sound, with embedded fonts and Chinese to copy."""
    with zipfile.ZipFile(archive) as package:
        package.extractall(folder)
    bag = next(one for one in folder.iterdir() if one.is_dir())
    run(sys.executable, "-m", "bagit", "--validate", str(bag))
    assert (bag / "data" / "index.html").is_file()
    papers = sorted(bag.rglob("*.pdf"))
    assert papers
    for paper in papers:
        run("qpdf", "--check", str(paper))
        fonts = run("pdffonts", str(paper)).splitlines()[2:]
        assert fonts, paper
        assert all(re.search(r"\byes\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+$", f) for f in fonts), fonts
        text = run("pdftotext", str(paper), "-")
        assert re.search(r"[一-鿿]{2,}", text), paper
        assert not IDENTITY.search(text), paper
        assert not PHONE.search(text), paper
    assert len(list(bag.rglob("*.jpg"))) >= 2


def run(*command):
    if shutil.which(command[0]) is None and not os.environ.get("CI"):
        pytest.skip(f"{command[0]} is not here: the package was NOT checked")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def inspect(inspector, given, child):
    first_password(inspector, "ducha", given)
    page = inspector.page
    for address in ("/board/", "/r/child/?size=200", "/r/home-visit/", "/r/talk/", "/bundles/"):
        page.goto(address)
        inspector.fits()
        text = page.content()
        assert child not in text, address
        assert not IDENTITY.search(page.locator("main").inner_text()), address
        assert not PHONE.search(page.locator("main").inner_text()), address
        name = address.strip("/").split("?")[0].replace("r/", "").replace("/", "")
        inspector.keep(f"inspector-{name}")
    page.goto("/r/talk/")
    page.locator("table a, .table a").first.click()
    page.wait_for_load_state()
    assert page.get_by_role("link", name="修改").count() == 0
    token = page.locator('input[name="csrf_token"]').first.get_attribute("value")
    for address in ("/r/talk/new", "/r/talk/1/edit", "/r/talk/1/delete", "/r/child/1/edit"):
        answer = page.request.post(
            address, headers={"X-CSRFToken": token}, form={"topic": "改"}, max_redirects=0
        )
        assert answer.status == 403, address


def test_a_school_goes_from_an_empty_folder_to_an_inspected_bundle(chromium, school, tmp_path):
    clerk = Person(chromium, school, 1366)
    set_up(clerk, school)
    import_roster(clerk)
    child, teacher_password, inspector_password = make_accounts(clerk)
    assert visited(clerk.page) == 0
    clerk.keep("board-before")
    phone = Person(chromium, school, 390)
    work_on_the_phone(phone, teacher_password)
    assert visited(clerk.page) == 1
    clerk.keep("board")
    clerk.page.goto("/r/child/")
    clerk.keep("children")
    clerk.page.goto("/r/home-visit/")
    clerk.keep("visits")
    package = build_and_release(clerk, tmp_path)
    check_package(package, tmp_path / "unpacked")
    inspector = Person(chromium, school, 1366)
    inspect(inspector, inspector_password, child)
    assert "没有发现问题" in school.command("audit", "verify")
    for person in (clerk, phone, inspector):
        person.end()
    assert Path(school.data_dir / "records.db").is_file()
