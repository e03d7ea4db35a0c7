"""Looks through a package handed over as a file: whether it is whole, and opens everywhere.

It needs no database: whoever receives a package can ask. What is found is told file by file.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exports.bundle.bag import DECLARATION
from exports.bundle.lists import FILES, MISSING
from exports.bundle.looked import OTHER_CONTENT, looked_at
from exports.bundle.names import ATTACHED, fault_of
from exports.pdf.fonts import STAND_IN
from models.core.errors import BadFile
from models.photos.other_files import FORMATS, OWN_FILES, file_kind

MANIFEST, TAGS, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"
_UTF8_NAME = 0x800
_PIECE = 1 << 20
# What a reader puts where a font has no letter for a code.
_NO_LETTER = "\N{REPLACEMENT CHARACTER}"


@dataclass
class Opened:
    """What was found in a package: its files, what is wrong with it, what its own list misses.

    `stood_in` are the documents in which a sign stands for characters no font has.
    """

    files: int = 0
    problems: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    stood_in: list[str] = field(default_factory=list)
    head: str = ""
    group: str = ""
    count: str = ""
    names: list[str] = field(default_factory=list)


def opened(path: Path) -> Opened:
    """Return what is found in a package; BadFile when it is no ZIP that can be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _Look(archive).found
    except FileNotFoundError:
        raise BadFile(f"没有这个文件：{path.name}") from None
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise BadFile(f"{path.name} 打不开，不是完整的 ZIP 文件，请重新复制或下载") from error


def set_problems(found: Sequence[Opened]) -> list[str]:
    """Return why packages are no whole set of volumes of one bundle, nothing when they are."""
    problems = []
    if not all(one.group and one.count for one in found):
        return ["有的文件不是分卷，不能放在一起检查"]
    if len({(one.group, one.head) for one in found}) > 1:
        problems.append("不是同一次生成的分卷")
    numbers = sorted(one.count.partition(" of ")[0] for one in found)
    total = found[0].count.partition(" of ")[2]
    wanted = sorted(str(number + 1) for number in range(int(total))) if total.isdigit() else []
    for number in sorted(set(wanted) - set(numbers), key=int):
        problems.append(f"缺第 {number} 卷（共 {total} 卷）")
    if len(set(numbers)) < len(numbers):
        problems.append("有的卷给了两次")
    return problems


class _Look:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.found = Opened()
        self._names(archive.infolist())
        self._digests: dict[str, str] = {}
        members = self._members(archive.infolist())
        for name, entry in members.items():
            self._read(name, entry)
        self._listed(members, MANIFEST, payload=True)
        self._listed(members, TAGS, payload=False)
        self._declared(members)
        self.found.names = sorted(name for name in members if name.startswith("data/"))
        self.found.files = len(self.found.names)

    def _wrong(self, why: str) -> None:
        self.found.problems.append(why)

    # ---- names ---------------------------------------------------------------------------------

    def _names(self, entries: list[zipfile.ZipInfo]) -> None:
        for entry in entries:
            name = entry.filename
            if fault := fault_of(name.rstrip("/")):
                self._wrong(f"{name}：文件名{fault}")
            if not name.isascii() and not entry.flag_bits & _UTF8_NAME:
                self._wrong(f"{name}：文件名没有标明是 UTF-8，在 Windows 上会成乱码")
        seen = Counter(entry.filename.casefold() for entry in entries)
        for name, count in seen.items():
            if count > 1:
                self._wrong(f"{name}：有 {count} 个同名文件，解开后只剩一个")

    def _members(self, entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        """Return the files by their names below the one folder all lies in."""
        bases = {entry.filename.partition("/")[0] for entry in entries}
        if len(bases) != 1:
            self._wrong(f"包里应当只有一个文件夹，现在有 {len(bases)} 个")
        return {entry.filename.partition("/")[2]: entry for entry in entries if not entry.is_dir()}

    # ---- files ---------------------------------------------------------------------------------

    def _read(self, name: str, entry: zipfile.ZipInfo) -> None:
        seen = hashlib.sha256()
        with tempfile.TemporaryDirectory(prefix="package-") as folder:
            copy = Path(folder) / f"file{Path(name).suffix}"
            try:
                with self._archive.open(entry) as source, copy.open("wb") as into:
                    while piece := source.read(_PIECE):
                        seen.update(piece)
                        into.write(piece)
            except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError):
                self._wrong(f"{name}：读不出来，文件已损坏")
                return
            self._digests[name] = seen.hexdigest()
            if name.startswith("data/"):
                self._looked(name, copy)

    def _looked(self, name: str, copy: Path) -> None:
        if ATTACHED in name.split("/") and copy.suffix in OWN_FILES:
            self._attached(name, copy)
            return
        looked = looked_at(copy)
        if looked.harm:
            self._wrong(f"{name}：{looked.harm}")
        if looked.unreadable:
            self._wrong(f"{name}：打不开")
        elif copy.suffix == ".pdf":
            self._letters(name, copy)
        elif name == f"data/{FILES}.xlsx":
            self.found.missing = list(_told_missing(copy.read_bytes()))

    def _attached(self, name: str, copy: Path) -> None:
        """Look at a file of the school's own as it was looked at when it came in."""
        try:
            kind = file_kind(copy.read_bytes())
        except BadFile as refused:
            self._wrong(f"{name}：{refused}")
            return
        if FORMATS[kind].suffix != copy.suffix:
            self._wrong(f"{name}：{OTHER_CONTENT}")

    def _letters(self, name: str, copy: Path) -> None:
        from pypdf import PdfReader

        text = "".join(page.extract_text() for page in PdfReader(copy).pages)
        if _NO_LETTER in text:
            self._wrong(f"{name}：有字体里没有的字，印出来是空白或方框")
        if STAND_IN in text:
            self.found.stood_in.append(name)

    # ---- lists ---------------------------------------------------------------------------------

    def _listed(
        self, members: Mapping[str, zipfile.ZipInfo], manifest: str, *, payload: bool
    ) -> None:
        if manifest not in members or manifest not in self._digests:
            self._wrong(f"{manifest}：没有这个校验清单，或读不出来")
            return
        listed = dict(self._lines(members[manifest]))
        there = {name for name in members if name.startswith("data/") is payload and name != TAGS}
        for name in sorted(listed.keys() - there):
            self._wrong(f"{name}：列在 {manifest} 里，包里没有")
        for name in sorted(there - listed.keys()):
            self._wrong(f"{name}：包里有，没有列在 {manifest} 里")
        for name in sorted(listed.keys() & self._digests.keys()):
            if listed[name] != self._digests[name]:
                self._wrong(f"{name}：内容和校验值不符，改动过或损坏了")

    def _lines(self, entry: zipfile.ZipInfo) -> Iterator[tuple[str, str]]:
        for line in self._archive.read(entry).decode("utf-8", "replace").splitlines():
            digest, _, name = line.partition("  ")
            yield name, digest

    def _declared(self, members: Mapping[str, zipfile.ZipInfo]) -> None:
        text = self._archive.read(members["bagit.txt"]) if "bagit.txt" in self._digests else b""
        if text != DECLARATION.encode():
            self._wrong("bagit.txt：没有或内容不对，不是本系统的资料包")
        if INFO not in self._digests:
            return
        said = {}
        for line in self._archive.read(members[INFO]).decode("utf-8", "replace").splitlines():
            label, _, value = line.partition(": ")
            said[label] = value
        self.found.head = said.get("Audit-Chain-Head", "")
        self.found.group = said.get("Bag-Group-Identifier", "")
        self.found.count = said.get("Bag-Count", "")
        sizes = [member.file_size for name, member in members.items() if name.startswith("data/")]
        if said.get("Payload-Oxum") != f"{sum(sizes)}.{len(sizes)}":
            self._wrong(f"{INFO}：写的文件数和字节数与包里的不符")


def _told_missing(data: bytes) -> Iterator[str]:
    """Yield what the package's own list says is missing."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError:
        return
    if MISSING not in book.sheet_names:
        return
    for _number, part, what, why, *_supplier in book.get_sheet_by_name(MISSING).to_python()[1:]:
        yield f"{part} {what}：{why}"
