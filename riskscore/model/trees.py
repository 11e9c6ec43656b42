"""Margins of a booster, and the exact Shapley values behind them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from riskscore.errors import BundleMismatch
from riskscore.model.forest import Forest, forest_of
from riskscore.model.grown import NONE, Grown, read_grown
from riskscore.model.walk import share_out, sum_leaves
from riskscore.product.encode import Matrix

CHECKED = 64  # rows that must get the margins of xgboost before any other is walked
MISSING = 0.1  # of their values

Walk = Callable[..., None]


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
    """A booster ready to answer, in one thread: requests and batches share the cores."""

    def __init__(self, booster: xgb.Booster) -> None:
        """Lay the trees out.

        Raises:
            BundleMismatch: The booster holds something that would be scored wrongly.
        """
        booster.set_param({"nthread": 1})
        self.booster = booster
        self._columns = booster.num_features()
        grown, start = read_grown(booster)
        self._forest = forest_of(grown, start, self._columns)
        self._check()

    def margins(self, matrix: Matrix) -> NDArray[np.float32]:
        """Return raw log-odds, shape (n_rows, n_outputs), equal to xgboost's to the last bit."""
        margins = np.empty((len(matrix), len(self._forest.start)), np.float32)
        self._over(matrix, sum_leaves, margins)
        return margins

    def explain(self, matrix: Matrix) -> Explained:
        """Return margins and the contributions of every column to them, from one walk."""
        outputs = len(self._forest.start)
        margins = np.empty((len(matrix), outputs), np.float32)
        contributions = np.empty((len(matrix), outputs, self._columns + 1), np.float32)
        self._over(matrix, share_out, margins, contributions)
        return Explained(margins, contributions)

    def _over(self, matrix: Matrix, walk: Walk, *answers: NDArray[np.float32]) -> None:
        """Fill answers row by row."""
        rows = matrix
        if not rows.flags.carray or rows.dtype != np.float32:  # compiled for no other kind
            rows = np.require(matrix, np.float32, ["C", "W"])
        if rows.shape[1:] != (self._columns,):
            raise ValueError(f"rows of shape {rows.shape}: expected {self._columns} columns")
        walk(self._forest, rows, *answers)

    def _check(self) -> None:
        """Refuse a booster that xgboost itself scores otherwise than we do."""
        rows = telling_rows(self._forest, self._columns)
        theirs = self.booster.inplace_predict(
            rows, predict_type="margin", validate_features=False, strict_shape=True
        )
        if not np.array_equal(self.margins(rows), theirs):
            raise BundleMismatch("trees that xgboost scores otherwise than we do")


def load_walks() -> None:
    """Load the compiled code, or compile it, before there is a booster."""
    places, leaf = np.zeros(1, np.int64), np.full(1, NONE)
    grown = Grown(
        tree=places,
        output=places,
        levels=[places],
        left=leaf,
        right=leaf,
        column=places,
        threshold=np.zeros(1, np.float32),
        default_left=np.zeros(1, np.bool_),
        cover=np.ones(1),
    )
    forest, margins = forest_of(grown, np.zeros(1, np.float32), 1), np.zeros((1, 1), np.float32)
    sum_leaves(forest, margins, margins)
    share_out(forest, margins, margins, np.zeros((1, 1, 2), np.float32))


def telling_rows(forest: Forest, columns: int) -> Matrix:
    """Draw rows on and around the thresholds of a forest, some values missing."""
    rng = np.random.default_rng(0)
    split = rng.choice(forest.nodes, CHECKED * columns)
    rows = rng.choice(forest.nodes["threshold"], (CHECKED, columns))
    rows[np.arange(len(split)) // columns, split["column"] % columns] = split["threshold"]
    rows[(rng.random(rows.shape) < MISSING) | ~np.isfinite(rows)] = np.nan
    return rows
