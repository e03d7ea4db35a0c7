"""Closed lists of words that several registers share."""

from __future__ import annotations

WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
# What the home offers (S15-3, Q18-9).
PROGRAMMES = ("图书", "阅览", "工作站", "电脑", "文体", "交流", "电视")
# What a meeting or a letter to parents was about.
TOPICS = ("普法宣传", "家教知识", "监护责任", "安全教育", "心理健康", "其他")
