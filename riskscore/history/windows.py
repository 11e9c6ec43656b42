"""What a window sees and what is measured in it: stated here once, for serving and for training.

An application *a* at time *t* sees, of the product a history column looks at and of the tenants
that share with it, the applications that carry the same identifier, counted (purpose onboard or
backfill, a reference once, at its first receipt), were received before *a*, and occurred within
[max(t - window, since), t]. It never sees its own reference. An outcome is visible from its
``known_at`` on and once received before *a*; the visible one latest by (``known_at``, receipt)
stands for its application.

Offline the replay compiles ``measured`` with numba and calls it for every application of an
identifier; it is therefore written in plain loops over integers and floats. Identifiers with very
many events, such as a large dealer, are tallied by ``crowds`` step by step, and online the
database counts (``plan``). What a tally is worth, whether a window was observed, and which outcome
stands, is said here for all: ``value``, ``observed`` and ``standing``.
"""

from collections.abc import Sequence
from typing import NamedTuple

from riskscore.product.spec import History

COUNT, DISTINCT, LATEST, SECONDS, SHARE, CONFIRMED, RATE = range(7)
CODES = {
    "count": COUNT,
    "distinct": DISTINCT,
    "latest": LATEST,
    "seconds_since_latest": SECONDS,
    "share": SHARE,
    "confirmed": CONFIRMED,
    "confirmed_rate": RATE,
}
NONE = -1  # no other entity; no standing label; no event
ALWAYS = -(2**63)  # since when an identifier is its holder's, where nobody said otherwise
STRENGTH = 20  # applications that a base rate weighs as much as, so that a large dealer is not bad
NAN = float("nan")
MICROSECONDS = 1_000_000


class Events(NamedTuple):
    """The counted applications of one product that carry one identifier.

    Attributes:
        occurred: Microseconds since 1970.
        reference: A number per (tenant, product, reference).
        met: Whether the column's ``where`` holds; true where there is none.
        value: What ``latest`` takes: a score or a feature's value, NaN where missing.
        other: A number per identifier of the entity that ``distinct`` counts, NONE where absent.
        outcomes: Event *e* has the outcomes ``outcomes[e]`` to ``outcomes[e + 1]``, ordered by
            (``known_at``, receipt).
        known_at: Of each outcome, microseconds since 1970.
        received: Of each outcome, its place in the order of receipt.
        label: Of each outcome: 1 confirmed, 0 cleared, NONE disputed or retracted.
    """

    occurred: Sequence[int]
    reference: Sequence[int]
    met: Sequence[bool]
    value: Sequence[float]
    other: Sequence[int]
    outcomes: Sequence[int]
    known_at: Sequence[int]
    received: Sequence[int]
    label: Sequence[int]


class Asking(NamedTuple):
    """Who looks: the reference that it never sees, its time, and its place in order of receipt."""

    reference: int
    at: int
    received: int


class Tally(NamedTuple):
    """What was counted in a window; an event whose ``where`` does not hold is seen by shares only.

    Attributes:
        seen: Events.
        met: Those whose ``where`` holds.
        others: Distinct identifiers of the other entity.
        confirmed: Events whose standing outcome is a confirmed one.
        last: The latest event, NONE of nothing.
    """

    seen: int
    met: int
    others: int
    confirmed: int
    last: int


def measured(
    code: int, base_rate: float, events: Events, order: Sequence[int], asking: Asking
) -> float:
    """Measure the events that a window sees.

    Args:
        code: One of ``CODES``.
        base_rate: Of ``confirmed_rate``; any number otherwise.
        events: Those received before the one who asks.
        order: Places of the events within the window, by (``occurred``, receipt).
        asking: The application.

    Returns:
        The column's value; NaN where there is none.
    """
    return value(code, base_rate, events, tally(code, events, order, asking), asking)


def tally(code: int, events: Events, order: Sequence[int], asking: Asking) -> Tally:
    """Count what a window holds; arguments as of ``measured``."""
    seen, met, confirmed, last = 0, 0, 0, NONE
    for event in order:
        if events.reference[event] == asking.reference:
            continue
        if not events.met[event]:
            seen += code == SHARE
            continue
        seen += 1
        met += 1
        last = event
        if code in (CONFIRMED, RATE):
            confirmed += standing(events, event, asking) == 1
    others = distinct(events, order, asking) if code == DISTINCT else 0
    return Tally(seen, met, others, confirmed, last)


def distinct(events: Events, order: Sequence[int], asking: Asking) -> int:
    """Count the other identifiers met in a window; arguments as of ``measured``."""
    others = set()
    for event in order:
        mine = events.reference[event] == asking.reference
        if events.met[event] and not mine and events.other[event] != NONE:
            others.add(events.other[event])
    return len(others)


def standing(events: Events, event: int, asking: Asking) -> int:
    """Return the label of the outcome that stands for an event, NONE where none does."""
    label = NONE
    for outcome in range(events.outcomes[event], events.outcomes[event + 1]):
        known = events.known_at[outcome] <= asking.at
        if known and events.received[outcome] < asking.received:
            label = events.label[outcome]
    return label


def value(  # noqa: PLR0911 - one line per measure
    code: int, base_rate: float, events: Events, counted: Tally, asking: Asking
) -> float:
    """Say what a tally is worth to one measure."""
    if code == COUNT:
        return float(counted.seen)
    if code == DISTINCT:
        return float(counted.others)
    if code == CONFIRMED:
        return float(counted.confirmed)
    if code == RATE:
        return (counted.confirmed + STRENGTH * base_rate) / (counted.seen + STRENGTH)
    if counted.seen == 0:
        return NAN
    if code == SHARE:
        return counted.met / counted.seen
    if code == SECONDS:
        return (asking.at - events.occurred[counted.last]) / MICROSECONDS
    return events.value[counted.last]


def of_nothing(history: History) -> float:
    """Say what a column is worth where its window holds nothing."""
    events = Events((), (), (), (), (), (), (), (), ())
    base_rate = history.base_rate or 0.0
    return measured(CODES[history.measure], base_rate, events, (), Asking(NONE, 0, 0))


def begins(at: int, window: int, since: int) -> int:
    """Return where a window begins: never before the identifier started afresh."""
    return max(at - window, since)


def microseconds_of(history: History) -> int:
    return int(history.window.total_seconds()) * MICROSECONDS


def observed(begin: int, known_since: int | None) -> bool:
    """Tell whether the whole window was watched; unknown is not zero."""
    return known_since is not None and begin >= known_since
