"""The files of the archive's tree: each once in the package, every item with its own contents.

Windows has no links in a ZIP, so an item says in a text beside its files, and on one page of the
package, which of the files of the eight parts belong to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from exports.bundle.archive import ROOT, ArchivePart
from exports.bundle.cache import RenderCache, key_of
from exports.bundle.index import head_of, merged
from exports.bundle.order import NOTE, Frame, Item
from exports.bundle.plain import PlainData
from exports.bundle.survey import Missing, PartState, Survey
from exports.bundle.volumes import Place
from exports.documents.templates import fill

PAGE = "档案目录.html"
CONTENTS = "本项目录"
ALL_PARTS = "这一项就是本资料包的八个部分，见 index.html。"


@dataclass(frozen=True)
class Entry:
    """One file of an item as the page shows it; `volume` is the other volume it lies in."""

    href: str
    title: str
    folder: str
    volume: int | None


@dataclass(frozen=True)
class Shown:
    """One item as the page shows it."""

    number: int
    title: str
    clause: str
    entries: tuple[Entry, ...]
    missing: tuple[tuple[Missing, int], ...]
    is_package: bool


def stored_once(items: Sequence[Item], archived: Iterable[Item]) -> tuple[Item, ...]:
    """Return the archive's items; those whose bytes the package holds already name that file."""
    held = {item.made.sha256: item.name for item in items}
    return tuple(item.renamed(held.setdefault(item.made.sha256, item.name)) for item in archived)


def own_files(archived: Iterable[Item]) -> tuple[Item, ...]:
    """Return what only the archive's tree holds, each file once."""
    found: dict[str, Item] = {}
    for item in archived:
        if item.name.startswith(f"{ROOT}/"):
            found.setdefault(item.name, item)
    return tuple(found.values())


def contents_of(
    frame: Frame,
    survey: Survey,
    archived: Sequence[Item],
    cache: RenderCache,
    plain: PlainData,
) -> tuple[Item, ...]:
    """Return the text in each item's folder: its files, wherever in the package they lie."""
    found = []
    for state in survey.parts:
        text = _text(frame, state, [item for item in archived if item.archive == state.part.number])
        plain.look(text)
        found.append(_contents(state, text, cache))
    return tuple(found)


def _contents(state: PartState, text: str, cache: RenderCache) -> Item:
    part = state.part
    assert isinstance(part, ArchivePart)
    data = text.replace("\n", "\r\n").encode("utf-8-sig")

    def write(target: Path) -> None:
        target.write_bytes(data)

    made = cache.get(key_of([NOTE, text]), ".txt", write)
    name = f"{part.folder}/{CONTENTS}.txt"
    return Item(0, NOTE, CONTENTS, None, name, made, archive=part.number)


def _text(frame: Frame, state: PartState, own: Sequence[Item]) -> str:
    part = state.part
    lines = [
        f"{frame.school}　{frame.reach.title}档案（{frame.edition}）",
        f"第 {part.number} 项　{part.title}（依据 {part.clause}）",
        "",
    ]
    if not state.sources:
        return "\n".join([*lines, ALL_PARTS, ""])
    lines.append(f"共 {len(own)} 个文件，从资料包的 data 文件夹找起：" if own else "还没有文件。")
    lines += [f"{number}. {one.title}　{one.name}" for number, one in enumerate(own, start=1)]
    lines += ["", "还没有的：", *_lacking(state)] if state.missing else []
    return "\n".join([*lines, ""])


def _lacking(state: PartState) -> list[str]:
    return [
        f"{one.title}{f' × {count}' if count > 1 else ''}：{one.why}（{one.supplier}可补）"
        for one, count in merged(state.missing)
    ]


@dataclass(frozen=True)
class Tree:
    """The archive's tree of one package, without items where it was not asked for."""

    frame: Frame
    survey: Survey
    items: tuple[Item, ...]

    def page(self, place: Place) -> bytes:
        """Return its page in one volume, nothing where it was not asked for."""
        if not self.items:
            return b""
        shown = [self._shown(state, place) for state in self.survey.parts]
        data = {**head_of(self.frame, place.volume.place), "items": shown}
        return fill("bundle/archive.html", data).encode()

    def _shown(self, state: PartState, place: Place) -> Shown:
        part = state.part
        own = [item for item in self.items if item.archive == part.number and item.kind != NOTE]
        return Shown(
            number=part.number,
            title=part.title,
            clause=part.clause,
            entries=tuple(_entry(item, place) for item in own),
            missing=merged(state.missing),
            is_package=not state.sources,
        )


def _entry(item: Item, place: Place) -> Entry:
    number = place.volume.number
    volume = place.lies_in.get(item.name, number)
    folder = item.name.partition("/")[0]
    return Entry(quote(item.name), item.title, folder, None if volume == number else volume)
