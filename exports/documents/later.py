"""The documents that are not made yet, each with what serves in its place until then."""

from __future__ import annotations

from compliance.ordered.papers import later

later(
    "statistics-table",
    "留守儿童统计表",
    "“留守儿童登记”的列表按班级、性别、监护类型筛选后，页面上方的数字就是人数",
    clauses=("S03-2", "S03-18"),
)
later(
    "contact-card",
    "联系卡",
    "“留守儿童登记”的登记簿印有每名学生的电话和监护人",
    clauses=("S10-3", "Q07-5", "Q09-1", "Q09-3"),
)
later(
    "growth-booklet",
    "成长记录册",
    "学生页面的“成长”一栏集中了成长记录，可逐条打印",
    clauses=("S03-4",),
)
later(
    "photo-album",
    "照片册",
    "迎检材料包的照片目录里有带说明的照片副本",
    clauses=(
        "S03-3",
        "S03-5",
        "S03-6",
        "S03-7",
        "S03-8",
        "S03-9",
        "S03-10",
        "S03-11",
        "S03-12",
        "S03-13",
        "S03-14",
        "S03-15",
        "S03-18",
    ),
)
later(
    "calendar",
    "行事历",
    "“行事历”的登记簿按日期列出全部事项",
    clauses=("S03-18",),
)
later(
    "opening-programme",
    "每周开放安排",
    "“每周开放安排”的登记簿",
    clauses=("S15-1", "S15-3", "Q18-9"),
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
    "commendation-list",
    "表彰名单",
    "“表彰”的登记簿",
    clauses=("S03-15",),
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
    "archive-list",
    "归档文件目录",
    "“归档文件”的登记簿列有档号、题名和页数",
    clauses=("Q20-1", "Q20-2", "Q20-3", "Q20-4"),
)
later(
    "box-labels",
    "档案盒标签",
    "“归档文件”的登记簿列有档案盒和保管期限",
    clauses=("Q20-3",),
)
later(
    "review-sheet",
    "档案审核表",
    "“归档文件”的登记簿列有审核人和审核日期",
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
later(
    "class-teacher-sheet",
    "班主任联系方式表",
    "“班主任任职”的登记簿和“教职工”的登记簿",
    clauses=("Q01-2",),
)
