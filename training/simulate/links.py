"""Counts of earlier rows of the same entity, as simple as they come.

The audit's own measure of whether identifiers link anything; the service has its own windows.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from training.simulate.arrays import DAY, Floats, Ints

WINDOWS = (7 * DAY, 30 * DAY, 36_500 * DAY)
Frames = Mapping[str, pd.DataFrame]


def link_counts(frames: Frames, product: str, entities: Mapping[str, Sequence[str]]) -> Floats:
    """Count earlier rows that share an identifier, in each product that has it."""
    columns = [
        column
        for name in entities[product]
        for other, known in entities.items()
        if name in known
        for column in earlier(frames[other], frames[product], name)
    ]
    return np.column_stack(columns)


def earlier(past: pd.DataFrame, rows: pd.DataFrame, entity: str) -> list[Floats]:
    """Count, for each of ``rows``, those of ``past`` that were received before it."""
    codes, _ = pd.factorize(pd.concat([past[entity], rows[entity]], ignore_index=True))
    start = min(past.received_at.min(), rows.received_at.min())
    span = 2 * WINDOWS[-1]
    keys = np.sort(codes[: len(past)] * span + micros(past, start))
    own = codes[len(past) :]
    now = own * span + micros(rows, start)
    before = np.searchsorted(keys, now)
    counts = [before - np.searchsorted(keys, np.maximum(now - w, own * span)) for w in WINDOWS]
    return [np.where(own < 0, np.nan, count.astype(float)) for count in counts]


def micros(rows: pd.DataFrame, start: pd.Timestamp) -> Ints:
    since = (rows.received_at - start) // pd.Timedelta(microseconds=1)
    return np.asarray(since, np.int64)


def permuted(frames: Frames, entities: Mapping[str, Sequence[str]], seed: int) -> Frames:
    """Deal each identifier column out again at random, within its product."""
    rng = np.random.default_rng(seed)
    return {
        product: rows.assign(
            **{name: rng.permutation(rows[name].to_numpy()) for name in entities[product]}
        )
        for product, rows in frames.items()
    }
