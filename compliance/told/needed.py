"""What a duty's records must hold, in the words a school reads and writes them by.

A decision keeps the codes; pages show words and take words, so that nobody has to know a code.
"""

from __future__ import annotations

import re

from compliance.ordered.catalogue import source_register
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import needs_in
from compliance.ordered.needs import Need, need, written
from compliance.told.grounds import need_told

NONE = "无"
# What is told in a sentence may hold 、 itself.
BETWEEN = "；"


def choices(duty: Duty) -> dict[str, str]:
    """Return what the duty's records can be asked to hold, words by code, the shipped ones first.

    Asked of every register the duty reads, because a record of any of them may do; of a duty that
    reads none, nothing can be asked.
    """
    read = [source_register(source) for source in duty.sources]
    codes = [*duty.needs, *(code for register in read for code in register.evidence)]
    codes += [code for register in read for code in written().get(register.slug, ())]
    found: dict[str, str] = {}
    for code in codes:
        if read and all(need(register, code) != Need() for register in read):
            # Two codes that ask the same are one choice, the one the duty uses.
            found.setdefault(read[0].evidence.get(code) or need_told(read[0], code), code)
    return {code: word for word, code in found.items()}


def in_words(duty: Duty, value: str) -> str:
    """Return a value of 需要 in words."""
    known = choices(duty)
    return BETWEEN.join(known.get(code, code) for code in needs_in(value)) or NONE


def in_codes(duty: Duty, typed: str) -> str:
    """Return what was typed as codes; what is no word of the duty stays, to be refused."""
    codes = {word: code for code, word in choices(duty).items()}
    pieces = [piece.strip() for piece in re.split("[；;]", typed)]
    found = [
        codes.get(word, word)
        for piece in pieces
        for word in ([piece] if piece in codes else piece.split("、"))
    ]
    return "、".join(filter(None, map(str.strip, found))) or NONE
