"""Seed a new installation from an event folder, so that it need not start without a past.

Applications enter in order of receipt, outcomes after them, in one transaction: all or nothing.
Only the command line imports this: pyarrow stays out of a serving worker.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from riskscore.errors import UpkeepError
from riskscore.history import entities
from riskscore.history.counting import Counted, put_beside, sightings
from riskscore.history.event_files import EventFolder, FoundOut, Happened
from riskscore.history.glances import Glances, glances_of
from riskscore.history.keys import Keys
from riskscore.history.schema import event, outcome, sighting, stream
from riskscore.history.store import Store, met
from riskscore.history.streams import Stream, first_counted, open_stream

NUMBERED = "SELECT setval(pg_get_serial_sequence('{0}', 'id'), max(id)) FROM {0}"


@dataclass(slots=True)
class Tally:
    """How far an import is; what is skipped did not count, or speaks of nothing that we have."""

    applications: int = 0
    outcomes: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Import:
    """One import, in its transaction."""

    connection: Connection
    store: Store
    glances: Mapping[str, Glances]  # by product
    tally: Tally = field(default_factory=Tally)
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    keys: dict[str, Keys] = field(default_factory=dict)
    events: int = 0  # numbers given so far
    outcomes: int = 0

    def keys_of(self, tenant: str) -> Keys:
        """Return a tenant's key, met in this transaction: on SQLite there is no other meanwhile."""
        if tenant not in self.keys:
            self.keys[tenant] = met(self.connection, self.store.source, tenant)
        return self.keys[tenant]

    def stream(self, tenant: str, product: str) -> Stream:
        key = (tenant, product)
        if key not in self.streams:
            opened = open_stream(self.connection, tenant, product, None)
            self.streams[key] = opened.by_product[product]
        return self.streams[key]


def import_history(store: Store, folder: EventFolder, *, since: int | None) -> Iterator[Tally]:
    """Take in what a folder holds.

    Args:
        store: One that holds no application yet.
        folder: Opened, with the declarations of its products.
        since: Microseconds since 1970 from which the folder is whole; None if nobody says, then
            each product is known since its first application.

    Yields:
        The tally, after each part.

    Raises:
        UpkeepError: The store holds applications already; they would come before what is older.
        DataError: A file cannot be used.
        StoreUnavailable: The store failed; nothing was taken in.
    """
    store.ready()
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE"))
        if connection.scalar(select(event.c.id).limit(1)) is not None:
            raise UpkeepError("the store holds applications already: expected a new one")
        products = folder.products
        glances = {name: glances_of(name, products.values()) for name in products}
        run = Import(connection, store, glances)
        for happened in folder.applications():
            take_applications(run, happened)
            yield run.tally
        for found in folder.outcomes():
            take_outcomes(run, found)
            yield run.tally
        finish(run, since)


def take_applications(run: Import, happened: Sequence[Happened]) -> None:
    """Let applications count, each reference once."""
    named = [names_of(run, each) for each in happened]
    new = first_of_each(run, happened)
    run.tally.skipped += len(happened) - len(new)
    numbers = numbers_of(run, happened, named)
    rows: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    for place in new:
        each = happened[place]
        held = {name: numbers[pseudonym] for name, pseudonym in named[place].items()}
        opened = first_counted(run.connection, run.stream(each.tenant, each.product), each.occurred)
        run.streams[each.tenant, each.product] = opened
        run.events += 1
        rows.append(event_row(each, opened.id, held, run.events))
        known = Counted(run.events, opened.id, each.occurred, each.features, held)
        seen += sightings(known, run.glances[each.product])
    if rows:
        run.connection.execute(insert(event), rows)
    if seen:
        run.connection.execute(insert(sighting), seen)
    run.tally.applications += len(rows)


def names_of(run: Import, each: Happened) -> dict[str, entities.Pseudonym]:
    keys = run.keys_of(each.tenant)
    return {
        name: entities.Pseudonym(name, keys.digest(name, identifier))
        for name, identifier in each.entities.items()
    }


def first_of_each(run: Import, happened: Sequence[Happened]) -> list[int]:
    """Return the places of those whose reference did not count before."""
    known: set[tuple[int, str]] = set()
    for number, references in by_stream(run, happened).items():
        counted = select(event.c.reference).where(
            event.c.stream_id == number, event.c.reference.in_(references)
        )
        known |= {(number, reference) for reference in run.connection.scalars(counted)}
    new = []
    for place, each in enumerate(happened):
        key = (run.stream(each.tenant, each.product).id, each.reference)
        if each.counts and key not in known:
            known.add(key)
            new.append(place)
    return new


def by_stream(run: Import, rows: Sequence[Happened] | Sequence[FoundOut]) -> dict[int, list[str]]:
    references: dict[int, list[str]] = {}
    for each in rows:
        number = run.stream(each.tenant, each.product).id
        references.setdefault(number, []).append(each.reference)
    return references


def numbers_of(
    run: Import,
    happened: Sequence[Happened],
    named: Sequence[Mapping[str, entities.Pseudonym]],
) -> dict[entities.Pseudonym, int]:
    """Number every identifier of some rows."""
    wanted: dict[str, set[entities.Pseudonym]] = {}
    for each, names in zip(happened, named, strict=True):
        wanted.setdefault(each.tenant, set()).update(names.values())
    numbers: dict[entities.Pseudonym, int] = {}
    for tenant, pseudonyms in wanted.items():
        keys = run.keys_of(tenant)
        entities.lock(run.connection, [], adding=[tenant])
        known = entities.find(run.connection, keys, pseudonyms)
        new = sorted(pseudonyms - known.keys())
        numbers |= known | entities.add(run.connection, keys, new)
    return numbers


def event_row(
    each: Happened, stream_id: int, held: Mapping[str, int], number: int
) -> dict[str, Any]:
    return {
        "id": number,
        "stream_id": stream_id,
        "reference": each.reference,
        "occurred_at": each.occurred,
        "received_at": each.received,
        "score": each.score,
        "features": each.features,
        "entities": held,
    }


def take_outcomes(run: Import, found: Sequence[FoundOut]) -> None:
    """Put outcomes beside the applications they speak of."""
    held: dict[tuple[int, str], Any] = {}
    for number, references in by_stream(run, found).items():
        counted = select(event.c.id, event.c.reference, event.c.entities).where(
            event.c.stream_id == number, event.c.reference.in_(references)
        )
        held |= {(number, row.reference): row for row in run.connection.execute(counted)}
    rows: list[dict[str, Any]] = []
    for each in found:
        number = run.stream(each.tenant, each.product).id
        about = held.get((number, each.reference))
        if about is None:
            run.tally.skipped += 1
            continue
        run.outcomes += 1
        row = each.said | {"id": run.outcomes, "stream_id": number, "reference": each.reference}
        rows.append(row)
        put_beside(run.connection, row, about.id, about.entities.values())
    if rows:
        run.connection.execute(insert(outcome), rows)
    run.tally.outcomes += len(rows)


def finish(run: Import, since: int | None) -> None:
    """Note since when everything is known, and where PostgreSQL goes on counting."""
    if since is not None:
        run.connection.execute(update(stream).values(known_since=since))
    if run.connection.dialect.name == "postgresql":
        for table in (event.name, outcome.name):
            run.connection.execute(text(NUMBERED.format(table)))
