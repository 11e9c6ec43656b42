"""What a model says of applications that it had not seen: fitted on earlier time, or a bundle."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from riskscore.model.bundle import Bundle
from riskscore.model.calibration import Margins
from riskscore.product.moments import moment_in_file, rfc3339
from training.backtest.period import Period
from training.datasets import Dataset, Places, Source
from training.errors import NotComparable
from training.events import read_events
from training.judge import answers
from training.pipeline import fitted
from training.record import part
from training.unseen import check_unseen, later_rows, learned_until

Record = dict[str, Any]


class Ours(NamedTuple):
    """Rows that are judged, and the probability that the model gave each.

    Attributes:
        places: In the dataset that was given, ascending.
        record: How the model came about: ``fits``, or ``bundle``.
    """

    places: Places
    claimed: Margins
    record: Record


def walked_forward(rows: Dataset, source: Source, when: Period, *, seed: int) -> Ours:
    """Fit at each moment on what was known then, and answer the rows until the next.

    Args:
        rows: Of an event folder, with the labels to judge by.
        source: Where they come from.
        when: The moments.
        seed: Of the fits.

    Raises:
        DataError, TrainingError: At one of the moments there is too little to fit on.
    """
    ends = (*when.moments[1:], when.until)
    parts, claimed, records = [], [], []
    for moment, end in zip(when.moments, ends, strict=True):
        past = read_events(rows.product, replace(source, as_of=moment, truth=None, first=None))
        model = fitted(past, None, seed=seed)
        places = between(rows, moment, end)
        parts.append(places)
        claimed.append(answers(model, rows.matrix[places]).probabilities)
        records.append(
            {
                "as_of": rfc3339(moment),
                "fitted_on": part(past, np.arange(len(past))),
                "trees": int(model.record["rounds"]),
                "judged_until": rfc3339(end),
                "judged": len(places),
            }
        )
    return Ours(np.concatenate(parts), np.concatenate(claimed), {"fits": records, "bundle": None})


def by_bundle(rows: Dataset, folder: Path, bundle: Bundle, until: int) -> Ours:
    """Let a bundle answer the rows after all that it learned from, outcomes included.

    Raises:
        NotComparable: It has seen rows, or none is later.
    """
    learned = [learned_until(bundle), _known_by(bundle)]
    if None in learned:
        raise NotComparable(f"{folder}: does not say until when it learned: fit it on events")
    places = later_rows(rows, learned)
    places = places[_times(rows)[places] <= until]
    if not len(places):
        raise NotComparable(f"{folder}: outcomes of applications later than it are not known yet")
    ours = rows.take(places)
    check_unseen(folder, bundle, ours)
    about = {"version": bundle.version, "sha256": bundle.sha256}
    claimed = answers(bundle, ours.matrix).probabilities
    return Ours(places, claimed, {"fits": [], "bundle": about})


def between(rows: Dataset, after: int, until: int) -> Places:
    """Find the rows later than a moment, up to another."""
    times = _times(rows)
    return np.flatnonzero((times > after) & (times <= until))


def _known_by(bundle: Bundle) -> int | None:
    told = bundle.manifest.get("data", {}).get("as_of")
    return None if told is None else moment_in_file(told)


def _times(rows: Dataset) -> Places:
    if rows.times is None:
        raise ValueError("an event folder has times")
    return rows.times
