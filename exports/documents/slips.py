"""回执: the slip at the foot of a letter or report, cut off, signed at home and brought back."""

from __future__ import annotations

from exports.pdf.blocks import XIAOSI, Block, CutLine, Spread, Text, Together

LINE = "_" * 40
GAP = "__________"


def slip(school: str, letter: str, pupil: str = "", school_class: str = "") -> Together:
    """Return the slip of a letter: what was read, whose child, room to write and to sign.

    It stands on one sheet, at most a quarter of it. Of a letter to one family it names the child.
    """
    blocks: tuple[Block, ...] = (
        CutLine("回　　执"),
        Text(f"{school}：", XIAOSI, leading=1.8),
        Text(f"你校《{letter}》的内容我们已经阅读。", XIAOSI, indent=2, leading=1.8),
        Spread((f"班级：{school_class or GAP}", f"学生姓名：{pupil or GAP}"), XIAOSI, before=2),
        Spread((f"意见或建议：{LINE}",), XIAOSI, before=3),
        Spread((f"家长签字：{GAP}", "日期：　　　　年　　月　　日"), XIAOSI, before=4),
    )
    return Together(blocks)
