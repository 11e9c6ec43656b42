"""How late outcomes come, and what young rows are worth because of it.

Of the frauds among young applications few are found yet. Flat cuts throw the newest rows away and
plain labels call their frauds innocent, so a model expects too few. Here the delay from event to
outcome is estimated from outcomes known by then, of which late ones are seen only where the event
is old enough (right truncation). A found fraud then stands for 1 / F(age) frauds, where F is the
share found by that age; where F is small, rows are left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import DAY
from training.receipts import Times

AT_RISK = 20  # found frauds that a delay must be estimated from
ENOUGH = 100  # found frauds below which nothing is estimated
LEAST = 0.25  # share found below which a row is too young to learn from

Days = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lateness:
    """The share of frauds found by an age, of those found within ``days[-1]`` days.

    Attributes:
        days: Ages at which a fraud was found, ascending, shape (n,).
        found: The share found by then, ascending to 1, shape (n,).
    """

    days: Days
    found: Days

    def share_by(self, ages: Days) -> Days:
        """Return the share found by each age in days."""
        place = np.searchsorted(self.days, ages, "right")
        return np.asarray(np.append(0.0, self.found)[place])

    def quantile(self, share: float) -> float:
        """Return by how many days a share is found."""
        return float(self.days[np.searchsorted(self.found, share * (1 - 1e-12))])

    def as_record(self) -> dict[str, Any]:
        return {
            "median_days": self.quantile(0.5),
            "days_until_90_percent": self.quantile(0.9),
            "longest_days": float(self.days[-1]),
        }


def lateness(occurred: Times, known: Times, as_of: int) -> Lateness | None:
    """Estimate the delays of found frauds; None where there are too few.

    Args:
        occurred: When each happened, microseconds UTC, shape (n,).
        known: When each was found, up to ``as_of``.
        as_of: Later ones are not known.

    Source:
        Lynden-Bell, "A method of allowing for known observational selection in small samples",
        Monthly Notices of the Royal Astronomical Society 1971; Kalbfleisch and Lawless, "Inference
        based on retrospective ascertainment", JASA 1989.
    """
    delays = np.maximum((known - occurred) / DAY, 0.0)
    limits = (as_of - occurred) / DAY
    days, events = np.unique(delays, return_counts=True)
    seen_by = np.searchsorted(np.sort(delays), days, "right")
    too_young = np.searchsorted(np.sort(limits), days, "left")
    at_risk = seen_by - too_young  # found by then, of events that are that old
    estimable = np.flatnonzero(at_risk >= AT_RISK)
    if len(delays) < ENOUGH or not len(estimable):
        return None
    end = estimable[-1] + 1
    kept = 1 - np.minimum(events[:end] / np.maximum(at_risk[:end], AT_RISK), 1)
    found = np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
    return Lateness(days=days[:end], found=found)
