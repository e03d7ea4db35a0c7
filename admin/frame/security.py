"""The doors of the web app: who comes in, what every answer's headers say, what a form must carry.

One guard stands before every endpoint: without a signed-in actor only the few in `PUBLIC` answer.
Flask-Login keeps the cookie; what it carries is the token of a server-side session row, so that
signing out everywhere and an inspector's expiry take effect at once.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, flash, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_talisman import DENY, Talisman
from flask_wtf import CSRFProtect
from itsdangerous import BadSignature

from admin.frame.context import runtime
from models.core.boxes import LEADERSHIP, TEACHING
from models.core.installation import secret_key
from models.kept.school import MOST_FILE_MB
from models.school import accounts, passwords

PUBLIC = frozenset({"health", "sessions.sign_in", "setup.begin", "leaders.open_again"})
STATIC = frozenset({"static", "admin.static"})
# What a person may do before the given password is changed.
BEFORE_CHANGE = frozenset({"sessions.password", "sessions.sign_out"})

# What a leader may do before another one, or the host's code, has made sure of the account.
BEFORE_CONFIRMED = BEFORE_CHANGE | {"leaders.waiting"}

POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"

BYTES_PER_POST = (MOST_FILE_MB + 1) * 2**20
FORM_BYTES = 2 * 2**20
FORM_PARTS = 5000
# Seconds Redis has for an answer.
REDIS_ANSWERS = {"socket_connect_timeout": 3, "socket_timeout": 3}

login_manager = LoginManager()
csrf = CSRFProtect()
# For uploads; tries at passwords are counted in the database (models/core/tries.py).
limiter = Limiter(key_func=lambda: request.remote_addr or "")


class SignedIn(UserMixin):  # type: ignore[misc]
    """A user as Flask-Login knows it: by the token of this browser's session."""

    def __init__(self, token: str, record: Any, session_id: int = 0, has_unmasked: bool = True):
        self.token = token
        self.record = record
        self.session_id = session_id
        self.has_unmasked = has_unmasked

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return self.token


class OfAnyTime(SecureCookieSessionInterface):
    """Cookies whose time of writing counts for nothing: how long a session lives its row says.

    A cookie "of the future" would otherwise be thrown away when the host's clock is set back by
    half a minute, and with it whoever was just writing.
    """

    def open_session(self, app: Flask, request: Any) -> Any:
        """Read the cookie, whenever it was signed."""
        serializer = self.get_signing_serializer(app)
        said = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not said:
            return super().open_session(app, request)
        try:
            return self.session_class(serializer.loads(said))
        except BadSignature:
            return self.session_class()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> SignedIn | None:
    presence = accounts.session_of(token, runtime().clock.now())
    if presence is None:
        return None
    return SignedIn(token, presence.user, presence.session_id, presence.has_unmasked)


def enter(user: Any, token: str) -> None:
    """Give this browser the cookie of a session that was just opened."""
    # A fresh cookie, so that nothing set before signing in is carried over.
    session.clear()
    login_user(SignedIn(token, user))
    session.permanent = user.role_code in TEACHING


def leave() -> None:
    """End this browser's session and forget its cookie."""
    if current_user.is_authenticated:
        accounts.end_session(current_user.token, runtime().clock.now())
    logout_user()
    session.clear()


def protect(app: Flask, *, tls: bool, data_dir: Path, counters: str = "") -> None:
    """Put the guard, the cookies, the headers and the limits on the app.

    `counters` is the Redis where several processes count uploads together; while it does not
    answer, each counts for itself.
    """
    app.secret_key = secret_key(data_dir)
    app.session_interface = OfAnyTime()
    app.config.update(
        SESSION_COOKIE_NAME="school",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=tls,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=accounts.PHONE_SESSION,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=BYTES_PER_POST,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=1),
        RATELIMIT_HEADERS_ENABLED=False,
        RATELIMIT_STORAGE_URI=counters or "memory://",
        RATELIMIT_STORAGE_OPTIONS=REDIS_ANSWERS if counters else {},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(counters),
    )
    login_manager.init_app(app)
    # Sessions are rows of our own; a phone that changes its address stays signed in.
    login_manager.session_protection = None
    app.before_request(identify)
    app.before_request(guard)
    csrf.init_app(app)
    limiter.init_app(app)
    Talisman(
        app,
        # No redirect: one server speaks one scheme, and without TLS there is nowhere to go.
        force_https=False,
        strict_transport_security=tls,
        session_cookie_secure=tls,
        frame_options=DENY,
        content_security_policy=POLICY,
        referrer_policy="same-origin",
        permissions_policy=PERMISSIONS,
    )
    app.after_request(_do_not_keep)


def identify() -> None:
    """Find out who asks; costs the one query of `accounts.session_of`."""
    g.actor = g.user = None
    if request.endpoint in STATIC or not current_user.is_authenticated:
        return
    g.user = current_user.record
    g.actor = accounts.actor_of(
        g.user,
        runtime().clock.now(),
        request.remote_addr or "",
        has_unmasked=current_user.has_unmasked,
    )


def guard() -> ResponseReturnValue | None:
    """Let nobody past who has not signed in, and nobody work on with a given password."""
    endpoint = request.endpoint
    if endpoint in STATIC | PUBLIC:
        return None
    # An unknown address too: outside, nobody learns which addresses exist.
    if g.actor is None:
        return _to_the_door()
    if endpoint is None:
        return None
    if g.user.must_change and endpoint not in BEFORE_CHANGE:
        return redirect(url_for("sessions.password"), 303)
    waits = g.user.role_code == LEADERSHIP and g.user.confirmed_at is None
    if waits and endpoint not in BEFORE_CONFIRMED:
        return redirect(url_for("leaders.waiting"), 303)
    return None


def _to_the_door() -> ResponseReturnValue:
    if not set_up():
        return redirect(url_for("setup.begin"), 303)
    if wants_json():
        return {"error": "登录已过期，请重新登录", "message": "登录已过期，请重新登录"}, 401
    if request.method != "GET":
        flash("登录已过期，刚才的内容还没有保存。请重新登录后再保存一次。", "warning")
        return redirect(url_for("sessions.sign_in"), 303)
    asked = request.full_path.rstrip("?")
    return redirect(url_for("sessions.sign_in", next=None if asked == "/" else asked), 303)


def set_up() -> bool:
    """Return whether the school has been set up; asked of the database only until it has."""
    if not current_app.extensions.get("set_up"):
        current_app.extensions["set_up"] = accounts.is_set_up()
    return bool(current_app.extensions["set_up"])


def demand_password() -> None:
    """Ask whoever is signed in for the password once more, typed in the page's field "old".

    Raises Invalid at that field.
    """
    passwords.confirm_password(g.user, request.form.get("old", ""), g.actor.now)


def wants_json() -> bool:
    """Return whether a script asks, not a person's browser."""
    accepted = request.accept_mimetypes
    return request.is_json or (
        accepted.best == "application/json" and "text/html" not in accepted.values()
    )


def _do_not_keep(response: Response) -> Response:
    """Pages and files about children stay out of the browser's store.

    A view may decide otherwise for this one person (`private`); what a file is sent with by default
    would let anybody between keep it for a day.
    """
    if request.endpoint not in STATIC and not response.cache_control.private:
        response.headers["Cache-Control"] = "no-store"
    return response
