"""`python app.py release`: one ZIP that a PC without network unpacks and starts.

For Linux and macOS it holds the program and `wheels/`, from which `start.py` installs without
asking the network. For Windows, given Python's embeddable ZIP (python.org, "Windows embeddable
package (64-bit)"), it holds Python and everything installed: unpack, double-click `start.bat`.
Whoever makes it needs the network, a clone of the project, and for Linux the Python of the PC.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from admin.frame.settings import PROGRAM
from models.core.errors import RecordsError
from models.core.files import aside

REQUIREMENTS = "requirements.txt"
# What a school does not run.
LEFT_OUT = ("tests/", "benchmarks/", ".")
# As `start.py` and `start.bat` look for them.
WHEELS, PYTHON, PACKAGES = "wheels", "python", "packages"
WINDOWS = "win_amd64"
# Every file of a release has one time, so that the same commit makes the same ZIP.
TIME = (2000, 1, 1, 0, 0, 0)
_EMBEDDABLE = re.compile(r"python3(\d+)\._pth")
# `platform_system == "Windows"`, `sys_platform == 'win32'`, `os_name == "nt"`
_OF_WINDOWS = re.compile(r"""==\s*["'](?:Windows|win32|nt)["']""")


class NotReleased(RecordsError):
    """The release could not be made; the text says what to do first."""


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("release", help="做一个不联网也能装的程序压缩包")
    parser.add_argument("folder", type=Path, help="压缩包放进哪个文件夹")
    parser.add_argument(
        "--windows",
        type=Path,
        metavar="PYTHON.zip",
        help="做给 Windows 的：python.org 的 Windows embeddable package (64-bit)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the ZIP and say what to do with it."""
    made = make(arguments.folder, arguments.windows)
    start = "双击 start.bat" if arguments.windows else "运行 sh start.sh"
    print(f"已做好 {made}。")
    print(f"在学校的电脑上解压到一个文件夹（路径里可以有汉字和空格），{start}，不用联网。")
    if not arguments.windows:
        print(f"那台电脑要有 Python 3.{sys.version_info.minor}，和这台一样的系统。")
    return 0


def make(folder: Path, python: Path | None = None) -> Path:
    """Write the release into `folder` and return it; NotReleased says what is in the way.

    `python` is Python's embeddable ZIP; with it the release is one for Windows.
    """
    version = tomllib.loads((PROGRAM / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    kind = "windows" if python else f"{sys.platform}-py3{sys.version_info.minor}"
    name = f"left-behind-children-home-{version}-{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.zip"
    with tempfile.TemporaryDirectory() as scratch, aside(target) as part:
        wheels = Path(scratch) / WHEELS
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as release:
            for path in program_files():
                _add(release, f"{name}/{path}", (PROGRAM / path).read_bytes())
            if python:
                minor = _add_python(release, name, python)
                packages = Path(scratch) / PACKAGES
                _install_for_windows(minor, wheels, packages)
                _add_folder(release, f"{name}/{PACKAGES}", packages)
            else:
                _pip("download", "-r", REQUIREMENTS, "-d", str(wheels), "--only-binary=:all:")
                _add_folder(release, f"{name}/{WHEELS}", wheels)
    return target


def program_files() -> list[str]:
    """Return the files of the program that a school runs or reads, by their paths."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - wherever git is installed
            cwd=PROGRAM,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotReleased("这里不是项目的 git 副本：请先 git clone，再在里面做压缩包") from error
    paths = listed.stdout.decode("utf-8").split("\0")
    return [path for path in paths if path and not path.startswith(LEFT_OUT)]


def _add_python(release: zipfile.ZipFile, name: str, python: Path) -> int:
    """Add the embeddable Python, told where the packages are; return its minor version."""
    try:
        with zipfile.ZipFile(python) as given:
            found = [match for path in given.namelist() if (match := _EMBEDDABLE.fullmatch(path))]
            if not found:
                raise NotReleased(
                    f"{python} 不是 Windows embeddable package：请从 python.org 下载 3.11 以上的"
                )
            for path in given.namelist():
                content = given.read(path)
                if path == found[0].string:
                    # It looks nowhere else, neither in the environment nor where it runs.
                    content += f"\r\n..\\{PACKAGES}\r\n..\r\nimport site\r\n".encode()
                _add(release, f"{name}/{PYTHON}/{path}", content)
    except (OSError, zipfile.BadZipFile) as error:
        raise NotReleased(f"{python} 读不出来：请重新下载") from error
    return int(found[0][1])


def _install_for_windows(minor: int, wheels: Path, packages: Path) -> None:
    """Install the wheels of Windows into a folder, with what only Windows needs."""
    there = ("--only-binary=:all:", "--platform", WINDOWS, "--python-version", f"3.{minor}")
    _pip("download", "-r", REQUIREMENTS, "-d", str(wheels), *there)
    # pip reads the conditions of requirements for the machine it runs on.
    more = sorted({need for wheel in wheels.glob("*.whl") for need in needs_of_windows(wheel)})
    if more:
        _pip("download", *more, "-d", str(wheels), *there)
    # Everything is there by now, the needs of needs too, chosen for that Python, not for this one.
    names = [str(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    chosen = ("--no-deps", "--ignore-requires-python", "--no-compile", "--target", str(packages))
    _pip("install", *chosen, *there, *names)


def needs_of_windows(wheel: Path) -> Iterator[str]:
    """Yield what a wheel needs under Windows alone."""
    with zipfile.ZipFile(wheel) as opened:
        (path,) = (p for p in opened.namelist() if p.endswith(".dist-info/METADATA"))
        said = HeaderParser().parsestr(opened.read(path).decode("utf-8"))
    for need in said.get_all("Requires-Dist", []):
        requirement, _, condition = need.partition(";")
        if _OF_WINDOWS.search(condition) and "extra" not in condition:
            yield requirement.strip()


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    if subprocess.call(command, cwd=PROGRAM, stdout=sys.stderr):  # noqa: S603 - words of ours
        raise NotReleased("组件没有取全，压缩包没有做成：请核对网络后再做一次")


def _add_folder(release: zipfile.ZipFile, prefix: str, folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            _add(release, f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def _add(release: zipfile.ZipFile, path: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(path, TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if path.endswith(".sh") else 0o100644) << 16
    release.writestr(entry, content)
