"""Streams: the applications of one product at one tenant, and since when they are known."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from riskscore.history.prepared import fetch
from riskscore.history.schema import stream
from riskscore.history.upsert import insert_new
from riskscore.history.windows import NONE


class Stream(NamedTuple):
    """A stream's number, and from when on everything it held is known; None before its first."""

    id: int
    known_since: int | None


class Streams(NamedTuple):
    """The streams of a tenant by product, and since when those that are not there are known."""

    by_product: dict[str, Stream]
    declared: int | None

    def of(self, product: str) -> Stream:
        """Return a product's stream; one that nothing entered yet has no number."""
        return self.by_product.get(product) or Stream(NONE, self.declared)


OF_TENANT = select(
    stream.c.product, stream.c.id, stream.c.known_since, stream.c.purged_until
).where(stream.c.tenant == bindparam("tenant"))


def read_streams(connection: Connection, tenant: str, declared: int | None) -> Streams:
    """Return a tenant's streams by product.

    Args:
        connection: Within a transaction.
        tenant: Whose.
        declared: Since when the operator says that everything is known; None if nobody says so.
    """
    found = {
        product: Stream(number, known_since(first if declared is None else declared, purged))
        for product, number, first, purged in fetch(connection, OF_TENANT, {"tenant": tenant})
    }
    return Streams(found, declared)


def known_since(since: int | None, purged_until: int | None) -> int | None:
    """Nothing is known of the time before the last purge, whatever was once declared."""
    if since is None or purged_until is None:
        return since
    return max(since, purged_until)


def open_stream(connection: Connection, tenant: str, product: str, declared: int | None) -> Streams:
    """Add a stream, unless another process just did, and return all of the tenant's."""
    connection.execute(insert_new(connection, stream), {"tenant": tenant, "product": product})
    return read_streams(connection, tenant, declared)


def first_counted(connection: Connection, at: Stream, occurred_at: int) -> Stream:
    """Note since when a stream is known, unless it is already.

    It is done before the event gets its number, so that of two that arrive together on
    PostgreSQL the one that waits here also comes later in the order of receipt.
    """
    if at.known_since is not None:
        return at
    unknown = (stream.c.id == at.id) & stream.c.known_since.is_(None)
    connection.execute(update(stream).where(unknown).values(known_since=occurred_at))
    row = connection.execute(
        select(stream.c.known_since, stream.c.purged_until).where(stream.c.id == at.id)
    ).one()
    return Stream(at.id, known_since(row.known_since, row.purged_until))
