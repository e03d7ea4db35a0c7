"""The pages of the package lead with its versions, the next step, and what changed since."""

from __future__ import annotations

import re
from datetime import timedelta

from exports.bundle.changed import changed_from
from models.core import service
from models.core.actor import system
from models.core.register import find
from tests.bundle_school import make, office
from tests.world import NOON

__all__ = ["make"]

NEW = {"title": "开学典礼", "starts_on": "2025-09-01"}


def step_on(page):
    """The word of the button that leads the page, and where it posts to."""
    (form,) = re.findall(
        r'<form method="post" action="([^"]*)">(?:(?!</form>).)*button--primary[^>]*data-confirm'
        r"(?:(?!</form>).)*</svg>([^<]*)</button>",
        page.partition('class="card')[0],
        re.DOTALL,
    )
    return form[1].strip(), form[0]


def test_the_archives_tree_counts_only_where_both_hold_it():
    eight, item = {"01-甲/01-名单.pdf": "a"}, {"档案十八项/03-乙/01-名册.pdf": "b"}
    assert changed_from(eight, eight | item).lines == []
    assert changed_from(eight | item, eight).lines == []
    other = {"档案十八项/03-乙/01-名册.pdf": "c"}
    assert changed_from(eight | item, eight | other).changed == ("名册",)


def test_a_file_moved_up_by_another_is_the_same_file():
    old = {"01-甲/01-名单.pdf": "a", "01-甲/02-制度.pdf": "b", "01-甲/03-旧.pdf": "c"}
    new = {"01-甲/01-新.pdf": "d", "01-甲/02-名单.pdf": "a", "01-甲/03-制度.pdf": "x"}
    found = changed_from(old, new)
    assert (found.added, found.removed, found.changed) == (("新",), ("旧",), ("制度",))
    assert found.lines == [
        ("新增 1 个文件", "新"),
        ("撤下 1 个文件", "旧"),
        ("内容有改动 1 个文件", "制度"),
    ]
    assert changed_from(old, old).lines == []


def test_of_several_files_of_one_title_those_that_stayed_are_not_told():
    old = {f"01-甲/照片/{n:04d}-会场.jpg": str(n) for n in range(1, 4)}
    new = {f"01-甲/照片/{n:04d}-会场.jpg": str(n) for n in range(2, 6)}
    assert changed_from(old, new).lines == [
        ("新增 1 个文件", "会场"),
        ("内容有改动 1 个文件", "会场"),
    ]


def test_long_lists_are_cut_and_counted():
    new = {f"01-甲/{n:02d}-文书{n}.pdf": "a" for n in range(1, 13)}
    ((word, told),) = changed_from({}, new).lines
    assert word == "新增 12 个文件"
    assert told.endswith("文书8，还有 4 种")


def test_the_next_step_is_the_one_button_on_top(client_as, make, world):
    clerk = client_as("clerk")
    assert step_on(clerk.get("/bundles/").text) == ("生成", "/bundles/build")
    first = make()
    page = clerk.get("/bundles/").text
    assert step_on(page) == ("发布给督查", f"/bundles/{first.id}/release")
    assert page.count("</svg>发布给督查</button>") == 1
    assert page.index("做过的版本") < page.index("八个部分</h2>")
    clerk.post(f"/bundles/{first.id}/release")
    page = clerk.get("/bundles/").text
    assert step_on(page) == ("生成", "/bundles/build")
    assert f"第 {first.id} 号已发布" in page


def test_what_was_supplied_since_is_a_reason_to_make_it_anew(client_as, make, world):
    first = make()
    office(system(NOON, "测试"))
    page = client_as("clerk").get("/bundles/").text
    assert step_on(page)[0] == "生成"
    told = rf"第 {first.id} 号还差 {first.missing} 项，现在只差 (\d+) 项了"
    assert int(re.search(told, page)[1]) < first.missing


def test_office_and_inspector_read_what_changed_since_the_last_release(
    client_as, make, world, clock
):
    clerk, inspector = client_as("clerk"), client_as("inspector")
    first = make()
    assert "上次发布的比" not in clerk.get("/bundles/").text
    clerk.post(f"/bundles/{first.id}/release")
    service.create(system(NOON + timedelta(hours=1), "测试"), find("calendar-event"), NEW)
    second = make()
    assert second.sha256 != first.sha256
    page = clerk.get("/bundles/").text
    assert "最近一份和上次发布的比" in page
    assert f"第 {first.id} 号" in page
    assert "新增 1 个文件" in page
    assert re.search(r"新增 1 个文件<span[^>]*>[^<]*行事历", page)
    # The inspector reads of released ones alone.
    assert "上次发布的比" not in inspector.get("/bundles/").text
    clerk.post(f"/bundles/{second.id}/release")
    assert "这一份和上次发布的比" in inspector.get("/bundles/").text
    clerk.post(f"/bundles/{first.id}/withdraw")
    page = inspector.get("/bundles/").text
    assert "上次发布的比" not in page
    assert inspector.get(f"/bundles/{first.id}/files/index.html").status_code == 404


def test_a_file_that_is_gone_is_no_error_of_the_page(client_as, make, world, data_dir):
    clerk = client_as("clerk")
    first = make()
    clerk.post(f"/bundles/{first.id}/release")
    service.create(system(NOON + timedelta(hours=1), "测试"), find("calendar-event"), NEW)
    make()
    (data_dir / "bundles" / first.path).unlink()
    page = clerk.get("/bundles/")
    assert page.status_code == 200
    assert "上次发布的比" not in page.text
