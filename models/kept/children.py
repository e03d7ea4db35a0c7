"""What a child's own sheet must agree on: the identity number, and the way out of the register."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core import codes
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, TEACHER, Box
from models.core.fields import (
    ADDRESS,
    NAME,
    PHONE,
    PRIVATE,
    IdNumberField,
    Link,
    PersonNameField,
    PhoneField,
    ScaledField,
    SchoolNumberField,
    Secrecy,
    WordField,
    WordsField,
    col,
    words_of,
)
from models.core.gates import every_row
from models.core.register import Derived, Record, register, register_of
from models.core.rules import needed, no_overlap, not_before, one_of, twins
from models.core.scopes import own_children, own_children_or_own_acts
from models.core.values import birth_of_id, sex_of_id
from models.kept.left_behind import (
    able_today,
    away_since,
    class_today,
    definitions_met,
    left_behind_today,
    migration_today,
    place_today,
    state_today,
)
from models.kept.school import Semester
from models.kept.staff import SchoolClass, Staff, dates_in_order


def id_agrees(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The identity number agrees with sex and birth date, or says why there is none."""
    errors = []
    if not record.id_number:
        if not record.no_id_reason:
            errors.append(("id_number", "请填写身份证件号；确实还没有的，请写明暂无证件的原因"))
        return errors
    if record.id_kind not in (None, "居民身份证") or len(record.id_number) != 18:
        return errors
    if record.born_on and birth_of_id(record.id_number) != record.born_on:
        errors.append(("born_on", "出生日期与身份证件号不一致，请核对"))
    if record.sex in ("男", "女") and sex_of_id(record.id_number) != codes.SEX.code_of(record.sex):
        errors.append(("sex", "性别与身份证件号不一致，请核对"))
    return errors


def exit_has_reason(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A child who left the register left for a reason, not before entering it."""
    if record.left_on is None and record.left_why is None:
        return []
    if record.left_why is None:
        return [("left_why", "请选择退出原因")]
    if record.left_on is None:
        return [("left_on", "请填写退出日期")]
    if record.left_on < record.identified_on:
        return [("left_on", "退出日期不能早于认定日期")]
    return []


returned_after_leaving = not_before("returned_on", "left_on", "复学日期不能早于退出日期")


CARE_CLASSES = ("重点关注", "一般关注", "平稳")
ECONOMY = ("较好", "一般", "困难")
# Why a child is not put through to somebody of the family.
BARRED = ("法院裁定或人身安全保护令", "监护人书面要求", "学校领导小组决定")


def not_to_be_called() -> tuple[Any, Any]:
    """Declare why, and since when, the home puts a child through to somebody no more."""
    return (
        col(
            WordField(BARRED, null=True),
            "不予通话",
            secret=PRIVATE,
            help="有裁定、保护令或监护人书面要求的才选；亲情电话不再接通",
        ),
        col(DateField(null=True), "不予通话起", secret=PRIVATE, help="不填就是一直"),
    )


EXCLUDED = ("未核查", "已核查，无禁止情形", "有禁止情形")


identified_after_birth = not_before("identified_on", "born_on", "认定日期不能早于出生日期")


@register(
    title="留守儿童登记",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children("id")},
    order="pinyin_key",
    label=("name",),
    key=(("id_number",), ("school_number",)),
    rules=(id_agrees, exit_has_reason, returned_after_leaving, identified_after_birth),
    wants={"photo": ""},
    pinyin="name",
    locks=False,
    own_contacts=True,
    evidence={"photo": "照片", "basis": "认定依据"},
    derived=(
        Derived("school_class", "班级", class_today, list=2),
        Derived("migration", "外出类型", migration_today, list=4, words=words_of(codes.MIGRATION)),
        Derived("left_behind", "是否留守儿童", left_behind_today),
        Derived("definitions", "符合的认定口径", definitions_met),
    ),
    about="id",
    purpose="每名留守儿童一份档案：本人、家庭、监护和在校情况",
    span=("identified_on", "left_on"),
    earlier="identification",
)
class Child(Record):
    name = col(
        PersonNameField(max_length=40),
        "姓名",
        list=1,
        short=1,
        search=True,
        secret=NAME,
        section="本人",
        synonyms=("学生姓名", "儿童姓名"),
    )
    former_name = col(PersonNameField(max_length=40, null=True), "曾用名", secret=NAME)
    sex = col(WordField(codes.SEX), "性别", list=3, short=2, filter=True)
    born_on = col(DateField(), "出生日期", short=3, synonyms=("出生年月", "生日"))
    ethnic = col(WordField(codes.ETHNIC, null=True), "民族", wanted=True, filter=True)
    id_kind = col(
        WordField(codes.ID_KIND, default="居民身份证"), "证件类型", synonyms=("身份证件类型",)
    )
    id_number = col(
        IdNumberField(max_length=18, null=True),
        "身份证件号",
        short=4,
        wanted=True,
        synonyms=("身份证号", "证件号", "证件号码"),
    )
    no_id_reason = col(
        CharField(max_length=60, null=True),
        "暂无证件的原因",
        short=5,
        wanted=True,
        wanted_if="id_number=",
    )
    school_number = col(
        SchoolNumberField(max_length=19, null=True),
        "学籍号",
        synonyms=("学籍辅号", "全国学籍号"),
    )
    boarding = col(
        WordField(codes.BOARDING, null=True),
        "就读方式",
        list=6,
        wanted=True,
        filter=True,
        section="在校",
    )
    bed = col(CharField(max_length=20, null=True), "寄宿房床号", show_if="boarding=住校")
    registered_at = col(
        CharField(max_length=120, null=True),
        "户籍地",
        wanted=True,
        secret=ADDRESS,
        section="住址与家庭",
        synonyms=("户口所在地行政区划", "户籍地址"),
    )
    address = col(
        CharField(max_length=120, null=True),
        "现住址",
        wanted=True,
        secret=ADDRESS,
        search=True,
        synonyms=("家庭住址", "住址"),
    )
    lives_with = col(CharField(max_length=40, null=True), "与谁同住", wanted=True, list=7)
    guardianship = col(
        WordField(codes.GUARDIANSHIP, null=True), "监护类型", list=5, wanted=True, filter=True
    )
    hardship = col(
        WordsField(codes.HARDSHIP, null=True), "困难类别", filter=True, help="没有困难的不选"
    )
    income = col(WordsField(codes.INCOME, null=True), "经济来源", wanted=True)
    family_phone = col(
        PhoneField(max_length=30, null=True),
        "家庭联系电话",
        wanted=True,
        search=True,
        synonyms=("联系电话",),
    )
    emergency_contact = col(PersonNameField(max_length=40, null=True), "紧急联系人", secret=NAME)
    emergency_phone = col(PhoneField(max_length=30, null=True), "紧急联系电话")
    family_size = col(IntegerField(null=True), "家庭人口", wanted=True, unit="人")
    economy = col(WordField(ECONOMY, null=True), "家庭经济情况", wanted=True)
    disability = col(
        WordField(codes.DISABILITY, null=True), "残疾类型", filter=True, section="健康与特点"
    )
    health = col(WordField(codes.HEALTH, null=True), "健康状况")
    illness = col(CharField(max_length=200, null=True), "病史", synonyms=("病史与过敏",))
    allergies = col(CharField(max_length=120, null=True), "过敏")
    travel = col(WordField(codes.TRAVEL, null=True), "上下学方式", wanted=True)
    distance = col(ScaledField(1, null=True), "上下学距离", unit="公里")
    talents = col(CharField(max_length=120, null=True), "兴趣特长")
    identified_on = col(
        DateField(),
        "认定日期",
        short=6,
        filter=True,
        section="认定与管理",
        help="退出后又留守的：填新的认定日期，清空退出日期和原因；以前的一段自动存进“以前的认定”",
    )
    care_class = col(
        WordField(CARE_CLASSES, null=True),
        "管理分类",
        list=8,
        wanted=True,
        filter=True,
        help="分类区别对待，重点关注的儿童会排在前面",
    )
    left_on = col(DateField(null=True), "退出日期")
    left_why = col(WordField(codes.EXIT_REASON, null=True), "退出原因", filter=True)
    returned_on = col(DateField(null=True), "劝返复学日期", show_if="left_why=辍学")
    remarks = col(TextField(null=True), "备注")
    private_remark = col(TextField(null=True), "不公开备注", secret=PRIVATE, help="督查看不到")
    pinyin_key = CharField(max_length=120, default="", index=True)
    pinyin_search = TextField(default="")


one_stretch = no_overlap("child", told="这名学生在这段时间已有一段认定，请核对日期")


def before_the_running_one(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """An earlier stretch ends before the one on the child's own sheet begins."""
    child = every_row(register_of(Child)).where(Child.id == record.child_id).first()
    if child is None or record.until is None or record.until < child.identified_on:
        return []
    return [("until", f"要早于现在这一段的认定日期 {child.identified_on}")]


# How a child was left behind: the kinds of absence that are one (models.kept.left_behind).
GROUNDS = ("双亲外出", "单方外出，另一方无监护能力", "父亲外出", "母亲外出", "其他")


@register(
    title="以前的认定",
    box=Box.CHILDREN,
    scope={TEACHER: own_children("child")},
    order="-since",
    label=("child", "since"),
    match=("child", "since"),
    rules=(dates_in_order, one_stretch, before_the_running_one),
    locks=False,
    purpose="退出后又回来的学生，以前各段留守：认定、退出日期和原因；现在这一段在学生登记里",
)
class Identification(Record):
    child = col(Link(Child), "学生", list=1, short=1, filter=True)
    since = col(DateField(), "认定日期", list=2, short=2)
    until = col(DateField(), "退出日期", list=3, short=3)
    ground = col(WordField(GROUNDS, null=True), "认定情形", list=4, short=4, wanted=True)
    why = col(WordField(codes.EXIT_REASON), "退出原因", list=5, short=5, filter=True)
    returned_on = col(DateField(null=True), "劝返复学日期", show_if="why=辍学")


one_class = no_overlap("child", told="这名学生在这段时间已在另一个班，请先填写原班的离班日期")


@register(
    title="在班记录",
    box=Box.CHILDREN,
    scope={TEACHER: own_children("child")},
    order="-since",
    label=("child", "school_class"),
    match=("child", "since"),
    rules=(dates_in_order, one_class),
    locks=False,
    purpose="哪名儿童从哪天起在哪个班",
)
class Enrolment(Record):
    child = col(Link(Child), "学生", list=1, short=1, filter=True)
    school_class = col(Link(SchoolClass), "班级", list=2, short=2, filter=True, finds="班级")
    since = col(DateField(), "起", list=3, short=3)
    until = col(DateField(null=True), "止", list=4)
    reason = col(CharField(max_length=60, null=True), "原因", list=5, help="如 升级、转班、转出")


def one_of_each(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A child has one father, one mother, one step-parent of each kind at most."""
    if not twins(record, "child", "relation").exists():
        return []
    return [("relation", f"这名学生已登记{record.relation}，请修改原来那一条")]


@register(
    title="父母登记",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children("child")},
    order="child",
    label=("name", "relation"),
    match=("child", "relation"),
    rules=(one_of_each,),
    locks=False,
    own_contacts=True,
    evidence={"photo": "照片"},
    wants={"photo": ""},
    derived=(
        Derived("state", "状况", state_today, list=6),
        Derived("work_place", "务工省市", place_today, list=7),
        Derived("away_since", "外出起始", away_since),
        Derived("able_to_guard", "监护能力", able_today),
    ),
    purpose="父亲、母亲各一行：姓名、电话、在哪里务工",
)
class Parent(Record):
    child = col(Link(Child), "学生", list=1, filter=True, short=1)
    relation = col(
        WordField(("父亲", "母亲", "继父或养父", "继母或养母")),
        "关系",
        list=3,
        short=2,
        filter=True,
    )
    name = col(PersonNameField(max_length=40), "姓名", list=2, short=3, search=True, secret=NAME)
    id_number = col(IdNumberField(max_length=18, null=True), "身份证件号")
    phone = col(
        PhoneField(max_length=30, null=True), "联系电话", list=4, short=4, wanted=True, search=True
    )
    phone_2 = col(PhoneField(max_length=30, null=True), "第二个电话")
    wechat = col(CharField(max_length=40, null=True), "微信号", secret=PHONE)
    workplace = col(
        CharField(max_length=120, null=True),
        "工作单位",
        list=5,
        short=5,
        wanted=True,
        secret=ADDRESS,
        synonyms=("务工单位", "单位"),
    )
    workplace_address = col(
        CharField(max_length=120, null=True), "单位地址", wanted=True, secret=ADDRESS
    )
    workplace_phone = col(PhoneField(max_length=30, null=True), "单位电话", wanted=True)
    trade = col(CharField(max_length=40, null=True), "工种")
    returns = col(CharField(max_length=60, null=True), "返乡规律", help="如 每年春节")
    barred, barred_since = not_to_be_called()
    marriage = col(WordField(codes.MARRIAGE, null=True), "婚姻状况")
    education = col(WordField(codes.EDUCATION, null=True), "文化程度")


def one_state_a_day(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A parent has one state from a day on."""
    if not twins(record, "parent", "since").exists():
        return []
    return [("since", "这一天已有一条状况，请修改那一条")]


@register(
    title="父母状况变动",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children("child")},
    order="-since",
    label=("parent", "state"),
    match=("parent", "since"),
    rules=(one_state_a_day,),
    locks=False,
    purpose="父母何时外出、何时返乡；是否留守由这里推算",
)
class ParentState(Record):
    child = col(Link(Child), "学生", list=1, filter=True, short=1)
    parent = col(Link(Parent), "父母", list=2, short=2, of="child")
    state = col(WordField(codes.PARENT_STATE), "状况", list=3, short=3, filter=True)
    since = col(DateField(), "起始日期", list=4, short=4)
    province = col(
        CharField(max_length=30, null=True),
        "务工省份",
        list=5,
        wanted=True,
        filter=True,
        show_if="state=外出",
    )
    city = col(CharField(max_length=30, null=True), "务工市", wanted=True, show_if="state=外出")
    county = col(
        CharField(max_length=30, null=True), "务工县（区）", wanted=True, show_if="state=外出"
    )
    able_to_guard = col(
        BooleanField(default=True),
        "有监护能力",
        list=6,
        short=5,
        help="重病、残疾、服刑、失联等无法照料时选否",
    )
    note = col(CharField(max_length=120, null=True), "说明")


def guardian_dates(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A guardian's spans run forward, and nobody excluded by law is entrusted."""
    errors = dates_in_order(record, actor) + entrusted_span(record, actor)
    running = record.entrusted and record.until is None
    if record.excluded == "有禁止情形" and running:
        errors.append(("excluded", "有禁止情形的人不得受托照护，请另行委托并告知学校领导"))
    return errors


entrusted_span = not_before("entrusted_until", "entrusted_from", "委托结束不能早于开始")
_one_first = no_overlap("child", "rank", told="这名学生在这段时间已有第一监护人，请先结束原来的")


def one_first(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A child has one first guardian at a time (Q04-1)."""
    return _one_first(record, actor) if record.rank == 1 else []


@register(
    title="监护人登记",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children("child")},
    order="child",
    label=("name", "relation"),
    match=("child", "name", "since"),
    rules=(guardian_dates, one_first),
    locks=False,
    own_contacts=True,
    evidence={"agreement": "托管协议"},
    purpose="现在照料儿童的人，第一监护人和第二监护人",
)
class Guardian(Record):
    child = col(Link(Child), "学生", list=1, filter=True, short=1)
    rank = col(IntegerField(default=1), "第几监护人", list=3, help="1 第一监护人，2 第二监护人")
    name = col(PersonNameField(max_length=40), "姓名", list=2, short=2, search=True, secret=NAME)
    relation = col(WordField(codes.RELATION), "与学生关系", list=4, short=3, filter=True)
    id_number = col(IdNumberField(max_length=18, null=True), "身份证件号")
    age = col(IntegerField(null=True), "年龄", wanted=True, help="满 60 岁为老龄型")
    education = col(WordField(codes.EDUCATION, null=True), "文化程度", wanted=True, filter=True)
    health = col(WordField(codes.HEALTH, null=True), "身体状况")
    trade = col(CharField(max_length=40, null=True), "职业", wanted=True)
    phone = col(
        PhoneField(max_length=30, null=True), "联系电话", list=5, short=4, wanted=True, search=True
    )
    address = col(
        CharField(max_length=120, null=True), "住址", wanted=True, short=5, secret=ADDRESS
    )
    entrusted = col(BooleanField(default=False), "受父母委托照护", list=6)
    entrusted_from = col(DateField(null=True), "委托起", show_if="entrusted=True")
    entrusted_until = col(DateField(null=True), "委托止", show_if="entrusted=True")
    since = col(DateField(), "起", short=6)
    until = col(DateField(null=True), "止")
    told_school_on = col(DateField(null=True), "书面告知学校日期", show_if="entrusted=True")
    excluded = col(
        WordField(EXCLUDED, null=True), "禁止情形核查", wanted=True, show_if="entrusted=True"
    )
    barred, barred_since = not_to_be_called()
    assessment = col(WordField(codes.ASSESSMENT, null=True), "监护评估", wanted=True, filter=True)
    assessed_on = col(DateField(null=True), "评估日期", wanted=True)


CENSUS_MANNERS = ("上门", "电话", "访群众")
CENSUS_RESULTS = ("情况无变化", "情况有变化")


changes_told = needed("changes", "情况有变化的，请写明变化了什么", result=("情况有变化",))


@register(
    title="学期摸底",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-surveyed_on",
    happened="surveyed_on",
    label=("child", "surveyed_on"),
    key=(("child", "semester"),),
    rules=(changes_told,),
    act_by=("surveyor",),
    many="child",
    purpose="每学期对每名儿童家庭情况的摸底核对",
)
class Census(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    semester = col(Link(Semester), "学期", list=3, short=2, filter=True)
    surveyed_on = col(DateField(), "摸底日期", list=1, short=3, filter=True)
    surveyor = col(Link(Staff), "摸底人", list=6, short=4, filter=True)
    manner = col(WordField(CENSUS_MANNERS), "方式", list=4, short=5, filter=True)
    result = col(
        WordField(CENSUS_RESULTS, null=True), "摸底结果", list=5, short=6, wanted=True, filter=True
    )
    changes = col(
        TextField(null=True),
        "变化情况",
        short=7,
        wanted=True,
        search=True,
        show_if="result=情况有变化",
        help="同时请到父母、监护人登记里改成新情况",
    )


CONSENT_PURPOSES = ("照片存档", "对外宣传", "志愿者帮扶", "村级留存")
AGREEMENT_KINDS = ("托管协议", "安全责任书", "知情同意书")


whom = one_of(("child", "staff"), "请选择学生或教职工")
child_named = needed("child", "这种协议要选择学生", kind=("托管协议", "知情同意书"))
valid_span = not_before("valid_until", "signed_on", "有效期不能早于签订日期")


@register(
    title="协议与责任书",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-signed_on",
    happened="signed_on",
    label=("kind", "signed_on"),
    match=("kind", "child", "staff", "signed_on"),
    rules=(whom, child_named, valid_span),
    many="child",
    evidence={"scan": "扫描件"},
    wants={"scan": ""},
    purpose="托管协议、安全责任书、知情同意书，到期前会提醒",
    span=("signed_on", "valid_until"),
)
class Agreement(Record):
    kind = col(WordField(AGREEMENT_KINDS), "类别", list=2, short=1, filter=True)
    child = col(
        Link(Child, null=True),
        "学生",
        list=3,
        short=2,
        wanted=True,
        filter=True,
        show_if="kind=托管协议|知情同意书",
    )
    staff = col(
        Link(Staff, null=True),
        "教职工",
        list=4,
        short=3,
        wanted=True,
        filter=True,
        help="班主任签的安全责任书",
    )
    guardian = col(Link(Guardian, null=True), "监护人", of="child", show_if="kind=托管协议")
    parties = col(
        CharField(max_length=80, null=True),
        "签约各方",
        list=5,
        short=4,
        wanted=True,
        search=True,
        secret=NAME,
    )
    signed_on = col(DateField(), "签订日期", list=1, short=5, filter=True)
    valid_until = col(DateField(null=True), "有效期至", list=6, short=6, wanted=True, filter=True)
    contact_phone = col(
        PhoneField(max_length=30, null=True),
        "外出联系电话",
        short=7,
        wanted=True,
        search=True,
        show_if="kind=托管协议",
        help="父母外出期间能找到人的电话",
    )


withdrawn_after = not_before("withdrawn_on", "given_on", "撤回日期不能早于签署日期")


@register(
    title="知情同意",
    box=Box.CHILDREN,
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-given_on",
    label=("child", "purpose"),
    match=("child", "purpose", "given_on"),
    rules=(withdrawn_after,),
    locks=False,
    evidence={"scan": "签字扫描件"},
    purpose="监护人同意或撤回的用途；没有同意的照片不会对外提供",
)
class Consent(Record):
    child = col(Link(Child), "学生", list=1, short=1, filter=True)
    purpose = col(WordField(CONSENT_PURPOSES), "用途", list=2, short=2, filter=True)
    given_on = col(DateField(), "同意日期", list=3, short=3)
    given_by = col(PersonNameField(max_length=40), "同意人", list=4, short=4, secret=NAME)
    text_version = col(CharField(max_length=20, null=True), "同意书版本", wanted=True)
    withdrawn_on = col(DateField(null=True), "撤回日期", list=5)


def newest_consents(day: date, children: Iterable[int] | None = None) -> dict[Any, Any]:
    """Return per (child, purpose) the consent given last up to `day`: it alone counts.

    Of two given on one day it is the one entered last. Withdrawn or not, an older one has no say.
    """
    query = every_row(register_of(Consent)).where(Consent.given_on <= day)
    if children is not None:
        query = query.where(Consent.child.in_(sorted(children)))
    ordered = query.order_by(Consent.given_on, Consent.id)
    return {(consent.child_id, consent.purpose): consent for consent in ordered}


def stands(consent: Any, day: date) -> bool:
    """Return whether a consent is not withdrawn on `day`."""
    return consent.withdrawn_on is None or bool(consent.withdrawn_on > day)


SIXTEEN, RETURNED, EXPIRING, UNGUARDED, OTHER = (
    "满16周岁",
    "父母返乡",
    "协议到期",
    "监护结束",
    "其他",
)


KEPT, LEFT, RENEWED, REPLACED, DONE = "保留", "已退出", "已续签", "已更新监护人", "已处理"


@register(
    title="要核对的事",
    box=Box.CHILDREN,
    scope={TEACHER: own_children("child")},
    order="-due_on",
    label=("kind", "what"),
    match=("kind", "child", "due_on", "what"),
    hidden_from=(INSPECTOR,),
    locks=False,
    menu=False,
    purpose="满16周岁、父母返乡、协议到期、监护结束：核对后决定保留还是退出",
)
class ReviewTask(Record):
    kind = col(
        WordField((SIXTEEN, RETURNED, EXPIRING, UNGUARDED, OTHER)),
        "事由",
        list=2,
        short=1,
        filter=True,
    )
    child = col(Link(Child, null=True), "学生", list=3, short=2, filter=True)
    staff = col(Link(Staff, null=True), "教职工", short=3)
    what = col(CharField(max_length=120), "要核对什么", list=4, short=4, search=True)
    due_on = col(DateField(), "从哪天起", list=1, short=5, filter=True)
    outcome = col(
        WordField((KEPT, LEFT, RENEWED, REPLACED, DONE), null=True),
        "处理结果",
        list=5,
        short=6,
        filter=True,
        wanted=True,
    )
    decided_on = col(DateField(null=True), "处理日期", list=6)
    decided_by = col(CharField(max_length=40, null=True), "处理人", list=7)
    note = col(TextField(null=True), "说明", search=True)
    source = col(
        CharField(max_length=60, null=True), "来由", readonly=True, secret=Secrecy.INTERNAL
    )
