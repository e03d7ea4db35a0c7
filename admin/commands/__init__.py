"""The sub-commands of `python app.py`, one module each.

A module has `add(subparsers)`, which declares its arguments and sets `run` to a function taking
the parsed arguments and returning the exit status. With `--json` only JSON goes to standard output.
"""
