"""依据口径: in one sentence what makes a clause green, told from the declarations alone.

Who acts, on whom, how often, how many, with what content and result, by when: everything that the
judge asks is said, in the words of the registers and their fields, so that a number the school set
or a need that is added tells itself. No clause has a text of its own here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from peewee import BooleanField

from compliance.checklists.archive import MONTH, SCHOOL_YEAR, Item, items
from compliance.checklists.archive import Source as ArchiveSource
from compliance.checklists.hardware import Line, line_called
from compliance.judged.among import CONDITIONS
from compliance.judged.events import ROLES
from compliance.judged.sources import TIMES, staff_columns
from compliance.judged.subjects import REGISTER_OF_KIND
from compliance.ordered.catalogue import duties, source_register
from compliance.ordered.declaration import Filter
from compliance.ordered.derived import derived
from compliance.ordered.duty import Deadline, Duty, MeasureKind, Part, Source
from compliance.ordered.needs import need
from compliance.ordered.periods import Frequency
from compliance.ordered.regulations import PERMISSIONS, Clause
from models.core.conditions import Asks
from models.core.fields import WordsField
from models.core.register import Register, find, line_registers, register_of

BY = {
    "paired-teacher": "结对教师",
    "class-teacher": "班主任",
    "subject-teacher": "任课教师",
    "acting-parent": "代理家长",
    "leader": "领导小组成员",
    "office": "科室",
    "counsellor": "心理辅导教师",
    "parent": "父母",
    "guardian": "监护人",
    "anyone": "学校",
}
CHARGED = {
    "teacher": "结对教师",
    "class-teacher": "班主任",
    "leader": "领导小组",
    "office": "科室",
    "parent": "父母",
    "school": "学校",
    "counsellor": "心理辅导教师",
    "outside-parent": "编外家长",
}
WHOM = {
    "pairing": "每对结对的师生",
    "child": "每名留守儿童",
    "teacher": "每位结对教师",
    "leadership-member": "每位领导小组成员",
    "class": "每个班",
    "study-group": "每个学习小组",
    "class-teacher": "每位班主任",
    "guardian": "每位监护人",
    "room": "每间用房",
    "activity": "每场活动",
    "incident": "每起突发事件",
    "school": "学校",
    "home": "每处之家（本部和各校点）",
    "volunteer-child": "每名由志愿者帮扶的孩子",
    "outside-parent": "每位校外志愿者",
    "acting-parent": "每位代理家长",
    "subject-teacher": "每位任课教师",
    "staff": "每位教职工",
    "department": "每个部门",
    "enquiry": "每次咨询",
    "opinion": "每条意见",
    "topic": "学校",
    "asset": "每件资产",
    "move": "每次资产调用",
    "finding": "每个督查问题",
    "session": "每次心理咨询",
    "visit": "每次家访",
    "meeting": "每次会议",
    "damage": "每次损坏",
}
# Subjects whose own acts are counted.
THEMSELVES = {("leadership-member", "leader"), ("acting-parent", "paired-teacher")}
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
# Names of dates that say nothing beside the event itself.
PLAIN = ("日期", "时间", "")
PER = {MONTH: "每月", SCHOOL_YEAR: "每学年", "": "每学期"}


def ground(duty: Duty, clause: str = "") -> str:
    """Return what makes a duty green, for one of its clauses; without a full stop.

    `clause` chooses among the topics of a duty that has some, and says whether the number is the
    school's own.
    """
    parts = [
        part for part in duty.parts if not clause or not part.clauses or clause in part.clauses
    ]
    open_ = duty.proposed and (not duty.proposed_for or clause in ("", *duty.proposed_for))
    own = "，次数或期限由本校自定" if open_ else ""
    return f"{_body(duty, parts)}（由{CHARGED[duty.responsible]}负责{own}）"


def as_shipped(code: str) -> Duty | None:
    """Return a duty as it is declared, without the numbers a school sets."""
    return next((duty for duty in duties() if duty.code == code), None)


def grounds(
    clause: Clause,
    called: Callable[[str], Duty | None] = as_shipped,
    targets: Mapping[str, int] | None = None,
) -> str:
    """Return in one sentence what makes a clause green.

    `called` gives a duty by its code with the numbers in force; `targets` are the quantities of
    the hardware list that the school set itself, by line.
    """
    said = [ground(duty, clause.id) for duty in map(called, clause.duties) if duty is not None]
    said += [_listed(code, targets or {}) for code in clause.checklist]
    said += [f"系统一直做到：{PERMISSIONS[name]}" for name in clause.permissions]
    kept = _kept(clause) if clause.record_only else ""
    if not said:
        return f"{kept}，有 1 条就显示“有记录”。" if kept else "这一条只出材料，不判做到没做到。"
    beside = f"；{kept}" if kept else ""
    if len(said) == 1:
        return f"{said[0]}{beside}。"
    told = "；".join(f"{NUMBERS[place]}{one}" for place, one in enumerate(said))
    return f"下面 {len(said)} 项都做到：{told}{beside}。"


def _kept(clause: Clause) -> str:
    """What a clause only keeps: the registers, and which of their records it means."""
    told = []
    for slug in clause.registers:
        register = find(slug)
        assert register is not None
        said = _where(register, clause.where.get(slug, {}))
        told.append(f"《{register.title}》" + (f"（{'，'.join(said)}）" if said else ""))
    return f"{'、'.join(told)}里每学期的记录只作记录、不判做到没做到"


# ---- one duty ----------------------------------------------------------------------------------


def _body(duty: Duty, parts: list[Part]) -> str:
    if duty.every is Frequency.EVENT:
        return _event(duty)
    head = _when(duty) + _whom(duty)
    if not duty.parts:
        return head + _asked(duty)
    by = _by(duty)
    told = [_part(duty, part, by) for part in parts]
    if len(told) == 1:
        return f"{head}{told[0]}"
    return f"{head}下面 {len(told)} 样都有：" + "、".join(
        f"{part.title}（{one}）" for part, one in zip(parts, told, strict=True)
    )


def _when(duty: Duty) -> str:
    """How often, with the deadline that lies inside the period."""
    limit = duty.deadline
    if duty.every is Frequency.NOW:
        return "任何一天看，"
    if limit is not None and limit.weeks is not None:
        return f"{duty.every.word}前 {limit.weeks} 周内，"
    if limit is not None and limit.semester_end:
        return f"{duty.every.word}最后一天以前，"
    return f"{duty.every.word}，"


def _whom(duty: Duty) -> str:
    register = find(REGISTER_OF_KIND.get(duty.subject, ""))
    narrowed = [] if register is None else _where(register, duty.among)
    narrowed += [CONDITIONS[name].told for name in duty.only]
    return WHOM[duty.subject] + (f"（{'，'.join(narrowed)}）" if narrowed else "")


def _by(duty: Duty) -> str:
    if duty.by == ("anyone",):
        return ""
    if (duty.subject, *duty.by) in THEMSELVES:
        return "由本人做的"
    return f"由{'或'.join(BY[one] for one in duty.by)}做的"


def _asked(duty: Duty) -> str:
    """What is asked of one heap of records."""
    measure = duty.measure
    records = _records(duty.sources, duty.needs)
    by = _by(duty)
    register = source_register(duty.sources[0])
    if measure.kind is MeasureKind.SUM:
        spec = register.fields[measure.field]
        once = "（重叠的时段只算一次）" if (register.slug, spec.name) in TIMES else ""
        least = f"{measure.least} {spec.unit or '个'}"
        return f"{by}{records}，{spec.label}合计至少 {least}{once}"
    if measure.kind is MeasureKind.DISTINCT:
        label = register.fields[measure.field].label
        return f"{by}{records}里，{label}至少有 {measure.least} 种"
    if measure.kind is MeasureKind.COMPLETE:
        fields = _labels(register, measure.fields or _all_asked(register))
        return f"至少有 1 条{by}{records}，而且每一条的{fields}都填好"
    return f"{_number(measure.least, measure.most)}{by}{records}"


def _number(least: int, most: int | None) -> str:
    if most is None:
        return f"至少有 {least} 条"
    if most == 0:
        return "有 0 条（一条也没有）"
    return f"正好有 {least} 条" if most == least else f"有 {least} 到 {most} 条"


def _part(duty: Duty, part: Part, by: str) -> str:
    records = _records(part.sources, (*duty.needs, *part.needs))
    if duty.measure.kind is MeasureKind.SUM:
        return f"{by}{records}合计至少 {part.least}"
    if duty.measure.kind is not MeasureKind.COMPLETE:
        return f"至少有 {part.least} 条{by}{records}"
    register = source_register(part.sources[0])
    fields = _labels(register, part.fields or _all_asked(register))
    first = f"至少有 {part.least} 条{records}，" if part.least else f"凡有{records}，"
    return f"{first}每一条的{fields}都填好"


def _event(duty: Duty) -> str:
    """What is asked of each event: by when which record says what."""
    event, measure = duty.event, duty.measure
    assert event is not None
    (source,) = duty.sources
    register, begun = source_register(source), source_register(event)
    asked = "，".join((*_where(begun, event.where), *_doer(duty, begun)))
    head = WHOM[duty.subject] + (f"（{asked}）" if asked else "")
    within = _within(duty.deadline, measure.minutes, begun, event.date or begun.happened)
    if source.register == event.register:
        extra = {k: v for k, v in source.where.items() if k not in event.where}
        must = [*_where(register, extra), *_needs(register, (*duty.needs, *source.needs))]
        fields = measure.fields if measure.kind is MeasureKind.COMPLETE else (measure.field,)
        filled = _labels(register, fields or _all_asked(register))
        done = f"这 1 条《{register.title}》里写明{filled}"
        return f"{head}{within}，{done}" + (f"，而且{'、'.join(must)}" if must else "")
    label = register.fields[measure.field].label
    records = _records((source,), duty.needs)
    return f"{head}{within}，至少有 1 条{records}，写明{label}"


def _doer(duty: Duty, register: Register) -> list[str]:
    """Whose act an event is, where that is looked up."""
    if register.sealed or not {*duty.by} & ROLES.keys():
        return []
    column = staff_columns(register)[0]
    return [f"{register.fields[column.name].label}是在岗的{ROLES[duty.by[0]]}"]


def _within(limit: Deadline | None, minutes: int | None, register: Register, begun: str) -> str:
    if minutes is not None:
        return f"发生后 {minutes} 分钟内"
    assert limit is not None
    if limit.field:
        return f"在写明的{register.fields[limit.field].label}以前"
    label = register.fields[begun].label if begun else ""
    since = "" if label in PLAIN else label
    return f"从{since or '那天'}起 {limit.days} 天内" if limit.days else f"{since}当天"


# ---- records and what they must hold -------------------------------------------------------------


def _records(sources: Iterable[Source], needs: Iterable[str]) -> str:
    """The records that count: register, what they say, what they hold."""
    return "或".join(_of_source(source, tuple(needs)) for source in sources)


def _of_source(source: Source, needs: tuple[str, ...]) -> str:
    register = source_register(source)
    must = [*_where(register, source.where), *_needs(register, (*needs, *source.needs))]
    must += ["本人也在场"] if source.present else []
    return f"《{register.title}》" + (f"（{'，'.join(must)}）" if must else "")


def _needs(register: Register, names: Iterable[str]) -> list[str]:
    return [need_told(register, name) for name in dict.fromkeys(names)]


def need_told(register: Register, name: str) -> str:
    """Return what a need asks of a record of the register, in words."""
    asked = need(register, name)
    if asked.told:
        return asked.told
    ways = ["、".join(_where(register, asked.where))] if asked.where else []
    ways += [f"附{register.evidence[asked.evidence]}"] if asked.evidence else []
    ways += [f"{register.fields[field].label}不为空" for field in asked.fields]
    ways += [f"有{_title(asked.lines)}"] if asked.lines else []
    return "或".join(ways)


def _where(register: Register, where: Filter) -> list[str]:
    return [_condition(register, name, asked) for name, asked in where.items()]


def _condition(register: Register, name: str, asked: Any) -> str:
    """One line of a condition, in the words of the register."""
    worked_out = derived(register, name)
    if worked_out is not None:
        return f"{worked_out.label}是{_words(asked)}"
    link, _, inner = name.partition("__")
    spec = register.fields.get(link)
    if spec is None:
        return _attached(register, name, asked)
    if inner:
        target = register_of(spec.target)
        return f"{spec.label}的{_condition(target, inner, asked)}"
    if isinstance(asked, Asks):
        return "、".join(_asks(register, spec.label, asked))
    if isinstance(asked, bool):
        if isinstance(spec.field, BooleanField):
            return f"{spec.label}为“{'是' if asked else '否'}”"
        return f"{spec.label}{'已填' if asked else '没有填'}"
    joined = "里有" if isinstance(spec.field, WordsField) else "是"
    return f"{spec.label}{joined}{_words(asked)}"


def _words(asked: Any) -> str:
    listed = asked if isinstance(asked, list | tuple) else [asked]
    return "、".join(f"“{word}”" for word in listed) + ("之一" if len(listed) > 1 else "")


def _attached(register: Register, name: str, asked: Any) -> str:
    lines = next((one for one in line_registers(register) if one.slug == name), None)
    noun = lines.title if lines is not None else register.evidence.get(name, "附件")
    if isinstance(asked, Asks):
        least = f"至少 {asked.at_least} 份" if asked.at_least else ""
        inner = "，".join(_where(lines, asked.where)) if lines is not None else ""
        return f"有{least}{noun}" + (f"（{inner}）" if inner else "")
    return f"有{noun}" if asked else f"没有{noun}"


def _asks(register: Register, label: str, asked: Asks) -> Iterator[str]:
    if asked.any_of:
        yield f"{label}是{_words(asked.any_of)}"
    if asked.none_of:
        yield f"{label}不是{_words(asked.none_of)}"
    if asked.filled is not None:
        yield f"{label}{'已填' if asked.filled else '没有填'}"
    if asked.at_least is not None:
        yield f"{label}至少 {asked.at_least}"
    if asked.at_most is not None:
        yield f"{label}至多 {asked.at_most}"
    if asked.contains is not None:
        yield f"{label}写到“{asked.contains}”"
    compared = {
        "与{}相同": asked.equal_to,
        "与{}不同": asked.other_than,
        "不早于{}": asked.not_before,
        "不晚于{}": asked.not_after,
    }
    for said, other in compared.items():
        if other is not None:
            yield label + said.format(register.fields[other].label)


def _labels(register: Register, names: Iterable[str]) -> str:
    return "、".join(register.fields[name].label for name in names)


def _all_asked(register: Register) -> tuple[str, ...]:
    return tuple(spec.name for spec in register.fields.values() if spec.required or spec.wanted)


def _title(slug: str) -> str:
    register = find(slug)
    assert register is not None
    return register.title


# ---- checklists ----------------------------------------------------------------------------------


def _listed(code: str, targets: Mapping[str, int]) -> str:
    line = line_called(code)
    if line is not None:
        return _hardware(line, targets.get(code, line.target))
    return _archive(next(item for item in items() if item.id == code))


def _hardware(line: Line, target: int) -> str:
    own = "，数量由本校自定" if line.proposed else ""
    title = line.title.removeprefix(line.room).removeprefix("之家")
    what = f"{line.room}的{title}" if title else line.room
    return f"任何一天看，{what}不少于 {target} {line.unit}（学校负责{own}）"


def _archive(item: Item) -> str:
    if item.package:
        return f"每学期档案第 {item.number} 项“{item.title}”的八个部分都齐全，少 1 样也不算"
    told = [_archived(source) for source in item.sources]
    for code in item.duties:
        duty = as_shipped(code)
        assert duty is not None
        told.append(f"“{duty.title}”做到")
    told += [f"《{_title(slug)}》有照片" for slug in item.photos]
    return f"每学期档案第 {item.number} 项“{item.title}”齐全：{'、'.join(told)}"


def _archived(source: ArchiveSource) -> str:
    register = source.register
    needs = [
        "或".join(need_told(register, way) for way in name.split("|")) for name in source.needs
    ]
    must = [*_where(register, source.where), *needs]
    noted = f"（{'，'.join(must)}）" if must else ""
    waived = "（学校不留聊天记录的免）" if source.waived else ""
    return f"《{register.title}》{noted}{PER[source.per]}至少 {source.at_least} 条{waived}"
