"""The main pages of clerk, teacher and inspector hold no serious accessibility fault (axe-core)."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SERIOUS = ("serious", "critical")
WIDTHS = (1366, 390)
REGISTERS = ("/r/child/", "/r/talk/", "/r/home-visit/", "/r/meeting/", "/r/family-call/")
PAGES = {
    "clerk": (
        "/board/",
        "/board/?view=box",
        "/board/?view=regulation",
        "/board/?view=heat",
        "/board/burden",
        "/board/teachers",
        "/board/teachers/3",
        "/board/teachers/3?duty=talk-weekly",
        "/board/classes",
        "/r/school-class/1?span=semester",
        "/draws",
        "/missed",
        *REGISTERS,
        "/r/talk/new",
        "/r/meeting/new",
        "/r/child/1",
        "/r/child/1?tab=happened",
        "/r/child/1?tab=growth",
        "/r/child/1?tab=files",
        "/r/child/1/edit",
        "/r/child/1/history",
        "/r/home-visit/1",
        "/r/staff/1/delete",
        "/r/talk/bin",
        "/r/",
        "/search?q=w",
        "/imports/",
        "/imports/roster",
        "/bundles/",
        "/accounts",
        "/accounts/new",
        "/unmask",
        "/account",
    ),
    "teacher": (
        "/today",
        "/board/?view=heat",
        "/board/burden",
        "/missed",
        *REGISTERS[:3],
        "/r/talk/new",
        "/r/home-visit/new",
        "/account",
    ),
    "inspector": (
        "/board/",
        "/missed",
        "/draws",
        "/board/teachers/3",
        *REGISTERS[:3],
        "/r/child/1",
        "/r/child/1?tab=happened",
        "/r/child/1?tab=growth",
        "/r/child/1?tab=files",
        "/r/talk/1",
        "/bundles/",
    ),
}


@pytest.fixture(scope="module")
def demo(small_demo):
    served = Served(small_demo, "demo", "--today", "2025-12-10")
    yield served
    served.stop()


def said_of(demo):
    """The demo's account names by role, and their password."""
    said = json.loads((demo.data_dir / "demo.json").read_text("utf-8"))
    names = {}
    for username, role in said["accounts"].items():
        for word, name in (("文员", "clerk"), ("督查", "inspector"), ("教师", "teacher")):
            if role.startswith(word):
                names.setdefault(name, username)
    return names, said["password"]


@pytest.fixture
def page(chromium, demo):
    context = chromium.new_context(base_url=demo.address, locale="zh-CN")
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


# Contrast is looked at on the screen a role works with: it costs most of the time, and colours do
# not change with the width.
OWN_WIDTH = {"clerk": 1366, "teacher": 390, "inspector": 1366}


def faults(page, where, *, contrast=True):
    """The serious and critical findings on the page as it stands."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # Only violations are told node by node; of what passes one node says that it was looked at.
    rules = {"color-contrast": {"enabled": contrast}}
    found = axe.run(page, options={"resultTypes": ["violations"], "rules": rules}).response
    assert found["passes"], "axe looked at nothing"
    return [
        f"{where}: {one['id']} at {node['target'][0]} ({one['help']})"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("role", list(PAGES))
def test_the_main_pages_have_no_serious_fault(page, demo, role):
    names, password = said_of(demo)
    page.goto("/sign-in")
    wrong = faults(page, "/sign-in")
    page.get_by_label("登录名").fill(names[role])
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()
    assert "/sign-in" not in page.url
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 850})
        for address in PAGES[role]:
            answer = page.goto(address)
            assert answer.status == 200, address
            own = width == OWN_WIDTH[role]
            wrong += faults(page, f"{address} at {width}", contrast=own)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{address} at {width}: {wide} px wide")
    assert not wrong, "\n" + "\n".join(wrong)
