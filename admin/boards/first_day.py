"""The first day on the clerk's page: each step's buttons, its example file and its way back."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, send_file, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.printing import XLSX
from exports.tables.plain import Sheet, write_workbook
from models.core.actor import Actor
from models.core.errors import Denied
from models.core.register import register_of
from models.core.rights import may
from models.kept.children import Child
from models.school import first_day

bp = Blueprint("first_day", __name__, url_prefix="/first-day")

# A roster as a school keeps it. A row that begins with 示例 is never imported.
HEADINGS = (
    *("序号", "姓名", "性别", "出生日期", "身份证号", "班级", "就读方式", "是否留守儿童"),
    *("父亲姓名", "父亲电话", "母亲姓名", "母亲电话", "监护人姓名", "与学生关系", "监护人电话"),
)
SAMPLES = (
    *(("示例", "张小雨", "女", "2012-05-06", "", "七年级1班", "住校", "双亲留守"),),
    *(("示例", "单明", "男", "2013-01-20", "", "七年级2班", "走读", "单亲留守"),),
)
PARENTS = (
    ("张大海", "13800000001", "李梅", "13800000002", "张守田", "祖父", "13800000003"),
    ("单立", "13800000004", "", "", "王秀英", "外祖母", "13800000005"),
)


@bp.get("/roster.xlsx")
def roster() -> ResponseReturnValue:
    """Hand out an example of a roster: the headings that are understood, two invented children."""
    acting = actor()
    decided = may(acting, "import", register_of(Child))
    if not decided:
        raise Denied(f"{decided.reason}。")
    made = [[*left, *right] for left, right in zip(SAMPLES, PARENTS, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "roster.xlsx"
        sheet = Sheet("花名册", HEADINGS, made)
        write_workbook(
            target, [sheet], title="学生花名册示例", made_at=acting.now, made_by=acting.name
        )
        data = BytesIO(target.read_bytes())
    return send_file(data, XLSX, as_attachment=True, download_name="学生花名册示例.xlsx")


def first_day_of(acting: Actor) -> list[dict[str, Any]]:
    """Return the steps for the page, none once the first day is over; one has the main button."""
    found = first_day.steps(acting)
    if first_day.is_over(found):
        return []
    first = next(step for step in found if step.holds_up)
    return [
        {
            "title": step.title,
            "state": step.state,
            "found": step.found,
            "waits": step.waits,
            "first": step is first,
            "links": _links(step.code),
            "example": _example(step.code),
            "undo": url_for("imports.undo_batch", batch_id=step.batch) if step.batch else "",
            "back": _BACK.get(step.code, ""),
        }
        for step in found
    ]


# What is done where: the main button first. A workbook for what comes in numbers.
def _links(code: str) -> list[tuple[str, str]]:
    made: dict[str, list[tuple[str, str]]] = {
        "roster": [
            ("导入花名册", url_for("imports.start", slug="roster")),
            ("新增学生", url_for("child.new")),
        ],
        "staff": [
            ("从表格导入", url_for("imports.start", slug="staff")),
            ("新增教职工", url_for("staff.new")),
        ],
        "class-teacher": [
            ("从表格导入", url_for("imports.start", slug="class-teacher")),
            ("新增任职", url_for("class-teacher.new")),
        ],
        "pairing": [
            ("从表格导入", url_for("imports.start", slug="pairing")),
            ("新增结对", url_for("pairing.new")),
        ],
        "calendar": [
            ("看学期", url_for("semester.index_view")),
            ("看节假日", url_for("holiday.index_view")),
        ],
        "regulations": [("看采用的制度", url_for("regulations.index"))],
        "accounts": [
            ("给教职工批量建账号", url_for("many_accounts.index")),
            ("账号管理", url_for("accounts.index")),
        ],
    }
    return made[code]


def _example(code: str) -> str:
    """Return the address of the step's example file, "" where nothing is filled in."""
    if code == "roster":
        return url_for("first_day.roster")
    slugs = {"staff": "staff", "class-teacher": "class-teacher", "pairing": "pairing"}
    slugs["calendar"] = "holiday"
    return url_for("tables.template", slug=slugs[code]) if code in slugs else ""


# How a step without an import is taken back.
_BACK = {
    "roster": "逐个新增的在学生登记里删除，可以从回收站恢复",
    "staff": "逐个新增的在教职工里删除，可以从回收站恢复",
    "class-teacher": "逐个新增的在班主任任职里删除，可以从回收站恢复",
    "pairing": "逐个新增的在师生结对里删除，可以从回收站恢复",
    "calendar": "日期写错了直接改，任务马上重新计算",
    "regulations": "选错了改回来，任务马上重新计算",
    "accounts": "建错了可以停用这一批还没用过的",
}
