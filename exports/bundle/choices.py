"""What whoever asks for a bundle chooses beside semester and edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.core.errors import Invalid
from models.photos.images import DISPLAY_EDGE

# The longest edge of a photo in pixels, and what it is good for. 1600 is the display copy's own.
EDGES = {
    DISPLAY_EDGE: f"标准，长边 {DISPLAY_EDGE} 像素",
    1200: "较小，长边 1200 像素",
    800: "最小，长边 800 像素（只够在屏幕上看）",
}


# Up to how many megabytes (2^20 bytes) each ZIP may have; 0 for one of any size.
VOLUMES = {
    0: "一个文件",
    **{size: f"分卷，每个不超过 {size} MB" for size in (10, 20, 50, 100, 500, 2000)},
}


@dataclass(frozen=True)
class Choices:
    """`purpose` and `recipient` are what a full edition is for and who gets it.

    `edge` is the longest edge of a photo in pixels, `volume_mb` the size in megabytes under which
    the bundle is split into several ZIPs, 0 for one; `film_apart` puts films and sounds into ZIPs
    of their own; `archive` adds the 18 archive items.
    """

    purpose: str = ""
    recipient: str = ""
    edge: int = DISPLAY_EDGE
    volume_mb: int = 0
    film_apart: bool = False
    archive: bool = False

    @property
    def given_for(self) -> tuple[tuple[str, str], ...]:
        """What for and to whom, as label and text; nothing for an edition anybody may have."""
        told = (("用途", self.purpose), ("提供给", self.recipient))
        return tuple((label, text) for label, text in told if text)

    @property
    def as_columns(self) -> dict[str, Any]:
        """What the register of bundles keeps of them under the same names."""
        return {name: value for name, value in asdict(self).items() if name in COLUMNS}


COLUMNS = ("edge", "volume_mb", "film_apart", "archive")
NOTHING_CHOSEN = Choices()


def chosen(raw: Mapping[str, str]) -> Choices:
    """Return what a form says; what it leaves out is as usual. Raises Invalid by field."""
    edge, volume = raw.get("edge") or str(DISPLAY_EDGE), raw.get("volume_mb") or "0"
    errors = {}
    if edge not in map(str, EDGES):
        errors["edge"] = "请从列出的照片大小里选一项"
    if volume not in map(str, VOLUMES):
        errors["volume_mb"] = "请从列出的分卷大小里选一项"
    if errors:
        raise Invalid(errors)
    return Choices(
        edge=int(edge),
        volume_mb=int(volume),
        film_apart=raw.get("film_apart") == "1",
        archive=raw.get("archive") == "1",
    )


def kept_choices(bundle: Any, purpose: str) -> Choices:
    """Return what was chosen for a bundle asked for earlier."""
    said = {name: value for name in COLUMNS if (value := getattr(bundle, name)) is not None}
    return Choices(purpose=purpose, recipient=bundle.recipient or "", **said)
