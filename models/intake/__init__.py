"""Reading workbooks that schools send: sheets, headings, and the roster of pupils.

Pure: bytes in, plain data out. Nothing here touches the database or asks the clock.
"""

from __future__ import annotations

from models.intake.headers import (
    Column,
    DataRows,
    Group,
    HeaderMap,
    data_rows,
    expand_group,
    find_header,
)
from models.intake.reading import Caps, Sheet, SheetRow, read_workbook
from models.intake.roster import Roster, RosterAnswers, read_roster
from models.intake.rows import Guardian, Parent, Problem, Pupil, RosterRow

__all__ = [
    "Caps",
    "Column",
    "DataRows",
    "Group",
    "Guardian",
    "HeaderMap",
    "Parent",
    "Problem",
    "Pupil",
    "Roster",
    "RosterAnswers",
    "RosterRow",
    "Sheet",
    "SheetRow",
    "data_rows",
    "expand_group",
    "find_header",
    "read_roster",
    "read_workbook",
]
