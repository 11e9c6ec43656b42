"""What rows that nobody found fraud in are taken for: innocent, not known, or not looked at.

clean       innocent, all of them, as labels say
pu          not known: a fraud is found with a chance that grows with age and never reaches one;
            probabilities and thresholds are made with that chance (``discovery``)
propensity  not looked at: only rows that somebody looked at are learned from, each for all like it
            that nobody looked at (``inspected``)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from training.bootstrap import DAY
from training.found import standing_frauds
from training.inspected import inspection_weights, looked_at
from training.lateness import lateness

Unlabelled = Literal["clean", "pu", "propensity"]
LEAST_CHANCE = 1e-3  # of a fraud of this age to be known, by which nothing is ever divided


class Treated(NamedTuple):
    """What is made of rows.

    Attributes:
        weights: Shape (n_rows,); 0 where a row is not learned from.
        chances: That a fraud ever found is found by now, shape (n_rows,); None where all count.
        record: For the manifest.
    """

    weights: NDArray[np.float64]
    chances: NDArray[np.float64] | None
    record: Mapping[str, Any]


def of_unknown(path: Path, product: str, rows: pd.DataFrame, as_of: int) -> Treated:
    """Say how likely a fraud of each row's age would be known by now.

    Args:
        path: The outcomes of an event folder.
        product: Whose outcomes.
        rows: The applications, with ``tenant``, ``reference``, ``occurred`` and ``label``.
        as_of: Until when outcomes are known.
    """
    times = rows["occurred"].to_numpy()
    known = standing_frauds(path, product, rows, as_of)
    fraud = known >= 0
    late = lateness(times[fraud], known[fraud], as_of)
    weights = np.ones(len(rows))
    if late is None:
        return Treated(weights, np.ones(len(rows)), {"unlabelled": "pu", "lateness": None})
    chances = np.clip(late.share_by((as_of - times) / DAY), LEAST_CHANCE, 1)
    return Treated(weights, chances, {"unlabelled": "pu", "lateness": late.as_record()})


def of_unseen(  # noqa: PLR0913, PLR0917 - all about one set of rows
    path: Path,
    product: str,
    rows: pd.DataFrame,
    matrix: Matrix,
    there: NDArray[np.bool_],
    as_of: int,
) -> Treated:
    """Let rows that were looked at stand for those that were not.

    Args:
        path: The outcomes of an event folder.
        product: Whose outcomes.
        rows: The applications, with ``tenant`` and ``reference``.
        matrix: Their columns, shape (n_rows, n_columns).
        there: Which of them were received by then and count, shape (n_rows,).
        as_of: Until when outcomes are known.

    Raises:
        OptionInvalid: The outcomes do not say who was looked at.
    """
    looked = looked_at(path, product, rows, as_of) & there
    found = inspection_weights(matrix, looked, there, path)
    return Treated(found.weights, None, {"unlabelled": "propensity", **found.record})
