"""Intervals hold what they should about as often as they say, and share luck where paired."""

import numpy as np
import pytest

from training.bootstrap import DAY, Rows, Weights, blocks, interval, resampled


def shares(labels: np.ndarray, draws: int, seed: int) -> np.ndarray:
    rows = Rows(labels, np.ones(len(labels)), None)

    def share(weights: Weights) -> dict[str, float]:
        return {"share": float(np.average(labels, weights=weights))}

    return resampled(rows, share, draws=draws, seed=seed)["share"]


def test_an_interval_of_95_holds_the_truth_about_95_times_of_100() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for number in range(200):
        labels = (rng.random(400) < 0.3).astype(np.int8)
        low, high = interval(shares(labels, 200, number))
        held += low <= 0.3 <= high

    assert 180 <= held <= 199


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    labels = (np.arange(300) % 3 == 0).astype(np.int8)

    assert np.array_equal(shares(labels, 50, 1), shares(labels, 50, 1))
    assert not np.array_equal(shares(labels, 50, 1), shares(labels, 50, 2))


def test_whole_days_are_drawn_where_there_are_enough() -> None:
    """All frauds on one day in thirty: how many there are is then as uncertain as that day."""
    times = np.repeat(np.arange(30), 100) * DAY
    labels = (times == 7 * DAY).astype(np.int8)
    rows = Rows(labels, np.ones(3_000), times)

    def count(weights: Weights) -> dict[str, float]:
        return {"frauds": float(weights @ labels)}

    found = resampled(rows, count, draws=100)["frauds"]

    assert set(np.unique(found)) <= {100.0 * times for times in range(1, 10)}


def test_a_few_days_are_no_blocks() -> None:
    assert blocks(np.arange(50) * DAY // 10, 50).max() == 49
    assert blocks(np.arange(500) * DAY // 10, 500).max() == 49


def test_a_draw_without_fraud_is_drawn_again() -> None:
    labels = np.zeros(40, np.int8)
    labels[0] = 1

    assert shares(labels, 200, 0).min() > 0


def test_where_one_day_holds_every_row_of_a_label_none_is_lost() -> None:
    labels = np.array([1, *[0] * 99], np.int8)
    weights = np.array([1.0, *[0.0] * 99])
    rows = Rows(labels, weights, None)

    found = resampled(rows, lambda drawn: {"all": float(drawn.sum())}, draws=3)

    assert found["all"].tolist() == pytest.approx([1.0, 1.0, 1.0])
