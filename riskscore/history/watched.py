"""Since when somebody watched: what a window reaches before is unknown, not zero."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.history.columns import Integers
from riskscore.history.receipts import Room

NEVER = 2**63 - 1


class First(NamedTuple):
    """The first counted application of a tenant in order of receipt."""

    received: int
    row: int
    occurred: int


def firsts(room: Room, table: str) -> dict[int, First]:
    """Find each tenant's first counted application in a stored table."""
    found = room.sql(f"""
        SELECT tenant, min({{'received': received, 'row': row, 'occurred': occurred}})
        FROM {table} WHERE counted GROUP BY tenant
        """).fetchall()  # noqa: S608 - a name of our own
    return {tenant: First(**first) for tenant, first in found}


def known_since(rows: pa.Table, known: Mapping[int, First], turn: int) -> Integers:
    """Say of each row since when its tenant's applications were watched, NEVER if not yet.

    Args:
        rows: ``tenant``, ``received``, ``turn`` and ``row``.
        known: By tenant, of the product looked at.
        turn: Of that product among what was received at one moment.
    """
    since = np.full(rows.num_rows, NEVER)
    tenants, received, turns, row = (
        rows[name].to_numpy() for name in ("tenant", "received", "turn", "row")
    )
    for tenant, first in known.items():
        earlier = turns > turn
        earlier |= (turns == turn) & (row > first.row)
        seen = (received > first.received) | ((received == first.received) & earlier)
        since[(tenants == tenant) & seen] = first.occurred
    return since
