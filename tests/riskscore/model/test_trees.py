"""Our walk against xgboost's own."""

import json
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.model.grown import read_grown
from riskscore.model.trees import Trees
from riskscore.model.walk import share_out
from riskscore.product.encode import Matrix
from tests.riskscore.model.boosters import (
    ANY_TREE,
    LEARNT,
    RECIPE,
    assert_close,
    assert_sums,
    drawn,
    grow,
    meeting,
    their_margins,
    theirs,
)


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


def test_a_split_of_what_is_missing_from_all_that_is_not_is_walked() -> None:
    rng = np.random.default_rng(5)
    matrix = drawn(rng, 600, 3)
    rows = xgb.DMatrix(matrix, np.isnan(matrix[:, 1]), nthread=1)
    booster = xgb.train({**RECIPE, "objective": "binary:logistic"}, rows, 4)

    margins, contributions = Trees(booster).explain(matrix)

    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    assert_close(contributions, theirs(booster, matrix))


def test_an_infinite_threshold_is_walked() -> None:
    rng = np.random.default_rng(6)
    grown = grow(rng, drawn(rng, 400, 3), {})
    record = json.loads(grown.save_raw("json"))
    for tree in record["learner"]["gradient_booster"]["model"]["trees"]:
        tree["split_conditions"][0] = float("-inf")
    booster = xgb.Booster(model_file=bytearray(json.dumps(record).encode()))
    matrix = drawn(rng, 40, 3)

    margins, contributions = Trees(booster).explain(matrix)

    np.testing.assert_array_equal(margins, their_margins(booster, matrix))
    assert_close(contributions, theirs(booster, matrix))
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
