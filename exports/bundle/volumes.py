"""Splits a bundle into several ZIPs under a chosen size, each a package of its own (RFC 8493).

Files stay in the order of the parts; each goes into the volume being filled, or opens the next
when it does not fit. A file that is larger than the size alone fills a volume of its own. On
request films and sounds, which make a package too large to be mailed, fill the last volumes alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from exports.bundle.order import Item

# Headers of an entry in a ZIP (APPNOTE 4.3.7, 4.3.12, with room for the 64-bit ones), and its line
# in the manifest: a digest of 64 characters.
_ENTRY = 30 + 46 + 2 * 32 + 80


FILM_WORD = "（视频和录音）"


@dataclass(frozen=True)
class Volume:
    """The items of one volume: the `number`th of `count`; a bundle that is not split has one."""

    number: int
    count: int
    items: tuple[Item, ...]
    is_film: bool = False

    @property
    def is_alone(self) -> bool:
        """Whether it is all of the bundle."""
        return self.count == 1

    def name(self, base: str) -> str:
        """Return a name of the bundle as this volume's."""
        if self.is_alone:
            return base
        return f"{base}-{self.number:02d}{'-视频和录音' if self.is_film else ''}"

    def beside(self, target: Path) -> Path:
        """Return where this volume of a bundle ordered at `target` is written."""
        mark = "" if self.is_alone else f"-{self.number:02d}"
        return target.with_name(f"{target.stem}{mark}{target.suffix}")

    @property
    def place(self) -> str:
        """Where it stands among the others, "" when it is alone."""
        if self.is_alone:
            return ""
        return f"第 {self.number} 卷，共 {self.count} 卷{FILM_WORD if self.is_film else ''}"


@dataclass(frozen=True)
class Place:
    """One of the volumes, as its pages tell where everything is."""

    volume: Volume
    volumes: tuple[Volume, ...]

    @cached_property
    def lies_in(self) -> dict[str, int]:
        """In which volume each file is, by its name."""
        return {item.name: volume.number for volume in self.volumes for item in volume.items}

    def elsewhere(self, part: int) -> tuple[int, ...]:
        """Return the other volumes that hold something of a part."""
        others = (volume for volume in self.volumes if volume.number != self.volume.number)
        return tuple(
            other.number for other in others if any(item.part == part for item in other.items)
        )

    @property
    def films(self) -> tuple[tuple[Item, int | None], ...]:
        """What lies in the volumes of films, each with its volume, None for this one."""
        return tuple(
            (item, None if volume.number == self.volume.number else volume.number)
            for volume in self.volumes
            for item in volume.items
            if volume.is_film
        )


def whole(items: Sequence[Item]) -> Place:
    """Return where the files of a bundle that is not split lie: all in one volume."""
    alone = Volume(1, 1, tuple(items))
    return Place(alone, (alone,))


def split(
    items: Sequence[Item], limit: int, reserved: int, *, film_apart: bool = False
) -> tuple[Volume, ...]:
    """Return the volumes of a bundle; `limit` in bytes, 0 for one volume whatever its size.

    `reserved` is what each volume needs beside its items: pages, lists, tags. With `film_apart`
    films and sounds lie in volumes of their own, the last ones.
    """
    apart = [item for item in items if film_apart and item.is_film]
    others = [item for item in items if not (film_apart and item.is_film)]
    groups = list(_filled(others, limit, reserved))
    films = list(_filled(apart, limit, reserved)) if apart else []
    count = len(groups) + len(films)
    return tuple(
        Volume(number, count, group, number > len(groups))
        for number, group in enumerate((*groups, *films), start=1)
    )


def _filled(items: Sequence[Item], limit: int, reserved: int) -> Iterator[tuple[Item, ...]]:
    """Yield the items volume by volume; without any, one empty volume."""
    group: list[Item] = []
    left = limit - reserved
    for item in items:
        size = size_of([item])
        if limit and size > left and group:
            yield tuple(group)
            group, left = [], limit - reserved
        group.append(item)
        left -= size
    yield tuple(group)


def size_of(items: Iterable[Item], base: int = 200) -> int:
    """Return how many bytes files take in a ZIP at most, `base` of the folder they lie in."""
    # The name stands twice in the ZIP and once in the manifest.
    return sum(item.made.bytes + _ENTRY + 3 * (len(item.name.encode()) + base) for item in items)
