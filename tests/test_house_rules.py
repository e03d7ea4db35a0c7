"""House rules a machine can hold: files of one idea, plain names, docstrings, nothing inline."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("models", "compliance", "exports", "demo", "admin")
LINE_LIMIT = 800

# Files of declarations alone may be longer; each with the reason.
LONG_DECLARATIONS: dict[str, str] = {}

# Made into PDF or opened from a disk, not served: they carry their own styles.
NOT_SERVED = ("templates/pdf/", "templates/documents/", "templates/bundle/")

VAGUE_NAME = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|base2)($|_)")
VAGUE_CLASS = re.compile(r"(Utils?|Helpers?|Manager|Misc)$")

NAMESPACES = ("http://www.w3.org/",)  # names of vocabularies, never fetched
REMOTE = re.compile(
    r"""(?:https?|wss?)://[a-z0-9][^\s"'<>)]*|["'(=]\s*//[a-z0-9-]+\.[a-z][^\s"']*"""
)
INLINE = (
    re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE),
    re.compile(
        r"\son(?:click|dblclick|change|submit|reset|load|error|input|focus\w*|blur|toggle"
        r"|key\w+|mouse\w+|touch\w+|pointer\w+|drag\w*|drop|paste|scroll|wheel)\s*=",
        re.IGNORECASE,
    ),
    re.compile(r"javascript:", re.IGNORECASE),
)
INLINE_STYLE = (
    re.compile(r"<style\b", re.IGNORECASE),
    re.compile(r"""\sstyle\s*=\s*["'{]""", re.IGNORECASE),
)


def texts(folder, *suffixes):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in suffixes and path.is_file():
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def python_files():
    for folder in (*PACKAGES, "benchmarks"):
        yield from texts(folder, ".py")
    yield from ((path.name, path.read_text("utf-8")) for path in sorted(ROOT.glob("*.py")))


def remote_hosts(text):
    found = (match.group() for match in REMOTE.finditer(text))
    return [address for address in found if not address.startswith(NAMESPACES)]


def inline_code(text, *, served=True):
    patterns = INLINE + (INLINE_STYLE if served else ())
    return [match.group().strip() for pattern in patterns for match in pattern.finditer(text)]


def strings_in(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "<" in node.value:
            yield node.value


def undocumented(path, source):
    tree = ast.parse(source)
    if not path.endswith("__init__.py") and not ast.get_docstring(tree):
        yield f"{path} has no docstring"
    for node in tree.body:
        is_definition = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_definition and not node.name.startswith("_"):
            if is_register(node):
                continue
            said = (ast.get_docstring(node) or "").split("\n")[0]
            if not said.endswith((".", "?", "。")):
                yield f"{path}:{node.lineno} {node.name}: the docstring starts with no sentence"


def is_register(node):
    """Whether a class is declared a register: its `purpose` says what it is, and a test asks it."""
    calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
    return any(ast.unparse(call.func) == "register" for call in calls)


def vague_names(path, source):
    for part in Path(path).with_suffix("").parts:
        if VAGUE_NAME.search(part.lower()):
            yield path
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and VAGUE_CLASS.search(node.name):
            yield f"{path}:{node.lineno} {node.name}"


def test_no_file_of_code_is_too_long_for_one_idea():
    long = {path for path, text in python_files() if text.count("\n") >= LINE_LIMIT}
    assert long == set(LONG_DECLARATIONS)


def test_no_file_or_class_has_a_name_that_says_nothing():
    assert [found for path, text in python_files() for found in vague_names(path, text)] == []


def test_every_public_function_and_class_says_in_a_sentence_what_it_is():
    found = "\n".join(
        finding
        for package in PACKAGES
        for path, text in texts(package, ".py")
        for finding in undocumented(path, text)
    )
    assert found == ""


@pytest.mark.parametrize("folder", ["templates", "static", "admin"])
def test_nothing_is_fetched_from_another_host(folder):
    files = list(texts(folder, ".html", ".css", ".js", ".svg", ".py", ".json", ".toml", ".xml"))
    assert files
    assert [(path, host) for path, text in files for host in remote_hosts(text)] == []


def test_pages_carry_no_inline_script_handler_or_style():
    pages = list(texts("templates", ".html"))
    assert pages
    assert [
        (path, found)
        for path, text in pages
        for found in inline_code(text, served=not path.startswith(NOT_SERVED))
    ] == []


def test_html_written_in_python_carries_none_either():
    assert [
        (path, found)
        for path, source in texts("admin", ".py")
        for text in strings_in(source)
        for found in inline_code(text)
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/a.js">',
        "@import url(//fonts.example.com/a.css)",
        'fetch("//api.example.com")',
        'new WebSocket("wss://push.example")',
    ],
)
def test_a_remote_host_is_found(text):
    assert remote_hosts(text)


@pytest.mark.parametrize(
    "text", ['<svg xmlns="http://www.w3.org/2000/svg">', "// a comment", 'f"http://{host}/"']
)
def test_a_namespace_and_a_comment_are_no_remote_hosts(text):
    assert not remote_hosts(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>go()</script>",
        '<script type="module">',
        '<p onclick="go()">',
        "<img onerror=go()>",
        '<a href="javascript:go()">',
        '<p style="color:red">',
        "<style>p{}</style>",
    ],
)
def test_inline_code_is_found(text):
    assert inline_code(text)


@pytest.mark.parametrize(
    "text",
    [
        '<script type="module" src="/static/js/photos.js"></script>',
        '<script type="application/json" id="points">[]</script>',
        "{% set only = 1 %}",
        '<p class="style" data-on="x">',
    ],
)
def test_what_a_strict_policy_allows_is_left_alone(text):
    assert not inline_code(text)


def test_a_missing_or_unfinished_docstring_is_found():
    assert len(list(undocumented("models/x.py", 'def f():\n    """Does it"""'))) == 2
    assert list(undocumented("models/x.py", '"""X."""\nclass A:\n    pass'))
    assert not list(undocumented("models/x.py", '"""X."""\ndef _f():\n    pass'))


def test_a_vague_name_is_found():
    assert list(vague_names("models/date_utils.py", ""))
    assert list(vague_names("admin/x.py", "class FileManager: pass"))
    assert not list(vague_names("models/utilities_bill.py", "class Lecture: pass"))


def test_no_page_reaches_into_the_private_parts_of_a_form():
    assert [path for path, text in texts("admin", ".py") if "._fields" in text] == []


def test_what_a_form_would_write_is_shown_and_confirmed_by_one_macro():
    confirming = 'name="step" value="do"'
    pages = [one for one in (ROOT / "templates").rglob("*.html") if confirming in one.read_text()]
    assert [one.name for one in pages] == ["preview.html"]


def test_numbers_of_addresses_and_posts_are_read_in_one_place():
    # `values.whole` knows the digits that int() refuses and how many of them it takes.
    own_ways = re.compile(r"\bis(?:digit|decimal|numeric)\(\)")
    found = [path for path, text in texts("admin", ".py") if own_ways.search(text)]
    # A code typed from the console, and the numerals of a column: no numbers are made of them.
    assert found == ["admin/people/setup.py", "admin/work/import_work.py"]
