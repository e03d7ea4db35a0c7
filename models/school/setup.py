"""Setting up a school: everything a fresh installation needs, in one transaction.

The set-up page and `python app.py setup FILE.toml` both end here, so both ask for the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from models.core import service
from models.core.actor import system
from models.core.boxes import CLERK, ROLES
from models.core.errors import BadValue, Denied, Invalid
from models.core.register import register_of
from models.core.school_calendar import DAY_OFF, DAY_ON, fill_holidays, semester_title
from models.kept.school import REGULATION_SETS, Holiday, School, Semester
from models.kept.users import User
from models.school.accounts import check_password_rules, hash_password, is_set_up

# How the library's kinds of day are called in the Holiday register.
_KIND = {DAY_OFF: "放假", DAY_ON: "补班"}


@dataclass(frozen=True)
class SemesterPlan:
    """One semester as asked for; the code is "2025-2026-1", "" lets the first day decide."""

    first_day: date
    last_day: date
    code: str = ""
    title: str = ""


@dataclass(frozen=True)
class SchoolPlan:
    """What set-up asks for. `school` holds values of the School register's fields."""

    school: Mapping[str, Any]
    semesters: tuple[SemesterPlan, ...]
    adopted: tuple[str, ...]
    clerk_name: str
    username: str
    password: str


@dataclass(frozen=True)
class SetUp:
    """What set-up made: the clerk's account and how much else."""

    clerk: Any
    semesters: tuple[str, ...]
    holidays: int
    years_without_data: tuple[int, ...]


def default_semester(today: date) -> SemesterPlan:
    """Return the semester that runs on `today`, in the holidays the next one, by usual dates."""
    spring = date(today.year, 1, 21) <= today <= date(today.year, 7, 10)
    if spring:
        return SemesterPlan(date(today.year, 3, 1), date(today.year, 7, 5))
    year = today.year - 1 if today < date(today.year, 1, 21) else today.year
    return SemesterPlan(date(year, 9, 1), date(year + 1, 1, 20))


def semester_code(first_day: date) -> str:
    """Return the code of the semester that begins on `first_day`: autumn begins after June."""
    if first_day.month >= 7:
        return f"{first_day.year}-{first_day.year + 1}-1"
    return f"{first_day.year - 1}-{first_day.year}-2"


def set_up(now: datetime, origin: str, plan: SchoolPlan) -> SetUp:
    """Make the school, its semesters, the holidays and the clerk, all or nothing.

    Raises Denied when there is a school already, Invalid with keys such as "school.name",
    "semesters.1.last_day", "adopted" or "clerk.username".
    """
    actor = system(now, origin)
    with service.work(actor) as current:
        # Asked inside the transaction, so that of two set-ups at one time one wins.
        if is_set_up():
            raise Denied("这所学校已经建立过了；要修改请登录后到“学校与账号”")
        _check(plan)
        with _keys("school"):
            raw = {**plan.school, "adopted": list(plan.adopted)}
            service.create(actor, register_of(School), raw, current=current)
        codes = tuple(
            _make_semester(current, number, semester)
            for number, semester in enumerate(plan.semesters, start=1)
        )
        holidays, missing = _fill_holidays(current, _years(plan, now.date()))
        with _keys("clerk"):
            clerk = service.create(actor, register_of(User), _clerk(plan), current=current)
    return SetUp(clerk, codes, holidays, missing)


def _check(plan: SchoolPlan) -> None:
    errors = {}
    if not plan.semesters:
        errors["semesters"] = "请至少填写一个学期的起止日期"
    unknown = [name for name in plan.adopted if name not in REGULATION_SETS]
    if unknown:
        errors["adopted"] = f"没有“{unknown[0]}”这套制度，可选：{'、'.join(REGULATION_SETS)}"
    if not plan.adopted:
        errors["adopted"] = "请至少选择一套要执行的制度"
    try:
        check_password_rules(plan.password, plan.username)
    except Invalid as error:
        errors["clerk.password"] = error.errors["password"]
    if errors:
        raise Invalid(errors)


def _make_semester(current: service.Work, number: int, plan: SemesterPlan) -> str:
    with _keys(f"semesters.{number}"):
        code = plan.code or semester_code(plan.first_day)
        try:
            title = plan.title or semester_title(code)
        except BadValue as error:
            raise Invalid({"code": str(error)}) from error
        raw = {
            "code": code,
            "title": title,
            "first_day": plan.first_day,
            "last_day": plan.last_day,
        }
        service.create(current.actor, register_of(Semester), raw, current=current)
    return code


def _years(plan: SchoolPlan, today: date) -> list[int]:
    """This year, the next, and every year a semester touches."""
    edges = [day.year for s in plan.semesters for day in (s.first_day, s.last_day)]
    return sorted({today.year, today.year + 1, *edges})


def _fill_holidays(current: service.Work, years: list[int]) -> tuple[int, tuple[int, ...]]:
    holiday = register_of(Holiday)
    count, missing = 0, []
    for year in years:
        days = fill_holidays(year)
        if not days:
            missing.append(year)
        for day, kind, name in days:
            raw = {"day": day, "kind": _KIND[kind], "name": name}
            service.create(current.actor, holiday, raw, current=current)
        count += len(days)
    return count, tuple(missing)


def _clerk(plan: SchoolPlan) -> dict[str, Any]:
    return {
        "username": plan.username,
        "name": plan.clerk_name,
        "role": ROLES[CLERK],
        "password_hash": hash_password(plan.password),
        # Chosen by the clerk's own hand just now.
        "must_change": False,
    }


@contextmanager
def _keys(prefix: str) -> Iterator[None]:
    """Let errors say which part of the plan they are about."""
    try:
        yield
    except Invalid as error:
        raise Invalid({f"{prefix}.{k}".rstrip("."): v for k, v in error.errors.items()}) from error
