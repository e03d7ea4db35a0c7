"""How strong a passphrase is: zxcvbn's estimate, with a Chinese list and the person's own words.

zxcvbn knows English and keyboards only. A phrase in characters is therefore judged a second time
by its pinyin, which is what is typed and tried, and the weaker of both counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from zxcvbn import zxcvbn

from models.core.pinyin import spelling

WORDS = Path(__file__).parent / "common_words.txt"
# Of 0 to 4: some 10^8 guesses at least, which a stretched secret turns into years.
STRONG = 3
# zxcvbn's time grows with the square of the length; what is longer is not weaker.
JUDGED_LENGTH = 60


@cache
def common_words() -> tuple[str, ...]:
    """Return the words tried first, without the remarks."""
    lines = WORDS.read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def strength(passphrase: str, own: Iterable[str] = ()) -> int:
    """Return zxcvbn's score, 0 to 4, of a passphrase; `own` are names it must not be made of."""
    # A school is called by the first two characters of its name.
    named = [part for word in own for part in (word, word[:2])]
    words = [*named, *map(spelling, named), *common_words()]
    said = passphrase[:JUDGED_LENGTH]
    forms = {said, spelling(said)[:JUDGED_LENGTH]} - {""}
    score = min((int(zxcvbn(form, user_inputs=words)["score"]) for form in forms), default=0)
    # Figures alone are telephones, birthdays and identity numbers, of which there are few.
    return min(score, STRONG - 1) if said.isdigit() else score
