"""One history column over many identifiers: every application asks what came before it.

Compiled with numba; what a window is worth is ``windows.measured`` itself. Never imported by a
serving worker.
"""

import numpy as np

from riskscore.history import crowds
from riskscore.history.columns import Column, Integers, Rows, Swept
from riskscore.history.compiled import begins, inner, kept, measured, observed, value
from riskscore.history.crowds import Crowd, Span, crowd_for
from riskscore.history.ordered import insert, place_after
from riskscore.history.windows import Asking, Events

CROWD = 512  # rows of one identifier from which its windows are tallied step by step


def sweep(
    column: Column, rows: Rows, events: Events, borders: Integers, *, crowd: int = CROWD
) -> Swept:
    """Compute one column.

    Args:
        column: What to measure.
        rows: The applications.
        events: The same rows as events; only those that count are looked at.
        borders: Identifier *i* has the rows ``borders[i]`` to ``borders[i + 1]``.
        crowd: Rows of one identifier from which its windows are tallied step by step.

    Returns:
        Shape (n_rows,) each; NaN and False for rows that do not ask.
    """
    into = Swept(np.full(len(rows.at), np.nan), np.zeros(len(rows.at), np.bool_))
    longest = int(np.diff(borders).max())
    room = crowd_for(longest, int(np.max(events.other)) + 1)
    order = np.empty(longest, np.int64)
    _sweep(column, rows, events, borders, crowd, order, room, into)
    return into


@kept
def _sweep(
    column: Column,
    rows: Rows,
    events: Events,
    borders: Integers,
    crowd: int,
    order: Integers,
    room: Crowd,
    into: Swept,
) -> None:
    for place in range(len(borders) - 1):
        first, beyond = borders[place], borders[place + 1]
        crowded = beyond - first >= crowd
        held = 0
        for row in range(first, beyond):
            if rows.asks[row]:
                _ask(column, rows, events, row, order[:held], room, into, crowded)
            if rows.counts[row]:
                at = insert(events.occurred, order, held, row)
                held += 1
                if crowded:
                    crowds.admit(room, events, row, at)
        if crowded:
            crowds.clear(room, events, order)


@inner
def _ask(
    column: Column,
    rows: Rows,
    events: Events,
    row: int,
    order: Integers,
    room: Crowd,
    into: Swept,
    crowded: bool,
) -> None:
    """Measure what one row sees of the events received before it."""
    begin = begins(rows.at[row], column.window, rows.since[row])
    if not observed(begin, rows.known[row]):
        into.short[row] = True
        return
    first = place_after(events.occurred, order, begin - 1)
    beyond = max(first, place_after(events.occurred, order, rows.at[row]))
    asking = Asking(rows.reference[row], rows.at[row], rows.received[row])
    if not crowded:
        into.values[row] = measured(
            column.code, column.base_rate, events, order[first:beyond], asking
        )
        return
    span = Span(begin, first, beyond)
    crowds.move(room, events, order, span)
    counted = crowds.tally(column.code, room, events, order, span, asking, rows.own[row])
    into.values[row] = value(column.code, column.base_rate, events, counted, asking)
