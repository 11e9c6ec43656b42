"""One person, found by an identifier, and the applications that carry it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_, union

from riskscore.errors import UpkeepError
from riskscore.history import entities
from riskscore.history.entities import Pseudonym
from riskscore.history.schema import decision, event, mention, sighting, stream
from riskscore.history.store import Store
from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.spec import Entity


class Carried(NamedTuple):
    """Applications that carry an identifier."""

    events: Sequence[Row]
    decisions: Sequence[Row]

    @property
    def rows(self) -> list[Row]:
        return [*self.events, *self.decisions]


def find_subject(
    store: Store, kind: Entity, identifier: str, *, tenant: str | None = None
) -> dict[str, int]:
    """Find whoever has this identifier.

    Args:
        store: Where to look.
        kind: Of the identifier.
        identifier: As somebody spells it.
        tenant: Whose person; None for every tenant's.

    Returns:
        Tenant -> the number under which it knows the identifier, of those that do.

    Raises:
        UpkeepError: It is no identifier of that kind, or there is no such tenant.
    """
    try:
        spelled = canonical(identifier, kind.format)
    except BadIdentifier as error:
        raise UpkeepError(f"{kind.name}: {error}") from None
    known = tenants_of(store)
    if tenant is not None and tenant not in known:
        raise UpkeepError(f"tenant {tenant}: nothing is held of it")
    keys = [store.keys_of(each) for each in known if tenant in (None, each)]
    with store.reading() as connection:
        names = [Pseudonym(kind.name, each.digest(kind.name, spelled)) for each in keys]
        found = [
            (each.owner, entities.find(connection, each, [name]))
            for each, name in zip(keys, names, strict=True)
        ]
    return {owner: number for owner, numbers in found for number in numbers.values()}


def tenants_of(store: Store) -> Sequence[str]:
    store.ready()
    with store.reading() as connection:
        return connection.scalars(select(stream.c.tenant).distinct().order_by("tenant")).all()


def carried_by(
    connection: Connection,
    number: int,
    *,
    of_events: ColumnElement[bool],
    of_decisions: ColumnElement[bool],
    limit: int | None = None,
) -> Carried:
    """Find the events that carry an identifier, or some, and every decision on those.

    With the last of the events come the decisions that only mention it.

    Args:
        connection: In a transaction.
        number: Of the identifier.
        of_events: Which of its events are wanted.
        of_decisions: Likewise.
        limit: Of the events; None for all.
    """
    seen = select(sighting.c.event_id).where(sighting.c.entity_id == number)
    wanted = select(event).where(event.c.id.in_(seen), of_events).order_by(event.c.id).limit(limit)
    events = connection.execute(wanted).all()
    listed = event.c.id.in_(seen if limit is None else [each.id for each in events])
    told = select(event.c.stream_id, event.c.reference).where(listed, of_events)
    same = tuple_(decision.c.stream_id, decision.c.reference).in_(told)
    asked = [select(decision.c.number).where(same)]
    if limit is None or len(events) < limit:
        asked.append(select(mention.c.decision_number).where(mention.c.entity_id == number))
    found = decision.c.number.in_(union(*asked))  # an OR of the two would read the whole table
    about = select(decision).where(found, of_decisions).order_by(decision.c.number)
    return Carried(events, connection.execute(about).all())
