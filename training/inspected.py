"""Who was looked at, and what that makes a looked-at row worth.

An outcome that follows a look of one's own (a rule hit, an inspection) tells of a row whatever it
turned out to be; one that came by itself (a complaint, a partner's list) comes of frauds alone and
says nothing about looking. A model of who is looked at gives each such row its inverse chance as
weight, so that the rows together resemble all. This holds as far as looks follow the columns that
the model sees; where a look follows the fraud itself, no weighting mends it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from training.errors import OptionInvalid
from training.outcomes import read_outcomes

CAME_BY_ITSELF = frozenset({"", "complaint", "partner"})
FEW = 100  # rows looked at, below which nobody's chance can be told
MOST = 20.0  # times the usual weight, beyond which one row would decide for too many
FOLDS = 2  # no row's chance comes from a model that has seen it
TREES = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.1, "tree_method": "hist"}
ROUNDS = 60


class Inspected(NamedTuple):
    """Weights of rows, shape (n_rows,), 0 where nobody looked; and what they were made of."""

    weights: NDArray[np.float64]
    record: Mapping[str, float]


def looked_at(path: Path, product: str, about: pd.DataFrame, as_of: int) -> NDArray[np.bool_]:
    """Tell which applications were looked at for a reason of one's own, as known by then.

    Raises:
        OptionInvalid: The outcomes do not say why anybody looked, or of nobody innocent.
    """
    outcomes = read_outcomes(path)
    ours = outcomes[(outcomes["product"] == product) & (outcomes["known"] <= as_of)]
    ours = ours[(ours["received"] <= as_of) & ours["status"].isin(["confirmed", "cleared"])]
    ours = ours[~ours["looked_because"].isin(CAME_BY_ITSELF)]
    innocent = int((ours["status"] == "cleared").sum())
    if len(ours) < FEW or not innocent:
        raise OptionInvalid(
            f"--unlabelled propensity: {path}: column looked_because tells of {len(ours)} "
            f"{product} outcomes after a look, {innocent} of them cleared: expected at least "
            f"{FEW}, some cleared; nobody can say who was inspected"
        )
    keys = ours[["tenant", "reference"]].drop_duplicates().assign(looked=True)
    found = about[["tenant", "reference"]].merge(keys, how="left", on=["tenant", "reference"])
    looked: NDArray[np.bool_] = found["looked"].notna().to_numpy()
    return looked


def inspection_weights(
    matrix: Matrix, looked: NDArray[np.bool_], there: NDArray[np.bool_], path: Path
) -> Inspected:
    """Weigh looked-at rows by the inverse of their chance to be looked at, clipped, of mean 1.

    Args:
        matrix: Shape (n_rows, n_columns).
        looked: Rows looked at, shape (n_rows,).
        there: Rows that could have been.
        path: Where it is written, for the message.

    Raises:
        OptionInvalid: Too few rows were looked at.

    Source:
        Horvitz and Thompson, "A generalization of sampling without replacement from a finite
        universe", JASA 1952; Kish, "Survey Sampling", 1965, for the effective size.
    """
    if looked.sum() < FEW:
        raise OptionInvalid(
            f"--unlabelled propensity: {path}: {int(looked.sum())} applications were looked at: "
            f"expected at least {FEW}"
        )
    usual = looked.sum() / there.sum()
    inverse = usual / np.maximum(_chances(matrix, looked, there), 1e-9)
    clipped = np.where(looked, np.minimum(inverse, MOST), 0.0)
    kept = clipped[looked]
    record = {
        "looked_at": int(looked.sum()),
        "clipped": int((inverse[looked] > MOST).sum()),
        "effective_rows": float(kept.sum() ** 2 / (kept**2).sum()),
    }
    return Inspected(clipped / kept.mean(), record)


def _chances(
    matrix: Matrix, looked: NDArray[np.bool_], there: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Estimate each row's chance to be looked at from the other rows."""
    chances = np.ones(len(matrix))
    places = np.flatnonzero(there)
    folds = np.random.default_rng(0).permutation(len(places)) % FOLDS
    for fold in range(FOLDS):
        learn, told = places[folds != fold], places[folds == fold]
        rows = xgb.DMatrix(matrix[learn], looked[learn].astype(np.float32))
        booster = xgb.train({**TREES, "base_score": float(looked[learn].mean())}, rows, ROUNDS)
        chances[told] = booster.predict(xgb.DMatrix(matrix[told]))
    return chances
