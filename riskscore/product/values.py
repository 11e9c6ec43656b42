"""What a valid value of an input is: stated here once, for requests and for files alike.

Requests are judged value by value through the fields of ``riskscore.product.fields``, files column
by column through ``accepts``; both read the bounds of the declaration and compare in float64,
before anything is rounded to float32.
"""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from riskscore.product.spec import Category, Flag, Input, Integer, Number

Values = NDArray[np.float64]  # NaN where missing; flags 0 and 1; categories by their code


def expected(feature: Input) -> str:
    """Say what a value of this feature must be."""
    match feature:
        case Number():
            return f"a number from {feature.low:g} to {feature.high:g}"
        case Integer():
            return f"a whole number from {feature.low} to {feature.high}"
        case Flag():
            return "true or false"
        case Category():
            return f"one of {', '.join(feature.values)}"
        case _:
            assert_never(feature)


def expected_in_file(feature: Input) -> str:
    """Say what a cell of this feature must be; files may spell flags as numbers."""
    return "true, false, 1 or 0" if isinstance(feature, Flag) else expected(feature)


def accepts(feature: Input, values: Values) -> NDArray[np.bool_]:
    """Judge a column; NaN means missing here, so a file's own NaN must be refused before."""
    missing = np.isnan(values)
    match feature:
        case Number(low=low, high=high):
            valid = (values >= low) & (values <= high)
        case Integer(low=low, high=high):
            valid = (values >= low) & (values <= high) & (values == np.floor(values))
        case Flag():
            valid = (values == 0) | (values == 1)
        case Category(values=words):
            valid = (values >= 0) & (values < len(words)) & (values == np.floor(values))
        case _:
            assert_never(feature)
    return np.where(missing, feature.missing, valid)
