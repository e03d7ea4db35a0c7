"""Splits a bundle into several ZIPs under a chosen size, each a package of its own (RFC 8493).

Files stay in the order of the parts; each goes into the volume being filled, or opens the next
when it does not fit. A file that is larger than the size alone fills a volume of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from exports.bundle.order import Item

# Headers of an entry in a ZIP (APPNOTE 4.3.7, 4.3.12, with room for the 64-bit ones), and its line
# in the manifest: a digest of 64 characters.
_ENTRY = 30 + 46 + 2 * 32 + 80


@dataclass(frozen=True)
class Volume:
    """The items of one volume: the `number`th of `count`; a bundle that is not split has one."""

    number: int
    count: int
    items: tuple[Item, ...]

    @property
    def is_alone(self) -> bool:
        """Whether it is all of the bundle."""
        return self.count == 1

    def name(self, base: str) -> str:
        """Return a name of the bundle as this volume's."""
        return base if self.is_alone else f"{base}-{self.number:02d}"

    def beside(self, target: Path) -> Path:
        """Return where this volume of a bundle ordered at `target` is written."""
        return target.with_name(self.name(target.stem) + target.suffix)

    @property
    def place(self) -> str:
        """Where it stands among the others, "" when it is alone."""
        return "" if self.is_alone else f"第 {self.number} 卷，共 {self.count} 卷"


def split(items: Sequence[Item], limit: int, reserved: int) -> tuple[Volume, ...]:
    """Return the volumes of a bundle; `limit` in bytes, 0 for one volume whatever its size.

    `reserved` is what each volume needs beside its items: pages, lists, tags.
    """
    if not limit:
        return (Volume(1, 1, tuple(items)),)
    groups: list[list[Item]] = [[]]
    left = limit - reserved
    for item in items:
        size = size_of([item])
        if size > left and groups[-1]:
            groups.append([])
            left = limit - reserved
        groups[-1].append(item)
        left -= size
    count = len(groups)
    return tuple(Volume(number, count, tuple(one)) for number, one in enumerate(groups, start=1))


def size_of(items: Iterable[Item], base: int = 200) -> int:
    """Return how many bytes files take in a ZIP at most, `base` of the folder they lie in."""
    # The name stands twice in the ZIP and once in the manifest.
    return sum(one.made.bytes + _ENTRY + 3 * (len(one.name.encode()) + base) for one in items)
