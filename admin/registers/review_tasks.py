"""要核对的事: what time has brought about, each with the two buttons that settle it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from models.core.actor import Actor
from models.core.display import Page
from models.core.display import page as display
from models.core.errors import Denied
from models.core.gates import rows
from models.core.rights import may
from models.kept.children import EXPIRING, KEPT, RETURNED, SIXTEEN, UNGUARDED, ReviewTask
from models.school import review_tasks

bp = Blueprint("review_tasks", __name__, url_prefix="/review")

# Why a child leaves the register, by what the task is about.
EXITS = {SIXTEEN: "年满16周岁", RETURNED: "父母返乡"}
DECIDED_SHOWN = 30


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show what is open within the actor's rows, and what was decided lately."""
    acting = actor()
    allowed = may(acting, "read", review_tasks.TASKS)
    if not allowed:
        raise Denied(f"{allowed.reason}。")
    review_tasks.refresh(acting.now)
    found = review_tasks.open_tasks(acting)
    query = rows(acting, review_tasks.TASKS).where(ReviewTask.outcome.is_null(False))
    decided = list(query.order_by(ReviewTask.decided_on.desc()).limit(DECIDED_SHOWN))
    shown = display(acting, review_tasks.TASKS, [*found, *decided], "detail")
    edits = bool(may(acting, "edit", review_tasks.TASKS))
    return render_template(
        "review/tasks.html",
        page_title=f"有 {len(found)} 件事要核对" if found else "没有要核对的事",
        tasks=[_task(acting, shown, task, edits=edits) for task in found],
        decided=[_task(acting, shown, row, edits=False) for row in decided],
        add_url=url_for("review-task.new") if may(acting, "create", review_tasks.TASKS) else "",
        keep=KEPT,
    )


def _task(acting: Actor, shown: Page, task: Any, *, edits: bool) -> dict[str, Any]:
    child = task.child_id
    return {
        "id": task.id,
        "kind": shown.text(task, "kind"),
        "who": shown.text(task, "child") or shown.text(task, "staff"),
        "who_url": url_for("child.detail", rid=child) if child else "",
        "what": shown.text(task, "what"),
        "due": shown.text(task, "due_on"),
        "outcome": shown.text(task, "outcome"),
        "decided": " · ".join(
            filter(None, (shown.text(task, n) for n in ("decided_by", "decided_on", "note")))
        ),
        "late": task.due_on <= acting.today,
        "steps": _steps(acting, task) if edits else [],
        "edits": edits,
    }


def _steps(acting: Actor, task: Any) -> list[dict[str, str]]:
    """Return the pages where the matter is settled, prefilled; the task then closes by itself."""
    child = task.child_id
    if task.kind in EXITS and child:
        left = {"left_on": max(task.due_on, acting.today), "left_why": EXITS[task.kind]}
        return [{"word": "办理退出", "url": url_for("child.edit", rid=child, **left)}]
    if task.kind == EXPIRING:
        about = {"child": child} if child else {"staff": task.staff_id}
        return [{"word": "登记续签", "url": url_for("agreement.new", **about)}]
    if task.kind == UNGUARDED and child:
        return [{"word": "登记监护人", "url": url_for("guardian.new", child=child)}]
    return []


@bp.post("/<task_id>")
def decide(task_id: str) -> ResponseReturnValue:
    """Note what was decided about one task."""
    review_tasks.decide(
        actor(), task_id, request.form.get("outcome", ""), request.form.get("note", "").strip()
    )
    flash("已记下处理结果", "met")
    return redirect(url_for("review_tasks.index"), 303)
