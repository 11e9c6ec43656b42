"""Both thresholds are the smallest margin within the asked false-positive rate."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskscore.model.calibration import Calibration
from riskscore.model.scale import Scale, block_score_at
from training.thresholds import scale_at, threshold

rows = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 1)), min_size=1, max_size=200)
rates = st.floats(0, 1, exclude_max=True)
IDENTITY = Calibration(margins=(-10.0, 10.0), log_odds=(-10.0, 10.0), rows=10**6)


@given(rows.filter(lambda drawn: any(label == 0 for _, label in drawn)), rates)
def test_it_stays_within_the_rate_and_no_smaller_margin_does(
    drawn: list[tuple[int, int]], rate: float
) -> None:
    margins = np.array([margin / 7 for margin, _ in drawn], np.float32)
    labels = np.array([label for _, label in drawn], np.int8)

    found = threshold(margins, labels, np.ones(len(labels)), rate)

    innocent = margins[labels == 0]
    assert (innocent >= found).mean() <= rate + 1e-9
    for smaller in margins[margins < found]:
        assert (innocent >= smaller).mean() > rate


def test_ties_are_flagged_together_or_not_at_all() -> None:
    margins = np.array([2, 1, 1, 1, 0, 0, 0, 0, 0, 0], np.float32)

    assert threshold(margins, np.zeros(10, np.int8), np.ones(10), 0.3) == 2.0
    assert threshold(margins, np.zeros(10, np.int8), np.ones(10), 0.4) == 1.0


def test_where_even_the_largest_margin_flags_too_many_nothing_is_flagged() -> None:
    margins = np.zeros(10, np.float32)

    found = threshold(margins, np.array([1] + [0] * 9, np.int8), np.ones(10), 0.05)

    assert 0 < found < 1e-6
    assert not (margins >= np.float32(found)).any()


def test_weights_count() -> None:
    margins, labels = np.array([3, 2, 1], np.float32), np.zeros(3, np.int8)

    assert threshold(margins, labels, np.array([1.0, 1, 8]), 0.2) == 2.0
    assert threshold(margins, labels, np.array([3.0, 1, 6]), 0.2) > 3.0


def test_the_first_scale_puts_500_at_the_review_margin() -> None:
    scale = scale_at(-2.0, IDENTITY)

    assert scale.scores(IDENTITY.probabilities(np.array([-2.0]))).tolist() == [500]


def test_blocking_starts_above_review() -> None:
    scale = Scale(review_odds=1.0)

    assert block_score_at(np.log(2) * 3, IDENTITY, scale) == 650
    assert block_score_at(-1.0, IDENTITY, scale) == 501
