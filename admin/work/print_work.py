"""The job that makes what takes longer than a page may be awaited: books, albums, long workbooks.

It acts as whoever asked for it, whose file it is and nobody else's: it is theirs as masked, with
their name at the foot of each page. The file lies under the hash of what is in it.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from admin.frame.context import Runtime
from admin.frame.printing import imprint, write_personal
from compliance.ordered.papers import EACH_REGISTER, Document, document_called
from exports.documents import sets
from exports.documents.asking import Query, allows, asked_in
from exports.documents.books import chosen
from exports.documents.paper import Asked
from exports.pdf.imposed import DUPLEX
from exports.pdf.watched import LAYING_OUT, watched
from exports.tables.writing import write_table
from models.core import audit, calendar, jobs
from models.core.actor import Actor
from models.core.errors import Denied, NotFound
from models.core.files import copy_whole
from models.core.gates import every_row, rows
from models.core.jobs import Job
from models.core.listing import every, read_request, selection
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.values import whole
from models.kept.users import User, is_active
from models.school import accounts

KIND = "print"
# Stands where the code of a document does: the list of a register as a workbook.
WORKBOOK = "workbook"
# A finished print is offered for so long.
KEPT = timedelta(days=7)
FOLDER = "prints"
GONE = f"做好的保留 {KEPT.days} 天，这一份已经删除；还需要时请重新做一份"
CHANGED = "做好以后，您能看到的记录有变化，这一份不再提供；请重新做一份"
# So many of a person's prints are listed.
MOST_LISTED = 10


@dataclass(frozen=True)
class Made:
    """A finished print: its name, its file, the day it goes."""

    job: Any
    name: str
    path: Path
    until: datetime


def ask_for(
    actor: Actor,
    document: Document,
    semester: SemesterSpan,
    query: str,
    title: str,
    installed: Runtime,
) -> Any:
    """Queue a print and return its job; one made since anything was last changed serves again.

    `query` is the document's address as asked for; `title` what the job is called.
    """
    return _asked(
        actor,
        {"code": document.code, "semester": semester.code, "query": query},
        f"打印 {title}",
        installed,
    )


def ask_for_workbook(actor: Actor, register: Register, query: str, installed: Runtime) -> Any:
    """Queue the filtered list of a register as a workbook; as `ask_for`."""
    given = {"code": WORKBOOK, "register": register.slug, "query": query}
    return _asked(actor, given, f"导出 {register.title}", installed)


def _asked(actor: Actor, what: Mapping[str, str], title: str, installed: Runtime) -> Any:
    given = {
        "user_id": actor.user_id,
        "role": actor.role,
        **what,
        # Names, rights and records are the same until one is written or the day turns.
        "day": actor.today.isoformat(),
        "head": audit.head()[1],
    }
    arguments = jobs.arguments_of(given)
    for job in _done(Job.requested_by == actor.user_id, Job.arguments == arguments):
        if _file(installed, job).is_file():
            return job
    return jobs.ask(KIND, title, given, actor.now, actor.user_id)


def run(given: Mapping[str, Any], running: jobs.Running, installed: Runtime) -> Mapping[str, Any]:
    """Print what a job asks for and keep the file by its hash."""
    now = installed.clock.now()
    actor = _asker(given, now)
    if given["code"] == WORKBOOK:
        return _workbook(actor, given, running, installed)
    document = document_called(str(given["code"]))
    if document is None or document.maker is None or not allows(actor, document, "print"):
        raise Denied("这种文书您现在不能打印，需要时请联系文员")
    semester = calendar.semester_called(str(given["semester"]))
    query = parse_qs(str(given["query"]), keep_blank_values=True)
    folders = (installed.originals, installed.cache)
    if how := sets_in(query):
        return _in_sets(actor, document, semester, query, how, running, installed)
    wanted = asked_in(actor, document, semester, folders, query)
    if wanted is None:
        raise NotFound("没有说明打印哪一份，请回到文书页面重新选择")
    seen: list[int] = [record.id for record in wanted.records]
    wanted = _counted(document, wanted, running, seen)
    running.progress("正在汇总记录", 0, len(wanted.records))
    with watched(running.progress):
        paper = document.maker(wanted)
        about = imprint(actor, paper.title, paper.subtitle)
        with _folder(installed) as place:
            made = place / "document.pdf"
            write_personal(actor, made, lambda path: paper.write(path, about, wanted.sides))
            digest = _keep(made, installed)
    with running.effect() as outcome:
        slug = wanted.register.slug if wanted.register is not None else ""
        outcome |= {"sha256": digest, "name": f"{paper.title}.pdf", "register": slug, "ids": seen}
    return outcome


def _workbook(
    actor: Actor, given: Mapping[str, Any], running: jobs.Running, installed: Runtime
) -> Mapping[str, Any]:
    """Write the list a workbook job asks for and keep the file by its hash."""
    register = find(str(given["register"]))
    if register is None or not may(actor, "export", register):
        raise Denied("这项登记您现在不能导出，需要时请联系文员")
    asked = read_request({n: said[0] for n, said in parse_qs(str(given["query"])).items()})
    total = selection(actor, register, asked)[0].count()
    seen: list[int] = []

    def chunks() -> Iterator[list[Any]]:
        for records in every(actor, register, asked):
            running.progress("正在写入表格", len(seen), total)
            seen.extend(record.id for record in records)
            yield records

    with _folder(installed) as place:
        made = place / "table.xlsx"
        write_table(made, actor, register, chunks(), actor.now)
        digest = _keep(made, installed)
    with running.effect() as outcome:
        name = f"{register.title}-{actor.today:%Y%m%d}.xlsx"
        outcome |= {"sha256": digest, "name": name, "register": register.slug, "ids": seen}
    return outcome


def sets_in(query: Query) -> str:
    """Return how an address asks for a document sorted by class, "" when it does not."""
    said = (query.get("sets") or [""])[0]
    return said if said in sets.WAYS else ""


def stacks_in(
    actor: Actor, document: Document, semester: SemesterSpan, query: Query
) -> tuple[sets.Stack, ...]:
    """Return the stacks an address asks for, of all classes or of one."""
    school_class = whole((query.get("class") or [""])[0], least=1) or 0
    return sets.stacks(actor, document, semester, school_class)


def _in_sets(
    actor: Actor,
    document: Document,
    semester: SemesterSpan,
    query: Query,
    how: str,
    running: jobs.Running,
    installed: Runtime,
) -> Mapping[str, Any]:
    """Print a document for every child, sorted by class, and keep the file by its hash."""
    found = stacks_in(actor, document, semester, query)
    register = sets.sortable(document)
    school = calendar.school()
    sides = (query.get("sides") or [""])[0]
    asked = Asked(
        actor,
        school.name if school is not None else "",
        semester,
        installed.originals,
        installed.cache,
        register,
        sides=DUPLEX if sides == DUPLEX else "",
    )
    printed: list[sets.Printed] = []
    origin = partial(imprint, actor)
    running.progress("正在按班排版", 0, len(found))
    with _folder(installed) as place:
        for one in sets.lay_out(document, asked, found, place, origin):
            printed.append(one)
            running.progress(f"已排好{one.stack.name}", len(printed), len(found))
        if how == sets.FILES:
            made = place / "document.zip"
            sets.pack(document, [_personal(actor, one) for one in printed], made)
        else:
            made = place / "document.pdf"
            write_personal(
                actor, made, lambda path: sets.bind(document, asked, printed, path, origin)
            )
        digest = _keep(made, installed)
    ids = sorted({record.id for stack in found for record in stack.records})
    with running.effect() as outcome:
        outcome |= {
            "sha256": digest,
            "name": f"{document.title}（按班）{made.suffix}",
            "register": register.slug if register is not None else "",
            "ids": ids,
            "stacks": [one.told for one in printed],
        }
    return outcome


def _personal(actor: Actor, one: sets.Printed) -> sets.Printed:
    """Return a stack with the reader's name at the foot of each page."""
    path = one.path.with_name(f"personal-{one.path.name}")
    write_personal(actor, path, lambda plain: copy_whole(one.path, plain))
    return replace(one, path=path)


@contextmanager
def _folder(installed: Runtime) -> Iterator[Path]:
    """A folder to make a print in, gone afterwards."""
    folder = installed.cache / "print"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="print-", dir=folder) as place:
        yield Path(place)


def _keep(made: Path, installed: Runtime) -> str:
    """Keep a file under the hash of its content, and return that."""
    with made.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    copy_whole(made, installed.cache / FOLDER / f"{digest}{made.suffix}")
    return digest


def _counted(document: Document, wanted: Asked, running: jobs.Running, seen: list[int]) -> Asked:
    """Return what is asked for with its records counted, and noted, as they are taken."""
    if document.about != EACH_REGISTER:
        return wanted
    total = chosen(wanted).count()

    def chunks() -> Iterator[list[Any]]:
        seen.clear()
        for records in wanted.chunks():
            running.progress(LAYING_OUT, len(seen), total)
            seen.extend(record.id for record in records)
            yield records

    return replace(wanted, chunks=chunks)


def _asker(given: Mapping[str, Any], now: datetime) -> Actor:
    """Return who asked, as of now; the account may be closed, or another role's, meanwhile."""
    user = every_row(register_of(User)).where(User.id == given["user_id"]).first()
    if user is None or not is_active(user, now.date()) or user.role_code != given["role"]:
        raise NotFound("当初申请打印的账号已停用或改了角色，没有打印")
    return accounts.actor_of(user, now, "后台")


def of_person(actor: Actor, installed: Runtime) -> list[Made]:
    """Return the actor's finished prints that are still there, newest first."""
    found = _done(Job.requested_by == actor.user_id, Job.finished_at >= actor.now - KEPT)
    made = [_made(installed, job) for job in found.limit(MOST_LISTED)]
    return [one for one in made if one.path.is_file()]


def job_of(actor: Actor, job_id: int) -> Any:
    """Return a print the actor asked for; NotFound for anybody else's."""
    job = jobs.job_of(job_id) if job_id < 2**31 else None
    if job is None or job.kind != KIND or job.requested_by != actor.user_id:
        raise NotFound("没有找到这份打印件")
    return job


def fetch(actor: Actor, job_id: int, installed: Runtime) -> Made:
    """Return a finished print for its owner, who must still see every record in it.

    NotFound once it is gone, and when the role has changed or a record is no more to be seen.
    """
    job = job_of(actor, job_id)
    made = _made(installed, job) if job.state == jobs.DONE else None
    if made is None or actor.now >= made.until or not made.path.is_file():
        raise NotFound(GONE)
    allowed = _allowed(actor, job.given) and job.given["role"] == actor.role
    if not allowed or not _sees_all(actor, job.found):
        raise NotFound(CHANGED)
    return made


def _allowed(actor: Actor, given: Mapping[str, Any]) -> bool:
    """Return whether who asked may still have what was made."""
    if given["code"] == WORKBOOK:
        register = find(str(given["register"]))
        return register is not None and bool(may(actor, "export", register))
    document = document_called(str(given["code"]))
    return document is not None and allows(actor, document, "print")


def _sees_all(actor: Actor, found: Mapping[str, Any]) -> bool:
    """Return whether the records that were printed are all within the actor's rows, as of now."""
    if not found["ids"]:
        return True
    register = find(found["register"])
    if register is None:
        return False
    ids = sorted(set(found["ids"]))
    seen = 0
    for start in range(0, len(ids), 500):
        part = register.model.id.in_(ids[start : start + 500])
        seen += rows(actor, register).where(part).count()
    return seen == len(ids)


def forget_old(now: datetime, installed: Runtime) -> int:
    """Delete the files of prints made longer ago than they are kept; return how many."""
    standing = {_file(installed, job).name for job in _done(Job.finished_at >= now - KEPT)}
    old = [
        path
        for job in _done(Job.finished_at < now - KEPT)
        if (path := _file(installed, job)).name not in standing and path.is_file()
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _done(*conditions: Any) -> Any:
    query = Job.select().where(Job.kind == KIND, Job.state == jobs.DONE, *conditions)
    return query.order_by(Job.id.desc())


def _made(installed: Runtime, job: Any) -> Made:
    return Made(job, job.found["name"], _file(installed, job), job.finished_at + KEPT)


def _file(installed: Runtime, job: Any) -> Path:
    return installed.cache / FOLDER / f"{job.found['sha256']}{Path(job.found['name']).suffix}"
