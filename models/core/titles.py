"""Codes the product gives, by the titles people know them by: a register, a duty.

Whoever gives the codes says so with `given_by`; a field that stores one (`TitledField`) shows and
reads the title, so that no page and no workbook shows a code name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_GIVERS: dict[str, Callable[[], Mapping[str, str]]] = {}


def given_by(kind: str, give: Callable[[], Mapping[str, str]]) -> None:
    """Say what gives the {code: title} of a kind."""
    _GIVERS[kind] = give


def titles(kind: str) -> Mapping[str, str]:
    """Return {code: title} of a kind; nothing before its giver is loaded."""
    return _GIVERS[kind]() if kind in _GIVERS else {}


def title_of(kind: str, code: str) -> str:
    """Return the title of a code, or the text itself where it is none."""
    return titles(kind).get(code, code)


def code_of(kind: str, text: str) -> str:
    """Return the code a title stands for; a code, or a title that two share, stays as it is."""
    known = titles(kind)
    if text in known:
        return text
    meant = [code for code, title in known.items() if title == text]
    return meant[0] if len(meant) == 1 else text
