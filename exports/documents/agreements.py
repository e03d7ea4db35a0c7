"""What is signed by hand: the custody agreement, the safety letter, the consent of a guardian.

The texts are the school's to change; what is known of child and guardian is filled in, signatures
and seals never are. After GB/T 9704: articles 一、 with paragraphs indented by two characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.looked import Looked, looked
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import (
    FORM,
    OFFICIAL,
    UNTICKED,
    Block,
    Cell,
    Grid,
    Row,
    Spread,
    Text,
    Title,
    Turn,
    label,
)
from exports.pdf.imprint import chinese_date
from models.core.display import Page
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.children import CONSENT_PURPOSES, Agreement, Child, Guardian, Parent

SIZE, LINES = 14, 1.6
GAP = "__________"
# Whom the law does not let take a child in (未成年人保护法 22), each ticked as looked into.
EXCLUDED = (
    "受过性侵害、虐待、遗弃、拐卖、暴力伤害等违法犯罪处罚",
    "有吸毒、酗酒、赌博等恶习",
    "曾拒不履行或长期怠于履行监护、照护职责",
    "有其他不适宜担任被委托人的情形",
)
CUSTODY: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "一、双方的权利和义务",
        (
            "（一）委托人仍是孩子的监护人，监护责任不因委托而转移；每周至少与孩子通话或视频一次，"
            "每学期至少与学校联系一次。",
            "（二）委托人按时给付生活费、学费；电话或住址变动的，当天告诉受托人和学校。",
            "（三）受托人照料孩子的饮食起居、上学放学和人身安全，孩子生病、出事、情绪反常的，"
            "立即告诉委托人和学校。",
            "（四）受托人不得打骂、冷落孩子，不得让孩子辍学，不得把孩子再转托他人。",
            "（五）学校定期了解孩子的情况，听取孩子本人的意见，发现委托照护不当的，督促双方改正。",
        ),
    ),
    ("三、费用", (f"委托人每月给付生活费 {GAP} 元，于每月 ____ 日前给付；其他费用由双方商定。",)),
    (
        "四、变更和解除",
        (
            "双方商量一致可以变更或解除；受托人不再适宜照护的，委托人应当立即接回或另行委托，"
            "并书面告诉学校和村（居）委会。",
        ),
    ),
)
SAFETY: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "一、学校做到",
        (
            "1．每学期开展交通、防溺水、消防、食品、防欺凌和网络安全教育，每月检查一次校舍和宿舍。",
            "2．学生没有到校或中途离校的，当天联系家长；发生意外先救治，并及时报告和通知家长。",
        ),
    ),
    (
        "二、家长（监护人）做到",
        (
            "1．管好孩子上下学路上和假期里的安全，不让孩子乘坐无证、超员车辆。",
            "2．外出务工的，安排好孩子的照护人，并保证学校随时能打通一个电话。",
            "3．孩子有特殊疾病或情况的，如实告诉学校。",
        ),
    ),
    (
        "三、学生做到",
        (
            "1．不私自下水，不玩火、不攀爬，不吃不明来历的食物，按时到校、按时回家。",
            "2．遇到危险或受人欺负，马上告诉老师和家里人。",
        ),
    ),
)
# What a class teacher signs (Q01-1): a pupil's safety in the hours the school has charge.
TEACHERS_SAFETY: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "一、班主任职责",
        (
            "1．每天点名；学生没有到校或中途离校的，当天联系家长或监护人，并报告学校。",
            "2．每周开展一次安全教育，放假前讲清交通、防溺水、用电用火和网络安全，留有记录。",
            "3．掌握本班留守儿童的照护人和联系电话，变动时及时更新，特殊疾病和情绪反常的重点关注。",
            "4．发现欺凌、伤害或疑似受侵害的，立即报告学校，不隐瞒、不拖延。",
        ),
    ),
    (
        "二、学校职责",
        (
            "1．提供教室、宿舍和活动场所的安全条件，每月检查一次，查出的问题限期整改。",
            "2．组织安全培训和演练；发生意外时统一指挥，先救治学生，及时报告和通知家长。",
        ),
    ),
)
# What a purpose covers, and how long what was agreed to is kept.
PURPOSES = {
    "照片存档": ("活动、家访照片放入学校留守儿童之家档案", "按档案保管期限"),
    "对外宣传": ("照片用于学校网站、宣传栏和新闻报道", "同意之日起一年"),
    "志愿者帮扶": ("向结对的志愿者提供姓名、班级和联系方式", "结对期间"),
    "村级留存": ("向村（居）委会提供一份情况登记表", "在册期间"),
}


@document(
    "custody-agreement",
    "托管协议",
    clauses=("Q10-4",),
    source=("agreement", "child", "guardian", "parent"),
    about="agreement",
    where={"kind": "托管协议"},
    roles=STAFF,
    issued="托管协议",
)
def custody_agreement(asked: Asked) -> Paper:
    """The agreement by which parents leave a child in somebody's care, in three copies to sign."""
    return _each(asked, "农村留守儿童委托照护协议书", _custody)


@document(
    "safety-letter",
    "安全责任书",
    clauses=("Q01-1",),
    source=("agreement", "child", "staff"),
    about="agreement",
    where={"kind": "安全责任书"},
    roles=STAFF,
    issued="安全责任书",
)
def safety_letter(asked: Asked) -> Paper:
    """What school, family and pupil, or school and class teacher, each do; no duty is shifted."""
    return _each(asked, "学生安全责任书", _safety)


def _each(asked: Asked, title: str, write: Any) -> Paper:
    page = Page(asked.reader, register_of(Agreement), asked.records, "pdf")
    children = looked(
        asked.reader, Child, Child.id.in_([one.child_id for one in asked.records if one.child_id])
    )
    by_id = {child.id: child for child in children}
    blocks: list[Block] = []
    for record in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += [Title(title), *write(asked, page, record, children, by_id.get(record.child_id))]
    return laid_out(title, asked.semester.title, *blocks, geometry=OFFICIAL)


def _custody(
    asked: Asked, page: Page, record: Any, children: Looked, child: Any | None
) -> Iterable[Block]:
    parents = looked(asked.reader, Parent, Parent.child == record.child_id)
    guardians = looked(asked.reader, Guardian, Guardian.id == record.guardian_id)
    guardian = guardians.first
    named = "、".join(parents.text(parent, "name") for parent in parents) or GAP
    phone = page.text(record, "contact_phone") or next(
        filter(None, (parents.text(parent, "phone") for parent in parents)), GAP
    )
    yield _line(f"委托人（父母）：{named}　电话：{phone}")
    told = [guardians.text(guardian, name) or GAP for name in ("name", "relation", "phone")]
    yield _line(f"受托人：{told[0]}　与学生关系：{told[1]}　电话：{told[2]}")
    who = [children.text(child, name) or GAP for name in ("name", "sex", "school_class")]
    yield _line(f"学生：{who[0]}　性别：{who[1]}　班级：{who[2]}")
    yield _line(
        "委托人外出务工，不能直接照护孩子。根据《中华人民共和国未成年人保护法》，"
        "听取孩子的意见后，双方自愿订立本协议。",
        2,
    )
    first, *rest = CUSTODY
    yield from _article(*first)
    since = chinese_date(record.signed_on)
    until = chinese_date(record.valid_until) if page.text(record, "valid_until") else GAP
    yield from _article("二、委托期限", (f"自 {since} 起至 {until} 止。",))
    for article in rest:
        yield from _article(*article)
    yield _line("五、受托人资格核查（由学校和村（居）委会核对，没有该情形的打勾）", bold=True)
    yield _line("\n".join(f"{UNTICKED} 没有“{word}”" for word in EXCLUDED), 2)
    yield _line("本协议一式三份，双方、学校各执一份，自签字之日起生效。", 2)
    yield Grid(
        (78, 78),
        (
            Row((Cell("委托人（签名）：\n\n　　　　　年　月　日", top=True), _sealed("学校")), 34),
            Row(
                (
                    Cell("受托人（签名）：\n\n　　　　　年　月　日", top=True),
                    _sealed("村（居）委会"),
                ),
                34,
            ),
            Row(
                (
                    Cell(
                        "委托人在外地的，经电话确认：　　年　月　日　号码：　　　　　　见证人：", 2
                    ),
                ),
                12,
            ),
        ),
        whole=True,
    )


def _sealed(who: str) -> Cell:
    return Cell(f"{who}（盖章）：\n\n　　　　　年　月　日", top=True)


def _safety(
    asked: Asked, page: Page, record: Any, children: Looked, child: Any | None
) -> Iterable[Block]:
    if record.staff_id is not None:
        yield from _teachers_safety(asked, page.text(record, "staff"))
        return
    who = [children.text(child, name) or GAP for name in ("name", "school_class")]
    yield Text(f"（{asked.semester.title}，学校与家长签订）", 12, "centre")
    yield _line(f"班级：{who[1]}　学生姓名：{who[0]}")
    yield _line("为了孩子平安成长，学校、家长和学生共同约定：", 2)
    for article in SAFETY:
        yield from _article(*article)
    yield _line("本责任书一式两份，学校和家长各执一份，自签字之日起到本学期结束有效。", 2)
    hands = [
        Cell(f"{who}（签名）：\n\n\n　　　年　月　日", top=True)
        for who in ("班主任", "家长", "学生")
    ]
    # One row, as high as the school's seal, so that the signatures stand below what is signed.
    yield Text("", 6)
    yield Grid((45, 37, 37, 37), (Row((_sealed("学校"), *hands), 44),), whole=True)


def _teachers_safety(asked: Asked, teacher: str) -> Iterable[Block]:
    yield Text(f"（{asked.semester.title}，学校与班主任签订）", 12, "centre")
    yield _line(f"班主任：{teacher}")
    yield _line("为了保护学生的人身安全，学校与班主任共同约定：", 2)
    for article in TEACHERS_SAFETY:
        yield from _article(*article)
    yield _line("本责任书一式两份，学校和班主任各执一份，自签字之日起到本学期结束有效。", 2)
    signed = Cell("班主任（签名）：\n\n　　　　　年　月　日", top=True)
    yield Grid((78, 78), (Row((_sealed("学校"), signed), 38),), whole=True)


def _article(heading: str, paragraphs: Iterable[str]) -> Iterable[Block]:
    yield _line(heading, bold=True)
    for paragraph in paragraphs:
        yield _line(paragraph, 2)


def _line(text: str, indent: int = 0, *, bold: bool = False) -> Text:
    return Text(text, SIZE, indent=indent, bold=bold, leading=LINES)


@document(
    "consent-form",
    "知情同意书",
    source=("child", "guardian"),
    about="child",
    roles=STAFF,
    issued="知情同意书",
)
def consent_form(asked: Asked) -> Paper:
    """A form per child before anything is agreed to: no box is ticked, refusing costs nothing."""
    children = Page(asked.reader, register_of(Child), asked.records, "pdf")
    blocks: list[Block] = []
    for child in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _consent(asked, children, child)
    return laid_out("个人信息使用知情同意书", asked.semester.title, *blocks, geometry=FORM)


def _consent(asked: Asked, children: Page, child: Any) -> Iterable[Block]:
    today = asked.reader.today
    guardians = looked(
        asked.reader, Guardian, (Guardian.child == child.id) & holds_on(Guardian, today)
    )
    head = Row(tuple(map(label, ("序号", "用途", "内容", "保存期限", "意见（请打勾）"))))
    body = [
        Row(
            (
                Cell(str(n), align="centre"),
                Cell(purpose, align="centre"),
                Cell(PURPOSES[purpose][0]),
                Cell(PURPOSES[purpose][1]),
                Cell(f"{UNTICKED}同意　{UNTICKED}不同意", align="centre"),
            ),
            14,
        )
        for n, purpose in enumerate(CONSENT_PURPOSES, start=1)
    ]
    yield Title("个人信息使用知情同意书")
    yield Text("尊敬的家长（监护人）：")
    yield Text(
        "学校为留守儿童建立关爱档案，需要使用孩子的一些个人信息。十四周岁以下孩子的信息要经您同意。"
        "请逐项选择；不同意不影响孩子在校的任何待遇。同意以后随时可以书面或当面撤回，"
        "撤回后学校不再使用，已有的照片不再对外提供。信息由档案管理员保管，只有负责的教师能看到。",
        indent=2,
    )
    yield Text("", 6)
    yield Grid((12, 26, 62, 30, 40), (head, *body), head=1)
    guardian = guardians.first
    relation = guardians.text(guardian, "relation") if guardian is not None else ""
    yield Text(
        f"本人已阅读以上内容，是学生{children.text(child, 'name')}"
        f"（{children.text(child, 'school_class')}）的监护人"
        f"{f'（{relation}）' if relation else ''}，以上各项由本人选择。",
        indent=2,
        before=5,
    )
    yield Spread(("监护人（签名）：____________", "与学生关系：________"), 12, before=6)
    yield Spread(("学校（盖章）：", "　　　　年　　月　　日"), 12, before=8)
