"""PDF files to whoever asked: made in a folder of their own, sent from there piece by piece."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from flask import Response

from admin.frame.context import runtime
from exports.pdf.imprint import Imprint
from exports.pdf.stamp import stamp_personal_copy
from models.core import calendar
from models.core.actor import Actor

_PIECE = 1 << 18
Writer = Callable[[Path], None]


def imprint(acting: Actor, title: str, subtitle: str) -> Imprint:
    """Return what the pages of a print say about their origin: now, and by the actor."""
    school = calendar.school()
    return Imprint(
        school=school.name if school is not None else "",
        title=title,
        made_at=acting.now,
        made_by=acting.name or "本校",
        subtitle=subtitle,
    )


def personal_pdf(acting: Actor, name: str, write: Writer) -> Response:
    """Send a PDF with the reader's name and the time at the foot of each page."""

    return send_pdf(name, lambda target: write_personal(acting, target, write))


def write_personal(acting: Actor, target: Path, write: Writer) -> None:
    """Write a PDF with the reader's name and the time at the foot of each page."""
    plain = target.with_suffix(".plain.pdf")
    write(plain)
    stamp_personal_copy(plain, target, f"{acting.name} 于 {acting.now:%Y-%m-%d %H:%M} 下载")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = {".pdf": "application/pdf", ".zip": "application/zip", ".xlsx": XLSX}


def send_kept(name: str, path: Path) -> Response:
    """Send a finished PDF, a ZIP of some or a workbook, piece by piece; it stays where it is."""

    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    return _answer(name, path, pieces())


def send_pdf(name: str, write: Writer) -> Response:
    """Write a PDF into a folder of its own and send it from there, piece by piece."""
    folder = tempfile.TemporaryDirectory(prefix="print-", dir=_print_folder())
    try:
        target = Path(folder.name) / "document.pdf"
        write(target)
    except BaseException:
        folder.cleanup()
        raise
    answer = _answer(name, target, _pieces(target, folder))
    answer.call_on_close(folder.cleanup)
    return answer


def _answer(name: str, path: Path, pieces: Iterator[bytes]) -> Response:
    answer = Response(pieces, mimetype=_KINDS[path.suffix])
    answer.content_length = path.stat().st_size
    how = "inline" if path.suffix == ".pdf" else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pieces(target: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    try:
        with target.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    finally:
        folder.cleanup()


def _print_folder() -> Path:
    folder = runtime().cache / "print"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
