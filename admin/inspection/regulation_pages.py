"""What the pages of the regulations show: overview, one system, adoption, numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import current_app, url_for
from peewee import BooleanField

from admin.documents.asked import document_url
from admin.frame.menu import register_url
from compliance.judged.verdict import RECORDED, State
from compliance.ordered import adoption
from compliance.ordered.catalogue import duty_called
from compliance.ordered.declaration import Filter
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import FREQUENCIES, NEEDED, SET_LETTERS, in_force
from compliance.ordered.numbers import HARDWARE, own_numbers
from compliance.ordered.regulations import (
    KINDS,
    Clause,
    System,
    clauses,
    document_of,
    school_documents,
)
from compliance.told.clause_state import (
    DUTY,
    LIST,
    ORDER,
    PAPER,
    REGISTER,
    RIGHT,
    TEXT,
    Check,
    ClauseState,
    clause_states,
)
from compliance.told.five import (
    RECORDS,
    RIGHTS,
    TEXTS,
    THINGS,
    WORK,
    Number,
    Standing,
    next_due,
    number,
    standings,
)
from compliance.told.grounds import grounds
from compliance.told.needed import choices, in_words
from compliance.told.progress import lines as lines_of
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import OFFICE, TEACHING
from models.core.gates import surface
from models.core.masking import TextMask
from models.core.register import Register, find, parent_register
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.kept.school import ENTRY_MINUTES, REGULATION_SETS

# Where the checklists of rooms and of the archive are shown, once those pages exist.
LISTS = (("S03-", "inspection.archive"), ("", "inspection.hardware"))
TABS = (
    ("", "全部"),
    ("missed", "未达标"),
    ("due", "进行中"),
    ("no-data", "无数据"),
    ("done-late", "迟办"),
    ("back-filled", "补录"),
    ("done", "达标"),
    ("recorded", "有记录"),
)

Shown = dict[str, Any]

# The five numbers: the word of the tab, and what a clause of the kind asks for.
PARTS = {
    WORK: ("要做的事", "条要做的事"),
    TEXTS: ("文本", "条要有文本"),
    THINGS: ("设施", "条要有设施"),
    RIGHTS: ("权限", "条由系统保证"),
    RECORDS: ("记录", "条只作记录"),
}
RANK = {state.slug: place for place, state in enumerate(ORDER)} | {RECORDED: len(ORDER)}


def overview(actor: Actor, semester: SemesterSpan, state: str, part: str = WORK) -> Shown:
    """Return the regulations under one of the five numbers, failing first.

    The headline is the work: how much of it is done, what is not, and what falls due next.
    """
    part = part if part in PARTS else WORK
    states = clause_states(actor, semester)
    by_part = {kind: standings(states.values(), kind) for kind in PARTS}
    numbers = {kind: number(found) for kind, found in by_part.items()}
    lines, elsewhere = _systems(by_part[part])
    counted = Counter(line["state"] for line in lines)
    here: Shown = {"semester": semester.code, "part": None if part == WORK else part}
    return {
        "page_title": _headline(numbers[WORK]),
        "page_note": "；".join(filter(None, (semester.title, _next(actor, semester)))),
        "semester": semester,
        "numbers": [_tile(kind, numbers[kind], semester, part) for kind in PARTS],
        "part": PARTS[part][0],
        "divided": _divided(part, numbers[part]),
        "lines": [line for line in lines if state in ("", line["state"])],
        "elsewhere": [] if state else elsewhere,
        "documents": _by_document(lines),
        "chosen": state,
        "tabs": [
            {
                "title": word,
                "url": url_for("regulations.index", state=slug or None, **here),
                "active": slug == state,
                "count": counted[slug] if slug else len(lines),
            }
            for slug, word in TABS
            if slug in ("", state) or counted[slug]
        ],
        "may_decide": actor.role in OFFICE,
    }


def _headline(work: Number) -> str:
    """The answer of the page: how much of the work is done, late ones told apart."""
    if not work.asked:
        return "还没有要求可看"
    late = f"（其中 {work.late} 条补录或迟办）" if work.late else ""
    missed = work.by_slug.get(State.MISSED.slug, 0)
    behind = f"，{missed} 条未达标" if missed else ""
    return f"{work.asked} 条要做的事，做到 {work.met} 条{late}{behind}"


def _next(actor: Actor, semester: SemesterSpan) -> str:
    due = next_due(lines_of(actor, semester), actor.today)
    if due is None:
        return ""
    more = f"等 {len(due.duties)} 项" if len(due.duties) > 1 else ""
    return f"最近到期：{due.day.month}月{due.day.day}日，{due.duties[0].title}{more}"


def _tile(kind: str, told: Number, semester: SemesterSpan, chosen: str) -> Shown:
    late = f"，其中 {told.late} 条补录或迟办" if told.late else ""
    word, asks = PARTS[kind]
    return {
        "title": f"{word}（正在看）" if kind == chosen else word,
        "figure": told.met,
        "of": f"/ {told.asked} {asks}",
        "note": f"{_met_word(kind)} {told.met} 条{late}" if told.asked else "没有这样的条款",
        "url": url_for(
            "regulations.index", part=None if kind == WORK else kind, semester=semester.code
        ),
    }


def _met_word(kind: str) -> str:
    return {TEXTS: "齐备", THINGS: "齐备", RIGHTS: "已落实", RECORDS: "有记录"}.get(kind, "做到")


def _divided(kind: str, told: Number) -> str:
    return (
        f"数的是采用的条款：{told.asked} {PARTS[kind][1]}，{_met_word(kind)} {told.met} 条；"
        "一条条款查几样的，每样都算一条，取最差的一个状态。"
    )


def _systems(found: Mapping[str, Standing]) -> tuple[list[Shown], list[Shown]]:
    """The regulations that have a clause of the kind, failing first; and all others."""
    lines: list[Shown] = []
    elsewhere: list[Shown] = []
    for document in school_documents():
        for system in document.systems:
            theirs = [found[clause.id] for clause in system.clauses if clause.id in found]
            line = _line(system, document.name, theirs)
            (lines if theirs else elsewhere).append(line)
    lines.sort(key=lambda one: (RANK[one["state"]], one["met"] - one["judged"]))
    return lines, elsewhere


def _by_document(lines: list[Shown]) -> list[Shown]:
    """The regulations of each document that has some of the kind, failing first within each."""
    return [
        {"name": document.name, "lines": theirs}
        for document in school_documents()
        if (theirs := [line for line in lines if line["document"] == document.name])
    ]


def _line(system: System, document: str, theirs: list[Standing]) -> Shown:
    told = number({standing.clause.clause.id: standing for standing in theirs})
    slugs = sorted(told.by_slug, key=lambda slug: RANK[slug])
    return {
        "id": system.id,
        "title": system.title,
        "document": document,
        "url": url_for("regulations.system", code=system.id),
        "state": slugs[0] if slugs else State.NOT_DUE.slug,
        "clauses": len(system.clauses),
        "judged": told.asked,
        "met": told.met,
        "late": told.late,
        "failing": [
            standing.clause.clause.id for standing in theirs if standing.slug == State.MISSED.slug
        ],
    }


def system_page(actor: Actor, semester: SemesterSpan, system: System) -> Shown:
    """Return one system with its clauses."""
    found = clause_states(actor, semester, [system])
    work = number(standings(found.values(), WORK))
    adopted = any(clause_state.adopted for clause_state in found.values())
    answer = _headline(work) if work.asked else "没有要做的事" if adopted else "没有采用"
    listed_first = sorted(
        (found[clause.id] for clause in system.clauses), key=lambda one: _gravity(one.standing)
    )
    document = document_of(system.id)
    listed = any(clause.checklist for clause in system.clauses)
    targets = own_numbers(HARDWARE) if listed else {}
    return {
        "page_title": f"{system.title}：{answer}",
        "page_note": f"{document.name} · {system.id} · {semester.title}",
        "breadcrumbs": [
            {"title": "制度落实", "url": url_for("regulations.index", semester=semester.code)},
        ],
        "system": system,
        "semester": semester,
        "clauses": [_clause(actor, one, semester, targets) for one in listed_first],
        "may_decide": actor.role in OFFICE,
    }


def _gravity(slug: str) -> int:
    """The place of a clause on its page: what fails first, what is not asked last."""
    return RANK.get(slug, len(RANK))


def _clause(
    actor: Actor, one: ClauseState, semester: SemesterSpan, targets: Mapping[str, int]
) -> Shown:
    clause, share = one.clause, one.share
    return {
        "id": clause.id,
        "number": "总则" if clause.number == "0" else clause.number,
        "text": clause.text,
        "asks": clause.asks,
        "how_often": clause.how_often,
        "kinds": [KINDS[kind] for kind in clause.kind],
        "adopted": one.adopted,
        "refused": one.refused,
        "state": one.standing,
        "percent": share.percent,
        "met": share.met,
        "asked": share.asked,
        "record_only": clause.record_only,
        "records": one.records,
        "text_only": clause.text_only,
        "grounds": grounds(clause, lambda code: duty_called(code, semester.code), targets),
        "checks": [_check(actor, check, clause, semester) for check in one.checks],
    }


def _check(actor: Actor, check: Check, clause: Clause, semester: SemesterSpan) -> Shown:
    duty = duty_called(check.code, semester.code) if check.kind in (DUTY, TEXT) else None
    return {
        "kind": check.kind,
        "title": check.title,
        "state": check.state.slug if check.state else "",
        "met": check.share.met,
        "asked": check.share.asked,
        "records": check.records,
        "closed": check.kind == REGISTER and not _opens(actor, check),
        "which": _which(clause.where.get(check.code, {})),
        "url": _url(actor, check, clause, semester),
        "numbers": _told(actor, duty, clause.id) if duty is not None else "",
        "numbers_url": url_for("regulations.numbers", code=check.code) if duty else "",
    }


def _told(actor: Actor, duty: Duty, clause: str) -> str:
    """What the duty is counted by, and whether the school set it or the clause left it open."""
    settings = in_force("").settings.get(duty.code, ())
    own = next((setting for setting in settings if setting.what != ENTRY_MINUTES), None)
    measure = duty.measure
    number = f"至少 {measure.least}" if measure.most is None else f"{measure.least}—{measure.most}"
    said = f"{duty.every.word} {number}"
    open_ = duty.proposed and (not duty.proposed_for or clause in duty.proposed_for)
    if own is not None:
        return f"{said}（本校改定：{TextMask(actor)(own.reason)}）"
    return f"{said}（条文没写次数，本校自定）" if open_ else said


def _which(where: Mapping[str, Any]) -> str:
    """Say which records of a register a clause means, by the words they tell."""
    said = [value if isinstance(value, list) else [value] for value in where.values()]
    return "、".join(str(word) for words in said for word in words if not isinstance(word, bool))


def _url(actor: Actor, check: Check, clause: Clause, semester: SemesterSpan) -> str:
    """Where the proof of a check is seen, "" where there is no page for the actor."""
    if check.kind in (DUTY, TEXT):
        return url_for("boards.duty", code=check.code, semester=semester.code)
    if check.kind == REGISTER:
        where = clause.where.get(check.code, {})
        return _list_url(actor, check, where, semester) if _opens(actor, check) else ""
    if check.kind == RIGHT:
        known = actor.role in OFFICE
        return url_for("permissions.index", register=clause.registers[0]) if known else ""
    if check.kind == PAPER:
        return document_url(actor, check.code, semester.code)
    if actor.role in TEACHING:
        return ""
    if check.kind == LIST:
        return _known(next(end for begins, end in LISTS if check.code.startswith(begins)))
    return ""


def _opens(actor: Actor, check: Check) -> bool:
    """Return whether the actor may read the register of a check."""
    register = find(check.code)
    return register is not None and bool(may(actor, "read", register))


def _list_url(actor: Actor, check: Check, where: Filter, semester: SemesterSpan) -> str:
    """Return the list that opens exactly the records counted, "" where no filter can say which.

    A check that tells no number opens its register as near to what the clause means as filters go.
    """
    register = find(check.code)
    if register is None or not register_url(actor, register):
        return ""
    asked = [_filter(register, name, wanted) for name, wanted in where.items()]
    asked.append(_semester_filter(register, semester, actor.today))
    filtered = surface(actor, register, "filter")
    said = [
        one
        for one in asked
        if one is not None and all(key.split(".")[1] in filtered for key in one)
    ]
    if check.records is not None and len(said) < len(asked):
        return ""
    chosen: dict[str, Any] = {key: value for one in said for key, value in one.items()}
    return url_for(f"{register.slug}.index_view", **chosen)


def _filter(register: Register, name: str, wanted: Any) -> Shown | None:
    """Say one condition as a filter of the list; None where a filter cannot say it."""
    if isinstance(wanted, list) and len(wanted) == 1:
        wanted = wanted[0]
    spec = register.fields.get(name)
    if spec is None or not isinstance(wanted, str | bool):
        return None
    if isinstance(wanted, str) or isinstance(spec.field, BooleanField):
        return {f"f.{name}": wanted}
    return None if wanted else {f"f.{name}": "-"}


def _semester_filter(register: Register, semester: SemesterSpan, today: date) -> Shown | None:
    """Say as filters what `in_semester` counts; None where filters cannot say it."""
    happened, named = register.happened, calendar.semester_link(register)
    if not happened and not named:
        return None if parent_register(register) else {}
    until = min(today, calendar.school_calendar().counts_until(semester))
    if not named:
        return {f"f.{happened}.from": semester.first, f"f.{happened}.to": until}
    if happened and getattr(register.model, named).null:
        return None
    number = next(one.id for one in calendar.semesters() if one.code == semester.code)
    chosen: Shown = {f"f.{named}": number}
    return chosen | ({f"f.{happened}.to": today} if happened else {})


def _known(endpoint: str) -> str:
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


def adoption_page(semester: SemesterSpan) -> Shown:
    """Return what is adopted, where adopted clauses disagree, and the decisions so far."""
    force = in_force(semester.code)
    words = {letter: word for word, letter in SET_LETTERS.items()}
    adopted = [words[letter] for letter in "SGQHZ" if letter in force.letters]
    return {
        "page_title": f"采用 {len(adopted)} 份制度文本，{len(force.refused)} 条不采用",
        "breadcrumbs": [
            {"title": "制度落实", "url": url_for("regulations.index")},
        ],
        "documents": [
            {
                "word": words[document.code],
                "name": document.name,
                "systems": len(document.systems),
                "adopted": document.code in force.letters,
            }
            for document in school_documents()
        ],
        "conflicts": [
            _conflict(conflict, force.adopts) for conflict in adoption.conflicts(semester.code)
        ],
        "refused": [
            {"id": code, "text": clauses()[code].text, "reason": reason}
            for code, reason in sorted(force.refused.items())
        ],
        "history": adoption.adoptions(),
        "choices": [*REGULATION_SETS, *sorted(clauses())],
    }


def _conflict(one: adoption.Conflict, adopts: Any) -> Shown:
    return {
        "title": one.title,
        "exclusive": one.strictest is None,
        "duties": [
            {
                "title": duty.title,
                "clauses": [code for code in duty.clauses if adopts(code)],
                "strictest": one.strictest is not None and duty.code == one.strictest.code,
                "url": url_for("regulations.numbers", code=duty.code),
            }
            for duty in one.duties
        ],
    }


def numbers_page(duty: Duty | None, semester: SemesterSpan) -> Shown:
    """Return the numbers of a duty, or the standards of judging, with every change so far."""
    found = (
        adoption.standards(semester.code) if duty is None else adoption.numbers(duty, semester.code)
    )
    own = sum(one.is_own for one in found)
    changes = adoption.history(duty)
    title = "全校考核标准" if duty is None else duty.title
    return {
        "page_title": f"{title}：{own} 个数字由本校改定" if own else f"{title}：按原来的数字",
        "breadcrumbs": [
            {"title": "制度落实", "url": url_for("regulations.index")},
        ],
        "duty": duty,
        "clauses": [clauses()[code] for code in duty.clauses] if duty else [],
        "numbers": [_in_words(duty, number) for number in found],
        "history": [
            {
                "what": change.what,
                "part": change.part,
                "value": _said(duty, change.what, change.value),
                "decided_on": change.decided_on,
                "reason": change.reason,
            }
            for change in changes
        ],
        "needs": list(choices(duty).values()) if duty is not None else [],
        "frequencies": list(FREQUENCIES),
    }


def _in_words(duty: Duty | None, number: adoption.Number) -> adoption.Number:
    return number._replace(
        value=_said(duty, number.what, number.value),
        shipped=_said(duty, number.what, number.shipped),
    )


def _said(duty: Duty | None, what: str, value: str) -> str:
    """What records must hold is shown in words; numbers stand for themselves."""
    return in_words(duty, value) if duty is not None and what == NEEDED else value
