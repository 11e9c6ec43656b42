"""What folds that share training rows say about a mean: an interval wide enough for that."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t


class Between(NamedTuple):
    """A mean over folds, and the ends of its interval."""

    mean: float
    low: float
    high: float


def corrected_interval(
    figures: Sequence[float], folds: int, *, confidence: float = 0.95
) -> Between:
    """Return the mean of one figure a fold, or of one difference, with its interval.

    Training rows of two folds overlap, so their figures vary together and the usual standard error
    is too small. Variance over folds is therefore taken 1 / J + n_test / n_train times, not 1 / J.

    Args:
        figures: Of every fold of every repeat, J in all, at least two.
        folds: How many a repeat has, so that n_test / n_train = 1 / (folds - 1).
        confidence: That of the interval.

    Source:
        Nadeau and Bengio, "Inference for the generalization error", Machine Learning 2003; for
        repeated cross-validation Bouckaert and Frank, "Evaluating the replicability of
        significance tests for comparing learning algorithms", PAKDD 2004.
    """
    count = len(figures)
    mean = float(np.mean(figures))
    error = float(np.std(figures, ddof=1)) * (1 / count + 1 / (folds - 1)) ** 0.5
    reach = float(t.ppf((1 + confidence) / 2, count - 1)) * error
    return Between(mean, mean - reach, mean + reach)
