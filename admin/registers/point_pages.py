"""校点交换: the week's workbook of a village point without network, out and in by USB stick."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from peewee import DateField

from admin.frame.context import actor, runtime
from admin.frame.printing import XLSX
from admin.work import uploads
from admin.work.uploads import Upload
from exports.tables.point_book import workbook
from models.core import audit
from models.core.actor import Actor
from models.core.converters import clean
from models.core.errors import BadFile, BadValue
from models.core.gates import places, rows
from models.core.register import register_of
from models.core.rights import may
from models.core.spans import holds_on
from models.intake import point_week
from models.intake.point_week import Slip, Taken
from models.intake.report import VERDICTS
from models.kept.staff import VillagePoint

bp = Blueprint("points", __name__, url_prefix="/points")

POINTS = register_of(VillagePoint)
SLUG = "village-point"
_NO_FILE = "请先选择校点交回的工作簿"


def may_exchange(actor: Actor) -> bool:
    """Return whether there are points the actor may exchange workbooks with."""
    return bool(places(POINTS)) and bool(may(actor, "import", POINTS))


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the points, each with this week's workbook, and where to hand one in."""
    return _index("")


def _index(problem: str) -> ResponseReturnValue:
    acting = actor()
    point_week.demand(acting)
    query = rows(acting, POINTS).where(holds_on(VillagePoint, acting.today))
    page = render_template(
        "duty/points.html",
        points=list(query.order_by(VillagePoint.network, VillagePoint.name)),
        today=acting.today,
        problem=problem,
        page_title="校点交换",
    )
    return page, 422 if problem else 200


@bp.get("/<int:number>/workbook.xlsx")
def hand_out(number: int) -> ResponseReturnValue:
    """Hand out the signed workbook of the week asked for; it names children, so it is logged."""
    acting = actor()
    point = point_week.point_called(acting, number)
    try:
        day = clean(DateField(), request.args.get("week", "")) or acting.today
    except BadValue:
        day = acting.today
    slip = point_week.slip_for(acting, point, day)
    data = workbook(acting, slip)
    audit.log_access(acting, "export", SLUG, point.id, f"{slip.first} 至 {slip.last}")
    name = f"{slip.name} {slip.first} 至 {slip.last}.xlsx"
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=name)


@bp.post("/")
def hand_in() -> ResponseReturnValue:
    """Take a workbook in to be looked at; what is unsigned or changed is refused at once."""
    acting = actor()
    point_week.demand(acting)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _index(_NO_FILE)
    data = sent.read()
    try:
        point_week.looked_at(acting, data)
    except BadFile as error:
        return _index(str(error))
    folder, owner = runtime().data_dir, acting.user_id or 0
    upload = uploads.keep(folder, owner, SLUG, sent.filename, data, acting.now)
    return redirect(url_for("points.preview", token=upload.token), 303)


@bp.get("/take/<token>")
def preview(token: str) -> ResponseReturnValue:
    """Show what would be taken in."""
    upload = _upload(token)
    slip, found = point_week.looked_at(actor(), upload.data())
    return _shown(upload, slip, found, done=False)


@bp.post("/take/<token>")
def take(token: str) -> ResponseReturnValue:
    """Take the workbook in and show what was done, each part with its undo."""
    upload = _upload(token)
    slip, found = point_week.taken_in(actor(), upload.data())
    return _shown(upload, slip, found, done=True)


@bp.post("/take/<token>/give-up")
def give_up(token: str) -> ResponseReturnValue:
    """Throw the workbook away; nothing was taken in."""
    uploads.forget(_upload(token))
    flash("工作簿已丢弃，没有导入", "partly")
    return redirect(url_for("points.index"), 303)


def _upload(token: str) -> Upload:
    point_week.demand(actor())
    return uploads.find(runtime().data_dir, actor().user_id, token)


def _shown(upload: Upload, slip: Slip, found: list[Taken], *, done: bool) -> str:
    new, refused = sum(taken.new for taken in found), sum(taken.wrong for taken in found)
    if not new:
        heading = "没有新的内容，都已经登记过" if not refused else "没有能导入的行"
    else:
        heading = f"已导入 {new} 条" if done else f"要导入 {new} 条，请核对"
    return render_template(
        "duty/point_taken.html",
        upload=upload,
        slip=slip,
        parts=[_part(taken) for taken in found],
        done=done,
        new=new,
        page_title=f"{slip.name}：{heading}",
    )


def _part(taken: Taken) -> dict[str, Any]:
    report = taken.report
    wrong = [(number, why) for number, why in taken.refused]
    wrong += [
        (row.number, "；".join(problem.message for problem in row.errors)) for row in report.refused
    ]
    return {
        "title": taken.register.title,
        "url": url_for(f"{taken.register.slug}.index_view"),
        "counts": [(word, report.count(code)) for code, word in VERDICTS.items()],
        "rows": [row for row in report.rows if row.verdict in ("new", "changed")],
        "refused": wrong,
        "batch": report.batch,
    }
