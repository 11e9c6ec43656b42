"""The same figures slice by slice: by inputs, and by whose history was there."""

from collections.abc import Sequence

import numpy as np

from riskscore.model.scale import Thresholds
from training.assess.intervals import Drawing, Record, enough, with_intervals
from training.datasets import Dataset
from training.errors import OptionInvalid
from training.groups import Groups, groups_by, protected_groups
from training.judge import Answers
from training.strata import strata

FIGURES = (
    "auc",
    "average_precision",
    "tpr_at_1",
    "tpr_at_5",
    "slope",
    "observed_over_expected",
    "review_fpr",
    "review_tpr",
    "block_fpr",
    "block_tpr",
)


def slices(
    rows: Dataset, given: Answers, thresholds: Thresholds, by: Sequence[str], how: Drawing
) -> list[Record]:
    """Judge every slice by the inputs asked for, by protected ones, and by strata of history.

    Raises:
        OptionInvalid: An input is not declared.
    """
    inputs = {each.name: each for each in rows.product.inputs}
    if unknown := [name for name in by if name not in inputs]:
        raise OptionInvalid(f"--by: {unknown[0]!r} is no input of {rows.product.name}")
    asked = [groups_by(rows, inputs[name]) for name in by]
    protected = [each for each in protected_groups(rows) if each.feature not in by]
    return [
        found
        for groups in (*asked, *protected, *strata(rows))
        for found in _slices(groups, rows, given, thresholds, how)
    ]


def _slices(
    groups: Groups, rows: Dataset, given: Answers, thresholds: Thresholds, how: Drawing
) -> list[Record]:
    found = []
    for number, name in enumerate(groups.names):
        places = np.flatnonzero(groups.places == number)
        ours = rows.take(places)
        about: Record = {
            "by": groups.feature,
            "slice": name,
            "rows": len(ours),
            "positives": ours.positives,
        }
        if enough(ours):
            figures = with_intervals(ours, given.take(places), thresholds, how)
            about["figures"] = {each: figures[each] for each in FIGURES}
        found.append(about)
    return found
