"""What a model is judged by: ranking on margins, calibration on probabilities."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score, roc_auc_score

from riskscore.model.calibration import Margins
from training.labels import Labels

Figures = dict[str, float | dict[str, float] | None]

RATES = (0.001, 0.01, 0.05)
ROWS_AT_RATE = 1  # negatives that a rate must allow to be flagged, to be worth asking about


class Judged(NamedTuple):
    """What is judged, all of shape (n_rows,)."""

    margins: NDArray[np.floating]
    probabilities: Margins
    labels: Labels
    weights: NDArray[np.float64]


def metrics(judged: Judged) -> Figures:
    """Compute every figure of a set of rows with both labels."""
    labels, weights = judged.labels, judged.weights
    margins = np.asarray(judged.margins, np.float64)
    claimed = judged.probabilities
    rate = np.average(labels, weights=weights)
    return {
        "auc": float(roc_auc_score(labels, margins, sample_weight=weights)),
        "average_precision": float(average_precision_score(labels, margins, sample_weight=weights)),
        "tpr_at_fpr": tpr_at_fpr(margins, labels, weights),
        "brier": float(np.average((claimed - labels) ** 2, weights=weights)),
        "log_loss": log_loss(claimed, labels, weights),
        "base_rate": float(rate),
        "base_rate_log_loss": log_loss(np.full(len(labels), rate), labels, weights),
        "calibration_slope": calibration_slope(claimed, labels, weights),
        "expected_positives": float(weights @ claimed),
        "observed_positives": float(weights @ labels),
    }


def tpr_at_fpr(margins: Margins, labels: Labels, weights: NDArray[np.float64]) -> dict[str, float]:
    """Find the share of frauds in the largest threshold set within each false-positive rate.

    Rates that would not allow one innocent row to be flagged are left out, but 1 % and 5 %.
    """
    order = np.argsort(-margins, kind="stable")
    last = np.append(np.flatnonzero(np.diff(margins[order])), len(order) - 1)
    guilty = np.cumsum((weights * labels)[order])[last]
    innocent = np.cumsum((weights * (1 - labels))[order])[last]
    negatives = int((1 - labels).sum())
    found = {}
    for rate in RATES:
        if rate * negatives < ROWS_AT_RATE and rate == RATES[0]:
            continue
        within = np.flatnonzero(innocent <= rate * innocent[-1] * (1 + 1e-12))
        found[f"{rate:g}"] = float(guilty[within[-1]] / guilty[-1]) if len(within) else 0.0
    return found


def flagged_shares(
    flagged: NDArray[np.bool_], labels: Labels, weights: NDArray[np.float64]
) -> dict[str, float]:
    """Return the realised false- and true-positive rate of a rule."""
    return {
        "fpr": float(np.average(flagged[labels == 0], weights=weights[labels == 0])),
        "tpr": float(np.average(flagged[labels == 1], weights=weights[labels == 1])),
    }


def log_loss(claimed: Margins, labels: Labels, weights: NDArray[np.float64]) -> float:
    return float(np.average(row_losses(claimed, labels), weights=weights))


def row_losses(claimed: Margins, labels: Labels) -> Margins:
    """Return the log loss of each row."""
    return -np.where(labels == 1, np.log(claimed), np.log1p(-claimed))


def calibration_slope(
    claimed: Margins, labels: Labels, weights: NDArray[np.float64]
) -> float | None:
    """Return the slope of labels on claimed log-odds, 1 where neither too bold nor too shy.

    None where every row claims the same.

    Source:
        Cox, "Two further applications of a model for binary regression", Biometrika 1958.
    """
    odds = np.log(claimed) - np.log1p(-claimed)
    spread = odds.std()
    if spread < 1e-9:  # noqa: PLR2004 - rounding of one constant
        return None
    centred = (odds - odds.mean()) / spread
    shares = weights / weights.sum()
    found = minimize(
        _slope_loss,
        np.zeros(2),
        args=(centred, labels, shares),
        jac=True,
        options={"gtol": 1e-9},
    )
    return float(found.x[0] / spread)


def _slope_loss(
    numbers: NDArray[np.float64], odds: Margins, labels: Labels, weights: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    line = numbers[0] * odds + numbers[1]
    off = weights * (1 / (1 + np.exp(-np.clip(line, -500, 500))) - labels)
    loss = weights @ (np.logaddexp(0, line) - labels * line)
    return float(loss), np.array([off @ odds, off.sum()])
