"""What is installed is what is used: no requirement without an import, no import without one."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import (
    PackageNotFoundError,
    metadata,
    packages_distributions,
    requires,
    version,
)
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = ("app", "start", "admin", "exports", "compliance", "models", "demo")

# Needed without an import; each with the reason.
NOT_IMPORTED = {
    "tzdata": "the standard library's zoneinfo reads it on Windows",
    "psycopg-binary": "psycopg loads it instead of a library of the system",
}


def required():
    """The distributions of requirements.txt, lower-case, with dashes; each must be pinned."""
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            pinned = re.match(r"([\w-]+)==[\w.]+\s+# \S", line)
            assert pinned, f"not pinned, or without what it is for: {line}"
            yield pinned[1].lower().replace("_", "-")


def top_names(source):
    """The first part of every name a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def imported():
    """Every distribution the product imports, with a file that does."""
    known = packages_distributions()
    found = {}
    for top in OURS:
        folder = ROOT / top
        files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
        for path in filter(Path.is_file, files):
            for name in top_names(path.read_text("utf-8")):
                if name not in sys.stdlib_module_names and name not in OURS:
                    for distribution in known.get(name, [f"{name} (not installed)"]):
                        found[distribution.lower().replace("_", "-")] = path.name
    return found


def test_every_requirement_is_imported_by_the_product():
    assert set(required()) - set(imported()) == set(NOT_IMPORTED)


def test_every_third_party_import_is_a_requirement():
    known = set(required())
    assert {name: file for name, file in imported().items() if name not in known} == {}


def test_imports_are_found_wherever_they_stand():
    source = "import os, PIL.Image\ndef f():\n    from segno import make\nfrom . import x"
    assert set(top_names(source)) == {"os", "PIL", "segno"}


def listed():
    """The distributions of docs/dependencies.md, as they are written there."""
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    return dict(re.findall(r"^\| (\w[\w-]*) \| ([^|]+) \|$", page, re.MULTILINE))


def brought_along(names):
    """All distributions these need on this machine, themselves included."""
    found, waiting = set(), list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        found.add(name)
        needs = [need for need in requires(name) or [] if "extra ==" not in need]
        waiting += [
            needed[0]
            for need in needs
            if (needed := re.match(r"[\w.-]+", need)) and installed(needed[0])
        ]
    return found


def installed(name):
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def test_the_page_of_dependencies_names_every_one_with_its_licence():
    told = {name.lower().replace("_", "-"): licence for name, licence in listed().items()}
    assert brought_along(required()) == set(told)
    for name, licence in told.items():
        said = metadata(name)["License-Expression"]
        assert said in (None, licence), name
