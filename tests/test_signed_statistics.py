"""The statistics table signed per semester: kept whole, never altered, told when numbers moved."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import datetime, time

import pytest
from openpyxl import load_workbook

from models.core import audit, calendar, service
from models.core.errors import BadFile, Denied, Invalid, RecordsError
from models.core.gates import every_row
from models.core.register import find
from models.core.rights import may
from models.school import signing
from tests import bundle_school
from tests.world import PASSWORD

PAGE = "/documents/statistics-table"
SIGN = f"{PAGE}/sign"
REGISTER = find("statistics-table")


def signed():
    return list(every_row(REGISTER).order_by(REGISTER.model.edition))


def sign_in_browser(client_as):
    return client_as("leadership").post(SIGN, data={"old": PASSWORD})


def numbers_move(world):
    child = every_row(find("child")).where(find("child").model.id == world.child_a).first()
    word = "住校" if child.boarding != "住校" else "走读"
    service.update(world.clerk, find("child"), child.id, {"boarding": word}, child.version)


def test_signing_keeps_the_table_its_hash_the_signer_and_the_head(world, client_as):
    _entries, head = audit.head()
    assert sign_in_browser(client_as).status_code == 303
    (one,) = signed()
    assert one.sha256 == hashlib.sha256(one.content.encode()).hexdigest()
    assert (one.edition, one.semester_id, one.signed_by) == (1, world.autumn, "周校长")
    assert one.signed_at == world.leadership.now
    assert one.head != audit.GENESIS
    assert audit.AuditEntry.select().where(audit.AuditEntry.hash == one.head).exists()
    total = json.loads(one.content)["rows"][-1]
    assert total[:1] == ["合计"]
    assert total[1][0] == 3
    assert head


def test_only_a_leader_signs_and_not_before_the_semester(world):
    semester = calendar.school_calendar().semester("2025-2026-1")
    for name in ("clerk", "alice", "inspector"):
        with pytest.raises(Denied):
            signing.sign(world.actors[name], REGISTER, semester, "{}", semester.first)
    early = world.actor("leadership", now=datetime(2025, 8, 20, 9, 0))
    with pytest.raises(Invalid, match="还没有开始"):
        signing.sign(early, REGISTER, semester, "{}", semester.first)
    assert signed() == []
    first_day = world.actor("leadership", now=datetime.combine(semester.first, time(8)))
    assert signing.sign(first_day, REGISTER, semester, "{}", semester.first).edition == 1


def test_a_signed_version_is_neither_altered_nor_deleted_and_another_signature_is_a_new_one(
    world, client_as
):
    sign_in_browser(client_as)
    (one,) = signed()
    for person in world.actors.values():
        assert not may(person, "edit", REGISTER)
        assert not may(person, "delete", REGISTER)
    for actor in (world.leadership, world.leadership.as_product):
        with pytest.raises(RecordsError):
            service.update(actor, REGISTER, one.id, {"content": "{}"}, one.version)
        with pytest.raises(RecordsError):
            service.delete(actor, REGISTER, one.id)
    numbers_move(world)
    sign_in_browser(client_as)
    first, second = signed()
    assert (first.content, first.sha256) == (one.content, one.sha256)
    assert (first.edition, second.edition) == (1, 2)
    assert first.content != second.content


def test_the_page_shows_the_versions_and_says_when_the_numbers_moved(world, client_as):
    assert "还没有签署" in client_as("clerk").get(PAGE).text
    sign_in_browser(client_as)
    before = client_as("clerk").get(PAGE).text
    assert "第 1 版" in before
    assert "周校长" in before
    assert "数据有变" not in before
    numbers_move(world)
    after = client_as("clerk").get(PAGE).text
    assert "数据有变" in after
    assert "签署这一版" not in after
    assert "签署这一版" in client_as("leadership").get(PAGE).text
    old = client_as("clerk").get(f"{PAGE}?signed=1").text
    assert signed()[0].sha256 in old
    assert client_as("clerk").get(f"{PAGE}?signed=7").status_code == 404


def test_a_text_that_is_not_what_was_signed_is_not_printed(world, client_as):
    sign_in_browser(client_as)
    (one,) = signed()
    one.content = one.content.replace('"合计"', '"合 计"')
    with pytest.raises(BadFile, match="不符"):
        signing.content_of(one)


SIGNED_PART = """
[[part]]
number = 1
clause = "S03-18(5)"
title = "学期统计"
[[part.source]]
title = "留守儿童统计表"
make = "signed"
register = "statistics-table"
at_least = 1
supplier = "领导小组"
"""


def test_the_bundle_ships_the_newest_signed_version_and_not_todays_numbers(
    world, client_as, data_dir, tmp_path
):
    declared = bundle_school.declared(SIGNED_PART)
    built = bundle_school.build(data_dir, tmp_path / "none.zip", declared=declared)
    assert [one.why for one in built.survey.missing] == ["还没有登记"]
    assert built.documents == 0
    sign_in_browser(client_as)
    numbers_move(world)
    built = bundle_school.build(data_dir, tmp_path / "one.zip", declared=declared)
    assert built.survey.missing == []
    with zipfile.ZipFile(built.path) as archive:
        names = [name for name in archive.namelist() if "/01-" in name]
        (workbook,) = [archive.read(name) for name in names if name.endswith(".xlsx")]
    assert [name.rpartition(".")[2] for name in names] == ["pdf", "xlsx"]
    assert all("第1版" in name for name in names)
    (tmp_path / "table.xlsx").write_bytes(workbook)
    sheet = load_workbook(tmp_path / "table.xlsx").active
    last = [cell.value for cell in list(sheet.rows)[-1]]
    title, numbers = json.loads(signed()[0].content)["rows"][-1]
    assert last == [title, *numbers]
