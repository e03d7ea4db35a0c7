"""How far long work is, as JSON for the progress bar, and the button that stops it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor, runtime
from admin.work import import_work, print_work
from models.core import jobs
from models.core.actor import Actor
from models.core.boxes import OFFICE
from models.core.errors import NotFound

bp = Blueprint("jobs", __name__)


@bp.get("/jobs/<int:job_id>.json")
def progress(job_id: int) -> ResponseReturnValue:
    """Answer state, step, done, total, message, and where the result is."""
    job = _own(actor(), job_id)
    return {
        "state": job.state,
        "step": jobs.SILENT if job.is_silent(runtime().clock.now()) else job.step,
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "url": result_url(job),
    }


@bp.post("/jobs/<int:job_id>/cancel")
def cancel(job_id: int) -> ResponseReturnValue:
    """Ask the job to stop and go back to where the button was."""
    job = _own(actor(), job_id)
    jobs.cancel(job.id, runtime().clock.now())
    return redirect(_page_of(job))


def _own(acting: Actor, job_id: int) -> Any:
    """Return a job the actor asked for; the office sees all of them."""
    job = jobs.job_of(job_id) if job_id < 2**31 else None
    if job is None or (acting.role not in OFFICE and job.requested_by != acting.user_id):
        raise NotFound("没有找到这项工作")
    return job


def _page_of(job: Any) -> str:
    if job.kind == "bundle":
        return url_for("bundles.index", semester=job.given.get("semester"))
    if job.kind == import_work.KIND:
        return url_for("imports.done", slug=job.given["slug"], token=job.given["token"])
    if job.kind == print_work.KIND:
        return url_for("documents.made", job_id=job.id)
    return "/"


def result_url(job: Any) -> str:
    """Return the page that shows a finished job's result, "" before."""
    return _page_of(job) if job.state == jobs.DONE else ""
