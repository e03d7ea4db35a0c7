"""The same thing sent twice is one: forms, and imports whose process died after the write."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from admin.work import import_work, uploads
from models.core import receipts, service
from models.core.database import connected, database
from models.core.errors import AlreadyDone
from models.core.gates import every_row
from models.core.register import find
from models.intake.report import Choices
from tests.workbooks import id_number, workbook
from tests.world import NOON

ROOT = Path(__file__).parent.parent
TALK = find("talk")


def once_of(page):
    return re.search(r'name="once" value="([^"]+)"', page.get_data(as_text=True)).group(1)


def talk(world, once, topic="一次"):
    return {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-11-11 12:00",
        "topic": topic,
        "once": once,
    }


def count(topic):
    return every_row(TALK).where(TALK.model.topic == topic).count()


def test_a_form_posted_twice_is_one_record_and_says_so(client_as, world):
    browser = client_as("alice")
    once = once_of(browser.get("/r/talk/new"))
    first = browser.post("/r/talk/new", data=talk(world, once))
    again = browser.post("/r/talk/new", data=talk(world, once), follow_redirects=True)
    assert first.status_code == 302
    assert "没有重复登记" in again.get_data(as_text=True)
    assert count("一次") == 1


def test_another_record_written_into_the_same_form_is_another_record(client_as, world):
    browser = client_as("alice")
    once = once_of(browser.get("/r/talk/new"))
    browser.post("/r/talk/new", data=talk(world, once))
    browser.post("/r/talk/new", data=talk(world, once, "另一次"))
    assert (count("一次"), count("另一次")) == (1, 1)


def test_nobody_learns_from_a_token_what_somebody_elses_post_made(world):
    with service.work(world.alice, token="t") as current:
        current.outcome = {"records": [7]}
    assert receipts.outcome_of(world.alice, "t") == {"records": [7]}
    assert receipts.outcome_of(world.clerk, "t") is None


def test_a_refused_post_leaves_no_receipt(client_as, world):
    browser = client_as("alice")
    once = once_of(browser.get("/r/talk/new"))
    posted = talk(world, once, "")
    assert browser.post("/r/talk/new", data=posted).status_code == 422
    assert browser.post("/r/talk/new", data=posted).status_code == 422


def test_three_at_once_are_one(world, data_dir):
    raw = {name: value for name, value in talk(world, "").items() if name != "once"}

    def send(_number):
        with connected():
            try:
                with service.work(world.alice, token="三次") as current:
                    made = service.create(world.alice, TALK, raw, current=current)
                    current.outcome = {"records": [made.id]}
                    return made.id
            except AlreadyDone as done:
                return done.outcome["records"][0]

    database.close()
    with ThreadPoolExecutor(3) as threads:
        ids = list(threads.map(send, range(3)))
    database.connect(reuse_if_open=True)
    assert len(set(ids)) == 1
    assert count("一次") == 1


HEAD = ["姓名", "性别", "出生日期", "身份证号", "班级", "是否留守"]


def roster(*numbers):
    placed = ["七（1）班", "双亲留守"]
    rows = [
        [f"孙{'一二三四五'[n]}", None, None, id_number("20130315", n * 2 + 1), *placed]
        for n in numbers
    ]
    return workbook(("名册", [HEAD, *rows, ["没有证件", "男", None, None, *placed]]))


# Imports one upload and kills itself at a given step: before the write, right after its commit,
# after the workbook with reasons, after the facts of the result.
DYING = """
import os, sys
from datetime import datetime
from pathlib import Path
import models.kept
from admin.work import import_work, uploads
from models.core import service
from models.core.actor import Actor
from models.core.database import connected, open_database
from models.intake.report import Choices
folder, token, user, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
die = lambda: os.kill(os.getpid(), 9)
def dying(target, name, *, after):
    kept = getattr(target, name)
    def call(*args, **more):
        if not after:
            die()
        made = kept(*args, **more)
        die()
        return made
    setattr(target, name, call)
if step == "before":
    dying(import_work, "import_roster", after=False)
elif step == "committed":
    dying(import_work, "import_roster", after=True)
elif step == "returned":
    dying(uploads, "_put", after=False)
elif step == "told":
    dying(uploads, "_put", after=True)
elif step == "writing":
    from models.core import audit
    dying(audit, "append", after=True)
open_database(folder)
actor = Actor(role="clerk", now=datetime(2025, 11, 12, 10, 30), user_id=user)
with connected():
    import_work.import_upload(actor, uploads.find(folder, user, token), Choices())
"""


@pytest.mark.skipif(not hasattr(os, "kill") or sys.platform == "win32", reason="no SIGKILL here")
@pytest.mark.parametrize("step", ["before", "writing", "committed", "returned", "told"])
def test_an_import_whose_process_dies_at_any_step_is_imported_once(world, data_dir, step):
    upload = uploads.keep(
        data_dir, world.clerk.user_id, import_work.ROSTER, "名册.xlsx", roster(0, 1, 2), NOON
    )
    database.close()
    arguments = [str(data_dir), upload.token, str(world.clerk.user_id), step]
    dead = subprocess.run([sys.executable, "-c", DYING, *arguments], cwd=ROOT, check=False)
    assert dead.returncode == -9
    database.connect(reuse_if_open=True)
    again = uploads.find(data_dir, world.clerk.user_id, upload.token)
    settled = import_work.settle(world.clerk, again)
    assert (settled.result is not None) == (step not in ("before", "writing"))
    if settled.result is None:
        import_work.import_upload(world.clerk, again, Choices())
    child = find("child")
    names = ["孙一", "孙二", "孙三"]
    assert every_row(child).where(child.model.name.in_(names)).count() == 3
    final = uploads.find(data_dir, world.clerk.user_id, upload.token)
    assert final.result["counts"]["new"] == 3
    assert final.result["refused_count"] == 1
    assert final.returned.is_file()


def test_the_page_of_an_import_that_died_shows_what_it_made(
    client_as, world, data_dir, monkeypatch
):
    browser = client_as("clerk")
    upload = uploads.keep(
        data_dir, world.clerk.user_id, import_work.ROSTER, "名册.xlsx", roster(3, 4), NOON
    )
    opened = import_work.open_upload(world.clerk, upload)
    opened.commit(world.clerk, Choices(), "名册", upload.token)
    page = browser.get(f"/imports/roster/{upload.token}")
    assert page.status_code == 302
    assert page.headers["Location"].endswith("/done")
    assert browser.get(page.headers["Location"]).status_code == 200
    kept = uploads.find(data_dir, world.clerk.user_id, upload.token).result
    assert kept["counts"]["new"] == 2


def test_a_second_confirmation_does_not_import_again(client_as, world, data_dir):
    browser = client_as("clerk")
    upload = uploads.keep(
        data_dir, world.clerk.user_id, import_work.ROSTER, "名册.xlsx", roster(3), NOON
    )
    for _time in range(2):
        browser.post(f"/imports/roster/{upload.token}/commit")
    child = find("child")
    assert every_row(child).where(child.model.name == "孙四").count() == 1


NEWS = workbook(
    (
        "简报",
        [["月份", "标题", "撰写日期", "报送渠道"], ["2025-11", "爱心书包", "2025-11-03", "校园网"]],
    )
)


@pytest.mark.parametrize("slug", [import_work.ROSTER, "news-item"])
def test_a_confirmation_that_finds_nothing_left_is_told_what_the_first_one_made(
    world, data_dir, slug
):
    data = roster(0, 1) if slug == import_work.ROSTER else NEWS
    upload = uploads.keep(data_dir, world.clerk.user_id, slug, "表.xlsx", data, NOON)
    opened = import_work.open_upload(world.clerk, upload)
    first = opened.commit(world.clerk, Choices(), "表", upload.token)
    assert first.batch
    with pytest.raises(AlreadyDone) as told:
        opened.commit(world.clerk, Choices(), "表", upload.token)
    assert told.value.outcome["batch"] == first.batch


def test_three_confirmations_at_once_are_one_import(world, data_dir):
    upload = uploads.keep(
        data_dir, world.clerk.user_id, import_work.ROSTER, "名册.xlsx", roster(0, 1), NOON
    )
    opened = import_work.open_upload(world.clerk, upload)

    def confirm(_number):
        with connected():
            try:
                return opened.commit(world.clerk, Choices(), "名册", upload.token).batch
            except AlreadyDone as done:
                return done.outcome["batch"]

    database.close()
    with ThreadPoolExecutor(3) as threads:
        batches = list(threads.map(confirm, range(3)))
    database.connect(reuse_if_open=True)
    assert len(set(batches)) == 1
    child = find("child")
    assert every_row(child).where(child.model.name.in_(["孙一", "孙二"])).count() == 2


def test_an_entry_a_phone_kept_is_written_once_and_answered_the_same(client_as, world):
    alice = client_as("alice")
    asks = {"Accept": "application/json"}
    ticket = alice.get("/outbox/ticket", headers=asks).get_json()
    assert ticket["account"] == str(world.alice.user_id)
    entry = talk(world, "page-1") | {"sent_as": "0af1"}
    first = alice.post("/r/talk/new", data=entry, headers=asks)
    assert first.status_code == 200, first.text
    again = alice.post("/r/talk/new", data=entry | {"content": "改过"}, headers=asks)
    assert again.get_json() == first.get_json()
    assert count("一次") == 1
    # Another person's entry of the same identity is another entry.
    other = entry | {"child": world.child_b, "teacher": world.staff_bob}
    assert client_as("bob").post("/r/talk/new", data=other, headers=asks).status_code == 200
    assert count("一次") == 2


def test_an_entry_whose_form_had_been_written_is_not_written_again(client_as, world):
    alice = client_as("alice")
    alice.post("/r/talk/new", data=talk(world, "page-2"))
    kept = talk(world, "page-2") | {"sent_as": "0af2"}
    sent = alice.post("/r/talk/new", data=kept, headers={"Accept": "application/json"})
    assert sent.status_code == 200
    assert count("一次") == 1


def test_a_refused_entry_says_why_and_may_be_sent_again(client_as, world):
    alice, asks = client_as("alice"), {"Accept": "application/json"}
    wrong = talk(world, "") | {"sent_as": "0af3", "topic": ""}
    refused = alice.post("/r/talk/new", data=wrong, headers=asks)
    assert refused.status_code == 422
    assert "主题" in refused.get_json()["message"]
    right = wrong | {"topic": "一次"}
    assert alice.post("/r/talk/new", data=right, headers=asks).status_code == 200
    assert count("一次") == 1
