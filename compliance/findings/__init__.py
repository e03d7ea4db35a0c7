"""迎检体检: the catalogue of findings an inspector would make, found by the school itself first.

A finding has a stable id (`data/findings.toml`: level, title, what to do) and a function that
returns what it hits. The functions stand in ordered tuples, one module per part of the archive;
`catalogue` joins them and refuses an id that stands on one side only.
"""
