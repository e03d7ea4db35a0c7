"""The faults as declared, and where each stands in the program today.

A fault is anchored at a function by name and at a short text inside it, so that moving a file costs
nothing and renaming a function or changing the line asks for a look at the fault.
"""

from __future__ import annotations

import ast
import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CATALOGUE = Path(__file__).parent / "catalogue"
PRODUCT = ("models", "compliance", "exports", "admin", "demo")


class Unanchored(Exception):
    """A fault whose place cannot be found, or is not the only one."""


@dataclass(frozen=True)
class Fault:
    """One small fault: the promise it breaks, where it stands and what it makes of the text.

    `where` names a function or `Class.method`, `file` instead a template or script; `near` is a
    second text of the function, where two of one name hold the first; `tests` are the tests or
    test files aimed at it, asked before those that were recorded to reach it. A fault with
    `equivalent` changes nothing anybody could notice, for the reason given there.
    """

    mechanism: str
    name: str
    promise: str
    find: str
    replace: str
    where: str = ""
    file: str = ""
    near: str = ""
    tests: tuple[str, ...] = ()
    equivalent: str = ""

    @property
    def digest(self) -> str:
        """What the fault makes of the text, shortly: another digest asks for another run.

        Not where it stands nor how it is indented: moved code is the same fault.
        """
        text = "\n".join(" ".join(part.split()) for part in (self.find, self.replace))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Anchor:
    """The place of a fault: the file, the function's first line, and the text's span."""

    path: Path
    line: int
    start: int
    end: int


def faults() -> list[Fault]:
    """Return every fault of the catalogue, by mechanism and in the order written."""
    return [
        Fault(path.stem, **{**entry, "tests": tuple(entry.get("tests", ()))})
        for path in sorted(CATALOGUE.glob("*.toml"))
        for entry in tomllib.loads(path.read_text("utf-8"))["fault"]
    ]


def anchor(fault: Fault, root: Path = ROOT) -> Anchor:
    """Return where the fault stands below `root`; Unanchored when that is not one place."""
    if fault.file:
        path = root / fault.file
        text = path.read_text("utf-8") if path.is_file() else ""
        places = [Anchor(path, 0, at, at + len(fault.find)) for at in _places(text, fault.find)]
    else:
        places = [
            Anchor(path, line, start + at, start + at + len(fault.find))
            for path, line, start, body in functions(root).get(fault.where, ())
            if fault.near in body
            for at in _places(body, fault.find)
        ]
    if len(places) != 1:
        where = fault.file or fault.where
        raise Unanchored(f"{fault.name}: {len(places)} places in {where} for {fault.find!r}")
    return places[0]


def _places(text: str, wanted: str) -> list[int]:
    places, at = [], text.find(wanted)
    while at >= 0:
        places.append(at)
        at = text.find(wanted, at + 1)
    return places


@cache
def functions(root: Path) -> dict[str, list[tuple[Path, int, int, str]]]:
    """Return every function and method of the program by name: file, body's line, offset, text."""
    named: dict[str, list[tuple[Path, int, int, str]]] = {}
    paths = [path for folder in PRODUCT for path in sorted((root / folder).rglob("*.py"))]
    for path in [root / "app.py", *paths]:
        source = path.read_text("utf-8")
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        tree = ast.parse(source)
        definitions = [("", node) for node in tree.body]
        definitions += [
            (f"{outer.name}.", node)
            for outer in tree.body
            if isinstance(outer, ast.ClassDef)
            for node in outer.body
        ]
        for prefix, node in definitions:
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                start, end = starts[first - 1], starts[node.end_lineno or node.lineno]
                body = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
                line = body[0].lineno
                place = (path, line, start, source[start:end])
                named.setdefault(prefix + node.name, []).append(place)
    return named
