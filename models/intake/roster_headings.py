"""The headings a pupil roster may have: those of the national pupil system and of daily use."""

from __future__ import annotations

from models.intake.headers import Group, expand_group

PUPIL: dict[str, tuple[str, ...]] = {
    "serial": ("序号", "编号", "序", "NO", "号"),
    "name": (
        "姓名", "学生姓名", "儿童姓名", "留守儿童姓名", "名字", "幼儿姓名", "孩子姓名", "学生",
    ),
    "former_name": ("曾用名",),
    "sex": ("性别",),
    "birth": ("出生日期", "出生年月", "出生年月日", "生日", "出生时间", "出生"),
    "ethnic": ("民族", "族别"),
    "id_kind": ("身份证件类型", "证件类型", "证件类别", "证件种类"),
    "id_number": (
        "身份证件号", "身份证号", "身份证号码", "身份证", "证件号码", "证件号",
        "公民身份号码", "身份证件号码", "居民身份证号",
        "居民身份证号码", "公民身份证号", "公民身份证号码",
    ),
    "school_number": ("学籍号", "全国学籍号", "学籍号码", "全国学籍", "国网学籍号", "学籍编号"),
    "class": (
        "班级", "所在班级", "班级名称", "年级班级", "年班", "就读班级", "班别", "现在班级", "班",
        "现就读班级", "班号", "年级和班级", "年级及班级",
        "所属班级", "年级/班级", "班次", "年级班",
    ),
    "grade": ("年级", "所在年级", "就读年级", "年级名称"),
    "number_in_class": ("班内学号",),
    "boarding": (
        "就读方式", "是否住校", "是否寄宿", "是否寄宿生", "是否住校生", "住宿情况", "走读/住校",
        "住校/走读", "走读住校", "是否住宿", "住宿方式", "寄宿情况", "是否住读", "就学方式",
    ),
    "travel": ("上下学方式", "上学方式"),
    "distance": ("上下学距离", "家校距离", "距离", "离校距离", "距学校距离"),
    "home_address": (
        "现住址", "家庭住址", "住址", "家庭地址",
        "居住地址", "详细住址", "现居住地", "地址", "居住地",
        "家庭详细住址", "家庭现住址", "现住地址",
        "家庭详细地址", "详细地址", "通讯地址", "常住地址",
    ),
    "registered_address": (
        "户籍地", "户籍所在地", "户口所在地",
        "户籍地址", "户口所在地行政区划", "户籍", "户口地址",
    ),
    "household": ("户口性质", "户籍性质", "户口类型"),
    "health": ("健康状况", "身体状况", "健康情况"),
    "disability": ("残疾类型", "残疾类别", "残疾情况"),
    "hardships": ("困难类别", "困难类型", "家庭困难类别",
    "家庭困难类型", "困难情况", "特殊情况类别"),
    "flag.orphan": ("是否孤儿",),
    "flag.martyr": ("是否烈士或优抚子女",),
    "flag.dibao": ("是否低保", "是否低保户"),
    "phone": (
        "联系电话", "电话", "家庭电话", "联系方式",
        "手机号码", "家庭联系电话", "手机", "电话号码",
        "手机号", "家庭联系方式", "联系电话号码",
    ),
    "left_behind": (
        "是否留守儿童", "是否留守", "留守类型", "留守情况", "留守儿童类型", "留守类别", "留守",
        "留守儿童类别", "留守儿童", "是否为留守儿童", "留守状况", "是否农村留守儿童", "留守标识",
        "是否属于留守儿童", "留守状态", "留守儿童情况", "是否是留守儿童", "单亲/双亲留守",
        "是否留守学生", "留守学生", "留守方式",
    ),
    "left_behind.one": ("单亲留守", "单亲", "留守情况单亲", "留守类型单亲", "单亲留守儿童"),
    "left_behind.both": ("双亲留守", "双亲", "留守情况双亲", "留守类型双亲", "双亲留守儿童"),
    "remark": ("备注", "说明", "其他说明"),
}  # fmt: skip
"""Plain fields of the pupil; a heading of one person in the family belongs to a group below."""

_PHONE = (
    "联系电话", "电话", "手机", "手机号", "手机号码", "联系方式", "电话号码", "联系电话号码",
)  # fmt: skip
_ID = ("身份证件号", "身份证号", "身份证号码", "身份证", "证件号码", "证件号", "身份证件号码")
_ADDRESS = ("现住址", "住址", "家庭住址", "地址", "居住地", "现居住地", "详细住址")
_RELATION = (
    "关系", "与学生关系", "与被监护人关系", "与留守儿童关系", "与儿童关系", "和学生关系", "称谓",
    "与孩子关系", "与本人关系", "与学生的关系", "与儿童的关系", "与其关系", "与留守儿童的关系",
    "与监护人关系", "亲属关系",
)  # fmt: skip
_PERSON: dict[str, tuple[str, ...]] = {
    "name": (
        "姓名", "名字", "名", "姓名及电话", "姓名和电话", "姓名电话", "姓名及联系电话",
        "姓名及联系方式", "姓名联系电话", "姓名及关系", "姓名和关系", "姓名关系",
    ),
    "relation": _RELATION,
    "phone": _PHONE,
    "workplace": ("工作单位", "单位", "工作单位或务工地", "工作单位及地址", "职业"),
    "place": (
        "务工地点", "务工地", "外出地点", "打工地点", "外出务工地", "外出务工地点", "务工省市",
        "去向", "工作地点", "外出地", "务工地址", "务工去向", "所在地", "打工地", "务工城市",
        "工作地", "外出务工去向", "现在何处", "务工所在地", "现工作地", "务工地区", "工作地址",
    ),
    "state": (
        "状态", "情况", "现状", "外出情况", "是否外出", "务工情况", "是否外出务工", "务工状况",
        "外出务工情况", "是否务工", "状况",
    ),
    "id_number": _ID,
    "address": _ADDRESS,
    "is_guardian": ("是否监护人",),
}  # fmt: skip

GROUPS = (
    Group("father", ("父亲", "爸爸", "学生父亲", "父"), _PERSON),
    Group("mother", ("母亲", "妈妈", "学生母亲", "母"), _PERSON),
    Group(
        "guardian",
        (
            "监护人", "现监护人", "实际监护人",
            "委托监护人", "临时监护人", "受委托监护人", "代管人",
            "受委托人", "托管人", "监护人1", "第一监护人", "被委托人", "委托照护人", "看护人",
            "现监护人员", "照护人", "受托人", "主要照护人", "实际照护人", "主要照料人", "照料人",
            "监护人一", "主要监护人",
        ),
        {**_PERSON, "age": ("年龄",)},
        adjacent=True,
    ),
    Group(
        "guardian2",
        ("监护人2", "监护人二", "第二监护人"),
        {name: _PERSON[name] for name in ("name", "relation", "phone", "id_number", "address")},
    ),
    Group("member1", ("成员1", "成员一", "家庭成员1", "家庭成员一", "家长1", "家长一"), _PERSON),
    Group("member2", ("成员2", "成员二", "家庭成员2", "家庭成员二", "家长2", "家长二"), _PERSON),
    Group("member3", ("家长", "家庭成员", "成员3", "家长3", "学生家长"), _PERSON, adjacent=True),
)  # fmt: skip

HARDSHIP_FLAGS = {"flag.orphan": "orphan", "flag.martyr": "martyr", "flag.dibao": "dibao"}

_OWNERS = {
    "father": "父亲",
    "mother": "母亲",
    "guardian": "监护人",
    "guardian2": "第二监护人",
    "member1": "成员1",
    "member2": "成员2",
    "member3": "家长",
}


# What a register has no place for; a sheet that has such a column is told so.
_NOT_KEPT = {
    "household",
    "number_in_class",
    "guardian.workplace",
    "guardian.place",
    "guardian.state",
}
_NOT_KEPT |= {f"{group}.address" for group in ("father", "mother")}
_NOT_KEPT |= {"guardian.is_guardian", "father.relation", "mother.relation"}


def is_stored(field: str) -> bool:
    """Whether what a column of the field says finds its way into a register."""
    return field not in _NOT_KEPT


def roster_fields() -> dict[str, str]:
    """Return {field: Chinese label} of everything a column may be mapped to, for the clerk."""
    labels = {field: names[0] for field, names in PUPIL.items()}
    for group in GROUPS:
        owner = _OWNERS[group.field]
        for field in expand_group(group):
            labels[field] = owner + group.parts[field.partition(".")[2]][0]
    return labels
