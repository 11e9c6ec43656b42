"""Outcomes as arrays, each beside the application that it is about."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.history.columns import Flags, Integers
from riskscore.history.receipts import Room, keep


class Verdicts(NamedTuple):
    """Outcomes of one product by (event, ``known``, receipt); all of shape (n_outcomes,).

    Attributes:
        event: Row of the application in its file, ascending.
    """

    event: Integers
    known: Integers
    received: Integers
    label: Integers


class Shares(NamedTuple):
    """The outcomes of some rows: row *i* has those from ``first[i]`` to ``first[i + 1]``."""

    first: Integers
    known: Integers
    received: Integers
    label: Integers


NOTHING = Verdicts(*(np.zeros(0, np.int64) for _ in Verdicts._fields))


def keep_verdicts(room: Room, table: str, batches: Iterator[pa.RecordBatch]) -> Verdicts:
    """Read outcomes and match them with the counted applications of a stored table."""
    keep(room, f"{table}_outcomes", batches, "SELECT * FROM incoming")
    found = room.sql(f"""
        SELECT events.row, found.known, found.received, found.label
        FROM {table}_outcomes found JOIN {table} events USING (tenant, reference)
        WHERE events.counted ORDER BY events.row, found.known, found.received, found.row
        """).fetchnumpy()  # noqa: S608 - names of our own
    return Verdicts(*(np.asarray(found[name], np.int64) for name in ("row", *Verdicts._fields[1:])))


def shares(verdicts: Verdicts, rows: Integers, counts: Flags) -> Shares:
    """Deal the outcomes out to rows, of which only those that count have any."""
    judged = np.flatnonzero(counts & _among(verdicts.event, rows))
    first, many = np.zeros((2, len(rows)), np.int64)
    first[judged] = np.searchsorted(verdicts.event, rows[judged], "left")
    many[judged] = np.searchsorted(verdicts.event, rows[judged], "right") - first[judged]
    borders = np.concatenate([[0], np.cumsum(many)])
    places = np.repeat(first - borders[:-1], many) + np.arange(borders[-1])
    return Shares(borders, *(each[places] for each in verdicts[1:]))


def _among(events: Integers, rows: Integers) -> Flags:
    """Tell which rows are events, by a table: looking up each would cost more than the sweep."""
    table = np.zeros(max(events.max(initial=0), rows.max(initial=0)) + 1, np.bool_)
    table[events] = True
    among: Flags = table[rows]
    return among
