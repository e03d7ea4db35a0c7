"""How long a year's evaluation takes at full size: the list cold and after one record, one sheet.

2,000 children, 150 teachers and 300,000 records, as `benchmarks.verdicts` writes them; the goals
stand in docs/benchmarks.md. Cold means that no facts are kept; `verdicts` too means no verdicts.
Run from the project's folder: python -m benchmarks.evaluation [--scale RECORDS] [--json]
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import exports.documents  # noqa: F401 - the documents are declared by reading them
from admin.frame.tables import make_tables
from benchmarks import measuring, verdicts
from compliance.evaluated import sheets
from compliance.evaluated.facts import facts
from compliance.evaluated.score import facts_score, final, lines
from compliance.evaluated.year import Year
from compliance.judged.store import refresh
from compliance.judged.tables import TeacherFact
from models.core.database import connected, database, open_database

YEAR = Year("2025-2026")
TEACHER = 1


def listed() -> dict[int, int | None]:
    """Every teacher's score, as the year's list shows them."""
    return {who: final(facts_score(lines(one))) for who, one in facts(YEAR, verdicts.TODAY).items()}


def cold() -> None:
    """The list when the verdicts are there and no facts are kept."""
    with database.atomic():
        TeacherFact.delete().execute()
    listed()


def after_one(children: int, number: int) -> float:
    """Seconds of the list right after one talk was saved, bringing the verdicts up included."""
    return verdicts.one_new_talk(children, number).elapsed + measuring.seconds(listed)


def sheet() -> None:
    """What a sheet shows of one teacher: facts, score, ballots, last year."""
    own = facts(YEAR, verdicts.TODAY, [TEACHER])[TEACHER]
    sheets.ballots(YEAR.code)
    sheets.scores_before(YEAR)
    final(facts_score(lines(own)))


def figures(children: int) -> list[dict[str, Any]]:
    """Return one row per figure, in milliseconds."""
    whole = measuring.seconds(lambda: (refresh(verdicts.TODAY), listed()))
    after = sorted(after_one(children, number) for number in range(5))[2]
    return [
        {"figure": "list, verdicts and facts cold", "ms": round(whole * 1000), "goal ms": 3000},
        {"figure": "list, facts cold", "ms": measuring.median_ms(cold, 3), "goal ms": 3000},
        {"figure": "list after a record", "ms": round(after * 1000), "goal ms": 150},
        {"figure": "list", "ms": measuring.median_ms(listed, 3), "goal ms": 150},
        {"figure": "one sheet", "ms": measuring.median_ms(sheet, 3), "goal ms": 300},
    ]


def main() -> None:
    """Make the school, measure, and print."""
    said = measuring.arguments(__doc__, 300_000, "records")
    children = max(said.scale // 150, 10)
    with tempfile.TemporaryDirectory() as folder:
        open_database(Path(folder))
        with connected():
            make_tables()
            verdicts.make(children, said.scale)
            measuring.report(said, "evaluation", figures(children))
        database.close()


if __name__ == "__main__":
    main()
