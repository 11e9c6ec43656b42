"""Who is let in: a worker takes so many of those who wait that none of its kind stands idle.

All workers of a host take from one queue. Who took everybody in it would answer one after another
what others had time for. So how many each of them holds stands in memory that they share, and none
takes more than one beyond what the others hold on average; where those are idle, that is one.
"""

import mmap
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from riskscore.parting import PlainParting, parting

MOST = 8  # that one worker holds
SHORT = 16_384  # bytes of a request
TOLD = re.compile(  # the length of a body, or nothing where its form is another
    rb"\r\n(?:content-length:[ \t]*(\d{1,9})\b|content-length:|transfer-encoding:)", re.IGNORECASE
)
SLOTS = 64  # of workers; two that share one take a little more than they should
held = mmap.mmap(-1, SLOTS)  # a byte for each worker, which it alone writes; before the fork


class Caller(NamedTuple):
    """Who was let in."""

    client: PlainParting
    address: Any

    @property
    def arrived(self) -> bool:
        """Tell whether all of a request is there, so that nobody has to wait for the rest.

        Of a long one and of one in chunks it is not told.
        """
        try:
            said = self.client.recv(SHORT, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:  # nothing yet, or nobody any more
            return False
        head, end, body = said.partition(b"\r\n\r\n")
        lengths = TOLD.findall(head)
        if not end or len(lengths) > 1 or b"" in lengths:
            return False
        return len(body) >= sum(map(int, lengths))


@contextmanager
def let_in(listener: Any, age: int, workers: int, most: int = MOST) -> Iterator[list[Caller]]:
    """Take some of those who wait at a door, one at least, and hold them until this is left.

    Args:
        listener: A listening socket that does not block.
        age: Of the worker: which of those that were ever started it is.
        workers: How many there are.
        most: So many at most.

    Raises:
        OSError: Nobody waits.
    """
    callers = [taken(listener)]
    with suppress(OSError):  # nobody else, or somebody who left
        while len(callers) < min(most, share(age, workers)):
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
