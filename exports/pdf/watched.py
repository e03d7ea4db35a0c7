"""How far the drawing of a paper is, told to whoever watches it, who may stop it by raising."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LAYING_OUT, NAMING = "正在排版", "正在每页写上下载人"
# Gets the step in words, how many pieces are done, and of how many (0 while nobody knows).
Watch = Callable[[str, int, int], None]


def _nobody(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


_watch: ContextVar[Watch] = ContextVar("watch", default=_nobody)


def told(step: str, done: int, total: int = 0) -> None:
    """Tell how many pieces of a step are done."""
    _watch.get()(step, done, total)


@contextmanager
def watched(by: Watch) -> Iterator[None]:
    """Within it, `by` is told how far the drawing is."""
    token = _watch.set(by)
    try:
        yield
    finally:
        _watch.reset(token)
