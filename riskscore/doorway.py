"""Who is let in: a worker takes so many of those who wait that none of its kind stands idle.

All workers of a host take from one queue. Who took everybody in it would answer one after another
what others had time for. So how many each of them holds stands in memory that they share, and none
takes more than one beyond what the others hold on average; where those are idle, that is one.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from riskscore.parting import PlainParting, parting, readable

MOST = 8  # that one worker holds
SLOTS = 64  # of workers; two that share one take a little more than they should
held = mmap.mmap(-1, SLOTS)  # a byte for each worker, which it alone writes; before the fork


class Caller(NamedTuple):
    """Who was let in."""

    client: PlainParting
    address: Any

    @property
    def spoke(self) -> bool:
        return readable(self.client, 0)


@contextmanager
def let_in(listener: Any, age: int, workers: int) -> Iterator[list[Caller]]:
    """Take some of those who wait at a door, one at least, and hold them until this is left.

    Args:
        listener: A listening socket that does not block.
        age: Of the worker: which of those that were ever started it is.
        workers: How many there are.

    Raises:
        OSError: Nobody waits.
    """
    callers = [taken(listener)]
    with suppress(OSError):  # nobody else, or somebody who left
        while len(callers) < share(age, workers):
            callers.append(taken(listener))
    held[age % SLOTS] = len(callers)
    try:
        yield callers
    finally:
        let_go(age)


def taken(listener: Any) -> Caller:
    client, address = listener.accept()
    return Caller(parting(client), address)


def share(age: int, workers: int) -> int:
    """Say how many a worker may hold beside the others."""
    if workers == 1:
        return MOST
    others = sum(held[:]) - held[age % SLOTS]
    return min(MOST, 1 + others // (workers - 1))


def let_go(age: int) -> None:
    """Note that a worker holds nobody, be it that it died."""
    held[age % SLOTS] = 0
