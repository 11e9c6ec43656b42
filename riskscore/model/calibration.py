"""The map from margins to probabilities."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Margins = NDArray[np.float64]


class Knots(NamedTuple):
    """A calibration's knots as arrays, and the slopes beyond the first and the last."""

    margins: Margins
    log_odds: Margins
    below: float
    above: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A smooth monotone map, kept as knots in log-odds, linear between and beyond them.

    Attributes:
        margins: Where the knots are, strictly increasing, at least two.
        log_odds: Calibrated log-odds at the knots, never decreasing.
        rows: How many rows it was fitted on; no probability is bolder than that many rows allow.
    """

    margins: tuple[float, ...]
    log_odds: tuple[float, ...]
    rows: int

    def probabilities(self, margins: NDArray[np.floating]) -> Margins:
        """Calibrate margins of shape (n,) to probabilities within [1/(rows+2), 1-1/(rows+2)]."""
        bound = 1 / (self.rows + 2)
        log_odds = self._log_odds(np.asarray(margins, np.float64))
        odds = np.exp(np.minimum(np.maximum(log_odds, -60), 60))
        probabilities: Margins = np.minimum(np.maximum(odds / (1 + odds), bound), 1 - bound)
        return probabilities

    @cached_property
    def _knots(self) -> Knots:
        margins, log_odds = np.array(self.margins), np.array(self.log_odds)
        slopes = np.diff(log_odds) / np.diff(margins)
        return Knots(margins, log_odds, float(slopes[0]), float(slopes[-1]))

    def _log_odds(self, margins: Margins) -> Margins:
        knots = self._knots
        below = np.minimum(margins - knots.margins[0], 0) * knots.below
        above = np.maximum(margins - knots.margins[-1], 0) * knots.above
        between = np.interp(margins, knots.margins, knots.log_odds)
        extended: Margins = between + below + above
        return extended
