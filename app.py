"""Puts the product together: `create_app()` makes the web app, `python app.py` serves it.

Sub-commands are listed in `admin.commands.all`; without one the school is served.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.core.errors import BadDeclaration, RecordsError


def _one_sentence(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Tell a wrong declaration without the way to it, which tells nothing to whoever wrote it."""
    if isinstance(error, BadDeclaration):
        print(error, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


if __name__ == "__main__":
    # Registers are classes: a mistake in one shows while the modules below are imported.
    sys.excepthook = _one_sentence

from flask import Flask, g, request
from flask_babel import Babel

from admin import panel
from admin.blueprints import BLUEPRINTS
from admin.commands.all import COMMANDS
from admin.frame import compression, errors, looks, menu, security, settings
from admin.frame.context import Runtime, masked
from admin.frame.private import keep_private
from admin.frame.requests import refuse_the_odd
from admin.frame.tables import make_tables
from admin.people import setup
from admin.work import damage, trouble
from models.core.clock import Clock
from models.core.database import (
    READER_WAITS,
    WRITER_WAITS,
    be_patient,
    close_for_now,
    connected,
    database,
    open_database,
)
from models.core.soundness import DATABASE

# Its own and WTForms' texts; Flask-Admin stays English under "zh" and "zh_Hans".
LOCALE = "zh_Hans_CN"
# What a shell says of a program whose reader went away.
PIPE_CLOSED = 141


def create_app(
    data_dir: Path | None = None,
    *,
    clock: Clock | None = None,
    database_url: str | None = None,
    tls: bool = False,
    testing: bool = False,
    demo: bool = False,
    hosts: tuple[str, ...] = (),
    redis: str = "",
) -> Flask:
    """Return the web app of the school whose records lie in `data_dir`.

    Without `data_dir` the environment says where (SCHOOL_DATA, DATABASE_URL). Missing tables are
    made; nothing is served yet. `hosts` are names it answers to besides the machine's own; `redis`
    is where several processes meet.
    """
    if data_dir is None:
        said = settings.from_environment()
        data_dir, database_url = said.data_dir, database_url or said.database_url
        hosts, redis = hosts or said.hosts, redis or said.redis
    app = Flask(__name__)
    app.testing = testing
    refuse_the_odd(app, hosts)
    app.config["ASSET_VERSION"] = _asset_version(Path(app.static_folder or "static"))
    app.extensions["runtime"] = Runtime(data_dir, clock or Clock(), tls, demo, redis)
    keep_private(data_dir)
    # Refuses what is no database at all; so the look below has pages to read.
    open_database(data_dir, database_url)
    if not database_url and (data_dir / DATABASE).is_file():
        damage.look(data_dir, app.extensions["runtime"].clock.now(), full=False)
    with connected():
        make_tables()
        setup.prepare(app)
    app.before_request(_connect)
    app.teardown_request(_close)
    Babel(app, default_locale=LOCALE)
    # First of all, so that it is the last to touch an answer.
    compression.compress_texts(app)
    security.protect(app, tls=tls, data_dir=data_dir, counters=redis)
    looks.note_looks(app)
    app.jinja_env.globals["masked"] = masked
    errors.register_errors(app)
    menu.register_menu(app)
    trouble.tell(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    panel.mount(app)
    return app


def _connect() -> None:
    """Open the database for the request; static files need none."""
    if request.endpoint not in security.STATIC:
        g.opened = database.connect(reuse_if_open=True)
        # Only looking waits for nobody: the thread is needed for the next one who looks.
        be_patient(READER_WAITS if request.method in ("GET", "HEAD") else WRITER_WAITS)


def _close(_error: BaseException | None) -> None:
    """Close what this request opened; a connection held around it stays open."""
    if g.pop("opened", False) and not database.is_closed():
        close_for_now()


def _asset_version(folder: Path) -> str:
    """Return a short mark that changes with any static file, so that browsers fetch it anew."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            seen.update(f"{path.name} {status.st_size} {status.st_mtime_ns};".encode())
    return seen.hexdigest()[:10]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command, or serve without one, and return the exit status."""
    parser = argparse.ArgumentParser(prog="app.py", description="留守儿童之家档案系统")
    commands = parser.add_subparsers(dest="command", metavar="命令")
    for command in COMMANDS:
        command.add(commands)
    # What a command may not import itself, because imports point one way.
    parser.set_defaults(create_app=create_app, known=tuple(commands.choices))
    said = list(sys.argv[1:] if arguments is None else arguments)
    parsed = parser.parse_args(said or ["serve"])
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does. What is still to be written at the exit
        # goes nowhere, so that Python does not complain of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (RecordsError, settings.BadSettings) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
