"""How long we remember: purge what is old, forget one person."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Row, delete, func, or_, select, tuple_, update

from riskscore.errors import UpkeepError
from riskscore.history.erasing import (
    TOGETHER,
    erase_decisions,
    erase_each_decision,
    erase_event,
    erase_events,
    erase_orphans,
    lock,
    numbers_in,
)
from riskscore.history.kept import LASTING, sweep
from riskscore.history.schema import decision, entity, event, mention, sighting, stream
from riskscore.history.store import Store
from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.moments import now
from riskscore.product.spec import Entity


class Erased(NamedTuple):
    """How many rows went so far."""

    decisions: int
    events: int


def purge(store: Store, before: int) -> Iterator[Erased]:
    """Erase every application that occurred before a moment, in microseconds since 1970.

    Windows that reach before it are unknown from then on, not zero.

    Raises:
        StoreUnavailable: The store failed; what was erased so far stays erased.
    """
    _ = store.key
    with store.writing() as connection:
        later = stream.c.purged_until.is_(None) | (stream.c.purged_until < before)
        connection.execute(update(stream).where(later).values(purged_until=before))
    sweep_answers(store)
    decisions = events = 0
    for number in erase_decisions(store, decision.c.occurred_at < before):
        decisions += number
        yield Erased(decisions, events)
    for number in erase_events(store, event.c.occurred_at < before):
        events += number
        yield Erased(decisions, events)


def sweep_answers(store: Store) -> None:
    """Let go of every answer that was kept under a request's key for long enough."""
    gone = TOGETHER
    while gone == TOGETHER:
        with store.writing() as connection:
            gone = sweep(connection, before=now() - LASTING, most=TOGETHER)


def find_subject(store: Store, kind: Entity, identifier: str) -> list[int]:
    """Return the numbers of whoever has this identifier, one at each tenant that knows it.

    Raises:
        UpkeepError: It is no identifier of that kind.
    """
    try:
        spelled = canonical(identifier, kind.format)
    except BadIdentifier as error:
        raise UpkeepError(f"{kind.name}: {error}") from None
    key = store.key
    with store.reading() as connection:
        tenants = connection.scalars(select(stream.c.tenant).distinct()).all()
        names = [key.pseudonym(tenant, kind.name, spelled) for tenant in tenants]
        known = select(entity.c.id).where(
            entity.c.tenant.in_(tenants),
            entity.c.key_version == key.version,
            entity.c.pseudonym.in_(names),
        )
        return [*connection.scalars(known)]


def held_of(store: Store, numbers: Sequence[int]) -> Erased:
    """Count what ``forget`` would erase."""
    with store.reading() as connection:
        events = connection.scalar(
            select(func.count()).select_from(sighting).where(sighting.c.entity_id.in_(numbers))
        )
        others = connection.scalar(
            select(func.count()).select_from(mention).where(mention.c.entity_id.in_(numbers))
        )
    return Erased(others or 0, events or 0)


def forget(store: Store, numbers: Sequence[int]) -> Iterator[Erased]:
    """Erase every application that carries an identifier: decisions, events and outcomes.

    Whoever else was seen beside it (a dealer, a device) keeps its other applications. An
    application that arrives meanwhile is erased too, or comes after all was forgotten and is
    somebody's new beginning: an event goes in one transaction with the decisions on it, and the
    identifier with the last of them, while no application with it can enter.

    Raises:
        StoreUnavailable: The store failed; what was erased so far stays erased.
    """
    erased = Erased(0, 0)
    for number in numbers:
        for some in forget_one(store, number):
            erased = Erased(erased.decisions + some.decisions, erased.events + some.events)
            yield erased


def forget_one(store: Store, number: int) -> Iterator[Erased]:
    done = False
    while not done:
        with store.writing() as connection:
            seen = carried_by(connection, number)
            lock(connection, store, numbers=[number], rows=[*seen.events, *seen.decisions])
            found = carried_by(connection, number)  # what was written while we waited is there now
            erase_each_decision(connection, found.decisions)
            for each in found.events:
                erase_event(connection, each)
            done = found == seen and len(found.events) < TOGETHER
            if done:
                connection.execute(delete(entity).where(entity.c.id == number))
        erase_orphans(store, numbers_in([*found.events, *found.decisions]))
        yield Erased(len(found.decisions), len(found.events))


class Carried(NamedTuple):
    """Applications that carry an identifier."""

    events: Sequence[Row]
    decisions: Sequence[Row]


def carried_by(connection: Connection, number: int) -> Carried:
    """Find some of the events that carry an identifier, and every decision on those.

    With the last of the events come the decisions that only mention it.
    """
    seen = select(sighting.c.event_id).where(sighting.c.entity_id == number)
    events = connection.execute(select(event).where(event.c.id.in_(seen)).limit(TOGETHER)).all()
    told = [(each.stream_id, each.reference) for each in events]
    wanted = [tuple_(decision.c.stream_id, decision.c.reference).in_(told)]
    if len(events) < TOGETHER:
        mentioned = select(mention.c.decision_number).where(mention.c.entity_id == number)
        wanted.append(decision.c.number.in_(mentioned))
    return Carried(events, connection.execute(select(decision).where(or_(*wanted))).all())
