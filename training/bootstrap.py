"""Intervals by resampling: how far a figure would move with other rows of the same kind.

Frauds come in bursts, ten on one day by one gang, so single rows would look more certain than they
are. Where there are enough days, whole days are resampled.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.labels import Labels
from training.receipts import Times

DRAWS = 300
DAY = 86_400_000_000  # microseconds
ENOUGH = 20  # days below which rows are resampled one by one
TRIES = 20  # per draw, until both labels are in it

Weights = NDArray[np.float64]
Figures = Mapping[str, float]


class Interval(NamedTuple):
    """The middle 95 % of a figure over resamples."""

    low: float
    high: float


class Rows(NamedTuple):
    """What resampling must know of the rows: labels, weights and moments, shape (n_rows,)."""

    labels: Labels
    weights: Weights
    times: Times | None


def resampled(
    rows: Rows, figures: Callable[[Weights], Figures], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Compute figures on resamples of the rows.

    Args:
        rows: Those that the figures are about, with both labels.
        figures: Gives figures for row weights, always the same ones.
        draws: How many resamples.
        seed: The same draws the same resamples.

    Returns:
        Each figure over the draws, shape (draws,).
    """
    found = [figures(weights) for weights in _draws(rows, draws, seed)]
    return {name: np.array([each[name] for each in found]) for name in found[0]}


def interval(values: NDArray[np.float64]) -> Interval:
    """Return NaN where no resample has the figure."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(float("nan"), float("nan"))
    low, high = np.percentile(known, [2.5, 97.5]).tolist()
    return Interval(low, high)


def blocks(times: Times | None, rows: int) -> NDArray[np.int64]:
    """Number what is resampled together, shape (n_rows,) from 0: days, or single rows."""
    if times is None:
        return np.arange(rows)
    days, place = np.unique(times // DAY, return_inverse=True)
    return np.asarray(place) if len(days) >= ENOUGH else np.arange(rows)


def _draws(rows: Rows, draws: int, seed: int) -> Iterator[Weights]:
    rng = np.random.default_rng(seed)
    block = blocks(rows.times, len(rows.labels))
    count = int(block.max()) + 1
    frauds = np.bincount(block, rows.weights * rows.labels, count)
    whole = np.bincount(block, rows.weights, count)
    for _ in range(draws):
        for _ in range(TRIES):
            times = np.bincount(rng.integers(0, count, count), minlength=count)
            if 0 < times @ frauds < times @ whole:
                break
        else:
            times = np.ones(count, np.int64)
        yield rows.weights * times[block]
