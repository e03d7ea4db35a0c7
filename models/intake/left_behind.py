"""The left-behind column of a roster, and how it sits with what the row says of the parents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from models.core import codes
from models.core.errors import BadValue
from models.core.values import is_blank, plain
from models.intake.cells import Cells
from models.intake.rows import Parent, Problem, RosterRow

FIELD = "left_behind"
# Some rosters have a column to tick for each kind; both ticked means both parents.
TICK_COLUMNS = {"left_behind.both": "2", "left_behind.one": "1"}


def read_left_behind(
    cells: Cells, row: RosterRow, default: str | None, numbers: Mapping[str, str]
) -> None:
    """Read the label; a bare number only as the clerk said what it means (`numbers`).

    Without such a column the clerk's answer `default` is taken, None if there is none yet.
    """
    raw = cells.raw(FIELD)
    ticks = {code: field for field, code in TICK_COLUMNS.items() if cells.has(field)}
    if not cells.has(FIELD) and ticks:
        row.left_behind = next((c for c, field in ticks.items() if cells.ticked(field)), "0")
    elif not cells.has(FIELD):
        row.left_behind = default
    elif is_blank(raw) or plain(raw) in ("/", "-", "—"):
        row.left_behind = "0"
        row.warnings.append(
            Problem(FIELD, "left-behind-blank", "是否留守儿童没有填写，按非留守处理，请核对")
        )
    else:
        row.left_behind = numbers.get(plain(raw)) or _label(cells, row)


def _label(cells: Cells, row: RosterRow) -> str | None:
    text = plain(cells.raw(FIELD))
    if (code := _code_of(text)) is not None:
        return code
    bare = re.sub(r"[(\[【].*?[)\]】]", "", text).strip()
    if bare != text and (code := _code_of(bare)) is not None:
        told = f"是否留守儿童写的是“{text}”，括号里的内容没有导入，请核对"
        row.warnings.append(Problem(FIELD, "left-behind-remark", told))
        return code
    try:
        return codes.LEFT_BEHIND.code_of(text)
    except BadValue as refused:
        message = str(refused)
        if text.isdigit():
            message = (
                "是否留守儿童写的是数字代码，各系统含义不同，"
                "请改写成文字：非留守、单亲留守、双亲留守"
            )
        row.errors.append(Problem(FIELD, "left-behind", message))
        return None


def _code_of(text: str) -> str | None:
    try:
        return codes.LEFT_BEHIND.code_of(text)
    except BadValue:
        return None


def drop_blank_warnings(rows: Sequence[RosterRow]) -> None:
    """Forget the warnings of blank cells in a column that is only ticked: there blank means no."""
    blank = {id(row) for row in rows if any(p.code == "left-behind-blank" for p in row.warnings)}
    if any(row.left_behind == "0" and id(row) not in blank for row in rows):
        return
    for row in rows:
        row.warnings = [p for p in row.warnings if p.code != "left-behind-blank"]


def reconcile(row: RosterRow) -> None:
    """Settle an unsaid kind from the parents' states, infer missing states, note contradictions."""
    father_mother = [
        parent for parent in row.parents if parent.relation in ("51", "52", "57", "58")
    ]
    away = [parent for parent in father_mother if parent.state == "away"]
    known = [parent for parent in father_mother if parent.state]
    if row.left_behind == "9" and len(known) >= 2 and away:
        row.left_behind = "2" if len(away) >= 2 else "1"
    if row.left_behind == "2":
        _infer_away(father_mother)
    elif row.left_behind == "1" and not away:
        unsaid = [parent for parent in father_mother if parent.state is None]
        if len(unsaid) == 1 and len(father_mother) == 2:
            _infer_away(unsaid)
    _note_contradiction(row, father_mother, len(away))


def _infer_away(parents: list[Parent]) -> None:
    for parent in parents:
        if parent.state is None:
            parent.state, parent.inferred = "away", True
            parent.place, parent.workplace = parent.place or parent.workplace, None


def _note_contradiction(row: RosterRow, parents: list[Parent], away: int) -> None:
    at_home = sum(parent.state == "home" for parent in parents)
    message = None
    if row.left_behind == "0" and away:
        message = "写的是非留守，但父母一栏有人外出，请核对"
    elif row.left_behind == "2" and at_home:
        message = "写的是双亲留守，但父母一栏有人在家，请核对"
    elif row.left_behind == "1" and away >= 2:
        message = "写的是单亲留守，但父母都外出，请核对"
    elif row.is_left_behind and at_home >= 2:
        message = "写的是留守儿童，但父母都在家，请核对"
    if message:
        row.warnings.append(Problem(FIELD, "left-behind-contradiction", message))
    if row.is_left_behind and row.guardian is None and not at_home:
        row.warnings.append(
            Problem("guardian.name", "guardian-missing", "留守儿童没有写监护人，请尽快补上")
        )
    if row.is_left_behind and not _reachable(row):
        row.warnings.append(Problem("phone", "phone-missing", "父母、监护人都没有电话，请尽快补上"))


def _reachable(row: RosterRow) -> bool:
    guardian = row.guardian.phones if row.guardian else ()
    return bool(row.pupil.phones or guardian or any(parent.phones for parent in row.parents))
