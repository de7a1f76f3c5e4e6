"""A progress bar on stderr, for what takes longer than a second and has somebody watching."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ove_capacity.cli.endings import is_terminal

__all__ = ["progress_bar"]

_PATIENCE_S = 1.0


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A function to be called with (done, total); None when stderr is no terminal."""
    if not is_terminal(sys.stderr):
        yield None
        return
    bar = _Bar(label)
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    """Shown only after a second: most runs end before anybody wonders."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._started = time.monotonic()
        self._update: Callable[[int], None] | None = None
        self._stop: Callable[[], None] = lambda: None

    def advance(self, done: int, total: int) -> None:
        if self._update is not None:
            self._update(done)
        elif time.monotonic() - self._started > _PATIENCE_S:
            self._show(done, total)

    def close(self) -> None:
        self._stop()

    def _show(self, done: int, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        task = progress.add_task(self._label, total=total, completed=done)
        progress.start()
        self._update = lambda now: progress.update(task, completed=now)
        self._stop = progress.stop
