"""How well single columns tell rows apart on their own.

A column that does it too well was written after the answer was known. Direction does not matter,
and neither does shape: values are cut into parts, missing ones are a part too, and each part's rate
in one half of the rows ranks the other half.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from training.labels import Labels
from training.ranking import area, curve, ranking, tpr_at

PARTS = 64  # of about as many rows each; fewer where values repeat
RATE = 0.001  # false-positive rate at which a leak stands out
PRIOR = 2.0  # rows of the base rate added to every part, so that a lonely row says little


class Separation(NamedTuple):
    """What one column reaches on rows that it was not cut by: AUC, and TPR at 0.1 % FPR."""

    auc: float
    tpr: float


def separations(
    matrix: Matrix, labels: Labels, weights: NDArray[np.float64], *, seed: int = 0
) -> list[Separation]:
    """Judge each column of a matrix, shape (n_rows, n_columns), on its own."""
    half = _halves(labels, seed)
    return [_separation(_parts(column), labels, weights, half) for column in matrix.T]


def _halves(labels: Labels, seed: int) -> NDArray[np.bool_]:
    """Deal the rows of each label to two halves in turn."""
    order = np.random.default_rng(seed).permutation(len(labels))
    half = np.zeros(len(labels), bool)
    for label in (0, 1):
        half[order[labels[order] == label][::2]] = True
    return half


def _parts(column: NDArray[np.float32]) -> NDArray[np.int64]:
    known = column[~np.isnan(column)]
    values = np.unique(known)
    if len(values) > PARTS:
        values = np.unique(np.quantile(known, np.arange(PARTS) / PARTS, method="lower"))
    places = np.searchsorted(values, column, "right")
    return np.where(np.isnan(column), len(values) + 1, places)


def _separation(
    parts: NDArray[np.int64],
    labels: Labels,
    weights: NDArray[np.float64],
    half: NDArray[np.bool_],
) -> Separation:
    found = [_judged(parts, labels, weights, half), _judged(parts, labels, weights, ~half)]
    return Separation(*np.mean(found, axis=0).tolist())


def _judged(
    parts: NDArray[np.int64],
    labels: Labels,
    weights: NDArray[np.float64],
    known: NDArray[np.bool_],
) -> Separation:
    """Rank the other half by the rates of the known one."""
    count = int(parts.max()) + 1
    rows = np.bincount(parts[known], weights[known], count)
    frauds = np.bincount(parts[known], (weights * labels)[known], count)
    base = frauds.sum() / rows.sum()
    rates = (frauds + PRIOR * base) / (rows + PRIOR)
    found = curve(ranking(rates[parts][~known], labels[~known]), weights[~known])
    return Separation(area(found), tpr_at(found, RATE))
