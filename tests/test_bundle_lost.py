"""Files lost while a package was made: which, and a rebuild is suggested once they are back."""

from __future__ import annotations

import secrets

import pytest

from exports.documents.paper import Paper
from exports.pdf.errors import RenderFailed
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.gates import row
from models.core.register import find
from tests.bundle_school import add_file, add_photo, make, newest
from tests.test_bundle_changed import step_on
from tests.test_other_files import packed
from tests.world import NOON

__all__ = ["make"]

AWAY, CARD = "文件不见了或已损坏", "最近一份里少了的文件"


@pytest.fixture
def page(client_as):
    return lambda: client_as("clerk").get("/bundles/").text


@pytest.fixture
def taken(world, data_dir):
    """A photo and a speech of a meeting, both may go; their ids and where their files lie."""
    photo = add_photo(data_dir, "meeting", world.meeting, [], mark="无人脸", matter="会场")
    # Of its own bytes: what is in the cache is not read anew.
    words = packed("[Content_Types].xml", "word/document.xml", f"word/{secrets.token_hex()}.xml")
    speech = add_file(data_dir, "meeting", world.meeting, "speech", words)
    return {
        one: data_dir / "files" / row(SYSTEM, find("photo"), one).path for one in (photo, speech)
    }


def spoiled(path):
    """Change some bytes of a file, as a disk does; return how to bring it back."""
    data = path.read_bytes()
    path.write_bytes(data[:20] + bytes(255 - byte for byte in data[20:24]) + data[24:])
    return lambda: path.write_bytes(data)


def test_a_rebuild_is_suggested_once_the_files_are_back_and_not_before(make, page, taken):
    back = [spoiled(path) for path in taken.values()]
    built = make()
    assert (built.lost, built.lost_files) == (2, " ".join(map(str, taken)))
    for _again in range(2):
        told = page()
        assert step_on(told) == ("发布给督查", f"/bundles/{newest().id}/release")
        assert f"第 {newest().id} 号里少了 2 个照片或附件" in told
        assert "请管电脑的人从备份取回" in told
        card = told.partition(CARD)[2].partition("</section>")[0]
        assert [f"编号 {number} " in card for number in taken] == [True, True]
        assert all(f'href="/photos/{number}"' in card for number in taken)
        make()
    back[0]()
    told = page()
    assert step_on(told) == ("生成", "/bundles/build")
    assert "有 1 个已经补回或撤下了，重新生成一份" in told
    back[1]()
    built = make()
    assert (built.lost, built.lost_files) == (None, None)
    told = page()
    assert step_on(told)[0] == "发布给督查"
    assert AWAY not in told
    assert CARD not in told


def test_after_the_release_the_page_still_tells_what_is_away(make, page, taken, client_as):
    spoiled(next(iter(taken.values())))
    built = make()
    client_as("clerk").post(f"/bundles/{built.id}/release")
    told = page()
    assert "里少了 1 个照片或附件" in told
    assert CARD in told
    assert AWAY not in client_as("inspector").get("/bundles/").text


def test_a_lost_photo_that_was_given_up_asks_for_a_new_package(make, page, taken):
    photo, path = next(iter(taken.items()))
    spoiled(path)
    make()
    service.delete(system(NOON, "测试"), find("photo"), photo)
    assert "有 1 个已经补回或撤下了" in page()
    make()
    assert step_on(page())[0] == "发布给督查"


def test_what_was_supplied_meanwhile_leads_all_the_same(make, page, taken):
    spoiled(next(iter(taken.values())))
    built = make()
    # A month has begun since, which asks for news: what is supplied is more than that.
    for topic in ("工作职责", "建设与管理办法", "考核奖励办法"):
        regulation = {"title": topic, "topic": topic, "kind": "制度", "text": "各司其职"}
        service.create(system(NOON, "测试"), find("regulation"), regulation)
    assert f"还差 {built.missing} 项，现在只差 {built.missing - 3} 项了" in page()


def test_a_document_that_cannot_be_laid_out_is_told_with_what_to_do(make, page, monkeypatch):
    def refuse(*_asked, **_said):
        raise RenderFailed("有一块内容一页放不下")

    monkeypatch.setattr(Paper, "write", refuse)
    monkeypatch.setattr("exports.bundle.cache._read_note", lambda _note: None)
    built = make()
    assert built.lost > 0
    told = page()
    assert f"里有 {built.lost} 份文书排不出来，原因写在缺件清单里" in told
    assert step_on(told)[0] == "发布给督查"
