"""The eighteen archive boxes and the roles, as closed vocabularies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class BoxInfo:
    """One archive box: number, title, and how long its files are kept (DA/T 22-2015 periods)."""

    number: str
    title: str
    retention: str


class Box(Enum):
    """Where a register is filed; `SYSTEM` holds what no inspection asks for."""

    LEADERSHIP = BoxInfo("01", "组织领导", "Y")
    RULES = BoxInfo("02", "制度建设", "Y")
    PLANS = BoxInfo("03", "计划总结", "Y")
    CHILDREN = BoxInfo("04", "基础信息", "D30")
    PAIRINGS = BoxInfo("05", "结对帮扶", "D30")
    TALKS_AND_VISITS = BoxInfo("06", "家访谈心", "D10")
    FAMILY_CALLS = BoxInfo("07", "亲情沟通", "D10")
    ROOMS_AND_READING = BoxInfo("08", "文体阅览", "D10")
    ACTIVITIES = BoxInfo("09", "主题活动", "D10")
    LECTURES = BoxInfo("10", "法治安全心理讲座", "D10")
    HOME_AND_SCHOOL = BoxInfo("11", "家校互动", "D30")
    MEETINGS = BoxInfo("12", "会议例会", "Y")
    GROWTH = BoxInfo("13", "成长记录", "D30")
    ASSETS = BoxInfo("14", "资产", "Y")
    NEWS = BoxInfo("15", "信息报送", "D10")
    SUBSIDIES = BoxInfo("16", "资助", "D30")
    SAFETY = BoxInfo("17", "安全", "D30")
    SUPERVISION = BoxInfo("18", "督查考核", "Y")
    COUNSELLING = BoxInfo("心理", "心理咨询（密封）", "D30")
    MATERIALS = BoxInfo("资料", "资料", "D10")
    SYSTEM = BoxInfo("设置", "学校与账号", "Y")

    @property
    def title(self) -> str:
        """The box's Chinese title."""
        return self.value.title

    @property
    def number(self) -> str:
        """The box's number, two digits, or a word outside the numbered boxes."""
        return self.value.number


CLERK = "clerk"
LEADERSHIP = "leadership"
TEACHER = "teacher"
COUNSELLOR = "counsellor"
INSPECTOR = "inspector"
SYSTEM_ROLE = "system"

ROLES: dict[str, str] = {
    CLERK: "文员（档案管理员）",
    LEADERSHIP: "领导小组",
    TEACHER: "教师",
    COUNSELLOR: "心理辅导教师",
    INSPECTOR: "督查人员",
}

# A counsellor has a teacher's rights and, on top, the sealed registers (docs/architecture.md).
TEACHING = (TEACHER, COUNSELLOR)
OFFICE = (CLERK, LEADERSHIP)
