"""One row at a time into the numbers that ``encode`` makes of columns: what serving needs.

For one application numpy's calls would cost more than the work. A test holds this to be the same,
bit for bit, as ``encode.complete``.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from riskscore.product.past import Known
from riskscore.product.spec import Category, Product

NAN = float("nan")

Combine = Callable[[float, float], float]


class Sum(NamedTuple):
    """A derived column: its place, how it is computed, and the places of its two parts."""

    place: int
    combine: Combine
    first: int
    second: int


class RowEncoder:
    """Encodes applications of one product."""

    def __init__(self, product: Product) -> None:
        places = {each.name: place for place, each in enumerate(product.columns)}
        self.inputs = [
            (each.name, each.codes if isinstance(each, Category) else None)
            for each in product.inputs
            if each.model
        ]
        self.history = [each.name for each in product.history]
        self.blank = [NAN] * len(product.derived)
        derived = {each.name: each for each in product.derived}
        self.sums = [
            Sum(places[each.name], COMBINE[each.kind], *(places[name] for name in each.of))
            for each in (derived[one.name] for one in product.computable if one.name in derived)
        ]

    def __call__(self, sent: Mapping[str, Any], past: Mapping[str, Known]) -> list[float]:
        """Encode one application.

        Args:
            sent: Input name -> accepted value; absent ones are not in it or None.
            past: Every history column by name.

        Returns:
            The model's columns in model order, NaN where missing.
        """
        row = [_number(sent.get(name), codes) for name, codes in self.inputs]
        row += [past[name].value for name in self.history]
        row += self.blank
        for place, combine, first, second in self.sums:
            row[place] = combine(row[first], row[second])
        return row


def _number(value: Any, codes: Mapping[str, int] | None) -> float:
    if value is None:
        return NAN
    return float(value if codes is None else codes.get(value, NAN))


def _ratio(over: float, under: float) -> float:
    return over / under if under else NAN


def _difference(first: float, second: float) -> float:
    return first - second


COMBINE: Mapping[str, Combine] = {"ratio": _ratio, "difference": _difference}
