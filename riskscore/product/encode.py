"""Rows become a model matrix here and nowhere else, so that training and serving cannot differ."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from riskscore.product.spec import (
    Category,
    Derived,
    Feature,
    Flag,
    History,
    Input,
    Integer,
    Number,
    Product,
)
from riskscore.product.values import Values

Matrix = NDArray[np.float32]


LARGEST = float(np.finfo(np.float32).max)


def encode(product: Product, columns: Mapping[str, Values]) -> Matrix:
    """Assemble the model matrix.

    Args:
        product: Whose columns, in whose order.
        columns: Name -> values, shape (n_rows,), for every input of the model and every history
            column; others are ignored. Not modified.

    Returns:
        Shape (n_rows, n_columns), NaN where missing.

    Raises:
        KeyError: A column is not there.
    """
    return rounded(complete(product, columns))


def complete(product: Product, columns: Mapping[str, Values]) -> Values:
    """Put the columns in model order and compute the derived ones, all in float64."""
    filled: dict[str, Values] = {}
    for feature in product.computable:
        filled[feature.name] = _column(feature, columns, filled)
    return np.column_stack([filled[each.name] for each in product.columns])


def rounded(quantities: Values) -> Matrix:
    """Round to float32; a derived quantity beyond it becomes the largest that it holds."""
    return np.minimum(np.maximum(quantities, -LARGEST), LARGEST).astype(np.float32)


def values(feature: Input, sent: Sequence[Any]) -> Values:
    """Turn accepted values (None is missing) into float64: flags 0 and 1, words their codes."""
    if isinstance(feature, Category):
        return np.array([feature.codes.get(word, np.nan) for word in sent], np.float64)
    return np.array(sent, np.float64)


def _column(
    feature: Feature, columns: Mapping[str, Values], filled: Mapping[str, Values]
) -> Values:
    match feature:
        case Derived(kind="ratio", of=(first, second)):
            return _ratio(filled[first], filled[second])
        case Derived(of=(first, second)):
            return filled[first] - filled[second]
        case Number() | Integer() | Flag() | Category() | History():
            return columns[feature.name]
        case _:
            assert_never(feature)


def _ratio(over: Values, under: Values) -> Values:
    """Divide in float64; by zero, or with a part missing, is NaN."""
    with np.errstate(over="ignore"):
        quotient: Values = np.divide(over, under, out=np.full(len(over), np.nan), where=under != 0)
    return quotient
