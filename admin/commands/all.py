"""Every sub-command of `python app.py`, in the order the help shows them.

A command is a module as `admin.commands` describes; its `run` may call `admin.settings` for the
data folder and the database.
"""

from __future__ import annotations

from types import ModuleType

from admin.commands import serve

COMMANDS: tuple[ModuleType, ...] = (serve,)
