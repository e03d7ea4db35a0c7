"""The counsellor's pages: record cards and observations, opened with the key.

Every page stands behind `sealed_guard`; every write goes through `models.sealed.counselling` and
the service. No page is stored by the browser and no form kept as a draft.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.form_fields import put_errors
from admin.people.outside_paper import paper_sent
from admin.registers.picker import pick as picked
from admin.sealed.form import raw_of, sealed_form, show_theirs
from admin.sealed.guard import guarded, hold
from models.core import audit, sealing, service
from models.core.display import Page
from models.core.errors import BadValue, Conflict, Denied, Invalid, Locked, NotFound
from models.core.listing import listed, read_request
from models.core.register import REGISTERS, Register
from models.core.validation import missing_wanted
from models.core.values import whole
from models.kept.counselling import FILES, SESSIONS
from models.sealed import counselling, keys, leaders, messages, requests

bp = guarded("sealed", __name__)

SHORT = 40


def register_at(slug: str) -> Register:
    """Return the sealed register called `slug`; NotFound for any other."""
    found = REGISTERS.get(slug)
    if found not in (SESSIONS, FILES):
        raise NotFound
    return found


def demand_key() -> None:
    """Raise Shut unless this request carries the opened key."""
    if actor().sealed_key is None:
        raise sealing.Shut


@bp.get("/")
def index() -> ResponseReturnValue:
    """Lead to the record cards."""
    return redirect(url_for("sealed.records", slug=SESSIONS.slug))


@bp.get("/<slug>/")
def records(slug: str) -> ResponseReturnValue:
    """List own records, opened; those that do not open say so."""
    declared = register_at(slug)
    demand_key()
    asked = read_request(request.args)
    found = listed(actor(), declared, asked)
    failed = sealing.unseal(actor(), declared, found.records)
    shown = Page(actor(), declared, found.records, "detail")
    return render_template(
        "counselling/list.html",
        register=declared,
        tabs=_tabs(declared),
        rows=[_row(shown, record, record in failed) for record in found.records],
        found=found,
        asked=asked,
        failed=len(failed),
        pages=_steps(declared, asked, found),
    )


def _tabs(declared: Register) -> list[dict[str, Any]]:
    return [
        {
            "title": one.title,
            "url": url_for("sealed.records", slug=one.slug),
            "active": one is declared,
        }
        for one in (SESSIONS, FILES)
    ]


def _row(shown: Page, record: Any, failed: bool) -> dict[str, Any]:
    declared = shown.register
    label = shown.text(record, "case_code")
    texts = [label, shown.text(record, declared.happened)]
    state: Any = "打不开" if failed else _state(declared, record)
    if declared is SESSIONS:
        texts += [shown.text(record, name) for name in ("child", "form", "risk")]
    else:
        texts += [shown.text(record, "child"), shown.text(record, "observations")[:SHORT]]
    if record.deleted_at is not None:
        url = url_for("sealed.restore", slug=declared.slug, rid=record.id)
        restore = {"word": "恢复", "url": url, "post": True}
        return {"cells": [*texts, "回收站"], "actions": [restore]}
    url = url_for("sealed.detail", slug=declared.slug, rid=record.id)
    return {"cells": [*texts, state], "url": url}


def _state(declared: Register, record: Any) -> str:
    if declared is SESSIONS and record.sealed_on:
        return "已封存"
    missing = [spec.label for spec in missing_wanted(declared, record)]
    missing = [one for one in missing if one not in ("封存交管理员日期", "接收管理员")]
    return f"还差 {len(missing)} 项" if missing else "待封存"


def _steps(declared: Register, asked: Any, found: Any) -> dict[str, Any]:
    def url(number: int) -> str:
        code = asked.filters.get("case_code") or None
        bin_ = "1" if asked.deleted else None
        return url_for(
            "sealed.records", slug=declared.slug, page=number, bin=bin_, **{"f.case_code": code}
        )

    return {
        "number": found.page,
        "pages": found.pages,
        "total": found.total,
        "prev_url": url(found.page - 1) if found.page > 1 else "",
        "next_url": url(found.page + 1) if found.page < found.pages else "",
    }


@bp.get("/<slug>/<int:rid>")
def detail(slug: str, rid: int) -> ResponseReturnValue:
    """Show one record and the steps that can be taken with it."""
    declared = register_at(slug)
    record = counselling.opened(actor(), declared, rid)
    audit.log_access(actor(), "view", declared.slug, record.id)
    return _detail_page(declared, record)


def _detail_page(
    declared: Register, record: Any, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    shown = Page(actor(), declared, [record], "detail")
    facts = [
        {
            "label": spec.label,
            "value": shown.text(record, name),
            "long": len(shown.text(record, name)) > SHORT,
        }
        for name, spec in declared.fields.items()
        if shown.text(record, name)
    ]
    others = messages.people("counsellor", actor().now)
    page = render_template(
        "counselling/detail.html",
        register=declared,
        record=record,
        facts=facts,
        missing=[spec.label for spec in missing_wanted(declared, record)],
        history=counselling.history_of(declared, record.id),
        is_session=declared is SESSIONS,
        grounds=requests.GROUNDS,
        alone=leaders.is_alone(actor()),
        granted=requests.granted(actor(), requests.DISCLOSURE, record.id),
        others=[other for other in others if other.staff_id and other.staff_id != actor().staff_id],
        keepers=counselling.known_keepers(),
        problem=problem,
    )
    return page, status


@bp.route("/<slug>/new", methods=["GET", "POST"])
def new(slug: str) -> ResponseReturnValue:
    """The card for a new record."""
    declared = register_at(slug)
    if request.method == "GET":
        demand_key()
        return _form_page(declared, sealed_form(actor(), declared))
    return _save(declared, None)


@bp.route("/<slug>/<int:rid>/edit", methods=["GET", "POST"])
def edit(slug: str, rid: int) -> ResponseReturnValue:
    """The card of one record."""
    declared = register_at(slug)
    if request.method == "GET":
        record = counselling.opened(actor(), declared, rid)
        return _form_page(declared, sealed_form(actor(), declared, record=record), rid=rid)
    return _save(declared, rid)


def _save(declared: Register, rid: int | None) -> ResponseReturnValue:
    problem = _reopen()
    if problem:
        return _kept_page(declared, rid, problem)
    form = sealed_form(actor(), declared, posted=request.form)
    version = whole(form.version.data) or 0
    try:
        record = _write(declared, rid, raw_of(form), version)
    except Conflict as error:
        show_theirs(form, declared, counselling.opened(actor(), declared, rid))
        form.form_errors.append(f"{error}。两份不同的地方写在各栏下面，改好后再保存一次")
        return _form_page(declared, form, rid=rid, status=409)
    except (Invalid, Locked) as error:
        put_errors(form, error.errors if isinstance(error, Invalid) else {"": str(error)})
        return _form_page(declared, form, rid=rid, status=422)
    flash("已保存，内容已密封。", "success")
    return redirect(url_for("sealed.detail", slug=declared.slug, rid=record.id), 303)


def _reopen() -> str:
    """Open the key again when it was put away while somebody typed; return what is wrong."""
    if actor().sealed_key is not None:
        return ""
    passphrase = request.form.get("passphrase", "")
    if not passphrase:
        return "密封已自动合上。内容还在下面，请输入口令后再保存"
    try:
        hold(keys.unlock(actor(), passphrase))
    except sealing.WrongKey as error:
        return str(error)
    return ""


def _kept_page(declared: Register, rid: int | None, problem: str) -> ResponseReturnValue:
    """Give back what was typed and ask for the passphrase; nothing is read or saved meanwhile."""
    # The surface only asks whether there is a key; no stored content is opened with this one.
    form = sealed_form(replace(actor(), sealed_key=b"-"), declared, posted=request.form)
    form.passphrase.errors = [problem]
    return _form_page(declared, form, rid=rid, status=403, ask_passphrase=True)


def _write(declared: Register, rid: int | None, raw: dict[str, Any], version: int) -> Any:
    if rid is None:
        raw["counsellor"] = actor().staff_id
    if declared is SESSIONS:
        return counselling.save_session(actor(), raw, record_id=rid, version=version)
    if rid is None:
        return service.create(actor(), declared, raw)
    return service.update(actor(), declared, rid, raw, version)


def _form_page(
    declared: Register,
    form: Any,
    *,
    rid: int | None = None,
    status: int = 200,
    ask_passphrase: bool = False,
) -> ResponseReturnValue:
    back = (
        url_for("sealed.records", slug=declared.slug)
        if rid is None
        else url_for("sealed.detail", slug=declared.slug, rid=rid)
    )
    page = render_template(
        "counselling/form.html",
        register=declared,
        form=form,
        is_new=rid is None,
        cancel_url=back,
        ask_passphrase=ask_passphrase,
    )
    return page, status


@bp.post("/<slug>/<int:rid>/delete")
def delete(slug: str, rid: int) -> ResponseReturnValue:
    """Into the recycle bin."""
    declared = register_at(slug)
    demand_key()
    service.delete(actor(), declared, rid)
    flash("已放进回收站，需要时可以恢复。", "success")
    return redirect(url_for("sealed.records", slug=slug), 303)


@bp.post("/<slug>/<int:rid>/restore")
def restore(slug: str, rid: int) -> ResponseReturnValue:
    """Back from the recycle bin."""
    declared = register_at(slug)
    demand_key()
    service.restore(actor(), declared, rid)
    flash("已恢复。", "success")
    return redirect(url_for("sealed.detail", slug=slug, rid=rid), 303)


@bp.post("/counselling/<int:rid>/step")
def step(rid: int) -> ResponseReturnValue:
    """Hand over, seal the envelope, or break confidentiality."""
    record = counselling.opened(actor(), SESSIONS, rid)
    taken = STEPS.get(request.form.get("step", ""))
    if taken is None:
        raise NotFound
    try:
        told, stays = taken(record)
    except (Invalid, Denied, Locked, BadValue) as error:
        return _detail_page(SESSIONS, counselling.opened(actor(), SESSIONS, rid), str(error), 422)
    flash(told, "success")
    if not stays:
        return redirect(url_for("sealed.records", slug=SESSIONS.slug), 303)
    return redirect(url_for("sealed.detail", slug=SESSIONS.slug, rid=rid), 303)


def _hand_over(record: Any) -> tuple[str, bool]:
    said = request.form
    to, reason = said.get("handed_over_to", ""), said.get("handover_reason", "")
    counselling.hand_over(actor(), record.id, to, reason, record.version)
    return "已移交，对方会收到通知；这一件您不再看得到。", False


def _envelope(record: Any) -> tuple[str, bool]:
    said = request.form
    day, keeper = said.get("sealed_on", ""), said.get("received_by", "")
    counselling.seal_envelope(actor(), record.id, day, keeper, record.version)
    return "封存已登记，管理员看得到这一件已封存，看不到内容。", True


def _ask_disclosure(record: Any) -> tuple[str, bool]:
    requests.ask(
        actor(),
        requests.DISCLOSURE,
        subject_id=record.id,
        subject=f"个案 {record.case_code}，{record.held_on}",
        ground=request.form.get("ground", ""),
        paper=paper_sent(),
    )
    return "已提出突破保密的申请，领导小组成员批准后在这里写明原因。", True


def _disclose(record: Any) -> tuple[str, bool]:
    reason = request.form.get("disclosure_reason", "")
    counselling.disclose(actor(), record.id, reason, record.version)
    return "突破保密已记入，领导小组和心理辅导教师都会收到通知。", True


STEPS: dict[str, Any] = {
    "hand-over": _hand_over,
    "envelope": _envelope,
    "ask-disclosure": _ask_disclosure,
    "disclose": _disclose,
}


@bp.get("/pick/<slug>/<place>")
def pick(slug: str, place: str) -> ResponseReturnValue:
    """What a picker of the card may choose, as JSON; the look is logged nowhere."""
    demand_key()
    target = REGISTERS.get(slug)
    if target is None or place.partition(".")[0] not in (SESSIONS.slug, FILES.slug):
        raise NotFound
    return picked(actor(), target, place, request.args.get("q", ""))
