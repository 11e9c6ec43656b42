"""Intervals of shares of rows."""

from scipy.stats import beta

from training.bootstrap import Interval


def share_interval(hits: int, rows: int) -> Interval:
    """Return the 95 % interval of a share of rows that come one by one.

    Source:
        Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 1934.
    """
    low = float(beta.ppf(0.025, hits, rows - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, rows - hits)) if hits < rows else 1.0
    return Interval(low, high)
