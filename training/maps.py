"""Three maps from margins to calibrated log-odds, and which of them holds on later rows.

Platt's map is one slope, beta calibration two, isotonic regression as many steps as the rows
support; its steps are joined by lines, so that it is as smooth as the others and no score is
shared by a whole step. Beta is taken unless another is better on later rows beyond noise.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from riskscore.model.calibration import Calibration, Margins
from training.calibrate import calibrate, fit_slopes, knots_over, log_odds, of_knots
from training.labels import Labels
from training.metrics import row_losses

USUAL = "beta"
EARLIER = 2 / 3  # share of the rows that a map is fitted on, before the later ones judge it
FEW = 20  # frauds among those later rows, below which they decide nothing
BEYOND = 2.0  # standard errors by which another map must be better
LEAST, MOST = 0.1, 3.0  # slope of isotonic's ends, in log-odds per log-odds

Fit = Callable[[Margins, Labels, NDArray[np.float64]], Calibration]


class Mapped(NamedTuple):
    """The map taken.

    Attributes:
        name: Which kind.
        log_loss: Of each kind on the later rows; empty where these decided nothing.
    """

    calibration: Calibration
    name: str
    log_loss: Mapping[str, float]


def best_map(
    margins: NDArray[np.floating],
    labels: Labels,
    weights: NDArray[np.float64],
    later: NDArray[np.bool_],
) -> Mapped:
    """Fit every map on the earlier rows, judge them on the later, and fit the best on all.

    Args:
        margins: Raw log-odds, shape (n,).
        labels: 1 fraud, 0 not, shape (n,), both there.
        weights: Shape (n,).
        later: The rows that judge, shape (n,).
    """
    exact = np.asarray(margins, np.float64)
    known, few = labels[~later], int(labels[later].sum()) < FEW
    if few or not 0 < known.sum() < len(known):
        return Mapped(calibrate(exact, labels, weights), USUAL, {})
    losses = {
        name: row_losses(
            fit(exact[~later], known, weights[~later]).probabilities(exact[later]), labels[later]
        )
        for name, fit in MAPS.items()
    }
    name = _chosen(losses, weights[later])
    means = {each: float(np.average(loss, weights=weights[later])) for each, loss in losses.items()}
    return Mapped(MAPS[name](exact, labels, weights), name, means)


def _chosen(losses: Mapping[str, Margins], weights: NDArray[np.float64]) -> str:
    """Take the usual map, or the one that is better by most standard errors."""
    gains = {name: _gain(losses[USUAL] - loss, weights) for name, loss in losses.items()}
    best = max(gains, key=lambda name: gains[name])
    return best if gains[best] > BEYOND else USUAL


def _gain(better: Margins, weights: NDArray[np.float64]) -> float:
    mean = float(np.average(better, weights=weights))
    shares = weights / weights.sum()
    error = float(np.sqrt(shares**2 @ (better - mean) ** 2))
    return mean / error if error else 0.0


def platt(margins: Margins, labels: Labels, weights: NDArray[np.float64]) -> Calibration:
    """Fit one slope.

    Source:
        Platt, "Probabilistic outputs for support vector machines", 1999.
    """
    knots = knots_over(margins)
    slopes = fit_slopes(margins, labels, weights, single=True)
    return of_knots(knots, log_odds(knots, slopes), len(margins))


def isotonic(margins: Margins, labels: Labels, weights: NDArray[np.float64]) -> Calibration:
    """Fit steps, and join their middles by lines.

    A step's rate counts one more row of the base rate, so that none is 0 or 1.

    Source:
        Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability
        estimates", KDD 2002.
    """
    weights = weights / weights.mean()
    steps = IsotonicRegression().fit_transform(margins, labels, sample_weight=weights)
    rates, place = np.unique(steps, return_inverse=True)
    if len(rates) < 2:  # noqa: PLR2004 - a line needs two points
        return platt(margins, labels, weights)
    rows = np.bincount(place, weights)
    base = float(np.average(labels, weights=weights))
    smoothed = (rates * rows + base) / (rows + 1)
    middles = np.bincount(place, weights * margins) / rows
    risen = np.maximum.accumulate(np.log(smoothed) - np.log1p(-smoothed))
    levels, first = np.unique(risen, return_index=True)
    if len(levels) < 2:  # noqa: PLR2004
        return platt(margins, labels, weights)
    return of_knots(*_with_ends(middles[first], levels, margins), len(margins))


def _with_ends(middles: Margins, levels: Margins, margins: Margins) -> tuple[Margins, Margins]:
    """Go on beyond the outer steps with a slope that is neither flat nor steep."""
    low, high = knots_over(margins)[[0, -1]]
    slopes = np.clip(np.diff(levels) / np.diff(middles), LEAST, MOST)
    knots = np.concatenate([[low], middles, [high]])
    below = levels[0] - slopes[0] * (middles[0] - low)
    above = levels[-1] + slopes[-1] * (high - middles[-1])
    return knots, np.concatenate([[below], levels, [above]])


MAPS: Mapping[str, Fit] = {USUAL: calibrate, "platt": platt, "isotonic": isotonic}
