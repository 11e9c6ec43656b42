"""Windows of identifiers with very many events, tallied step by step.

Looking at every event of a large dealer's window for each of its sales would cost the square of
its sales. From one application to the next a window hardly changes, so that only what enters or
leaves it is counted; outcomes, which are few, are looked at anew. What is seen and what it is
worth remains as ``windows`` says, and a test holds this against ``measured``.
"""

from typing import NamedTuple

import numpy as np
from riskscore.history.compiled import inner

from riskscore.history.columns import Integers
from riskscore.history.compiled import standing
from riskscore.history.ordered import insert, place_after
from riskscore.history.windows import CONFIRMED, DISTINCT, NONE, RATE, SHARE, Asking, Events, Tally

FIRST, BEYOND, SEEN, MET, OTHERS, JUDGED = range(6)  # places in ``Crowd.state``


class Crowd(NamedTuple):
    """A window that moves along the events of one identifier.

    Attributes:
        state: The window's first place and the one beyond its last; how many events are within,
            how many of them meet ``where``, with how many distinct others; how many are judged.
        times: How often each other identifier is within.
        judged: Events with outcomes, in order of occurrence.
    """

    state: Integers
    times: Integers
    judged: Integers


class Span(NamedTuple):
    """A window as time and as places in an order: from the first to the one beyond the last."""

    begin: int
    first: int
    beyond: int


def crowd_for(longest: int, others: int) -> Crowd:
    """Make room for an identifier of so many events, which meet so many others."""
    return Crowd(np.zeros(6, np.int64), np.zeros(others, np.int64), np.zeros(longest, np.int64))


@inner
def clear(crowd: Crowd, events: Events, order: Integers) -> None:
    """Leave everything, for the next identifier."""
    while crowd.state[BEYOND] > crowd.state[FIRST]:
        crowd.state[BEYOND] -= 1
        _weigh(crowd, events, order[crowd.state[BEYOND]], -1)
    crowd.state[:] = 0


@inner
def admit(crowd: Crowd, events: Events, event: int, place: int) -> None:
    """Note that an event was put at a place of the order."""
    crowd.state[FIRST] += place < crowd.state[FIRST]
    if place < crowd.state[BEYOND]:
        crowd.state[BEYOND] += 1
        if place >= crowd.state[FIRST]:
            _weigh(crowd, events, event, 1)
    if events.outcomes[event] < events.outcomes[event + 1]:
        insert(events.occurred, crowd.judged, crowd.state[JUDGED], event)
        crowd.state[JUDGED] += 1


@inner
def move(crowd: Crowd, events: Events, order: Integers, span: Span) -> None:
    """Move the window, wherever it was."""
    state = crowd.state
    while state[BEYOND] < span.beyond:
        _weigh(crowd, events, order[state[BEYOND]], 1)
        state[BEYOND] += 1
    while state[FIRST] > span.first:
        state[FIRST] -= 1
        _weigh(crowd, events, order[state[FIRST]], 1)
    while state[FIRST] < span.first:
        _weigh(crowd, events, order[state[FIRST]], -1)
        state[FIRST] += 1
    while state[BEYOND] > span.beyond:
        state[BEYOND] -= 1
        _weigh(crowd, events, order[state[BEYOND]], -1)


@inner
def tally(
    code: int, crowd: Crowd, events: Events, order: Integers, span: Span, asking: Asking, own: int
) -> Tally:
    """Read off what ``windows.tally`` would count, the asking one's own event taken away."""
    seen, met, others = crowd.state[SEEN], crowd.state[MET], crowd.state[OTHERS]
    if own != NONE and span.begin <= events.occurred[own] <= asking.at:
        seen -= 1
        met -= events.met[own]
        alone = code == DISTINCT and events.met[own] and events.other[own] != NONE
        others -= alone and crowd.times[events.other[own]] == 1
    if code != SHARE:
        seen = met
    last = _last(events, order, span, asking)
    return Tally(seen, met, others, _confirmed(code, crowd, events, span, asking), last)


@inner
def _weigh(crowd: Crowd, events: Events, event: int, step: int) -> None:
    """Count one event in (1) or out (-1)."""
    crowd.state[SEEN] += step
    if not events.met[event]:
        return
    crowd.state[MET] += step
    other = events.other[event]
    if other != NONE:
        crowd.times[other] += step
        crowd.state[OTHERS] += crowd.times[other] == 1 if step == 1 else -(crowd.times[other] == 0)


@inner
def _last(events: Events, order: Integers, span: Span, asking: Asking) -> int:
    for place in range(span.beyond - 1, span.first - 1, -1):
        event = order[place]
        if events.met[event] and events.reference[event] != asking.reference:
            return event
    return NONE


@inner
def _confirmed(code: int, crowd: Crowd, events: Events, span: Span, asking: Asking) -> int:
    if code != CONFIRMED and code != RATE:  # noqa: PLR1714 - numba compiles no set of constants
        return 0
    judged = crowd.judged[: crowd.state[JUDGED]]
    first = place_after(events.occurred, judged, span.begin - 1)
    confirmed = 0
    for event in judged[first : place_after(events.occurred, judged, asking.at)]:
        mine = events.reference[event] == asking.reference
        if events.met[event] and not mine:
            confirmed += standing(events, event, asking) == 1
    return confirmed
