"""Ranking figures of many resamples of the same rows: sorted once, then only counted."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.datasets import Places
from training.labels import Labels

Shares = NDArray[np.float64]

EXACT = 1 + 1e-12  # rates are sums of weights, which round


class Ranking(NamedTuple):
    """Rows by margin, the highest first.

    Attributes:
        order: Their places, shape (n_rows,).
        fraud: Whether each is one, in this order.
        last: Where each margin stands for the last time, since one margin is flagged as a whole.
    """

    order: Places
    fraud: NDArray[np.bool_]
    last: Places


class Curve(NamedTuple):
    """What is flagged from each margin on, the highest first; shape (n_margins + 1,) from 0.

    Attributes:
        innocent: Weight of the innocent flagged.
        guilty: Weight of the frauds flagged.
    """

    innocent: Shares
    guilty: Shares

    @property
    def fpr(self) -> Shares:
        return np.asarray(self.innocent / self.innocent[-1])

    @property
    def tpr(self) -> Shares:
        return np.asarray(self.guilty / self.guilty[-1])


def ranking(margins: NDArray[np.floating], labels: Labels) -> Ranking:
    order = np.argsort(-np.asarray(margins, np.float64), kind="stable")
    ordered = np.asarray(margins)[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(order) - 1)
    return Ranking(order, labels[order] == 1, last)


def curve(ranked: Ranking, weights: Shares) -> Curve:
    """Add up the weights, shape (n_rows,) in the rows' own order."""
    ordered = weights[ranked.order]
    guilty = np.cumsum(np.where(ranked.fraud, ordered, 0))[ranked.last]
    innocent = np.cumsum(np.where(ranked.fraud, 0, ordered))[ranked.last]
    return Curve(np.append(0, innocent), np.append(0, guilty))


def area(found: Curve) -> float:
    """Return the area under the ROC curve."""
    return float(np.trapezoid(found.tpr, found.fpr))


def area_within(found: Curve, fpr: float) -> float:
    """Return the mean TPR over false-positive rates from 0 to ``fpr``: the part that is used."""
    inside = int(np.searchsorted(found.fpr, fpr, "right"))
    rates = np.append(found.fpr[:inside], fpr)
    shares = np.append(found.tpr[:inside], np.interp(fpr, found.fpr, found.tpr))
    return float(np.trapezoid(shares, rates) / fpr)


def tpr_at(found: Curve, fpr: float) -> float:
    """Return the share of frauds in the largest threshold set within a false-positive rate."""
    within = np.searchsorted(found.innocent, fpr * found.innocent[-1] * EXACT, "right") - 1
    return float(found.tpr[within])


def average_precision(found: Curve) -> float:
    """Return the mean precision over the frauds, each where it is found."""
    flagged = found.guilty + found.innocent
    precision = np.divide(found.guilty, flagged, out=np.ones_like(flagged), where=flagged > 0)
    return float(np.diff(found.tpr) @ precision[1:])


def precision_at(found: Curve, alerts: float) -> float:
    """Return the share of frauds among the ``alerts`` highest; equals count in proportion."""
    flagged = found.guilty + found.innocent
    return float(np.interp(alerts, flagged, found.guilty) / alerts)
