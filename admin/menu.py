"""What the frame around every page shows: the menu, the school, the semester, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BuildError

from admin.context import actor, runtime
from models import calendar
from models.actor import Actor
from models.boxes import CLERK, COUNSELLOR, INSPECTOR, LEADERSHIP, ROLES, TEACHER, Box
from models.register import REGISTERS, Register
from models.rights import may

ALL = (CLERK, LEADERSHIP, TEACHER, COUNSELLOR, INSPECTOR)
OFFICE = (CLERK, LEADERSHIP)


@dataclass(frozen=True)
class MenuPage:
    """A page of its own in the menu, shown once its endpoint exists: title, icon, whom for."""

    endpoint: str
    title: str
    icon: str
    roles: tuple[str, ...] = ALL


# Above the boxes. An entry whose feature is not installed is left out.
PAGES: tuple[MenuPage, ...] = (
    MenuPage("boards.today", "今日", "clock", (TEACHER, COUNSELLOR)),
    MenuPage("boards.index", "职责进度", "chart"),
    MenuPage("boards.missed", "还没顾到谁", "warn"),
    MenuPage("imports.index", "导入表格", "upload", (CLERK,)),
    MenuPage("sealed.index", "咨询（打开密封）", "lock", (COUNSELLOR,)),
    MenuPage("sealed_office.index", "密封授权", "shield", (CLERK, LEADERSHIP, COUNSELLOR)),
    MenuPage("bundles.index", "迎检资料", "bundle", (CLERK, LEADERSHIP, INSPECTOR)),
)
# At the end of the box of settings.
SETTINGS: tuple[MenuPage, ...] = (
    MenuPage("accounts.index", "账号管理", "users", (CLERK,)),
    MenuPage("accounts.unmasks", "抽查显示", "eye", (CLERK,)),
)
ICONS: dict[Box, str] = {
    Box.LEADERSHIP: "users",
    Box.RULES: "book",
    Box.PLANS: "file",
    Box.CHILDREN: "child",
    Box.PAIRINGS: "pair",
    Box.TALKS_AND_VISITS: "talk",
    Box.FAMILY_CALLS: "phone",
    Box.ROOMS_AND_READING: "book",
    Box.ACTIVITIES: "activity",
    Box.LECTURES: "lecture",
    Box.HOME_AND_SCHOOL: "letter",
    Box.MEETINGS: "meeting",
    Box.GROWTH: "growth",
    Box.ASSETS: "asset",
    Box.NEWS: "letter",
    Box.SUBSIDIES: "money",
    Box.SAFETY: "shield",
    Box.SUPERVISION: "award",
    Box.COUNSELLING: "lock",
    Box.MATERIALS: "archive",
    Box.SYSTEM: "settings",
}

# Where a role's day begins; the first that exists is taken.
HOMES: dict[str, tuple[str, ...]] = {
    CLERK: ("boards.index", "admin.index"),
    LEADERSHIP: ("boards.index", "admin.index"),
    TEACHER: ("boards.today", "admin.index"),
    COUNSELLOR: ("boards.today", "admin.index"),
    INSPECTOR: ("boards.index", "admin.index"),
}

Entry = dict[str, Any]


def register_menu(app: Flask) -> None:
    """Give every template what the layouts read, and every role its first page."""
    app.context_processor(frame)
    app.add_url_rule("/", "home", home)


def home() -> ResponseReturnValue:
    """Lead to the page the actor's day begins with."""
    known = current_app.view_functions
    places = (*HOMES[actor().role], "sessions.account")
    return redirect(url_for(next(place for place in places if place in known)))


def frame() -> Entry:
    """Return the layouts' variables; before sign-in only the school and the warning."""
    settings = runtime()
    shown: Entry = {
        "product_name": "留守儿童之家档案",
        "insecure": not settings.tls,
        "home_url": "/",
    }
    # A missing static file's page is made without a database connection.
    acting: Actor | None = getattr(g, "actor", None)
    if acting is None:
        return shown
    school = calendar.school()
    return shown | {
        "school_name": school.name if school else "",
        "semester_text": semester_text(acting.today),
        "today": acting.today.isoformat(),
        "user_name": acting.name,
        "user_role": ROLES[acting.role],
        "account_url": url_for("sessions.account"),
        "sign_out_url": url_for("sessions.sign_out"),
        "standing": _standing(acting),
        "menu_groups": groups(acting),
    }


def semester_text(day: date) -> str:
    """Return the day's place in the school year, e.g. "2025秋 第12周"."""
    found = calendar.current_semester(day)
    if found is None:
        return ""
    start, end, number = found.code.split("-")
    name = f"{start}秋" if number == "1" else f"{end}春"
    week = calendar.school_calendar().teaching_week(day)
    return f"{name} 第{week}周" if week else f"{name} 假期"


def _standing(acting: Actor) -> str:
    if acting.role != INSPECTOR:
        return "演示数据：全部人物都是虚构的" if runtime().demo else ""
    until = g.user.expires_on
    return f"只读 · 个人信息已遮蔽 · 到期 {until:%m-%d}" if until else "只读 · 个人信息已遮蔽"


def groups(acting: Actor) -> list[Entry]:
    """Return the menu: pages of their own, then the boxes with the registers the actor may read."""
    found = _pages(acting, PAGES)
    for box in Box:
        entries = [_register(acting, r) for r in REGISTERS.values() if r.box is box and r.menu]
        listed = [entry for entry in entries if entry]
        if box is Box.SYSTEM:
            listed += _pages(acting, SETTINGS)
        if listed:
            found.append({"title": box.title, "icon": ICONS[box], "entries": listed})
    return found


def _pages(acting: Actor, pages: tuple[MenuPage, ...]) -> list[Entry]:
    return [
        _entry(page.title, url_for(page.endpoint), page.icon)
        for page in pages
        if acting.role in page.roles and page.endpoint in current_app.view_functions
    ]


def _register(acting: Actor, declared: Register) -> Entry | None:
    if declared.slug == "user" and acting.role == CLERK:
        return None  # the page of accounts stands in its place
    url = register_url(declared)
    return _entry(declared.title, url) if url and may(acting, "read", declared) else None


def register_url(declared: Register) -> str:
    """Return the address of a register's list, "" while the panel does not show it."""
    try:
        return url_for(f"{declared.slug}.index_view")
    except BuildError:
        return ""


def _entry(title: str, url: str, icon: str = "") -> Entry:
    here = request.path == url or (url != "/" and request.path.startswith(url.rstrip("/") + "/"))
    return {"title": title, "url": url, "icon": icon, "active": here}
