"""How near a name is to what was typed: the name itself before one that only holds the letters.

Initials and spellings are stored with the surname's own reading first (`pinyin.search_keys`), so
that for `zm` 郑梅 (zm) comes before 董梦静, in which the letters stand by a rarer reading alone.
"""

from __future__ import annotations

from typing import Any

from peewee import Case, Cast, fn

from models.core.register import Register

# The name, its initials or its spelling as a whole; its beginning; the beginning of another
# reading; anywhere.
WHOLE, BEGINS, OTHERWISE, SOMEWHERE = range(4)


def nearness(register: Register, typed: str) -> Any:
    """Return an expression that is the smaller the nearer a record's name is to a typed text.

    Only for readers who see the names plainly. A register whose records have no names in pinyin
    has no nearness: all of them are as far (a cast, so that PostgreSQL does not take the number
    for a column's place).
    """
    typed = "".join(typed.lower().split())
    if not register.pinyin or not typed:
        return Cast(SOMEWHERE, "INTEGER")
    name, keys = getattr(register.model, register.pinyin), register.model.pinyin_search
    # Behind the initials, one for each character, stands the spelling in the surname's reading.
    spelled = fn.SUBSTR(keys, fn.LENGTH(name) + 2)
    whole = (name == typed) | keys.startswith(f"{typed} ") | (spelled == typed)
    begins = name.startswith(typed) | keys.startswith(typed) | spelled.startswith(typed)
    return Case(
        None,
        [
            (whole | spelled.startswith(f"{typed} "), WHOLE),
            (begins, BEGINS),
            (keys.contains(f" {typed}"), OTHERWISE),
        ],
        SOMEWHERE,
    )
