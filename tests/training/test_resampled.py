"""Intervals over folds that share rows: as published, and wide enough."""

import numpy as np
import pytest
from scipy.stats import t

from training.resampled import corrected_interval


def test_one_repeat_is_the_formula_worked_by_hand() -> None:
    found = corrected_interval([0.90, 0.92, 0.94, 0.92], folds=4)

    error = np.std([0.90, 0.92, 0.94, 0.92], ddof=1) * np.sqrt(1 / 4 + 1 / 3)
    assert found.mean == pytest.approx(0.92)
    assert found.high - found.mean == pytest.approx(t.ppf(0.975, 3) * error)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)


def test_more_repeats_of_the_same_folds_do_not_narrow_it_to_nothing() -> None:
    once = [0.90, 0.92, 0.94, 0.92, 0.93]

    often = corrected_interval(once * 200, folds=5)

    assert often.high - often.low > 2 * 1.9 * np.std(once) * np.sqrt(1 / 4)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    narrow, wide = (corrected_interval([1, 2, 4], 3, confidence=share) for share in (0.5, 0.99))

    assert wide.low < narrow.low < narrow.high < wide.high


def test_it_holds_the_truth_about_as_often_as_it_says() -> None:
    """Folds of a mean: the model is the mean of its training rows, its figure that of test rows."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        rows = rng.normal(size=200)
        folds = rows.reshape(5, 40).mean(axis=1)
        between = corrected_interval(folds.tolist(), folds=5)
        held += between.low <= 0 <= between.high

    assert held / 400 > 0.93
