"""The map from margins to probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Margins = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
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
        odds = np.exp(np.clip(self._log_odds(np.asarray(margins, np.float64)), -60, 60))
        probabilities: Margins = np.clip(odds / (1 + odds), bound, 1 - bound)
        return probabilities

    def _log_odds(self, margins: Margins) -> Margins:
        knots, levels = np.array(self.margins), np.array(self.log_odds)
        slopes = np.diff(levels) / np.diff(knots)
        below = np.minimum(margins - knots[0], 0) * slopes[0]
        above = np.maximum(margins - knots[-1], 0) * slopes[-1]
        between = np.interp(margins, knots, levels)
        extended: Margins = between + below + above
        return extended
