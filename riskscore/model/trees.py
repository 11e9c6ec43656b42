"""Margins of a booster, and the exact Shapley values behind them."""

from typing import NamedTuple

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from riskscore.product.encode import Matrix


class Explained(NamedTuple):
    """What ``Trees.explain`` gives.

    Attributes:
        margins: Raw log-odds, shape (n_rows, n_outputs).
        contributions: Exact path-dependent Shapley values in log-odds, shape (n_rows, n_outputs,
            n_columns + 1), the bias last; a row sums to its margin.
    """

    margins: NDArray[np.float32]
    contributions: NDArray[np.float32]


class Trees:
    """A booster ready to answer, one thread unless told: requests share the cores."""

    def __init__(self, booster: xgb.Booster, *, threads: int = 1) -> None:
        booster.set_param({"nthread": threads})
        self.booster = booster
        self.threads = threads

    def margins(self, matrix: Matrix) -> NDArray[np.float32]:
        """Return raw log-odds, shape (n_rows, n_outputs)."""
        margins: NDArray[np.float32] = self.booster.inplace_predict(
            matrix, predict_type="margin", validate_features=False, strict_shape=True
        )
        return margins

    def explain(self, matrix: Matrix) -> Explained:
        """Return margins and the contributions of every column to them."""
        rows = xgb.DMatrix(matrix, nthread=self.threads)
        contributions = self.booster.predict(
            rows, pred_contribs=True, validate_features=False, strict_shape=True
        )
        return Explained(self.margins(matrix), contributions)
