"""How a board says the comparison with last semester: per duty, per group, and what is compared."""

from __future__ import annotations

from typing import Any

from compliance.told.trend import Comparison, Kind, Trend
from models.core.boxes import TEACHING

# Why there is nothing to compare, as the page says it.
WHY = {
    Kind.NO_SEMESTER: "没有上学期",
    Kind.NOT_ADOPTED: "上学期未采用",
    Kind.NO_DATA: "上学期无数据",
    Kind.AT_THE_END: "到学期末再比",
    Kind.COMPARED: "本学期还没有到期的",
}


def said(trend: Trend) -> dict[str, Any]:
    """Return one comparison in words: `text` for the cell, `title` with both figures, `tone`."""
    change = trend.change
    if change is None:
        title = WHY[trend.kind]
        if trend.kind is Kind.AT_THE_END:
            title += f"（上学期末做到 {trend.before.percent}%）"
        return {"text": WHY[trend.kind], "title": title, "tone": "none"}
    title = f"本学期 {trend.now.percent}%，上学期同期 {trend.before.percent}%"
    if change == 0:
        return {"text": "持平", "title": title, "tone": "same"}
    word, tone = ("↑ 高", "up") if change > 0 else ("↓ 低", "down")
    return {"text": f"{word} {abs(change)} 点", "title": title, "tone": tone}


def compared_with(found: Comparison, role: str) -> str:
    """Return the sentence that says what is compared with what."""
    whose = "只算您自己的学生、班级和本人的任务。" if role in TEACHING else ""
    if found.previous is None:
        return f"{whose}系统里没有更早的学期，所以没有和上学期的比较。"
    if found.weeks is None:
        return f"{whose}“比上学期”：与{found.previous.title}整个学期相比，单位是百分点。"
    span = f"都到第 {found.weeks} 周末为止" if found.weeks else "第 1 周还没有过完"
    return (
        f"{whose}“比上学期”：与{found.previous.title}的同一周次相比，{span}，"
        "只比那时已经到期的周期，单位是百分点；"
        "按学期、学年办的任务到学期末再比，随时要保持的与上学期末相比。"
    )
