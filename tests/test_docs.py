"""The project explains itself: what is cited is there, and every page is found from the README."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXTS = {".py", ".toml", ".md", ".html", ".css", ".js", ".sh", ".bat", ".txt", ".svg", ".json"}
# A page by its name; what only ends like one (a mask in a glob, an address) is none.
CITED = re.compile(r"(?<![\w*/.:])((?:[\w-]+/)*[A-Za-z][\w-]*\.md)\b")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def files():
    """Every text of the repository, tracked or about to be, with its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git work tree")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in TEXTS and path.is_file() and not path.is_symlink():
            yield name, path.read_text("utf-8")


def unknown_pages(name, text):
    """The pages a text cites that are neither at the root, in docs/ nor beside it."""
    for cited in CITED.findall(text):
        places = (ROOT, ROOT / "docs", (ROOT / name).parent)
        if not any((place / cited).is_file() for place in places):
            yield cited


def test_no_file_cites_a_document_that_is_not_in_the_repository():
    # A section or an outside paper without a page counts too: nobody here can look it up.
    cited = [
        f"{name} cites {page}; see docs/architecture.md and docs/rules.md"
        for name, text in files()
        if name != "tests/test_docs.py"
        for page in (*unknown_pages(name, text), *re.findall(r"domain §\S*", text))
    ]
    assert cited == []


def test_every_link_of_a_page_leads_to_a_file():
    broken = [
        (name, target)
        for name, text in files()
        if name.endswith(".md")
        for target in LINK.findall(text)
        if "://" not in target and not ((ROOT / name).parent / target).exists()
    ]
    assert broken == []


def test_the_readme_links_every_page_of_the_docs():
    readme = LINK.findall((ROOT / "README.md").read_text("utf-8"))
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert len(pages) >= 8
    assert pages - set(readme) == set()


def test_a_wrong_citation_is_found():
    assert list(unknown_pages("models/x.py", "# see design.md, Storage")) == ["design.md"]
    assert list(unknown_pages("models/x.py", "# see docs/none.md")) == ["docs/none.md"]
    for text in ("docs/rules.md", "rules.md, Calendar", "README.md", "glob('*.md')"):
        assert list(unknown_pages("models/x.py", text)) == []


def test_the_changelog_has_a_dated_entry_for_the_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    released = [head for head in heads if head != "Unreleased"]
    assert re.fullmatch(r"\d+\.\d+\.\d+ · \d{4}-\d\d-\d\d", released[0])
    assert released[0].split(" · ")[0] == project["version"]
