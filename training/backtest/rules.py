"""Rules as desks have them: conditions on columns, points for each rule, and a line to alert at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riskscore.product.spec import History, Product
from riskscore.product.values import Values

Column = NDArray[np.floating]  # as the model matrix has it: words as codes, NaN where missing
Met = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one column must be; a missing value meets no bound.

    Attributes:
        equals: A number; of a word its code, of a flag 0 or 1.
        missing: Whether it must be missing, or known; None where only bounds are asked.
    """

    feature: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    equals: float | None = None
    missing: bool | None = None

    def met(self, column: Column) -> Met:
        """Compare in the column's own precision, so that .03 is what the file meant by it."""
        met = np.ones(len(column), bool)
        if self.at_least is not None:
            met &= column >= self.at_least
        if self.at_most is not None:
            met &= column <= self.at_most
        if self.above is not None:
            met &= column > self.above
        if self.below is not None:
            met &= column < self.below
        if self.equals is not None:
            met &= column == self.equals
        if self.missing is not None:
            met &= np.isnan(column) == self.missing
        return met


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Alerts where all of some conditions, and any of others, are met."""

    name: str
    doc: str = ""
    points: float = 1.0
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()

    def met(self, column: Callable[[str], Column]) -> Met:
        every = [each.met(column(each.feature)) for each in self.all]
        some = [each.met(column(each.feature)) for each in self.any]
        parts = [*every, *([np.logical_or.reduce(some)] if some else [])]
        return np.asarray(np.logical_and.reduce(parts), bool)


LOOKS = ("rule_hit",)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """A file of rules.

    Attributes:
        product: Whose applications they are about.
        history: Counts that the product does not have and the rules need.
        alert_from: Points from which an application is looked at.
        looks: What ``looked_because`` says of outcomes where the rules made somebody look.
        declarations: Folders where products that are looked at may be declared.
    """

    path: Path
    product: Product
    rules: tuple[Rule, ...]
    history: tuple[History, ...] = ()
    alert_from: float = 1.0
    looks: tuple[str, ...] = LOOKS
    declarations: tuple[Path, ...] = ()

    def points(self, column: Callable[[str], Column]) -> Values:
        """Add up the points of the rules that are met, shape (n_rows,)."""
        parts = [each.points * each.met(column) for each in self.rules]
        return np.asarray(np.sum(parts, axis=0), np.float64)
