"""Both thresholds are the smallest margin within the asked false-positive rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, norm

from riskscore.model.calibration import Calibration
from riskscore.model.scale import Scale, block_score_at
from training.errors import OptionInvalid
from training.thresholds import kept_rate, scale_at, threshold

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


@pytest.mark.parametrize(("rows", "fpr", "confidence"), [(400, 0.05, 0.9), (2_000, 0.01, 0.75)])
@pytest.mark.parametrize("ties", [False, True])
def test_new_rows_stay_within_the_rate_as_often_as_it_says(
    rows: int, fpr: float, confidence: float, *, ties: bool
) -> None:
    """The rate of new rows is known: the upper tail of the law that the rows are drawn from."""
    rng = np.random.default_rng(8)
    labels, weights = (rng.random(rows) < 0.1).astype(np.int8), np.ones(rows)
    innocent, kept = int((labels == 0).sum()), kept_rate(labels, weights, fpr, confidence)

    def tail() -> float:
        drawn = rng.normal(size=rows)
        margins = (drawn.round(1) if ties else drawn).astype(np.float32)
        found = threshold(margins + labels, labels, weights, kept)
        return float(norm.sf(found - 0.05 if ties else found))

    held = np.mean([tail() <= fpr for _ in range(2_000)])

    assert held >= confidence - 0.02
    assert ties or held <= binom.sf(round(kept * innocent) - 1, innocent, fpr) + 0.02


def test_without_a_confidence_new_rows_exceed_the_rate_about_half_the_time() -> None:
    rng = np.random.default_rng(9)
    labels, weights = np.zeros(1_000, np.int8), np.ones(1_000)

    tails = [norm.sf(threshold(rng.normal(size=1_000), labels, weights, 0.05)) for _ in range(500)]

    assert 0.4 < np.mean(np.array(tails) > 0.05) < 0.6


@given(st.integers(50, 3_000), st.floats(0.05, 0.5), st.floats(0.5, 0.95))
def test_the_rate_kept_is_the_most_whose_upper_bound_is_within(
    rows: int, fpr: float, confidence: float
) -> None:
    labels = np.zeros(rows, np.int8)

    try:
        allowed = round(kept_rate(labels, np.ones(rows), fpr, confidence) * rows)
    except OptionInvalid:
        allowed = -1

    assert allowed < 0 or beta.ppf(confidence, allowed + 1, rows - allowed) <= fpr + 1e-9
    assert beta.ppf(confidence, allowed + 2, rows - allowed - 1) > fpr - 1e-9


def test_rows_of_unequal_weight_count_for_fewer() -> None:
    labels = np.zeros(4_000, np.int8)
    unequal = np.where(np.arange(4_000) % 2, 1.0, 9.0)

    even = kept_rate(labels, np.full(4_000, 0.5), 0.05, 0.9)

    assert even == kept_rate(labels, np.ones(4_000), 0.05, 0.9)
    assert kept_rate(labels, unequal, 0.05, 0.9) < even


def test_too_few_innocent_rows_promise_nothing() -> None:
    with pytest.raises(OptionInvalid, match="459 innocent rows cannot promise"):
        kept_rate(np.zeros(459, np.int8), np.ones(459), 0.005, 0.9)

    assert kept_rate(np.zeros(460, np.int8), np.ones(460), 0.005, 0.9) == 0
