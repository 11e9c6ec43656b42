"""The history of one application, read from the store and measured by ``windows``."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from riskscore.history.lookups import Asked, Codes, Lookup
from riskscore.history.plan import Plan, Statement
from riskscore.history.prepared import fetch
from riskscore.history.streams import Streams
from riskscore.history.windows import (
    ALWAYS,
    COUNT,
    NAN,
    NONE,
    SECONDS,
    Asking,
    Events,
    Tally,
    begins,
    observed,
    standing,
    value,
)
from riskscore.product.application import Application
from riskscore.product.past import Known

RECEIVED, NOW = 0, 1  # whatever the store holds was received before the one who asks
NO_EVENTS = Events((), (), (), (), (), (), (), (), ())
MISSING, SHORT = Known(NAN, "MISSING"), Known(NAN, "HISTORY_SHORT")


class Asker(NamedTuple):
    """An application as the store knows it: its own event, and the ids of its identifiers."""

    application: Application
    event_id: int | None
    entities: Mapping[str, int]


class Judged(NamedTuple):
    """An outcome of an event that a lookup sees."""

    place: int
    event_id: int
    occurred_at: int
    known_at: int
    outcome_id: int
    label: int | None


class Found(NamedTuple):
    """What one lookup found.

    Attributes:
        row: As the plan's statement of counts gives it; of a latest event there may be none.
        confirmed: Moments of the events whose standing outcome is a confirmed one.
    """

    row: Sequence[Any] | None
    confirmed: Sequence[int]


class Looked(NamedTuple):
    """What every lookup found for one application.

    Attributes:
        asked: The parameters it was looked for with.
        rows: By the lookup's place, as of ``Found``; so ``confirmed``.
    """

    asked: Mapping[str, Any]
    rows: Mapping[int, Sequence[Any]]
    confirmed: Mapping[int, Sequence[int]]

    def found(self, lookup: Lookup) -> Found:
        return Found(self.rows.get(lookup.place), self.confirmed.get(lookup.place, ()))


def read_history(
    connection: Connection, plan: Plan, asker: Asker, streams: Streams
) -> dict[str, Known]:
    """Compute every history column of one application, in two queries at most."""
    looked = look(connection, plan, asker, streams)
    return measured(plan, asker, looked, streams)


def look(connection: Connection, plan: Plan, asker: Asker, streams: Streams) -> Looked:
    """Let the database count what the windows of one application hold."""
    asked = _parameters(plan, asker, streams)
    rows = {row[0]: row for row in _rows(connection, plan.counts, asked)}
    verdicts = _rows(connection, plan.verdicts, asked)
    return Looked(asked, rows, _confirmed(verdicts, asker.application.occurred_at))


def measured(plan: Plan, asker: Asker, looked: Looked, streams: Streams) -> dict[str, Known]:
    """Say what every history column is worth."""
    known: dict[str, Known] = {}
    for lookup in plan.lookups:
        if lookup.entity in asker.application.entities:
            since = streams.of(lookup.of).known_since
            _measure(plan, lookup, looked, since, known)
        else:
            known.update((each.name, MISSING) for each in lookup.columns)
    return known


def _parameters(plan: Plan, asker: Asker, streams: Streams) -> dict[str, Any]:
    application, own, entities = asker
    at = application.occurred_at
    since = application.since
    asked = {"at": at, "own": NONE if own is None else own}
    for name, entity in plan.who.items():
        asked[name] = entities.get(entity, NONE)
    for name, product in plan.where_from.items():
        asked[name] = streams.of(product).id
    for name, (entity, window) in plan.begins.items():
        asked[name] = begins(at, window, since.get(entity, ALWAYS))
    return asked


def _rows(
    connection: Connection, statement: Statement, asked: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    if not statement.text:
        return ()
    return fetch(connection, statement.text, {**statement.constants, **asked})


def _confirmed(rows: Sequence[Sequence[Any]], at: int) -> dict[int, list[int]]:
    """Find the moments of the events that a confirmed outcome stands for, lookup by lookup."""
    outcomes: dict[tuple[int, int, int], list[Judged]] = defaultdict(list)
    for each in map(Judged._make, rows):
        outcomes[each.place, each.event_id, each.occurred_at].append(each)
    confirmed: dict[int, list[int]] = defaultdict(list)
    for (place, _, occurred_at), judged in outcomes.items():
        if _standing(judged, at) == 1:
            confirmed[place].append(occurred_at)
    return confirmed


def _standing(judged: list[Judged], at: int) -> int:
    """Return the label that stands for one event."""
    judged.sort(key=attrgetter("known_at", "outcome_id"))
    events = NO_EVENTS._replace(
        outcomes=(0, len(judged)),
        known_at=[each.known_at for each in judged],
        received=[RECEIVED] * len(judged),
        label=[NONE if each.label is None else each.label for each in judged],
    )
    return standing(events, 0, outsider(at))


def _measure(
    plan: Plan, lookup: Lookup, looked: Looked, since: int | None, known: dict[str, Known]
) -> None:
    """Say what each column of a lookup is worth."""
    found, asked = looked.found(lookup), looked.asked
    row, asking = found.row, outsider(asked["at"])
    for place, column in enumerate(lookup.asked):
        begin = asked[column.begin]
        if not observed(begin, since):
            known[column.name] = SHORT
        elif row is None:
            known[column.name] = column.nothing
        elif lookup.last:
            known[column.name] = Known(latest(plan, lookup, row[-1]), None)
        elif not row[1 + 2 * place]:
            known[column.name] = column.nothing
        else:
            confirmed = sum(moment >= begin for moment in found.confirmed)
            known[column.name] = Known(worth(column, row, place, confirmed, asking), None)


def outsider(at: int) -> Asking:
    """Ask at a moment as somebody whom the database has not counted."""
    return Asking(NONE, at, NOW)


def worth(column: Asked, row: Sequence[Any], place: int, confirmed: int, asking: Asking) -> float:
    """Hand what the database counted to the measure, the latest event as the only one shown."""
    seen, more = row[1 + 2 * place], row[2 + 2 * place] or 0
    if column.code == COUNT:  # most are, and need no measure
        return float(seen)
    events = NO_EVENTS._replace(occurred=(more,)) if column.code == SECONDS else NO_EVENTS
    return value(
        column.code, column.base_rate, events, Tally(seen, more, more, confirmed, 0), asking
    )


def latest(plan: Plan, lookup: Lookup, text: str | None) -> float:
    """Encode a stored value as the model would: a word by its code, null as NaN."""
    found = None if text is None else orjson.loads(text)
    if isinstance(found, str):
        codes: Codes = plan.codes.get((lookup.of, str(lookup.columns[0].what)), {})
        return float(codes.get(found, NAN))
    return NAN if found is None else float(found)
