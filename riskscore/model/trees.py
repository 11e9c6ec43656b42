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
        if not len(matrix):  # xgboost takes no matrix without rows
            return self.margins(one_like(matrix))[:0]
        margins: NDArray[np.float32] = self.booster.inplace_predict(
            matrix, predict_type="margin", validate_features=False, strict_shape=True
        )
        return margins

    def contributions(self, matrix: Matrix) -> NDArray[np.float32]:
        """Return exact Shapley values, shape (n_rows, n_outputs, n_columns + 1), the bias last."""
        if not len(matrix):
            return self.contributions(one_like(matrix))[:0]
        rows = xgb.DMatrix(matrix, nthread=self.threads)
        contributions: NDArray[np.float32] = self.booster.predict(
            rows, pred_contribs=True, validate_features=False, strict_shape=True
        )
        return contributions

    def explain(self, matrix: Matrix) -> Explained:
        """Return margins and the contributions of every column to them."""
        return Explained(self.margins(matrix), self.contributions(matrix))


def one_like(matrix: Matrix) -> Matrix:
    return np.full((1, matrix.shape[1]), np.nan, np.float32)
