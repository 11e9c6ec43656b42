"""Rows that a bundle has not learned from: those after it, if the data has a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from riskscore.model.bundle import Bundle
from riskscore.product.moments import moment_in_file
from training.datasets import Dataset, Places
from training.errors import NotComparable
from training.evaluate import seen


def later_rows(rows: Dataset, learned: Sequence[int | None]) -> Places:
    """Find the rows after moments until which bundles learned; all of them where one is unknown.

    Raises:
        NotComparable: There are none.
    """
    known = [each for each in learned if each is not None]
    if rows.times is None or len(known) < len(learned):
        return np.arange(len(rows))
    places = np.flatnonzero(rows.times > max(known))
    if not len(places):
        raise NotComparable(
            f"{rows.file}: no row is later than what the bundles were fitted on: "
            "judge them on later rows"
        )
    return places


def learned_until(bundle: Bundle) -> int | None:
    """Return the last moment of the rows that a bundle was calibrated on, microseconds UTC."""
    told = bundle.manifest.get("split", {}).get("calibrate", {}).get("to")
    return None if told is None else moment_in_file(told)


def check_unseen(folder: Path, bundle: Bundle, rows: Dataset) -> None:
    """Refuse to judge a bundle on rows that it was fitted on.

    Raises:
        NotComparable: Says about how many.
    """
    overlap = seen(bundle, rows)
    if overlap.certain:
        raise NotComparable(
            f"{folder}: about {overlap.share:.0%} of the rows of {rows.file} were used to fit it: "
            "judge it on rows it has not seen"
        )
