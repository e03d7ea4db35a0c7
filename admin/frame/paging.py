"""Pages of a long list on a board: which one is asked for, and the steps to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from models.core.values import whole

PER_PAGE = 30


def page_of(args: Mapping[str, str], total: int, size: int = PER_PAGE) -> tuple[int, int]:
    """Return the page asked for within what there is, and how many there are."""
    pages = max(1, -(-total // size))
    return min(whole(args.get("page"), least=1) or 1, pages), pages


def paging(endpoint: str, page: int, pages: int, total_word: str, **here: Any) -> dict[str, Any]:
    """Return what the paging macro shows; `here` is the rest of the address."""

    def url(number: int) -> str:
        return url_for(endpoint, page=number, **here) if 1 <= number <= pages else ""

    return {
        "number": page,
        "pages": pages,
        "total_word": total_word,
        "prev_url": url(page - 1),
        "next_url": url(page + 1),
    }
