"""What is known of the frauds found so far: when, by whom, and what that makes rows worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.bootstrap import DAY
from training.lateness import LEAST, lateness
from training.outcomes import read_outcomes
from training.precision import precisions, worth


class Worth(NamedTuple):
    """What rows are worth to a fit, and what that was made of.

    Attributes:
        weights: Shape (n_rows,); 0 where a row is too young to learn from.
        record: For the manifest.
    """

    weights: NDArray[np.float64]
    record: Mapping[str, Any]


def worth_of_rows(path: Path, product: str, rows: pd.DataFrame, as_of: int) -> Worth:
    """Weigh found frauds by how many like them are still unfound, and by who says so.

    Args:
        path: The outcomes of an event folder.
        product: Whose outcomes.
        rows: The applications, with ``tenant``, ``reference``, ``occurred`` (microseconds UTC) and
            ``label`` as known by ``as_of``.
        as_of: Until when outcomes are known.
    """
    labels, times = rows["label"].to_numpy(), rows["occurred"].to_numpy()
    first = first_confirmed(path, product, rows, as_of)
    known, sources = first["known"], first["source"]
    confirmed = known.notna().to_numpy()
    standing = pd.Series(labels[confirmed] == 1)
    trusted = precisions(first[confirmed], standing)
    fraud = confirmed & (labels == 1)
    weights = np.ones(len(labels))
    weights[fraud] = worth(sources[fraud].to_numpy(object), trusted)
    record: dict[str, Any] = {"precision": dict(trusted), "lateness": None, "too_young": 0}
    late = lateness(times[fraud], known[fraud].to_numpy(np.int64), as_of)
    if late is None:
        return Worth(weights, record)
    share = late.share_by((as_of - times) / DAY)
    weights[fraud] /= np.maximum(share[fraud], LEAST)
    young = share < LEAST
    weights[young] = 0
    return Worth(weights, record | {"lateness": late.as_record(), "too_young": int(young.sum())})


def standing_frauds(path: Path, product: str, rows: pd.DataFrame, as_of: int) -> NDArray[np.int64]:
    """Say when each application was first confirmed, if it still is; -1 of the others.

    Args:
        path: The outcomes of an event folder.
        product: Whose outcomes.
        rows: The applications, with ``tenant``, ``reference`` and ``label`` as known by ``as_of``.
        as_of: Until when outcomes are known.

    Returns:
        Microseconds UTC, shape (n_rows,).
    """
    known = first_confirmed(path, product, rows, as_of)["known"]
    standing = known.notna().to_numpy() & (rows["label"].to_numpy() == 1)
    return np.where(standing, known.fillna(-1).to_numpy(np.int64), -1)


def first_confirmed(path: Path, product: str, about: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Find the first confirmation of each application that was known by then.

    Args:
        path: The outcomes of an event folder.
        product: Whose outcomes.
        about: The applications, with ``tenant`` and ``reference``.
        as_of: Microseconds UTC.

    Returns:
        ``tenant``, ``reference``, ``known``, ``source`` and ``looked_because``, in the order of
        ``about``; missing where there was none.
    """
    outcomes = read_outcomes(path)
    ours = outcomes[(outcomes["product"] == product) & (outcomes["status"] == "confirmed")]
    ours = ours[(ours["known"] <= as_of) & (ours["received"] <= as_of)]
    first = ours.sort_values(["known", "received"], kind="stable")
    first = first.drop_duplicates(["tenant", "reference"])
    wanted = ["tenant", "reference", "known", "source", "looked_because"]
    return about[["tenant", "reference"]].merge(
        first[wanted], how="left", on=["tenant", "reference"]
    )
