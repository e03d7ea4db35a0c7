"""Paper in quickly: twenty lines of a weekly sheet by keyboard alone, and a block from Excel."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.batches import Batch
from models.core.gates import every_row
from models.core.pinyin import search_keys
from models.core.register import find
from tests.browser.test_outbox import address, sign_in
from tests.factory import Factory

__all__ = ["address"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LINES = 20
# A slow typist strikes five keys in a second: twenty lines in three minutes.
KEYS_IN_THREE_MINUTES = 3 * 60 * 5
NAMES = "付谷韩穆聂庞瞿阮涂邬"


class Typist:
    """The clerk at a keyboard without a mouse; every key struck is counted."""

    def __init__(self, page):
        self.page, self.keys = page, 0

    def type(self, text):
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, key, times=1):
        for _ in range(times):
            self.keys += 1
            self.page.keyboard.press(key)

    def cell(self, text=""):
        """Fill the cell and go on to the next."""
        self.type(text)
        self.press("Enter")

    def focused(self):
        return self.page.evaluate("document.activeElement.id")


@pytest.fixture
def clerk(chromium, address, world):
    context = chromium.new_context(
        viewport={"width": 1366, "height": 900}, base_url=address, locale="zh-CN"
    )
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, "clerk")
    yield Typist(page)
    assert faults == []
    context.close()


@pytest.fixture
def children(world):
    """Twenty children of the teacher's school, ten surnames, each with a father on file."""
    made = []
    for place in range(LINES):
        name = NAMES[place % 10] + ("晓岚" if place < 10 else "大河")
        raw = Factory(world.clerk).minimal(find("child")) | {"name": name}
        child = service.create(world.clerk, find("child"), raw)
        father = Factory(world.clerk).minimal(find("parent"))
        father |= {"child": child.id, "relation": "父亲"}
        service.create(world.clerk, find("parent"), father)
        made.append(name)
    return made


def open_grid(clerk, world):
    page = clerk.page
    page.goto("/weekly-sheet")
    page.wait_for_selector("#teacher:focus")
    with page.expect_response(lambda answer: "/pick?" in answer.url):
        clerk.type("wal")
    page.wait_for_selector("[data-picker] .is-active")
    clerk.press("Enter")
    clerk.press("Tab")
    clerk.press("Tab")
    while clerk.focused() != "handed_on":
        clerk.press("Tab")
    clerk.press("Enter")
    page.wait_for_selector("#cell-0-talk-day:focus")


def talks_of(children):
    child, talk = find("child"), find("talk")
    numbers = every_row(child).where(child.model.name.in_(children)).select(child.model.id)
    return list(every_row(talk).where(talk.model.child.in_(numbers)))


def test_twenty_lines_by_keyboard_alone_in_three_minutes(clerk, world, children):
    open_grid(clerk, world)
    assert clerk.focused() == "cell-0-talk-day"
    clerk.press("Shift+Enter")
    began = clerk.keys
    for place, name in enumerate(children):
        assert clerk.focused() == f"cell-{place + 1}-child"
        clerk.cell(search_keys(name).split()[0])
        clerk.cell("1" if not place else "=")
        clerk.cell("xuexiqingkuang" if not place else "=")
        clerk.cell("学生")
        clerk.cell("zuoyewancheng" if place % 4 == 0 else "=")
        clerk.cell("2" if not place else "=")
        clerk.cell("f")
        clerk.press("Shift+Enter")
    typed = clerk.keys - began

    assert typed <= KEYS_IN_THREE_MINUTES, typed
    clerk.press("Control+Enter")
    clerk.page.wait_for_url("**/weekly-sheet/done/*")
    assert "已录入 40 条" in clerk.page.inner_text("h1")
    made = talks_of(children)
    assert len(made) == LINES
    assert {one.topic for one in made} == {"xuexiqingkuang"}
    assert len({one.child_id for one in made}) == LINES
    call = find("family-call").model
    assert every_row(find("family-call")).where(call.callee == "父亲").count() >= LINES


def test_a_block_from_excel_goes_in_and_one_wrong_turn_is_taken_back(clerk, world, children):
    page = clerk.page
    open_grid(clerk, world)
    block = "学生\t周几\t主题\n" + "\n".join(f"{name}\t2\t粘贴的主题" for name in children)
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
        document.activeElement.closest('tr').querySelector('[data-column=child]').focus();
        document.activeElement.dispatchEvent(new ClipboardEvent('paste',
        { clipboardData: data, bubbles: true, cancelable: true })); }""",
        block,
    )
    assert page.input_value("#cell-19-child") == children[-1]
    clerk.press("ArrowDown")
    page.focus("#cell-3-talk-day")
    clerk.type("9")
    clerk.press("Control+Enter")
    page.wait_for_selector(".grid__errors")
    assert clerk.focused() == "cell-3-talk-day"
    assert page.input_value("#cell-19-talk-topic") == "粘贴的主题"
    assert talks_of(children) == []
    clerk.type("2")
    clerk.press("Control+Enter")
    page.wait_for_url("**/weekly-sheet/done/*")
    assert len(talks_of(children)) == LINES
    batch = Batch.select().order_by(Batch.id.desc()).get()
    page.click("text=撤销这张表")
    page.click("dialog[open] [data-confirm-yes]")
    page.wait_for_selector("h1:has-text('已撤销')")
    assert talks_of(children) == []
    assert batch.kind == "paper"


def test_a_name_that_could_be_two_is_not_taken_for_one(clerk, world, children):
    open_grid(clerk, world)
    clerk.press("Shift+Enter")
    clerk.type("f")
    clerk.press("Enter")
    assert clerk.page.input_value("#cell-1-child") == "f"
    assert clerk.focused() == "cell-1-talk-day"
