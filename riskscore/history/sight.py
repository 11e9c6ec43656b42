"""A chunk of applications as a sweep reads them: who asks, and what there is to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.history.columns import Column, Flags, Integers, Rows
from riskscore.history.loans import Loan, known_with_loans
from riskscore.history.receipts import Chunk, Table
from riskscore.history.verdicts import Shares, Verdicts, shares
from riskscore.history.watched import First, known_since, since_of
from riskscore.history.windows import CODES, NONE, Events, microseconds_of
from riskscore.product.encode import values
from riskscore.product.spec import History
from riskscore.product.values import Values


class Watch(NamedTuple):
    """What is known of one product's applications beside themselves.

    Attributes:
        table: Where they are.
        firsts: The first of each tenant.
        declared: Since when all were watched, if somebody said so.
        verdicts: What became of them.
    """

    table: Table
    firsts: dict[int, First]
    declared: int | None
    verdicts: Verdicts


def column_of(history: History) -> Column:
    return Column(CODES[history.measure], history.base_rate or 0.0, microseconds_of(history))


@dataclass(frozen=True, slots=True)
class Sight:
    """One chunk, its applications as a sweep reads them, and what became of these."""

    chunk: Chunk
    watch: Watch
    rows: Rows
    outcomes: Shares

    @property
    def asking(self) -> Integers:
        """Places of those that ask."""
        return np.flatnonzero(self.rows.asks)

    @property
    def file_rows(self) -> Integers:
        """Rows, in their file, of those that ask."""
        rows: Integers = self.chunk.rows["row"].to_numpy()[self.asking]
        return rows

    def events(self, history: History) -> Events:
        """Show the chunk as one column sees it."""
        own = (self._met(history), self._value(history), self._other(history))
        arrays: Any = (self.rows.at, self.rows.reference, *own, *self.outcomes)
        return Events(*arrays)

    def _met(self, history: History) -> Flags:
        if history.where is None:
            return np.ones(len(self.rows.at), np.bool_)
        name = history.where.feature
        feature = self.watch.table.sheet.quantities[name]
        sought = values(feature, [history.where.equals])[0] if feature else history.where.equals
        met: Flags = self._quantity(name) == sought
        return met

    def _value(self, history: History) -> Values:
        if history.measure != "latest":
            return np.zeros(len(self.rows.at))
        return self._quantity(str(history.what))

    def _other(self, history: History) -> Integers:
        if history.measure != "distinct":
            return np.full(len(self.rows.at), NONE)
        words = self.chunk.rows[self.watch.table.identifier(str(history.what))].chunk(0)
        places = words.dictionary_encode().indices.cast(pa.int64())
        numbers: Integers = places.fill_null(NONE).to_numpy()
        return numbers

    def _quantity(self, name: str) -> Values:
        column = self.chunk.rows[self.watch.table.quantity(name)].cast(pa.float64())
        quantities: Values = column.fill_null(np.nan).to_numpy()
        return quantities


def sight(chunk: Chunk, watch: Watch, loans: Sequence[Loan] = ()) -> Sight:
    """Turn a chunk into what a sweep reads; ``loans`` are those that its columns may see."""
    taken = {name: chunk.rows[name].to_numpy() for name in ("row", "occurred", "received")}
    reference, counts = chunk.rows["number"].to_numpy(), chunk.rows["counts"].to_numpy()
    lent = chunk.rows["lent"].to_numpy()
    rows = Rows(
        at=taken["occurred"],
        received=taken["received"],
        since=chunk.rows["since"].to_numpy(),
        known=_known(chunk, watch, loans),
        reference=reference,
        own=own_places(taken["row"], reference, counts & ~lent, chunk.borders),
        asks=chunk.rows["asks"].to_numpy(),
        counts=counts,
    )
    return Sight(chunk, watch, rows, shares(watch.verdicts, taken["row"], counts))


def _known(chunk: Chunk, watch: Watch, loans: Sequence[Loan]) -> Integers:
    rows, turn, declared = chunk.rows, watch.table.turn, watch.declared
    if declared is not None:
        own = np.full(len(rows), declared)
        return known_with_loans(rows, own, loans, lambda _: own)
    own = known_since(rows, watch.firsts, turn)
    firsts = watch.firsts
    return known_with_loans(rows, own, loans, lambda giver: since_of(rows, firsts.get(giver), turn))


def own_places(row: Integers, reference: Integers, counts: Flags, borders: Integers) -> Integers:
    """Find each row's event: the earlier one of its identifier with the same reference.

    A row that counts is its reference's first, and has none. What is lent is
    nobody's own.
    """
    own = np.full(len(row), NONE)
    events, again = np.flatnonzero(counts), np.flatnonzero(~counts & (reference != NONE))
    if not len(events) or not len(again):
        return own
    by_row = events[np.argsort(row[events])]
    place = np.searchsorted(row[by_row], reference[again]).clip(max=len(by_row) - 1)
    found = by_row[place]
    first = borders[np.searchsorted(borders, again, "right") - 1]
    mine = (row[found] == reference[again]) & (found >= first) & (found < again)
    own[again[mine]] = found[mine]
    return own
