"""Workbooks to take away: the filtered list of a register, and its blank import sheet."""

from __future__ import annotations

from io import BytesIO
from tempfile import TemporaryFile

from flask import Blueprint, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor, runtime
from admin.frame.printing import XLSX
from admin.work import print_work
from admin.work.wake import wake
from exports.tables.template import blank_workbook
from exports.tables.writing import write_table
from models.core import audit
from models.core.errors import Denied, NotFound
from models.core.listing import every, read_request, selection
from models.core.register import Register, find
from models.core.rights import may

bp = Blueprint("tables", __name__)

# So many rows take about a second.
ROWS_AT_ONCE = 3000


def _register(slug: str, verb: str) -> Register:
    register = find(slug)
    if register is None:
        raise NotFound("没有这项登记")
    decision = may(actor(), verb, register)
    if not decision:
        raise Denied(f"{decision.reason}。")
    return register


@bp.get("/export/<slug>.xlsx")
def export(slug: str) -> ResponseReturnValue:
    """Send the list as it is filtered, in the reader's fields and masks; the look is logged.

    A long one is made in the background.
    """
    register = _register(slug, "export")
    asked = read_request(request.args)
    if selection(actor(), register, asked)[0].count() > ROWS_AT_ONCE:
        query = request.query_string.decode()
        job = print_work.ask_for_workbook(actor(), register, query, runtime())
        audit.log_access(actor(), "export", slug, detail=job.title)
        wake(runtime())
        return redirect(url_for("documents.made", job_id=job.id))
    with TemporaryFile(suffix=".xlsx") as target:
        records = every(actor(), register, asked)
        count = write_table(target, actor(), register, records, actor().now)
        target.seek(0)
        data = target.read()
    audit.log_access(actor(), "export", slug, detail=f"{count} 条")
    name = f"{register.title}-{actor().today:%Y%m%d}.xlsx"
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=name)


@bp.get("/template/<slug>.xlsx")
def template(slug: str) -> ResponseReturnValue:
    """Send the blank workbook to fill in."""
    register = _register(slug, "import")
    data = blank_workbook(actor(), register, actor().now)
    name = f"{register.title}导入表.xlsx"
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=name)
