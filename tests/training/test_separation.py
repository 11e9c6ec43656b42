"""A column that knows the answer stands out, whatever way it knows it."""

import numpy as np
import pytest

from training.separation import separations


@pytest.fixture
def labels() -> np.ndarray:
    return (np.random.default_rng(0).random(8_000) < 0.05).astype(np.int8)


def separation(column: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    matrix = column.astype(np.float32)[:, None]
    return separations(matrix, labels, np.ones(len(labels)))[0]


def test_chance_tells_nothing(labels: np.ndarray) -> None:
    auc, tpr = separation(np.random.default_rng(1).random(8_000), labels)

    assert 0.42 < auc < 0.58
    assert tpr < 0.05


def test_neither_direction_nor_shape_hides_a_leak(labels: np.ndarray) -> None:
    noise = np.random.default_rng(1).random(8_000)
    middle = np.where(labels == 1, 0.5 + noise / 1_000, noise)

    for column in (labels + noise / 10, -labels + noise / 10, middle):
        assert separation(column, labels)[0] > 0.95


def test_a_value_that_is_there_only_after_fraud_is_found_by_being_there(labels: np.ndarray) -> None:
    noise = np.random.default_rng(1).random(8_000)
    column = np.where((labels == 1) & (noise < 0.7), noise, np.nan)

    auc, tpr = separation(column, labels)

    assert 0.8 < auc < 0.9
    assert tpr > 0.6
