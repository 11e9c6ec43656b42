"""The events of one identifier, kept in order of occurrence while they come in order of receipt.

A late event shifts only the few that occurred after it and came before it.
"""

from collections.abc import Sequence

from riskscore.compiling import inner
from riskscore.history.columns import Places


@inner
def place_after(occurred: Sequence[int], order: Sequence[int], moment: int) -> int:
    """Count the events of an order that occurred by a moment."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if occurred[order[middle]] <= moment:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def insert(occurred: Sequence[int], order: Places, held: int, event: int) -> int:
    """Put an event among the first ``held`` places of an order and return its place."""
    place = place_after(occurred, order[:held], occurred[event])
    for later in range(held, place, -1):
        order[later] = order[later - 1]
    order[place] = event
    return place
