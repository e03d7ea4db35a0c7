"""A pytest plugin that notes which tests reach which marked place of the program.

The recorder puts a call of `met` at the head of every function that holds a fault; in an unmarked
program the plugin notes nothing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_MET: set[str] = set()
_BY_TEST: dict[str, tuple[list[str], float]] = {}
_FAILED: set[str] = set()


def met(place: str) -> None:
    """Note that the running test reached the place."""
    _MET.add(place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    _MET.clear()
    return (yield)


def pytest_runtest_logreport(report):
    if report.when == "teardown":
        _, spent = _BY_TEST.get(report.nodeid, ([], 0.0))
        _BY_TEST[report.nodeid] = (sorted(_MET), spent)
    else:
        places, spent = _BY_TEST.get(report.nodeid, ([], 0.0))
        _BY_TEST[report.nodeid] = (places, spent + report.duration)
    if report.outcome != "passed" or hasattr(report, "wasxfail"):
        _FAILED.add(report.nodeid)


def pytest_sessionfinish(session):
    folder = os.environ.get("FAULT_MARKS")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if folder and (worker or not getattr(session.config.option, "numprocesses", None)):
        known = {n: v for n, v in _BY_TEST.items() if n not in _FAILED and v[0]}
        Path(folder, f"{worker or 'alone'}.json").write_text(json.dumps(known), "utf-8")
