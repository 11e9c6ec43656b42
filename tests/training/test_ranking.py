"""Ranking figures equal those of scikit-learn, whatever the weights and however many are equal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from training.metrics import tpr_at_fpr
from training.ranking import (
    Curve,
    area,
    area_within,
    average_precision,
    curve,
    precision_at,
    ranking,
    tpr_at,
)


@st.composite
def ranked(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = draw(st.integers(4, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    labels = rng.integers(0, 2, count).astype(np.int8)
    labels[:2] = 0, 1
    margins = rng.integers(0, draw(st.integers(1, 40)), count).astype(np.float64)
    weights = rng.integers(0, 4, count).astype(np.float64)
    weights[:2] = 1
    return margins, labels, weights


def curve_of(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Curve:
    margins, labels, weights = rows
    return curve(ranking(margins, labels), weights)


@given(ranked())
def test_areas_are_those_of_scikit_learn(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    margins, labels, weights = rows

    found = curve_of(rows)

    assert area(found) == pytest.approx(roc_auc_score(labels, margins, sample_weight=weights))
    assert area_within(found, 1.0) == pytest.approx(area(found))
    precision = average_precision_score(labels, margins, sample_weight=weights)
    assert average_precision(found) == pytest.approx(precision)


@given(ranked())
def test_rates_are_those_of_the_metrics(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    found = curve_of(rows)

    for rate, share in tpr_at_fpr(*rows).items():
        assert tpr_at(found, float(rate)) == pytest.approx(share)


@given(ranked(), st.floats(0.001, 1))
def test_the_area_within_a_rate_lies_between_nothing_and_what_is_found_there(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray], rate: float
) -> None:
    found = curve_of(rows)

    reached = float(np.interp(rate, found.fpr, found.tpr))
    assert 0 <= area_within(found, rate) <= reached + 1e-12


def test_precision_among_the_highest() -> None:
    margins = np.array([5.0, 4.0, 3.0, 3.0, 1.0])
    labels = np.array([1, 0, 1, 0, 0], np.int8)

    found = curve(ranking(margins, labels), np.ones(5))

    assert [precision_at(found, alerts) for alerts in (1, 2, 3, 4)] == [1.0, 0.5, 0.5, 0.5]
