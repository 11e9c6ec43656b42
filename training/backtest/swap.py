"""Who is alerted by whom at a number of alerts: the swap set, for any weights of the rows.

Rows of equal rank are alerted in proportion, since a rule does not say whom of its hits to take
first. So a row is alerted to a share; two sides that choose at random among equals meet by chance.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import Weights
from training.labels import Labels
from training.ranking import Ranking

Shares = NDArray[np.float64]


class Swap(NamedTuple):
    """To what share each row is alerted by both sides, or by one alone; shape (n_rows,)."""

    both: Shares
    rules_only: Shares
    model_only: Shares

    @property
    def rules(self) -> Shares:
        return self.both + self.rules_only

    @property
    def model(self) -> Shares:
        return self.both + self.model_only


def alerted(ranked: Ranking, weights: Weights, alerts: float) -> Shares:
    """Return to what share each row is among the ``alerts`` highest, in the rows' own order."""
    upto = np.cumsum(weights[ranked.order])[ranked.last]
    before = np.append(0.0, upto[:-1])
    held = upto - before
    share = np.divide(alerts - before, held, out=np.zeros_like(held), where=held > 0).clip(0, 1)
    shares = np.empty(len(weights))
    shares[ranked.order] = np.repeat(share, np.diff(ranked.last, prepend=-1))
    return shares


def swap(rules: Shares, model: Shares) -> Swap:
    return Swap(rules * model, rules * (1 - model), model * (1 - rules))


def counts(shares: Shares, weights: Weights, labels: Labels) -> tuple[float, float]:
    """Return how many are alerted, and how many of them are fraud."""
    each = shares * weights
    return float(each.sum()), float(each @ labels)


def middle(values: NDArray[np.float64], weights: Weights, share: float = 0.5) -> float:
    """Return a quantile of weighted values; NaN where nothing weighs or no value is known."""
    known = ~np.isnan(values) & (weights > 0)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    upto = np.cumsum(weights[known][order])
    place = int(np.searchsorted(upto, share * upto[-1] * (1 - 1e-12)))
    return float(values[known][order][place])
