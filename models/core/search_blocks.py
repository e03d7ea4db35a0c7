"""Which blocks of a large table can hold a searched word: an index that only proposes.

Chinese is written without blanks, so a search looks for a piece of text anywhere in it, and a rare
word costs a look at every record. Here stands for every pair of neighbouring characters in which
blocks of 512 records it occurs, a bit a block. A search reads the blocks that have all pairs of
the word, and what is found in them is decided by the very condition that decides without the
index: levels of secrecy, masks and scopes are asked where they always are (models/core/listing.py).

A bit is set and never taken back: a text that changed leaves a block that is looked at in vain,
and two who write do not hinder each other. New records cost nothing: those beyond what the daily
upkeep has been through are always looked at. It announces on one day how far it will come on the
next; from then on who changes a record sets its bits. So no change slips through between, on
PostgreSQL neither, where writers do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from peewee import EXCLUDED, BigIntegerField, CharField, CompositeKey, IntegerField, fn

from models.core import calendar
from models.core.actor import SYSTEM
from models.core.database import Base, any_of, database, transaction
from models.core.gates import rows
from models.core.register import REGISTERS, Register

# Fewer records are looked through in the time the index would take.
LARGE = 20_000
BLOCK = 512
# Blocks per row of the index: bits of one number on every database.
BITS = 62
# More records than these are looked through from the newest on instead, which ends at a full list.
MOST = 60_000
# Blocks read by one step of the upkeep.
STEP = 8
TEXTS = ("search_open", "search_staff", "search_office")
# The first of the signs of Chinese, Japanese and Korean; between ASCII and them nothing is
# proposed, because databases differ in what they take for the same letter there.
_FIRST_SIGN = "\u2e80"


class SearchReach(Base):
    """How far the index of one register has come (`through`) and will come next (`goal`): ids."""

    register = CharField(primary_key=True)
    goal = IntegerField(default=0)
    through = IntegerField(default=0)

    class Meta:
        table_name = "search_reach"


class SearchBlocks(Base):
    """In which of the 62 blocks from `part` on a pair of characters occurs in a register."""

    register = CharField()
    pair = BigIntegerField()
    part = IntegerField()
    bits = BigIntegerField()

    class Meta:
        table_name = "search_blocks"
        primary_key = CompositeKey("register", "pair", "part")

    @classmethod
    def create_table(cls, safe: bool = True, **options: Any) -> None:
        """Make the table; on SQLite it is its own index, which halves it."""
        cls._meta.without_rowid = not database.for_update
        super().create_table(safe, **options)


def pairs_in(texts: Iterable[str]) -> set[int]:
    """Return the pairs of neighbouring characters in some texts, blanks apart, as numbers."""
    found: set[tuple[str, str]] = set()
    for text in texts:
        found.update(pairwise(text))
    return {ord(a) << 21 | ord(b) for a, b in found if not (a.isspace() or b.isspace())}


def reach() -> dict[str, tuple[int, int]]:
    """Return per register with an index how far it has come and will come next."""
    found: dict[str, tuple[int, int]] = calendar.remember("search_reach", _reach)
    return found


def _reach() -> dict[str, tuple[int, int]]:
    query: Any = SearchReach.select(SearchReach.register, SearchReach.through, SearchReach.goal)
    return {slug: (through, goal) for slug, through, goal in query.tuples()}


def proposed(register: Register, term: str) -> Any | None:
    """Return the condition that a record may hold the term; None where all have to be looked at."""
    through, _goal = reach().get(register.slug, (0, 0))
    if not through or len(term) < 2 or any("\x7f" <= sign < _FIRST_SIGN for sign in term):
        return None
    blocks = _blocks(register, pairs_in([term]))
    if len(blocks) * BLOCK > MOST:
        return None
    model = register.model
    spans = [
        model.id.between(first * BLOCK, last * BLOCK + BLOCK - 1)
        for first, last in _joined(sorted(blocks))
    ]
    return any_of([*spans, model.id > through])


def _blocks(register: Register, pairs: set[int]) -> set[int]:
    query: Any = SearchBlocks.select(SearchBlocks.part, SearchBlocks.bits)
    mine = query.where(SearchBlocks.register == register.slug, SearchBlocks.pair.in_(pairs))
    together: dict[int, tuple[int, int]] = {}
    for part, bits in mine.tuples():
        count, common = together.get(part, (0, -1))
        together[part] = count + 1, common & bits
    return {
        part * BITS + place
        for part, (count, common) in together.items()
        if count == len(pairs)
        for place in range(BITS)
        if common >> place & 1
    }


def _joined(blocks: list[int]) -> Iterator[tuple[int, int]]:
    """Yield runs of neighbouring blocks as first and last."""
    first = last = None
    for block in blocks:
        if last is not None and block == last + 1:
            last = block
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = block
    if first is not None and last is not None:
        yield first, last


def note(register: Register, record: Any) -> None:
    """Set the bits of a record whose search texts are about to change; a new one has none."""
    if record.id is None or record.id > reach().get(register.slug, (0, 0))[1]:
        return
    pairs = pairs_in(getattr(record, name) for name in TEXTS)
    block = record.id // BLOCK
    part, bit = block // BITS, 1 << block % BITS
    query: Any = SearchBlocks.select(SearchBlocks.pair).where(
        SearchBlocks.register == register.slug,
        SearchBlocks.part == part,
        SearchBlocks.pair.in_(pairs),
        SearchBlocks.bits.bin_and(bit) != 0,
    )
    there = {pair for (pair,) in query.tuples()}
    _set(register, {(pair, part): bit for pair in pairs - there})


def _set(register: Register, bits: dict[tuple[int, int], int]) -> None:
    # In one order, so that two who write at a time never wait for each other crosswise.
    made = [
        {"register": register.slug, "pair": pair, "part": part, "bits": said}
        for (pair, part), said in sorted(bits.items())
    ]
    for start in range(0, len(made), 200):
        SearchBlocks.insert_many(made[start : start + 200]).on_conflict(
            conflict_target=[SearchBlocks.register, SearchBlocks.pair, SearchBlocks.part],
            update={SearchBlocks.bits: SearchBlocks.bits.bin_or(EXCLUDED.bits)},
        ).execute()


def catch_up(progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
    """Go on to what was announced the last time, and announce the next; return the records read.

    To be called once a day: between an announcement and the reading no change may still be open.
    """
    read = 0
    for register in REGISTERS.values():
        if not any(spec.search for spec in register.fields.values()):
            continue
        through, goal = reach().get(register.slug, (0, 0))
        while through < goal:
            progress(through, goal)
            last = min((through // BLOCK + STEP) * BLOCK + BLOCK - 1, goal)
            read += _read(register, through, last)
            through = last
        _announce(register)
    with transaction():
        calendar.move_stamp()
    calendar.forget()
    return read


def _read(register: Register, after: int, last: int) -> int:
    """Set the bits of the records behind one id up to another, and note how far it came."""
    model = register.model
    query = rows(SYSTEM, register, deleted=None).where(model.id > after, model.id <= last)
    columns = [getattr(model, name) for name in TEXTS]
    texts: dict[int, list[str]] = {}
    count = 0
    for number, *said in query.select(model.id, *columns).tuples():
        texts.setdefault(number // BLOCK, []).extend(said)
        count += 1
    bits: dict[tuple[int, int], int] = {}
    for block, held in texts.items():
        for pair in pairs_in(held):
            key = pair, block // BITS
            bits[key] = bits.get(key, 0) | 1 << block % BITS
    with transaction():
        _set(register, bits)
        SearchReach.update(through=last).where(SearchReach.register == register.slug).execute()
    return count


def _announce(register: Register) -> None:
    model = register.model
    (largest,) = rows(SYSTEM, register, deleted=None).select(fn.MAX(model.id)).tuples().first()
    if largest is None or largest < LARGE:
        return
    SearchReach.insert(register=register.slug, goal=largest).on_conflict(
        conflict_target=[SearchReach.register], update={SearchReach.goal: EXCLUDED.goal}
    ).execute()
