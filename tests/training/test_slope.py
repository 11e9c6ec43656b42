"""The slope on parts is that of every row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import calibration_slope
from training.slope import Slope


@given(st.integers(0, 1_000), st.floats(0.3, 3))
def test_it_is_the_slope_of_the_rows(seed: int, steepness: float) -> None:
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1.5, 1.2, 800)
    claimed = 1 / (1 + np.exp(-odds))
    labels = (rng.random(800) < 1 / (1 + np.exp(-steepness * odds))).astype(np.int8)
    weights = rng.integers(0, 3, 800).astype(np.float64)

    found = Slope(claimed, labels)(weights)

    assert found == pytest.approx(calibration_slope(claimed, labels, weights), rel=0.01)


def test_equal_claims_have_no_slope() -> None:
    labels = np.array([0, 1, 0, 1], np.int8)

    assert np.isnan(Slope(np.full(4, 0.2), labels)(np.ones(4)))


def test_claims_that_part_the_labels_end_somewhere() -> None:
    labels = np.array([0, 0, 1, 1], np.int8)

    assert Slope(np.array([0.1, 0.2, 0.8, 0.9]), labels)(np.ones(4)) > 1
