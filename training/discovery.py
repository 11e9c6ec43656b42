"""Calibration where a fraud may not have been found: positive and unlabelled rows.

A label says that a fraud happened *and* was found. With p the probability of fraud, F the chance
that a fraud of the row's age is found by now if ever (``lateness``), and c the share of frauds ever
found, a row is labelled with probability c F p. The map from margins to p is fitted on that
likelihood, so that neither late nor missing labels make p too small; and a row without a label
counts as innocent with the probability (1 - p) / (1 - c F p) only.

c shows only where the likeliest rows are labelled less often than always, which few frauds cannot
tell. So it has a prior around PRIOR, and can be told by who knows it from an audit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from riskscore.model.calibration import Calibration, Margins
from training.calibrate import TIGHTNESS, Slopes, knots_over, log_odds, of_knots, parts_of
from training.labels import Labels

PRIOR = (3.0, 2.0)  # of a beta law over c: mean .6, since a third to a half is said never found
EDGE = 1e-12


class Discovery(NamedTuple):
    """The map from margins to the probability of fraud, and the share of frauds ever found."""

    calibration: Calibration
    share: float


def calibrate_unlabelled(
    margins: NDArray[np.floating],
    labels: Labels,
    chances: NDArray[np.float64],
    *,
    share: float | None = None,
) -> Discovery:
    """Fit the beta map on rows of which frauds were found with a chance.

    Args:
        margins: Raw log-odds, shape (n,).
        labels: 1 where fraud was found, shape (n,).
        chances: That a fraud ever found is found by now, shape (n,).
        share: Of frauds ever found; estimated where None.

    Source:
        Elkan and Noto, "Learning classifiers from only positive and unlabeled data", KDD 2008.
    """
    exact = np.asarray(margins, np.float64)
    start = np.array([1.0, 1.0, 0.0, np.log(PRIOR[0] / PRIOR[1])])
    bounds = [(0, None), (0, None), (None, None), (None, None)]
    if share is not None:
        # bounded, so that a share of 1 stays a number
        start[3] = np.log(share) - np.log1p(-min(share, 1 - EDGE))
        bounds[3] = (start[3], start[3])
    found = minimize(
        _loss,
        start,
        args=(parts_of(exact), labels.astype(np.float64), chances),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
    )
    low, high, shift, odds = found.x.tolist()
    knots = knots_over(exact)
    levels = log_odds(knots, Slopes(low, high, shift))
    return Discovery(of_knots(knots, levels, len(exact)), float(_logistic(odds)))


def innocence(
    probabilities: NDArray[np.float64], labels: Labels, found: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability that each row is innocent, given that it was not found.

    Args:
        probabilities: Of fraud, shape (n,).
        labels: 1 where fraud was found, which is taken for true.
        found: The chance of each row that its fraud would have been found by now.
    """
    innocent = (1 - probabilities) / (1 - np.minimum(found, 1) * probabilities)
    return np.where(labels == 1, 0.0, innocent)


def _loss(
    numbers: NDArray[np.float64],
    parts: Margins,
    labels: NDArray[np.float64],
    chances: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    """Return the penalised negative log likelihood, and its gradient."""
    share = _logistic(numbers[3])
    fraud = _logistic(parts @ numbers[:2] + numbers[2])
    told = np.clip(share * chances * fraud, EDGE, 1 - EDGE)
    away = numbers[:2] - 1
    loss = -(labels @ np.log(told) + (1 - labels) @ np.log1p(-told))
    prior = TIGHTNESS * (away @ away) / 2 - PRIOR[0] * np.log(share) - PRIOR[1] * np.log1p(-share)
    steep = ((1 - labels) / (1 - told) - labels / told) * told
    uphill = steep * (1 - fraud)
    of_share = steep.sum() * (1 - share) - PRIOR[0] * (1 - share) + PRIOR[1] * share
    gradient = np.append(parts.T @ uphill + TIGHTNESS * away, [uphill.sum(), of_share])
    return float(loss + prior), gradient


def _logistic(odds: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
