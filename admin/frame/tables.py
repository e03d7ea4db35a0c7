"""What the first moment of every start makes ready: the declarations read, the tables made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compliance.checklists import archive, hardware, scoring
from compliance.evaluated import departments
from compliance.findings import kinds
from compliance.judged.indexes import judged_indexes
from compliance.judged.store import TABLES
from compliance.ordered import adoption, burden_plan, catalogue, needs
from compliance.ordered.papers import check_documents
from compliance.ordered.regulations import clauses
from exports.bundle.declaration import declaration
from exports.documents.forms import declare_forms
from models.core import installation
from models.core.actor import system
from models.core.clock import Clock
from models.core.database import database, writing
from models.core.upgrade import lacking
from models.kept import REGISTERS
from models.school import backups, points
from models.school.schema import PLAIN_TABLES, create_tables, make_indexes


def _documents() -> None:
    """Documents are declared where they are made; here they meet the clauses they name."""
    declare_forms()
    check_documents(clauses())


# Whatever is read from data files, once for the life of the process. The duties read the
# regulations with them; registers are checked as their classes are made.
READERS: tuple[Callable[[], Any], ...] = (
    catalogue.duties,
    needs.written,
    burden_plan.minutes,
    adoption.groups,
    kinds.kinds,
    hardware.lines,
    archive.items,
    scoring.tree,
    departments.usual,
    declaration,
    _documents,
)


def make_tables() -> None:
    """Read every declaration and make what is missing in the open database.

    An older school's database is copied aside first; NotBackedUp when that cannot be done.
    BadDeclaration says which file, which entry and which key is wrong.
    """
    for read in READERS:
        read()
    if not database.for_update and lacking(all_tables()):
        backups.keep_before_upgrade(installation.folder(), Clock().now())
    create_tables(*TABLES)
    points.take_over(system(Clock().now()))
    with writing():
        make_indexes(judged_indexes())


def all_tables() -> list[Any]:
    """Return the model of every table of the product."""
    return [*(register.model for register in REGISTERS.values()), *PLAIN_TABLES, *TABLES]
