"""Boosters of every kind, rows that meet their thresholds, and what xgboost makes of them."""

from typing import Any

import numpy as np
import xgboost as xgb
from hypothesis import strategies as st
from numpy.typing import NDArray

from riskscore.model.grown import read_grown
from riskscore.product.encode import Matrix

Floats = NDArray[np.float64]
RECIPE: dict[str, Any] = {"nthread": 1, "max_depth": 4, "eta": 0.3, "seed": 1}
ANY_TREE = st.fixed_dictionaries(
    {
        "max_depth": st.integers(1, 7),
        "eta": st.sampled_from([0.05, 0.3, 1.0]),
        "gamma": st.sampled_from([0.0, 0.5, 5.0]),
        "grow_policy": st.sampled_from(["depthwise", "lossguide"]),
        "tree_method": st.sampled_from(["hist", "exact", "approx"]),
        "max_leaves": st.sampled_from([0, 7]),
        "min_child_weight": st.sampled_from([0.0, 1.0, 20.0]),
        "colsample_bytree": st.sampled_from([0.4, 1.0]),
        "subsample": st.sampled_from([0.5, 1.0]),
        "num_parallel_tree": st.sampled_from([1, 3]),
    }
)
LEARNT = st.sampled_from(
    [
        {"objective": "binary:logistic"},
        {"objective": "binary:logistic", "base_score": 0.01},
        {"objective": "reg:squarederror", "base_score": -7.5},
        {"objective": "count:poisson"},
        {"objective": "reg:gamma"},
        {"objective": "multi:softprob", "num_class": 4},
        {"objective": "reg:squarederror", "targets": 3},
    ]
)


def drawn(rng: np.random.Generator, rows: int, columns: int) -> Matrix:
    """Draw rows of both smooth and coarse columns, a tenth missing."""
    matrix = rng.normal(size=(rows, columns)).astype(np.float32)
    matrix[:, ::2] = np.round(matrix[:, ::2])
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix


def labels(rng: np.random.Generator, matrix: Matrix, how: dict[str, Any]) -> Floats:
    risk = np.nan_to_num(matrix).astype(np.float64) @ rng.normal(size=matrix.shape[1])
    if "num_class" in how:
        return np.digitize(risk, [-1, 0, 1]).astype(np.float64)
    if how["objective"].startswith("reg:squared"):
        return np.column_stack([risk, risk**2, risk > 0])[:, : how.get("targets", 1)]
    if how["objective"] == "binary:logistic":
        return (risk + rng.normal(size=len(risk)) > 0).astype(np.float64)
    return np.abs(risk).round() + 1


def grow(
    rng: np.random.Generator, matrix: Matrix, recipe: dict[str, Any], rounds: int = 6
) -> xgb.Booster:
    how = {"objective": "binary:logistic", **RECIPE, **recipe}
    rows = xgb.DMatrix(matrix, labels(rng, matrix, how), nthread=1)
    return xgb.train({key: how[key] for key in how if key != "targets"}, rows, rounds)


def meeting(rng: np.random.Generator, booster: xgb.Booster, rows: int) -> Matrix:
    """Draw rows that lie on thresholds, a float below and above, at infinity, or are missing."""
    grown, _ = read_grown(booster)
    split = grown.left >= 0
    matrix = rng.normal(size=(rows, booster.num_features())).astype(np.float32)
    for column in range(matrix.shape[1]):
        at = grown.threshold[split & (grown.column == column)]
        at = np.concatenate(
            [at, np.nextafter(at, np.float32(-np.inf)), np.nextafter(at, np.float32(np.inf))]
        )
        ends = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], np.float32)
        chosen = rng.random(rows) < 0.7
        matrix[chosen, column] = rng.choice(np.concatenate([at, ends]), chosen.sum())
    return matrix


def theirs(booster: xgb.Booster, matrix: Matrix) -> Matrix:
    """Ask xgboost for contributions; it takes infinity only when told that it is not missing."""
    booster.set_param({"nthread": 1})
    rows = xgb.DMatrix(np.clip(matrix, -3e38, 3e38), nthread=1)
    contributions: Matrix = booster.predict(rows, pred_contribs=True, strict_shape=True)
    return contributions


def their_margins(booster: xgb.Booster, matrix: Matrix) -> Matrix:
    rows = xgb.DMatrix(np.clip(matrix, -3e38, 3e38), nthread=1)
    margins: Matrix = booster.predict(rows, output_margin=True, strict_shape=True)
    return margins


def assert_close(ours: Matrix, expected: NDArray[Any], *, within: float = 1e-5) -> None:
    scale = np.maximum(1, np.abs(expected).sum(axis=-1, keepdims=True))
    assert (np.abs(ours - expected) / scale).max() <= within


def assert_sums(contributions: Matrix, margins: Matrix) -> None:
    scale = np.maximum(1, np.abs(contributions).sum(axis=2))
    assert (np.abs(contributions.sum(axis=2, dtype=np.float64) - margins) / scale).max() <= 1e-5
