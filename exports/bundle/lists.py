"""The lists of a bundle: its files, what is missing, and the report of the four checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from exports.bundle.cache import RenderCache, key_of
from exports.bundle.order import Check, Frame, Item
from exports.bundle.survey import NO_ARCHIVE, Survey
from exports.documents.templates import fill
from exports.pdf.book import BookColumn, write_book
from exports.pdf.html import render_html
from exports.tables.plain import Sheet, write_workbook
from models.core.errors import BadFile
from models.photos.view import file_told

FILES, MISSING, KEPT_HOME, REPORT = "文件清单", "缺件清单", "未放入的附件", "检验报告"
FILE_HEADING = ("序号", "部分", "题名", "日期", "页数", "字节数", "文件", "校验值（SHA-256）")
MISSING_HEADING = ("序号", "部分", "内容", "缺什么", "谁可以补")
KEPT_HEADING = ("序号", "部分", "内容", "附件", "为什么不放入", "类型、大小和校验值")

Row = tuple[str | int, ...]


def lists_of(
    frame: Frame,
    survey: Survey,
    items: Sequence[Item],
    checks: Sequence[Check],
    head: str,
    cache: RenderCache,
    archive: Survey = NO_ARCHIVE,
) -> list[Item]:
    """Return the workbook of the lists, each list as PDF, and the report.

    What stays at home is listed only where something does.
    """
    files, missing = list(_files(items)), list(_missing(survey))
    kept = list(_kept_home(survey.beside(archive)))
    sheets = [Sheet(FILES, FILE_HEADING, files), Sheet(MISSING, MISSING_HEADING, missing)]
    books = [_book(frame, KEPT_HOME, KEPT_HEADING, kept, cache)] if kept else []
    if kept:
        sheets.append(Sheet(KEPT_HOME, KEPT_HEADING, kept))
    return [
        _workbook(frame, sheets, cache),
        _book(frame, FILES, FILE_HEADING[:7], [row[:7] for row in files], cache),
        _book(frame, MISSING, MISSING_HEADING, missing, cache),
        *books,
        _report(frame, survey, items, checks, head, cache),
    ]


def _files(items: Sequence[Item]) -> Iterator[Row]:
    for number, item in enumerate(items, start=1):
        day = f"{item.day:%Y%m%d}" if item.day else ""
        made = item.made
        yield (
            number,
            item.place,
            item.title,
            day,
            made.pages or 1,
            made.bytes,
            item.name,
            made.sha256,
        )


def _missing(survey: Survey) -> Iterator[Row]:
    for number, one in enumerate(survey.missing, start=1):
        what = one.why if one.title == one.source else f"{one.title}：{one.why}"
        what += f"（{one.file}）" if one.file else ""
        yield number, f"第{one.part}部分", one.source, what, one.supplier


def _kept_home(survey: Survey) -> Iterator[Row]:
    withheld = (one for one in survey.scans if one[2].withheld)
    for number, (part, source, scan) in enumerate(withheld, start=1):
        told = file_told(scan.photo)
        yield number, part.place, source.title, scan.title, scan.withheld, told


def _workbook(frame: Frame, sheets: Sequence[Sheet], cache: RenderCache) -> Item:
    order = frame.order

    def write(target: Path) -> None:
        title = f"{frame.school}{FILES}"
        write_workbook(target, sheets, title=title, made_at=frame.made_at, made_by=order.made_by)

    rows = (repr(row) for sheet in sheets for row in (sheet.name, *sheet.rows))
    key = key_of(["xlsx", repr(frame.imprint(FILES)), *rows])
    return Item(
        0, "list", f"{FILES}（表格）", None, f"{FILES}.xlsx", cache.get(key, ".xlsx", write)
    )


def _book(
    frame: Frame, title: str, heading: Sequence[str], rows: Sequence[Row], cache: RenderCache
) -> Item:
    imprint = frame.imprint(title)
    numbers = {"序号", "页数", "字节数"}
    columns = [BookColumn(one, None, "right" if one in numbers else "left") for one in heading]

    def write(target: Path) -> None:
        texts = ([str(value) for value in row] for row in rows)
        write_book(target, columns=columns, rows=texts, imprint=imprint)

    key = key_of(["list", repr(imprint), repr(columns), *map(repr, rows)])
    return Item(0, "list", title, None, f"{title}.pdf", cache.get(key, ".pdf", write))


def _report(
    frame: Frame,
    survey: Survey,
    items: Sequence[Item],
    checks: Sequence[Check],
    head: str,
    cache: RenderCache,
) -> Item:
    imprint = frame.imprint(REPORT)
    data = {
        "term": frame.reach.title,
        "edition": frame.edition,
        "given_for": frame.order.choices.given_for,
        "checks": checks,
        "head": head,
        "parts": survey.parts,
        "files": len(items),
    }
    html = fill("documents/checks.html", data)

    def no_photo(_key: str) -> Path:
        raise BadFile("检验报告里没有照片")

    def write(target: Path) -> None:
        target.write_bytes(render_html(html, imprint=imprint, images=no_photo))

    key = key_of(["report", repr(imprint), html])
    return Item(0, "list", REPORT, None, f"{REPORT}.pdf", cache.get(key, ".pdf", write))
