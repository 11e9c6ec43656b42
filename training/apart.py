"""Thresholds by group, where a fit is asked for them: each group's innocent are hit as often.

A group gets a threshold of its own only where at least ``LEAST`` of its innocent rows are to be
expected beyond one that hits the asked share of them; else it goes by the common one. That is what
the gate asks before it compares groups: of 100 expected, chance alone moves the rate to between
.81 and 1.22 times what was asked (95 %).
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.model.by_group import ByGroup, Starts, group_names
from riskscore.model.cutting import groupings
from riskscore.model.scale import HIGHEST, REVIEW
from riskscore.product.spec import Input, Product
from riskscore.product.tables import column_names
from training.bootstrap import Interval, Rows, Weights, interval, resampled
from training.datasets import Dataset, Places
from training.errors import OptionInvalid
from training.groups import groups_by
from training.notices import warn
from training.shares import share_interval
from training.thresholds import kept_rate, threshold

LEAST = 100.0  # innocent rows to be expected beyond a threshold
DRAWS = 200

Record = dict[str, Any]
Scores = NDArray[np.float32]


class Asking(NamedTuple):
    """What thresholds by group are made from.

    Attributes:
        scores: Of the rows, shape (n_rows,).
        rows: Those that the common thresholds were set on.
        block_score: The common one; the common review starts at 500.
        rates: ``review`` and ``block`` -> the share of innocent rows to hit.
        sure: Likewise, the confidence with which new rows stay within; None to hit as many.
    """

    scores: Scores
    rows: Dataset
    block_score: int
    rates: Mapping[str, float]
    sure: Mapping[str, float | None]


def grouping(product: Product, name: str) -> Input:
    """Find the input that thresholds are asked by.

    Raises:
        OptionInvalid: It is not a protected category or flag of the product.
    """
    found = {each.name: each for each in groupings(product)}
    if name not in found:
        ours = ", ".join(found) or "a category or flag with protected = true, which it lacks"
        raise OptionInvalid(
            f"--thresholds-by: {name!r} is no protected category or flag of {product.name}: "
            f"expected {ours}"
        )
    return found[name]


def by_group(asking: Asking, name: str) -> tuple[ByGroup, Record]:
    """Set the thresholds of every group that is large enough, and say how sure they are.

    Raises:
        OptionInvalid: As of ``grouping``, or the rows' file lacks the input.
    """
    feature = grouping(asking.rows.product, name)
    if name not in column_names(asking.rows.file):
        raise OptionInvalid(f"--thresholds-by {name}: {asking.rows.file} has no such column")
    warn(
        f"--thresholds-by {name}: what is recommended will depend on a protected attribute, which "
        "the law may forbid where you are"
    )
    groups = groups_by(asking.rows, feature)
    known = {
        each: np.flatnonzero(groups.places == groups.names.index(each))
        for each in group_names(feature)
        if each in groups.names
    }
    starts = {each: _starts(asking, places) for each, places in known.items()}
    own = {each: found for each, found in starts.items() if found is not None}
    if not own:
        warn(f"--thresholds-by {name}: no group is large enough, all go by the common thresholds")
    drawn = _drawn(asking, {each: known[each] for each in own})
    record = {
        "feature": name,
        "least": LEAST,
        "groups": [
            {"group": each, **_told(asking, each, places, starts[each], drawn)}
            for each, places in known.items()
        ],
    }
    return ByGroup(feature=name, groups=own), record


def expected(rows: Dataset, places: Places, rate: float) -> float:
    """Say how many innocent rows to expect beyond a threshold, rows of unequal weight as fewer."""
    weights = rows.weights[places][rows.labels[places] == 0]
    squares = float(weights @ weights)
    return rate * float(weights.sum()) ** 2 / squares if squares else 0.0


def _starts(asking: Asking, places: Places) -> Starts | None:
    if not _enough(asking, places, "review"):
        return None
    weights = asking.rows.weights
    review = min(_chosen(asking, places, weights, "review"), HIGHEST - 1)
    block = asking.block_score
    if _enough(asking, places, "block"):
        block = _chosen(asking, places, weights, "block")
    return Starts(review_score=review, block_score=min(max(block, review + 1), HIGHEST))


def _enough(asking: Asking, places: Places, rule: str) -> bool:
    return expected(asking.rows, places, asking.rates[rule]) >= LEAST


def _chosen(asking: Asking, places: Places, weights: Weights, rule: str) -> int:
    labels, own = asking.rows.labels[places], asking.rows.weights[places]
    rate = kept_rate(labels, own, asking.rates[rule], asking.sure[rule])
    return math.ceil(threshold(asking.scores[places], labels, weights[places], rate))


def _drawn(asking: Asking, known: Mapping[str, Places]) -> dict[str, NDArray[np.float64]]:
    """Set thresholds on resamples, and say how many innocents of their group each would hit."""
    wanted = {
        f"{rule} {name}": (rule, places)
        for name, places in known.items()
        for rule in asking.rates
        if _enough(asking, places, rule)
    }

    def reached(weights: Weights) -> dict[str, float]:
        return {
            key: _hit(asking, places, _chosen(asking, places, weights, rule))
            for key, (rule, places) in wanted.items()
        }

    rows = asking.rows
    about = Rows(rows.labels, rows.weights, rows.times)
    return resampled(about, reached, draws=DRAWS) if wanted else {}


def _told(
    asking: Asking,
    name: str,
    places: Places,
    starts: Starts | None,
    drawn: Mapping[str, NDArray[np.float64]],
) -> Record:
    found = starts or Starts(review_score=REVIEW, block_score=asking.block_score)
    scores = {"review": found.review_score, "block": found.block_score}
    about: Record = {"innocents": int((asking.rows.labels[places] == 0).sum())}
    for rule, score in scores.items():
        own = f"{rule} {name}" in drawn
        around = interval(drawn[f"{rule} {name}"]) if own else _around(asking, places, score)
        about[rule] = {
            "own": own,
            "score": score,
            "asked": asking.rates[rule],
            "expected": expected(asking.rows, places, asking.rates[rule]),
            "fpr": _hit(asking, places, score),
            "low": around.low,
            "high": around.high,
        }
    return about


def _around(asking: Asking, places: Places, score: int) -> Interval:
    """Say how sure a group's rate is at a threshold that was not set on its rows alone."""
    innocent = places[asking.rows.labels[places] == 0]
    return share_interval(int((asking.scores[innocent] >= score).sum()), len(innocent))


def _hit(asking: Asking, places: Places, score: float) -> float:
    """Return the share of a group's innocent rows at or beyond a score; 0 where there are none."""
    innocent = places[asking.rows.labels[places] == 0]
    if not len(innocent):
        return 0.0
    weights = asking.rows.weights[innocent]
    return float(np.average(asking.scores[innocent] >= score, weights=weights))
