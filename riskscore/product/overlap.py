"""Steps of one run done beside each other: what comes is made ready, what goes is put away.

Threads suffice, because readers, writers and models work outside of Python's lock.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar, cast

DEPTH = 2  # steps that may lie ready, or wait to be put away

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")
END = object()


def ahead(steps: Iterator[T]) -> Iterator[T]:
    """Take steps in a thread of their own, a few before they are asked for.

    What they raise is raised here, in its place.
    """
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[object]] = deque()
        waiting.extend(thread.submit(next, steps, END) for _ in range(DEPTH))
        while (step := waiting.popleft().result()) is not END:
            waiting.append(thread.submit(next, steps, END))
            yield cast("T", step)


def side_by_side(act: Callable[[S], T], steps: Iterator[S], *, workers: int) -> Iterator[T]:
    """Act on so many steps at a time; gives what comes of them in the order of the steps."""
    with ThreadPoolExecutor(workers) as threads:
        waiting: deque[Future[T]] = deque()
        for step in steps:
            waiting.append(threads.submit(act, step))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def behind(act: Callable[P, object]) -> Iterator[Callable[P, None]]:
    """Give a function that acts later, in order, in a thread of its own.

    Whoever is too far ahead waits. All is done when this is left; what was raised is raised by a
    later call or on leaving.
    """
    with ThreadPoolExecutor(1) as thread:
        waiting: deque[Future[object]] = deque()

        def later(*args: P.args, **kwargs: P.kwargs) -> None:
            while len(waiting) >= DEPTH:
                waiting.popleft().result()
            waiting.append(thread.submit(act, *args, **kwargs))

        yield later
        for each in waiting:
            each.result()
