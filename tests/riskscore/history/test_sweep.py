"""Windows tallied step by step are worth what ``measured`` makes of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.history.columns import Column, Rows
from riskscore.history.sweep import sweep
from riskscore.history.windows import ALWAYS, CODES, NONE, Asking, Events, measured


def made(seed: int, rows: int) -> tuple[Rows, Events]:
    """Make up one identifier's rows in order of receipt, with much that comes late or again."""
    rng = np.random.default_rng(seed)
    received = np.sort(rng.integers(0, 60, rows)) * 1_000_000
    at = received - rng.choice([0, 0, 5, 30], rows) * 1_000_000
    counts = rng.random(rows) < 0.8
    reference = np.arange(rows)
    again = np.flatnonzero(~counts)
    again = again[again > 0]
    reference[again] = [rng.integers(0, each) for each in again]
    own = np.where(~counts & counts[reference], reference, NONE)
    many = np.where(counts, rng.integers(0, 3, rows), 0)
    found = int(many.sum())
    events: Any = (
        *(at, reference, rng.random(rows) < 0.6, rng.random(rows)),
        *(rng.integers(NONE, 4, rows), np.concatenate([[0], np.cumsum(many)])),
        *(rng.integers(0, 60, found) * 1_000_000, rng.integers(0, 60, found) * 1_000_000),
        rng.integers(NONE, 2, found),
    )
    since = np.where(rng.random(rows) < 0.2, received - 20_000_000, ALWAYS)
    known = np.full(rows, -(10**15))
    ours = Rows(at, received, since, known, reference, own, np.ones(rows, bool), counts)
    return ours, Events(*events)


def plainly(column: Column, rows: Rows, events: Events) -> list[float]:
    """Do what the store does: choose what each row sees, and measure it."""
    values = []
    for row, at in enumerate(rows.at.tolist()):
        begin = max(at - column.window, int(rows.since[row]))
        before = [each for each in range(row) if rows.counts[each]]
        order = [each for each in before if begin <= events.occurred[each] <= at]
        order.sort(key=lambda each: (events.occurred[each], each))
        asking = Asking(int(rows.reference[row]), at, int(rows.received[row]))
        values.append(measured(column.code, column.base_rate, events, order, asking))
    return values


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 60), window=st.integers(1, 60))
@pytest.mark.parametrize("measure", sorted(CODES))
def test_crowded_or_not_a_window_is_worth_the_same(
    measure: str, seed: int, rows: int, window: int
) -> None:
    column = Column(CODES[measure], 0.05, window * 1_000_000)
    ours, events = made(seed, rows)
    borders = np.array([0, rows])

    right = plainly(column, ours, events)
    alone = sweep(column, ours, events, borders, crowd=10**9).values
    crowded = sweep(column, ours, events, borders, crowd=1).values

    np.testing.assert_array_equal(alone, right)
    np.testing.assert_array_equal(crowded, right)
