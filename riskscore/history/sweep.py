"""One history column over many identifiers: every application asks what came before it.

Compiled with numba; what a window is worth is ``windows.measured`` itself. Never imported by a
serving worker.
"""

from typing import NamedTuple

import numpy as np

from riskscore.compiling import inner
from riskscore.history import crowds
from riskscore.history.columns import Column, Integers, Rows, Swept
from riskscore.history.compiled import begins, kept, measured, observed, value
from riskscore.history.crowds import Crowd, View, crowd_for
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
    room = crowd_for(int(np.diff(borders).max()), int(np.max(events.other)) + 1)
    _sweep(Scene(column, rows, events, room, into), borders, crowd)
    return into


class Scene(NamedTuple):
    """Everything that a sweep works on; ``crowd`` is room for one identifier at a time."""

    column: Column
    rows: Rows
    events: Events
    crowd: Crowd
    into: Swept


@kept
def _sweep(scene: Scene, borders: Integers, many: int) -> None:
    rows, events, crowd = scene.rows, scene.events, scene.crowd
    for place in range(len(borders) - 1):
        crowded, held = borders[place + 1] - borders[place] >= many, 0
        for row in range(borders[place], borders[place + 1]):
            if rows.asks[row]:
                _ask(scene, row, held, crowded)
            if rows.counts[row]:
                at = insert(events.occurred, crowd.order, held, row)
                held += 1
                if crowded:
                    crowds.admit(crowd, events, row, at)
        if crowded:
            crowds.clear(crowd, events)


@inner
def _ask(scene: Scene, row: int, held: int, crowded: bool) -> None:  # noqa: FBT001 - compiled
    """Measure what one row sees of the ``held`` events received before it."""
    column, rows, events = scene.column, scene.rows, scene.events
    begin = begins(rows.at[row], column.window, rows.since[row])
    if not observed(begin, rows.known[row]):
        scene.into.short[row] = True
        return
    order = scene.crowd.order[:held]
    first = place_after(events.occurred, order, begin - 1)
    beyond = max(first, place_after(events.occurred, order, rows.at[row]))
    asking = Asking(rows.reference[row], rows.at[row], rows.received[row])
    if crowded:
        view = View(begin, first, beyond, rows.own[row])
        crowds.move(scene.crowd, events, view)
        counted = crowds.tally(column.code, scene.crowd, events, view, asking)
        found = value(column.code, column.base_rate, events, counted, asking)
    else:
        found = measured(column.code, column.base_rate, events, order[first:beyond], asking)
    scene.into.values[row] = found
