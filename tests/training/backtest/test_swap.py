"""The swap set, computed by hand."""

import numpy as np
import pytest

from training.backtest.swap import alerted, counts, middle, swap
from training.ranking import ranking

LABELS = np.array([1, 0, 1, 1, 0, 0], np.int8)
POINTS = np.array([2.0, 1, 1, 0, 0, 0])
CLAIMED = np.array([0.9, 0.1, 0.5, 0.8, 0.2, 0.05])
ONES = np.ones(6)


def test_of_equals_each_is_alerted_to_the_same_share() -> None:
    ranked = ranking(POINTS, LABELS)

    assert alerted(ranked, ONES, 2).tolist() == [1, 0.5, 0.5, 0, 0, 0]
    assert alerted(ranked, ONES, 3).tolist() == [1, 1, 1, 0, 0, 0]
    assert alerted(ranked, ONES, 0.5).tolist() == [0.5, 0, 0, 0, 0, 0]


def test_rows_drawn_twice_take_twice_the_room() -> None:
    weights = np.array([2.0, 1, 0, 1, 1, 1])

    assert alerted(ranking(POINTS, LABELS), weights, 2.5).tolist() == [1, 0.5, 0.5, 0, 0, 0]


def test_the_swap_set_at_two_alerts() -> None:
    """Rules: the first row, and half of two more; model: the first and the fourth."""
    rules = alerted(ranking(POINTS, LABELS), ONES, 2)
    model = alerted(ranking(CLAIMED, LABELS), ONES, 2)

    found = swap(rules, model)

    assert counts(found.both, ONES, LABELS) == (1, 1)
    assert counts(found.rules_only, ONES, LABELS) == (1, 0.5)
    assert counts(found.model_only, ONES, LABELS) == (1, 1)
    assert np.allclose(found.rules, rules)
    assert np.allclose(found.model, model)


def test_the_swap_set_at_three_alerts() -> None:
    rules = alerted(ranking(POINTS, LABELS), ONES, 3)
    model = alerted(ranking(CLAIMED, LABELS), ONES, 3)

    found = swap(rules, model)

    assert counts(found.both, ONES, LABELS) == (2, 2)
    assert counts(found.rules_only, ONES, LABELS) == (1, 0)
    assert counts(found.model_only, ONES, LABELS) == (1, 1)


def test_the_middle_goes_by_weight_and_leaves_unknown_days_out() -> None:
    days = np.array([10.0, 20, 30, np.nan])

    assert middle(days, np.array([1.0, 1, 1, 9])) == 20
    assert middle(days, np.array([1.0, 1, 5, 0])) == 30
    assert middle(days, np.array([0.0, 0, 0, 1])) == pytest.approx(np.nan, nan_ok=True)
