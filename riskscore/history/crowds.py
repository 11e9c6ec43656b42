"""Windows of identifiers with very many events, tallied step by step.

Looking at every event of a large dealer's window for each of its sales would cost the square of
its sales. From one application to the next a window hardly changes, so that only what enters or
leaves it is counted; outcomes, which are few, are looked at anew. What is seen and what it is
worth remains as ``windows`` says, and a test holds this against ``measured``.
"""

from typing import Any, NamedTuple

import numpy as np

from riskscore.compiling import inner
from riskscore.history.columns import Integers, Places
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
        order: All events, in order of occurrence.
        judged: Those with outcomes.
    """

    state: Integers
    times: Integers
    order: Places
    judged: Places


class View(NamedTuple):
    """What one application sees, as time and as places in the order.

    Attributes:
        begin: Microseconds since 1970.
        first: The place of the first event.
        beyond: The place after the last.
        own: The event that it does not see because it is its own, NONE where there is none.
    """

    begin: int
    first: int
    beyond: int
    own: int


def crowd_for(longest: int, others: int) -> Crowd:
    """Make room for an identifier of so many events, which meet so many others."""
    arrays: Any = [np.zeros(size, np.int64) for size in (6, others, longest, longest)]
    return Crowd(*arrays)


@inner
def clear(crowd: Crowd, events: Events) -> None:
    """Leave everything, for the next identifier."""
    while crowd.state[BEYOND] > crowd.state[FIRST]:
        crowd.state[BEYOND] -= 1
        _weigh(crowd, events, crowd.order[crowd.state[BEYOND]], -1)
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
def move(crowd: Crowd, events: Events, view: View) -> None:
    """Move the window, wherever it was."""
    state, order = crowd.state, crowd.order
    while state[BEYOND] < view.beyond:
        _weigh(crowd, events, order[state[BEYOND]], 1)
        state[BEYOND] += 1
    while state[FIRST] > view.first:
        state[FIRST] -= 1
        _weigh(crowd, events, order[state[FIRST]], 1)
    while state[FIRST] < view.first:
        _weigh(crowd, events, order[state[FIRST]], -1)
        state[FIRST] += 1
    while state[BEYOND] > view.beyond:
        state[BEYOND] -= 1
        _weigh(crowd, events, order[state[BEYOND]], -1)


@inner
def tally(code: int, crowd: Crowd, events: Events, view: View, asking: Asking) -> Tally:
    """Read off what ``windows.tally`` would count, the asking one's own event taken away."""
    seen, met, others = crowd.state[SEEN], crowd.state[MET], crowd.state[OTHERS]
    own = view.own
    if own != NONE and view.begin <= events.occurred[own] <= asking.at:
        seen -= 1
        met -= events.met[own]
        alone = code == DISTINCT and events.met[own] and events.other[own] != NONE
        others -= alone and crowd.times[events.other[own]] == 1
    if code != SHARE:
        seen = met
    judging = code in (CONFIRMED, RATE)
    confirmed = _confirmed(crowd, events, view, asking) if judging else 0
    return Tally(seen, met, others, confirmed, _last(crowd, events, view, asking))


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
def _last(crowd: Crowd, events: Events, view: View, asking: Asking) -> int:
    for place in range(view.beyond - 1, view.first - 1, -1):
        event: int = crowd.order[place]
        if events.met[event] and events.reference[event] != asking.reference:
            return event
    return NONE


@inner
def _confirmed(crowd: Crowd, events: Events, view: View, asking: Asking) -> int:
    judged = crowd.judged[: crowd.state[JUDGED]]
    first = place_after(events.occurred, judged, view.begin - 1)
    confirmed = 0
    for event in judged[first : place_after(events.occurred, judged, asking.at)]:
        mine = events.reference[event] == asking.reference
        if events.met[event] and not mine:
            confirmed += standing(events, event, asking) == 1
    return confirmed
