"""Where computed values come together in the rows' own order, column by column."""

from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from riskscore.history.columns import Flags, Integers, Swept
from riskscore.product.past import GAPS, Gaps, Past
from riskscore.product.spec import Product
from riskscore.product.values import Values

MISSING, SHORT = GAPS.index("MISSING"), GAPS.index("HISTORY_SHORT")
NOT_SHARED = GAPS.index("HISTORY_NOT_SHARED")


class Gathered:
    """History columns of some rows; whoever has not been put in bears no identifier.

    Values are kept in files without names, which the system drops when memory is short and removes
    when nobody holds them any longer.
    """

    def __init__(self, product: Product, rows: int) -> None:
        self.values = {each.name: _in_file(rows, np.nan) for each in product.history}
        self.gaps = {each.name: np.full(rows, MISSING, np.uint8) for each in product.history}

    def put(
        self, name: str, rows: Integers, places: Integers, swept: Swept, withheld: Flags
    ) -> None:
        """Put in the values of some rows, which stand at these places of what was swept.

        Those that are withheld are unknown, whatever was found.
        """
        barred = withheld[places]
        gaps = np.where(swept.short[places], SHORT, 0)
        self.values[name][rows] = np.where(barred, np.nan, swept.values[places])
        self.gaps[name][rows] = np.where(barred, NOT_SHARED, gaps)

    @property
    def past(self) -> Past:
        gaps = {name: Gaps(places) for name, places in self.gaps.items()}
        return Past(values=self.values, gaps=gaps)


def _in_file(rows: int, value: float) -> Values:
    if not rows:
        return np.zeros(0)
    with TemporaryFile() as file:
        column: NDArray[np.float64] = np.memmap(file, np.float64, "w+", shape=(rows,))
    column[:] = value
    return column
