"""Fault injection: small faults put into the program one at a time, to see a test fail.

A net of tests is only as good as what it catches. `catalogue/` lists small faults by mechanism,
each with the promise it breaks; `python -m tests.faults` puts them one at a time into a copy of the
project and runs the tests that reach the place. What nothing notices is a hole in the tests.

    python -m tests.faults                  the faults whose outcome is not known for today's text
    python -m tests.faults --full           all of them
    python -m tests.faults --few 12         a dozen, those in lately changed files first (CI);
                                            with --minutes 4 none is begun after that
    python -m tests.faults --only NAME …    these
    python -m tests.faults --record         note anew which tests reach which fault (runs the suite)
    python -m tests.faults --report         write docs/tests.md from the outcomes
"""
