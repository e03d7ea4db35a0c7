"""One fault per finding: what a healthy record is, and how it is spoiled.

Each function is a generator: up to the first `yield` it makes what is healthy, up to the second it
spoils it and gives (register, record) of what must be found; None as record is the school itself.
"""

from __future__ import annotations

from models import service
from models.actor import system
from models.database import database, writing
from models.gates import every_row, row
from models.register import REGISTERS
from models.service import LineInput
from tests.factory import Factory
from tests.world import NOON


class Spoiler:
    """Makes and breaks records as the product itself, on the test school's noon."""

    def __init__(self, world):
        self.world = world
        self.actor = system(NOON, "测试")
        self.factory = Factory(self.actor)

    def add(self, slug, lines=None, at=NOON, **raw):
        register = REGISTERS[slug]
        given = {**self.factory.minimal(register), **raw}
        if lines is None:
            rows = self.factory.lines(register)
        else:
            rows = {name: [LineInput(one) for one in values] for name, values in lines.items()}
        saved = service.create(system(at, "测试"), register, given, rows)
        return saved.id

    def change(self, slug, one, **raw):
        register = REGISTERS[slug]
        record = row(self.actor, register, one)
        service.update(self.actor, register, one, raw, record.version)

    def drop(self, slug, one):
        service.delete(self.actor, REGISTERS[slug], one)

    def put(self, slug, one, **columns):
        """Write past the rules, as an older version or another program might have."""
        model = REGISTERS[slug].model
        with database.atomic(), writing():
            model.update(**columns).where(model.id == one).execute()

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


def f101(s):
    s.change("school", s.world.school, adopted="思渠中学")
    member = s.add("leadership-member", office="教导处", since="2025-09-01", duties="统筹")
    yield
    s.drop("leadership-member", member)
    yield "leadership-member", None


def f102(s):
    post = s.add("post", kind="信息员", since="2025-09-01")
    yield
    s.change("post", post, until="2025-11-01")
    yield "post", None


def f103(s):
    member = s.add("leadership-member", position="成员", since="2025-09-01", duties="统筹")
    yield
    s.change("leadership-member", member, duties="")
    yield "leadership-member", member


def f201(s):
    kept = s.add("regulation", topic="联席会议制度")
    yield
    s.change("regulation", kept, withdrawn_on="2025-11-01")
    yield "regulation", None


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


def f203(s):
    yield
    s.change("school", s.world.school, adopted="思渠中学、回龙学校")
    yield "regulation", None


def f204(s):
    kept = s.add("regulation", text="一、总则")
    yield
    s.change("regulation", kept, text="")
    yield "regulation", kept


def f301(s):
    yield
    yield "talk", s.add("talk", talked_at="2025-07-01 10:00", teacher=s.world.staff_bob)


def f302(s):
    yield
    s.add("semester", code="2026-2027-1", first_day="2026-09-01", last_day="2027-01-20")
    yield "holiday", None


def f303(s):
    yield
    for one in (s.world.autumn, s.world.spring):
        s.drop("semester", one)
    yield "semester", None


def f401(s):
    yield
    s.change("child", s.world.child_b, guardianship="无人监护")
    yield "child", s.world.child_b


def f402(s):
    yield
    s.change("child", s.world.child_b, left_on="2025-11-01", left_why="辍学")
    yield "child", s.world.child_b


def f403(s):
    yield
    s.change("guardian", s.world.guardian_a, phone="")
    yield "child", s.world.child_a


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


def f407(s):
    yield
    s.change("guardian", s.world.guardian_a, education="文盲")
    yield "guardian", s.world.guardian_a


def f408(s):
    signed = s.add(
        "agreement",
        kind="托管协议",
        child=s.world.child_b,
        signed_on="2025-09-02",
        valid_until="2026-07-01",
    )
    yield
    s.change("agreement", signed, valid_until="2025-11-01")
    yield "agreement", signed


def f409(s):
    yield
    s.change("guardian", s.world.guardian_a, entrusted="1", entrusted_from="2025-09-01")
    yield "child", s.world.child_a


def f410(s):
    s.change("guardian", s.world.guardian_a, entrusted="1", told_school_on="2025-09-01")
    yield
    s.change("guardian", s.world.guardian_a, told_school_on="")
    yield "guardian", s.world.guardian_a


def f411(s):
    yield
    s.change("guardian", s.world.guardian_a, assessment="差")
    yield "guardian", s.world.guardian_a


def f412(s):
    yield
    s.put("child", s.world.child_b, born_on="2009-11-12")
    yield "child", s.world.child_b


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


def f414(s):
    yield
    s.put("child", s.world.child_b, id_number="520624201208150031")
    yield "child", s.world.child_b


def f415(s):
    yield
    s.put("child", s.world.child_b, sex="女")
    yield "child", s.world.child_b


def f416(s):
    yield
    s.put("child", s.world.child_b, id_number="99062420120815003X")
    yield "child", s.world.child_b


def f417(s):
    yield
    s.change("child", s.world.child_b, school_number="G520624201205060020")
    yield "child", s.world.child_b


def f418(s):
    yield
    s.change("enrolment", s.world.enrolment_b, until="2025-11-01")
    yield "child", s.world.child_b


def f419(s):
    yield
    s.change("class-teacher", s.world.class_teacher, until="2025-11-01")
    yield "school-class", s.world.class_1


def f420(s):
    agreed = s.add("consent", child=s.world.child_b, purpose="照片存档", given_on="2025-09-05")
    s.photo("talk", s.world.talk_b, children=[s.world.child_b])
    yield
    s.change("consent", agreed, withdrawn_on="2025-11-10")
    yield "child", s.world.child_b


def f421(s):
    agreed = s.add("consent", child=s.world.child_b, purpose="对外宣传", given_on="2025-09-05")
    yield
    s.change("consent", agreed, withdrawn_on="2025-11-10")
    yield "consent", agreed


def f501(s):
    yield
    s.change("pairing", s.world.pairing_b, until="2025-11-01")
    yield "child", s.world.child_b


def f502(s):
    s.change("school", s.world.school, adopted="回龙学校")
    yield
    s.add("pairing", teacher=s.world.staff_bob, child=s.world.child_c, since="2025-09-01")
    yield "staff", s.world.staff_bob


def f503(s):
    yield
    s.change("staff", s.world.staff_bob, left_on="2025-11-01")
    yield "pairing", s.world.pairing_b


def f504(s):
    yield
    s.change("child", s.world.child_b, left_on="2025-11-01", left_why="转学")
    yield "pairing", s.world.pairing_b


def f505(s):
    peer = s.add("peer-pairing", child=s.world.child_b, since="2025-09-05")
    yield
    s.change("peer-pairing", peer, until="2025-11-01")
    yield "child", s.world.child_b


def f506(s):
    yield
    yield "volunteer", s.add("volunteer", kind="爱心妈妈")


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


def f605(s):
    yield
    yield "talk", s.add("talk", talked_at="2025-11-03 12:00", teacher=s.world.staff_bob)


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


def f609(s):
    talk = s.add("talk", risk="转心理", measure="已转介", teacher=s.world.staff_bob)
    yield
    s.change("talk", talk, measure="")
    yield "talk", talk


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


def f702(s):
    call = s.add("family-call", place="之家", duty_teacher=s.world.staff_bob)
    yield
    s.put("family-call", call, callee="其他人")
    yield "family-call", call


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


def f802(s):
    yield
    yield (
        "loan",
        s.add("loan", lent_on="2025-10-10", due_on="2025-10-20", handler=s.world.staff_bob),
    )


def f803(s):
    yield
    yield "damage", s.add("damage")


def f901(s):
    activity = s.add("activity", held_at="2025-11-05 15:00", responsible=s.world.staff_bob)
    yield
    s.change("activity", activity, responsible="")
    yield "activity", activity


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


def f1102(s):
    yield
    yield "hotline", s.add("hotline", caller="家长", called_at="2025-11-01 10:00", answered_on="")


def f1201(s):
    lines = {"attendee": [{"staff": s.world.staff_bob}, {"staff": s.world.staff_alice}]}
    meeting = s.add("meeting", lines, held_at="2025-11-05 15:00", due=2, present=2)
    yield
    s.change("meeting", meeting, due=9, present=9)
    yield "meeting", meeting


def f1202(s):
    meeting = s.add("meeting", held_at="2025-11-05 15:00", content="通报进度")
    yield
    s.change("meeting", meeting, content="")
    yield "meeting", meeting


def f1301(s):
    test = s.add(
        "fitness-test",
        child=s.world.child_b,
        abnormal="异常",
        abnormal_note="视力下降",
        guardian_told_on="2025-11-12",
    )
    yield
    s.change("fitness-test", test, guardian_told_on="")
    yield "fitness-test", test


def f1302(s):
    test = s.add("fitness-test", child=s.world.child_b, height_cm="152.0")
    yield
    s.change("fitness-test", test, height_cm="15.2")
    yield "fitness-test", test


def f1401(s):
    asset = s.world.asset
    counted = {"asset": asset, "book_quantity": 2, "counted_quantity": 2}
    take = s.add("stock-take", {"stock-take-line": [counted]})
    line = s.line("stock-take-line", take)
    yield
    s.put("stock-take-line", line, counted_quantity=1, difference=-1)
    yield "stock-take-line", line


def f1402(s):
    move = s.add(
        "asset-move",
        asset=s.world.asset,
        approved_by=s.world.staff_leadership,
        approved_on="2025-11-12",
    )
    yield
    s.put("asset-move", move, approved_on=None)
    yield "asset-move", move


def f1403(s):
    room = s.add("room", kind="心理咨询室")
    yield
    s.change("room", room, closed_on="2025-11-01")
    yield "asset", None


def f1501(s):
    first = s.add("news-item", month="2025-11")
    s.add("news-item", month="2025-11")
    yield
    s.drop("news-item", first)
    yield "news-item", None


def f1601(s):
    yield
    s.change("child", s.world.child_b, hardship="低保")
    yield "child", s.world.child_b


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


def f1702(s):
    told = s.add("incident", occurred_at="2025-11-01 08:00", written_report_on="2025-11-02")
    yield
    s.change("incident", told, written_report_on="")
    yield "incident", told


def f1703(s):
    check = s.add(
        "safety-check", passed="有问题", checked_on="2025-11-05", corrected_on="2025-11-06"
    )
    yield
    s.change("safety-check", check, corrected_on="")
    yield "safety-check", check


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


def f1802(s):
    yield
    yield "evaluation", s.add("evaluation", teacher=s.world.staff_bob)


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


def f1901(s):
    model = REGISTERS["counselling"].model
    yield
    with database.atomic(), writing():
        saved = model.create(
            case_code="X-01", held_on="2025-11-01", counsellor=s.world.staff_counsellor
        )
    yield "counselling", saved.id


SPOILED = {name.upper(): made for name, made in dict(globals()).items() if name[1:].isdigit()}
