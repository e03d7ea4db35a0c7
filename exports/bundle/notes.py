"""The note in the folder of a part that holds nothing: what is missing, and what to do about it.

Plain text as Windows 7's Notepad reads it: UTF-8 with its mark, lines ended by CR LF.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exports.bundle.cache import RenderCache, key_of
from exports.bundle.index import merged
from exports.bundle.order import NOTE, Frame, Item
from exports.bundle.plain import PlainData
from exports.bundle.survey import PartState, Survey

TITLE = "本部分暂无材料"


def with_notes(
    frame: Frame, survey: Survey, items: Sequence[Item], cache: RenderCache, plain: PlainData
) -> tuple[Item, ...]:
    """Return the items with a note for each part that has none, in the order of the parts."""
    filled = {item.part for item in items}
    found = list(items)
    for state in survey.parts:
        if state.part.number not in filled:
            text = _text(frame, state)
            plain.look(text)
            found.append(_note(state, text, cache))
    return tuple(sorted(found, key=lambda item: item.part))


def _note(state: PartState, text: str, cache: RenderCache) -> Item:
    data = text.replace("\n", "\r\n").encode("utf-8-sig")

    def write(target: Path) -> None:
        target.write_bytes(data)

    part = state.part
    name = f"{part.folder}/{TITLE}.txt"
    return Item(
        part.number, NOTE, TITLE, None, name, cache.get(key_of([NOTE, text]), ".txt", write)
    )


def _text(frame: Frame, state: PartState) -> str:
    part = state.part
    lines = [
        f"{frame.school}　{frame.reach.title}上报材料（{frame.edition}）",
        f"第 {part.number} 部分　{part.title}（依据 {part.clause}）",
        "",
        "这一部分还没有可以放入的材料。",
        "",
        "缺什么：",
    ]
    for number, (one, count) in enumerate(merged(state.missing), start=1):
        what = one.title if count == 1 else f"{one.title} × {count}"
        lines.append(f"{number}. {what}：{one.why}（{one.supplier}可补）")
    if not state.missing:
        lines.append("没有要求的材料。")
    lines += [
        "",
        "怎么办：请上面写明的人在系统里补登记或补文件，再由文员在“上报材料”页面重新生成。",
        "",
    ]
    return "\n".join(lines)
