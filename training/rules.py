"""Whom the two rules hit, as they are served: by one score for all, or row by row."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riskscore.model.cutting import Cuts, cutter
from riskscore.model.scale import REVIEW, Thresholds
from riskscore.product.spec import Product
from riskscore.product.tables import column_names
from training.datasets import Dataset
from training.groups import values_of
from training.notices import warn

Flagged = NDArray[np.bool_]


class Scored(Protocol):
    """Scores of rows, and the thresholds of each; None where all go by the common ones."""

    @property
    def scores(self) -> NDArray[np.int64]: ...
    @property
    def cuts(self) -> Cuts | None: ...


def reviewed(given: Scored) -> Flagged:
    """Say who is reviewed or blocked, shape (n_rows,)."""
    return given.scores >= (REVIEW if given.cuts is None else given.cuts.review)


def blocked(given: Scored, thresholds: Thresholds) -> Flagged:
    """Say who is blocked, shape (n_rows,)."""
    return given.scores >= (thresholds.block_score if given.cuts is None else given.cuts.block)


def flagged(given: Scored, thresholds: Thresholds) -> dict[str, Flagged]:
    """Say whom each rule hits, by its name."""
    return {"review": reviewed(given), "block": blocked(given, thresholds)}


def cuts_of(product: Product, thresholds: Thresholds, rows: Dataset) -> Cuts | None:
    """Find the thresholds of each row as serving would; None where all go by the common ones.

    Where the rows' file lacks the input that thresholds go by, nobody's group is known.
    """
    cut = cutter(product, thresholds)
    if cut is None:
        return None
    if cut.feature.name not in column_names(rows.file):
        warn(
            f"{rows.file}: no column {cut.feature.name}, by which the model has thresholds: "
            "every row is judged by the common ones"
        )
        return cut(np.full(len(rows), np.nan))
    return cut(values_of(rows, cut.feature))
