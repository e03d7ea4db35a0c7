"""The job that builds a bundle, and what is put in order before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from admin.frame.context import Runtime
from exports.bundle.build import build_bundle, nothing_to_tell
from exports.bundle.choices import NOTHING_CHOSEN, Choices, kept_choices
from exports.bundle.order import FULL, BuiltBundle, Order, Progress
from exports.bundle.reach import Reach, reach_called
from models.core import calendar, jobs
from models.core.actor import Actor
from models.core.errors import Invalid, NotFound
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.bundles import APPROVED, BUILT, EDITIONS, Bundle, files_of, purpose_told
from models.kept.bundles import FULL as FULL_EDITION
from models.kept.users import User, is_active
from models.school import accounts, bundles

KIND = "bundle"
# A full edition nobody fetched is gone after this time.
FULL_KEPT = timedelta(days=7)
GONE = "完整版下载后、或满七天即从本机删除；还需要时请重新申请"
_PIECE = 2**16


def ask_for(
    actor: Actor,
    reach: Reach,
    edition: str,
    bundle_id: int | None = None,
    choices: Choices = NOTHING_CHOSEN,
) -> Any:
    """Queue the building of a bundle and return the job; the actor is its approver.

    What was chosen for a full edition stands in its request.
    """
    bundles.demand_office(actor)
    given = {
        # Of a semester or of a school year, as the page's address says it.
        "semester": reach.code,
        "edition": edition,
        "user_id": actor.user_id,
        "name": actor.name,
        "bundle_id": bundle_id,
        "choices": choices.as_columns,
    }
    title = f"上报材料包 {reach.title}（{EDITIONS[edition]}）"
    return jobs.ask(KIND, title, given, actor.now, actor.user_id)


def run(given: Mapping[str, Any], running: jobs.Running, installed: Runtime) -> Mapping[str, Any]:
    """Build the bundle a job asks for, keep it, and note it in its register."""
    edition = str(given["edition"])
    approved = _approved(given, installed) if edition == FULL else None
    made_by = bundles.decider_of(approved) if approved is not None else str(given["name"])
    if approved is None:
        choices = Choices(**given.get("choices", {}))
    else:
        choices = kept_choices(approved, purpose_told(approved))
    built = build_for(
        installed,
        str(given["semester"]),
        edition,
        made_by,
        running.progress,
        job_id=running.job_id,
        choices=choices,
    )
    actor = _asker(given, installed)
    names = keep(built, installed.bundles)
    reach = reach_called(str(given["semester"]))
    facts = facts_of(built, names, made_by, actor.now) | choices.as_columns
    with running.effect() as outcome:
        if approved is not None:
            record = bundles.record_full_built(actor, approved.id, facts)
        else:
            semester = _semester(reach.terms[-1].code)
            facts["span"] = reach.word
            record = bundles.record_built(actor, semester, edition, facts)
        outcome["bundle_id"] = record.id
    return outcome


def sent_once(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces and delete it once all of them were taken."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
    path.unlink(missing_ok=True)


def forget_full(now: datetime, folder: Path) -> int:
    """Delete the files of full editions built longer ago than they are kept; return how many."""
    old = every_row(register_of(Bundle)).where(
        Bundle.edition == FULL_EDITION,
        Bundle.path.is_null(False),
        Bundle.built_at < now - FULL_KEPT,
    )
    paths = [folder / name for bundle in old for name in files_of(bundle)]
    standing = [path for path in paths if path.is_file()]
    for path in standing:
        path.unlink()
    return len(standing)


def _approved(given: Mapping[str, Any], installed: Runtime) -> Any:
    found = bundles.fetch(_asker(given, installed), given["bundle_id"])
    if found.state not in (APPROVED, BUILT):
        raise Invalid({"": "完整版还没有经领导小组批准，不能生成"})
    return found


def _asker(given: Mapping[str, Any], installed: Runtime) -> Actor:
    """Return who asked, as of now; the account may have been closed meanwhile."""
    now = installed.clock.now()
    user = every_row(register_of(User)).where(User.id == given["user_id"]).first()
    if user is None or not is_active(user, now.date()):
        raise NotFound("申请生成的账号已停用，请由在用的账号重新生成")
    return accounts.actor_of(user, now, "后台工作")


def _semester(code: str) -> Any:
    found = next((semester for semester in calendar.semesters() if semester.code == code), None)
    if found is None:
        raise NotFound(f"没有学期 {code}")
    return found


def build_for(
    installed: Runtime,
    reach: str,
    edition: str,
    made_by: str,
    progress: Progress = nothing_to_tell,
    *,
    job_id: int = 0,
    target: Path | None = None,
    choices: Choices = NOTHING_CHOSEN,
) -> BuiltBundle:
    """Build a bundle of this installation at `target`, or at a place of its own.

    `reach` is the code of a semester or of a school year.
    """
    order = Order(
        reach=reach,
        edition=edition,
        made_by=made_by,
        originals=installed.originals,
        cache=installed.cache,
        target=target or installed.bundles / f"job-{job_id}.zip",
        choices=choices,
    )
    return build_bundle(order, progress)


def keep(built: BuiltBundle, folder: Path) -> list[str]:
    """Move each volume to the place its content names, and return the names there in order."""
    names = [f"{volume.sha256}.zip" for volume in built.volumes]
    for one, name in zip(built.volumes, names, strict=True):
        one.path.replace(folder / name)
    return names


def facts_of(
    built: BuiltBundle, names: Sequence[str], made_by: str, now: datetime
) -> dict[str, Any]:
    """Return what the register keeps about a finished bundle."""
    return {
        "made_at": built.made_at,
        "made_by": made_by,
        "built_at": now,
        "documents": built.documents,
        "photos": built.photos,
        "missing": len(built.survey.missing),
        "lost": built.lost or None,
        "lost_files": " ".join(map(str, built.lost_files)) or None,
        "size": built.size,
        "sha256": built.sha256,
        "head": built.head,
        "path": names[0],
        "volumes": " ".join(names) if len(names) > 1 else None,
        "film_volumes": built.film_volumes or None,
    }
