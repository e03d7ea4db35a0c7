"""考核文书: the sheet to be signed, the summary of all, the commendation notice, the bulletin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compliance.evaluated import sheets
from compliance.evaluated.report import number
from compliance.evaluated.score import PLACES, Line, half_up, year_end
from compliance.evaluated.year import Year
from compliance.judged.verdict import State
from compliance.ordered.papers import INTERNAL, STAFF, document
from exports.documents.paper import Asked, Paper
from exports.documents.templates import fill
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

NEXT_PAGE = "<pdf:nextpage />"
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
    pages = [_sheet(asked, one, names[one.id]) for one in asked.records]
    title = f"{names[asked.records[0].id]}考核表" if len(pages) == 1 else "教师考核表"
    return Paper(title, "教师考核表", NEXT_PAGE.join(pages))


def _sheet(asked: Asked, sheet: Any, name: str) -> str:
    settings = evaluations.year_row(sheet.school_year)
    # Who has not signed yet has an empty place on the sheet.
    staff = {key: sheet.__data__.get(key) for key in SIGNERS}
    signed = {number_ for number_ in staff.values() if number_ is not None}
    called = labels(asked.reader, {register_of(Staff): signed})
    points = every_row(register_of(EvaluationPoint)).where(EvaluationPoint.evaluation == sheet.id)
    scores = sheets.sides_on(sheet)
    return fill(
        "documents/evaluation-sheet.html",
        {
            "sheet": sheet,
            "name": name,
            "school": asked.school,
            "state": evaluations.state_of(sheet, settings, asked.reader.today)
            if settings is not None
            else "",
            "lines": [_line(one) for one in sheets.lines_on(sheet)],
            "heads": [one.word for one in STATES],
            "sides": [
                (word, share, number(None if (s := scores[key]) is None else half_up(s * PLACES)))
                for key, word in SIDES.items()
                if settings is not None and (share := sheets.shares_of(settings)[key])
            ],
            "points": [(number(one.points), one.reason, one.basis or "") for one in points],
            "score": number(sheet.score),
            "share": number(year_end(sheet.score, year_end_share())),
            "of": number(year_end_share() * 10),
            "as_of": sheets.facts_on(sheet).get("as_of", ""),
            "people": {key: called.get(("staff", one), "") for key, one in staff.items()},
            "signed": chinese_date(sheet.signed_on) if sheet.signed_on is not None else "",
            "head": sheet.head or "",
        },
    )


def _line(line: Line) -> list[Any]:
    share = "" if line.share is None else f"{number(half_up(line.share * 100 * PLACES))}%"
    counted = [line.counted.of(one) or "" for one in STATES]
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
    data = {
        "title": f"{asked.school}{year.title}考核汇总表",
        "heading": SUMMARY_HEADING,
        "rows": summary_rows(asked.reader, year),
    }
    html = fill("documents/evaluation-summary.html", data)
    return Paper("考核汇总表", year.title, html, across=True)


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
    data = {
        "title": title,
        "year": year.title,
        "school": asked.school,
        "groups": groups,
        "total": len(signed),
        "day": chinese_date(max(one.signed_on for one in signed)) if signed else "",
    }
    return Paper(title, year.title, fill("documents/evaluation-letter.html", data))
