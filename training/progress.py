"""Progress on stderr, for whatever takes longer than two seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PATIENCE = 2.0  # seconds without a word

INSIDE: ContextVar[bool] = ContextVar("inside", default=False)

Advance = Callable[[int], None]


@contextmanager
def counting(what: str, *, total: int | None = None) -> Iterator[Advance]:
    """Count steps under a title; nothing is shown of what is done within two seconds.

    A terminal gets a bar that disappears, a file one line when the work is done. Work within
    counted work is not counted again.

    Args:
        what: The title.
        total: How many steps there will be, None if nobody knows.
    """
    if INSIDE.get():
        yield lambda _: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=sys.stderr.isatty(),
    )
    task = bar.add_task(what, total=total)
    began = time.monotonic()

    def advance(steps: int) -> None:
        bar.advance(task, steps)
        if not bar.live.is_started and time.monotonic() - began > PATIENCE:
            bar.start()

    token = INSIDE.set(True)
    try:
        yield advance
    finally:
        INSIDE.reset(token)
        if bar.live.is_started:
            bar.stop()
