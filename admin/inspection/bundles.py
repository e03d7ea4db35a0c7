"""上报材料: from what is missing to the released package; for inspectors the released ones."""

from __future__ import annotations

import mimetypes
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin.frame.context import actor, runtime
from admin.frame.menu import INSPECTION as FOLD
from admin.frame.pages import expose
from admin.frame.security import demand_password
from admin.inspection import bundle_pages
from admin.people.outside_paper import paper_sent, paper_shown
from admin.work import bundle_work
from admin.work.wake import wake
from exports.bundle.choices import EDGES, VOLUMES, chosen
from exports.bundle.index import PAGE
from exports.bundle.order import FULL, INSPECTION
from exports.bundle.reach import Reach
from exports.bundle.survey import survey_of
from models.core import calendar
from models.core.actor import Actor
from models.core.audit import log_access
from models.core.boxes import INSPECTOR, LEADERSHIP, OFFICE
from models.core.errors import Denied, Invalid, NotFound
from models.core.files import size_told
from models.kept.bundles import APPROVED, ASKED, BUILT, PURPOSES, files_of, purpose_told
from models.kept.bundles import FULL as FULL_EDITION
from models.kept.bundles import INSPECTION as MASKED
from models.school import bundles
from models.sealed import leaders

# A photo opened from the preview is no event of its own; a page or a document is.
_NOT_LOGGED = (".css", ".jpg")


def _board(errors: dict[str, str]) -> ResponseReturnValue:
    acting = actor()
    said = request.values.get("semester", "")
    reach = bundle_pages.reach_asked(acting, said)
    survey = survey_of(acting, reach)
    found = bundle_pages.versions(acting, reach)
    job = bundle_pages.open_job(reach)
    masked = next(
        (version for version in found if (version.state, version.edition) == (BUILT, MASKED)), None
    )
    lost = bundle_pages.lost_of(acting, masked, runtime().originals)
    step = bundle_pages.next_step(masked, reach, survey, lost)
    page = render_template(
        "bundles/board.html",
        page_title=bundle_pages.heading(survey, reach),
        reach=reach,
        reaches=bundle_pages.reaches(),
        parts=bundle_pages.part_lines(survey),
        groups=bundle_pages.missing_groups(survey),
        job=job,
        versions=bundle_pages.version_lines(acting, found, step.get("releases")),
        step=step,
        lost=bundle_pages.lost_lines(lost),
        since=_since(found, masked),
        newest=next((version for version in found if version.state == BUILT), None),
        asked=[_asked(acting, version) for version in found if version.state == ASKED],
        alone=leaders.is_alone(acting),
        purposes=PURPOSES,
        edges=EDGES,
        volumes=VOLUMES,
        errors=errors,
        typed=request.form,
    )
    return (page, 422) if errors else page


def _since(found: Sequence[Any], one: Any | None) -> Any:
    if one is None:
        return None
    return bundle_pages.since_released(found, one, runtime().bundles)


def _asked(acting: Actor, bundle: Any) -> dict[str, Any]:
    """Return a request that waits, with why the reader cannot decide it, "" when he can."""
    told = purpose_told(bundle)
    if acting.role != LEADERSHIP:
        return {"bundle": bundle, "purpose": told, "why": "等领导小组成员批准。"}
    try:
        leaders.demand_second(acting, bundles.asked_of(bundle))
    except Denied as refused:
        return {"bundle": bundle, "purpose": told, "why": str(refused)}
    return {"bundle": bundle, "purpose": told, "why": ""}


def _released() -> ResponseReturnValue:
    acting = actor()
    found = bundle_pages.versions(acting)
    return render_template(
        "bundles/released.html",
        page_title=f"已发布的上报材料 {len(found)} 份",
        found=[
            {
                "bundle": version,
                "reach": bundle_pages.reach_of(version),
                "size": size_told(version.size) if version.size is not None else "",
                "downloads": bundle_pages.downloads(version),
                "since": _since(found, version),
            }
            for version in found
        ],
    )


def _reach_kept(bundle: Any) -> Reach:
    found = bundle_pages.reach_of(bundle)
    if found is None:
        raise NotFound("这份资料包的学期已经不在了，请重新申请")
    return found


def _page_of(bundle: Any) -> ResponseReturnValue:
    """Lead to the page of the semester or year a bundle is of."""
    reach = bundle_pages.reach_of(bundle)
    return redirect(url_for("bundles.index", semester=reach.code if reach else None))


def _files_of(found: Any) -> list[Path]:
    """Return the files of a finished bundle that are still there, by volume; NotFound if none."""
    paths = [runtime().bundles / name for name in files_of(found)]
    if found.state != BUILT or not any(path.is_file() for path in paths):
        once = found.edition == FULL_EDITION
        raise NotFound(bundle_work.GONE if once else "这份资料包的文件不在了，请重新生成")
    return paths


def _member(paths: list[Path], name: str) -> bytes:
    """Return one file of the package; every name lies under a volume's one folder."""
    for path in paths:
        if not path.is_file():
            continue
        with zipfile.ZipFile(path) as archive:
            base = archive.namelist()[0].partition("/")[0]
            try:
                return archive.read(f"{base}/{name}")
            except KeyError:
                continue
    raise NotFound("资料包里没有这个文件")


class BundlesView(BaseView):  # type: ignore[misc]
    """The package: what is missing, the versions, the release."""

    def __init__(self) -> None:
        """Stand under /bundles, endpoints `bundles.<method>`."""
        super().__init__("迎检资料", FOLD, "bundles", "/bundles", menu_icon_value="bundle")

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """Show the eight parts and the versions; inspectors get the released packages."""
        acting = actor()
        if acting.role == INSPECTOR:
            return _released()
        if acting.role not in OFFICE:
            raise Denied("上报材料由文员和领导小组办理，需要时请联系文员")
        return _board({})

    @expose("/build", "POST")
    def build(self) -> ResponseReturnValue:
        """Queue the inspection edition, or a full one that was approved."""
        acting = actor()
        bundle_id = request.form.get("bundle", "")
        if bundle_id:
            approved = bundles.fetch(acting, bundle_id)
            if approved.state != APPROVED:
                raise Invalid({"": "完整版还没有经领导小组批准，不能生成"})
            reach = _reach_kept(approved)
            bundle_work.ask_for(acting, reach, FULL, approved.id)
        else:
            reach = bundle_pages.reach_asked(acting, request.form.get("semester", ""))
            try:
                choices = chosen(request.form)
            except Invalid as error:
                return _board(error.errors)
            bundle_work.ask_for(acting, reach, INSPECTION, choices=choices)
        wake(runtime())
        return redirect(url_for("bundles.index", semester=reach.code))

    @expose("/ask-full", "POST")
    def ask_full(self) -> ResponseReturnValue:
        """Ask the leadership for a full edition with purpose and recipient."""
        acting = actor()
        reach = bundle_pages.reach_asked(acting, request.form.get("semester", ""))
        try:
            bundles.ask_full(
                acting,
                bundle_pages.semester_of(reach),
                request.form.get("purpose", ""),
                request.form.get("recipient", ""),
                paper_sent(),
                reason=request.form.get("reason", ""),
                chosen={**chosen(request.form).as_columns, "span": reach.word},
            )
        except Invalid as error:
            return _board(error.errors)
        flash("已提交申请，等领导小组成员批准后生成。", "met")
        return redirect(url_for("bundles.index", semester=reach.code))

    @expose("/<int:bundle_id>/scan")
    def scan(self, bundle_id: int) -> ResponseReturnValue:
        """Show the paper signed outside the school that a single approval rests on."""
        acting = actor()
        bundles.demand_office(acting)
        found = bundles.fetch(acting, bundle_id)
        answer = paper_shown(found.scan)
        log_access(acting, "view", "bundle", found.id, "签字件")
        return answer

    @expose("/<int:bundle_id>/approve", "POST")
    def approve(self, bundle_id: int) -> ResponseReturnValue:
        """Approve a full edition, write the disclosure entry, and queue the building."""
        acting = actor()
        leaders.demand(acting)
        try:
            demand_password()
        except Invalid as error:
            return _board(error.errors)
        decided = bundles.decide_full(acting, bundle_id, approve=True)
        reach = _reach_kept(decided)
        bundle_work.ask_for(acting, reach, FULL, decided.id)
        wake(runtime())
        flash("已批准，并记入对外提供登记；正在生成。", "met")
        return redirect(url_for("bundles.index", semester=reach.code))

    @expose("/<int:bundle_id>/refuse", "POST")
    def refuse(self, bundle_id: int) -> ResponseReturnValue:
        """Refuse a full edition."""
        leaders.demand(actor())
        try:
            demand_password()
        except Invalid as error:
            return _board(error.errors)
        refused = bundles.decide_full(actor(), bundle_id, approve=False)
        flash("没有批准这份申请。", "partly")
        return _page_of(refused)

    @expose("/<int:bundle_id>/release", "POST")
    def release(self, bundle_id: int) -> ResponseReturnValue:
        """Hand a finished inspection edition to the inspectors."""
        released = bundles.release(actor(), bundle_id)
        flash("已发布，督查人员登录后可以预览和下载。", "met")
        return _page_of(released)

    @expose("/<int:bundle_id>/withdraw", "POST")
    def withdraw(self, bundle_id: int) -> ResponseReturnValue:
        """Take a released edition back."""
        withdrawn = bundles.release(actor(), bundle_id, released=False)
        flash("已收回，督查人员看不到这一份了。", "partly")
        return _page_of(withdrawn)

    @expose("/<int:bundle_id>/download")
    @expose("/<int:bundle_id>/download/<int:volume>")
    def download(self, bundle_id: int, volume: int = 1) -> ResponseReturnValue:
        """Send the package or one volume, noted in the access log; of a full edition it is gone."""
        acting = actor()
        found = bundles.fetch(acting, bundle_id)
        paths = _files_of(found)
        if not 1 <= volume <= len(paths):
            raise NotFound(f"这份资料包只有 {len(paths)} 卷")
        path = paths[volume - 1]
        if not path.is_file():
            raise NotFound(bundle_work.GONE)
        log_access(acting, "export", "bundle", found.id, f"{found.edition} {path.stem}")
        school = calendar.school()
        place = f"-第{volume}卷" if len(paths) > 1 else ""
        reach = bundle_pages.reach_of(found)
        of = f"{school.name if school else ''}{reach.title if reach else ''}上报材料"
        name = f"{of}-{found.edition}-{found.id}{place}.zip"
        if found.edition == FULL_EDITION:
            answer = Response(bundle_work.sent_once(path), mimetype="application/zip")
            answer.content_length = path.stat().st_size
            answer.headers.set("Content-Disposition", "attachment", filename=name)
        else:
            answer = send_file(
                path, mimetype="application/zip", as_attachment=True, download_name=name
            )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/<int:bundle_id>/files/")
    @expose("/<int:bundle_id>/files/<path:file>")
    def files(self, bundle_id: int, file: str = "") -> ResponseReturnValue:
        """Show one file out of the package, first its index: the preview without unpacking."""
        acting = actor()
        found = bundles.fetch(acting, bundle_id)
        if not file:
            return redirect(url_for("bundles.files", bundle_id=found.id, file=PAGE))
        data = _member(_files_of(found), f"data/{file}")
        if not file.endswith(_NOT_LOGGED):
            log_access(acting, "view", "bundle", found.id, f"{found.edition} {file}")
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        answer = Response(data, mimetype=kind)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
