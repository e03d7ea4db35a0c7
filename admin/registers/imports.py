"""Importing workbooks: upload, mapping and preview, commit, result, and the batches to undo."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor, runtime
from admin.frame.menu import has_children
from admin.frame.printing import XLSX
from admin.registers.import_pages import (
    batch_rows,
    mapping_of,
    posted_columns,
    preview_page,
    undo_lines,
)
from admin.work import import_work, uploads
from admin.work.uploads import Upload
from admin.work.wake import wake
from models.core import batches, jobs, undo
from models.core.errors import BadFile, Denied, Invalid, NotFound, RecordsError
from models.core.register import REGISTERS
from models.core.rights import may
from models.intake.report import ALIKE_CHOICES, ASK, CHOICES, SKIP, STOP, Choices

bp = Blueprint("imports", __name__, url_prefix="/imports")


@bp.before_request
def _only_who_imports() -> None:
    if not any(may(actor(), "import", register) for register in REGISTERS.values()):
        raise Denied("导入由文员办理")


def _demand(slug: str) -> None:
    decision = may(actor(), "import", import_work.register_for(slug))
    if not decision:
        raise Denied(f"{decision.reason}。")


def _upload(slug: str, token: str) -> Upload:
    _demand(slug)
    upload = uploads.find(runtime().data_dir, actor().user_id, token)
    if upload.slug != slug:
        raise NotFound
    return import_work.settle(actor(), upload)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the batches of the past, and the ways to begin."""
    uploads.sweep(runtime().data_dir / uploads.FOLDER, actor().now)
    begun = has_children(actor())
    return render_template(
        "imports/index.html",
        begun=begun,
        batches=batch_rows(batches.recent()),
        registers=[r for r in REGISTERS.values() if r.menu and may(actor(), "import", r)],
        page_title="导入与撤销" if begun else "从学生花名册开始",
    )


@bp.route("/<slug>", methods=["GET", "POST"])
def start(slug: str) -> ResponseReturnValue:
    """Take a workbook in; what cannot be read is said at once."""
    _demand(slug)
    problem = ""
    if request.method == "POST":
        sent = request.files.get("file")
        data = sent.read() if sent is not None else b""
        upload = None
        try:
            if sent is None or not sent.filename:
                raise BadFile("请先选择一份 .xlsx 或 .xls 表格")
            upload = uploads.keep(
                runtime().data_dir, actor().user_id or 0, slug, sent.filename, data, actor().now
            )
            import_work.open_upload(actor(), upload)
            return redirect(url_for("imports.preview", slug=slug, token=upload.token))
        except BadFile as error:
            problem = str(error)
            if upload is not None:
                uploads.forget(upload)
    page = render_template(
        "imports/start.html",
        slug=slug,
        title=import_work.title_of(slug),
        problem=problem,
        is_roster=slug == import_work.ROSTER,
        page_title=f"导入{import_work.title_of(slug)}",
    )
    return page, 422 if problem else 200


@bp.get("/<slug>/<token>")
def preview(slug: str, token: str) -> ResponseReturnValue:
    """Show the mapping and what will happen to every row."""
    upload = _upload(slug, token)
    if upload.result is not None:
        return redirect(url_for("imports.done", slug=slug, token=token))
    return _preview(upload)


def _preview(
    upload: Upload, problem: str = "", choices: Choices | None = None
) -> ResponseReturnValue:
    opened = import_work.open_upload(actor(), upload)
    chosen = choices or opened.usual
    report = None if opened.unanswered else opened.plan(actor(), chosen)
    page = render_template(
        "imports/preview.html",
        upload=upload,
        title=import_work.title_of(upload.slug),
        unanswered=opened.unanswered,
        mapping=mapping_of(opened),
        numbers=opened.bare_numbers() if isinstance(opened, import_work.RosterFile) else [],
        said_numbers=upload.answers.get("numbers", {}),
        existing_choices=CHOICES,
        alike_choices=ALIKE_CHOICES,
        wrong_choices={SKIP: "跳过，先导入其余的", STOP: CHOICES[STOP]},
        chosen=chosen,
        problem=problem,
        page_title=f"核对{import_work.title_of(upload.slug)}",
        **preview_page(report, request.args),
    )
    return page, 422 if problem else 200


@bp.post("/<slug>/<token>/answers")
def answers(slug: str, token: str) -> ResponseReturnValue:
    """Keep the person's corrections of the mapping and answers to questions."""
    upload = _upload(slug, token)
    said = dict(upload.answers)
    form = request.form
    if form.get("left_behind") in import_work.LEFT_BEHIND_ANSWERS:
        said["left_behind"] = form["left_behind"]
    numbers = {
        key.removeprefix("number."): value
        for key, value in form.items()
        if key.startswith("number.") and value in import_work.LEFT_BEHIND_ANSWERS
    }
    said["numbers"] = {**said.get("numbers", {}), **numbers}
    opened = import_work.open_upload(actor(), upload)
    try:
        said["columns"] = {**said.get("columns", {}), **posted_columns(opened, form)}
    except Invalid as error:
        return _preview(upload, str(error))
    uploads.answer(upload, said)
    try:
        import_work.open_upload(actor(), uploads.find(upload.folder.parent, upload.user_id, token))
    except BadFile as error:
        uploads.answer(upload, upload.answers)
        return _preview(upload, f"这样对应列名就读不出来了：{error}")
    return redirect(url_for("imports.preview", slug=slug, token=token))


@bp.post("/<slug>/<token>/commit")
def commit(slug: str, token: str) -> ResponseReturnValue:
    """Import: a short file at once, a long one by a job with progress."""
    upload = _upload(slug, token)
    if upload.result is not None:
        return redirect(url_for("imports.done", slug=slug, token=token))
    opened = import_work.open_upload(actor(), upload)
    choices = Choices(
        existing=request.form.get("existing", "")
        if request.form.get("existing") in CHOICES
        else opened.usual.existing,
        wrong=STOP if request.form.get("wrong") == STOP else SKIP,
        alike=request.form.get("alike", "") if request.form.get("alike") in ALIKE_CHOICES else ASK,
    )
    if opened.unanswered:
        return redirect(url_for("imports.preview", slug=slug, token=token))
    if opened.row_count > import_work.AT_ONCE:
        job = import_work.ask_for(actor(), upload, choices)
        wake(runtime())
        return redirect(url_for("imports.work", slug=slug, token=token, job_id=job.id))
    try:
        import_work.import_upload(actor(), upload, choices)
    except RecordsError as error:
        return _preview(upload, str(error), choices)
    return redirect(url_for("imports.done", slug=slug, token=token))


@bp.get("/<slug>/<token>/work/<int:job_id>")
def work(slug: str, token: str, job_id: int) -> ResponseReturnValue:
    """Show how far a long import is."""
    upload = _upload(slug, token)
    job = jobs.job_of(job_id) if job_id < 2**31 else None
    if job is None or job.requested_by != actor().user_id:
        raise NotFound("没有找到这项工作")
    if upload.result is not None:
        return redirect(url_for("imports.done", slug=slug, token=token))
    if job.state in (jobs.FAILED, jobs.CANCELLED):
        return _preview(upload, job.message or "导入已停下，没有写入")
    return render_template(
        "imports/work.html", job=job, page_title=f"正在导入{import_work.title_of(slug)}"
    )


@bp.get("/<slug>/<token>/done")
def done(slug: str, token: str) -> ResponseReturnValue:
    """Show what was written, with the button to undo it."""
    upload = _upload(slug, token)
    if upload.result is None:
        return redirect(url_for("imports.preview", slug=slug, token=token))
    found = batches.Batch.get_or_none(batches.Batch.id == upload.result["batch"])
    return render_template(
        "imports/done.html",
        upload=upload,
        result=upload.result,
        batch=found,
        title=import_work.title_of(slug),
        has_returned=upload.returned.is_file(),
        page_title=f"{import_work.title_of(slug)}已导入",
    )


@bp.get("/<slug>/<token>/returned.xlsx")
def returned(slug: str, token: str) -> ResponseReturnValue:
    """Hand back the workbook with the reason beside every row not imported."""
    upload = _upload(slug, token)
    if not upload.returned.is_file():
        raise NotFound("没有退回的表格，每一行都已导入")
    name = f"{upload.name.rpartition('.')[0] or upload.name}-未导入原因.xlsx"
    return send_file(
        BytesIO(upload.returned.read_bytes()), XLSX, as_attachment=True, download_name=name
    )


@bp.post("/<slug>/<token>/give-up")
def give_up(slug: str, token: str) -> ResponseReturnValue:
    """Throw the uploaded workbook away."""
    uploads.forget(_upload(slug, token))
    flash("表格已丢弃，没有导入", "partly")
    return redirect(url_for("imports.index"))


@bp.post("/batches/<int:batch_id>/undo")
def undo_batch(batch_id: int) -> ResponseReturnValue:
    """Take a whole batch back; what was changed since is listed with the reason."""
    found = batches.Batch.get_or_none(batches.Batch.id == batch_id) if batch_id < 2**31 else None
    if found is None:
        raise NotFound("没有找到这一批")
    report = undo.undo(actor(), batch_id)
    flash(f"已撤销 {report.undone} 条", "met")
    return render_template(
        "imports/undone.html",
        batch=found,
        report=report,
        lines=undo_lines(report),
        page_title=f"已撤销：{found.title}",
    )
