"""On a phone everything one presses is 44 px; a list has one scroll bar. Over the menus' pages.

The pages are those each role's own menu leads to, and what begins there: a record, its form.
"""

from __future__ import annotations

import re

import pytest

from tests.browser.test_axe import demo, said_of  # noqa: F401 -- the same school

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, OFFICE_PC = {"width": 390, "height": 844}, {"width": 1366, "height": 768}
# Half a pixel is lost in rounding.
LEAST = 43.5
ROLES = ("clerk", "teacher", "inspector")
BEYOND_THE_MENU = {
    "clerk": (
        "/r/child/1?tab=growth",
        "/r/talk/new",
        "/r/home-visit/1",
        "/semesters/1",
        "/r/child/1",
    ),
    "teacher": ("/r/talk/new", "/r/home-visit/new", "/take-along", "/account", "/search?q=w"),
    "inspector": ("/r/child/1", "/draws", "/r/talk/1"),
}

# What is pressed on purpose; a word in a running text may be as small as the text.
SMALL = """() => {
  const said = [];
  const asked = 'button,.button,summary,select,input:not([type=hidden]),textarea,nav a,' +
    '[role=tab],.lines-list a,th a,td > a,a.chip,a.state,.tile';
  for (const one of document.querySelectorAll(asked)) {
    let box = one;
    if (one.type === 'checkbox' || one.type === 'radio')
      box = one.closest('label') || document.querySelector(`label[for="${one.id}"]`) || one;
    const found = box.getBoundingClientRect(), style = getComputedStyle(one);
    if (!one.checkVisibility() || style.visibility === 'hidden' || found.width < 2) continue;
    if (one.closest('.spoken') || found.right <= 0 || found.height < 2) continue;
    if (found.height < LEAST || found.width < LEAST)
      said.push(`${one.tagName} "${(one.innerText || one.name || '').trim().slice(0, 16)}" ` +
        `${Math.round(found.width)}x${Math.round(found.height)}`);
  }
  return [...new Set(said)];
}""".replace("LEAST", str(LEAST))

# Boxes within the page that scroll up and down, the page itself among them.
SCROLLS = """() => {
  const found = [];
  const page = document.scrollingElement;
  if (page.scrollHeight > innerHeight + 1) found.push('page');
  for (const one of document.querySelectorAll('main *')) {
    const moves = /auto|scroll/.test(getComputedStyle(one).overflowY);
    if (moves && one.scrollHeight > one.clientHeight + 1) found.push(one.className);
  }
  if (page.scrollWidth > innerWidth) found.push('sideways');
  return found;
}"""


@pytest.fixture(params=ROLES)
def person(request, demo):  # noqa: F811
    names, password = said_of(demo)
    return request.param, names[request.param], password


def entered(chromium, demo, person, size):  # noqa: F811
    context = chromium.new_context(
        base_url=demo.address, viewport=size, locale="zh-CN", has_touch=size is PHONE
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/sign-in")
    page.fill("input[name=username]", person[1])
    page.fill("input[name=password]", person[2])
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"^(?!.*sign-in)"))
    return page


def pages_of(page, role):
    """Where the menu leads (of the registers every third, each role others) and some more pages."""
    page.goto("/r/")
    links = page.eval_on_selector_all("nav a[href^='/']", "all => all.map(a => a.pathname)")
    own = [one for one in dict.fromkeys(links) if not one.startswith("/sealed")]
    lists = [one for one in own if is_list(one)]
    chosen = lists[ROLES.index(role) :: 3]
    return [one for one in own if one not in lists or one in chosen], BEYOND_THE_MENU[role]


def is_list(address):
    return address.startswith("/r/") and address.count("/") == 3


def test_what_is_pressed_on_a_phone_is_large_and_a_list_has_one_scroll_bar(
    chromium,
    demo,  # noqa: F811
    person,
):
    page, wrong = entered(chromium, demo, person, PHONE), []
    own, more = pages_of(page, person[0])
    assert len(own) > 20
    for address in (*own, *more):
        answer = page.goto(address)
        assert answer.status == 200, address
        wrong += [f"{address}: {one}" for one in page.evaluate(SMALL)]
        if is_list(address):
            wrong += [f"{address}: {one}" for one in scroll_bars(page)]
    page.context.close()
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:60])


def test_a_list_has_one_scroll_bar_on_the_offices_screen(chromium, demo, person):  # noqa: F811
    page, wrong = entered(chromium, demo, person, OFFICE_PC), []
    lists = [address for address in pages_of(page, person[0])[0] if is_list(address)]
    assert len(lists) > 10
    for address in lists:
        page.goto(f"{address}?size=100")
        wrong += [f"{address}: {one}" for one in scroll_bars(page)]
    page.context.close()
    assert not wrong, "\n".join(wrong)


def scroll_bars(page):
    """The second scroll bar and what is too wide for the screen, if any."""
    found = page.evaluate(SCROLLS)
    return [found] if len(found) > 1 or "sideways" in found else []
