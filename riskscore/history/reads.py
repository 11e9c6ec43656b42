"""Who was told a decision again. Being answered when it was made is no reading."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from riskscore.history.prepared import put
from riskscore.history.schema import decision_read
from riskscore.product.moments import now


class Reader(NamedTuple):
    """Whoever reads.

    Attributes:
        tenant: Whose decisions it may read.
        name: Of its key, or of the command and who ran it.
    """

    tenant: str
    name: str


def note_reads(connection: Connection, numbers: Iterable[int], reader: Reader) -> None:
    """Record that decisions were read, in the transaction that found them."""
    said = {"tenant": reader.tenant, "reader": reader.name, "read_at": now()}
    put(connection, decision_read, [said | {"decision_number": number} for number in numbers])
