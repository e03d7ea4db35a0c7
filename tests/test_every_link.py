"""From page to page as a reader goes: every link leads somewhere, and no page shows a code name.

The school is a demo school; each kind of address is opened once per role, where several pages of a
kind are linked the first of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from admin.commands.demo import SMALLEST
from app import create_app, main
from compliance.ordered.catalogue import duties
from models.core import calendar
from models.core.register import REGISTERS
from tests.conftest import Browser
from tests.world import StandingClock

pytestmark = pytest.mark.xdist_group("links")

ACCOUNTS = ("jiaoshi", "wenyuan", "lingdao", "xinli", "ducha")
PASSWORD = "liushou-2025"
# Words for the product alone; a single English word may also stand in a text.
CODES = {slug for slug in REGISTERS if "-" in slug} | {d.code for d in duties() if "-" in d.code}
NAMED = "|".join(sorted(CODES, key=len, reverse=True))
CODE = re.compile(rf"(?<![\w/.-])(?:{NAMED})(?![\w-])")
# Files and papers are opened by their own tests, for every register; here it would take minutes.
LEFT_OUT = re.compile(
    r"\.\w+$|^/static/|^/r/[\w-]+/(?:book|export|import|template|print)|/pdf$|/history$"
)


class Page(HTMLParser):
    """The links of a page, and what a person reads on it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.said, self.hidden = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.hidden += tag in ("script", "style", "template")
        if tag == "a" and named.get("href"):
            self.links.append(named["href"])
        self.said += [named[name] for name in ("title", "aria-label", "alt") if named.get(name)]

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style", "template")

    def handle_data(self, data):
        if not self.hidden:
            self.said.append(data)


@pytest.fixture(scope="module")
def demo_app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("links")
    patch = pytest.MonkeyPatch()
    patch.setenv("SCHOOL_DATA", str(folder))
    patch.delenv("DATABASE_URL", raising=False)
    words = ("demo", "--no-serve", "--size", str(SMALLEST), "--today", "2025-12-10")
    assert main(list(words)) == 0
    yield create_app(folder, clock=StandingClock(datetime(2025, 12, 10, 10, 0)))
    patch.undo()
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
            page = Page(answer.text)
            if met := sorted(set(CODE.findall(" ".join(page.said)))):
                wrong.append(f"{address} shows {met[:5]}")
            links = (urljoin(address, link).partition("#")[0] for link in page.links)
            waiting += [
                (link, address) for link in links if link.startswith("/") and "/static/" not in link
            ]
        answer.close()
    assert len(kinds) > 60
    assert not wrong, "\n".join(wrong)
