"""Fairness in full: rates by group, what stands for the group, and thresholds group by group."""

import numpy as np

from training.assess.intervals import Drawing, Record
from training.datasets import Dataset
from training.fairness import fairness
from training.groups import Groups, protected_groups
from training.judge import Answers
from training.metrics import flagged_shares
from training.proxies import proxies
from training.thresholds import threshold


def fair(rows: Dataset, given: Answers, how: Drawing) -> list[Record]:
    """Describe every protected input that the rows' file has, of at least two groups."""
    grouped = {each.feature: each for each in protected_groups(rows)}
    return [
        {
            **each.as_record(),
            "proxies": proxies(grouped[each.feature], rows, seed=how.seed),
            "thresholds_by_group": thresholds_by_group(grouped[each.feature], rows, given),
        }
        for each in fairness(rows, given, draws=how.draws, seed=how.seed)
    ]


def thresholds_by_group(groups: Groups, rows: Dataset, given: Answers) -> list[Record]:
    """Say what a threshold for each group would find, if all groups were hit equally often.

    These say what equal rates would cost, found on the rows they are told of; what is served are
    the bundle's own, one for all groups unless its fit was asked for others (``apart``).
    """
    found = []
    for number, name in enumerate(groups.names):
        places = np.flatnonzero(groups.places == number)
        labels, weights = rows.labels[places], rows.weights[places]
        if 0 < labels.sum() < len(labels):
            margins = given.margins[places]
            margin = threshold(margins, labels, weights, rows.product.recipe.review_fpr)
            shares = flagged_shares(margins >= margin, labels, weights)
            found.append({"group": name, "margin": margin, **shares})
    return found
