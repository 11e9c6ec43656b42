"""Boosters that our walk must refuse: of another kind, broken, or scored otherwise."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from warnings import catch_warnings

import numpy as np
import pytest
import xgboost as xgb

from riskscore.errors import BundleMismatch
from riskscore.model.grown import read_grown
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from tests.riskscore.model.boosters import RECIPE, drawn


def categorical(matrix: Matrix) -> xgb.Booster:
    codes = np.abs(np.nan_to_num(matrix)).round()
    data = xgb.DMatrix(codes, codes[:, 0] == 1, feature_types=["c"] * 3, enable_categorical=True)
    recipe = RECIPE | {"objective": "binary:logistic", "max_cat_to_onehot": 1}
    return xgb.train(recipe, data, 3)


def of_vectors(matrix: Matrix) -> xgb.Booster:
    targets = np.nan_to_num(matrix[:, :2])
    recipe = RECIPE | {"multi_strategy": "multi_output_tree", "tree_method": "hist"}
    return xgb.train(recipe, xgb.DMatrix(matrix, targets), 3)


def of_kind(kind: str, matrix: Matrix) -> xgb.Booster:
    recipe = {"booster": kind, "nthread": 1, "objective": "binary:logistic"}
    recipe |= {"rate_drop": 0.5} if kind == "dart" else {}
    return xgb.train(recipe, xgb.DMatrix(matrix, np.nan_to_num(matrix[:, 0]) > 0), 9)


@pytest.mark.parametrize(
    ("told", "made"),
    [
        (
            "a booster of kind dart: expected gbtree|weight_drop in a booster",
            partial(of_kind, "dart"),
        ),
        ("a booster of kind gblinear: expected gbtree", partial(of_kind, "gblinear")),
        ("splits on categories: expected numerical splits only", categorical),
        ("vectors in leaves: expected one tree per output", of_vectors),
    ],
)
def test_what_cannot_be_walked_is_refused(told: str, made: Callable[[Matrix], xgb.Booster]) -> None:
    rows = drawn(np.random.default_rng(8), 300, 3)

    with (
        catch_warnings(action="ignore"),  # later releases say that dart and gblinear will go
        pytest.raises(BundleMismatch, match=told),
    ):
        Trees(made(rows))


@pytest.mark.parametrize(
    ("name", "place", "value", "told"),
    [
        ("sum_hessian", 1, 0.0, "covers that do not add up"),
        ("sum_hessian", 0, 1e6, "covers that do not add up"),
        ("split_conditions", 0, float("nan"), "a threshold that is no number"),
        ("split_conditions", -1, float("-inf"), "a leaf that is not finite"),
        ("split_conditions", -1, float("nan"), "a leaf that is not finite"),
        ("left_children", 1, 0, "a split that leads back into its tree"),
        ("right_children", 0, 10**6, "a split without two children in its tree"),
        ("right_children", 0, -1, "a split without two children in its tree"),
        ("split_indices", 0, 8, "a split on a column that is not there"),
    ],
)
def test_trees_that_mean_nothing_are_refused(
    booster: xgb.Booster, name: str, place: int, value: float, told: str
) -> None:
    record = json.loads(booster.save_raw("json"))
    record["learner"]["gradient_booster"]["model"]["trees"][3][name][place] = value

    with pytest.raises(BundleMismatch, match=told):
        read_grown(Saved(record))


class Saved(xgb.Booster):
    """A booster that says it is kept like this, as a forged one would that xgboost still reads."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__()
        self.record = record

    def save_raw(self, raw_format: str = "json") -> bytearray:
        assert raw_format == "json"
        return bytearray(json.dumps(self.record).encode())

    def num_features(self) -> int:
        return 8


class Stranger(xgb.Booster):
    """Another release of xgboost, which adds something to every margin."""

    def inplace_predict(self, *args: Any, **options: Any) -> Matrix:
        margins: Matrix = super().inplace_predict(*args, **options)
        return margins + (len(margins) > 1)


def test_a_booster_that_xgboost_scores_otherwise_is_refused(booster: xgb.Booster) -> None:
    stranger = Stranger(model_file=booster.save_raw("ubj"))

    with pytest.raises(BundleMismatch, match="that xgboost scores otherwise than we do"):
        Trees(stranger)


def test_a_booster_without_trees_is_refused(rows: Matrix) -> None:
    untrained = xgb.train({"nthread": 1}, xgb.DMatrix(rows, rows[:, 1] > 0), 0)

    with pytest.raises(BundleMismatch, match="a booster without trees"):
        Trees(untrained)
