"""Figures against cases small enough to count by hand, and against other definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_curve
from sklearn.metrics import log_loss as sklearn_log_loss

from training.metrics import (
    Judged,
    calibration_slope,
    flagged_shares,
    metrics,
    tpr_at_fpr,
)

rows = st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 1)), min_size=2, max_size=200).filter(
    lambda drawn: {label for _, label in drawn} == {0, 1}
)


def judged(margins: list[float], labels: list[int]) -> Judged:
    exact = np.array(margins, np.float64)
    probabilities = 1 / (1 + np.exp(-exact))
    return Judged(exact, probabilities, np.array(labels, np.int8), np.ones(len(labels)))


def test_a_case_counted_by_hand() -> None:
    found = metrics(judged([3, 2, 1, 0, -1, -2], [1, 0, 1, 0, 0, 1]))

    assert found["auc"] == pytest.approx(5 / 9)
    assert found["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 6) / 3)
    assert found["tpr_at_fpr"] == pytest.approx({"0.01": 1 / 3, "0.05": 1 / 3})
    assert found["base_rate"] == 0.5
    assert found["base_rate_log_loss"] == pytest.approx(np.log(2))


def test_margins_that_tie_are_flagged_together() -> None:
    assert tpr_at_fpr(np.array([1.0, 1.0, 0.0]), np.array([1, 0, 1], np.int8), np.ones(3)) == {
        "0.01": 0.0,
        "0.05": 0.0,
    }


def test_a_rate_that_flags_exactly_as_many_as_asked_counts() -> None:
    innocent = np.arange(100.0, 0, -1)
    guilty = [99.5, 95.5, 0.5]  # below one, five and all innocent rows
    labels = np.array([0] * 100 + [1] * 3, np.int8)

    found = tpr_at_fpr(np.append(innocent, guilty), labels, np.ones(103))

    assert found == pytest.approx({"0.01": 1 / 3, "0.05": 2 / 3})


def test_one_in_a_thousand_is_asked_only_of_a_thousand() -> None:
    labels = np.array([1] + [0] * 999, np.int8)
    margins = np.linspace(1, 0, 1_000)

    assert "0.001" not in tpr_at_fpr(margins, labels, np.ones(1_000))
    more = np.append(labels, 0).astype(np.int8)
    assert tpr_at_fpr(np.append(margins, -1), more, np.ones(1_001))["0.001"] == 1.0


@given(rows)
def test_tpr_is_that_of_the_roc_curve(drawn: list[tuple[int, int]]) -> None:
    margins = np.array([margin for margin, _ in drawn], np.float64)
    labels = np.array([label for _, label in drawn], np.int8)
    fpr, tpr, _ = roc_curve(labels, margins, drop_intermediate=False)

    found = tpr_at_fpr(margins, labels, np.ones(len(labels)))

    for rate in (0.01, 0.05):
        assert found[f"{rate:g}"] == pytest.approx(tpr[fpr <= rate].max())


@given(rows, st.integers(2, 5))
def test_a_weight_is_as_good_as_a_repetition(drawn: list[tuple[int, int]], times: int) -> None:
    margins = [margin / 3 for margin, _ in drawn]
    labels = [label for _, label in drawn]
    repeated = metrics(
        judged(margins + margins[:1] * (times - 1), labels + labels[:1] * (times - 1))
    )
    weights = np.ones(len(labels))
    weights[0] = times

    weighted = metrics(judged(margins, labels)._replace(weights=weights))

    for name in ("auc", "average_precision", "brier", "log_loss", "base_rate"):
        assert weighted[name] == pytest.approx(repeated[name]), name
    assert weighted["tpr_at_fpr"] == pytest.approx(repeated["tpr_at_fpr"])


def test_probabilities_are_judged_as_others_judge_them() -> None:
    rng = np.random.default_rng(0)
    margins = rng.normal(size=5_000)
    labels = (rng.random(5_000) < 1 / (1 + np.exp(-margins))).astype(np.int8)
    case = judged(margins.tolist(), labels.tolist())

    found = metrics(case)

    assert found["brier"] == pytest.approx(brier_score_loss(labels, case.probabilities))
    assert found["log_loss"] == pytest.approx(sklearn_log_loss(labels, case.probabilities))


@pytest.mark.parametrize("boldness", [0.5, 1.0, 2.0])
def test_slope_tells_how_bold_probabilities_are(boldness: float) -> None:
    rng = np.random.default_rng(0)
    margins = rng.normal(size=20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-margins))).astype(np.int8)
    case = judged((margins * boldness).tolist(), labels.tolist())
    other = LogisticRegression(C=1e9).fit(case.margins.reshape(-1, 1), labels).coef_[0, 0]

    slope = calibration_slope(case.probabilities, labels, case.weights)

    assert slope == pytest.approx(1 / boldness, rel=0.05)
    assert slope == pytest.approx(other, rel=1e-3)


def test_slope_of_one_constant_probability_is_unknown() -> None:
    assert calibration_slope(np.full(4, 0.3), np.array([0, 1, 0, 1], np.int8), np.ones(4)) is None


def test_shares_of_a_rule() -> None:
    flagged, labels = np.array([True, True, False, True]), np.array([1, 0, 0, 1], np.int8)

    assert flagged_shares(flagged, labels, np.ones(4)) == {"fpr": 0.5, "tpr": 1.0}
