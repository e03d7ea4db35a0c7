"""One fault per finding: what a healthy record is, and how it is spoiled.

Each fault is a generator: up to the first `yield` it makes what is healthy, up to the second it
spoils it and gives (register, record) of what must be found; None as record is the school itself.
Most are one of three shapes: a record of the test school changed, one added and then changed, one
that is wrong as soon as it is added.
"""

from __future__ import annotations

from models.core import calendar, service
from models.core.actor import system
from models.core.database import database, writing
from models.core.gates import every_row, row
from models.core.register import REGISTERS
from models.core.service import LineInput
from tests.factory import Factory
from tests.world import NOON


class Of(str):
    """A record by the name the test school gives it: `Of("child_b")`."""


class Spoiler:
    """Makes and breaks records as the product itself, on the test school's noon."""

    def __init__(self, world):
        self.world = world
        self.actor = system(NOON, "测试")
        self.factory = Factory(self.actor)

    def add(self, slug, lines=None, at=NOON, **raw):
        register = REGISTERS[slug]
        given = {**self.factory.minimal(register), **self.named(raw)}
        if lines is None:
            rows = self.factory.lines(register)
        else:
            rows = {name: [LineInput(one) for one in values] for name, values in lines.items()}
        saved = service.create(system(at, "测试"), register, given, rows)
        return saved.id

    def named(self, raw):
        found = raw.items()
        return {k: getattr(self.world, v) if isinstance(v, Of) else v for k, v in found}

    def change(self, slug, one, **raw):
        register = REGISTERS[slug]
        record = row(self.actor, register, one)
        service.update(self.actor, register, one, self.named(raw), record.version)

    def drop(self, slug, one):
        service.delete(self.actor, REGISTERS[slug], one)

    def put(self, slug, one, **columns):
        """Write past the rules, as an older version or another program might have."""
        model = REGISTERS[slug].model
        with database.atomic(), writing():
            model.update(**columns).where(model.id == one).execute()
        # No entry of the audit tells of it: what was worked out before stands until then.
        calendar.forget()

    def write(self, past_rules):
        return self.put if past_rules else self.change

    def line(self, slug, owner):
        register = REGISTERS[slug]
        column = getattr(register.model, register.parent)
        query = every_row(register).where(column == owner)
        return query.order_by(register.model.id.desc()).first().id

    def photo(self, slug, one, children=(), sha="a" * 64, **raw):
        given = {
            "register": slug,
            "record_id": one,
            "evidence": raw.pop("evidence", "photo"),
            "sha256": sha,
            "path": "x",
            "kind": "jpeg",
        }
        raw = {
            "matter": "家访",
            "taken_at": "2025-10-25 10:00",
            "place": "家中",
            "people": "师生",
            "photographer": "王爱丽",
            **raw,
        }
        lines = {"photo-child": [LineInput({"child": child}) for child in children]}
        return service.create(self.actor, REGISTERS["photo"], raw, lines, given=given).id

    def visit(self, **raw):
        given = {
            "child": self.world.child_b,
            "visited_at": "2025-11-11 18:00",
            "manner": "入户",
            "met": "祖父母",
            "address": "大坪村",
            "purpose": "了解情况",
            **raw,
        }
        staff = given.pop("staff", self.world.staff_bob)
        return self.add("home-visit", {"home-visitor": [{"staff": staff}]}, **given)


def changed(slug, name, raw, told=None, past_rules=False):
    """A record of the test school is changed; `told` where another one is the subject."""

    def fault(s):
        yield
        s.write(past_rules)(slug, getattr(s.world, name), **raw)
        subject, at = told or (slug, name)
        yield subject, getattr(s.world, at) if at else None

    return fault


def made(slug, given, raw, told=None, past_rules=False):
    """A healthy record is added and then changed; `told` where another one is the subject."""

    def fault(s):
        one = s.add(slug, **given)
        yield
        s.write(past_rules)(slug, one, **raw)
        subject, at = told or (slug, None)
        yield subject, (getattr(s.world, at) if at else None) if told else one

    return fault


def wrong_at_once(slug, **raw):
    """A record that is wrong as soon as it is added."""

    def fault(s):
        yield
        yield slug, s.add(slug, **raw)

    return fault


def f101(s):
    s.change("school", s.world.school, adopted="思渠中学")
    member = s.add("leadership-member", office="教导处", since="2025-09-01", duties="统筹")
    yield
    s.drop("leadership-member", member)
    yield "leadership-member", None


f102 = made(
    "post", {"kind": "信息员", "since": "2025-09-01"}, {"until": "2025-11-01"}, told=("post", None)
)
f104 = made("staff", {"name": "赵一强", "sex": "男"}, {"name": "赵强"})
f103 = made(
    "leadership-member",
    {"position": "成员", "since": "2025-09-01", "duties": "统筹"},
    {"duties": ""},
)
f201 = made(
    "regulation",
    {"topic": "联席会议制度"},
    {"withdrawn_on": "2025-11-01"},
    told=("regulation", None),
)


def f202(s):
    room = s.add("room", kind="留守儿童之家")
    kept = s.add(
        "regulation",
        {"wall-posting": [{"room": room, "posted_on": "2025-09-02"}]},
        topic="领导机构",
    )
    hangs = s.line("wall-posting", kept)
    photo = s.photo("wall-posting", hangs)
    yield
    s.drop("photo", photo)
    yield "wall-posting", hangs


f203 = changed("school", "school", {"adopted": "思渠中学、回龙学校"}, told=("regulation", None))
f204 = made("regulation", {"text": "一、总则"}, {"text": ""})
f301 = wrong_at_once("talk", talked_at="2025-07-01 10:00", teacher=Of("staff_bob"))


def f302(s):
    yield
    s.add("semester", code="2026-2027-1", first_day="2026-09-01", last_day="2027-01-20")
    yield "holiday", None


def f303(s):
    yield
    for one in (s.world.autumn, s.world.spring):
        s.drop("semester", one)
    yield "semester", None


f401 = changed("child", "child_b", {"guardianship": "无人监护"})
f402 = changed("child", "child_b", {"left_on": "2025-11-01", "left_why": "辍学"})
f403 = changed("guardian", "guardian_a", {"phone": ""}, told=("child", "child_a"))


def f404(s):
    s.change(
        "child",
        s.world.child_a,
        ethnic="汉族",
        registered_at="云岭镇大坪村",
        lives_with="祖母",
        guardianship="祖父母监护",
        income="打工",
        family_size="5",
        economy="一般",
        travel="步行",
        care_class="平稳",
    )
    yield
    s.change("child", s.world.child_a, boarding="")
    yield "child", s.world.child_a


def f405(s):
    photo = s.photo("child", s.world.child_b)
    yield
    s.drop("photo", photo)
    yield "child", s.world.child_b


def f406(s):
    s.change("guardian", s.world.guardian_a, age="45")
    yield
    s.change("guardian", s.world.guardian_a, age="61")
    yield "guardian", s.world.guardian_a


f407 = changed("guardian", "guardian_a", {"education": "文盲"})
f408 = made(
    "agreement",
    {
        "kind": "托管协议",
        "child": Of("child_b"),
        "signed_on": "2025-09-02",
        "valid_until": "2026-07-01",
    },
    {"valid_until": "2025-11-01"},
)
f409 = changed(
    "guardian",
    "guardian_a",
    {"entrusted": "1", "entrusted_from": "2025-09-01"},
    told=("child", "child_a"),
)


def f410(s):
    s.change("guardian", s.world.guardian_a, entrusted="1", told_school_on="2025-09-01")
    yield
    s.change("guardian", s.world.guardian_a, told_school_on="")
    yield "guardian", s.world.guardian_a


f411 = changed("guardian", "guardian_a", {"assessment": "差"})
f412 = changed("child", "child_b", {"born_on": "2009-11-12"}, past_rules=True)


def f413(s):
    yield
    for parent, state in (("father_a", "在家"), ("mother_a", "在家")):
        s.add(
            "parent-state",
            child=s.world.child_a,
            parent=s.world.ids[parent],
            state=state,
            since="2025-11-01",
        )
    yield "child", s.world.child_a


f414 = changed("child", "child_b", {"id_number": "520624201208150031"}, past_rules=True)
f415 = changed("child", "child_b", {"sex": "女"}, past_rules=True)
f416 = changed("child", "child_b", {"id_number": "99062420120815003X"}, past_rules=True)
f422 = made(
    "child", {"name": "张晓雨", "born_on": "2012-05-06"}, {"name": "张小雨"}, past_rules=True
)
f423 = made(
    "guardian",
    {"child": Of("child_a"), "name": "张爷爷", "rank": "2", "since": "2025-03-01"},
    {"name": "张奶奶"},
)
f417 = changed("child", "child_b", {"school_number": "G520624201205060020"})
f418 = changed("enrolment", "enrolment_b", {"until": "2025-11-01"}, told=("child", "child_b"))
f419 = changed(
    "class-teacher", "class_teacher", {"until": "2025-11-01"}, told=("school-class", "class_1")
)


def f420(s):
    agreed = s.add("consent", child=s.world.child_b, purpose="照片存档", given_on="2025-09-05")
    s.photo("talk", s.world.talk_b, children=[s.world.child_b])
    yield
    s.change("consent", agreed, withdrawn_on="2025-11-10")
    yield "child", s.world.child_b


f421 = made(
    "consent",
    {"child": Of("child_b"), "purpose": "对外宣传", "given_on": "2025-09-05"},
    {"withdrawn_on": "2025-11-10"},
)


def f424(s):
    given = {"child": s.world.child_b, "parent": s.world.father_b}
    s.change("parent", s.world.father_b, workplace="鞋厂")
    yield
    s.add("parent-state", **given, state="死亡", since="2025-11-02")
    yield "parent", s.world.father_b


def f425(s):
    yield
    s.put("guardian", s.world.guardian_b, changed_at="2024-11-01 10:00:00")
    yield "guardian", s.world.guardian_b


f501 = changed("pairing", "pairing_b", {"until": "2025-11-01"}, told=("child", "child_b"))


def f502(s):
    s.change("school", s.world.school, adopted="回龙学校")
    yield
    s.add("pairing", teacher=s.world.staff_bob, child=s.world.child_c, since="2025-09-01")
    yield "staff", s.world.staff_bob


f503 = changed("staff", "staff_bob", {"left_on": "2025-11-01"}, told=("pairing", "pairing_b"))
f504 = changed(
    "child", "child_b", {"left_on": "2025-11-01", "left_why": "转学"}, told=("pairing", "pairing_b")
)
f505 = made(
    "peer-pairing",
    {"child": Of("child_b"), "since": "2025-09-05"},
    {"until": "2025-11-01"},
    told=("child", "child_b"),
)
f506 = wrong_at_once("volunteer", kind="爱心妈妈")


def f507(s):
    given = {"semester": s.world.autumn, "week": "10"}
    s.add("hand-in", kind="周记录", teacher=s.world.staff_bob, handed_on="2025-11-07", **given)
    check = s.add(
        "pairing-check",
        teacher=s.world.staff_bob,
        checked_by=s.world.staff_clerk,
        checked_on="2025-11-08",
        **given,
    )
    yield
    s.drop("pairing-check", check)
    yield "hand-in", s.factory.record(REGISTERS["hand-in"])


def f601(s):
    visit = s.visit()
    photo = s.photo("home-visit", visit)
    yield
    s.drop("photo", photo)
    yield "home-visit", visit


def f602(s):
    yield
    yield "home-visit", s.visit(visited_at="2025-10-01 10:00")


def f603(s):
    s.visit(visited_at="2025-11-08 10:00")
    yield
    yield (
        "home-visit",
        s.visit(visited_at="2025-11-08 10:10", child=s.world.child_c, address="云岭村"),
    )


def f604(s):
    said = "谈到这段时间的学习和生活，情绪平稳，约好下周再谈一次。"

    def talk(day):
        at = f"2025-11-{day:02} 12:00"
        return s.add("talk", talked_at=at, teacher=s.world.staff_bob, content=said)

    talk(3), talk(4)
    yield
    yield "talk", talk(5)


f605 = wrong_at_once("talk", talked_at="2025-11-03 12:00", teacher=Of("staff_bob"))


def f606(s):
    s.visit()
    yield
    yield "home-visit", s.visit(visited_at="2025-11-11 20:00")


def f607(s):
    visit = s.visit()
    yield
    s.change("home-visit", visit, address="")
    yield "home-visit", visit


def f608(s):
    talk = s.add(
        "talk", talked_at="2025-11-10 12:00", child=s.world.child_a, teacher=s.world.staff_bob
    )
    yield
    s.change("talk", talk, talked_at="2025-10-20 12:00")
    s.drop("talk", s.world.talk_a)
    yield "child", s.world.child_a


f609 = made(
    "talk", {"risk": "转心理", "measure": "已转介", "teacher": Of("staff_bob")}, {"measure": ""}
)


def f701(s):
    yield
    yield (
        "family-call",
        s.add(
            "family-call",
            begun_at="2025-11-12 08:00",
            place="之家",
            duty_teacher=s.world.staff_bob,
            at=NOON,
        ),
    )


f702 = made(
    "family-call",
    {"place": "之家", "duty_teacher": Of("staff_bob")},
    {"callee": "其他人"},
    past_rules=True,
)


def f703(s):
    yield
    yield (
        "family-call",
        s.add(
            "family-call",
            begun_at="2025-11-10 12:00",
            duty_teacher=s.world.staff_bob,
            ended_at="",
            at=NOON,
        ),
    )


def f801(s):
    opening = s.add("opening", opened_on="2025-11-11")
    yield
    s.drop("opening", opening)
    yield "opening", None


f802 = wrong_at_once("loan", lent_on="2025-10-10", due_on="2025-10-20", handler=Of("staff_bob"))
f803 = wrong_at_once(
    "damage",
)
f901 = made(
    "activity", {"held_at": "2025-11-05 15:00", "responsible": Of("staff_bob")}, {"responsible": ""}
)


def f902(s):
    activity = s.add("activity", held_at="2025-11-05 15:00")
    photo = s.photo("activity", activity)
    yield
    s.drop("photo", photo)
    yield "activity", activity


def f903(s):
    s.photo("home-visit", s.world.visit_a)
    yield
    visit = s.visit()
    s.photo("home-visit", visit)
    yield "home-visit", visit


def f904(s):
    visit = s.visit()
    photo = s.photo("home-visit", visit)
    yield
    s.change("photo", photo, place="")
    yield "home-visit", visit


def f905(s):
    visit = s.visit()
    photo = s.photo("home-visit", visit, taken_at="2025-11-11 18:20")
    yield
    s.change("photo", photo, taken_at="2025-09-01 10:00")
    yield "home-visit", visit


def f1001(s):
    lecture = s.add("lecture", held_at="2025-11-05 15:00")
    script = s.photo("lecture", lecture, evidence="script")
    yield
    s.drop("photo", script)
    yield "lecture", lecture


def f1101(s):
    lines = {"opinion": [{"content": "多开放图书室", "deadline": "2025-12-01"}]}
    meeting = s.add("meeting", lines, held_at="2025-11-01 15:00")
    opinion = s.line("opinion", meeting)
    yield
    s.put("opinion", opinion, deadline="2025-11-10")
    yield "opinion", opinion


f1102 = wrong_at_once("hotline", caller="家长", called_at="2025-11-01 10:00", answered_on="")


def f1201(s):
    lines = {"attendee": [{"staff": s.world.staff_bob}, {"staff": s.world.staff_alice}]}
    meeting = s.add("meeting", lines, held_at="2025-11-05 15:00", due=2, present=2)
    yield
    s.change("meeting", meeting, due=9, present=9)
    yield "meeting", meeting


f1202 = made("meeting", {"held_at": "2025-11-05 15:00", "content": "通报进度"}, {"content": ""})
f1301 = made(
    "fitness-test",
    {
        "child": Of("child_b"),
        "abnormal": "异常",
        "abnormal_note": "视力下降",
        "guardian_told_on": "2025-11-12",
    },
    {"guardian_told_on": ""},
)
f1302 = made("fitness-test", {"child": Of("child_b"), "height_cm": "152.0"}, {"height_cm": "15.2"})


def f1401(s):
    asset = s.world.asset
    counted = {"asset": asset, "book_quantity": 2, "counted_quantity": 2}
    take = s.add("stock-take", {"stock-take-line": [counted]})
    line = s.line("stock-take-line", take)
    yield
    s.put("stock-take-line", line, counted_quantity=1, difference=-1)
    yield "stock-take-line", line


f1402 = made(
    "asset-move",
    {"asset": Of("asset"), "approved_by": Of("staff_leadership"), "approved_on": "2025-11-12"},
    {"approved_on": None},
    past_rules=True,
)
f1403 = made("room", {"kind": "心理咨询室"}, {"closed_on": "2025-11-01"}, told=("asset", None))


def f1501(s):
    first = s.add("news-item", month="2025-11")
    s.add("news-item", month="2025-11")
    yield
    s.drop("news-item", first)
    yield "news-item", None


f1601 = changed("child", "child_b", {"hardship": "低保"})


def f1701(s):
    lines = {
        "notification": [
            {
                "recipient_kind": kind,
                "notified_at": "2025-11-12 08:10",
                "staff": s.world.staff_bob,
                "reached": reached,
            }
            for kind, reached in (("监护人", "1"), ("父母", "1"), ("教育局", "1"), ("政府", "1"))
        ]
    }
    told = s.add("incident", lines, occurred_at="2025-11-12 08:00")
    yield
    for line in range(4):
        s.put("notification", s.line("notification", told) - line, reached=False)
    yield "incident", told


f1702 = made(
    "incident",
    {"occurred_at": "2025-11-01 08:00", "written_report_on": "2025-11-02"},
    {"written_report_on": ""},
)
f1703 = made(
    "safety-check",
    {"passed": "有问题", "checked_on": "2025-11-05", "corrected_on": "2025-11-06"},
    {"corrected_on": ""},
)


def f1704(s):
    room = s.add("room", kind="图书室")
    check = s.add("safety-check", room=room, activity="", checked_on="2025-11-05", passed="合格")
    yield
    s.drop("safety-check", check)
    yield "room", room


def f1801(s):
    lines = {"rectification": [{"problem": "窗户插销坏", "deadline": "2025-12-01"}]}
    round_ = s.add("supervision", lines, supervised_on="2025-11-01")
    line = s.line("rectification", round_)
    yield
    s.put("rectification", line, deadline="2025-11-10")
    yield "rectification", line


f1802 = wrong_at_once("evaluation", teacher=Of("staff_bob"))


def f1803(s):
    activity = s.add("activity", held_at="2025-10-10 15:00", reach="全校")
    item = s.add("archive-item", activity=activity)
    yield
    s.drop("archive-item", item)
    yield "activity", activity


def f1804(s):
    yield
    given = {"semester": s.world.autumn, "reason": "每次都要手写长文", "decided_on": "2025-11-12"}
    s.add("duty-setting", duty="talk-weekly", part="", what="录入分钟", value="40", **given)
    yield "staff", s.world.staff_bob


f1805 = made(
    "semester-report",
    {"child": Of("child_b"), "written_on": "2025-11-03", "sent_on": "2025-11-04"},
    {"sent_on": "2025-11-01"},
)
f1806 = made(
    "hand-in", {"received_by": Of("staff_bob"), "handed_on": "2025-11-05"}, {"received_by": ""}
)
f1807 = made(
    "subsidy",
    {"child": Of("child_b"), "paid_on": "2025-11-10", "manner": "现金", "receipt": "监护人"}
    | {"decided_on": "2025-11-03"},
    {"receipt": ""},
)
f1808 = made(
    "archive-item",
    {"carrier": "纸质", "bound_on": "2025-11-05", "filed_on": "2025-11-05"},
    {"volume": "第1册"},
)


def f1901(s):
    model = REGISTERS["counselling"].model
    yield
    with database.atomic(), writing():
        saved = model.create(
            case_code="X-01", held_on="2025-11-01", counsellor=s.world.staff_counsellor
        )
    yield "counselling", saved.id


SPOILED = {name.upper(): made for name, made in dict(globals()).items() if name[1:].isdigit()}
