"""Photos on any record: seen by the record's rights, six caption elements, kept by hash."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import CharField, DateTimeField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import CLERK, LEADERSHIP, SYSTEM_ROLE, TEACHER, Box
from models.core.database import any_of, within
from models.core.fields import Link, Secrecy, TitledField, WordField, col
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, Record, Register, register, register_of
from models.kept.children import Child

NO_FACES = "无人脸"
MARKS = (NO_FACES, "法定留存")
# What a record's photo is called among its evidence; every other kind is a file or a scan.
PICTURE = "photo"
MASKED_COPY = "masked-copy"
# Whether a file or scan may leave the school: as it is, as its masked copy, or not; unmarked: not.
NOTHING_PERSONAL, WITH_COPY, PERSONAL = "不含个人信息", "已附遮蔽件", "含个人信息"
CONTENTS = (NOTHING_PERSONAL, WITH_COPY, PERSONAL)


def by_record(actor: Actor, declared: Register) -> Any:
    """Scope: photos of records within the actor's rows, and own uploads not yet attached."""
    photo = declared.model
    own = (photo.record_id == 0) & (photo.entered_by == actor.user_id)
    return any_of([own, *_of_readable_records(actor, photo)])


def _of_readable_records(actor: Actor, photo: Any) -> list[Any]:
    conditions = []
    for other in REGISTERS.values():
        if other.evidence and not other.sealed:
            ids = rows(actor, other).select(other.model.id)
            conditions.append((photo.register == other.slug) & within(photo.record_id, ids))
    return conditions


def may_mark(actor: Actor) -> bool:
    """Return whether the actor decides what may be shown outside the school."""
    return actor.role in (CLERK, SYSTEM_ROLE)


def mark_is_the_clerks(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """Only the clerk marks what may leave the school: photos, files and scans."""
    if may_mark(actor):
        return []
    stored = every_row(register_of(Photo)).select(Photo.mark, Photo.content)
    before = (stored.where(Photo.id == record.id).tuples().first() if record.id else None) or ()
    said = {"mark": record.mark or None, "content": record.content or None}
    kept = dict(zip(said, before or (None, None), strict=True))
    return [
        (name, f"{register_of(Photo).fields[name].label}由文员填写")
        for name, value in said.items()
        if value != kept[name]
    ]


def copies_of(ids: Iterable[int]) -> dict[int, Any]:
    """Return the masked copies of some files and scans, the newest of each."""
    chosen = list(ids)
    if not chosen:
        return {}
    query = every_row(register_of(Photo)).where(Photo.copy_of.in_(chosen)).order_by(Photo.id)
    return {copy.copy_of: copy for copy in query}


def copy_is_attached(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """Who says that a masked copy is attached has attached one."""
    if record.content != WITH_COPY or copies_of([record.id]):
        return []
    return [("content", "还没有遮蔽件，请先在这一页上传遮蔽后的图片")]


@register(
    title="照片",
    box=Box.SYSTEM,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: by_record},
    order="-taken_at",
    label=("matter",),
    rules=(mark_is_the_clerks, copy_is_attached),
    locks=False,
    menu=False,
    purpose="各项登记所附的照片和扫描件，六要素齐全",
)
class Photo(Record):
    register = col(
        TitledField("register", max_length=40), "所属登记", readonly=True, list=2, filter=True
    )
    record_id = col(IntegerField(default=0), "所属记录", readonly=True)
    evidence = col(CharField(max_length=20, default=PICTURE), "用作", readonly=True, filter=True)
    matter = col(CharField(max_length=80, null=True), "事由", list=1, wanted=True, search=True)
    taken_at = col(DateTimeField(null=True), "时间", list=3, wanted=True)
    place = col(CharField(max_length=60, null=True), "地点", list=4, wanted=True)
    people = col(CharField(max_length=120, null=True), "人物", wanted=True, secret=Secrecy.PRIVATE)
    background = col(CharField(max_length=120, null=True), "背景")
    photographer = col(CharField(max_length=40, null=True), "摄影者", list=5, wanted=True)
    mark = col(
        WordField(MARKS, null=True),
        "对外标记",
        list=6,
        filter=True,
        help="没有拍到孩子的脸，或依规定必须留存的照片",
    )
    content = col(
        WordField(CONTENTS, null=True),
        "个人信息",
        list=7,
        filter=True,
        help="文件和扫描件由文员标明；没有标的按含个人信息处理，不给校外人员看",
    )
    copy_of = col(
        IntegerField(default=0, index=True), "遮蔽自", readonly=True, secret=Secrecy.INTERNAL
    )
    sha256 = col(CharField(max_length=64, index=True), "校验值", readonly=True)
    path = col(CharField(max_length=120), "原件位置", readonly=True, secret=Secrecy.INTERNAL)
    kind = col(CharField(max_length=8), "格式", readonly=True)
    width = col(IntegerField(default=0), "宽", readonly=True)
    height = col(IntegerField(default=0), "高", readonly=True)
    bytes = col(IntegerField(default=0), "字节数", readonly=True)
    upload_token = col(
        CharField(max_length=64, null=True, index=True),
        "上传批次",
        readonly=True,
        secret=Secrecy.INTERNAL,
    )
    note = col(TextField(null=True), "说明")


@register(
    title="照片中的儿童",
    box=Box.SYSTEM,
    parent="photo",
    label=("child",),
    roster=True,
    menu=False,
    purpose="照片里有哪些儿童；没有同意的不会对外提供",
)
class PhotoChild(Record):
    photo = col(Link(Photo), "照片", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
