"""Clocks around named functions, put in place from outside and taken away again.

Every moment belongs to the innermost stage that is under way, so that stages add up to the whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from time import perf_counter
from typing import Any, NamedTuple

BETWEEN = "Flask and the rest"


class Clock:
    """Seconds spent in each stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.under_way: list[str] = []
        self.since = 0.0

    def turn(self) -> None:
        """Give what passed to the stage that was under way."""
        now = perf_counter()
        if self.under_way:
            self.spent[self.under_way[-1]] += now - self.since
        self.since = now

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.turn()
        self.under_way.append(name)
        try:
            yield
        finally:
            self.turn()
            self.under_way.pop()

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*args, **named)

        return timed

    def at_the_ends(self, name: str, manager: Callable[..., Any]) -> Callable[..., Any]:
        """Clock how a context is entered and left, and not what happens inside."""

        @wraps(manager)
        @contextmanager
        def timed(*args: Any, **named: Any) -> Iterator[Any]:
            with self.stage(name):
                context = manager(*args, **named)
                held = context.__enter__()
            try:
                yield held
            except BaseException as error:
                context.__exit__(type(error), error, error.__traceback__)
                raise
            with self.stage(name):
                context.__exit__(None, None, None)

        return timed


class Place(NamedTuple):
    """Where a function is looked up: in a module, or in a class of it."""

    holder: Any
    name: str


def placed(target: str) -> Place | None:
    """Find ``module:name`` or ``module:Class.name``; None where there is none."""
    module, path = target.split(":")
    *parts, name = path.split(".")
    try:
        holder = import_module(module)
        for part in parts:
            holder = getattr(holder, part)
    except (ImportError, AttributeError):
        return None
    return Place(holder, name) if hasattr(holder, name) else None


@contextmanager
def clocked(stages: Mapping[str, str], entries: Mapping[str, str]) -> Iterator[Clock]:
    """Put clocks around functions, and around how contexts are entered and left.

    Args:
        stages: Where a function is looked up -> its stage.
        entries: Where a context manager is -> its stage.
    """
    clock = Clock()
    before = []
    for targets, wrapper in ((stages, clock.around), (entries, clock.at_the_ends)):
        for target, stage in targets.items():
            if (found := placed(target)) is not None:
                function = getattr(found.holder, found.name)
                before.append((found, function))
                setattr(found.holder, found.name, wrapper(stage, function))
    try:
        yield clock
    finally:
        for found, function in before:
            setattr(found.holder, found.name, function)
