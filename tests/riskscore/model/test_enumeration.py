"""Our contributions against plain enumeration of every subset of the columns."""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import xgboost as xgb
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.model.grown import Grown, read_grown
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from tests.riskscore.model.boosters import (
    ANY_TREE,
    LEARNT,
    Floats,
    assert_close,
    drawn,
    grow,
    meeting,
)


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
