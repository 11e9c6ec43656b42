"""How long we remember: purge what is old, forget one person. What is under a hold stays."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from riskscore.errors import UpkeepError
from riskscore.history.erasing import (
    TOGETHER,
    erase_decisions,
    erase_each_decision,
    erase_entities,
    erase_event,
    erase_events,
    erase_orphans,
    lock,
    lock_now,
    numbers_in,
)
from riskscore.history.holds import held_decisions, held_events, holds_on
from riskscore.history.kept import LASTING, sweep
from riskscore.history.schema import decision, event, mention, sighting, stream
from riskscore.history.store import Store
from riskscore.history.subjects import Carried, carried_by
from riskscore.product.moments import now, rfc3339


class Erased(NamedTuple):
    """How many rows went so far."""

    decisions: int
    events: int


class Old(NamedTuple):
    """What is to be purged.

    Attributes:
        before: Microseconds since 1970.
        product: None for every product.
        tenant: None for every tenant.
    """

    before: int
    product: str | None = None
    tenant: str | None = None

    @property
    def streams(self) -> ColumnElement[bool]:
        asked: list[ColumnElement[bool]] = [stream.c.id.is_not(None)]
        asked += [] if self.product is None else [stream.c.product == self.product]
        asked += [] if self.tenant is None else [stream.c.tenant == self.tenant]
        return and_(*asked)

    @property
    def events(self) -> ColumnElement[bool]:
        within = exists().where(stream.c.id == event.c.stream_id, self.streams)
        return and_(event.c.occurred_at < self.before, within)  # by the index of times

    @property
    def decisions(self) -> ColumnElement[bool]:
        within = exists().where(stream.c.id == decision.c.stream_id, self.streams)
        return and_(decision.c.occurred_at < self.before, within)


def purge(store: Store, old: Old) -> Iterator[Erased]:
    """Erase every application that occurred before a moment, unless it is under a hold.

    Windows that reach before it are unknown from then on, not zero.

    Raises:
        StoreUnavailable: The store failed; what was erased so far stays erased.
    """
    store.ready()
    with store.writing() as connection:
        later = stream.c.purged_until.is_(None) | (stream.c.purged_until < old.before)
        connection.execute(update(stream).where(old.streams, later).values(purged_until=old.before))
    sweep_answers(store)
    decisions = events = 0
    for number in erase_decisions(store, old.decisions & free_decisions()):
        decisions += number
        yield Erased(decisions, events)
    for number in erase_events(store, old.events & free_events()):
        events += number
        yield Erased(decisions, events)


def sweep_answers(store: Store) -> None:
    """Let go of every answer that was kept under a request's key for long enough."""
    gone = TOGETHER
    while gone == TOGETHER:
        with store.writing() as connection:
            gone = sweep(connection, before=now() - LASTING, most=TOGETHER)


def free_events() -> ColumnElement[bool]:
    return event.c.id.not_in(held_events())


def free_decisions() -> ColumnElement[bool]:
    return decision.c.number.not_in(held_decisions())


def kept(store: Store, old: Old) -> Erased:
    """Count what a purge leaves because it is under a hold."""
    with store.reading() as connection:
        decisions = select(func.count()).where(
            old.decisions, decision.c.number.in_(held_decisions())
        )
        events = select(func.count()).where(old.events, event.c.id.in_(held_events()))
        return Erased(connection.scalar(decisions) or 0, connection.scalar(events) or 0)


def held_of(store: Store, numbers: Sequence[int]) -> Erased:
    """Count what ``forget`` would erase, or what it left because of holds."""
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

    Whoever else was seen beside it (a dealer, a device) keeps its other applications; one that also
    carries somebody who is under a hold stays. An application that arrives meanwhile is
    erased too, or comes after all was forgotten and is somebody's new beginning: an event goes in
    one transaction with the decisions on it, and the identifier with the last of them, while no
    application with it can enter.

    Raises:
        UpkeepError: The identifier is under a hold.
        StoreUnavailable: The store failed; what was erased so far stays erased.
    """
    check_free(store, numbers)
    erased = Erased(0, 0)
    for number in numbers:
        for some in forget_one(store, number):
            erased = Erased(erased.decisions + some.decisions, erased.events + some.events)
            yield erased


def check_free(store: Store, numbers: Sequence[int]) -> None:
    """Refuse to forget whoever is under a hold, before anything is erased.

    Raises:
        UpkeepError: It is.
    """
    with store.reading() as connection:
        refuse_held(connection, numbers)


def refuse_held(connection: Connection, numbers: Sequence[int]) -> None:
    for each in holds_on(connection, numbers):
        if each.released_at is None:
            raise UpkeepError(
                f"under a legal hold since {rfc3339(each.held_at)}, by {each.held_by}: "
                "nothing is erased before 'riskscore subject release'"
            )


def forget_one(store: Store, number: int) -> Iterator[Erased]:
    done = False
    while not done:
        with store.writing() as connection:
            seen = erasable(connection, number).rows
            lock(connection, store, numbers=[number], rows=seen)
            refuse_held(connection, [number])
            found = erasable(connection, number)  # what was written while we waited is there now
            new = [each for each in found.rows if each not in seen]
            locked = lock_now(connection, store, new)  # before erasing: no outcome slips in between
            erase_each_decision(connection, found.decisions)
            for each in found.events:
                erase_event(connection, each)
            done = locked and len(found.events) < TOGETHER
            if done:
                erase_entities(connection, [number])
        erase_orphans(store, numbers_in(found.rows))
        yield Erased(len(found.decisions), len(found.events))


def erasable(connection: Connection, number: int) -> Carried:
    """Find some of the applications that carry an identifier and are under no hold."""
    return carried_by(
        connection,
        number,
        of_events=free_events(),
        of_decisions=free_decisions(),
        limit=TOGETHER,
    )
