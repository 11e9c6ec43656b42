"""What makes a fit's figures weaker or finer than they look: said, never refused."""

import numpy as np

from riskscore.model.scale import REVIEW
from training.datasets import Dataset
from training.judge import Answering, answers
from training.metrics import flagged_shares
from training.notices import warn
from training.sketch import row_hashes
from training.splits import Split
from training.stored import in_blocks

FEW_TO_LEARN, FEW_TO_JUDGE = 50, 10  # positive rows
COPIES = 0.01  # share of rows that may stand more than once without a word
DRIFT = 0.1  # of the asked review rate, that an earlier scale may be off without a word


def warn_of_few(dataset: Dataset, parts: Split) -> None:
    """Warn where a slice holds so few positive rows that chance decides."""
    wanted = {"fit": FEW_TO_LEARN, "calibrate": FEW_TO_JUDGE, "test": FEW_TO_JUDGE}
    for name, places in parts._asdict().items():
        positives = int(dataset.labels[places].sum())
        if positives < wanted.get(name, 0):
            warn(
                f"slice '{name}' holds {positives} positive rows, and fewer than {wanted[name]} "
                "are few: take the figures as a rough guide, crossvalidate says how rough"
            )


def warn_of_copies(dataset: Dataset) -> None:
    """Warn where many rows stand more than once; in order of time, copies may be honest."""
    if dataset.times is not None:
        return
    share = copied(dataset)
    if share > COPIES:
        warn(
            f"{dataset.file}: {share:.0%} of the rows stand more than once, label and all: "
            "where they are copies and not just alike, the figures are too good, since a split "
            "puts copies on both sides"
        )


def copied(dataset: Dataset) -> float:
    """Return the share of rows of which another row is an exact copy, label included."""
    labels = in_blocks(dataset.labels.astype(np.float32))
    rows = zip(in_blocks(dataset.matrix), labels, strict=True)
    hashes = np.concatenate([row_hashes(np.column_stack(each)) for each in rows])
    times = np.unique(hashes, return_counts=True)[1]
    return float(times[times > 1].sum() / len(dataset))


def warn_of_scale(model: Answering, rows: Dataset) -> None:
    """Warn where 500 points, as an earlier version fixed them, flag another share than asked.

    Args:
        model: On the scale of the earlier version, with thresholds of its own.
        rows: Those that it was calibrated on.
    """
    given = answers(model, rows.matrix)
    review = given.margins >= model.thresholds.review_margin
    reached = flagged_shares(review, rows.labels, rows.weights)["fpr"]
    found = flagged_shares(given.scores >= REVIEW, rows.labels, rows.weights)["fpr"]
    if abs(found - reached) > DRIFT * reached:
        warn(
            "the scale of an earlier version stays in force (scale.json), so that scores keep "
            f"their meaning: from 500 points on, review would hit {found:.2%} of the innocent "
            f"calibration rows, where {rows.product.recipe.review_fpr:.2%} was asked"
        )
