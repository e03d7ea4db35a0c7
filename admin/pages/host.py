"""How the host and the backups stand, for the office: what `doctor` says, while the school runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin.frame.context import actor, runtime
from admin.frame.pages import Panel, expose
from admin.frame.settings import from_environment
from admin.work import health
from admin.work.backup_work import folder_of
from compliance.findings.kinds import ERROR, LEVELS
from models.core.boxes import OFFICE
from models.core.database import database
from models.core.errors import BadFile
from models.school import backups

# So many backups are listed; all that are kept are at most 23.
_SHOWN = 23
_GOOD = {"text": "好", "tone": "met"}


class HostView(BaseView):  # type: ignore[misc]
    """The page of backups and of the host."""

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """Show every check that is cheap enough, and the backups there are."""
        said = replace(from_environment(), data_dir=runtime().data_dir)
        found = [one for look in health.SEEN for one in look(said, actor().now)]
        wrong = sum(1 for one in found if one.level)
        page: str = self.render(
            "host.html",
            page_title=f"主机与备份：{wrong} 处要看一看" if wrong else "主机与备份都好",
            checks=[_row(one) for one in found],
            backups=_backups(),
            folder=folder_of(said.data_dir),
            embedded=not database.for_update,
        )
        return page


def _row(one: health.Finding) -> dict[str, Any]:
    tone = "unmet" if one.level == ERROR else "partly"
    level = {"text": LEVELS[one.level], "tone": tone} if one.level else _GOOD
    return {"cells": [one.name, level, one.text]}


def _backups() -> list[dict[str, Any]]:
    try:
        made = backups.backups(folder_of(runtime().data_dir))[:_SHOWN]
    except (BadFile, OSError):
        return []
    return [
        {
            "cells": [
                f"{backup.made_at:%Y-%m-%d %H:%M}",
                f"{sum(backup.manifest['counts'].values())} 行" if backup.manifest else "已加密",
                f"{len(backup.manifest['stored'])} 个" if backup.manifest else "已加密",
            ]
        }
        for backup in made
    ]


def add_to(panel: Panel) -> None:
    """Put the page into the menu."""
    view = HostView(
        "主机与备份", category="设置", endpoint="host", url="/host", menu_icon_value="check"
    )
    panel.add_view(view, OFFICE)
