"""Each promise of docs/security.md names a test, and the test is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "security.md"
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROW = re.compile(r"^\| (?!promise|---)(.+) \| (.*) \|$", re.M)


def test_every_promise_names_a_test_that_is_there():
    promises = ROW.findall(PAGE.read_text("utf-8"))
    assert len(promises) > 25
    for promise, held_by in promises:
        tests = NAMED.findall(held_by)
        assert tests, promise
        for file, name in tests:
            assert f"def {name}(" in (TESTS / file).read_text("utf-8"), (file, name)
