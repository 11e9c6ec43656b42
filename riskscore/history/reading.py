"""The history of one application, read from the store and measured by ``windows``."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from riskscore.history.lookups import Codes, Judged, Lookup, Plan
from riskscore.history.prepared import fetch
from riskscore.history.streams import Stream, Streams
from riskscore.history.windows import (
    ALWAYS,
    CODES,
    NAN,
    NONE,
    Asking,
    Events,
    begins,
    measured,
    observed,
)
from riskscore.product.application import Application
from riskscore.product.past import Known
from riskscore.product.spec import History

RECEIVED, NOW = 0, 1  # whatever the store holds was received before the one who asks
MISSING, SHORT = Known(NAN, "MISSING"), Known(NAN, "HISTORY_SHORT")


class Asker(NamedTuple):
    """An application as the store knows it: its own event, and the ids of its identifiers."""

    application: Application
    event_id: int | None
    entities: Mapping[str, int]


class Columns(NamedTuple):
    """The rows of one lookup, column by column, as ``Plan.sightings`` gives them."""

    place: Sequence[int] = ()
    occurred_at: Sequence[int] = ()
    event_id: Sequence[int] = ()
    score: Sequence[int | None] = ()
    features: Sequence[str] = ()  # JSON, where a column asks for them
    entities: Sequence[str] = ()


class View(NamedTuple):
    """What one lookup found, and the same as ``windows`` reads it.

    Attributes:
        features: Of each event, as sent; empty where no column asks.
        entities: Of each event, name -> number; likewise.
    """

    plan: Plan
    events: Events
    score: Sequence[int | None]
    features: Sequence[Mapping[str, Any]]
    entities: Sequence[Mapping[str, int]]


def read_history(
    connection: Connection, plan: Plan, asker: Asker, streams: Streams
) -> dict[str, Known]:
    """Compute every history column of one application, in two queries at most."""
    asked = _parameters(plan, asker, streams)
    seen = _by_place(connection, plan.sightings, asked)
    judged = _by_place(connection, plan.verdicts, asked)
    known: dict[str, Known] = {}
    for lookup in plan.lookups:
        rows, verdicts = seen.get(lookup.place), judged.get(lookup.place, ())
        if lookup.entity not in asker.application.entities:
            known.update((each.name, MISSING) for each in lookup.unseen)
        elif rows is None:
            known.update(_unseen(lookup, asker.application, streams.of(lookup.of)))
        else:
            view = _view(plan, lookup, rows, verdicts)
            known.update(_measure(view, lookup, asker, streams.of(lookup.of)))
    return known


def _parameters(plan: Plan, asker: Asker, streams: Streams) -> dict[str, int]:
    application, _, entities = asker
    asked = {"at": application.occurred_at}
    for lookup in plan.lookups:
        begin = application.occurred_at - lookup.window
        asked[f"entity_{lookup.place}"] = entities.get(lookup.entity, NONE)
        asked[f"stream_{lookup.place}"] = streams.of(lookup.of).id
        asked[f"begin_{lookup.place}"] = max(begin, application.since.get(lookup.entity, begin))
    return asked


def _by_place(
    connection: Connection, statement: str, asked: Mapping[str, int]
) -> dict[int, list[Any]]:
    """Return the rows of each lookup that found any, in the order in which windows look."""
    if not statement:
        return {}
    rows = fetch(connection, statement, asked)
    rows.sort()
    return {place: list(found) for place, found in groupby(rows, itemgetter(0))}


def _unseen(
    lookup: Lookup, application: Application, stream: Stream
) -> Iterator[tuple[str, Known]]:
    """Say what the columns are worth where nothing was found."""
    at, since = application.occurred_at, application.since.get(lookup.entity, ALWAYS)
    for name, window, known in lookup.unseen:
        watched = observed(begins(at, window, since), stream.known_since)
        yield name, known if watched else SHORT


def _view(
    plan: Plan, lookup: Lookup, rows: Sequence[Sequence[Any]], verdicts: Sequence[Any]
) -> View:
    found = Columns(*zip(*rows, strict=True))
    return View(
        plan,
        _events(found, verdicts),
        found.score,
        [orjson.loads(each) for each in found.features] if lookup.featured else (),
        [orjson.loads(each) for each in found.entities] if lookup.linked else (),
    )


def _measure(
    view: View, lookup: Lookup, asker: Asker, stream: Stream
) -> Iterator[tuple[str, Known]]:
    application, own, _ = asker
    at, since = application.occurred_at, application.since.get(lookup.entity, ALWAYS)
    asking = Asking(NONE if own is None else own, at, NOW)
    for column, (name, window, _) in zip(lookup.columns, lookup.unseen, strict=True):
        begin = begins(at, window, since)
        watched = observed(begin, stream.known_since)
        yield name, Known(_value(column, view, begin, asking), None) if watched else SHORT


def _value(column: History, view: View, begin: int, asking: Asking) -> float:
    events = _looked_into(column, view)
    order = range(bisect_left(events.occurred, begin), len(events.occurred))
    return measured(CODES[column.measure], column.base_rate or 0.0, events, order, asking)


def _events(rows: Columns, verdicts: Sequence[Any]) -> Events:
    """Lay out a range of sightings and its verdicts as ``windows`` reads them."""
    number = len(rows.event_id)
    outcomes: dict[int, list[Judged]] = defaultdict(list)
    for each in map(Judged._make, verdicts):
        outcomes[each.event_id].append(each)
    laid = [each for event in rows.event_id for each in outcomes.get(event, ())] if outcomes else []
    counts = (len(outcomes.get(event, ())) for event in rows.event_id)
    return Events(
        occurred=rows.occurred_at,
        reference=rows.event_id,
        met=[True] * number,
        value=(),
        other=(),
        outcomes=list(accumulate(counts, initial=0)) if outcomes else [0] * (number + 1),
        known_at=[each.known_at for each in laid],
        received=[RECEIVED] * len(laid),
        label=[NONE if each.label is None else each.label for each in laid],
    )


def _looked_into(column: History, view: View) -> Events:
    """Add what a column wants to know of each event."""
    events, what = view.events, column.what or ""
    if column.where:
        name, equals = column.where.feature, column.where.equals
        events = events._replace(met=[each.get(name) == equals for each in view.features])
    if column.measure == "distinct":
        return events._replace(other=[each.get(what, NONE) for each in view.entities])
    if column.measure != "latest":
        return events
    if what == "score":
        return events._replace(value=[NAN if each is None else each for each in view.score])
    codes = view.plan.codes.get((column.of, what), {})
    return events._replace(value=[_number(each.get(what), codes) for each in view.features])


def _number(value: Any, codes: Codes) -> float:
    """Encode a stored feature as the model would: a word by its code, null as NaN."""
    if isinstance(value, str):
        return float(codes.get(value, NAN))
    return NAN if value is None else float(value)
