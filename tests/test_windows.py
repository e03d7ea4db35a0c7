"""What Windows does not have is used only where it was asked first which system this is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ("admin", "compliance", "demo", "exports", "models")
UNIX_MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios"}
# Module and the names of it that only Unix has.
UNIX_NAMES = {
    "os": {
        *("fchmod", "fork", "getegid", "geteuid", "getgid", "getpgid", "getuid", "killpg"),
        *("mkfifo", "nice", "setsid", "statvfs", "sysconf", "uname", "O_DIRECTORY"),
    },
    "signal": {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "alarm"},
    "time": {"tzset"},
}
# How a condition asks for the system.
ASKED = ("os.name", "sys.platform", "platform.system", "hasattr(os", "hasattr(signal")


def unguarded(code: str) -> list[str]:
    """Name each use of what only Unix has outside an `if` or `or`/`and` that asks the system."""
    found: list[str] = []

    def walk(node: ast.AST, asked: bool) -> None:
        if not asked:
            found.extend(_unix(node))
        first = _first(node)
        if first is not None:
            # What is asked first runs everywhere; the rest only where the answer allows.
            walk(first, asked)
            asked = asked or _asks(first)
        for child in ast.iter_child_nodes(node):
            if child is not first:
                walk(child, asked)

    walk(ast.parse(code), False)
    return found


def _first(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.If | ast.IfExp):
        return node.test
    return node.values[0] if isinstance(node, ast.BoolOp) else None


def _asks(test: ast.expr) -> bool:
    return any(words in ast.unparse(test) for words in ASKED)


def _unix(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names if name.name in UNIX_MODULES]
    if isinstance(node, ast.ImportFrom):
        if node.module in UNIX_MODULES:
            return [node.module]
        names = UNIX_NAMES.get(node.module or "", set())
        return [f"{node.module}.{name.name}" for name in node.names if name.name in names]
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return []
    known = node.attr in UNIX_NAMES.get(node.value.id, set())
    return [f"{node.value.id}.{node.attr}"] if known else []


def shipped():
    """Return the files of code a school gets."""
    inner = [path for name in SHIPPED for path in sorted((ROOT / name).rglob("*.py"))]
    return [ROOT / "app.py", ROOT / "start.py", *inner]


def test_nothing_that_only_unix_has_is_used_unasked():
    files = shipped()
    assert len(files) > 100
    found = {str(path.relative_to(ROOT)): unguarded(path.read_text("utf-8")) for path in files}
    assert {name: uses for name, uses in found.items() if uses} == {}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import fcntl", ["fcntl"]),
        ("from pwd import getpwnam", ["pwd"]),
        ("from signal import SIGKILL", ["signal.SIGKILL"]),
        ("import os\nos.fork()", ["os.fork"]),
        ("import os\nif os.geteuid() == 0 and os.name != 'nt': pass", ["os.geteuid"]),
        ("import os\nif os.name != 'nt':\n    import fcntl", []),
        ("import os\nroot = os.name == 'nt' or os.geteuid() == 0", []),
        ("import signal\nif hasattr(signal, 'SIGHUP'):\n    signal.SIGHUP", []),
        ("import os, signal\nos.kill(1, signal.SIGTERM)", []),
    ],
)
def test_a_use_is_found_and_a_guarded_one_is_left_alone(code, found):
    assert unguarded(code) == found
