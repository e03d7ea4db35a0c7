"""Two rows of one person made one: every link that points at either is moved, and comes back."""

from __future__ import annotations

import pytest
from peewee import DateField, DateTimeField, ForeignKeyField, IntegerField

from models.core import audit, batches, service, undo
from models.core.actor import SYSTEM, system
from models.core.database import writing
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, find
from models.school.merging import MERGEABLE, likely_twins, links_to, merge, preview
from tests.factory import Factory
from tests.lock_states import closed
from tests.world import EARLIER

LINKS = [
    (slug, other.slug, spec.name)
    for slug in MERGEABLE
    for other, spec in links_to(find(slug))
    if spec.secret.name != "SEALED"
]
CHILD = {"sex": "女", "born_on": "2012-05-06", "identified_on": "2025-09-05"}
# Both rows of one person, the first to be kept; None where the world has it already.
ROWS = {
    "child": (None, {**CHILD, "name": "张小雨", "no_id_reason": "办理中", "talents": "跳绳"}),
    "staff": (None, {"name": "王爱丽", "sex": "女", "subject": "数学"}),
    "parent": (None, {"relation": "继父或养父", "name": "张建国", "job": "木工"}),
    "guardian": (None, {"relation": "祖母", "name": "张奶奶", "rank": "2", "since": "2025-02-11"}),
    "volunteer": ({"name": "吴志远", "kind": "编外家长", "sex": "男"}, {"phone": "13985671234"}),
    "coordination-member": (
        {"name": "吴志远", "unit": "团委", "since": "2025-09-01"},
        {"post": "所长"},
    ),
}
KEPT = {"child": "child_a", "staff": "staff_alice", "parent": "father_a", "guardian": "guardian_a"}


def pair(world, slug):
    """Two living rows of one person; the first is the one to keep."""
    register, maker = find(slug), system(EARLIER, "测试")
    first, second = ROWS[slug]
    if slug in ("parent", "guardian"):
        second = {**second, "child": world.child_a}
    kept = world.ids[KEPT[slug]] if first is None else service.create(maker, register, first).id
    fields = register.fields
    raw = {**(first or {}), **{name: v for name, v in second.items() if name in fields}}
    return kept, service.create(maker, register, raw).id


def put(other, name, number):
    """Point a record of another register at a person, whatever its own rules would say."""
    if other.sealed or other.slug == "photo-child":
        record = bare(other, **{name: number})
    else:
        record = Factory(system(EARLIER, "测试")).save(other)
    with writing():
        other.model.update({name: number}).where(other.model.id == record.id).execute()
    return record.id


def bare(declared, **values):
    """A row that only the product or a counsellor could make, written past the service."""
    record = declared.model(entered_at=EARLIER, changed_at=EARLIER)
    for column in declared.model._meta.sorted_fields:
        if column.null or column.default is not None or column.name == "id":
            continue
        known = values.get(column.name)
        if isinstance(column, ForeignKeyField):
            target = next(r for r in REGISTERS.values() if r.model is column.rel_model)
            record.__data__[column.name] = known or (
                bare(target).id if target.slug == "photo" else every_row(target).first().id
            )
        else:
            by_type = {DateField: EARLIER.date(), DateTimeField: EARLIER, IntegerField: 1}
            made = next((v for kind, v in by_type.items() if isinstance(column, kind)), "talk")
            record.__data__[column.name] = known or made
    with writing():
        record.save(force_insert=True)
    return record


def link_of(other, number, name):
    (record,) = rows(SYSTEM, other, deleted=None).where(other.model.id == number)
    return record.__data__[name], record.deleted_at


# Here the record of the two rows would contradict each other: one is to be ended first.
CONTRADICTING = {("child", "peer-pairing", "helper_child"), ("staff", "pairing", "teacher")}


@pytest.mark.parametrize(("slug", "other", "name"), LINKS)
def test_every_link_is_moved_and_comes_back_when_undone(world, slug, other, name):
    register, linked = find(slug), find(other)
    kept, lost = pair(world, slug)
    if slug == "child":
        father = {"child": lost, "relation": "父亲", "name": "张建国", "phone": "13985670002"}
        service.create(system(EARLIER, "测试"), find("parent"), father)
    number = put(linked, name, lost)
    if (slug, other, name) in CONTRADICTING:
        with pytest.raises(Invalid, match="没有合并"):
            merge(world.clerk, register, kept, lost)
        assert link_of(linked, number, name) == (lost, None)
        return
    merged = merge(world.clerk, register, kept, lost)
    pointing, deleted = link_of(linked, number, name)
    doubled = linked.title in [title for title, _label in merged.doubles]
    assert pointing == kept or (doubled and deleted)
    model = linked.model
    assert not every_row(linked).where(getattr(model, name) == lost).exists()
    assert not every_row(register).where(register.model.id == lost).exists()
    report = undo.undo(world.clerk, merged.batch)
    assert report.left == []
    assert link_of(linked, number, name) == (lost, None)
    assert every_row(register).where(register.model.id == lost).exists()
    assert audit.verify().intact


def test_a_line_that_is_moved_moves_the_version_of_its_record(world):
    kept, lost = pair(world, "staff")
    visitors, visits = find("home-visitor"), find("home-visit")
    line = put(visitors, "staff", lost)
    home = every_row(visitors).where(visitors.model.id == line).get().visit_id

    def version():
        return every_row(visits).where(visits.model.id == home).get().version

    before = version()
    merge(world.clerk, find("staff"), kept, lost)
    assert version() == before + 1


def test_what_is_attached_goes_along_and_blanks_are_filled(world):
    kept, lost = pair(world, "child")
    photo = bare(find("photo"), register="child")
    with writing():
        find("photo").model.update(record_id=lost).where(
            find("photo").model.id == photo.id
        ).execute()
    merged = merge(world.clerk, find("child"), kept, lost)
    model = find("photo").model
    assert every_row(find("photo")).where(model.id == photo.id).get().record_id == kept
    assert merged.filled == [("兴趣特长", "跳绳")]
    child = find("child").model
    assert every_row(find("child")).where(child.id == kept).get().talents == "跳绳"
    assert undo.undo(world.clerk, merged.batch).left == []
    assert every_row(find("photo")).where(model.id == photo.id).get().record_id == lost
    assert every_row(find("child")).where(child.id == kept).get().talents is None


def test_looking_at_a_merge_writes_nothing(world):
    kept, lost = pair(world, "child")
    before = audit.head()
    merged = preview(world.clerk, find("child"), kept, lost)
    assert merged.batch is None
    assert audit.head() == before
    assert not batches.recent(kind=batches.MERGE)
    assert every_row(find("child")).where(find("child").model.id == lost).exists()


@pytest.mark.parametrize("person", ["alice", "leadership", "inspector", "counsellor"])
def test_only_the_clerk_merges(client_as, world, person):
    kept, lost = pair(world, "child")
    if person != "leadership":
        with pytest.raises((Denied, NotFound)):
            merge(world.actor(person), find("child"), kept, lost)
    pair_of = {"keep": kept, "give": lost, "once": "x"}
    assert client_as(person).post("/merging/child", data=pair_of).status_code in (403, 404)
    assert every_row(find("child")).where(find("child").model.id == lost).exists()


def test_a_parent_of_another_child_is_not_merged(world):
    with pytest.raises(Invalid, match="不是同一名学生"):
        merge(world.clerk, find("parent"), world.father_a, world.father_b)


def test_likely_twins_are_proposed_and_others_not(world):
    assert likely_twins(world.clerk, find("child")) == []
    kept, lost = pair(world, "child")
    (group,) = likely_twins(world.clerk, find("child"))
    assert [record.id for record in group] == [kept, lost]


def test_the_clerk_merges_on_the_page_and_takes_it_back(client_as, world):
    browser, (kept, lost) = client_as("clerk"), pair(world, "child")
    page = browser.get("/merging/").get_data(as_text=True)
    assert "1 组可能是同一个人" in page
    assert f"/merging/child?keep={kept}&amp;give={lost}" in page
    page = browser.get(f"/merging/child?keep={kept}&give={lost}").get_data(as_text=True)
    assert "合并成一条" in page
    assert "520624201205060020" not in page
    posted = {"keep": kept, "give": lost, "once": "一次"}
    first = browser.post("/merging/child", data=posted, follow_redirects=True)
    assert "已合并，可以在下面撤销" in first.get_data(as_text=True)
    again = browser.post("/merging/child", data=posted, follow_redirects=True)
    assert "没有再做一次" in again.get_data(as_text=True)
    (batch,) = batches.recent(kind=batches.MERGE)
    browser.post(f"/imports/batches/{batch.id}/undo")
    assert every_row(find("child")).where(find("child").model.id == lost).exists()


def test_two_rows_are_named_by_hand(client_as, world):
    browser, (kept, lost) = client_as("clerk"), pair(world, "child")
    said = {"register": "child", "keep": f"张小雨#{kept}", "give": f"张小雨#{lost}"}
    answer = browser.get("/merging/choose", query_string=said)
    assert answer.headers["Location"].endswith(f"/merging/child?keep={kept}&give={lost}")
    page = browser.get("/merging/choose", query_string={**said, "keep": "张小雨"})
    assert "有 2 位“张小雨”" in page.get_data(as_text=True)
    assert f"张小雨#{lost}" in page.get_data(as_text=True)


def test_a_final_record_stops_the_whole_merge_and_is_named(world):
    kept, lost = pair(world, "staff")
    item = find("archive-item")
    number = put(item, "reviewed_by", lost)
    with writing():
        item.model.update(reviewed_on=EARLIER.date()).where(item.model.id == number).execute()
    talk = put(find("talk"), "teacher", lost)
    with pytest.raises(Invalid, match="归档文件"):
        merge(world.clerk, find("staff"), kept, lost)
    assert preview(world.clerk, find("staff"), kept, lost).problems
    assert link_of(find("talk"), talk, "teacher") == (lost, None)
    assert not batches.recent(kind=batches.MERGE)


@pytest.mark.parametrize(("slug", "name"), [("child", "child"), ("staff", "teacher")])
def test_a_closed_semester_stops_the_whole_merge_and_is_named(world, slug, name):
    """What was handed in stays so: of a closed semester no record changes hands."""
    register, (kept, lost) = find(slug), pair(world, slug)
    talk = put(find("talk"), name, lost)
    award = put(find("award"), "child", lost) if slug == "child" else None
    closed(world)
    told = "；".join(preview(world.clerk, register, kept, lost).problems)
    assert "谈心记录“" in told
    assert "封存" in told
    with pytest.raises(Invalid, match="谈心记录.*封存"):
        merge(world.clerk, register, kept, lost)
    assert link_of(find("talk"), talk, name) == (lost, None)
    assert award is None or link_of(find("award"), award, "child") == (lost, None)
    assert every_row(register).where(register.model.id == lost).exists()
    assert not batches.recent(kind=batches.MERGE)
