"""Makes `.venv`, installs what the requirements say and starts the product in it.

    start.py [ARGUMENTS]             what follows goes to app.py
    start.py --prepare [FILE ...]    stops before the start; each FILE names more requirements

`start.sh` and `start.bat` find a Python for it, and `tests/run.sh` prepares with it. Only the
standard library is at hand here, and an older Python must be able to read as far as `main`.
What it says goes to standard error: standard output is app.py's alone.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# A release has everything to install with it: `python app.py release`.
WHEELS = ROOT / "wheels"
# What was installed, a line each: the interpreter, then a digest of every requirements file.
STAMP = VENV / "installed.txt"
OLDEST = (3, 11)


class CannotStart(Exception):
    """Something the user has to do first; the text says what."""


def prepare(more_requirements: Sequence[str] = ()) -> None:
    """Make the environment and install whatever changed since the last time."""
    interpreter = _interpreter()
    known = STAMP.read_text("utf-8").splitlines() if STAMP.is_file() else []
    if not interpreter or known[:1] not in ([], [interpreter]):
        make_environment()
        interpreter, known = _interpreter(), []
    files = ["requirements.txt", *more_requirements]
    wanted = {name: f"{_digest(name)}  {name}" for name in files}
    if known[:1] == [interpreter] and set(wanted.values()) <= set(known):
        return
    install(files)
    others = [line for line in known[1:] if line.partition("  ")[2] not in wanted]
    STAMP.write_text("\n".join([interpreter, *others, *wanted.values()]) + "\n", "utf-8")


def make_environment() -> None:
    """Make `.venv` anew with the Python that runs this."""
    if find_spec("ensurepip") is None:
        # Debian and Ubuntu keep this part of Python in a package of its own.
        package = f"python3.{sys.version_info.minor}-venv"
        if not install_on_debian([package]):
            raise CannotStart(f"缺少 {package}，请先运行：sudo apt install {package}\n然后再启动")
    _say(f"正在准备运行环境（Python {sys.version.split()[0]}）……")
    # A process of its own, because what was just installed is not seen in this one.
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=sys.stderr):
        raise CannotStart(f"运行环境 {VENV} 建不成，请核对磁盘空间和文件夹的权限")


def install(files: Sequence[str]) -> None:
    """Install requirements files into `.venv`."""
    _say("正在安装所需的组件，第一次要一两分钟……")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for name in files:
        command += ["-r", name]
    if WHEELS.is_dir():
        command += ["--no-index", "--find-links", str(WHEELS)]
    if subprocess.call(command, cwd=ROOT, stdout=sys.stderr):
        if WHEELS.is_dir():
            own = f"3.{sys.version_info.minor}"
            raise CannotStart(f"组件没有装好：压缩包要配做它时的 Python 版本，现在是 {own}")
        raise CannotStart(
            "组件没有装好，请核对网络后再启动一次；下载太慢时可以设 PIP_INDEX_URL 换一个源"
        )


def install_on_debian(packages: Sequence[str]) -> bool:
    """Install system packages when this is root on Debian or Ubuntu; False when it did not."""
    if os.name == "nt" or os.geteuid() != 0:
        return False
    _say(f"正在安装 {' '.join(packages)}……")
    _apt_get("update")  # An old package list is often good enough.
    return _apt_get("install", "-y", "--no-install-recommends", *packages) == 0


def main(arguments: Sequence[str]) -> int:
    """Prepare, then become app.py, and return the exit status."""
    if sys.version_info < OLDEST:
        _say("需要 Python 3.11 以上，现在是 " + sys.version.split()[0])
        return 1
    try:
        if arguments[:1] == ["--prepare"]:
            prepare(arguments[1:])
            return 0
        prepare()
    except CannotStart as error:
        _say(str(error))
        return 1
    command = [str(PYTHON), str(ROOT / "app.py"), *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    # Windows cannot turn into another program: it waits for it, and Ctrl+C reaches both.
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def _apt_get(*arguments: str) -> int | None:
    """Run apt-get without a word and return its exit status; None where there is none."""
    try:
        return subprocess.call(
            ["apt-get", "-qq", *arguments],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        return None


def _interpreter() -> str:
    """Return which Python `.venv` holds; "" when it holds none that works and can install."""
    question = "import sys, importlib.util as u; u.find_spec('pip') and print(sys.version)"
    try:
        command = [str(PYTHON), "-c", question]
        asked = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return " ".join(asked.stdout.split())


def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
