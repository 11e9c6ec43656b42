"""How long we remember: purge what is old, forget one person."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import func, select, tuple_, update

from riskscore.errors import UpkeepError
from riskscore.history.erasing import erase_decisions, erase_events, erase_orphans
from riskscore.history.schema import decision, entity, event, mention, sighting, stream
from riskscore.history.store import TENANT, Store
from riskscore.product.identifiers import BadIdentifier, canonical
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
    decisions = events = 0
    for number in erase_decisions(store, decision.c.occurred_at < before):
        decisions += number
        yield Erased(decisions, events)
    for number in erase_events(store, event.c.occurred_at < before):
        events += number
        yield Erased(decisions, events)


def find_subject(store: Store, kind: Entity, identifier: str) -> int | None:
    """Return the number of whoever has this identifier; None if the store does not know it.

    Raises:
        UpkeepError: It is no identifier of that kind.
    """
    try:
        spelled = canonical(identifier, kind.format)
    except BadIdentifier as error:
        raise UpkeepError(f"{kind.name}: {error}") from None
    pseudonym = store.key.pseudonym(TENANT, kind.name, spelled)
    with store.reading() as connection:
        number: int | None = connection.scalar(
            select(entity.c.id).where(entity.c.tenant == TENANT, entity.c.pseudonym == pseudonym)
        )
    return number


def held_of(store: Store, number: int) -> Erased:
    """Count what ``forget`` would erase."""
    with store.reading() as connection:
        events = connection.scalar(
            select(func.count()).select_from(sighting).where(sighting.c.entity_id == number)
        )
        others = connection.scalar(
            select(func.count()).select_from(mention).where(mention.c.entity_id == number)
        )
    return Erased(others or 0, events or 0)


def forget(store: Store, number: int) -> Iterator[Erased]:
    """Erase every application that carries an identifier: decisions, events and outcomes.

    Whoever else was seen beside it (a dealer, a device) keeps its other applications.

    Raises:
        StoreUnavailable: The store failed; what was erased so far stays erased.
    """
    seen = select(sighting.c.event_id).where(sighting.c.entity_id == number)
    told = select(event.c.stream_id, event.c.reference).where(event.c.id.in_(seen))
    mentioned = select(mention.c.decision_number).where(mention.c.entity_id == number)
    decisions = events = 0
    about = tuple_(decision.c.stream_id, decision.c.reference).in_(told)
    for which in (about, decision.c.number.in_(mentioned)):
        for erased in erase_decisions(store, which):
            decisions += erased
            yield Erased(decisions, events)
    for erased in erase_events(store, event.c.id.in_(seen)):
        events += erased
        yield Erased(decisions, events)
    erase_orphans(store, [number])
