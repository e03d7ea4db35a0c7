"""上报材料包 and 对外提供登记: what was handed over, to whom, by whose decision."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateTimeField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import INSPECTOR, Box
from models.core.fields import Link, Secrecy, WordField, col
from models.core.register import Record, Register, register
from models.kept.children import Child
from models.kept.school import SCHOOL_YEAR, Semester
from models.kept.staff import Staff

INSPECTION, FULL = "督查版", "完整版"


EDITIONS: dict[str, str] = {"inspection": INSPECTION, "full": FULL}


OTHER_KIND = "其他"
DISCLOSURE_KINDS = ("村组副本", "完整版迎检包", "上级调取", OTHER_KIND)


# What a full edition may be asked for; the last is written out. Proposed: no regulation lists them.
OTHER_PURPOSE = "其他"
PURPOSES = ("迎检", "上级调阅", "移交", "考核评估", "司法或民政办案", OTHER_PURPOSE)
# Under which kind of the disclosure log each is entered; any other is 其他.
DISCLOSED_AS = {"迎检": "完整版迎检包", "上级调阅": "上级调取"}


def files_of(bundle: Any) -> list[str]:
    """Return the names of the files a finished bundle lies in, one or several volumes."""
    names = (bundle.volumes or bundle.path or "").split()
    return [str(name) for name in names]


def purpose_told(record: Any) -> str:
    """Return what a bundle or a disclosure was for, as papers say it; "" when nobody said."""
    if record.purpose and record.purpose != OTHER_PURPOSE:
        return str(record.purpose)
    return str(record.reason or "")


# Over what a bundle reaches; that of a school year names the last semester it holds.
ONE_SEMESTER = "学期"


ASKED, REFUSED, APPROVED, BUILT = "待批准", "未批准", "已批准", "已生成"


def released_to_inspectors(_actor: Actor, declared: Register) -> Any:
    """Scope: released inspection editions, the only ones an inspector sees."""
    bundle = declared.model
    return (bundle.edition == INSPECTION) & bundle.released_on.is_null(False)


def only_the_page_makes_bundles(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A bundle is built, not typed in."""
    if record.id is None and not actor.is_system:
        return [("", "资料包请在“上报材料”页面生成")]
    return []


@register(
    title="上报材料包",
    box=Box.SYSTEM,
    scope={INSPECTOR: released_to_inspectors},
    order="-id",
    label=("edition", "made_at"),
    rules=(only_the_page_makes_bundles,),
    locks=False,
    menu=False,
    purpose="每一次生成的上报材料包：学期或学年、版别、校验值、发布给督查的日期",
)
class Bundle(Record):
    semester = col(Link(Semester), "学期", readonly=True, list=1)
    span = col(
        WordField((ONE_SEMESTER, SCHOOL_YEAR), default=ONE_SEMESTER),
        "范围",
        readonly=True,
        filter=True,
    )
    edition = col(WordField(tuple(EDITIONS.values())), "版别", readonly=True, list=2, filter=True)
    state = col(
        WordField((ASKED, REFUSED, APPROVED, BUILT)), "状态", readonly=True, list=3, filter=True
    )
    made_at = col(DateTimeField(null=True), "资料截至", readonly=True, list=4)
    made_by = col(CharField(max_length=40, null=True), "制作人", readonly=True, list=5)
    built_at = col(DateTimeField(null=True), "生成时间", readonly=True)
    documents = col(IntegerField(null=True), "文书数", readonly=True, list=6)
    photos = col(IntegerField(null=True), "照片数", readonly=True, list=7)
    missing = col(IntegerField(null=True), "尚缺项数", readonly=True, list=8)
    # What was there when it was looked at and could not be read or laid out when it was made.
    lost = col(IntegerField(null=True), "做的时候缺下的项数", readonly=True)
    lost_files = col(TextField(null=True), "读不到的文件", readonly=True, secret=Secrecy.INTERNAL)
    size = col(IntegerField(null=True), "大小", readonly=True, unit="字节")
    sha256 = col(CharField(max_length=64, null=True), "校验值", readonly=True)
    head = col(CharField(max_length=64, null=True), "审计链头", readonly=True)
    path = col(CharField(max_length=120, null=True), "文件", readonly=True, secret=Secrecy.INTERNAL)
    released_on = col(DateTimeField(null=True), "发布时间", readonly=True, list=9)
    released_by = col(CharField(max_length=40, null=True), "发布人", readonly=True)
    purpose = col(WordField(PURPOSES, null=True), "用途", readonly=True, filter=True)
    reason = col(TextField(null=True), "申请理由", readonly=True, secret=Secrecy.PRIVATE)
    recipient = col(CharField(max_length=60, null=True), "提供给谁", readonly=True)
    volume_mb = col(IntegerField(null=True), "分卷大小", readonly=True, unit="MB")
    volumes = col(TextField(null=True), "各卷文件", readonly=True, secret=Secrecy.INTERNAL)
    film_apart = col(BooleanField(default=False), "视频和录音单独分卷", readonly=True)
    # How many of the last volumes hold nothing but films and sounds.
    film_volumes = col(IntegerField(null=True), "视频和录音的卷数", readonly=True)
    edge = col(IntegerField(null=True), "照片长边", readonly=True, unit="像素")
    archive = col(BooleanField(default=False), "另附档案十八项", readonly=True)
    asked_by = col(CharField(max_length=40, null=True), "申请人", readonly=True)
    # Who stood behind the account when it asked: the account may be another's by now.
    asked_staff = col(
        IntegerField(null=True), "申请人教职工号", readonly=True, secret=Secrecy.INTERNAL
    )
    alone = col(BooleanField(default=False), "单人批准", readonly=True)
    outside = col(CharField(max_length=130, null=True), "校外批准人", readonly=True)
    scan = col(
        CharField(max_length=120, null=True), "签字件", readonly=True, secret=Secrecy.INTERNAL
    )
    scan_sha256 = col(CharField(max_length=64, null=True), "签字件校验值", readonly=True)
    decided_by = col(CharField(max_length=40, null=True), "批准人", readonly=True)
    decided_at = col(DateTimeField(null=True), "批准时间", readonly=True)


@register(
    title="对外提供登记",
    box=Box.SYSTEM,
    order="-given_at",
    label=("what", "recipient"),
    hidden_from=(INSPECTOR,),
    happened="given_at",
    locks=False,
    permanent=True,
    purpose="含个人信息的资料提供给了谁、为什么、谁批准的",
)
class Disclosure(Record):
    kind = col(
        WordField(DISCLOSURE_KINDS, default=OTHER_KIND), "类别", list=2, short=1, filter=True
    )
    child = col(
        Link(Child, null=True),
        "学生",
        list=3,
        short=2,
        wanted=True,
        filter=True,
        wanted_if="kind=村组副本",
    )
    what = col(CharField(max_length=120), "提供的内容", list=4, short=3, search=True)
    recipient = col(CharField(max_length=60), "提供给谁", list=5, short=4, search=True)
    purpose = col(WordField(PURPOSES, null=True), "用途", filter=True)
    reason = col(TextField(), "理由", list=6, short=5, search=True)
    given_at = col(DateTimeField(), "时间", list=1, short=6, filter=True)
    staff = col(Link(Staff, null=True), "经办人", wanted=True, filter=True)
    approved_by = col(CharField(max_length=40), "批准人", list=7, short=7)
    outside = col(CharField(max_length=130, null=True), "校外批准人")
    bundle = col(Link(Bundle, null=True), "资料包", readonly=True)
