"""A second, slow and obvious calculation of every duty: day by day, record by record.

Written from docs/rules.md and the duties' own data, without the engine: nothing of
`compliance.judged` is imported, and no query narrows anything. Where the two differ, one is wrong.
"""
