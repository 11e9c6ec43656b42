"""What is known of the past of some rows: their history columns, and why a value is not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args, overload

import numpy as np
from numpy.typing import NDArray

from riskscore.product.values import Values

GapCode = Literal["MISSING", "HISTORY_UNAVAILABLE", "HISTORY_SHORT", "HISTORY_NOT_SHARED"]
GAPS: tuple[GapCode | None, ...] = (None, *get_args(GapCode))


class Known(NamedTuple):
    """A history column's value for one application, and why there is none.

    Attributes:
        shared: Whether another tenant's history is in it.
    """

    value: float
    gap: GapCode | None
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The history columns of some rows.

    Attributes:
        values: Column name -> values, shape (n_rows,).
        gaps: Column name -> for each row why its value is unknown; None where it is known, even
            if it is NaN, as the latest of nothing is.
    """

    values: Mapping[str, Values]
    gaps: Mapping[str, Sequence[GapCode | None]]


@dataclass(frozen=True, slots=True)
class Gaps(Sequence[GapCode | None]):
    """Why the values of one column are unknown, a byte each: places in ``GAPS``."""

    places: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, row: int) -> GapCode | None: ...
    @overload
    def __getitem__(self, row: slice) -> "Gaps": ...
    def __getitem__(self, row: int | slice) -> "GapCode | Gaps | None":
        return Gaps(self.places[row]) if isinstance(row, slice) else GAPS[self.places[row]]
