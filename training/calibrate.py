"""Fit the map from margins to probabilities: beta calibration, in log-odds.

With s the probability that the booster claims, calibrated log-odds are
``a log s - b log(1 - s) + c``: one slope for unlikely rows (a), another for likely ones (b), smooth
between. Both are held near 1 by a weak prior, so that a handful of frauds cannot turn the map
over; where there are very few, one slope serves both, which is Platt's map.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from riskscore.model.calibration import Calibration, Margins
from training.labels import Labels

KNOTS = 65
BEYOND = 0.1  # share of the range of margins that the knots reach beyond it, on either side
FEW = 30  # frauds, or others, below which one slope must do
TIGHTNESS = 2.0  # of the prior on both slopes: a standard deviation of about 0.7


class Slopes(NamedTuple):
    """The three numbers of the map; ``low`` and ``high`` are at least 0."""

    low: float
    high: float
    shift: float


def calibrate(
    margins: NDArray[np.floating], labels: Labels, weights: NDArray[np.float64]
) -> Calibration:
    """Fit the map on rows that the booster was not fitted on.

    Args:
        margins: Raw log-odds, shape (n,).
        labels: 1 fraud, 0 not, shape (n,), both there.
        weights: Shape (n,).

    Source:
        Kull, Silva Filho and Flach, "Beta calibration", AISTATS 2017; Platt, "Probabilistic
        outputs for support vector machines", 1999.
    """
    exact = np.asarray(margins, np.float64)
    knots = knots_over(exact)
    return of_knots(knots, log_odds(knots, fit_slopes(exact, labels, weights)), len(exact))


def of_knots(knots: Margins, levels: Margins, rows: int) -> Calibration:
    return Calibration(
        margins=tuple(knots.tolist()),
        log_odds=tuple(np.maximum.accumulate(levels).tolist()),
        rows=rows,
    )


def fit_slopes(
    margins: Margins, labels: Labels, weights: NDArray[np.float64], *, single: bool = False
) -> Slopes:
    """Find the likeliest slopes and shift under the prior; one slope where told, or of few."""
    rarer = min(int(labels.sum()), int((1 - labels).sum()))
    parts = parts_of(margins)
    if single or rarer < FEW:
        parts = parts.sum(axis=1, keepdims=True)
    weights = weights / weights.mean()
    found = minimize(
        _loss,
        np.array([1.0] * parts.shape[1] + [0.0]),
        args=(parts, labels.astype(np.float64), weights),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * parts.shape[1] + [(None, None)],
    )
    *slopes, shift = found.x.tolist()
    return Slopes(slopes[0], slopes[-1], shift)


def log_odds(margins: Margins, slopes: Slopes) -> Margins:
    calibrated: Margins = parts_of(margins) @ np.array([slopes.low, slopes.high]) + slopes.shift
    return calibrated


def knots_over(margins: Margins) -> Margins:
    low, high = float(margins.min()), float(margins.max())
    beyond = max(BEYOND * (high - low), 0.5)
    return np.linspace(low - beyond, high + beyond, KNOTS)


def parts_of(margins: Margins) -> Margins:
    """Return log s and -log(1 - s), shape (n, 2); they sum to the margin."""
    return np.column_stack([-np.logaddexp(0, -margins), np.logaddexp(0, margins)])


def _loss(
    numbers: NDArray[np.float64],
    parts: Margins,
    labels: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    """Return the penalised negative log likelihood, and its gradient."""
    odds = parts @ numbers[:-1] + numbers[-1]
    off = weights * (1 / (1 + np.exp(-np.clip(odds, -500, 500))) - labels)
    away = numbers[:-1] - 1
    likelihood = weights @ (np.logaddexp(0, odds) - labels * odds)
    gradient = np.append(parts.T @ off + TIGHTNESS * away, off.sum())
    return float(likelihood + TIGHTNESS * (away @ away) / 2), gradient
