"""Cut rows into slices: in order of time where there is a time, stratified by label where not.

Later slices judge what earlier ones taught. Rows are never shuffled over time, and applications
of one moment stay in one slice, so that no slice knows anything of a later one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from riskscore.errors import DataInvalid
from training.datasets import Dataset, Places
from training.errors import OptionInvalid, TooFewRows
from training.labels import FLOAT32, Labels
from training.receipts import Times

SHARES = (0.6, 0.1, 0.2, 0.1)


class Split(NamedTuple):
    """Places of the rows of each slice, in the dataset's order.

    Attributes:
        fit: What trees are grown on.
        stop: What says when to stop growing; small sets are then fitted on ``fit`` and ``stop``.
        calibrate: What calibration, thresholds and importance come from.
        test: What the metrics in the manifest come from; nothing is learned from it.
    """

    fit: Places
    stop: Places
    calibrate: Places
    test: Places


def split(dataset: Dataset, *, seed: int) -> Split:
    """Cut a dataset into four slices, each with both labels.

    Raises:
        TooFewRows: Some slice would have only one label.
        DataInvalid: Or no weight for one.
    """
    slices = Split(*cut(dataset.labels, dataset.times, SHARES, seed=seed))
    for name, places in zip(Split._fields, slices, strict=True):
        check_slice(dataset, places, f"{dataset.file}: slice '{name}'")
    return slices


def latest_places(dataset: Dataset, parts: Split) -> Places:
    """Return the later half of the calibration rows, and the test rows after them.

    Raises:
        OptionInvalid: The rows have no time.
    """
    if dataset.times is None:
        raise OptionInvalid("--latest: the rows have no time; name it with --time")
    later = cut_by_time(dataset.times[parts.calibrate], (0.5, 0.5))[1]
    return np.union1d(parts.calibrate[later], parts.test)


def hold_out(dataset: Dataset, share: float, *, seed: int) -> tuple[Places, Places]:
    """Take the latest share of the rows away, or a stratified one where there is no time.

    Returns:
        The places kept and the places held out.

    Raises:
        TooFewRows: One part would have only one label.
    """
    kept, held = cut(dataset.labels, dataset.times, (1 - share, share), seed=seed)
    for name, places in (("kept", kept), ("held out", held)):
        check_slice(dataset, places, f"{dataset.file}: rows {name}")
    return kept, held


def cut(labels: Labels, times: Times | None, shares: Sequence[float], *, seed: int) -> list[Places]:
    """Cut rows into consecutive slices of about these shares.

    Args:
        labels: Shape (n_rows,).
        times: Shape (n_rows,), None where there is no time.
        shares: Of the rows, summing to 1.
        seed: Decides only where there is no time.
    """
    if times is not None:
        return cut_by_time(times, shares)
    rng = np.random.default_rng(seed)
    parts = [_cut_shuffled(np.flatnonzero(labels == label), shares, rng) for label in (0, 1)]
    return [np.sort(np.concatenate(both)) for both in zip(*parts, strict=True)]


def cut_by_time(times: Times, shares: Sequence[float]) -> list[Places]:
    """Cut in order of time; a border within one moment moves to the nearer end of it."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    borders = [_between(ordered, border) for border in _borders(len(times), shares)]
    return [np.sort(part) for part in np.split(order, borders)]


def check_slice(dataset: Dataset, places: Places, where: str) -> None:
    """Refuse a slice of which nothing can be learned about one of the labels.

    Raises:
        TooFewRows: It has one label only.
        DataInvalid: The rows of a label weigh nothing, or more than float32 holds.
    """
    labels, weights = dataset.labels[places], dataset.weights[places]
    check_both(labels, where)
    for label in (0, 1):
        total = weights[labels == label].astype(np.float32).sum(dtype=np.float64)
        if not 0 < total <= FLOAT32:
            raise DataInvalid(
                f"{where}: the weights of its rows with label {label} sum to {total:g}: "
                "expected a sum above 0 that float32 holds"
            )


def check_both(labels: Labels, where: str) -> None:
    """Refuse a slice without fraud, or without anything else.

    Raises:
        TooFewRows: Says how many of each there are.
    """
    positives = int(labels.sum())
    if not 0 < positives < len(labels):
        raise TooFewRows(
            f"{where} would hold {positives} positive and {len(labels) - positives} negative "
            "rows: expected some of both; more rows are needed, or labels that reach further"
        )


def _cut_shuffled(
    places: Places, shares: Sequence[float], rng: np.random.Generator
) -> list[Places]:
    return np.split(rng.permutation(places), _borders(len(places), shares))


def _borders(rows: int, shares: Sequence[float]) -> list[int]:
    return [round(rows * share) for share in np.cumsum(shares)[:-1].tolist()]


def _between(ordered: Times, border: int) -> int:
    if not 0 < border < len(ordered):
        return border
    before, after = (
        int(np.searchsorted(ordered, ordered[border], side)) for side in ("left", "right")
    )
    return before if border - before <= after - border else after
