"""三知: whether a paired teacher has what there is to know of child, guardian and parents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from peewee import CharField, DateField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import INSPECTOR, LEADERSHIP, TEACHER, Box
from models.core.fields import (
    NAME,
    PRIVATE,
    Link,
    MinutesField,
    MoneyField,
    PersonNameField,
    PhoneField,
    TitledField,
    WordField,
    WordsField,
    col,
    paper_day,
)
from models.core.gates import every_row
from models.core.register import Derived, Record, find, register, register_of
from models.core.rules import SINCE_UNTIL, Found, needed, no_overlap, not_before, twins, value
from models.core.scopes import own_acts, own_children_or_own_acts, own_staff
from models.core.spans import holds_on, holds_within, is_valid
from models.core.validation import missing_wanted
from models.kept.children import Child
from models.kept.meetings import Meeting
from models.kept.school import Semester
from models.kept.staff import ClassTeacher, SchoolClass, Staff, dates_in_order
from models.kept.volunteers import Volunteer

YES, NO = "是", "否"


def subjects(pairings: list[Any], _day: object) -> list[str]:
    """Return the subject each paired teacher teaches."""
    staff = find("staff")
    assert staff is not None
    ids = [pairing.teacher_id for pairing in pairings]
    found = every_row(staff).where(staff.model.id.in_(ids))
    by_id = {row.id: row.subject or "" for row in found}
    return [by_id.get(teacher, "") for teacher in ids]


def knows_child(pairings: list[Any], day: object) -> list[str]:
    """Return 是 where the child's own sheet lacks nothing (Q05-1)."""
    return _complete("child", "id", pairings, lambda _record: True)


def knows_guardian(pairings: list[Any], day: Any) -> list[str]:
    """Return 是 where the child has a guardian on the day and the sheet lacks nothing (Q05-1)."""

    return _complete(
        "guardian", "child", pairings, lambda record: is_valid(record.since, record.until, day)
    )


def knows_migration(pairings: list[Any], day: Any) -> list[str]:
    """Return 是 where each parent's state and, if away, the place is known (Q05-1)."""
    return _complete("parent-state", "child", pairings, lambda record: record.since <= day)


def _complete(
    slug: str, link: str, pairings: list[Any], counts: Callable[[Any], bool]
) -> list[str]:
    register = find(slug)
    assert register is not None
    children = [pairing.child_id for pairing in pairings]
    found: dict[int, list[bool]] = {}
    for record in every_row(register).where(getattr(register.model, link).in_(children)):
        if counts(record):
            lacking = missing_wanted(register, record)
            found.setdefault(record.__data__[link], []).append(not lacking)
    return [YES if found.get(child) and all(found[child]) else NO for child in children]


PROXIMITY = ("就近", "就亲", "其他")
PAIRING_KINDS = ("结对教师", "代理家长", "领导")


_paired_once = no_overlap(
    "teacher", "child", "kind", told="这位教师与这名学生在这段时间已经结对，请先结束原来的结对"
)


def pairing_does_not_overlap(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """The same teacher and child are not paired twice in the same kind at one time."""
    return dates_in_order(record, actor) or _paired_once(record, actor)


consulted_before_paired = not_before("since", "consulted_on", "征求意见要在结对之前")


@register(
    title="师生结对",
    box=Box.PAIRINGS,
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-since",
    label=("teacher", "child"),
    rules=(pairing_does_not_overlap, consulted_before_paired),
    act_by=("teacher",),
    match=("teacher", "child", "kind", "since"),
    derived=(
        Derived("subject", "学科", subjects),
        Derived("knows_child", "知学生基本情况", knows_child),
        Derived("knows_guardian", "知监护人情况", knows_guardian),
        Derived("knows_migration", "知父母外出情况", knows_migration),
    ),
    locks=False,
    purpose="教师与留守儿童一对几结对；谈心、家访、通话的次数都按结对计算",
)
class Pairing(Record):
    teacher = col(Link(Staff), "教师", list=1, filter=True, short=1, finds="结对教师")
    child = col(Link(Child), "学生", list=2, filter=True, short=2)
    kind = col(
        WordField(PAIRING_KINDS, default="结对教师"), "结对类型", list=3, filter=True, short=3
    )
    since = col(DateField(), "起", list=4, short=4)
    until = col(DateField(null=True), "止", list=5)
    reason = col(CharField(max_length=80, null=True), "结束或调整原因")
    proximity = col(WordField(PROXIMITY, null=True), "就近就亲")
    consulted_on = col(
        DateField(null=True), "征求意见日期", help="结对前征求领导、教师和学生意见的日期"
    )


def stands_in_for_another(record: Any, actor: Actor) -> Found:
    """Nobody stands in for oneself, and a pairing or class named is one of the absent teacher's."""
    found = dates_in_order(record, actor)
    if record.substitute_id is not None and record.substitute_id == record.teacher_id:
        found.append(("substitute", "代理人不能是缺岗教师本人"))
    if record.pairing_id is not None:
        of_teacher = every_row(register_of(Pairing)).where(
            Pairing.id == record.pairing_id, Pairing.teacher == record.teacher_id
        )
        if not of_teacher.exists():
            found.append(("pairing", "这条结对不是缺岗教师的，请重新选择"))
    if record.school_class_id is not None and not found:
        led = every_row(register_of(ClassTeacher)).where(
            ClassTeacher.school_class == record.school_class_id,
            ClassTeacher.staff == record.teacher_id,
            holds_within(ClassTeacher, record.since, record.until or date.max),
        )
        if not led.exists():
            found.append(("school_class", "缺岗教师在这些天不是这个班的班主任"))
    return found


def substituted_once(record: Any, _actor: Actor) -> Found:
    """On no day do two colleagues stand in for the same post of one teacher."""
    if record.since is None or record.teacher_id is None:
        return []
    meeting = holds_within(Substitution, record.since, record.until or date.max)
    others = twins(record, "teacher").where(meeting)
    posts = ("pairing_id", "school_class_id")
    own = {name: getattr(record, name) for name in posts if getattr(record, name)}
    for other in others:
        theirs = {name: getattr(other, name) for name in posts if getattr(other, name)}
        if not own or not theirs or own.items() & theirs.items():
            return [("since", "这位教师在这段时间已经安排了代理，请先改原来那条的止日期")]
    return []


@register(
    title="代理安排",
    box=Box.PAIRINGS,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_staff("teacher", "substitute")},
    order="-since",
    label=("teacher", "substitute", "since"),
    match=("teacher", "substitute", "since"),
    rules=(stands_in_for_another, substituted_once),
    span=("since", "until"),
    locks=False,
    purpose="教师请假、外出的日子由谁代理：代理人在这些天看得到这些学生，任务和成绩都算代理人的",
)
class Substitution(Record):
    """Who stands in for an absent teacher; without a pairing or a class, in all of them."""

    teacher = col(Link(Staff), "缺岗教师", list=1, filter=True, short=1)
    substitute = col(Link(Staff), "代理人", list=2, filter=True, short=2)
    pairing = col(Link(Pairing, null=True), "只代理这条结对", list=5)
    school_class = col(
        Link(SchoolClass, null=True),
        "只代理这个班",
        list=6,
        help="两项都空着，就是代理这位教师的全部结对和班主任工作",
    )
    since = col(DateField(), "起", list=3, short=3)
    until = col(DateField(null=True), "止", list=4, short=4, help="还没回来就先空着")
    reason = col(CharField(max_length=80, null=True), "原因", list=7, short=5, search=True)


def helper_is_another(record: Any, _actor: Actor) -> Found:
    """A pupil does not help himself (S11-3)."""
    if value(record, "helper_child") is None or record.helper_child_id != record.child_id:
        return []
    return [("helper_child", "帮扶学生要是另一名学生")]


def leader_is_member(record: Any, _actor: Actor) -> Found:
    """The leader of a study group is one of its members (Q05-2)."""
    if value(record, "leader") is None:
        return []
    found = every_row(register_of(StudyGroupMember)).where(
        StudyGroupMember.study_group == record.id, StudyGroupMember.child == record.leader_id
    )
    return [] if found.exists() else [("leader", "小组长要在小组成员里，请先把他加进成员名单")]


def children_now(centres: list[Any], day: object) -> list[str]:
    """Return how many children each care centre has on the day."""
    ids = [centre.id for centre in centres]
    rows = every_row(register_of(CareCentreChild)).where(
        CareCentreChild.care_centre.in_(ids),
        holds_on(CareCentreChild, day),
    )
    found = [row.care_centre_id for row in rows]
    return [str(found.count(centre)) for centre in ids]


pair_once = no_overlap("child", "helper", told="这两名学生在这段时间已经结对")


@register(
    title="生生结对",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-since",
    label=("helper", "since"),
    match=("helper", "child", "since"),
    rules=(SINCE_UNTIL, helper_is_another, pair_once),
    locks=False,
    about="child",
    purpose="优秀学生与留守儿童一对一结对",
)
class PeerPairing(Record):
    helper = col(
        PersonNameField(max_length=40), "帮扶学生姓名", list=2, short=2, search=True, secret=NAME
    )
    helper_class = col(
        Link(SchoolClass, null=True), "帮扶学生班级", list=3, short=3, wanted=True, filter=True
    )
    helper_child = col(Link(Child, null=True), "帮扶学生（已登记）", roster=True)
    child = col(Link(Child), "学生", list=1, short=1, filter=True)
    since = col(DateField(), "结对起", list=4, short=4, filter=True)
    until = col(DateField(null=True), "结对止", list=5)
    purpose = col(
        CharField(max_length=80, null=True), "帮扶内容", list=6, short=5, wanted=True, search=True
    )
    result = col(TextField(null=True), "帮扶效果", search=True)


@register(
    title="校外学习小组",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-since",
    label=("name",),
    match=("name", "since"),
    rules=(SINCE_UNTIL,),
    whole_rules=(leader_is_member,),
    act_by=("guiding_teacher",),
    roster=True,
    locks=False,
    about="",
    purpose="按居住地组成的校外学习小组：组长、成员、指导教师",
)
class StudyGroup(Record):
    name = col(CharField(max_length=80), "小组名称", list=1, short=1, search=True)
    leader = col(
        Link(Child, null=True), "小组长", list=2, short=2, wanted=True, help="请选高年级学生"
    )
    guiding_teacher = col(
        Link(Staff, null=True), "指导教师", list=3, short=3, wanted=True, filter=True
    )
    place = col(CharField(max_length=80, null=True), "活动地点", list=4, short=4, search=True)
    since = col(DateField(), "成立日期", list=5, short=5, filter=True)
    until = col(DateField(null=True), "解散日期", list=6)


@register(
    title="小组成员",
    box=Box.PAIRINGS,
    parent="study_group",
    order="-since",
    label=("child",),
    rules=(SINCE_UNTIL,),
    roster=True,
    menu=False,
    locks=False,
    purpose="小组成员名单，至少两个年级",
)
class StudyGroupMember(Record):
    study_group = col(Link(StudyGroup), "学习小组", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
    since = col(DateField(), "加入日期", list=3, short=2)
    until = col(DateField(null=True), "退出日期", list=4, short=3)


@register(
    title="小组活动",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-held_on",
    happened="held_on",
    label=("held_on",),
    key=(("study_group", "held_on"),),
    act_by=("teacher",),
    evidence={"photo": "照片"},
    purpose="校外学习小组每周的活动",
)
class GroupSession(Record):
    study_group = col(Link(StudyGroup), "学习小组", list=2, short=1, filter=True)
    held_on = col(DateField(), "活动日期", list=1, short=2, filter=True)
    place = col(CharField(max_length=80, null=True), "地点", list=6, search=True)
    content = col(TextField(null=True), "活动内容", list=3, short=3, wanted=True, search=True)
    present_count = col(IntegerField(null=True), "到场人数", list=4, short=4, wanted=True, sum=True)
    teacher = col(Link(Staff, null=True), "到场教师", list=5, short=5, filter=True)


@register(
    title="托管中心",
    box=Box.PAIRINGS,
    order="name",
    label=("name",),
    key=(("name",),),
    locks=False,
    derived=(Derived("children_count", "托管学生数", children_now, list=6, field=IntegerField()),),
    purpose="学生校外托管的地方、负责人和检查情况",
)
class CareCentre(Record):
    name = col(CharField(max_length=80), "名称", list=1, short=1, search=True)
    run_by = col(CharField(max_length=80, null=True), "举办人", list=2, wanted=True, search=True)
    address = col(CharField(max_length=120, null=True), "地址", list=3, wanted=True, search=True)
    phone = col(PhoneField(max_length=30, null=True), "电话", list=4, wanted=True)
    checked_on = col(DateField(null=True), "检查日期", list=5, wanted=True, filter=True)
    check_result = col(TextField(null=True), "检查情况", search=True)


@register(
    title="托管学生",
    box=Box.PAIRINGS,
    parent="care_centre",
    order="-since",
    label=("child",),
    rules=(SINCE_UNTIL,),
    menu=False,
    locks=False,
    purpose="哪名儿童在哪个托管中心",
)
class CareCentreChild(Record):
    care_centre = col(Link(CareCentre), "托管中心", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
    since = col(DateField(), "入托日期", list=3, short=2)
    until = col(DateField(null=True), "离托日期", list=4, short=3)


CARE_DIARY_CATEGORIES = (
    "学习辅导",
    "检查作业",
    "共进晚餐",
    "生活困难",
    "情感沟通",
    "行为矫正",
    "社会实践",
    "参加家长会",
    "与班主任交换意见",
)
HAND_IN_KINDS = (
    "周记录",
    "帮扶留守儿童活动记录表",
    "留守儿童成长记录表",
    "班级摸底汇总",
    "班级材料",
)
KEY_CHILD_GROUNDS = ("学习", "日常表现")
FAMILY_SUPPORT_KINDS = ("贫困型", "老龄型", "文盲型")


# Who hands in what (Q04-4, H02-5, Q20-5, S10-2).
_HANDED_IN_BY = {
    "周记录": ("teacher",),
    "帮扶留守儿童活动记录表": ("teacher", "volunteer"),
    "留守儿童成长记录表": ("teacher", "volunteer"),
    "班级摸底汇总": ("school_class",),
    "班级材料": ("school_class",),
}
_ASKED = {"teacher": "请选择教师", "volunteer": "请选择志愿者", "school_class": "请选择班级"}


def handed_in_by_somebody(record: Any, _actor: Actor) -> Found:
    """A hand-in names whose it is, as its kind asks (Q20-6)."""
    names = _HANDED_IN_BY[record.kind]
    if any(value(record, name) is not None for name in names):
        return []
    return [(names[0], _ASKED[names[0]])]


@register(
    title="亲情结对工作日记",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-written_on",
    happened="written_on",
    label=("written_on", "categories"),
    act_by=("teacher",),
    many="child",
    purpose="代理家长和结对教师的工作日记：检查作业、共进晚餐、谈话等",
)
class CareDiary(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    teacher = col(Link(Staff), "教师", list=3, short=2, filter=True)
    written_on = col(DateField(), "日期", list=1, short=3, filter=True)
    categories = col(
        WordsField(CARE_DIARY_CATEGORIES), "类别", list=4, short=4, filter=True, help="可以多选"
    )
    measures = col(TextField(null=True), "措施", short=5, wanted=True, search=True)
    minutes = col(MinutesField(null=True), "时长（分钟）", list=5, sum=True)
    goods_amount = col(MoneyField(null=True), "物资金额", list=6, sum=True, unit="元")
    effect = col(TextField(null=True), "效果", list=7, search=True)
    next_step = col(TextField(null=True), "下步打算", search=True)
    class_teacher_remark = col(TextField(null=True), "班主任检查意见", help="由班主任检查后填写")


week_named = needed("week", "周记录要写明第几周", kind=("周记录",))


@register(
    title="记录上交",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-handed_on",
    happened="handed_on",
    label=("kind", "handed_on"),
    match=("kind", "teacher", "school_class", "volunteer", "child", "semester", "week"),
    rules=(handed_in_by_somebody, week_named),
    act_by=("teacher",),
    paper="paper_on",
    evidence={"scan": "扫描件"},
    purpose="周记录、成长记录表、班级材料等按时上交的登记",
)
class HandIn(Record):
    kind = col(WordField(HAND_IN_KINDS), "类别", list=2, short=1, filter=True)
    teacher = col(Link(Staff, null=True), "教师", list=3, short=2, wanted=True, filter=True)
    school_class = col(
        Link(SchoolClass, null=True),
        "班级",
        list=4,
        short=3,
        wanted=True,
        filter=True,
        show_if="kind=班级摸底汇总|班级材料",
    )
    volunteer = col(Link(Volunteer, null=True), "志愿者", list=5)
    child = col(
        Link(Child, null=True),
        "学生",
        wanted=True,
        show_if="kind=帮扶留守儿童活动记录表|留守儿童成长记录表",
    )
    semester = col(Link(Semester), "学期", short=4, filter=True)
    week = col(
        IntegerField(null=True),
        "周次",
        list=6,
        short=5,
        wanted=True,
        show_if="kind=周记录",
        help="本学期第几周",
    )
    handed_on = col(DateField(), "上交日期", list=1, short=6, filter=True)
    received_by = col(Link(Staff, null=True), "接收人", list=7, short=7, wanted=True, filter=True)
    paper_on = paper_day()


@register(
    title="心理表现记录",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-noted_on",
    happened="noted_on",
    label=("noted_on",),
    act_by=("teacher",),
    many="child",
    hidden_from=(INSPECTOR,),
    purpose="结对教师记下的心理表现，督查看不到",
)
class MindNote(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True, secret=PRIVATE)
    noted_on = col(DateField(), "日期", list=1, short=3, filter=True, secret=PRIVATE)
    teacher = col(Link(Staff), "结对教师", list=3, short=2, filter=True, secret=PRIVATE)
    observation = col(
        TextField(null=True), "心理表现", list=4, short=4, wanted=True, search=True, secret=PRIVATE
    )


@register(
    title="导教重点对象",
    box=Box.PAIRINGS,
    creates=(LEADERSHIP, TEACHER),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-decided_on",
    happened="decided_on",
    label=("decided_on", "ground"),
    key=(("child", "semester"),),
    act_by=("teacher",),
    purpose="研讨确定的导教重点对象和导教效果",
)
class KeyChild(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    semester = col(Link(Semester), "学期", list=5, short=2, filter=True)
    ground = col(WordsField(KEY_CHILD_GROUNDS), "确定依据", list=3, short=3, filter=True)
    decided_on = col(DateField(), "确定日期", list=1, short=4, filter=True)
    meeting = col(Link(Meeting, null=True), "确定会议")
    teacher = col(Link(Staff, null=True), "导教教师", list=4, short=5, wanted=True, filter=True)
    result = col(TextField(null=True), "导教效果", list=6, search=True)


@register(
    title="特殊家庭帮扶",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-supported_on",
    happened="supported_on",
    label=("kind", "supported_on"),
    act_by=("staff",),
    purpose="对贫困型、老龄型、文盲型家庭的帮扶",
)
class FamilySupport(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    kind = col(WordField(FAMILY_SUPPORT_KINDS), "类型", list=3, short=2, filter=True)
    measure = col(TextField(null=True), "帮扶措施", list=4, short=3, wanted=True, search=True)
    staff = col(Link(Staff, null=True), "帮扶人", list=5, short=5, wanted=True, filter=True)
    helper = col(CharField(max_length=80, null=True), "校外帮扶人或单位", list=6, search=True)
    supported_on = col(DateField(), "日期", list=1, short=4, filter=True)
    amount = col(MoneyField(null=True), "金额", list=7, short=6, sum=True, unit="元")
    result = col(TextField(null=True), "效果", search=True)


EXCUSE_KINDS = ("学生生病", "学生请假", "家庭原因改期", "教师病假", "教师外出", "停课", "其他")


def excuse_is_for_somebody(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """An excuse names a child, a teacher or a pairing, and its dates run forward."""
    errors = []
    if not (record.child_id or record.teacher_id or record.pairing_id):
        errors.append(("child", "请选择学生、教师或一条结对，说明是对谁免计"))
    if record.last < record.first:
        errors.append(("last", "结束日期不能早于开始日期"))
    return errors


@register(
    title="免计登记",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-first",
    label=("child", "teacher", "first"),
    act_by=("teacher",),
    rules=(excuse_is_for_somebody,),
    locks=False,
    purpose="学生生病、教师外出等做不到的日子，写明原因后不计入应做次数",
    span=("first", "last"),
)
class Excuse(Record):
    child = col(Link(Child, null=True), "学生", list=1, filter=True, short=1)
    teacher = col(Link(Staff, null=True), "教师", list=2, filter=True, short=2)
    pairing = col(Link(Pairing, null=True), "结对", short=3)
    duty = col(
        TitledField("duty", max_length=40, null=True),
        "只免哪项任务",
        list=3,
        short=4,
        help="填任务的名称，照职责进度页上写；留空就是全部任务",
    )
    first = col(DateField(), "从哪天起", list=4, filter=True, short=5)
    last = col(DateField(), "到哪天止", list=5, short=6)
    kind = col(WordField(EXCUSE_KINDS), "原因类别", list=6, filter=True, short=7)
    reason = col(CharField(max_length=120), "原因", list=7, short=8, search=True)
