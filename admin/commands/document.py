"""`python app.py document`: one document as PDF, or all that can be made into a folder.

It acts as the first clerk, at the moment of the newest change, so that the same records give the
same bytes on any day; `--as-of` sets another day.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

from peewee import fn

from admin.commands.as_of import day_said
from admin.commands.documents_page import PAGE, documents_text
from admin.commands.tables import clerk, register_called
from admin.documents.asked import records_offered, registers_offered
from admin.frame import settings
from compliance.ordered.papers import DOCUMENTS, EACH_REGISTER, SCHOOL, Document, document_called
from exports.documents.asking import asked_by
from exports.documents.forms import declare_forms
from exports.documents.paper import Asked
from exports.pdf.errors import RenderFailed
from exports.pdf.imprint import Imprint
from models.core import calendar
from models.core.actor import Actor
from models.core.audit import log_access
from models.core.clock import Clock
from models.core.errors import BadFile, BadValue, NotFound
from models.core.files import aside
from models.core.gates import every_row
from models.core.listing import ListRequest
from models.core.register import REGISTERS, Register
from models.core.school_calendar import SemesterSpan
from models.core.values import whole

# So many records of each kind are printed when all documents are made.
EACH = 3
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("document", help="制作一种文书，或列出、制作全部文书")
    parser.add_argument("code", nargs="?", metavar="文书", help="文书的代码，见 --list")
    parser.add_argument("--list", action="store_true", help="列出所有文书")
    parser.add_argument("--all", action="store_true", help="把能制作的文书都做一份，放进文件夹")
    parser.add_argument("--only", metavar="文书", help="与 --all 同用：只做这一种")
    parser.add_argument("--for", dest="ids", action="append", metavar="编号", help="为哪条记录")
    parser.add_argument("--of", metavar="登记", help="登记簿、空白表、照片册要写是哪项登记")
    parser.add_argument("--semester", metavar="学期", help="如 2025-2026-1；不写就是当前学期")
    parser.add_argument("--as-of", type=day_said, metavar="DATE", help="按哪一天的情况制作")
    parser.add_argument("--out", type=Path, metavar="文件", help="存成 .pdf；--all 时是文件夹")
    parser.add_argument("--docs", action="store_true", help="重写 docs/documents.md")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0 when every document asked for was made."""
    declare_forms()
    if arguments.docs:
        PAGE.write_text(documents_text(), "utf-8")
        print(f"已写好 {len(DOCUMENTS)} 种文书的说明")
        return 0
    if arguments.list:
        return _list(as_json=arguments.json)
    if arguments.out is None or bool(arguments.code) == arguments.all:
        raise BadValue("请写文书代码和 --out 文件，或 --all 和 --out 文件夹；代码见 --list")
    said = settings.from_environment()
    with settings.opened(said):
        actor = _clerk_at(settings.clock_in(said.data_dir), arguments)
        semester = _semester(actor, arguments.semester)
        maker = _Maker(actor, semester, (said.data_dir / "files", said.data_dir / "cache"))
        if arguments.all:
            made = maker.all_into(arguments.out, arguments.only)
        else:
            made = [maker.one(_called(arguments.code), arguments)]
    _tell(made, as_json=arguments.json)
    return int(any("error" in one for one in made))


def _list(*, as_json: bool) -> int:
    lines = [
        {
            "code": document.code,
            "title": document.title,
            "about": document.about or "school",
            "where": dict(document.where),
            "clauses": list(document.clauses),
            "roles": list(document.roles),
            "editions": list(document.editions),
            "made_by": "page" if document.page else "document",
        }
        for document in DOCUMENTS.values()
    ]
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
        return 0
    for line in lines:
        print(f"{line['code']:<24} {line['title']}")
    return 0


def _clerk_at(clock: Clock, arguments: argparse.Namespace) -> Actor:
    """The first clerk, at the newest change of any record or at the end of the day asked for."""
    actor = clerk(clock)
    if arguments.as_of is not None:
        return replace(actor, now=datetime.combine(arguments.as_of, time(23, 59, 59)))
    return replace(actor, now=newest_change() or actor.now)


def newest_change() -> datetime | None:
    """Return when any record that lies open was changed last, None in an empty school."""
    found = []
    for register in REGISTERS.values():
        if not register.sealed:
            query = every_row(register).select(fn.MAX(register.model.changed_at))
            if moment := query.scalar():
                found.append(moment)
    moments = [datetime.fromisoformat(m) if isinstance(m, str) else m for m in found]
    return max(moments, default=None)


def _semester(actor: Actor, code: str | None) -> SemesterSpan:
    if code:
        return calendar.semester_called(code)
    span = calendar.current_span(actor.today)
    if span is None:
        raise NotFound("还没有学期，请先在“学期”里登记")
    return span


def _called(code: str) -> Document:
    found = document_called(code)
    if found is None:
        raise NotFound(f"没有代码为“{code}”的文书，请用 document --list 查看")
    if found.page:
        raise BadValue(f"“{found.title}”在它自己的页面上制作，请从浏览器打开")
    return found


class _Maker:
    """Makes documents as one actor, for one semester."""

    def __init__(self, actor: Actor, semester: SemesterSpan, folders: tuple[Path, Path]) -> None:
        self._actor, self._semester, self._folders = actor, semester, folders

    def one(self, document: Document, arguments: argparse.Namespace) -> dict[str, Any]:
        """Make one document into the file asked for."""
        ids = [_number(text) for text in arguments.ids or ()]
        register = register_called(arguments.of) if arguments.of else None
        wanted = self._asked(document, register, ids)
        if wanted is None:
            what = "--of 登记" if document.about == EACH_REGISTER else "--for 记录编号"
            raise BadValue(f"“{document.title}”要写明 {what}")
        if ids and not wanted.records:
            raise NotFound("没有找到这条记录，或者它不能制作这种文书")
        made = self._write(document, wanted, arguments.out)
        if "nothing" in made:
            raise BadValue(made["nothing"])
        return made

    def all_into(self, folder: Path, only: str | None = None) -> list[dict[str, Any]]:
        """Make every document into a folder, each of up to `EACH` records or of each register."""
        chosen = [_called(only)] if only else DOCUMENTS.values()
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for document in chosen:
            if document.page:
                continue
            for suffix, wanted in self._each(document):
                name = f"{document.code}{suffix}-{_NOT_IN_NAMES.sub('', document.title)}.pdf"
                try:
                    made.append(self._newest_of(document, wanted, folder / name))
                except BadFile as error:
                    made.append({"code": document.code, "error": str(error)})
        return made

    def _newest_of(self, document: Document, wanted: Asked, target: Path) -> dict[str, Any]:
        """Make a document; of the school, one of an earlier semester where this has none yet."""
        made = self._write(document, wanted, target)
        if "nothing" in made and document.about == SCHOOL:
            for semester in self._backwards():
                earlier = self._write(document, replace(wanted, semester=semester), target)
                if "nothing" not in earlier:
                    return earlier
        return made

    def _each(self, document: Document) -> list[tuple[str, Asked]]:
        if document.about == EACH_REGISTER:
            offered = [
                register
                for register in registers_offered(self._actor)
                if document.code != "photo-album" or "photo" in register.evidence
            ]
            found = [
                (f"-{register.slug}", self._asked(document, register, [])) for register in offered
            ]
        elif document.about == SCHOOL:
            found = [("", self._asked(document, None, []))]
        else:
            found = [("", self._asked(document, None, self._newest(document)))]
        return [(suffix, wanted) for suffix, wanted in found if wanted is not None]

    def _newest(self, document: Document) -> list[int]:
        """The newest records of the semester, else of the last one before it that has any."""
        for semester in self._backwards():
            records = records_offered(self._actor, document, ListRequest(), semester)
            if records:
                return [record.id for record in records[:EACH]]
        return []

    def _backwards(self) -> Iterator[SemesterSpan]:
        """The semesters up to the one asked for, newest first."""
        known = [
            semester
            for semester in calendar.semesters()
            if semester.first_day <= self._semester.first
        ]
        for semester in sorted(known, key=lambda one: one.first_day, reverse=True):
            yield calendar.semester_called(semester.code)

    def _asked(self, document: Document, register: Register | None, ids: list[int]) -> Asked | None:
        return asked_by(
            self._actor, document, self._semester, self._folders, register=register, ids=ids
        )

    def _write(self, document: Document, wanted: Asked, target: Path) -> dict[str, Any]:
        assert document.maker is not None
        paper = document.maker(wanted)
        if paper.nothing:
            return {"code": document.code, "title": paper.title, "nothing": paper.nothing}
        imprint = Imprint(
            wanted.school, paper.title, self._actor.now, self._actor.name, paper.subtitle
        )
        try:
            with aside(target) as part:
                paper.write(part, imprint)
        except OSError as error:
            raise BadFile(f"文件写不进去：{target.name}，请换个位置") from error
        except RenderFailed as error:
            raise BadFile(f"“{document.title}”不能打印：{error}") from error
        for record in wanted.records or (None,):
            slug = wanted.register.slug if wanted.register is not None else "document"
            log_access(
                self._actor, "print", slug, record.id if record else None, f"文书 {document.title}"
            )
        return {
            "code": document.code,
            "title": paper.title,
            "file": str(target),
            "records": len(wanted.records),
            "bytes": target.stat().st_size,
        }


def _number(said: str) -> int:
    number = whole(said, least=1)
    if number is None:
        raise BadValue(f"--for 要写记录的编号，现在是“{said}”")
    return number


def _tell(made: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(made, ensure_ascii=False, indent=1))
        return
    for one in made:
        why = one.get("error") or one.get("nothing")
        print(why or f"已制作 {one['title']}：{one['file']}")
    print(f"共 {sum('file' in one for one in made)} 份")
