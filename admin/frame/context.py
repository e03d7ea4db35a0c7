"""What every view needs from the running app and the request: the actor, the clock, the folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import current_app, g

from models.core.actor import Actor
from models.core.clock import Clock
from models.core.installation import FILES
from models.core.masking import TextMask


@dataclass
class Runtime:
    """The app's own settings: data folder, clock, whether this host serves TLS, Redis."""

    data_dir: Path
    clock: Clock
    tls: bool = False
    demo: bool = False
    # Where news for the worker goes; "" for a file in the data folder.
    redis: str = ""

    @property
    def originals(self) -> Path:
        """Where uploaded files are kept by hash."""
        return self.data_dir / FILES

    @property
    def cache(self) -> Path:
        """What can be made again: display copies of photos, rendered documents."""
        return self.data_dir / "cache"

    @property
    def bundles(self) -> Path:
        """Where finished bundles lie."""
        return self.data_dir / "bundles"


def runtime() -> Runtime:
    """Return the running app's settings."""
    found: Runtime = current_app.extensions["runtime"]
    return found


def actor() -> Actor:
    """Return who acts in this request; the guard has made sure that somebody does."""
    found: Actor = g.actor
    return found


def masked(text: str | None) -> str:
    """Return a text that belongs to no register's page as whoever asks may read it."""
    return TextMask(actor())(text or "")


def signed_in() -> bool:
    """Return whether somebody is signed in in this request."""
    return getattr(g, "actor", None) is not None
