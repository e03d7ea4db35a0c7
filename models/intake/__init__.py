"""Workbooks and rosters in: from a file somebody sent to drafts that the write path takes.

Reading sheets, recognising headings, matching rows with what is on file, saying beforehand what
each row will do. What is written goes through `models.core.bulk`.
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
