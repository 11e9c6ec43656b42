"""Since when somebody watched: what a window reaches before is unknown, not zero."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.history.columns import NEVER, Flags, Integers
from riskscore.history.receipts import Room


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
    tenants = rows["tenant"].to_numpy()
    for tenant, first in known.items():
        since[(tenants == tenant) & _after(rows, first, turn)] = first.occurred
    return since


def since_of(rows: pa.Table, first: First | None, turn: int) -> Integers:
    """Say likewise since when another tenant's applications were watched, given its first."""
    if first is None:
        return np.full(rows.num_rows, NEVER)
    return np.where(_after(rows, first, turn), first.occurred, NEVER)


def _after(rows: pa.Table, first: First, turn: int) -> Flags:
    """Tell which rows were received after a first application."""
    received, turns, row = (rows[name].to_numpy() for name in ("received", "turn", "row"))
    earlier = turns > turn
    earlier |= (turns == turn) & (row > first.row)
    seen: Flags = (received > first.received) | ((received == first.received) & earlier)
    return seen
