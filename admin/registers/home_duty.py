"""亲情电话值班 and 开放之家: the duty teacher's two pages of an afternoon at the home."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.registers.save import fresh_token, token_of
from models.core import labels as naming
from models.core.actor import Actor
from models.core.display import page as display
from models.core.errors import AlreadyDone, Denied, Invalid, Locked
from models.core.register import register_of
from models.core.values import whole
from models.kept.calls import CALL_WAYS, MATTERS, FamilyCall
from models.kept.children import Child
from models.school import call_desk, opening

bp = Blueprint("duty", __name__)


@bp.get("/call-desk")
def calls() -> ResponseReturnValue:
    """Show the calls that run, and whom the picked child may ring."""
    return _calls(whole(request.args.get("child")) or 0, {})


@bp.post("/call-desk")
def begin() -> ResponseReturnValue:
    """Enter a call before it is made; its clock runs from now."""
    child, form = whole(request.form.get("child")) or 0, request.form
    if not child:
        return _calls(0, {"child": "请选择学生，从查找结果中点选"})
    word, _, name = form.get("callee", "").partition("/")
    try:
        call_desk.begin(
            actor(),
            child,
            word,
            name,
            form.get("matter_kind", ""),
            form.get("way", ""),
            token=token_of(request),
        )
    except AlreadyDone as done:
        flash(str(done), "partly")
    except Invalid as error:
        return _calls(child, error.errors)
    return redirect(url_for("duty.calls"), 303)


@bp.post("/call-desk/<call_id>/finish")
def finish(call_id: str) -> ResponseReturnValue:
    """Write that a call ended now."""
    try:
        call_desk.finish(actor(), whole(call_id) or 0, request.form.get("mood", "").strip())
    except (Invalid, Locked) as error:
        told = "；".join(error.errors.values()) if isinstance(error, Invalid) else str(error)
        flash(told, "warning")
    else:
        flash("通话已结束，时长已记下", "met")
    return redirect(url_for("duty.calls"), 303)


@bp.post("/call-desk/<call_id>/give-up")
def give_up(call_id: str) -> ResponseReturnValue:
    """Take back a call that nobody answered."""
    call_desk.give_up(actor(), whole(call_id) or 0)
    flash("这次没有打通，登记已撤回", "met")
    return redirect(url_for("duty.calls"), 303)


def _calls(child: int, errors: dict[str, str]) -> ResponseReturnValue:
    acting = actor()
    call_desk.demand_right(acting)
    people, refused = [], ""
    if child:
        try:
            people = call_desk.whom_to_ring(acting, child)
        except Denied as error:
            refused = str(error)
    open_ = call_desk.open_calls(acting)
    wanted = [child, *(call.child_id for call in open_)]
    children = register_of(Child)
    names = naming.labels(acting, {children: [number for number in wanted if number]})
    running = opening.running(acting)
    shown = display(acting, register_of(FamilyCall), open_, "detail")
    page = render_template(
        "duty/calls.html",
        page_title="亲情电话值班",
        errors=errors,
        child=child,
        name=names.get((children.slug, child), ""),
        people=people,
        refused=refused,
        calls=[
            {
                "id": call.id,
                "name": names.get((children.slug, call.child_id), ""),
                "callee": f"{call.callee} {call.callee_name or ''}",
                # The number just given for this call, or what the register shows of it.
                "number": call.number if running is not None else shown.text(call, "number"),
                "begun": call.entered_at.isoformat(),
                "url": url_for("family-call.detail", rid=call.id),
            }
            for call in open_
        ],
        now=acting.now.isoformat(),
        matters=MATTERS,
        ways=CALL_WAYS,
        typed=request.form,
        child_url=url_for("child.pick", **{"for": "family-call.child"}),  # type: ignore[arg-type]
        opening=running,
        opening_url=url_for("duty.home"),
        once=fresh_token(),
    )
    return page, 422 if errors else 200


@bp.get("/opening")
def home() -> ResponseReturnValue:
    """Show the button that opens the home, or the roll call and the one that closes it."""
    return _home(actor(), {})


@bp.post("/opening")
def open_home() -> ResponseReturnValue:
    """Open the home now."""
    form = request.form
    try:
        opening.open_home(
            actor(), form.get("room", ""), form.get("programme", ""), token=token_of(request)
        )
    except AlreadyDone:
        pass
    except (Invalid, Locked) as error:
        return _home(actor(), _told(error))
    return redirect(url_for("duty.home"), 303)


@bp.post("/opening/close")
def close_home() -> ResponseReturnValue:
    """Close the home now with the children who were there."""
    present = [number for said in request.form.getlist("child") if (number := whole(said))]
    note = request.form.get("safety_note", "").strip()
    try:
        record = opening.close_home(actor(), present, note)
    except (Invalid, Locked) as error:
        return _home(actor(), _told(error))
    flash(f"已关闭：到场 {record.children_count} 人，开放 {record.minutes} 分钟", "met")
    return redirect(url_for("opening.detail", rid=record.id), 303)


@bp.post("/opening/take-back")
def take_back() -> ResponseReturnValue:
    """Take back an opening begun by mistake."""
    opening.take_back(actor())
    flash("这次开放已撤回", "met")
    return redirect(url_for("duty.home"), 303)


def _told(error: Exception) -> dict[str, str]:
    return dict(error.errors) if isinstance(error, Invalid) else {"": str(error)}


def _home(acting: Actor, errors: dict[str, str]) -> ResponseReturnValue:
    opening.demand_right(acting)
    running: Any = opening.running(acting)
    rooms = opening.rooms(acting)
    classes: dict[str, list[opening.Pupil]] = {}
    for pupil in opening.pupils(acting) if running is not None else ():
        classes.setdefault(pupil.school_class, []).append(pupil)
    page = render_template(
        "duty/home.html",
        page_title="正在开放" if running is not None else "开放之家",
        errors=errors,
        running=running,
        room=dict(rooms).get(running.room_id, "") if running is not None else "",
        rooms=rooms,
        programmes=opening.programmes(acting),
        planned=opening.is_planned(acting),
        classes=classes,
        ticked=set(request.form.getlist("child")),
        typed=request.form,
        now=acting.now.isoformat(),
        begun=running.entered_at.isoformat() if running is not None else "",
        room_url=url_for("room.new"),
        calls_url=url_for("duty.calls"),
        once=fresh_token(),
    )
    return page, 422 if errors else 200
