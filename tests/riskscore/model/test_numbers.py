"""Margins become probabilities, scores and words; properties that hold for every model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.model.calibration import Calibration
from riskscore.model.scale import RECOMMENDATIONS, Scale, levels, recommendation_places

CALIBRATION = Calibration(margins=(-2.0, 0.0, 3.0), log_odds=(-5.0, -4.0, 1.0), rows=998)
margins = st.floats(min_value=-1e6, max_value=1e6)


@given(margins, margins)
def test_a_higher_margin_is_never_less_probable(one: float, other: float) -> None:
    low, high = sorted([one, other])

    probabilities = CALIBRATION.probabilities(np.array([low, high]))

    assert probabilities[0] <= probabilities[1]


@given(margins)
def test_no_probability_is_bolder_than_its_rows_allow(margin: float) -> None:
    [probability] = CALIBRATION.probabilities(np.array([margin]))

    assert 0.001 <= probability <= 0.999


def test_the_map_is_linear_in_log_odds_between_and_beyond_its_knots() -> None:
    probabilities = CALIBRATION.probabilities(np.array([-3.0, -1.0, 0.0, 1.5, 3.6]))

    log_odds = np.log(probabilities / (1 - probabilities))
    np.testing.assert_allclose(log_odds, [-5.5, -4.5, -4.0, -1.5, 2.0])


def test_500_is_the_review_odds_and_50_points_double_them() -> None:
    odds = np.array([0.05, 0.1, 0.2, 1e-30])

    scores = Scale(review_odds=0.05).scores(odds / (1 + odds))

    assert scores.tolist() == [500, 550, 600, 0]


def test_certainty_is_1000() -> None:
    assert Scale(review_odds=1e-6).scores(np.array([0.999999])).tolist() == [1000]


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0, "very_low"),
        (349, "very_low"),
        (350, "low"),
        (499, "low"),
        (500, "medium"),
        (599, "medium"),
        (600, "high"),
        (699, "high"),
        (700, "very_high"),
        (1000, "very_high"),
    ],
)
def test_levels(score: int, expected: str) -> None:
    assert levels(np.array([score])) == [expected]


@pytest.mark.parametrize(
    ("score", "expected"), [(499, "allow"), (500, "review"), (639, "review"), (640, "block")]
)
def test_recommendations(score: int, expected: str) -> None:
    [place] = recommendation_places(np.array([score]), 640)

    assert RECOMMENDATIONS[place] == expected
