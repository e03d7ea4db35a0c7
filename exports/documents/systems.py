"""How the school carries its regulations out (制度落实报告): every clause, counted and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from compliance.judged.verdict import WORDS, State
from compliance.ordered.papers import document
from compliance.ordered.regulations import System, systems
from compliance.told.clause_state import ClauseState, clause_states
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import FORM_ACROSS, Cell, Grid, Row, Spread, Text, Title, label
from exports.pdf.imprint import chinese_date
from exports.tables.plain import Sheet

COLUMNS = ("条款", "要求", "状态", "应做", "已做", "记录", "缺项", "责任人")
WIDTHS = (18, 92, 18, 14, 14, 14, 62, 27)
# A clause that stands so still has something to be done.
OPEN = (State.MISSED.slug, State.NO_DATA.slug, State.DUE.slug)


@document("compliance-report", "制度落实报告")
def compliance_report(asked: Asked) -> Paper:
    """Every clause of every regulation: state, asked and met, records, what is missing, whose."""
    found = clause_states(asked.reader, asked.semester)
    title = "制度落实情况自查报告"
    cells: list[list[str]] = []
    rows = [Row(tuple(map(label, COLUMNS)))]
    for system in systems():
        heading = f"{system.title}（{len(system.clauses)} 条）"
        rows.append(Row((Cell(heading, len(COLUMNS), bold=True),), 8, heading=True))
        for clause in system.clauses:
            line = _line(found[clause.id])
            cells.append([system.title, *line])
            rows.append(_row(line))
    return laid_out(
        title,
        asked.semester.title,
        Title(title, asked.semester.title),
        Spread((f"学校（盖章）：{asked.school}", f"自查日期：{chinese_date(asked.reader.today)}")),
        *(Text(line, indent=2) for line in told(found)),
        Text("", 6),
        Grid(WIDTHS, tuple(rows), head=1, size=9),
        Spread(("填报人（签名）：", "审核人（签名）：", "校长（签名、盖章）："), before=5),
        geometry=FORM_ACROSS,
        tables=(Sheet("制度落实", ["制度", *COLUMNS], cells),),
    )


def _row(line: list[str]) -> Row:
    code, text, state, asked, met, records, missing, who = line
    return Row(
        (
            Cell(code, align="centre"),
            Cell(text),
            Cell(state, align="centre"),
            *(Cell(number, align="right") for number in (asked, met, records)),
            Cell(missing),
            Cell(who),
        ),
        7,
    )


def _line(one: ClauseState) -> list[str]:
    share = one.share
    missing = [check.title for check in one.judged if check.state in (State.MISSED, State.NO_DATA)]
    told_ = "、".join(dict.fromkeys(missing)) if one.adopted else f"不采用：{one.refused}"
    asked = str(share.asked) if share.asked else "—"
    met = str(share.met) if share.asked else "—"
    records = str(one.records) if one.clause.record_only else "—"
    return [
        one.clause.id,
        one.clause.text,
        WORDS[one.standing],
        asked,
        met,
        records,
        told_,
        one.clause.asks,
    ]


def told(found: dict[str, ClauseState]) -> Iterator[str]:
    """Yield the sentences that open the report: how many clauses, how they stand, what is open."""
    adopted = [clause_state for clause_state in found.values() if clause_state.adopted]
    counts = Counter(clause_state.standing for clause_state in adopted)
    parts = "，".join(f"{WORDS[slug]} {count} 条" for slug, count in counts.most_common())
    yield (
        f"本校现行各项制度共 {len(found)} 条，采用 {len(adopted)} 条"
        f"{f'，不采用 {len(found) - len(adopted)} 条' if len(found) > len(adopted) else ''}"
        f"。按系统中的记录自查：{parts}。"
    )
    asked = sum(clause_state.share.asked for clause_state in adopted)
    met = sum(clause_state.share.met for clause_state in adopted)
    if asked:
        yield f"可计数的工作应做 {asked} 项次，已做 {met} 项次，完成 {100 * met // asked}%。"
    if most := _worst(found)[:5]:
        named = "、".join(f"{s.title}（{_open(s, found)} 条）" for s in most)
        yield f"存在问题：还有条款没有做到、没有做完或没有记录，较多的是{named}。"
    else:
        yield "存在问题：没有发现未落实的条款；记录是否真实仍要逐份核对。"


def most_open(found: dict[str, ClauseState]) -> list[str]:
    """Return the regulations with clauses that are open, those with most of them first."""
    return [system.title for system in _worst(found)]


def _worst(found: dict[str, ClauseState]) -> list[System]:
    return sorted((s for s in systems() if _open(s, found)), key=lambda s: -_open(s, found))


def _open(system: System, found: dict[str, ClauseState]) -> int:
    return sum(found[c.id].adopted and found[c.id].standing in OPEN for c in system.clauses)
