"""Where people look and where we recommend to refuse."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from riskscore.model.calibration import Calibration
from riskscore.model.scale import Scale
from training.bootstrap import DAY
from training.errors import OptionInvalid
from training.labels import Labels
from training.receipts import Times


def threshold(
    margins: NDArray[np.floating], labels: Labels, weights: NDArray[np.float64], fpr: float
) -> float:
    """Find the smallest margin whose false-positive rate stays within the asked one.

    A row is flagged when its margin is at least the threshold, so rows of one margin are flagged
    together or not at all.

    Args:
        margins: Raw log-odds, shape (n,).
        labels: 1 fraud, 0 not, shape (n,), some of them 0.
        weights: Shape (n,).
        fpr: The asked rate.

    Returns:
        A margin that some row has; beyond the largest where even that one flags too many.
    """
    single = np.asarray(margins, np.float32)
    candidates, place = np.unique(single, return_inverse=True)
    innocent = np.bincount(place, np.where(labels == 0, weights, 0), len(candidates))
    flagged = np.cumsum(innocent[::-1])[::-1]
    within = np.flatnonzero(flagged <= fpr * innocent.sum() * (1 + 1e-12))
    return _from(candidates, within)


def kept_rate(
    labels: Labels, weights: NDArray[np.float64], fpr: float, confidence: float | None
) -> float:
    """Find the rate to keep on these rows so that new ones like them stay within the asked one.

    Of n innocent rows the threshold may flag k where a true rate of ``fpr`` would flag k or fewer
    with a probability below 1 - confidence: then the exact upper bound of the true rate, which is
    also the order statistic's, lies within. It speaks of rows that come one by one and do not
    change; rows of unequal weight count for fewer.

    Args:
        labels: 1 fraud, 0 not, shape (n,).
        weights: Shape (n,).
        fpr: The asked rate.
        confidence: With which it is to be kept, above 0 and below 1; None to meet it here.

    Returns:
        A rate for ``threshold``, below ``fpr`` where there is a confidence.

    Raises:
        OptionInvalid: So few innocent rows promise nothing, even with none of them flagged.

    Source:
        Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 1934; Tong,
        Feng and Li, "Neyman-Pearson classification algorithms and NP receiver operating
        characteristics", Science Advances 2018.
    """
    if confidence is None:
        return fpr
    innocent = weights[labels == 0]
    rows = int(innocent.sum() ** 2 / (innocent**2).sum() * (1 + 1e-12))
    allowed = int(binom.ppf(1 - confidence, rows, fpr)) - 1
    if allowed < 0:
        raise OptionInvalid(
            f"--threshold-confidence: {rows} innocent rows cannot promise a false-positive rate "
            f"of {fpr:.2%} with confidence {confidence:g}: expected more of them"
        )
    return allowed / rows


def by_alerts(margins: NDArray[np.floating], times: Times, alerts_per_day: float) -> float:
    """Find the smallest margin from which at most so many rows a day are flagged on average.

    Args:
        margins: Raw log-odds, shape (n,).
        times: Microseconds UTC, shape (n,).
        alerts_per_day: What people can look at.
    """
    days = max((int(times.max()) - int(times.min())) / DAY, 1.0)
    single = np.asarray(margins, np.float32)
    candidates, counts = np.unique(single, return_counts=True)
    flagged = np.cumsum(counts[::-1])[::-1]
    within = np.flatnonzero(flagged <= alerts_per_day * days)
    return _from(candidates, within)


def by_probability(
    margins: NDArray[np.floating], calibration: Calibration, probability: float
) -> float:
    """Find the smallest margin whose calibrated probability is at least this one."""
    candidates = np.unique(np.asarray(margins, np.float32))
    within = np.flatnonzero(calibration.probabilities(candidates) >= probability)
    return _from(candidates, within)


def _from(candidates: NDArray[np.float32], within: NDArray[np.int64]) -> float:
    if not len(within):
        return float(np.nextafter(candidates[-1], np.float32(np.inf)))
    return float(candidates[within[0]])


def scale_at(review_margin: float, calibration: Calibration) -> Scale:
    """Make the scale of a product's first fit: 500 points at the review margin."""
    probability = float(calibration.probabilities(np.array([review_margin]))[0])
    return Scale(review_odds=probability / (1 - probability))
