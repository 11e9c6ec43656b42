"""Rows by the values of one input, whether or not the model sees it: for fairness and slices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscore.model.by_group import group_names
from riskscore.product.parsing import parse_input
from riskscore.product.spec import Input
from riskscore.product.tables import column_names, is_text, read_batches
from riskscore.product.values import Values
from training.datasets import Dataset

PARTS = 4  # that a quantity is cut into, of about as many rows each
UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Rows by one input.

    Attributes:
        feature: Its name.
        names: Of the groups that have rows.
        places: Which group each row is in, shape (n_rows,).
    """

    feature: str
    names: tuple[str, ...]
    places: NDArray[np.int64]


def protected_groups(dataset: Dataset) -> list[Groups]:
    """Group the rows by each protected input that the file has."""
    return [groups_by(dataset, each) for each in _there(dataset) if each.protected]


def _there(dataset: Dataset) -> list[Input]:
    names = column_names(dataset.file)
    return [each for each in dataset.product.inputs if each.name in names]


def groups_by(dataset: Dataset, feature: Input) -> Groups:
    values = values_of(dataset, feature)
    if names := group_names(feature):
        return _gathered(feature.name, list(names), values)
    return _cut(feature.name, values)


def values_of(dataset: Dataset, feature: Input) -> Values:
    """Read one input of the dataset's rows from its file, shape (n_rows,), NaN where missing."""
    text = is_text(dataset.file)
    parts = [
        parse_input(feature, batch[feature.name], text=text).values
        for batch in read_batches(dataset.file, only=[feature.name])
    ]
    values: Values = np.concatenate(parts)[dataset.rows]
    return values


def _cut(feature: str, values: Values) -> Groups:
    known = values[~np.isnan(values)]
    borders = np.unique(np.quantile(known, np.arange(1, PARTS) / PARTS)) if len(known) else known
    codes = np.where(np.isnan(values), np.nan, np.searchsorted(borders, values, "right"))
    starts = ["from the lowest", *(f"from {each:g}" for each in borders.tolist())]
    return _gathered(feature, starts, codes)


def _gathered(feature: str, names: list[str], codes: Values) -> Groups:
    """Drop groups without rows; rows without a value are one more."""
    whole = np.where(np.isnan(codes), len(names), codes).astype(np.int64)
    found, places = np.unique(whole, return_inverse=True)
    named = [*names, UNKNOWN]
    return Groups(feature=feature, names=tuple(named[each] for each in found), places=places)
