"""History columns that see another tenant's applications, as far as an agreement lets them.

Identifiers of two tenants are never compared with each other, but for the one that is asked about:
so ``distinct`` counts those that each tenant met, and adds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from riskscore.history.agreements import Agreement
from riskscore.history.lookups import Asked, Lookup
from riskscore.history.plan import Plan
from riskscore.history.reading import (
    SHORT,
    Asker,
    Found,
    Looked,
    latest,
    look,
    outsider,
    worth,
)
from riskscore.history.streams import Stream, Streams
from riskscore.history.windows import NAN, SECONDS, observed
from riskscore.product.past import Known
from riskscore.product.spec import History

NOT_SHARED = Known(NAN, "HISTORY_NOT_SHARED")
MOMENT, NUMBER = 1, 2  # places in a row of the latest event


class Lender(NamedTuple):
    """A tenant whose history is seen.

    Attributes:
        numbers: Of the asking application's identifiers, under the agreement's key.
        stream: The lender's, known since the agreement began at the earliest.
    """

    agreement: Agreement
    numbers: Mapping[str, int]
    stream: Stream


class Part(NamedTuple):
    """What one tenant has for one column, and since when that is known."""

    found: Found
    known_since: int | None


class Asking(NamedTuple):
    """An application, and what its own tenant has for it."""

    asker: Asker
    streams: Streams
    looked: Looked


def borrowed(
    connection: Connection, plan: Plan, asking: Asking, lenders: Sequence[Lender]
) -> Iterator[tuple[str, Known]]:
    """Compute the columns that an agreement in force covers, from what all parties have."""
    seen = [(each, _look(connection, plan, asking.asker, each)) for each in lenders]
    for lookup in plan.lookups:
        if lookup.entity not in asking.asker.application.entities:
            continue
        for place, column in enumerate(lookup.columns):
            lent = [
                Part(looked.found(lookup), each.stream.known_since)
                for each, looked in seen
                if each.agreement.covers(column)
            ]
            if lent:
                parts = [*_own(asking, lookup), *lent]
                known = _together(plan, lookup, place, parts, asking.looked.asked)
                yield column.name, known._replace(shared=True)


def withheld(
    columns: Sequence[History], over: Sequence[Agreement], gets: Sequence[Agreement]
) -> Iterator[str]:
    """Name the columns that an agreement covered which is over, and none took its place."""
    for column in columns:
        lost = {each.gives for each in over if each.covers(column)}
        if lost - {each.gives for each in gets if each.covers(column)}:
            yield column.name


def _look(connection: Connection, plan: Plan, asker: Asker, lender: Lender) -> Looked:
    streams = Streams({lender.agreement.product: lender.stream}, None)
    return look(connection, plan, asker._replace(entities=lender.numbers), streams)


def _own(asking: Asking, lookup: Lookup) -> Iterator[Part]:
    """Give the tenant's own part, unless it has nothing of that product at all."""
    since = asking.streams.of(lookup.of).known_since
    if since is not None:
        yield Part(asking.looked.found(lookup), since)


def _together(
    plan: Plan, lookup: Lookup, place: int, parts: Sequence[Part], asked: Mapping[str, Any]
) -> Known:
    column = lookup.asked[place]
    begin = asked[column.begin]
    if not all(observed(begin, each.known_since) for each in parts):
        return SHORT
    rows = [each.found.row for each in parts if each.found.row is not None]
    if lookup.last:
        last = max(rows, key=lambda row: (row[MOMENT], row[NUMBER]), default=None)
        return column.nothing if last is None else Known(latest(plan, lookup, last[-1]), None)
    counted = _added(column, [(row[1 + 2 * place], row[2 + 2 * place]) for row in rows])
    if not counted[0]:
        return column.nothing
    confirmed = sum(moment >= begin for each in parts for moment in each.found.confirmed)
    row = (lookup.place, *counted)
    return Known(worth(column, row, 0, confirmed, outsider(asked["at"])), None)


def _added(column: Asked, rows: Sequence[tuple[int, int | None]]) -> tuple[int, int | None]:
    """Add up what was counted; of moments the latest stands."""
    more = [each for _, each in rows if each is not None]
    other = (max(more) if column.code == SECONDS else sum(more)) if more else None
    return sum(seen for seen, _ in rows), other
