"""What stands at every door: the guard, the headers, the token, error pages, secrets on disk."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading

import pytest
from flask import abort

from admin.commands.serve import Worker
from admin.frame import menu, security
from admin.frame.settings import BadSettings, Settings, from_environment
from app import create_app
from models.core import calendar, errors, service
from models.core.calendar import CalendarStamp
from models.core.clock import Clock
from models.core.database import writing
from models.core.register import find

ROLES = ["clerk", "leadership", "alice", "counsellor", "inspector"]


def routes(app, method):
    """Every address with a number for every part, and its endpoint."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            parts = rule._converters.items()
            values = {name: min(getattr(part, "items", {"1"})) for name, part in parts}
            yield rule.endpoint, rule.build(values, False)[1]


# ---- the guard ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_endpoint_but_the_few_public_ones_needs_a_person(app, browser, world, method):
    seen = 0
    for endpoint, address in routes(app, method):
        if endpoint in security.PUBLIC | security.STATIC:
            continue
        answer = browser.open(address, method=method)
        assert answer.status_code == 303, endpoint
        assert "/sign-in" in answer.location, endpoint
        seen += 1
    assert seen > 5


def test_the_public_endpoints_are_exactly_these(app):
    known = {"health", "sessions.sign_in", "setup.begin", "leaders.open_again"}
    assert known == security.PUBLIC
    assert set(app.view_functions) >= security.PUBLIC


def test_every_post_without_a_token_is_refused(app, client_as):
    clerk = client_as("clerk")
    for endpoint, address in routes(app, "POST"):
        if endpoint == "setup.begin":
            continue
        answer = clerk.post_without_token(address, headers={"Accept": "application/json"})
        assert answer.status_code == 400, endpoint
        assert "放得太久" in answer.json["error"], endpoint


def test_a_token_of_another_browser_does_not_do(client_as):
    token = client_as("clerk").token()
    other = client_as("clerk")
    with other.session_transaction() as session:
        session["csrf_token"] = "b" * 40
    answer = other.post_without_token("/sign-out", headers={"X-CSRFToken": token})
    assert answer.status_code == 400


@pytest.mark.parametrize("role", ROLES)
def test_everybody_has_a_first_page(client_as, role):
    browser = client_as(role)
    start = browser.get("/")
    assert start.status_code == 302
    assert browser.get(start.location).status_code == 200


# ---- headers and cookies -----------------------------------------------------------------------


def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(client_as):
    policy = client_as("clerk").get("/account").headers["Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy


def test_pages_say_what_browsers_must_not_do(client_as):
    headers = client_as("clerk").get("/account").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=()" in headers["Permissions-Policy"]


def test_static_files_may_be_kept_and_need_no_person(browser):
    answer = browser.get("/static/css/base.css")
    assert answer.status_code == 200
    assert "max-age" in answer.headers["Cache-Control"]
    answer.close()


@pytest.mark.parametrize(("tls", "said"), [(True, True), (False, False)])
def test_cookies_and_headers_follow_the_scheme(tmp_path, tls, said):
    app = create_app(tmp_path, tls=tls, testing=True)
    answer = app.test_client().get(
        "/setup", base_url="https://localhost" if tls else "http://localhost"
    )
    assert ("Secure" in answer.headers["Set-Cookie"]) is said
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert ("Strict-Transport-Security" in answer.headers) is (said and tls)
    assert ("未启用加密连接" in answer.text) is not said


def test_the_key_that_signs_cookies_is_made_once_and_readable_by_the_owner_alone(tmp_path):
    key = security.secret_key(tmp_path / "data")
    assert len(key) == 32
    assert security.secret_key(tmp_path / "data") == key
    mode = (tmp_path / "data" / "secret.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600 or sys.platform == "win32"


# ---- errors ------------------------------------------------------------------------------------


@pytest.fixture
def raising(tmp_path, built_school):
    """An app with a page that raises what a test puts into it, as a school runs it."""
    app = create_app(tmp_path / "raising", clock=Clock())
    todo = []

    def raises():
        found = todo.pop()
        if isinstance(found, int):
            abort(found)
        raise found

    app.add_url_rule("/raise", "sessions.raise", raises)
    app.extensions["set_up"] = True
    app.before_request_funcs[None].remove(security.guard)
    browser = app.test_client()

    def ask(error, **more):
        todo.append(error)
        return browser.get("/raise", **more)

    return ask


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (errors.NotFound(), 404, "没有找到这条记录"),
        (errors.Denied(), 403, "没有这项权限"),
        (errors.TooOften(8), 429, "请 8 秒后再试"),
        (errors.Conflict(None, {}), 409, "刚被别人改过"),
        (errors.InUse({"家访记录": 3}), 409, "家访记录 3 条"),
        (errors.Locked("本学期已封存"), 409, "本学期已封存"),
        (errors.Invalid({"name": "请填写姓名"}), 422, "请填写姓名"),
        (errors.BadFile("不是照片"), 422, "不是照片"),
        (403, 403, "不对您开放"),
        (404, 404, "没有找到这一页"),
        (413, 413, "40 MB"),
        (429, 429, "请稍等"),
        (418, 418, "没有办成"),
        (ZeroDivisionError("secret detail"), 500, "不是您的操作有误"),
    ],
)
def test_every_error_is_a_chinese_page_without_a_stack_trace(raising, error, status, told):
    page = raising(error)
    assert page.status_code == status
    assert told in page.text
    assert "Traceback" not in page.text
    assert "secret detail" not in page.text
    answer = raising(error, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.json["error"]
    assert "secret detail" not in answer.text


def test_a_refused_value_names_its_field_to_a_script(raising):
    error = errors.Invalid({"name": "请填写姓名"})
    answer = raising(error, headers={"Accept": "application/json"})
    assert answer.json["errors"] == {"name": "请填写姓名"}


def test_a_page_that_does_not_exist_is_told_inside_the_frame(client_as):
    page = client_as("clerk").get("/no-such-page")
    assert page.status_code == 404
    assert "陈文员" in page.text


def test_a_wrong_method_says_which_one_would_do(client_as):
    answer = client_as("clerk").get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_too_large_a_post_is_refused_in_words(client_as, app, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    answer = client_as("clerk").post("/account/password", data={"old": "x" * 2000})
    assert answer.status_code == 413
    assert "文件太大" in answer.text


# ---- the menu ----------------------------------------------------------------------------------


def test_a_teachers_menu_shows_nothing_a_teacher_may_not_open(client_as):
    page = client_as("alice").get("/account").text
    assert "账号管理" not in page
    assert "导入花名册" not in page


def test_the_clerks_menu_leads_to_the_accounts(client_as):
    assert 'href="/accounts"' in client_as("clerk").get("/account").text


def test_every_entry_of_every_menu_opens(client_as, app, world):
    for role in ROLES:
        browser = client_as(role)
        with app.test_request_context("/"):
            entries = [
                entry
                for group in menu.groups(world.actors[role])
                for entry in group.get("entries") or [group]
            ]
        assert entries
        for entry in entries:
            page = browser.get(entry["url"], follow_redirects=True)
            assert page.status_code == 200, (role, entry)


def test_the_frame_names_school_week_and_person(client_as):
    page = client_as("clerk").get("/account").text
    assert "云岭中学" in page
    assert "2025秋 第11周" in page


def test_the_inspector_is_told_what_the_account_allows(client_as):
    page = client_as("inspector").get("/account").text
    assert "只读 · 个人信息已遮蔽 · 到期 12-31" in page


# ---- the calendar in memory --------------------------------------------------------------------


def test_another_processs_change_of_the_calendar_is_seen_at_the_next_request(client_as, world):
    clerk = client_as("clerk")
    assert "云岭中学" in clerk.get("/account").text
    with writing():  # as another process would: the row and the stamp, not this memory
        school = find("school").model
        school.update(name="云顶中学").execute()
        CalendarStamp.update(version=CalendarStamp.version + 1).execute()
    assert "云顶中学" in clerk.get("/account").text


def test_a_write_to_the_calendar_moves_the_stamp_and_other_writes_do_not(world):
    def stamp():
        return CalendarStamp.get().version

    start = stamp()
    service.create(world.clerk, find("holiday"), {"day": "2025-11-20", "kind": "本校放假"})
    assert stamp() == start + 1
    asset = {"number": "ZC-9", "kind": "设备", "name": "桌", "unit": "张", "quantity": 1}
    service.create(world.clerk, find("asset"), asset)
    assert stamp() == start + 1


def test_a_failed_write_leaves_nothing_of_itself_in_memory(world):
    before = calendar.school_calendar()

    def fail_halfway():
        with service.work(world.clerk) as current:
            raw = {"day": "2025-11-20", "kind": "本校放假"}
            service.create(world.clerk, find("holiday"), raw, current=current)
            calendar.forget()
            assert calendar.school_calendar() != before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert calendar.school_calendar() == before


def test_jobs_notice_changes_when_they_ask(world):
    calendar.refresh()
    kept = calendar.school_calendar()
    calendar.refresh()
    assert calendar.school_calendar() is kept
    CalendarStamp.update(version=CalendarStamp.version + 1).execute()
    calendar.refresh()
    assert calendar.school_calendar() is not kept


# ---- settings and serving ----------------------------------------------------------------------


@pytest.mark.parametrize("port", ["abc", "0", "65536", "²", "-1"])
def test_a_port_that_is_none_is_refused_by_name(monkeypatch, port):
    monkeypatch.setenv("SCHOOL_PORT", port)
    with pytest.raises(BadSettings, match="SCHOOL_PORT"):
        from_environment()


def test_half_a_certificate_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("SCHOOL_TLS_CERT", str(tmp_path / "cert.pem"))
    monkeypatch.delenv("SCHOOL_TLS_KEY", raising=False)
    with pytest.raises(BadSettings, match="SCHOOL_TLS_KEY"):
        from_environment()


def test_a_worker_that_dies_is_started_again_and_ends_with_the_server(tmp_path, monkeypatch):
    monkeypatch.setattr("admin.commands.serve.RESTART_AFTER", 0.01)
    code = "import sys; sys.stdin.read() if len(sys.argv) > 1 else sys.exit(3)"
    started, thrice = [], threading.Event()

    def start(_command, **said):
        more = ["stay"] if len(started) == 2 else []
        process = subprocess.Popen([sys.executable, "-c", code, *more], **said)
        started.append(process)
        if len(started) == 3:
            thrice.set()
        return process

    worker = Worker(Settings(tmp_path), start)
    worker.start()
    assert thrice.wait(20)
    worker.stop()
    assert [process.poll() is not None for process in started] == [True] * 3


def test_health_says_nothing_about_the_school(browser):
    assert json.loads(browser.get("/health").text) == {"ok": True}
