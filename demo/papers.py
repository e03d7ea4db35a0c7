"""The invented school's files: what an office really files, each in the form it comes in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from demo.writer import NAME
from exports.pdf.html import render_html
from exports.pdf.imprint import Imprint
from exports.tables.plain import Sheet, stored_entry, write_workbook

Values = Mapping[str, Any]

# The parts a Word document cannot be without (ECMA-376, part 1).
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<?xml version="1.0" encoding="UTF-8"?><Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}"/></Types>'
)
_LINKS = (
    f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATED}" Target="word/document.xml"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


class Paper(NamedTuple):
    """A file to be filed: its name and what is in it."""

    name: str
    data: bytes


class Filed(NamedTuple):
    """Which record a file belongs to: register, a word its field holds, kind of evidence, maker."""

    slug: str
    name: str
    word: str
    evidence: str
    make: Callable[[Values, datetime], Paper]

    @property
    def evidence_of(self) -> tuple[str, str]:
        """The kind of evidence of the register."""
        return (self.slug, self.evidence)


def lines_of(values: Values) -> list[str]:
    """Return what a record says in running text, one paragraph per field."""
    said = (str(value) for value in values.values() if isinstance(value, str))
    return [text for text in said if len(text) > len("四个字以上")]


def document(values: Values, _at: datetime) -> Paper:
    """Return a Word document of what the record says."""
    title = str(values["title"])
    told = "".join(
        f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in [title, *lines_of(values)]
    )
    page = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{_MAIN}">'
        f"<w:body>{told}</w:body></w:document>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _LINKS, "word/document.xml": page}
        for name, text in parts.items():
            package.writestr(stored_entry(name, (1980, 1, 1, 0, 0, 0)), text)
    return Paper(f"{title}.docx", packed.getvalue())


def printed(values: Values, at: datetime) -> Paper:
    """Return a PDF of what the record says."""
    title = str(values["title"])
    body = "".join(f"<p>{escape(text)}</p>" for text in lines_of(values))

    def picture(_number: str) -> Path:
        raise LookupError("this paper has no pictures")

    imprint = Imprint(NAME, title, at, NAME)
    return Paper(f"{title}.pdf", render_html(body, imprint=imprint, images=picture))


def note(values: Values, _at: datetime) -> Paper:
    """Return a text file with excerpts."""
    told = [f"《{values['title']}》摘记", *lines_of(values)]
    return Paper(f"{values['title']}摘记.txt", "\r\n".join(told).encode())


def workbook(values: Values, at: datetime) -> Paper:
    """Return a workbook with the sign-in of a meeting, its lines empty to be signed on paper."""
    title = f"{values['title']}签到表"
    rows = [(number, "", "") for number in range(1, 21)]
    with TemporaryDirectory() as folder:
        target = Path(folder) / "sheet.xlsx"
        sheet = Sheet("签到", ("序号", "姓名", "单位"), rows)
        write_workbook(target, [sheet], title=title, made_at=at, made_by=NAME)
        return Paper(f"{title}.xlsx", target.read_bytes())


FILES: tuple[Filed, ...] = (
    Filed("regulation", "title", "", "file", document),
    Filed("plan", "title", "", "file", printed),
    Filed("summary", "title", "", "file", document),
    Filed("reading-material", "kind", "书籍", "file", note),
    Filed("meeting", "kind", "领导小组", "minutes", document),
    Filed("meeting", "kind", "领导小组", "sign-in", workbook),
)
