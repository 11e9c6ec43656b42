"""The model that speed is measured on: 400 trees of depth 6 on 50 columns, always the same."""

from typing import NamedTuple

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

TREES, DEPTH, COLUMNS = 400, 6, 50
ROWS = 30_000
MISSING = 0.05  # of all values


class Reference(NamedTuple):
    """A booster, and the rows it was grown on, shape (ROWS, n_columns)."""

    booster: xgb.Booster
    rows: NDArray[np.float32]


def reference_model(*, trees: int = TREES, depth: int = DEPTH, columns: int = COLUMNS) -> Reference:
    """Grow the reference model, or one that differs from it in size."""
    rng = np.random.default_rng(20)
    rows = rng.normal(size=(ROWS, columns)).astype(np.float32)
    rows[rng.random(rows.shape) < MISSING] = np.nan
    known = np.nan_to_num(rows)
    risk = known @ rng.normal(size=columns) / np.sqrt(columns)
    risk += known[:, 0] * known[:, 1] + np.abs(known[:, 2]) + 2 * rng.normal(size=ROWS)
    recipe = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.05, "nthread": 1}
    labelled = xgb.DMatrix(rows, risk > np.median(risk), nthread=1)
    return Reference(xgb.train(recipe, labelled, trees), rows)
