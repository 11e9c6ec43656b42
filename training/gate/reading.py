"""How a bundle's probabilities read where labels say what was found, not what was.

A model fitted with ``--unlabelled pu`` gives the probability of fraud. A label of an event folder
says that a fraud happened *and* was found by now, which such a model expects with c F p: c the
share of frauds ever found that it was fitted with, F the share of those found by the row's age,
estimated anew from the outcomes that judge it. Labels can bear out that product and no more of it;
whether c is right, only an audit or a truth can say.
"""

import numpy as np
from numpy.typing import NDArray

from riskscore.model.bundle import Bundle
from training.datasets import Dataset
from training.discovery import innocence
from training.judge import Answers


def found_share(bundle: Bundle) -> float | None:
    """Return the share of frauds ever found that a bundle was fitted with; None where all are."""
    made = bundle.manifest
    worth = made.get("data", {}).get("worth") or {}
    if worth.get("unlabelled") != "pu":
        return None
    return float(made["calibrated_by"]["found_share"])


def as_labelled(given: Answers, rows: Dataset, share: float | None) -> Answers:
    """Turn probabilities of fraud into those of a label, where labels may be missing."""
    found = _found(rows, share)
    if found is None:
        return given
    return given._replace(probabilities=given.probabilities * found)


def innocent_shares(given: Answers, rows: Dataset, share: float | None) -> NDArray[np.float64]:
    """Return how far each row counts as innocent, shape (n_rows,), as when thresholds were set."""
    found = _found(rows, share)
    if found is None:
        return np.where(rows.labels == 0, 1.0, 0.0)
    return innocence(given.probabilities, rows.labels, found)


def _found(rows: Dataset, share: float | None) -> NDArray[np.float64] | None:
    if share is None or rows.chances is None:
        return None
    return share * rows.chances
