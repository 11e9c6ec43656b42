"""Everything a card says, as one JSON object; the page is drawn from it alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from riskscore.model.bundle import Bundle
from riskscore.model.scale import HIGHEST
from training.assess.intervals import Drawing
from training.assess.reasons import reason_stability
from training.assess.whole import assessment
from training.card.curves import curves
from training.card.dependence import dependence
from training.datasets import Dataset, Source
from training.evaluate import load, open_rows, seen
from training.finite import finite
from training.judge import BAND, Answers, figures, served
from training.record import data

FROM_MANIFEST = (
    "created",
    "title",
    "product_version",
    "data",
    "split",
    "recipe",
    "rounds",
    "trees",
    "seed",
    "libraries",
    "thresholds",
    "scale",
    "asked",
    "calibrated_by",
    "thresholds_on",
    "thresholds_by_group",
)

Record = dict[str, Any]


def card(folder: Path, source: Source, how: Drawing, *, refits: int = 0) -> Record:
    """Judge a bundle and describe it.

    Args:
        folder: A version's folder, or a product's, whose champion is described.
        source: Rows to judge on.
        how: How intervals are drawn.
        refits: Of the product on other draws of the rows, to see which reasons stay; 0 for none.

    Raises:
        DataError, TrainingError, StartupError: As the message says.
    """
    bundle = load(folder)
    rows = open_rows(bundle, folder, source)
    given = served(bundle, rows)
    stable = reason_stability(rows, refits=refits, seed=how.seed)._asdict() if refits else None
    found = {
        "product": bundle.product.name,
        "version": bundle.version,
        "sha256": bundle.sha256,
        "made": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "model": {name: bundle.manifest.get(name) for name in FROM_MANIFEST},
        "judged_on": {**data(rows), "seen": seen(bundle, rows)._asdict()},
        "figures": figures(bundle, rows, given),
        "assessment": assessment(bundle, rows, given, how=how),
        "curves": curves(rows, given, how),
        "distribution": distribution(rows, given),
        "dependence": dependence(bundle, rows.matrix),
        "importance": importance(bundle),
        "reasons": stable,
    }
    record: Record = finite(found)
    return record


def distribution(rows: Dataset, given: Answers) -> list[Record]:
    """Say which share of the innocent, and of the frauds, has a score in each band."""
    bands = np.minimum(given.scores, HIGHEST - 1) // BAND
    found = []
    for band in range(HIGHEST // BAND):
        ours = bands == band
        shares = {
            name: float(ours[rows.labels == label].mean())
            for label, name in enumerate(("innocent", "fraud"))
        }
        found.append({"from": band * BAND, **shares})
    return found


def importance(bundle: Bundle) -> Record:
    names = [each.name for each in bundle.product.columns]
    return dict(zip(names, bundle.importance.tolist(), strict=True))
