"""The documents that are not made yet, each with what serves in its place until then."""

from __future__ import annotations

from compliance.ordered.papers import later

later(
    "growth-booklet",
    "成长记录册",
    "学生页面的“成长”一栏集中了成长记录，可逐条打印",
    clauses=("S03-4",),
)
later(
    "asset-labels",
    "资产标签",
    "“资产”的登记簿印有编号和存放场所",
    clauses=(),
)
later(
    "supervision-bulletin",
    "督查通报",
    "督查报告",
    clauses=("Q22-5", "Q25-三.2"),
)
later(
    "compliance-report",
    "制度落实报告",
    "“制度落实一览”逐条列出状态，可从浏览器打印",
    clauses=(),
)
later(
    "village-copy",
    "村组存档册",
    "“留守儿童登记”的登记簿，提供前在“对外提供”里登记",
    clauses=("Q23-1",),
)
later(
    "box-labels",
    "档案盒标签",
    "“归档文件”的登记簿列有档案盒和保管期限",
    clauses=("Q20-3",),
)
later(
    "diary-book",
    "亲情结对工作日记",
    "“亲情结对工作日记”的登记簿",
    clauses=("Z01-4",),
)
later(
    "weekly-hand-in",
    "周记录上交单",
    "“谈心记录”的登记簿按教师和周次筛选",
    clauses=("Q04-4", "H02-5"),
)
later(
    "wall-poster",
    "上墙版",
    "制度文本",
    clauses=("S01-3", "S02-3"),
)
