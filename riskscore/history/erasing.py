"""Erase applications with everything that hangs on them, so that no byte of them is left.

Rows are deleted in small transactions while others serve. A deleted row is overwritten in SQLite's
file; what its log still holds goes with ``settle``. PostgreSQL leaves the bytes of a deleted row
in its page until the table is rewritten, which ``settle`` does when asked.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, select

from riskscore.errors import UpkeepError
from riskscore.history import entities
from riskscore.history.engine import is_sqlite
from riskscore.history.schema import (
    decision,
    decision_read,
    entity,
    event,
    hold,
    kept_answer,
    mention,
    metadata,
    outcome,
    probe,
    sighting,
    stream,
    verdict,
)
from riskscore.history.store import Store

TOGETHER = 200  # applications erased in one transaction
ATTEMPTS, PAUSE = 100, 0.05  # seconds: readers may hold the log for a moment


def erase_events(store: Store, wanted: ColumnElement[bool]) -> Iterator[int]:
    """Erase events with their sightings and outcomes; yields how many after each transaction."""
    while True:
        with store.writing() as connection:
            rows = connection.execute(select(event).where(wanted).limit(TOGETHER)).all()
            lock(connection, store, rows=rows)
            for row in rows:
                erase_event(connection, row)
        erase_orphans(store, numbers_in(rows))
        if rows:
            yield len(rows)
        if len(rows) < TOGETHER:
            return


def erase_event(connection: Connection, row: Row) -> None:
    numbers = numbers_in([row])
    connection.execute(
        delete(sighting).where(
            sighting.c.entity_id.in_(numbers),
            sighting.c.stream_id == row.stream_id,
            sighting.c.occurred_at == row.occurred_at,
            sighting.c.event_id == row.id,
        )
    )
    connection.execute(
        delete(verdict).where(
            verdict.c.entity_id.in_(numbers),
            verdict.c.stream_id == row.stream_id,
            verdict.c.event_id == row.id,
        )
    )
    connection.execute(delete(event).where(event.c.id == row.id))
    erase_what_was_said(connection, row)


def erase_decisions(store: Store, wanted: ColumnElement[bool]) -> Iterator[int]:
    """Erase decisions, and outcomes of applications of which nothing else is left."""
    while True:
        with store.writing() as connection:
            rows = connection.execute(select(decision).where(wanted).limit(TOGETHER)).all()
            lock(connection, store, rows=rows)
            erase_each_decision(connection, rows)
        erase_orphans(store, numbers_in(rows))
        if rows:
            yield len(rows)
        if len(rows) < TOGETHER:
            return


def erase_each_decision(connection: Connection, rows: Sequence[Row]) -> None:
    numbers = [row.number for row in rows]
    connection.execute(
        delete(mention).where(
            mention.c.entity_id.in_(numbers_in(rows)), mention.c.decision_number.in_(numbers)
        )
    )
    connection.execute(delete(decision_read).where(decision_read.c.decision_number.in_(numbers)))
    connection.execute(delete(decision).where(decision.c.number.in_(numbers)))
    for row in rows:
        erase_what_was_said(connection, row)


def erase_what_was_said(connection: Connection, row: Row) -> None:
    """Erase the answers that are kept of an application, and its outcomes with the last of it."""
    asked = exists().where(
        stream.c.id == row.stream_id,
        stream.c.tenant == kept_answer.c.tenant,
        stream.c.product == kept_answer.c.product,
    )
    connection.execute(delete(kept_answer).where(kept_answer.c.reference == row.reference, asked))
    erase_outcomes(connection, row)


def erase_outcomes(connection: Connection, row: Row) -> None:
    """Erase the outcomes of an application that has neither event nor decision any more."""
    left = [
        exists().where(table.c.stream_id == row.stream_id, table.c.reference == row.reference)
        for table in (event, decision)
    ]
    connection.execute(
        delete(outcome).where(
            outcome.c.stream_id == row.stream_id,
            outcome.c.reference == row.reference,
            *(~each for each in left),
        )
    )


def numbers_in(rows: Sequence[Row]) -> set[int]:
    """Gather the numbers of the identifiers of events or decisions, under whatever key."""
    return {number for row in rows for number in _numbers_of(row)}


def _numbers_of(row: Row) -> set[int]:
    own: Mapping[str, int] = row.entities
    shared: Mapping[str, Mapping[str, int]] = getattr(row, "partners", None) or {}
    return {number for each in (own, *shared.values()) for number in each.values()}


def erase_orphans(store: Store, numbers: Collection[int]) -> None:
    """Erase identifiers that nothing refers to any more.

    In a transaction of its own, under their locks: an application that arrives just now either
    refers to its identifier already, or gives it a new number.
    """
    if not numbers:
        return
    with store.writing() as connection:
        lock(connection, store, numbers=numbers)
        erase_entities(connection, numbers)


def erase_entities(connection: Connection, numbers: Collection[int]) -> None:
    """Erase those of some identifiers that nothing refers to, with the holds there were on them."""
    named = select(entity.c.pseudonym).where(entity.c.id.in_(numbers))
    connection.execute(delete(probe).where(probe.c.pseudonym.in_(named)))
    connection.execute(
        delete(entity).where(
            entity.c.id.in_(numbers),
            ~exists().where(sighting.c.entity_id == entity.c.id),
            ~exists().where(mention.c.entity_id == entity.c.id),
        )
    )
    gone = ~exists().where(entity.c.id == hold.c.entity_id)
    connection.execute(delete(hold).where(hold.c.entity_id.in_(numbers), gone))


def lock(
    connection: Connection,
    store: Store,
    *,
    numbers: Collection[int] = (),
    rows: Sequence[Row] = (),
) -> None:
    """Keep out whoever writes about these identifiers and references until the transaction ends.

    Args:
        connection: In a transaction that writes.
        store: Whose key names what is locked.
        numbers: Of identifiers, so that no application with one of them enters.
        rows: Events or decisions, on whose references no outcome is then written.
    """
    if not entities.locks(connection):
        return
    locks = [*digests_of(connection, store, numbers), *references_of(connection, store, rows)]
    if locks:
        entities.lock(connection, locks)


def lock_now(connection: Connection, store: Store, rows: Sequence[Row]) -> bool:
    """Lock the references of more rows, where an identifier of theirs is locked already.

    Returns:
        Whether that was possible without waiting, which might be in a circle.
    """
    if not entities.locks(connection):
        return True
    return entities.lock_now(connection, references_of(connection, store, rows))


def references_of(connection: Connection, store: Store, rows: Sequence[Row]) -> list[bytes]:
    """Return what is locked for the references of events or decisions."""
    streams = {each.id: each for each in connection.execute(select(stream))}
    owners = [(streams[row.stream_id], row.reference) for row in rows]
    return [
        entities.lock_of(store.keys_of(of.tenant), of.product, reference)
        for of, reference in owners
    ]


def digests_of(connection: Connection, store: Store, numbers: Collection[int]) -> list[bytes]:
    """Return what identifiers are locked by, from what is stored of them."""
    held = connection.execute(select(entity).where(entity.c.id.in_(numbers))).all()
    return [store.keys_of(row.tenant).opened(connection, row) for row in held]


def settle(store: Store, *, rewrite: bool) -> None:
    """Let go of what the database still holds of erased rows outside its tables.

    Args:
        store: Where rows were erased.
        rewrite: Also write every table anew: the only way to be rid of every byte in PostgreSQL's
            files, and the way to give space back. Whoever writes has to wait for it.

    Raises:
        UpkeepError: Readers held SQLite's log all the while.
    """
    if is_sqlite(store.url):
        settle_sqlite(store, rewrite=rewrite)
        return
    full = "FULL, " if rewrite else ""
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SET lock_timeout = 0")
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"VACUUM ({full}ANALYZE) {table.name}")
        connection.invalidate()  # it has no limits any more


def settle_sqlite(store: Store, *, rewrite: bool) -> None:
    with store.gate.entered():
        bare: Any = store.engine.raw_connection()
        try:
            if rewrite:
                bare.cursor().execute("VACUUM")
            for _ in range(ATTEMPTS):
                [busy, *_] = bare.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
                time.sleep(PAUSE)
        finally:
            bare.close()
    raise UpkeepError("readers hold the database's log: run this again")
