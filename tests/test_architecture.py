"""Imports point one way, the date is an argument, and errors are named where they are caught."""

from __future__ import annotations

import ast
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("models", "compliance", "exports", "demo", "admin", "app")
# Each room may import those before it; `admin` itself puts the rooms of the panel together.
ROOMS = (
    "models.core",
    "models.kept",
    "models.photos",
    "models.sealed",
    "models.intake",
    "models.school",
    "compliance.ordered",
    "compliance.judged",
    "compliance.checklists",
    "compliance.told",
    "compliance.evaluated",
    "compliance.findings",
    "exports.pdf",
    "exports.tables",
    "exports.documents",
    "exports.bundle",
    "demo",
    "admin.frame",
    "admin.people",
    "admin.work",
    "admin.registers",
    "admin.boards",
    "admin.documents",
    "admin.evaluation",
    "admin.inspection",
    "admin.sealed",
    "admin.pages",
    "admin.commands",
    "admin",
    "app",
)
CLOCKS = {
    ("datetime.date", "today"),
    ("datetime.datetime", "now"),
    ("datetime.datetime", "today"),
    ("datetime.datetime", "utcnow"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("time", "ctime"),
    ("time", "strftime"),
}
SQL_CLOCKS = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "date('now'", "datetime('now'", "now()")
THE_CLOCK = "models/core/clock.py"

# Loaded only where used, because they cost memory in every process; the cycle test sees them too.
LOADED_WHERE_USED = {"exports.pdf": "brings in ReportLab and xhtml2pdf"}

# May turn any error into one of ours; each with the reason.
CATCH_ALLS = {"exports/pdf/html.py": "xhtml2pdf raises whatever the libraries below it raise"}


def sources(*layers):
    """Every module of the layers as (path relative to the root, parsed source)."""
    for layer in layers:
        top = ROOT / layer
        files = sorted(top.rglob("*.py")) if top.is_dir() else [top.with_suffix(".py")]
        for path in files:
            if path.is_file():
                yield path.relative_to(ROOT).as_posix(), parsed(path)


@cache
def parsed(path):
    """The syntax tree of a file, read once: at_run_time, the one that changes it, takes a copy."""
    return ast.parse(path.read_text("utf-8"))


def layer_of(path):
    return path.split("/")[0].removesuffix(".py")


def imported(tree):
    """Every imported dotted name with its line; relative imports are refused elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def imports_upwards(path, tree):
    rank = LAYERS.index(layer_of(path))
    for name, line in imported(tree):
        top = name.split(".")[0]
        if top in LAYERS and LAYERS.index(top) > rank:
            yield f"{path}:{line} imports {name} from a layer above"
        if top in ("tests", "benchmarks"):
            yield f"{path}:{line} imports {name}"


def room_of(dotted):
    """The room of a module: its folder, or its layer where it stands in none."""
    layer, _, rest = dotted.removesuffix(".__init__").partition(".")
    inner = f"{layer}.{rest.partition('.')[0]}"
    return inner if inner in ROOMS else layer


def imports_from_a_later_room(path, tree):
    here = room_of(path.removesuffix(".py").replace("/", "."))
    for name, line in imported(tree):
        there = room_of(name)
        if there in ROOMS and ROOMS.index(there) > ROOMS.index(here):
            yield f"{path}:{line} in {here} imports {name} from a later room"


def imports_of_flask(path, tree):
    for name, line in imported(tree):
        if name.split(".")[0].lower().startswith("flask"):
            yield f"{path}:{line} imports {name}"


def relative_imports(path, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{path}:{node.lineno} imports relatively; write the whole name"


def deferred_imports(path, tree):
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for name, line in imported(function):
                allowed = name.startswith(tuple(LOADED_WHERE_USED))
                if name.split(".")[0] in LAYERS and not allowed:
                    yield f"{path}:{line} imports {name} inside {function.name}"


def questions_to_the_clock(path, tree):
    known = names_of_time(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (spelled(node.value, known), node.attr) in CLOCKS:
            yield f"{path}:{node.lineno} asks the clock: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and any(c in str(node.value) for c in SQL_CLOCKS):
            yield f"{path}:{node.lineno} lets the database ask the clock"
    for name, line in imported(tree):
        if tuple(name.rsplit(".", 1)) in CLOCKS:
            yield f"{path}:{line} imports the clock: {name}"


def names_of_time(tree):
    """Local names of the modules `datetime` and `time` and of what is imported from them."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return known


def spelled(node, known):
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute):
        return f"{spelled(node.value, known)}.{node.attr}"
    return ""


def catch_alls(path, tree):
    """Handlers of every error, but for those that only clean up and raise it again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.walk(node.type) if node.type else ()
            names = {part.id for part in caught if isinstance(part, ast.Name)}
            everything = node.type is None or names & {"Exception", "BaseException"}
            if everything and not raises_again(node):
                yield f"{path}:{node.lineno} catches everything; name the errors"


def raises_again(handler):
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def found_in(rule, *layers, without=()):
    return "\n".join(
        found
        for path, tree in sources(*layers)
        if path not in without
        for found in rule(path, tree)
    )


def at_run_time(tree):
    """The module without what stands under `if TYPE_CHECKING`."""
    branches = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    if not any("TYPE_CHECKING" in ast.unparse(node.test) for node in branches):
        return tree
    tree = deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]
    return tree


def module_graph():
    names = {}
    for path, tree in sources(*LAYERS):
        dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        names[dotted] = {name for name, _line in imported(at_run_time(tree))}
    return {
        module: {
            target
            for name in wanted
            for target in (name, name.rpartition(".")[0])
            if target in names and target != module
        }
        for module, wanted in names.items()
    }


def cycle_in(graph):
    """One import cycle as a list of modules, or None."""
    done = set()

    def visit(module, trail):
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done:
            return None
        for target in sorted(graph[module]):
            if cycle := visit(target, [*trail, module]):
                return cycle
        done.add(module)
        return None

    return next(filter(None, (visit(module, []) for module in sorted(graph))), None)


def test_every_layer_has_modules_to_look_at():
    assert {layer_of(path) for path, _tree in sources(*LAYERS)} == set(LAYERS)


def test_imports_point_one_way():
    assert found_in(imports_upwards, *LAYERS) == ""


def test_rooms_import_from_earlier_rooms_only():
    assert found_in(imports_from_a_later_room, *LAYERS) == ""


def test_every_file_stands_in_a_room():
    """Only what puts a layer's rooms together stands beside them."""
    beside = {p for p, _tree in sources(*LAYERS) if p.count("/") == 1 and not p.startswith("demo")}
    inits = {f"{layer}/__init__.py" for layer in LAYERS if layer not in ("app", "demo")}
    assert beside == inits | {"admin/blueprints.py", "admin/panel.py"}


def test_every_room_says_what_lives_there():
    rooms = {room.replace(".", "/") for room in ROOMS if room != "app"}
    said = {p.removesuffix("/__init__.py"): t for p, t in sources(*LAYERS) if "__init__" in p}
    assert rooms <= set(said)
    assert [room for room in rooms if not ast.get_docstring(said[room])] == []


def test_no_module_imports_itself_through_others():
    assert cycle_in(module_graph()) is None


def test_flask_is_not_known_below_the_panel():
    assert found_in(imports_of_flask, "models", "compliance", "exports") == ""


def test_only_the_clock_asks_for_the_time_below_the_panel():
    found = found_in(
        questions_to_the_clock, "models", "compliance", "exports", "demo", without=(THE_CLOCK,)
    )
    assert found == ""


def test_nothing_catches_every_error():
    assert found_in(catch_alls, *LAYERS, without=CATCH_ALLS) == ""


def test_no_import_of_our_own_modules_is_deferred_into_a_function():
    assert found_in(deferred_imports, *LAYERS) == ""


def test_imports_are_written_in_full():
    assert found_in(relative_imports, *LAYERS) == ""


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (imports_upwards, "import compliance.duties"),
        (imports_upwards, "from admin import views"),
        (imports_from_a_later_room, "from models.school import draws"),
        (imports_upwards, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import app"),
        (imports_of_flask, "import flask"),
        (imports_of_flask, "from flask_login import current_user"),
        (questions_to_the_clock, "from datetime import date\ndate.today()"),
        (questions_to_the_clock, "import datetime as dt\nfield(default=dt.datetime.now)"),
        (questions_to_the_clock, "from datetime import datetime as moment\nmoment.utcnow()"),
        (questions_to_the_clock, "import time\ntime.time()"),
        (questions_to_the_clock, "from time import time"),
        (questions_to_the_clock, "SQL('DEFAULT CURRENT_TIMESTAMP')"),
        (catch_alls, "try: pass\nexcept Exception: pass"),
        (catch_alls, "try: pass\nexcept (ValueError, Exception) as e: pass"),
        (catch_alls, "try: pass\nexcept: pass"),
        (catch_alls, "try: pass\nexcept Exception as e: raise BadFile() from e"),
        (deferred_imports, "def f():\n  from models.core.clock import Clock"),
        (relative_imports, "from . import clock"),
    ],
)
def test_a_breach_of_the_rule_is_found(rule, source):
    assert list(rule("models/core/example.py", ast.parse(source)))


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (imports_upwards, "from models.core.errors import BadFile"),
        (questions_to_the_clock, "clock.now()\nsettings.today()"),
        (questions_to_the_clock, "from datetime import date\ndate(2025, 9, 1)"),
        (catch_alls, "try: pass\nexcept ValueError: pass"),
        (catch_alls, "try: pass\nexcept BaseException:\n  close()\n  raise"),
        (deferred_imports, "def f():\n  from PIL import Image"),
        (deferred_imports, "def f():\n  from exports.pdf.book import write_book"),
    ],
)
def test_what_the_rule_allows_is_left_alone(rule, source):
    assert list(rule("models/core/example.py", ast.parse(source))) == []


def test_a_cycle_of_three_modules_is_found():
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None
