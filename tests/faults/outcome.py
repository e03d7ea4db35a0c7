"""What became of each fault, kept in `outcomes.json`, and the page docs/tests.md made from it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.anchors import ROOT, Fault

KEPT = Path(__file__).parent / "outcomes.json"
PAGE = ROOT / "docs" / "tests.md"

CAUGHT, SURVIVED, UNREACHED = "caught", "survived", "unreached"


@dataclass(frozen=True)
class Outcome:
    """What became of one fault: the test that caught it, or how many did not."""

    digest: str
    state: str
    by: str = ""
    ran: int = 0


def kept() -> dict[str, Outcome]:
    """Return the kept outcomes by the faults' names."""
    if not KEPT.is_file():
        return {}
    return {name: Outcome(**entry) for name, entry in json.loads(KEPT.read_text("utf-8")).items()}


def keep(outcomes: dict[str, Outcome], faults: list[Fault]) -> None:
    """Write the outcomes of the faults there are, at one go: another thread may be reading them."""
    standing = {f.name: asdict(outcomes[f.name]) for f in faults if f.name in outcomes}
    lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in standing.items())
    part = KEPT.with_suffix(".part")
    part.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    part.replace(KEPT)


def is_known(fault: Fault, outcomes: dict[str, Outcome]) -> bool:
    """Return whether the fault as it reads today was run."""
    return fault.name in outcomes and outcomes[fault.name].digest == fault.digest


def is_caught(fault: Fault, outcomes: dict[str, Outcome]) -> bool:
    """Return whether the fault was caught when it last ran.

    By its name: who changes the program and anchors the fault anew need not run it at once.
    """
    return fault.name in outcomes and outcomes[fault.name].state == CAUGHT


def page(faults: list[Fault], outcomes: dict[str, Outcome]) -> str:
    """Return docs/tests.md: faults per mechanism, caught, equivalent, and what was not caught."""
    asked = [fault for fault in faults if not fault.equivalent]
    caught = [fault for fault in asked if is_caught(fault, outcomes)]
    lines = [
        "# Tests",
        "",
        "Made by `python -m tests.faults --report`; do not edit by hand.",
        "",
        "`sh tests/run.sh` formats, lints, checks types and runs every test; `.ci/run` calls it.",
        "",
        "## Faults put into the program",
        "",
        "A net of tests is worth what it catches. `tests/faults/catalogue` lists small faults, "
        "each with the promise it breaks. One at a time they are put into a copy of the project, "
        "and the tests that reach the place are run until one fails. CI runs a dozen, those in "
        "lately changed files first; `python -m tests.faults --full` runs all.",
        "",
        f"Of {len(faults)} faults {len(faults) - len(asked)} are equivalent (nobody could notice "
        f"them). Of the other {len(asked)}, {len(caught)} are caught "
        f"({100 * len(caught) / max(1, len(asked)):.1f} %).",
        "",
        "| mechanism | faults | equivalent | caught | not caught |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for mechanism in sorted({fault.mechanism for fault in faults}):
        of = [fault for fault in faults if fault.mechanism == mechanism]
        real = [fault for fault in of if not fault.equivalent]
        seen = [fault for fault in real if fault in caught]
        lines.append(
            f"| {mechanism} | {len(of)} | {len(of) - len(real)} | {len(seen)} "
            f"| {len(real) - len(seen)} |"
        )
    lines += ["", "## Not caught", ""]
    missed = [fault for fault in asked if fault not in caught]
    lines += [
        f"- `{f.name}` ({f.mechanism}, {_state(f, outcomes)}): {f.promise}" for f in missed
    ] or ["None."]
    lines += ["", "## Equivalent", ""]
    lines += [f"- `{f.name}` ({f.mechanism}): {f.equivalent}" for f in faults if f.equivalent] or [
        "None."
    ]
    return "\n".join(lines) + "\n"


def _state(fault: Fault, outcomes: dict[str, Outcome]) -> str:
    if fault.name not in outcomes:
        return "not run yet"
    outcome = outcomes[fault.name]
    return outcome.state if outcome.state == UNREACHED else f"survived {outcome.ran} tests"
