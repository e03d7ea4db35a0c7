"""考核文书: the sheet to be signed, the summary of all, the commendation notice, the bulletin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from compliance.evaluated import sheets
from compliance.evaluated.report import number
from compliance.evaluated.score import PLACES, Line, half_up, year_end
from compliance.evaluated.year import Year
from compliance.judged.verdict import State
from compliance.ordered.papers import INTERNAL, STAFF, document
from exports.documents.paper import Asked, Paper, laid_out, no_paper
from exports.pdf.blocks import (
    FORM,
    FORM_ACROSS,
    OFFICIAL,
    SANHAO,
    Block,
    Cell,
    Grid,
    Row,
    Sealed,
    Spread,
    Text,
    Title,
    Turn,
    label,
    long_text,
)
from exports.pdf.imprint import chinese_date
from exports.tables.plain import Sheet
from models.core.actor import Actor
from models.core.boxes import OFFICE
from models.core.gates import every_row, rows
from models.core.labels import labels
from models.core.register import register_of
from models.kept.evaluation import (
    COMMENDED,
    EVALUATION_OUTCOMES,
    OF_DEPARTMENT,
    SIDES,
    Evaluation,
    EvaluationPoint,
    point_sums,
    year_end_share,
)
from models.kept.leadership import Department
from models.kept.staff import Staff
from models.school import evaluations

# So many names stand in a row of a commendation.
NAMES_IN_ROW = 4
# The links of a sheet to whoever signed or answered.
SIGNERS = ("signed_by", "first_signed_by", "countersigned_by", "answered_by")
STATES = (State.DONE, State.BACK_FILLED, State.DONE_LATE, State.MISSED, State.EXCUSED)
SUMMARY_HEADING = (
    "姓名或部门",
    "对象",
    "事实得分",
    "领导小组评分",
    "自评",
    "加减分",
    "考核得分",
    "折年终",
    "名次",
    "结果",
    "签署日期",
)


def names_of(actor: Actor, found: Iterable[Any]) -> dict[int, str]:
    """Return whose each sheet is, by the sheet's number."""
    listed = list(found)
    people = {
        number_
        for one in listed
        for name in ("teacher", *SIGNERS)
        if (number_ := one.__data__.get(name)) is not None
    }
    departments = {one.department_id for one in listed if one.department_id is not None}
    called = labels(actor, {register_of(Staff): people, register_of(Department): departments})
    return {
        one.id: called.get(
            (
                "department" if one.kind == OF_DEPARTMENT else "staff",
                evaluations.subject_of(one),
            ),
            "",
        )
        for one in listed
    }


@document(
    "evaluation-sheet",
    "教师考核表",
    clauses=("Q25-三.1",),
    source=("evaluation",),
    about="evaluation",
    roles=STAFF,
    editions=(INTERNAL,),
)
def evaluation_sheet(asked: Asked) -> Paper:
    """One page or more per sheet: facts, sides, points, objection, outcome, signatures."""
    names = names_of(asked.reader, asked.records)
    blocks: list[Block] = []
    for record in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _sheet(asked, record, names[record.id])
    title = f"{names[asked.records[0].id]}考核表" if len(asked.records) == 1 else "教师考核表"
    return laid_out(title, "教师考核表", *blocks, geometry=FORM)


def _sheet(asked: Asked, sheet: Any, name: str) -> Iterator[Block]:
    settings = evaluations.year_row(sheet.school_year)
    # Who has not signed yet has an empty place on the sheet.
    staff = {key: sheet.__data__.get(key) for key in SIGNERS}
    signed = {number_ for number_ in staff.values() if number_ is not None}
    called = labels(asked.reader, {register_of(Staff): signed})
    people = {key: called.get(("staff", one), "") for key, one in staff.items()}
    edition = f"　第 {sheet.edition} 版" if sheet.edition > 1 else ""
    as_of = sheets.facts_on(sheet).get("as_of", "")
    yield Title("教师考核表", f"{Year(sheet.school_year).title}　{sheet.kind}{edition}")
    yield Spread((f"考核单位名称：{asked.school}", f"事实截至：{as_of}"))
    state = (
        evaluations.state_of(sheet, settings, asked.reader.today) if settings is not None else ""
    )
    yield _outcome(sheet, name, state)
    if settings is not None:
        yield _sides(sheet, settings)
    yield from _facts(sheet)
    yield from _points(sheet)
    yield _said(sheet)
    yield from _signed_by(sheet, people)


def _outcome(sheet: Any, name: str, state: str) -> Grid:
    share = number(year_end(sheet.score, year_end_share()))
    whole = number(year_end_share() * 10)
    pairs = (
        ("考核对象", name, "结果", sheet.outcome or ""),
        (
            "考核得分",
            number(sheet.score) or "无数据",
            "折年终",
            f"{share}（满分 {whole}）" if share else "",
        ),
        ("办到哪一步", state, "教师签收", ""),
    )
    rows_ = [Row((label(a), Cell(b), label(c), Cell(d))) for a, b, c, d in pairs]
    return Grid((26, 59, 26, 59), tuple(rows_))


def _sides(sheet: Any, settings: Any) -> Grid:
    """Who gave how much of the score; a side that gave none yet is 缺."""
    scores, shares = sheets.sides_on(sheet), sheets.shares_of(settings)
    head = Row(tuple(map(label, ("评分方", "占比", "得分"))), 8)
    body = [
        Row(
            (
                label(word),
                Cell(f"{share}%", align="centre"),
                Cell(
                    number(None if given is None else half_up(given * PLACES)) or "缺",
                    align="centre",
                ),
            ),
            8,
        )
        for key, word in SIDES.items()
        if (share := shares[key])
        for given in (scores[key],)
    ]
    return Grid((85, 42.5, 42.5), (head, *body), head=1)


def _facts(sheet: Any) -> Iterator[Block]:
    heading = ("任务", "权重", "应办", *(state.word for state in STATES), "份额")
    head = Row(tuple(map(label, heading)), 8)
    lines = sheets.lines_on(sheet)
    body = [
        Row((Cell(str(title)), *(Cell(str(one or ""), align="right") for one in rest)), 8)
        for title, *rest in map(_line, lines)
    ]
    none = Row((Cell("没有到期应办的任务", len(heading), align="centre"),), 8)
    yield Text("事实", bold=True, before=3)
    yield Grid((66, 12, 12, *(12 for _ in STATES), 20), (head, *(body or [none])), head=1, size=9)


def _points(sheet: Any) -> Iterator[Block]:
    points = list(
        every_row(register_of(EvaluationPoint)).where(EvaluationPoint.evaluation == sheet.id)
    )
    if not points:
        return
    head = Row(tuple(map(label, ("分值", "加减分的理由", "依据"))), 8)
    body = [
        Row(
            (
                Cell(number(point.points) or "", align="right"),
                Cell(point.reason),
                Cell(point.basis or ""),
            ),
            8,
        )
        for point in points
    ]
    yield Text("加减分", bold=True, before=3)
    yield Grid((20, 90, 60), (head, *body), head=1)


def _said(sheet: Any) -> Grid:
    """What was said in words: the remark, the objection and its answer, why it was reopened."""
    agreed = f"本人没有异议（{sheet.agreed_on}）。" if sheet.agreed_on else "期限内没有申诉。"
    texts = (
        ("评语", sheet.remark or "", 14),
        ("申诉", sheet.objection or agreed, 11),
        ("答复", sheet.objection_answer or "", 11 if sheet.objection_answer else 0),
        ("重新开放的理由", sheet.reopened_why or "", 11 if sheet.reopened_why else 0),
    )
    rows_ = [Row((label(word), long_text(text)), high) for word, text, high in texts if high]
    return Grid((26, 144), tuple(rows_))


def _signed_by(sheet: Any, people: dict[str, str]) -> Iterator[Block]:
    leaders = "、".join(filter(None, (people["first_signed_by"], people["signed_by"])))
    day = chinese_date(sheet.signed_on) if sheet.signed_on is not None else ""
    if leaders:
        yield Text(f"领导小组在系统中签署：{leaders}，{day}。", 9, before=2)
    if people["countersigned_by"]:
        yield Text(f"纸面会签：{people['countersigned_by']}。", 9)
    if sheet.head:
        yield Text(f"签署时记录链的末尾：{sheet.head}", 8)
    yield Spread(
        ("被考核人（签名）：", "考核组（签名）：", "学校（盖章）：　　　　年　月　日"), before=6
    )


def _line(line: Line) -> list[Any]:
    share = "" if line.share is None else f"{number(half_up(line.share * 100 * PLACES))}%"
    counted = [line.counted.of(state) or "" for state in STATES]
    return [line.title, line.weight, line.counted.judged, *counted, share]


def summary_rows(actor: Actor, year: Year) -> list[list[str]]:
    """Return every sheet of a year within the actor's rows as texts, as the heading has them."""
    visible = {one.id for one in rows(actor, register_of(Evaluation)).select(Evaluation.id)}
    found = [one for one in evaluations.newest(year.code) if one.id in visible]
    names, points, places = names_of(actor, found), point_sums(found), sheets.ranking(found)
    tenths = year_end_share()
    listed = sorted(found, key=lambda one: (one.kind, -(one.score or 0), one.id))
    return [
        [
            names[one.id],
            one.kind,
            number(one.computed_score) or "无数据",
            number(one.leadership_score) or "",
            number(one.self_score) or "",
            number(points.get(one.id, 0)) or "",
            number(one.score) or "",
            number(year_end(one.score, tenths)) or "",
            f"{place.place}{'（并列）' if place.tied else ''}"
            if (place := places.get(one.id)) is not None
            else "",
            one.outcome or "",
            str(one.signed_on or ""),
        ]
        for one in listed
    ]


def summary_workbook(actor: Actor, year: Year) -> Sheet:
    """Return the summary as a sheet of a workbook."""
    return Sheet("考核汇总", SUMMARY_HEADING, summary_rows(actor, year))


@document(
    "evaluation-summary",
    "考核汇总表",
    clauses=("Q25-三.1", "Q25-三.2"),
    source=("evaluation",),
    roles=OFFICE,
    editions=(INTERNAL,),
)
def evaluation_summary(asked: Asked) -> Paper:
    """Every sheet of the semester's school year in one table."""
    year = Year(asked.semester.school_year)
    found = summary_rows(asked.reader, year)
    if not found:
        why = f"{year.title}还没有考核表。打分、签署以后这里就有汇总表。"
        return no_paper("考核汇总表", year.title, why)
    head = Row((label("序号"), *map(label, SUMMARY_HEADING)))
    body = [
        Row(
            (
                Cell(str(n), align="centre"),
                Cell(cells[0]),
                *(Cell(text, align="centre") for text in cells[1:]),
            )
        )
        for n, cells in enumerate(found, start=1)
    ]
    return laid_out(
        "考核汇总表",
        year.title,
        Title(f"关爱留守儿童工作考核汇总表（{year.title}）"),
        Spread((f"考核单位名称：{asked.school}", "满分 100 分")),
        Grid((10, 30, 16, 22, 26, 18, 18, 22, 20, 22, 20, 26), (head, *body), head=1),
        Spread(("制表人：", "考核组（签名）：", "校长（签名、盖章）："), before=5),
        geometry=FORM_ACROSS,
    )


@document(
    "commendation-notice",
    "表彰通知",
    clauses=("Q25-三.1", "Q25-三.2"),
    source=("evaluation",),
    roles=OFFICE,
    editions=(INTERNAL,),
)
def commendation_notice(asked: Asked) -> Paper:
    """Who is commended by the signed evaluations of the semester's school year."""
    return _letter(asked, "表彰通知", (COMMENDED,))


@document(
    "evaluation-bulletin",
    "考核通报",
    clauses=("Q25-三.2",),
    source=("evaluation",),
    roles=OFFICE,
    editions=(INTERNAL,),
)
def evaluation_bulletin(asked: Asked) -> Paper:
    """How many have which outcome by signed evaluations, and by name what the school publishes."""
    return _letter(asked, "考核通报", EVALUATION_OUTCOMES)


def _letter(asked: Asked, title: str, outcomes: tuple[str, ...]) -> Paper:
    """A letter to all staff; a bulletin names only whom the school decided to name."""
    year = Year(asked.semester.school_year)
    settings = evaluations.year_row(year.code)
    signed = [one for one in evaluations.newest(year.code) if one.signed_on is not None]
    if not any(one.outcome in outcomes for one in signed):
        what = "结果是“表彰”的考核表" if outcomes == (COMMENDED,) else "考核表"
        why = f"{year.title}还没有签署{what}。领导小组签署以后，这里就有{title}。"
        return no_paper(title, year.title, why)
    names = names_of(asked.reader, signed)
    named = outcomes == (COMMENDED,)
    published = (settings.published_outcomes or "").split("、") if settings is not None else []
    shown = settings is not None and settings.publishes_names
    groups = []
    for word in outcomes:
        those = [one for one in signed if one.outcome == word]
        told = (
            sorted(names[one.id] for one in those) if named or (shown and word in published) else []
        )
        groups.append((word, len(those), told))
    day = max(one.signed_on for one in signed)
    blocks = (
        (*_commended(year, groups[0][2]),) if named else (*_results(year, len(signed), groups),)
    )
    return laid_out(
        title, year.title, *blocks, Sealed(asked.school, chinese_date(day)), geometry=OFFICIAL
    )


def _commended(year: Year, names: list[str]) -> Iterator[Block]:
    yield Title(f"关于表彰{year.title}关爱留守儿童工作先进的通知")
    yield _said_line("各部门、全体教职工：", 0)
    yield _said_line(
        f"{year.title}关爱留守儿童工作考核已经结束。经领导小组考核签署，决定对下列教职工和部门予以表彰（排名不分先后）："
    )
    for start in range(0, len(names), NAMES_IN_ROW):
        yield _said_line("　".join(names[start : start + NAMES_IN_ROW]))
    yield _said_line("希望受表彰的同志再接再厉，全体教职工向他们学习，把关爱工作做得更细更实。")
    yield _said_line("特此通知。")


def _results(year: Year, total: int, groups: list[tuple[str, int, list[str]]]) -> Iterator[Block]:
    yield Title(f"关于{year.title}关爱留守儿童工作考核结果的通报")
    yield _said_line("各部门、全体教职工：", 0)
    yield _said_line(
        f"{year.title}关爱留守儿童工作考核已经结束，共签署考核表 {total} 份。现将结果通报如下："
    )
    for word, count, names in groups:
        yield _said_line(
            f"{word}：{count} 份{f'，{names_told}' if (names_told := '、'.join(names)) else ''}。"
        )
    yield _said_line("特此通报。")


def _said_line(text: str, indent: int = 2) -> Text:
    return Text(text, SANHAO, indent=indent, leading=1.75)
