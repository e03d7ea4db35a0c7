"""An uploaded workbook opened for what it is, a pupil roster or a register's rows, and imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from admin.frame.context import Runtime
from admin.work import uploads
from admin.work.uploads import Upload
from exports.tables.returned import Marks, returned_workbook
from models.core import jobs, receipts
from models.core.actor import Actor
from models.core.codes import LEFT_BEHIND
from models.core.errors import AlreadyDone, NotFound
from models.core.gates import every_row, surface
from models.core.register import Register, find, register_of
from models.core.values import plain
from models.intake import HeaderMap, Roster, RosterAnswers, Sheet, read_roster, read_workbook
from models.intake.columns import LATE_HEAD, LATE_REASON, NUMBER, NUMBER_HEAD, beside_pupil
from models.intake.import_roster import CHILD, import_roster, plan_roster
from models.intake.imports import import_table, plan_table, usual_choices
from models.intake.left_behind import FIELD
from models.intake.report import Choices, ImportReport
from models.intake.roster_headings import roster_fields
from models.intake.table import Table, people_columns, read_table
from models.kept.users import User, is_active
from models.school import accounts

ROSTER = "roster"
# What the clerk may answer for pupils of a roster that does not say it in words.
LEFT_BEHIND_ANSWERS = dict(LEFT_BEHIND)
KIND = "import"
# A longer file is imported by a job, with progress; a shorter one while the page is awaited.
AT_ONCE = 1000
# So many refused rows stand on the page of the result; the workbook handed back has them all.
_SHOWN = 200


class Opened(Protocol):
    """What the pages and the job need of an opened workbook."""

    @property
    def headers(self) -> Sequence[HeaderMap]:
        """The headings found, per sheet."""

    @property
    def fields(self) -> Mapping[str, str]:
        """What a column may be taken for: {field: label}."""

    @property
    def usual(self) -> Choices:
        """What is chosen unless the person says otherwise."""

    @property
    def row_count(self) -> int:
        """How many rows the file has."""

    @property
    def unanswered(self) -> str:
        """The question that must be answered first, "" when there is none."""

    def plan(self, actor: Actor, choices: Choices) -> ImportReport:
        """Return what importing would do."""

    def commit(self, actor: Actor, choices: Choices, title: str, token: str) -> ImportReport:
        """Import, once for each token."""

    def sheets(self) -> Sequence[Sheet]:
        """The sheets as they came."""


@dataclass(frozen=True)
class RosterFile:
    """A pupil roster."""

    data: bytes
    roster: Roster
    answers: RosterAnswers

    @property
    def headers(self) -> Sequence[HeaderMap]:
        """The headings found, per sheet."""
        return self.roster.headers

    @property
    def fields(self) -> Mapping[str, str]:
        """What a column may be taken for."""
        return roster_fields()

    @property
    def usual(self) -> Choices:
        """Children on file are left alone."""
        return Choices()

    @property
    def row_count(self) -> int:
        """How many pupils the file has."""
        return len(self.roster.rows)

    @property
    def unanswered(self) -> str:
        """Ask whether the pupils are left behind when no column says so."""
        if self.roster.asks_left_behind and self.answers.left_behind is None:
            return "left_behind"
        return ""

    def bare_numbers(self) -> list[str]:
        """Return the numbers that stand in the left-behind column instead of words."""
        sheets = {sheet.name: sheet for sheet in self.sheets()}
        found: set[str] = set()
        for header in self.headers:
            if FIELD in header.index:
                rows = sheets[header.sheet].rows[header.last_row :]
                found |= {plain(row[header.index[FIELD]]) for row in rows}
        return sorted(text for text in found if text.isascii() and text.isdigit())

    def plan(self, actor: Actor, choices: Choices) -> ImportReport:
        """Return what importing would do."""
        return plan_roster(actor, self.roster, choices)

    def commit(self, actor: Actor, choices: Choices, title: str, token: str) -> ImportReport:
        """Import."""
        return import_roster(actor, self.roster, choices, title, token)

    def sheets(self) -> Sequence[Sheet]:
        """The sheets as they came."""
        return read_workbook(self.data)


@dataclass(frozen=True)
class RegisterFile:
    """The rows of one register."""

    table: Table
    fields: Mapping[str, str]
    unanswered: str = ""

    @property
    def headers(self) -> Sequence[HeaderMap]:
        """The headings found, per sheet."""
        return self.table.headers

    @property
    def usual(self) -> Choices:
        """An edited export updates, a new list adds."""
        return usual_choices(self.table)

    @property
    def row_count(self) -> int:
        """How many records the file has."""
        return len(self.table.rows)

    def plan(self, actor: Actor, choices: Choices) -> ImportReport:
        """Return what importing would do."""
        return plan_table(actor, self.table, choices)

    def commit(self, actor: Actor, choices: Choices, title: str, token: str) -> ImportReport:
        """Import."""
        return import_table(actor, self.table, choices, title, token)

    def sheets(self) -> Sequence[Sheet]:
        """The sheets as they came."""
        return self.table.sheets


def register_for(slug: str) -> Register:
    """Return the register an import is for; the roster's is the children's. NotFound for none."""
    if slug == ROSTER:
        return CHILD
    register = find(slug)
    if register is None or register.sealed:
        raise NotFound("没有这项登记")
    return register


def title_of(slug: str) -> str:
    """Return what an import is called."""
    return "学生花名册" if slug == ROSTER else register_for(slug).title


def open_upload(actor: Actor, upload: Upload) -> Opened:
    """Read the workbook with the answers given so far; BadFile when it cannot be read."""
    columns = {
        sheet: {int(index): name for index, name in chosen.items()}
        for sheet, chosen in upload.answers.get("columns", {}).items()
    }
    if upload.slug == ROSTER:
        answers = RosterAnswers(
            columns=columns,
            left_behind=upload.answers.get("left_behind"),
            left_behind_numbers=upload.answers.get("numbers", {}),
        )
        data = upload.data()
        return RosterFile(data, read_roster(data, answers), answers)
    register = register_for(upload.slug)
    fields = {f.name: f.spec.label for f in surface(actor, register, "import").fields}
    fields |= {name: words[0] for name, (words, _lines) in people_columns(register).items()}
    fields |= {name: f"{words[0]}（核对用）" for name, words in beside_pupil(register).items()}
    fields |= {LATE_REASON: LATE_HEAD, NUMBER: NUMBER_HEAD}
    return RegisterFile(read_table(upload.data(), register, columns), fields)


def import_upload(actor: Actor, upload: Upload, choices: Choices) -> Mapping[str, Any]:
    """Import an upload, keep what became of it and the workbook with reasons; return the outcome.

    An upload that was imported already, by a process that died before it could say so, is not
    imported again: what the first one made is told.
    """
    opened = open_upload(actor, upload)
    title = f"{title_of(upload.slug)} {upload.name}"
    try:
        report = opened.commit(actor, choices, title, upload.token)
        outcome = report.summary()
    except AlreadyDone as done:
        outcome = done.outcome
    _finish(actor, upload, opened, outcome)
    return outcome


def settle(actor: Actor, upload: Upload) -> Upload:
    """Return the upload as it stands by its receipt: imported, if its write was committed."""
    if upload.result is not None:
        return upload
    outcome = receipts.outcome_of(actor, upload.token)
    if outcome is None:
        return upload
    _finish(actor, upload, open_upload(actor, upload), outcome)
    return replace(upload, result=outcome)


def _finish(actor: Actor, upload: Upload, opened: Opened, outcome: Mapping[str, Any]) -> None:
    returned = None
    if outcome["refused"]:
        reasons = {(sheet, row): why for sheet, row, _label, why in outcome["refused"]}
        wrong = dict(zip(reasons, outcome["fields"], strict=False))
        marks = Marks(reasons, wrong)
        returned = returned_workbook(opened.sheets(), opened.headers, marks, actor.name, actor.now)
    uploads.finish(upload, {**outcome, "refused": outcome["refused"][:_SHOWN]}, returned)


def ask_for(actor: Actor, upload: Upload, choices: Choices) -> Any:
    """Queue the import of a long file and return the job."""
    given = {
        "token": upload.token,
        "slug": upload.slug,
        "user_id": actor.user_id,
        "existing": choices.existing,
        "wrong": choices.wrong,
        "alike": choices.alike,
    }
    return jobs.ask(
        KIND, f"导入 {title_of(upload.slug)} {upload.name}", given, actor.now, actor.user_id
    )


def run(given: Mapping[str, Any], running: jobs.Running, installed: Runtime) -> Mapping[str, Any]:
    """Do a queued import as the person who asked for it; the account may be closed meanwhile."""
    users = register_of(User)
    user = every_row(users).where(User.id == given["user_id"]).first()
    if user is None or not is_active(user, installed.clock.now().date()):
        raise NotFound("当初上传的账号已停用，没有导入")
    running.progress("正在核对每一行", 0, 2)
    upload = uploads.find(installed.data_dir, user.id, str(given["token"]))
    actor = accounts.actor_of(user, installed.clock.now(), "后台")
    chosen = {name: str(given[name]) for name in ("existing", "wrong", "alike") if name in given}
    choices = Choices(**chosen)
    # What a worker that died after its commit left is told, not read for importing once more.
    outcome = settle(actor, upload).result or import_upload(actor, upload, choices)
    return {"token": upload.token, "rows": outcome["rows"]}
