"""A lock between processes on one machine: whoever waits is woken, rather than asking again.

SQLite's own waiting sleeps and asks, for longer each time, so that of two busy writers one starves
for a tenth of a second. The kernel hands this lock on as soon as it is free, and frees it when its
holder dies.
"""

import fcntl
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from riskscore.errors import StoreUnavailable

PAUSE = 0.001  # seconds between attempts where no alarm can wake us


@contextmanager
def held(descriptor: int, seconds: float) -> Iterator[None]:
    """Hold the lock of an open file.

    Raises:
        StoreUnavailable: Others held it all the while.
    """
    try:
        _take(descriptor, seconds)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _take(descriptor: int, seconds: float) -> None:
    if free(descriptor):
        return
    if threading.current_thread() is threading.main_thread():
        with _alarm(seconds):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    deadline = time.monotonic() + seconds
    while not free(descriptor):
        if time.monotonic() > deadline:
            raise StoreUnavailable("the store is busy")
        time.sleep(PAUSE)


def free(descriptor: int) -> bool:
    """Take a lock if nobody holds it, and say so."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt a system call that would wait for longer."""

    def ring(_: int, __: FrameType | None) -> None:
        raise StoreUnavailable("the store is busy")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
