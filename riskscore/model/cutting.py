"""Cut rows by the thresholds of their groups: one application and columns of them alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from riskscore.model.by_group import ByGroup, Starts, TakenBy, group_names
from riskscore.model.scale import REVIEW, Thresholds
from riskscore.product.spec import Input, Product
from riskscore.product.values import Values

Scores = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """Where review and block start for some rows, one by one.

    Attributes:
        taken_by: Whose thresholds may be met, the common ones first.
        places: In ``taken_by``, of each row, shape (n_rows,).
    """

    taken_by: tuple[TakenBy, ...]
    places: NDArray[np.int64]

    @cached_property
    def review(self) -> Scores:
        return np.array([each.review_score for each in self.taken_by], np.int64)[self.places]

    @cached_property
    def block(self) -> Scores:
        return np.array([each.block_score for each in self.taken_by], np.int64)[self.places]

    def recommendation_places(self, scores: Scores) -> Scores:
        """Find what to do with each row: its place in ``RECOMMENDATIONS``."""
        return (scores >= self.review).astype(np.int64) + (scores >= self.block)

    def of_rows(self) -> list[TakenBy]:
        return [self.taken_by[place] for place in self.places.tolist()]

    def take(self, places: NDArray[np.int64]) -> "Cuts":
        return Cuts(taken_by=self.taken_by, places=self.places[places])


class Cutter:
    """Finds where rows are cut, by the codes of the input that thresholds go by."""

    def __init__(self, feature: Input, by_group: ByGroup, common: Starts) -> None:
        self.feature = feature
        named = [(None, common), *by_group.groups.items()]
        self.taken_by = tuple(
            TakenBy(
                by=feature.name,
                group=name,
                review_score=starts.review_score,
                block_score=starts.block_score,
            )
            for name, starts in named
        )
        places = {name: place for place, (name, _) in enumerate(named)}
        self.places = np.array([places.get(name, 0) for name in group_names(feature)], np.int64)

    def __call__(self, codes: Values) -> Cuts:
        """Cut rows.

        Args:
            codes: Of the input, shape (n_rows,), as the encoder gives them; NaN where missing.
        """
        missing = np.isnan(codes)
        known = np.where(missing, 0, codes).astype(np.int64)
        return Cuts(taken_by=self.taken_by, places=np.where(missing, 0, self.places[known]))


def groupings(product: Product) -> Sequence[Input]:
    """List the inputs that thresholds may go by: protected ones that have groups."""
    return [each for each in product.inputs if each.protected and group_names(each)]


def unfit(product: Product, thresholds: Thresholds) -> str | None:
    """Say what of thresholds by group is none of the product's; None where nothing is."""
    by_group = thresholds.by_group
    if by_group is None:
        return None
    found = {each.name: each for each in groupings(product)}
    if by_group.feature not in found:
        return f"feature: {by_group.feature!r} is no protected category or flag of {product.name}"
    names = group_names(found[by_group.feature])
    unknown = [name for name in by_group.groups if name not in names]
    if unknown:
        return f"groups: {unknown[0]!r} is no group of {by_group.feature}"
    return None


def cutter(product: Product, thresholds: Thresholds) -> Cutter | None:
    """Make what finds the thresholds of each row; None where all rows go by the common ones."""
    if thresholds.by_group is None:
        return None
    [feature] = [each for each in product.inputs if each.name == thresholds.by_group.feature]
    common = Starts(review_score=REVIEW, block_score=thresholds.block_score)
    return Cutter(feature, thresholds.by_group, common)
