"""Calibrated probabilities: monotone, within what the rows allow, and right on average."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.calibrate import FEW, calibrate, fit_slopes
from training.labels import Labels
from training.metrics import calibration_slope, log_loss

finite = st.floats(-30, 30, width=32)
rows = st.lists(st.tuples(finite, st.integers(0, 1)), min_size=2, max_size=100).filter(
    lambda drawn: {label for _, label in drawn} == {0, 1}
)


def drawn_labels(log_odds: np.ndarray, seed: int) -> Labels:
    rng = np.random.default_rng(seed)
    labels: Labels = (rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    return labels


@settings(deadline=None)
@given(rows)
def test_any_rows_give_a_monotone_map_within_the_clip(drawn: list[tuple[float, int]]) -> None:
    margins = np.array([margin for margin, _ in drawn], np.float32)
    labels = np.array([label for _, label in drawn], np.int8)

    calibration = calibrate(margins, labels, np.ones(len(labels)))

    probabilities = calibration.probabilities(np.linspace(-60, 60, 500))
    assert (np.diff(calibration.margins) > 0).all()
    assert (np.diff(probabilities) >= 0).all()
    assert probabilities.min() >= 1 / (len(drawn) + 2)
    assert probabilities.max() <= 1 - 1 / (len(drawn) + 2)


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, -2.0), (1.8, 1.0), (1.0, -4.0)])
def test_a_distortion_is_undone(slope: float, shift: float) -> None:
    true = np.random.default_rng(1).normal(shift, 2, 40_000)
    labels, later = drawn_labels(true, 2), drawn_labels(true, 3)
    margins = (true - shift) / slope

    found = calibrate(margins, labels, np.ones(len(labels))).probabilities(margins)

    weights = np.ones(len(labels))
    assert calibration_slope(found, later, weights) == pytest.approx(1, abs=0.05)
    assert found.mean() == pytest.approx(later.mean(), rel=0.05)
    best = log_loss(1 / (1 + np.exp(-true)), later, weights)
    assert log_loss(found, later, weights) < best + 0.001


def test_both_ends_may_bend_differently() -> None:
    true = np.random.default_rng(1).normal(0, 3, 40_000)
    margins = np.where(true < 0, true / 0.5, true / 1.5)

    slopes = fit_slopes(margins, drawn_labels(true, 2), np.ones(len(true)))

    assert slopes.low < 0.75
    assert slopes.high > 1.2


def test_the_mean_probability_is_the_share_of_fraud() -> None:
    margins = np.random.default_rng(1).normal(-3, 2, 3_000)
    labels = drawn_labels(margins - 1, 2)

    found = calibrate(margins, labels, np.ones(3_000)).probabilities(margins)

    assert found.mean() == pytest.approx(labels.mean(), rel=0.02)


def test_few_frauds_get_one_slope_and_cannot_turn_the_map_over() -> None:
    margins = np.linspace(-4, 4, 200)
    labels = np.zeros(200, np.int8)
    labels[:5] = 1  # the least risky rows, of all, are fraud

    slopes = fit_slopes(margins, labels, np.ones(200))

    assert labels.sum() < FEW
    assert slopes.low == slopes.high >= 0


def test_weights_count_as_repetitions() -> None:
    margins = np.random.default_rng(1).normal(size=400)
    labels = drawn_labels(margins, 2)
    weights = np.where(np.arange(400) < 200, 1.0, 3.0)
    places = np.repeat(np.arange(400), weights.astype(int))

    weighted = calibrate(margins, labels, weights).probabilities(margins)
    repeated = calibrate(margins[places], labels[places], np.ones(800)).probabilities(margins)

    np.testing.assert_allclose(weighted, repeated, atol=0.01)


def test_rows_of_one_margin_are_calibrated_too() -> None:
    labels = np.array([0, 0, 0, 1] * 50, np.int8)

    calibration = calibrate(np.zeros(200), labels, np.ones(200))

    assert calibration.probabilities(np.zeros(1))[0] == pytest.approx(0.25, abs=0.01)
