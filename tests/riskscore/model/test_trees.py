"""Our walk against xgboost's own, against plain enumeration, and against what it must refuse."""

import json
from collections.abc import Callable
from functools import partial
from itertools import combinations
from math import factorial
from typing import Any
from warnings import catch_warnings

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from riskscore.errors import BundleMismatch
from riskscore.model.grown import Grown, read_grown
from riskscore.model.trees import Trees
from riskscore.model.walk import share_out
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


def enumerated(booster: xgb.Booster, row: Matrix) -> Floats:
    """Average over every order in which columns become known, shape (n_outputs, n_columns + 1)."""
    grown, start = read_grown(booster)
    columns = range(len(row))
    known = [each for size in range(len(row) + 1) for each in combinations(columns, size)]
    worth = {frozenset(each): start.astype(np.float64) for each in known}
    for root in grown.levels[0]:
        for each in known:
            expected = np.zeros(len(start))
            expected[grown.output[grown.tree[root]]] = expectation(grown, root, row, each)
            worth[frozenset(each)] = worth[frozenset(each)] + expected
    shares = np.zeros((len(start), len(row) + 1))
    shares[:, -1] = worth[frozenset()]
    for column in columns:
        for each in known:
            if column not in each:
                orders = factorial(len(each)) * factorial(len(row) - len(each) - 1)
                gain = worth[frozenset({*each, column})] - worth[frozenset(each)]
                shares[:, column] += orders / factorial(len(row)) * gain
    return shares


def expectation(grown: Grown, node: int, row: Matrix, known: tuple[int, ...]) -> float:
    """Follow what is known, and weigh both ways by cover where it is not."""
    if grown.left[node] < 0:
        return float(grown.threshold[node])
    column, left, right = grown.column[node], grown.left[node], grown.right[node]
    if column in known:
        missing = np.isnan(row[column])
        goes_left = grown.default_left[node] if missing else row[column] < grown.threshold[node]
        return expectation(grown, left if goes_left else right, row, known)
    sides = [grown.cover[each] * expectation(grown, each, row, known) for each in (left, right)]
    return float(sum(sides) / (grown.cover[left] + grown.cover[right]))


@settings(max_examples=120)
@given(
    recipe=ANY_TREE,
    learnt=LEARNT,
    shape=st.tuples(st.sampled_from([8, 60, 400]), st.integers(1, 9)),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_model_and_row_get_the_margins_and_contributions_of_xgboost(
    recipe: dict[str, Any], learnt: dict[str, Any], shape: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    booster = grow(rng, drawn(rng, *shape), recipe | learnt)
    matrix = np.concatenate([meeting(rng, booster, 20), drawn(rng, 20, shape[1])])

    margins, contributions = Trees(booster).explain(matrix)

    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    assert_close(contributions, theirs(booster, matrix))
    assert_sums(contributions, margins)


@settings(max_examples=40)
@given(recipe=ANY_TREE, learnt=LEARNT, columns=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_contributions_are_what_enumerating_every_subset_gives(
    recipe: dict[str, Any], learnt: dict[str, Any], columns: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    booster = grow(rng, drawn(rng, 100, columns), recipe | learnt, rounds=2)
    matrix = meeting(rng, booster, 3)

    contributions = Trees(booster).explain(matrix).contributions

    for row, shares in zip(matrix, contributions, strict=True):
        assert_close(shares, enumerated(booster, row), within=2e-6)


@pytest.mark.parametrize("depth", [12, 20])
def test_deep_trees_need_more_points_and_get_them(depth: int) -> None:
    rng = np.random.default_rng(depth)
    recipe = {"max_depth": depth, "min_child_weight": 0.01, "eta": 1.0}
    booster = grow(rng, rng.normal(size=(6_000, 30)).astype(np.float32), recipe, rounds=3)
    grown, _ = read_grown(booster)
    matrix = meeting(rng, booster, 30)

    margins, contributions = Trees(booster).explain(matrix)

    assert len(grown.levels) > 12
    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    assert_close(contributions, theirs(booster, matrix))


def test_trees_of_one_leaf_only() -> None:
    rng = np.random.default_rng(3)
    booster = grow(rng, drawn(rng, 200, 3), {"gamma": 1e9, "base_score": 0.2})
    matrix = drawn(rng, 5, 3)

    margins, contributions = Trees(booster).explain(matrix)

    assert len(read_grown(booster)[0].levels) == 1
    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    np.testing.assert_array_equal(contributions[:, :, :-1], 0)
    assert_sums(contributions, margins)


def test_what_was_pruned_away_is_not_walked() -> None:
    rng = np.random.default_rng(4)
    matrix = drawn(rng, 600, 6)
    booster = grow(rng, matrix, {"tree_method": "exact", "gamma": 3.0, "max_depth": 7})
    grown, _ = read_grown(booster)

    margins, contributions = Trees(booster).explain(matrix)

    assert sum(len(level) for level in grown.levels) < len(grown.tree)
    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    assert_close(contributions, theirs(booster, matrix))


def test_a_booster_cut_at_its_best_round() -> None:
    rng = np.random.default_rng(5)
    matrix, later = drawn(rng, 200, 5), drawn(rng, 200, 5)
    rows, stop = (xgb.DMatrix(each, rng.random(200) < 0.4, nthread=1) for each in (matrix, later))
    recipe = RECIPE | {"objective": "binary:logistic"}
    grown = xgb.train(
        recipe, rows, 50, evals=[(stop, "stop")], early_stopping_rounds=5, verbose_eval=False
    )
    booster = grown[: grown.best_iteration + 1]

    margins, contributions = Trees(booster).explain(matrix)

    assert booster.num_boosted_rounds() < grown.num_boosted_rounds()
    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    assert_close(contributions, theirs(booster, matrix))


@pytest.fixture(scope="module")
def booster() -> xgb.Booster:
    rng = np.random.default_rng(6)
    return grow(rng, drawn(rng, 2_000, 8), {"max_depth": 6, "eta": 0.1}, rounds=40)


@pytest.fixture(scope="module")
def rows() -> Matrix:
    return drawn(np.random.default_rng(7), 3_001, 8)


def test_a_row_gets_the_same_numbers_alone_and_among_others(
    booster: xgb.Booster, rows: Matrix
) -> None:
    trees = Trees(booster)
    margins, contributions = trees.explain(rows[:50])

    alone = [trees.explain(rows[row : row + 1]) for row in range(50)]

    np.testing.assert_array_equal(margins, np.concatenate([each.margins for each in alone]))
    np.testing.assert_array_equal(
        contributions, np.concatenate([each.contributions for each in alone])
    )
    np.testing.assert_array_equal(trees.margins(rows[:50]), margins)


def test_rows_held_in_any_other_way_are_not_compiled_for(
    booster: xgb.Booster, rows: Matrix
) -> None:
    trees = Trees(booster)
    expected = trees.explain(rows)
    frozen = rows.copy()
    frozen.flags.writeable = False

    held: Any
    for held in (frozen, np.asfortranarray(rows), rows.astype(np.float64)):
        np.testing.assert_array_equal(trees.explain(held).contributions, expected.contributions)

    walk: Any = share_out
    assert len(walk.signatures) == 1


def test_rows_of_another_width_are_refused(booster: xgb.Booster, rows: Matrix) -> None:
    with pytest.raises(ValueError, match="expected 8 columns"):
        Trees(booster).margins(rows[:, :7])


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
        ("split_conditions", 0, float("inf"), "a threshold or leaf that is not finite"),
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
