"""How far a source's word is worth: the share of its confirmations that stood."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRIOR = 10.0  # confirmations that stood, added to every source, so that few cannot condemn one


def precisions(outcomes: pd.DataFrame, standing: pd.Series) -> Mapping[str, float]:
    """Estimate the precision of each source.

    Args:
        outcomes: Confirmations, the first of each application, with ``source``.
        standing: Whether it is confirmed still, in the same order.
    """
    found = {}
    for source, ours in standing.groupby(outcomes["source"].to_numpy()):
        found[str(source)] = float((ours.sum() + PRIOR) / (len(ours) + PRIOR))
    return found


def worth(sources: NDArray[np.object_], known: Mapping[str, float]) -> NDArray[np.float64]:
    """Return what each confirmation is worth; one without a source counts in full."""
    return np.array([known.get(each, 1.0) for each in sources], np.float64)
