"""Applications enter the store: each reads its history and becomes part of that of the next."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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

from riskscore.errors import AskedAboutTooOften
from riskscore.history import entities
from riskscore.history.borrowing import Asking
from riskscore.history.engine import to_json
from riskscore.history.entities import Pseudonym
from riskscore.history.glances import Glances
from riskscore.history.plan import Plan
from riskscore.history.prepared import fetch, put, put_numbered, run
from riskscore.history.quotas import Limits, asked_about, count_caller, count_probe, over
from riskscore.history.reading import Asker, look, measured
from riskscore.history.schema import event, outcome, sighting, verdict, whole
from riskscore.history.sharing import (
    NO_TERMS,
    Names,
    Numbers,
    Terms,
    find_shared,
    numbered,
    of_partners,
    owner,
    shared_names,
)
from riskscore.history.store import Store
from riskscore.history.streams import Streams, first_counted, open_stream, read_streams
from riskscore.product.application import COUNTED, Application
from riskscore.product.moments import now
from riskscore.product.past import Known

STREAM: BindParameter[int] = bindparam("stream")
SCORED = update(event).where(event.c.id == bindparam("event")).values(score=bindparam("as_served"))


class Arrival(NamedTuple):
    """An application, and what stands for its identifiers.

    Attributes:
        names: By entity name.
        shared: Likewise under each agreement that matters to it, by the agreement's name.
    """

    application: Application
    names: Mapping[str, Pseudonym]
    shared: Names

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
        terms: The agreements that matter here.
        partners: Numbers of the identifiers at hand under each of them.
        limits: What may be asked in a day; None without limit.
        refused: Of the applications at hand, by place, those that must not be answered.
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
    terms: Terms = NO_TERMS
    partners: Mapping[str, Mapping[Pseudonym, int]] = field(default_factory=dict)
    limits: Limits | None = None
    refused: dict[int, AskedAboutTooOften] = field(default_factory=dict)

    @property
    def product(self) -> str:
        return self.plan.product.name


def arrivals_of(
    store: Store, tenant: str, applications: Iterable[Application], terms: Terms = NO_TERMS
) -> list[Arrival]:
    """Make the pseudonyms of applications, which nobody need wait at the door for."""
    keys = store.keys_of(tenant)
    return [
        Arrival(each, entities.pseudonyms(keys, each), shared_names(store, terms, each))
        for each in applications
    ]


def record(desk: Desk, arrivals: Sequence[Arrival]) -> list[Recorded]:
    """Take in applications as if each came alone and in this order, but for those refused.

    Few enough must come at a time that the identifiers of all can be locked together.

    Raises:
        QuotaExceeded: The caller asks more than it may in a day; nothing must be kept.
    """
    lock(desk, arrivals)
    admitted = look_up(desk, arrivals)
    return [enter(desk, each) for each in admitted]


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
    held = [names for each in stored for names in (each.names, *each.shared.values())]
    values = [name.value for names in held for name in names.values()]
    keys = desk.store.keys_of(desk.tenant)
    values += [entities.lock_of(keys, desk.product, each.application.reference) for each in stored]
    if values:
        owners = [desk.tenant, *map(owner, desk.terms.through)]
        entities.lock(desk.connection, values, adding=owners)
        desk.received_at = max(desk.received_at, now())  # others came first while we waited


def look_up(desk: Desk, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Find what the store knows of the applications at hand; number what is new to it.

    Returns:
        Those that are not refused.
    """
    connection, store, tenant = desk.connection, desk.store, desk.tenant
    desk.streams = read_streams(connection, tenant, store.declared)
    if desk.product not in desk.streams.by_product and any(each.stored for each in arrivals):
        desk.streams = open_stream(connection, tenant, desk.product, store.declared)
    names = {name for each in arrivals for name in each.names.values()}
    keys = store.keys_of(tenant)
    desk.numbers = entities.find(connection, keys, names)
    if desk.limits:
        arrivals = admitted(desk, desk.limits, arrivals)
    stored = {name for each in arrivals if each.stored for name in each.names.values()}
    new = sorted(stored - desk.numbers.keys())
    desk.numbers |= entities.add(connection, keys, new)
    if desk.terms.through:
        shared = [(each.shared, each.stored) for each in arrivals]
        desk.partners = find_shared(connection, store, desk.terms, shared)
    if arrivals and desk.product in desk.streams.by_product:
        look_up_references(desk, {each.application.reference for each in arrivals})
    return arrivals


def admitted(desk: Desk, limits: Limits, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Count what is asked against what may be, and leave out what is refused."""
    count_caller(desk.connection, limits, len(arrivals), desk.received_at)
    if limits.each is None:
        return arrivals
    names = [[*counted_names(each, limits)] for each in arrivals]
    held = {name: desk.numbers[name] for some in names for name in some if name in desk.numbers}
    connection, at = desk.connection, desk.received_at
    times = asked_about(connection, [*held.values()], desk.store.yesterday, at)
    before = {name.value: times.get(number, 0) for name, number in held.items()}
    key = desk.store.keys_of(desk.tenant).newest
    for each, some in zip(arrivals, names, strict=True):
        if not each.stored:
            for name, sealed in zip(some, key.sealed(one.value for one in some), strict=True):
                probes = count_probe(connection, sealed, at) - 1
                before[name.value] = before.get(name.value, 0) + probes
    verdicts = over([[name.value for name in some] for some in names], before, limits.each)
    desk.refused = {place: each for place, each in enumerate(verdicts) if each}
    return [each for place, each in enumerate(arrivals) if place not in desk.refused]


def counted_names(arrival: Arrival, limits: Limits) -> Iterator[Pseudonym]:
    return (name for name in arrival.names.values() if name.kind not in limits.shared)


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
    application, names, _ = arrival
    numbers = {entity: desk.numbers[name] for entity, name in names.items() if name in desk.numbers}
    own = desk.events.get(application.reference)
    asker = Asker(application, own, numbers)
    shared = numbered(arrival.shared, desk.partners)
    history = history_of(desk, asker, shared)
    counts = own is None and application.purpose in COUNTED
    number = count(desk, application, numbers, shared) if counts else None
    return Recorded(application, history, numbers, number)


def history_of(desk: Desk, asker: Asker, shared: Numbers) -> dict[str, Known]:
    """Read an application's history, and what other tenants have a part in."""
    looked = look(desk.connection, desk.plan, asker, desk.streams)
    history = measured(desk.plan, asker, looked, desk.streams)
    if desk.terms.gets or desk.terms.over:
        asking = Asking(asker, desk.streams, looked)
        history |= of_partners(desk.connection, desk.plan, asking, desk.terms, shared)
    return history


def count(desk: Desk, application: Application, numbers: Mapping[str, int], shared: Numbers) -> int:
    """Make an application an event, and put it beside each of its identifiers."""
    given = {each.name: shared[each.name] for each in desk.terms.gives}
    stream = first_counted(desk.connection, desk.streams.of(desk.product), application.occurred_at)
    desk.streams.by_product[desk.product] = stream
    row = event_row(application, stream.id, numbers, desk.received_at)
    row["partners"] = to_json(given) if given else None
    number = put_numbered(desk.connection, event, row)
    desk.events[application.reference] = number
    known = Counted(number, stream.id, application.occurred_at, application.features, numbers)
    put(desk.connection, sighting, sightings(known, desk.plan.glances, given))
    for each in desk.outcomes.get(application.reference, ()):
        put_beside(desk.connection, each._asdict(), number, all_numbers(numbers, given))
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


def all_numbers(numbers: Mapping[str, int], shared: Numbers | None) -> set[int]:
    """Gather the numbers of an event's identifiers, under whatever key."""
    held = (numbers, *(shared or {}).values())
    return {number for each in held for number in each.values()}


def sightings(
    known: Counted, glances: Glances, shared: Numbers | None = None
) -> list[dict[str, Any]]:
    """Put an event beside each of its identifiers, under whatever key."""
    held = (known.numbers, *(shared or {}).values())
    asking = {each[name] for each in held for name in each if name in glances.entities}
    glance = glances.at(known.features, known.numbers) if asking else None
    return [
        {
            "entity_id": number,
            "stream_id": known.stream,
            "occurred_at": known.occurred_at,
            "event_id": known.event,
            "glance": glance if number in asking else None,
        }
        for number in all_numbers(known.numbers, shared)
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
