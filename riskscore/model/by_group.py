"""Thresholds by group: where review and block start for each group of one protected input.

A bundle has them only where its fit was asked for them. A row of a group that has none of its own,
or of whom nobody knows the group, goes by the common ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from riskscore.product.spec import Category, Flag, Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """The scores from which the recommendation is to review, and to block."""

    review_score: int
    block_score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBy:
    """The thresholds that a decision was taken by, as it tells them.

    Attributes:
        by: The protected input.
        group: Whose thresholds they are; None for the common ones.
    """

    by: str
    group: str | None
    review_score: int
    block_score: int


@dataclass(frozen=True, kw_only=True)
class ByGroup:
    """Thresholds by the groups of one protected input.

    Attributes:
        feature: Its name.
        groups: Name of a group -> where its thresholds start; groups without are not in it.
    """

    feature: str
    groups: Mapping[str, Starts]


def group_names(feature: Input) -> tuple[str, ...]:
    """Name the groups of an input in the order of its codes; a quantity has none."""
    match feature:
        case Category(values=words):
            return words
        case Flag():
            return ("no", "yes")
        case _:
            return ()
