"""Which map is taken: the usual one, unless later rows speak clearly for another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.test_calibrate import drawn_labels, rows
from training.labels import Labels
from training.maps import MAPS, Mapped, best_map, isotonic


def mapped(margins: np.ndarray, labels: Labels) -> Mapped:
    later = np.arange(len(margins)) >= len(margins) * 2 // 3
    return best_map(margins, labels, np.ones(len(margins)), later)


def test_where_one_or_two_slopes_do_the_usual_map_is_taken() -> None:
    margins = np.random.default_rng(1).normal(-2, 2, 12_000)

    found = mapped(margins, drawn_labels(0.7 * margins - 0.5, 2))

    assert found.name == "beta"
    assert set(found.log_loss) == {"beta", "platt", "isotonic"}


def test_a_step_is_for_isotonic() -> None:
    margins = np.random.default_rng(1).uniform(-4, 4, 12_000)

    found = mapped(margins, drawn_labels(np.where(margins > 1, 1.0, -3.0), 2))

    assert found.name == "isotonic"
    assert found.log_loss["isotonic"] < found.log_loss["beta"] - 0.005
    low, high = found.calibration.probabilities(np.array([-2.0, 3.0]))
    assert low == pytest.approx(0.047, abs=0.01)
    assert high == pytest.approx(0.731, abs=0.08)


def test_few_later_frauds_decide_nothing() -> None:
    margins = np.random.default_rng(1).normal(-6, 1, 2_000)
    labels = np.zeros(2_000, np.int8)
    labels[::150] = 1

    found = mapped(margins, labels)

    assert (found.name, found.log_loss) == ("beta", {})


@settings(deadline=None, max_examples=50)
@given(rows, st.sampled_from(sorted(MAPS)))
def test_every_map_is_monotone_within_the_clip(drawn: list[tuple[float, int]], name: str) -> None:
    margins = np.array([margin for margin, _ in drawn], np.float64)
    labels = np.array([label for _, label in drawn], np.int8)

    calibration = MAPS[name](margins, labels, np.ones(len(labels)))

    probabilities = calibration.probabilities(np.linspace(-60, 60, 300))
    assert (np.diff(calibration.margins) > 0).all()
    assert (np.diff(calibration.log_odds) >= 0).all()
    assert (np.diff(probabilities) >= 0).all()


def test_isotonic_goes_on_beyond_its_rows_and_shares_no_score_by_a_step() -> None:
    margins = np.random.default_rng(1).normal(-1, 2, 4_000)
    found = isotonic(margins, drawn_labels(margins, 2), np.ones(4_000))

    beyond = found.probabilities(np.array([margins.min() - 1, margins.min(), margins.max()]))
    inside = found.probabilities(np.linspace(-3, 2, 40))

    assert beyond[0] <= beyond[1] < beyond[2]
    assert len(np.unique(inside)) == 40
