"""What the frame around every page shows: the menu, the school, the semester, who is signed in."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BuildError

from admin.frame.awhile import for_a_while
from admin.frame.context import actor, runtime
from admin.frame.pages import pages_for
from compliance.judged.verdict import WORDS
from compliance.told.owing import has_own_children
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import (
    CLERK,
    COUNSELLOR,
    INSPECTOR,
    LEADERSHIP,
    ROLES,
    TEACHER,
    TEACHING,
    Box,
)
from models.core.gates import rows
from models.core.register import REGISTERS, Register, register_of
from models.core.rights import may
from models.kept.children import Child

ALL = (CLERK, LEADERSHIP, TEACHER, COUNSELLOR, INSPECTOR)
OFFICE = (CLERK, LEADERSHIP)


# The folds of the menu, by job; the boxes of each stand under headings of their own.
JOBS: tuple[tuple[str, str, tuple[Box, ...]], ...] = (
    ("学生档案", "child", (Box.CHILDREN, Box.PAIRINGS, Box.GROWTH)),
    (
        "日常帮扶",
        "talk",
        (Box.TALKS_AND_VISITS, Box.FAMILY_CALLS, Box.HOME_AND_SCHOOL, Box.ROOMS_AND_READING),
    ),
    ("活动与会议", "activity", (Box.ACTIVITIES, Box.LECTURES, Box.MEETINGS)),
    ("安全与资助", "shield", (Box.SAFETY, Box.SUBSIDIES, Box.ASSETS)),
    ("组织与计划", "users", (Box.LEADERSHIP, Box.RULES, Box.PLANS)),
    ("迎检与考核", "award", (Box.SUPERVISION, Box.NEWS)),
    ("资料与心理", "archive", (Box.MATERIALS, Box.COUNSELLING)),
    ("设置", "settings", (Box.SYSTEM,)),
)
DAILY, SAFETY, INSPECTION, PAPERS, SETTINGS = (
    "日常帮扶",
    "安全与资助",
    "迎检与考核",
    "资料与心理",
    "设置",
)
MORE = "更多登记"


@dataclass(frozen=True)
class MenuPage:
    """A page of its own in the menu, shown once its endpoint exists: title, icon, whom for.

    `job` names the fold it stands in, first in it; "" is the top of the menu. Teachers have no
    folds by job: what stands in one, or in `MORE`, stands under "more" there.
    """

    endpoint: str
    title: str
    icon: str
    roles: tuple[str, ...] = ALL
    job: str = ""


PAGES: tuple[MenuPage, ...] = (
    MenuPage("boards.today", "今日", "clock", (TEACHER, COUNSELLOR)),
    MenuPage("sealed.index", "咨询（打开密封）", "lock", (COUNSELLOR,)),
    MenuPage("boards.inbox", "等您办", "check", (LEADERSHIP,)),
    MenuPage("boards.desk", "今天要办", "check", (CLERK,)),
    MenuPage("visit.index", "迎检一览", "check", (INSPECTOR,)),
    MenuPage("boards.index", "职责进度", "chart", (*OFFICE, INSPECTOR)),
    MenuPage("draws.index", "抽查一人", "search", (INSPECTOR,)),
    MenuPage("review_tasks.index", "要核对的事", "bell", OFFICE),
    MenuPage("boards.missed", "还没顾到谁", "warn", (*OFFICE, INSPECTOR), INSPECTION),
    MenuPage("boards.burden", "教师工作负担", "users", (*OFFICE, INSPECTOR), INSPECTION),
    MenuPage("boards.burden", "我的工作负担", "users", (TEACHER, COUNSELLOR), MORE),
    MenuPage("boards.index", "职责进度", "chart", (TEACHER, COUNSELLOR), MORE),
    MenuPage("boards.missed", "还没顾到谁", "warn", (TEACHER, COUNSELLOR), MORE),
    MenuPage("boards.teachers", "我的履职", "award", (TEACHER, COUNSELLOR), MORE),
    MenuPage("evaluations.mine", "我的考核", "award", (TEACHER, COUNSELLOR), MORE),
    MenuPage("review_tasks.index", "要核对的事", "bell", (TEACHER, COUNSELLOR), MORE),
    MenuPage("notices.index", "通知和提醒", "bell", (TEACHER, COUNSELLOR), MORE),
    MenuPage("duty.home", "开放之家", "home", (TEACHER, COUNSELLOR), MORE),
    MenuPage("duty.calls", "亲情电话值班", "phone", (TEACHER, COUNSELLOR), MORE),
    MenuPage("class_work.index", "班级工作", "users", (TEACHER,), MORE),
    MenuPage("class_work.index", "班级工作", "users", (CLERK,), DAILY),
    MenuPage("duty.home", "开放之家", "home", (CLERK,), DAILY),
    MenuPage("duty.calls", "亲情电话值班", "phone", (CLERK,), DAILY),
    MenuPage("weekly.sheet", "录入纸质周记录", "file", (CLERK,), DAILY),
    MenuPage("incidents.index", "突发事件办理", "shield", OFFICE, SAFETY),
    MenuPage("incidents.index", "突发事件办理", "shield", (TEACHER, COUNSELLOR), MORE),
    MenuPage("boards.teachers", "教师履职", "award", (*OFFICE, INSPECTOR), INSPECTION),
    MenuPage("evaluations.index", "教师考核办理", "award", (*OFFICE, INSPECTOR), INSPECTION),
    MenuPage("draws.index", "抽查一人", "search", OFFICE, INSPECTION),
    MenuPage("masking.index", "遮蔽核对", "eye-off", (CLERK,), INSPECTION),
    MenuPage("sealed_office.index", "密封授权", "shield", (*OFFICE, COUNSELLOR), PAPERS),
    MenuPage("imports.index", "导入表格", "upload", (CLERK,), SETTINGS),
    MenuPage("year.index", "学年工作", "calendar", (CLERK,), SETTINGS),
    MenuPage("merging.index", "合并重复的人", "users", (CLERK,), SETTINGS),
    MenuPage("semesters.index", "学期与封存", "calendar", OFFICE, SETTINGS),
    MenuPage("permissions.index", "谁能看什么", "eye", OFFICE, SETTINGS),
    MenuPage("accounts.index", "账号管理", "users", (CLERK,), SETTINGS),
    MenuPage("connect.index", "怎么连接", "link", (CLERK,), SETTINGS),
    MenuPage("leaders.index", "领导小组账号", "shield", OFFICE, SETTINGS),
    MenuPage("accounts.unmasks", "抽查显示", "eye", (CLERK,), SETTINGS),
)


@dataclass(frozen=True)
class Act:
    """A register at the top of a teacher's menu; `new` leads straight to its form."""

    slug: str
    title: str
    icon: str
    new: bool = False


# What a teacher enters nearly every week, and the button nobody should have to look for.
TEACHING_ACTS: tuple[Act, ...] = (
    Act("child", "我的学生", "child"),
    Act("talk", "谈心", "talk"),
    Act("home-visit", "家访", "visit"),
    Act("family-call", "亲情通话", "phone"),
    Act("parent-contact", "家长联系", "letter"),
    Act("care-diary", "关爱日记", "book"),
    Act("activity", "活动", "activity"),
    Act("meeting", "会议", "meeting"),
    Act("incident", "上报突发事件", "warn", new=True),
)
# The bar at the bottom of a teacher's phone, on every page: title, icon, endpoint.
PHONE_TABS: tuple[tuple[str, str, str], ...] = (
    ("今日", "home", "boards.today"),
    ("我的学生", "child", "child.index_view"),
    ("谈心", "talk", "talk.index_view"),
    ("家访", "visit", "home-visit.index_view"),
    ("全部", "more", "admin.index"),
)
# A counsellor's menu has the sealed page in the place of this one.
NOT_FOR_COUNSELLORS = frozenset({"meeting"})
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
    CLERK: ("boards.desk", "admin.index"),
    LEADERSHIP: ("boards.inbox", "admin.index"),
    TEACHER: ("boards.today", "admin.index"),
    COUNSELLOR: ("boards.today", "admin.index"),
    INSPECTOR: ("visit.index", "admin.index"),
}

Entry = dict[str, Any]

INSECURE = "未启用加密连接：请只在校内网络使用，心理咨询密件只能在主机上打开。"


def register_menu(app: Flask) -> None:
    """Give every template what the layouts read, and every role its first page."""
    app.context_processor(frame)
    # Macros see no template variables, only globals.
    app.jinja_env.globals["STATE_WORDS"] = WORDS
    app.jinja_env.globals["asset"] = cache(_asset)
    app.add_url_rule("/", "home", home)


def _asset(filename: str) -> str:
    """Return the address of a static file; a page names some sixty, the same ones every time."""
    return url_for("static", filename=filename, v=current_app.config["ASSET_VERSION"])


def home() -> ResponseReturnValue:
    """Lead to the page the actor's day begins with."""
    known = current_app.view_functions
    places = (*HOMES[actor().role], "sessions.account")
    return redirect(url_for(next(place for place in places if place in known)))


def has_children(acting: Actor) -> bool:
    """Return whether the school has begun: a child is on file."""
    return bool(rows(acting, register_of(Child)).exists())


def frame() -> Entry:
    """Return the layouts' variables; before sign-in only the school and the warning."""
    settings = runtime()
    shown: Entry = {
        "product_name": "留守儿童之家档案",
        "insecure": "" if settings.tls else INSECURE,
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
        "user_role": ROLES[acting.role].partition("（")[0],
        "account_id": acting.user_id,
        "account_url": url_for("sessions.account"),
        "sign_out_url": url_for("sessions.sign_out"),
        **_standing(acting),
        "menu_groups": groups(acting),
        "phone_tabs": phone_tabs(acting),
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


def _standing(acting: Actor) -> Entry:
    """Return what is always true for this visit, as one line: demo, read-only, not encrypted."""
    insecure = not runtime().tls
    said = _visit(acting)
    if not said:
        return {}
    if not insecure:
        return {"standing": said}
    return {
        "standing": {
            "text": f"{said} · 未启用加密连接，只在校内使用",
            "icon": "warn",
            "tone": "warn",
        },
        "insecure": "",
    }


def _visit(acting: Actor) -> str:
    if acting.role != INSPECTOR:
        return "演示数据，人物都是虚构的" if runtime().demo else ""
    until = g.user.expires_on
    return f"只读 · 个人信息已遮蔽 · 到期 {until:%m-%d}" if until else "只读 · 个人信息已遮蔽"


def groups(acting: Actor) -> list[Entry]:
    """Return the menu: today's work first, then what else the actor may read, folded.

    What stands in it is the same for everybody of a role as long as the app runs, and is put
    together once; which entry is the page shown is the request's.
    """
    menus: dict[str, list[Entry]] = current_app.extensions.setdefault("menus", {})
    if acting.role not in menus:
        made = _teaching(acting) if acting.role in TEACHING else _by_job(acting)
        menus[acting.role] = made
    found = [_marked(group) for group in menus[acting.role]]
    if acting.role in OFFICE and for_a_while("own pupils", acting.user_id, lambda: teaches(acting)):
        # Who teaches beside the office has the teacher's day next to the own home.
        found.insert(1, _marked(_entry("我的学生", url_for("boards.today"), "child")))
    return found


def teaches(acting: Actor) -> bool:
    """Return whether somebody of the office has own pupils today."""
    return acting.staff_id is not None and has_own_children(acting)


def _by_job(acting: Actor) -> list[Entry]:
    """Return the pages of the day, then one fold per job, its boxes under headings."""
    found = _pages(acting, "")
    for title, icon, boxes in _folds(acting):
        entries = _pages(acting, title) + _registers(acting, boxes)
        if entries:
            found.append({"title": title, "icon": icon, "entries": entries})
    return found


def _folds(acting: Actor) -> list[tuple[str, str, tuple[Box, ...]]]:
    """Return the folds by job, and one for each further category that a view names."""
    known = {"", *(title for title, *_ in JOBS)}
    further = dict.fromkeys(view.category or "" for view in pages_for(acting.role))
    return [*JOBS, *((title, "more", ()) for title in further if title not in known)]


def _teaching(acting: Actor) -> list[Entry]:
    """Return a teacher's acts in sight, and everything else that may be read behind one fold."""
    found = _pages(acting, "")
    acts = [
        act
        for act in TEACHING_ACTS
        if acting.role != COUNSELLOR or act.slug not in NOT_FOR_COUNSELLORS
    ]
    shown = [entry for act in acts if (entry := _act(acting, act))]
    folds = (MORE, *(title for title, *_ in _folds(acting)))
    rest = [page for job in folds for page in _pages(acting, job)]
    named = {act.slug for act in acts if not act.new}
    boxes = tuple(box for _title, _icon, boxes in JOBS for box in boxes)
    rest += _registers(acting, boxes, but=named)
    more = [{"title": MORE, "icon": "more", "entries": rest}] if rest else []
    return found + shown + more


def phone_tabs(acting: Actor) -> list[Entry]:
    """Return the bar at the bottom of a phone; only who has a day of their own has one."""
    if acting.role not in TEACHING:
        return []
    known = current_app.view_functions
    tabs = [
        _marked(_entry(title, url_for(endpoint), icon))
        for title, icon, endpoint in PHONE_TABS
        if endpoint in known
    ]
    for tab in tabs:
        # The address of all registers begins every register's.
        tab["active"] = tab["active"] and (tab["title"] != "全部" or request.path == tab["url"])
    return tabs


def _act(acting: Actor, act: Act) -> Entry | None:
    declared = REGISTERS.get(act.slug)
    if declared is None or not may(acting, "create" if act.new else "read", declared):
        return None
    try:
        url = url_for(f"{act.slug}.new" if act.new else f"{act.slug}.index_view")
    except BuildError:
        return None
    return _entry(act.title, url, act.icon)


def _registers(
    acting: Actor, boxes: tuple[Box, ...], but: Container[str] = frozenset()
) -> list[Entry]:
    """Return the registers of some boxes; the first of each box carries its heading."""
    found: list[Entry] = []
    for box in boxes:
        declared = [r for r in REGISTERS.values() if r.box is box and r.menu and r.slug not in but]
        listed = [entry for register in declared if (entry := _register(acting, register))]
        if listed and box.title:
            listed[0] = listed[0] | {"heading": box.title}
        found += listed
    return found


def _pages(acting: Actor, job: str) -> list[Entry]:
    """Return the pages of one fold: those listed here, then views with that category."""
    listed = [
        _entry(page.title, url_for(page.endpoint), page.icon)
        for page in PAGES
        if page.job == job
        and acting.role in page.roles
        and page.endpoint in current_app.view_functions
    ]
    return listed + [
        _entry(view.name, url_for(f"{view.endpoint}.index"), view.menu_icon_value or "")
        for view in pages_for(acting.role)
        if (view.category or "") == job
    ]


def _register(acting: Actor, declared: Register) -> Entry | None:
    if declared.slug == "user" and acting.role == CLERK:
        return None  # the page of accounts stands in its place
    url = register_url(acting, declared)
    return _entry(declared.title, url) if url else None


def register_url(acting: Actor, declared: Register) -> str:
    """Return the address of a register's list, "" for whoever does not read it.

    Not every register has a list.
    """
    if not may(acting, "read", declared):
        return ""
    try:
        return url_for(f"{declared.slug}.index_view")
    except BuildError:
        return ""


def _entry(title: str, url: str, icon: str = "") -> Entry:
    return {"title": title, "url": url, "icon": icon}


def _marked(entry: Entry) -> Entry:
    """Return the entry, or the group with its entries, marked where it is the page shown."""
    if "entries" in entry:
        return entry | {"entries": [_marked(one) for one in entry["entries"]]}
    url = entry["url"]
    here = request.path == url or (url != "/" and request.path.startswith(url.rstrip("/") + "/"))
    return entry | {"active": here}
