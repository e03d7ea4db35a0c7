"""From page to page as a reader goes: every link leads somewhere, and no page shows a code name.

The school is a demo school; each kind of address is opened once per role, where several pages of a
kind are linked the first of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from app import create_app
from compliance.ordered.catalogue import duties
from models.core import calendar
from models.core.register import REGISTERS
from tests.conftest import Browser
from tests.world import StandingClock

ACCOUNTS = ("jiaoshi", "wenyuan", "lingdao", "xinli", "ducha")
PASSWORD = "liushou-2025"
# Words for the product alone; on a Chinese page not even a single English one stands by itself.
CODES = set(REGISTERS) | {duty.code for duty in duties()}
NAMED = "|".join(sorted(CODES, key=len, reverse=True))
CODE = re.compile(rf"(?<![\w/.-])(?:{NAMED})(?![\w-])")
# Files and papers are opened by their own tests, for every register; here it would take minutes.
LEFT_OUT = re.compile(
    r"\.\w+$|^/static/|^/r/[\w-]+/(?:book|export|import|template|print)|/pdf$|/history$"
)


# A page of ours is well formed; a parser of Python's own takes longer than the page.
NOT_READ = re.compile(r"<(script|style|template)\b.*?</\1>", re.DOTALL)
LINK = re.compile(r"<a\b[^>]*?\shref=\"([^\"]+)\"")
READ_OUT = re.compile(r"\s(?:title|aria-label|alt)=\"([^\"]+)\"")
TAG = re.compile(r"<[^>]*>")


def links_of(text):
    """The addresses a page leads to."""
    return [unescape(link) for link in LINK.findall(text)]


def said_in(text):
    """What a person reads or is read on a page."""
    text = NOT_READ.sub(" ", text)
    return unescape(" ".join([TAG.sub(" ", text), *READ_OUT.findall(text)]))


def test_what_is_read_of_a_page():
    page = """<a class="x" href="/a?b=1&amp;c=2" title="talk-weekly">家访 <b>记录</b></a>
    <script>home-visit</script><img alt="照片"><template><a href="/made">x</a></template>"""
    assert links_of(NOT_READ.sub(" ", page)) == ["/a?b=1&c=2"]
    words = said_in(page).split()
    assert words == ["家访", "记录", "talk-weekly", "照片"]


@pytest.fixture(scope="module")
def demo_app(small_demo):
    yield create_app(small_demo, clock=StandingClock(datetime(2025, 12, 10, 10, 0)))
    calendar.forget()


def kind_of(address):
    """The path of an address without its numbers: pages of one kind are made alike."""
    return re.sub(r"\d+", "N", urlsplit(address).path)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_link_leads_somewhere_and_no_page_shows_a_code(demo_app, account):
    client = Browser(demo_app)
    answer = client.post("/sign-in", data={"username": account, "password": PASSWORD})
    assert answer.status_code == 303
    waiting, kinds, wrong = [("/", "")], set(), []
    while waiting:
        address, whence = waiting.pop(0)
        if kind_of(address) in kinds or LEFT_OUT.search(urlsplit(address).path):
            continue
        kinds.add(kind_of(address))
        answer = client.get(address)
        if answer.status_code in (302, 303, 308):
            waiting.append((urljoin(address, answer.location), address))
        elif answer.status_code != 200:
            wrong.append(f"{answer.status_code} {address} from {whence}")
        elif answer.mimetype == "text/html":
            page = NOT_READ.sub(" ", answer.text)
            if met := sorted(set(CODE.findall(said_in(page)))):
                wrong.append(f"{address} shows {met[:5]}")
            links = (urljoin(address, link).partition("#")[0] for link in links_of(page))
            waiting += [
                (link, address) for link in links if link.startswith("/") and "/static/" not in link
            ]
        answer.close()
    assert len(kinds) > 60
    assert not wrong, "\n".join(wrong)
