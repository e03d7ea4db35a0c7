"""Every sub-command of `python app.py`, in the order the help shows them.

A command is a module as `admin.commands` describes; its `run` may call
`admin.frame.settings` for the data folder and the database. `app.main` hands every one `create_app`
and `known`, the names of all commands, among the arguments.
"""

from __future__ import annotations

from types import ModuleType

from admin.commands import (
    audit,
    backup,
    bundle,
    certificate,
    copy,
    demo,
    doctor,
    document,
    duties,
    evaluate,
    inspect,
    point,
    registers,
    release,
    rescue,
    serve,
    setup,
    systems,
    tables,
    work,
)

COMMANDS: tuple[ModuleType, ...] = (
    serve,
    setup,
    rescue,
    demo,
    audit,
    backup,
    doctor,
    certificate,
    bundle,
    document,
    copy,
    work,
    duties,
    systems,
    evaluate,
    inspect,
    tables,
    point,
    registers,
    release,
)
