"""A round: the requests that one worker holds at the same time act together where they can.

A transaction, and above all the wait for the disk at its end, costs the same for one application
as for several. So a worker takes whoever waits, follows each request up to the point where it
would act, acts once for all that ask for the same, and goes on with each. Whoever comes alone acts
alone. What a request does between those points nobody interrupts: they take turns in one thread.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from riskscore.errors import StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
Act = Callable[[Sequence[Any]], Sequence[Any]]


class Seat(greenlet):
    """One request of a round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a seat waits for: something to be done for its items."""

    seat: Seat
    key: Hashable
    act: Act
    items: Sequence[Any]
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What came of a wish: a result for each of its items, or why there is none."""

    wish: Wish
    results: Sequence[Any] = ()
    error: BaseException | None = None

    def tell(self) -> object:
        """Let the seat go on, up to its next wish or to its end."""
        if self.error is None:
            return self.wish.seat.switch(self.results)
        return self.wish.seat.throw(self.error)


def together(
    key: Hashable,
    act: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    *,
    most: int,
) -> Sequence[Result]:
    """Act for items, and at once for those that others of the round bring under the same key.

    Args:
        key: Equal where one act may stand for another.
        act: Gives a result for each item, in their order. It may be called again for some of them
            alone if it fails for all, so a failed one must leave nothing behind.
        items: At most ``most``.
        most: Items that one act takes.
    """
    seat = getcurrent()
    if not isinstance(seat, Seat) or seat.parent is None:
        return act(items)
    wish = Wish(seat=seat, key=key, act=act, items=items, most=most)
    results: Sequence[Result] = seat.parent.switch(wish)
    return results


def hold(requests: Iterable[Callable[[], object]], *, beat: Callable[[], object]) -> None:
    """Answer requests, each up to where it would act; then act, and go on, up to the last.

    What escapes from one is raised when all the others are through.

    Args:
        requests: What answers each.
        beat: Called before each of these steps, to say that we are alive.
    """
    escaped: list[BaseException] = []

    def wish_of(go_on: Callable[[], object]) -> Wish | None:
        beat()
        try:
            said = go_on()
        except BaseException as error:  # noqa: BLE001 - raised below
            escaped.append(error)
            return None
        return said if isinstance(said, Wish) else None

    wishes = [wish for each in requests if (wish := wish_of(Seat(each).switch))]
    while wishes:
        granted = (each for acting in groups(wishes) for each in fulfilled(acting))
        wishes = [wish for each in granted if (wish := wish_of(each.tell))]
    if escaped:
        raise escaped[0]


def groups(wishes: Iterable[Wish]) -> Iterator[list[Wish]]:
    """Put together, in their order, what one act may stand for, as much as it takes."""
    alike: dict[Hashable, list[Wish]] = {}
    for each in wishes:
        alike.setdefault(each.key, []).append(each)
    for same in alike.values():
        group: list[Wish] = []
        for each in same:
            if sum(len(one.items) for one in (*group, each)) > each.most and group:
                yield group
                group = []
            group.append(each)
        yield group


def fulfilled(group: Sequence[Wish]) -> Iterator[Granted]:
    """Act for a group; if that fails, for each alone, so that nobody fails for another.

    But where the store is away it is away for all, and each would wait for as long again.
    """
    try:
        results = iter(group[0].act([item for each in group for item in each.items]))
    except BaseException as error:  # noqa: BLE001 - thrown again where it belongs
        retried = isinstance(error, Exception) and not isinstance(error, StoreUnavailable)
        if len(group) == 1 or not retried:
            yield from (Granted(wish=each, error=error) for each in group)
        else:
            yield from (granted for each in group for granted in fulfilled([each]))
    else:
        yield from (
            Granted(wish=each, results=[*islice(results, len(each.items))]) for each in group
        )
