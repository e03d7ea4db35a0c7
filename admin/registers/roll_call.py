"""全班一起登记: one act entered for many children at once — all present but those unticked.

Every child gets a row of its own, tied by `act`, in one transaction and one batch, which its maker
may undo the same day. What is written for one child stands in that child's row only.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.form_fields import TextAreaField
from admin.registers.form import FormPage, form_page, name_links
from admin.registers.list import link
from admin.registers.save import MANY_CAP, ROLL_CALL_WORD, fresh_token, save_roll_call
from models.core import batches
from models.core.display import Page
from models.core.display import page as display
from models.core.errors import AlreadyDone, Denied, Invalid, Locked, NotFound
from models.core.fields import FieldSpec
from models.core.gates import rows
from models.core.register import REGISTERS, Register, find
from models.core.rights import may
from models.core.undo import is_own_today
from models.core.undo import undo as undo_batch
from models.core.values import whole
from models.school import review_tasks
from models.school.pupils import MINE, Pupil, child_field, classes, first_group, pupils

bp = Blueprint("rollcall", __name__, url_prefix="/roll-call")


def _register(slug: str) -> tuple[Register, FieldSpec]:
    declared = find(slug)
    if declared is None or not declared.many or declared.sealed:
        raise NotFound("这项登记不能为多名学生一起登记")
    allowed = may(actor(), "create", declared)
    if not allowed:
        raise Denied(f"{allowed.reason}。")
    spec = child_field(declared)
    if spec is None:
        raise NotFound("这项登记不能为多名学生一起登记")
    return declared, spec


@bp.route("/<slug>", methods=["GET", "POST"])
def start(slug: str) -> ResponseReturnValue:
    """Show the ticks of one group and the common form; save one row per ticked child."""
    declared, spec = _register(slug)
    acting = actor()
    found = classes(acting, declared, spec)
    group = request.values.get("group", "") or first_group(acting, found)
    listed = pupils(acting, declared, spec, group)
    if request.method == "GET":
        asked = {name: v for name, v in request.args.items() if name in declared.fields}
        page = form_page(acting, declared, prefill=asked)
        return _page(declared, spec, page, found, group, listed, _ticked_first(listed))
    page = form_page(acting, declared, posted=request.form)
    ticked = set(page.many())
    try:
        batch = save_roll_call(acting, page, request, _chosen(page, listed), _own_texts(page))
    except AlreadyDone as done:
        flash(str(done), "partly")
        return redirect(url_for("rollcall.done", batch_id=done.outcome["batch"]), 303)
    except (Invalid, Locked, NotFound) as error:
        page.put_errors(error.errors if isinstance(error, Invalid) else {"": str(error)})
        name_links(acting, page)
        return _page(declared, spec, page, found, group, listed, ticked), 422
    if slug in review_tasks.SOURCES:
        review_tasks.refresh(acting.now)
    return redirect(url_for("rollcall.done", batch_id=batch.id), 303)


def _ticked_first(listed: list[Pupil]) -> set[str]:
    """Return whom the page ticks at first: those the address names, else all of the group."""
    asked = set(request.args.getlist("child"))
    return asked or {str(pupil.id) for pupil in listed}


def _chosen(page: FormPage, listed: list[Pupil]) -> list[Pupil]:
    """Return the ticked children of the group; whoever is not in it was not on the page."""
    ticked = set(page.many())
    chosen = [pupil for pupil in listed if str(pupil.id) in ticked]
    if not chosen:
        raise Invalid({"": "一名学生也没有勾选，请勾选参加的学生"})
    if len(chosen) > MANY_CAP:
        raise Invalid({"": f"一次最多为 {MANY_CAP} 名学生登记，请分几次"})
    return chosen


def _text_field(page: FormPage) -> Any | None:
    """Return the input whose text may differ per child: the first long text of the short form."""
    shown = [field for section in page.short for field in section.fields]
    return next((one for one in shown if isinstance(one, TextAreaField)), None)


def _own_texts(page: FormPage) -> tuple[str, dict[int, str]]:
    """Return the field of the text of one's own, and what was typed per child."""
    made = _text_field(page)
    if made is None:
        return "", {}
    found = {}
    for key, text in request.form.items():
        match = re.fullmatch(r"own-(\d{1,9})", key)
        if match and text.strip():
            found[int(match[1])] = text.strip()
    return made.short_name, found


def _page(
    declared: Register,
    spec: FieldSpec,
    page: FormPage,
    found: list[tuple[int, str]],
    group: str,
    listed: list[Pupil],
    ticked: set[str],
) -> str:
    own = actor().staff_id is not None
    made = _text_field(page)
    return render_template(
        "rollcall/form.html",
        page_title=f"为多名学生登记{declared.title}",
        register=declared,
        page=page,
        many=spec.name,
        group=group,
        groups=[*([(MINE, "我的结对学生")] if own else []), *((str(n), name) for n, name in found)],
        pupils=listed,
        ticked=ticked,
        own_label=made.label.text if made is not None else "",
        typed=request.form,
        once=fresh_token(),
        cancel_url=url_for(f"{declared.slug}.index_view"),
        upload_url=link("photos.upload") if declared.evidence else "",
        breadcrumbs=[
            {"title": declared.title, "url": url_for(f"{declared.slug}.index_view")},
        ],
    )


def _batch(batch_id: str) -> tuple[Any, Register]:
    """Return an own roll-call (the clerk: any), and the register it wrote to."""
    batch = batches.Batch.get_or_none(
        batches.Batch.id == (whole(batch_id) or 0), batches.Batch.kind == batches.ROLL_CALL
    )
    title = batch.title.removeprefix(ROLL_CALL_WORD) if batch is not None else ""
    declared = next((register for register in REGISTERS.values() if register.title == title), None)
    if batch is None or declared is None:
        raise NotFound("没有找到这一次登记")
    own = batch.user_id is not None and batch.user_id == actor().user_id
    if not own and not may(actor(), "bulk", declared):
        raise NotFound("没有找到这一次登记")
    return batch, declared


@bp.get("/done/<batch_id>")
def done(batch_id: str) -> ResponseReturnValue:
    """Show what one roll-call entered, with the way to take it all back."""
    batch, declared = _batch(batch_id)
    acting = actor()
    records = list(
        rows(acting, declared).where(declared.model.batch == batch.id).order_by(declared.model.id)
    )
    shown = display(acting, declared, records, "detail")
    undone = batch.undone_at is not None
    return render_template(
        "rollcall/done.html",
        page_title="这次登记已撤销"
        if undone
        else f"已为 {len(records)} 名学生登记{declared.title}",
        register=declared,
        batch=batch,
        undone=undone,
        may_undo=is_own_today(acting, batch) or bool(may(acting, "bulk", declared)),
        records=[
            {
                "child": record.__data__[declared.many],
                "name": shown.text(record, declared.many),
                "url": url_for(f"{declared.slug}.detail", rid=record.id),
                "text": _short(shown, declared, record),
            }
            for record in records
        ],
        list_url=url_for(f"{declared.slug}.index_view"),
        again_url=url_for("rollcall.start", slug=declared.slug),
    )


def _short(shown: Page, declared: Register, record: Any) -> str:
    """Say an entered record by its date and what it is called."""
    names = [n for n in (declared.happened, *declared.label) if n and n != declared.many]
    return " · ".join(filter(None, (shown.text(record, name) for name in dict.fromkeys(names))))


@bp.post("/done/<batch_id>/undo")
def undo(batch_id: str) -> ResponseReturnValue:
    """Take one roll-call back; what was changed since stays and is told."""
    batch, _declared = _batch(batch_id)
    report = undo_batch(actor(), batch.id)
    flash(f"已撤销 {report.undone} 条", "met")
    for _title, label, reason in report.left:
        flash(f"{label}没有撤销：{reason}", "warning")
    return redirect(url_for("rollcall.done", batch_id=batch.id), 303)
