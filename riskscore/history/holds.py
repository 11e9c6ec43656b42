"""Legal holds: an identifier whose applications must not be erased, whatever their age.

A hold reaches every application that carries the identifier, and all that hangs on it. It says why
and by whom; released ones stay to be accounted for, and go with the identifier.
"""

from collections.abc import Sequence

from sqlalchemy import CompoundSelect, Connection, Row, Select, insert, select, union, update

from riskscore.history.schema import decision, entity, event, hold, mention, sighting
from riskscore.product.moments import now

ACTIVE = hold.c.released_at.is_(None)


def hold_identifiers(
    connection: Connection, numbers: Sequence[int], *, reason: str, by: str
) -> int:
    """Put a hold on identifiers; returns how many."""
    said = {"reason": reason, "held_by": by, "held_at": now()}
    rows = [said | {"entity_id": number} for number in numbers]
    if rows:
        connection.execute(insert(hold), rows)
    return len(rows)


def release_identifiers(
    connection: Connection, numbers: Sequence[int], *, reason: str, by: str
) -> int:
    """End every hold on identifiers; returns how many."""
    done = connection.execute(
        update(hold)
        .where(ACTIVE, hold.c.entity_id.in_(numbers))
        .values(released_at=now(), released_by=by, release_reason=reason)
    )
    return done.rowcount


def holds_on(connection: Connection, numbers: Sequence[int]) -> Sequence[Row]:
    """Return the holds on identifiers, those that were released too, oldest first."""
    wanted = select(hold).where(hold.c.entity_id.in_(numbers)).order_by(hold.c.id)
    return connection.execute(wanted).all()


def active_holds(connection: Connection) -> Sequence[Row]:
    """Return every hold that is not released, with its tenant and the kind of identifier."""
    wanted = (
        select(hold, entity.c.tenant, entity.c.kind)
        .join(entity, entity.c.id == hold.c.entity_id)
        .where(ACTIVE)
        .order_by(hold.c.id)
    )
    return connection.execute(wanted).all()


def held_events() -> Select:
    """Ask for the events that must not be erased."""
    return (
        select(sighting.c.event_id)
        .join(hold, hold.c.entity_id == sighting.c.entity_id)
        .where(ACTIVE)
    )


def held_decisions() -> CompoundSelect:
    """Ask for the decisions that must not be erased: on such an event, or that mention one held."""
    mentioned = (
        select(mention.c.decision_number)
        .join(hold, hold.c.entity_id == mention.c.entity_id)
        .where(ACTIVE)
    )
    same = (decision.c.stream_id == event.c.stream_id) & (decision.c.reference == event.c.reference)
    on_event = select(decision.c.number).join(event, same).where(event.c.id.in_(held_events()))
    return union(mentioned, on_event)
