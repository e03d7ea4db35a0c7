"""The tasks that come back every year, walked in a browser, each with one wrong turn taken back."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from models.core import service
from models.core.gates import every_row
from models.core.register import find
from tests.browser.test_outbox import address, sign_in
from tests.factory import Factory
from tests.test_home_duty import newest, only_parent
from tests.test_home_duty import room as home_room
from tests.test_point_exchange import filled
from tests.world import TODAY

Error = pytest.importorskip("playwright.sync_api").Error

__all__ = ["address", "home_room"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


class Hand:
    """One person at one screen: every page fits it, and no script fails on the way."""

    def __init__(self, chromium, address, name, width):
        self.width, self.faults = width, []
        self.context = chromium.new_context(
            viewport={"width": width, "height": 844}, base_url=address, locale="zh-CN"
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        sign_in(self.page, name)

    def go(self, path):
        self.page.goto(path)
        self.fits()

    def press(self, word):
        """Press a button; what it leads to is for `sees` to wait for."""
        self.page.get_by_role("button", name=word, exact=True).first.click()
        self.page.wait_for_load_state()
        self.fits()

    def follow(self, word):
        self.page.get_by_role("link", name=word, exact=True).first.click()
        self.page.wait_for_load_state()
        self.fits()

    def confirm(self, word):
        """Press a button that asks first, and say yes."""
        self.page.get_by_role("button", name=word, exact=True).first.click()
        before = self.page.evaluate("performance.timeOrigin")
        self.page.locator("dialog[open] [data-confirm-yes]").click()
        self.page.wait_for_function("t => performance.timeOrigin !== t", arg=before)
        self.page.wait_for_load_state()

    def sees(self, *words):
        for word in words:
            self.page.locator("body", has_text=word).wait_for()

    def chooses(self, label, chosen):
        self.page.get_by_label(label, exact=True).select_option(label=chosen)

    def fits(self):
        try:
            wide = self.page.evaluate("document.documentElement.scrollWidth")
        except Error:
            # It was leaving for the next page, which is the one to be looked at.
            self.page.wait_for_load_state()
            wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.width, f"{self.page.url} is {wide} px wide"

    def end(self):
        self.context.close()
        assert self.faults == []


@pytest.fixture
def hand(chromium, address):
    opened = []

    def at(name="clerk", width=1366):
        opened.append(Hand(chromium, address, name, width))
        return opened[-1]

    yield at
    for one in opened:
        one.end()


def living(slug, **wanted):
    """How many records of a register stand with these values."""
    model = find(slug).model
    said = [getattr(model, name) == value for name, value in wanted.items()]
    return every_row(find(slug)).where(*said).count()


@pytest.mark.parametrize("width", [1366, 390])
def test_september_is_walked_and_taken_back_after_a_wrong_class_name(hand, world, width):
    clerk = hand(width=width)
    clerk.go("/year/")
    clerk.follow("开始升级")
    assert clerk.page.input_value("#from-day") == "2026-09-01"
    name = f"#name-{world.class_1}"
    assert clerk.page.input_value(name) == "八（1）班"
    clerk.page.fill(name, "七（1）班")
    clerk.press("核对，先不办理")
    clerk.sees("不能和原来的相同")
    assert clerk.page.input_value(name) == "七（1）班"
    clerk.page.fill(name, "八（3）班")
    clerk.press("核对，先不办理")
    clerk.sees("还没有写入任何记录", "八（3）班")
    assert living("school-class", name="八（3）班") == 0
    clerk.press("回去改")
    assert clerk.page.input_value(name) == "八（3）班"
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    clerk.sees("升级已办好")
    assert living("school-class", name="八（3）班") == 1
    # The wrong name was seen too late: the whole batch is taken back, and done again.
    clerk.confirm("撤销")
    clerk.sees("已撤销")
    assert living("school-class", name="八（3）班") == 0
    assert living("enrolment", until=date(2026, 8, 31)) == 0
    clerk.go("/year/roll-over")
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    assert living("school-class", name="八（1）班") == 1
    assert living("enrolment", since=date(2026, 9, 1)) == 3


@pytest.mark.parametrize("width", [1366, 390])
def test_a_leaver_hands_over_and_the_wrong_successor_is_taken_back(hand, world, width):
    clerk = hand(width=width)
    clerk.go("/year/")
    clerk.follow("办理离校")
    clerk.chooses("谁离校", "王爱丽")
    clerk.press("列出要交接的")
    child, led = "师生结对：张小雨（结对教师）", "班主任任职：七（1）班"
    clerk.chooses(child, "李博")
    clerk.chooses(led, "赵强")
    clerk.press("核对，先不办理")
    clerk.sees("还没有写入任何记录", "李博", "账号 alice 用到 2025-11-12")
    clerk.press("回去改")
    assert clerk.page.get_by_label(child, exact=True).input_value() == str(world.staff_bob)
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    clerk.sees("离校已办好")
    assert living("pairing", child=world.child_a, teacher=world.staff_bob) == 1
    clerk.confirm("撤销")
    clerk.sees("已撤销")
    assert living("pairing", child=world.child_a, teacher=world.staff_bob) == 0
    assert living("staff", left_on=TODAY) == 0
    clerk.go(f"/year/leaver?staff={world.staff_alice}&last={TODAY}")
    clerk.chooses(child, "赵强")
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    assert living("pairing", child=world.child_a, teacher=world.staff_charlie) == 1
    assert living("staff", left_on=TODAY) == 1


@pytest.mark.parametrize("width", [1366, 390])
def test_a_call_to_the_wrong_parent_is_taken_back_and_the_right_one_is_timed(
    hand, world, clock, width
):
    father, mother = (only_parent(world, world.child_a, who) for who in ("父亲", "母亲"))
    barred = {"barred": "监护人书面要求", "barred_since": "2025-11-01"}
    service.update(world.clerk, find("parent"), mother.id, barred, mother.version)
    phone = hand("alice", width)
    phone.go("/call-desk")
    phone.press("看能打给谁")
    before = living("family-call")
    box = phone.page.locator("#child")
    with phone.page.expect_response(lambda answer: "/pick?" in answer.url):
        box.fill("张小雨")
    phone.page.locator('[role="option"]', has_text="张小雨").first.click()
    phone.press("看能打给谁")
    phone.sees("监护人书面要求", father.phone)
    phone.press("登记并开始")
    assert living("family-call") == before + 1
    phone.press("没打通")
    phone.sees("登记已撤回")
    assert living("family-call") == before
    phone.go(f"/call-desk?child={world.child_a}")
    phone.page.get_by_label("奶奶").check()
    phone.press("登记并开始")
    clock.advance(minutes=7)
    phone.page.get_by_label("情绪").fill("高兴")
    phone.press("打完了")
    phone.sees("通话已结束")
    call = newest(find("family-call"))
    assert (call.callee, str(call.ended_at), call.mood) == ("临时监护人", "10:37:00", "高兴")


@pytest.mark.parametrize("width", [1366, 390])
def test_the_home_is_opened_for_the_wrong_thing_taken_back_and_closed_with_a_roll_call(
    hand, world, clock, home_room, width
):
    raw = Factory(world.clerk).minimal(find("week-programme"))
    raw |= {"weekday": "星期三", "programme": "阅览", "since": "2025-09-01"}
    service.create(world.clerk, find("week-programme"), raw)
    phone = hand("alice", width)
    phone.go("/opening")
    phone.sees("阅览（今天的安排）")
    assert phone.page.get_by_label("阅览（今天的安排）").is_checked()
    phone.page.locator('[name="programme"][value="交流"]').check()
    phone.press("现在开放")
    phone.sees("正在开放")
    phone.confirm("开错了，撤回")
    phone.sees("这次开放已撤回")
    assert living("opening") == 0
    phone.press("现在开放")
    clock.advance(minutes=50)
    phone.page.get_by_label("张小雨").check()
    phone.page.get_by_label("曾思源").check()
    phone.page.get_by_label("曾思源").uncheck()
    phone.press("关闭，登记到场")
    phone.sees("到场 1 人，开放 50 分钟")
    opened = newest(find("opening"))
    assert (opened.programme, opened.children_count) == ("阅览", 1)
    assert living("opening-child", child=world.child_a) == 1


@pytest.fixture
def spring_ahead(world, clock):
    """In February: a class teacher and a pairing ended with the autumn, a class had its numbers."""
    change = service.update
    for slug, number in (("class-teacher", world.class_teacher), ("pairing", world.pairing_b)):
        record = every_row(find(slug)).where(find(slug).model.id == number).get()
        change(world.clerk, find(slug), number, {"until": "2026-01-31"}, record.version)
    size = {"semester": world.autumn, "pupils": 44, "boys": 20, "girls": 24}
    above = every_row(find("school-class")).where(find("school-class").model.id == world.class_1)
    line = {"class-size": [service.LineInput(size)]}
    change(world.clerk, find("school-class"), world.class_1, {}, above.get().version, line)
    clock.moment = datetime(2026, 2, 20, 9, 0)
    return date(2026, 3, 2)


@pytest.mark.parametrize("width", [1366, 390])
def test_a_semester_is_set_up_on_one_page_and_a_wrong_tick_is_taken_back(
    hand, world, spring_ahead, width
):
    clerk = hand(width=width)
    clerk.go("/year/")
    clerk.follow("准备学期")
    assert clerk.page.input_value("#from-day") == str(spring_ahead)
    line = clerk.page.locator('[data-line="pairing"]')
    assert line.get_attribute("data-state") == "partly"
    assert "曾思源没有结对教师" in line.inner_text()
    ticks = clerk.page.locator('[name="carry"]')
    assert ticks.count() == 4
    clerk.page.get_by_label("李博 曾思源 结对教师").uncheck()
    clerk.press("核对，先不写入")
    clerk.sees("还没有写入任何记录", "七（1）班 王爱丽")
    assert living("class-teacher", since=spring_ahead) == 0
    clerk.press("回去改")
    assert not clerk.page.get_by_label("李博 曾思源 结对教师").is_checked()
    clerk.press("核对，先不写入")
    clerk.press("确认沿用")
    clerk.sees("已沿用 3 条")
    assert living("class-teacher", since=spring_ahead) == 1
    assert living("class-size", semester=world.spring, pupils=44) == 1
    # The pairing had been meant too: the batch is taken back whole, and everything carried over.
    clerk.confirm("撤销")
    clerk.sees("已撤销")
    assert living("class-teacher", since=spring_ahead) == 0
    assert living("class-size", semester=world.spring) == 0
    clerk.go("/year/semester")
    clerk.press("核对，先不写入")
    clerk.press("确认沿用")
    clerk.sees("已沿用 4 条")
    assert living("pairing", child=world.child_b, since=spring_ahead) == 1
    assert clerk.page.locator('[name="carry"]').count() == 0


@pytest.fixture
def pair_of_bob(world):
    """Bob is paired with a child of Alice's class, whose records Alice looks through."""
    raw = {"teacher": world.staff_bob, "child": world.child_c, "since": "2025-09-01"}
    return service.create(world.clerk, find("pairing"), raw)


@pytest.mark.parametrize("width", [1366, 390])
def test_a_class_teachers_round_is_walked_and_a_wrong_answer_taken_back(
    hand, world, pair_of_bob, width
):
    teacher = hand("alice", width)
    teacher.go("/class-work/")
    child = teacher.page.locator(f'[data-child="{world.child_a}"]')
    assert "张奶奶" in child.inner_text()
    child.get_by_label("情况有变化", exact=True).check()
    teacher.press("核对，先不登记")
    teacher.sees("请写明变化了什么")
    child.get_by_role("textbox").fill("奶奶住院，改由姑姑照看")
    teacher.press("核对，先不登记")
    teacher.sees("还没有写入任何记录", "改由姑姑照看")
    assert living("census") == 0
    teacher.press("确认登记")
    teacher.sees("已登记 1 条", "1 / 2 名摸到了")
    # It was the other child's aunt: taken back, and both confirmed.
    teacher.confirm("撤销")
    teacher.sees("已撤销")
    assert living("census") == 0
    for number in (world.child_a, world.child_c):
        line = teacher.page.locator(f'[data-child="{number}"]')
        line.get_by_label("情况无变化", exact=True).check()
    teacher.press("核对，先不登记")
    teacher.press("确认登记")
    assert living("census", surveyor=world.staff_alice, result="情况无变化") == 2
    teacher.page.get_by_label("李博的意见").fill("谈心要写清孩子说了什么")
    teacher.page.locator("#check").get_by_role("button", name="核对，先不登记").click()
    teacher.press("确认登记")
    assert living("pairing-check", teacher=world.staff_bob, school_class=world.class_1) == 1
    teacher.page.locator("#hand-out").get_by_label("单明").uncheck()
    teacher.page.locator("#hand-out").get_by_role("button", name="核对，先不登记").click()
    teacher.sees("联系卡 发给张小雨的张奶奶")
    teacher.press("确认登记")
    assert living("document-issue", child=world.child_a, document="联系卡") == 1
    assert living("document-issue", child=world.child_c) == 0
    assert living("hand-in", school_class=world.class_1, kind="班级摸底汇总") == 1


@pytest.mark.parametrize("width", [1366, 390])
def test_a_new_principal_takes_the_post_over_and_the_wrong_one_is_taken_back(hand, world, width):
    head = {"position": "组长", "office": "校长", "duties": "全面负责", "since": "2025-09-01"}
    made = {"leadership-member": head | {"staff": world.staff_leadership}}
    made["post"] = {"kind": "信息员", "staff": world.staff_leadership, "since": "2025-09-01"}
    made["department"] = {"name": "政教处", "head": world.staff_leadership}
    for slug, raw in made.items():
        service.create(world.clerk, find(slug), raw)
    clerk = hand(width=width)
    clerk.go("/year/")
    clerk.follow("岗位换人")
    clerk.chooses("哪个岗位换人", "组长（校长） · 周校长")
    clerk.press("列出跟着走的")
    clerk.press("核对，先不办理")
    assert clerk.page.locator("#successor:invalid").count() == 1
    clerk.chooses("谁接任", "李博")
    clerk.page.get_by_label("岗位：信息员").uncheck()
    clerk.page.fill("#new_title", "校长")
    clerk.press("核对，先不办理")
    clerk.sees("还没有写入任何记录", "李博从 2025-11-12 起", "政教处负责人")
    clerk.press("回去改")
    assert not clerk.page.get_by_label("岗位：信息员").is_checked()
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    clerk.sees("岗位变动已办好")
    assert living("leadership-member", staff=world.staff_bob, position="组长") == 1
    assert living("staff", id=world.staff_bob, post="校长") == 1
    clerk.confirm("撤销")
    clerk.sees("已撤销")
    assert living("leadership-member", staff=world.staff_bob) == 0
    assert living("department", head=world.staff_leadership) == 1
    clerk.go("/year/post")
    clerk.chooses("哪个岗位换人", "组长（校长） · 周校长")
    clerk.press("列出跟着走的")
    clerk.chooses("谁接任", "赵强")
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    assert living("leadership-member", staff=world.staff_charlie, since=TODAY) == 1
    assert living("department", head=world.staff_charlie) == 1
    assert living("post", staff=world.staff_charlie) == 1


@pytest.mark.parametrize("width", [1366, 390])
def test_days_of_standing_in_are_arranged_and_the_wrong_colleague_taken_back(hand, world, width):
    clerk = hand(width=width)
    clerk.go("/year/")
    clerk.follow("安排代理")
    clerk.chooses("谁不在", "王爱丽")
    clerk.chooses("谁代理", "王爱丽")
    clerk.page.fill("#until", "2025-11-21")
    clerk.press("核对，先不办理")
    clerk.sees("代理人不能是缺岗教师本人")
    clerk.chooses("谁代理", "李博")
    clerk.press("核对，先不办理")
    clerk.sees("张小雨（结对教师）", "七（1）班", "2025-11-12 到 2025-11-21")
    assert living("substitution") == 0
    clerk.press("确认办理")
    clerk.sees("代理安排已办好")
    assert living("substitution", substitute=world.staff_bob) == 1
    clerk.confirm("撤销")
    clerk.sees("已撤销")
    assert living("substitution") == 0
    clerk.go("/year/stand-in")
    clerk.chooses("谁不在", "王爱丽")
    clerk.chooses("谁代理", "赵强")
    clerk.press("核对，先不办理")
    clerk.press("确认办理")
    assert living("substitution", substitute=world.staff_charlie) == 1


@pytest.mark.parametrize("width", [1366, 390])
def test_the_clerk_is_warned_when_the_address_on_paper_is_no_longer_true(
    hand, world, monkeypatch, width
):
    lies = {"at": "192.168.1.20"}
    monkeypatch.setattr("admin.people.many_accounts.own_address", lambda: lies["at"])
    clerk = hand(width=width)
    clerk.go("/connect")
    clerk.sees("还没有打印过地址", "http://192.168.1.20:")
    # The question is answered with no first: nothing is noted.
    clerk.page.get_by_role("button", name="已经打印", exact=True).click()
    clerk.page.locator("dialog[open]").wait_for()
    clerk.page.keyboard.press("Escape")
    clerk.go("/connect")
    clerk.sees("还没有打印过地址")
    clerk.confirm("已经打印")
    clerk.sees("不用换")
    lies["at"] = "192.168.1.77"
    clerk.go("/connect")
    clerk.sees("登录地址变了", "http://192.168.1.20:", "http://192.168.1.77:")
    clerk.confirm("已经打印")
    clerk.sees("不用换")
    lies["at"] = ""
    clerk.go("/connect")
    clerk.sees("没有连上校园网")


@pytest.mark.parametrize("width", [1366, 390])
def test_a_village_point_is_entered_and_its_week_comes_back_on_a_stick(hand, world, width):
    clerk = hand(width=width)
    clerk.go("/year/")
    assert "校点交换" not in clerk.page.content()
    clerk.go("/r/village-point/new")
    clerk.page.locator('[name="name"]').fill("石门教学点")
    clerk.page.locator('[name="since"]').fill("2025-09-01")
    clerk.page.locator('[type="checkbox"][name="network"]').uncheck()
    clerk.press("保存")
    clerk.page.wait_for_url(lambda address: not address.endswith("/new"))
    clerk.sees("石门教学点")
    point = newest(find("village-point"))
    assert point.network is False
    raw = Factory(world.clerk).minimal(find("room"))
    said = raw | {"name": "石门之家", "kind": "留守儿童之家", "point": point.id}
    service.create(world.clerk, find("room"), said)
    clerk.go("/year/")
    clerk.follow("校点交换")
    clerk.page.locator('[name="week"]').fill("2025-11-12")
    with clerk.page.expect_download() as download:
        clerk.page.get_by_role("button", name="下载石门教学点的工作簿").click()
    handed_out = Path(download.value.path()).read_bytes()
    before = living("safety-check")

    def send(data):
        file = {"name": "石门.xlsx", "mimeType": "application/xlsx", "buffer": data}
        clerk.page.locator("#file").set_input_files(file)
        clerk.press("上传并核对")

    # A wrong turn: somebody lengthened the week on the slip.
    send(filled(handed_out, 到="2025-12-31"))
    clerk.sees("交换单被改动过")
    send(filled(handed_out))
    clerk.sees("要导入 3 条，请核对")
    assert living("safety-check") == before
    clerk.press("确认导入")
    clerk.sees("已导入 3 条")
    assert living("safety-check") == before + 1
    # Another: the checks were last week's, and are taken back.
    clerk.confirm("撤销安全卫生检查")
    assert living("safety-check") == before
    clerk.go("/points/")
    send(filled(handed_out))
    clerk.sees("要导入 1 条，请核对")
    clerk.press("确认导入")
    clerk.sees("已导入 1 条")
    assert living("safety-check") == before + 1
    clerk.go("/r/opening/?f.village-point=石门教学点")
    clerk.sees("石门之家")


@pytest.mark.parametrize("width", [1366, 390])
def test_days_are_written_into_the_calendar_of_the_semester_and_taken_back(hand, world, width):
    clerk = hand(width=width)
    before = living("holiday")
    clerk.go(f"/year/semester?semester={world.spring}")
    clerk.chooses("哪一种", "本校放假")
    clerk.page.fill("#days-title", "农忙假")
    clerk.page.fill("#days-since", "2026-05-20")
    clerk.page.fill("#days-until", "2026-05-18")
    clerk.press("写进校历")
    clerk.sees("结束不能早于开始")
    assert clerk.page.input_value("#days-title") == "农忙假"
    clerk.page.fill("#days-until", "2026-05-22")
    clerk.press("写进校历")
    clerk.sees("校历里写了 3 天", "校历 本校放假 05-20 至 05-22")
    assert living("holiday") == before + 3
    clerk.confirm("撤销")
    assert living("holiday") == before


@pytest.mark.parametrize("width", [1366, 390])
def test_a_class_teacher_reports_on_a_child_after_one_field_was_forgotten(hand, world, width):
    alice = hand("alice", width=width)
    alice.go("/class-work/")
    name = "张小雨"
    alice.page.locator("#report summary", has_text=name).click()
    for field in ("study", "life", "conduct", "mental_health"):
        alice.page.fill(f"#{field}-{world.child_a}", "比上学期好")
    report = alice.page.locator("#report")
    report.get_by_role("button", name="核对，先不登记").click()
    alice.page.wait_for_load_state()
    alice.sees("请填写教育建议")
    assert alice.page.input_value(f"#study-{world.child_a}") == "比上学期好"
    assert living("semester-report") == 0
    alice.page.fill(f"#suggestions-{world.child_a}", "每周打一次电话")
    alice.page.locator("#report").get_by_role("button", name="核对，先不登记").click()
    alice.page.wait_for_load_state()
    alice.sees("还没有写入任何记录", name)
    alice.press("确认登记")
    alice.sees("已登记 1 条")
    assert living("semester-report", child=world.child_a) == 1
    alice.confirm("撤销")
    assert living("semester-report") == 0
