"""学年工作: the tasks of the school year, each with its preview, confirmation and undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.documents.asked import show_url
from admin.frame.context import actor
from admin.registers.import_pages import batch_rows
from admin.registers.point_pages import may_exchange
from admin.registers.save import fresh_token, typed_again
from compliance.evaluated.year import running_year
from models.core import batches, calendar
from models.core.actor import Actor
from models.core.errors import AlreadyDone, Invalid
from models.core.register import Register
from models.core.service import Work
from models.core.values import whole
from models.school import evaluations, leaving, semester_setup
from models.school import posts as offices
from models.school import roll_over as rolling

bp = Blueprint("year", __name__, url_prefix="/year")

_RECENT = 20


def _acting() -> Actor:
    acting = actor()
    rolling.demand(acting)
    return acting


@bp.get("/")
def index() -> ResponseReturnValue:
    """List the tasks, and those done, each with its undo."""
    acting = _acting()
    return render_template(
        "people/year.html",
        left=_sheets_of_leavers(acting),
        page_title="学年工作",
        points=may_exchange(acting),
        earlier=batch_rows(batches.recent(_RECENT, batches.YEAR)),
    )


@bp.get("/roll-over")
def roll_over() -> ResponseReturnValue:
    """Show the form of the roll-over with what usually becomes of each class."""
    acting = _acting()
    first = rolling.first_day(acting.today)
    return _form(acting, _day(request.args.get("day", ""), first) or first, {}, {})


@bp.post("/roll-over")
def do_roll_over() -> ResponseReturnValue:
    """Check what was ordered, show what it would do, or do it once it is confirmed."""
    acting, typed = _acting(), request.form
    first = rolling.first_day(acting.today)
    day = _day(typed.get("day", ""), None)
    if day is None:
        return _form(acting, first, typed, {"day": "请写清日期，如 2026-09-01"})
    order, errors = _order(acting, day, typed)
    if errors or typed.get("step") == "edit":
        return _form(acting, day, typed, errors)
    if typed.get("step") != "do":
        return _preview(order, rolling.preview(acting, order), typed)
    try:
        done = rolling.roll_over(acting, order, token=f"roll-over/{typed.get('once', '')[:40]}")
    except AlreadyDone:
        flash("已经升级过了，没有再做一次", "partly")
        return redirect(url_for("year.index"), 303)
    except Invalid:
        # Somebody wrote meanwhile: the preview says what stands in the way now.
        return _preview(order, rolling.preview(acting, order), typed)
    flash("升级已办好，可以在下面整批撤销", "met")
    return _shown(order, done, typed, done=True)


def _day(text: str, otherwise: date | None) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return otherwise
    return day if 2000 <= day.year <= 2100 else otherwise


def _form(acting: Actor, day: date, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    sides = rolling.sides(acting, day)
    grades = {side.record.grade for side in sides}
    lonely = rolling.unpaired(acting, day)
    return render_template(
        "people/roll_over.html",
        page_title="升级",
        day=day,
        sides=[(side, rolling.proposal(side, grades)) for side in sides],
        colleagues=rolling.colleagues(acting, day),
        lonely=lonely,
        acts=rolling.ACTS,
        ways=rolling.WAYS,
        typed=typed,
        errors=errors,
    )


def _order(
    acting: Actor, day: date, typed: Mapping[str, str]
) -> tuple[rolling.Order, dict[str, str]]:
    """Read the form; what is wrong is told at the field."""
    errors: dict[str, str] = {}
    classes, ways, pair = {}, {}, {}
    known = {one.id for one in rolling.colleagues(acting, day)}

    def colleague(name: str) -> int | None:
        number = whole(typed.get(name), least=1)
        if typed.get(name) and number not in known:
            errors[name] = "请从名单里选一位在职教师"
        return number if number in known else None

    for side in rolling.sides(acting, day):
        number = side.record.id
        act = typed.get(f"act-{number}", "")
        name = typed.get(f"name-{number}", "").strip()
        second = typed.get(f"second-{number}", "").strip()
        if act not in rolling.ACTS:
            errors[f"act-{number}"] = "请选这个班升级、毕业还是不变"
            continue
        if act == rolling.PROMOTE and not name:
            errors[f"name-{number}"] = "请写升级后的班名"
        if act == rolling.PROMOTE and side.record.name in (name, second):
            errors[f"name-{number}"] = "新班名不能和原来的相同，旧表册还用原来的班名"
        classes[number] = rolling.ClassStep(
            act,
            name,
            second,
            colleague(f"teacher-{number}"),
            colleague(f"second-teacher-{number}") if second else None,
        )
        for child in side.children:
            way = typed.get(f"way-{child.id}", rolling.FOLLOW)
            ways[child.id] = way if way in rolling.WAYS else rolling.FOLLOW
            if ways[child.id] == rolling.SECOND and act == rolling.PROMOTE and not second:
                errors[f"second-{number}"] = "有学生去另一班，请写另一班的班名"
            teacher = colleague(f"pair-{child.id}")
            if teacher is not None and act != rolling.GRADUATE:
                pair[child.id] = teacher
    follow = typed.get("posts_follow") == "1"
    return rolling.Order(day, classes, ways, pair, follow), errors


def _preview(order: rolling.Order, outcome: rolling.Outcome, typed: Mapping[str, str]) -> str:
    return _shown(order, outcome, typed, done=False)


def _shown(
    order: rolling.Order, outcome: rolling.Outcome, typed: Mapping[str, str], *, done: bool
) -> str:
    kept = {name: text for name, text in typed.items() if name not in ("step", "csrf_token")}
    return render_template(
        "people/rolled.html",
        page_title="升级已办好" if done else "核对升级",
        order=order,
        outcome=outcome,
        done=done,
        moved=[{"cells": list(line)} for line in outcome.moved],
        written=[{"cells": [word, count]} for word, count in sorted(outcome.written.items())],
        unfinished=[_waiting(*line) for line in outcome.unfinished],
        agreements=[
            {"cells": [rolling.named(one), reason]} for one, reason in outcome.kept_agreements
        ],
        graduates=[_graduate(order, child) for child in outcome.graduates],
        typed=kept,
        once=typed.get("once") or fresh_token(),
        earlier=batch_rows(batches.recent(1, batches.YEAR)) if done else [],
    )


def _waiting(register: Register, record: Any, child: Any) -> dict[str, Any]:
    address = url_for(f"{register.slug}.detail", rid=record.id)
    title = {"text": rolling.named(record) or register.title, "url": address}
    return {"cells": [child.name, register.title, title]}


def _graduate(order: rolling.Order, child: Any) -> dict[str, Any]:
    semester = calendar.current_semester(order.last)
    asked = {"for": child.id, "semester": semester.code if semester else None}
    booklet = {"text": "打印成长记录册", "url": show_url("growth-booklet", **asked)}
    page = {"text": child.name, "url": url_for("child.detail", rid=child.id)}
    return {"cells": [page, booklet]}


@bp.get("/semester")
def semester() -> ResponseReturnValue:
    """Show how a semester stands, each line with its button, and what may be carried over."""
    return _semester_page(_acting(), request.args, {})


@bp.post("/semester")
def do_semester() -> ResponseReturnValue:
    """Show what carrying the ticked rows over would write, or write it once it is confirmed."""
    acting, typed = _acting(), request.form
    meant = semester_setup.semester_called(whole(typed.get("semester"), least=1))
    day = _day(typed.get("day", ""), None)
    if meant is None or day is None or not meant.first_day <= day <= meant.last_day:
        return _semester_page(acting, typed, {"day": "请写这个学期里的日期"})
    chosen = typed.getlist("carry")
    if typed.get("step") == "edit":
        return _semester_page(acting, typed, {})
    if not chosen:
        return _semester_page(acting, typed, {"carry": "请先勾选要沿用的"})
    if typed.get("step") != "do":
        found = semester_setup.preview(acting, meant, day, chosen)
        return _prepared(meant, day, chosen, found)
    try:
        token = f"semester/{typed.get('once', '')[:40]}"
        done = semester_setup.prepare(acting, meant, day, chosen, token=token)
    except AlreadyDone:
        flash("已经沿用过了，没有再做一次", "partly")
    except Invalid:
        # Somebody wrote meanwhile: the preview says what stands in the way now.
        found = semester_setup.preview(acting, meant, day, chosen)
        return _prepared(meant, day, chosen, found)
    else:
        flash(f"已沿用 {done.counts.total()} 条，可以在下面整批撤销", "met")
    return redirect(url_for("year.semester", semester=meant.id), 303)


@bp.post("/semester/days")
def note_days() -> ResponseReturnValue:
    """Write days off, make-up days or examinations into the calendar of the semester."""
    acting, typed = _acting(), request.form
    meant = semester_setup.semester_called(whole(typed.get("semester"), least=1))
    first = _day(typed.get("since", ""), None)
    last = _day(typed.get("until", ""), None) if typed.get("until") else first
    if meant is None or first is None or last is None:
        return _semester_page(
            acting, typed, {"since": "请写从哪天到哪天；只有一天的，到哪天可以空着"}
        )
    name, token = typed.get("title", "").strip()[:40], f"days/{typed.get('once', '')[:40]}"
    try:
        count = semester_setup.note_days(
            acting, meant, typed.get("kind", ""), (first, last), name, token=token
        )
    except AlreadyDone:
        flash("已经写进校历了，没有再写一次", "partly")
    except Invalid as error:
        return _semester_page(acting, typed, error.errors)
    else:
        flash(f"校历里写了 {count} 天，可以在下面撤销", "met")
    return redirect(url_for("year.semester", semester=meant.id), 303)


def _semester_page(acting: Actor, typed: Any, errors: Mapping[str, str]) -> ResponseReturnValue:
    every = calendar.semesters()
    number = whole(typed.get("semester"), least=1)
    meant = semester_setup.semester_called(number) or semester_setup.meant(acting.today)
    if meant is None:
        return render_template(
            "people/semester.html",
            page_title="学期准备",
            semester=None,
            semesters=every,
            errors=errors,
        )
    usual = semester_setup.first_day(meant, acting.today)
    day = _day(typed.get("day", ""), usual) or usual
    if not meant.first_day <= day <= meant.last_day:
        day = usual
    found = semester_setup.lines(acting, meant, day)
    left = sum(line.state != semester_setup.DONE for line in found)
    chosen = set(request.form.getlist("carry")) if request.method == "POST" else None
    by_title: dict[str, list[semester_setup.Carried]] = {}
    for one in semester_setup.carried(acting, meant, day):
        by_title.setdefault(one.register.title, []).append(one)
    page = render_template(
        "people/semester.html",
        page_title=f"学期准备：还有 {left} 项没有齐" if left else "学期准备：都齐了",
        semester=meant,
        semesters=every,
        before=semester_setup.before(meant),
        day=day,
        lines=[(line, *_mended(line)) for line in found],
        carried=by_title,
        chosen=chosen,
        once=fresh_token(),
        errors=errors,
        kinds=semester_setup.CALENDAR_KINDS,
        typed=typed,
        earlier=batch_rows(_undoable()),
    )
    return page, 422 if errors else 200


def _undoable() -> list[Any]:
    return [
        one for one in batches.recent(_RECENT, batches.YEAR) if one.title.startswith("学期准备")
    ]


def _mended(line: semester_setup.Line) -> tuple[str, str]:
    """Return the one button of a line: its word and where it leads."""
    if line.code == "class-size" and line.record is not None:
        return "去填人数", url_for("school-class.edit", rid=line.record)
    if line.code == "enrolment" and line.record is not None:
        return "去分班", url_for("enrolment.new", child=line.record)
    if line.code in ("class-teacher", "teaching-post") and line.record is not None:
        return "去登记", url_for(f"{line.code}.new", school_class=line.record)
    if line.code == "pairing" and line.record is not None:
        return "去结对", url_for("pairing.new", child=line.record)
    if line.state != semester_setup.DONE and line.code != "class-size":
        return "去登记", url_for(f"{line.code}.new")
    slug = "school-class" if line.code == "class-size" else line.code
    return "看登记", url_for(f"{slug}.index_view")


def _prepared(
    meant: Any, day: date, chosen: list[str], found: semester_setup.Prepared
) -> ResponseReturnValue:
    return render_template(
        "people/prepared.html",
        page_title="核对沿用",
        semester=meant,
        day=day,
        chosen=chosen,
        found=found,
        written=[{"cells": list(line)} for line in found.written],
        once=request.form.get("once") or fresh_token(),
    )


@bp.get("/post")
def post() -> ResponseReturnValue:
    """Choose which post changes hands from which day; then to whom, and what goes with it."""
    return _post_form(_acting(), request.args, {})


@bp.post("/post")
def do_post() -> ResponseReturnValue:
    """Show what a change of post would write, or do it once it is confirmed."""
    acting, typed = _acting(), request.form
    day, key = _day(typed.get("day", ""), None), _key(typed.get("post", ""))
    errors: dict[str, str] = {}
    if day is None:
        errors["day"] = "请写清日期，如 2026-09-01"
    elif key is None or offices.post_called(acting, key, day) is None:
        errors["post"] = "请从名单里选一个那天之前有人担任的岗位"
    successor = whole(typed.get("successor"), least=1)
    if day is not None and successor not in {
        colleague.id for colleague in rolling.colleagues(acting, day)
    }:
        errors["successor"] = "请从名单里选一位在职教师"
    if errors or day is None or key is None or successor is None or typed.get("step") == "edit":
        return _post_form(acting, typed, errors)
    moved = [one for text in typed.getlist("moved") if (one := _key(text))]
    # What somebody is called in the staff's register has no days: it changes when the day has come.
    titles = [typed.get(n, "").strip()[:30] for n in ("old_title", "new_title")]
    if day > acting.today:
        titles = ["", ""]
    change = offices.Change(key, successor, day, moved, *titles)
    return _do(acting, "岗位变动", offices.changing(acting, change), url_for("year.do_post"))


def _key(text: str) -> tuple[str, int] | None:
    slug, _, said = text.partition("/")
    number = whole(said, least=1)
    return (slug, number) if slug and number is not None else None


def _post_form(
    acting: Actor, typed: Mapping[str, str], errors: Mapping[str, str]
) -> ResponseReturnValue:
    day = _day(typed.get("day", ""), None) or acting.today
    key = _key(typed.get("post", ""))
    found = offices.post_called(acting, key, day) if key is not None else None
    page = render_template(
        "people/post.html",
        page_title="岗位换人",
        day=day,
        posts=offices.posts(acting, day),
        chosen=typed.get("post", ""),
        holder=found[0] if found else None,
        belongs=offices.belongs(acting, found[0].id, found[1], day) if found else [],
        may_entitle=day <= acting.today,
        colleagues=rolling.colleagues(acting, day),
        typed=typed,
        moved=request.form.getlist("moved") if request.method == "POST" else None,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/stand-in")
def stand_in() -> ResponseReturnValue:
    """Ask who is away, who stands in, and on which days."""
    return _stand_in_form(_acting(), request.args, {})


@bp.post("/stand-in")
def do_stand_in() -> ResponseReturnValue:
    """Show whom somebody would stand in for, or write it once it is confirmed."""
    acting, typed = _acting(), request.form
    since, said = _day(typed.get("since", ""), None), typed.get("until", "").strip()
    until, errors = _day(said, None), {}
    if since is None:
        errors["since"] = "请写清日期，如 2026-03-02"
    if said and (until is None or (since is not None and until < since)):
        errors["until"] = "请写清日期，不能早于第一天"
    known = {colleague.id for colleague in rolling.colleagues(acting, since or acting.today)}
    people = {name: whole(typed.get(name), least=1) for name in ("teacher", "substitute")}
    for name, number in people.items():
        if number not in known:
            errors[name] = "请从名单里选一位在职教师"
    if not errors and people["teacher"] == people["substitute"]:
        errors["substitute"] = "代理人不能是缺岗教师本人"
    if errors or typed.get("step") == "edit":
        return _stand_in_form(acting, typed, errors)
    raw = {**people, "since": since, "until": until, "reason": typed.get("reason", "").strip()}
    write = offices.standing_in(acting, raw)
    return _do(acting, "代理安排", write, url_for("year.do_stand_in"))


def _stand_in_form(
    acting: Actor, typed: Mapping[str, str], errors: Mapping[str, str]
) -> ResponseReturnValue:
    page = render_template(
        "people/stand_in.html",
        page_title="安排代理",
        colleagues=rolling.colleagues(acting, acting.today),
        today=acting.today,
        typed=typed,
        errors=errors,
    )
    return page, 422 if errors else 200


def _do(
    acting: Actor, title: str, write: Callable[[Work], offices.Changed], address: str
) -> ResponseReturnValue:
    """Preview a task, or do it once it is confirmed; then lead to where it can be undone."""
    typed = request.form
    if typed.get("step") == "do":
        try:
            token = f"{address}/{typed.get('once', '')[:40]}"
            offices.do(acting, title, write, token=token)
        except AlreadyDone:
            flash("已经办过了，没有再做一次", "partly")
            return redirect(url_for("year.index"), 303)
        except Invalid:
            # Somebody wrote meanwhile: the preview says what stands in the way now.
            pass
        else:
            flash(f"{title}已办好，可以在下面整批撤销", "met")
            return redirect(url_for("year.index"), 303)
    return render_template(
        "people/changed.html",
        page_title=f"核对{title}",
        heading=title,
        address=address,
        found=offices.preview(acting, write),
        typed=typed_again(typed),
        once=typed.get("once") or fresh_token(),
    )


def _sheets_of_leavers(acting: Actor) -> list[dict[str, Any]]:
    """Return who left this year, each with the way to the own evaluation sheet."""
    year = running_year(acting.today)
    gone = evaluations.leavers(acting, year.code, year.first, year.last)
    made = {one.teacher_id: one.id for one in evaluations.newest(year.code)} if gone else {}
    opened = evaluations.year_row(year.code) is not None
    lines = []
    for one in gone:
        if one.id in made:
            url, word, post = url_for("evaluations.sheet", sheet_id=made[one.id]), "看考核表", False
        elif opened:
            url = url_for("evaluations.leaver", code=year.code, staff=one.id)
            word, post = "单独出考核表", True
        else:
            url, word, post = url_for("evaluations.year", code=year.code), "先开始本年考核", False
        action = {"word": word, "url": url, "post": post}
        lines.append({"cells": [one.name, f"{one.left_on} 离校"], "actions": [action]})
    return lines


@bp.get("/leaver")
def leaver() -> ResponseReturnValue:
    """Choose who leaves and the last day; then who takes over what."""
    return _leaver_form(_acting(), request.args, {})


@bp.post("/leaver")
def do_leaver() -> ResponseReturnValue:
    """Check a leave, or do it once it is confirmed."""
    acting, typed = _acting(), request.form
    leave, errors = _leave(acting, typed)
    if leave is None or errors or typed.get("step") == "edit":
        return _leaver_form(acting, typed, errors)
    if typed.get("step") != "do":
        return _leaver_shown(acting, leave, leaving.preview(acting, leave), typed)
    try:
        leaving.let_go(acting, leave, token=f"leaver/{typed.get('once', '')[:40]}")
    except AlreadyDone:
        flash("已经办过了，没有再做一次", "partly")
    except Invalid:
        # Somebody wrote meanwhile: the preview says what stands in the way now.
        return _leaver_shown(acting, leave, leaving.preview(acting, leave), typed)
    else:
        flash("离校已办好，可以在下面整批撤销；最后一天过后在下面单独出考核表", "met")
    return redirect(url_for("year.index"), 303)


def _leave(acting: Actor, typed: Mapping[str, str]) -> tuple[leaving.Leave | None, dict[str, str]]:
    errors: dict[str, str] = {}
    last = _day(typed.get("last", ""), None)
    staff = whole(typed.get("staff"), least=1)
    if last is None:
        errors["last"] = "请写清最后一天，如 2026-07-03"
    known = {colleague.id for colleague in rolling.colleagues(acting, last or acting.today)}
    if staff not in known:
        errors["staff"] = "请从名单里选一位在职教师"
    if last is None or staff is None or errors:
        return None, errors
    successors = {}
    for item in leaving.held(acting, staff, last):
        name = f"to-{item.register.slug}-{item.record.id}"
        number = whole(typed.get(name), least=1)
        if number is not None and number in known and number != staff:
            successors[item.key] = number
        elif typed.get(name):
            errors[name] = "请从名单里选另一位在职教师"
    return leaving.Leave(staff, last, successors), errors


def _leaver_form(acting: Actor, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    last = _day(typed.get("last", ""), None) or acting.today
    staff = whole(typed.get("staff"), least=1)
    return render_template(
        "people/leaver.html",
        page_title="教师离校",
        last=last,
        staff=staff,
        colleagues=rolling.colleagues(acting, last),
        held=leaving.held(acting, staff, last) if staff else [],
        typed=typed,
        errors=errors,
    )


def _leaver_shown(
    acting: Actor, leave: leaving.Leave, left: leaving.Left, typed: Mapping[str, str]
) -> str:
    names = {colleague.id: colleague.name for colleague in rolling.colleagues(acting, leave.last)}
    return render_template(
        "people/left.html",
        page_title=f"核对{names.get(leave.staff, '')}离校",
        leave=leave,
        left=left,
        handed=[{"cells": list(line)} for line in left.handed],
        typed={n: t for n, t in typed.items() if n not in ("step", "csrf_token", "once")},
        once=typed.get("once") or fresh_token(),
    )
