"""Which columns stand for a protected input, though the model never sees it itself."""

from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from training.datasets import Dataset
from training.groups import Groups
from training.labels import Labels
from training.ranking import area, curve, ranking
from training.separation import separations

MOST = 5  # columns named
ROWS = 50_000  # more say nothing new
ROUNDS, DEPTH = 40, 4
ENOUGH = 50  # rows in and out of a group

Record = dict[str, Any]


def proxies(groups: Groups, rows: Dataset, *, seed: int = 0) -> list[Record]:
    """Say how well each group is told from the others, by all columns together and by the best.

    ``auc`` is of a small model of all columns the bundle sees, out of fold; .5 where they know
    nothing about the group.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:ROWS])
    matrix = rows.matrix[chosen]
    found = []
    for number, name in enumerate(groups.names):
        inside = (groups.places[chosen] == number).astype(np.int8)
        if ENOUGH <= inside.sum() <= len(inside) - ENOUGH:
            named = _columns(rows, matrix, inside, seed)
            found.append({"group": name, "auc": _all(matrix, inside, seed), "columns": named})
    return found


def _columns(rows: Dataset, matrix: NDArray[np.float32], inside: Labels, seed: int) -> list[Record]:
    alone = separations(matrix, inside, np.ones(len(inside)), seed=seed)
    named = zip([each.name for each in rows.product.columns], alone, strict=True)
    best = sorted(named, key=lambda each: -each[1].auc)[:MOST]
    return [{"name": name, "auc": one.auc} for name, one in best]


def _all(matrix: NDArray[np.float32], inside: Labels, seed: int) -> float:
    """Predict each half of the rows by a model of the other."""
    half = np.random.default_rng(seed).permutation(len(inside)) % 2 == 0
    margins = np.zeros(len(inside), np.float32)
    for known in (half, ~half):
        model = xgb.train(
            {"objective": "binary:logistic", "max_depth": DEPTH, "nthread": 1, "seed": seed},
            xgb.QuantileDMatrix(matrix[known], inside[known]),
            ROUNDS,
        )
        margins[~known] = model.inplace_predict(matrix[~known], predict_type="margin")
    return area(curve(ranking(margins, inside), np.ones(len(inside))))
