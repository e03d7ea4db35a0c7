"""会议: one sheet with its sign-in lines."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, DateTimeField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, TEACHER, Box
from models.core.fields import NAME, Link, PersonNameField, PhoneField, WordField, WordsField, col
from models.core.register import Record, register
from models.core.rules import comes_with, needed, parent_of, twins, value
from models.core.scopes import own_acts
from models.kept.children import Child, Guardian, Parent
from models.kept.leadership import CoordinationMember
from models.kept.staff import SchoolClass, Staff
from models.kept.words import TOPICS

MEETING_KINDS = (
    "领导小组",
    "例会",
    "学校周例会",
    "联席",
    "班级座谈",
    "恳谈会",
    "家长会",
    "监护人会",
    "监护人培训",
    "返乡家长会",
    "教师会",
    "学生会",
    "表彰",
    "专题研讨",
    "经验交流",
)
# What the monthly meeting of the home deals with (Q16-3).
DEALT_WITH = ("困难和问题", "情况通报", "思想交流")
FORMS = ("校内", "家长分校", "送教上门")
MEETING_AUDIENCES = ("学生", "家长", "教师")


def present_not_above_due(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """No more people came than were due, unless the number due is unknown."""
    if record.due and record.present and record.present > record.due:
        return [("present", "实到人数不能多于应到人数，请核对")]
    return []


class_named = needed("school_class", "班级座谈请选择班级", kind=("班级座谈",))


@register(
    title="会议",
    box=Box.MEETINGS,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: own_acts},
    order="-held_at",
    happened="held_at",
    label=("title", "held_at"),
    act_by=("chair", "recorder"),
    match=("kind", "title", "held_at"),
    rules=(present_not_above_due, class_named),
    roster=True,
    evidence={"photo": "照片", "sign-in": "签到表", "speech": "讲话稿", "minutes": "会议纪要"},
    wants={"photo": "", "speech": "kind=返乡家长会"},
    purpose="例会、家长会、联席会等每一次会议：议题、内容、签到和照片",
)
class Meeting(Record):
    kind = col(WordField(MEETING_KINDS), "会议类型", list=2, filter=True, short=1)
    title = col(CharField(max_length=80), "会议名称", list=3, short=2, search=True)
    held_at = col(DateTimeField(), "时间", list=1, filter=True, short=3)
    place = col(CharField(max_length=60), "地点", list=4, short=4)
    form = col(WordField(FORMS, default="校内"), "形式", filter=True)
    school_class = col(
        Link(SchoolClass, null=True),
        "班级",
        wanted=True,
        filter=True,
        show_if="kind=班级座谈",
    )
    chair = col(Link(Staff), "主持人", list=5, filter=True, short=5)
    chair_other = col(PersonNameField(max_length=40, null=True), "校外主持人")
    recorder = col(Link(Staff, null=True), "记录人")
    by_principal = col(BooleanField(default=False), "校长主持")
    home_on_agenda = col(BooleanField(default=False), "议程含之家工作", show_if="kind=学校周例会")
    due = col(IntegerField(null=True), "应到人数", wanted=True, sum=True)
    present = col(IntegerField(null=True), "实到人数", list=6, wanted=True, sum=True)
    audience = col(WordsField(MEETING_AUDIENCES, null=True), "参会对象", filter=True)
    topics = col(WordsField(TOPICS, null=True), "主题", filter=True)
    dealt_with = col(WordsField(DEALT_WITH, null=True), "例会内容", show_if="kind=例会")
    agenda = col(TextField(null=True), "议题", wanted=True, search=True, short=6)
    content = col(TextField(null=True), "会议内容", wanted=True, search=True, short=7)
    resolution = col(TextField(null=True), "决议", search=True)


# By the link that names the person; the order decides when a parent is named with the child.
_ROLE_OF_LINK = {
    "staff": "教职工",
    "guardian": "监护人",
    "parent": "家长",
    "coordination_member": "协调小组成员",
    "child": "学生",
}
ATTENDEE_ROLES = (*_ROLE_OF_LINK.values(), "其他")


def role_of_attendee(record: Any) -> str:
    """Return as what somebody came; a name written by hand comes as 其他."""
    for link, role in _ROLE_OF_LINK.items():
        if value(record, link) is not None:
            return role
    return "其他"


def attendee_is_somebody(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A sign-in line names one person, picked or written; a parent may stand with the child."""
    picked = [link for link in _ROLE_OF_LINK if value(record, link) is not None]
    if not picked and not record.name:
        return [("name", "请选择参加人，或填写姓名")]
    people = [link for link in picked if link != "child"]
    if len(people) > 1 or (people and people[0] in ("staff", "coordination_member") and picked[1:]):
        return [(picked[-1], "每行只选一个人，请分成两行")]
    return []


def signed_once(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """Nobody stands twice on a sign-in sheet."""
    for link in ("staff", "guardian", "parent", "coordination_member"):
        if value(record, link) is not None and twins(record, "meeting", link).exists():
            return [(link, "这个人已经在签到里")]
    return []


@register(
    title="签到",
    box=Box.MEETINGS,
    parent="meeting",
    label=("name", "staff", "child"),
    rules=(attendee_is_somebody, signed_once),
    roster=True,
    purpose="会议签到：教职工、家长、监护人、学生或来宾",
)
class Attendee(Record):
    meeting = col(Link(Meeting), "会议", list=1, filter=True)
    name = col(
        PersonNameField(max_length=40, null=True),
        "姓名",
        list=2,
        short=1,
        wanted=True,
        wanted_if="role=其他",
        secret=NAME,
    )
    staff = col(Link(Staff, null=True), "教职工", list=3, short=2, filter=True)
    child = col(Link(Child, null=True), "学生或其家长", list=4, short=3)
    parent = col(Link(Parent, null=True), "父母", of="child")
    guardian = col(Link(Guardian, null=True), "监护人", of="child")
    coordination_member = col(Link(CoordinationMember, null=True), "协调小组成员")
    role = col(
        WordField(ATTENDEE_ROLES, null=True),
        "身份",
        list=5,
        filter=True,
        computed=role_of_attendee,
    )
    relation = col(CharField(max_length=40, null=True), "单位或与学生关系", list=6, short=4)
    phone = col(PhoneField(max_length=30, null=True), "电话")
    signed = col(BooleanField(default=True), "已签到", list=7)


def _since_meeting(record: Any, names: tuple[str, ...]) -> list[tuple[str, str]]:
    meeting = parent_of(record)
    if meeting is None:
        return []
    held_on = meeting.held_at.date()
    early = [name for name in names if (value(record, name) or held_on) < held_on]
    return [(name, "不能早于会议日期") for name in early]


def opinion_after_meeting(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """An opinion is answered, and its deadline set, no earlier than the meeting (S16-3)."""
    return _since_meeting(record, ("deadline", "answered_on"))


answered_with_text = comes_with("answered_on", "answer", "请写明答复内容")


@register(
    title="家长意见",
    box=Box.MEETINGS,
    parent="meeting",
    label=("content",),
    rules=(answered_with_text, opinion_after_meeting),
    open_until="answered_on",
    finishing=("answer", "answered_on"),
    purpose="会上家长和监护人提的意见：谁负责、什么时候前答复",
)
class Opinion(Record):
    meeting = col(Link(Meeting), "会议", list=1, filter=True)
    given_by = col(
        PersonNameField(max_length=40, null=True),
        "提出人",
        list=2,
        short=1,
        wanted=True,
        secret=NAME,
    )
    child = col(Link(Child, null=True), "学生", roster=True)
    content = col(TextField(), "意见内容", list=3, short=2, search=True)
    answer = col(TextField(null=True), "答复", list=4, short=5, wanted=True, search=True)
    responsible = col(Link(Staff, null=True), "责任人", list=5, short=3, wanted=True, filter=True)
    deadline = col(DateField(null=True), "时限", list=6, short=4, wanted=True, filter=True)
    answered_on = col(DateField(null=True), "答复日期", list=7, short=6, wanted=True, filter=True)


def done_after_meeting(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A resolution is due and carried out no earlier than the meeting (Q16-3)."""
    return _since_meeting(record, ("deadline", "done_on"))


@register(
    title="决议",
    box=Box.MEETINGS,
    parent="meeting",
    label=("content",),
    rules=(done_after_meeting,),
    open_until="done_on",
    finishing=("done_on",),
    purpose="会议定下的事：谁来做、什么时候做完",
)
class Resolution(Record):
    meeting = col(Link(Meeting), "会议", list=1, filter=True)
    content = col(TextField(), "决议内容", list=2, short=1, search=True)
    responsible = col(Link(Staff, null=True), "责任人", list=3, short=2, wanted=True, filter=True)
    deadline = col(DateField(null=True), "完成时限", list=4, short=3, filter=True)
    done_on = col(DateField(null=True), "完成日期", list=5, short=4, filter=True)
