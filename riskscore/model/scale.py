"""From probabilities to scores, levels and recommendations.

500 is where review starts and every 50 points double the odds. ``review_odds`` is fixed by a
product's first fit, so that a policy built on scores survives a retrain.
"""

from bisect import bisect
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from riskscore.model.by_group import ByGroup
from riskscore.model.calibration import Calibration

Level = Literal["very_low", "low", "medium", "high", "very_high"]
Recommendation = Literal["allow", "review", "block"]

LOWEST, REVIEW, HIGHEST = 0, 500, 1000
POINTS_TO_DOUBLE = 50
STARTS = (350, 500, 600, 700)  # where each level but the lowest begins
LEVELS: tuple[Level, ...] = get_args(Level)
RECOMMENDATIONS: tuple[Recommendation, ...] = get_args(Recommendation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What 500 points mean for one product."""

    review_odds: float

    def scores(self, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """Score calibrated probabilities in (0, 1), shape (n,), as integers 0-1000."""
        doublings = np.log2(probabilities / (1 - probabilities) / self.review_odds)
        points = np.rint(REVIEW + POINTS_TO_DOUBLE * doublings)
        within = np.minimum(np.maximum(points, LOWEST), HIGHEST)
        scores: NDArray[np.int64] = within.astype(np.int64)
        return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where people look and where we recommend to refuse, as the fit found them.

    Attributes:
        review_margin: Smallest margin whose false-positive rate on the calibration rows stays
            within the asked one; so ``block_margin``.
        block_score: The score from which the recommendation is to block.
        by_group: Thresholds of some groups of their own, where the fit was asked for them.
    """

    review_margin: float
    block_margin: float
    block_score: int
    by_group: ByGroup | None = None


def block_score_at(block_margin: float, calibration: Calibration, scale: Scale) -> int:
    """Return the score at the asked block rate, but always one above review."""
    probability = calibration.probabilities(np.array([block_margin]))
    return max(REVIEW + 1, int(scale.scores(probability)[0]))


def level_places(scores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the level of each score: its place in ``LEVELS``."""
    return np.searchsorted(STARTS, scores, side="right")


def recommendation_places(scores: NDArray[np.int64], block_score: int) -> NDArray[np.int64]:
    """Find what to do at each score: its place in ``RECOMMENDATIONS``."""
    return (scores >= REVIEW).astype(np.int64) + (scores >= block_score)


def levels(scores: NDArray[np.int64]) -> list[Level]:
    """Name the level of each score."""
    return [LEVELS[bisect(STARTS, score)] for score in scores.tolist()]
