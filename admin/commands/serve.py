"""`python app.py serve`, also without a word: serves the school.

A second process works off the jobs (`python app.py work`); it is started again when it dies and
ends with this one: its standard input closes. Several processes that meet in Redis (SCHOOL_REDIS)
start none: the school's one worker is a service of its own.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from flask import Flask

from admin.frame import log_file, settings
from admin.frame.only_server import only_server
from admin.frame.settings import Settings
from admin.frame.web_server import own_address, read_certificate, school_server
from admin.sealed.hand_on import HandsOn
from models.core.database import connected, let_go, note_table_sizes
from models.core.errors import RecordsError

OWN_ADDRESSES = ("127.0.0.1", "::1")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - phones on the school network reach it
RESTART_AFTER = 1.0
# A worker that lived shorter is started again after a longer pause each time.
LIVED, LONGEST_PAUSE = 30.0, 60.0
STOP_WITHIN = 10.0
APP_FILE = settings.PROGRAM / "app.py"

log = logging.getLogger(__name__)


class PortTaken(RecordsError):
    """Another program listens on the port."""


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("serve", help="启动（不写命令也是启动）")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped and return the exit status."""
    said = settings.from_environment()
    log_file.write_to(said.data_dir, "school")
    app = arguments.create_app(
        said.data_dir,
        database_url=said.database_url,
        tls=said.tls,
        hosts=said.hosts,
        redis=said.redis,
        clock=settings.clock_in(said.data_dir),
        demo=(said.data_dir / settings.DEMO_NOTES).is_file(),
    )
    return serve(app, said, with_worker="work" in arguments.known)


def serve(app: Flask, said: Settings, *, with_worker: bool = True) -> int:
    """Serve `app` on the port of the settings until interrupted; PortTaken when it is not free.

    The demo school is served by this too, with a clock of its own in `app`. ServedAlready when
    another server has the data folder.
    """
    alone = nullcontext() if said.database_url else only_server(said.data_dir)
    with alone:
        return _serve(app, said, with_worker=with_worker)


def _serve(app: Flask, said: Settings, *, with_worker: bool) -> int:
    certificate = None
    if said.tls_cert and said.tls_key:
        certificate = read_certificate(said.tls_cert, said.tls_key)
    if said.sealed_port not in (0, said.port):
        app.wsgi_app = HandsOn(app.wsgi_app, said.sealed_port)  # type: ignore[method-assign]
    try:
        server = school_server(app, (_listened_at(said), said.port), certificate, proxy=said.proxy)
    except OSError as error:
        raise PortTaken(
            f"端口 {said.port} 已被占用：可能已经启动过一次；也可以用 SCHOOL_PORT 换一个端口"
        ) from error
    # Several processes have one worker between them, a service of its own.
    worker = Worker(said) if with_worker and not said.redis else None
    _greet(app, said)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        if worker:
            worker.start()
        # SQLite tidies its log whenever the last connection goes; between two requests of a quiet
        # afternoon that would be every time, and costs more than the page.
        with connected():
            server.run()
        print("正在停止……", flush=True)
    finally:
        if worker:
            worker.stop()
        with connected():
            note_table_sizes()
        let_go()
    return 0


def _listened_at(said: Settings) -> str:
    """Beside a proxy on the same machine nobody else need reach the port."""
    return said.proxy if said.proxy in OWN_ADDRESSES else EVERYWHERE


def _interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _greet(app: Flask, said: Settings) -> None:
    scheme = "https" if said.tls else "http"
    if said.proxy:
        print(f"在端口 {said.port} 等 {said.proxy} 转来的访问；大家打开那个网站的 https 地址")
    else:
        print(f"本机打开：{scheme}://localhost:{said.port}/")
        address = own_address()
        if address:
            print(f"手机打开：{scheme}://{address}:{said.port}/")
    if said.redis:
        print("后台的工作（导入、资料包、备份）由另一个程序做，要另外启动：python app.py work")
    if not said.tls:
        print("未启用加密连接（SCHOOL_TLS_CERT、SCHOOL_TLS_KEY），请只在校内网络使用")
    code = app.extensions.get("setup_code")
    if code:
        print(f"第一次使用，建立学校时要填的一次性口令：{code}")
    sys.stdout.flush()


class Worker:
    """Keeps one process that works off the jobs alive until stopped."""

    def __init__(self, said: Settings, start: Callable[..., Any] = subprocess.Popen) -> None:
        self._environment = {
            **os.environ,
            "SCHOOL_DATA": str(said.data_dir),
            "DATABASE_URL": said.database_url or "",
        }
        self._start = start
        self._stopping = threading.Event()
        self._process: Any = None
        self._thread = threading.Thread(target=self._watch, name="worker", daemon=True)

    def start(self) -> None:
        """Start the process and the thread that watches it."""
        self._thread.start()

    def _watch(self) -> None:
        pause = RESTART_AFTER
        while not self._stopping.is_set():
            began = time.monotonic()
            command = [sys.executable, str(APP_FILE), "work"]
            self._process = self._start(
                command, stdin=subprocess.PIPE, env=self._environment, cwd=APP_FILE.parent
            )
            if self._stopping.is_set():  # asked to stop while this one was being started
                self._process.terminate()
            status = self._process.wait()
            self._process.stdin.close()
            # What dies at once dies again: a full disk must not be met every three seconds.
            died_at_once = time.monotonic() - began < LIVED
            pause = min(2 * pause, LONGEST_PAUSE) if died_at_once else RESTART_AFTER
            if not self._stopping.wait(pause):
                log.warning("the worker ended with status %s and is started again", status)

    def stop(self) -> None:
        """Ask the process to end, and end it when it does not."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN)
