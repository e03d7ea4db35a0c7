"""The one error the PDF engine raises on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from models.core.errors import RecordsError


class RenderFailed(RecordsError):
    """A document cannot be printed faithfully; `str()` says in Chinese what to change.

    `details` holds the renderer's own messages, for the log, never for the page.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)
