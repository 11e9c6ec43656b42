"""The calibration slope of many resamples of the same rows: cut once, then solved on the parts."""

import numpy as np
from numpy.typing import NDArray

from riskscore.model.calibration import Margins
from training.labels import Labels

PARTS = 1024  # of the range of claimed log-odds; within one, rows claim as good as the same
STEPS = 50
CLOSE = 1e-9
FLAT = 1e-9  # spread of claims below which there is no slope


class Slope:
    """Cox's slope of labels on claimed log-odds, for any weights of the same rows.

    Source:
        Cox, "Two further applications of a model for binary regression", Biometrika 1958.
    """

    def __init__(self, claimed: Margins, labels: Labels) -> None:
        odds = np.log(claimed) - np.log1p(-claimed)
        borders = np.linspace(odds.min(), odds.max(), PARTS + 1)[1:-1]
        _, self._part = np.unique(np.searchsorted(borders, odds), return_inverse=True)
        self._count = int(self._part.max()) + 1
        sums = np.bincount(self._part, odds, self._count)
        self._odds = sums / np.bincount(self._part, minlength=self._count)
        self._labels = labels

    def __call__(self, weights: NDArray[np.float64]) -> float:
        """Return the slope for row weights, NaN where every row claims the same."""
        rows = np.bincount(self._part, weights, self._count).astype(np.float64)
        frauds = np.bincount(self._part, weights * self._labels, self._count).astype(np.float64)
        centre = np.average(self._odds, weights=rows)
        spread = np.sqrt(np.average((self._odds - centre) ** 2, weights=rows))
        if spread < FLAT:
            return float("nan")
        return _solved((self._odds - centre) / spread, rows, frauds) / float(spread)


def _solved(
    odds: NDArray[np.float64], rows: NDArray[np.float64], frauds: NDArray[np.float64]
) -> float:
    """Find the likeliest slope by Newton's method, each step halved until it helps."""
    line = np.column_stack([odds, np.ones(len(odds))])
    base = frauds.sum() / rows.sum()
    found = np.array([0.0, np.log(base / (1 - base))])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-np.clip(line @ found, -500, 500)))
        uphill = line.T @ (frauds - rows * probability)
        bend = (line * (rows * probability * (1 - probability))[:, None]).T @ line
        step = np.linalg.lstsq(bend, uphill, rcond=None)[0]
        while _likelihood(line @ (found + step), rows, frauds) < _likelihood(
            line @ found, rows, frauds
        ):
            step = step / 2
        found = found + step
        if np.abs(step).max() < CLOSE:
            break
    return float(found[0])


def _likelihood(
    odds: NDArray[np.float64], rows: NDArray[np.float64], frauds: NDArray[np.float64]
) -> float:
    return float(frauds @ odds - rows @ np.logaddexp(0, odds))
