"""Applications enter the store: each reads its history and becomes part of that of the next."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Row,
    bindparam,
    cast,
    null,
    select,
    union_all,
    update,
)

from riskscore.history import entities
from riskscore.history.entities import Pseudonym
from riskscore.history.glances import Glances
from riskscore.history.plan import Plan
from riskscore.history.prepared import fetch, put, put_numbered, run
from riskscore.history.reading import Asker, read_history
from riskscore.history.schema import event, outcome, sighting, verdict, whole
from riskscore.history.store import Store
from riskscore.history.streams import Streams, first_counted, open_stream, read_streams
from riskscore.product.application import COUNTED, Application
from riskscore.product.moments import now
from riskscore.product.past import Known

STREAM: BindParameter[int] = bindparam("stream")
SCORED = update(event).where(event.c.id == bindparam("event")).values(score=bindparam("as_served"))


class Arrival(NamedTuple):
    """An application, and what stands for its identifiers, by entity name."""

    application: Application
    names: Mapping[str, Pseudonym]

    @property
    def stored(self) -> bool:
        return self.application.purpose != "test"


class Recorded(NamedTuple):
    """What the store made of one application.

    Attributes:
        history: Its history columns.
        entities: Name -> number, of the identifiers that the store knows.
        event: The event that it became; None if it does not count, or its reference did before.
    """

    application: Application
    history: Mapping[str, Known]
    entities: Mapping[str, int]
    event: int | None


class Counted(NamedTuple):
    """An application that became an event, and the numbers of its identifiers by entity name."""

    event: int
    stream: int
    occurred_at: int
    features: Mapping[str, Any]
    numbers: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where applications of one product at one tenant enter, in one transaction.

    Attributes:
        connection: In a transaction of ``store`` that may write, unless all are tests.
        received_at: Now, in microseconds since 1970.
        streams: The tenant's.
        numbers: Of the identifiers at hand.
        events: Of the references at hand that counted before.
        outcomes: Of the references at hand, received before they counted.
    """

    connection: Connection
    store: Store
    plan: Plan
    tenant: str
    received_at: int
    streams: Streams = field(default_factory=lambda: Streams({}, None))
    numbers: dict[Pseudonym, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def product(self) -> str:
        return self.plan.product.name


def arrivals_of(store: Store, tenant: str, applications: Iterable[Application]) -> list[Arrival]:
    """Make the pseudonyms of applications, which nobody need wait at the door for."""
    keys = store.keys_of(tenant)
    return [Arrival(each, entities.pseudonyms(keys, each)) for each in applications]


def record(desk: Desk, arrivals: Sequence[Arrival]) -> list[Recorded]:
    """Take in applications as if each came alone and in this order.

    Few enough must come at a time that the identifiers of all can be locked together.
    """
    lock(desk, arrivals)
    look_up(desk, arrivals)
    return [enter(desk, each) for each in arrivals]


def note_scores(connection: Connection, scores: Mapping[int, int]) -> None:
    """Remember the score that each event was served."""
    rows = [{"event": number, "as_served": score} for number, score in scores.items()]
    if rows:
        run(connection, SCORED, rows)


def lock(desk: Desk, arrivals: Iterable[Arrival]) -> None:
    """Lock every identifier and reference that will be stored; SQLite's door is lock enough."""
    if not entities.locks(desk.connection):
        return
    stored = [each for each in arrivals if each.stored]
    values = [name.value for each in stored for name in each.names.values()]
    keys = desk.store.keys_of(desk.tenant)
    values += [entities.lock_of(keys, desk.product, each.application.reference) for each in stored]
    if values:
        entities.lock(desk.connection, values, adding=[desk.tenant])
        desk.received_at = max(desk.received_at, now())  # others came first while we waited


def look_up(desk: Desk, arrivals: Sequence[Arrival]) -> None:
    """Find what the store knows of the applications at hand; number what is new to it."""
    connection, store, tenant = desk.connection, desk.store, desk.tenant
    desk.streams = read_streams(connection, tenant, store.declared)
    if desk.product not in desk.streams.by_product and any(each.stored for each in arrivals):
        desk.streams = open_stream(connection, tenant, desk.product, store.declared)
    names = {name for each in arrivals for name in each.names.values()}
    keys = store.keys_of(tenant)
    desk.numbers = entities.find(connection, keys, names)
    stored = {name for each in arrivals if each.stored for name in each.names.values()}
    new = sorted(stored - desk.numbers.keys())
    desk.numbers |= entities.add(connection, keys, new)
    if desk.product in desk.streams.by_product:
        look_up_references(desk, {each.application.reference for each in arrivals})


def look_up_references(desk: Desk, references: Iterable[str]) -> None:
    """Find which references counted before; and which did not, but have outcomes already."""
    wanted = list(references)
    stream = desk.streams.of(desk.product).id
    values = {f"reference_{place}": each for place, each in enumerate(wanted)}
    found = fetch(desk.connection, of_references(len(wanted)), {"stream": stream, **values})
    desk.events = {reference: number for reference, number in found if number is not None}
    judged = {reference for reference, number in found if number is None}
    desk.outcomes = outcomes_of(desk.connection, stream, judged) if judged else {}


@cache
def of_references(number: int) -> CompoundSelect:
    """Ask for the events of so many references, and whether they have outcomes."""
    wanted: list[BindParameter[str]] = [bindparam(f"reference_{place}") for place in range(number)]
    return union_all(
        select(event.c.reference, event.c.id).where(
            event.c.stream_id == STREAM, event.c.reference.in_(wanted)
        ),
        select(outcome.c.reference, cast(null(), whole)).where(
            outcome.c.stream_id == STREAM, outcome.c.reference.in_(wanted)
        ),
    )


def outcomes_of(
    connection: Connection, stream: int, references: Collection[str]
) -> dict[str, list[Row]]:
    outcomes: dict[str, list[Row]] = defaultdict(list)
    said = select(outcome).where(outcome.c.stream_id == stream, outcome.c.reference.in_(references))
    for row in connection.execute(said):
        outcomes[row.reference].append(row)
    return outcomes


def enter(desk: Desk, arrival: Arrival) -> Recorded:
    """Read an application's history, then let it count, if it does and did not before."""
    application, names = arrival
    numbers = {entity: desk.numbers[name] for entity, name in names.items() if name in desk.numbers}
    own = desk.events.get(application.reference)
    asker = Asker(application, own, numbers)
    history = read_history(desk.connection, desk.plan, asker, desk.streams)
    counts = own is None and application.purpose in COUNTED
    number = count(desk, application, numbers) if counts else None
    return Recorded(application, history, numbers, number)


def count(desk: Desk, application: Application, numbers: Mapping[str, int]) -> int:
    """Make an application an event, and put it beside each of its identifiers."""
    stream = first_counted(desk.connection, desk.streams.of(desk.product), application.occurred_at)
    desk.streams.by_product[desk.product] = stream
    row = event_row(application, stream.id, numbers, desk.received_at)
    number = put_numbered(desk.connection, event, row)
    desk.events[application.reference] = number
    known = Counted(number, stream.id, application.occurred_at, application.features, numbers)
    put(desk.connection, sighting, sightings(known, desk.plan.glances))
    for each in desk.outcomes.get(application.reference, ()):
        put_beside(desk.connection, each._asdict(), number, numbers.values())
    return number


def event_row(
    application: Application, stream: int, numbers: Mapping[str, int], received_at: int
) -> dict[str, Any]:
    return {
        "stream_id": stream,
        "reference": application.reference,
        "occurred_at": application.occurred_at,
        "received_at": received_at,
        "features": sent(application),
        "entities": numbers,
    }


def sent(application: Application) -> dict[str, Any]:
    return {name: value for name, value in application.features.items() if value is not None}


def sightings(known: Counted, glances: Glances) -> list[dict[str, Any]]:
    """Put an event beside each of its identifiers."""
    asking = {known.numbers[name] for name in known.numbers if name in glances.entities}
    glance = glances.at(known.features, known.numbers) if asking else None
    return [
        {
            "entity_id": number,
            "stream_id": known.stream,
            "occurred_at": known.occurred_at,
            "event_id": known.event,
            "glance": glance if number in asking else None,
        }
        for number in set(known.numbers.values())
    ]


def put_beside(
    connection: Connection, found: Mapping[str, Any], event_id: int, numbers: Iterable[int]
) -> None:
    """Put an outcome beside each identifier of its application."""
    rows = [
        {
            "entity_id": number,
            "stream_id": found["stream_id"],
            "known_at": found["known_at"],
            "outcome_id": found["id"],
            "event_id": event_id,
            "label": found["label"],
        }
        for number in set(numbers)
    ]
    put(connection, verdict, rows)
