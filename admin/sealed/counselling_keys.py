"""Opening the seal: starting it, the passphrase, letting a colleague in, the recovery key."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from admin.frame.context import actor
from admin.people.outside_paper import paper_sent
from admin.people.sessions import safe_target
from admin.sealed.guard import guarded, hold, ring
from models.core.errors import Denied, Invalid, TooOften
from models.core.values import whole
from models.sealed import keys, leaders, messages, requests

bp = guarded("sealed_keys", __name__)


@bp.get("/keys")
def index() -> ResponseReturnValue:
    """Say how the seal stands, and offer what can be done."""
    return _page()


def _page(error: str = "", status: int = 200) -> ResponseReturnValue:
    acting = actor()
    others = [
        person
        for person in messages.people("counsellor", acting.now)
        if not keys.has_passphrase(person.id)
    ]
    page = render_template(
        "counselling/keys.html",
        is_open=acting.sealed_key is not None,
        started=keys.is_started(),
        has_passphrase=keys.has_passphrase(acting.user_id),
        has_code=keys.has_code(acting),
        recovery=requests.granted(acting, requests.RECOVERY),
        others=others,
        error=error,
        passphrase_min=keys.PASSPHRASE_MIN,
        alone=leaders.is_alone(actor()),
    )
    return page, status


@bp.post("/keys")
def act() -> ResponseReturnValue:
    """Take one of the steps of the page."""
    taken = STEPS.get(request.form.get("step", ""))
    if taken is None:
        return _page("没有看懂要办哪一步，请重新点按钮", 422)
    try:
        answer: ResponseReturnValue = taken()
    except Invalid as error:
        return _page(str(error), 422)
    except TooOften as error:
        return _page(str(error), 429)
    except Denied as error:
        return _page(str(error), 403)
    return answer


def _said(name: str) -> str:
    return request.form.get(name, "")


def _on(told: str) -> ResponseReturnValue:
    flash(told, "success")
    target = safe_target()
    ours = target.startswith("/sealed/")
    return redirect(target if ours else url_for("sealed.index"), 303)


def _secret_page(secret: str, kind: str, **more: Any) -> ResponseReturnValue:
    """Show a secret this once; it is in no session and no store."""
    return render_template("counselling/secret.html", secret=secret, kind=kind, **more)


def _start() -> ResponseReturnValue:
    key, recovery = keys.start(actor(), _said("passphrase"), _said("again"))
    hold(key)
    return _secret_page(recovery, "recovery")


def _unlock() -> ResponseReturnValue:
    hold(keys.unlock(actor(), _said("passphrase")))
    return _on("密封已打开，15 分钟不用会自动合上。")


def _lock() -> ResponseReturnValue:
    ring().drop(current_user.session_id)
    flash("密封已合上。", "success")
    return redirect(url_for("sealed_keys.index"), 303)


def _change() -> ResponseReturnValue:
    keys.change_passphrase(actor(), _said("passphrase"), _said("again"))
    return _on("新口令已生效。")


def _admit() -> ResponseReturnValue:
    return _secret_page(keys.admit(actor(), whole(_said("user")) or 0), "code")


def _enter() -> ResponseReturnValue:
    hold(keys.enter(actor(), _said("code"), _said("passphrase"), _said("again")))
    return _on("已接入，以后用自己的口令打开。")


def _recover() -> ResponseReturnValue:
    key = keys.recover(actor(), _said("recovery"), _said("passphrase"), _said("again"))
    hold(key)
    return _on("已用恢复密钥打开，新口令已生效。请尽快换一张新的恢复密钥。")


def _renew() -> ResponseReturnValue:
    return _secret_page(keys.renew_recovery(actor()), "recovery")


def _ask(kind: str) -> ResponseReturnValue:
    requests.ask(actor(), kind, paper=paper_sent())
    flash("申请已提出，批准后会有通知。", "success")
    return redirect(url_for("sealed_keys.index"), 303)


def _take_over() -> ResponseReturnValue:
    code = _said("case_code").strip()[:20]
    if not code:
        raise Invalid({"case_code": "请填写要接管的个案号"})
    requests.ask(actor(), requests.TAKEOVER, subject=code, paper=paper_sent())
    flash("接管申请已提出，批准后会有通知。", "success")
    return redirect(url_for("sealed_keys.index"), 303)


STEPS: dict[str, Any] = {
    "start": _start,
    "unlock": _unlock,
    "lock": _lock,
    "change": _change,
    "admit": _admit,
    "enter": _enter,
    "recover": _recover,
    "renew": _renew,
    "ask-recovery": lambda: _ask(requests.RECOVERY),
    "ask-lost": lambda: _ask(requests.LOST),
    "ask-takeover": _take_over,
}
