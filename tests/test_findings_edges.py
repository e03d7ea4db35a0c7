"""Each finding beside its edge: found on the one day, number or word, and not on the next to it.

`tests.spoiled` shows that every kind is found at all. Here one record per kind is given one word
after another, past the rules, on one copy of the school; what is said of it is looked at each time.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from compliance.findings.kinds import kinds
from models.core import calendar
from models.core.database import database, writing
from models.core.register import REGISTERS
from tests.spoiled import Of, Spoiler
from tests.test_findings import hits

GONE = {"deleted_at": "2025-11-12 09:00:00"}


class Edge(NamedTuple):
    """A record of the school (`Of` its name) or one that is made, and what it may say.

    `at` is what the finding names: the record itself, another one, or a part of the note. Each case
    is what the record says and whether it is found then.
    """

    slug: str
    record: object
    cases: list
    at: object = None
    adopted: str = ""
    lines: dict | None = None


def day(slug, record, name, *days, at=None, **more):
    """A record that is found on the days before a colon and not on those after."""
    cases = [({name: one.strip("!")}, not one.startswith("!")) for one in days]
    return Edge(slug, record, cases, at, **more)


def dated(slug, record, name="until", at=None, **more):
    """A dated row that holds to its last day: found once that is over, or before it begins."""
    ends = [({name: "2025-11-11"}, True), ({name: "2025-11-12"}, False), ({name: None}, False)]
    begins = [({"since": "2025-11-13"}, True), ({"since": "2025-11-12"}, False), (GONE, True)]
    return Edge(slug, record, [*ends, *(begins if name == "until" else [])], at, **more)


VISIT = {
    "child": Of("child_b"),
    "visited_at": "2025-11-05 18:00",
    "manner": "入户",
    "met": "祖父母",
}
VISIT |= {"address": "大坪村"}
TEST = {"child": Of("child_b"), "abnormal": "异常", "abnormal_note": "视力", "guardian_told_on": ""}
CALL = {"duty_teacher": Of("staff_bob"), "begun_at": "2025-11-10 12:00", "place": "之家"}
MOVED = {"asset": Of("asset"), "approved_by": Of("staff_leadership"), "approved_on": "2025-10-01"}
ASKED = {"caller": "家长", "called_at": "2025-11-05 10:30", "answered_on": ""}
KEPT = {"problem": "插销坏", "deadline": "2025-12-01"}

EDGES = {
    "F101 office": dated(
        "leadership-member",
        {"office": "教导处", "since": "2025-09-01", "duties": "统筹"},
        at="教导处没有人",
        adopted="思渠中学",
    ),
    "F101 head": Edge(
        "leadership-member",
        {"office": "校长", "position": "组长", "since": "2025-09-01", "duties": "统筹"},
        [({}, False), ({"position": "副组长"}, True), ({"until": "2025-11-11"}, True)],
        "没有组长",
    ),
    "F101 class teacher": Edge(
        "class-teacher",
        Of("class_teacher"),
        [({}, True), ({"until": "2025-11-11"}, False), ({"until": "2025-11-12"}, True)],
        ("staff", Of("staff_alice")),
        adopted="回龙学校",
    ),
    "F101 class teacher of a set that does not ask": Edge(
        "class-teacher", Of("class_teacher"), [({}, False)], ("staff", Of("staff_alice"))
    ),
    "F102": dated("post", {"kind": "信息员", "since": "2025-09-01"}, at="信息员没有人"),
    "F103": Edge(
        "leadership-member",
        {"position": "成员", "since": "2025-09-01", "duties": ""},
        [
            ({}, True),
            ({"duties": None}, True),
            ({"duties": "统筹"}, False),
            ({"until": "2025-11-11"}, False),
            ({"until": "2025-11-12"}, True),
            (GONE, False),
        ],
    ),
    "F201": dated("regulation", {"topic": "联席会议制度"}, "withdrawn_on", at="联席会议制度"),
    "F201 of another set": Edge(
        "regulation", {"topic": "联席会议制度"}, [({}, False)], "留守学生管理办法"
    ),
    "F204": Edge(
        "regulation",
        {"topic": "联席会议制度", "text": ""},
        [
            ({}, True),
            ({"text": None}, True),
            ({"text": "一、总则"}, False),
            ({"withdrawn_on": "2025-11-11"}, False),
            ({"withdrawn_on": "2025-11-12"}, True),
        ],
    ),
    # 62 days after 3 July 2026, the last day of the last semester entered.
    "F301": day(
        "talk",
        Of("talk_a"),
        "talked_at",
        "2025-08-31 23:59:59",
        "!2025-09-01 00:00:00",
        "!2026-02-10 10:00:00",
        "!2026-09-03 23:59:59",
        "2026-09-04 00:00:00",
    ),
    "F401": dated("guardian", Of("guardian_a"), at=("child", Of("child_a"))),
    # Her mother is at home and looks after the child.
    "F401 with a parent at home": Edge(
        "guardian",
        Of("guardian_b"),
        [({}, False), ({"until": "2025-11-11"}, False), (GONE, False)],
        ("child", Of("child_b")),
    ),
    "F401 of a child who left": Edge(
        "child",
        Of("child_a"),
        [
            ({"guardianship": "无人监护"}, True),
            ({"guardianship": "无人监护", "left_on": "2025-11-12"}, True),
            ({"guardianship": "无人监护", "left_on": "2025-11-11"}, False),
            ({"guardianship": "无人监护", "identified_on": "2025-11-12"}, True),
            ({"guardianship": "无人监护", "identified_on": "2025-11-13"}, False),
        ],
    ),
    "F402": Edge(
        "child", Of("child_a"), [({"left_why": "转学"}, False), ({"left_why": "辍学"}, True)]
    ),
    "F403 guardian": Edge(
        "guardian",
        Of("guardian_a"),
        [
            ({}, False),
            ({"phone": ""}, True),
            ({"phone": None}, True),
            ({"until": "2025-11-11"}, True),
            ({"until": "2025-11-12"}, False),
        ],
        ("child", Of("child_a")),
    ),
    "F403 class teacher": Edge(
        "staff",
        Of("staff_alice"),
        [({}, False), ({"phone": ""}, True), ({"phone": None}, True)],
        ("child", Of("child_a")),
    ),
    "F403 one of two parents": Edge(
        "parent", Of("father_a"), [({"phone": ""}, False)], ("child", Of("child_a"))
    ),
    "F406": Edge(
        "guardian",
        Of("guardian_a"),
        [
            ({"age": 59}, False),
            ({"age": 60}, True),
            ({"age": None}, False),
            ({"age": 60, "until": "2025-11-11"}, False),
            ({"age": 60, "until": "2025-11-12"}, True),
        ],
    ),
    "F406 with a parent at home": Edge("guardian", Of("guardian_b"), [({"age": 80}, False)]),
    "F407": Edge(
        "guardian",
        Of("guardian_a"),
        [
            ({"education": "小学"}, False),
            ({"education": "文盲或半文盲"}, True),
            ({"education": "文盲或半文盲", "until": "2025-11-11"}, False),
        ],
    ),
    "F408": Edge(
        "agreement",
        {"kind": "托管协议", "child": Of("child_b"), "signed_on": "2025-09-02"},
        [
            ({"valid_until": "2025-11-11"}, True),
            ({"valid_until": "2025-11-12"}, False),
            ({"valid_until": None}, False),
            ({"valid_until": "2025-11-11", "kind": "安全责任书"}, False),
            ({"valid_until": "2025-11-11", **GONE}, False),
        ],
    ),
    "F410": Edge(
        "guardian",
        Of("guardian_a"),
        [
            ({"entrusted": True}, True),
            ({"entrusted": True, "told_school_on": "2025-09-01"}, False),
            ({"entrusted": False}, False),
            ({"entrusted": True, "until": "2025-11-11"}, False),
        ],
    ),
    "F411": Edge(
        "guardian",
        Of("guardian_a"),
        [({"assessment": "一般"}, False), ({"assessment": "差"}, True)],
    ),
    "F412": day("child", Of("child_b"), "born_on", "2009-11-12", "!2009-11-13", "2005-01-01"),
    "F413": Edge(
        "parent-state",
        Of("mother_state_a"),
        [({"state": "在家"}, False)],
        ("child", Of("child_a")),
    ),
    "F418": dated("enrolment", Of("enrolment_b"), at=("child", Of("child_b"))),
    "F419": dated("class-teacher", Of("class_teacher"), at=("school-class", Of("class_1"))),
    "F421": Edge(
        "consent",
        {"child": Of("child_b"), "purpose": "对外宣传", "given_on": "2025-09-05"},
        [
            ({}, False),
            ({"withdrawn_on": "2025-11-12"}, True),
            ({"withdrawn_on": "2025-11-13"}, False),
        ],
    ),
    "F104": Edge(
        "staff",
        {"name": "赵强", "sex": "男"},
        [({}, True), ({"name": "赵刚强"}, False), (GONE, False)],
    ),
    "F422": Edge(
        "child",
        {"name": "张小雨", "born_on": "2012-05-06", "no_id_reason": "办理中"},
        [({}, True), ({"born_on": "2012-05-07"}, False), ({"name": "张晓雨"}, False)],
    ),
    "F423": Edge(
        "parent",
        {"child": Of("child_a"), "relation": "继父或养父", "name": "张建国"},
        [({}, True), ({"name": "张建军"}, False), (GONE, False)],
    ),
    "F425": day(
        "guardian",
        Of("guardian_b"),
        "changed_at",
        "2024-11-11 12:00:00",
        "!2024-11-12 00:00:00",
    ),
    "F501": dated("pairing", Of("pairing_b"), at=("child", Of("child_b"))),
    "F501 of a child who left": Edge(
        "child", Of("child_c"), [({}, True), ({"left_on": "2025-11-11"}, False)]
    ),
    "F503": day(
        "staff",
        Of("staff_bob"),
        "left_on",
        "2025-11-11",
        "!2025-11-12",
        at=("pairing", Of("pairing_b")),
    ),
    "F503 of an ended pairing": Edge(
        "staff",
        Of("staff_alice"),
        [({"left_on": "2025-11-11"}, False)],
        ("pairing", Of("pairing_b")),
    ),
    "F504": day(
        "child",
        Of("child_b"),
        "left_on",
        "2025-11-11",
        "!2025-11-12",
        at=("pairing", Of("pairing_b")),
    ),
    "F505": dated(
        "peer-pairing", {"child": Of("child_b"), "since": "2025-09-05"}, at=("child", Of("child_b"))
    ),
    "F506": Edge(
        "volunteer",
        {"kind": "爱心妈妈", "checked_on": "2025-09-01", "check_result": "无违法犯罪记录"},
        [
            ({}, False),
            ({"checked_on": None}, True),
            ({"check_result": ""}, True),
            ({"check_result": None}, True),
            ({"check_result": "", "until": "2025-11-11"}, False),
            ({"check_result": "", "until": "2025-11-12"}, True),
        ],
    ),
    "F507": day(
        "hand-in",
        {"kind": "周记录", "teacher": Of("staff_bob"), "semester": Of("autumn"), "week": "10"},
        "handed_on",
        "2025-11-12",
        "2025-10-29",
        "!2025-10-28",
    ),
    "F507 of another kind": Edge(
        "hand-in",
        {"kind": "周记录", "teacher": Of("staff_bob"), "semester": Of("autumn"), "week": "10"},
        [({"kind": "班级材料"}, False)],
    ),
    "F601": Edge(
        "home-visit",
        VISIT,
        [
            ({}, True),
            ({"manner": "电话"}, False),
            ({"visited_at": "2025-09-01 00:00:00"}, True),
            ({"visited_at": "2025-08-31 23:59:59"}, False),
            (GONE, False),
        ],
    ),
    "F602": Edge(
        "home-visit",
        VISIT,
        [
            ({"visited_at": "2025-10-01 10:00:00"}, True),
            ({"visited_at": "2025-10-08 10:00:00"}, True),
            ({"visited_at": "2025-10-09 10:00:00"}, False),
            ({"visited_at": "2025-10-11 10:00:00"}, False),
            ({"visited_at": "2025-10-01 10:00:00", "manner": "电话"}, False),
        ],
    ),
    "F605": day(
        "talk",
        {"teacher": Of("staff_charlie"), "talked_at": "2025-11-05 12:00"},
        "talked_at",
        "!2025-11-05 00:00:00",
        "2025-11-04 23:59:59",
    ),
    "F607": Edge(
        "home-visit",
        VISIT,
        [
            ({}, False),
            ({"met": None}, True),
            ({"met": ""}, True),
            ({"address": ""}, True),
            ({"address": None}, True),
            ({"address": "", "manner": "电话"}, False),
        ],
    ),
    "F609": Edge(
        "talk",
        Of("talk_b"),
        [
            ({"risk": "无"}, False),
            ({"risk": "关注"}, False),
            ({"risk": "转心理"}, True),
            ({"risk": "强制报告"}, True),
            ({"risk": "强制报告", "measure": ""}, True),
            ({"risk": "强制报告", "measure": "已报告"}, False),
        ],
    ),
    # The clock stands at 10:30.
    "F701": Edge(
        "family-call",
        CALL,
        [
            ({"begun_at": "2025-11-12 10:20:00"}, False),
            ({"begun_at": "2025-11-12 10:19:00"}, True),
            ({"begun_at": "2025-11-12 10:19:00", "place": "家中"}, False),
        ],
    ),
    "F702": Edge(
        "family-call",
        CALL,
        [
            ({"callee": "母亲"}, False),
            ({"callee": "其他人"}, True),
            ({"callee": "其他人", "place": "家中"}, False),
        ],
    ),
    "F703": Edge(
        "family-call",
        CALL,
        [
            ({"ended_at": None}, True),
            ({"ended_at": None, "begun_at": "2025-11-11 23:59:00"}, True),
            ({"ended_at": None, "begun_at": "2025-11-12 00:00:00"}, False),
            ({"ended_at": "12:10:00"}, False),
        ],
    ),
    "F802": Edge(
        "loan",
        {"lent_on": "2025-10-10", "due_on": "2025-11-11", "handler": Of("staff_bob")},
        [({}, True), ({"due_on": "2025-11-12"}, False), ({"returned_on": "2025-11-12"}, False)],
    ),
    "F803": Edge(
        "damage",
        {},
        [
            ({}, True),
            ({"paid_on": "2025-11-12"}, False),
            ({"waived_reason": "自然损耗"}, False),
            ({"waived_reason": ""}, True),
        ],
    ),
    "F901": Edge(
        "activity",
        {"held_at": "2025-11-05 15:00", "responsible": ""},
        [({}, True), ({"held_at": "2025-08-31 15:00:00"}, False), (GONE, False)],
    ),
    "F902": day(
        "activity",
        {"held_at": "2025-11-05 15:00"},
        "held_at",
        "2025-09-01 00:00:00",
        "2025-11-12 23:00:00",
        "!2025-08-31 23:00:00",
        "!2025-11-13 00:00:00",
    ),
    "F1001": day(
        "lecture",
        {"held_at": "2025-11-05 15:00"},
        "held_at",
        "2025-11-05 15:00",
        "!2025-08-31 15:00",
    ),
    "F1102": Edge(
        "hotline",
        ASKED,
        [
            ({}, False),
            ({"called_at": "2025-11-05 10:29:59"}, True),
            ({"called_at": "2025-11-01 10:00:00", "caller": "监护人"}, True),
            ({"called_at": "2025-11-01 10:00:00", "caller": "学生"}, False),
            ({"called_at": "2025-11-01 10:00:00", "answered_on": "2025-11-12"}, False),
        ],
    ),
    "F1202": Edge(
        "meeting",
        {"held_at": "2025-11-05 15:00", "content": ""},
        [({}, True), ({"content": None}, True), ({"content": "通报"}, False)],
    ),
    "F1301": Edge(
        "fitness-test",
        TEST,
        [({}, True), ({"abnormal": "无异常"}, False), ({"guardian_told_on": "2025-11-12"}, False)],
    ),
    # As stored: lengths and weights scaled by ten.
    "F1302": Edge(
        "fitness-test",
        TEST,
        [
            ({"height_cm": 800}, False),
            ({"height_cm": 799}, True),
            ({"height_cm": 2200}, False),
            ({"height_cm": 2201}, True),
            ({"weight_kg": 119}, True),
            ({"vision_left": 54}, True),
            ({"vision_right": 53}, False),
            ({"sit_and_reach_cm": -301}, True),
        ],
    ),
    "F1402": Edge(
        "asset-move",
        MOVED | {"moved_on": "2025-10-13"},
        [
            ({}, False),
            ({"moved_on": "2025-10-12"}, True),
            ({"moved_on": "2025-10-12", "returned_on": "2025-11-12"}, False),
            ({"approved_on": None}, True),
            ({"approved_on": None, "returned_on": "2025-11-12"}, True),
        ],
    ),
    "F1601": Edge(
        "child",
        Of("child_b"),
        [({"hardship": "、低保、"}, True), ({"hardship": ""}, False), ({"hardship": None}, False)],
    ),
    "F1702": Edge(
        "incident",
        {"occurred_at": "2025-11-09 10:30", "written_report_on": ""},
        [
            ({}, False),
            ({"occurred_at": "2025-11-09 10:29:59"}, True),
            ({"occurred_at": "2025-11-01 10:00:00", "written_report_on": "2025-11-12"}, False),
        ],
    ),
    "F1703": Edge(
        "safety-check",
        {"passed": "有问题", "checked_on": "2025-11-05"},
        [({}, True), ({"passed": "合格"}, False), ({"corrected_on": "2025-11-12"}, False)],
    ),
    "F1704": Edge(
        "room",
        {"kind": "图书室"},
        [({}, True), ({"closed_on": "2025-11-11"}, False), ({"closed_on": "2025-11-12"}, True)],
    ),
    "F1801": Edge(
        "supervision",
        {"supervised_on": "2025-11-01"},
        [
            ({"deadline": "2025-11-11"}, True),
            ({"deadline": "2025-11-12"}, False),
            ({"deadline": "2025-11-11", "done_on": "2025-11-10"}, True),
            ({"deadline": "2025-11-11", "verified_on": "2025-11-12"}, False),
        ],
        lines={"rectification": [KEPT]},
    ),
    "F1802": Edge(
        "evaluation",
        {"teacher": Of("staff_bob")},
        [({}, True), ({"signed_on": "2025-11-12"}, False)],
    ),
    "F1803": Edge(
        "activity",
        {"held_at": "2025-10-29 15:00", "reach": "全校"},
        [
            ({"held_at": "2025-10-29 00:00:00"}, False),
            ({"held_at": "2025-10-28 23:59:00"}, True),
            ({"held_at": "2025-10-28 23:59:00", "reach": "年级"}, False),
            ({"held_at": "2025-08-31 10:00:00"}, False),
        ],
    ),
    "F1805": day(
        "archive-item",
        {"dated_on": "2025-11-05", "filed_on": "2025-11-05"},
        "filed_on",
        "!2025-11-05",
        "2025-11-04",
    ),
    "F1806": Edge(
        "hand-in",
        {},
        [({"received_by": None}, True), ({"received_by": 1}, False)],
    ),
    "F1807": day(
        "semester-report",
        {"child": Of("child_b"), "written_on": "2025-10-01", "sent_on": "2025-10-10"},
        "written_on",
        "2025-10-12",
        "!2025-10-13",
    ),
    "F1808": Edge(
        "archive-item",
        {"carrier": "纸质", "filed_on": "2025-11-05"},
        [
            ({"bound_on": "2025-11-05", "volume": "第1册"}, True),
            ({"bound_on": "2025-11-05", "volume": ""}, False),
            ({"bound_on": None, "volume": "第1册"}, False),
            ({"bound_on": "2025-11-05", "volume": "第1册", "carrier": "电子"}, False),
            ({"bound_on": "2025-11-05", "volume": "第1册", "title": "第1册卷内目录"}, False),
        ],
    ),
    "F1901": Edge(
        "counselling",
        None,
        [
            ({"held_on": "2025-11-05"}, False),
            ({"held_on": "2025-11-04"}, True),
            ({"held_on": "2025-11-01", "finished_on": "2025-11-12"}, False),
        ],
    ),
}


class Undone(Exception):
    """Takes back what was only tried."""


@pytest.fixture
def made(world):
    return Spoiler(world)


def put(slug, number, **columns):
    model = REGISTERS[slug].model
    if not columns:
        return
    model.update(**columns).where(model.id == number).execute()


def base(made, edge):
    """The record an edge is about: its register and number."""
    if isinstance(edge.record, Of):
        return edge.slug, getattr(made.world, edge.record)
    if edge.slug == "counselling":
        model = REGISTERS["counselling"].model
        said = {"case_code": "X-01", "counsellor": made.world.staff_counsellor}
        return edge.slug, model.create(held_on="2025-11-01", **said).id
    if edge.lines:
        owner = made.add(edge.slug, edge.lines, **edge.record)
        (line,) = edge.lines
        return line, made.line(line, owner)
    return edge.slug, made.add(edge.slug, **edge.record)


def is_found(made, code, at, slug, number):
    if isinstance(at, str):
        return any(at in hit.note for hit in hits(code))
    where = (slug, number) if at is None else (at[0], made.named({"at": at[1]})["at"])
    return where in {(hit.at, hit.id) for hit in hits(code)}


def test_every_finding_stops_at_its_edge(made):
    wrong = []
    for name, edge in EDGES.items():
        code = name.split()[0]
        try:
            with database.atomic(), writing():
                if edge.adopted:
                    made.change("school", made.world.school, adopted=edge.adopted)
                slug, number = base(made, edge)
                for said, expected in edge.cases:
                    try:
                        with database.atomic():
                            put(slug, number, **said)
                            if is_found(made, code, edge.at, slug, number) is not expected:
                                wrong.append((name, said, expected))
                            raise Undone
                    except Undone:
                        pass
                raise Undone
        except Undone:
            calendar.forget()
    assert wrong == []


def test_every_kind_with_a_number_has_an_edge():
    """The others are counted, or compared, below."""
    with_edges = {name.split()[0] for name in EDGES}
    apart = {"F603", "F604", "F608", "F905", "F1501", "F1804"}
    assert {kind.id for kind in kinds() if kind.settings} <= with_edges | apart
