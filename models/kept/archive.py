"""归档与印发: papers handed out, files put into the archive, notices."""

from __future__ import annotations

from typing import Any

from peewee import (
    AutoField,
    CharField,
    DateField,
    DateTimeField,
    IntegerField,
    TextField,
    Value,
    fn,
)

from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, TEACHER, TEACHING, Box
from models.core.database import NOTHING, Base, any_of, enclosed, living, within
from models.core.fields import NAME, Link, TitledField, WordField, col
from models.core.gates import every_row, row, rows
from models.core.register import REGISTERS, Derived, Record, Register, find, register, register_of
from models.core.rights import is_own_act, role_in
from models.core.rules import comes_with, not_before, one_of
from models.core.scopes import own_acts, own_children_or_own_acts
from models.core.spans import holds_on
from models.kept.activities import Activity
from models.kept.children import Child
from models.kept.leadership import LeadershipMember
from models.kept.school import Semester
from models.kept.staff import SchoolClass, Staff
from models.kept.users import User

ISSUED_DOCUMENTS = (
    "联系卡",
    "信息卡",
    "班主任联系方式",
    "学期通报",
    "致家长公开信",
    "托管协议",
    "安全责任书",
    "知情同意书",
    "体质测试卡",
    "成长记录册",
    "其他",
)
ARCHIVE_ITEM_SECRECYS = ("公开", "内部", "秘密")
ARCHIVE_ITEM_CARRIERS = ("纸质", "图片", "电子")


def own_notices(actor: Actor, declared: Register) -> Any:
    """Scope: notices to the actor, or to a role of the actor's.

    Who sits in the leadership group reads what is sent to it whatever the account: most of its
    members hold a teacher's.
    """
    notice = declared.model
    words = [word for role, word in RECIPIENT_OF_ROLE.items() if role_in(actor, (role,))]
    mine = notice.recipient == actor.user_id if actor.user_id else NOTHING
    found = [mine, notice.recipient_role.in_(words)]
    if actor.staff_id is not None and LEADERSHIP_WORD not in words:
        member, day = LeadershipMember, holds_on(LeadershipMember, actor.today)
        sits = living(member, member.staff, member.staff == actor.staff_id, day)
        in_group = within(Value(actor.staff_id), enclosed(sits))
        found.append((notice.recipient_role == LEADERSHIP_WORD) & in_group)
    return any_of(found)


RECIPIENT_OF_ROLE = {
    "clerk": "文员",
    "leadership": "领导",
    "teacher": "教师",
    "counsellor": "心理辅导教师",
    "inspector": "督查",
}
NOTICE_ROLES = tuple(RECIPIENT_OF_ROLE.values())
LEADERSHIP_WORD = RECIPIENT_OF_ROLE[LEADERSHIP]
ARCHIVE_BOXES = tuple(f"{number:02}" for number in range(1, 19))
RETENTIONS = ("Y", "D30", "D10")


issued_for_somebody = one_of(("child", "staff", "school_class"), "请选择学生、教职工或班级")


@register(
    title="文书印发",
    box=Box.SYSTEM,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-issued_on",
    happened="issued_on",
    label=("document", "issued_on"),
    rules=(issued_for_somebody,),
    many="child",
    evidence={"receipt-scan": "签收单"},
    purpose="联系卡、班主任联系方式等文书印发给谁、何时签收",
)
class DocumentIssue(Record):
    document = col(WordField(ISSUED_DOCUMENTS), "文书", list=2, short=1, filter=True)
    child = col(Link(Child, null=True), "学生", list=3, short=2, wanted=True, filter=True)
    staff = col(Link(Staff, null=True), "教职工", list=4)
    school_class = col(Link(SchoolClass, null=True), "班级", list=5, filter=True)
    semester = col(Link(Semester), "学期", short=3, filter=True)
    issued_on = col(DateField(), "印发日期", list=1, short=4, filter=True)
    issued_to = col(
        CharField(max_length=80, null=True),
        "发给",
        list=6,
        short=5,
        wanted=True,
        search=True,
        secret=NAME,
    )
    receipt = col(
        CharField(max_length=80, null=True), "签收", list=7, short=6, search=True, secret=NAME
    )


reviewed_after_filed = not_before("reviewed_on", "filed_on", "审核日期不能早于归档日期")
bound_before_review = not_before("reviewed_on", "bound_on", "装订要在审核之前")
reviewer_named = comes_with("reviewed_on", "reviewed_by", "请选择审核人")


@register(
    title="归档文件",
    box=Box.SYSTEM,
    order="-filed_on",
    happened="filed_on",
    label=("title",),
    key=(("archive_code",),),
    rules=(reviewed_after_filed, bound_before_review, reviewer_named),
    final="reviewed_on",
    evidence={"file": "文件", "contents": "卷内目录"},
    purpose="归档文件目录：档号、题名、保管期限、存放位置、审核；审核以后不能再改",
)
class ArchiveItem(Record):
    archive_code = col(
        CharField(max_length=80, null=True),
        "档号",
        list=1,
        wanted=True,
        search=True,
        section="文件",
        help="全宗号-门类·年度-期限-机构-件号",
    )
    document_number = col(CharField(max_length=80, null=True), "文号", search=True)
    responsible = col(CharField(max_length=80, null=True), "责任者", wanted=True, search=True)
    title = col(CharField(max_length=80), "题名", list=2, short=1, search=True)
    dated_on = col(DateField(), "日期", list=3, short=2)
    secrecy = col(WordField(ARCHIVE_ITEM_SECRECYS, null=True), "密级")
    pages = col(IntegerField(null=True), "页数", wanted=True, sum=True)
    page_number = col(CharField(max_length=80, null=True), "页号")
    box = col(WordField(ARCHIVE_BOXES), "档案盒", list=4, short=3, filter=True, section="保管")
    retention = col(
        WordField(RETENTIONS),
        "保管期限",
        list=5,
        short=4,
        filter=True,
        help="Y 永久，D30 三十年，D10 十年",
    )
    carrier = col(WordField(ARCHIVE_ITEM_CARRIERS), "载体", list=6, short=5, filter=True)
    kept_at = col(
        CharField(max_length=80, null=True), "存放位置", list=7, short=6, wanted=True, search=True
    )
    bound_on = col(DateField(null=True), "装订日期", show_if="carrier=纸质", help="审核之前装订")
    bound_by = col(Link(Staff, null=True), "装订人", show_if="carrier=纸质")
    volume = col(CharField(max_length=40, null=True), "册号", show_if="carrier=纸质")
    activity = col(Link(Activity, null=True), "来源活动", filter=True)
    filed_on = col(DateField(), "归档日期", short=7, filter=True)
    reviewed_by = col(Link(Staff, null=True), "审核人", wanted=True, section="审核")
    reviewed_on = col(DateField(null=True), "审核日期", list=8, wanted=True, filter=True)
    remark = col(CharField(max_length=80, null=True), "备注")


sent_to_somebody = one_of(("recipient", "recipient_role"), "请选择接收人或接收角色")


class NoticeRead(Base):
    """Who has read which notice when: one sent to a role is read by each person for oneself."""

    id = AutoField()
    notice_id = IntegerField()
    user_id = IntegerField(index=True)
    read_at = DateTimeField()

    class Meta:
        table_name = "notice_read"
        indexes = ((("notice_id", "user_id"), True),)


def readers(notices: list[Any], _day: object) -> list[str]:
    """Return how many persons have read each notice."""
    ids = [notice.id for notice in notices]
    query = NoticeRead.select(NoticeRead.notice_id, fn.COUNT(NoticeRead.id))
    found: Any = query.where(NoticeRead.notice_id.in_(ids)).group_by(NoticeRead.notice_id).tuples()
    counted: dict[int, int] = dict(found)
    return [f"{counted[notice.id]} 人" if notice.id in counted else "" for notice in notices]


@register(
    title="通知",
    box=Box.SYSTEM,
    scope={TEACHER: own_notices},
    order="-sent_at",
    label=("title",),
    rules=(sent_to_somebody,),
    locks=False,
    derived=(Derived("readers", "几人读过", readers),),
    purpose="系统和文员发出的通知",
)
class Notice(Record):
    title = col(CharField(max_length=80), "标题", list=2, short=1, search=True)
    text = col(TextField(null=True), "内容", short=2, wanted=True, search=True)
    recipient = col(Link(User, null=True), "接收人", list=3, short=3, wanted=True)
    recipient_role = col(
        WordField(NOTICE_ROLES, null=True), "接收角色", list=4, short=4, filter=True
    )
    sent_at = col(DateTimeField(), "发出时间", list=1, short=5, filter=True)
    read_at = col(DateTimeField(null=True), "阅读时间", list=5)


def by_corrected_record(actor: Actor, declared: Register) -> Any:
    """Scope: own corrections, and those of records within the actor's rows."""
    model = declared.model
    conditions = [
        (model.register == other.slug)
        & model.record_id.in_(rows(actor, other).select(other.model.id))
        for other in REGISTERS.values()
        if correctable(other)
    ]
    return any_of([own_acts(actor, declared), *conditions])


def correctable(declared: Register) -> bool:
    """Return whether records of the register take corrections: those teachers enter as acts."""
    return bool(declared.creates and declared.happened) and not (declared.sealed or declared.parent)


def corrects_an_own_record(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A correction belongs to a record the writer may see; a teacher's to an own act."""
    declared = find(record.register)
    corrected = row(actor, declared, record.record_id) if declared else None
    if declared is None or corrected is None or not correctable(declared):
        return [("record_id", "没有找到要更正的记录，请从那条记录的页面上填写更正说明")]
    if actor.role in TEACHING and not is_own_act(actor, declared, corrected):
        return [("record_id", "只能更正自己登记的记录")]
    return []


@register(
    title="更正说明",
    box=Box.SYSTEM,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: by_corrected_record},
    order="-id",
    label=("text",),
    rules=(corrects_an_own_record,),
    locks=False,
    menu=False,
    purpose="过了可修改的天数后，对自己记录的补充和更正；原记录不动",
)
class Correction(Record):
    register = col(TitledField("register", max_length=40), "所属登记", list=2, help="登记的名称")
    record_id = col(IntegerField(), "所属记录", list=3, help="那条记录的编号")
    text = col(TextField(), "更正内容", list=1, short=1)


def corrections_of(actor: Actor, corrected: Register, record_id: int) -> list[Any]:
    """Return the corrections of one record the actor may see, oldest first.

    The scope of corrections asks of every register which records are seen; here it is one record
    of one register, and asking only that spares a page the other hundred conditions.
    """
    seen = rows(actor, corrected).select(corrected.model.id).where(corrected.model.id == record_id)
    query = every_row(register_of(Correction)).where(
        Correction.register == corrected.slug, Correction.record_id.in_(seen)
    )
    return list(query.order_by(Correction.id))
