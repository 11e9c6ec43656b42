"""Which time is judged: after the first moment a model could have been fitted, until outcomes fade.

The youngest applications are left out: where fewer than half of the frauds among them can be known
yet, an alert that is right looks like an innocent person hit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.bootstrap import DAY
from training.errors import OptionInvalid
from training.lateness import Lateness

FIRST = 0.6  # share of the applications before the first moment, unless it is told
FOUND = 0.5  # share of frauds that must be known of an age, for applications of that age to count


class Period(NamedTuple):
    """Moments in microseconds UTC: a model is fitted at each; later rows count, to ``until``."""

    moments: tuple[int, ...]
    until: int


def period(
    times: NDArray[np.int64], late: Lateness | None, as_of: int, *, first: int | None, fits: int
) -> Period:
    """Cut the time after the first moment into as many equal parts as there are fits.

    Args:
        times: Of all applications.
        late: How late outcomes come; None where nobody can tell, and all rows count.
        as_of: Until when outcomes are known.
        first: When the first model is fitted; None for after 60 % of the applications.
        fits: How many models, each judged until the next.

    Raises:
        OptionInvalid: No time is left.
    """
    young = 0.0 if late is None else late.quantile(FOUND)
    until = min(int(times.max()), as_of - int(young * DAY))
    begin = int(np.quantile(times, FIRST)) if first is None else first
    if begin >= until:
        raise OptionInvalid(
            f"--from: of applications later than that, outcomes are not known yet: half of the "
            f"frauds are found within {young:.0f} days; expected an earlier moment, or more time"
        )
    moments = np.linspace(begin, until, fits + 1).astype(np.int64)[:-1]
    return Period(tuple(moments.tolist()), until)
